"""Verdicts, statuses, reasons and proofs of one patient as triples, after PROV-O.

A status was derived from the statement that shows it, a statement from its premises by a rule, down to records.
Of several derivations the shortest is shown, as explanations do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nen_kb.explain import Judgement, reasons
from nen_kb.explain.absence import nothing
from nen_kb.explain.facts import closure_fact
from nen_kb.explain.proof import Excluded
from nen_kb.explain.support import best_row, shortest
from nen_kb.facts.dates import iso
from nen_kb.facts.normalise import Row
from nen_kb.facts.values import from_grid
from nen_kb.graph.patients import patient_iri, record_iri
from nen_kb.graph.rules import clause_iri, rule_iri, trial_iri
from nen_kb.graph.terms import DERIVED_FROM, LABEL, TYPE, Triple, below, boolean, data, day, g, integer, nen, text
from nen_kb.rules.evaluate import Step
from nen_kb.rules.ir import Atom, Clause, Kind

_RELATIONS = ("isa", "overlaps", "disjoint")
_ABOUT_PATIENT = frozenset({"patient", "index_day", "planned_start", "sex", "age", "arm"})


@dataclass(frozen=True)
class Outcome:
    """What one trial makes of the patient, beside the statuses of its clauses."""

    trial: str
    verdict: str
    because: tuple[str, ...] = ()
    recoverable: bool | None = None
    eligible_from: int | None = None


@dataclass
class _Support:
    """What a statement rests on."""

    iri: str
    used: frozenset[str]
    """Records, as IRIs."""
    aside: frozenset[str]


class Answers:
    """The triples of one patient's answers."""

    def __init__(self, judgement: Judgement) -> None:
        self.judgement = judgement
        self.patient = judgement.patient
        self.this = patient_iri(judgement.patient)
        self._known: dict[tuple[str, Row], _Support | None] = {}
        self._absent: dict[tuple[str, Row], _Support | None] = {}
        self._records: dict[tuple[str, str], tuple[frozenset[str], frozenset[str]]] = {}
        """By trial and clause: the records its status rests on, and those set aside."""
        self._out: list[Triple] = []

    def triples(self, outcomes: Iterable[Outcome]) -> Iterator[Triple]:
        """Everything about those trials."""
        for outcome in outcomes:
            self._trial(outcome)
            yield from self._out
            self._out = []

    def _add(self, subject: str, predicate: str, *objects: str) -> None:
        self._out.extend((subject, predicate, each) for each in objects)

    def _trial(self, outcome: Outcome) -> None:
        trial = self.judgement.program.trial(outcome.trial)
        effects = {clause.id: self._status(clause) for clause in reversed(trial.clauses)}
        this = below(self.this, "verdict", trial.id)
        self._add(this, TYPE, g("Verdict"))
        self._add(this, g("ofPatient"), self.this)
        self._add(this, g("ofTrial"), trial_iri(trial.id))
        self._add(self.this, g("hasVerdict"), this)
        self._add(this, g("value"), text(outcome.verdict))
        self._add(this, g("because"), *map(text, outcome.because))
        if outcome.recoverable is not None:
            self._add(this, g("recoverable"), boolean(outcome.recoverable))
        until = None if outcome.eligible_from is None else day(outcome.eligible_from)
        if until is not None:
            self._add(this, g("eligibleFrom"), until)
        decisive = {"ineligible": "fails", "undetermined": "open"}.get(outcome.verdict, "passes")
        for clause in trial.clauses:
            if not clause.parent and effects[clause.id] == decisive:
                self._add(this, DERIVED_FROM, self._status_iri(clause))

    def _status_iri(self, clause: Clause) -> str:
        return below(self.this, "status", clause.trial, clause.id)

    def _status(self, clause: Clause) -> str:
        """The status of a clause or part; returns its effect."""
        word = self.judgement.status(clause.trial, clause.id)
        this = self._status_iri(clause)
        bad = "unmet" if clause.kind == "inclusion" else "met"
        effect = "open" if word in ("unknown", "conflicting") else "fails" if word == bad else "passes"
        self._add(this, TYPE, g("Status"))
        self._add(this, g("ofPatient"), self.this)
        self._add(self.this, g("hasStatus"), this)
        self._add(this, g("ofClause"), clause_iri(clause.trial, clause.id))
        self._add(this, g("value"), text(word))
        self._add(this, g("effect"), text(effect))
        used: frozenset[str] = frozenset()
        aside: frozenset[str] = frozenset()
        for support in self._sides(clause, word):
            self._add(this, DERIVED_FROM, support.iri)
            used, aside = used | support.used, aside | support.aside
        same = [part for part in clause.parts if self.judgement.status(clause.trial, part) == word]
        for part in same:
            self._add(this, DERIVED_FROM, below(self.this, "status", clause.trial, part))
            used, aside = used | self._records[clause.trial, part][0], aside | self._records[clause.trial, part][1]
        self._records[clause.trial, clause.id] = used, aside
        self._add(this, g("restsOn"), *sorted(used))
        self._add(this, g("setsAside"), *sorted(aside - used))
        if effect == "open":
            self._reasons(this, clause)
        return effect

    def _sides(self, clause: Clause, word: str) -> list[_Support]:
        """What shows the status: one statement, two where sources disagree; nothing for a clause with parts."""
        sides = {"conflicting": ("met", "unmet"), "unknown": ()}.get(word, (word,))
        found = []
        for side in sides:
            row = best_row(self.judgement, side, (self.patient, clause.trial, clause.id))
            support = self._derived(side, row) if row is not None else None
            if support is not None:
                found.append(support)
        return found

    def _reasons(self, status: str, clause: Clause) -> None:
        ontology = self.judgement.ontology
        for rank, reason in enumerate(reasons(self.judgement, clause.trial, clause.id), start=1):
            this = below(status, "reason", rank)
            self._add(status, g("reason"), this)
            self._add(this, TYPE, g("Reason"))
            self._add(this, g("code"), text(reason.code))
            self._add(this, g("rank"), integer(rank))
            self._add(this, g("reasonText"), text(reason.text))
            if reason.concept:
                known = reason.concept in ontology.names
                self._add(this, g("reasonAbout"), nen(reason.concept) if known else text(reason.concept))
            self._add(this, g("onRecord"), *(self._record(record) for record in reason.records))

    def _record(self, record: str) -> str:
        return record_iri(self.patient, record)

    def _derived(self, predicate: str, row: Row) -> _Support | None:
        """The statement of a row and all below it; None for what no rule derived."""
        key = (predicate, row)
        if key in self._known:
            return self._known[key]
        best = shortest(self.judgement, predicate, row)
        if best is None:
            self._known[key] = None
            return None
        instance = best[0]
        premises: dict[str, None] = {}
        used: set[str] = set()
        aside: set[str] = set()
        for step in instance.steps:
            if not isinstance(step.item, Atom):
                continue
            support = self._absence(step) if step.item.negated else self._premise(step.item.predicate, step.values)
            if support is not None:
                premises[support.iri] = None
                used |= support.used
                aside |= support.aside
        this = below(self.this, "derived", len(self._known))
        self._add(this, TYPE, g("Derivation"))
        self._add(this, g("statement"), text(self._words(predicate, row)))
        self._add(this, g("byRule"), rule_iri(instance.rule))
        self._add(this, DERIVED_FROM, *premises)
        found = self._known[key] = _Support(this, frozenset(used), frozenset(aside - used))
        return found

    def _premise(self, predicate: str, row: Row) -> _Support | None:
        known = self.judgement.program.predicates[predicate]
        if known.role == "derived":
            return self._derived(predicate, row)
        if predicate in _RELATIONS:
            return self._alone(self._relation(predicate, str(row[0]), str(row[1])))
        if predicate == "complete":
            declared = closure_fact(self.judgement, str(row[1]), int(row[2]))
            return self._alone(self._record(declared.id), used=True) if declared else None
        if predicate in _ABOUT_PATIENT:
            return self._alone(self.this)
        for column, value in zip(known.columns, row, strict=True):
            if column.word == "Record" and self.judgement.record(str(value)):
                return self._alone(self._record(str(value)), used=True)
        return None

    def _alone(self, iri: str, used: bool = False) -> _Support:
        return _Support(iri, frozenset((iri,)) if used else frozenset(), frozenset())

    def _relation(self, relation: str, narrow: str, wide: str) -> str:
        this = data("relation", relation, narrow, wide)
        key = ("", (relation, narrow, wide))
        if key not in self._absent:
            self._absent[key] = None
            self._add(this, TYPE, g("ClassRelation"))
            self._add(this, g("relation"), text(relation))
            self._add(this, g("narrow"), nen(narrow))
            self._add(this, g("wide"), nen(wide))
        return this

    def _absence(self, step: Step) -> _Support | None:
        """A premise that says none, unless a reader loses nothing without it."""
        assert isinstance(step.item, Atom)
        predicate = step.item.predicate
        if self.judgement.program.predicates[predicate].role != "derived":
            return None
        key = (predicate, step.values)
        if key not in self._absent:
            found = nothing(self.judgement, predicate, step.values)
            self._absent[key] = None
            if not found.minor:
                this = below(self.this, "absence", len(self._absent))
                near = [child for child in found.children if isinstance(child, Excluded) and child.record]
                aside = dict.fromkeys(self._record(child.record) for child in near if not child.by_class)
                self._add(this, TYPE, g("Absence"))
                self._add(this, LABEL, text(found.text))
                self._add(this, g("negates"), data("predicate", predicate))
                self._add(this, g("setsAside"), *aside)
                self._absent[key] = _Support(this, frozenset(), frozenset(aside))
        return self._absent[key]

    def _words(self, predicate: str, row: Row) -> str:
        columns = self.judgement.program.predicates[predicate].columns
        shown = [_shown(value, column.kind) for value, column in zip(row, columns, strict=True)]
        return f"{predicate}({', '.join(shown[1:] if row[:1] == (self.patient,) else shown)})"


def _shown(value: str | int | None, kind: Kind) -> str:
    if isinstance(value, int) and kind is Kind.VALUE:
        return f"{from_grid(value):f}"
    if isinstance(value, int) and kind is Kind.DAY:
        return iso(value)
    return str(value)
