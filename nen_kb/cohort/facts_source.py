"""Facts in Parquet as a source: the folder of an earlier run, or one file a predicate written by somebody else.

An earlier run is read from its stored documents, so its patients are prepared anew by the rules and the ontology of
today.  Bare facts are checked, every fault is listed, and a patient one of whose facts cannot be used is left out:
statuses that rest on half a record are none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet as pq

from nen_kb.cohort.batches import Found, Plan, Reading
from nen_kb.cohort.planning import describe
from nen_kb.cohort.store import MANIFEST, MOST_RECORDS, Part, Run
from nen_kb.errors import PatientError, Problem, UsageError
from nen_kb.facts.dates import iso
from nen_kb.facts.patient_json import from_json
from nen_kb.facts.records import Note, Unmapped
from nen_kb.rules.ir import Program

_REMEDY = "Copy or write the file again."


def plan_facts(source: Path, part: int, program: Program, as_of: int | None) -> Plan:
    """The batches of a folder of facts.  Raises UsageError or PatientError for one that cannot be used."""
    if (source / MANIFEST).exists():
        return plan_run(source, as_of)
    from nen_kb.cohort.bare_facts import plan_bare  # checked more closely, and seldom needed

    return plan_bare(source, part, program, as_of)


def plan_run(source: Path, as_of: int | None) -> Plan:
    """The parts of an earlier run, read again from its documents."""
    run = Run.open(source)
    own = run.manifest.get("index_date")
    if as_of is not None and own != iso(as_of):
        message = f"the earlier run was judged on {own or 'the day of each record'}, not on {iso(as_of)}"
        remedy = "Give the source itself; what is known of a record depends on the day."
        raise UsageError(Problem(str(source), "--as-of", message, remedy, "other-day"))
    if not run.has_documents:
        message = "it was made from bare facts and holds no records"
        raise UsageError(Problem(str(source), "", message, "Give the folder of those facts.", "no-documents"))
    files = [source / MANIFEST, *(part.path / name for part in run.parts for name in sorted(part.files))]
    plan = Plan("facts", {**describe(source, files, "facts"), "of": dict(run.manifest["knowledge_base"])})
    plan.batches += [StoredPart(part.path) for part in run.parts]
    return plan


@dataclass(frozen=True)
class StoredPart:
    """One part of an earlier run."""

    path: Path

    def read(self, reading: Reading) -> Iterator[Found]:
        """Its patients, from their documents; a group of rows that cannot be read is listed, the others go on."""
        part = Part.read(self.path)
        notes = _notes(part)
        for found in row_groups(self.path / "patients.parquet"):
            if isinstance(found, Problem):
                yield found
                continue
            for row in found.to_pylist():
                number = row["number"]
                place = f"patient {number}"
                try:
                    document = json.loads(row["document"])
                except (TypeError, ValueError, RecursionError):
                    message = "this patient's document cannot be read; she is left out"
                    yield Problem(str(self.path), place, message, _REMEDY, "bad-document")
                    continue
                patient, problems = from_json(document, reading.ontology, str(self.path), place, most=MOST_RECORDS)
                yield from problems
                if patient is not None:
                    yield row["file"], replace(patient, notes=notes.get(number, ()))
        yield from notes.get(None, ())
        for row in part.problems().to_pylist():
            yield Problem(**row)


def _notes(part: Part) -> dict[int | None, tuple[Note, ...]]:
    found: dict[int | None, list[Note]] = {}
    table = part.notes()
    for row in table.filter(table["source"]).to_pylist():
        found.setdefault(row["number"], []).append(note_of(row))
    return {number: tuple(notes) for number, notes in found.items()}


def note_of(row: dict[str, Any]) -> Note:
    """A note as it was stored."""
    if row["code"] is None:
        return Note(row["path"], row["message"], row["kind"])
    words = {name: row[name] or "" for name in ("path", "message", "kind", "vocabulary", "code", "display", "domain")}
    return Unmapped(**words, times=row["times"] or 1)


def row_groups(path: Path) -> Iterator[pa.Table | Problem]:
    """A Parquet file group by group; one that cannot be read is a problem that names it.

    Raises PatientError if not even the file's own description can be read.
    """
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
    except (OSError, pa.ArrowException):
        raise PatientError(
            Problem(str(path), "", "this is no Parquet file, or it was cut off", _REMEDY, "bad-parquet")
        ) from None
    with file:
        for group in range(file.num_row_groups):
            try:
                yield file.read_row_group(group)
            except (OSError, pa.ArrowException):
                rows = file.metadata.row_group(group).num_rows
                message = f"this group of {rows} rows cannot be read; the other groups are"
                yield Problem(str(path), f"row group {group}", message, _REMEDY, "bad-row-group")
