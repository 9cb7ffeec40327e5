"""Treatments have a first and a last day: an ongoing one ends in the far future, an unknown end may be any day."""

from __future__ import annotations

import pytest
from spec_programs import Knowledge
from spec_records import treated

RULES = """
# ── I1 ──
#: says the treatment ended at least 28 days before the planned start
met(P, 'SPEC', 'I1') <= everolimus_until(P, _, To) & last_day(P, Day) & (To <= Day)
unmet(P, 'SPEC', 'I1') <= everolimus_until(P, From, _) & last_day(P, Day) & (From > Day)

last_day(P, Day) <= planned_start(P, Start) & days_before(Start, 28, Day)

everolimus_until(P, From, To) <= treatment(P, E, X) & isa(X, 'Everolimus') & ended(P, E, From, To)

# ── I2 ──
#: says the treatment is still going on
met(P, 'SPEC', 'I2') <= everolimus_until(P, From, _) & index_day(P, Day) & (From >= Day)
unmet(P, 'SPEC', 'I2') <= everolimus_until(P, _, To) & index_day(P, Day) & (To < Day)

# ── I3 ──
#: says the treatment was ever given
met(P, 'SPEC', 'I3') <= ever(P, 'Everolimus')
unmet(P, 'SPEC', 'I3') <= never(P, 'Everolimus')
"""

FOREVER = "9999-12-31"

# course, first and last possible day of the end, status of "ended 28 days before", status of "still going on"
ENDS = [
    # a known last day; 28 days before the index day is 23 October
    ({"started": "2026-01", "ended": "2026-10-22"}, ("2026-10-22", "2026-10-22"), "met", "unmet"),
    ({"started": "2026-01", "ended": "2026-10-23"}, ("2026-10-23", "2026-10-23"), "met", "unmet"),
    ({"started": "2026-01", "ended": "2026-10-24"}, ("2026-10-24", "2026-10-24"), "unmet", "unmet"),
    ({"started": "2026-01", "ended": "2026-11-20"}, ("2026-11-20", "2026-11-20"), "unmet", "met"),
    # a partial one
    ({"started": "2026-01", "ended": "2026-09"}, ("2026-09-01", "2026-09-30"), "met", "unmet"),
    ({"started": "2026-01", "ended": "2026-10"}, ("2026-10-01", "2026-10-31"), "unknown", "unmet"),
    ({"started": "2026-01", "ended": "2026-11"}, ("2026-11-01", "2026-11-20"), "unmet", "unknown"),
    ({"started": "2026-01", "ended": "2026"}, ("2026-01-01", "2026-11-20"), "unknown", "unknown"),
    ({"started": "2026-10-15", "ended": "2026-10"}, ("2026-10-15", "2026-10-31"), "unknown", "unmet"),
    ({"started": "2026-10-24", "ended": "2026-10"}, ("2026-10-24", "2026-10-31"), "unmet", "unmet"),
    ({"ended": "2026-10-01"}, ("2026-10-01", "2026-10-01"), "met", "unmet"),
    # done in one day
    ({"date": "2026-10-23"}, ("2026-10-23", "2026-10-23"), "met", "unmet"),
    ({"date": "2026-10-24"}, ("2026-10-24", "2026-10-24"), "unmet", "unmet"),
    ({"date": "2026-10"}, ("2026-10-01", "2026-10-31"), "unknown", "unmet"),
    # ongoing on the index day
    ({"started": "2026-01", "ongoing": True}, (FOREVER, FOREVER), "unmet", "met"),
    ({"ongoing": True}, (FOREVER, FOREVER), "unmet", "met"),
    # an end that is not known
    ({"started": "2025-01-01"}, ("2025-01-01", FOREVER), "unknown", "unknown"),
    ({"started": "2026-10-24"}, ("2026-10-24", FOREVER), "unmet", "unknown"),
    ({"started": "2026-11-20"}, ("2026-11-20", FOREVER), "unmet", "met"),
    # not ongoing on the index day, no end given: any day since the start and before the index day
    ({"started": "2025-01-01", "ongoing": False}, ("2025-01-01", "2026-11-19"), "unknown", "unmet"),
    ({"started": "2026-10-24", "ongoing": False}, ("2026-10-24", "2026-11-19"), "unmet", "unmet"),
    # an end after the index day: on that day the treatment is going on
    ({"started": "2026-01", "ended": "2026-12-31"}, ("2026-11-20", FOREVER), "unmet", "met"),
]


@pytest.mark.parametrize(("course", "end", "washed_out", "ongoing"), ENDS)
def test_ends(
    kb: Knowledge, course: dict[str, str | bool], end: tuple[str, str], washed_out: str, ongoing: str
) -> None:
    """An end is an interval of days: an ongoing treatment ends in the far future, an unknown end may be any day."""
    record = treated("everolimus", **course)
    assert kb.answers("ended(P, _, From, To)", record) == {end}
    assert kb.status("I1", record) == washed_out
    assert kb.status("I2", record) == ongoing


@pytest.mark.parametrize("course", [row[0] for row in ENDS])
def test_a_treatment_that_began_was_given(kb: Knowledge, course: dict[str, str | bool]) -> None:
    """A treatment begun on or before the index day was given, whatever is known of its end."""
    assert kb.status("I3", treated("everolimus", **course)) == "met"


# last day, planned start, status of "ended 28 days before the planned start"
STARTS = [
    ("2026-11-02", "2026-11-30", "met"),
    ("2026-11-03", "2026-11-30", "unmet"),
    ("2026-11", "2026-11-30", "unknown"),
    ("2026-11", "2026-12-18", "met"),
    ("2026-11", "2026-12-17", "unknown"),
    ("2026-11-20", "2026-12-18", "met"),
    ("2026-11-20", "2026-12-17", "unmet"),
]


@pytest.mark.parametrize(("ended", "planned", "status"), STARTS)
def test_washout_counts_from_the_planned_start(kb: Knowledge, ended: str, planned: str, status: str) -> None:
    """A washout is measured back from the planned start of study treatment, and an end is cut at the index day only."""
    assert kb.status("I1", treated("everolimus", started="2026-01", ended=ended), planned_start=planned) == status


# last day, later day judged, status of "ended 28 days before the planned start" on it
LATER = [
    ("2026-11-01", "2026-11-28", "unmet"),
    ("2026-11-01", "2026-11-29", "met"),
    ("2026-11", "2026-12-17", "unknown"),
    ("2026-11", "2026-12-18", "met"),
]


@pytest.mark.parametrize(("ended", "day", "status"), LATER)
def test_time_alone_washes_out(kb: Knowledge, ended: str, day: str, status: str) -> None:
    """When a later day is judged, the start moves with it and an old end lies further back."""
    assert kb.status("I1", treated("everolimus", started="2026-01", ended=ended), on=day) == status


def test_an_ongoing_treatment_never_washes_out(kb: Knowledge) -> None:
    """A treatment that is ongoing on the index day is ongoing on every later day that is judged."""
    assert kb.status("I1", treated("everolimus", started="2026-01", ongoing=True), on="2028-11-20") == "unmet"
    assert kb.status("I1", treated("everolimus", started="2026-01"), on="2028-11-20") == "unknown"
