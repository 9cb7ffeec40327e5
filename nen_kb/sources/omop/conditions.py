"""CONDITION_OCCURRENCE and disease episodes become findings.

An end date makes nothing absent: it may be that of the visit, or of the record.  From it on, whether the
condition is still there is left open.  A start and an end on one day say nothing of an end.
"""

from __future__ import annotations

from typing import Any, Final

from nen_kb.facts.records import Finding, Origin, Presence
from nen_kb.sources.fhir import conditions
from nen_kb.sources.fhir.bundles import Entry
from nen_kb.sources.fhir.chart import METASTASIS, NEOPLASM
from nen_kb.sources.omop.chart import RowChart, entry_of
from nen_kb.sources.omop.concepts import Element, Kind
from nen_kb.sources.omop.values import Row, concept_id, day, written

_STATUS: Final = {
    **dict.fromkeys((32890, 32901, 32907, 4203942), "admission diagnosis"),
    **dict.fromkeys((32899, 4033240), "preliminary diagnosis"),
    32892: "condition to be diagnosed by procedure",
    32893: "confirmed diagnosis",
    32906: "resolved condition",
}
"""Concepts of the vocabulary "Condition Status" that matter, where the CDM does not hold their names."""

_SUSPECTED: Final = (
    "preliminary",
    "admission",
    "admitting",
    "differential",
    "provisional",
    "suspected",
    "possible",
    "probable",
    "working",
    "referral",
    "to be diagnosed",
    "preoperative",
)
_REFUTED: Final = ("ruled out", "refuted", "excluded", "no evidence of")
_SURE: Final = (
    "confirmed",
    "primary",
    "secondary",
    "final",
    "discharge",
    "postoperative",
    "principal",
    "cause of death",
    "death diagnosis",
    "resolved",
)


def condition(chart: RowChart, row: Row) -> None:
    """Read one row of CONDITION_OCCURRENCE."""
    element = chart.terms.element(Kind.CONDITION, row, "condition")
    verified, resolved = _status(chart, row)
    resource: dict[str, Any] = {
        "code": element,
        "verificationStatus": verified,
        "onsetDateTime": written(row, "condition_start_date", "condition_start_datetime"),
        "bodySite": _sites(element),
    }
    if resolved:
        resource["clinicalStatus"] = "resolved"
    entry = chart.remember(entry_of("condition_occurrence", row, "Condition", resource))
    before = len(chart.findings)
    conditions.condition(chart, entry)
    if not resolved:
        for found in chart.findings[before:]:
            _ended(chart, entry, row, found)


def _status(chart: RowChart, row: Row) -> tuple[str, bool]:
    """The verification status that a row's own status comes to, and whether it says that it is over."""
    number = concept_id(row, "condition_status_concept_id")
    name = chart.terms.concept(number).name if number else ""
    said = (name or _STATUS.get(number, "") or row.get("condition_status_source_value", "")).casefold()
    if not said:
        return ("unknown" if number else "confirmed"), False
    if any(word in said for word in _REFUTED):
        return "refuted", False
    if any(word in said for word in _SUSPECTED):
        return "provisional", False
    if any(word in said for word in _SURE):
        return "confirmed", "resolved" in said
    return "unknown", False


def _sites(element: Element) -> list[dict[str, Any]]:
    """The topography of an ICD-O-3 code that joins histology and site (``8240/3-C25.4``)."""
    sites = {
        coding.code.partition("-")[2]
        for coding in element.term.codings
        if coding.system == "ICDO3" and "-" in coding.code
    }
    return [{"coding": [{"system": "ICDO3", "code": site}]} for site in sorted(sites) if site[:1] == "C"]


def _ended(chart: RowChart, entry: Entry, row: Row, found: Finding) -> None:
    end = day(row, "condition_end_date", "condition_end_datetime")
    if end is None or found.presence is not Presence.PRESENT or end.first <= found.when.last:
        return
    if chart.is_a(found.concept, NEOPLASM) or chart.is_a(found.concept, METASTASIS):
        chart.notes.add(
            "past", "Condition: a tumour with an end date stays a diagnosis the patient has had", entry.path
        )
        return
    said = "Condition: an end date may be that of the visit; whether it is still there from then on is left open"
    chart.notes.add("past", said, entry.path)
    origin = Origin(found.origin.file, found.origin.path)
    identity = chart.new_id(f"{entry.own_path} ended")
    doubt = Finding(identity, found.concept, Presence.UNKNOWN, end, origin, None, found.original)
    chart.findings.append(doubt)


def episode(chart: RowChart, row: Row) -> None:
    """Read one row of EPISODE by what it is about: a disease is a diagnosis, the rest a treatment with an open end."""
    stem = {
        "object_concept_id": row.get("episode_object_concept_id", "0"),
        "object_source_concept_id": row.get("episode_source_concept_id", "0"),
        "object_source_value": row.get("episode_source_value", ""),
    }
    domain = chart.terms.concept(concept_id(row, "episode_object_concept_id")).domain.lower()
    element = chart.terms.element(Kind.CONDITION if domain == "condition" else Kind.DRUG, stem, "object")
    start = written(row, "episode_start_date")
    if domain == "condition" or chart.is_finding(element.term.concept):
        resource: dict[str, Any] = {"code": element, "verificationStatus": "confirmed", "onsetDateTime": start}
        conditions.condition(chart, entry_of("episode", row, "Condition", resource))
        return
    from nen_kb.sources.omop.treatments import course

    course(chart, entry_of("episode", row, "Drug", {"code": element}), element, day(row, "episode_start_date"))
