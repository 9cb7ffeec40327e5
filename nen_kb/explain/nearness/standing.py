"""The causes for which a clause fails on one day, named so that they are known again on another.

A cause of one day is known by what it rests on: the record and which date of it, the value and on which side
of its limit it lies, the class that is there or lacking.  Limits are no part of it: those in days move with time.
"""

from __future__ import annotations

from dataclasses import dataclass

from nen_kb.explain.case import Judgement
from nen_kb.explain.nearness import told
from nen_kb.explain.nearness.bounds import Bound, DayBound
from nen_kb.explain.nearness.causes import Absence, Event, Person, Premise, State, ways
from nen_kb.explain.nearness.written import UP
from nen_kb.rules.ir import Clause

CauseId = tuple[str, object]
"""The part (or whole clause) that fails, and what it rests on."""

PASSED, OPEN, FAILING = "passed", "open", "failing"


@dataclass(frozen=True)
class Lift:
    """What time does to one cause."""

    clears: int | None = None
    """The first day on which the cause no longer holds, an ordinal."""
    then: str = ""
    """What the whole clause is on that day: ``passed``, ``open``, or ``failing`` for other causes."""
    if_stopped: int | None = None
    """Of a treatment that goes on, the first such day if its last day were the day judged."""


def fails_as(clause: Clause) -> str:
    """The status with which a clause keeps a patient out."""
    return "unmet" if clause.kind == "inclusion" else "met"


def deciding(judgement: Judgement, clause: Clause) -> list[Clause]:
    """The parts with the status for which a failing clause fails; the clause itself if it has none."""
    parts = [judgement.clause(clause.trial, part) for part in clause.parts] or [clause]
    return [part for part in parts if judgement.status(clause.trial, part.id) == fails_as(clause)]


def standing(judgement: Judgement, clause: Clause) -> frozenset[CauseId]:
    """Everything for which a failing clause fails, whether an obstacle speaks of it or of something beside it."""
    side = fails_as(clause)
    found: set[CauseId] = set()
    for part in deciding(judgement, clause):
        every = ways(judgement, side, (judgement.patient, part.trial, part.id))
        own = {cause_id(part, key_of(judgement, premise)) for way in every for premise, _ in way.premises}
        found |= own or {cause_id(part, None)}
    return frozenset(found)


def cause_id(part: Clause, key: object) -> CauseId:
    """The name of a cause that is the same on every day; ``key`` as ``key_of`` gives it."""
    if isinstance(key, DayBound):
        return part.id, ("day", key.record, key.event, key.needs in UP)
    if isinstance(key, Absence):
        return part.id, ("absence", key.predicate, tuple(each for each in key.pattern if isinstance(each, str)))
    return part.id, ("person", key.predicate) if isinstance(key, Person) else key


def key_of(judgement: Judgement, premise: Premise) -> object:
    """Premises of one key are one cause of one day."""
    if isinstance(premise, Bound):
        return "bound", premise.origin.records, premise.origin.kind, premise.needs in UP
    if isinstance(premise, State):
        return "lacking" if premise.predicate == "absent" else "state", premise.asked
    if isinstance(premise, Event):
        return "event", premise.concept, premise.asked
    if isinstance(premise, Absence) and (asked := told.asked_of(judgement, premise)):
        return "lacking", asked
    return premise


__all__ = ["FAILING", "OPEN", "PASSED", "CauseId", "Lift", "cause_id", "deciding", "fails_as", "key_of", "standing"]
