"""The ways in which rules derive a row, each as the premises that could be otherwise.

A derivation is a tree of rules; here it is flattened to what it rests on in the record: quantities and days beside
their limits, statements that a later one could replace, events that stay, and what a complete record leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, product

from nen_kb.explain.case import Judgement, Pattern
from nen_kb.explain.nearness.bounds import Bound, DayBound, bounds, day_bound
from nen_kb.explain.path import Path, heads, path_of
from nen_kb.explain.permanence import step_lasts
from nen_kb.explain.support import records_used
from nen_kb.facts.normalise import Row
from nen_kb.rules.evaluate import Instance, Step
from nen_kb.rules.ir import Atom, BodyItem, Comparison
from nen_kb.rules.ir import Rule as IrRule

_MOST = 32
"""So many ways of one row are told apart; more differ only in what they repeat."""
_STATES = frozenset({"present", "absent"})
"""The library's predicates of which the latest statement counts."""
_EVENTS = frozenset({"found", "treatment", "ruled_out"})
_QUIET = frozenset({"denied_later", "asserted_later", "itself_denied_later", "superseded", "day_unsure"})


@dataclass(frozen=True)
class State:
    """What the latest statement says: a condition that is there, an answer that is no."""

    predicate: str
    """``present``, ``absent``, or ``stated`` where a rule reads it off a value."""
    asked: str
    records: tuple[str, ...]


@dataclass(frozen=True)
class Event:
    """A finding or treatment on record, whenever it was."""

    record: str
    concept: str
    asked: str
    """The class it counts as."""


@dataclass(frozen=True)
class Person:
    """Sex or arm."""

    predicate: str
    row: Row


@dataclass(frozen=True)
class Absence:
    """A check that nothing on record is so."""

    predicate: str
    pattern: Pattern
    closed: bool
    """Whether it rests on a record declared complete."""


Premise = Bound | DayBound | State | Event | Person | Absence


@dataclass(frozen=True)
class Way:
    """One derivation: its premises, each with how many rules below the clause it stands."""

    premises: tuple[tuple[Premise, int], ...]
    lasting: bool
    """Whether it uses something that the rules declare permanent."""


def ways(judgement: Judgement, predicate: str, row: Row) -> tuple[Way, ...]:
    """Every way in which the row is derived, at most a fixed number."""
    key = ("ways", predicate, row)
    if key not in judgement.memo:
        judgement.memo[key] = ()
        found = (way for instance in judgement.instances(predicate, row) for way in _of_instance(judgement, instance))
        judgement.memo[key] = tuple(islice(dict.fromkeys(islice(found, 4 * _MOST)), _MOST))
    known = judgement.memo[key]
    assert isinstance(known, tuple)
    return known


def _of_instance(judgement: Judgement, instance: Instance) -> Iterator[Way]:
    path = path_of(judgement, instance)
    closed = any(isinstance(item, Atom) and item.predicate == "closed" for item in instance.rule.body)
    choices: list[tuple[Way, ...]] = []
    for step in instance.steps:
        found = tuple(_of_step(judgement, instance, path, step, closed))
        if found:
            choices.append(found)
    for chosen in product(*choices):
        premises: dict[Premise, int] = {}
        for way in chosen:
            for premise, depth in way.premises:
                premises.setdefault(premise, depth)
        yield Way(tuple(premises.items()), any(way.lasting for way in chosen))


def _of_step(judgement: Judgement, instance: Instance, path: Path, step: Step, closed: bool) -> Iterator[Way]:
    """What a step may rest on: several ways where it holds in several."""
    item = step.item
    if isinstance(item, Comparison):
        for bound in bounds(judgement, path, item):
            yield _one(_stated(bound) or bound)
        return
    known = judgement.program.predicates[item.predicate]
    if item.negated:
        if known.role == "derived" and item.predicate not in _QUIET:
            yield _one(Absence(item.predicate, step.values, closed))
    elif item.predicate in _EVENTS:
        yield _one(_event(instance.rule, path, item, step.values))
    elif item.predicate in ("sex", "arm"):
        yield _one(Person(item.predicate, step.values))
    elif known.role == "derived" and item.predicate != "closed":
        lasting = step_lasts(judgement, item.predicate, step.values)
        if item.predicate in _STATES:
            records = records_used(judgement, item.predicate, step.values)
            yield _one(State(item.predicate, str(step.values[1]), records), lasting)
        elif any(column.word == "Low" for column in known.columns):
            yield Way((), lasting)
        elif not (known.arity == 2 and known.columns[1].word == "Day"):
            for way in ways(judgement, item.predicate, step.values):
                deeper = tuple((premise, depth + 1) for premise, depth in way.premises)
                yield Way(deeper, way.lasting or step_lasts(judgement, item.predicate, None))


def _one(premise: Premise, lasting: bool = False) -> Way:
    return Way(((premise, 0),), lasting)


def _stated(bound: Bound | DayBound) -> State | None:
    """A truth that a finding states, or a number that stands for a class, is a statement."""
    if isinstance(bound, Bound) and bound.origin.kind == "stated":
        return State("stated", bound.topic[1], bound.origin.records)
    return None


def _event(rule: IrRule, path: Path, item: Atom, row: Row) -> Event:
    asked = str(row[2])
    for other in rule.body:
        if isinstance(other, Atom) and other.predicate == "isa" and not other.negated and item.terms[2] in other.terms:
            one, above = path.pattern(other)
            asked = str(one if item.predicate == "ruled_out" else above)
            break
    return Event(str(row[1]), str(row[2]), asked)


def near_days(judgement: Judgement, absence: Absence) -> tuple[DayBound, ...]:
    """The records that only the day keeps from what a negated premise looks for, with the day they would need."""
    key = ("near days", absence)
    if key not in judgement.memo:
        judgement.memo[key] = _near_days(judgement, absence)
    known = judgement.memo[key]
    assert isinstance(known, tuple)
    return known


def _near_days(judgement: Judgement, absence: Absence) -> tuple[DayBound, ...]:
    found: dict[DayBound, None] = {}
    for rule in judgement.rules_of(absence.predicate):
        for path in heads(rule.head, absence.pattern, judgement):
            body = judgement.body(rule, frozenset(path.bound))
            found.update(dict.fromkeys(_misses(judgement, body, 0, path)))
    return tuple(islice(found, _MOST))


def _misses(judgement: Judgement, body: tuple[BodyItem, ...], place: int, path: Path) -> Iterator[DayBound]:
    if place == len(body):
        return
    item = body[place]
    if isinstance(item, Comparison):
        if path.holds(item):
            yield from _misses(judgement, body, place + 1, path)
        elif all(isinstance(after, Comparison) and path.holds(after) for after in body[place + 1 :]):
            missed = day_bound(judgement, path, item.left, item.right, item.op)
            if missed is not None:
                yield missed
        return
    pattern = path.pattern(item)
    if item.negated:
        if not judgement.matches(item.predicate, pattern):
            yield from _misses(judgement, body, place + 1, path)
        return
    if judgement.program.predicates[item.predicate].role == "builtin":
        row = path.compute(item)
        if row is not None and path.take(item, row):
            yield from _misses(judgement, body, place + 1, path)
        return
    for row in judgement.matches(item.predicate, pattern):
        branch = path.copy()
        if branch.take(item, row):
            yield from _misses(judgement, body, place + 1, branch)


__all__ = ["Absence", "Event", "Person", "Premise", "State", "Way", "near_days", "ways"]
