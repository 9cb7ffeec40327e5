"""Which patients: those eligible, in the gap, or kept out by one clause only, read part by part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nen_kb.cohort.feasibility.changes import clause_named
from nen_kb.cohort.feasibility.patterns import Bits, bits_of, is_empty, is_only, places_of
from nen_kb.cohort.feasibility.reader import Read, Reader
from nen_kb.errors import Problem, UsageError
from nen_kb.rules.ir import Trial

WORDS = ("eligible", "gap", "gain", "near")


@dataclass(frozen=True)
class Listed:
    """One patient, with the clauses that stand in the way."""

    patient: str
    trial: str
    failing: tuple[str, ...]
    open: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As ``--patients`` prints it."""
        return {"patient": self.patient, "trial": self.trial, "fails": list(self.failing), "open": list(self.open)}


@dataclass(frozen=True)
class Which:
    """Whom to list: ``gain`` fails one clause and surely passes all others, ``near`` fails one and may pass them."""

    word: str
    trial: str = ""
    clause: str = ""
    """For ``gain:I10`` and ``near:I10``."""


def which_of(text: str, trials: Sequence[Trial]) -> Which:
    """The choice that ``eligible``, ``gap``, ``gain``, ``gain:I10`` or ``near:I10`` means; raises UsageError."""
    word, _, clause = text.strip().partition(":")
    if word not in WORDS or (clause and word not in ("gain", "near")):
        message = f"there is no such list of patients: {text!r}"
        remedy = "Write eligible, gap, gain or near; gain:I10 and near:I10 are of one clause."
        raise UsageError(Problem("--patients", text, message, remedy, "no-such-list"))
    if not clause:
        return Which(word)
    trial, clause_id, found = clause_named(clause, trials)
    if found.parent:
        message, remedy = f"{clause_id} is a part of {found.parent}", f"Write {word}:{found.parent}."
        raise UsageError(Problem("--patients", text, message, remedy, "no-whole-clause"))
    return Which(word, trial, clause_id)


def listed(reader: Reader, which: Which) -> Iterator[Listed]:
    """Those patients, in the order of their numbers, a trial at a time within each part."""
    for part, reads in reader.parts():
        ids: list[str] = []
        for read in reads:
            if which.trial and read.trial.id != which.trial:
                continue
            gone, size = reader.left_out.whole(read.trial), len(read.clauses)
            counted = bits_of((place for place, each in enumerate(read.clauses) if each.id not in gone), size)
            failing, undecided = read.sets.fails & counted, read.sets.open & counted
            chosen = np.flatnonzero(_chosen(read, which, failing, undecided))
            if len(chosen) and not ids:
                ids = part.people(["patient"])["patient"].to_pylist()
            for row in chosen:
                yield Listed(ids[row], read.trial.id, _names(read, failing[row]), _names(read, undecided[row]))


def _chosen(read: Read, which: Which, failing: Bits, undecided: Bits) -> NDArray[np.bool_]:
    possible, sure = is_empty(failing), is_empty(undecided)
    if which.word == "eligible":
        return possible & sure
    if which.word == "gap":
        return possible & ~sure
    only = np.zeros(len(failing), dtype=bool)
    for place, clause in enumerate(read.clauses):
        if which.clause in ("", clause.id):
            only |= is_only(failing, place)
    return only & sure if which.word == "gain" else only


def _names(read: Read, row: Bits) -> tuple[str, ...]:
    return tuple(read.clauses[place].id for place in places_of(row))
