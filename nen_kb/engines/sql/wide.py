"""One row a patient: what the flags say, combined by the rules, down to the statuses.

Predicates with the patient as their only column become columns of truth values, in layers: each layer reads those
before it.  A truth value is the number 0 or 1, so that "and", "or" and "not" are arithmetic of bits, which engines
work on many rows at once.  What is asked leaves as one small number for each group of rows that differ in their last
column only: as the matrix of a cohort, or with a bit for each value of that column, and from there as rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from nen_kb.engines.sql.flags import PATIENT, Place
from nen_kb.engines.sql.names import Names
from nen_kb.engines.sql.nodes import bits, cast, column, named, number, parens, select, subquery, table, table_of
from nen_kb.engines.sql.passes.common import reached
from nen_kb.engines.sql.statements import Statement
from nen_kb.engines.sql.tables import column_names
from nen_kb.rules.ir import Atom, Program, Rule

FLAGS = "flags_of_patients"
RAISES = "raises_of_flags"
WIDE = "one_row_a_patient"
VALUES = 6
"""At most so many values of the last column are told apart by one small number."""
TRUTH = "TINYINT"
ONE, WORDS = "one_", "words"
Meaning = tuple[str | int, ...]
"""The values of all columns but the patient's."""


@dataclass(frozen=True)
class Group:
    """Rows of what is asked that differ in their last column only."""

    column: str
    members: Mapping[str, int]
    """Predicates that say that a row holds, and the number that each adds."""


class Wide:
    """The columns of truth values that some groups are made of."""

    def __init__(
        self,
        rules: Mapping[str, Sequence[Rule]],
        order: Iterable[str],
        places: Mapping[str, Place],
        groups: Sequence[Group],
    ) -> None:
        self.rules = rules
        self.places = places
        self.groups = groups
        self.alias = {name: same for name in rules if (same := self._same(name)) is not None}
        asked = [name for group in groups for name in group.members]
        self.needed = {self.last(name) for name in reached(rules, asked, places)}
        self.layers = self._layers(order)

    def query(self, among: Collection[str] = ()) -> exp.Query:
        """One row a patient, with a column for each group; only patients of whom one of some predicates holds."""
        shown = [name for name in self.places if name in self.needed]
        words = [named(column(PATIENT, WORDS), PATIENT), named(cast(number(1), TRUTH), ONE)]
        words += [named(self.places[name].truth(WORDS), name) for name in shown]
        query: exp.Query = select(words).from_(table(FLAGS, WORDS), copy=False)
        for place, names in enumerate(self.layers):
            alias = f"layer_{place}"
            values = [named(self._formula(name, alias), name) for name in names]
            query = select([exp.Star(), *values]).from_(subquery(query, alias), copy=False)
        columns = [named(self._number(group, "last"), group.column) for group in self.groups]
        whole = select([column(PATIENT, "last"), *columns]).from_(subquery(query, "last"), copy=False)
        if among:
            some = bits(exp.BitwiseOr, [self._truth(name, "last") for name in among])
            whole.where(exp.NEQ(this=parens(some), expression=number(0)), copy=False)
        return whole

    def _same(self, name: str) -> str | None:
        """The predicate that this one is another name of."""
        found = self.rules[name]
        if name in self.places or len(found) != 1 or len(found[0].body) != 1:
            return None
        item = found[0].body[0]
        return item.predicate if isinstance(item, Atom) and not item.negated else None

    def last(self, name: str) -> str:
        """The predicate that this one is the last of many names of."""
        while name in self.alias:
            name = self.alias[name]
        return name

    def _reads(self, name: str) -> list[str]:
        if name in self.places:
            return []
        return [self.last(item.predicate) for rule in self.rules[name] for item in rule.body if isinstance(item, Atom)]

    def _layers(self, order: Iterable[str]) -> list[list[str]]:
        depth: dict[str, int] = dict.fromkeys(self.places, 0)
        layers: list[list[str]] = []
        for name in order:
            if name in self.needed and name not in self.places:
                depth[name] = max((depth[read] for read in self._reads(name)), default=0)
                while len(layers) <= depth[name]:
                    layers.append([])
                layers[depth[name]].append(name)
                depth[name] += 1
        return layers

    def _truth(self, name: str, of: str) -> exp.Expr:
        return column(self.last(name), of)

    def _formula(self, name: str, of: str) -> exp.Expr:
        """Whether one of the rules holds."""
        either = []
        for rule in self.rules[name]:
            both = []
            for item in rule.body:
                assert isinstance(item, Atom)
                found = self._truth(item.predicate, of)
                both.append(_negated(found, of) if item.negated else found)
            either.append(bits(exp.BitwiseAnd, both or [column(ONE, of)]))
        return bits(exp.BitwiseOr, either) if either else _negated(column(ONE, of), of)

    def _number(self, group: Group, of: str) -> exp.Expr:
        """The sum of what its members add, of which those that hold at once share no bit."""
        parts = [
            bits(exp.BitwiseAnd, [exp.Neg(this=parens(self._truth(name, of))), cast(number(added), TRUTH)])
            for name, added in group.members.items()
            if added
        ]
        return bits(exp.BitwiseOr, parts) if parts else cast(number(0), TRUTH)


def _negated(truth: exp.Expr, of: str) -> exp.Expr:
    return parens(exp.BitwiseXor(this=truth, expression=column(ONE, of)))


def groups_of(predicate: str, combinations: Mapping[tuple[str | int, ...], str]) -> list[tuple[Group, list[Meaning]]]:
    """The groups of a predicate that was taken apart, with a bit for each value of the last column."""
    found: dict[tuple[object, ...], list[tuple[Meaning, str]]] = {}
    for values, name in combinations.items():
        members = found.setdefault(values[:-1], [])
        if len(members) == VALUES:
            members = found.setdefault((*values[:-1], len(found)), [])
        members.append((values, name))
    return [
        (
            Group(f"{predicate}_{place}", {name: 1 << bit for bit, (_, name) in enumerate(members)}),
            [values for values, _ in members],
        )
        for place, members in enumerate(found.values())
    ]


def long_statement(
    predicate: str, groups: Sequence[tuple[Group, Sequence[Meaning]]], program: Program, names: Names
) -> Statement:
    """What is asked as rows: each patient's small numbers, one under the other, and what each stands for."""
    step = 1 << VALUES
    codes = [
        exp.Add(this=number(place * step), expression=cast(column(group.column, WIDE), "INT"))
        for place, (group, _) in enumerate(groups)
    ]
    exploded = select([column(PATIENT, WIDE), named(exp.Explode(this=exp.Array(expressions=codes)), "code")])
    exploded.from_(table(WIDE), copy=False)
    meaning = [
        (place * step + mask, *(names.code(value) if isinstance(value, str) else value for value in values))
        for place, (_, members) in enumerate(groups)
        for mask in range(1, 1 << len(members))
        for bit, values in enumerate(members)
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
