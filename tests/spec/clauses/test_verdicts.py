"""The verdict of a trial: what surely keeps the patient out, then what is open, then eligible."""

from __future__ import annotations

from itertools import product

import pytest
from spec_programs import Logic, evidence_rules

RULES = {
    "SPEC": f"""
{evidence_rules("I1")}
# ── I2 ──
#: any I2a I2b
{evidence_rules("I2a", "I2b")}
#: section exclusion
{evidence_rules("E1")}
# ── E2 ──
#: all E2a E2b
{evidence_rules("E2a", "E2b")}
""",
    "OTHER": evidence_rules("I7", trial="OTHER"),
}

CLEAR = {"I1": "met", "I2a": "met", "I2b": "met", "E1": "unmet", "E2a": "unmet", "E2b": "unmet"}
"""A patient whom nothing keeps out of SPEC."""

STATUSES = ("met", "unmet", "conflicting", "unknown")

# the inclusion, the exclusion, the verdict; everything else is clear
TABLE = [
    ("met", "unmet", "eligible"),
    ("met", "unknown", "undetermined"),
    ("met", "conflicting", "undetermined"),
    ("met", "met", "ineligible"),
    ("unknown", "unmet", "undetermined"),
    ("unknown", "unknown", "undetermined"),
    ("unknown", "conflicting", "undetermined"),
    ("unknown", "met", "ineligible"),
    ("conflicting", "unmet", "undetermined"),
    ("conflicting", "unknown", "undetermined"),
    ("conflicting", "conflicting", "undetermined"),
    ("conflicting", "met", "ineligible"),
    ("unmet", "unmet", "ineligible"),
    ("unmet", "unknown", "ineligible"),
    ("unmet", "conflicting", "ineligible"),
    ("unmet", "met", "ineligible"),
]


def test_the_table_is_complete(logic: Logic) -> None:
    """An inclusion and an exclusion of four statuses each make sixteen rows, every one of which the table decides."""
    assert sorted(row[:2] for row in TABLE) == sorted(product(STATUSES, repeat=2))
    assert logic.verdict(CLEAR) == "eligible"


@pytest.mark.parametrize(("inclusion", "exclusion", "verdict"), TABLE)
def test_verdict(logic: Logic, inclusion: str, exclusion: str, verdict: str) -> None:
    """A patient is ineligible if a clause surely fails, else undetermined if one is open, else eligible."""
    assert logic.outcomes({**CLEAR, "I1": inclusion, "E1": exclusion})[1]["SPEC"] == {verdict}


# statuses of some parts, the verdict; everything else is clear
PARTS = [
    ({"I2a": "unmet"}, "eligible"),
    ({"I2a": "unknown"}, "eligible"),
    ({"I2a": "conflicting"}, "eligible"),
    ({"I2a": "unmet", "I2b": "unknown"}, "undetermined"),
    ({"I2a": "unmet", "I2b": "unmet"}, "ineligible"),
    ({"E2a": "met"}, "eligible"),
    ({"E2a": "unknown"}, "eligible"),
    ({"E2a": "met", "E2b": "unknown"}, "undetermined"),
    ({"E2a": "met", "E2b": "conflicting"}, "undetermined"),
    ({"E2a": "met", "E2b": "met"}, "ineligible"),
]


@pytest.mark.parametrize(("statuses", "verdict"), PARTS)
def test_only_whole_clauses_count(logic: Logic, statuses: dict[str, str], verdict: str) -> None:
    """A part that fails or is open counts through its clause only."""
    assert logic.verdict({**CLEAR, **statuses}) == verdict


@pytest.mark.parametrize(
    ("other", "verdict"), [("met", "eligible"), ("unmet", "ineligible"), ("unknown", "undetermined")]
)
def test_trials_are_judged_apart(logic: Logic, other: str, verdict: str) -> None:
    """The verdict of one trial does not depend on another trial."""
    assert logic.verdict({**CLEAR, "I7": other}) == "eligible"
    assert logic.verdict({**CLEAR, "I7": other}, "OTHER") == verdict


def test_one_failure_outweighs_everything_open(logic: Logic) -> None:
    """A clause that surely fails decides, however many others are open."""
    opened = dict.fromkeys(CLEAR, "unknown")
    assert logic.verdict(opened) == "undetermined"
    assert logic.verdict({**opened, "E1": "met"}) == "ineligible"
    assert logic.verdict({**opened, "I1": "unmet"}) == "ineligible"
