"""Statuses and verdicts of a cohort, one row a patient: what every engine for cohorts gives.

A column holds one clause or part of one trial (``START-NET I11a``) or the verdict of a trial (``START-NET``) as a
small number: of a clause the bits 1 for met and 2 for unmet, so 0 is unknown and 3 conflicting; of a trial its
place in ``VERDICTS``.  Rows are in the order of the patients' numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from nen_kb.engines.sql.names import Names
from nen_kb.engines.sql.tables import column_names
from nen_kb.rules.ir import Program

STATUSES = ("unknown", "met", "unmet", "conflicting")
"""The word of each number of a clause."""
VERDICTS = ("undetermined", "eligible", "ineligible")
"""The word of each number of a trial."""
PATIENT = "patient"
MATRIX = "matrix_of_patients"
"""The table that the fast translation makes of it."""
OUTCOMES = ("status", "verdict")
"""The predicates whose rows it holds."""


@dataclass(frozen=True)
class Cell:
    """What one column of the matrix holds."""

    trial: str
    clause: str | None
    """None for the verdict of the trial."""

    @property
    def column(self) -> str:
        """The column's name: ``START-NET I11a``, or ``START-NET`` for the verdict."""
        return self.trial if self.clause is None else f"{self.trial} {self.clause}"

    @property
    def words(self) -> tuple[str, ...]:
        """The word of each number."""
        return VERDICTS if self.clause is None else STATUSES


def cells(program: Program) -> tuple[Cell, ...]:
    """The columns, trial by trial: every clause and part in the order of the protocol, then the verdict."""
    return tuple(
        cell
        for trial in program.trials
        for cell in (*(Cell(trial.id, clause.id) for clause in trial.clauses), Cell(trial.id, None))
    )


def matrix_of(rows: Mapping[str, pa.Table], patients: Sequence[int], program: Program, names: Names) -> pa.Table:
    """The matrix of those patients' codes from the rows of ``status`` and ``verdict``.

    Raises ValueError for a patient whose rows are not exactly one a clause and one a trial.
    """
    order = np.sort(np.asarray(patients, dtype=np.int64))
    columns = {PATIENT: pa.array(order, pa.int32())}
    found = {name: _by_cell(rows[name], name, program) for name in OUTCOMES}
    for cell in cells(program):
        key = tuple(names.code(word) for word in (cell.trial, cell.clause) if word is not None)
        own, words = found["verdict" if cell.clause is None else "status"].get(key, (order[:0], order[:0]))
        place = {names.code(word): number for number, word in enumerate(cell.words)}
        values = np.full(len(order), 255, dtype=np.uint8)
        at = np.searchsorted(order, own)
        if len(own) != len(order) or not np.array_equal(np.sort(own), order):
            raise ValueError(f"{cell.column}: {len(own)} rows for {len(order)} patients")
        for code, number in place.items():
            values[at[words == code]] = number
        columns[cell.column] = pa.array(values, pa.uint8())
    return pa.table(columns)


def _by_cell(rows: pa.Table, name: str, program: Program) -> dict[tuple[int, ...], tuple[np.ndarray, np.ndarray]]:
    """Patients and words of each cell, by the codes of trial and clause."""
    patient, *keys, word = (rows[column].to_numpy() for column in column_names(program.predicates[name]))
    order = np.lexsort(keys[::-1])
    sorted_keys = np.stack([key[order] for key in keys], axis=1)
    starts = np.flatnonzero(np.any(np.diff(sorted_keys, axis=0, prepend=-1), axis=1)) if len(order) else order
    ends = [*starts[1:], len(order)]
    return {
        tuple(int(each) for each in sorted_keys[start]): (patient[order[start:end]], word[order[start:end]])
        for start, end in zip(starts, ends, strict=True)
    }
