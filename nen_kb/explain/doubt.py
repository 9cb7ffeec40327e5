"""Reasons why something is open, and how they add up.

A ``Doubt`` says that a statement is neither shown nor refuted, and what would settle it.  A statement that is
surely false has no doubt: None stands for it.  Each reason carries a cost, the number of things
that must be found out, itself included, before it decides anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

BECAUSE: Mapping[str, str] = {
    "unit_unusable": "missing",
    "straddles_limit": "missing",
    "date_imprecise": "missing",
    "concept_too_general": "missing",
    "wrong_method": "missing",
    "not_recorded": "missing",
    "not_declared_complete": "missing",
    "not_yet_applicable": "missing",
    "sources_disagree": "conflict",
    "person_must_judge": "judgement",
    "protocol_text_damaged": "judgement",
}
"""Each reason code and what it makes of an undetermined verdict, in the order in which reasons of one cost stand."""

_RANK = {code: rank for rank, code in enumerate(BECAUSE)}
_BY_RECORD = frozenset({"concept_too_general", "date_imprecise"})


@dataclass(frozen=True)
class Reason:
    """One thing that keeps a clause from being decided."""

    code: str
    """A reason code of the public interface."""
    concept: str
    """The class it is about, by its local name; the domain for ``not_declared_complete``, ``sex`` or ``birth date`` for
    those, the trial for ``not_yet_applicable``; the clause where it is about the protocol, the class of the
    datum where something on record stands in the way."""
    text: str
    """One phrase for a reader."""
    records: tuple[str, ...] = ()
    """Ids of the records it speaks of."""

    def to_json(self) -> dict[str, object]:
        """As ``screen --format json`` prints it."""
        found: dict[str, object] = {"code": self.code, "concept": self.concept, "text": self.text}
        if self.records:
            found["records"] = list(self.records)
        return found

    @property
    def key(self) -> tuple[object, ...]:
        """Two reasons of one key say the same."""
        if self.code in _BY_RECORD and self.records:
            return self.code, self.records
        if self.code == "not_recorded" and self.records:
            return self.code, self.concept, self.records
        return self.code, self.concept


@dataclass(frozen=True)
class Doubt:
    """Why a statement is open."""

    cost: int = 1
    """The fewest things to find out before it is decided."""
    reasons: Mapping[tuple[object, ...], tuple[Reason, int]] = field(default_factory=dict)
    """By key, each reason with its cost."""


def because(*reasons: Reason) -> Doubt:
    """A doubt that any one of the reasons explains."""
    found: dict[tuple[object, ...], tuple[Reason, int]] = {}
    for reason in reasons:
        found.setdefault(reason.key, (reason, 1))
    return Doubt(1, found)


def all_needed(doubts: Iterable[Doubt]) -> Doubt:
    """Every one of them must be settled."""
    each = list(doubts)
    cost = sum(doubt.cost for doubt in each)
    found: dict[tuple[object, ...], tuple[Reason, int]] = {}
    for doubt in each:
        for key, (reason, own) in doubt.reasons.items():
            total = min(own + cost - doubt.cost, found[key][1] if key in found else own + cost)
            found[key] = (found[key][0] if key in found else reason, total)
    return Doubt(max(cost, 1), found)


def any_suffices(doubts: Iterable[Doubt]) -> Doubt | None:
    """Settling one of them is enough; None if there are none."""
    each = list(doubts)
    if len(each) <= 1:
        return each[0] if each else None
    found: dict[tuple[object, ...], tuple[Reason, int]] = {}
    for doubt in each:
        for key, (reason, cost) in doubt.reasons.items():
            known = found.get(key)
            found[key] = (reason, cost) if known is None else (known[0], min(cost, known[1]))
    return Doubt(min(doubt.cost for doubt in each), found)


def _is_bare(reason: Reason) -> bool:
    """Whether it only says that something is not on record."""
    return reason.code == "not_recorded" and not reason.records


def _is_personal(reason: Reason) -> bool:
    """Whether it asks for the sex or the birth date, the first things that anyone can say of a patient."""
    return _is_bare(reason) and reason.concept in ("sex", "birth date")


def most_useful(shown: Doubt | None, refuted: Doubt | None) -> list[Reason]:
    """The reasons why a clause is neither met nor unmet, what settles it soonest first.

    A reason that could settle it either way stands before one that could only settle it one way; beside
    such a reason, what is not on record and could only settle it one way is left out.  A sex or birth date
    that alone could settle it stands first.
    """
    one = shown.reasons if shown else {}
    other = refuted.reasons if refuted else {}
    costs: dict[tuple[object, ...], tuple[Reason, int]] = {}
    first = set()
    for key, (reason, cost) in {**other, **one}.items():
        if _is_personal(reason) and cost == 1:
            first.add(key)
        cost = max(cost, other[key][1]) if key in one and key in other else cost + 1
        costs[key] = (reason, cost)
    order = {key: place for place, key in enumerate((*one, *other))}
    ranked = sorted(costs, key=lambda key: (key not in first, costs[key][1], _RANK[costs[key][0].code], order[key]))
    found: list[Reason] = []
    named: set[tuple[str, ...]] = set()
    if any(key in one and key in other for key in ranked):
        ranked = [key for key in ranked if (key in one and key in other) or key in first or not _is_bare(costs[key][0])]
    for reason in (costs[key][0] for key in ranked):
        if reason.code in _BY_RECORD and reason.records in named:
            continue  # the same record, more cheaply settled in another way
        found.append(reason)
        named.add(reason.records)
    return found
