"""FHIR dates, periods and ages as days.

The day counts as it is written, whatever the time zone.  A date that is missing or cannot be read
is everything up to the index date; the caller notes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, Days, months_after, parse_days

_YEAR_UNITS = frozenset({"a", "y", "yr", "yrs", "year", "years"})
_MONTH_UNITS = frozenset({"mo", "mos", "month", "months"})


@dataclass(frozen=True)
class Interval:
    """A period: both ends as days, None where an end is not given."""

    start: Days | None
    end: Days | None


def days(value: Any) -> Days | None:
    """The days of a FHIR date, dateTime or instant; None if there is none or it cannot be read."""
    if not isinstance(value, str):
        return None
    try:
        return parse_days(value)
    except ValueError:
        return None


def period(value: Any) -> Interval | None:
    """The ends of a FHIR Period; None if it has neither or runs backwards."""
    if not isinstance(value, dict):
        return None
    start, end = days(value.get("start")), days(value.get("end"))
    if start is None and end is None:
        return None
    if start and end and end.last < start.first:
        return None
    return Interval(start, end)


def age(value: Any, born: Days | None) -> Days | None:
    """The days of an age of someone born within ``born``: from that birthday to the eve of the next."""
    if born is None or not isinstance(value, dict):
        return None
    number = value.get("value")
    unit = value.get("code") or value.get("unit")
    if isinstance(number, bool) or not isinstance(number, (int, Decimal)) or value.get("comparator"):
        return None
    whole = int(number) if 0 <= number <= 150 else None
    if whole is None or whole != number or not isinstance(unit, str):
        return None
    if unit.lower() in _YEAR_UNITS:
        months, length = whole * 12, 12
    elif unit.lower() in _MONTH_UNITS:
        months, length = whole, 1
    else:
        return None
    return Days(months_after(born.first, months), months_after(born.last, months + length) - 1)


def within(interval: Interval, as_of: int) -> Days:
    """The days on which something within the interval may have happened."""
    first = interval.start.first if interval.start else FAR_PAST
    last = interval.end.last if interval.end else max(as_of, interval.start.last if interval.start else as_of)
    return Days(first, max(first, last))


def some_day(resource: dict[str, Any], stem: str, born: Days | None, as_of: int) -> Days | None:
    """The days of a choice element such as ``onset[x]``: dateTime, Period, Instant, Age, Range or String."""
    for suffix in ("DateTime", "Instant", "Date", "String"):
        found = days(resource.get(stem + suffix))
        if found:
            return found
    interval = period(resource.get(f"{stem}Period"))
    if interval:
        return within(interval, as_of)
    by_age = age(resource.get(f"{stem}Age"), born)
    if by_age:
        return by_age
    limits = resource.get(f"{stem}Range")
    if isinstance(limits, dict):
        low, high = age(limits.get("low"), born), age(limits.get("high"), born)
        if low and high and low.first <= high.last:
            return Days(low.first, high.last)
    return None


def unknown_day(as_of: int) -> Days:
    """A day of which nothing is known but that it is on file."""
    return Days(FAR_PAST, as_of)


def open_end(started: Days) -> Days:
    """An unknown end: from the start to the end of the calendar."""
    return Days(started.first, FAR_FUTURE)


ONGOING = Days(FAR_FUTURE, FAR_FUTURE)
