"""What the sources held that could not be mapped, counted by code."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pyarrow import compute

from nen_kb.cohort.export import most_frequent
from nen_kb.cohort.store import Run

MOST = 20
_KEY = ("vocabulary", "code", "display")
_TIMES = "times"
"""How often a note speaks of, where it speaks of several records at once."""


def unmapped(run: Run) -> list[dict[str, Any]]:
    """The codes that no class of the ontology has, the most frequent first, at most twenty."""
    found: Counter[tuple[str, str]] = Counter()
    displays: dict[tuple[str, str], Counter[str]] = {}
    for part in run.parts:
        notes = part.notes()
        coded = notes.select([*_KEY, _TIMES]).filter(compute.is_valid(notes["code"]))
        times = compute.coalesce(coded[_TIMES], 1)
        coded = coded.set_column(coded.column_names.index(_TIMES), _TIMES, times)
        for row in coded.group_by(list(_KEY)).aggregate([(_TIMES, "sum")]).to_pylist():
            vocabulary, code, display = (row[name] or "" for name in _KEY)
            found[vocabulary, code] += row[f"{_TIMES}_sum"]
            displays.setdefault((vocabulary, code), Counter())[display] += row[f"{_TIMES}_sum"]
    ranked = sorted(found.items(), key=lambda each: (-each[1], each[0]))[:MOST]
    return [
        {"vocabulary": key[0], "code": key[1], "display": most_frequent(displays[key]), "count": count}
        for key, count in ranked
    ]
