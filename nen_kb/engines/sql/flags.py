"""Flags about a patient as bits of a few whole numbers.

Each flag has a bit.  Every table that flags ask about is read once and gives, row by row, the bits of the flags
that the row raises; one aggregation a patient puts them together.  What a flag asks of several tables at once is a
query of its own that gives one bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from nen_kb.engines.sql.compile import Demand, RuleQuery
from nen_kb.engines.sql.names import Names
from nen_kb.engines.sql.nodes import (
    COMPARE,
    all_of,
    cast,
    column,
    named,
    number,
    parens,
    select,
    subquery,
    table,
    total,
    union_all,
    when,
)
from nen_kb.engines.sql.tables import column_names
from nen_kb.rules.ir import Atom, Comparison, Constant, Program, Rule, Variable

BITS = 62
"""Flags in one whole number of 64 bits: the sign stays out of it."""
PATIENT = "patient"


@dataclass(frozen=True)
class Place:
    """Where a flag's bit is."""

    word: int
    bit: int

    def test(self, of: str) -> exp.Expr:
        """Whether the bit is set in the words of the table with that alias."""
        masked = exp.BitwiseAnd(this=column(word_name(self.word), of), expression=number(1 << self.bit))
        return exp.NEQ(this=parens(masked), expression=number(0))


@dataclass(frozen=True)
class Flags:
    """The query that makes the flags, and where each is."""

    query: exp.Query
    """One row a patient: the patient and the words."""
    places: Mapping[str, Place]
    demands: tuple[Demand, ...]
    reads: frozenset[str]


@dataclass(frozen=True)
class _Simple:
    """A flag that some row of one table raises by itself."""

    name: str
    atom: Atom
    conditions: tuple[Comparison, ...]

    @property
    def key(self) -> tuple[tuple[int, str | int], ...]:
        """The columns that must hold constants."""
        return tuple((place, term.value) for place, term in enumerate(self.atom.terms) if isinstance(term, Constant))


def word_name(word: int) -> str:
    """The column of a word."""
    return f"word_{word}"


def make_flags(rules: Iterable[Rule], program: Program, names: Names) -> Flags:
    """The flags that those rules define, one rule a flag."""
    simple: dict[str, list[_Simple]] = {}
    other: list[Rule] = []
    for rule in rules:
        found = _simple(rule)
        if found is None:
            other.append(rule)
        else:
            simple.setdefault(found.atom.predicate, []).append(found)
    for flags in simple.values():
        flags.sort(key=lambda flag: (repr(flag.key), flag.name))
    ordered = [flag.name for name in sorted(simple) for flag in simple[name]] + [r.head.predicate for r in other]
    places = {name: Place(index // BITS, index % BITS) for index, name in enumerate(ordered)}
    words = len(ordered) // BITS + 1
    parts: list[exp.Query] = [_read_once(program, name, flags, places, words, names) for name, flags in simple.items()]
    queries = [RuleQuery(rule, program, names) for rule in other]
    parts += [_one_bit(query, places, words) for query in queries]
    sums = [named(exp.BitwiseOrAgg(this=column(word_name(word), "part")), word_name(word)) for word in range(words)]
    rows = subquery(union_all(parts), "part")
    query = select([column(PATIENT, "part"), *sums]).from_(rows, copy=False).group_by(column(PATIENT, "part"))
    reads = frozenset(simple).union(*(query.reads for query in queries))
    return Flags(query, places, tuple(demand for each in queries for demand in each.demands), reads)


def _simple(rule: Rule) -> _Simple | None:
    atoms = [item for item in rule.body if isinstance(item, Atom)]
    conditions = tuple(item for item in rule.body if isinstance(item, Comparison))
    if len(atoms) != 1 or atoms[0].negated:
        return None
    variables = [term for term in atoms[0].terms if isinstance(term, Variable)]
    bare = all(isinstance(each.left, Variable) and isinstance(each.right, Constant) for each in conditions)
    if atoms[0].terms[0] != rule.head.terms[0] or len(variables) != len(set(variables)) or not bare:
        return None
    return _Simple(rule.head.predicate, atoms[0], conditions)


def _read_once(
    program: Program, name: str, flags: Sequence[_Simple], places: Mapping[str, Place], words: int, names: Names
) -> exp.Query:
    columns = column_names(program.predicates[name])

    def constant(value: str | int) -> exp.Expr:
        return number(names.code(value) if isinstance(value, str) else value)

    def bits(chosen: Iterable[_Simple]) -> exp.Expr:
        found: list[exp.Expr] = []
        for flag in chosen:
            where = {term: columns[place] for place, term in enumerate(flag.atom.terms)}
            tests = [
                COMPARE[each.op](this=column(where[each.left], "t"), expression=constant(_value(each.right)))
                for each in flag.conditions
            ]
            bit = number(1 << places[flag.name].bit)
            found.append(when(all_of(tests), bit) if tests else bit)
        return total(found)

    def of_word(word: int) -> exp.Expr:
        mine = [flag for flag in flags if places[flag.name].word == word]
        shapes: dict[tuple[int, ...], dict[tuple[str | int, ...], list[_Simple]]] = {}
        for flag in mine:
            shape = tuple(place for place, _ in flag.key)
            values = tuple(value for _, value in flag.key)
            shapes.setdefault(shape, {}).setdefault(values, []).append(flag)
        found = []
        for shape, groups in shapes.items():
            if not shape:
                found += [bits(group) for group in groups.values()]
                continue
            cases = [
                exp.If(
                    this=all_of(
                        [
                            exp.EQ(this=column(columns[place], "t"), expression=constant(value))
                            for place, value in zip(shape, values, strict=True)
                        ]
                    ),
                    true=bits(group),
                )
                for values, group in groups.items()
            ]
            found.append(parens(exp.Case(ifs=cases, default=number(0))))
        return total(found)

    selected = [named(cast(of_word(word), "BIGINT"), word_name(word)) for word in range(words)]
    query = select([column(columns[0], "t"), *selected]).from_(table(name, "t"), copy=False)
    for place, among in _always(flags).items():
        # a row for which no flag asks raises none
        wanted = exp.In(this=column(columns[place], "t"), expressions=[constant(value) for value in among])
        query.where(wanted, copy=False)
    return query


def _always(flags: Sequence[_Simple]) -> dict[int, list[str | int]]:
    """The columns for which every flag has a constant, and those constants."""
    keys = [dict(flag.key) for flag in flags]
    places = set(keys[0]).intersection(*keys)
    return {place: sorted({key[place] for key in keys}, key=repr) for place in sorted(places)}


def _one_bit(query: RuleQuery, places: Mapping[str, Place], words: int) -> exp.Query:
    place = places[query.rule.head.predicate]
    selected = [
        named(cast(number(1 << place.bit if word == place.word else 0), "BIGINT"), word_name(word))
        for word in range(words)
    ]
    rows = subquery(query.query(), "raised")
    return select([column(PATIENT, "raised"), *selected]).from_(rows, copy=False)


def _value(term: object) -> str | int:
    assert isinstance(term, Constant)
    return term.value
