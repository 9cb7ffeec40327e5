"""Comparisons: a limit is met or not when it is for every value the record allows, otherwise unknown.

Two rules make a comparison: `met` asks the end of the interval that is worst for it, `unmet` the other.
"""

from __future__ import annotations

import pytest
from spec_programs import Knowledge
from spec_records import measured

RULES = """
# ── I1 ──
#: says above 90
met(P, 'SPEC', 'I1') <= latest(P, 'Hemoglobin', Low, _) & (Low > 90)
unmet(P, 'SPEC', 'I1') <= latest(P, 'Hemoglobin', _, High) & (High <= 90)

# ── I2 ──
#: says at least 90
met(P, 'SPEC', 'I2') <= latest(P, 'Hemoglobin', Low, _) & (Low >= 90)
unmet(P, 'SPEC', 'I2') <= latest(P, 'Hemoglobin', _, High) & (High < 90)

# ── I3 ──
#: says below 90
met(P, 'SPEC', 'I3') <= latest(P, 'Hemoglobin', _, High) & (High < 90)
unmet(P, 'SPEC', 'I3') <= latest(P, 'Hemoglobin', Low, _) & (Low >= 90)

# ── I4 ──
#: says at most 90
met(P, 'SPEC', 'I4') <= latest(P, 'Hemoglobin', _, High) & (High <= 90)
unmet(P, 'SPEC', 'I4') <= latest(P, 'Hemoglobin', Low, _) & (Low > 90)

# ── I5 ──
#: says exactly 90
met(P, 'SPEC', 'I5') <= latest(P, 'Hemoglobin', Low, High) & (Low >= 90) & (High <= 90)
unmet(P, 'SPEC', 'I5') <= latest(P, 'Hemoglobin', Low, _) & (Low > 90)
unmet(P, 'SPEC', 'I5') <= latest(P, 'Hemoglobin', _, High) & (High < 90)

# ── I6 ──
#: says an ECOG score of 0 or 1
met(P, 'SPEC', 'I6') <= latest(P, 'ECOGPerformanceStatus', _, High) & (High <= 1)
unmet(P, 'SPEC', 'I6') <= latest(P, 'ECOGPerformanceStatus', Low, _) & (Low > 1)
"""

CLAUSES = ("I1", "I2", "I3", "I4", "I5")

# value in g/L                       > 90       >= 90      < 90       <= 90      = 90
TABLE = [
    # one number: below, at and above the limit
    ("80",                           "unmet",   "unmet",   "met",     "met",     "unmet"),
    ("89.999999",                    "unmet",   "unmet",   "met",     "met",     "unmet"),
    ("90",                           "unmet",   "met",     "unmet",   "met",     "met"),
    ("90.0",                         "unmet",   "met",     "unmet",   "met",     "met"),
    ("90.000001",                    "met",     "met",     "unmet",   "unmet",   "unmet"),
    ("100",                          "met",     "met",     "unmet",   "unmet",   "unmet"),
    # more places than six: strictly between two numbers of six places, never rounded onto the limit
    ("89.99999999",                  "unmet",   "unmet",   "met",     "met",     "unmet"),
    ("90.00000001",                  "met",     "met",     "unmet",   "unmet",   "unmet"),
    # an interval: below, ending at, astride, beginning at, above
    ("70-80",                        "unmet",   "unmet",   "met",     "met",     "unmet"),
    ("80-90",                        "unmet",   "unknown", "unknown", "met",     "unknown"),
    ("80-100",                       "unknown", "unknown", "unknown", "unknown", "unknown"),
    ("90-100",                       "unknown", "met",     "unmet",   "unknown", "unknown"),
    ("100-110",                      "met",     "met",     "unmet",   "unmet",   "unmet"),
    ("90-90",                        "unmet",   "met",     "unmet",   "met",     "met"),
    # an open end leaves its number out
    ("> 90",                         "met",     "met",     "unmet",   "unmet",   "unmet"),
    (">= 90",                        "unknown", "met",     "unmet",   "unknown", "unknown"),
    ("< 90",                         "unmet",   "unmet",   "met",     "met",     "unmet"),
    ("<= 90",                        "unmet",   "unknown", "unknown", "met",     "unknown"),
    ("> 80",                         "unknown", "unknown", "unknown", "unknown", "unknown"),
    ("> 89.999999",                  "unknown", "unknown", "unknown", "unknown", "unknown"),
    ("> 100",                        "met",     "met",     "unmet",   "unmet",   "unmet"),
    ("< 80",                         "unmet",   "unmet",   "met",     "met",     "unmet"),
    ("< 100",                        "unknown", "unknown", "unknown", "unknown", "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), [pytest.param(row[0], row[1:], id=row[0]) for row in TABLE])
def test_a_value_against_a_limit(kb: Knowledge, value: str, expected: tuple[str, ...]) -> None:
    """A comparison is met if it holds for the whole interval, unmet if it holds nowhere in it, otherwise unknown."""
    record = measured("hemoglobin", f"{value} g/L")
    assert tuple(kb.status(clause, record) for clause in CLAUSES) == expected


@pytest.mark.parametrize("records", [(), (measured("hemoglobin", "unknown"),)], ids=["no record", "unreadable"])
def test_nothing_to_compare(kb: Knowledge, records: tuple[object, ...]) -> None:
    """Without a value, or with one that cannot be read, every comparison is unknown."""
    assert {kb.status(clause, *records) for clause in CLAUSES} == {"unknown"}


# score on a scale of whole numbers, the status of "0 or 1"
SCORES = [
    ("0", "met"),
    ("1", "met"),
    ("2", "unmet"),
    ("0-1", "met"),
    ("1-2", "unknown"),
    ("2-3", "unmet"),
    ("> 1", "unmet"),
    (">= 1", "unknown"),
    ("< 2", "met"),
    ("<= 1", "met"),
    ("unknown", "unknown"),
]


@pytest.mark.parametrize(("value", "status"), SCORES)
def test_whole_numbers(kb: Knowledge, value: str, status: str) -> None:
    """Of a score of whole numbers, more than 1 means 2 or more, and less than 2 means 1 or less."""
    assert kb.status("I6", measured("ECOG performance status", value)) == status


# value in g/L, the ends of its interval
ENDS = [
    ("90", "90", "90"),
    ("80-100", "80", "100"),
    ("> 90", "90.0000005", "inf"),
    (">= 90", "90", "inf"),
    ("< 90", "-inf", "89.9999995"),
    ("<= 90", "-inf", "90"),
    ("90.00000001", "90.0000005", "90.0000005"),
    ("89.99999999", "89.9999995", "89.9999995"),
]


@pytest.mark.parametrize(("value", "low", "high"), ENDS)
def test_the_ends_of_an_interval(kb: Knowledge, value: str, low: str, high: str) -> None:
    """A seventh decimal place of 5 means strictly between two numbers of six places, as an open end is."""
    record = measured("hemoglobin", f"{value} g/L")
    assert kb.answers("latest(P, 'Hemoglobin', Low, High)", record) == {(low, high)}
