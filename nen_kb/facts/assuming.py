"""What it means to assume a record: it stands in the place of what is recorded on the same.

An assumed record takes the place of every record of exactly its class (the same observable, finding,
treatment or procedure, the same domain of a declaration) that is neither certainly earlier nor certainly
later.  Records of narrower and wider classes, and certainly earlier or later ones, stay; where they
contradict the assumption, sources disagree.  Assumptions never take each other's place.

*Earlier* compares days.  A record is certainly earlier if its last possible day lies before the first
possible day of the assumed one; of an assumed course of treatment without a start, before its end.  That a
treatment was never given is said of all time: it takes the place of every course begun by then.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, Days
from nen_kb.facts.normalise import Record
from nen_kb.facts.records import Declaration, Finding, Imaging, Measurement, Origin, Patient, Presence, Treatment

_Record = TypeVar("_Record", Finding, Measurement, Treatment, Imaging, Declaration)


def assume(patient: Patient, found: Record) -> tuple[Patient, tuple[Record, ...]]:
    """The patient with one more, assumed record, and the records in whose place it stands."""
    gone: list[Record] = []

    def kept(records: tuple[_Record, ...]) -> tuple[_Record, ...]:
        gone.extend(record for record in records if in_place_of(found, record))
        return tuple(record for record in records if not in_place_of(found, record))

    patient = replace(
        patient,
        declarations=kept(patient.declarations),
        findings=kept(patient.findings),
        measurements=kept(patient.measurements),
        treatments=kept(patient.treatments),
        imaging=kept(patient.imaging),
    )
    return added(patient, found), tuple(gone)


def added(patient: Patient, found: Record) -> Patient:
    """The patient with one more record."""
    match found:
        case Declaration():
            return replace(patient, declarations=(*patient.declarations, found))
        case Finding():
            return replace(patient, findings=(*patient.findings, found))
        case Measurement():
            return replace(patient, measurements=(*patient.measurements, found))
        case Treatment():
            return replace(patient, treatments=(*patient.treatments, found))
        case Imaging():
            return replace(patient, imaging=(*patient.imaging, found))


def has_assumptions(patient: Patient) -> bool:
    """Whether anything said of the patient is only assumed."""
    return bool(patient.assumed) or any(record.origin.assumed for record in records(patient))


def records(patient: Patient) -> tuple[Record, ...]:
    """Every record of a patient: declarations, findings, measurements, treatments, imaging."""
    return (
        *patient.declarations,
        *patient.findings,
        *patient.measurements,
        *patient.treatments,
        *patient.imaging,
    )


def in_place_of(found: Record, recorded: Record) -> bool:
    """Whether an assumed record stands in the place of one that is on record."""
    if recorded.origin.assumed or _class(found) != _class(recorded):
        return False
    if isinstance(found, Finding) and isinstance(recorded, Finding):
        named = {found.about, recorded.about} - {None}
        if len(named) == 2:
            return False
    if isinstance(found, Finding) and found.presence is Presence.ABSENT and isinstance(recorded, Treatment):
        return recorded.started.first <= found.when.last
    return last_day(recorded) >= _begins(found) and first_day(recorded) <= last_day(found)


def course_to_end(patient: Patient, concept: str, ended: Days) -> Treatment | None:
    """The one recorded course of exactly that treatment whose end is unknown, still to come or later than that.

    None if there is no such course, or if there are several.
    """
    found = [
        course
        for course in _courses(patient, concept)
        if course.started.first <= ended.last and (not course.end_known or course.ended.last > ended.last)
    ]
    return found[0] if len(found) == 1 else None


def open_course(patient: Patient, concept: str) -> Treatment | None:
    """The one recorded course of exactly that treatment that is ongoing or has no known end, likewise."""
    found = [c for c in _courses(patient, concept) if not c.end_known or c.ended.last >= FAR_FUTURE]
    return found[0] if len(found) == 1 else None


def with_end(course: Treatment, ended: Days, record_id: str, origin: Origin) -> Treatment:
    """The same course with another end, as a record of its own."""
    began = course.started
    return replace(
        course,
        id=record_id,
        origin=origin,
        started=Days(began.first, min(began.last, ended.last)),
        ended=Days(max(began.first, ended.first), ended.last),
        end_known=True,
    )


def first_day(record: Record) -> int:
    """The first day a record may speak of."""
    match record:
        case Declaration():
            return record.as_of
        case Treatment():
            return record.started.first
        case _:
            return record.when.first


def last_day(record: Record) -> int:
    """The last day a record may speak of."""
    match record:
        case Declaration():
            return record.as_of
        case Treatment():
            return record.ended.last
        case _:
            return record.when.last


def _begins(found: Record) -> int:
    """The first day an assumed record may speak of."""
    match found:
        case Declaration():
            return found.as_of
        case Treatment():
            return found.started.first if found.started.first > FAR_PAST else found.ended.first
        case _:
            return found.when.first


def _class(record: Record) -> str:
    match record:
        case Declaration():
            return f"{record.domain} complete"
        case Measurement():
            return record.observable
        case Imaging():
            return record.procedure
        case _:
            return record.concept


def _courses(patient: Patient, concept: str) -> list[Treatment]:
    return [each for each in patient.treatments if each.concept == concept and not each.origin.assumed]
