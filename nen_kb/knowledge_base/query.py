"""Datalog queries over the loaded patients, answered by both engines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from nen_kb.errors import EngineError, Problem
from nen_kb.facts.normalise import Prepared
from nen_kb.facts.values import from_grid
from nen_kb.knowledge_base.judging import Judge
from nen_kb.ontology import Ontology
from nen_kb.rules.ir import Kind
from nen_kb.rules.query import read_query

Value = str | int | Decimal | date


@dataclass(frozen=True)
class Answer:
    """The answers to a query: one row for each way to satisfy it."""

    columns: tuple[str, ...]
    """The variables of the query, in the order in which they appear."""
    rows: tuple[tuple[Value, ...], ...]
    """Sorted; quantities as decimals in the canonical unit (infinite where open), days as dates."""

    def __iter__(self) -> Iterator[tuple[Value, ...]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def ask(judge: Judge, text: str, patients: Sequence[Prepared], ontology: Ontology) -> Answer:
    """Answer a query over those patients; raises RulesError or, if the engines disagree, EngineError."""
    query = read_query(judge.program, text, ontology)
    asked = dict(judge.program.asked)
    names = query.names & ontology.names
    for predicate in ("isa", "overlaps", "disjoint"):
        asked[predicate] = asked.get(predicate, frozenset()) | names
    found: set[tuple[str | int, ...]] = set()
    for prepared in patients:
        base = judge.base_rows(prepared, asked)
        rows = judge.evaluator.query(base, query.body, query.variables)
        if rows != judge.engine.query(base, query.body, query.variables):
            message = "the two engines disagree about this query; no answer is given"
            raise EngineError(Problem("query", "", message, "Please report the query.", "engines-disagree"))
        found |= rows
    kinds = [column.kind for column in query.columns]
    ordered = sorted(found, key=lambda row: tuple((isinstance(value, str), value) for value in row))
    return Answer(
        tuple(variable.name for variable in query.variables),
        tuple(tuple(_shown(value, kind) for value, kind in zip(row, kinds, strict=True)) for row in ordered),
    )


def _shown(value: str | int, kind: Kind) -> Value:
    if isinstance(value, int) and kind is Kind.VALUE:
        return from_grid(value)
    if isinstance(value, int) and kind is Kind.DAY:
        return date.fromordinal(value)
    return value
