"""The latest value: records of one exact day speak each for itself, otherwise all that may be the latest as one."""

from __future__ import annotations

import pytest
from spec_programs import Knowledge
from spec_records import TODAY, measured, scanned

RULES = """
# ── I1 ──
#: says hemoglobin above 90
met(P, 'SPEC', 'I1') <= latest(P, 'Hemoglobin', Low, _) & (Low > 90)
unmet(P, 'SPEC', 'I1') <= latest(P, 'Hemoglobin', _, High) & (High <= 90)

# ── I2 ──
#: says uptake above the liver on 68Ga-DOTATATE PET/CT
met(P, 'SPEC', 'I2') <= latest(P, 'Ga68DotatatePETCT', Low, _) & (Low >= 3)
unmet(P, 'SPEC', 'I2') <= latest(P, 'Ga68DotatatePETCT', _, High) & (High < 3)
"""

ANYTHING = ("-inf", "inf")

# hemoglobins in g/L by date, the intervals of the latest value, status of "above 90"
TABLE = [
    # no record, one record
    ([], [], "unknown"),
    ([("95", "2026-11-10")], [("95", "95")], "met"),
    ([("85", "2026-11-10")], [("85", "85")], "unmet"),
    ([("95", "2026-11")], [("95", "95")], "met"),
    ([("80-100", "2026-11-10")], [("80", "100")], "unknown"),
    # an older record counts for nothing
    ([("95", "2026-11-10"), ("85", "2026-11-09")], [("95", "95")], "met"),
    ([("85", "2026-11-10"), ("95", "2026-11-09")], [("85", "85")], "unmet"),
    ([("95", "2026-11-01"), ("85", "2026-10")], [("95", "95")], "met"),
    ([("95", "2026-11"), ("85", "2026-10")], [("95", "95")], "met"),
    ([("95", "2026-11"), ("85", "2026-10-31")], [("95", "95")], "met"),
    ([("95", TODAY), ("85", "2026-11-19"), ("80", "2026-11-18")], [("95", "95")], "met"),
    # of one exact day each speaks for itself
    ([("95", "2026-11-10"), ("92", "2026-11-10")], [("92", "92"), ("95", "95")], "met"),
    ([("85", "2026-11-10"), ("90", "2026-11-10")], [("85", "85"), ("90", "90")], "unmet"),
    ([("95", "2026-11-10"), ("85", "2026-11-10")], [("85", "85"), ("95", "95")], "conflicting"),
    ([("95", "2026-11-10"), ("80-100", "2026-11-10")], [("80", "100"), ("95", "95")], "met"),
    ([("85", "2026-11-10"), ("80-100", "2026-11-10")], [("80", "100"), ("85", "85")], "unmet"),
    ([("95", "2026-11-10"), ("95", "2026-11-10")], [("95", "95")], "met"),
    ([("95", "2026-11-10"), ("85", "2026-11-10"), ("60", "2026-11-09")], [("85", "85"), ("95", "95")], "conflicting"),
    # where the day of the latest is unsure, the candidates are one interval
    ([("95", "2026-11"), ("92", "2026-11-10")], [("92", "95")], "met"),
    ([("80", "2026-11"), ("85", "2026-11-10")], [("80", "85")], "unmet"),
    ([("95", "2026-11"), ("85", "2026-11-10")], [("85", "95")], "unknown"),
    ([("85", "2026-11"), ("95", "2026-11-10")], [("85", "95")], "unknown"),
    ([("95", "2026-11"), ("85", "2026-11")], [("85", "95")], "unknown"),
    ([("95", "2026-11"), ("85", "2026-11-01")], [("85", "95")], "unknown"),
    ([("95", "2026-11"), ("85", TODAY)], [("85", "95")], "unknown"),
    ([("95", "2026-10"), ("85", "2026-10-31")], [("85", "95")], "unknown"),
    ([("95", "2026"), ("85", "2026-11-10"), ("80", "2026-10-10")], [("85", "95")], "unknown"),
    ([("95", "2026-11"), ("93", "2026-11-10"), ("80", "2026-10-31")], [("93", "95")], "met"),
    ([("95", "2026-11"), ("85", "2026-11-10"), ("95", "2026-11-10")], [("85", "95")], "unknown"),
    ([("70-80", "2026-11"), ("85", "2026-11-10")], [("70", "85")], "unmet"),
    ([("> 100", "2026-11"), ("95", "2026-11-10")], [("95", "inf")], "met"),
]


@pytest.mark.parametrize(("values", "intervals", "status"), TABLE)
def test_latest(kb: Knowledge, values: list[tuple[str, str]], intervals: list[tuple[str, str]], status: str) -> None:
    """Records of one exact latest day agree or conflict; where the day is unsure, disagreement leaves it unknown."""
    records = [measured("hemoglobin", f"{value} g/L", when) for value, when in values]
    assert kb.answers("latest(P, 'Hemoglobin', Low, High)", *records) == set(intervals)
    assert kb.status("I1", *records) == status
    assert kb.status("I1", *reversed(records)) == status


# hemoglobins by date, one of them unreadable, the intervals of the latest value, status of "above 90"
UNUSABLE = [
    ([("unknown", "2026-11-10")], [ANYTHING], "unknown"),
    ([("unknown", "2026-11-10"), ("95 g/L", "2026-11-09")], [ANYTHING], "unknown"),
    ([("unknown", "2026-11-09"), ("95 g/L", "2026-11-10")], [("95", "95")], "met"),
    ([("unknown", "2026-11"), ("95 g/L", "2026-11-10")], [ANYTHING], "unknown"),
    ([("unknown", "2026-11-10"), ("95 g/L", "2026-11")], [ANYTHING], "unknown"),
    ([("unknown", "2026-11-10"), ("95 g/L", "2026-11-10")], [ANYTHING, ("95", "95")], "met"),
]


@pytest.mark.parametrize(("values", "intervals", "status"), UNUSABLE)
def test_a_value_that_cannot_be_used(
    kb: Knowledge, values: list[tuple[str, str]], intervals: list[tuple[str, str]], status: str
) -> None:
    """A value that cannot be read could be anything, and is never skipped for an older one."""
    records = [measured("hemoglobin", value, when) for value, when in values]
    assert kb.answers("latest(P, 'Hemoglobin', Low, High)", *records) == set(intervals)
    assert kb.status("I1", *records) == status


THIS = "68Ga-DOTATATE PET/CT"
FAMILY = "SSTR imaging"
OTHER = "68Ga-DOTATOC PET/CT"

# scans with Krenning scores by date, the intervals of the latest 68Ga-DOTATATE PET/CT, status of "at least 3"
SCANS = [
    ([(THIS, "4", "2026-10-01")], [("4", "4")], "met"),
    ([(THIS, "2", "2026-10-01")], [("2", "2")], "unmet"),
    ([(THIS, "2-3", "2026-10-01")], [("2", "3")], "unknown"),
    ([(THIS, None, "2026-10-01")], [ANYTHING], "unknown"),
    ([(THIS, None, "2026-10-01"), (THIS, "4", "2026-09-01")], [ANYTHING], "unknown"),
    # a scan too general to be told apart could be this one, with any score
    ([(FAMILY, "4", "2026-10-01")], [ANYTHING], "unknown"),
    ([(FAMILY, "4", "2026-10-01"), (THIS, "4", "2026-09-01")], [ANYTHING], "unknown"),
    ([(FAMILY, "0", "2026-09-01"), (THIS, "4", "2026-10-01")], [("4", "4")], "met"),
    ([(FAMILY, "0", "2026-10"), (THIS, "4", "2026-10-01")], [ANYTHING], "unknown"),
    # a scan that cannot be this one says nothing
    ([(OTHER, "0", "2026-10-01")], [], "unknown"),
    ([(OTHER, "0", "2026-10-01"), (THIS, "4", "2026-09-01")], [("4", "4")], "met"),
    ([("CT", None, "2026-10-01"), (THIS, "4", "2026-09-01")], [("4", "4")], "met"),
]


@pytest.mark.parametrize(("scans", "intervals", "status"), SCANS)
def test_scans(
    kb: Knowledge, scans: list[tuple[str, str | None, str]], intervals: list[tuple[str, str]], status: str
) -> None:
    """A scan without a score, or one that may be the scan in question, could show anything and is not skipped."""
    records = [scanned(procedure, krenning, when) for procedure, krenning, when in scans]
    assert kb.answers("latest(P, 'Ga68DotatatePETCT', Low, High)", *records) == set(intervals)
    assert kb.status("I2", *records) == status
