"""Ages: completed years on the day judged; a partial birth date is an interval of ages."""

from __future__ import annotations

import pytest
from spec_programs import Knowledge

RULES = """
# ── I1 ──
#: says at least 18 years old
met(P, 'SPEC', 'I1') <= age(P, Low, _) & (Low >= 18)
unmet(P, 'SPEC', 'I1') <= age(P, _, High) & (High < 18)
"""

# born, day judged, least and greatest age, status of "at least 18 years"
AGES = [
    ("2008-11-20", "2026-11-20", ("18", "18"), "met"),
    ("2008-11-21", "2026-11-20", ("17", "17"), "unmet"),
    ("2008-11-21", "2026-11-21", ("18", "18"), "met"),
    ("1961-04-02", "2026-11-20", ("65", "65"), "met"),
    ("1961-12-02", "2026-11-20", ("64", "64"), "met"),
    ("2026-11-20", "2026-11-20", ("0", "0"), "unmet"),
    # born on 29 February: the birthday of common years is 1 March
    ("2008-02-29", "2026-02-28", ("17", "17"), "unmet"),
    ("2008-02-29", "2026-03-01", ("18", "18"), "met"),
    ("2004-02-29", "2024-02-28", ("19", "19"), "met"),
    ("2004-02-29", "2024-02-29", ("20", "20"), "met"),
    # only month or year of birth
    ("2008-10", "2026-11-20", ("18", "18"), "met"),
    ("2008-11", "2026-11-20", ("17", "18"), "unknown"),
    ("2008-11", "2026-11-30", ("18", "18"), "met"),
    ("2008-12", "2026-11-20", ("17", "17"), "unmet"),
    ("2007", "2026-11-20", ("18", "19"), "met"),
    ("2008", "2026-11-20", ("17", "18"), "unknown"),
    ("2008", "2026-12-31", ("18", "18"), "met"),
    ("2009", "2026-11-20", ("16", "17"), "unmet"),
    ("2008-02", "2026-02-28", ("17", "18"), "unknown"),
    ("2008-02", "2026-03-01", ("18", "18"), "met"),
]


@pytest.mark.parametrize(("born", "today", "ages", "status"), AGES)
def test_completed_years(kb: Knowledge, born: str, today: str, ages: tuple[str, str], status: str) -> None:
    """An age is the number of completed years, for the last and for the first day on which the patient may be born."""
    assert kb.answers("age(P, Low, High)", born=born, index_date=today) == {ages}
    assert kb.status("I1", born=born, index_date=today) == status


def test_without_a_birth_date(kb: Knowledge) -> None:
    """Without a birth date there is no age, and nothing about it is known."""
    assert kb.answers("age(P, Low, High)") == set()
    assert kb.status("I1") == "unknown"


# born, index day, later day judged, status on the index day, status on the later day
LATER = [
    ("2008-11-21", "2026-11-20", "2026-11-21", "unmet", "met"),
    ("2008-12", "2026-11-20", "2026-12-01", "unmet", "unknown"),
    ("2008-12", "2026-11-20", "2026-12-31", "unmet", "met"),
    ("2008-02-29", "2026-02-27", "2026-02-28", "unmet", "unmet"),
    ("2008-02-29", "2026-02-27", "2026-03-01", "unmet", "met"),
]


@pytest.mark.parametrize(("born", "today", "later", "now", "then"), LATER)
def test_age_on_a_later_day(kb: Knowledge, born: str, today: str, later: str, now: str, then: str) -> None:
    """When a later day is judged, the patient is as old as on that day."""
    assert kb.status("I1", born=born, index_date=today) == now
    assert kb.status("I1", born=born, index_date=today, on=later) == then
