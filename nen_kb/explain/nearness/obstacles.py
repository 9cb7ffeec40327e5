"""Why a patient is kept out of a trial, and how near she is: one obstacle for each independent cause.

A clause that fails in several independent ways has an obstacle for each; all of them must be lifted.  Where one
way rests on several things together, the one that is easiest to change is the obstacle and the others are named
beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, NamedTuple

from nen_kb.explain.build import because
from nen_kb.explain.case import Judgement
from nen_kb.explain.nearness import told, told_values
from nen_kb.explain.nearness.bounds import Bound, DayBound
from nen_kb.explain.nearness.causes import Absence, Event, Premise, State, Way, near_days, ways
from nen_kb.explain.nearness.standing import CauseId, Lift, cause_id, deciding, fails_as, key_of
from nen_kb.explain.nearness.told import Told
from nen_kb.explain.wording import nearness as wording_nearness
from nen_kb.facts.dates import iso
from nen_kb.rules.instances import AnyModel
from nen_kb.rules.ir import Clause

PERMANENT, RECORD, TIME = "permanent", "record", "time"
_EASE = {TIME: 0, RECORD: 1, PERMANENT: 2}
_STATEMENT, _ABSENCE, _LAST = 1, 5, 6
"""Ranks of premises, see ``_rank``."""
_OTHER_SIDE = {"met": "unmet", "unmet": "met"}


@dataclass(frozen=True)
class Obstacle:
    """One thing that keeps a patient out of a trial."""

    trial: str
    clause: str
    """The whole clause."""
    part: str
    """The part that decides, or an empty text."""
    text: str
    """The whole in one phrase: ``platelets 96 × 10⁹/L, needs more than 100 × 10⁹/L, measured 12 days ago``."""
    datum: str
    """What is on record."""
    needs: str
    """What would be needed instead: ``more than 100 × 10⁹/L``; empty where there is nothing to reach."""
    distance: str
    """How far the datum is from it, in the unit the source wrote or in days; empty where there is no distance."""
    concept: str
    """Local name of the class the datum is of; ``birth date`` and ``sex`` for those."""
    records: tuple[str, ...]
    """Ids of the records the datum is made of."""
    days_ago: int | None
    """The age of the datum on the day judged, where it has one exact day."""
    lifted_by: str
    """``permanent``: nothing lifts it; ``record``: a later record may; ``time``: waiting is enough."""
    clears: int | None
    """The first day on which this cause no longer holds by time alone, an ordinal."""
    then: str
    """What the clause is on that day: ``passed``, ``open``, or ``failing`` for other causes; empty without a day."""
    near: float | None
    """The distance relative to the limit, 0.04 for 4 %; None where that means nothing."""
    short: Fraction | None = None
    """The least distance in ``unit``, to compare patients by; None where there is no distance."""
    unit: str = ""
    """The canonical unit of what was measured (whatever the source wrote), ``d``, ``a`` or ``1``, in UCUM."""

    def to_json(self) -> dict[str, Any]:
        """As ``screen --format json`` prints it."""
        return {
            "clause": self.clause,
            "part": self.part or None,
            "text": self.text,
            "datum": self.datum,
            "needs": self.needs,
            "distance": self.distance,
            "concept": self.concept,
            "records": list(self.records),
            "days_ago": self.days_ago,
            "lifted_by": self.lifted_by,
            "clears": None if self.clears is None else iso(self.clears),
            "then": self.then or None,
            "near": self.near,
        }


class PossibleIf(NamedTuple):
    """What keeps a patient out of a trial, by what would lift it."""

    permanent: tuple[Obstacle, ...]
    """Nothing lifts these."""
    by_record: tuple[Obstacle, ...]
    """A later record may lift these."""
    by_time: tuple[Obstacle, ...]
    """Waiting lifts these."""


def possible_if(found: Iterable[Obstacle]) -> PossibleIf:
    """The obstacles of one trial by what would lift them, in their order.

    Without permanent ones the trial is possible once every other is lifted, as far as the clauses that fail go.
    """
    each = tuple(found)
    return PossibleIf(*(tuple(one for one in each if one.lifted_by == how) for how in (PERMANENT, RECORD, TIME)))


def obstacles(judgement: Judgement, trial: str, lifts: Mapping[CauseId, Lift] | None = None) -> tuple[Obstacle, ...]:
    """What keeps the patient out of the trial: at least one for every whole clause that fails, in protocol order.

    Within a clause the nearest and most easily lifted comes first.  ``lifts`` says what time does to each cause, as
    ``standing`` names them.
    """
    found: list[Obstacle] = []
    for clause in judgement.program.trial(trial).clauses:
        if not clause.parent and judgement.status(trial, clause.id) == fails_as(clause):
            found += of_clause(judgement, clause, lifts or {})
    return tuple(found)


def of_clause(judgement: Judgement, clause: Clause, lifts: Mapping[CauseId, Lift]) -> list[Obstacle]:
    """The obstacles of one failing clause."""
    side = fails_as(clause)
    parts = deciding(judgement, clause)
    found = [sorted(_of_part(judgement, clause, part, side, lifts), key=_order) for part in parts]
    if clause.parts and (clause.mode, side) not in (("all", "unmet"), ("any", "met")):
        found = [
            min(found, key=lambda each: (len(each), [_order(one) for one in each]))
        ]  # one part is enough to lift it
    return sorted((each for group in found for each in group), key=_order)


def _order(found: Obstacle) -> tuple[int, bool, float]:
    return _EASE[found.lifted_by], found.near is None, found.near or 0.0


class _Cause(NamedTuple):
    """One independent cause of a part's failing."""

    key: object
    said: Told
    lasting: bool


def _of_part(
    judgement: Judgement, clause: Clause, part: Clause, side: str, lifts: Mapping[CauseId, Lift]
) -> Iterator[Obstacle]:
    causes: dict[object, _Cause] = {}
    for way in ways(judgement, side, (judgement.patient, part.trial, part.id)):
        chosen = _cause(judgement, part, side, way)
        if chosen is not None:
            key, said = chosen
            before = causes.get(key, _Cause(key, said, False))
            records = tuple(dict.fromkeys((*before.said.records, *said.records)))
            causes[key] = _Cause(key, replace(before.said, records=records), before.lasting or way.lasting)
    if not causes:
        causes[None] = _Cause(None, _fallback(judgement, part), False)
    changes = part.header.get("changes") or clause.header.get("changes")
    for cause in _enough(judgement, part, side, list(causes.values())):
        lift = lifts.get(cause_id(part, cause.key), Lift())
        said, lasting = cause.said, _stays(changes, cause.lasting)
        stopped = lift.if_stopped if said.ongoing else None
        yield Obstacle(
            trial=clause.trial,
            clause=clause.id,
            part="" if part is clause else part.id,
            text=said.text if stopped is None else wording_nearness.if_stopped(said.text, stopped),
            datum=said.datum,
            needs=said.needs,
            distance=said.distance,
            concept=said.concept,
            records=said.records,
            days_ago=said.days_ago,
            lifted_by=TIME if lift.clears is not None else PERMANENT if lasting else RECORD,
            clears=lift.clears,
            then=lift.then,
            near=said.near,
            short=said.short,
            unit=said.unit,
        )


def _stays(changes: str, lasting: bool) -> bool:
    return changes == "permanent" if changes else lasting


def _enough(judgement: Judgement, part: Clause, side: str, causes: list[_Cause]) -> list[_Cause]:
    """The nearest of several records that answer one question, if a better value of it alone would end the failing.

    Of lesions that are all too small it is enough that one is larger; of two low counts of one day both count.
    """
    nearest: dict[tuple[str, str], _Cause] = {}
    several: set[tuple[str, str]] = set()
    for cause in sorted(causes, key=lambda each: each.said.near or 0.0):
        if cause.said.reached is not None and nearest.setdefault(cause.said.topic, cause) is not cause:
            several.add(cause.said.topic)
    row = (judgement.patient, part.trial, part.id)
    for topic in sorted(several):
        if row not in _with_value(judgement, nearest[topic].said).rows(side):
            return [nearest[topic]]
    return causes


def _with_value(judgement: Judgement, said: Told) -> AnyModel:
    """The model of the same record but for one measurement, which has the value that is needed."""
    measured = judgement.model.rows("measurement")
    value = said.reached
    assert value is not None
    return judgement.model.revised(
        {
            "measurement": [
                (*row[:3], value, value) if row[1] in said.records and row[2] == said.concept else row
                for row in measured
            ]
        }
    )


def _fallback(judgement: Judgement, part: Clause) -> Told:
    """The premises as the summary of a proof has them."""
    says = part.header.get("says") or part.quote
    text = "; ".join(because(judgement, part.trial, part.id)) or wording_nearness.not_told(says)
    return Told(text, text, "")


# ── the cause of one derivation ─────────────────────────────────────────────


def _cause(judgement: Judgement, part: Clause, side: str, way: Way) -> tuple[object, Told] | None:
    """The premise of a derivation that is easiest to change, with a key by which it is known again."""
    groups: dict[object, list[Premise]] = {}
    depths: dict[object, int] = {}
    for premise, depth in way.premises:
        key = key_of(judgement, premise)
        groups.setdefault(key, []).append(premise)
        depths[key] = min(depth, depths.get(key, depth))
    if not groups:
        return None
    ranks = {key: _rank(judgement, group[0]) for key, group in groups.items()}
    best = min(ranks.values())
    candidates = {key: group for key, group in groups.items() if ranks[key] == best}
    said = {key: _told(judgement, part, side, group) for key, group in candidates.items()}
    first = min(said, key=lambda key: (said[key].near is None, said[key].near or 0.0, depths[key]))
    beside = [
        (said.get(key) or _told(judgement, part, side, group)).datum
        for key, group in groups.items()
        if key != first and ranks[key] <= _STATEMENT and not set(_told_records(group)) & set(said[first].records)
    ]
    return first, replace(said[first], text=wording_nearness.together(said[first].text, list(dict.fromkeys(beside))))


def _rank(judgement: Judgement, premise: Premise) -> int:
    """The order in which premises are chosen: what a new value, a new statement, time or nothing changes."""
    if isinstance(premise, Bound):
        return 0
    if isinstance(premise, State):
        return _STATEMENT
    if isinstance(premise, DayBound):
        return 2
    if isinstance(premise, Absence):
        return _ABSENCE if premise.closed else 3 if near_days(judgement, premise) else _LAST
    return 4 if isinstance(premise, Event) else _LAST


def _told(judgement: Judgement, part: Clause, side: str, group: list[Premise]) -> Told:
    first = group[0]
    if isinstance(first, Bound):
        same = [premise for premise in group if isinstance(premise, Bound)]
        return told_values.quantity(judgement, part, _OTHER_SIDE[side], same)
    if isinstance(first, DayBound):
        return told.day(judgement, first)
    if isinstance(first, State):
        return told.state(judgement, first)
    if isinstance(first, Event):
        return told.event(judgement, first)
    return told.absence(judgement, first) if isinstance(first, Absence) else told.of_person(judgement, first)


def _told_records(group: Iterable[Premise]) -> Iterator[str]:
    for premise in group:
        if isinstance(premise, Bound):
            yield from premise.origin.records
        elif isinstance(premise, State):
            yield from premise.records


__all__ = ["PERMANENT", "RECORD", "TIME", "Obstacle", "PossibleIf", "obstacles", "possible_if"]
