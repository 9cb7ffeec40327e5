"""Days, statements, events and gaps that fail a clause, in words: the datum, what is needed, how far it is.

Quantities are told by ``told_values``.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from nen_kb.explain import describe
from nen_kb.explain.absence import nothing
from nen_kb.explain.case import Judgement
from nen_kb.explain.facts import person
from nen_kb.explain.nearness.bounds import DayBound
from nen_kb.explain.nearness.causes import Absence, Event, Person, State, near_days
from nen_kb.explain.wording import listed
from nen_kb.explain.wording import nearness as words
from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, Days, iso
from nen_kb.facts.records import Finding, Imaging, Measurement, Treatment

DAYS, YEARS, ONE = "d", "a", "1"
"""Units of distances that are no canonical unit of an observable, in UCUM."""


@dataclass(frozen=True)
class Told:
    """One cause in words."""

    text: str
    datum: str
    concept: str
    records: tuple[str, ...] = ()
    needs: str = ""
    distance: str = ""
    days_ago: int | None = None
    near: float | None = None
    reached: int | None = None
    """Of one measurement, the nearest value on the grid at which it is no longer in the way."""
    topic: tuple[str, str] = ("", "")
    """Of a quantity, what the rules ask: the same for records that answer one question."""
    ongoing: bool = False
    """Whether it is a treatment that goes on, although it ought to have ended."""
    short: Fraction | None = None
    """The least distance as a number, where there is one: the same unit for every patient, unlike ``distance``."""
    unit: str = ""
    """The unit of ``short``: the canonical one of what was measured, or ``d``, ``a`` or ``1``, all in UCUM."""


# ── days ────────────────────────────────────────────────────────────────────


def day(judgement: Judgement, bound: DayBound) -> Told:
    """A day on the wrong side of another."""
    record = judgement.record(bound.record)
    one_day = isinstance(record, Treatment) and record.started == record.ended
    thing = describe.thing(judgement, record)
    datum = words.happened(thing, bound.event, bound.first, bound.last, one_day)
    if bound.event == "ended" and bound.first >= FAR_FUTURE:
        return _going_on(judgement, bound, datum, concept_of(record))
    needs = words.day_needed(bound.event, bound.needs, bound.words)
    distance = _days_short(bound)
    return Told(
        short=Fraction(days_to_go(bound)) if distance else None,
        unit=DAYS,
        text=words.days_short(words.obstacle(datum, needs, ""), distance),
        datum=datum,
        concept=concept_of(record),
        records=(bound.record,),
        needs=needs,
        distance=distance,
        days_ago=judgement.day - bound.first if bound.first == bound.last < FAR_FUTURE else None,
    )


def _going_on(judgement: Judgement, bound: DayBound, datum: str, concept: str) -> Told:
    """A treatment that goes on: nothing that lies behind the day judged can be asked of its end."""
    ahead = bound.limit > judgement.day
    needs = words.to_end(bound.needs, bound.words if ahead else "")
    text = words.must_end(datum, bound.needs, bound.words) if ahead else words.obstacle(datum, needs, "")
    return Told(text, datum, concept, (bound.record,), needs, ongoing=True)


def days_to_go(bound: DayBound) -> int:
    """The fewest days to the limit."""
    strict = bound.needs in ("<", ">")
    return (bound.first - bound.limit if bound.needs in ("<", "<=") else bound.limit - bound.last) + strict


def _days_short(bound: DayBound) -> str:
    """The days to the limit; nothing where the event has no day."""
    if bound.first >= FAR_FUTURE or bound.last <= FAR_PAST:
        return ""
    known = bound.first > FAR_PAST and bound.last < FAR_FUTURE
    least = days_to_go(bound)
    return words.counted(least, least + bound.last - bound.first if known else None)


# ── statements, events, what is not there ───────────────────────────────────


def state(judgement: Judgement, found: State) -> Told:
    """What the latest statement says."""
    denied = found.predicate == "absent"
    things = [judgement.record(each) for each in found.records]
    thing = describe.thing(judgement, things[0]) if things else judgement.label(found.asked)
    needs = words.on_record(judgement.label(found.asked)) if denied else ""
    text = words.obstacle(words.dated(thing, describe.dated(things[0]) if things else ""), needs, "")
    return Told(
        text=text,
        datum=thing,
        concept=found.asked,
        records=found.records,
        needs=needs,
        days_ago=_days_ago_of(judgement, things[0]) if things else None,
    )


def event(judgement: Judgement, found: Event) -> Told:
    """A finding or treatment that is on record."""
    record = judgement.record(found.record)
    thing = describe.thing(judgement, record)
    kind = "" if found.asked == found.concept else words.counts_as(judgement.label(found.asked))
    text = words.obstacle(words.dated(thing, describe.dated(record)), "", kind)
    return Told(text, thing, found.concept, (found.record,), days_ago=_days_ago_of(judgement, record))


def of_person(judgement: Judgement, found: Person) -> Told:
    """Sex or arm."""
    fact = person(judgement, found.predicate, found.row)
    return Told(fact.text, fact.text, fact.concept)


def absence(judgement: Judgement, found: Absence) -> Told:
    """A check that finds nothing: the nearest thing on record, or that there is none."""
    days = near_days(judgement, found)
    if days:
        return day(judgement, min(days, key=days_to_go))
    node = nothing(judgement, found.predicate, found.pattern)
    asked = asked_of(judgement, found)
    needs = words.on_record(judgement.label(asked)) if asked else ""
    if not asked:
        near = tuple(child.record for child in node.children if not getattr(child, "by_class", False))  # type: ignore[attr-defined]  # children of Nothing
        near = tuple(record for record in near if record)[:3]
        things = [describe.thing(judgement, judgement.record(each)) for each in near]
        return Told(words.obstacle(node.text, "", "; ".join(things)), "; ".join(things) or node.text, "", near)
    overruled = _overruled(judgement, asked)
    near = overruled or _related(judgement, asked)
    if near:
        found_near = [judgement.record(each) for each in near]
        datum = listed([words.dated(describe.thing(judgement, each), describe.dated(each)) for each in found_near])
        if overruled:
            datum = words.overruled(datum)
        return Told(words.obstacle(datum, needs, ""), datum, asked, near, needs)
    domain = judgement.domain(asked)
    as_of = max((d.as_of for d in judgement.prepared.patient.declarations if d.domain == domain), default=0)
    declared = tuple(d.id for d in judgement.prepared.patient.declarations if d.domain == domain and d.as_of == as_of)
    datum = words.nothing_like(judgement.label(asked), iso(as_of) if as_of else "")
    return Told(datum, datum, asked, declared, needs)


def asked_of(judgement: Judgement, found: Absence) -> str:
    """The class that a check looks for, or an empty text."""
    return next((str(v) for v in found.pattern[1:] if isinstance(v, str) and v in judgement.ontology.names), "")


def _overruled(judgement: Judgement, asked: str) -> tuple[str, ...]:
    """Findings on record that could be of the class asked about; if nothing stands, they were taken back."""
    onto = judgement.ontology
    return tuple(
        record_id
        for record_id, record in judgement.prepared.records.items()
        if isinstance(record, Finding) and record.presence.value == "present" and onto.overlaps(record.concept, asked)
    )[:3]


def _related(judgement: Judgement, asked: str) -> tuple[str, ...]:
    """Findings on record of a kind near the one asked about: they share most of the classes above it."""
    onto = judgement.ontology
    above = onto.ancestors(asked)
    shared: dict[str, int] = {}
    for record_id, record in judgement.prepared.records.items():
        if isinstance(record, Finding) and record.presence.value == "present":
            common = len(above & onto.ancestors(record.concept))
            if 2 * common >= len(above):
                shared[record_id] = common
    most = max(shared.values(), default=0)
    return tuple(record for record, common in shared.items() if common == most)[:3]


def concept_of(record: object) -> str:
    """The class of a record."""
    return next((str(getattr(record, n)) for n in ("concept", "observable", "procedure") if hasattr(record, n)), "")


def days_ago(judgement: Judgement, when: Days) -> int | None:
    """The age of a date on the day judged; None where it is not one exact day."""
    return judgement.day - when.first if when.exact and when.first > FAR_PAST else None


def _days_ago_of(judgement: Judgement, record: object) -> int | None:
    if isinstance(record, Finding | Measurement | Imaging):
        return days_ago(judgement, record.when)
    return (
        days_ago(judgement, record.ended) if isinstance(record, Treatment) and record.ended.last < FAR_FUTURE else None
    )
