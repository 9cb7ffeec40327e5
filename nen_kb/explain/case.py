"""What an explanation reads about one patient and one day: rules, records, the model, the ontology."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from weakref import WeakKeyDictionary

from nen_kb.facts.normalise import Prepared, Record, Row
from nen_kb.ontology import Ontology
from nen_kb.rules.instances import AnyEvaluator, AnyModel, Base, Instance, sort_key
from nen_kb.rules.ir import Atom, BodyItem, Clause, Comparison, Constant, Kind, Program, Rule, Variable
from nen_kb.rules.strata import inputs, named, ordered_body, variables

Pattern = tuple[str | int | None, ...]
"""A row with None where anything may stand."""

_BODIES: WeakKeyDictionary[AnyEvaluator, dict[tuple[int, frozenset[str]], tuple[BodyItem, ...]]] = WeakKeyDictionary()
"""Ordered rule bodies, kept as long as the evaluator of their program is."""
_RULES: WeakKeyDictionary[AnyEvaluator, dict[str, tuple[Rule, ...]]] = WeakKeyDictionary()


def _in_text_order(rule: Rule, bound: frozenset[str], program: Program) -> tuple[BodyItem, ...]:
    """The body as it is written, if every item finds bound what it needs; otherwise nothing."""
    known = set(bound)
    for item in rule.body:
        if isinstance(item, Comparison):
            needs = variables((item.left, item.right))
        elif item.negated:
            needs = named(item.terms)
        elif program.predicates[item.predicate].role == "builtin":
            needs = variables(inputs(item, program.predicates))
        else:
            needs = set()
        if not needs <= known:
            return ()
        if isinstance(item, Atom):
            known |= variables(item.terms)
    return rule.body


def _named(name: str) -> Constant:
    return Constant(name, Kind.NAME)


class Judgement:
    """One patient judged on one day: everything an explanation may look at.

    Not for several threads at once: the model and the indexes below grow as they are read.
    """

    def __init__(
        self, program: Program, evaluator: AnyEvaluator, prepared: Prepared, model: AnyModel, base_rows: Base
    ) -> None:
        self.program = program
        self.evaluator = evaluator
        self.prepared = prepared
        self.model = model
        self.base_rows = base_rows
        self.patient = prepared.patient.id
        days = [int(row[1]) for row in base_rows.get("index_day", ())]
        self.day = days[0] if days else prepared.patient.index_date
        """The day judged, an ordinal."""
        self._statuses: dict[tuple[str, str], str] = {}
        self._indexes: dict[tuple[str, tuple[int, ...]], dict[Row, list[Row]]] = {}
        self._bodies = _BODIES.setdefault(evaluator, {})
        self._instances: dict[tuple[str, Row], tuple[Instance, ...]] = {}
        self.memo: dict[object, object] = {}
        """Kept by the modules of this package, so that one clause's work serves the next."""
        self.cuts = 0
        """How often a search was cut short, or a result of one was used, so far."""
        self._cut_short: set[object] = set()

    @property
    def ontology(self) -> Ontology:
        """The ontology the patient's records were read with."""
        return self.prepared.ontology

    def status(self, trial: str, clause: str) -> str:
        """met, unmet, unknown or conflicting; raises KeyError for a clause that was not judged."""
        if not self._statuses:
            self._statuses = {
                (str(r[1]), str(r[2])): str(r[3]) for r in self.model.rows("status") if r[0] == self.patient
            }
        return self._statuses[trial, clause]

    def clause(self, trial: str, clause: str) -> Clause:
        """The clause or part of that id; raises KeyError."""
        return self.program.trial(trial).clause(clause)

    def matches(self, predicate: str, pattern: Pattern) -> Sequence[Row]:
        """The rows of a predicate that fit the pattern, in a fixed order."""
        wanted: Row = tuple(value for value in pattern if value is not None)
        if len(wanted) == len(pattern):
            return (wanted,) if wanted in self.model.rows(predicate) else ()
        known = tuple(i for i, value in enumerate(pattern) if value is not None)
        index = self._indexes.get((predicate, known))
        if index is None:
            index = self._indexes[predicate, known] = {}
            for row in sorted(self.model.rows(predicate), key=sort_key):
                if len(row) == len(pattern):
                    index.setdefault(tuple(row[i] for i in known), []).append(row)
        return index.get(wanted, ())

    def holds(self, predicate: str, *values: str | int | None) -> bool:
        """Whether some row fits."""
        return bool(self.matches(predicate, values))

    def instances(self, predicate: str, row: Row) -> tuple[Instance, ...]:
        """Every way in which rules derive the row."""
        found = self._instances.get((predicate, row))
        if found is None:
            found = self._instances[predicate, row] = self.model.instances(predicate, row)
        return found

    def body(self, rule: Rule, bound: frozenset[str]) -> tuple[BodyItem, ...]:
        """The rule's body in an order in which everything is bound when it is needed, given what is bound at first.

        The order of the text, if it is one; there a class is tested before what is said of it.
        """
        bodies = self._bodies
        key = (id(rule), bound)
        if key not in bodies:
            bodies[key] = _in_text_order(rule, bound, self.program) or ordered_body(rule, self.program)
        return bodies[key]

    def rules_of(self, predicate: str) -> tuple[Rule, ...]:
        """The rules whose head is that predicate, in the order of the text."""
        rules = _RULES.setdefault(self.evaluator, {})
        if predicate not in rules and "" not in rules:
            rules[""] = ()
            for rule in self.program.rules:
                rules[rule.head.predicate] = (*rules.get(rule.head.predicate, ()), rule)
        return rules.get(predicate, ())

    def clause_rules(self, side: str, trial: str, clause: str) -> tuple[Rule, ...]:
        """The rules that may show a clause met, or unmet."""
        rules = _RULES.setdefault(self.evaluator, {})
        key = f"{side} {trial} {clause}"
        if key not in rules:
            wanted = {1: trial, 2: clause}
            rules[key] = tuple(
                rule
                for rule in self.rules_of(side)
                if all(
                    isinstance(rule.head.terms[i], Variable) or rule.head.terms[i] == _named(name)
                    for i, name in wanted.items()
                )
            )
        return rules[key]

    def remembered(self, key: object, make: Callable[[], object]) -> object:
        """What ``make`` gives, made once; a result of a search that was cut short counts as a cut each time."""
        if key not in self.memo:
            before = self.cuts
            self.memo[key] = make()
            if self.cuts > before:
                self._cut_short.add(key)
        elif key in self._cut_short:
            self.cuts += 1
        return self.memo[key]

    def record(self, record_id: str) -> Record | None:
        """The record of that id, if it counts on the day judged."""
        return self.prepared.records.get(record_id)

    def label(self, name: str) -> str:
        """The ontology's label of a class; the name itself for what is no class."""
        return self.ontology.label(name) if name in self.ontology.names else name

    def domain(self, name: str) -> str | None:
        """The domain whose declared completeness covers the class, if any."""
        return self.ontology.domain(name) if name in self.ontology.names else None
