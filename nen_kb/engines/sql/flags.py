"""Flags about a patient as bits of a few whole numbers.

Each flag has a bit.  Every table that flags ask about is read once and gives, row by row, the bits of the flags
that the row raises; one aggregation a patient puts them together.  What a flag asks of several tables at once is a
query of its own that gives one bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from nen_kb.engines.sql.alike import of_each_table
from nen_kb.engines.sql.compile import RuleQuery
from nen_kb.engines.sql.names import Names
from nen_kb.engines.sql.nodes import (
    COMPARE,
    all_of,
    any_of,
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
from nen_kb.engines.sql.sets import Host, Sets, Test
from nen_kb.engines.sql.statements import Demand
from nen_kb.engines.sql.tables import column_names
from nen_kb.rules.ir import Atom, Comparison, Constant, Program, Rule, Variable

BITS = 62
"""Flags in one whole number of 64 bits: the sign stays out of it."""
PATIENT = "patient"
NUMBER, RAISED = "number", "raised"
"""The columns of what raises flags: the number of a word, and its bits."""


@dataclass(frozen=True)
class Place:
    """Where a flag's bit is."""

    word: int
    bit: int

    def truth(self, of: str) -> exp.Expr:
        """The bit as a small number."""
        moved = exp.BitwiseRightShift(this=column(word_name(self.word), of), expression=number(self.bit))
        masked = exp.BitwiseAnd(this=parens(moved), expression=number(1))
        return cast(parens(masked), "TINYINT")


@dataclass(frozen=True)
class Flags:
    """The query that makes the flags, and where each is."""

    query: exp.Query
    """One row a patient: the patient and the words."""
    raised: exp.Query
    """Every time a flag is raised: the patient, the number of a word and its bits; zero where none is."""
    places: Mapping[str, Place]
    demands: tuple[Demand, ...]
    reads: frozenset[str]


@dataclass(frozen=True)
class _Simple:
    """A flag that some row of one table raises by itself."""

    name: str
    atom: Atom
    conditions: tuple[Comparison, ...]
    tests: tuple[tuple[Test, Host, bool], ...]
    """Sets that the class of a column belongs to, or does not."""

    @property
    def key(self) -> tuple[tuple[int, str | int], ...]:
        """The columns that must hold constants."""
        return tuple((place, term.value) for place, term in enumerate(self.atom.terms) if isinstance(term, Constant))


def word_name(word: int) -> str:
    """The column of a word."""
    return f"word_{word}"


def make_flags(rules: Iterable[Rule], program: Program, names: Names, sets: Sets) -> Flags:
    """The flags that those rules define, one rule a flag."""
    simple: dict[str, list[_Simple]] = {}
    other: list[Rule] = []
    for rule in rules:
        found = _simple(rule, sets)
        if found is None:
            other.append(rule)
        else:
            simple.setdefault(found.atom.predicate, []).append(found)
    for flags in simple.values():
        flags.sort(key=lambda flag: (repr(flag.key), flag.name))
    ordered = [flag.name for name in sorted(simple) for flag in simple[name]] + [r.head.predicate for r in other]
    places = {name: Place(index // BITS, index % BITS) for index, name in enumerate(ordered)}
    words = len(ordered) // BITS + 1
    queries = [RuleQuery(rule, program, names, sets) for rule in other]
    groups = _alike(queries)

    def parts(chosen: Sequence[int]) -> Iterator[exp.Select]:
        """What each table raises in those words."""
        for name, flags in simple.items():
            here = [word for word in chosen if any(places[flag.name].word == word for flag in flags)]
            if here:
                yield _read_once(program, name, flags, places, chosen, sets)
        for alike in groups:
            if any(places[each.rule.head.predicate].word in chosen for each in alike):
                yield _read_together(alike, places, chosen)

    sums = [named(exp.BitwiseOrAgg(this=column(word_name(word), "part")), word_name(word)) for word in range(words)]
    rows = subquery(union_all(list(parts(range(words)))), "part")
    query = select([column(PATIENT, "part"), *sums]).from_(rows, copy=False).group_by(column(PATIENT, "part"))
    raised = union_all([_numbered(part, word) for word in range(words) for part in parts([word])])
    reads = frozenset(map(sets.table, simple)).union(*(query.reads for query in queries))
    return Flags(query, raised, places, tuple(demand for each in queries for demand in each.demands), reads)


def _numbered(part: exp.Select, word: int) -> exp.Select:
    """The part of a word as rows of a patient, the number of the word and its bits, where there are any."""
    some = exp.NEQ(this=column(word_name(word), "bits"), expression=number(0))
    numbered = named(cast(number(word), "TINYINT"), NUMBER)
    columns = [column(PATIENT, "bits"), numbered, named(column(word_name(word), "bits"), RAISED)]
    return select(columns).from_(subquery(part, "bits"), copy=False).where(some, copy=False)


def _simple(rule: Rule, sets: Sets) -> _Simple | None:
    tests = list(sets.tests(rule))
    rest = [item for item in rule.body if not any(item is test for test, _, _ in tests)]
    atoms = [item for item in rest if isinstance(item, Atom)]
    conditions = tuple(item for item in rest if isinstance(item, Comparison))
    if len(atoms) != 1 or atoms[0].negated:
        return None
    variables = [term for term in atoms[0].terms if isinstance(term, Variable)]
    bare = all(isinstance(each.left, Variable) and isinstance(each.right, Constant) for each in conditions)
    if atoms[0].terms[0] != rule.head.terms[0] or len(variables) != len(set(variables)) or not bare:
        return None
    asked = tuple((test, host, item.negated) for item, test, host in tests)
    return _Simple(rule.head.predicate, atoms[0], conditions, asked)


def _read_once(
    program: Program, name: str, flags: Sequence[_Simple], places: Mapping[str, Place], words: Sequence[int], sets: Sets
) -> exp.Select:
    columns = column_names(program.predicates[name])

    def constant(value: str | int) -> exp.Expr:
        return number(sets.names.code(value) if isinstance(value, str) else value)

    def bits(chosen: Iterable[_Simple]) -> exp.Expr:
        found: list[exp.Expr] = []
        for flag in chosen:
            where = {term: columns[place] for place, term in enumerate(flag.atom.terms)}
            tests: list[exp.Expr] = [
                COMPARE[each.op](this=column(where[each.left], "t"), expression=constant(_value(each.right)))
                for each in flag.conditions
            ]
            tests += [sets.condition(test, host, "t", negated) for test, host, negated in flag.tests]
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

    selected = [named(cast(of_word(word), "BIGINT"), word_name(word)) for word in words]
    flags = [flag for flag in flags if places[flag.name].word in words]
    query = select([column(columns[0], "t"), *selected]).from_(table(sets.table(name), "t"), copy=False)
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


def _alike(queries: Iterable[RuleQuery]) -> list[list[RuleQuery]]:
    """The queries, those together that join the same rows and differ in simple conditions only."""
    groups: dict[object, list[RuleQuery]] = {}
    for query in queries:
        nested = frozenset(each.sql() for each in query.conditions() if each.find(exp.Exists))
        groups.setdefault((query.skeleton(), nested), []).append(query)
    return list(groups.values())


def _read_together(alike: Sequence[RuleQuery], places: Mapping[str, Place], words: Sequence[int]) -> exp.Select:
    """The bits of some flags that join the same rows."""
    chosen = [query for query in alike if places[query.rule.head.predicate].word in words]
    first = chosen[0]
    shared = [each for each in first.conditions() if all(each in query.conditions() for query in chosen)]
    raised: dict[int, list[exp.Expr]] = {word: [] for word in words}
    either: list[list[exp.Expr]] = []
    for query in chosen:
        place = places[query.rule.head.predicate]
        rest = [each.copy() for each in query.conditions() if each not in shared]
        bit = number(1 << place.bit)
        raised[place.word].append(when(all_of(rest), bit) if rest else bit)
        either.append(rest)
    narrowed = [*of_each_table(either), any_of([all_of([each.copy() for each in rest]) for rest in either])]
    conditions = [*shared, *narrowed] if len(chosen) > 1 else first.conditions()
    selected = [named(cast(total(raised[word]), "BIGINT"), word_name(word)) for word in words]
    return first.selecting([named(first.head(0), PATIENT), *selected], conditions)


def _value(term: object) -> str | int:
    assert isinstance(term, Constant)
    return term.value
