"""The tolerance for declarations: one number of the policy, here seven days where the shipped policy grants none."""

from __future__ import annotations

import pytest
from spec_programs import Knowledge
from spec_records import Entry, complete, found, treated

RULES = """
# ── I1 ──
#: says ascites
met(P, 'SPEC', 'I1') <= present(P, 'Ascites')
unmet(P, 'SPEC', 'I1') <= none(P, 'Ascites')

# ── I2 ──
#: says PRRT ever
met(P, 'SPEC', 'I2') <= ever(P, 'PRRT')
unmet(P, 'SPEC', 'I2') <= never(P, 'PRRT')
"""

TOLERANCE = 7

# declared complete as of, status of both clauses with nothing on record; the index day is 20 November
TABLE = [
    ("2026-11-20", "unmet"),
    ("2026-11-19", "unmet"),
    ("2026-11-13", "unmet"),
    ("2026-11-12", "unknown"),
    ("2025-11-13", "unknown"),
]


@pytest.mark.parametrize(("as_of", "status"), TABLE)
def test_a_declaration_within_the_tolerance(kb: Knowledge, as_of: str, status: str) -> None:
    """A declaration at most as many days old as the policy tolerates still closes its domain."""
    assert kb.status("I1", complete("conditions", as_of)) == status
    assert kb.status("I2", complete("treatments", as_of)) == status


@pytest.mark.parametrize("day", ["2026-11-21", "2027-05-01"])
@pytest.mark.parametrize(("as_of", "status"), TABLE)
def test_on_a_later_day(kb: Knowledge, as_of: str, status: str, day: str) -> None:
    """A declaration that is carried along to a later day is as old on that day as on the index day."""
    assert kb.status("I1", complete("conditions", as_of), on=day) == status


# a record of the days between declaration and index day, clause, status
BETWEEN = [
    (found("ascites", "2026-11-18"), "I1", "met"),
    (treated("177Lu-DOTATATE", date="2026-11-18"), "I2", "met"),
    (treated("systemic antitumor treatment", date="2026-11-18"), "I2", "unknown"),
]


@pytest.mark.parametrize(("record", "clause", "status"), BETWEEN)
def test_tolerance_does_not_hide_records(kb: Knowledge, record: Entry, clause: str, status: str) -> None:
    """What is on record after the day of a tolerated declaration counts as any record does."""
    declared = (complete("conditions", "2026-11-15"), complete("treatments", "2026-11-15"))
    assert kb.status(clause, record, *declared) == status


def test_the_tolerance_is_one_number(kb: Knowledge) -> None:
    """The tolerance is one number, and it stands in the policy."""
    holders = {rule.place.file for rule in kb.program.rules if rule.head.predicate == "completeness_tolerance"}
    assert holders == {"policy.dl"}
    assert kb.answers("completeness_tolerance(N)") == {(str(TOLERANCE),)}
