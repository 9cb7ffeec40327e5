"""What every engine offers, and how a question is cut into stages."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from nen_kb.rules.ir import BodyItem, Variable
from nen_kb.rules.plan import Row

Base = Mapping[str, Collection[Row]]
"""The rows of base and given predicates; values are strings and whole numbers."""


class Engine(Protocol):
    """Computes the rows that a program derives from facts.  May be used by several threads at once."""

    def rows(self, base: Base, predicates: Collection[str]) -> Mapping[str, frozenset[Row]]:
        """The rows of each of those predicates.  Raises EngineError if the engine fails."""

    def query(self, base: Base, body: Sequence[BodyItem], variables: Sequence[Variable]) -> frozenset[Row]:
        """The values of the variables for every way to satisfy the body, which must be safe."""
