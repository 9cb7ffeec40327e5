"""The rules applied to a patient's facts in the plainest way: what a proof is checked against.

Written to be read, not to be fast, and with nothing of the engines.  A rule is applied by trying, item by
item, every row that fits what is known so far.  As no rule depends on itself, directly or through others,
one pass over the predicates, each after all that its rules read, finds everything that holds and nothing else; then
"there is none" means that the finished table has no such row.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.instances import Base, Instance, Row, Step, sort_key
from nen_kb.rules.ir import Atom, BodyItem, Comparison, Constant, Program, Rule, Term
from nen_kb.rules.strata import ordered_body

Bound = dict[str, Any]
"""Values of a rule's variables, in the order in which they were bound."""

COMPARES: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class Tables:
    """The rows of predicates, found by any of their columns."""

    def __init__(self, rows: Mapping[str, Collection[Row]]) -> None:
        self.of: dict[str, frozenset[Row]] = {name: frozenset(found) for name, found in rows.items()}
        self._indexes: dict[tuple[str, tuple[int, ...]], dict[Row, list[Row]]] = {}

    def fits(self, predicate: str, pattern: Sequence[Any]) -> Sequence[Row]:
        """The rows that agree with the pattern where it is not None."""
        known = tuple([place for place, value in enumerate(pattern) if value is not None])
        index = self._indexes.get((predicate, known))
        if index is None:
            index = self._indexes[predicate, known] = {}
            for row in self.of.get(predicate, ()):
                index.setdefault(tuple([row[place] for place in known]), []).append(row)
        return index.get(tuple([pattern[place] for place in known]), ())


def value(term: Term, bound: Bound) -> Any:
    """What a term stands for; None while it is free."""
    return term.value if isinstance(term, Constant) else bound.get(term.name)


def values(item: BodyItem, bound: Bound) -> Row:
    """What the terms of an item stand for."""
    terms = item.terms if isinstance(item, Atom) else (item.left, item.right)
    return tuple([value(term, bound) for term in terms])


def agreed(atom: Atom, row: Row, bound: Bound) -> Bound | None:
    """The bindings under which the atom is that row; None if it cannot be."""
    longer = dict(bound)
    for term, found in zip(atom.terms, row, strict=True):
        if (term.value if isinstance(term, Constant) else longer.setdefault(term.name, found)) != found:
            return None
    return longer


def computed(atom: Atom, pattern: Row) -> Row | None:
    """The row of a built-in with those inputs; None if it gives none."""
    builtin = BUILTINS[atom.predicate]
    result = builtin.function(*(pattern[place] for place in builtin.inputs))
    if result is None:
        return None
    found = {**dict(enumerate(pattern)), **dict(zip(builtin.outputs, result, strict=True))}
    return tuple(found[place] for place in range(len(pattern)))


def satisfied(item: BodyItem, bound: Bound, tables: Tables) -> Iterator[Bound]:
    """Every way to go on past an item of a body."""
    pattern = values(item, bound)
    if isinstance(item, Comparison):
        if COMPARES[item.op](*pattern):
            yield bound
    elif item.negated:
        if not tables.fits(item.predicate, pattern):
            yield bound
    else:
        if item.predicate in BUILTINS:
            row = computed(item, pattern)
            rows: Sequence[Row] = () if row is None else (row,)
        else:
            rows = tables.fits(item.predicate, pattern)
        for row in rows:
            longer = agreed(item, row, bound)
            if longer is not None:
                yield longer


def solutions(body: Sequence[BodyItem], tables: Tables) -> list[Bound]:
    """Every way to satisfy a body whose items stand in an order in which each finds bound what it needs."""
    found: list[Bound] = [{}]
    for item in body:
        found = list(chain.from_iterable(satisfied(item, bound, tables) for bound in found))
    return found


class Applied:
    """A program, to be applied to the facts of any number of patients."""

    def __init__(self, program: Program) -> None:
        self.rules: dict[str, list[tuple[Rule, Sequence[BodyItem]]]] = {}
        self.rests_on: dict[str, frozenset[str]] = {}
        """Of each derived predicate all predicates that its rules read, directly or through others."""
        for name in program.order:
            self.rules[name] = [(rule, ordered_body(rule, program)) for rule in program.rules_of(name)]
            read = {item.predicate for _, body in self.rules[name] for item in body if isinstance(item, Atom)}
            if not read.isdisjoint(set(program.order) - set(self.rests_on)):
                raise ValueError(f"{name} rests on itself, or on what is only found out after it")
            self.rests_on[name] = frozenset(read.union(*(self.rests_on.get(other, ()) for other in read)))

    def run(self, base: Base, _: Collection[str] | None = None) -> AppliedModel:
        """All that holds given those facts, whichever predicates are asked for."""
        return AppliedModel(self, base)


class AppliedModel:
    """What holds for one patient, with every way in which it was derived."""

    def __init__(self, applied: Applied, base: Base, before: AppliedModel | None = None) -> None:
        """``before`` is the model of facts that differ in some predicates only; what rests on none of them stays."""
        self._applied = applied
        self._base = base
        self._ways: dict[str, dict[Row, list[tuple[Rule, Bound]]]] = {}
        self.tables = Tables(base)
        moved = {name for name in base if before is None or self.tables.of[name] != before.rows(name)}
        for name, rules in applied.rules.items():
            if before is not None and moved.isdisjoint(applied.rests_on[name]):
                ways = before._ways[name]
            else:
                ways = {}
                for rule, body in rules:
                    for bound in solutions(body, self.tables):
                        ways.setdefault(values(rule.head, bound), []).append((rule, bound))
            self._ways[name] = ways
            self.tables.of[name] = frozenset(ways)

    def rows(self, predicate: str) -> frozenset[Row]:
        """All rows of a predicate."""
        return self.tables.of.get(predicate, frozenset())

    def revised(self, changed: Base) -> AppliedModel:
        """What holds if the given predicates had those rows instead."""
        return AppliedModel(self._applied, {**self._base, **changed}, self)

    def instances(self, predicate: str, row: Row | None = None) -> tuple[Instance, ...]:
        """Every rule instance that derives the row, or any row, in the order of the rules and then of the values."""
        ways = self._ways.get(predicate, {})
        if row is None:
            return tuple(each for known in sorted(ways, key=sort_key) for each in self.instances(predicate, known))
        place = {id(rule): number for number, (rule, _) in enumerate(self._applied.rules.get(predicate, ()))}
        found = sorted(ways.get(row, ()), key=lambda way: (place[id(way[0])], sort_key(tuple(way[1].values()))))
        return tuple(
            Instance(rule, row, tuple([Step(item, values(item, bound)) for item in rule.body])) for rule, bound in found
        )
