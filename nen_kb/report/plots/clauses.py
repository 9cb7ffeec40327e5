"""Each criterion by itself: what the records say of it, how many it keeps out, and what could be gained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from nen_kb.explain.wording import feasibility as wording
from nen_kb.report.plots.canvas import LABELS, ROW, WIDTH, Canvas, bars, ticks

_TOP = 66
_STACK = (LABELS, 560)
_KEEPS = 620
_GAIN = (640, 752)
_PARTS = {"passes": "sure", "unknown": "unknown", "conflicting": "clash", "fails": "fails"}


def effects(clause: Mapping[str, Any]) -> dict[str, int]:
    """How many pass, are unknown, conflict and fail: what met and unmet mean depends on the kind of the clause."""
    statuses = clause["statuses"]
    passes, fails = ("met", "unmet") if clause["kind"] == "inclusion" else ("unmet", "met")
    return {
        "passes": statuses[passes], "unknown": statuses["unknown"], "conflicting": statuses["conflicting"],
        "fails": statuses[fails],
    }  # fmt: skip


def clause_plot(
    title: str, clauses: Sequence[Mapping[str, Any]], notes: Mapping[str, str], whole: int, ident: str
) -> Markup:
    """A row a criterion: shares of what is known, the number it keeps out, and those whom only it keeps out."""
    canvas = Canvas(_TOP + ROW * len(clauses) + 4)
    stack = canvas.rows(_STACK[0], _TOP, _STACK[1] - _STACK[0], len(clauses), whole)
    stack.set_xticks([0, whole / 2, whole], ["0", "50 %", "100 %"])
    left = [0.0] * len(clauses)
    found = [effects(clause) for clause in clauses]
    for part, colour in _PARTS.items():
        lengths = [each[part] for each in found]
        hovers = [
            f"{clause['clause']} {clause['says']}: {wording.EFFECT[part]} {wording.count(length)} "
            f"({wording.share(length, whole)})"
            for clause, length in zip(clauses, lengths, strict=True)
        ]
        bars(canvas, stack, lengths, left, colour, hovers, edge="page")
        left = [a + b for a, b in zip(left, lengths, strict=True)]
    _gain(canvas, clauses)
    for number, clause in enumerate(clauses):
        y = _TOP + ROW * number
        canvas.label(y, clause["clause"], clause["says"], note=notes.get(clause["clause"], ""))
        canvas.write(_KEEPS, y + ROW / 2 + 3.5, wording.count(clause["fails"]), align="right")
    _heads(canvas)
    return canvas.picture(
        title, f"Shares of {wording.patients(whole)} for {wording.counted(len(clauses), 'clause')}.", ident
    )


def _gain(canvas: Canvas, clauses: Sequence[Mapping[str, Any]]) -> None:
    """Who fails this criterion only: dark if every other surely passes."""
    most = max((clause["fails_only"] for clause in clauses), default=0)
    axes = canvas.rows(_GAIN[0], _TOP, _GAIN[1] - _GAIN[0], len(clauses), most)
    if most:
        ticks(axes, most, count=1)
    else:
        axes.set_xticks([])
    only, alone = ([clause[name] for clause in clauses] for name in ("fails_only", "fails_alone"))
    hovers = [
        f"{clause['clause']} {clause['says']}: {wording.count(clause['fails_only'])} fail no other criterion; "
        f"of {wording.count(clause['fails_alone'])} of them every other surely passes"
        for clause in clauses
    ]
    bars(canvas, axes, only, [0.0] * len(only), "maybe", hovers)
    bars(canvas, axes, alone, [0.0] * len(alone), "sure", hovers)
    for number, clause in enumerate(clauses):
        text = wording.count(clause["fails_only"])
        canvas.write(WIDTH, _TOP + ROW * number + ROW / 2 + 3.5, text, align="right", hover=hovers[number])


def _heads(canvas: Canvas) -> None:
    x: float = LABELS
    for part, colour in _PARTS.items():
        x = canvas.swatch(x, 12, colour, wording.EFFECT[part])
    canvas.swatch(_GAIN[0], 12, "sure", "others surely pass")
    canvas.swatch(_GAIN[0], 28, "maybe", "others pass or are open")
    canvas.write(_STACK[0], _TOP - 24, "what the records say", bold=True, size=10)
    canvas.write(_KEEPS, _TOP - 24, "keeps out", bold=True, size=10, align="right")
    canvas.write(WIDTH, _TOP - 24, "only this in the way", bold=True, size=10, align="right")
