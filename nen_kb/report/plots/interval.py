"""How many could take part: certainly, possibly, and how that stands to all."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from nen_kb.explain.wording import feasibility as wording
from nen_kb.report.plots.canvas import Canvas

_WIDE, _BAR = 520, 24
_ENLARGED = 0.25
"""Below this share of all patients the possible ones are drawn once more, over the whole width."""
_COLOUR = {"eligible": "sure", "undetermined": "maybe", "ineligible": "lost"}


def interval_plot(trial: str, verdicts: Mapping[str, int], ident: str) -> Markup:
    """A bar of all patients by verdict; if few are possible, a second bar of these alone below it."""
    whole = sum(verdicts.values())
    certainly, possibly = verdicts["eligible"], verdicts["eligible"] + verdicts["undetermined"]
    enlarged = 0 < possibly < _ENLARGED * whole
    canvas = Canvas(112 if enlarged else 50, _WIDE)
    _stacked(canvas, 0, {name: verdicts[name] for name in _COLOUR}, whole)
    _scale(canvas, _BAR + 14, 0, whole, whole)
    if enlarged:
        narrow = _WIDE * possibly / whole
        canvas.shape([(0, _BAR), (narrow, _BAR), (_WIDE, _BAR + 34), (0, _BAR + 34)], "unknown")
        _stacked(canvas, _BAR + 34, {name: verdicts[name] for name in ("eligible", "undetermined")}, possibly)
        _scale(canvas, 2 * _BAR + 48, certainly, possibly, possibly)
    return canvas.picture(
        f"{trial}: {wording.between(certainly, possibly, whole)}",
        ", ".join(f"{wording.count(verdicts[name])} {wording.VERDICT[name]}" for name in _COLOUR),
        ident,
    )


def _stacked(canvas: Canvas, top: float, parts: Mapping[str, int], most: int) -> None:
    left = 0.0
    for name, number in parts.items():
        width = max(_WIDE * number / most, 1) if number else 0
        hover = f"{wording.VERDICT[name]}: {wording.count(number)} ({wording.share(number, most)})"
        if number:
            canvas.box(min(left, _WIDE - 1), top, width, _BAR, _COLOUR[name], hover=hover)
        left += _WIDE * number / most


def _scale(canvas: Canvas, y: float, first: int, last: int, most: int) -> None:
    """The numbers below a bar: where its first part ends, if it has room there, and where it ends."""
    place = _WIDE * first / most if most else 0
    canvas.write(_WIDE, y, wording.count(last), align="right", colour="faint", size=11.5)
    if place < _WIDE - 150:
        text = f"{wording.count(first)} certainly" if first or last != most or y > 60 else "0"
        canvas.write(min(max(place, 0), _WIDE), y, text, align="left", colour="faint", size=11.5)
