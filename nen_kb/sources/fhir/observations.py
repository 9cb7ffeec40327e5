"""Observations become measurements, findings or parts of scans.

Whatever the ontology knows as an observable is kept even where its value cannot be used, so that
an older result is never taken for the latest.  What is no observable of the ontology by code or by
exact name is another examination and only noted.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from nen_kb.facts.dates import FAR_PAST, Days
from nen_kb.facts.records import Measurement, Origin, Presence
from nen_kb.facts.values import Quantity
from nen_kb.sources.fhir import imaging, known
from nen_kb.sources.fhir.answers import FINAL, HAS_VALUE, WITHDRAWN, either, said, when_observed
from nen_kb.sources.fhir.bundles import Entry
from nen_kb.sources.fhir.chart import (
    IMAGING,
    METASTASIS,
    OBSERVABLE,
    TREATMENT,
    Chart,
    dicts,
    path_in_file,
    status,
)
from nen_kb.sources.fhir.codes import BY_NAME, Meaning
from nen_kb.sources.fhir.conditions import family_history
from nen_kb.sources.fhir.pathology import (
    OF_THE_TUMOUR,
    PREGNANCY_TESTS,
    TUMOUR_FINDINGS,
    disease_status,
    of_this_tumour,
    other_tumour,
    pathology,
    pregnancy_test,
)
from nen_kb.sources.fhir.quantities import NO_VALUE, UNUSABLE, Reading, limits, place, read_value, unit_of
from nen_kb.sources.fhir.times import days, open_end
from nen_kb.units import parse_unit

_LOINC_NAME = re.compile(r"([^\[]+?)\s*\[[^\]]+\]\s+in\s+(.+?)(?:\s+by\s+.+)?")
_BLOOD = frozenset(
    {
        "blood",
        "serum",
        "plasma",
        "serum or plasma",
        "serum, plasma or blood",
        "venous blood",
        "arterial blood",
        "capillary blood",
        "platelet poor plasma",
    }
)
_ELSEWHERE = re.compile(
    r"\b(urine|stool|feces|csf|cerebr\w*|pleural|synovial|fluid|saliva|sweat|cord|amniotic|dialys\w+|semen)\b",
    re.IGNORECASE,
)


def observation(chart: Chart, entry: Entry) -> None:
    """Read one Observation and its components."""
    state = status(entry)
    if state in WITHDRAWN:
        chart.notes.add(state, f"Observation: {state.replace('-', ' ')}; it is not used", entry.path)
        return
    usable = state in FINAL and not chart.modified(entry)
    if state not in FINAL:
        chart.notes.add("not-final", f"Observation: {state or 'no status'}; its value is kept as unusable", entry.path)
    resource = entry.resource
    parts = dicts(resource.get("component"))
    has_value = any(HAS_VALUE.match(key) for key in resource) or resource.get("dataAbsentReason") is not None
    if has_value or not (parts or dicts(resource.get("hasMember"))):
        _item(chart, entry, resource, entry.own_path, usable)
    elif chart.is_a(chart.lexicon.meaning(resource.get("code")).concept, IMAGING):
        imaging.from_observation(chart, entry, chart.lexicon.meaning(resource.get("code")), when_observed(chart, entry))
        return
    for index, part in enumerate(parts):
        _item(chart, entry, part, f"{entry.own_path}.component[{index}]", usable)


def _item(chart: Chart, entry: Entry, holder: dict[str, Any], path: str, usable: bool) -> None:
    """Read an observation or one component of it."""
    meaning = chart.lexicon.meaning(holder.get("code"))
    concept, codes = meaning.concept, meaning.codes
    if family_history(meaning):
        chart.notes.add(
            "family-history",
            f"Observation: {meaning.written[:160]} is of the family, not of the patient; it is not used",
            path,
        )
    elif known.DISEASE_STATUS in codes:
        disease_status(chart, entry, holder, path, usable)
    elif codes & known.PREGNANCY_TEST or concept in PREGNANCY_TESTS:
        pregnancy_test(chart, entry, holder, path, usable, meaning)
    elif codes & known.HISTORY_OF_METASTASIS:
        chart.notes.add(
            "read-with-care",
            "Observation: a history of metastases; whether there are any now is unknown",
            path,
        )
        chart.finding(entry, path, METASTASIS, Presence.UNKNOWN, when_observed(chart, entry), meaning.written)
    elif imaging.is_uptake(meaning):
        imaging.uptake(chart, entry, holder, meaning, when_observed(chart, entry), usable)
    elif chart.is_a(concept, IMAGING):
        imaging.from_observation(chart, entry, meaning, when_observed(chart, entry))
    elif codes & known.PATHOLOGY_QUESTIONS:
        pathology(chart, entry, holder, path, usable, meaning)
    elif observable := _observable(chart, entry, holder, meaning):
        _measurement(chart, entry, holder, path, usable, meaning, observable)
    elif concept or codes & known.QUESTIONS.keys():
        question = concept or next(known.QUESTIONS[code] for code in sorted(codes) if code in known.QUESTIONS)
        _answer(chart, entry, holder, path, usable, meaning, question)
    elif scores := {known.SCORES[code] for code in codes if code in known.SCORES}:
        name, grade = sorted(scores)[0]
        reading = place(
            Quantity(Fraction(grade), Fraction(grade), False, False, ""), name, chart.lexicon, meaning.written
        )
        _keep(
            chart,
            entry,
            path,
            reading if usable and len(scores) == 1 else _not_final(reading),
            when_observed(chart, entry),
            holder,
        )
    else:
        chart.unknown(entry, meaning, "another examination, not used", path)


def _observable(chart: Chart, entry: Entry, holder: dict[str, Any], meaning: Meaning) -> str | None:
    """The observable that is meant, by code, by exact name, or by the component of a LOINC name."""
    concept = meaning.concept if chart.is_a(meaning.concept, OBSERVABLE) else None
    if concept is not None and meaning.how == BY_NAME:
        return None if _elsewhere(chart, entry, meaning) else _noted(chart, entry, meaning, concept)
    if concept is not None:
        chart.how(entry, meaning)
        return _by_method(chart, holder, concept)
    if meaning.concept is not None:
        return None
    if meaning.codes & known.ESTIMATED_GFR and chart.lexicon.known("EstimatedGFR"):
        return "EstimatedGFR"
    named = named_in_blood(chart, meaning)
    return _noted(chart, entry, meaning, named) if named and not _elsewhere(chart, entry, meaning) else None


def named_in_blood(chart: Chart, meaning: Meaning) -> str | None:
    """The observable that a LOINC name such as ``Urea [Moles/volume] in Serum`` has for its component."""
    for coding in meaning.codings:
        match = _LOINC_NAME.fullmatch(coding.display.replace("\u200b", "")) if coding.system == "LOINC" else None
        if match and match[2].casefold() in _BLOOD:
            named = chart.lexicon.by_name(match[1])
            if chart.is_a(named, OBSERVABLE):
                return named
    return None


def _noted(chart: Chart, entry: Entry, meaning: Meaning, concept: str) -> str:
    chart.notes.add("read-with-care", f"Observation: {meaning.written[:160]} is {BY_NAME}", entry.path)
    return concept


def _elsewhere(chart: Chart, entry: Entry, meaning: Meaning) -> bool:
    """Whether a result read by its name is of urine or another fluid than blood."""
    texts = list(meaning.names)
    specimen = chart.find(entry.resource.get("specimen"), entry)
    for element in (entry.resource.get("specimen"), specimen.resource.get("type") if specimen else None):
        if isinstance(element, dict):
            texts += [str(element.get("display") or ""), *chart.lexicon.meaning(element).names]
    return any(_ELSEWHERE.search(text) for text in texts)


def _by_method(chart: Chart, holder: dict[str, Any], concept: str) -> str:
    method = chart.lexicon.meaning(holder.get("method")).concept
    return method if method and chart.is_a(method, concept) else concept


def _measurement(
    chart: Chart,
    entry: Entry,
    holder: dict[str, Any],
    path: str,
    usable: bool,
    meaning: Meaning,
    observable: str,
) -> None:
    reading = read_value(holder, observable, chart.lexicon)
    when = when_observed(chart, entry)
    if reading.trouble == UNUSABLE and _only_named(meaning) and _another_kind(holder):
        message = f"Observation: {meaning.written[:160]} has another kind of unit; not used"
        chart.notes.unmapped(message, path, chart.named(entry, meaning))
        return
    if reading.trouble:
        kind = "unknown-unit" if reading.trouble == UNUSABLE else "no-value"
        chart.notes.add(kind, f"Observation: {observable} cannot be used: {reading.trouble_text}", path)
    if observable in OF_THE_TUMOUR:
        other = other_tumour(chart, entry)
        if other is True:
            chart.notes.add("other-tumour", f"Observation: {observable} of another tumour; it is not used", path)
            return
        if other is None:
            chart.notes.add(
                "other-tumour",
                f"Observation: {observable} of a tumour that is not named, and there is more than one",
                path,
            )
            reading = Reading(
                reading.observable,
                None,
                reading.original,
                "concept_too_general",
                "which tumour it is of is not said",
            )
    _keep(chart, entry, path, reading if usable else _not_final(reading), when, holder, written=meaning.written)


def _only_named(meaning: Meaning) -> bool:
    """Whether an observable is known by its name alone, by no code."""
    return meaning.how == BY_NAME or (meaning.concept is None and not meaning.codes & known.ESTIMATED_GFR)


def _another_kind(holder: dict[str, Any]) -> bool:
    """Whether a value has a unit that is understood; with an unfit one it is another examination."""
    element = holder.get("valueQuantity")
    unit = parse_unit(unit_of(element)[0]) if isinstance(element, dict) and unit_of(element)[0] else None
    return unit is not None


def _not_final(reading: Reading) -> Reading:
    return Reading(reading.observable, None, reading.original, NO_VALUE, "the result is not final")


def _keep(
    chart: Chart,
    entry: Entry,
    path: str,
    reading: Reading,
    when: Days,
    holder: dict[str, Any],
    written: str = "",
) -> None:
    lower, upper, said = limits(holder, reading, chart.lexicon, chart.range_applies(when))
    for message in dict.fromkeys(said):
        chart.notes.add("reference-range", f"Observation: {message}", path)
    if reading.value is None:
        lower = upper = None
    chart.measurements.append(
        Measurement(
            chart.new_id(path),
            reading.observable,
            reading.value,
            reading.original,
            when,
            Origin(entry.file, path_in_file(entry, path), written),
            upper,
            lower,
            reading.trouble,
            reading.trouble_text,
        )
    )


def _answer(
    chart: Chart,
    entry: Entry,
    holder: dict[str, Any],
    path: str,
    usable: bool,
    meaning: Meaning,
    concept: str,
) -> None:
    """A yes or no to a finding or treatment."""
    when = when_observed(chart, entry)
    chart.how(entry, meaning, path)
    given = days(holder.get("valueDateTime"))
    presence, written = either(said(chart, holder), known.YES, known.NO), meaning.written
    if given and usable:
        presence, when = Presence.PRESENT, given
    value = chart.lexicon.meaning(holder.get("valueCodeableConcept"))
    if value.concept and chart.is_finding(value.concept) and chart.is_a(value.concept, concept):
        presence, concept, written = Presence.PRESENT, value.concept, f"{written}: {value.written}"
    for code in value.codes & known.ANSWERS.keys():
        if known.ANSWERS[code][0] == concept:
            presence = Presence.PRESENT if known.ANSWERS[code][1] else Presence.ABSENT
    if presence is Presence.ABSENT and not meaning.exact and concept not in known.QUESTIONS.values():
        presence = Presence.UNKNOWN
    if any(chart.is_a(concept, top) for top in TUMOUR_FINDINGS):
        presence = of_this_tumour(chart, entry, path, presence)
    presence = presence if usable else Presence.UNKNOWN
    if presence is Presence.UNKNOWN:
        chart.notes.add("no-value", f"Observation: {concept} is answered in a way that says neither yes nor no", path)
    if chart.is_a(concept, TREATMENT) and presence is Presence.PRESENT:
        started = Days(FAR_PAST, when.last)
        chart.treatment(entry, path, concept, started, open_end(started), written, end_known=False)
    else:
        chart.finding(entry, path, concept, presence, when, written)
