"""One row a patient: what the flags say, combined by the rules, down to the statuses.

Predicates with the patient as their only column become columns of truth values, in layers: each layer reads those
before it.  What is asked leaves as one small number for each group of rows that differ in their last column only
(a bit for each of its values), and last of all as rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from nen_kb.engines.sql.compile import Statement
from nen_kb.engines.sql.flags import PATIENT, Place
from nen_kb.engines.sql.names import Names
from nen_kb.engines.sql.nodes import (
    all_of,
    any_of,
    cast,
    column,
    named,
    negation,
    number,
    select,
    subquery,
    table,
    table_of,
    total,
    when,
)
from nen_kb.engines.sql.tables import column_names
from nen_kb.rules.ir import Atom, Program, Rule

FLAGS = "flags_of_patients"
WIDE = "one_row_a_patient"
VALUES = 6
"""At most so many values of the last column are told apart by one small number."""


@dataclass(frozen=True)
class Group:
    """Rows of what is asked that differ in their last column only."""

    column: str
    members: Mapping[tuple[str | int, ...], str]
    """Of each row (without the patient) the predicate that says it holds, in the order of the bits."""


def wide_query(
    rules: Mapping[str, Sequence[Rule]], order: Iterable[str], places: Mapping[str, Place], groups: Sequence[Group]
) -> exp.Query:
    """One row a patient, with a column for each group."""
    depth: dict[str, int] = dict.fromkeys(places, 0)
    layers: list[list[str]] = []
    needed = _needed(rules, places, groups)
    for name in order:
        if name in needed and name not in places:
            reads = [depth[item.predicate] for rule in rules[name] for item in rule.body if isinstance(item, Atom)]
            depth[name] = max(reads, default=0)
            while len(layers) <= depth[name]:
                layers.append([])
            layers[depth[name]].append(name)
            depth[name] += 1
    query: exp.Query = select([exp.Star()]).from_(table(FLAGS), copy=False)
    for number_, names in enumerate(layers):
        alias = f"layer_{number_}"
        values = [named(_formula(rules[name], places, alias), name) for name in names]
        query = select([exp.Star(), *values]).from_(subquery(query, alias), copy=False)
    selected = [named(_small(group, places, "last"), group.column) for group in groups]
    return select([column(PATIENT, "last"), *selected]).from_(subquery(query, "last"), copy=False)


def _needed(rules: Mapping[str, Sequence[Rule]], places: Mapping[str, Place], groups: Sequence[Group]) -> set[str]:
    needed: set[str] = set()
    waiting = [name for group in groups for name in group.members.values()]
    while waiting:
        name = waiting.pop()
        if name not in needed and name not in places:
            needed.add(name)
            waiting += [item.predicate for rule in rules[name] for item in rule.body if isinstance(item, Atom)]
    return needed


def _truth(name: str, places: Mapping[str, Place], of: str) -> exp.Expr:
    return places[name].test(of) if name in places else column(name, of)


def _formula(rules: Sequence[Rule], places: Mapping[str, Place], of: str) -> exp.Expr:
    """Whether one of the rules holds."""
    either: list[exp.Expr] = []
    for rule in rules:
        both: list[exp.Expr] = []
        for item in rule.body:
            assert isinstance(item, Atom)
            found = _truth(item.predicate, places, of)
            both.append(negation(found) if item.negated else found)
        either.append(all_of(both))
    return any_of(either)


def _small(group: Group, places: Mapping[str, Place], of: str) -> exp.Expr:
    bits = [when(_truth(name, places, of), number(1 << bit)) for bit, name in enumerate(group.members.values())]
    return cast(total(bits), "INT")


def groups_of(predicate: str, combinations: Mapping[tuple[str | int, ...], str]) -> list[Group]:
    """The groups of a predicate that was taken apart."""
    found: dict[tuple[object, ...], dict[tuple[str | int, ...], str]] = {}
    for values, name in combinations.items():
        members = found.setdefault(values[:-1], {})
        if len(members) == VALUES:
            members = found.setdefault((*values[:-1], len(found)), {})
        members[values] = name
    return [Group(f"{predicate}_{place}", members) for place, members in enumerate(found.values())]


def long_statement(predicate: str, groups: Sequence[Group], program: Program, names: Names) -> Statement:
    """What is asked as rows: each patient's small numbers, one under the other, and what each stands for."""
    step = 1 << VALUES
    codes = [
        exp.Add(this=number(place * step), expression=column(group.column, WIDE)) for place, group in enumerate(groups)
    ]
    exploded = select([column(PATIENT, WIDE), named(exp.Explode(this=exp.Array(expressions=codes)), "code")])
    exploded.from_(table(WIDE), copy=False)
    meaning = [
        (place * step + mask, *(names.code(value) if isinstance(value, str) else value for value in values))
        for place, group in enumerate(groups)
        for mask in range(1, 1 << len(group.members))
        for bit, values in enumerate(group.members)
        if mask >> bit & 1
    ]
    first, *rest = column_names(program.predicates[predicate])
    meanings = table_of(meaning, "meaning", ["code", *rest])
    query = (
        select([named(column(PATIENT, "each"), first), *(column(each, "meaning") for each in rest)])
        .from_(subquery(exploded, "each"), copy=False)
        .join(meanings, on=exp.EQ(this=column("code", "each"), expression=column("code", "meaning")))
    )
    return Statement(predicate, query, (), frozenset((WIDE,)))
