"""Statuses and verdicts of a run in the long form, and the lists of what could not be read or mapped.

Written part by part, so that memory does not grow with the cohort, and under another name until they are whole.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import duckdb
import numpy as np
import pyarrow as pa
from pyarrow import compute
from pyarrow import csv as arrow_csv
from pyarrow import parquet as pq

from nen_kb.cohort.files import whole_file
from nen_kb.cohort.store import Part
from nen_kb.engines.sql.matrix import PATIENT, STATUSES, VERDICTS, cells
from nen_kb.rules.ir import Program

Format = Literal["parquet", "csv", "duckdb"]
FORMATS: tuple[Format, ...] = ("parquet", "csv", "duckdb")
WORD = pa.dictionary(pa.int32(), pa.string())
STATUS_ROWS = pa.schema([(name, WORD) for name in ("patient", "trial", "clause", "kind", "status")])
VERDICT_ROWS = pa.schema([*((name, WORD) for name in ("patient", "trial", "verdict")), ("index_date", pa.date32())])
PERSON_ROWS = pa.schema(
    [("number", pa.int32()), ("patient", pa.string()), ("file", pa.string()), ("index_date", pa.date32())]
)
UNMAPPED = ("vocabulary", "code", "display", "domain")
PROBLEM = ("file", "place", "message", "remedy", "code")


def status_rows(part: Part, program: Program) -> Iterator[pa.Table]:
    """The status of every clause and part, patient by patient."""
    kinds = {(trial.id, clause.id): clause.kind for trial in program.trials for clause in trial.clauses}
    own = [cell for cell in cells(program) if cell.clause is not None]
    words = (
        [cell.trial for cell in own],
        [str(cell.clause) for cell in own],
        [str(kinds[cell.trial, str(cell.clause)]) for cell in own],
    )
    for people, matrix in _slices(part, ["patient"]):
        count = matrix.num_rows
        codes = np.stack([matrix[cell.column].to_numpy() for cell in own], axis=1).ravel()
        columns = [_words(np.repeat(np.arange(count), len(own)), people["patient"].combine_chunks())]
        for each in words:
            names = list(dict.fromkeys(each))
            codes_of = np.array([names.index(name) for name in each])
            columns.append(_words(np.tile(codes_of, count), pa.array(names)))
        columns.append(_words(codes, pa.array(STATUSES)))
        yield pa.table(columns, schema=STATUS_ROWS)


def verdict_rows(part: Part, program: Program) -> Iterator[pa.Table]:
    """The verdict of every trial, patient by patient."""
    own = [cell for cell in cells(program) if cell.clause is None]
    for people, matrix in _slices(part, ["patient", "index_date"]):
        count = matrix.num_rows
        at = np.repeat(np.arange(count), len(own))
        codes = np.stack([matrix[cell.column].to_numpy() for cell in own], axis=1).ravel()
        columns = [
            _words(at, people["patient"].combine_chunks()),
            _words(np.tile(np.arange(len(own)), count), pa.array([cell.trial for cell in own])),
            _words(codes, pa.array(VERDICTS)),
            people["index_date"].combine_chunks().take(pa.array(at)),
        ]
        yield pa.table(columns, schema=VERDICT_ROWS)


def person_rows(part: Part, _program: Program) -> Iterator[pa.Table]:
    """Who the patients are: number, id, file and index day."""
    yield part.people(["number", "patient", "file", "index_date"]).cast(PERSON_ROWS)


_TABLES: dict[str, tuple[pa.Schema, Callable[[Part, Program], Iterator[pa.Table]]]] = {
    "statuses": (STATUS_ROWS, status_rows),
    "verdicts": (VERDICT_ROWS, verdict_rows),
    "patients": (PERSON_ROWS, person_rows),
}
_STEP = 10_000


def _slices(part: Part, columns: list[str]) -> Iterator[tuple[pa.Table, pa.Table]]:
    people, matrix = part.people(columns), part.matrix()
    for begin in range(0, part.patients, _STEP):
        yield people.slice(begin, _STEP), matrix.slice(begin, _STEP)


def _words(codes: np.ndarray, words: pa.Array) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), words.cast(pa.string()))


def files_of(form: Format) -> tuple[str, ...]:
    """The names of the files of a format."""
    return ("cohort.duckdb",) if form == "duckdb" else (f"statuses.{form}", f"verdicts.{form}")


def export(parts: tuple[Part, ...], program: Program, folder: Path, form: Format) -> None:
    """Statuses and verdicts in that format."""
    if form == "duckdb":
        with whole_file(folder / "cohort.duckdb") as made:
            _database(parts, program, made)
        return
    for name in ("statuses", "verdicts"):
        schema, rows = _TABLES[name]
        with whole_file(folder / f"{name}.{form}") as made, _writer(made, schema, form) as write:
            for part in parts:
                for table in rows(part, program):
                    write(table)


@contextmanager
def _writer(path: Path, schema: pa.Schema, form: Format) -> Iterator[Callable[[pa.Table], None]]:
    if form == "parquet":
        with pq.ParquetWriter(path, schema, compression="zstd") as parquet:
            yield parquet.write_table
        return
    plain = pa.schema([(each.name, pa.string() if each.type == WORD else each.type) for each in schema])
    with arrow_csv.CSVWriter(path, plain) as text:
        yield lambda table: text.write_table(table.cast(plain))


def _database(parts: tuple[Part, ...], program: Program, path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        for name, (schema, rows) in _TABLES.items():
            made = False
            for part in parts:
                for table in rows(part, program):
                    connection.register("rows", table)
                    if made:
                        connection.table("rows").insert_into(name)
                    else:
                        connection.table("rows").create(name)
                    connection.unregister("rows")
                    made = True
            if not made:
                connection.from_arrow(schema.empty_table()).create(name)


def verdict_counts(parts: tuple[Part, ...], program: Program) -> dict[str, dict[str, int]]:
    """How many patients have each verdict, by trial."""
    found = {trial.id: Counter[str]() for trial in program.trials}
    for part in parts:
        matrix = part.matrix()
        for trial, counts in found.items():
            numbers = np.bincount(matrix[trial].to_numpy(), minlength=len(VERDICTS))
            counts.update({word: int(number) for word, number in zip(VERDICTS, numbers, strict=True)})
    return {trial: {word: counts[word] for word in VERDICTS} for trial, counts in found.items()}


def write_problems(parts: tuple[Part, ...], folder: Path) -> int:
    """``problems.csv``: what could not be read; returns how many."""
    count = 0
    with _csv(folder / "problems.csv", PROBLEM) as write:
        for part in parts:
            for row in part.problems().to_pylist():
                write([row[name] for name in PROBLEM])
                count += 1
    return count


def write_unmapped(parts: tuple[Part, ...], folder: Path) -> int:
    """``unmapped.csv``: concepts nobody could map, the most frequent first; returns how many.

    A code is one concept however it is displayed; its most frequent display text is shown.
    """
    counts: Counter[tuple[str, str, str]] = Counter()
    people: Counter[tuple[str, str, str]] = Counter()
    displays: dict[tuple[str, str, str], Counter[str]] = {}
    for part in parts:
        notes = part.notes()
        notes = notes.filter(compute.is_valid(notes["code"]))
        seen: set[tuple[Any, ...]] = set()
        for row in notes.select(["number", "times", *UNMAPPED]).to_pylist():
            vocabulary, code, display, domain = (row[name] or "" for name in UNMAPPED)
            key, times = (vocabulary, code, domain), row["times"] or 1
            counts[key] += times
            displays.setdefault(key, Counter())[display] += times
            if (row["number"], key) not in seen:
                seen.add((row["number"], key))
                people[key] += 1
    with _csv(folder / "unmapped.csv", (*UNMAPPED, "count", "patients")) as write:
        for key, count in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
            vocabulary, code, domain = key
            write([vocabulary, code, most_frequent(displays[key]), domain, count, people[key]])
    return len(counts)


def most_frequent(displays: Counter[str]) -> str:
    """The display text that is used most; of several the first in the alphabet, and none only where there is none."""
    return min(displays, key=lambda text: (not text, -displays[text], text))


@contextmanager
def _csv(path: Path, header: tuple[str, ...]) -> Iterator[Callable[[list[Any]], Any]]:
    with whole_file(path) as made, made.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        yield lambda row: writer.writerow([_inert(cell) for cell in row])


def _inert(cell: Any) -> Any:
    """A text that no spreadsheet takes for a formula: names of files and codes are of another's making."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


__all__ = ["FORMATS", "PATIENT", "Format", "export", "files_of", "verdict_counts", "write_problems", "write_unmapped"]
