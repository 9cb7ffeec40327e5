"""A clause or part with rules of its own: the rules its status depends on, and what they compare with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from nen_kb.facts.normalise import Prepared
from nen_kb.ontology import Ontology
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.ir import Atom, BodyItem, Comparison, Constant, Kind, Rule

_FAR = 10**17
"""No quantity of a rule is as large; the infinities are."""


@dataclass(frozen=True)
class Leaf:
    """One clause with rules of its own."""

    trial: str
    clause: str
    rules: tuple[Rule, ...]
    """Every rule its status depends on, in the order of the text."""
    classes: frozenset[str]
    """Classes its rules ask about."""
    reads: frozenset[str]
    """Base and given predicates it reads."""
    evaluator: Evaluator
    asked: Mapping[str, frozenset[str]]

    def status(self, prepared: Prepared) -> str:
        """met, unmet, unknown or conflicting, of that patient on the index day."""
        model = self.evaluator.run(prepared.rows(self.asked), ("met", "unmet"))
        met, unmet = bool(model.rows("met")), bool(model.rows("unmet"))
        return "conflicting" if met and unmet else "met" if met else "unmet" if unmet else "unknown"

    @cached_property
    def numbers(self) -> frozenset[int]:
        """Quantities that its rules compare with."""
        return frozenset(number for rule in self.rules for number in numbers_of(rule))

    @cached_property
    def months(self) -> frozenset[int]:
        """The windows of months its rules count back from the day judged."""
        return frozenset(
            int(item.terms[1].value)
            for rule in self.rules
            for item in rule.body
            if isinstance(item, Atom) and item.predicate == "months_before" and isinstance(item.terms[1], Constant)
        )

    @cached_property
    def spans(self) -> frozenset[int]:
        """The windows of days its rules count back."""
        return frozenset(
            int(item.terms[1].value)
            for rule in self.rules
            for item in rule.body
            if isinstance(item, Atom) and item.predicate == "days_before" and isinstance(item.terms[1], Constant)
        )

    @cached_property
    def dated(self) -> frozenset[str]:
        """Classes of findings whose own day its rules compare with another day."""
        return frozenset(name for rule in self.rules for name in _dated(rule))


def numbers_of(rule: Rule) -> Iterator[int]:
    """The quantities that stand in the body of a rule."""
    for item in rule.body:
        yield from numbers_in(item)


def numbers_in(item: BodyItem) -> Iterator[int]:
    """The quantities in one item of a body."""
    for term in item.terms if isinstance(item, Atom) else (item.left, item.right):
        if isinstance(term, Constant) and term.kind is Kind.VALUE and abs(int(term.value)) < _FAR:
            yield int(term.value)


def _dated(rule: Rule) -> Iterator[str]:
    compared = {t for item in rule.body if isinstance(item, Comparison) for t in (item.left, item.right)}
    atoms = [item for item in rule.body if isinstance(item, Atom) and not item.negated]
    for atom in atoms:
        if atom.predicate != "dated" or not compared & set(atom.terms[2:]):
            continue
        for found in atoms:
            if found.predicate == "found" and found.terms[1] == atom.terms[1]:
                for test in atoms:
                    if test.predicate == "isa" and test.terms[0] == found.terms[2]:
                        yield from (str(term.value) for term in test.terms[1:] if isinstance(term, Constant))


def form_of(ontology: Ontology, name: str) -> str:
    """How a record of the class looks: number, scan, treatment or finding."""
    if ontology.observable(name) is not None:
        return "number"
    return {"imaging": "scan", "treatments": "treatment"}.get(ontology.domain(name) or "", "finding")
