"""How a row came about, and what may answer for one patient: shared by the evaluator and by what checks it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from nen_kb.rules.ir import BodyItem, Rule

Row = tuple[Any, ...]

Base = Mapping[str, Collection[Row]]
"""The rows of base and given predicates."""


@dataclass(frozen=True)
class Step:
    """One item of a rule's body as it was satisfied."""

    item: BodyItem
    values: Row
    """Of an atom its row; of a comparison both values; of a negated atom the row that does not exist, with None for
    each anonymous variable: no row with anything there."""


@dataclass(frozen=True)
class Instance:
    """One way in which one rule derives one row."""

    rule: Rule
    row: Row
    steps: tuple[Step, ...]
    """In the order of the rule's text."""


def sort_key(row: Row) -> tuple[tuple[bool, Any], ...]:
    """An order of rows that may mix numbers and names."""
    return tuple((isinstance(value, str), value) for value in row)


class AnyModel(Protocol):
    """What holds for one patient, and why; whoever found it out."""

    def rows(self, predicate: str) -> frozenset[Row]:
        """All rows of a predicate."""

    def instances(self, predicate: str, row: Row | None = None) -> tuple[Instance, ...]:
        """Every rule instance that derives the row, or any row, in the order of the rules and then of the values."""

    def revised(self, changed: Base) -> AnyModel:
        """The model of the same facts but for the given predicates ``changed``."""


class AnyEvaluator(Protocol):
    """Finds the model of a program for the facts of a patient."""

    def run(self, base: Base, predicates: Collection[str] | None = None) -> AnyModel:
        """The model of those facts."""
