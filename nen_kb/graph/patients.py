"""A patient's records as triples."""

from __future__ import annotations

from collections.abc import Iterator

from nen_kb.facts.normalise import Prepared, Record
from nen_kb.facts.records import Declaration, Finding, Imaging, Measurement, Treatment
from nen_kb.facts.values import Span
from nen_kb.graph.terms import (
    LABEL,
    SOURCE_DOCUMENT,
    TYPE,
    Triple,
    below,
    boolean,
    data,
    day,
    g,
    nen,
    quantity,
    text,
)
from nen_kb.ontology import Ontology

_KINDS: dict[type, str] = {
    Finding: "Finding",
    Measurement: "Measurement",
    Treatment: "Treatment",
    Imaging: "Scan",
    Declaration: "Declaration",
}


def patient_iri(patient: str) -> str:
    """The patient of that id."""
    return data("patient", patient)


def record_iri(patient: str, record: str) -> str:
    """A record of a patient."""
    return data("patient", patient, "record", record)


def patient_triples(prepared: Prepared) -> Iterator[Triple]:
    """The patient and every record that counts on the index day."""
    patient, this = prepared.patient, patient_iri(prepared.patient.id)
    yield this, TYPE, g("Patient")
    yield this, LABEL, text(patient.id)
    yield this, g("patientId"), text(patient.id)
    yield from _present(this, "indexDate", day(patient.index_date))
    if patient.sex is not None:
        yield this, g("sex"), text(patient.sex.value)
    if patient.planned_start is not None:
        yield from _present(this, "plannedStart", day(patient.planned_start))
    if patient.born is not None:
        yield from _days(below(this, "birth"), patient.born.first, patient.born.last)
        yield this, g("birth"), below(this, "birth")
    for trial, arm in patient.arms:
        yield this, g("arm"), text(f"{trial} {arm}")
    for name, record in prepared.records.items():
        yield this, g("hasRecord"), record_iri(patient.id, name)
        yield from _record(record_iri(patient.id, name), this, record, prepared.ontology)


def _record(this: str, patient: str, record: Record, ontology: Ontology) -> Iterator[Triple]:
    yield this, TYPE, g(_KINDS[type(record)])
    yield this, TYPE, g("Record")
    yield this, g("ofPatient"), patient
    origin = record.origin
    if origin.file:
        source = data("source", origin.file)
        yield this, SOURCE_DOCUMENT, source
        yield source, TYPE, g("Source")
        yield source, g("file"), text(origin.file)
    yield from _present(this, "path", text(origin.path) if origin.path else None)
    yield from _present(this, "sourceText", text(origin.text) if origin.text else None)
    written = getattr(record, "original", "")
    yield from _present(this, "written", text(written) if written else None)
    match record:
        case Finding():
            yield this, g("concept"), nen(record.concept)
            yield this, g("presence"), text(record.presence.value)
            yield from _days(this, record.when.first, record.when.last)
            if record.about is not None:
                yield this, g("about"), nen(record.about)
        case Measurement():
            yield this, g("concept"), nen(record.observable)
            yield from _days(this, record.when.first, record.when.last)
            yield from _span(this, "low", "high", record.value)
            observable = ontology.observable(record.observable)
            yield from _present(this, "unit", text(observable.unit) if observable else None)
            yield from _present(this, "upperLimit", text(record.upper.original) if record.upper else None)
            yield from _present(this, "trouble", text(record.trouble) if record.trouble else None)
        case Treatment():
            yield this, g("concept"), nen(record.concept)
            yield from _days(this, record.started.first, record.ended.last)
            yield from _present(this, "startedBy", day(record.started.last))
            yield from _present(this, "endedFrom", day(record.ended.first))
            yield this, g("endKnown"), boolean(record.end_known)
            yield this, g("ongoing"), boolean(day(record.ended.first) is None)
        case Imaging():
            yield this, g("concept"), nen(record.procedure)
            yield from _days(this, record.when.first, record.when.last)
            yield from _span(this, "krenningLow", "krenningHigh", record.krenning)
            yield from _span(this, "extentLow", "extentHigh", record.extent)
        case Declaration():
            yield this, g("domain"), text(record.domain)
            yield from _present(this, "asOf", day(record.as_of))


def _present(subject: str, name: str, value: str | None) -> Iterator[Triple]:
    if value is not None:
        yield subject, g(name), value


def _days(subject: str, first: int, last: int) -> Iterator[Triple]:
    yield from _present(subject, "firstDay", day(first))
    yield from _present(subject, "lastDay", day(last))


def _span(subject: str, low: str, high: str, value: Span | None) -> Iterator[Triple]:
    if value is not None:
        yield from _present(subject, low, quantity(value.low))
        yield from _present(subject, high, quantity(value.high))
