"""A source cut into batches: each can be read by itself, in any process, and is the same whoever reads it.

How a source is cut depends on the source and on the greatest size of a part alone, so that the parts of a run do not
depend on how many processes made them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from nen_kb.errors import PatientError, Problem
from nen_kb.facts.records import Note, Patient
from nen_kb.ontology import Ontology
from nen_kb.sources.case_file import case_from_json
from nen_kb.sources.fhir import Document, read_documents
from nen_kb.sources.fhir.codes import Lexicon
from nen_kb.sources.fhir.spill import bucket_lines, document
from nen_kb.sources.reading_all import read_alone

Found = tuple[str, Patient] | Problem | Note
"""A patient with the file she was read from, or what is to be told of the source."""


@dataclass(frozen=True)
class Reading:
    """What every batch is read with."""

    ontology: Ontology
    lexicon: Lexicon
    as_of: int | None
    """The day to judge on, if one was asked for."""
    today: int
    """The day the run began; stands in for a missing index date."""

    @property
    def day(self) -> int:
        """The index day of sources that name none."""
        return self.today if self.as_of is None else self.as_of


class Batch(Protocol):
    """Some of the patients of a source."""

    def read(self, reading: Reading) -> Iterator[Found]:
        """Its patients in their order, and everything that was not understood."""
        ...


@dataclass(frozen=True)
class Files:
    """Files that each stand on their own: case files, bundles, RDF."""

    paths: tuple[Path, ...]
    asked: bool = False
    """Whether it was named itself, and not found in a folder."""

    def read(self, reading: Reading) -> Iterator[Found]:
        for path in self.paths:
            found = read_alone(
                path, reading.ontology, reading.lexicon, as_of=reading.as_of, today=reading.today, asked=self.asked
            )
            yield from zip(found.files, found.patients, strict=True)
            yield from found.problems
            yield from found.notes


@dataclass(frozen=True)
class Lines:
    """Part of a file with one case document a line."""

    path: Path
    start: int
    """Where in the file it begins, in bytes."""
    end: int
    first: int
    """The number of its first line, from 1."""

    def read(self, reading: Reading) -> Iterator[Found]:
        others = 0
        with self.path.open("rb") as file:
            file.seek(self.start)
            number = self.first - 1
            while file.tell() < self.end:
                line = file.readline()
                number += 1
                raw = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
                if b'"case"' in raw:
                    yield from _case(raw, f"{self.path}:{number}", reading)
                elif raw.strip():
                    others += 1
                    if isinstance(found := document(raw.strip(), self.path, number), Problem):
                        others -= 1
                        yield found
        if others:
            yield Note(str(self.path), f"{others} lines that are no case file; not read", "not-read")


def _case(raw: bytes, file: str, reading: Reading) -> Iterator[Found]:
    try:
        text = raw.decode("utf-8")
        yield file, case_from_json(text, file, reading.ontology, as_of=reading.as_of, today=reading.today)
    except UnicodeDecodeError:
        yield Problem(file, "", "the text is not valid UTF-8", "Save it as UTF-8.", "not-utf8")
    except PatientError as error:
        yield from error.problems


@dataclass(frozen=True)
class Buckets:
    """Some buckets of a bulk export that was sorted by patient; without a spill, files read as they are."""

    folder: Path
    files: tuple[Path, ...]
    spills: tuple[Path, ...]
    routed: Path
    buckets: tuple[int, ...]

    def read(self, reading: Reading) -> Iterator[Found]:
        for bucket in self.buckets:
            yield from self._bucket(bucket, reading)

    def _bucket(self, bucket: int, reading: Reading) -> Iterator[Found]:
        documents: list[Document] = []
        for place, number, raw in bucket_lines(list(self.spills), self.routed, bucket):
            found = document(raw, self.files[place], number)
            if isinstance(found, Problem):
                yield found
            elif isinstance(found, Document):
                documents.append(found)
            else:
                yield from _case(raw, f"{self.files[place]}:{number}", reading)
        result = read_documents(documents, reading.lexicon, as_of=reading.day, together=str(self.folder), apart=True)
        for patient in result.patients:
            yield str(self.files[0]), patient
        yield from result.notes


@dataclass(frozen=True)
class Rows:
    """Persons of an OMOP CDM."""

    cdm: Any
    batch: Any

    def read(self, reading: Reading) -> Iterator[Found]:
        found = self.cdm.read(self.batch, reading.day, reading.ontology)
        name = str(self.cdm.shown)
        for patient in found.patients:
            yield name, patient
        yield from found.problems
        yield from found.notes


@dataclass(frozen=True)
class Pool:
    """Files of one folder that belong together, to be sorted by patient before they can be cut into batches."""

    folder: Path
    files: tuple[Path, ...]
    bytes: int


@dataclass
class Plan:
    """How a source is read."""

    kind: str
    """``files``, ``omop`` or ``facts``."""
    description: dict[str, Any]
    """What the manifest says of the source; a source that has changed has another one."""
    documents: bool = True
    """Whether the records of its patients are known; of bare facts they are not."""
    batches: list[Batch] = field(default_factory=list)
    pools: list[Pool] = field(default_factory=list)
    """Their batches come after the others."""
    notes: list[Note] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
