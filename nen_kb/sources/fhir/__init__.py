"""FHIR R4 in JSON read into patients: single resources, bundles of every type, bulk exports.

What is read and what is not stands in the notes of each patient.  One broken file never stops the
others.  A FHIR source declares no domain complete: what it does not hold is not known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nen_kb.errors import Problem
from nen_kb.facts.records import Note, Patient
from nen_kb.sources.fhir.bundles import is_resource, unpack
from nen_kb.sources.fhir.codes import Lexicon, OntologyLike
from nen_kb.sources.fhir.json_text import parse_json, read_bytes
from nen_kb.sources.fhir.notes import NoteBook
from nen_kb.sources.fhir.patients import make_patients


@dataclass(frozen=True)
class FhirResult:
    """What a source held."""

    patients: tuple[Patient, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Note, ...] = ()
    """What was noted of a source that holds no patient; otherwise each patient has the notes, unless kept apart."""


@dataclass(frozen=True)
class Document:
    """One parsed JSON value and where it stands: a file, or a line of one."""

    value: dict[str, Any]
    file: str
    path: str = "$"
    notes: tuple[Note, ...] = ()


def looks_like_fhir(data: Any) -> bool:
    """Whether a JSON value is a FHIR resource."""
    return is_resource(data)


def read_fhir(path: Path, ontology: OntologyLike, *, as_of: int) -> FhirResult:
    """Read one JSON file: a resource or a bundle.  ``as_of`` is the index date, an ordinal."""
    content = read_bytes(path)
    if isinstance(content, Problem):
        return FhirResult((), (content,))
    parsed = parse_json(content, str(path))
    if parsed.problem:
        return FhirResult((), (parsed.problem,))
    if not is_resource(parsed.value):
        return FhirResult(
            (),
            (
                Problem(
                    str(path),
                    "$",
                    "this JSON is no FHIR resource: it has no resourceType",
                    "Give a FHIR resource, a bundle or a case file.",
                    "not-fhir",
                ),
            ),
        )
    return read_documents([Document(parsed.value, str(path), "$", parsed.notes)], Lexicon(ontology), as_of=as_of)


def read_documents(
    documents: Iterable[Document], lexicon: Lexicon, *, as_of: int, together: str = "", apart: bool = False
) -> FhirResult:
    """Read resources that belong together; ``together`` names the folder of several files.

    What is noted of the source as a whole stands with every patient, or, if ``apart``, once in the result.
    """
    notes = NoteBook()
    entries = []
    file = together
    for document in documents:
        file = file or document.file
        notes.extend(document.notes)
        scope = f"folder:{together}" if together else document.file
        entries.extend(unpack(document.value, document.file, notes, path=document.path, scope=scope))
    patients = make_patients(entries, lexicon, notes, as_of, apart=apart)
    if patients:
        return FhirResult(tuple(patients), (), notes.notes() if apart else ())
    problem = Problem(
        file,
        "",
        "it holds no patient: no Patient resource, and no resource that names its subject",
        "Export the Patient resource together with the rest.",
        "no-patient",
    )
    return FhirResult((), (problem,), notes.notes())


__all__ = ["Document", "FhirResult", "looks_like_fhir", "read_documents", "read_fhir"]
