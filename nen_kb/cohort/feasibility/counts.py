"""What the patterns of a trial say: interval, clauses, attrition, overlap."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from nen_kb.cohort.feasibility.patterns import Bits, Patterns, bits_of, distinct, holds, is_empty, is_only, places_of

MOST_SETS = 25
"""So many sets of failing clauses are told one by one."""


def verdict_counts(found: Patterns) -> dict[str, int]:
    """How many patients have each verdict."""
    possible = is_empty(found.failing)
    certain = possible & is_empty(found.undecided)
    eligible, total = found.count(certain), found.total
    undetermined = found.count(possible) - eligible
    return {"eligible": eligible, "undetermined": undetermined, "ineligible": total - eligible - undetermined}


def interval(found: Patterns) -> dict[str, int]:
    """How many are certainly eligible, and how many possibly: the true number lies between, both included."""
    counts = verdict_counts(found)
    return {"certainly": counts["eligible"], "possibly": counts["eligible"] + counts["undetermined"]}


def clause_counts(found: Patterns, place: int) -> dict[str, Any]:
    """The counts of one whole clause.

    Of a clause that is left out the statuses, ``fails`` and ``open`` are still told; it keeps nobody out alone.
    """
    fails, undecided = holds(found.fails, place), holds(found.open, place)
    conflicting = holds(found.conflicting, place)
    n_fails, n_open, n_conflicting = (found.count(which) for which in (fails, undecided, conflicting))
    passes = found.total - n_fails - n_open
    inclusion = found.kinds[place] == "inclusion"
    only = is_only(found.failing, place)
    sure = is_empty(found.undecided)
    return {
        "statuses": {
            "met": passes if inclusion else n_fails,
            "unmet": n_fails if inclusion else passes,
            "unknown": n_open - n_conflicting,
            "conflicting": n_conflicting,
        },
        "fails": n_fails,
        "open": n_open,
        "fails_alone": found.count(only & sure),
        "fails_only": found.count(only),
        "open_alone": found.count(is_empty(found.failing) & is_only(found.undecided, place)),
    }


def alike(found: Patterns) -> list[dict[str, Any]]:
    """The clauses that fail for exactly the same patients, two at least, and are open for the same.

    Of such a clause by itself ``fails_only`` and ``fails_alone`` are zero, however many it keeps out; what the
    clauses of a group cost together is told here.
    """
    groups: dict[bytes, list[int]] = {}
    for place in found.counted:
        fails = holds(found.failing, place)
        if found.count(fails) > 1:
            groups.setdefault(fails.tobytes() + holds(found.undecided, place).tobytes(), []).append(place)
    told = []
    for places in groups.values():
        if len(places) > 1:
            these = bits_of(places, len(found.clauses))
            none, sure = is_empty(found.failing & ~these), is_empty(found.undecided & ~these)
            only = none & ~is_empty(found.failing)
            still = is_empty(found.failing) & ~is_empty(found.undecided) & sure
            told.append(
                {
                    "clauses": [found.clauses[place] for place in places],
                    "fails": found.count(holds(found.failing, places[0])),
                    "fails_only": found.count(only),
                    "fails_alone": found.count(only & sure),
                    "open_alone": found.count(still),
                }
            )
    return told


class _Remaining:
    """The patients that are still possible while one clause after another is applied."""

    def __init__(self, found: Patterns) -> None:
        self.failing, self.undecided, self.patients = found.failing, found.undecided, found.patients
        self.certain = np.ones(len(self.patients), dtype=bool)

    def takes(self, place: int) -> tuple[int, int]:
        """How many of the possible, and how many of the certain, the clause would take."""
        fails = holds(self.failing, place)
        less_certain = self.certain & (fails | holds(self.undecided, place))
        return int(self.patients[fails].sum()), int(self.patients[less_certain].sum())

    def apply(self, place: int) -> None:
        """Leaves those whom the clause does not keep out; certain are those who surely pass."""
        kept = ~holds(self.failing, place)
        certain = self.certain & ~holds(self.undecided, place)
        self.failing, self.undecided = self.failing[kept], self.undecided[kept]
        self.patients, self.certain = self.patients[kept], certain[kept]

    def counts(self) -> dict[str, int]:
        """Who is left."""
        return {
            "remaining_possible": int(self.patients.sum()),
            "remaining_certain": int(self.patients[self.certain].sum()),
        }


def attrition(found: Patterns, order: Sequence[int]) -> list[dict[str, Any]]:
    """Clause after clause in that order: whom it takes of those still possible, and who is left."""
    left = _Remaining(found)
    steps: list[dict[str, Any]] = []
    for place in order:
        failed_here, _ = left.takes(place)
        left.apply(place)
        steps.append({"clause": found.clauses[place], "failed_here": failed_here, **left.counts()})
    return steps


def best_order(found: Patterns) -> list[int]:
    """Each next clause takes most of those still possible; then most of those still certain; then as the protocol."""
    remaining, left, order = _Remaining(found), list(found.counted), []
    while left:
        best = max(left, key=remaining.takes)
        order.append(best)
        left.remove(best)
        remaining.apply(best)
    return order


def overlap(found: Patterns) -> list[dict[str, Any]]:
    """The sets of clauses that fail together, the most frequent first; at last the patients of all other sets."""
    failing = ~is_empty(found.failing)
    sets, counts = distinct(found.failing[failing], found.patients[failing])
    order = np.argsort(-counts, kind="stable")
    told: list[dict[str, Any]] = [
        {"clauses": _names(found, sets[row]), "patients": int(counts[row])} for row in order[:MOST_SETS]
    ]
    rest = int(counts[order[MOST_SETS:]].sum())
    return [*told, {"clauses": None, "patients": rest, "sets": len(order) - MOST_SETS}] if rest else told


def gap_clauses(found: Patterns) -> list[dict[str, Any]]:
    """Of the clauses that are open for somebody whose verdict is undetermined, for how many, and for how many alone."""
    gap = is_empty(found.failing) & ~is_empty(found.undecided)
    told = []
    for place in found.counted:
        count = found.count(gap & holds(found.undecided, place))
        if count:
            alone = found.count(gap & is_only(found.undecided, place))
            told.append({"clause": found.clauses[place], "open": count, "open_alone": alone})
    return sorted(told, key=lambda each: (-int(str(each["open"])), -int(str(each["open_alone"]))))


def _names(found: Patterns, row: Bits) -> list[str]:
    return [found.clauses[place] for place in places_of(row)]
