"""Dates are intervals of days; windows and ages count the way the protocols are read."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nen_kb.facts.dates import (
    FAR_FUTURE,
    FAR_PAST,
    Days,
    completed_years,
    iso,
    months_after,
    months_before,
    parse_days,
    years_span,
)

days = st.dates(date(1900, 1, 1), date(2200, 12, 31)).map(date.toordinal)


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024-05-20", "2024-05-20", "2024-05-20"),
        (" 2024-05-20 ", "2024-05-20", "2024-05-20"),
        ("2024-05", "2024-05-01", "2024-05-31"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2023-02", "2023-02-01", "2023-02-28"),
        ("2024", "2024-01-01", "2024-12-31"),
        ("2024-05-20T10:33:22Z", "2024-05-20", "2024-05-20"),
        ("2024-05-20T23:59:59.123+14:00", "2024-05-20", "2024-05-20"),
        ("2024-05-20T00:30", "2024-05-20", "2024-05-20"),
    ],
)
def test_a_date_is_the_days_it_may_mean(text: str, first: str, last: str) -> None:
    read = parse_days(text)
    assert read == Days(day(first), day(last))
    assert read.exact == (first == last)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("", "2024-05-20"),
        ("$date$", "2024-05-20"),
        ("20/05/2024", "2024-05-20"),
        ("5/18/2016 10:33:22 P", "2024-05-20"),
        ("X2002-09-26", "2024-05-20"),
        ("2024-5-2", "2024-05-20"),
        ("2024-13", "no month 13"),
        ("2024-00-10", "no month 0"),
        ("2023-02-29", "has 28 days"),
        ("2024-04-31", "correct the day"),
        ("2024-04-00", "no day 0"),
        ("1899-12-31", "1900 to 2200"),
        ("2201", "1900 to 2200"),
        ("2024-05-20T25:00:00Z", "time of day"),
        ("2024-05-20T10:61", "time of day"),
        ("٢٠٢٤", "2024-05-20"),
    ],
)
def test_an_impossible_date_is_refused_with_a_remedy(text: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        parse_days(text)


@pytest.mark.parametrize(
    ("later", "months", "earlier"),
    [
        ("2026-03-31", 1, "2026-02-28"),
        ("2024-03-31", 1, "2024-02-29"),
        ("2024-02-29", 12, "2023-02-28"),
        ("2026-11-20", 24, "2024-11-20"),
        ("2026-01-15", 1, "2025-12-15"),
        ("2026-05-31", 0, "2026-05-31"),
    ],
)
def test_months_before_is_the_same_day_clamped_to_the_end_of_the_month(later: str, months: int, earlier: str) -> None:
    assert iso(months_before(day(later), months)) == earlier


def test_months_stay_inside_the_calendar() -> None:
    assert months_before(FAR_PAST, 1) == FAR_PAST
    assert months_after(FAR_FUTURE, 1) == FAR_FUTURE


def test_months_after_clamps_likewise() -> None:
    assert iso(months_after(day("2026-01-31"), 1)) == "2026-02-28"
    assert iso(months_after(day("2026-12-01"), 1)) == "2027-01-01"


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        ("2008-11-20", "2026-11-20", 18),
        ("2008-11-21", "2026-11-20", 17),
        ("2008-02-29", "2026-02-28", 17),
        ("2008-02-29", "2026-03-01", 18),
        ("2008-02-29", "2028-02-29", 20),
        ("2008-02-29", "2028-02-28", 19),
        ("2026-11-21", "2026-11-20", -1),
    ],
)
def test_age_is_completed_years(born: str, on: str, age: int) -> None:
    assert completed_years(day(born), day(on)) == age


def test_a_partial_birth_date_is_an_interval_of_ages() -> None:
    assert years_span(parse_days("2008"), day("2026-11-20")) == (17, 18)
    assert years_span(parse_days("2008-11"), day("2026-11-30")) == (18, 18)


def test_days_cannot_run_backwards_or_leave_the_calendar() -> None:
    for first, last in ((2, 1), (0, 1), (1, FAR_FUTURE + 1)):
        with pytest.raises(ValueError, match="days cannot run"):
            Days(first, last)


@given(st.text(max_size=40) | st.from_regex(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", fullmatch=True))
def test_reading_any_text_gives_days_or_a_value_error(text: str) -> None:
    try:
        read = parse_days(text)
    except ValueError as error:
        message = str(error)
    else:
        message = ""
        assert read.first <= read.last
    assert not message or "; " in message, "the message says what to do"


@given(days)
def test_a_day_survives_writing_and_reading(ordinal: int) -> None:
    assert parse_days(iso(ordinal)) == Days(ordinal, ordinal)


@given(days)
def test_a_partial_date_widens(ordinal: int) -> None:
    text = iso(ordinal)
    exact, month, year = parse_days(text), parse_days(text[:7]), parse_days(text[:4])
    assert year.first <= month.first <= exact.first
    assert exact.last <= month.last <= year.last


@given(days, days, st.integers(0, 600), st.integers(0, 600))
def test_months_before_is_monotone(one: int, other: int, few: int, many: int) -> None:
    earlier, later = sorted((one, other))
    assert months_before(earlier, few) <= months_before(later, few)
    least, most = sorted((few, many))
    assert months_before(one, most) <= months_before(one, least) <= one


@given(days, days, days)
def test_age_is_monotone(born: int, one: int, other: int) -> None:
    earlier, later = sorted((one, other))
    assert completed_years(born, earlier) <= completed_years(born, later)
    assert completed_years(later, born) <= completed_years(earlier, born)
