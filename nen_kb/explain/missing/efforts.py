"""How much work it is to find something out, as ``kb/policy.dl`` says."""

from __future__ import annotations

from dataclasses import dataclass

from nen_kb.ontology import Ontology
from nen_kb.rules.ir import Constant, Program

CHART = "chart question"
"""What everything is of which the policy says nothing else: a look into the chart, or a word with the patient."""


@dataclass(frozen=True)
class Effort:
    """A kind of work and its cost, a plain number that only compares."""

    name: str
    cost: int


class Efforts:
    """The policy's two tables: what each kind of work costs, and by which kind a class is found out."""

    def __init__(self, program: Program, ontology: Ontology) -> None:
        self.ontology = ontology
        self._costs = {str(word): int(cost) for word, cost in _facts(program, "effort")}
        self._kinds = {str(name): str(word) for name, word in _facts(program, "found_out_by")}

    def chart(self) -> Effort:
        """Something that is looked up or asked."""
        return self._effort(CHART)

    def of(self, name: str) -> Effort:
        """What it takes to find out about a class: as of the nearest class above it that the policy names."""
        if name not in self.ontology.names:
            return self.chart()
        above = sorted(self.ontology.ancestors(name) & self._kinds.keys())
        nearest = [one for one in above if not any(o != one and self.ontology.isa(o, one) for o in above)]
        return min((self._effort(self._kinds[one]) for one in nearest), key=lambda e: e.cost, default=self.chart())

    def _effort(self, word: str) -> Effort:
        return Effort(word, max(self._costs.get(word, 1), 1))


def _facts(program: Program, predicate: str) -> list[tuple[str | int, ...]]:
    return [
        tuple(term.value for term in rule.head.terms if isinstance(term, Constant))
        for rule in program.rules_of(predicate)
        if not rule.body
    ]
