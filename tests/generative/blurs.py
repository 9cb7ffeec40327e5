"""Ways to make one fact of a patient less precise; what was true of the vaguer fact stays true of the exact one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st
from strategies import kind, marked_days
from topics import ontology

from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, Days
from nen_kb.facts.records import Finding, Imaging, Measurement, Patient, Presence, Treatment
from nen_kb.facts.values import GRID, NEG_INF, POS_INF, Span

SECTIONS = ("findings", "measurements", "treatments", "imaging")

Record = Finding | Measurement | Treatment | Imaging


@dataclass(frozen=True)
class Blur:
    """One way to blur one record, or something about the patient."""

    name: str
    """``value``, ``unit``, ``date``, ``class of a scan``, …: what became vaguer."""
    record: str
    """The record's id; empty for the patient's own facts."""
    apply: Callable[[Patient], Patient]

    def __repr__(self) -> str:
        return f"{self.name} of {self.record or 'the patient'}"


def replaced(patient: Patient, old: Record, new: Record) -> Patient:
    """The patient with one record for another of the same kind."""
    for section in SECTIONS:
        records = getattr(patient, section)
        if old in records:
            return replace(patient, **{section: tuple(new if each is old else each for each in records)})
    raise ValueError(old.id)


def records_of(patient: Patient) -> tuple[Record, ...]:
    """Every record of a patient but the declarations."""
    return tuple(each for section in SECTIONS for each in getattr(patient, section))


@st.composite
def blurs(draw: Any, patient: Patient) -> Blur:
    """One blur of one fact."""
    records = records_of(patient)
    about_patient = list(_of_patient(patient))
    place = draw(st.integers(-1 if about_patient else 0, max(len(records) - 1, 0)))
    if place < 0 or not records:
        return draw(st.sampled_from(about_patient or [Blur("nothing", "", lambda each: each)]))
    record = records[place]
    name, blurred = draw(st.sampled_from(list(_of_record(draw, record, patient.index_date)) or [("nothing", record)]))
    return Blur(name, record.id, lambda each: replaced(each, record, blurred))


def _of_patient(patient: Patient) -> Iterator[Blur]:
    if patient.sex:
        yield Blur("sex withdrawn", "", lambda each: replace(each, sex=None))
    if patient.born:
        born = patient.born
        yield Blur("birth date withdrawn", "", lambda each: replace(each, born=None))
        yield Blur("birth date", "", lambda each: replace(each, born=Days(born.first - 200, born.last + 200)))
    if patient.arms:
        yield Blur("arm withdrawn", "", lambda each: replace(each, arms=()))
    for gone in patient.declarations:
        kept = tuple(each for each in patient.declarations if each is not gone)
        yield Blur("declaration withdrawn", "", lambda each, kept=kept: replace(each, declarations=kept))  # type: ignore[misc]


def _of_record(draw: Any, record: Record, today: int) -> Iterator[tuple[str, Record]]:
    if isinstance(record, Treatment):
        yield from _of_treatment(draw, record, today)
        return
    wider = _wider(draw, record.when, today)
    if wider != record.when:
        yield "date", replace(record, when=wider)
    if isinstance(record, Measurement):
        yield from _of_measurement(draw, record)
    elif isinstance(record, Imaging):
        if record.krenning:
            yield "score", replace(record, krenning=_wider_score(draw, record.krenning, 4))
        if record.extent:
            yield "extent", replace(record, extent=_wider_score(draw, record.extent, 3))
        for above in _above(record.procedure):
            yield "class of a scan", replace(record, procedure=above)
    else:
        if record.presence is not Presence.UNKNOWN:
            yield f"presence ({record.presence.value})", replace(record, presence=Presence.UNKNOWN)
        if record.presence is not Presence.ABSENT:
            for above in _above(record.concept):
                yield "class of a finding", replace(record, concept=above)


def _above(name: str) -> list[str]:
    """The classes above that a record of the same kind can name."""
    return [each for each in sorted(ontology().ancestors(name) - {name}) if kind(each) == kind(name)]


def _wider(draw: Any, when: Days, today: int) -> Days:
    """A date that reaches further both ways, at most to the index day; one beyond that stays as it is."""
    if when.last > today:
        return when
    marked = marked_days(today)
    first = draw(st.sampled_from([when.first, FAR_PAST, *(day for day in marked if day < when.first)]))
    last = draw(st.sampled_from([when.last, today, *(day for day in marked if day > when.last)]))
    return Days(first, last)


def _of_measurement(draw: Any, record: Measurement) -> Iterator[tuple[str, Record]]:
    for above in _above(record.observable):
        yield "class of a measurement", replace(record, observable=above)
    if record.value is None:
        return
    low, high = record.value.low, record.value.high
    step = max(abs(low) if low > NEG_INF else 0, 10 * GRID) // 20 * 10
    down = draw(st.sampled_from((low, low - step if low > NEG_INF else low, NEG_INF)))
    up = draw(st.sampled_from((high, high + step if high < POS_INF else high, POS_INF)))
    if (low, high) != (down, up):
        yield "value", replace(record, value=Span(down, up))
    yield "unit", replace(record, value=None, trouble="unit_unusable")
    if record.upper:
        yield "upper limit withdrawn", replace(record, upper=None)
    if record.lower:
        yield "lower limit withdrawn", replace(record, lower=None)


def _wider_score(draw: Any, score: Span, most: int) -> Span | None:
    if draw(st.booleans()):
        return None
    low = draw(st.integers(0, score.low // GRID))
    high = draw(st.integers(score.high // GRID, most))
    return Span(low * GRID, high * GRID)


def _of_treatment(draw: Any, record: Treatment, today: int) -> Iterator[tuple[str, Record]]:
    for above in _above(record.concept):
        yield "class of a treatment", replace(record, concept=above)
    if record.end_known:
        ended = Days(record.started.first, FAR_FUTURE)
        yield "end unknown", replace(record, ended=ended, end_known=False)
        if record.ended.last <= today:
            wider = _wider(draw, record.ended, today)
            first = max(wider.first, min(record.started.first, record.ended.first))
            yield "end", replace(record, ended=Days(first, wider.last))
    if record.started.last <= today:
        wider = _wider(draw, record.started, today)
        last = max(record.started.last, min(wider.last, record.ended.last))
        yield "start", replace(record, started=Days(wider.first, last))
