"""Whose record is it: references are resolved and every resource is given to one patient, or noted.

A subject that is named is believed, also if its Patient resource is missing.  A resource without
a subject belongs to the patient of the report, panel or file it stands in only where that is sure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from nen_kb.sources.fhir.bundles import Entry, Resource
from nen_kb.sources.fhir.notes import NO_PATIENT, NoteBook


def _types(text: str) -> frozenset[str]:
    return frozenset(text.split())


NOT_OF_ONE_PATIENT = _types(
    "Organization Practitioner PractitionerRole Location Device DeviceDefinition Medication Substance "
    "HealthcareService Endpoint Group Parameters ValueSet CodeSystem ConceptMap StructureDefinition Library "
    "PlanDefinition Measure Questionnaire MessageHeader Binary Provenance AuditEvent Composition "
    "OperationOutcome Subscription"
)
_CLINICAL = _types(
    "Condition Observation Procedure MedicationRequest MedicationStatement MedicationAdministration "
    "AllergyIntolerance ImagingStudy"
)
_SAFE_ID = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(eq=False)
class Person:
    """One patient of the source, with what was recorded of her."""

    key: str
    id: str
    resource: Resource | None
    path: str
    file: str
    entries: list[Entry] = field(default_factory=list)


class References:
    """Finds the entry that a reference means."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._by_url: dict[str, list[Entry]] = {}
        self._by_type_id: dict[str, list[Entry]] = {}
        self._by_id: dict[str, list[Entry]] = {}
        self._contained: dict[tuple[int, str], Entry] = {}
        self._identifiers: dict[tuple[str, str], list[Entry]] = {}
        for entry in entries:
            if entry.container is not None:
                self._contained[id(entry.container.resource), entry.id.lstrip("#")] = entry
                continue
            if entry.full_url:
                self._by_url.setdefault(entry.full_url, []).append(entry)
            if entry.id:
                self._by_type_id.setdefault(f"{entry.kind}/{entry.id}", []).append(entry)
                self._by_id.setdefault(entry.id, []).append(entry)
            if entry.kind == "Patient":
                for identifier in _dicts(entry.resource.get("identifier")):
                    system, value = identifier.get("system"), identifier.get("value")
                    if isinstance(system, str) and isinstance(value, str):
                        self._identifiers.setdefault((system, value), []).append(entry)

    def find(self, reference: Any, source: Entry) -> Entry | None:
        """The entry a Reference element means, seen from ``source``; None if it is not in the source."""
        if not isinstance(reference, dict):
            return None
        text = reference.get("reference")
        if not isinstance(text, str) or not text.strip():
            return self._by_identifier(reference.get("identifier"))
        text = text.strip().partition("/_history/")[0]
        if text.startswith("#"):
            return self._contained.get((id((source.container or source).resource), text[1:]))
        if "?" in text:
            return self._by_query(text)
        found = self._only(self._by_url, text)
        if found:
            return found
        if text.startswith("urn:"):
            return self._only(self._by_id, text.rpartition(":")[2])
        relative = "/".join(text.rsplit("/", 2)[-2:])
        if "://" not in text:
            base = (source.container or source).full_url
            if base.count("/") > 2 and (
                found := self._only(self._by_url, "/".join([*base.rsplit("/", 2)[:-2], relative]))
            ):
                return found
            return self._only(self._by_type_id, relative)
        candidates = [entry for entry in self._by_type_id.get(relative, []) if not entry.full_url.startswith("http")]
        return candidates[0] if len(candidates) == 1 else None

    def _by_identifier(self, identifier: Any) -> Entry | None:
        if not isinstance(identifier, dict):
            return None
        found = self._identifiers.get((str(identifier.get("system")), str(identifier.get("value"))), [])
        return found[0] if len(found) == 1 else None

    def _by_query(self, text: str) -> Entry | None:
        kind, _, query = text.partition("?")
        system, bar, value = query.removeprefix("identifier=").partition("|")
        if kind != "Patient" or not query.startswith("identifier=") or not bar:
            return None
        return self._by_identifier({"system": system, "value": value})

    @staticmethod
    def _only(index: dict[str, list[Entry]], key: str) -> Entry | None:
        found = index.get(key, [])
        return found[0] if len(found) == 1 else None


def assign(entries: list[Entry], references: References, notes: NoteBook) -> list[Person]:
    """The patients of the source, each with its entries; the rest is noted.

    Entries are given in their order.  ``notes`` gets what belongs to nobody.
    """
    people: dict[str, Person] = {}
    named: set[int] = set()
    _patients(entries, references, people, named, notes)
    homeless: list[Entry] = []
    placed: dict[int, Person] = {}
    for entry in entries:
        if id(entry) in named:
            continue
        if entry.container is not None and not (
            entry.kind == "Observation" and entry.container.kind == "DiagnosticReport"
        ):
            if entry.kind in _CLINICAL:
                notes.add("not-read", f"{entry.kind} contained in another resource: not read on its own", entry.path)
            continue
        person = _owner(entry, references, people)
        if person:
            placed[id(entry)] = person
        elif _subject(entry) is None and entry.kind not in NOT_OF_ONE_PATIENT:
            homeless.append(entry)
        elif entry.kind in NOT_OF_ONE_PATIENT:
            notes.add("not-read", f"{entry.kind}: not read, it says nothing of one patient", entry.path)
        else:
            notes.add(
                NO_PATIENT,
                f"{entry.kind}: its subject cannot be found in the file; it is not used",
                entry.path,
            )
    _adopt(homeless, entries, references, placed, people, notes)
    for entry in entries:
        if id(entry) in placed:
            placed[id(entry)].entries.append(entry)
    return list(people.values())


def _patients(
    entries: list[Entry], references: References, people: dict[str, Person], named: set[int], notes: NoteBook
) -> None:
    for entry in entries:
        if entry.kind != "Patient":
            continue
        named.add(id(entry))
        if entry.container is not None and references.find(_subject(entry.container), entry.container) is not entry:
            continue
        key = _key(entry)
        if key not in people:
            people[key] = Person(key, _name(entry), entry.resource, entry.path, entry.file)
            continue
        held = people[key].resource or {}
        notes.add(
            "same-resource",
            "a second Patient resource with the same id; where they differ, nothing is known",
            entry.path,
        )
        people[key].resource = {name: value for name, value in held.items() if entry.resource.get(name) == value}


def _owner(entry: Entry, references: References, people: dict[str, Person]) -> Person | None:
    subject = _subject(entry)
    if subject is None:
        return None
    found = references.find(subject, entry)
    if found is not None:
        return people.get(_key(found)) if found.kind == "Patient" else None
    text = subject.get("reference")
    if not isinstance(text, str):
        return None
    text = text.strip().partition("/_history/")[0]
    kind, _, name = text.rpartition("/")
    is_patient = (
        kind == "Patient"
        or kind.endswith("/Patient")
        or (text.startswith("urn:uuid:") and subject.get("type") in (None, "Patient"))
    )
    if not is_patient or "?" in text or not name or text.startswith("#"):
        return None
    key = f"{entry.scope}>{text}"
    if key not in people:
        people[key] = Person(key, _safe(name.rpartition(":")[2]), None, entry.path, entry.file)
    return people[key]


def _adopt(
    homeless: list[Entry],
    entries: list[Entry],
    references: References,
    placed: dict[int, Person],
    people: dict[str, Person],
    notes: NoteBook,
) -> None:
    """Resources without a subject: of their report or panel, else of the one patient of the file."""
    alone = {id(entry): entry for entry in homeless}
    for _ in range(5):
        for parent, child in memberships(entries, references):
            if id(child) in alone and id(parent) in placed:
                placed[id(child)] = placed[id(parent)]
                notes.add(
                    "no-subject",
                    f"{child.kind}: it names no subject; it belongs to the report or panel that lists it",
                    child.path,
                )
                del alone[id(child)]
            elif id(parent) in alone and id(child) in placed and parent.kind == "Observation":
                placed[id(parent)] = placed[id(child)]
                del alone[id(parent)]
    everyone = list(people.values())
    for entry in alone.values():
        scope_is_file = not entry.scope.startswith("folder:")
        if scope_is_file and len(everyone) == 1 and everyone[0].resource is not None:
            placed[id(entry)] = everyone[0]
            notes.add(
                "no-subject",
                f"{entry.kind}: it names no subject; the file holds one patient only, so it is hers or his",
                entry.path,
            )
        else:
            notes.add(
                NO_PATIENT,
                f"{entry.kind}: it names no subject and could be of anyone; it is not used",
                entry.path,
            )


def memberships(entries: Iterable[Entry], references: References) -> Iterator[tuple[Entry, Entry]]:
    """Pairs of a report or panel and a result it lists."""
    for entry in entries:
        if entry.kind not in ("DiagnosticReport", "Observation"):
            continue
        for reference in _dicts(entry.resource.get("result" if entry.kind == "DiagnosticReport" else "hasMember")):
            child = references.find(reference, entry)
            if child is not None and child.kind == "Observation":
                yield entry, child


def _subject(entry: Entry) -> dict[str, Any] | None:
    for name in ("subject", "patient"):
        value = entry.resource.get(name)
        if isinstance(value, dict):
            return value
    return None


def _key(entry: Entry) -> str:
    inner = f"#{entry.path}" if entry.container is not None or not (entry.full_url or entry.id) else ""
    return f"{entry.scope}>{entry.full_url or 'Patient/' + entry.id}{inner}"


def _name(entry: Entry) -> str:
    return _safe(entry.id.lstrip("#") or entry.full_url.rpartition("/")[2].rpartition(":")[2])


def _safe(name: str) -> str:
    return _SAFE_ID.sub("-", name).strip("-.")[:100] or "patient"


def _dicts(value: Any) -> list[dict[str, Any]]:
    return (
        [item for item in value if isinstance(item, dict)]
        if isinstance(value, list)
        else [value]
        if isinstance(value, dict)
        else []
    )
