"""DRUG_EXPOSURE, PROCEDURE_OCCURRENCE and DEVICE_EXPOSURE become treatments and scans.

The end date of a drug exposure is required by the CDM and often made up (thirty days after a prescription).
So a known end is only the day of an administration, or an end the source itself gave for something other
than an order or a dispensing, or gave with the reason why the drug was stopped.  Every other end is unknown.
"""

from __future__ import annotations

from typing import Any, Final

from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, Days
from nen_kb.sources.fhir import imaging, procedures
from nen_kb.sources.fhir import treatments as shared
from nen_kb.sources.fhir.bundles import Entry
from nen_kb.sources.fhir.chart import IMAGING, TREATMENT
from nen_kb.sources.fhir.times import open_end, unknown_day
from nen_kb.sources.omop.chart import RowChart, entry_of
from nen_kb.sources.omop.concepts import Element, Kind
from nen_kb.sources.omop.values import Row, concept_id, day, written

ADMINISTERED: Final = frozenset([32818, 38000179, 38000180, 43542356, 43542357, 43542358, 581373])
"""Type concepts of a drug that was given: administration records, given by a physician, given in hospital."""
ORDERED: Final = frozenset(
    [32825, 32838, 32839, 32869, 32857, 32870, 38000175, 38000176, 38000177, 581452, 44777970, 32810]
)
"""Type concepts of an order, a dispensing or a claim: what was to be taken, not what was."""


def drug(chart: RowChart, row: Row) -> None:
    """Read one row of DRUG_EXPOSURE."""
    element = chart.terms.element(Kind.DRUG, row, "drug")
    entry = entry_of("drug_exposure", row, "Drug", {"code": element})
    started = day(row, "drug_exposure_start_date", "drug_exposure_start_datetime")
    course(chart, entry, element, started, _end(chart, entry, row, started))


def drug_era(chart: RowChart, row: Row) -> None:
    """Read one row of DRUG_ERA, for a CDM that holds no exposures; its end is a construction."""
    element = chart.terms.element(Kind.DRUG, row, "drug")
    entry = entry_of("drug_era", row, "Drug", {"code": element})
    course(chart, entry, element, day(row, "drug_era_start_date"))


def course(chart: RowChart, entry: Entry, element: Element, started: Days | None, ended: Days | None = None) -> None:
    """Keep a drug, or a course of treatment, from its start to its end; an end of None is unknown."""
    if started is None:
        chart.notes.add("no-date", "Drug: it has no date that can be read; it may be of any day", entry.path)
        started = unknown_day(chart.as_of)
    known = ended is not None
    last = ended if ended is not None else open_end(started)
    for concept in _classes(chart, entry, element):
        chart.treatment(entry, entry.own_path, concept, started, last, element.term.written, end_known=known)


def _end(chart: RowChart, entry: Entry, row: Row, started: Days | None) -> Days | None:
    """The days on which the last dose may have been given, or None if they are not known."""
    kind = concept_id(row, "drug_type_concept_id")
    verbatim, given = day(row, "verbatim_end_date"), day(row, "drug_exposure_end_date")
    if started is None:
        return None
    if kind in ADMINISTERED:
        last = verbatim or given or started
        if last.last < started.first:
            chart.notes.add("contradiction", "Drug: it ends before it begins; its end is not used", entry.path)
            return None
        return Days(started.first, max(last.last, started.last))
    stopped = bool(row.get("stop_reason"))
    if verbatim is not None and (stopped or kind not in ORDERED):
        if verbatim.last < started.first:
            chart.notes.add("contradiction", "Drug: it ends before it begins; its end is not used", entry.path)
            return None
        return Days(max(verbatim.first, started.first), verbatim.last)
    if kind in ORDERED:
        said = "Drug: an order, a dispensing or a claim; read as taken from then on, its end unknown"
        chart.notes.add("ordered", said, entry.path)
    else:
        said = "Drug: the CDM may have made its end date up; read as taken from then on, its end unknown"
        chart.notes.add("end-made-up", said, entry.path)
    return None


def _classes(chart: RowChart, entry: Entry, element: Element) -> list[str]:
    """The classes of a drug: by code, by the names of its ingredients, by the CDM's own vocabulary."""
    term = element.term
    if term.concept and chart.is_a(term.concept, TREATMENT) and not term.led:
        chart.how(entry, term)
        return [term.concept]
    other = shared.OTHER if chart.lexicon.known(shared.OTHER) else TREATMENT
    if any(c.system == "ATC" and shared.no_antitumour(c.code) for c in term.codings):
        return [other]
    named = shared.by_ingredients(chart, entry, term)
    if named and TREATMENT not in named:
        return named
    parts = _parts(chart, element, other)
    if parts and (TREATMENT not in parts or not named):
        if parts != [TREATMENT]:
            said = f"Drug: {term.written[:160]} is read by the ingredients that the CDM's vocabulary gives it"
            chart.notes.add("read-with-care", said, entry.path)
            return parts
    elif named:
        return named
    if term.concept and chart.is_a(term.concept, TREATMENT):
        chart.how(entry, term)
        return [term.concept]
    chart.unknown(entry, term, "kept as a treatment that may be any")
    return [TREATMENT]


def _parts(chart: RowChart, element: Element, other: str) -> list[str]:
    found: list[str] = []
    for ingredient, atc in chart.terms.ingredients(element.term):
        name = chart.lexicon.by_code(ingredient.system, ingredient.code) or chart.lexicon.by_name(ingredient.name)
        name = name or _by_atc(chart, atc)
        if name and chart.is_a(name, TREATMENT):
            found.append(name)
        elif atc and all(shared.no_antitumour(code) for code in atc):
            found.append(other)
        else:
            found.append(TREATMENT)
    return list(dict.fromkeys(found))


def _by_atc(chart: RowChart, codes: tuple[str, ...]) -> str | None:
    """The treatment that every ATC code of an ingredient means, if they mean one and the same."""
    found = {chart.lexicon.by_code("ATC", code) for code in codes}
    name = found.pop() if len(found) == 1 else None
    return name if chart.is_a(name, TREATMENT) else None


def procedure(chart: RowChart, row: Row) -> None:
    """Read one row of PROCEDURE_OCCURRENCE.

    In a CDM scans are procedures.  So one that nobody understood is kept as a treatment and as a scan that
    may be any.
    """
    element = chart.terms.element(Kind.PROCEDURE, row, "procedure")
    when = written(row, "procedure_date", "procedure_datetime")
    resource: dict[str, Any] = {"status": "completed", "code": element, "performedDateTime": when}
    end, start = day(row, "procedure_end_date"), day(row, "procedure_date", "procedure_datetime")
    if start and end and end.first > start.last:
        del resource["performedDateTime"]
        resource["performedPeriod"] = {"start": when, "end": written(row, "procedure_end_date")}
    entry = chart.remember(entry_of("procedure_occurrence", row, "Procedure", resource))
    if concept_id(row, "modifier_concept_id"):
        chart.notes.add("modified", "Procedure: its modifier is not read", entry.path)
    shared.procedure(chart, entry)
    term = element.term
    understood = procedures.NO_TREATMENT.keys() | procedures.OTHER_TREATMENT.keys() | procedures.SCANS.keys()
    if term.concept is None and not term.codes & understood:
        days = Days(start.first, max(start.last, end.last if end else 0)) if start else unknown_day(chart.as_of)
        imaging.add(chart, entry, IMAGING, days, term.written)


def device(chart: RowChart, row: Row) -> None:
    """Read one row of DEVICE_EXPOSURE: radioactive spheres and seeds are devices, so what is not known may be one."""
    element = chart.terms.element(Kind.DEVICE, row, "device")
    entry = entry_of("device_exposure", row, "Procedure", {"code": element})
    term = element.term
    started = day(row, "device_exposure_start_date", "device_exposure_start_datetime")
    if term.concept is not None and not chart.is_a(term.concept, TREATMENT):
        chart.notes.add("not-read", f"Procedure: {term.written[:160]} is no treatment; not read", entry.path)
        return
    if term.codes & procedures.NO_TREATMENT.keys():
        chart.notes.add("not-read", "Procedure: a device that is known to be no treatment", entry.path)
        return
    if started is None:
        chart.notes.add("no-date", "Procedure: it has no date that can be read; it may be of any day", entry.path)
    if term.concept is None:
        chart.unknown(entry, term, "a device, kept as a treatment that may be any")
    else:
        chart.how(entry, term)
    first = started or unknown_day(chart.as_of)
    last = first if started else Days(FAR_PAST, FAR_FUTURE)
    chart.treatment(
        entry, entry.own_path, term.concept or TREATMENT, first, last, term.written, end_known=started is not None
    )
