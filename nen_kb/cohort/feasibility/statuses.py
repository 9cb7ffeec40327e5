"""The statuses of whole clauses of a part of a cohort, with parts left out and statuses judged anew put in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from nen_kb.cohort.feasibility.patterns import CONFLICTING, MET, UNKNOWN, UNMET, Sets, is_empty
from nen_kb.engines.sql.matrix import VERDICTS, Cell
from nen_kb.errors import EngineError, Problem
from nen_kb.rules.ir import Clause, Trial

Column = NDArray[np.uint8]
Replaced = Mapping[str, Column]
"""Columns of the matrix that were judged anew, by their names."""


def whole_clauses(trial: Trial) -> tuple[Clause, ...]:
    """The clauses that count for the verdict, in the order of the protocol."""
    return tuple(clause for clause in trial.clauses if not clause.parent)


def columns_needed(trials: Iterable[Trial]) -> list[str]:
    """The columns of a matrix that those trials are counted from."""
    cells = [Cell(trial.id, clause.id) for trial in trials for clause in trial.clauses]
    return [cell.column for cell in cells]


def statuses_of(
    matrix: pa.Table, trial: Trial, replaced: Replaced | None = None, left_out: Iterable[str] = ()
) -> dict[str, Column]:
    """The status of every clause and part of the trial; of a clause some part of which is new or gone, made again.

    ``left_out`` are ids of parts.  A clause keeps at least one of its parts.
    """
    new, gone = replaced or {}, set(left_out)
    found: dict[str, Column] = {}
    for clause in trial.clauses:
        column = Cell(trial.id, clause.id).column
        found[clause.id] = new[column] if column in new else matrix[column].to_numpy()
    for clause in whole_clauses(trial):
        changed = {part for part in clause.parts if part in gone or Cell(trial.id, part).column in new}
        if changed and clause.mode != "single":
            found[clause.id] = together(clause.mode, [found[part] for part in clause.parts if part not in gone])
    return found


def together(mode: Literal["all", "any"], parts: Sequence[Column]) -> Column:
    """The status of a clause from those of its parts.

    One that needs all of them is unmet if some part surely is, one that needs any is met if some part surely is;
    then conflicting, then unknown.
    """
    decisive, rest = (UNMET, MET) if mode == "all" else (MET, UNMET)
    stack = np.stack(parts)
    some = {status: (stack == status).any(axis=0) for status in (decisive, CONFLICTING, UNKNOWN)}
    found: Column = np.select(list(some.values()), list(some), default=rest).astype(np.uint8)
    return found


def verdicts(sets: Sets) -> Column:
    """The verdict of each patient, as the matrix has it."""
    possible = is_empty(sets.fails)
    words = [VERDICTS.index(word) for word in ("ineligible", "undetermined", "eligible")]
    found: Column = np.select([~possible, ~is_empty(sets.open)], words[:2], default=words[2]).astype(np.uint8)
    return found


def check_verdicts(sets: Sets, matrix: pa.Table, trial: Trial) -> None:
    """Raises EngineError if the verdicts that were stored do not follow from the statuses that were stored."""
    stored = matrix[Cell(trial.id, None).column].to_numpy()
    differing = int(np.count_nonzero(stored != verdicts(sets)))
    if differing:
        message = f"the stored verdicts of {differing} patients do not follow from their statuses; nothing is counted"
        remedy = "Judge the cohort again, into another folder; if it stays, report this with the rules."
        raise EngineError(Problem(trial.id, "", message, remedy, "verdicts-differ"))
