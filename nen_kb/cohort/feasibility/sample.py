"""Chooses the patients that are looked at one by one: few, spread evenly, and always the same.

Every patient's number is scrambled into a fixed rank; those of the lowest ranks are chosen.  So a choice of more
patients holds every choice of fewer, and does not depend on the parts of a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from nen_kb.cohort.feasibility.patterns import MET, UNMET, Bits, bits_of, is_empty, is_only, places_of
from nen_kb.cohort.feasibility.reader import Read, Reader
from nen_kb.rules.ir import Clause

_STEPS = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB))


class Chosen(NamedTuple):
    """One patient to look at, with what the stored statuses say of her."""

    number: int
    failing: tuple[str, ...]
    """Ids of the whole clauses that surely fail, of those that count."""
    open: tuple[str, ...]


@dataclass
class Group:
    """Patients of one kind: how many there are, and those chosen."""

    clauses: Sequence[str]
    size: int
    """At most so many are chosen."""
    patients: int = 0
    _rows: Bits | None = None
    """Rank, number, failing clauses, open clauses."""

    def add(self, numbers: NDArray[np.int64], failing: Bits, undecided: Bits) -> None:
        """Some more patients of the kind."""
        self.patients += len(numbers)
        ranked = np.column_stack([ranks(numbers), numbers.astype(np.uint64), failing, undecided])
        rows = ranked if self._rows is None else np.concatenate([self._rows, ranked])
        if len(rows) > self.size:
            rows = rows[np.argpartition(rows[:, 0], self.size - 1)[: self.size]] if self.size else rows[:0]
        self._rows = rows

    def chosen(self, most: int) -> list[Chosen]:
        """At most so many of them, those of the lowest ranks."""
        if self._rows is None:
            return []
        words = (self._rows.shape[1] - 2) // 2
        rows = self._rows[np.argsort(self._rows[:, 0])][:most]
        return [Chosen(int(row[1]), self._names(row[2 : 2 + words]), self._names(row[2 + words :])) for row in rows]

    def _names(self, row: Bits) -> tuple[str, ...]:
        return tuple(self.clauses[place] for place in places_of(row))


@dataclass
class Survey:
    """Of one trial, who is in the gap and who fails one clause only."""

    clauses: tuple[str, ...]
    size: int
    gap: Group = field(init=False)
    near: dict[tuple[str, str], Group] = field(default_factory=dict)
    """By the whole clause and the part that alone decides, or again the clause where several parts do."""

    def __post_init__(self) -> None:
        self.gap = Group(self.clauses, self.size)

    def nearest(self) -> Iterator[tuple[str, str, Group, list[Chosen]]]:
        """The groups that fail one clause only, the largest first, each with its fair share of the sample."""
        groups = sorted(self.near.items(), key=lambda each: (-each[1].patients, each[0]))
        shares = fair([group.patients for _, group in groups], self.size)
        for ((clause, part), group), share in zip(groups, shares, strict=True):
            yield clause, part, group, group.chosen(share)


def survey(reader: Reader, size: int) -> dict[str, Survey]:
    """Who is in the gap and who fails one clause only, of every trial, in one reading of the run."""
    found: dict[str, Survey] = {}
    for part, reads in reader.parts():
        numbers = np.arange(part.first, part.first + part.patients)
        for read in reads:
            ids = tuple(clause.id for clause in read.clauses)
            _survey(found.setdefault(read.trial.id, Survey(ids, size)), read, reader, numbers)
    return found


def _survey(found: Survey, read: Read, reader: Reader, numbers: NDArray[np.int64]) -> None:
    gone = reader.left_out.whole(read.trial)
    counted = bits_of((place for place, clause in enumerate(found.clauses) if clause not in gone), len(found.clauses))
    failing, undecided = read.sets.fails & counted, read.sets.open & counted
    gap = is_empty(failing) & ~is_empty(undecided)
    found.gap.add(numbers[gap], failing[gap], undecided[gap])
    for place, clause in enumerate(read.clauses):
        only = is_only(failing, place)
        if not only.any():
            continue
        parts = [part for part in clause.parts if part not in reader.left_out.parts(read.trial)]
        for part_id, which in deciding_part(read, clause, parts, only):
            group = found.near.setdefault((clause.id, part_id), Group(found.clauses, found.size))
            group.add(numbers[which], failing[which], undecided[which])


def deciding_part(
    read: Read, clause: Clause, parts: Sequence[str], among: NDArray[np.bool_]
) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """Some patients for whom a clause fails, by the one part that decides it; by the clause where none alone does."""
    side = UNMET if clause.kind == "inclusion" else MET
    if (clause.mode, side) in (("all", UNMET), ("any", MET)):
        bad = {part: read.statuses[part] == side for part in parts}
        alone = among & (np.sum(list(bad.values()), axis=0) == 1)
        for part, failing in bad.items():
            if (alone & failing).any():
                yield part, alone & failing
        among = among & ~alone
    if among.any():
        yield clause.id, among


def ranks(numbers: NDArray[np.int64]) -> Bits:
    """The rank of each patient's number: scrambled, different for different numbers, the same for ever."""
    found: Bits = (numbers.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in _STEPS:
        found = (found ^ (found >> np.uint64(shift))) * np.uint64(factor)
    return found ^ (found >> np.uint64(31))


def fair(sizes: Sequence[int], total: int) -> list[int]:
    """So many of each group that the total is not exceeded: what small groups do not need goes to the others."""
    shares = [0] * len(sizes)
    left = total
    waiting = sorted(range(len(sizes)), key=lambda place: sizes[place])
    while waiting:
        place = waiting.pop(0)
        shares[place] = min(sizes[place], left // (len(waiting) + 1))
        left -= shares[place]
    return shares
