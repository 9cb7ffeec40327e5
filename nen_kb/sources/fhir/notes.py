"""What was set aside, counted: notes of one kind and wording become one note with a count."""

from __future__ import annotations

from collections.abc import Iterable

from nen_kb.facts.records import Note

NO_PATIENT = "no-patient"
"""Kinds of note used by the FHIR source, beside those of ``records.Note``."""


class NoteBook:
    """Collects notes; the same words are kept once, with the first path and the number of places."""

    def __init__(self) -> None:
        self._notes: dict[tuple[str, str], list[str | int]] = {}

    def add(self, kind: str, message: str, path: str, times: int = 1) -> None:
        entry = self._notes.setdefault((kind, message), [path, 0])
        entry[1] = int(entry[1]) + times

    def extend(self, notes: Iterable[Note]) -> None:
        for note in notes:
            self.add(note.kind, note.message, note.path)

    def notes(self) -> tuple[Note, ...]:
        """All notes in the order in which their kind of trouble was first met."""
        return tuple(
            Note(str(path), message if times == 1 else f"{message} ({times} times, first here)", kind)
            for (kind, message), (path, times) in self._notes.items()
        )
