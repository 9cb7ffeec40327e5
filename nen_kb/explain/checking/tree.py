"""Whether the tree a reader sees says what the patient's records, the ontology and the rules say.

Node by node, by nothing but the certificate: the words of a sentence are not judged here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

from nen_kb.explain import describe
from nen_kb.explain.checking.applied import Bound, Tables, values
from nen_kb.explain.checking.steps import Refused
from nen_kb.explain.doubt import BECAUSE
from nen_kb.facts.dates import iso
from nen_kb.facts.patient_json import records
from nen_kb.facts.records import Declaration, Patient
from nen_kb.ontology import Ontology, UnknownName
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.ir import Atom, Constant, Program, Rule, Term, Variable

_RECORDS = frozenset({"found", "doubtful", "ruled_out", "measurement", "scan", "treatment"})
_CLASS = ("concept", "observable", "procedure", "domain")


class Tree:
    """Checks the trees of one patient's proofs."""

    def __init__(self, program: Program, ontology: Ontology, patient: Patient, tables: Tables) -> None:
        self.program = program
        self.ontology = ontology
        self.patient = patient
        self.tables = tables
        self.rules = {f"{rule.place.file}:{rule.place.line}": rule for rule in program.rules}
        self.records = {record.id: record for _, record in records(patient)}
        self._kinds: Mapping[str, Callable[[Any, Any], str]] = {
            "clause": self._clause, "side": self._side, "way": self._way, "rule": self._rule, "fact": self._fact,
            "ontology": self._ontology, "comparison": self._words, "computation": self._computation,
            "closure": self._closure, "policy": self._policy, "latest": self._words, "none": self._none,
            "excluded": self._excluded, "missing": self._missing,
        }  # fmt: skip

    def refused(self, node: Any, place: str, above: Any = None) -> Iterator[Refused]:
        """What is wrong with a node and with those below it; ``above`` is the clause it belongs to."""
        wrong = self._kinds[node["kind"]](node, above)
        if wrong:
            yield place, wrong
        clause = node if node["kind"] == "clause" else above
        for name in ("children", "older", "reasons"):
            for number, child in enumerate(node.get(name, ())):
                yield from self.refused(child, f"{place}.{name}[{number}]", clause)

    def _holds(self, predicate: str, clause: Any, *more: str) -> bool:
        row = (self.patient.id, clause["trial"], clause["clause"], *more)
        return row in self.tables.of.get(predicate, ())

    def _clause(self, node: Any, above: Any) -> str:
        if not self._holds("status", node, node["status"]):
            return f"the clause is not {node['status']}"
        if above is not None and node.get("part_of") != above["clause"]:
            return "it is no part of the clause it stands under"
        sides = {child["side"] for child in node["children"] if child["kind"] == "side" and child.get("shown")}
        parts = [child["clause"] for child in node["children"] if child["kind"] == "clause"]
        known = self.program.trial(node["trial"]).clause(node["clause"])
        if sorted(parts) != sorted(known.parts):
            return "its parts are not those of the protocol"
        expected = {"met": {"met"}, "unmet": {"unmet"}, "conflicting": {"met", "unmet"}, "unknown": set()}
        return "" if known.parts or sides == expected[node["status"]] else "it is not shown by what its status says"

    def _side(self, node: Any, above: Any) -> str:
        if self._holds(node["side"], above) != bool(node.get("shown")):
            return f"whether the clause is {node['side']} is not as it is said"
        return self._way({"place": node["place"]}, above, node["side"]) if node.get("shown") else ""

    def _way(self, node: Any, above: Any, *sides: str) -> str:
        rule = self.rules.get(node["place"])
        terms = [getattr(term, "value", None) for term in rule.head.terms] if rule else []
        fits = rule is not None and rule.head.predicate in (sides or ("met", "unmet"))
        fits = fits and terms[1] in (None, above["trial"]) and terms[2] in (None, above["clause"])
        return "" if fits else f"the rule at {node['place']} does not speak of this clause"

    def _rule(self, node: Any, _: Any) -> str:
        rule = self.rules.get(node["place"])
        fits = rule is not None and rule.head.predicate == node["predicate"]
        return "" if fits else f"there is no rule for {node['predicate']} at {node['place']}"

    def _policy(self, node: Any, _: Any) -> str:
        place = str(node["place"]).partition(" (")[0]
        rule = self.rules.get(place)
        values = ", ".join(str(getattr(term, "value", "")) for term in rule.head.terms) if rule else ""
        fits = (
            rule is not None and not rule.body and (rule.head.predicate, values) == (node["predicate"], node["value"])
        )
        return "" if fits else f"{place} is no such choice"

    def _fact(self, node: Any, _: Any) -> str:
        if not node.get("record"):
            known = {
                "birth date": self.patient.born,
                "sex": self.patient.sex,
                "arm": self.patient.arms,
                "planned start": self.patient.planned_start,
            }
            return "" if known.get(node["concept"]) else f"nothing is known of the patient's {node['concept']}"
        record = self.records.get(node["record"])
        if record is None:
            return f"the patient has no record {node['record']!r}"
        declared = isinstance(record, Declaration)
        expected = {
            "concept": next(getattr(record, name) for name in _CLASS if hasattr(record, name)),
            "written": getattr(record, "original", ""),
            "dates": iso(record.as_of) if isinstance(record, Declaration) else describe.dated(record),
            "file": record.origin.file,
            "path": record.origin.path,
            "source": record.origin.text,
        }
        wrong = [name for name, value in expected.items() if node.get(name, "") != value]
        return f"the record {'declares' if declared else 'has'} another {' and '.join(wrong)}" if wrong else ""

    def _closure(self, node: Any, _: Any) -> str:
        found = self.records.get(node.get("record", ""))
        if not isinstance(found, Declaration):
            return "no declaration of the patient stands behind it"
        told = (node["domain"], node["as_of"], node.get("source", ""))
        return "" if told == (found.domain, iso(found.as_of), found.origin.text) else "the declaration says otherwise"

    def _ontology(self, node: Any, _: Any) -> str:
        chain = node["chain"]
        try:
            if node["relation"] == "disjoint":
                return "" if self.ontology.disjoint(*chain) else "the two classes do not exclude each other"
            for narrow, wide in pairwise(chain):
                if wide not in self.ontology.concept(narrow).parents:
                    return f"the ontology does not say that {narrow} is a kind of {wide}"
        except UnknownName:
            return "the ontology has no class of that name"
        return "" if node["relation"] == "isa" and len(chain) > 1 else "it is no step of the hierarchy"

    def _computation(self, node: Any, _: Any) -> str:
        known = BUILTINS.get(node["name"])
        fits = known and (known.formula, known.source) == (node["formula"], node.get("source", ""))
        return "" if fits else "it is not the formula of that name"

    def _none(self, node: Any, _: Any) -> str:
        if self.tables.fits(node["predicate"], node["row"]):
            return f"there is a row of {node['predicate']} that fits"
        if any(value in self.records for value in node["row"]):
            return ""  # it speaks of how those records stand to others, of which there is no row
        listed = {child.get("record") for child in node.get("children", ())}
        left_out = dict.fromkeys(each for each in self._range(node["predicate"], node["row"]) if each not in listed)
        return f"it does not speak of the records {', '.join(left_out)}" if left_out else ""

    def _range(self, predicate: str, row: list[Any]) -> Iterator[str]:
        """The records that the rules of a predicate range over: those that might have given such a row."""
        for rule in self.program.rules_of(predicate):
            bound = _head_bound(rule, row)
            atoms = [item for item in rule.body if isinstance(item, Atom) and self._has_rows(item)]
            for atom, place in self._ranging(rule, atoms) if bound is not None else ():
                own = _own(atom, rule)
                others = [each for each in atoms if not own & _own(each, rule)]
                if all(self.tables.fits(each.predicate, values(each, bound or {})) for each in others):
                    yield from (
                        str(each[place]) for each in self.tables.fits(atom.predicate, values(atom, bound or {}))
                    )

    def _has_rows(self, atom: Atom) -> bool:
        return not atom.negated and self.program.predicates[atom.predicate].role != "builtin"

    def _ranging(self, rule: Rule, atoms: list[Atom]) -> list[tuple[Atom, int]]:
        """The atoms that name records, and the column in which they do; where no record has a name, the first."""
        found = [
            (atom, place)
            for atom in atoms
            if atom.predicate in _RECORDS or self.program.predicates[atom.predicate].role == "derived"
            for place, column in enumerate(self.program.predicates[atom.predicate].columns)
            if column.word == "Record" and isinstance(atom.terms[place], Variable)
        ]
        named = [each for each in found if not _is_anonymous(each[0].terms[each[1]])]
        return [each for each in named or found[:1] if each[0].terms[each[1]] not in rule.head.terms]

    def _excluded(self, node: Any, _: Any) -> str:
        known = not node.get("record") or node["record"] in self.records
        return "" if known and node["why"] else "it names no record of the patient, or no reason"

    def _missing(self, node: Any, _: Any) -> str:
        unknown = [record for record in node.get("records", ()) if record not in self.records]
        return (
            f"the patient has no record {unknown[0]!r}"
            if unknown
            else ("" if node.get("code", "") in ("", *BECAUSE) else "there is no such reason")
        )

    def _words(self, node: Any, _: Any) -> str:
        """Of a comparison or a latest value the steps of the derivation say whether it is so."""
        return "" if node["text"] else "it says nothing"


def _is_anonymous(term: Term) -> bool:
    return isinstance(term, Variable) and term.name.startswith("_")


def _own(atom: Atom, rule: Rule) -> set[Variable]:
    """The variables of an atom that the head does not have."""
    return {term for term in atom.terms if isinstance(term, Variable) and term not in rule.head.terms}


def _head_bound(rule: Rule, row: list[Any]) -> Bound | None:
    """The variables of the head as a row, open in places, binds them; None if the head cannot be that row."""
    bound: Bound = {}
    for term, found in zip(rule.head.terms, row, strict=True):
        expected = term.value if isinstance(term, Constant) else bound.setdefault(term.name, found)
        if found is not None and expected != found:
            return None
    return {name: found for name, found in bound.items() if found is not None}
