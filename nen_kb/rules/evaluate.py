"""The semantics of the rule language: a bottom-up evaluator of one patient's facts.

A predicate holds what some rule derives for it, after all predicates its rules read.  Rules are not
recursive, so each predicate is computed once and is then complete, which is what makes ``~`` mean
"has no row".  The evaluator also keeps how a row came about: its rule instances, which proofs are made of.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nen_kb.rules.instances import Base as Base
from nen_kb.rules.instances import Instance as Instance
from nen_kb.rules.instances import Step as Step
from nen_kb.rules.instances import sort_key as sort_key
from nen_kb.rules.ir import (
    Atom,
    BodyItem,
    Column,
    Comparison,
    Constant,
    Header,
    Kind,
    Mark,
    Place,
    Predicate,
    Program,
    Rule,
    Variable,
)
from nen_kb.rules.plan import Plan, Planner, Row, Tables, pick
from nen_kb.rules.strata import ordered_body


class Evaluator:
    """A program made ready to be evaluated, for any number of patients and threads.

    Raises ValueError for a program that is not in stratified order.
    """

    def __init__(self, program: Program) -> None:
        require_order(program)
        self.program = program
        planner = Planner(program)
        self._derived: dict[str, _Derived] = {}
        for name in program.order:
            self._derived[name] = _Derived(program, name, planner, self._derived)

    def run(self, base: Base, predicates: Collection[str] | None = None) -> Model:
        """The model of those facts.

        ``predicates`` and what they depend on are computed at once, all by default; the rest when it is asked for.
        Raises ValueError for rows of a predicate that rules derive.
        """
        for name in base:
            if name in self._derived:
                raise ValueError(f"{name} is derived by rules and cannot be given")
        model = Model(self._derived, base)
        for name in self.program.order if predicates is None else predicates:
            model.rows(name)
        return model

    def rows(self, base: Base, predicates: Collection[str]) -> dict[str, frozenset[Row]]:
        """The rows of those predicates, as an engine gives them."""
        model = self.run(base, predicates)
        return {name: model.rows(name) for name in predicates}

    def query(self, base: Base, body: Sequence[BodyItem], variables: Sequence[Variable]) -> frozenset[Row]:
        """The values of the variables for every way to satisfy the body."""
        program, name = with_query(self.program, body, variables)
        derived = {**self._derived, name: _Derived(program, name, Planner(program), self._derived)}
        return Model(derived, base).rows(name)


class Model:
    """What holds for one patient.  Predicates are computed when first asked for; one thread at a time."""

    def __init__(self, derived: Mapping[str, _Derived], base: Base) -> None:
        self._derived = derived
        self._rows = {name: frozenset(rows) for name, rows in base.items()}
        self._tables = Tables(self.rows)

    def rows(self, predicate: str) -> frozenset[Row]:
        """All rows of a predicate; none for a base or given predicate without facts."""
        rows = self._rows.get(predicate)
        if rows is None:
            derived = self._derived.get(predicate)
            rows = self._rows[predicate] = derived.rows(self._tables) if derived else frozenset()
        return rows

    def revised(self, changed: Base) -> Model:
        """The model of the same facts but for the given predicates ``changed``.

        Whatever reads none of them is shared.
        """
        rows = {name: frozenset(found) for name, found in changed.items()}
        moved = {name for name, found in rows.items() if found != self._rows.get(name, frozenset())}
        kept = {
            name: found
            for name, found in self._rows.items()
            if (self._derived[name].reads.isdisjoint(moved) if name in self._derived else name not in moved)
        }
        model = Model(self._derived, {})
        model._rows = {**kept, **{name: rows[name] for name in moved}}
        model._tables = self._tables.revised(model.rows, kept)
        return model

    def instances(self, predicate: str, row: Row | None = None) -> tuple[Instance, ...]:
        """Every rule instance that derives the row, or any row, in the order of the rules and then of the values.

        There are none for base and given predicates, nor for a row that does not hold.
        """
        derived = self._derived.get(predicate)
        if derived is None:
            return ()
        if row is not None:
            return tuple(derived.instances(self._tables, row))
        rows = sorted(self.rows(predicate), key=sort_key)
        return tuple(instance for each in rows for instance in derived.instances(self._tables, each))


def require_order(program: Program) -> None:
    """Raises ValueError where a rule reads a predicate that does not come before its own, as in any recursion."""
    place = {name: number for number, name in enumerate(program.order)}
    for rule in program.rules:
        for item in rule.body:
            if isinstance(item, Atom) and place.get(item.predicate, -1) >= place[rule.head.predicate]:
                raise ValueError(
                    f"{rule.place}: {rule.head.predicate} reads {item.predicate}, which is not computed before it"
                )


def evaluate(program: Program, base: Base, predicates: Collection[str] | None = None) -> Model:
    """The model of one patient's facts; use an ``Evaluator`` for more than one."""
    return Evaluator(program).run(base, predicates)


class _Derived:
    """A derived predicate and the plans of its rules."""

    def __init__(self, program: Program, name: str, planner: Planner, known: Mapping[str, _Derived]) -> None:
        self._planner = planner
        atoms = {item.predicate for rule in program.rules_of(name) for item in rule.body if isinstance(item, Atom)}
        read = (known[atom].reads if atom in known else {atom} for atom in atoms)
        self.reads: frozenset[str] = frozenset().union(*read)
        """The base and given predicates it depends on."""
        self._rules = [(rule, ordered_body(rule, program)) for rule in program.rules_of(name)]
        plans = [planner.plan(rule, items) for rule, items in self._rules]
        self._heads = [(plan, plan.picker(rule.head.terms)) for plan, (rule, _) in zip(plans, self._rules, strict=True)]
        self._proofs: dict[int, tuple[Plan, list[tuple[BodyItem, Callable[[Row], Row]]]]] = {}
        """Of each rule the plan that proves a row, and for each item of its body the values it has there."""

    def rows(self, tables: Tables) -> frozenset[Row]:
        return frozenset(head(row) for plan, head in self._heads for row in plan.run(tables))

    def instances(self, tables: Tables, row: Row) -> Iterator[Instance]:
        for number, (rule, items) in enumerate(self._rules):
            bound = _match(rule.head, row)
            if bound is None:
                continue
            if number not in self._proofs:
                plan = self._planner.plan(rule, items, tuple(bound), keep_all=True)
                self._proofs[number] = plan, [(item, _values(item, plan)) for item in rule.body]
            plan, steps = self._proofs[number]
            for final in _in_order(set(plan.run(tables, tuple(bound.values())))):
                yield Instance(rule, row, tuple([Step(item, values(final)) for item, values in steps]))


def _match(head: Atom, row: Row) -> dict[Variable, Any] | None:
    """The values of the head's variables in that row, or None where the head cannot be that row."""
    bound: dict[Variable, Any] = {}
    if len(head.terms) != len(row):
        return None
    for term, value in zip(head.terms, row, strict=True):
        expected = term.value if isinstance(term, Constant) else bound.setdefault(term, value)
        if expected != value:
            return None
    return bound


def _values(item: BodyItem, plan: Plan) -> Callable[[Row], Row]:
    """A function from a row of the plan to the values of the item's terms."""
    terms = (item.left, item.right) if isinstance(item, Comparison) else item.terms
    slots = [plan.slots.get(term) for term in terms]
    known = [slot for slot in slots if slot is not None]
    if len(known) == len(slots):
        return pick(known)
    return lambda final: tuple(None if slot is None else final[slot] for slot in slots)


def _in_order(rows: Collection[Row]) -> list[Row]:
    """The rows in the order of ``sort_key``, which is their own unless numbers and names meet in one column."""
    try:
        return sorted(rows)
    except TypeError:
        return sorted(rows, key=sort_key)


def with_query(program: Program, body: Sequence[BodyItem], variables: Sequence[Variable]) -> tuple[Program, str]:
    """The program with one more rule, whose head holds the values of the variables in that body, and its predicate.

    The body must be safe, as that of any rule.  The predicate has a name no rule text can write.
    """
    name = "answer?"
    place = Place("query", 1)
    header = Header((), place)
    predicate = Predicate(name, tuple(_column(program, body, variable) for variable in variables), "derived", header)
    rule = Rule(Atom(name, tuple(variables), False, place), tuple(body), place, header)
    longer = replace(
        program,
        predicates={**program.predicates, name: predicate},
        rules=(*program.rules, rule),
        order=(*program.order, name),
    )
    return longer, name


def _column(program: Program, body: Sequence[BodyItem], variable: Variable) -> Column:
    """What a variable of a query holds: what the first atom that binds it says."""
    for item in body:
        if isinstance(item, Atom) and not item.negated and item.predicate in program.predicates:
            for term, column in zip(item.terms, program.predicates[item.predicate].columns, strict=True):
                if term == variable:
                    return column
    return Column(variable.name, Kind.NAME, Mark.EXACT)
