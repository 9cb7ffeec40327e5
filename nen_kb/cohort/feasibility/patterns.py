"""Which clauses fail and which are open, counted: every number about a trial follows from this table.

A pattern says of each whole clause whether it surely keeps the patient out, is open, or passes.  Patients of one
pattern are alike for every question about clauses, so that a clause can be left out, or put in another order,
without reading any patient again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nen_kb.rules.ir import Clause

Bits = NDArray[np.uint64]
"""Sets of clauses, one a row; the clause at place ``i`` is bit ``i % 64`` of word ``i // 64``."""
Statuses = Mapping[str, NDArray[np.uint8]]
"""Of each clause the patients' statuses, as the matrix has them."""

UNKNOWN, MET, UNMET, CONFLICTING = range(4)
_WORD = 64


def words_for(clauses: int) -> int:
    """How many words a set of so many clauses needs, at least one."""
    return max(1, -(-clauses // _WORD))


def bits_of(places: Iterable[int], clauses: int) -> Bits:
    """The set of the clauses at those places, as one row of words."""
    found = np.zeros(words_for(clauses), dtype=np.uint64)
    for place in places:
        found[place // _WORD] |= np.uint64(1 << place % _WORD)
    return found


def places_of(row: Bits) -> tuple[int, ...]:
    """The places of the clauses of one set, ascending."""
    return tuple(
        _WORD * number + bit for number, word in enumerate(row) for bit in range(_WORD) if int(word) >> bit & 1
    )


def holds(sets: Bits, place: int) -> NDArray[np.bool_]:
    """Whether each of the sets has the clause at that place."""
    found: NDArray[np.bool_] = (sets[:, place // _WORD] >> np.uint64(place % _WORD) & np.uint64(1)).astype(bool)
    return found


def is_empty(sets: Bits) -> NDArray[np.bool_]:
    """Whether each of the sets is empty."""
    return np.asarray((sets == 0).all(axis=1), dtype=bool)


def is_only(sets: Bits, place: int) -> NDArray[np.bool_]:
    """Whether each of the sets holds that clause and no other."""
    others = sets ^ bits_of([place], _WORD * sets.shape[1])
    return is_empty(others)


@dataclass(frozen=True)
class Sets:
    """Of some patients, row by row, the clauses that surely fail, those that are open, and of these the conflicting."""

    fails: Bits
    open: Bits
    conflicting: Bits


def sets_of(statuses: Statuses, clauses: Sequence[Clause], patients: int) -> Sets:
    """The sets of each patient, from the statuses of the whole clauses.

    An inclusion surely fails where it is unmet, an exclusion where it is met; unknown and conflicting are open.
    """
    fails, undecided, conflicting = (np.zeros((patients, words_for(len(clauses))), dtype=np.uint64) for _ in range(3))
    for place, clause in enumerate(clauses):
        status = statuses[clause.id]
        word, bit = place // _WORD, np.uint64(place % _WORD)
        bad = UNMET if clause.kind == "inclusion" else MET
        fails[:, word] |= (status == bad).astype(np.uint64) << bit
        undecided[:, word] |= ((status == UNKNOWN) | (status == CONFLICTING)).astype(np.uint64) << bit
        conflicting[:, word] |= (status == CONFLICTING).astype(np.uint64) << bit
    return Sets(fails, undecided, conflicting)


@dataclass(frozen=True)
class Patterns:
    """The different patterns of one trial's whole clauses, each with the number of its patients."""

    clauses: tuple[str, ...]
    """Ids of the whole clauses in the order of the protocol: the places of the bits."""
    kinds: tuple[Literal["inclusion", "exclusion"], ...]
    fails: Bits
    open: Bits
    conflicting: Bits
    patients: NDArray[np.int64]
    left_out: frozenset[str] = frozenset()
    """Clauses that no longer count; ``fails`` and ``open`` still hold them, ``failing`` and ``undecided`` do not."""

    def without(self, clauses: Iterable[str]) -> Patterns:
        """The same patterns with those clauses left out as well; no patient is read for it."""
        return replace(self, left_out=self.left_out | frozenset(clauses))

    @property
    def total(self) -> int:
        """All patients."""
        return int(self.patients.sum())

    @property
    def counted(self) -> tuple[int, ...]:
        """The places of the clauses that count."""
        return tuple(place for place, clause in enumerate(self.clauses) if clause not in self.left_out)

    @property
    def failing(self) -> Bits:
        """Of each pattern the failing clauses that count."""
        return self.fails & bits_of(self.counted, len(self.clauses))

    @property
    def undecided(self) -> Bits:
        """Of each pattern the open clauses that count."""
        return self.open & bits_of(self.counted, len(self.clauses))

    def count(self, which: NDArray[np.bool_]) -> int:
        """The patients of the patterns chosen."""
        return int(self.patients[which].sum())


@dataclass
class Tally:
    """Gathers patterns part by part; what it holds grows with the number of different patterns only."""

    clauses: tuple[str, ...]
    kinds: tuple[Literal["inclusion", "exclusion"], ...]
    _rows: list[Bits] = field(default_factory=list)
    _counts: list[NDArray[np.int64]] = field(default_factory=list)
    _waiting: int = 0

    @classmethod
    def of(cls, clauses: Sequence[Clause]) -> Tally:
        """An empty one for those whole clauses."""
        return cls(tuple(clause.id for clause in clauses), tuple(clause.kind for clause in clauses))

    def add(self, sets: Sets) -> None:
        """Counts some more patients."""
        rows = np.concatenate([sets.fails, sets.open, sets.conflicting], axis=1)
        found, counts = distinct(rows, np.ones(len(rows), dtype=np.int64))
        self._rows.append(found)
        self._counts.append(counts)
        self._waiting += len(found)
        if self._waiting > max(len(self._rows[0]), 100_000):
            self._merge()

    def patterns(self) -> Patterns:
        """All that was counted, in a fixed order."""
        self._merge()
        words = words_for(len(self.clauses))
        rows = self._rows[0]
        fails, undecided, conflicting = (rows[:, start : start + words] for start in (0, words, 2 * words))
        return Patterns(self.clauses, self.kinds, fails, undecided, conflicting, self._counts[0])

    def _merge(self) -> None:
        empty = np.zeros((0, 3 * words_for(len(self.clauses))), dtype=np.uint64)
        none = np.zeros(0, dtype=np.int64)
        merged, counts = distinct(np.concatenate([empty, *self._rows]), np.concatenate([none, *self._counts]))
        self._rows, self._counts, self._waiting = [merged], [counts], 0


def distinct(rows: Bits, counts: NDArray[np.int64]) -> tuple[Bits, NDArray[np.int64]]:
    """The different rows, sorted, each with the sum of its counts."""
    if not len(rows):
        return rows, counts
    order = np.lexsort(rows.T[::-1])
    rows, counts = rows[order], counts[order]
    new = np.concatenate([[True], (rows[1:] != rows[:-1]).any(axis=1)])
    starts = np.flatnonzero(new)
    return rows[starts], np.add.reduceat(counts, starts)
