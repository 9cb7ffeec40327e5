"""Checks of numbers beside the words that justify them, and of rules that say nothing new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from nen_kb.errors import Problem
from nen_kb.rules.checks.clauses import OUTCOMES
from nen_kb.rules.columns import OntologyLike
from nen_kb.rules.coverage import numbers, plain
from nen_kb.rules.ir import Atom, BodyItem, Comparison, Constant, Header, Kind, Place, Rule, Term, Trial, Variable
from nen_kb.rules.reading import Reading

READ_ELSEWHERE = frozenset(("effort", "found_out_by"))
"""Tables of the policy that order the questions of ``nen-kb missing``; no rule reads them."""


def check(reading: Reading, ontology: OntologyLike) -> Iterator[Problem]:
    """Unexplained numbers, repeated rules, variables that occur once, predicates nobody uses."""
    trials = {document.trial.id: document.trial for document in reading.documents if document.trial}
    for rule in reading.rules:
        yield from _numbers(rule, trials, ontology)
        yield from _singletons(rule)
    yield from _duplicates(reading)
    if not (reading.unread or reading.broken):
        yield from _unused(reading)


def _numbers(rule: Rule, trials: dict[str, Trial], ontology: OntologyLike) -> Iterator[Problem]:
    known: set[str] | None = None
    for term, place, exempt in _numerals(rule, ontology):
        number = plain(term.text.strip("'").split()[0])
        if exempt and number in ("0", "1"):
            continue
        if known is None:
            known = _explained(rule, trials)
        if number not in known:
            where = "the quote" if rule.place.clause else "the header"
            yield Problem(
                place.file, str(place.line), f"the number {number} stands neither in {where} nor in a `number` field",
                f"Say where it comes from: `#: number {number}: …`.", "number-unexplained",
            )  # fmt: skip


def _explained(rule: Rule, trials: dict[str, Trial]) -> set[str]:
    """The numbers that the headers above the rule justify."""
    origins = _numbered(rule.header)
    if not rule.place.clause:
        return numbers([text for _, text in rule.header.fields]) | numbers(origins)
    trial_id, _, clause_id = rule.place.clause.rpartition(" ")
    trial = trials.get(trial_id)
    quotes: list[str] = []
    for clause in trial.clauses if trial else ():
        if clause.id == clause_id:
            origins += _numbered(clause.header)
        if clause.id == clause_id or clause_id in clause.parts:
            quotes += clause.header.all("quote")
    return numbers(quotes) | numbers(origins)


def _numbered(header: Header) -> list[str]:
    """The numbers that the fields ``number`` and ``window`` explain."""
    return [text.split(":")[0] for name in ("number", "window") for text in header.all(name)]


def _numerals(rule: Rule, ontology: OntologyLike) -> Iterator[tuple[Constant, Place, bool]]:
    """The numbers of a rule; 0 and 1 are exempt unless they limit an observable of the ontology."""
    for item in (rule.head, *rule.body):
        if isinstance(item, Atom):
            for term in item.terms:
                if _is_number(term):
                    yield term, item.place, True  # type: ignore[misc]  # _is_number says it is a constant
            continue
        for one, other in ((item.left, item.right), (item.right, item.left)):
            if _is_number(one) and isinstance(other, Variable):
                yield one, item.place, not _is_observed(other, rule, ontology)  # type: ignore[misc]


def _is_number(term: Term) -> bool:
    return isinstance(term, Constant) and term.kind in (Kind.VALUE, Kind.COUNT) and "inf" not in term.text


def _is_observed(variable: Variable, rule: Rule, ontology: OntologyLike) -> bool:
    return any(
        isinstance(term, Constant) and term.kind is Kind.NAME and ontology.observable(str(term.value)) is not None
        for item in rule.body
        if isinstance(item, Atom) and not item.negated and variable in item.terms
        for term in item.terms
    )


def _singletons(rule: Rule) -> Iterator[Problem]:
    count: Counter[str] = Counter()
    for item in (rule.head, *rule.body):
        terms = item.terms if isinstance(item, Atom) else (item.left, item.right)
        count.update(term.name for term in terms if isinstance(term, Variable))
    for name, times in count.items():
        if times == 1 and not name.startswith("_"):
            yield Problem(
                rule.place.file, str(rule.place.line), f"the variable {name} occurs once",
                "Write `_`, or correct its name.", "singleton-variable",
            )  # fmt: skip


def _duplicates(reading: Reading) -> Iterator[Problem]:
    seen: dict[object, Rule] = {}
    for rule in reading.rules:
        first = seen.setdefault(_shape(rule), rule)
        if first is not rule:
            yield Problem(
                rule.place.file, str(rule.place.line), f"the rule says the same as the one at {first.place}",
                "Remove one.", "duplicate-rule",
            )  # fmt: skip


def _shape(rule: Rule) -> object:
    """The rule without places and names of variables; the order of its body does not count."""

    def masked(item: BodyItem) -> str:
        terms = item.terms if isinstance(item, Atom) else (item.left, item.right)
        name = ("~" if item.negated else "") + item.predicate if isinstance(item, Atom) else item.op
        return f"{name} {[('?', '') if isinstance(t, Variable) else (t.kind.value, t.value) for t in terms]}"

    new: dict[str, Variable] = {}

    def renamed(term: Term) -> Term:
        return new.setdefault(term.name, Variable(f"V{len(new)}")) if isinstance(term, Variable) else term

    nowhere = Place("", 0)
    shape: list[BodyItem] = []
    for item in (rule.head, *sorted(rule.body, key=masked)):
        if isinstance(item, Comparison):
            shape.append(replace(item, left=renamed(item.left), right=renamed(item.right), place=nowhere))
        else:
            shape.append(replace(item, terms=tuple(map(renamed, item.terms)), place=nowhere))
    return tuple(shape)


def _unused(reading: Reading) -> Iterator[Problem]:
    every = [rule for document in reading.documents for rule in document.rules]
    used = {item.predicate for rule in every for item in rule.body if isinstance(item, Atom)}
    asked = {"met", "unmet"} | {rule.head.predicate for rule in reading.rules if rule.place.file == OUTCOMES}
    seen: set[str] = set()
    for rule in reading.rules:
        name = rule.head.predicate
        if name not in used | asked | seen | READ_ELSEWHERE:
            seen.add(name)
            yield Problem(
                rule.place.file,
                str(rule.place.line),
                f"no rule uses {name}",
                "Remove it, or use it.",
                "unused-predicate",
            )
    heads = {rule.head.predicate for rule in every}
    for predicate in reading.declared.values():
        if predicate.role == "derived" and predicate.name not in heads:
            place = predicate.header.place
            yield Problem(
                place.file, str(place.line), f"{predicate.name} is declared and has no rules",
                "Add its rules, or remove it.", "unused-predicate",
            )  # fmt: skip
