"""Which criteria fail together: the most frequent exact sets, as columns of dots below bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from nen_kb.explain.wording import feasibility as wording
from nen_kb.report.plots.canvas import LABELS, WIDTH, Canvas

_BARS, _GAP, _FOOT, _ROW, _WIDEST = 96, 62, 20, 25, 30


def overlap_plot(
    title: str,
    sets: Sequence[Mapping[str, Any]],
    clauses: Sequence[str],
    says: Mapping[str, str],
    whole: int,
    ident: str,
) -> Markup:
    """A column a set, the most frequent first: dots are the clauses that fail.  All other sets are told in a
    number, lest their bar dwarf the rest.

    ``clauses`` are the rows, in the order of the protocol; ``whole`` is the number of patients who fail something.
    """
    others = sum(each["patients"] for each in sets if each["clauses"] is None)
    sets = [each for each in sets if each["clauses"] is not None]
    step = min((WIDTH - LABELS - 12) / max(len(sets), 1), _WIDEST)
    top = _BARS + _GAP
    canvas = Canvas(top + _ROW * len(clauses) + _FOOT)
    most = max((each["patients"] for each in sets), default=0) or 1
    place = {clause: number for number, clause in enumerate(clauses)}
    for number in range(0, len(clauses), 2):
        canvas.box(LABELS, top + 6 + _ROW * number, step * len(sets), _ROW, "unknown")
    for number, each in enumerate(sets):
        own = each["clauses"]
        hover = f"{wording.count(each['patients'])} ({wording.share(each['patients'], whole)}) {wording.failing(own)}"
        height = max(_BARS * each["patients"] / most, 1)
        middle = LABELS + step * (number + 0.5)
        canvas.box(middle - step * 0.31, top - height, step * 0.62, height, "fails", hover=hover)
        canvas.write(middle + 4, top - height - 5, wording.count(each["patients"]), turned=True, hover=hover, size=10)
        rows = sorted(place[clause] for clause in own if clause in place)
        ys = [top + 6 + _ROW * (row + 0.5) for row in rows]
        if len(ys) > 1:
            canvas.box(middle - 1.25, ys[0], 2.5, ys[-1] - ys[0], "fails")
        for y in ys:
            canvas.dot(middle, y, min(step * 0.26, 6), "fails", hover)
    for clause, number in place.items():
        canvas.label(top + 6 + _ROW * number, clause, says.get(clause, ""), row=_ROW)
    if others:
        canvas.write(WIDTH, 12, f"{wording.OTHER_SETS}: {wording.count(others)}", align="right", colour="faint")
    return canvas.picture(title, f"{wording.patients(whole)} fail at least one criterion.", ident)
