"""Medication resources and procedures become treatments.

What was not given is no treatment.  An order says that a drug was to be taken: its start is the
day of the order and its end is unknown.  What nobody understood stays, as the top concept: it may
be any treatment.
"""

from __future__ import annotations

import re
from typing import Any

from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, Days
from nen_kb.facts.records import Presence
from nen_kb.sources.fhir import imaging, known, procedures
from nen_kb.sources.fhir.bundles import Entry
from nen_kb.sources.fhir.chart import IMAGING, TREATMENT, Chart, dicts, extensions, status
from nen_kb.sources.fhir.codes import Meaning
from nen_kb.sources.fhir.times import ONGOING, age, days, open_end, period, unknown_day

OTHER, ANTITUMOUR = "OtherTreatment", "AntitumorTreatment"
_NOT_GIVEN = frozenset(
    [
        "entered-in-error",
        "not-taken",
        "not-done",
        "cancelled",
        "draft",
        "intended",
        "declined",
        "preparation",
        "rejected",
    ]
)
_NOT_AN_ORDER = frozenset({"proposal", "plan", "option"})
_GIVEN = frozenset(["active", "completed", "stopped", "on-hold", "unknown", "in-progress"])
_STRENGTH = re.compile(r"\s+[0-9][0-9.,]*\s*(?:MG|MCG|G|UNT|MEQ|ML|%|IU|MCI|MBQ|GBQ|MMOL|ACTUAT|HR|\[)", re.IGNORECASE)
_PACK = re.compile(r"^(?:NDA[0-9]+\s+)?(?:[0-9][0-9.,]*\s+(?:ML|HR|ACTUAT)\s+)*", re.IGNORECASE)
_SALT = re.compile(
    r"\s+(?:acetate|hydrochloride|dihydrochloride|sodium|disodium|potassium|calcium|malate|maleate|mesylate|besylate|tosylate|"
    r"phosphate|sulfate|citrate|tartrate|succinate|fumarate|pamoate|bromide)$",
    re.IGNORECASE,
)


def medication(chart: Chart, entry: Entry) -> None:
    """Read one MedicationRequest, -Statement, -Administration or -Dispense."""
    state = status(entry)
    if entry.resource.get("doNotPerform") is True:
        chart.notes.add("not-given", f"{entry.kind}: an order not to give it; no treatment", entry.path)
        return
    if state in _NOT_GIVEN:
        kind = "entered-in-error" if state == "entered-in-error" else "not-given"
        chart.notes.add(kind, f"{entry.kind}: {state.replace('-', ' ')}; no treatment", entry.path)
        return
    if entry.kind == "MedicationRequest" and status(entry, "intent") in _NOT_AN_ORDER:
        chart.notes.add(
            "not-given", f"MedicationRequest: a {status(entry, 'intent')}, no order; no treatment", entry.path
        )
        return
    if state not in _GIVEN:
        chart.notes.add(
            "unknown-status", f"{entry.kind}: its status is not known; read as given, end unknown", entry.path
        )
    started, ended, end_known = _course(chart, entry, state)
    doubtful = chart.modified(entry)
    for concept, written in _drugs(chart, entry):
        if doubtful:
            chart.treatment(entry, entry.own_path, TREATMENT, started, open_end(started), written, end_known=False)
        else:
            chart.treatment(entry, entry.own_path, concept, started, ended, written, end_known=end_known)


def _course(chart: Chart, entry: Entry, state: str) -> tuple[Days, Days, bool]:
    """Start, end, and whether the end is known."""
    resource = entry.resource
    if entry.kind == "MedicationRequest":
        chart.notes.add(
            "ordered", "MedicationRequest: an order; read as taken from then on, its end unknown", entry.path
        )
        started = _ordered(resource) or days(resource.get("authoredOn")) or chart.day_of(entry, "authored")
        return started, open_end(started), False
    if entry.kind == "MedicationDispense":
        started = days(resource.get("whenHandedOver")) or chart.day_of(entry, "given", "whenPrepared")
        chart.notes.add("ordered", "MedicationDispense: read as taken from then on, its end unknown", entry.path)
        return started, open_end(started), False
    stem = "effective" if "effectiveDateTime" in resource or "effectivePeriod" in resource else "occurence"
    interval = period(resource.get(f"{stem}Period"))
    if interval:
        started = interval.start or Days(FAR_PAST, interval.end.last if interval.end else chart.as_of)
        if interval.end:
            return started, Days(max(interval.end.first, started.first), interval.end.last), True
        if state in ("active", "in-progress"):
            return started, ONGOING, True
        return started, open_end(started), False
    started = chart.day_of(entry, "effective", "dateAsserted")
    if entry.kind == "MedicationAdministration" and state != "in-progress" and days(resource.get("effectiveDateTime")):
        return started, started, True
    if state in ("active", "in-progress"):
        return started, ONGOING, True
    return started, open_end(started), False


def _ordered(resource: dict[str, Any]) -> Days | None:
    """The first day for which an order gives a dose, where it says so."""
    starts: list[Days] = []
    for dosage in dicts(resource.get("dosageInstruction")):
        for timing in dicts(dosage.get("timing")):
            for repeat in dicts(timing.get("repeat")):
                interval = period(repeat.get("boundsPeriod"))
                if interval and interval.start:
                    starts.append(interval.start)
    return min(starts, key=lambda day: day.first) if starts else None


def _drugs(chart: Chart, entry: Entry) -> list[tuple[str, str]]:
    """The classes of the drugs of a resource, each with what was written."""
    resource = entry.resource
    meanings = [chart.lexicon.meaning(resource.get("medicationCodeableConcept"))]
    drug = chart.find(resource.get("medicationReference"), entry)
    if drug is not None and drug.kind == "Medication":
        meanings = [chart.lexicon.meaning(drug.resource.get("code"))]
        parts = [
            i.get("itemCodeableConcept")
            for i in dicts(drug.resource.get("ingredient"))
            if i.get("isActive") is not False
        ]
        if not chart.is_a(meanings[0].concept, TREATMENT) and any(parts):
            meanings = [chart.lexicon.meaning(part) for part in parts]
    elif isinstance(resource.get("medicationReference"), dict):
        shown = resource["medicationReference"].get("display")
        meanings = [chart.lexicon.meaning({"text": shown})]
        chart.notes.add("unresolved", f"{entry.kind}: its medication is not in the file", entry.path)
    found: list[tuple[str, str]] = []
    for meaning in meanings:
        for concept in _agents(chart, entry, meaning):
            if (concept, meaning.written) not in found:
                found.append((concept, meaning.written))
    return found


def _agents(chart: Chart, entry: Entry, meaning: Meaning) -> list[str]:
    if meaning.concept and chart.is_a(meaning.concept, TREATMENT):
        chart.how(entry, meaning)
        return [meaning.concept]
    if chart.lexicon.known(OTHER) and any(c.system == "ATC" and no_antitumour(c.code) for c in meaning.codings):
        return [OTHER]
    named = by_ingredients(chart, entry, meaning)
    if named:
        return named
    chart.unknown(entry, meaning, "kept as a treatment that may be any")
    return [TREATMENT]


def no_antitumour(code: str) -> bool:
    """Whether an ATC code lies in a group that holds no tumour drug."""
    return any(code.startswith(group) for group in known.ATC_NO_ANTITUMOUR)


def by_ingredients(chart: Chart, entry: Entry, meaning: Meaning) -> list[str]:
    """The classes of a drug by its ingredients' names, the top class for those not known; empty if none is."""
    for name in meaning.names:
        parts = [_ingredient(chart, part) for part in _PACK.sub("", name).partition(" [")[0].split(" / ")]
        known_parts = [part for part in parts if part]
        if known_parts:
            chart.notes.add(
                "read-with-care",
                f"{entry.kind}: {meaning.written[:160]} is read by the names of its ingredients",
                entry.path,
            )
            return list(dict.fromkeys([*known_parts, *([TREATMENT] if len(known_parts) < len(parts) else [])]))
    return []


def _ingredient(chart: Chart, text: str) -> str | None:
    """The class of a drug name such as ``cisplatin 1 MG/ML Injectable Solution``, salts aside."""
    match = _STRENGTH.search(text)
    name = (text[: match.start()] if match else text).strip()
    for tried in (name, _SALT.sub("", name)):
        concept = chart.lexicon.by_name(tried)
        if concept and chart.is_a(concept, TREATMENT):
            return concept
    return None


def procedure(chart: Chart, entry: Entry) -> None:
    """Read one Procedure: a treatment, a scan, or something that makes sterile; the rest is noted."""
    state = status(entry)
    if state in _NOT_GIVEN:
        kind = "entered-in-error" if state == "entered-in-error" else "not-given"
        chart.notes.add(kind, f"Procedure: {state.replace('-', ' ')}; it was not done", entry.path)
        return
    meaning = chart.lexicon.meaning(entry.resource.get("code"))
    scan = next((procedures.SCANS[code] for code in sorted(meaning.codes) if code in procedures.SCANS), "")
    concept = meaning.concept or (scan if chart.lexicon.known(scan) else None)
    categories = set().union(
        *(chart.lexicon.meaning(element).codes for element in dicts(entry.resource.get("category")))
    )
    if chart.is_a(concept, IMAGING) and concept:
        chart.how(entry, meaning)
        imaging.add(chart, entry, concept, chart.day_of(entry, "performed"), meaning.written)
    elif concept is None and categories & known.NO_TREATMENT_CATEGORIES:
        _examination(chart, entry, meaning, categories)
    elif concept is None and meaning.codes & procedures.NO_TREATMENT.keys():
        names = sorted(procedures.NO_TREATMENT[code] for code in meaning.codes & procedures.NO_TREATMENT.keys())
        chart.notes.add("not-read", f"Procedure: {names[0]}; known to be no treatment", entry.path)
    elif chart.is_finding(concept) and concept:
        chart.how(entry, meaning)
        presence = Presence.UNKNOWN if chart.modified(entry) or state not in ("completed",) else Presence.PRESENT
        chart.finding(entry, entry.own_path, concept, presence, chart.day_of(entry, "performed"), meaning.written)
    elif concept is not None and not chart.is_a(concept, TREATMENT):
        chart.notes.add(
            "not-read",
            f"Procedure: {meaning.written[:160]} is no treatment; its result counts where it is recorded",
            entry.path,
        )
    else:
        started, ended, end_known = _performed(chart, entry, state)
        doubtful = chart.modified(entry)
        for name in _interventions(chart, entry, meaning):
            sure = name if not doubtful else TREATMENT
            chart.treatment(entry, entry.own_path, sure, started, ended, meaning.written, end_known=end_known)


def _examination(chart: Chart, entry: Entry, meaning: Meaning, categories: set[str]) -> None:
    if categories & {known.IMAGING_CATEGORY, known.DIAGNOSTIC_CATEGORY}:
        chart.unknown(entry, meaning, "an examination, kept as a scan that may be any")
        imaging.add(chart, entry, IMAGING, chart.day_of(entry, "performed"), meaning.written)
    else:
        chart.notes.add("not-read", "Procedure: of a category that is no treatment", entry.path)


def _interventions(chart: Chart, entry: Entry, meaning: Meaning) -> list[str]:
    modalities = _radiotherapy(chart, entry, meaning)
    if modalities:
        return modalities
    if meaning.concept:
        chart.how(entry, meaning)
        return [meaning.concept]
    if meaning.codes & procedures.OTHER_TREATMENT.keys() and chart.lexicon.known(OTHER):
        return [OTHER]
    chart.unknown(entry, meaning, "kept as a treatment that may be any")
    return [TREATMENT]


def _radiotherapy(chart: Chart, entry: Entry, meaning: Meaning) -> list[str]:
    """The kinds of radiotherapy of an mCODE course; empty for other procedures."""
    found: list[str] = []
    unread: list[Meaning] = []
    for outer in extensions(entry.resource, "radiotherapy-modality-and-technique"):
        for inner in extensions(outer, "radiotherapy-modality"):
            modality = chart.lexicon.meaning(inner.get("valueCodeableConcept"))
            if modality.concept and chart.is_a(modality.concept, TREATMENT):
                found.append(modality.concept)
            elif modality.codes & known.EXTERNAL_BEAM and chart.lexicon.known("ExternalBeamRadiotherapy"):
                found.append("ExternalBeamRadiotherapy")
            else:
                unread.append(modality)
    if known.RADIOTHERAPY_COURSE not in meaning.codes and not found and not unread:
        return []
    if meaning.concept and chart.is_a(meaning.concept, TREATMENT):
        found.append(meaning.concept)
    if unread or not found:
        message = "Procedure: an unknown kind of radiotherapy; kept as an antitumour treatment that may be any"
        for modality in unread or [meaning]:
            chart.notes.unmapped(message, entry.path, chart.named(entry, modality))
        found.append(ANTITUMOUR if chart.lexicon.known(ANTITUMOUR) else TREATMENT)
    return chart.lexicon.lowest(found) if not unread else list(dict.fromkeys(found))


def _performed(chart: Chart, entry: Entry, state: str) -> tuple[Days, Days, bool]:
    resource = entry.resource
    if state not in _GIVEN:
        chart.notes.add("unknown-status", "Procedure: its status is not known; read as done", entry.path)
    interval = period(resource.get("performedPeriod"))
    if interval:
        started = interval.start or Days(FAR_PAST, interval.end.last if interval.end else chart.as_of)
        if interval.end:
            return started, Days(max(interval.end.first, started.first), interval.end.last), True
        return (started, ONGOING, True) if state == "in-progress" else (started, open_end(started), False)
    found = (
        days(resource.get("performedDateTime"))
        or days(resource.get("performedString"))
        or age(resource.get("performedAge"), chart.born)
    )
    if found is None:
        chart.notes.add("no-date", "Procedure: it has no date that can be read; it may be of any day", entry.path)
        return unknown_day(chart.as_of), Days(FAR_PAST, FAR_FUTURE), False
    if state == "in-progress":
        return found, ONGOING, True
    return (found, found, True) if state in ("completed", "stopped") else (found, open_end(found), False)
