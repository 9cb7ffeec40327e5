"""Limits of normal: a result as a multiple of its upper limit, and a result inside its reference range."""

from __future__ import annotations

import pytest
from spec_programs import Knowledge
from spec_records import measured

RULES = """
# ── I1 ──
#: says ASAT below 3 × ULN
met(P, 'SPEC', 'I1') <= latest(P, 'ASATTimesULN', _, High) & (High < 3)
unmet(P, 'SPEC', 'I1') <= latest(P, 'ASATTimesULN', Low, _) & (Low >= 3)

# ── I2 ──
#: says prothrombin time within its reference range
met(P, 'SPEC', 'I2') <= latest(P, 'ProthrombinTimeInReferenceRange', Low, _) & (Low >= 1)
unmet(P, 'SPEC', 'I2') <= latest(P, 'ProthrombinTimeInReferenceRange', _, High) & (High < 1)
"""

# ASAT, its upper limit, ends of the ratio, status of "below 3 × ULN"
RATIOS = [
    ("70 U/L", "35 U/L", ("2", "2"), "met"),
    ("104 U/L", "35 U/L", ("2.9714285", "2.9714285"), "met"),
    ("105 U/L", "35 U/L", ("3", "3"), "unmet"),
    ("106 U/L", "35 U/L", ("3.0285715", "3.0285715"), "unmet"),
    # the ratio is exact: thirds and hair's breadths fall on the right side
    ("99.999999 U/L", "33.333333 U/L", ("3", "3"), "unmet"),
    ("100 U/L", "33.333334 U/L", ("2.9999995", "2.9999995"), "met"),
    ("100 U/L", "33.333333 U/L", ("3.0000005", "3.0000005"), "unmet"),
    # value and limit may have different units: 1 µkat/L is 60 U/L
    ("1.75 ukat/L", "35 U/L", ("3", "3"), "unmet"),
    ("105 U/L", "0.6 ukat/L", ("2.9166665", "2.9166665"), "met"),
    # intervals and open ends
    ("70-105 U/L", "35 U/L", ("2", "3"), "unknown"),
    ("70-104 U/L", "35 U/L", ("2", "2.9714285"), "met"),
    ("105-140 U/L", "35 U/L", ("3", "4"), "unmet"),
    ("> 105 U/L", "35 U/L", ("3.0000005", "inf"), "unmet"),
    ("< 105 U/L", "35 U/L", ("0", "2.9999995"), "met"),
    ("<= 105 U/L", "35 U/L", ("0", "3"), "unknown"),
    ("> 70 U/L", "35 U/L", ("2.0000005", "inf"), "unknown"),
    # nothing to divide
    ("105 U/L", None, ("-inf", "inf"), "unknown"),
    ("20 U/L", None, ("-inf", "inf"), "unknown"),
    ("unknown", "35 U/L", ("-inf", "inf"), "unknown"),
]


@pytest.mark.parametrize(("value", "upper", "ends", "status"), RATIOS)
def test_multiples_of_the_upper_limit(
    kb: Knowledge, value: str, upper: str | None, ends: tuple[str, str], status: str
) -> None:
    """A multiple of the upper limit of normal is the exact ratio of a result and its own limit, if it has one."""
    record = measured("ASAT", value, upper=upper)
    assert kb.answers("latest(P, 'ASATTimesULN', Low, High)", record) == {ends}
    assert kb.status("I1", record) == status


# the newer result, its upper limit, status of "below 3 × ULN"; an older result of 70 U/L has the limit 35 U/L
NEWER = [
    ("105 U/L", "35 U/L", "unmet"),
    ("105 U/L", "40 U/L", "met"),
    ("105 U/L", None, "unknown"),
    ("20 U/L", None, "unknown"),
]


@pytest.mark.parametrize(("value", "upper", "status"), NEWER)
def test_the_limit_belongs_to_its_result(kb: Knowledge, value: str, upper: str | None, status: str) -> None:
    """A result without a limit borrows none from another result, nor is it skipped for an older one that has one."""
    older = measured("ASAT", "70 U/L", "2026-09-01", upper="35 U/L")
    assert kb.status("I1", older, measured("ASAT", value, "2026-10-01", upper=upper)) == status


# prothrombin time, lower limit, upper limit, status of "within its reference range"
RANGES = [
    ("12 s", "10 s", "14 s", "met"),
    ("10 s", "10 s", "14 s", "met"),
    ("14 s", "10 s", "14 s", "met"),
    ("9.999999 s", "10 s", "14 s", "unmet"),
    ("14.000001 s", "10 s", "14 s", "unmet"),
    ("11-13 s", "10 s", "14 s", "met"),
    ("13-15 s", "10 s", "14 s", "unknown"),
    ("15-16 s", "10 s", "14 s", "unmet"),
    ("> 14 s", "10 s", "14 s", "unmet"),
    (">= 14 s", "10 s", "14 s", "unknown"),
    ("< 10 s", "10 s", "14 s", "unmet"),
    ("12 s", None, "14 s", "unknown"),
    ("15 s", None, "14 s", "unmet"),
    ("12 s", "10 s", None, "unknown"),
    ("9 s", "10 s", None, "unmet"),
    ("12 s", None, None, "unknown"),
    ("unknown", "10 s", "14 s", "unknown"),
]


@pytest.mark.parametrize(("value", "lower", "upper", "status"), RANGES)
def test_reference_range(kb: Knowledge, value: str, lower: str | None, upper: str | None, status: str) -> None:
    """A result is normal between its own limits, both included; one limit is enough to show that it is not."""
    assert kb.status("I2", measured("prothrombin time", value, lower=lower, upper=upper)) == status
