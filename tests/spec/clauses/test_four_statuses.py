"""Four statuses: evidence for a clause and evidence against it are looked for separately."""

from __future__ import annotations

import pytest
from spec_programs import EVIDENCE, Logic, evidence_rules

RULES = f"""
{evidence_rules("I1", "I2")}
#: section exclusion
{evidence_rules("E1")}
"""

# evidence for, evidence against, status
TABLE = [
    (True, False, "met"),
    (False, True, "unmet"),
    (True, True, "conflicting"),
    (False, False, "unknown"),
]


@pytest.mark.parametrize("clause", ["I1", "E1"])
@pytest.mark.parametrize(("speaks_for", "speaks_against", "status"), TABLE)
def test_status(logic: Logic, clause: str, speaks_for: bool, speaks_against: bool, status: str) -> None:
    """Evidence for a clause alone makes it met, against it alone unmet, both conflicting, neither unknown."""
    assert EVIDENCE[status] == (speaks_for, speaks_against)
    assert logic.outcomes({clause: status})[0][clause] == {status}


def test_an_exclusion_is_met_when_its_sentence_is_true(logic: Logic) -> None:
    """Met means that the sentence is true of the patient, for an exclusion too, where it is bad news."""
    assert logic.status("E1", {"I1": "met", "I2": "met", "E1": "met"}) == "met"
    assert logic.verdict({"I1": "met", "I2": "met", "E1": "met"}) == "ineligible"


@pytest.mark.parametrize("other", ["met", "unmet", "conflicting", "unknown"])
def test_a_clause_stands_for_itself(logic: Logic, other: str) -> None:
    """The status of one clause never depends on the status of another."""
    assert logic.status("I1", {"I1": "met", "I2": other, "E1": other}) == "met"
    assert logic.status("I1", {"I1": "unknown", "I2": other, "E1": other}) == "unknown"


def test_every_clause_has_exactly_one_status(logic: Logic) -> None:
    """Each clause has one status, also of a patient of whom nothing is known."""
    statuses, verdicts = logic.outcomes({})
    assert statuses == {"I1": {"unknown"}, "I2": {"unknown"}, "E1": {"unknown"}}
    assert verdicts == {"SPEC": {"undetermined"}}
