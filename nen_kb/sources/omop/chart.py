"""The chart of one person while the rows are being read, and the notes in the words of the CDM."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from nen_kb.sources.fhir.bundles import Entry
from nen_kb.sources.fhir.chart import Chart
from nen_kb.sources.fhir.codes import Meaning
from nen_kb.sources.fhir.notes import Named, NoteBook
from nen_kb.sources.omop.concepts import Concept, Kind, Term
from nen_kb.sources.omop.tables import CLINICAL
from nen_kb.sources.omop.terms import Terms
from nen_kb.sources.omop.values import Row

_TYPES: Final = frozenset(["Condition", "Condition.bodySite", "Condition.stage", "Observation", "Procedure", "Drug"])
"""Words for kinds of records with which the shared readers begin a note."""


NO_CONCEPT: Final = "a row without a concept"


class RowNotes(NoteBook):
    """Notes that name the table of the row at hand, and concepts that were not understood, counted."""

    def __init__(self) -> None:
        super().__init__()
        self.table = ""

    def add(self, kind: str, message: str, path: str, times: int = 1) -> None:
        super().add(kind, self._said(message), path.rpartition("#")[2], times)

    def unmapped(self, message: str, path: str, named: Named) -> None:
        super().unmapped(self._said(message), path.rpartition("#")[2], named)

    def _said(self, message: str) -> str:
        """A note of the shared readers in the words of the CDM."""
        first, colon, rest = message.partition(":")
        said = f"{self.table.upper()}:{rest}" if colon and first in _TYPES and self.table else message
        said = said.replace("verificationStatus", "condition status").replace("clinicalStatus", "condition status")
        return said.replace("an extension that may change its meaning", "a qualifier that may change its meaning")


@dataclass
class RowChart(Chart):
    """A chart that is filled from rows."""

    terms: Terms = field(kw_only=True)
    events: dict[str, Entry] = field(default_factory=dict)
    """The rows that others may refer to, by table and id: ``procedure_occurrence 5``."""

    def find(self, value: Any, entry: Entry) -> Entry | None:  # noqa: ARG002 - ids are the same everywhere
        """The row that a reference means, if it was read."""
        return self.events.get(str(value.get("event"))) if isinstance(value, dict) else None

    def remember(self, entry: Entry) -> Entry:
        """Keep a row, so that others can refer to it."""
        self.events[f"{entry.file.lower()} {entry.path.partition('=')[2]}"] = entry
        return entry

    def new_id(self, path: str) -> str:
        """``measurement 5`` for the row ``MEASUREMENT#measurement_id=5``."""
        table, mark, rest = path.partition("#")
        return super().new_id(f"{table.lower()} {rest.partition('=')[2] or rest}" if mark else path)

    def unknown(self, entry: Entry, meaning: Meaning, what: str, path: str = "") -> None:
        if not isinstance(meaning, Term):
            super().unknown(entry, meaning, what, path)
            return
        named = self.named(entry, meaning)
        shown = f"{named.vocabulary} {named.code} {named.display}".strip() if named.vocabulary else named.code
        message = f"{entry.file}: {shown[:160] or NO_CONCEPT} is not known; {what}"
        self.notes.unmapped(message, path or entry.path, named)

    def named(self, entry: Entry, meaning: Meaning) -> Named:
        """A concept that is not known by what the vocabulary calls it, or else by its source value."""
        if not isinstance(meaning, Term):
            return super().named(entry, meaning)
        coded = [concept for concept in meaning.concepts if concept.code] or list(meaning.concepts)
        concept = coded[0] if coded else Concept(0)
        domain, source = concept.domain or meaning.kind.value, meaning.source
        if concept.code:
            return Named(concept.vocabulary, concept.code, concept.name, domain)
        if source or not concept.id:
            return Named("", source, source or NO_CONCEPT, domain)
        return Named("OMOP", str(concept.id), "", domain)

    def how(self, entry: Entry, meaning: Meaning, path: str = "") -> None:
        if meaning.how and meaning.concept:
            message = f"{entry.file}: {meaning.written[:160]} is {meaning.how}"
            self.notes.add("read-with-care", message, path or entry.path)


def entry_of(table: str, row: Row, kind: str, resource: dict[str, Any]) -> Entry:
    """A row as an entry that the shared readers understand."""
    key = CLINICAL[table].key
    place = f"{key}={row.get(key) or 'none'}"
    name = table.upper()
    return Entry(resource, kind, place, name, scope="folder:cdm")


def in_order(rows: Iterable[Row], key: str) -> list[Row]:
    """Rows in an order that does not depend on how they were stored."""

    def rank(row: Row) -> tuple[bool, int, list[tuple[str, str]]]:
        text = row.get(key, "")
        whole = text.isascii() and text.isdecimal() and len(text) < 19
        return not whole, int(text) if whole else 0, sorted(row.items())

    return sorted(rows, key=rank)


__all__ = ["Kind", "RowChart", "RowNotes", "entry_of", "in_order"]
