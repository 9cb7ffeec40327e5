"""Random patients of four flavours, on which engines may differ: dense, sparse, conflicting, interval-valued.

Dense patients have many records of many clauses, sparse ones almost none; in conflicting ones a second record of the
same class and exact day says otherwise; interval-valued ones have ranges for values and spans of days for dates.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from background import EXTENTS, KRENNING, background
from hypothesis import strategies as st
from strategies import (
    TODAYS,
    TRIAL_WITH_ARMS,
    assemble,
    births,
    declarations,
    marked_days,
    neighbours,
    records,
)
from topics import leaves, topics

from nen_kb.facts.dates import Days
from nen_kb.facts.records import Finding, Imaging, Measurement, Patient, Presence, Sex, Treatment
from nen_kb.facts.values import GRID, NEG_INF, POS_INF, Span

FLAVOURS = ("dense", "sparse", "conflicting", "interval")
_CLAUSES = {"dense": (4, 8), "sparse": (1, 1), "conflicting": (1, 3), "interval": (1, 3)}
_RECORDS = {"dense": (15, 40), "sparse": (0, 2), "conflicting": (2, 7), "interval": (2, 9)}


@st.composite
def flavoured(draw: Any, flavour: str) -> Patient:
    """A patient of that flavour."""
    today = draw(st.sampled_from(TODAYS))
    least, most = _CLAUSES[flavour]
    asked = draw(st.lists(st.sampled_from(leaves()), min_size=least, max_size=most))
    names = tuple(sorted({name for leaf in asked for name in topics()[leaf].classes if neighbours(name)}))
    days = tuple(draw(st.lists(st.sampled_from(marked_days(today)), min_size=2, max_size=5)))
    least, most = _RECORDS[flavour]
    number = draw(st.integers(least, most)) if names else 0
    found: list[Any] = background(today) if flavour == "dense" or (flavour != "sparse" and draw(st.booleans())) else []
    found += [draw(records(place, names, today, days)) for place in range(number)]
    if flavour == "conflicting":
        found = [each for record in found for each in _disputed(draw, record)]
    if flavour == "interval":
        found = [_blurred(draw, record, today) for record in found]
    known = flavour != "sparse" or draw(st.booleans())
    return assemble(
        found,
        today,
        sex=draw(st.sampled_from((Sex.FEMALE, Sex.MALE))) if known else None,
        born=draw(births(today)) if known else None,
        arms=draw(st.sampled_from(((), ((TRIAL_WITH_ARMS, 1),), ((TRIAL_WITH_ARMS, 2),)))),
        planned_start=draw(st.sampled_from((None, today + 11))),
        declarations=draw(declarations(today)) if known else (),
    )


def _disputed(draw: Any, record: Any) -> list[Any]:
    """The record on one exact day, mostly with another of that day that says otherwise."""
    if isinstance(record, Treatment):
        return [record]
    day = Days(record.when.last, record.when.last)
    own = replace(record, when=day)
    if not draw(st.integers(0, 3)):
        return [own]
    if isinstance(own, Finding):
        opposite = {Presence.PRESENT: Presence.ABSENT, Presence.ABSENT: Presence.PRESENT}
        other: Any = replace(own, presence=opposite.get(own.presence, Presence.ABSENT))
    elif isinstance(own, Measurement):
        other = replace(own, value=_elsewhere(draw, own.value))
    else:
        other = replace(own, krenning=_score(draw, KRENNING), extent=_score(draw, EXTENTS))
    return [own, replace(other, id=f"{own.id}x")]


def _elsewhere(draw: Any, value: Span | None) -> Span | None:
    """A value on the other side of a limit, perhaps."""
    if value is None or value.low <= NEG_INF or value.high >= POS_INF:
        return value
    if value.low % GRID == 0 and value.high < 20 * GRID:  # may be a score, which must stay whole
        moved = max(value.low + draw(st.sampled_from((-1, 1))) * GRID, 0)
    else:
        moved = value.low * draw(st.sampled_from((1, 3, 5, 8))) // 40 * 10
    return Span(moved, moved)


def _score(draw: Any, most: int) -> Span:
    low = draw(st.integers(0, most))
    return Span(low * GRID, low * GRID)


def _blurred(draw: Any, record: Any, today: int) -> Any:
    """The record with a range for its value and a span for its day; a treatment with spans for both its ends."""
    before, after = draw(st.sampled_from((0, 1, 30, 400))), draw(st.sampled_from((0, 1, 30)))
    if isinstance(record, Treatment):
        started = Days(max(record.started.first - before, 1), record.started.last)
        last = record.ended.last if record.ended.last >= today else min(record.ended.last + after, today)
        return replace(record, started=started, ended=Days(record.ended.first, last))
    last = record.when.last if record.when.last >= today else min(record.when.last + after, today)
    wide = replace(record, when=Days(max(record.when.first - before, 1), last))
    if (
        isinstance(wide, Measurement)
        and wide.value is not None
        and wide.value.low > NEG_INF
        and wide.value.high < POS_INF
    ):
        low = wide.value.low * draw(st.sampled_from((0, 8, 9, 10))) // (10 * GRID) * GRID
        high = wide.value.high * draw(st.sampled_from((10, 11, 13))) // 10
        return replace(wide, value=Span(min(low, wide.value.low), high if high % GRID == 0 else wide.value.high))
    if isinstance(wide, Imaging) and wide.krenning is not None:
        return replace(wide, krenning=Span(max(wide.krenning.low - GRID, 0), wide.krenning.high))
    return wide
