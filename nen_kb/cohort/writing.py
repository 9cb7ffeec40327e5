"""Writes the patients of one part: their documents, the facts the rules read, and what was not understood."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet as pq

from nen_kb.cohort.files import digests
from nen_kb.cohort.store import CLASSES, NUMBERED, PART, base_predicates
from nen_kb.engines.sql.facts import ARROW
from nen_kb.engines.sql.tables import HOLDS, column_names
from nen_kb.errors import Problem
from nen_kb.facts.normalise import Prepared
from nen_kb.facts.patient_text import to_text
from nen_kb.facts.records import Note
from nen_kb.rules.ir import Column, Kind, Predicate, Program
from nen_kb.rules.plan import Row

FLUSHED = 1000
"""So many patients are held before they are written; one group of rows of ``patients.parquet``."""
TEXT = pa.string()
WORD = pa.dictionary(pa.int32(), TEXT)
PEOPLE = pa.schema(
    [("number", pa.int32()), ("patient", TEXT), ("file", TEXT), ("index_date", pa.date32()), ("document", TEXT)]
)
NOTES = pa.schema(
    [("number", pa.int32()), ("source", pa.bool_())]
    + [(name, TEXT) for name in ("kind", "path", "message", "vocabulary", "code", "display", "domain")]
    + [("times", pa.int32())]
)
"""``source`` says that the source's reader noted it; the other notes come up whenever the patient is prepared."""
PROBLEMS = pa.schema([(name, TEXT) for name in ("file", "place", "message", "remedy", "code")])
_EPOCH = date(1970, 1, 1).toordinal()


def arrow_type(column: Column) -> pa.DataType:
    """How a column of facts is stored: numbers as engines read them, names as texts."""
    return WORD if column.kind is Kind.NAME and column.word not in NUMBERED else ARROW[column.kind]


def fact_schema(predicate: Predicate) -> pa.Schema:
    """The columns of a predicate's file."""
    if not predicate.columns:
        return pa.schema([(HOLDS, ARROW[Kind.COUNT])])
    types = map(arrow_type, predicate.columns)
    return pa.schema(list(zip(column_names(predicate), types, strict=True)))


class Table:
    """One Parquet file, written piece by piece."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.schema = schema
        self.rows: list[Sequence[Any]] = []
        path.parent.mkdir(exist_ok=True)
        self._writer = pq.ParquetWriter(path, schema, compression="zstd", write_page_checksum=True)

    def flush(self) -> None:
        """Write the rows held."""
        if self.rows:
            columns = [
                _array(values, each.type)
                for values, each in zip(zip(*self.rows, strict=True), self.schema, strict=True)
            ]
            self.write(pa.table(columns, schema=self.schema))
            self.rows = []

    def write(self, table: pa.Table) -> None:
        """Write a table of the same columns."""
        self._writer.write_table(table)

    def close(self) -> None:
        """Write what is held and end the file."""
        self.flush()
        self._writer.close()


def _array(values: Iterable[Any], kind: pa.DataType) -> pa.Array:
    return pa.array(values, TEXT).dictionary_encode() if kind == WORD else pa.array(values, kind)


@dataclass(frozen=True)
class _Shape:
    """How the rows of one predicate are stored."""

    numbered: tuple[int, ...]
    """The places of records; the patient stands first."""


@dataclass
class PartWriter:
    """Fills the folder of one part; its patients are numbered from 0 until ``numbered`` gives them their own."""

    folder: Path
    program: Program
    patients: int = 0
    records: int = 0
    classes: dict[str, set[str]] = field(default_factory=lambda: {name: set() for name in CLASSES})

    def __post_init__(self) -> None:
        self.people = Table(self.folder / "patients.parquet", PEOPLE)
        self.notes = Table(self.folder / "notes.parquet", NOTES)
        self.problems = Table(self.folder / "problems.parquet", PROBLEMS)
        self.facts = {
            name: Table(self.folder / "facts" / f"{name}.parquet", fact_schema(predicate))
            for name, predicate in base_predicates(self.program).items()
        }
        self._shapes = {name: _shape(predicate) for name, predicate in base_predicates(self.program).items()}

    def add(self, file: str, prepared: Prepared) -> None:
        """One patient, read from that file."""
        patient, number = prepared.patient, self.patients
        self.people.rows.append((number, patient.id, file, patient.index_date - _EPOCH, to_text(patient)))
        own = len(patient.notes)
        for place, note in enumerate(prepared.notes):
            self.note(note, number, source=place < own)
        ids = {record: self.records + place for place, record in enumerate(prepared.records)}
        for found in (prepared.static, prepared.timed(patient.index_date)):
            for name, rows in found.items():
                if rows:
                    self._rows(name, rows, number, ids)
        for name, found_classes in self.classes.items():
            found_classes.update(getattr(prepared, name))
        self.patients += 1
        self.records += len(ids)
        if self.patients % FLUSHED == 0:
            self.flush()

    def add_bare(
        self, file: str, patient: str, rows: Mapping[str, Sequence[Row]], classes: Mapping[str, frozenset[str]]
    ) -> None:
        """One patient of whom only facts are known; her records get new numbers."""
        number = self.patients
        ((_, today),) = rows["index_day"]
        assert isinstance(today, int)
        self.people.rows.append((number, patient, file, today - _EPOCH, ""))
        ids: dict[str, int] = {}
        for name, found in rows.items():
            for row in found:
                for place in self._shapes[name].numbered:
                    ids.setdefault(str(row[place]), self.records + len(ids))
            self._rows(name, frozenset(found), number, ids)
        for each, own in self.classes.items():
            own.update(classes[each])
        self.patients += 1
        self.records += len(ids)
        if self.patients % FLUSHED == 0:
            self.flush()

    def _rows(self, name: str, rows: Iterable[Row], number: int, ids: dict[str, int]) -> None:
        numbered = self._shapes[name].numbered
        held = self.facts[name].rows
        if numbered == (1,):
            held += [(number, ids[str(row[1])], *row[2:]) for row in sorted(rows)]
        elif not numbered:
            held += [(number, *row[1:]) for row in sorted(rows)]
        else:
            held += [
                (number, *(ids[str(each)] if place in numbered else each for place, each in enumerate(row) if place))
                for row in sorted(rows)
            ]

    def note(self, note: Note, number: int | None = None, *, source: bool = True) -> None:
        """Something that was not understood, of a patient or of the source."""
        unmapped = [getattr(note, name, None) for name in ("vocabulary", "code", "display", "domain", "times")]
        self.notes.rows.append((number, source, note.kind, note.path, note.message, *unmapped))

    def problem(self, problem: Problem) -> None:
        """Something that could not be read."""
        self.problems.rows.append((problem.file, problem.place, problem.message, problem.remedy, problem.code))

    def flush(self) -> None:
        """Write what is held."""
        for table in (self.people, self.notes, self.problems, *self.facts.values()):
            table.flush()

    def close(self) -> None:
        """End every file and write ``part.json``."""
        for table in (self.people, self.notes, self.problems, *self.facts.values()):
            table.close()
        write_part(self.folder, self.patients, 0, {name: sorted(found) for name, found in self.classes.items()})

    def abandon(self) -> None:
        """Let go of the files of a part that cannot be made."""
        for table in (self.people, self.notes, self.problems, *self.facts.values()):
            table.rows = []
            try:
                table.close()
            except (OSError, pa.ArrowException):
                continue


def write_part(folder: Path, patients: int, first: int, classes: dict[str, list[str]]) -> None:
    """``part.json``: what the part holds, with the hash of every file of it."""
    document = {"patients": patients, "first": first, **classes, "files": digests(folder)}
    (folder / PART).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _shape(predicate: Predicate) -> _Shape:
    words = [column.word for column in predicate.columns]
    if words[:1] != ["Patient"] or "Patient" in words[1:]:
        raise ValueError(f"{predicate.name}: facts of a cohort begin with their patient")
    return _Shape(tuple(place for place, word in enumerate(words) if word == "Record"))
