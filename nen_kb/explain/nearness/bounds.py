"""From a comparison of a rule to the datum behind it: which record, which limit, which way.

A rule compares the latest value of a topic, the truth of another comparison, the result of a formula or a day.
Each is followed down through the rules that made it to what a source recorded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from nen_kb.explain import goals
from nen_kb.explain.case import Judgement
from nen_kb.explain.path import Path, Source, path_of
from nen_kb.facts.values import GRID
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.ir import Atom, Comparison, Constant, Kind, Term, Variable

FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
NEGATED: Mapping[str, Literal["<", "<=", ">", ">="]] = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
VALUES = frozenset({"latest", "highest", "candidate", "graded"})
"""The library's predicates for the value of a topic: patient, topic, …"""
_MOST = 8
"""How many origins of one value are looked for."""


@dataclass(frozen=True)
class Origin:
    """What a quantity comes from."""

    kind: str
    """``measurement``, ``scan``, ``extent``, ``age``, ``computed``, ``stated`` (a finding that stands for a number),
    ``truth`` (the truth of another comparison)."""
    records: tuple[str, ...] = ()
    name: str = ""
    """Of a measurement its observable, of a computed quantity the predicate that names it."""
    low: int = 0
    high: int = 0
    under: Bound | None = None
    """Of a truth the comparison whose truth it is."""
    aged: tuple[int, int] | None = None
    """The age that went into a computed quantity."""


@dataclass(frozen=True)
class Bound:
    """A comparison that holds, seen from the datum, and what would have to hold instead."""

    topic: tuple[str, str]
    """What is compared: a predicate and the class it is asked about, if any."""
    needs: str
    """The operator that is needed instead."""
    limit: int
    """In ten-millionths of the canonical unit of the topic."""
    written: str
    """The limit as the rule writes it; empty where it comes from a definition."""
    origin: Origin


@dataclass(frozen=True)
class DayBound:
    """A day that lies on the wrong side of another."""

    record: str
    event: str
    """``started``, ``ended`` or ``dated``."""
    first: int
    last: int
    needs: str
    limit: int
    words: str
    """The limit in words."""


def bounds(judgement: Judgement, path: Path, item: Comparison) -> tuple[Bound | DayBound, ...]:
    """The data behind a comparison that holds, each with what it needs instead; none for one that says nothing."""
    if item.op not in NEGATED:
        return ()
    for term, other, op in ((item.left, item.right, item.op), (item.right, item.left, FLIPPED[item.op])):
        source = path.source(term)
        if source is None:
            continue
        if goals.is_day(judgement, source):
            found = day_bound(judgement, path, term, other, NEGATED[op])
            if found is not None:
                return (found,)
        elif _is_quantity(judgement, source):
            limit = limit_of(judgement, path, other)
            if limit is not None:
                return tuple(_bounds(judgement, path, term, NEGATED[op], *limit))
    return ()


def day_bound(judgement: Judgement, path: Path, term: Term, other: Term, needs: str) -> DayBound | None:
    """The day of a record beside a day that the rules count to; None if it is something else."""
    source, value, limit = path.source(term), path.value(term), path.value(other)
    if source is None or not isinstance(value, int) or not isinstance(limit, int):
        return None
    base = _day_source(judgement, source)
    record = path.record_of(base) if base else None
    if base is None or record is None or _is_of_record(path, other):
        return None
    first, last = int(base.row[2]), int(base.row[3])
    return DayBound(record, base.atom.predicate, first, last, needs, limit, goals.day_words(judgement, path, other))


def topic(judgement: Judgement, path: Path, source: Source) -> tuple[str, str]:
    """What an atom gives the value of: for the library's predicates the class asked about."""
    asked = ""
    for term, column in zip(
        source.atom.terms, judgement.program.predicates[source.atom.predicate].columns, strict=True
    ):
        if column.word == "Asked":
            asked = str(path.value(term) or "")
    return ("value" if source.atom.predicate in VALUES else source.atom.predicate), asked


def _bounds(judgement: Judgement, path: Path, term: Term, needs: str, limit: int, written: str) -> Iterator[Bound]:
    source = path.source(term)
    assert source is not None
    named = topic(judgement, path, source)
    for origin in origins(judgement, path, term):
        if origin.kind != "truth":
            yield Bound(named, needs, limit, written, origin)
        elif origin.under is not None:
            yield origin.under


def origins(judgement: Judgement, path: Path, term: Term) -> tuple[Origin, ...]:
    """What the value of a bound variable comes from; several where several records give the same value."""
    source = path.source(term)
    return tuple(dict.fromkeys(_origins(judgement, path, source)))[:_MOST] if source else ()


def _origins(judgement: Judgement, path: Path, source: Source) -> Iterator[Origin]:
    name, row = source.atom.predicate, source.row
    predicate = judgement.program.predicates[name]
    if name == "measurement":
        yield Origin("measurement", (str(row[1]),), str(row[2]), int(row[3]), int(row[4]))
    elif name == "scan":
        yield Origin("scan", (str(row[1]),), str(row[2]), int(row[3]), int(row[4]))
    elif name == "uptake_extent":
        yield Origin("extent", (str(row[1]),), "", int(row[2]), int(row[3]))
    elif name == "age":
        yield Origin("age", (), "", int(row[1]), int(row[2]))
    elif name in ("below", "at_most"):
        yield from _truths(judgement, path, source)
    elif predicate.role == "builtin":
        low, high = (int(row[place]) for place in BUILTINS[name].outputs[:2])
        records, aged = inputs(judgement, path, source.atom)
        yield Origin("computed", records, name, low, high, aged=aged)
    elif predicate.role == "derived":
        for instance in judgement.instances(name, row):
            yield from _behind(judgement, path_of(judgement, instance), instance.rule.head, source)


def _behind(judgement: Judgement, path: Path, head: Atom, source: Source) -> Iterator[Origin]:
    """What a rule put into a column of its head."""
    term = head.terms[source.column]
    if isinstance(term, Constant):
        low, high = _interval(judgement, source)
        yield Origin("stated", _records(judgement, source), "", low, high)
        return
    inner = path.source(term)
    if inner is None:
        return
    for origin in _origins(judgement, path, inner):
        named = judgement.program.predicates[head.predicate].header.get("concept")
        if origin.kind == "computed" and origin.name in BUILTINS and named:
            origin = replace(origin, name=head.predicate)
        yield origin


def _truths(judgement: Judgement, path: Path, source: Source) -> Iterator[Origin]:
    """The comparison behind a truth, where it is certain."""
    low, high, limit, truth, upper = (int(value) for value in source.row)
    if truth != upper:
        return
    holds = truth == GRID
    op = "<" if source.atom.predicate == "below" else "<="
    term = source.atom.terms[1 if holds else 0]
    inner = path.source(term)
    if inner is None or low > high:
        return
    constant = source.atom.terms[2]
    written = constant.text if isinstance(constant, Constant) else ""
    for under in _bounds(judgement, path, term, NEGATED[op] if holds else op, limit, written):
        yield Origin("truth", under.origin.records, "", truth, upper, under)


def inputs(judgement: Judgement, path: Path, atom: Atom) -> tuple[tuple[str, ...], tuple[int, int] | None]:
    """The records that the inputs of a formula come from, and the age if it is one of them."""
    found: dict[str, None] = {}
    aged: tuple[int, int] | None = None
    for place in BUILTINS[atom.predicate].inputs:
        for origin in origins(judgement, path, atom.terms[place]):
            found.update(dict.fromkeys(origin.records))
            aged = (origin.low, origin.high) if origin.kind == "age" else origin.aged or aged
    return tuple(found), aged


def _interval(judgement: Judgement, source: Source) -> tuple[int, int]:
    columns = judgement.program.predicates[source.atom.predicate].columns
    at = source.column if columns[source.column].word == "Low" else source.column - 1
    return int(source.row[at]), int(source.row[at + 1])


def _records(judgement: Judgement, source: Source) -> tuple[str, ...]:
    columns = judgement.program.predicates[source.atom.predicate].columns
    return tuple(
        str(value)
        for column, value in zip(columns, source.row, strict=True)
        if column.word == "Record" and judgement.record(str(value))
    )


def _is_quantity(judgement: Judgement, source: Source) -> bool:
    column = judgement.program.predicates[source.atom.predicate].columns[source.column]
    return column.kind is Kind.VALUE and column.word in ("Low", "High")


def limit_of(judgement: Judgement, path: Path, term: Term) -> tuple[int, str] | None:
    """A limit and how the rule writes it; None for a term that is no limit."""
    value = path.value(term)
    if not isinstance(value, int):
        return None
    if isinstance(term, Constant):
        return value, term.text.strip("'\"")
    source = path.source(term)
    is_limit = (
        source is not None
        and judgement.program.predicates[source.atom.predicate].columns[source.column].word == "Limit"
    )
    return (value, "") if is_limit else None


def _day_source(judgement: Judgement, source: Source) -> Source | None:
    """The row of a record that holds the day, down through the rules."""
    for _ in range(_MOST):
        name = source.atom.predicate
        if name in ("started", "ended", "dated"):
            return source
        if judgement.program.predicates[name].role != "derived":
            return None
        instances = judgement.instances(name, source.row)
        if not instances:
            return None
        head, path = instances[0].rule.head, path_of(judgement, instances[0])
        inner = path.source(head.terms[source.column])
        if inner is None:
            return None
        source = inner
    return None


def _is_of_record(path: Path, term: Term) -> bool:
    """Whether a day is that of another record, or counted from it."""
    source = path.days_behind(term) if isinstance(term, Variable) else None
    return source is not None and path.record_of(source) is not None
