"""What a clause depends on: the classes, numbers and windows of all the rules it reaches.

The classes that a rule is called with are followed through the rules: ``latest(P, 'Hemoglobin', …)`` reaches what
the library asks about hemoglobin, and not the rules that the library has for other classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from nen_kb.ontology import Ontology
from nen_kb.rules.ir import Atom, Comparison, Constant, Kind, Predicate, Program, Rule, Term, Variable

Names = tuple[str | None, ...]
"""The names a predicate is called with, None where a column is open or holds no name."""

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_TRUTHS = {"below": "<", "at_most": "<="}
"""Built-in comparisons: their first two columns hold a quantity, the third its limit."""
_CALENDAR = {"days_before": "days", "months_before": "months"}
_CLASS_WORDS = frozenset({"Concept", "Class", "Asked"})


@dataclass(frozen=True)
class Threshold:
    """A comparison of a quantity with a number."""

    rule: Rule
    index: int
    """The place of the comparison in the rule's body."""
    concept: str
    """The class the quantity is about; empty where the rule names none."""
    predicate: str
    """The predicate the quantity comes from."""
    operator: str
    limit: Constant
    as_truth: bool = False
    """Whether the rule goes on with the truth of the comparison, so that it speaks for both sides of a clause."""


@dataclass(frozen=True)
class Window:
    """A number of days or months counted back."""

    rule: Rule
    index: int
    unit: str
    """``days`` or ``months``."""
    count: int
    policy: str
    """The policy the number comes from; empty where the rule holds it."""


@dataclass
class Reached:
    """What some rules depend on, themselves and all they reach."""

    concepts: set[str] = field(default_factory=set)
    predicates: set[str] = field(default_factory=set)
    domains: set[str] = field(default_factory=set)
    policies: set[str] = field(default_factory=set)
    thresholds: set[Threshold] = field(default_factory=set)
    windows: set[Window] = field(default_factory=set)

    def add(self, other: Reached) -> None:
        """Take in what another depends on."""
        self.concepts |= other.concepts
        self.predicates |= other.predicates
        self.domains |= other.domains
        self.policies |= other.policies
        self.thresholds |= other.thresholds
        self.windows |= other.windows


class Reach:
    """Answers for one program; works out each predicate and call once."""

    def __init__(self, program: Program, ontology: Ontology) -> None:
        self._predicates: Mapping[str, Predicate] = program.predicates
        self._ontology = ontology
        self._classes = ontology.names
        self._rules: dict[str, list[Rule]] = {}
        for rule in program.rules:
            self._rules.setdefault(rule.head.predicate, []).append(rule)
        self._memo: dict[tuple[str, Names], Reached] = {}

    def policies(self) -> Iterator[tuple[Rule, Constant]]:
        """The rules that fix a choice, each with its number."""
        for rules in self._rules.values():
            for rule in rules:
                if not rule.body and len(rule.head.terms) == 1 and isinstance(rule.head.terms[0], Constant):
                    yield rule, rule.head.terms[0]

    def of_clause(self, side: str, trial: str, clause: str) -> Reached:
        """What the rules for one side of a clause depend on."""
        return self._call(side, (None, trial, clause))

    def rules_of_clause(self, side: str, trial: str, clause: str) -> list[Rule]:
        """The rules that show a clause met, or unmet."""
        return [r for r in self._rules.get(side, []) if _unify(r.head, (None, trial, clause)) is not None]

    def of_rule(self, rule: Rule) -> Reached:
        """What one rule names itself, without the rules it reaches."""
        return self._own(rule, {})

    def _call(self, predicate: str, names: Names) -> Reached:
        key = (predicate, names)
        found = self._memo.get(key)
        if found is None:
            found = self._memo[key] = Reached()
            for rule in self._rules.get(predicate, ()):
                bound = _unify(rule.head, names)
                if bound is None:
                    continue
                bound = self._domains(rule, bound)
                found.add(self._own(rule, bound))
                for item in rule.body:
                    if isinstance(item, Atom) and item.predicate in self._rules:
                        found.add(self._call(item.predicate, self._names(item, bound)))
        return found

    def _domains(self, rule: Rule, bound: dict[str, str]) -> dict[str, str]:
        """With the domains of the classes the rule is called with, where it asks for them."""
        for item in rule.body:
            if isinstance(item, Atom) and item.predicate == "in_domain" and isinstance(item.terms[1], Variable):
                name = _name(item.terms[0], bound)
                domain = self._ontology.domain(name) if name in self._classes and name is not None else None
                if domain is not None:
                    bound = {**bound, item.terms[1].name: domain}
        return bound

    def _names(self, atom: Atom, bound: Mapping[str, str]) -> Names:
        return tuple(_name(term, bound) for term in atom.terms)

    def _own(self, rule: Rule, bound: Mapping[str, str]) -> Reached:
        found = Reached()
        for index, item in enumerate(rule.body):
            if isinstance(item, Comparison):
                found.thresholds.update(self._compared(rule, index, item, bound))
                continue
            found.predicates.add(item.predicate)
            names = self._names(item, bound)
            for column, name in zip(self._predicates[item.predicate].columns, names, strict=True):
                if name is not None and column.word in _CLASS_WORDS and name in self._classes:
                    found.concepts.add(name)
                    observable = self._ontology.observable(name)
                    if observable is not None and observable.derived_from:
                        found.concepts.add(observable.derived_from)
                if name is not None and column.word == "Domain" and item.predicate in ("closed", "complete"):
                    found.domains.add(name)
            if item.predicate in _TRUTHS and isinstance(item.terms[2], Constant):
                made = self._threshold(rule, index, item.terms[0], _TRUTHS[item.predicate], item.terms[2], bound)
                found.thresholds.update(replace(each, as_truth=True) for each in made)
            if item.predicate in _CALENDAR:
                found.windows.update(self._counted(rule, index, item))
            if self._policy(item.predicate) is not None:
                found.policies.add(item.predicate)
        return found

    def _compared(self, rule: Rule, index: int, item: Comparison, bound: Mapping[str, str]) -> Iterator[Threshold]:
        if isinstance(item.right, Constant) and isinstance(item.left, Variable):
            yield from self._threshold(rule, index, item.left, item.op, item.right, bound)
        elif isinstance(item.left, Constant) and isinstance(item.right, Variable):
            yield from self._threshold(rule, index, item.right, _FLIPPED[item.op], item.left, bound)

    def _threshold(
        self, rule: Rule, index: int, quantity: Term, operator: str, limit: Constant, bound: Mapping[str, str]
    ) -> Iterator[Threshold]:
        if limit.kind not in (Kind.VALUE, Kind.COUNT):
            return
        for item in rule.body:
            if isinstance(item, Atom) and not item.negated and quantity in item.terms and item.predicate not in _TRUTHS:
                concept = self._concept(rule, item, bound)
                yield Threshold(rule, index, concept, item.predicate, operator, limit)
                return

    def _concept(self, rule: Rule, atom: Atom, bound: Mapping[str, str]) -> str:
        """The class an atom speaks of: a name in it, or what a variable of it is tested to be."""
        for name in self._names(atom, bound):
            if name is not None and name in self._classes:
                return name
        for item in rule.body:
            if isinstance(item, Atom) and item.predicate == "isa" and not item.negated and item.terms[0] in atom.terms:
                name = _name(item.terms[1], bound)
                if name is not None and name in self._classes:
                    return name
        return ""

    def _counted(self, rule: Rule, index: int, item: Atom) -> Iterator[Window]:
        count = item.terms[1]
        unit = _CALENDAR[item.predicate]
        if isinstance(count, Constant):
            yield Window(rule, index, unit, int(count.value), "")
            return
        for other in rule.body:
            if isinstance(other, Atom) and other.terms == (count,):
                value = self._policy(other.predicate)
                if value is not None:
                    yield Window(rule, index, unit, int(value.value), other.predicate)

    def _policy(self, predicate: str) -> Constant | None:
        rules = self._rules.get(predicate, [])
        if len(rules) == 1 and not rules[0].body and len(rules[0].head.terms) == 1:
            term = rules[0].head.terms[0]
            return term if isinstance(term, Constant) and isinstance(term.value, int) else None
        return None


def _name(term: Term, bound: Mapping[str, str]) -> str | None:
    if isinstance(term, Constant):
        return term.value if isinstance(term.value, str) else None
    return bound.get(term.name)


def _unify(head: Atom, names: Names) -> dict[str, str] | None:
    """The names bound to the head's variables by a call, or None where the head cannot be what is called."""
    bound: dict[str, str] = {}
    for term, name in zip(head.terms, names, strict=True):
        if name is None:
            continue
        if isinstance(term, Constant):
            if term.value != name:
                return None
        elif bound.setdefault(term.name, name) != name:
            return None
    return bound
