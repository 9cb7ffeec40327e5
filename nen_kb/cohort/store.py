"""The folder of a cohort run, read: its manifest, its parts, and any patient of it.

A run is a folder with ``cohort.json`` (the manifest) and ``parts/00000``, ``parts/00001``, …; each part holds the
patients, the facts the rules read, what was not understood, and the statuses.  A part is renamed to its name when it
is whole, and the manifest says ``complete`` last of all, so nothing half-written is taken for a result.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from pyarrow import compute
from pyarrow import parquet as pq

from nen_kb.cohort.files import digest
from nen_kb.engines.sql.facts import ARROW, Facts, tables_of
from nen_kb.engines.sql.names import Names, names_of
from nen_kb.engines.sql.tables import HOLDS, column_names
from nen_kb.errors import PatientError, Problem, UsageError
from nen_kb.facts.normalise import hierarchy_rows
from nen_kb.facts.patient_json import from_json
from nen_kb.facts.records import Note, Patient
from nen_kb.ontology import Ontology
from nen_kb.rules.ir import Column, Kind, Predicate, Program
from nen_kb.rules.protocol import protocol_rows

FORMAT = "nen-kb cohort 1"
MANIFEST = "cohort.json"
PART = "part.json"
MATRIX = "matrix.parquet"
MOST_RECORDS = 1_000_000
"""Records of one kind that a stored patient may have."""
NUMBERED = ("Patient", "Record")
"""Words of columns that hold numbers of their own instead of names."""
CLASSES = ("recorded", "denied", "doubted", "named")
"""The lists of classes from which the hierarchy of a part is made."""


class Knowledge(Protocol):
    """What facts are read by: a knowledge base, or anything with its ontology and program."""

    @property
    def ontology(self) -> Ontology: ...
    @property
    def program(self) -> Program: ...


@dataclass(frozen=True)
class Part:
    """Some of the patients of a run, those with the numbers from ``first`` to ``first + patients - 1``."""

    path: Path
    number: int
    """Its place in the run, from 0."""
    first: int
    """The number of its first patient."""
    patients: int
    """How many patients it holds."""
    classes: Mapping[str, tuple[str, ...]]
    """Of its findings and measurements: the classes ``recorded``, ``denied``, ``doubted`` and ``named``."""
    files: Mapping[str, str]
    """The SHA-256 of every file of it, by its path inside the part."""

    @classmethod
    def read(cls, path: Path) -> Part:
        """The part in that folder; raises PatientError if it is none."""
        try:
            found = json.loads((path / PART).read_text(encoding="utf-8"))
            classes = {name: tuple(map(str, found[name])) for name in CLASSES}
            files = {str(name): str(digest) for name, digest in found["files"].items()}
            return cls(path, int(path.name), int(found["first"]), int(found["patients"]), classes, files)
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise PatientError(
                Problem(str(path), "", "this part of the run cannot be read", "Run the cohort again.", "bad-part")
            ) from None

    @property
    def judged(self) -> bool:
        """Whether its statuses are there."""
        return MATRIX in self.files

    def matrix(self) -> pa.Table:
        """Statuses and verdicts, one row a patient (``nen_kb.engines.sql.matrix``)."""
        return self._table(MATRIX)

    def facts(self, predicates: Collection[str] | None = None) -> dict[str, pa.Table]:
        """The facts as stored, of all base predicates or of those; names are texts (dictionary-encoded)."""
        held = {Path(name).stem: name for name in sorted(self.files) if name.startswith("facts/")}
        return {name: self._table(file) for name, file in held.items() if predicates is None or name in predicates}

    def people(self, columns: list[str] | None = None) -> pa.Table:
        """``number, patient, file, index_date, document``, or some of these columns, in the order of the numbers."""
        return self._table("patients.parquet", columns)

    def notes(self) -> pa.Table:
        """What was not understood, set aside or read with care; a null ``number`` speaks of the source itself."""
        return self._table("notes.parquet")

    def problems(self) -> pa.Table:
        """What could not be read: ``file, place, message, remedy, code``."""
        return self._table("problems.parquet")

    def row(self, number: int) -> dict[str, Any]:
        """The row of ``people`` of one patient; raises IndexError if she is not of this part."""
        place = number - self.first
        if not 0 <= place < self.patients:
            raise IndexError(number)
        self._check("patients.parquet")
        with pq.ParquetFile(self.path / "patients.parquet") as file:
            for group in range(file.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                if place < rows:
                    found: dict[str, Any] = file.read_row_group(group).slice(place, 1).to_pylist()[0]
                    return found
                place -= rows
        raise IndexError(number)

    def notes_of(self, number: int) -> tuple[Note, ...]:
        """What the source's reader noted about one patient."""
        rows = self.notes()
        own = rows.filter(compute.and_(compute.equal(rows["number"], number), rows["source"]))
        return tuple(Note(row["path"], row["message"], row["kind"]) for row in own.to_pylist())

    def _table(self, name: str, columns: list[str] | None = None) -> pa.Table:
        self._check(name)
        try:
            return pq.read_table(self.path / name, columns=columns, partitioning=None)
        except (OSError, pa.ArrowException):
            raise _unusable(self.path / name, "this file of a cohort run cannot be read") from None

    def _check(self, name: str) -> None:
        """Raises PatientError for a file that is not what the run wrote, so that nothing damaged is reported."""
        expected = self.files.get(name)
        if not expected:  # a part that is being made has no hashes yet
            return
        try:
            stat = (self.path / name).stat()
            key = str(self.path / name), stat.st_ino, stat.st_size, stat.st_mtime_ns
            if _checked.get(key) != expected:
                _checked[key] = digest(self.path / name)
            same = _checked[key] == expected
        except OSError:
            raise _unusable(self.path / name, "this file of a cohort run cannot be read") from None
        if not same:
            raise _unusable(self.path / name, "this file is not the one the run wrote")


_checked: dict[tuple[str, int, int, int], str] = {}
"""Files whose hash was taken: by path and state."""


def _unusable(path: Path, message: str) -> PatientError:
    remedy = "Copy the folder of the run again, or make the run anew with --restart."
    return PatientError(Problem(str(path), "", message, remedy, "bad-part"))


@dataclass(frozen=True)
class Run:
    """A cohort run on disk."""

    path: Path
    manifest: Mapping[str, Any]
    given: Ontology | None = None

    @classmethod
    def open(cls, path: str | Path, *, unfinished: bool = False, ontology: Ontology | None = None) -> Run:
        """The run in that folder.

        ``ontology`` is the one its classes are looked up in (the shipped one by default).  Raises UsageError for a
        folder that holds no run, and for one that is not complete unless ``unfinished``.
        """
        folder = Path(path)
        manifest = read_manifest(folder)
        if manifest is None:
            message = "this folder holds no cohort run"
            remedy = "Give the folder that nen-kb cohort wrote (with cohort.json)."
            raise UsageError(Problem(str(folder), "", message, remedy, "no-run"))
        if manifest.get("state") != "complete" and not unfinished:
            message = "this cohort run is not complete"
            remedy = "Run the same nen-kb cohort command again; it goes on where it stopped."
            raise UsageError(Problem(str(folder), "", message, remedy, "unfinished-run"))
        return cls(folder, manifest, ontology)

    @cached_property
    def ontology(self) -> Ontology:
        """The ontology its classes are names of."""
        return self.given if self.given is not None else Ontology.load(None)

    @cached_property
    def parts(self) -> tuple[Part, ...]:
        """Its parts, in their order."""
        folders = sorted(each for each in (self.path / "parts").glob("[0-9]*") if each.name.isdigit())
        found = tuple(map(Part.read, folders))
        if self.manifest["state"] == "complete":
            following = 0
            for place, part in enumerate(found):
                if (part.number, part.first) != (place, following):
                    raise _unusable(part.path, "this part does not follow the one before it")
                following += part.patients
            if following != self.manifest["patients"]:
                message = f"its parts hold {following} patients, and the run had {self.manifest['patients']}"
                raise _unusable(self.path / "parts", message)
        return found

    @property
    def patients(self) -> int:
        """How many patients it holds."""
        return sum(part.patients for part in self.parts)

    @cached_property
    def has_documents(self) -> bool:
        """Whether its patients can be explained; bare facts of another hand hold no records."""
        return bool(self.manifest.get("documents", True))

    def number_of(self, patient: str) -> int:
        """The number of the patient of that id; raises UsageError if there is none."""
        for part in self.parts:
            people = part.people(["number", "patient"])
            place = compute.index(people["patient"], patient).as_py()
            if place >= 0:
                return int(people["number"][place].as_py())
        message, remedy = (
            "this run holds no patient of that id",
            "The verdicts of the run list the ids of its patients.",
        )
        raise UsageError(Problem(str(self.path), "", message, remedy, "unknown-patient"))

    def part_of(self, number: int) -> Part:
        """The part that holds the patient of that number; raises UsageError if there is none."""
        for part in self.parts:
            if part.first <= number < part.first + part.patients:
                return part
        message = f"this run holds no patient of number {number}"
        raise UsageError(
            Problem(str(self.path), "", message, f"Its patients are 0 to {self.patients - 1}.", "unknown-patient")
        )

    def patient(self, patient: str) -> Patient:
        """The patient of that id, from the stored document, as her source was read, with its notes.

        Raises UsageError for an unknown id, PatientError if the document cannot be used.
        """
        return self.numbered(self.number_of(patient))

    def numbered(self, number: int) -> Patient:
        """The patient of that number; raises likewise."""
        part = self.part_of(number)
        row = part.row(number)
        place = f"patient {number}"
        if not row["document"]:
            message = "this run was made from bare facts, so the records behind them are not known"
            remedy = "Give the source itself to nen-kb cohort; then every patient can be explained."
            raise UsageError(Problem(str(self.path), place, message, remedy, "no-documents"))
        found, problems = from_json(
            json.loads(row["document"]), self.ontology, str(part.path), place, most=MOST_RECORDS
        )
        if found is None:
            raise PatientError(problems)
        return replace(found, notes=part.notes_of(number))

    def file_of(self, number: int) -> str:
        """The file the patient of that number was read from."""
        return str(self.part_of(number).row(number)["file"])


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a run, or None if the folder holds none.  Raises UsageError for a format that is not known."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or found.get("format") != FORMAT or not _is_manifest(found):
        message = "its manifest is not one this version can read"
        remedy = "Make the run anew with --restart, or in another folder."
        raise UsageError(Problem(str(folder / MANIFEST), "", message, remedy, "unknown-format"))
    return found


def _is_manifest(found: Mapping[str, Any]) -> bool:
    kinds = {"state": str, "knowledge_base": dict, "source": dict, "trials": list, "patients": int, "problems": int}
    return all(isinstance(found.get(name), kind) for name, kind in kinds.items())


def base_predicates(program: Program) -> dict[str, Predicate]:
    """The predicates that are filled from the facts of patients."""
    return {name: each for name, each in program.predicates.items() if each.role == "base"}


def engine_facts(
    facts: Mapping[str, pa.Table],
    classes: Mapping[str, Collection[str]],
    kb: Knowledge,
    *,
    program: Program | None = None,
    names: Names | None = None,
) -> tuple[Facts, Names]:
    """Stored facts as an engine reads them, codes for names, with the hierarchy and the protocols.

    ``program`` stands in for the knowledge base's (a changed threshold); ``names`` are codes to go on with, by
    default those of ``names_of(program)``, which every compiled form of the program shares.
    """
    program = kb.program if program is None else program
    names = Names((names_of(program) if names is None else names).all())
    made: dict[str, pa.Table] = {}
    for name, predicate in base_predicates(program).items():
        if name in facts:
            made[name] = coded(facts[name], predicate, names)
    given = {**hierarchy_rows(kb.ontology, program.asked, *(frozenset(classes[each]) for each in CLASSES))}
    others = tables_of({**given, **protocol_rows(program)}, program, names)
    return {**others, **made}, names


def coded(table: pa.Table, predicate: Predicate, names: Names) -> pa.Table:
    """One table of facts with codes in place of names."""
    if not predicate.columns:
        return table.select([HOLDS])
    columns = zip(column_names(predicate), predicate.columns, strict=True)
    return pa.table({name: _codes(table[name], column, names) for name, column in columns})


def _codes(values: pa.ChunkedArray, column: Column, names: Names) -> pa.Array:
    wanted = ARROW[column.kind]
    if column.kind is not Kind.NAME or column.word in NUMBERED:
        return values if values.type == wanted else values.cast(wanted)
    if not pa.types.is_dictionary(values.type):
        values = values.dictionary_encode()
    chunks = []
    for chunk in values.chunks:
        codes = np.array([names.code(each) for each in chunk.dictionary.to_pylist()], dtype=np.int32)
        found = chunk.indices.to_numpy(zero_copy_only=False)
        chunks.append(pa.array(codes[found] if len(codes) else found.astype(np.int32), wanted))
    return pa.chunked_array(chunks, wanted)
