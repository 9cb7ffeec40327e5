"""What pathology and tumour follow-up found, and pregnancy tests: observations with a meaning of their own.

Grade, differentiation and indices belong to one tumour.  Of a patient with another malignancy they
count only if the record names the neuroendocrine one.
"""

from __future__ import annotations

import re
from typing import Any

from nen_kb.facts.records import Presence
from nen_kb.sources.fhir import known
from nen_kb.sources.fhir.answers import either, said, when_observed, words_of
from nen_kb.sources.fhir.bundles import Entry
from nen_kb.sources.fhir.chart import NEN, NEOPLASM, Chart, dicts, extensions
from nen_kb.sources.fhir.codes import Meaning

OF_THE_TUMOUR = ("Ki67Index", "MitoticCount")
TUMOUR_FINDINGS = (
    "HistologicGrade",
    "WHOGrade",
    "Differentiation",
    "WellDifferentiated",
    "ModeratelyDifferentiated",
    "PoorlyDifferentiated",
    "HistologicallyConfirmed",
)
_NEGATIVE, _POSITIVE = "NegativePregnancyTest", "PositivePregnancyTest"
PREGNANCY_TESTS = ("PregnancyTest", _NEGATIVE, _POSITIVE)
_BY_WHO = re.compile(r"\b(WHO|World Health Organi[sz]ation)\b")


def pregnancy_test(
    chart: Chart, entry: Entry, holder: dict[str, Any], path: str, usable: bool, meaning: Meaning
) -> None:
    """A negative test is a finding of its own, and so is a positive one (a tumour may secrete hCG)."""
    words = said(chart, holder)
    for element in dicts(holder.get("interpretation")):
        words = words | words_of(chart, element)
    negative = either(words, known.NEGATIVE_TEST, known.POSITIVE_TEST)
    if negative is Presence.UNKNOWN and meaning.concept in (_NEGATIVE, _POSITIVE):
        answer = either(words, known.YES, known.NO)
        affirmed = {
            Presence.PRESENT: meaning.concept == _NEGATIVE,
            Presence.ABSENT: meaning.concept == _POSITIVE,
        }
        if answer in affirmed:
            negative = Presence.PRESENT if affirmed[answer] else Presence.ABSENT
    when = when_observed(chart, entry)
    if negative is Presence.UNKNOWN or not usable:
        chart.notes.add(
            "no-value",
            "Observation: a pregnancy test that is neither positive nor negative",
            path,
        )
        general = next((name for name in PREGNANCY_TESTS if chart.lexicon.known(name)), None)
        if general:
            chart.finding(entry, path, general, Presence.UNKNOWN, when, meaning.written)
    elif negative is Presence.ABSENT and chart.lexicon.known(_POSITIVE):
        chart.finding(entry, path, _POSITIVE, Presence.PRESENT, when, meaning.written)
    elif chart.lexicon.known(_NEGATIVE):
        chart.finding(entry, path, _NEGATIVE, negative, when, meaning.written)


def disease_status(chart: Chart, entry: Entry, holder: dict[str, Any], path: str, usable: bool) -> None:
    """mCODE cancer disease status: worse by imaging is radiological progression; the rest is noted."""
    worse = known.CONDITION_WORSENED in chart.lexicon.meaning(holder.get("valueCodeableConcept")).codes
    evidence = [
        chart.lexicon.meaning(e.get("valueCodeableConcept")).codes
        for e in extensions(entry.resource, "disease-status-evidence-type")
    ]
    by_imaging = any(codes & known.IMAGING_EVIDENCE for codes in evidence)
    if worse and by_imaging and usable and chart.lexicon.known("RadiologicalProgression"):
        presence = of_this_tumour(chart, entry, path, Presence.PRESENT)
        chart.finding(
            entry,
            path,
            "RadiologicalProgression",
            presence,
            when_observed(chart, entry),
            "cancer disease status: worsened, by imaging",
        )
    else:
        why = "worse, but not said to be by imaging" if worse else "not worse"
        chart.notes.add("not-read", f"Observation: cancer disease status, {why}; not used", path)


def pathology(chart: Chart, entry: Entry, holder: dict[str, Any], path: str, usable: bool, meaning: Meaning) -> None:
    """A pathologist's coded answer (grade, type, differentiation) is itself the finding."""
    value = chart.lexicon.meaning(holder.get("valueCodeableConcept"))
    if not chart.is_finding(value.concept) or value.concept is None:
        chart.unknown(entry, value if value.written else meaning, "what pathology found is not used", path)
        return
    presence = of_this_tumour(chart, entry, path, Presence.PRESENT) if usable else Presence.UNKNOWN
    if chart.is_a(value.concept, NEOPLASM):
        presence = Presence.PRESENT if usable else Presence.UNKNOWN
    chart.how(entry, value, path)
    concept = _graded(chart, holder, value.concept)
    chart.finding(entry, path, concept, presence, when_observed(chart, entry), f"{meaning.written}: {value.written}")


def _graded(chart: Chart, holder: dict[str, Any], concept: str) -> str:
    """A histologic grade by the method of the WHO is the WHO grade of that number."""
    method = chart.lexicon.meaning(holder.get("method"))
    number = concept.removeprefix("HistologicGrade")
    graded = f"WHOGrade{number}"
    if number == concept or not chart.lexicon.known(graded) or not chart.is_a(graded, concept):
        return concept
    by_who = "1149430001" in method.codes or any(_BY_WHO.search(name) for name in method.names)
    return graded if by_who else concept


def of_this_tumour(chart: Chart, entry: Entry, path: str, presence: Presence) -> Presence:
    if other_tumour(chart, entry) is False:
        return presence
    chart.notes.add(
        "other-tumour",
        "Observation: of another tumour, or of one that is not named; whether it holds is unknown",
        path,
    )
    return Presence.UNKNOWN


def other_tumour(chart: Chart, entry: Entry) -> bool | None:
    """Whether an observation is of a tumour that is certainly no neuroendocrine neoplasm; None if unsure."""
    references = dicts(entry.resource.get("focus"))
    for extension in extensions(entry.resource, "related-condition"):
        references += dicts(extension.get("valueReference"))
    named = [
        chart.diagnoses[id(found)]
        for reference in references
        if (found := chart.find(reference, entry)) and id(found) in chart.diagnoses
    ]
    if named:
        if any(chart.is_a(concept, NEN) for concept in named):
            return False
        return True if all(chart.lexicon.disjoint(concept, NEN) for concept in named) else None
    tumours = [
        c
        for c in chart.diagnoses.values()
        if chart.is_a(c, NEOPLASM) and not chart.is_a(c, NEN) and not chart.is_a(NEN, c)
    ]
    return None if tumours else False
