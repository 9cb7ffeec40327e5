"""Quantities that fail a clause, in words: the value as written, the limit in its unit, how far it is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from nen_kb.explain import describe, goals
from nen_kb.explain.case import Judgement
from nen_kb.explain.nearness import written as amounts
from nen_kb.explain.nearness.bounds import Bound
from nen_kb.explain.nearness.demands import demands
from nen_kb.explain.nearness.told import DAYS, ONE, YEARS, Told, days_ago
from nen_kb.explain.nearness.written import UP, Written
from nen_kb.explain.wording import nearness as words
from nen_kb.explain.wording import without_article
from nen_kb.facts.dates import birthday
from nen_kb.facts.records import Imaging, Measurement
from nen_kb.facts.values import GRID, Span, to_grid
from nen_kb.ontology import Observable
from nen_kb.rules.ir import Clause
from nen_kb.units import convert


@dataclass(frozen=True)
class _Need:
    """What is asked of a quantity, in canonical units of what was measured."""

    op: str
    limit: Fraction
    note: str = ""
    written: str = ""
    """The limit as the rule writes it."""

    @property
    def rank(self) -> tuple[Fraction, bool]:
        """Rises with strictness."""
        return (self.limit if self.op in UP else -self.limit), self.op in (">", "<")


# ── quantities ──────────────────────────────────────────────────────────────


def quantity(judgement: Judgement, clause: Clause, side: str, group: Sequence[Bound]) -> Told:
    """Bounds of one and the same datum and direction; ``side`` is the one that would let the patient in."""
    origin = group[0].origin
    record = judgement.record(origin.records[0]) if origin.records else None
    need = _need(judgement, clause, side, group)
    if isinstance(record, Measurement | Imaging) and _is_whole(judgement, record):
        need = _whole(need)
    if isinstance(record, Measurement) and origin.kind == "measurement" and record.value is not None:
        return replace(_measured(judgement, record, need), topic=group[0].topic)
    if isinstance(record, Imaging) and origin.kind in ("scan", "extent"):
        return _scanned(judgement, record, group[0], need)
    if origin.kind == "age":
        return _aged(judgement, group[0], need)
    return _computed(judgement, group[0], need)


def _is_whole(judgement: Judgement, record: Measurement | Imaging) -> bool:
    """Whether only whole numbers are values."""
    if isinstance(record, Imaging):
        return True
    observable = judgement.ontology.observable(record.observable)
    return observable is not None and observable.integer


def _whole(need: _Need) -> _Need:
    """``less than 2`` is at most 1."""
    if need.op in ("<", ">") and need.limit.denominator == 1:
        return replace(need, op=f"{need.op}=", limit=need.limit + (1 if need.op == ">" else -1), written="")
    return need


def _measured(judgement: Judgement, record: Measurement, need: _Need) -> Told:
    observable = judgement.ontology.observable(record.observable)
    assert observable is not None
    written = amounts.written(record, observable)
    limit = written.limit(need.limit, need.op)
    datum = f"{judgement.label(record.observable)} {written.text}"
    needs = words.bounded(need.op, written.with_unit(limit), need.note or _other_unit(need, observable, written))
    behind = words.measured(record.when.first, record.when.last, judgement.day)
    return Told(
        text=words.obstacle(datum, needs, behind),
        datum=datum,
        concept=record.observable,
        records=(record.id,),
        needs=needs,
        distance=_distance(written, limit, need.op),
        days_ago=days_ago(judgement, record.when),
        near=_near(written, limit, need.op),
        reached=_reached(need),
        short=_short(written, limit, need.op),
        unit=observable.unit,
    )


def _reached(need: _Need) -> int:
    if need.op in UP:
        return to_grid(need.limit) + (0 if need.op == ">=" else 10)
    return to_grid(need.limit) - (0 if need.op == "<=" else 10)


def _other_unit(need: _Need, observable: Observable, written: Written) -> str:
    """The limit as the rule has it, where that is in another unit than the source's."""
    text = need.written or describe.number(to_grid(need.limit))
    value, _, unit = text.partition(" ")
    unit = unit or observable.unit
    one = convert(Fraction(1), unit, observable.unit, observable.equations)
    return "" if one == written.factor else describe.with_unit(value, unit)


def _scanned(judgement: Judgement, scan: Imaging, bound: Bound, need: _Need) -> Told:
    low, high = bound.origin.low, bound.origin.high
    label, limit = judgement.label(scan.procedure), need.limit
    distance, near, short = "", None, None
    if bound.origin.kind == "extent" or goals.is_extent_topic(bound.topic[1]):
        datum, needs = words.with_extent(label, low // GRID, high // GRID), words.extent(need.op, int(limit))
    else:
        written = amounts.canonical(Span(low, high), "1")
        datum = words.with_krenning(label, written.text)
        needs = words.krenning(need.op, amounts.plain(limit))
        distance, near = _distance(written, limit, need.op), _near(written, limit, need.op)
        short = _short(written, limit, need.op)
    return Told(
        text=words.obstacle(datum, needs, words.scanned(scan.when.first, scan.when.last, judgement.day)),
        datum=datum,
        concept=scan.procedure,
        records=(scan.id,),
        needs=needs,
        distance=distance,
        days_ago=days_ago(judgement, scan.when),
        near=near,
        short=short,
        unit=ONE,
    )


def _aged(judgement: Judgement, bound: Bound, need: _Need) -> Told:
    """An age; one that is too low is told in days to the birthday, since it lacks nothing but time."""
    written = amounts.canonical(Span(bound.origin.low, bound.origin.high), "1")
    born = judgement.prepared.patient.born
    datum = words.age(words.years(written.text), describe.days(born.first, born.last) if born else "")
    needs = words.bounded(need.op, words.years(amounts.plain(need.limit)))
    distance, near = words.years(_distance(written, need.limit, need.op)), _near(written, need.limit, need.op)
    text, short, unit = words.obstacle(datum, needs, ""), _short(written, need.limit, need.op), YEARS
    if born is not None and need.op in UP:
        years = math.floor(need.limit) + 1 if need.op == ">" else math.ceil(need.limit)
        days = [birthday(end, years) - judgement.day for end in (born.first, born.last)]
        distance, near = words.counted(*days), round(days[0] / (birthday(born.first, years) - born.first), 4)
        text = words.days_short(text, distance)
        short, unit = Fraction(days[0]), DAYS
    return Told(
        text=text,
        datum=datum,
        concept="birth date",
        needs=needs,
        distance=distance,
        near=near,
        short=short,
        unit=unit,
    )


def _computed(judgement: Judgement, bound: Bound, need: _Need) -> Told:
    """The result of a formula, with the records that went into it."""
    origin = bound.origin
    concept = judgement.program.predicates[origin.name].header.get("concept") if origin.name else ""
    observable = judgement.ontology.observable(bound.topic[1])
    ending = goals.UNIT_AT_END.search(concept)
    unit = (ending[1] or ending[2]) if ending else observable.unit if observable else "1"
    name = without_article(goals.UNIT_AT_END.sub("", concept).strip()) or judgement.label(bound.topic[1])
    written = amounts.computed(Span(origin.low, origin.high), unit, need.limit, need.op)
    needs = words.bounded(need.op, written.with_unit(need.limit))
    measured = [found for each in origin.records if isinstance(found := judgement.record(each), Measurement)]
    dates = {each.when for each in measured}
    things = [_input(judgement, each) for each in measured]
    if origin.aged is not None:
        things.insert(0, words.age(words.years(describe.span(*origin.aged)), ""))
    when = next(iter(dates)) if len(dates) == 1 else None
    behind = words.measured(when.first, when.last, judgement.day) if when else ""
    return Told(
        text=words.obstacle(words.computed_from(name, written.text, things), needs, behind),
        datum=f"{name} {written.text}",
        concept=bound.topic[1] if bound.topic[1] in judgement.ontology.names else origin.name,
        records=origin.records,
        needs=needs,
        distance=_distance(written, need.limit, need.op),
        days_ago=days_ago(judgement, when) if when else None,
        near=_near(written, need.limit, need.op),
        short=_short(written, need.limit, need.op),
        unit=unit,
    )


def _input(judgement: Judgement, record: Measurement) -> str:
    """A measurement that went into a formula."""
    observable = judgement.ontology.observable(record.observable)
    text = amounts.written(record, observable).text if observable and record.value else record.original
    return f"{judgement.label(record.observable)} {text}"


def _distance(written: Written, limit: Fraction, op: str) -> str:
    gap = written.gap(limit, op)
    if gap is None:
        return ""
    nearer, farther = gap
    if nearer == farther == 0:
        return words.AT_THE_LIMIT
    if nearer == farther:
        return written.with_unit(nearer)
    return words.span(
        written.with_unit(nearer) if farther is None else amounts.plain(nearer),
        "" if farther is None else written.with_unit(farther),
        written.open_end,
    )


def _short(written: Written, limit: Fraction, op: str) -> Fraction | None:
    """The least distance in canonical units; None for a value without an end on that side."""
    gap = written.gap(limit, op)
    return None if gap is None else gap[0] * written.factor


def _near(written: Written, limit: Fraction, op: str) -> float | None:
    gap = written.gap(limit, op)
    return None if gap is None or not limit else round(float(gap[0] / abs(limit)), 4)


# ── what is needed ──────────────────────────────────────────────────────────


def _need(judgement: Judgement, clause: Clause, side: str, group: Sequence[Bound]) -> _Need:
    """What would let the patient in: what the easiest rule that could asks, if that also ends this way of failing."""
    own = [_raw(judgement, bound, bound.topic[1], bound.needs, bound.limit, bound.written) for bound in group]
    least = min(own, key=lambda need: need.rank)
    topics = {bound.topic for bound in group}
    found = []
    for rule in demands(judgement, clause, side, group[0]):
        asked = [
            _raw(judgement, group[0], each.topic[1], each.needs, each.limit, each.written)
            for each in rule
            if each.topic in topics
        ]
        if asked:
            found.append(max(asked, key=lambda need: need.rank))
    easiest = min(found, key=lambda need: need.rank, default=least)
    return max(least, easiest, key=lambda need: need.rank)


def _raw(judgement: Judgement, bound: Bound, topic: str, op: str, limit: int, text: str) -> _Need:
    """A limit of a topic as a limit of what was measured."""
    origin = bound.origin
    record = judgement.record(origin.records[0]) if len(origin.records) == 1 else None
    name = topic if judgement.ontology.observable(topic) else origin.name
    observable = judgement.ontology.observable(name)
    exact = Fraction(limit, GRID)
    if observable is None or not isinstance(record, Measurement) or record.value is None:
        return _Need(op, exact, written=text)
    measured = judgement.ontology.observable(record.observable)
    upper = record.upper
    if observable.derivation == "times-upper-limit" and upper is not None and measured is not None:
        note = words.times_limit(
            describe.number(limit), amounts.limit_text(upper, amounts.written(record, measured).unit)
        )
        return _Need(op, exact * amounts.of_limit(upper, measured), note)
    if observable.derivation == "in-reference-range" and measured is not None:
        if upper is not None and record.value.low > upper.value.high:
            return _Need("<=", amounts.of_limit(upper, measured), words.normal_end("<="))
        if record.lower is not None:
            return _Need(">=", amounts.of_limit(record.lower, measured), words.normal_end(">="))
    return _Need(op, exact, written=text)
