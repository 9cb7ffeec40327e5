"""The highest value of the latest day, and any value of it: for specimens and lesions, which do not disagree."""

from __future__ import annotations

import pytest
from spec_programs import Knowledge
from spec_records import measured

RULES = """
# ── I1 ──
#: says the highest Ki-67 above 20
met(P, 'SPEC', 'I1') <= highest(P, 'Ki67Index', Low, _) & (Low > 20)
unmet(P, 'SPEC', 'I1') <= highest(P, 'Ki67Index', _, High) & (High <= 20)

# ── I2 ──
#: says some lesion of at least 10 mm
met(P, 'SPEC', 'I2') <= highest(P, 'LongestLesionDiameter', Low, _) & (Low >= 10)
unmet(P, 'SPEC', 'I2') <= highest(P, 'LongestLesionDiameter', _, High) & (High < 10)

# ── I3 ──
#: says the latest Ki-67 above 20
met(P, 'SPEC', 'I3') <= latest(P, 'Ki67Index', Low, _) & (Low > 20)
unmet(P, 'SPEC', 'I3') <= latest(P, 'Ki67Index', _, High) & (High <= 20)
"""

# Ki-67 indices in per cent by date, the highest, status of "the highest above 20", status of "the latest above 20"
TABLE = [
    ([], None, "unknown", "unknown"),
    ([("15", "2026-05-10")], ("15", "15"), "unmet", "unmet"),
    ([("25", "2026-05-10")], ("25", "25"), "met", "met"),
    ([("20", "2026-05-10")], ("20", "20"), "unmet", "unmet"),
    ([("3-20", "2026-05-10")], ("3", "20"), "unmet", "unmet"),
    ([("15-25", "2026-05-10")], ("15", "25"), "unknown", "unknown"),
    # several specimens of one day: the highest, where latest would find a conflict
    ([("5", "2026-05-10"), ("25", "2026-05-10")], ("25", "25"), "met", "conflicting"),
    ([("5", "2026-05-10"), ("15", "2026-05-10")], ("15", "15"), "unmet", "unmet"),
    ([("5-15", "2026-05-10"), ("10-12", "2026-05-10")], ("10", "15"), "unmet", "unmet"),
    ([("5-30", "2026-05-10"), ("10-12", "2026-05-10")], ("10", "30"), "unknown", "unmet"),
    ([("5-30", "2026-05-10"), ("25", "2026-05-10")], ("25", "30"), "met", "met"),
    ([("> 20", "2026-05-10"), ("5", "2026-05-10")], ("20.0000005", "inf"), "met", "conflicting"),
    # an older, higher one counts for nothing
    ([("5", "2026-05-10"), ("25", "2026-05-09")], ("5", "5"), "unmet", "unmet"),
    ([("5", "2026-05"), ("25", "2026-04")], ("5", "5"), "unmet", "unmet"),
    # where the day of the latest is unsure, the candidates are one interval
    ([("5", "2026-05"), ("25", "2026-05-09")], ("5", "25"), "unknown", "unknown"),
    ([("25", "2026-05"), ("30", "2026-05-09")], ("25", "30"), "met", "met"),
    ([("5", "2026-05"), ("15", "2026-05-09")], ("5", "15"), "unmet", "unmet"),
]


@pytest.mark.parametrize(("values", "ends", "highest", "latest"), TABLE)
def test_highest(
    kb: Knowledge, values: list[tuple[str, str]], ends: tuple[str, str] | None, highest: str, latest: str
) -> None:
    """Of several values of one exact latest day the highest counts; where the day is unsure, all of them as one."""
    records = [measured("Ki-67 index", f"{value} %", when) for value, when in values]
    assert kb.answers("highest(P, 'Ki67Index', Low, High)", *records) == ({ends} if ends else set())
    assert kb.status("I1", *records) == highest
    assert kb.status("I3", *records) == latest


# Ki-67 indices by date, one of them unreadable, status of "the highest above 20"
UNUSABLE = [
    ([("unknown", "2026-05-10")], "unknown"),
    ([("unknown", "2026-05-10"), ("25 %", "2026-05-09")], "unknown"),
    ([("unknown", "2026-05-09"), ("25 %", "2026-05-10")], "met"),
    ([("unknown", "2026-05-10"), ("25 %", "2026-05-10")], "met"),
    ([("unknown", "2026-05-10"), ("15 %", "2026-05-10")], "unknown"),
]


@pytest.mark.parametrize(("values", "status"), UNUSABLE)
def test_a_value_that_cannot_be_used(kb: Knowledge, values: list[tuple[str, str]], status: str) -> None:
    """A value that cannot be read may be the highest of its day, and takes nothing from one that is high enough."""
    records = [measured("Ki-67 index", value, when) for value, when in values]
    assert kb.status("I1", *records) == status


# longest diameters of lesions in mm by date, status of "some lesion of at least 10 mm"
LESIONS = [
    ([("8", "2026-10-01"), ("12", "2026-10-01"), ("5", "2026-10-01")], "met"),
    ([("8", "2026-10-01"), ("9.9", "2026-10-01")], "unmet"),
    ([("8", "2026-10-01"), ("10", "2026-10-01")], "met"),
    ([("8", "2026-10-01"), ("12", "2026-09-01")], "unmet"),
    ([("8", "2026-10"), ("12", "2026-10-01")], "unknown"),
]


@pytest.mark.parametrize(("diameters", "status"), LESIONS)
def test_lesions_of_one_scan(kb: Knowledge, diameters: list[tuple[str, str]], status: str) -> None:
    """Several lesions of one scan are several lesions, not sources that disagree."""
    records = [measured("longest lesion diameter (non-nodal)", f"{value} mm", when) for value, when in diameters]
    assert kb.status("I2", *records) == status
