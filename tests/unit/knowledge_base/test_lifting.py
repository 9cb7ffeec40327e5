"""What time alone does to each cause of a clause that fails, and not to the clause as a whole."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from nen_kb import KnowledgeBase, TrialResult
from nen_kb.facts.dates import iso

TODAY = "2026-11-20"
START, CHICAGO = "START-NET", "NCT05610826"


@cache
def kb() -> KnowledgeBase:
    return KnowledgeBase()


def judged(trial: str = START, build: Any = None, **person: Any) -> TrialResult:
    record = kb().patient("p", index_date=TODAY, **{"sex": "female", "born": "1961-04-02", **person})
    return kb().eligibility(build(record) if build else record, trial)


def lifted(result: TrialResult, clause: str) -> list[tuple[str, str, str | None, str]]:
    """Of each obstacle of one clause the first word, how it is lifted, and from when, and what the clause is then."""
    return [
        (each.datum.split(",")[0], each.lifted_by, None if each.clears is None else iso(each.clears), each.then)
        for each in result.obstacles()
        if each.clause == clause
    ]


def test_each_treatment_has_its_own_day() -> None:
    """Of two that are not washed out the first is over while the clause still fails; a month is open at first."""
    result = judged(
        build=lambda record: (
            record.treatment("transarterial embolization", date="2026-10-31")
            .treatment("everolimus", started="2025-06", ended="2026-11")
            .complete("treatments")
        )
    )
    assert lifted(result, "I7") == [
        ("transarterial embolization", "time", "2026-11-28", "failing"),
        ("everolimus", "time", "2026-11-29", "open"),
    ]
    assert [each.clears for each in result.possible_if().by_time if each.clause == "I7"] == [
        each.clears for each in result.obstacles() if each.clause == "I7"
    ]


def test_time_lifts_a_cause_of_a_clause_that_is_open_afterwards() -> None:
    """Four weeks after brivudine nothing is known of the other contraindications."""
    result = judged(build=lambda record: record.treatment("brivudine", started="2026-10-28", ended="2026-11-03"))
    assert lifted(result, "E4") == [("brivudine", "time", "2026-12-01", "open")]


def test_a_pregnancy_is_over_some_day() -> None:
    """Nobody has recorded its end: the clause is open then, not passed."""
    result = judged(build=lambda record: record.finding("pregnancy", date="2026-06-15"), born="1997-02-28")
    assert lifted(result, "E1") == [("pregnancy", "time", "2027-04-16", "open")]
    (day,) = (each.clears for each in result.obstacles() if each.clause == "E1")
    later = kb().patient("p", index_date=iso(day or 0), sex="female", born="1997-02-28")
    assert kb().eligibility(later.finding("pregnancy", date="2026-06-15"), START)["E1"].status.value == "unknown"


@pytest.mark.parametrize(
    ("born", "day", "then"), [("2008-11-21", "2026-11-21", "passed"), ("2008-12", "2026-12-01", "open")]
)
def test_a_birthday(born: str, day: str, then: str) -> None:
    assert lifted(judged(born=born), "I1") == [("age 17 years", "time", day, then)]


def test_what_time_does_not_lift() -> None:
    """A laboratory value, a drug that goes on, and what happens after two years."""
    result = judged(
        build=lambda record: record.treatment("sunitinib", started="2026-01", ongoing=True).measurement(
            "platelets", "90 10*9/L", date="2026-11-10"
        ),
        born="2012-01-01",
    )
    for clause in ("I1", "I7", "I11", "E3"):
        assert [each[1:] for each in lifted(result, clause)] == [("record", None, "")]
    texts = [each.text for each in result.obstacles() if each.clause in ("I7", "E3")]
    assert texts == [
        f"sunitinib, ongoing, needs to end; if stopped today, clear from {day}" for day in ("2026-12-18", "2026-11-21")
    ]


def test_stopped_on_the_day_said_it_is_clear() -> None:
    """The same drug with today as its last day is in nobody's way from that day on, and is the day before."""
    for day, status in (("2026-12-17", "unmet"), ("2026-12-18", "met")):
        record = kb().patient("p", index_date=day, sex="female", born="1961-04-02")
        record.treatment("sunitinib", started="2026-01", ended=TODAY).complete("treatments")
        assert kb().eligibility(record, START)["I7"].status.value == status
