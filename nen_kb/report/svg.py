"""Draws a chart as SVG: shapes with class names, whose colours the page's style gives.

Everything drawn in colour is also told by a shape, a label or a title, and the page repeats it as a table.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from html import escape
from itertools import zip_longest

from nen_kb.explain.wording import report as wording
from nen_kb.facts.dates import iso, months_after
from nen_kb.report.timeline import Bar, Chart, Day, Lane, Point, Row, Strip

WIDTH = 1000
LEFT, RIGHT = 262, 790
"""The plot's edges; names stand to the left, labels of days may reach into the margin on the right."""
_STRIP = 520
_STRIP_LETTER = 10.0
"""The width of a strip of verdicts and of its letters, which are larger on a phone."""
_ROW, _TITLE, _HEAD, _FOOT = 22, 26, 62, 8
_LETTER, _BOLD = 7.0, 8.3
"""About how wide a letter is at most, plain and in the labels of days."""
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)
_DAYS = (1, 2, 7, 14, 28)
_MOST_TICKS = 9


def draw(chart: Chart, title: str, description: str, ident: str) -> str:
    """The chart as one ``<svg>`` element; ``ident`` makes the ids in it unique."""
    return "".join(_Drawing(chart, ident).picture(title, description))


def _clean(text: str) -> str:
    """The text without characters that XML cannot hold, its markup escaped."""
    return escape("".join(letter if letter.isprintable() else " " for letter in text))


def _short(text: str, room: float) -> str:
    most = max(int(room / _LETTER), 4)
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


class _Drawing:
    def __init__(self, chart: Chart, ident: str) -> None:
        self.chart = chart
        self.ident = ident
        self.height = _HEAD + sum(map(_tall, chart.lanes)) + _FOOT

    def x(self, day: int) -> float:
        """Where a day lies, kept within the plot."""
        day = min(max(day, self.chart.first), self.chart.last)
        return round(LEFT + (RIGHT - LEFT) * (day - self.chart.first) / (self.chart.last - self.chart.first), 1)

    def picture(self, title: str, description: str) -> Iterator[str]:
        ids = f"{self.ident}-t", f"{self.ident}-d"
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.height}" role="img" '
            f'aria-labelledby="{ids[0]} {ids[1]}" class="chart" focusable="false">'
            f'<title id="{ids[0]}">{_clean(title)}</title><desc id="{ids[1]}">{_clean(description)}</desc>'
        )
        yield from self.tints()
        yield from self.axis()
        yield from self.lines()
        y = _HEAD
        for lane in self.chart.lanes:
            yield from self.lane(lane, y)
            y += _tall(lane)
        yield "</svg>"

    def tints(self) -> Iterator[str]:
        """Windows of clauses that keep the patient out, through all lanes."""
        for lane in self.chart.lanes:
            for strip in (strip for row in lane.rows for strip in row.strips if strip.style == "fails"):
                left, right = self.x(strip.first), self.x(strip.last)
                yield (
                    f'<rect class="tint" x="{left}" y="{_HEAD}" width="{max(right - left, 1):.1f}" '
                    f'height="{self.height - _HEAD - _FOOT}"/>'
                )

    def axis(self) -> Iterator[str]:
        bottom = self.height - _FOOT
        if self.chart.earlier:
            yield f'<text class="faint" x="0" y="{_HEAD - 9}">{wording.earlier(self.chart.earlier)}</text>'
        named = [self.x(day.day) for day in self.chart.days]
        for day, text in _ticks(self.chart.first, self.chart.last):
            x = self.x(day)
            if any(abs(x - other) < len(text) * 4 for other in named):
                continue
            yield f'<line class="grid" x1="{x}" y1="{_HEAD - 4}" x2="{x}" y2="{bottom}"/>'
            yield f'<text class="faint" x="{x}" y="{_HEAD - 9}" text-anchor="middle">{text}</text>'

    def lines(self) -> Iterator[str]:
        """The days that matter; labels in two rows, so that neighbours do not cover each other."""
        taken: dict[int, list[tuple[float, float]]] = {0: [], 1: []}
        for day in self.chart.days:
            x = self.x(day.day)
            yield f'<line class="day {day.kind}" x1="{x}" y1="34" x2="{x}" y2="{self.height - _FOOT}"/>'
            yield self.label(day, x, taken)

    def label(self, day: Day, x: float, taken: dict[int, list[tuple[float, float]]]) -> str:
        wide = len(day.text) * _BOLD + 8
        for level in (0, 1):
            sides = [("end", x - wide, x), ("start", x, x + wide)]
            for end, low, high in sides if day.kind == "index_day" else reversed(sides):
                free = all(high <= a or low >= b for a, b in taken[level])
                if free and low >= 0 and high <= WIDTH:
                    taken[level].append((low, high))
                    shift = -5 if end == "end" else 5
                    return (
                        f'<text class="daylabel {day.kind}" x="{x + shift:.1f}" y="{14 + 17 * level}" '
                        f'text-anchor="{end}">{_clean(day.text)}</text>'
                    )
        return ""

    # ── lanes ───────────────────────────────────────────────────────────────

    def lane(self, lane: Lane, y: int) -> Iterator[str]:
        yield f'<line class="rule" x1="0" y1="{y + 2}" x2="{WIDTH}" y2="{y + 2}"/>'
        yield f'<text class="lane" x="0" y="{y + 19}">{_clean(lane.title)}</text>'
        y += _TITLE
        for row in lane.rows:
            yield from self.row(row, lane.kind, y)
            y += _ROW
        if lane.more:
            yield f'<text class="faint" x="10" y="{y + 15}">{wording.more_rows(lane.more)}</text>'

    def row(self, row: Row, kind: str, y: int) -> Iterator[str]:
        name = _short(row.other or row.label, LEFT - 22)
        language = ' lang="sv"' if row.other else ""
        yield f'<text x="10" y="{y + 15}"{language}>{_clean(name)}<title>{_clean(row.label)}</title></text>'
        for bar in row.bars:
            if bar.first <= self.chart.last and bar.last >= self.chart.first:
                yield from self.bar(bar, y)
        shown = [p for p in row.points if p.first <= self.chart.last and p.last >= self.chart.first]
        reach = 0.0
        for point, following in zip_longest(shown, shown[1:]):
            x, wide = self.x(point.last), 14 + len(point.note) * _LETTER
            noted = x > reach and (following is None or self.x(following.first) - x > wide)
            yield from self.point(point, kind, y, noted)
            if noted and point.note:
                reach = x + wide
        for strip in row.strips:
            yield from self.strip(strip, y)

    def bar(self, bar: Bar, y: int) -> Iterator[str]:
        left, right = self.x(bar.first), self.x(bar.last)
        sure_left, sure_right = self.x(max(bar.sure_first, bar.first)), self.x(min(bar.sure_last, bar.last))
        yield f"<g><title>{_clean(bar.title)}</title>"
        sure = sure_left <= sure_right and bar.end_known
        for begin, end in ((left, sure_left), (sure_right, right)) if sure else ((left, right),):
            if begin < end or not sure:
                yield f'<rect class="unsure" x="{begin}" y="{y + 5}" width="{max(end - begin, 2):.1f}" height="12"/>'
        if sure:
            wide = max(sure_right - sure_left, 3)
            yield f'<rect class="bar" x="{sure_left}" y="{y + 5}" width="{wide:.1f}" height="12"/>'
        if bar.ongoing:
            yield f'<path class="bar" d="M{right} {y + 1}l11 10l-11 10z"/>'
        if bar.first < self.chart.first:
            yield f'<path class="before" d="M{LEFT} {y + 5}l-7 6l7 6z"/>'
        yield "</g>"

    def point(self, point: Point, kind: str, y: int, noted: bool) -> Iterator[str]:
        left, right = self.x(point.first), self.x(point.last)
        style = f"{kind}{' hollow' if point.hollow else ''}"
        yield f"<g><title>{_clean(point.title)}</title>"
        if right - left > 3:
            yield f'<rect class="unsure" x="{left}" y="{y + 8}" width="{right - left:.1f}" height="6"/>'
        middle = (left + right) / 2
        if kind == "imaging":
            yield f'<path class="point {style}" d="M{middle:.1f} {y + 4}l7 7l-7 7l-7 -7z"/>'
        elif kind == "measurements":
            yield f'<rect class="point {style}" x="{middle - 2:.1f}" y="{y + 4}" width="4" height="14"/>'
        else:
            yield f'<circle class="point {style}" cx="{middle:.1f}" cy="{y + 11}" r="5"/>'
        if point.note and noted:
            yield f'<text class="small" x="{max(middle + 10, right + 4):.1f}" y="{y + 15}">{_clean(point.note)}</text>'
        yield "</g>"

    def strip(self, strip: Strip, y: int) -> Iterator[str]:
        left, right = self.x(strip.first), self.x(strip.last)
        wide = max(right - left, 2)
        title = f"{iso(strip.first)} to {iso(strip.last)}: {strip.clauses}"
        yield f"<g><title>{_clean(title)}</title>"
        yield f'<rect class="window {strip.style}" x="{left}" y="{y + 4}" width="{wide:.1f}" height="14"/>'
        if strip.first >= self.chart.first:
            yield f'<path class="edge" d="M{left} {y + 2}v18"/>'
        else:
            yield f'<path class="edge" d="M{LEFT} {y + 5}l-7 6l7 6z"/>'
        inside = len(strip.clauses) * _LETTER < wide - 12
        x, end = (left + 6, "start") if inside else (left - 6, "end")
        text = _short(strip.clauses, wide - 12 if inside else left - LEFT)
        if inside or left - LEFT > 60:
            yield f'<text class="small" x="{x:.1f}" y="{y + 15}" text-anchor="{end}">{_clean(text)}</text>'
        yield "</g>"


def _tall(lane: Lane) -> int:
    return _TITLE + _ROW * (len(lane.rows) + bool(lane.more)) + 4


def _ticks(first: int, last: int) -> Iterator[tuple[int, str]]:
    """Days of the axis with their names: months, years, or single days of a short stretch."""
    if last - first < 100:
        step = next((n for n in _DAYS if (last - first) / n <= 7), _DAYS[-1])
        for day in range(last - (last - first) // step * step, last + 1, step):
            if day - first > 4 and last - day > 2:
                yield day, iso(day)[5:]
        return
    months = (last - first) / 30.44
    step = next((n for n in _MONTHS if months / n <= _MOST_TICKS), _MONTHS[-1])
    start = date.fromordinal(first)
    day = date(start.year, 1, 1).toordinal()
    while day <= last:
        if first <= day and last - day > (last - first) // 40:
            yield day, str(date.fromordinal(day).year) if step >= 12 else iso(day)[:7]
        day = months_after(day, step)


# ── the verdict over the coming months ──────────────────────────────────────


def draw_periods(periods: list[tuple[int, int, str]], title: str, description: str, ident: str) -> str:
    """Strips of (first day, last day, verdict), drawn to scale, each with its word or sign."""
    first, last = periods[0][0], max(periods[-1][1], periods[0][0] + 1)
    ids = f"{ident}-t", f"{ident}-d"

    def x(day: int) -> float:
        return round(1 + (_STRIP - 2) * (min(day, last) - first) / (last - first), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_STRIP} 58" role="img" '
        f'aria-labelledby="{ids[0]} {ids[1]}" class="chart" focusable="false">'
        f'<title id="{ids[0]}">{_clean(title)}</title><desc id="{ids[1]}">{_clean(description)}</desc>'
    ]
    for begin, end, verdict in periods:
        left, wide = x(begin), max(x(end + 1) - x(begin) - 1, 1)
        word = f"{wording.VERDICT_MARK[verdict]} {wording.VERDICT[verdict]}"
        parts.append(
            f"<g><title>{_clean(f'{wording.VERDICT[verdict]}, {wording.period(begin, end)}')}</title>"
            f'<rect class="strip {verdict}" x="{left}" y="2" width="{wide:.1f}" height="30"/>'
        )
        fits = len(word) * _STRIP_LETTER + 10 < wide
        if fits or wide > 14:
            text = word if fits else wording.VERDICT_MARK[verdict]
            parts.append(f'<text class="striplabel {verdict}" x="{left + 4:.1f}" y="22">{_clean(text)}</text>')
        parts.append("</g>")
    taken: list[tuple[float, float]] = []
    for day in [*(begin for begin, _, _ in periods[1:]), first]:  # the first day stands elsewhere too
        left, room = min(x(day), _STRIP - 10 * _STRIP_LETTER), 10 * _STRIP_LETTER + 4
        if all(left + room <= low or left >= high for low, high in taken):
            taken.append((left, left + room))
            parts.append(
                f'<path class="tick" d="M{x(day)} 33v5"/><text class="faint" x="{left}" y="51">{iso(day)}</text>'
            )
    return "".join([*parts, "</svg>"])
