"""One person: PERSON, DEATH and OBSERVATION_PERIOD, and the rows of all other tables in their order."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from nen_kb.facts.dates import Days, parse_days
from nen_kb.facts.records import Declaration, Origin, Patient, Sex
from nen_kb.sources.fhir import imaging
from nen_kb.sources.fhir.subjects import References
from nen_kb.sources.omop import conditions, results, treatments
from nen_kb.sources.omop.chart import RowChart, RowNotes, in_order
from nen_kb.sources.omop.tables import CLINICAL, PERSON
from nen_kb.sources.omop.terms import Terms
from nen_kb.sources.omop.values import Row, concept_id, day, whole

_SEX: Final = {8507: Sex.MALE, 8532: Sex.FEMALE}
"""Standard concepts of the domain Gender."""

_READERS: Final[Mapping[str, Callable[[RowChart, Row], None]]] = {
    "condition_occurrence": conditions.condition,
    "episode": conditions.episode,
    "drug_exposure": treatments.drug,
    "drug_era": treatments.drug_era,
    "procedure_occurrence": treatments.procedure,
    "device_exposure": treatments.device,
    "measurement": results.measurement,
    "observation": results.observation,
}
"""Conditions first: what a result means may depend on which tumours there are."""


def read(
    name: str, tables: Mapping[str, Sequence[Row]], terms: Terms, as_of: int, complete: Sequence[str] = ()
) -> Patient:
    """The patient of that id from the rows of every table."""
    book = RowNotes()
    chart = RowChart(terms.lexicon, References(()), as_of, book, terms=terms)
    _person(chart, tables[PERSON][0], len(tables[PERSON]))
    period = _observed(chart, tables.get("observation_period", ()), as_of)
    if tables.get("death"):
        said = "DEATH: recorded as deceased; the clauses are judged all the same"
        chart.notes.add("deceased", said, f"person_id={name}")
    for table, reader in _READERS.items():
        book.table = table
        for row in in_order(tables.get(table, ()), CLINICAL[table].key):
            reader(chart, row)
    book.table = ""
    results.settle_uptake(chart)
    scans = imaging.settle_scans(chart)
    return Patient(
        id=name,
        index_date=as_of,
        sex=chart.sex,
        born=chart.born,
        declarations=tuple(
            Declaration(f"complete {domain}", domain, period, Origin("OBSERVATION_PERIOD", "", "declared by the user"))
            for domain in dict.fromkeys(complete)
            if period is not None
        ),
        findings=tuple(chart.findings),
        measurements=tuple(chart.measurements),
        treatments=tuple(chart.treatments),
        imaging=tuple(scans),
        notes=book.notes(),
    )


def _person(chart: RowChart, row: Row, times: int) -> None:
    place = f"person_id={row.get('person_id', '')}"
    if times > 1:
        chart.notes.add("same-resource", "PERSON: the same row stands there more than once; it is read once", place)
    chart.sex = _SEX.get(concept_id(row, "gender_concept_id"))
    if chart.sex is None:
        chart.notes.add("no-value", "PERSON: no gender of female or male; the sex is unknown", place)
    born = _born(row)
    if born is None:
        chart.notes.add("no-value", "PERSON: no year of birth that can be read; the age is unknown", place)
    elif born.first > chart.as_of:
        chart.notes.add("contradiction", "PERSON: born after the index date; the age is unknown", place)
    else:
        exact = day(row, "birth_datetime")
        if exact is not None and born.exact and exact != born:
            said = "PERSON: birth_datetime and the day of birth differ; either may be right"
            chart.notes.add("contradiction", said, place)
            born = Days(min(born.first, exact.first), max(born.last, exact.last))
        chart.born = replace(born, first=min(born.first, chart.as_of), last=min(born.last, chart.as_of))


def _born(row: Row) -> Days | None:
    """Year, month and day of birth as far as they are given.

    ``birth_datetime`` adds nothing: where the day is not known it is made up.
    """
    year, month, of_month = (whole(row.get(f"{name}_of_birth")) for name in ("year", "month", "day"))
    if year is None:
        return None
    if "month_of_birth" in row and month is None:
        return None
    text = f"{year:04d}" + (f"-{month:02d}" if month is not None else "")
    if month is not None and of_month is not None:
        text += f"-{of_month:02d}"
    try:
        return parse_days(text)
    except ValueError:
        return None


def _observed(chart: RowChart, rows: Sequence[Row], as_of: int) -> int | None:
    """Note what the observation periods span; the last day of the last one, at most the index date."""
    starts = [found.first for row in rows if (found := day(row, "observation_period_start_date"))]
    ends = [found.first for row in rows if (found := day(row, "observation_period_end_date"))]
    if not starts or not ends:
        return None
    from nen_kb.facts.dates import iso

    said = (
        f"OBSERVATION_PERIOD: data were collected from {iso(min(starts))} to {iso(max(ends))}; "
        "no list is taken as complete because of it"
    )
    place = min(row.get("observation_period_id", "") for row in rows)
    chart.notes.add("observed", said, f"observation_period_id={place}")
    return min(max(ends), as_of)
