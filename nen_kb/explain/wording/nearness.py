"""The English phrases that say why a clause keeps a patient out, and how near she is."""

from __future__ import annotations

from collections.abc import Sequence

from nen_kb.explain.describe import EXTENTS, days
from nen_kb.explain.wording import listed
from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, iso

_QUANTITY = {">": "more than", ">=": "at least", "<": "less than", "<=": "at most"}
_DAY = {">": "after", ">=": "on or after", "<": "before", "<=": "on or before"}
_BY = {"<": "before", "<=": "by", ">": "after", ">=": "on or after"}
AT_THE_LIMIT = "at the limit"
"""Of a value that equals a limit it has to lie beyond."""
_ALSO = 3
"""So many things that are open beside what fails are named."""
_RECENT = 90
"""Up to so many days are counted for the reader; a longer time is read off the date."""
_HAPPENED = {"ended": "to have ended", "started": "to have begun", "dated": "to lie"}


def bounded(op: str, limit: str, note: str = "") -> str:
    """``more than 100 × 10⁹/L``."""
    return f"{_QUANTITY[op]} {limit}{f' ({note})' if note else ''}"


def times_limit(times: str, limit: str) -> str:
    """``5 × the upper limit of normal 35``."""
    return f"{times} × the upper limit of normal {limit}"


def normal_end(op: str) -> str:
    """Which end of a reference range a limit is."""
    return "the upper limit of normal" if op == "<=" else "the lower limit of normal"


def krenning(op: str, limit: str) -> str:
    return f"a Krenning score of {bounded(op, limit)}"


def with_krenning(scan: str, score: str) -> str:
    return f"{scan} with Krenning score {score}"


def extent(op: str, limit: int) -> str:
    """The uptake that is needed; ``limit`` from 0, none of the lesions, to 3, all."""
    least = limit + 1 if op == ">" else limit - 1 if op == "<" else limit
    words = EXTENTS.get(least, "another share of the lesions")
    if op in (">", ">="):
        return f"uptake in {words}" if least >= 3 else f"uptake in at least {words}"
    return f"uptake in {words}" if least <= 0 else f"uptake in at most {words}"


def with_extent(scan: str, low: int, high: int) -> str:
    words = dict.fromkeys(EXTENTS[end] for end in (low, high))
    return f"{scan} with uptake in {' to '.join(words)}"


def age(years: str, born: str) -> str:
    """``age 17 years, born 2008-11-21``."""
    return f"age {years}{f', born {born}' if born else ''}"


def years(number: str) -> str:
    return f"{number} year" if number == "1" else f"{number} years"


def span(nearer: str, farther: str, is_open: bool) -> str:
    """How far a value that is an interval lies from the limit; ``farther`` is empty where it has no end."""
    if farther:
        return f"{nearer} to {farther}"
    return f"{'more than' if is_open else 'at least'} {nearer}"


def computed_from(name: str, value: str, inputs: Sequence[str]) -> str:
    """A computed value with what it was computed from."""
    return f"{name} {value}{f' (from {listed(inputs)})' if inputs else ''}"


def of_age(low: str) -> str:
    return f"an age of {low}"


def day_needed(event: str, op: str, limit: str) -> str:
    """``to have ended on or before 2026-11-03 (28 days before the planned start)``."""
    return f"{_HAPPENED[event]} {_DAY[op]} {limit}"


def to_end(op: str, limit: str) -> str:
    """What is needed of a treatment that goes on; ``limit`` is empty where its day is past."""
    return f"to end {_BY[op]} {limit}" if limit else "to end"


def must_end(datum: str, op: str, limit: str) -> str:
    """``everolimus, ongoing, must end by 2026-12-14 (four weeks before the planned start)``."""
    return f"{datum}, must end {_BY[op]} {limit}"


def if_stopped(text: str, day: int) -> str:
    """``…; if stopped today, clear from 2026-12-18``: the day judged is then the last day of the treatment."""
    return f"{text}; if stopped today, clear from {iso(day)}"


def happened(thing: str, event: str, first: int, last: int, one_day: bool) -> str:
    """``everolimus, last day 2026-11-07``."""
    if event == "ended" and first >= FAR_FUTURE:
        return f"{thing}, ongoing"
    if event == "ended" and last >= FAR_FUTURE:
        return f"{thing}, end not on record"
    name = "" if one_day else {"ended": "last day ", "started": "first day "}.get(event, "")
    return f"{thing}, {name}{days(first, last)}"


def counted(least: int, most: int | None) -> str:
    """``4 days``, ``4 to 30 days``."""
    if most is None:
        return f"at least {_count(least)}"
    return _count(least) if least == most else f"{least} to {_count(most)}"


def _count(number: int) -> str:
    return f"{number} day" if number == 1 else f"{number} days"


def measured(first: int, last: int, today: int) -> str:
    """When a value was measured, seen from the day judged."""
    return f"measured {_when(first, last, today)}"


def _when(first: int, last: int, today: int) -> str:
    """A date; of a recent day also how long ago it was."""
    if first <= FAR_PAST:
        return f"on or before {iso(min(last, today))}"
    if first < last or today - first > _RECENT:
        return days(first, last)
    return f"{iso(first)}, {'the day judged' if first == today else f'{_count(today - first)} ago'}"


def scanned(first: int, last: int, today: int) -> str:
    return f"scanned {_when(first, last, today)}"


def obstacle(datum: str, needs: str, behind: str) -> str:
    """``platelets 96 × 10⁹/L, needs more than 100 × 10⁹/L, measured 12 days ago``."""
    return ", ".join(part for part in (datum, f"needs {needs}" if needs else "", behind) if part)


def days_short(text: str, distance: str) -> str:
    return f"{text}: {distance}" if distance else text


def dated(thing: str, date: str) -> str:
    return f"{thing}, {date}" if date else thing


def together(text: str, others: Sequence[str]) -> str:
    """What counts against the patient only beside something else, which it is enough to change instead."""
    return f"{text}; together with {listed(others)}" if others else text


def on_record(label: str) -> str:
    return f"{label} on record"


def nothing_like(label: str, as_of: str) -> str:
    """Of a record declared complete."""
    return f"no {label} on record{f', declared complete as of {as_of}' if as_of else ''}"


def overruled(thing: str) -> str:
    """Of a finding that a later record denies."""
    return f"{thing}, denied since"


def counts_as(label: str) -> str:
    return f"a kind of {label}"


def also_open(texts: Sequence[str]) -> str:
    """What else may keep the patient out by a clause that fails."""
    each = list(dict.fromkeys(texts))
    more = f"; and {len(each) - _ALSO} more" if len(each) > _ALSO else ""
    return f"also open: {'; '.join(each[:_ALSO])}{more}"


def not_told(says: str) -> str:
    """Where nothing more than the clause's own words can be said."""
    return f"the record decides it: {says}"
