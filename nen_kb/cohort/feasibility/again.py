"""Judges the clauses that a changed number touches again, part by part, from the facts a run has stored."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from nen_kb.cohort.feasibility.statuses import Column
from nen_kb.cohort.feasibility.thresholds import Tried
from nen_kb.cohort.store import Knowledge, Part, base_predicates, engine_facts
from nen_kb.engines.sql.duckdb import DuckDB, needed
from nen_kb.engines.sql.fuse import fuse
from nen_kb.engines.sql.matrix import OUTCOMES, PATIENT, cells
from nen_kb.errors import EngineError, Problem
from nen_kb.rules.ir import Constant, Program, Rule, Term


class Again:
    """The affected clauses of some trials under other numbers, compiled once."""

    def __init__(self, tried: Tried, kb: Knowledge, trials: Collection[str]) -> None:
        self.kb = kb
        self.program = only(tried.program, [each for each in tried.clauses if each[0] in trials])
        self.columns = tuple(cell.column for cell in cells(self.program) if cell.clause is not None)

    @cached_property
    def _engine(self) -> DuckDB:
        return DuckDB(fuse(self.program))

    @cached_property
    def _read(self) -> frozenset[str]:
        """The predicates about patients that the statements read."""
        statements = needed(self._engine.compiled.statements, OUTCOMES)
        read = {name for statement in statements for name in statement.reads} | {PATIENT}
        return frozenset(read & set(base_predicates(self.program)))

    def judge(self, part: Part) -> dict[str, Column]:
        """The new statuses of the part's patients, by the columns of the matrix.

        Raises EngineError if the engine fails or leaves a patient out.
        """
        if not self.columns or not part.patients:
            return {column: np.zeros(part.patients, dtype=np.uint8) for column in self.columns}
        facts, names = engine_facts(part.facts(self._read), part.classes, self.kb, program=self.program)
        found = self._engine.matrix(facts, names)
        _check(found, part)
        return {column: found[column].to_numpy() for column in self.columns}

    def all(self, parts: Iterable[Part]) -> Iterator[dict[str, Column]]:
        """The new statuses of each part, in order."""
        yield from (self.judge(part) for part in parts)


def only(program: Program, clauses: Iterable[tuple[str, str]]) -> Program:
    """The program with trials that consist of those clauses and parts alone, each of them a clause by itself."""
    wanted = set(clauses)
    trials = tuple(
        replace(
            trial,
            clauses=tuple(
                replace(clause, parent="", parts=()) for clause in trial.clauses if (trial.id, clause.id) in wanted
            ),
        )
        for trial in program.trials
    )
    rules = tuple(rule for rule in program.rules if _speaks_of(rule, wanted))
    return replace(program, rules=rules, trials=tuple(trial for trial in trials if trial.clauses))


def _speaks_of(rule: Rule, wanted: Collection[tuple[str, str]]) -> bool:
    """False for a rule that shows another clause met or unmet."""
    if rule.head.predicate not in ("met", "unmet"):
        return True
    _, *named = rule.head.terms
    return not all(isinstance(term, Constant) for term in named) or _values(named) in wanted


def _values(terms: Iterable[Term]) -> tuple[object, ...]:
    return tuple(term.value for term in terms if isinstance(term, Constant))


def _check(found: pa.Table, part: Part) -> None:
    expected = np.arange(part.first, part.first + part.patients)
    if not np.array_equal(found[PATIENT].to_numpy(), expected):
        message = "the engine did not answer for every patient of this part; nothing is counted"
        remedy = "Please report this with the rules."
        raise EngineError(Problem(str(part.path), "", message, remedy, "patients-lost"))
