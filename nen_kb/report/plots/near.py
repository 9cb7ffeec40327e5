"""Near misses: by how much those fail whom one criterion alone keeps out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from nen_kb.explain.wording import feasibility as wording
from nen_kb.report.plots.canvas import LABELS, WIDTH, Canvas

_TOP, _TALL, _RIGHT = 40, 58, 20
_LEFT = LABELS + 104
_WIDE = WIDTH - _LEFT - _RIGHT


def near_plot(title: str, near: Sequence[Mapping[str, Any]], says: Mapping[str, str], ident: str) -> Markup:
    """A row a criterion, each with its own scale and unit: the middle half of the distances, its middle, and how
    many lie within a few distances.  Rows without distances are not drawn."""
    canvas = Canvas(_TOP + _TALL * len(near))
    canvas.write(LABELS + 84, _TOP - 16, "only this fails", align="right", colour="faint")
    canvas.write(
        _LEFT,
        _TOP - 16,
        "short of the limit by: middle half and median; below, how many are within",
        colour="faint",
    )
    for number, each in enumerate(near):
        _row(canvas, each, says.get(each["clause"], ""), _TOP + _TALL * number)
    return canvas.picture(title, "; ".join(_told(each) for each in near), ident)


def _row(canvas: Canvas, near: Mapping[str, Any], words: str, top: float) -> None:
    found = near["distances"]
    unit, within = found["unit"], found.get("within") or []
    low, middle, high = found["quartiles"]
    most = max([high, *(each["distance"] for each in within)]) * 1.04 or 1
    canvas.label(top - 2, near["clause"], words, row=_TALL - 16)
    canvas.write(LABELS + 84, top + 22, wording.count(near["patients"]), align="right", bold=True, size=11.5)
    if near["sampled"] < near["patients"]:
        canvas.write(
            LABELS + 84,
            top + 35,
            f"{wording.count(near['sampled'])} looked at",
            align="right",
            colour="faint",
            size=9.5,
        )
    scale = _WIDE / most
    canvas.box(_LEFT, top + 14, _WIDE, 1, "line")
    canvas.box(_LEFT - 1, top + 3, 2, 23, "text")
    hover = f"{near['clause']}: {_told(near)}"
    canvas.box(_LEFT + scale * low, top + 7, max(scale * (high - low), 2), 15, "maybe", edge="sure", hover=hover)
    canvas.box(_LEFT + scale * middle - 1.75, top + 5, 3.5, 19, "sure", hover=hover)
    canvas.write(
        _LEFT + _WIDE * middle / most,
        top + 1,
        f"{wording.amount(middle)}{wording.spaced(unit)}",
        align="center",
        size=10,
    )
    _within(canvas, within, most, unit, top)


def _within(canvas: Canvas, within: Sequence[Mapping[str, Any]], most: float, unit: str, top: float) -> None:
    """Distances with the number of patients within them, as many as have room."""
    reach = float(_LEFT)
    for each in within:
        x = _LEFT + _WIDE * each["distance"] / most
        text = f"{wording.count(each['patients'])} ≤ {wording.amount(each['distance'])}"
        half = 2.9 * len(text)
        if x - half > reach + 8 and x + half < WIDTH + 8:
            canvas.write(
                x,
                top + 40,
                text,
                align="center",
                colour="faint",
                size=10,
                hover=wording.within(each["distance"], unit, each["patients"]),
            )
            canvas.box(x - 0.5, top + 15, 1, 13, "faint")
            reach = x + half


def _told(near: Mapping[str, Any]) -> str:
    found = near["distances"]
    return f"{near['clause']}: {wording.quartiles(found['quartiles'], found['unit'])}"
