"""From the entries of a source to patients.

Conditions are read before the rest: what an observation means may depend on which tumours there are.
A FHIR source never declares any domain complete.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from nen_kb.facts.records import Note, Patient, Sex
from nen_kb.sources.fhir import conditions, imaging, treatments
from nen_kb.sources.fhir.bundles import Entry
from nen_kb.sources.fhir.chart import Chart
from nen_kb.sources.fhir.codes import Lexicon
from nen_kb.sources.fhir.notes import NO_PATIENT, NoteBook
from nen_kb.sources.fhir.observations import observation
from nen_kb.sources.fhir.subjects import Person, References, assign, memberships
from nen_kb.sources.fhir.times import days

_SEX = {"female": Sex.FEMALE, "male": Sex.MALE}

_READERS: dict[str, Callable[[Chart, Entry], None]] = {
    "Condition": conditions.condition,
    "AllergyIntolerance": conditions.allergy,
    "Procedure": treatments.procedure,
    "MedicationRequest": treatments.medication,
    "MedicationStatement": treatments.medication,
    "MedicationAdministration": treatments.medication,
    "MedicationDispense": treatments.medication,
    "ImagingStudy": imaging.study,
    "Observation": observation,
}
_FIRST = ("Condition", "AllergyIntolerance")


def make_patients(
    entries: Sequence[Entry], lexicon: Lexicon, notes: NoteBook, as_of: int, *, apart: bool = False
) -> list[Patient]:
    """All patients of the entries, with what was noted of each; ``notes`` of the source go to all, if not ``apart``."""
    everything = list(entries)
    references = References(everything)
    people = assign(everything, references, notes)
    parents: dict[int, list[Entry]] = {}
    for parent, child in memberships(everything, references):
        parents.setdefault(id(child), []).append(parent)
    shared = () if apart else notes.notes()
    return [_patient(person, lexicon, references, parents, shared, as_of) for person in people]


def _patient(
    person: Person,
    lexicon: Lexicon,
    references: References,
    parents: dict[int, list[Entry]],
    shared: tuple[Note, ...],
    as_of: int,
) -> Patient:
    chart = Chart(lexicon, references, as_of, NoteBook(), parents=parents)
    _person(chart, person)
    for entry in sorted(person.entries, key=lambda e: e.kind not in _FIRST):
        reader = _READERS.get(entry.kind)
        if reader is not None:
            reader(chart, entry)
        elif entry.kind == "FamilyMemberHistory":
            chart.notes.add(
                "family-history",
                "FamilyMemberHistory: of the family, not of the patient; not read",
                entry.path,
            )
        elif entry.kind != "DiagnosticReport" or not imaging.report(chart, entry):
            what = (
                "only the results it lists are read"
                if entry.kind == "DiagnosticReport"
                else "resources of this type are not read"
            )
            chart.notes.add("not-read", f"{entry.kind}: {what}", entry.path)
    conditions.settle_abatements(chart)
    scans = imaging.settle_scans(chart)
    return Patient(
        id=person.id,
        index_date=as_of,
        sex=chart.sex,
        born=chart.born,
        findings=tuple(chart.findings),
        measurements=tuple(chart.measurements),
        treatments=tuple(chart.treatments),
        imaging=tuple(scans),
        notes=(*shared, *chart.notes.notes()),
    )


def _person(chart: Chart, person: Person) -> None:
    resource, path = person.resource, person.path
    if resource is None:
        chart.notes.add(NO_PATIENT, "Patient: the resource is not in the file; sex and birth date are unknown", path)
        return
    gender = resource.get("gender")
    chart.sex = _SEX.get(gender.lower()) if isinstance(gender, str) else None
    if chart.sex is None:
        chart.notes.add("no-value", "Patient: no gender of female or male; the sex is unknown", path)
    born = days(resource.get("birthDate"))
    if born is None:
        what = "no birth date" if resource.get("birthDate") is None else "a birth date that cannot be read"
        chart.notes.add("no-value", f"Patient: {what}; the age is unknown", path)
    elif born.first > chart.as_of:
        chart.notes.add("contradiction", "Patient: born after the index date; the age is unknown", path)
    else:
        chart.born = replace(born, last=min(born.last, chart.as_of))
    if resource.get("deceasedBoolean") is True or isinstance(resource.get("deceasedDateTime"), str):
        chart.notes.add("deceased", "Patient: recorded as deceased; the clauses are judged all the same", path)
    if resource.get("active") is False:
        chart.notes.add("inactive", "Patient: the record is marked as no longer in use", path)
    if resource.get("link"):
        chart.notes.add("linked", "Patient: linked to another record, which is not read into this one", path)
    if resource.get("modifierExtension"):
        chart.notes.add("modified", "Patient: an extension that may change its meaning is not understood", path)
