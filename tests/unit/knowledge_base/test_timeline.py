"""The exact days on which a timeline changes, and what it says why."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any

import pytest

from nen_kb import KnowledgeBase, Verdict
from nen_kb.errors import UsageError
from nen_kb.explain.wording import timeline as wording
from nen_kb.facts.dates import iso
from nen_kb.knowledge_base.timeline import Change, Period, Timeline

TODAY = "2026-11-20"


@cache
def kb() -> KnowledgeBase:
    return KnowledgeBase()


def patient(index_date: str = TODAY, **other: Any) -> Any:
    return kb().patient("p", index_date=index_date, **{"sex": "female", "born": "1961-04-02", **other})


def changes(record: Any, clause: str, trial: str = "START-NET", months: int = 24) -> list[tuple[str, str, Change]]:
    """Every change of one clause: the day, the new status, and the change."""
    timeline = kb().eligibility(record, trial).timeline(months)
    return [
        (iso(period.first), change.after, change)
        for period in timeline.periods
        for change in period.changes
        if change.clause == clause
    ]


def days(record: Any, clause: str, trial: str = "START-NET", months: int = 24) -> list[tuple[str, str]]:
    return [(day, after) for day, after, _ in changes(record, clause, trial, months)]


def treated(agent: str = "everolimus", index_date: str = TODAY, start: str | None = None, **dates: Any) -> Any:
    record = patient(index_date, planned_start=start)
    return record.treatment(agent, **dates).complete("treatments", as_of=index_date)


# ── spans of days ───────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("ended", "start", "expected"),
    [
        ("2026-11-07", None, ["2026-12-05"]),  # 28 days, the day itself included
        ("2026-11-20", None, ["2026-12-18"]),
        ("2026-10-24", None, ["2026-11-21"]),
        ("2026-10-23", None, []),  # washed out already
        ("2026-11-07", "2026-12-05", []),  # by the planned start it is
        ("2026-11-07", "2026-12-04", ["2026-12-05"]),  # the planned start moves on with time
        ("2026-11-07", "2026-12-01", ["2026-12-05"]),
    ],
)
def test_a_washout_of_four_weeks_ends_after_28_days(ended: str, start: str | None, expected: list[str]) -> None:
    """Counted to the planned start, which moves once it has come."""
    record = treated(started="2026-01-10", ended=ended, start=start)
    assert days(record, "I7") == [(day, "met") for day in expected]


def test_a_month_alone_ends_a_washout_in_two_steps() -> None:
    """Surely within four weeks, then perhaps, then surely over; the month is cut at the index day."""
    found = changes(treated(started="2026-01", ended="2026-11"), "I7")
    assert [(day, after) for day, after, _ in found] == [("2026-11-29", "unknown"), ("2026-12-18", "met")]
    assert found[1][2].cause.startswith("everolimus, last day between 2026-11-01 and 2026-11-20, at the latest")
    assert [change.short for _, _, change in found] == ["perhaps everolimus washout", "everolimus washout"]


def test_a_span_of_months_is_passed_perhaps_and_then_surely() -> None:
    """Of a day known to the month: the data say which end of it passes the span."""
    found = changes(treated("capecitabine", started="2026-01", ended="2026-02"), "E3", "NCT05610826")
    assert [(day, after, change.short) for day, after, change in found] == [
        ("2027-02-02", "unknown", "capecitabine may be more than 12 months ago"),
        ("2027-03-01", "unmet", "capecitabine surely more than 12 months ago"),
    ]


def test_ongoing_and_unknown_ends_never_wash_out() -> None:
    """Neither has a last day that could be passed."""
    assert days(treated(started="2026-01-10", ongoing=True), "I7", months=120) == []
    assert days(treated(started="2026-01-10"), "I7", months=120) == []


def test_concomitant_treatment_is_over_on_the_day_after_its_last() -> None:
    """A last dose today counts as ongoing today."""
    ((day, after, change),) = changes(treated(started="2026-01-10", ended=TODAY), "E3")
    assert (day, after, change.short) == ("2026-11-21", "unmet", "everolimus over")
    assert change.cause == "everolimus, last day 2026-11-20: from 2026-11-21 on before the day judged"


# ── spans of months ─────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("ended", "index_date", "expected"),
    [
        ("2026-03-15", TODAY, "2027-03-16"),
        ("2026-02-28", TODAY, "2027-03-01"),
        ("2024-02-29", "2024-06-01", "2025-03-01"),  # 28 February 2025 goes back to 28 February 2024
        ("2023-02-28", "2023-06-01", "2024-03-01"),  # 29 February 2024 still goes back to 28 February 2023
        ("2026-01-31", TODAY, "2027-02-01"),
    ],
)
def test_twelve_months_are_over_on_the_day_after(ended: str, index_date: str, expected: str) -> None:
    """On or after the day twelve months before counts; so it ends one day after the same day of the next year."""
    found = days(treated("capecitabine", index_date, started=ended, ended=ended), "E3", "NCT05610826")
    assert found == [(expected, "unmet")]


def test_a_progression_comes_of_age_and_grows_too_old() -> None:
    """One month is clamped to the end of a short month; 24 months are passed a day later."""
    record = patient("2027-02-10").finding("radiological progression", date="2027-01-31")
    record.finding("progression confirmed by multidisciplinary conference", date="2027-02-08")
    found = changes(record, "I6", months=30)
    assert [(day, after) for day, after, _ in found] == [("2027-03-01", "met"), ("2029-02-01", "unmet")]
    assert found[1][2].short == "radiological progression too old"
    assert found[1][2].records == ("findings[0]",)
    assert found[1][2].cause == (
        "radiological progression, 2027-01-31: from 2029-02-01 on more than 24 months before the day judged"
    )


def test_a_progression_known_to_the_month_is_open_for_a_month() -> None:
    """The earliest day it may mean passes first, then the latest."""
    record = patient().finding("radiological progression", date="2025-03")
    record.finding("progression confirmed by multidisciplinary conference", date="2025-04-08")
    found = changes(record, "I6")
    assert [(day, after) for day, after, _ in found] == [("2027-03-02", "unknown"), ("2027-04-01", "unmet")]
    assert "2025-03, at the earliest 2025-03-01: from 2027-03-02" in found[0][2].cause
    assert "2025-03, at the latest 2025-03-31: from 2027-04-01" in found[1][2].cause


# ── birthdays, conflicts, several records ───────────────────────────────────


@pytest.mark.parametrize(
    ("born", "expected"),
    [
        ("2009-01-15", [("2027-01-15", "met")]),
        ("2008-11-20", []),
        ("2008-11-21", [("2026-11-21", "met")]),
        ("2010-02-28", [("2028-02-28", "met")]),
        ("2009", [("2027-01-01", "unknown"), ("2027-12-31", "met")]),
    ],
)
def test_the_eighteenth_birthday(born: str, expected: list[tuple[str, str]]) -> None:
    """A year of birth leaves the age open from its first birthday to its last."""
    found = changes(patient(born=born), "I1")
    assert [(day, after) for day, after, _ in found] == expected
    shorts = ["may turn 18", "is surely 18"] if len(born) == 4 else ["turns 18"] * len(expected)
    assert [(change.short, change.records) for _, _, change in found] == [(short, ()) for short in shorts]


def test_a_birthday_that_acts_through_a_formula_names_what_it_changes() -> None:
    """The age is a number in Cockcroft and Gault's formula, and no limit of the clause; E18 repeats E7."""
    record = patient(born="1949-01-31", sex="male").measurement("creatinine", "100 umol/L", date="2026-11-12")
    record.measurement("body weight", "65 kg", date="2026-11-12")
    result = kb().eligibility(record, "NCT05610826")
    found = {change.clause: change for period in result.timeline(3).periods for change in period.changes}
    assert {clause: (each.before, each.after) for clause, each in found.items()} == {
        "E7": ("unmet", "met"),
        "E18": ("unmet", "met"),
    }
    assert {each.short for each in found.values()} == {"turns 78: creatinine clearance below 50 mL/min"}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("unknown", "met", "clearance above 50"),
        ("met", "unmet", "no longer clearance above 50"),
        ("unknown", "unmet", "not clearance above 50"),
        ("met", "unknown", "unknown whether clearance above 50"),
    ],
)
def test_what_a_computed_birthday_says(before: str, after: str, said: str) -> None:
    assert wording.short_computed("turns 78", [("clearance above 50", before, after)]) == f"turns 78: {said}"


def test_a_leap_day_has_its_birthday_on_1_march_in_common_years() -> None:
    assert days(patient("2021-11-20", born="2004-02-29"), "I1") == [("2022-03-01", "met")]


def test_a_conflict_lasts_as_long_as_both_sides() -> None:
    """A progression and its denial of one day: once it is too old, the denial alone speaks."""
    record = patient().finding("radiological progression", date="2025-01-10")
    record.finding("radiological progression", present=False, date="2025-01-10")
    record.finding("progression confirmed by multidisciplinary conference", date="2025-04-08")
    assert kb().eligibility(record, "START-NET")["I6"].status.value == "conflicting"
    ((day, after, change),) = changes(record, "I6")
    assert (day, change.before, after) == ("2027-01-11", "conflicting", "unmet")


def test_only_the_record_without_which_nothing_changes_is_a_cause() -> None:
    """Two treatments end within a week; the first washed out changes nothing, and both of one day do together."""
    record = treated(started="2026-01-10", ended="2026-11-01").treatment("cisplatin", date="2026-11-07")
    ((day, _, change),) = changes(record, "I7")
    assert (day, change.records, change.short) == ("2026-12-05", ("treatments[1]",), "cisplatin washout")
    record = treated(started="2026-01-10", ended="2026-11-07").treatment("cisplatin", date="2026-11-07")
    record.treatment("octreotide", started="2026-01-01", ended="2026-11-07")
    ((_, _, change),) = changes(record, "I7")
    assert (change.records, change.short) == (
        ("treatments[0]", "treatments[1]"),
        "everolimus washout and cisplatin washout",
    )


# ── the whole ───────────────────────────────────────────────────────────────


def test_declarations_are_carried_along_and_nothing_else_changes() -> None:
    """A record without dates that matter has one period."""
    record = patient().finding("liver metastases", date="2024-05-28").complete("treatments")
    (period,) = kb().eligibility(record, "START-NET").timeline(120).periods
    assert (iso(period.first), period.last) == (TODAY, None)


def test_what_is_in_the_way_fails_or_is_open() -> None:
    """A minor with a drug of which only the month of its end is known."""
    record = patient(born="2009-01-15").treatment("everolimus", started="2026-01-10", ended="2026-11")
    timeline = kb().eligibility(record.complete("treatments"), "START-NET").timeline()
    first, *_, last = timeline.periods
    assert {"I1", "I7"} <= set(first.failing)
    assert "E3" in first.open
    assert not {"I1", "I7", "E3"} & set(last.in_the_way)
    for period in (*timeline.periods, *timeline.verdict_periods()):
        assert set(period.failing) | set(period.open) == set(period.in_the_way)
        assert not set(period.failing) & set(period.open)
        assert bool(period.failing) is (period.verdict is Verdict.INELIGIBLE)
    (drugs,) = (each for each in timeline.periods if iso(each.first) == "2026-11-29")
    assert (drugs.to_json()["failing"], "I7" in drugs.to_json()["open"]) == (["I1"], True)


def period(first: int, last: int | None, verdict: Verdict, *changed: Change) -> Period:
    return Period(first, last, verdict, (), changed)


def test_the_sentence_names_what_ends_each_verdict() -> None:
    """Runs of one verdict are one; only decisive changes are named."""
    start = date(2026, 11, 20).toordinal()
    lifted = Change("I7", "unmet", "met", "", "everolimus washout", (), decisive=True)
    beside = Change("I12", "unknown", "met", "", "last menstruation 12 months ago", ())
    too_old = Change("I6", "met", "unmet", "", "progression too old", (), decisive=True)
    periods = (
        period(start, start + 4, Verdict.INELIGIBLE),
        period(start + 5, start + 14, Verdict.INELIGIBLE, beside),
        period(start + 15, start + 114, Verdict.ELIGIBLE, lifted, beside),
        period(start + 115, None, Verdict.INELIGIBLE, too_old),
    )
    timeline = Timeline("T", start + 730, periods)
    assert timeline.sentence() == (
        "Not eligible until 5 December 2026 (everolimus washout), "
        "then eligible until 14 March 2027 inclusive (progression too old), then not eligible."
    )
    assert [(run.first, run.last) for run in timeline.verdict_periods()] == [
        (start, start + 14),
        (start + 15, start + 114),
        (start + 115, None),
    ]
    alone = Timeline("T", start + 730, (period(start, None, Verdict.ELIGIBLE),))
    assert alone.sentence() == "Eligible; time alone does not change that up to 19 November 2028."


@pytest.mark.parametrize("months", [0, -1, 121])
def test_a_timeline_reaches_1_to_120_months(months: int) -> None:
    result = kb().eligibility(patient(), "START-NET")
    with pytest.raises(UsageError, match="1 to 120"):
        result.timeline(months)
