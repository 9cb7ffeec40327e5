"""What was set aside, counted: notes of one kind and wording become one note with a count."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nen_kb.facts.records import Note, Unmapped

NO_PATIENT = "no-patient"
UNKNOWN_CODE = "unknown-code"
"""Kinds of note used by the FHIR source, beside those of ``records.Note``."""


@dataclass(frozen=True)
class Named:
    """A code that nobody knows, as ``records.Unmapped`` keeps it."""

    vocabulary: str
    code: str
    display: str
    domain: str


class NoteBook:
    """Collects notes; the same words are kept once, with the first path and the number of places."""

    def __init__(self) -> None:
        self._notes: dict[tuple[str, str, Named | None], list[str | int]] = {}

    def add(self, kind: str, message: str, path: str, times: int = 1) -> None:
        self._count(kind, message, None, path, times)

    def unmapped(self, message: str, path: str, named: Named) -> None:
        """A code that the ontology does not know, so that a cohort can count it."""
        self._count(UNKNOWN_CODE, message, named, path, 1)

    def _count(self, kind: str, message: str, named: Named | None, path: str, times: int) -> None:
        entry = self._notes.setdefault((kind, message, named), [path, 0])
        entry[1] = int(entry[1]) + times

    def extend(self, notes: Iterable[Note]) -> None:
        for note in notes:
            self.add(note.kind, note.message, note.path)

    def notes(self) -> tuple[Note, ...]:
        """All notes in the order in which their kind of trouble was first met."""
        return tuple(
            _note(str(path), message if times == 1 else f"{message} ({times} times, first here)", kind, named, times)
            for (kind, message, named), (path, times) in self._notes.items()
        )


def _note(path: str, message: str, kind: str, named: Named | None, times: str | int) -> Note:
    if named is None:
        return Note(path, message, kind)
    return Unmapped(path, message, kind, named.vocabulary, named.code, named.display, named.domain, int(times))
