"""Reads the stored statuses of a run part by part, as they are or with what is tried put in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from nen_kb.cohort.feasibility.again import Again
from nen_kb.cohort.feasibility.changes import LeftOut
from nen_kb.cohort.feasibility.patterns import Patterns, Sets, Tally, sets_of
from nen_kb.cohort.feasibility.statuses import (
    Column,
    check_verdicts,
    columns_needed,
    statuses_of,
    whole_clauses,
)
from nen_kb.cohort.store import Part, Run
from nen_kb.engines.sql.matrix import Cell
from nen_kb.rules.ir import Clause, Program, Trial


@dataclass(frozen=True)
class Read:
    """One trial's statuses of one part."""

    trial: Trial
    clauses: tuple[Clause, ...]
    """The whole clauses: the places of the bits of ``sets``."""
    statuses: dict[str, Column]
    """Of every clause and part."""
    sets: Sets
    """With the clauses that are left out."""


@dataclass(frozen=True)
class Reader:
    """The statuses of a run's trials, under what is tried."""

    run: Run
    trials: tuple[Trial, ...]
    left_out: LeftOut = field(default_factory=LeftOut)
    again: Again | None = None
    """Judges what a changed number touches; None if every number is as the rules have it."""
    _judged: dict[int, dict[str, Column]] = field(default_factory=dict)
    """Of each part that was judged again, the new columns."""

    @property
    def as_stored(self) -> bool:
        """Whether every whole clause has the status that was stored."""
        return self.again is None and not any(self.left_out.parts(trial) for trial in self.trials)

    def parts(self) -> Iterator[tuple[Part, list[Read]]]:
        """Every part that holds patients, with the statuses of each trial.

        Raises EngineError where stored verdicts do not follow from stored statuses.
        """
        for part in self.run.parts:
            if part.patients:
                yield part, self.read(part)

    def read(self, part: Part) -> list[Read]:
        """The statuses of one part, a trial at a time."""
        matrix = part.matrix().select(
            [*columns_needed(self.trials), *(Cell(trial.id, None).column for trial in self.trials)]
        )
        new = self._new(part)
        found = []
        for trial in self.trials:
            statuses = statuses_of(matrix, trial, new, self.left_out.parts(trial))
            clauses = whole_clauses(trial)
            sets = sets_of(statuses, clauses, part.patients)
            if self.as_stored:
                check_verdicts(sets, matrix, trial)
            found.append(Read(trial, clauses, statuses, sets))
        return found

    def patterns(self) -> dict[str, Patterns]:
        """The patterns of every trial, nothing left out but parts."""
        tallies = {trial.id: Tally.of(whole_clauses(trial)) for trial in self.trials}
        for _, reads in self.parts():
            for read in reads:
                tallies[read.trial.id].add(read.sets)
        return {trial: tally.patterns() for trial, tally in tallies.items()}

    def _new(self, part: Part) -> dict[str, Column]:
        if self.again is None:
            return {}
        if part.number not in self._judged:
            self._judged[part.number] = self.again.judge(part)
        return self._judged[part.number]


def without(program: Program, left_out: LeftOut) -> Program:
    """The program whose trials have neither those clauses nor those parts: what one patient is judged by."""
    return replace(program, trials=tuple(_without(trial, left_out) for trial in program.trials))


def _without(trial: Trial, left_out: LeftOut) -> Trial:
    gone, parts = left_out.whole(trial), left_out.parts(trial)
    kept: Sequence[Clause] = [
        replace(clause, parts=tuple(part for part in clause.parts if part not in parts))
        for clause in trial.clauses
        if clause.id not in gone | parts and clause.parent not in gone
    ]
    return replace(trial, clauses=tuple(kept))
