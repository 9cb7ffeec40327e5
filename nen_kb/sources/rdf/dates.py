"""Days as text: ISO 8601 where they are a day, a month or a year, else EDTF's "one of a set".

``[2024-05-01..2024-06-10]`` is one day of that period; an end left out is open: ``[..2024-06-10]``.
"""

from __future__ import annotations

import calendar
from datetime import date

from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, Days, iso, parse_days

_ENDS = {iso(FAR_PAST): FAR_PAST, iso(FAR_FUTURE): FAR_FUTURE}


def days_text(days: Days) -> str:
    """The shortest text that reads as exactly these days."""
    if days.exact:
        return iso(days.first)
    first, last = date.fromordinal(days.first), date.fromordinal(days.last)
    if 1900 <= first.year == last.year <= 2200 and first.day == 1:
        if (first.month, last.month, last.day) == (1, 12, 31):
            return f"{first.year:04}"
        if first.month == last.month and last.day == calendar.monthrange(last.year, last.month)[1]:
            return f"{first.year:04}-{first.month:02}"
    begin = "" if days.first == FAR_PAST else iso(days.first)
    end = "" if days.last == FAR_FUTURE else iso(days.last)
    return f"[{begin}..{end}]"


def read_days(text: str) -> Days:
    """The days of a text; ValueError, saying what to write instead, for anything else."""
    plain = text.strip()
    if not plain.startswith("["):
        return _one(plain)
    first, dots, last = plain[1:-1].partition("..")
    if not plain.endswith("]") or not dots:
        raise ValueError("this is not a period; write one day of several as [2024-05-01..2024-06-10]")
    begin = _one(first).first if first.strip() else FAR_PAST
    end = _one(last).last if last.strip() else FAR_FUTURE
    if begin > end:
        raise ValueError("the period ends before it begins; write the earlier day first")
    return Days(begin, end)


def _one(text: str) -> Days:
    known = _ENDS.get(text.strip())
    return Days(known, known) if known else parse_days(text)
