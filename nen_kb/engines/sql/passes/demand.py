"""Ask only for what somebody asks: predicates about many classes are narrowed to the classes they are read for.

``present(P, C)`` has a row for every class that a patient's records are a kind of; rules read it for a few.  The
constants with which a column is read, in any rule that is itself needed, become facts of a small predicate, which
joins the rules of the column.  Rules whose constant nobody reads, and predicates nobody reads, go.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

from nen_kb.engines.sql.passes.common import NO_HEADER, NOWHERE, derived, fresh, rebuilt, rules_by_head
from nen_kb.rules.ir import Atom, Comparison, Constant, Kind, Predicate, Program, Rule, Term, Variable

Position = tuple[str, int]
Wanted = frozenset[str] | None
"""The names asked for; None for any."""

NOTHING: frozenset[str] = frozenset()


def demand(program: Program, asked: Collection[str]) -> Program:
    """The program narrowed to what the predicates asked need; their rows stay the same."""
    found = _Demand(program, asked)
    made: dict[frozenset[str], Predicate] = {}
    rules = [rule for name in program.order if name in found.read for rule in found.narrowed(name, made)]
    for names, predicate in made.items():
        for name in sorted(names):
            head = Atom(predicate.name, (Constant(name, Kind.NAME),), False, NOWHERE)
            rules.append(Rule(head, (), NOWHERE, NO_HEADER))
    kept = {
        name: predicate
        for name, predicate in program.predicates.items()
        if predicate.role != "derived" or name in found.read
    }
    order = tuple(name for name in program.order if name in found.read)
    return rebuilt(_with(program, kept, order), rules, made.values())


def _with(program: Program, predicates: dict[str, Predicate], order: tuple[str, ...]) -> Program:
    return Program(predicates, (), order, program.trials, program.asked, program.sha256)


@dataclass
class _Demand:
    program: Program
    asked: Collection[str]
    wanted: dict[Position, Wanted] = field(default_factory=dict)
    read: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.rules = rules_by_head(self.program)
        self.holds: dict[Position, Wanted] = {}
        for name in self.program.order:
            for position in range(self.program.predicates[name].arity):
                self.holds[name, position] = self._held(name, position)
        for name in self.asked:
            if name in self.rules:
                self.read.add(name)
                for position in range(self.program.predicates[name].arity):
                    self.wanted[name, position] = None
        for name in reversed(self.program.order):
            if name in self.read:
                for rule in self._needed(name):
                    self._ask(rule)

    def _held(self, name: str, position: int) -> Wanted:
        """The names a column can hold, bottom-up; None if any."""
        found: set[str] = set()
        for rule in self.rules[name]:
            term = rule.head.terms[position]
            if isinstance(term, Constant):
                values: Wanted = frozenset((term.value,)) if isinstance(term.value, str) else None
            else:
                values = self._bound(rule, term)
            if values is None:
                return None
            found |= values
        return frozenset(found)

    def _bound(self, rule: Rule, variable: Variable) -> Wanted:
        """The names a variable can have, by the derived atoms that bind it."""
        found: Wanted = None
        for item in rule.body:
            if isinstance(item, Atom) and not item.negated:
                for position, term in enumerate(item.terms):
                    if term == variable:
                        found = _both(found, self.holds.get((item.predicate, position)))
        return found

    def _needed(self, name: str) -> Iterator[Rule]:
        """The rules of a predicate whose constants somebody wants."""
        for rule in self.rules[name]:
            pairs = ((term, self.wanted.get((name, place), NOTHING)) for place, term in enumerate(rule.head.terms))
            if all(
                wanted is None or not isinstance(term, Constant) or not isinstance(term.value, str)
                or term.value in wanted
                for term, wanted in pairs
            ):  # fmt: skip
                yield rule

    def _ask(self, rule: Rule) -> None:
        for item in rule.body:
            if isinstance(item, Atom) and item.predicate in self.rules:
                self.read.add(item.predicate)
                for position, term in enumerate(item.terms):
                    here = (item.predicate, position)
                    self.wanted[here] = _either(self.wanted.get(here, NOTHING), self._asked_by(rule, term))

    def _asked_by(self, rule: Rule, term: Term) -> Wanted:
        if isinstance(term, Constant):
            return frozenset((term.value,)) if isinstance(term.value, str) else None
        found = self._bound(rule, term)
        for place, other in enumerate(rule.head.terms):
            if other == term:
                found = _both(found, self.wanted.get((rule.head.predicate, place), NOTHING))
        return found

    def narrowed(self, name: str, made: dict[frozenset[str], Predicate]) -> Iterator[Rule]:
        """The needed rules of a predicate, with an atom for each variable of the head that is asked for few names."""
        columns = self.program.predicates[name].columns
        for rule in self._needed(name):
            extra: list[Atom] = []
            for place, term in enumerate(rule.head.terms):
                names = self.wanted[name, place]
                if not isinstance(term, Variable) or names is None or columns[place].kind is not Kind.NAME:
                    continue
                if self._is_narrow(rule, term, names):
                    continue
                if names not in made:
                    taken = {*self.program.predicates, *(each.name for each in made.values())}
                    made[names] = derived(fresh(f"{name}_asked", taken), (columns[place],))
                extra.append(Atom(made[names].name, (term,), False, NOWHERE))
            yield replace(rule, body=(*rule.body, *extra))

    def _is_narrow(self, rule: Rule, variable: Variable, names: frozenset[str]) -> bool:
        """Whether some atom of the body that binds the variable is already asked for no more than those names."""
        for item in rule.body:
            if isinstance(item, Atom) and not item.negated and item.predicate in self.rules:
                for position, term in enumerate(item.terms):
                    if term == variable:
                        held = self.holds[item.predicate, position]
                        asked = _both(held, self.wanted[item.predicate, position])
                        if asked is not None and asked <= names:
                            return True
            elif isinstance(item, Comparison):
                continue
        return False


def _either(one: Wanted, other: Wanted) -> Wanted:
    return None if one is None or other is None else one | other


def _both(one: Wanted, other: Wanted) -> Wanted:
    return other if one is None else one if other is None else one & other
