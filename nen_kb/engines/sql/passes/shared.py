"""What is the same for every patient is joined once, among few rows, before patients come in.

    graded(P, C, E) <= row(P, E, X) & overlaps(X, C) & ~isa(X, C) & graded_asked(C)

joins every row with every class that overlaps its own, to keep few.  The atoms that speak of no patient become a
predicate of their own: pairs of a class and one that is asked for, a small table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nen_kb.engines.patients import patient_columns
from nen_kb.engines.sql.passes.common import (
    NO_HEADER,
    NOWHERE,
    derived,
    fresh,
    rebuilt,
    substituted_atom,
)
from nen_kb.engines.sql.passes.extremes import ExtremeRule
from nen_kb.rules.ir import Atom, BodyItem, Column, Predicate, Program, Rule, Term, Variable
from nen_kb.rules.plan import is_anonymous


def shared(program: Program) -> Program:
    """The program with a predicate for each join of several tables that speak of no patient."""
    found = _Shared(program)
    rules = [found.rewritten(rule) for rule in program.rules]
    return rebuilt(
        program, [*rules, *(rule for _, rule in found.made.values())], [one for one, _ in found.made.values()]
    )


class _Shared:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.patients: Mapping[str, int] = patient_columns(program) or {}
        self.made: dict[tuple[tuple[Term, ...], tuple[Atom, ...]], tuple[Predicate, Rule]] = {}

    def rewritten(self, rule: Rule) -> Rule:
        """The rule with such joins as one atom each."""
        if isinstance(rule, ExtremeRule) or rule.head.predicate not in self.patients:
            return rule
        for item in rule.body:
            group = self._group(rule, item) if self._joins(item) else []
            if len(group) > 1:
                return self.rewritten(self._replaced(rule, group))
        return rule

    def _speaks_of_nobody(self, item: BodyItem) -> bool:
        if not isinstance(item, Atom) or item.predicate in self.patients:
            return False
        made = any(predicate.name == item.predicate for predicate, _ in self.made.values())
        return not made and self.program.predicates[item.predicate].role != "builtin" and bool(_named(item))

    def _joins(self, item: BodyItem) -> bool:
        """Whether the item is a fact about several classes, not only a test of one."""
        return self._speaks_of_nobody(item) and isinstance(item, Atom) and not item.negated and len(_named(item)) > 1

    def _group(self, rule: Rule, first: BodyItem) -> list[Atom]:
        """An item and those that speak of nobody and of its variables only; a test of one of them among them."""
        bound = set(_named(first))
        return [
            item
            for item in rule.body
            if isinstance(item, Atom)
            and (item is first or (self._speaks_of_nobody(item) and set(_named(item)) <= bound))
        ]

    def _replaced(self, rule: Rule, group: Sequence[Atom]) -> Rule:
        columns = dict.fromkeys(term for atom in group for term in _named(atom))
        names: dict[Term, Term] = {term: Variable(f"K{place}") for place, term in enumerate(columns)}
        for atom in group:
            for term in atom.terms:
                if isinstance(term, Variable):
                    names.setdefault(term, Variable(f"_{len(names)}"))
        body = tuple(replace(substituted_atom(atom, names), place=NOWHERE) for atom in group)
        head = tuple(names[term] for term in columns)
        if (head, body) not in self.made:
            taken = {*self.program.predicates, *(each.name for each, _ in self.made.values())}
            name = fresh("_".join(dict.fromkeys(atom.predicate for atom in group)), taken)
            made = derived(name, [self._column(group, term) for term in columns])
            self.made[head, body] = made, Rule(Atom(name, head, False, NOWHERE), body, NOWHERE, NO_HEADER)
        atom = Atom(self.made[head, body][0].name, tuple(columns), False, NOWHERE)
        place = next(place for place, item in enumerate(rule.body) if item is group[0])
        items = [atom if where == place else item for where, item in enumerate(rule.body)]
        return replace(rule, body=tuple(item for item in items if not any(item is each for each in group)))

    def _column(self, group: Sequence[Atom], term: Term) -> Column:
        """The column of the first table that has the variable."""
        atom = next(atom for atom in group if term in atom.terms)
        return self.program.predicates[atom.predicate].columns[atom.terms.index(term)]


def _named(item: BodyItem) -> list[Variable]:
    """The variables of an item that have a name, in their order."""
    terms = item.terms if isinstance(item, Atom) else ()
    return list(dict.fromkeys(term for term in terms if isinstance(term, Variable) and not is_anonymous(term)))
