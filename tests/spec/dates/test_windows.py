"""Windows: so many days, months or years back from a day; dates are compared with the day that is reached."""

from __future__ import annotations

import pytest
from spec_programs import Knowledge
from spec_records import TODAY, found

RULES = """
# ── I1 ──
#: says a finding on or after the day twelve months before the index day
met(P, 'SPEC', 'I1') <= index_day(P, Today) & months_before(Today, 12, Since) \\
    & found(P, E, X) & isa(X, 'RadiologicalProgression') & dated(P, E, From, _) & (From >= Since)
unmet(P, 'SPEC', 'I1') <= found(P, _, X) & isa(X, 'RadiologicalProgression') & ~maybe_recent(P)

maybe_recent(P) <= index_day(P, Today) & months_before(Today, 12, Since) \\
    & found(P, E, X) & overlaps(X, 'RadiologicalProgression') & dated(P, E, _, To) & (To >= Since)
"""

# day, days, the day that many days earlier
DAYS = [
    ("2026-11-20", 0, "2026-11-20"),
    ("2026-11-20", 1, "2026-11-19"),
    ("2026-11-20", 28, "2026-10-23"),
    ("2026-03-28", 28, "2026-02-28"),
    ("2024-03-28", 28, "2024-02-29"),
    ("2026-01-07", 7, "2025-12-31"),
    ("2026-11-20", 365, "2025-11-20"),
    ("2024-11-20", 365, "2023-11-21"),
]


@pytest.mark.parametrize(("day", "days", "earlier"), DAYS)
def test_days(kb: Knowledge, day: str, days: int, earlier: str) -> None:
    """A week is seven days and four weeks are 28, whatever the month."""
    question = f"index_day(P, Today) & days_before(Today, {days}, Earlier)"
    assert kb.answers(question, index_date=day) == {(day, earlier)}


# day, months, the same day of the month that many months earlier
MONTHS = [
    ("2026-11-20", 0, "2026-11-20"),
    ("2026-11-20", 1, "2026-10-20"),
    ("2026-11-20", 12, "2025-11-20"),
    ("2026-11-20", 24, "2024-11-20"),
    ("2026-01-15", 1, "2025-12-15"),
    ("2026-01-15", 13, "2024-12-15"),
    # clamped to the end of a shorter month
    ("2026-03-31", 1, "2026-02-28"),
    ("2024-03-31", 1, "2024-02-29"),
    ("2026-03-29", 1, "2026-02-28"),
    ("2026-03-28", 1, "2026-02-28"),
    ("2026-05-31", 1, "2026-04-30"),
    ("2026-12-31", 6, "2026-06-30"),
    # 29 February
    ("2024-02-29", 12, "2023-02-28"),
    ("2024-02-29", 24, "2022-02-28"),
    ("2024-02-29", 48, "2020-02-29"),
    # the end of a shorter month does not become the end of a longer one
    ("2025-02-28", 12, "2024-02-28"),
    ("2026-02-28", 1, "2026-01-28"),
    ("2026-04-30", 1, "2026-03-30"),
]


@pytest.mark.parametrize(("day", "months", "earlier"), MONTHS)
def test_months(kb: Knowledge, day: str, months: int, earlier: str) -> None:
    """So many months earlier is the same day of that month, or its last day if it has no such day."""
    question = f"index_day(P, Today) & months_before(Today, {months}, Earlier)"
    assert kb.answers(question, index_date=day) == {(day, earlier)}


# index day, date of the finding, status of "within the last twelve months"
WITHIN = [
    (TODAY, "2026-11-20", "met"),
    (TODAY, "2025-11-21", "met"),
    (TODAY, "2025-11-20", "met"),
    (TODAY, "2025-11-19", "unmet"),
    (TODAY, "2025-12", "met"),
    (TODAY, "2025-11", "unknown"),
    (TODAY, "2025-10", "unmet"),
    (TODAY, "2026", "met"),
    (TODAY, "2025", "unknown"),
    (TODAY, "2024", "unmet"),
    ("2024-02-29", "2023-02-28", "met"),
    ("2024-02-29", "2023-02-27", "unmet"),
    ("2024-02-29", "2023-02", "unknown"),
    ("2024-02-29", "2023-03", "met"),
    ("2025-02-28", "2024-02-29", "met"),
    ("2025-02-28", "2024-02-28", "met"),
    ("2025-02-28", "2024-02-27", "unmet"),
]


@pytest.mark.parametrize(("today", "when", "status"), WITHIN)
def test_a_date_in_a_window(kb: Knowledge, today: str, when: str, status: str) -> None:
    """A date lies in a window, first day included, if all its days do, outside if none does, else it is unknown."""
    assert kb.status("I1", found("radiological progression", when), index_date=today) == status


# dates of two findings, status of "some of them within the last twelve months"
SEVERAL = [
    ("2025-01-01", "2026-01-01", "met"),
    ("2025-01-01", "2025-11", "unknown"),
    ("2025-01-01", "2024-01-01", "unmet"),
    ("2025-11", "2026-01-01", "met"),
]


@pytest.mark.parametrize(("first", "second", "status"), SEVERAL)
def test_several_dates_in_a_window(kb: Knowledge, first: str, second: str, status: str) -> None:
    """One record surely in the window is enough, and none may be in it for the opposite."""
    records = (found("radiological progression", first), found("radiological progression", second))
    assert kb.status("I1", *records) == status
