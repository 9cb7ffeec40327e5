"""Attrition: who is left after each criterion, and who leaves at it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from nen_kb.explain.wording import feasibility as wording
from nen_kb.report.plots.canvas import LABELS, ROW, WIDTH, Canvas, bars

_TOP = 44
_COLUMNS = {"failed_here": WIDTH - 134, "remaining_possible": WIDTH - 66, "remaining_certain": WIDTH}
"""The right edges of the columns of numbers."""
_HEADS = {
    "failed_here": ("out here", "faint"),
    "remaining_possible": ("possible", "faint"),
    "remaining_certain": ("certain", "faint"),
}


def funnel_plot(
    title: str,
    steps: Sequence[Mapping[str, Any]],
    says: Mapping[str, str],
    notes: Mapping[str, str],
    whole: int,
    ident: str,
) -> Markup:
    """A row a criterion: dark are those of whom all criteria so far surely pass, light those of whom none surely
    fails, pale orange those who leave here."""
    canvas = Canvas(_TOP + ROW * (len(steps) + 1) + 4)
    right = _COLUMNS["failed_here"] - 80
    axes = canvas.rows(LABELS, _TOP, right - LABELS, len(steps) + 1, whole)
    axes.set_xticks([0, whole / 2, whole], ["0", "50 %", "100 %"])
    axes.grid(axis="x")
    possible = [whole, *(step["remaining_possible"] for step in steps)]
    certain = [whole, *(step["remaining_certain"] for step in steps)]
    failed = [0, *(step["failed_here"] for step in steps)]
    names = ["all patients", *(f"{step['clause']}: {says.get(step['clause'], '')}" for step in steps)]
    hovers = [
        f"{name}. Out here {wording.count(out)}; possible {wording.count(may)} ({wording.share(may, whole)}); "
        f"certain {wording.count(sure)} ({wording.share(sure, whole)})"
        for name, out, may, sure in zip(names, failed, possible, certain, strict=True)
    ]
    bars(canvas, axes, failed, possible, "lost", hovers)
    bars(canvas, axes, [0, *possible[1:]], [0.0] * len(possible), "maybe", hovers)
    bars(canvas, axes, certain, [0.0] * len(certain), "sure", hovers)
    for name, x in _COLUMNS.items():
        head, colour = _HEADS[name]
        canvas.write(x, _TOP - 8, head, align="right", colour=colour)
    canvas.write(38, _TOP + ROW / 2 + 3.5, "all patients", size=10)
    canvas.write(_COLUMNS["remaining_possible"], _TOP + ROW / 2 + 3.5, wording.count(whole), align="right")
    for number, step in enumerate(steps, 1):
        y = _TOP + ROW * number
        canvas.label(y, step["clause"], says.get(step["clause"], ""), note=notes.get(step["clause"], ""))
        for name, x in _COLUMNS.items():
            text = wording.count(step[name])
            canvas.write(
                x, y + ROW / 2 + 3.5, f"−{text}" if name == "failed_here" and step[name] else text,
                align="right", bold=name == "remaining_possible", colour="faint" if name == "failed_here" else "text",
            )  # fmt: skip
    _legend(canvas)
    return canvas.picture(title, _told(steps, whole), ident)


def _legend(canvas: Canvas) -> None:
    x: float = LABELS
    for colour, text in (("sure", "certain so far"), ("maybe", "possible so far"), ("lost", "out at this criterion")):
        x = canvas.swatch(x, 12, colour, text)


def _told(steps: Sequence[Mapping[str, Any]], whole: int) -> str:
    if not steps:
        return wording.patients(whole)
    last = steps[-1]
    return (
        f"Of {wording.patients(whole)} {wording.count(last['remaining_possible'])} are possible and "
        f"{wording.count(last['remaining_certain'])} certain after {wording.counted(len(steps), 'clause')}."
    )
