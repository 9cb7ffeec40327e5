"""Conditions and allergies become findings.

What is refuted is absent, what is only suspected is of unknown presence, what has no verification
is taken as the diagnosis it is but never as confirmed by histology.  A code that nobody knows stays as
the top concept, present: it may be anything.  The record of a family member is never the patient's.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

from nen_kb.facts.dates import Days
from nen_kb.facts.records import Finding, Measurement, Origin, Presence
from nen_kb.facts.values import Quantity
from nen_kb.sources.fhir.bundles import Entry
from nen_kb.sources.fhir.chart import (
    CONDITION,
    METASTASIS,
    NEN,
    NEOPLASM,
    Abatement,
    Chart,
    dicts,
    extensions,
    profiled,
    status,
)
from nen_kb.sources.fhir.codes import Meaning
from nen_kb.sources.fhir.known import METASTASIS_AT, PRIMARY_AT, SCORES, SITES, TOPOGRAPHY
from nen_kb.sources.fhir.quantities import place
from nen_kb.sources.fhir.times import some_day

_FAMILY = re.compile(r"\b(family (medical )?history|fam(ily)? hx|fhx?)\b", re.IGNORECASE)
_FAMILY_ICD = re.compile(r"Z8[0-4](\.|$)")
_ENDED = frozenset({"inactive", "remission", "resolved"})
_GOING_ON = frozenset({"active", "recurrence", "relapse"})
_PRESENCE = {
    "confirmed": Presence.PRESENT,
    "refuted": Presence.ABSENT,
    "unconfirmed": Presence.UNKNOWN,
    "provisional": Presence.UNKNOWN,
    "differential": Presence.UNKNOWN,
}
HYPERSENSITIVITY = "HypersensitivityToCapecitabineOrFluorouracil"
_FLUOROPYRIMIDINES = ("Capecitabine", "Fluorouracil")


def condition(chart: Chart, entry: Entry) -> None:
    """Read one Condition."""
    verified = status(entry, "verificationStatus")
    if verified == "entered-in-error":
        chart.notes.add("entered-in-error", "Condition: entered in error; it is not used", entry.path)
        return
    meaning = chart.lexicon.meaning(entry.resource.get("code"))
    if family_history(meaning):
        chart.notes.add(
            "family-history",
            f"Condition: {meaning.written[:160]} is of the family, not of the patient; it is not used",
            entry.path,
        )
        return
    presence = _presence(chart, entry, verified)
    if _score(chart, entry, meaning, presence):
        return
    concepts = _concepts(chart, entry, meaning)
    exact = meaning.exact and concepts == [meaning.concept]
    if presence is Presence.ABSENT and not exact:
        chart.notes.add(
            "read-with-care",
            "Condition: refuted, but its code names no class exactly; nothing is concluded from it",
            entry.path,
        )
        presence = Presence.UNKNOWN
    if chart.modified(entry):
        presence, exact = Presence.UNKNOWN, False
    when = chart.day_of(entry, "onset", "recordedDate")
    made = [chart.finding(entry, entry.own_path, concept, presence, when, meaning.written) for concept in concepts]
    if presence is Presence.PRESENT:
        chart.diagnoses[id(entry)] = concepts[0]
        if concepts[0] != CONDITION:
            _ended(chart, entry, made[0], exact)
    if dicts(entry.resource.get("stage")):
        chart.notes.add("not-read", "Condition.stage: stages are not read", entry.path)


def _score(chart: Chart, entry: Entry, meaning: Meaning, presence: Presence) -> bool:
    """Whether the code is a grade of a score (NYHA class II), kept as that number if it is confirmed."""
    scores = {SCORES[code] for code in meaning.codes if code in SCORES}
    if len(scores) != 1:
        return False
    name, grade = scores.pop()
    quantity = Quantity(Fraction(grade), Fraction(grade), False, False, "")
    reading = place(quantity, name, chart.lexicon, meaning.written)
    sure = presence is Presence.PRESENT and not chart.modified(entry)
    chart.measurements.append(
        Measurement(
            chart.new_id(entry.own_path),
            reading.observable,
            reading.value if sure else None,
            meaning.written,
            chart.day_of(entry, "onset", "recordedDate"),
            Origin(entry.file, entry.path),
            trouble="" if sure else "not_recorded",
            trouble_text="" if sure else "it is not confirmed",
        )
    )
    return True


def family_history(meaning: Meaning) -> bool:
    """Whether a code speaks of the family."""
    coded = any(c.system in ("ICD10", "ICD10CM") and _FAMILY_ICD.match(c.code) for c in meaning.codings)
    return coded or "416471007" in meaning.codes or any(_FAMILY.search(name) for name in meaning.names)


def _presence(chart: Chart, entry: Entry, verified: str) -> Presence:
    if not verified:
        chart.notes.add(
            "not-verified",
            "Condition: no verificationStatus; it counts as a diagnosis, not as confirmed by histology",
            entry.path,
        )
        return Presence.PRESENT
    if verified not in _PRESENCE:
        chart.notes.add(
            "unknown-status",
            "Condition: its verificationStatus is not known; whether it is there is unknown",
            entry.path,
        )
        return Presence.UNKNOWN
    if _PRESENCE[verified] is Presence.UNKNOWN:
        chart.notes.add("not-verified", f"Condition: {verified}; whether it is there is unknown", entry.path)
    return _PRESENCE[verified]


def _concepts(chart: Chart, entry: Entry, meaning: Meaning) -> list[str]:
    """The classes of a Condition, the first the one it mainly is: from code, histology and site."""
    concept = meaning.concept if chart.is_finding(meaning.concept) else None
    if meaning.concept and concept is None:
        chart.notes.add("wrong-kind", f"Condition: {meaning.written[:160]} is no condition", entry.path)
    chart.how(entry, meaning)
    if concept is None and profiled(entry, "mcode-secondary-cancer-condition") and chart.lexicon.known(METASTASIS):
        concept = METASTASIS
    morphology = [found for found in _morphologies(chart, entry) if chart.is_finding(found)]
    others: list[str] = []
    for found in morphology:
        joined = _join(chart, concept, found)
        if joined:
            concept = joined
        else:
            others.append(found)
    if concept is None:
        chart.unknown(entry, meaning, "kept as a condition that may be anything")
        return [CONDITION]
    return [_at_site(chart, entry, concept), *others]


def _join(chart: Chart, concept: str | None, other: str) -> str | None:
    if concept is None:
        return other
    lowest = chart.lexicon.lowest([concept, other])
    return lowest[0] if len(lowest) == 1 else chart.lexicon.common(lowest)


def _morphologies(chart: Chart, entry: Entry) -> list[str]:
    found = []
    for extension in extensions(entry.resource, "histology-morphology-behavior"):
        meaning = chart.lexicon.meaning(extension.get("valueCodeableConcept"))
        if meaning.concept:
            found.append(meaning.concept)
        elif meaning.written:
            chart.unknown(entry, meaning, "its histology is not used")
    return found


def _at_site(chart: Chart, entry: Entry, concept: str) -> str:
    """The class of a tumour or metastasis narrowed by its body site, where that is sure."""
    elements = dicts(entry.resource.get("bodySite"))
    sites = {site_of(chart.lexicon.meaning(element)) for element in elements}
    site = sites.pop() if len(sites) == 1 else None
    if site is None:
        if elements and (chart.is_a(concept, NEN) or chart.is_a(concept, METASTASIS)):
            chart.notes.add(
                "not-read", "Condition.bodySite: a site that is not known, or several; not used", entry.path
            )
        return concept
    if chart.is_a(concept, METASTASIS):
        there = METASTASIS_AT.get(site, "")
        return there if chart.lexicon.known(there) and chart.is_a(there, concept) else concept
    if not chart.is_a(concept, NEN):
        return concept
    for kind in ("neoplasm", "tumor"):
        named = chart.lexicon.by_name(f"{PRIMARY_AT.get(site, '')} neuroendocrine {kind}")
        if named and (kind == "neoplasm" or chart.is_a(concept, "NeuroendocrineTumor")):
            joined = _join(chart, concept, named)
            if joined:
                concept = joined
    return concept


def site_of(meaning: Meaning) -> str | None:
    """The site a body site code or name means, of those in ``known.SITES``."""
    for coding in meaning.codings:
        if coding.code in SITES:
            return SITES[coding.code]
        if coding.system == "ICDO3" or coding.system.lower().endswith("icd-o-3"):
            for prefix, site in TOPOGRAPHY:
                if coding.code.startswith(prefix):
                    return site
    for name in meaning.names:
        plain = re.sub(r"\s*\(.*\)$", "", name).casefold().removesuffix(" structure").removeprefix("structure of ")
        if plain in PRIMARY_AT or plain in METASTASIS_AT:
            return plain
    return None


def _ended(chart: Chart, entry: Entry, found: Finding, exact: bool) -> None:
    """What a clinicalStatus of resolved, remission or inactive adds."""
    state = status(entry, "clinicalStatus")
    abated = some_day(entry.resource, "abatement", chart.born, chart.as_of)
    lasting = chart.is_a(found.concept, NEOPLASM) or chart.is_a(found.concept, METASTASIS)
    if state in _GOING_ON:
        if abated:
            chart.notes.add(
                "contradiction", f"Condition: {state}, and yet with an end; its end is not used", entry.path
            )
        return
    if not state and not abated:
        return
    if state and state not in _ENDED:
        chart.notes.add(
            "unknown-status", "Condition: its clinicalStatus is not known; it stays a diagnosis", entry.path
        )
    elif lasting:
        chart.notes.add(
            "past",
            "Condition: a tumour that is over or in remission stays a diagnosis the patient has had",
            entry.path,
        )
    elif abated is None:
        since = Days(found.when.first, max(chart.as_of, found.when.last))
        chart.findings.append(_doubt(chart, entry, found, since))
        chart.notes.add(
            "no-date",
            f"Condition: {state} on a day that is not given; whether it is still there is left open",
            entry.path,
        )
    elif not exact:
        chart.findings.append(_doubt(chart, entry, found, abated))
        chart.notes.add(
            "past",
            "Condition: it is over, but its code names no class exactly; whether others like it are there is left open",
            entry.path,
        )
    elif abated.last < found.when.first:
        chart.notes.add("contradiction", "Condition: it ends before it begins; its end is not used", entry.path)
    else:
        path = entry.own_path
        gone = Finding(
            chart.new_id(f"{path}:abated"),
            found.concept,
            Presence.ABSENT,
            abated,
            Origin(entry.file, entry.path),
            None,
            found.original,
        )
        chart.abatements.append(Abatement(gone, found.id))


def _doubt(chart: Chart, entry: Entry, found: Finding, since: Days) -> Finding:
    """That nobody can say whether it is still there, from the day on which it was over."""
    new_id = chart.new_id(f"{entry.own_path}:over")
    origin = Origin(entry.file, entry.path)
    return Finding(new_id, found.concept, Presence.UNKNOWN, since, origin, None, found.original)


def settle_abatements(chart: Chart) -> None:
    """Add the absences of what is over, unless another record of the same goes on beyond that day."""
    ends = {abatement.presence_id: abatement.finding.when for abatement in chart.abatements}
    for abatement in chart.abatements:
        gone = abatement.finding
        goes_on = any(
            other.presence is not Presence.ABSENT
            and other.id != abatement.presence_id
            and other.when.first <= gone.when.last
            and (other.id not in ends or ends[other.id].last > gone.when.first)
            and other.concept != CONDITION
            and (chart.is_a(other.concept, gone.concept) or chart.is_a(gone.concept, other.concept))
            for other in chart.findings
        )
        if goes_on:
            chart.notes.add(
                "past",
                "Condition: it is over, but another record of the same goes on; it stays a diagnosis",
                gone.origin.path,
            )
        else:
            chart.findings.append(gone)


def allergy(chart: Chart, entry: Entry) -> None:
    """Read one AllergyIntolerance: hypersensitivity to a fluoropyrimidine is a finding, the rest is noted."""
    verified = status(entry, "verificationStatus")
    if verified == "entered-in-error":
        chart.notes.add("entered-in-error", "AllergyIntolerance: entered in error; it is not used", entry.path)
        return
    meanings = [chart.lexicon.meaning(entry.resource.get("code"))]
    for reaction in dicts(entry.resource.get("reaction")):
        meanings.append(chart.lexicon.meaning(reaction.get("substance")))
    named = [m for m in meanings if m.written]
    drug = any(chart.is_a(m.concept, agent) for m in named for agent in _FLUOROPYRIMIDINES)
    direct = any(m.concept == HYPERSENSITIVITY for m in named)
    written = " | ".join(m.written for m in named)
    if drug or direct:
        when = chart.day_of(entry, "onset", "recordedDate")
        presence = _allergic(chart, entry, verified, direct)
        if chart.lexicon.known(HYPERSENSITIVITY):
            chart.finding(entry, entry.own_path, HYPERSENSITIVITY, presence, when, written)
        return
    categories = _texts(entry.resource.get("category"))
    if categories and "medication" not in categories:
        chart.notes.add("not-read", "AllergyIntolerance: to something that is no medicine; not read", entry.path)
    elif any(m.concept for m in named):
        chart.notes.add("not-read", "AllergyIntolerance: to a medicine that no rule asks about", entry.path)
    elif verified != "refuted":
        for meaning in named or meanings:
            chart.unknown(entry, meaning, "kept as a condition that may be anything")
        when = chart.day_of(entry, "onset", "recordedDate")
        presence = Presence.PRESENT if verified in ("confirmed", "") else Presence.UNKNOWN
        chart.finding(entry, entry.own_path, CONDITION, presence, when, written)
    else:
        chart.notes.add("not-read", "AllergyIntolerance: refuted; not read", entry.path)


def _allergic(chart: Chart, entry: Entry, verified: str, direct: bool) -> Presence:
    if verified == "refuted":
        return Presence.ABSENT if direct else Presence.UNKNOWN
    if chart.modified(entry) or verified not in ("confirmed", ""):
        return Presence.UNKNOWN
    kind = entry.resource.get("type")
    if kind == "allergy" or direct:
        return Presence.PRESENT
    chart.notes.add(
        "not-verified",
        "AllergyIntolerance: an intolerance may be no hypersensitivity; whether it is one is unknown",
        entry.path,
    )
    return Presence.UNKNOWN


def _texts(value: Any) -> set[str]:
    return {item for item in value if isinstance(item, str)} if isinstance(value, list) else set()
