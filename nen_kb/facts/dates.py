"""Days, and dates known only to the month or the year.

A day is an int, the ordinal of ``datetime.date``.  A partial date is the interval of days it may
mean.  Windows of months go back to the same day of the earlier month, clamped to its end; ages are
completed years.  Every engine uses these definitions.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

FAR_PAST = 1
"""0001-01-01: before everything; the beginning of what has no known beginning."""

FAR_FUTURE = date(9999, 12, 31).toordinal()
"""9999-12-31: after everything; the end of an ongoing treatment."""

EARLIEST_YEAR = 1900
LATEST_YEAR = 2200


@dataclass(frozen=True)
class Days:
    """The days an event may have happened on, both ends included, as ordinals."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not FAR_PAST <= self.first <= self.last <= FAR_FUTURE:
            raise ValueError(f"days cannot run from {self.first} to {self.last}")

    @property
    def exact(self) -> bool:
        """Whether it is one single day."""
        return self.first == self.last


_DATE = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.[0-9]{1,12})?)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?"
)
_HOW = "write it as 2024-05-20, 2024-05 or 2024"


@lru_cache(maxsize=16_384)
def parse_days(text: str) -> Days:
    """The days a date may mean: ``2024-05-20``, ``2024-05``, ``2024`` or a date with a time.

    Of a date with a time the day counts as it is written, whatever the time zone.  Raises ValueError,
    saying what to write instead, for anything else, impossible dates and years outside 1900 to 2200.
    """
    match = _DATE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"this is not a date; {_HOW}")
    year = int(match["year"])
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise ValueError(f"the year lies outside {EARLIEST_YEAR} to {LATEST_YEAR}; correct it")
    if match["month"] is None:
        return Days(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal())
    month = int(match["month"])
    if not 1 <= month <= 12:
        raise ValueError(f"there is no month {month}; {_HOW}")
    length = calendar.monthrange(year, month)[1]
    if match["day"] is None:
        return Days(date(year, month, 1).toordinal(), date(year, month, length).toordinal())
    day = int(match["day"])
    if not 1 <= day <= length:
        raise ValueError(f"that month has {length} days, there is no day {day}; correct the day")
    clock = [int(match[part] or 0) for part in ("hour", "minute", "second")]
    if clock[0] > 24 or clock[1] > 59 or clock[2] > 60:
        raise ValueError("there is no such time of day; correct it or leave it out")
    ordinal = date(year, month, day).toordinal()
    return Days(ordinal, ordinal)


def months_after(day: int, months: int) -> int:
    """The same day of the month ``months`` later, clamped to that month's end and to the calendar."""
    start = date.fromordinal(day)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if year < 1:
        return FAR_PAST
    if year > 9999:
        return FAR_FUTURE
    length = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, length)).toordinal()


def months_before(day: int, months: int) -> int:
    """The same day of the month ``months`` earlier, clamped to that month's end and to the calendar.

    31 March less one month is 28 or 29 February.
    """
    return months_after(day, -months)


def completed_years(born: int, day: int) -> int:
    """Age in completed years; someone born on 29 February has a birthday on 1 March in common years.

    Negative for a day before birth.
    """
    start, today = date.fromordinal(born), date.fromordinal(day)
    return today.year - start.year - ((today.month, today.day) < (start.month, start.day))


def birthday(born: int, years: int) -> int:
    """The first day with so many completed years; FAR_FUTURE beyond the calendar."""
    start = date.fromordinal(born)
    year = start.year + years
    if year > 9999:
        return FAR_FUTURE
    leap = (start.month, start.day) == (2, 29) and not calendar.isleap(year)
    return date(year, 3, 1).toordinal() if leap else start.replace(year=year).toordinal()


def years_span(born: Days, day: int) -> tuple[int, int]:
    """The least and the greatest age on ``day`` of someone born within ``born``."""
    return completed_years(born.last, day), completed_years(born.first, day)


def iso(day: int) -> str:
    """The day as ``2024-05-20``."""
    return date.fromordinal(day).isoformat()
