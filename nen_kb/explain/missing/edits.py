"""An answer as an edit of the patient: a record added, known better or withdrawn, or something of the person.

Edits never touch the patient they are applied to; applied together they give one patient that
holds them all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from nen_kb.facts.dates import Days
from nen_kb.facts.normalise import Record
from nen_kb.facts.records import Declaration, Finding, Imaging, Measurement, Patient, Sex, Treatment

_R = TypeVar("_R", Finding, Measurement, Treatment, Imaging, Declaration)


@dataclass(frozen=True)
class Edit:
    """What one answer changes; everything left at its default stays as it is."""

    add: tuple[Record, ...] = ()
    change: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...] = ()
    """(record id, ((field, new value), …)): a record that is known better."""
    drop: tuple[str, ...] = ()
    """Ids of records that turned out to be wrong."""
    sex: Sex | None = None
    born: Days | None = None
    planned_start: int | None = None
    arm: tuple[str, int] | None = None


def changed(record: str, **fields: Any) -> Edit:
    """The edit that knows a record better."""
    return Edit(change=((record, tuple(fields.items())),))


def apply(patient: Patient, edits: Iterable[Edit]) -> Patient:
    """The patient with all of the edits."""
    each = tuple(edits)
    if not each:
        return patient
    changes: dict[str, dict[str, Any]] = {}
    for edit in each:
        for record, fields in edit.change:
            changes.setdefault(record, {}).update(fields)
    dropped = {record for edit in each for record in edit.drop}
    added = [record for edit in each for record in edit.add]

    def records(kept: tuple[_R, ...], kind: type[_R]) -> tuple[_R, ...]:
        own = tuple(_known_better(one, changes.get(one.id)) for one in kept if one.id not in dropped)
        return own + tuple(one for one in added if isinstance(one, kind))

    arms = dict(patient.arms)
    arms.update(edit.arm for edit in each if edit.arm is not None)
    return replace(
        patient,
        sex=next((edit.sex for edit in each if edit.sex is not None), patient.sex),
        born=next((edit.born for edit in each if edit.born is not None), patient.born),
        planned_start=next((e.planned_start for e in each if e.planned_start is not None), patient.planned_start),
        arms=tuple(arms.items()),
        declarations=records(patient.declarations, Declaration),
        findings=records(patient.findings, Finding),
        measurements=records(patient.measurements, Measurement),
        treatments=records(patient.treatments, Treatment),
        imaging=records(patient.imaging, Imaging),
    )


def _known_better(record: _R, fields: dict[str, Any] | None) -> _R:
    return replace(record, **fields) if fields else record
