"""What a patient's timeline shows: bars and points in lanes, windows, and the days that matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from nen_kb.explain import Judgement, describe
from nen_kb.explain.wording import and_more
from nen_kb.explain.wording.report import LANE, counted, of_trials, results_of_day, window
from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, iso, months_before
from nen_kb.facts.records import Finding, Imaging, Presence
from nen_kb.report.labels import Labels
from nen_kb.report.windows import Window

_MOST_MONTHS = 60
_MOST_ROWS = 16
_MOST_TITLES = 5
_STYLES = ("fails", "open", "passes")
_CLOSE = 100
"""Windows of at most that many days get a picture of their own."""
_AFTER, _WIDEST = 60, 200
"""How many days behind its windows that picture may go on, and how many it may show in all."""


@dataclass(frozen=True)
class Bar:
    """A treatment: surely on from ``sure_first`` to ``sure_last``, perhaps from ``first`` to ``last``."""

    first: int
    sure_first: int
    sure_last: int
    last: int
    ongoing: bool
    end_known: bool
    title: str


@dataclass(frozen=True)
class Point:
    """Something on a day, or within an unsure date."""

    first: int
    last: int
    title: str
    hollow: bool = False
    """Of a finding recorded as absent."""
    note: str = ""
    """A short text beside it."""


@dataclass(frozen=True)
class Strip:
    """A window that rules count back."""

    first: int
    last: int
    clauses: str
    style: str
    """``fails``, ``open`` or ``passes``: the worst of the clauses that hang on it."""


@dataclass(frozen=True)
class Row:
    """One line of a lane."""

    label: str
    other: str = ""
    bars: tuple[Bar, ...] = ()
    points: tuple[Point, ...] = ()
    strips: tuple[Strip, ...] = ()

    @property
    def marks(self) -> tuple[Bar | Point | Strip, ...]:
        return (*self.bars, *self.points, *self.strips)


@dataclass(frozen=True)
class Lane:
    """Rows of one kind."""

    kind: str
    title: str
    rows: tuple[Row, ...]
    more: int = 0
    """Rows left out for want of room."""


@dataclass(frozen=True)
class Day:
    """A day drawn as a line through all lanes."""

    day: int
    kind: str
    """``index_day``, ``planned_start`` or ``eligible_from``."""
    text: str


@dataclass(frozen=True)
class Chart:
    """One picture, from ``first`` to ``last``."""

    first: int
    last: int
    lanes: tuple[Lane, ...]
    days: tuple[Day, ...]
    earlier: int = 0
    """Records that lie before it."""


@dataclass(frozen=True)
class Hanging:
    """A window and a clause that hangs on it."""

    window: Window
    trial: str
    clause: str
    style: str


def charts(
    judgement: Judgement, labels: Labels, timed: Iterable[str], hanging: Iterable[Hanging],
    eligible_from: Mapping[str, int],
) -> tuple[Chart, ...]:  # fmt: skip
    """The whole story, and a close-up of the last weeks where some window is short.

    ``timed`` are the records that clauses with windows rest on; of findings these are drawn, and conditions.
    ``eligible_from`` the first eligible day by trial.
    """
    hanging = tuple(hanging)
    lanes = tuple(lane for lane in _lanes(judgement, labels, frozenset(timed), hanging) if lane.rows)
    days = _days(judgement, eligible_from)
    end = max(day.day for day in days)
    drawn = [lane for lane in lanes if lane.kind != "findings"] or lanes
    begins = [mark.first for lane in drawn for row in lane.rows for mark in row.marks if mark.first > FAR_PAST]
    first = max(min(begins, default=judgement.day), months_before(judgement.day, _MOST_MONTHS))
    if end - first < 30:
        first = end - 30
    found = [_cut(lanes, days, first - (end - first) // 40, end)]
    short = [each.window for each in hanging if each.window.last - each.window.first <= _CLOSE]
    if short:
        begin = min(window.first for window in short) - 14
        anchor = max(judgement.day, *(window.last for window in short))
        close = max(day.day for day in days if day.day <= anchor + _AFTER) + 3
        if close - begin <= _WIDEST and end - first > 2 * (close - begin):
            found.append(_cut(lanes, days, begin, close))
    return tuple(found)


def _cut(lanes: Iterable[Lane], days: tuple[Day, ...], first: int, last: int) -> Chart:
    """What falls into a stretch of days; a window that only touches it is left out."""
    kept: list[Lane] = []
    earlier = 0
    for lane in lanes:
        rows = [row for row in lane.rows if any(m.first <= last and m.last >= first for m in row.marks)]
        rows = [row for row in rows if not row.strips or any(strip.last > first + 2 for strip in row.strips)]
        shown = tuple(rows[:_MOST_ROWS])
        if lane.kind != "windows":
            earlier += sum(mark.last < first for row in lane.rows for mark in row.marks)
        if shown:
            kept.append(replace(lane, rows=shown, more=len(rows) - len(shown)))
    return Chart(first, last, tuple(kept), tuple(day for day in days if first <= day.day <= last), earlier)


def _days(judgement: Judgement, eligible_from: Mapping[str, int]) -> tuple[Day, ...]:
    start = next((int(row[1]) for row in judgement.model.rows("planned_start")), judgement.day)
    found = [Day(judgement.day, "index_day", f"index day {iso(judgement.day)}")]
    if start == judgement.day:
        found = [Day(start, "index_day", f"index day and start {iso(start)}")]
    else:
        found.append(Day(start, "planned_start", f"planned start {iso(start)}"))
    for day in sorted(set(eligible_from.values())):
        trials = [trial for trial, each in eligible_from.items() if each == day]
        found.append(Day(day, "eligible_from", f"{', '.join(trials)} eligible {iso(day)}"))
    return tuple(found)


def _lanes(judgement: Judgement, labels: Labels, timed: frozenset[str], hanging: tuple[Hanging, ...]) -> Iterable[Lane]:
    patient = judgement.prepared.patient
    yield Lane("windows", LANE["windows"], tuple(_windows(hanging)))
    yield Lane("treatments", LANE["treatments"], _treatments(judgement, labels))
    scans = [scan for scan in patient.imaging if judgement.record(scan.id) and _dated(scan)]
    yield Lane("imaging", LANE["imaging"], _rows(labels, scans, lambda scan: _scan_point(judgement, scan)))
    counted_classes = {finding.concept for finding in patient.findings if finding.id in timed}
    findings = [
        finding
        for finding in patient.findings
        if judgement.record(finding.id)
        and _dated(finding)
        and (finding.concept in counted_classes or judgement.domain(finding.concept) == "conditions")
    ]
    findings.sort(key=lambda each: (each.id not in timed, each.when.first))
    yield Lane("findings", LANE["findings"], _rows(labels, findings, lambda each: _finding_point(judgement, each)))
    yield Lane("measurements", LANE["measurements"], _results(judgement))


def _dated(record: Finding | Imaging) -> bool:
    return record.when.first > FAR_PAST and record.when.last < FAR_FUTURE


def _windows(hanging: tuple[Hanging, ...]) -> Iterable[Row]:
    groups: dict[Window, list[Hanging]] = {}
    for each in hanging:
        groups.setdefault(each.window, []).append(each)
    for found, own in sorted(groups.items(), key=lambda pair: (pair[0].first - pair[0].last, pair[0].anchor)):
        clauses: dict[str, list[str]] = {}
        for each in own:
            clauses.setdefault(each.trial, []).append(each.clause)
        strip = Strip(found.first, found.last, of_trials(clauses), min((each.style for each in own), key=_STYLES.index))
        yield Row(label=window(found.counts, found.anchor), strips=(strip,))


def _treatments(judgement: Judgement, labels: Labels) -> tuple[Row, ...]:
    rows: dict[str, list[Bar]] = {}
    every = [each for each in judgement.prepared.patient.treatments if judgement.record(each.id)]
    for each in sorted(every, key=lambda one: (one.started.first, one.ended.first, one.id)):
        ongoing = each.ended.first >= FAR_FUTURE
        last = judgement.day if ongoing or not each.end_known else min(each.ended.last, judgement.day)
        sure_last = judgement.day if ongoing else min(each.ended.first, judgement.day)
        first = each.started.first if each.started.first > FAR_PAST else FAR_PAST
        bar = Bar(
            first=first,
            sure_first=min(each.started.last, last),
            sure_last=max(sure_last, first),
            last=last,
            ongoing=ongoing,
            end_known=each.end_known,
            title=f"{labels.english(each.concept)}, {describe.treatment_period(each)}",
        )
        rows.setdefault(each.concept, []).append(bar)
    return tuple(
        Row(labels.english(concept), labels.other(concept), bars=tuple(_merged(bars))) for concept, bars in rows.items()
    )


def _merged(bars: list[Bar]) -> Iterable[Bar]:
    """Bars of one row; those without a known end as one, so that what is unsure does not look surer for being many."""
    endless = [bar for bar in bars if not bar.end_known]
    if len(endless) > 1:
        title = "; ".join(dict.fromkeys(bar.title for bar in endless[:_MOST_TITLES]))
        more = f"; {and_more(len(endless) - _MOST_TITLES)}" if len(endless) > _MOST_TITLES else ""
        yield replace(endless[0], last=max(bar.last for bar in endless), title=title + more)
        bars = [bar for bar in bars if bar.end_known]
    yield from bars


_Record = TypeVar("_Record", Finding, Imaging)


def _rows(labels: Labels, records: Iterable[_Record], point: Callable[[_Record], Point]) -> tuple[Row, ...]:
    groups: dict[str, list[Point]] = {}
    for record in records:
        name = record.procedure if isinstance(record, Imaging) else record.concept
        groups.setdefault(name, []).append(point(record))
    return tuple(Row(labels.english(name), labels.other(name), points=tuple(points)) for name, points in groups.items())


def _scan_point(judgement: Judgement, scan: Imaging) -> Point:
    title = f"{describe.thing(judgement, scan)}, {describe.when(scan)}"
    score = f"Krenning {describe.span(scan.krenning.low, scan.krenning.high)}" if scan.krenning else ""
    return Point(scan.when.first, scan.when.last, title, note=score)


def _finding_point(judgement: Judgement, finding: Finding) -> Point:
    title = f"{describe.thing(judgement, finding)}, {describe.when(finding)}"
    absent = finding.presence is Presence.ABSENT
    return Point(
        finding.when.first, finding.when.last, title, hollow=absent,
        note="absent" if absent else "unclear" if finding.presence is Presence.UNKNOWN else "",
    )  # fmt: skip


def _results(judgement: Judgement) -> tuple[Row, ...]:
    """All results in one row, those of one day as one mark."""
    days: dict[tuple[int, int], list[str]] = {}
    for each in judgement.prepared.patient.measurements:
        if judgement.record(each.id) and each.when.first > FAR_PAST and each.when.last < FAR_FUTURE:
            days.setdefault((each.when.first, each.when.last), []).append(judgement.label(each.observable))
    points = tuple(
        Point(first, last, f"{describe.days(first, last)}: {results_of_day(names)}", note=str(len(names)))
        for (first, last), names in sorted(days.items())
    )
    return (Row(counted(sum(map(len, days.values())), "results"), points=points),) if points else ()
