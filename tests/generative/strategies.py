"""Random patients: records about what a clause or two ask and its neighbours in the ontology, over a background.

Few classes and few days a patient make records meet: the same class twice, the same day twice, one
vague and one exact.  The background answers most clauses, so that one record more or less can tip one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any

from background import EXTENTS, KRENNING, ORIGIN, background
from hypothesis import strategies as st
from topics import Leaf, leaves, limits, ontology, topics

from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, Days, months_after, months_before
from nen_kb.facts.records import (
    Declaration,
    Finding,
    Imaging,
    Limit,
    Measurement,
    Patient,
    Presence,
    Sex,
    Treatment,
)
from nen_kb.facts.values import GRID, NEG_INF, POS_INF, Span
from nen_kb.ontology import Observable

TODAYS = tuple(date(*day).toordinal() for day in ((2026, 11, 20), (2024, 2, 29), (2025, 3, 31)))
DOMAINS = ("conditions", "treatments", "imaging")
TRIAL_WITH_ARMS = "NCT05610826"

# Values that make an average adult, and values at which a formula comes near a limit.
USUAL = {
    "BodyHeight": (170, 150, 190),
    "BodyWeight": (70, 45, 100),
    "CystatinC": (1, 2, 3),
    "Creatinine": (80, 120, 170),
    "GlomerularFiltrationRate": (50, 45, 60),
}


# Classes that patients have, below a class that rules ask about from above.
EXAMPLES = {
    "MalignantNeoplasm": ("BreastCarcinoma", "Melanoma", "MerkelCellCarcinoma", "BasalCellCarcinomaOfSkin"),
    "NeuroendocrineNeoplasm": ("Gastrinoma", "PancreaticNeuroendocrineNeoplasm", "IlealNeuroendocrineTumor"),
    "AntitumorTreatment": ("Everolimus", "TransarterialChemoembolization", "HepaticResection"),
    "SystemicAntitumorTreatment": ("Everolimus", "Lu177Dotatate", "CAPTEM"),
    "SomatostatinAnalogue": ("Octreotide",),
}


# ── days ────────────────────────────────────────────────────────────────────


@cache
def marked_days(today: int) -> tuple[int, ...]:
    """Days on which windows of the rules begin and end, and some close to each other, the latest first."""
    near = [today - back for back in (0, 1, 2, 5, 7, 8, 27, 28, 29)]
    far = [months_before(today, months) + step for months in (1, 12, 13, 24) for step in (1, 0, -1)]
    return tuple(sorted({*near, *far, months_before(today, 40)}, reverse=True))


def days_until(today: int, among: tuple[int, ...] = ()) -> st.SearchStrategy[Days]:
    """A date up to ``today``: a day, some days, or unknown; ``among`` gives the days to choose from."""
    day = st.sampled_from(among or marked_days(today))
    return st.one_of(
        *[day.map(lambda one: Days(one, one))] * 8,
        st.tuples(day, day).map(lambda pair: Days(min(pair), max(pair))),
        st.just(Days(FAR_PAST, today)),
    )


def dates(today: int, among: tuple[int, ...]) -> st.SearchStrategy[Days]:
    """As ``days_until``, and now and then reaching or lying beyond the index day."""
    beyond = st.tuples(st.sampled_from(marked_days(today)[:4]), st.integers(1, 60))
    return st.one_of(
        *[days_until(today, among)] * 16,
        beyond.map(lambda pair: Days(pair[0], today + pair[1])),
        st.integers(1, 60).map(lambda ahead: Days(today + ahead, today + ahead)),
    )


# ── classes ─────────────────────────────────────────────────────────────────


def kind(name: str) -> str:
    """Where a record of that class stands: a finding, measurement, treatment or imaging; empty for none."""
    onto = ontology()
    if onto.isa(name, "RuleTopic") or onto.isa(name, "DerivedObservable"):
        return ""
    if onto.isa(name, "Observable"):
        return "measurement" if onto.observable(name) else ""
    return {"treatments": "treatment", "imaging": "imaging"}.get(onto.domain(name) or "", "finding")


@cache
def neighbours(name: str) -> tuple[str, ...]:
    """The class itself, the classes above it, right below it and beside it that a record can name."""
    onto = ontology()
    observable = onto.observable(name)
    if observable and observable.derived_from:
        return (observable.derived_from,)
    parents = onto.concept(name).parents
    related = [*sorted(onto.ancestors(name)), *_children(name)]
    related += [beside for parent in parents for beside in _children(parent)[:6]]
    related += EXAMPLES.get(name, ())
    found = dict.fromkeys([name, *related])
    return tuple(each for each in found if kind(each))


@cache
def _children(name: str) -> tuple[str, ...]:
    onto = ontology()
    return tuple(sorted(each for each in onto.descendants(name) if name in onto.concept(each).parents))


@cache
def amounts(name: str) -> tuple[int, ...]:
    """Numbers for such a result, in ten-millionths: at, beside and far from each limit the rules set."""
    onto = ontology()
    observable = onto.observable(name)
    assert isinstance(observable, Observable)
    found = {number for above in onto.ancestors(name) for number in limits().get(above, ())}
    found |= {round(n * GRID) for above in onto.ancestors(name) for n in USUAL.get(above, ())}
    found = found or {GRID}
    step = GRID if observable.integer else 10
    spread = {one for n in found for one in (n, n + step, n - step, n * 2, n // 20 * 10)}
    if observable.integer:
        spread = {value // GRID * GRID for value in spread}
    least = NEG_INF if observable.minimum is None else int(observable.minimum * GRID)
    most = POS_INF if observable.maximum is None else int(observable.maximum * GRID)
    fitting = sorted(value for value in spread if least <= value <= most)
    return tuple(fitting) or (max(least, 0) + 10 * GRID, max(least, 0) + 20 * GRID)


# ── records ─────────────────────────────────────────────────────────────────


@st.composite
def spans(draw: Any, values: tuple[int, ...]) -> Span | None:
    """An exact value, an interval, an open end, or a value that cannot be used."""
    form = draw(st.integers(0, 9))
    one = draw(st.sampled_from(values))
    if form < 6:
        return Span(one, one)
    if form == 6:
        return Span(one + 5, POS_INF)
    if form == 7:
        return Span(NEG_INF, one - 5)
    if form == 8:
        return None
    other = draw(st.sampled_from(values))
    return Span(min(one, other), max(one, other))


@st.composite
def records(
    draw: Any, number: int, names: tuple[str, ...], today: int, among: tuple[int, ...]
) -> Finding | Measurement | Treatment | Imaging:
    """One record of one of the classes or of a neighbour, dated by the days ``among``."""
    asked = draw(st.sampled_from(names))
    near = neighbours(asked)
    itself = draw(st.integers(0, 3)) > 0
    name = near[0] if itself or len(near) == 1 else draw(st.sampled_from(near))
    observable = ontology().observable(name)
    if observable and observable.by_unit and draw(st.integers(0, 5)):
        name = draw(st.sampled_from(sorted(observable.by_unit.values())))  # as every source refines it
    identity = f"r{number}"
    match kind(name):
        case "measurement":
            return draw(_measurements(identity, name, dates(today, among)))
        case "imaging":
            when = draw(dates(today, among))
            krenning = draw(spans(tuple(range(0, (KRENNING + 1) * GRID, GRID))))
            extent = draw(spans(tuple(range(0, (EXTENTS + 1) * GRID, GRID))))
            return Imaging(identity, name, when, ORIGIN, _within(krenning, KRENNING), _within(extent, EXTENTS))
        case "treatment" if draw(st.integers(0, 4)):
            return draw(_treatments(identity, name, dates(today, among)))
    presence = draw(st.sampled_from((*[Presence.PRESENT] * 4, *[Presence.ABSENT] * 3, Presence.UNKNOWN)))
    if kind(name) == "treatment" and presence is Presence.PRESENT:
        presence = Presence.ABSENT
    about = None
    if name == "DefinitivelyTreatedMalignancyWithoutRecurrence":
        about = draw(st.sampled_from((None, "MalignantNeoplasm", "BreastCarcinoma", "Melanoma")))
    return Finding(identity, name, presence, draw(dates(today, among)), ORIGIN, about)


def _within(span: Span | None, most: int) -> Span | None:
    """A score, cut to its scale."""
    if span is None:
        return None
    low, high = max(span.low, 0), min(span.high, most * GRID)
    return Span(min(-(-low // GRID) * GRID, most * GRID), max(high // GRID * GRID, 0)) if low <= high else None


@st.composite
def _measurements(draw: Any, identity: str, name: str, when: st.SearchStrategy[Days]) -> Measurement:
    value = draw(spans(amounts(name)))
    upper = lower = None
    if value is not None and ontology().derived(name) and draw(st.integers(0, 3)):
        base = value.low if value.low > 0 else value.high if 0 < value.high < POS_INF else GRID
        share = draw(st.sampled_from((6, 4, 10, 20, 5)))
        number = base * 10 // share // 10 * 10
        if number > 0:
            upper = Limit(Span(number, number), "")
        if draw(st.booleans()):
            lower = Limit(Span(number // 20 * 10, number // 20 * 10), "")
    trouble = "" if value else "unit_unusable"
    return Measurement(identity, name, value, "", draw(when), ORIGIN, upper, lower, trouble)


@st.composite
def _treatments(draw: Any, identity: str, name: str, when: st.SearchStrategy[Days]) -> Treatment:
    started = draw(when)
    form = draw(st.integers(0, 5))
    if form == 0:
        ended, known = Days(FAR_FUTURE, FAR_FUTURE), True
    elif form == 1:
        ended, known = Days(started.first, FAR_FUTURE), False
    elif form == 2:
        ended, known = started, True
    else:
        end = draw(when)
        first = max(started.first, end.first)
        ended, known = Days(first, max(first, end.last)), True
    started = Days(started.first, min(started.last, ended.last))
    return Treatment(identity, name, started, ended, ORIGIN, end_known=known)


# ── patients ────────────────────────────────────────────────────────────────


@st.composite
def patients(draw: Any, leaf: Leaf | None = None, most: int = 7) -> Patient:
    """A patient about whom one clause, or two drawn ones, have something to read.

    With a ``leaf`` the background holds only what that clause reads.
    """
    today = draw(st.sampled_from(TODAYS))
    asked = [leaf] if leaf else draw(st.lists(st.sampled_from(leaves()), min_size=1, max_size=2))
    names = tuple(sorted({name for each in asked for name in topics()[each].classes if neighbours(name)}))
    found: list[Any] = []
    if draw(st.booleans()):
        found = background(today)
        if leaf:
            found = [each for each in found if touches(each, names)]
        elif draw(st.booleans()):
            found = [each for each in found if not touches(each, names)]
        if found:
            drop = draw(st.sets(st.sampled_from(range(len(found))), max_size=3))
            found = [each for place, each in enumerate(found) if place not in drop]
    if len(names) > 3 and draw(st.integers(0, 2)):
        names = tuple(draw(st.lists(st.sampled_from(names), min_size=2, max_size=3, unique=True)))
    if names:
        # A few classes and days a patient, so that records meet.
        among = tuple(draw(st.lists(st.sampled_from(marked_days(today)), min_size=2, max_size=5)))
        found += [draw(records(number, names, today, among)) for number in range(draw(st.integers(0, most)))]
    return assemble(
        found,
        today,
        sex=draw(st.sampled_from((Sex.FEMALE, Sex.FEMALE, Sex.MALE, Sex.MALE, None))),
        born=draw(births(today)),
        arms=draw(st.sampled_from(((), ((TRIAL_WITH_ARMS, 1),), ((TRIAL_WITH_ARMS, 2),)))),
        planned_start=draw(st.sampled_from((None, None, today, today + 11, today + 40))),
        declarations=draw(declarations(today)),
    )


def assemble(found: list[Any], today: int, **other: Any) -> Patient:
    """A patient with those records, each under its kind."""

    def every(cls: type[Any]) -> tuple[Any, ...]:
        return tuple(each for each in found if isinstance(each, cls))

    return Patient(
        "p",
        today,
        findings=every(Finding),
        measurements=every(Measurement),
        treatments=every(Treatment),
        imaging=every(Imaging),
        **other,
    )


def touches(record: Any, names: Iterable[str]) -> bool:
    """Whether a record, or a result computed from it, could be of one of the classes."""
    onto, own = ontology(), record_class(record)
    classes = [own, *onto.derived(own)]
    return any(onto.overlaps(each, name) for each in classes for name in names)


def record_class(record: Any) -> str:
    """The class a record names."""
    for attribute in ("concept", "observable", "procedure"):
        if hasattr(record, attribute):
            return str(getattr(record, attribute))
    raise TypeError(type(record))


def births(today: int) -> st.SearchStrategy[Days | None]:
    """Grown up, about to be eighteen, a child; exact, to the year, or not known."""
    eighteen = months_before(today, 18 * 12)
    old = months_before(today, 60 * 12)
    return st.sampled_from(
        (
            Days(old, old),
            Days(old - 900, old - 900),
            None,
            Days(eighteen, eighteen),
            Days(eighteen + 1, eighteen + 1),
            Days(eighteen - 200, eighteen + 165),
            Days(months_after(eighteen, 24), months_after(eighteen, 24)),
            Days(old - 30, old + 30),
        )
    )


@st.composite
def declarations(draw: Any, today: int) -> tuple[Declaration, ...]:
    """Some domains, mostly as of the index day."""
    found = []
    for domain in DOMAINS:
        form = draw(st.integers(0, 3))
        if form:
            as_of = today if form > 1 else draw(st.sampled_from(marked_days(today)))
            found.append(Declaration(f"complete {domain}", domain, as_of, ORIGIN))
    return tuple(found)
