"""MEASUREMENT and OBSERVATION become measurements, findings or parts of scans.

Operators make intervals; an operator that only the source value kept (``<5``) counts too.  A result without
a unit stays unusable where its observable has one.  What is said of the family is never the patient's.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Final

from nen_kb.facts.dates import FAR_PAST, Days
from nen_kb.facts.records import Presence
from nen_kb.facts.values import parse_quantity
from nen_kb.sources.fhir import imaging, known
from nen_kb.sources.fhir.bundles import Entry
from nen_kb.sources.fhir.chart import CONDITION, NEOPLASM, TREATMENT
from nen_kb.sources.fhir.conditions import family_history
from nen_kb.sources.fhir.imaging import is_uptake
from nen_kb.sources.fhir.observations import named_in_blood
from nen_kb.sources.fhir.observations import observation as read_result
from nen_kb.sources.fhir.times import open_end, unknown_day
from nen_kb.sources.omop.chart import RowChart, entry_of
from nen_kb.sources.omop.concepts import Element, Kind, Term
from nen_kb.sources.omop.values import Row, concept_id, day, number, written

OPERATORS: Final = {4172703: "", 4171756: "<", 4171754: "<=", 4171755: ">=", 4172704: ">"}
"""The standard concepts of ``operator_concept_id``: equal, less, at most, at least, greater."""

ANOTHER: Final = "another examination, not used"

_SIGN: Final = re.compile(r"\s*(<=|>=|<|>|≤|≥)\s*[0-9.,]")
_SIGNS: Final = {"≤": "<=", "≥": ">="}
_FAMILY: Final = frozenset(["416471007", "281666001", "57177007"])
"""SNOMED CT: family history of a finding, family history of disorder, family history with explicit context."""
_HISTORY: Final = frozenset(["417662000", "312850006", "392521001"])
"""SNOMED CT: history of a finding, of a disorder, history of."""
_HISTORY_OF_TREATMENT: Final = frozenset(["416940007"])
"""SNOMED CT: past history of procedure."""
_ABSENT: Final = frozenset(["373572006"])
"""SNOMED CT: clinical finding absent."""
_ASSERTED: Final = frozenset(["clinical finding", "disorder", "context-dependent"])
_TOPS: Final = {"condition": CONDITION, "drug": TREATMENT, "procedure": TREATMENT}


def measurement(chart: RowChart, row: Row) -> None:
    """Read one row of MEASUREMENT."""
    element = chart.terms.element(Kind.MEASUREMENT, row, "measurement")
    if _another(chart, element):
        chart.unknown(entry_of("measurement", row, "Observation", {}), element.term, ANOTHER)
        return
    resource = _resource(chart, row, element, "measurement")
    entry = entry_of("measurement", row, "Observation", resource)
    _comparator(chart, entry, row, resource)
    _range(chart, entry, row, resource)
    _read(chart, entry, row, element, "measurement_date", "measurement_datetime")


def observation(chart: RowChart, row: Row) -> None:
    """Read one row of OBSERVATION."""
    element = chart.terms.element(Kind.OBSERVATION, row, "observation")
    if _another(chart, element):
        chart.unknown(entry_of("observation", row, "Observation", {}), element.term, ANOTHER)
        return
    resource = _resource(chart, row, element, "observation")
    entry = entry_of("observation", row, "Observation", resource)
    if concept_id(row, "qualifier_concept_id") or row.get("qualifier_source_value"):
        resource["modifierExtension"] = [{"url": "qualifier"}]
    value = resource.get("valueCodeableConcept")
    if isinstance(value, Element) and _context(chart, entry, row, element, value):
        return
    _read(chart, entry, row, element, "observation_date", "observation_datetime")


def _resource(chart: RowChart, row: Row, element: Element, stem: str) -> dict[str, Any]:
    resource: dict[str, Any] = {"status": "final", "code": element}
    when = written(row, f"{stem}_date", f"{stem}_datetime")
    if when:
        resource["effectiveDateTime"] = when
    exact, coded = number(row.get("value_as_number")), concept_id(row, "value_as_concept_id")
    unit = _unit(chart, row)
    if exact is not None:
        resource["valueQuantity"] = {"value": exact, **unit}
    if coded:
        resource["valueCodeableConcept"] = chart.terms.value(coded, row.get("value_source_value", ""))
    said = row.get("value_as_string") or row.get("value_source_value")
    if said and exact is None and not coded:
        resource["valueString"] = _with_unit(said, unit)
    elif exact is None and not coded and not said and _asserted(element.term):
        resource["valueBoolean"] = True
    event = _event(chart, row, *_EVENTS[stem])
    if event:
        resource["focus"] = [{"event": event}]
    return resource


_EVENTS: Final = {
    "measurement": ("measurement_event_id", "meas_event_field_concept_id"),
    "observation": ("observation_event_id", "obs_event_field_concept_id"),
}
_FIELDS: Final = {1147082: "procedure_occurrence", 1147127: "condition_occurrence"}
"""Concepts of the columns that an event id may be of, where the CDM does not hold their names."""


def _event(chart: RowChart, row: Row, number: str, column: str) -> str:
    """The row that a result belongs to: the scan it was read from, the tumour it is of."""
    of = concept_id(row, column)
    named = chart.terms.concept(of).name.partition(".")[0].lower() if of else ""
    return f"{named or _FIELDS.get(of, '')} {row.get(number, '')}" if of and row.get(number) else ""


def settle_uptake(chart: RowChart) -> None:
    """Give an uptake that names no scan to the one somatostatin receptor scan of that exact day.

    Before version 5.4 a CDM cannot say which procedure a result belongs to.
    """
    drafts = imaging.scans_of(chart).drafts
    for draft in drafts:
        if not draft.scored or draft.named or not draft.when.exact or draft.entry.resource.get("focus"):
            continue
        same = [d for d in drafts if d.named and d.when == draft.when and chart.is_a(d.procedure, imaging.FAMILY)]
        if same and len({other.procedure for other in same}) == 1:
            said = "an uptake that names no scan is taken to be of the one receptor scan of that day"
            chart.notes.add("read-with-care", f"{draft.entry.file}: {said}", draft.entry.path)
            draft.entry = same[0].entry


def _asserted(term: Term) -> bool:
    """Whether a concept is itself the finding, so that a row without a value says that it is there."""
    return any(
        (c.vocabulary.lower() == "snomed" and c.kind.lower() in _ASSERTED) or c.vocabulary.lower() == "cancer modifier"
        for c in term.concepts[:1]
    )


def _unit(chart: RowChart, row: Row) -> dict[str, Any]:
    """The unit as a FHIR Quantity has it: the UCUM code, and the text of the source."""
    concept = chart.terms.concept(concept_id(row, "unit_concept_id"))
    unit: dict[str, Any] = {}
    if concept.system == "UCUM" and concept.code:
        unit["system"], unit["code"] = "http://unitsofmeasure.org", concept.code
    text = row.get("unit_source_value", "")
    if text or concept.name:
        unit["unit"] = text or (concept.name if concept.id and "code" not in unit else unit.get("code", ""))
    return unit


def _with_unit(said: str, unit: dict[str, Any]) -> str:
    """A source value with the unit that its row gives, where it has none of its own."""
    name = unit.get("code") or unit.get("unit")
    try:
        return f"{said} {name}" if name and not parse_quantity(said).unit else said
    except ValueError:
        return said


def _comparator(chart: RowChart, entry: Entry, row: Row, resource: dict[str, Any]) -> None:
    """The operator of a number: the row's own, or the sign with which the source value begins."""
    quantity = resource.get("valueQuantity")
    if quantity is None:
        return
    operator = concept_id(row, "operator_concept_id")
    kept = _SIGN.match(row.get("value_source_value", ""))
    if operator and operator not in OPERATORS:
        quantity["comparator"] = "?"
    elif operator and OPERATORS[operator]:
        quantity["comparator"] = OPERATORS[operator]
    elif kept:
        quantity["comparator"] = _SIGNS.get(kept[1], kept[1])
        said = "Observation: the operator stands in the source value only; it counts"
        chart.notes.add("read-with-care", said, entry.path)


def _range(chart: RowChart, entry: Entry, row: Row, resource: dict[str, Any]) -> None:
    """The reference range, in the unit of the result; a range from 0 to 0 is none."""
    low, high = number(row.get("range_low")), number(row.get("range_high"))
    if low is None and high is None:
        return
    if (low in (None, Decimal(0)) and high == 0) or (low is not None and high is not None and low > high):
        chart.notes.add("reference-range", "Observation: a reference range that is none; not used", entry.path)
        return
    unit = {key: value for key, value in resource.get("valueQuantity", {}).items() if key in ("unit", "code", "system")}
    ends = {"low": low, "high": high}
    resource["referenceRange"] = [{name: {"value": end, **unit} for name, end in ends.items() if end is not None}]


def _context(chart: RowChart, entry: Entry, row: Row, element: Element, value: Element) -> bool:
    """Whether a row says in whom, when or whether something was there, and is read so: history, family, absence."""
    codes = element.term.codes
    if codes & _FAMILY or family_history(element.term):
        said = f"Observation: {value.term.written[:160]} is of the family, not of the patient; it is not used"
        chart.notes.add("family-history", said, entry.path)
        return True
    when = day(row, "observation_date", "observation_datetime") or unknown_day(chart.as_of)
    meant = value.term.concept
    shown = f"{element.term.written}: {value.term.written}"
    doubtful = "modifierExtension" in entry.resource
    if codes & _ABSENT:
        sure = meant is not None and value.term.exact and not doubtful
        if meant is None or not chart.is_finding(meant):
            chart.unknown(entry, value.term, "said to be absent; nothing is concluded from it")
            return True
        presence = Presence.ABSENT if sure else Presence.UNKNOWN
        chart.finding(entry, entry.own_path, meant, presence, when, shown)
        return True
    if codes & _HISTORY_OF_TREATMENT or (codes & _HISTORY and chart.is_a(meant, TREATMENT)):
        started = Days(FAR_PAST, when.last)
        name = meant if meant is not None and chart.is_a(meant, TREATMENT) and not doubtful else TREATMENT
        if name == TREATMENT:
            chart.unknown(entry, value.term, "kept as a treatment that may be any")
        chart.treatment(entry, entry.own_path, name, started, open_end(started), shown, end_known=False)
        return True
    if codes & _HISTORY:
        name = meant if meant is not None and chart.is_finding(meant) else CONDITION
        if name == CONDITION:
            chart.unknown(entry, value.term, "kept as a condition that may be anything")
        lasting = chart.is_a(name, NEOPLASM) and not doubtful
        presence = Presence.PRESENT if lasting else Presence.UNKNOWN
        chart.finding(entry, entry.own_path, name, presence, Days(FAR_PAST, when.last), shown)
        return True
    return False


def _read(chart: RowChart, entry: Entry, row: Row, element: Element, *dates: str) -> None:
    """Read a result as the shared reader does; what it cannot place may still block what it might be."""
    term = element.term
    kept = len(chart.findings) + len(chart.measurements) + len(chart.treatments)
    read_result(chart, entry)
    if term.concept is not None or len(chart.findings) + len(chart.measurements) + len(chart.treatments) > kept:
        return
    top = _top(term)
    if family_history(term) or is_uptake(term) or top is None or "valueQuantity" in entry.resource:
        return
    when = day(row, *dates) or unknown_day(chart.as_of)
    if top == TREATMENT:
        started = Days(FAR_PAST, when.last)
        chart.treatment(entry, entry.own_path, TREATMENT, started, open_end(started), term.written, end_known=False)
    else:
        chart.finding(entry, entry.own_path, CONDITION, Presence.UNKNOWN, when, term.written)


def _top(term: Term) -> str | None:
    """The top class of what a concept nobody knows would be, where its vocabulary says it is no mere examination."""
    for concept in term.concepts[:1]:
        if concept.domain.lower() in _TOPS:
            return _TOPS[concept.domain.lower()]
        if concept.vocabulary.lower() == "cancer modifier":
            return CONDITION
    return None


def _another(chart: RowChart, element: Element) -> bool:
    """Whether a row with this code is an examination that no rule asks about, whatever its value.

    Decided once for each code: most rows of a CDM are such, and need not be read further.
    """
    if element.another is None:
        term = element.term
        element.another = not (
            term.concept is not None
            or term.codes & _SPECIAL
            or family_history(term)
            or is_uptake(term)
            or _top(term)
            or named_in_blood(chart, term)
        )
    return element.another


_SPECIAL: Final = (
    _FAMILY
    | _HISTORY
    | _HISTORY_OF_TREATMENT
    | _ABSENT
    | {known.DISEASE_STATUS}
    | known.PREGNANCY_TEST
    | known.HISTORY_OF_METASTASIS
    | known.PATHOLOGY_QUESTIONS
    | known.ESTIMATED_GFR
    | known.QUESTIONS.keys()
    | known.SCORES.keys()
)
"""Codes by which the shared reader of results knows what to do though the ontology has no class for them."""
