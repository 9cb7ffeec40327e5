"""What all readers of hand-written records share: collecting problems, names, dates and texts.

A ``Reading`` knows the file, the ontology and the index date, and gathers problems and notes while
records are made.  ``Fields`` gives access to one mapping of the file and reports what is missing,
unknown or of the wrong type.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from nen_kb.errors import PatientError, Problem
from nen_kb.facts.dates import FAR_PAST, Days, iso, parse_days
from nen_kb.facts.records import Note, Origin
from nen_kb.ontology import Ontology, UnknownName
from nen_kb.sources.document import Document, Value, joined, shown


@dataclass
class Reading:
    """The state of reading one patient (or one table): where we are, and what was found wrong."""

    ontology: Ontology
    file: str
    index_date: int
    """The day as of which the file was written, an ordinal; records without a date end there."""
    born: Days | None = None
    lines: Mapping[str, int] = field(default_factory=dict)
    """Line numbers by path, where known."""
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def problem(self, place: str, message: str, remedy: str, code: str) -> None:
        """Report something wrong at a path; the line is added where it is known."""
        line = self.lines.get(place) or self.lines.get(place.rpartition(".")[0])
        where = f" (line {line})" if line else ""
        end = "" if remedy.endswith("?") else "."
        self.problems.append(Problem(self.file, place, f"{message}{where}.", f"{remedy}{end}", code))

    def mistake(self, place: str, error: ValueError, text: str, code: str) -> None:
        """Report a text that could not be read, in the words of the error: ``what; what to do``."""
        message, _, remedy = str(error).partition("; ")
        remedy = remedy or "correct it"
        self.problem(place, f"{shown(text)}: {message}", remedy[:1].upper() + remedy[1:], code)

    def note(self, path: str, message: str, kind: str) -> None:
        """Keep something worth knowing that is no mistake."""
        self.notes.append(Note(path, message, kind))

    def take(self, document: Document) -> None:
        """Adopt the lines and the problems of a text that was just read."""
        self.lines = document.lines
        for problem in document.problems:
            line = document.lines.get(problem.place)
            message = f"{problem.message.removesuffix('.')} (line {line})." if line else problem.message
            self.problems.append(Problem(problem.file, problem.place, message, problem.remedy, problem.code))

    def finish(self) -> None:
        """Raise PatientError with every problem found so far, if there is one."""
        if self.problems:
            raise PatientError(self.problems)

    def concept(self, place: str, text: str) -> str | None:
        """The local name for a label, synonym, local name or code; None after reporting it as unknown."""
        try:
            return self.ontology.find(text)
        except UnknownName as unknown:
            near = " or ".join(shown(name) for name in unknown.suggestions[:3])
            remedy = f"Did you mean {near}?" if near else "Write a name of the ontology, or a code like LOINC:718-7"
            self.problem(place, f"{shown(text)} is no name of the ontology", remedy, "unknown-name")
            return None

    def day(self, place: str, text: str) -> int | None:
        """A single day; a month or a year is a mistake here."""
        days = self.days(place, text)
        if days is None:
            return None
        if not days.exact:
            self.problem(place, f"{shown(text)} is not a single day", "Write it as 2026-11-20", "inexact-day")
            return None
        return days.first

    def days(self, place: str, text: str) -> Days | None:
        """A day, month or year, or None after reporting why not."""
        try:
            return parse_days(text)
        except ValueError as error:
            self.mistake(place, error, text, "bad-date")
            return None

    def period(self, place: str, value: Value) -> Days | None:
        """A date, or ``{from: …, to: …}``; surely before birth is a mistake."""
        days: Days | None
        if isinstance(value, dict):
            fields = Fields(self, place, value, ("from", "to"))
            first, last = fields.text("from", required=True), fields.text("to", required=True)
            begin = self.days(f"{place}.from", first) if first else None
            end = self.days(f"{place}.to", last) if last else None
            if begin is None or end is None:
                return None
            if begin.first > end.last:
                self.problem(place, "the period ends before it begins", "Exchange from and to", "bad-period")
                return None
            days = Days(begin.first, end.last)
        elif isinstance(value, str) and value.strip():
            days = self.days(place, value)
        else:
            self.problem(place, "this is not a date", "Write it as 2024-05-20, 2024-05 or 2024", "bad-date")
            return None
        if days and self.born and days.last < self.born.first:
            born = f"the birth date ({iso(self.born.first)})"
            self.problem(place, f"the date lies before {born}", "Correct one of the two", "before-birth")
            return None
        return days

    def undated(self, path: str) -> Days:
        """The days of a record without a date: any day up to the index date; a note says so."""
        self.note(path, "no date is recorded; it may be any day up to the index date", "no-date")
        return Days(FAR_PAST, self.index_date)


class Fields:
    """One mapping of the file, with the keys it may have, all plain words; unknown keys are reported at once."""

    def __init__(self, reading: Reading, path: str, data: Value, keys: Collection[str]) -> None:
        self.reading = reading
        self.path = path
        self.data: dict[str, Value] = data if isinstance(data, dict) else {}
        self.is_mapping = isinstance(data, dict)
        if not isinstance(data, dict):
            remedy = "Write it with these keys: " + ", ".join(keys)
            reading.problem(path, "this is not a mapping of keys to values", remedy, "not-a-mapping")
        for key in self.data:
            if key not in keys:
                near = get_close_matches(key.lower(), keys, n=1)
                remedy = f"Did you mean '{near[0]}'?" if near else "The keys here are " + ", ".join(keys)
                reading.problem(joined(path, key), f"the key {shown(key)} is unknown", remedy, "unknown-key")

    def place(self, key: str) -> str:
        """The path of one of its keys."""
        return f"{self.path}.{key}" if self.path else key

    def has(self, key: str) -> bool:
        """Whether the key stands there with anything in it but null."""
        return self.data.get(key) is not None

    def text(self, key: str, *, required: bool = False) -> str | None:
        """The text or number of a key as written; None after reporting it, or where it may be missing."""
        value = self.data.get(key)
        if value is None and not required:
            return None
        if isinstance(value, str) and (text := value.strip()):
            return text
        if key in self.data:
            remedy = "Write text or a number here; what begins with > or < belongs in quotes"
            problem = "the text is empty" if value in ("", None) else "this is neither text nor a number"
            self.reading.problem(self.place(key), problem, remedy, "not-text")
        elif self.is_mapping:
            self.reading.problem(self.path, f"the key '{key}' is missing", f"Add '{key}'", "missing-key")
        return None

    def flag(self, key: str) -> bool | None:
        """True or false, None where missing; anything else is reported."""
        value = self.data.get(key)
        if value is None or isinstance(value, bool):
            return value
        remedy = "Write true or false, without quotes"
        self.reading.problem(self.place(key), f"{shown(value)} is neither true nor false", remedy, "not-a-flag")
        return None

    def choice(self, key: str, words: Collection[str]) -> str | None:
        """One of the words, in any letter case; None where missing, or after reporting another."""
        text = self.text(key)
        if text is None or text.lower() in words:
            return text.lower() if text else None
        near = get_close_matches(text.lower(), words, n=1)
        remedy = f"Did you mean '{near[0]}'?" if near else "Write one of: " + ", ".join(words)
        self.reading.problem(self.place(key), f"{shown(text)} is not known here", remedy, "unknown-word")
        return None

    def items(self, key: str) -> list[Value]:
        """The list of a key; empty where missing, anything else is reported."""
        value = self.data.get(key)
        if isinstance(value, list):
            return value
        if value is not None:
            remedy = "Begin each entry with a dash"
            self.reading.problem(self.place(key), "this is not a list", remedy, "not-a-list")
        return []

    def origin(self) -> Origin:
        """Where the record comes from, with the free text of its ``source``."""
        return Origin(self.reading.file, self.path, self.text("source") or "")
