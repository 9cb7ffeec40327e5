"""Reads files and folders of any kind this package knows: case files, FHIR resources, bundles, bulk exports, RDF.

Single FHIR resources and NDJSON files of one folder belong together and find each other by their
references; a bundle or case file stands on its own.  Nothing is ignored in silence: what a folder
holds besides is listed, and one broken file never stops the others.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from nen_kb.errors import PatientError, Problem
from nen_kb.facts.records import Note, Patient
from nen_kb.ontology import Ontology
from nen_kb.sources.case_file import case_from_json, read_cases
from nen_kb.sources.fhir import Document, looks_like_fhir, read_documents
from nen_kb.sources.fhir.codes import Lexicon
from nen_kb.sources.fhir.json_text import JsonText, parse_json, read_bytes

_YAML = frozenset({".yaml", ".yml"})
_RDF = frozenset({".ttl", ".rdf", ".owl"})
_PATIENT = b"nen-kb/patient#"
"""Part of the namespace in which patients are written as RDF; a file without it holds none."""
_CASE = re.compile(rb"^(?:\xef\xbb\xbf)?[ \t]*[\"']?case[\"']?[ \t]*:", re.MULTILINE)
_REMEDY = (
    "Give a case file (YAML or JSON), a FHIR resource or bundle (JSON), a bulk export (NDJSON), "
    "patients as RDF (Turtle or RDF/XML) or a folder of them."
)


@dataclass(frozen=True)
class Sources:
    """Every patient of the files given, and what could not be read."""

    patients: tuple[Patient, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Note, ...] = ()
    """What was not read because it is something else; notes of a patient stand with the patient."""
    files: tuple[str, ...] = ()
    """For each patient the file, or the first of the files, she was read from."""


@dataclass
class _Reader:
    """The state of one run."""

    ontology: Ontology
    as_of: int | None
    lexicon: Lexicon
    patients: list[tuple[str, Patient]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    pools: dict[Path, list[Document]] = field(default_factory=dict)
    pooled: dict[Path, list[str]] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    """Files that were named themselves."""
    today: int | None = None
    """The day that stands in for a missing index date; the day it really is by default."""

    @property
    def index_date(self) -> int:
        return self.as_of or self.today or date.today().toordinal()

    def note(self, path: Path | str, message: str, kind: str = "not-read") -> None:
        self.notes.append(Note(str(path), message, kind))

    def file(self, path: Path, *, asked: bool) -> None:
        """Read one file; ``asked`` if it was named itself and not found in a folder."""
        ending = path.suffix.lower()
        if asked:
            self.asked.add(str(path))
        if ending in _YAML:
            self._yaml(path, asked=asked)
        elif ending == ".ndjson" or ending == ".jsonl":
            self._lines(path)
        elif ending == ".json":
            self._json(path, asked=asked)
        elif ending in _RDF:
            self._rdf(path, asked=asked)
        elif asked:
            self.problems.append(Problem(str(path), "", "files of this kind are not read", _REMEDY, "unknown-file"))
        else:
            self.note(path, "a file of another kind; not read")

    def folder(self, path: Path) -> None:
        """Read every file of a folder and its subfolders; one that cannot be opened never stops the rest."""
        if not self._inside(path):
            self.problems.append(Problem(str(path), "", "the folder holds no file", _REMEDY, "empty-folder"))

    def _inside(self, folder: Path) -> bool:
        """Whether there was a file, or something that could not be opened; links to folders are not followed."""
        found = False
        try:
            for path in sorted(folder.iterdir()):
                if not path.is_dir():
                    found = True
                    self.file(path, asked=False)
                elif not path.is_symlink():
                    found |= self._inside(path)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            message = f"the folder cannot be read: {reason}"
            self.problems.append(Problem(str(folder), "", message, "Check its rights.", "unreadable"))
            return True
        return found

    def _case(self, path: Path) -> None:
        try:
            patients, problems = read_cases(path, self.ontology, as_of=self.as_of, today=self.today)
        except PatientError as error:
            patients, problems = [], list(error.problems)
        self.patients.extend((str(path), patient) for patient in patients)
        self.problems.extend(problems)

    def _yaml(self, path: Path, *, asked: bool) -> None:
        content = b"" if asked else read_bytes(path)
        if isinstance(content, Problem):
            self.problems.append(content)
        elif asked or _CASE.search(content):
            self._case(path)
        else:
            self.note(path, "YAML without 'case:', so no case file; not read")

    def _rdf(self, path: Path, *, asked: bool) -> None:
        content = b"" if asked else read_bytes(path)
        if isinstance(content, Problem):
            self.problems.append(content)
        elif asked or _PATIENT in content:
            from nen_kb.sources.rdf import read_rdf  # only where there is RDF; rdflib costs time at start

            result = read_rdf(path, self.ontology, as_of=self.as_of)
            if not asked and [problem.code for problem in result.problems] == ["no-patient"]:
                self.note(path, "RDF without a patient; not read")
                return
            self.patients.extend((str(path), patient) for patient in result.patients)
            self.problems.extend(result.problems)
            self.notes.extend(result.notes)
        else:
            self.note(path, "RDF that speaks of no patient; not read")

    def _json(self, path: Path, *, asked: bool) -> None:
        content = read_bytes(path)
        if isinstance(content, Problem):
            self.problems.append(content)
            return
        parsed = parse_json(content, str(path))
        if parsed.problem:
            self.problems.append(parsed.problem)
        elif looks_like_fhir(parsed.value):
            self._fhir(path, parsed)
        elif isinstance(parsed.value, dict) and "case" in parsed.value:
            self._case(path)
        elif asked:
            message = "this JSON is neither a FHIR resource (no resourceType) nor a case file (no case)"
            self.problems.append(Problem(str(path), "$", message, _REMEDY, "unknown-file"))
        else:
            self.note(path, "JSON that is neither a FHIR resource nor a case file; not read")

    def _fhir(self, path: Path, parsed: JsonText) -> None:
        document = Document(parsed.value, str(path), "$", parsed.notes)
        if parsed.value["resourceType"] != "Bundle":
            self._pool(path, [document])
            return
        result = read_documents([document], self.lexicon, as_of=self.index_date)
        self._take(result.patients, result.problems, result.notes, str(path))

    def _lines(self, path: Path) -> None:
        content = read_bytes(path)
        if isinstance(content, Problem):
            self.problems.append(content)
            return
        found: list[Document] = []
        others = 0
        for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
            if not line.strip():
                continue
            place = f"line {number}"
            parsed = parse_json(line, str(path), place=place, root=place)
            if parsed.problem:
                self.problems.append(parsed.problem)
            elif looks_like_fhir(parsed.value):
                found.append(Document(parsed.value, str(path), place, parsed.notes))
            elif isinstance(parsed.value, dict) and "case" in parsed.value:
                self._case_line(line.decode("utf-8-sig"), f"{path}:{number}")
            else:
                others += 1
        if others:
            self.note(path, f"{others} lines that are neither a FHIR resource nor a case file; not read")
        self._pool(path, found)

    def _case_line(self, line: str, file: str) -> None:
        try:
            patient = case_from_json(line, file, self.ontology, as_of=self.as_of, today=self.today)
            self.patients.append((file, patient))
        except PatientError as error:
            self.problems.extend(error.problems)

    def _pool(self, path: Path, documents: Iterable[Document]) -> None:
        self.pools.setdefault(path.parent, []).extend(documents)
        self.pooled.setdefault(path.parent, []).append(str(path))

    def settle(self) -> None:
        """Read together what belongs together."""
        for folder, documents in self.pools.items():
            files = self.pooled[folder]
            if not documents:
                continue
            alone = len(files) == 1 and documents[0].path == "$"
            result = read_documents(
                documents, self.lexicon, as_of=self.index_date, together="" if alone else str(folder)
            )
            problems = result.problems
            if problems and self.patients and not self.asked.intersection(files):
                self.note(folder, "FHIR resources that name no patient; not used")
                problems = ()
            self._take(result.patients, problems, result.notes, files[0])

    def _take(self, patients: Iterable[Patient], problems: Iterable[Problem], notes: Iterable[Note], file: str) -> None:
        self.patients.extend((file, patient) for patient in patients)
        self.problems.extend(problems)
        self.notes.extend(replace(note, path=f"{file}: {note.path}") for note in notes)

    def result(self) -> Sources:
        """Patients with distinct ids, in the order of the files."""
        count = Counter(patient.id for _, patient in self.patients)
        taken = set(count)
        made: list[Patient] = []
        seen: set[str] = set()
        for file, patient in self.patients:
            if count[patient.id] > 1:
                made.append(self._renamed(file, patient, taken, first=patient.id not in seen))
                seen.add(patient.id)
            else:
                made.append(patient)
        return Sources(tuple(made), tuple(self.problems), tuple(self.notes), tuple(file for file, _ in self.patients))

    def _renamed(self, file: str, patient: Patient, taken: set[str], *, first: bool) -> Patient:
        name, number = patient.id, 1
        while not first and name in taken:
            number += 1
            name = f"{patient.id}.{number}"
        taken.add(name)
        message = f"another file holds a patient of the same id {patient.id}; each is judged by its own file"
        return replace(patient, id=name, notes=(Note(file, message, "same-id"), *patient.notes))


def read_alone(
    path: Path, ontology: Ontology, lexicon: Lexicon, *, as_of: int | None, today: int, asked: bool
) -> Sources:
    """Read one file that stands on its own, patients under the ids it gives them.

    ``asked`` if it was named itself and not found in a folder; ``today`` stands in for a missing index date.
    """
    reader = _Reader(ontology, as_of, lexicon, today=today)
    try:
        reader.file(path, asked=asked)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        reader.problems.append(Problem(str(path), "", f"it cannot be read: {reason}", "Check its name.", "unreadable"))
    reader.settle()
    files = tuple(file for file, _ in reader.patients)
    patients = tuple(patient for _, patient in reader.patients)
    return Sources(patients, tuple(reader.problems), tuple(reader.notes), files)


def read_sources(paths: Sequence[Path], ontology: Ontology, *, as_of: int | None = None) -> Sources:
    """Read files and folders, subfolders included.

    ``as_of`` is the day to judge on, an ordinal; without it a case file's own index date counts, and
    today for FHIR.  Two patients of one id from different files stay two: the later is renamed.
    """
    reader = _Reader(ontology, as_of, Lexicon(ontology))
    for path in dict.fromkeys(Path(path) for path in paths):
        try:
            if path.is_dir():
                reader.folder(path)
            else:
                reader.file(path, asked=True)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            reader.problems.append(
                Problem(str(path), "", f"it cannot be read: {reason}", "Check its name.", "unreadable")
            )
    reader.settle()
    return reader.result()
