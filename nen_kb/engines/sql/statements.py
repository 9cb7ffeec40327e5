"""What a compiled program is: statements, each the table of one predicate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlglot import exp

from nen_kb.engines.sql.names import Names
from nen_kb.rules.ir import Program

if TYPE_CHECKING:
    from nen_kb.engines.sql.wide import Wide


@dataclass(frozen=True)
class Demand:
    """The inputs for which a built-in's table must have rows before a statement runs."""

    builtin: str
    query: exp.Select
    """Its distinct inputs, in the order of the built-in's function."""


@dataclass(frozen=True)
class Statement:
    """How one predicate's table is made."""

    predicate: str
    query: exp.Query
    """Its rows, each once."""
    demands: tuple[Demand, ...] = ()
    """In an order in which each finds the rows of those before it."""
    reads: frozenset[str] = frozenset()
    """The tables the query and the demands read."""


@dataclass(frozen=True)
class Compiled:
    """A program as statements, in an order in which each finds the tables it reads."""

    program: Program
    statements: tuple[Statement, ...]
    names: Names
    original: Program | None = None
    """The program before it was rewritten, if it was."""
    matrix: Wide | None = None
    """How the matrix is made of flags, in a fast translation."""

    @property
    def source(self) -> Program:
        """The program as it was given."""
        return self.original or self.program
