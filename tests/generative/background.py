"""A background: records that decide most clauses of both trials in favour of taking part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nen_kb.facts.dates import Days, months_before
from nen_kb.facts.records import Finding, Imaging, Limit, Measurement, Origin, Presence, Treatment
from nen_kb.facts.values import GRID, Span

ORIGIN = Origin("random", "record")
EXTENTS = 3
KRENNING = 4


def exactly(amount: float) -> Span:
    """An exact value, given in canonical units."""
    return Span(round(amount * GRID), round(amount * GRID))


def background(today: int) -> list[Any]:
    """The records, dated back from ``today``; add sex, birth date, arm, declarations for an eligible patient."""
    recent, spring = Days(today - 5, today - 5), Days(months_before(today, 2), months_before(today, 2))
    once = Days(months_before(today, 30), months_before(today, 30))
    make: list[Callable[[str], Any]] = []

    def finding(name: str, presence: Presence, when: Days) -> None:
        make.append(lambda identity: Finding(identity, name, presence, when, ORIGIN))

    for name in ("PancreaticNeuroendocrineTumorG2", "HistologicallyConfirmed", "LiverMetastases"):
        finding(name, Presence.PRESENT, once)
    for name in ("RadiologicalProgression", "MeasurableDisease"):
        finding(name, Presence.PRESENT, spring)
    for name in (
        "WrittenInformedConsent",
        "InoperableDisease",
        "ProgressionConfirmedByMultidisciplinaryConference",
        "PRRTTreatmentOfChoice",
        "Cytoreduction90PercentAchievable",
        "EffectiveNonHormonalContraception",
        "HighlyEffectiveContraception",
        "NegativePregnancyTest",
    ):
        finding(name, Presence.PRESENT, recent)
    for name in (
        "Breastfeeding",
        "SSTRNegativeLesions",
        "OtherSeriousUncontrolledCondition",
        "UnwillingOrUnableToParticipate",
    ):
        finding(name, Presence.ABSENT, recent)
    limited = {"ASAT": (40, 35), "ALAT": (30, 45), "TotalBilirubin": (9, 25), "FastingGlucose": (5.8, 6.3)}
    plain = {
        "ECOGPerformanceStatus": 1, "Ki67Index": 8, "Hemoglobin": 121, "Platelets": 182, "Leukocytes": 5.6,
        "Neutrophils": 3.2, "Albumin": 38, "INR": 1.1, "Creatinine": 68, "CystatinC": 0.92, "BodyWeight": 64,
        "BodyHeight": 167, "LiverTumorBurden": 25,
    }  # fmt: skip

    def measurement(name: str, amount: float, limit: float | None) -> None:
        upper = Limit(exactly(limit), "") if limit else None
        make.append(lambda identity: Measurement(identity, name, exactly(amount), "", recent, ORIGIN, upper))

    for name, amount in plain.items():
        measurement(name, amount, None)
    for name, (amount, limit) in limited.items():
        measurement(name, amount, limit)
    scan = exactly(KRENNING)
    make.append(lambda identity: Imaging(identity, "Ga68DotatatePETCT", spring, ORIGIN, scan, exactly(EXTENTS)))
    ended = Days(months_before(today, 15), months_before(today, 15))
    make.append(lambda identity: Treatment(identity, "Lanreotide", once, ended, ORIGIN))
    return [each(f"b{number}") for number, each in enumerate(make)]
