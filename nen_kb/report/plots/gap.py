"""What is missing: which items decide most patients, one after the other, and which criteria stay open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from nen_kb.explain.wording import feasibility as wording
from nen_kb.report.plots.canvas import LABELS, ROW, WIDTH, Canvas, bars, ticks, wrapped

_TOP = 44
_ITEMS = 300
_NUMBERS = 140


def order_plot(title: str, order: Sequence[Mapping[str, Any]], sampled: int, ident: str) -> Markup:
    """Of how many each item is asked, and above it who is decided once it is known beside all before it."""
    canvas = Canvas(_TOP + ROW * len(order) + 4)
    axes = canvas.rows(_ITEMS, _TOP, WIDTH - _ITEMS - _NUMBERS, len(order), sampled)
    axes.set_xticks([0, sampled / 2, sampled], ["0", "50 %", "100 %"])
    axes.grid(axis="x")
    hovers = [
        f"{number}. {step['item']}: asked of {wording.count(step['asked'])}, "
        f"decides {wording.count(step['settles'])} more, with those above "
        f"{wording.count(step['cumulative'])} of {wording.count(sampled)} "
        f"({wording.share(step['cumulative'], sampled)})"
        for number, step in enumerate(order, 1)
    ]
    zero = [0.0] * len(order)
    bars(canvas, axes, [step["asked"] for step in order], zero, "maybe", hovers)
    bars(canvas, axes, [step["cumulative"] for step in order], zero, "sure", hovers, height=0.3)
    for number, (step, hover) in enumerate(zip(order, hovers, strict=True)):
        y = _TOP + ROW * number
        canvas.write(0, y + ROW / 2 + 4, f"{number + 1}", bold=True, size=11)
        lines = wrapped(step["item"], _ITEMS - 36, 2)
        first = y + ROW / 2 + 3.5 - 5.7 * (len(lines) - 1)
        for place, line in enumerate(lines):
            canvas.write(22, first + 11.4 * place, line, size=10, hover=hover)
        base = y + ROW / 2 + 3.5
        canvas.write(WIDTH - _NUMBERS + 54, base, wording.count(step["asked"]), align="right", bold=True)
        canvas.write(
            WIDTH,
            base,
            f"{wording.count(step['cumulative'])} · {wording.share(step['cumulative'], sampled)}",
            align="right",
        )
    beside = canvas.swatch(_ITEMS, 12, "maybe", "asked of")
    canvas.swatch(beside, 12, "sure", "decided by it and those above")
    canvas.write(WIDTH - _NUMBERS + 54, _TOP - 8, "asked", align="right", colour="faint")
    canvas.write(WIDTH, _TOP - 8, "decided", align="right", colour="faint")
    return canvas.picture(title, wording.sample(sampled, sampled + 1) if sampled else "", ident)


def open_plot(
    title: str,
    clauses: Sequence[Mapping[str, Any]],
    says: Mapping[str, str],
    notes: Mapping[str, str],
    whole: int,
    ident: str,
) -> Markup:
    """A row a criterion: of how many undetermined patients it is open, and of how many it alone."""
    canvas = Canvas(_TOP + ROW * len(clauses) + 4)
    most = max((clause["open"] for clause in clauses), default=0)
    axes = canvas.rows(LABELS, _TOP, WIDTH - LABELS - 140, len(clauses), most)
    ticks(axes, most)
    hovers = [
        f"{each['clause']}: open for {wording.count(each['open'])} "
        f"({wording.share(each['open'], whole)} of the undetermined), "
        f"for {wording.count(each['open_alone'])} nothing else is"
        for each in clauses
    ]
    bars(canvas, axes, [each["open"] for each in clauses], [0.0] * len(clauses), "maybe", hovers)
    bars(canvas, axes, [each["open_alone"] for each in clauses], [0.0] * len(clauses), "sure", hovers)
    for number, each in enumerate(clauses):
        y = _TOP + ROW * number
        canvas.label(y, each["clause"], says.get(each["clause"], ""), note=notes.get(each["clause"], ""))
        for x, name in ((WIDTH - 66, "open"), (WIDTH, "open_alone")):
            canvas.write(x, y + ROW / 2 + 3.5, wording.count(each[name]), align="right", bold=name == "open_alone")
    beside = canvas.swatch(LABELS, 12, "sure", "only this is open")
    canvas.swatch(beside, 12, "maybe", "other criteria are open too")
    canvas.write(WIDTH - 66, _TOP - 8, "open", align="right", colour="faint")
    canvas.write(WIDTH, _TOP - 8, "alone", align="right", colour="faint")
    return canvas.picture(title, f"{wording.patients(whole)} undetermined.", ident)
