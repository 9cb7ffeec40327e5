"""Gives the patients of all batches their numbers, and those of one id names of their own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import compute
from pyarrow import parquet as pq

from nen_kb.cohort.store import Part
from nen_kb.cohort.writing import NOTES, PEOPLE
from nen_kb.facts.records import Note

Renamed = dict[int, dict[int, tuple[str, Note]]]
"""Of each batch, by the place of a patient in it: her id, and the note that says why."""
_NUMBERED = re.compile(r"\.[0-9]+$")


def renamed(parts: Sequence[Part]) -> Renamed:
    """Patients who share an id: the first keeps it, the others get ``id.2``, ``id.3``, …; all are noted."""
    ids = [part.people(["patient", "file"]) for part in parts]
    counts = compute.value_counts(
        pa.chunked_array([chunk for each in ids for chunk in each["patient"].chunks], pa.string())
    )
    twice = compute.greater(counts.field("counts"), 1)
    shared = counts.field("values").filter(twice)
    if not len(shared):
        return {}
    taken = {name for name in counts.field("values").to_pylist() if _NUMBERED.search(name)}
    last: dict[str, int] = {}
    found: Renamed = {}
    for place, people in enumerate(ids):
        among = compute.is_in(people["patient"], value_set=shared)
        for number in compute.indices_nonzero(among).to_pylist():
            patient = people["patient"][number].as_py()
            name, count = patient, last.get(patient, 0) + 1
            if patient in last:
                while (name := f"{patient}.{count}") in taken:
                    count += 1
            last[patient] = count
            taken.add(name)
            message = f"there is another patient of the same id {patient}; each is judged by her own record"
            note = Note(people["file"][number].as_py(), message, "same-id")
            found.setdefault(place, {})[number] = (name, note)
    return found


def numbered_part(read: Part, folder: Path, first: int, names: Mapping[int, tuple[str, Note]]) -> Part:
    """Copy a batch that was read to a folder, with the patients' own numbers and names."""
    (folder / "facts").mkdir()
    for name in read.files:
        if name.startswith("facts/"):
            _shift(read.path / name, folder / name, "patient", first)
    _shift(read.path / "notes.parquet", folder / "notes.parquet", "number", first, _noted(first, names))
    _shift(read.path / "patients.parquet", folder / "patients.parquet", "number", first, names=names)
    (folder / "problems.parquet").write_bytes((read.path / "problems.parquet").read_bytes())
    return Part(folder, read.number, first, read.patients, read.classes, dict.fromkeys(read.files, ""))


def _noted(first: int, names: Mapping[int, tuple[str, Note]]) -> pa.Table:
    rows = [
        {"number": first + number, "source": True, "kind": note.kind, "path": note.path, "message": note.message}
        for number, (_, note) in sorted(names.items())
    ]
    return pa.Table.from_pylist(rows, schema=NOTES)


def _shift(
    path: Path,
    to: Path,
    column: str,
    first: int,
    more: pa.Table | None = None,
    names: Mapping[int, tuple[str, Note]] | None = None,
) -> None:
    """Copy a file group by group, its numbers moved by ``first``; ``more`` rows come at the end."""
    with (
        pq.ParquetFile(path) as file,
        pq.ParquetWriter(to, file.schema_arrow, compression="zstd", write_page_checksum=True) as writer,
    ):
        done = 0
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            place = table.schema.get_field_index(column)
            if names:
                table = _with_names(table, done, names)
            moved = compute.add(table[column], pa.scalar(first, pa.int32()))
            writer.write_table(table.set_column(place, file.schema_arrow.field(place), moved))
            done += table.num_rows
        if more is not None and more.num_rows:
            writer.write_table(more)


def _with_names(people: pa.Table, begin: int, names: Mapping[int, tuple[str, Note]]) -> pa.Table:
    """The rows of some people with the names that were given to them."""
    own = {number - begin: name for number, (name, _) in names.items() if begin <= number < begin + people.num_rows}
    if not own:
        return people
    rows = people.to_pylist()
    for number, name in own.items():
        rows[number]["patient"] = name
        if rows[number]["document"]:
            document = {**json.loads(rows[number]["document"]), "id": name}
            rows[number]["document"] = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return pa.Table.from_pylist(rows, schema=PEOPLE)
