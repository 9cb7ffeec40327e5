"""Some other reaches further: a join with records that one comparison looks at compares with the furthest instead.

    late(P, E) <= row(P, E, T) & other(P, E2, F) & (F > T)

asks of the other records only whether one has an F above T, so the greatest F of the patient tells:

    late(P, E) <= row(P, E, T) & max_late(P, Most) & (Most > T)         max_late(P, max F) <= other(P, E2, F)

No pairs of records are made.  It is done where what is left out of the join forgets a record, shares with the rest only
variables of the head that its own facts bind, the record compared with not among them, and meets the rest in no other
comparison.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from nen_kb.engines.patients import patient_columns
from nen_kb.engines.sql.passes.common import (
    NO_HEADER,
    NOWHERE,
    derived,
    fresh,
    rebuilt,
    substituted,
    terms_of,
    variables_of,
)
from nen_kb.engines.sql.passes.extremes import MIRRORED, ExtremeRule
from nen_kb.rules.ir import Atom, BodyItem, Column, Comparison, Kind, Predicate, Program, Rule, Term, Variable
from nen_kb.rules.plan import is_anonymous

PERSON, RECORD = "Patient", "Record"
FUNCTIONS = {">": "max", ">=": "max", "<": "min", "<=": "min"}

Definition = tuple[tuple[Term, ...], str, tuple[BodyItem, ...]]
"""The head's terms, the function of the last, and the body of a greatest or least value."""


@dataclass(frozen=True)
class _Side:
    """What hangs together with one side of a comparison."""

    items: tuple[BodyItem, ...]
    value: Variable
    op: str
    """As it is read with the value on the left."""
    other: Term
    keys: tuple[Variable, ...]
    """The variables it shares with the rest, the patient among them."""


def furthest(program: Program) -> Program:
    """The program with greatest and least values instead of joins that only compare with one column."""
    found = _Furthest(program)
    rules = [found.rewritten(rule) for rule in program.rules]
    return rebuilt(
        program, [*rules, *(rule for _, rule in found.made.values())], [each for each, _ in found.made.values()]
    )


class _Furthest:
    def __init__(self, program: Program) -> None:
        self.predicates = dict(program.predicates)
        self.patients = dict(patient_columns(program) or {})
        """Where each predicate has its patient."""
        self.made: dict[Definition, tuple[Predicate, Rule]] = {}

    def rewritten(self, rule: Rule) -> Rule:
        """The rule without such joins."""
        if isinstance(rule, ExtremeRule):
            return rule
        for comparison in rule.body:
            if isinstance(comparison, Comparison) and comparison.op in MIRRORED:
                sides = sorted(self._sides(rule, comparison), key=lambda side: len(side.keys))
                if sides:
                    return self.rewritten(self._replaced(rule, comparison, sides[0], len(rule.body)))
        return rule

    def _sides(self, rule: Rule, comparison: Comparison) -> Iterator[_Side]:
        """The sides of a comparison that can be left out of the join."""
        ways = (
            (comparison.left, comparison.op, comparison.right),
            (comparison.right, MIRRORED[comparison.op], comparison.left),
        )
        for value, op, other in ways:
            if isinstance(value, Variable) and isinstance(other, Variable) and value not in rule.head.terms:
                items = _hanging(rule, comparison, value)
                rest = [
                    item for item in rule.body if item is not comparison and not any(item is each for each in items)
                ]
                keys = tuple(term for term in dict.fromkeys(rule.head.terms) if term in variables_of(items))
                side = _Side(tuple(items), value, op, other, tuple(k for k in keys if isinstance(k, Variable)))
                if other not in variables_of(items) and self._fits(side) and self._pairs(rest, side):
                    yield side

    def _fits(self, side: _Side) -> bool:
        """Whether facts about the patient bind the keys, and a record is forgotten."""
        atoms = [item for item in side.items if isinstance(item, Atom)]
        if any(self.predicates[atom.predicate].role == "builtin" for atom in atoms):
            return False
        own = [atom for atom in atoms if not atom.negated and atom.predicate in self.patients]
        bound = variables_of(own)
        records = {term for atom in own for term, column in self._columns(atom) if column.word == RECORD}
        whose = {atom.terms[self.patients[atom.predicate]] for atom in own}
        return (
            len(whose) == 1
            and whose <= set(side.keys) <= bound
            and bool(records - set(side.keys))
            and side.value in bound
        )

    def _pairs(self, rest: Collection[BodyItem], side: _Side) -> bool:
        """Whether the other value belongs to a record of its own: pairs of records are compared."""
        facts = [item for item in rest if isinstance(item, Atom) and not item.negated and side.other in item.terms]
        records = {term for fact in facts for term, column in self._columns(fact) if column.word == RECORD}
        return bool(records) and not records & set(side.keys)

    def _columns(self, atom: Atom) -> Iterator[tuple[Term, Column]]:
        yield from zip(atom.terms, self.predicates[atom.predicate].columns, strict=True)

    def _replaced(self, rule: Rule, comparison: Comparison, side: _Side, number: int) -> Rule:
        name = self._defined(rule, side)
        most = Variable(f"Most{number}")
        atom = Atom(name, (*side.keys, most), False, NOWHERE)
        body: list[BodyItem] = []
        for item in rule.body:
            if item is comparison:
                body += [atom, Comparison(most, side.op, side.other, NOWHERE)]  # type: ignore[arg-type]
            elif not any(item is each for each in side.items):
                body.append(item)
        return replace(rule, body=tuple(body))

    def _defined(self, rule: Rule, side: _Side) -> str:
        """The predicate that holds the furthest value of each key; the same one for the same facts."""
        names: dict[Term, Term] = {key: Variable(f"K{place}") for place, key in enumerate((*side.keys, side.value))}
        for item in side.items:
            for term in terms_of(item):
                if isinstance(term, Variable):
                    names.setdefault(term, Variable(f"{'_' if is_anonymous(term) else 'V'}{len(names)}"))
        body = tuple(replace(substituted(item, names), place=NOWHERE) for item in side.items)
        head = tuple(names[term] for term in (*side.keys, side.value))
        function = FUNCTIONS[side.op]
        key = (head, function, body)
        if key not in self.made:
            columns = [self._column(side.items, term) for term in (*side.keys, side.value)]
            made = derived(fresh(f"{function}_of_{rule.head.predicate}", self.predicates), columns)
            self.predicates[made.name] = made
            self.patients[made.name] = [column.word for column in columns].index(PERSON)
            functions = (*("" for _ in side.keys), function)
            self.made[key] = (
                made,
                ExtremeRule(Atom(made.name, head, False, NOWHERE), body, NOWHERE, NO_HEADER, functions),
            )
        return self.made[key][0].name

    def _column(self, items: Collection[BodyItem], term: Term) -> Column:
        """The column of some fact that holds the term."""
        atoms = [item for item in items if isinstance(item, Atom) and not item.negated]
        found = [column for atom in atoms for same, column in self._columns(atom) if same == term]
        return next((column for column in found if column.kind is not Kind.NAME), found[0])


def _hanging(rule: Rule, comparison: Comparison, value: Variable) -> list[BodyItem]:
    """The items that hang together with a variable through others that the head has not, without that comparison."""
    head = set(rule.head.terms)
    reached: set[Variable] = {value}
    found: list[BodyItem] = []
    waiting = [item for item in rule.body if item is not comparison]
    while touching := [item for item in waiting if variables_of([item]) & reached]:
        found += touching
        waiting = [item for item in waiting if not any(item is each for each in touching)]
        reached |= {each for each in variables_of(touching) if each not in head}
    return [item for item in rule.body if any(item is each for each in found)]
