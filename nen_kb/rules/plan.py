"""From a rule to a chain of joins: how the evaluator computes one rule.

A plan carries a list of rows, tuples of the values bound so far, through the body in a safe order: an atom
extends each row by every match, a negated atom or a comparison drops rows, a built-in computes.
Matches are found through an index on the columns that are bound.  The constants of the rule stand
at the beginning of each row, so that every step only picks slots.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.ir import Atom, BodyItem, Comparison, Constant, Program, Rule, Term, Variable

Row = tuple[Any, ...]
Rows = list[Row]
Pick = Callable[[Row], Row]
Step = Callable[[Rows, "Tables"], Rows]

COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def pick(positions: Sequence[int]) -> Pick:
    """A function from a row to the tuple of its values at those positions."""
    if not positions:
        return lambda _: ()
    if len(positions) == 1:
        position = positions[0]
        return lambda row: (row[position],)
    return operator.itemgetter(*positions)


def is_anonymous(term: Term) -> bool:
    """Whether it is a ``_`` of the text."""
    return isinstance(term, Variable) and term.name.startswith("_")


@dataclass(frozen=True, eq=False)
class Access:
    """A way to look a predicate up: which columns hold constants, which are known, which are wanted."""

    predicate: str
    fixed: tuple[int, ...]
    constants: Row
    """The values at the fixed columns."""
    known: tuple[int, ...]
    wanted: tuple[int, ...]
    alike: tuple[tuple[int, int], ...]
    """Pairs of columns that must be equal: a variable that stands twice in the atom."""


class Tables:
    """The rows of all predicates of one patient, and the indexes built on them so far."""

    def __init__(self, rows_of: Callable[[str], Collection[Row]]) -> None:
        self._rows_of = rows_of
        self._parts: dict[tuple[str, tuple[int, ...]], dict[Row, Rows]] = {}
        self._indexes: dict[Access, dict[Any, Rows]] = {}

    def revised(self, rows_of: Callable[[str], Collection[Row]], kept: Collection[str]) -> Tables:
        """Other tables with the same rows for the predicates ``kept``, whose indexes they share."""
        tables = Tables(rows_of)
        tables._parts = {key: part for key, part in self._parts.items() if key[0] in kept}
        tables._indexes = {access: index for access, index in self._indexes.items() if access.predicate in kept}
        return tables

    def index(self, access: Access) -> dict[Any, Rows]:
        """The wanted columns of the matching rows, without doubles, by the known columns.

        The key is a bare value for one known column, a tuple for several, ``()`` for none.
        """
        found = self._indexes.get(access)
        if found is None:
            found = self._indexes[access] = self._build(access)
        return found

    def _build(self, access: Access) -> dict[Any, Rows]:
        rows: Iterable[Row] = self._part(access.predicate, access.fixed).get(access.constants, ())
        if access.alike:
            rows = [row for row in rows if all(row[one] == row[other] for one, other in access.alike)]
        known, wanted = _key(access.known), pick(access.wanted)
        index: dict[Any, dict[Row, None]] = {}
        for row in rows:
            index.setdefault(known(row), {})[wanted(row)] = None
        return {key: list(matches) for key, matches in index.items()}

    def _part(self, predicate: str, fixed: tuple[int, ...]) -> dict[Row, Rows]:
        part = self._parts.get((predicate, fixed))
        if part is None:
            part = self._parts[predicate, fixed] = {}
            constants = pick(fixed)
            for row in self._rows_of(predicate):
                part.setdefault(constants(row), []).append(row)
        return part


@dataclass(frozen=True)
class Plan:
    """A rule made ready: ``run`` gives one row for every way to satisfy its body."""

    start: Row
    """The rule's constants."""
    steps: tuple[Step, ...]
    slots: Mapping[Term, int]
    """Where each constant and variable stands in a final row."""

    def run(self, tables: Tables, bound: Row = ()) -> Rows:
        """Every final row; ``bound`` are values of the variables the plan was made to begin with."""
        rows = [self.start + bound]
        for step in self.steps:
            rows = step(rows, tables)
            if not rows:
                break
        return rows

    def picker(self, terms: Sequence[Term]) -> Pick:
        """How to read those terms off a final row."""
        return pick([self.slots[term] for term in terms])


class Planner:
    """Makes plans; looks that several rules share are one ``Access``, so that they share an index."""

    def __init__(self, program: Program) -> None:
        self._predicates = program.predicates
        self._accesses: dict[tuple[Any, ...], Access] = {}

    def plan(
        self, rule: Rule, items: Sequence[BodyItem], bound: Sequence[Variable] = (), keep_all: bool = False
    ) -> Plan:
        """A plan for a rule whose body items stand in the safe order ``items``.

        ``bound`` are distinct variables whose values ``Plan.run`` is given.  With ``keep_all`` the anonymous
        variables of positive atoms keep their values, as a proof needs them; without, rows that differ in nothing
        else are one.
        """
        layout = _Layout((*_constants(rule), *bound))
        start = tuple(term.value for term in layout.slots if isinstance(term, Constant))
        steps: list[Step] = []
        for item in items:
            if isinstance(item, Comparison):
                steps.append(_comparison(item, layout))
            elif self._predicates[item.predicate].role == "builtin":
                steps.append(_builtin(item, layout))
            else:
                steps.append(self._atom(item, layout, keep_all))
        return Plan(start, tuple(steps), layout.slots)

    def _atom(self, item: Atom, layout: _Layout, keep_all: bool) -> Step:
        fixed: list[int] = []
        known: list[int] = []
        first: dict[Term, int] = {}
        alike: list[tuple[int, int]] = []
        for position, term in enumerate(item.terms):
            if isinstance(term, Constant):
                fixed.append(position)
            elif term in layout.slots:
                known.append(position)
            elif first.setdefault(term, position) != position:
                alike.append((first[term], position))
        wanted = [] if item.negated else [term for term in first if keep_all or not is_anonymous(term)]
        constants = tuple(term.value for term in item.terms if isinstance(term, Constant))
        columns = tuple(first[term] for term in wanted)
        parts = (item.predicate, tuple(fixed), constants, tuple(known), columns, tuple(alike))
        access = self._accesses.setdefault(parts, Access(*parts))
        key = _key([layout.slots[item.terms[position]] for position in known])
        layout.add(wanted)
        return _lookup(access, key, item.negated)


class _Layout:
    """Which slot of a row holds which term."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self.slots: dict[Term, int] = {}
        for term in terms:
            self.slots.setdefault(term, len(self.slots))
        self.width = len(self.slots)

    def add(self, terms: Sequence[Term]) -> list[tuple[int, int]]:
        """Appends one slot a term; returns pairs of slots that must be equal because the term had one before."""
        equal = []
        for term in terms:
            place = self.slots.setdefault(term, self.width)
            if place != self.width:
                equal.append((place, self.width))
            self.width += 1
        return equal


def _lookup(access: Access, key: Callable[[Row], Any], negated: bool) -> Step:
    if negated:

        def drop(rows: Rows, tables: Tables) -> Rows:
            index = tables.index(access)
            return [row for row in rows if key(row) not in index]

        return drop
    if not access.wanted:

        def keep(rows: Rows, tables: Tables) -> Rows:
            index = tables.index(access)
            return [row for row in rows if key(row) in index]

        return keep

    def extend(rows: Rows, tables: Tables) -> Rows:
        get = tables.index(access).get
        return [row + match for row in rows for match in get(key(row), ())]

    return extend


def _comparison(item: Comparison, layout: _Layout) -> Step:
    compare, left, right = COMPARE[item.op], layout.slots[item.left], layout.slots[item.right]
    return lambda rows, _: [row for row in rows if compare(row[left], row[right])]


def _builtin(item: Atom, layout: _Layout) -> Step:
    builtin = BUILTINS[item.predicate]
    function = builtin.function
    inputs = pick([layout.slots[item.terms[position]] for position in builtin.inputs])
    equal = layout.add([item.terms[position] for position in builtin.outputs])

    def compute(rows: Rows, _: Tables) -> Rows:
        results = [(row, function(*inputs(row))) for row in rows]
        longer = [row + result for row, result in results if result is not None]
        return [row for row in longer if all(row[one] == row[other] for one, other in equal)] if equal else longer

    return compute


def _key(positions: Sequence[int]) -> Callable[[Row], Any]:
    return operator.itemgetter(*positions) if positions else lambda _: ()


def _constants(rule: Rule) -> Iterable[Constant]:
    for item in (rule.head, *rule.body):
        terms = item.terms if isinstance(item, Atom) else (item.left, item.right)
        yield from (term for term in terms if isinstance(term, Constant))
