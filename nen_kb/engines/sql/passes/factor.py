"""Join once what is joined everywhere: two atoms about the same record that many rules read together.

``found(P, E, X) & dated(P, E, From, To)`` stands in dozens of rules.  Such a pair becomes a predicate of its
own, which replaces it.  Only pairs that share at least two variables, one of them of a base predicate, and that
enough rules read: first pairs of base predicates, then those with a derived one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from nen_kb.engines.sql.passes.common import NO_HEADER, NOWHERE, derived, fresh, rebuilt
from nen_kb.rules.ir import Atom, BodyItem, Predicate, Program, Rule, Variable
from nen_kb.rules.plan import is_anonymous

OFTEN = 3
"""So many rules must read a pair together."""

Pair = tuple[str, str, tuple[tuple[int, int], ...]]
"""Two predicates and the positions at which they hold the same variable."""


def factor(program: Program, often: int = OFTEN) -> Program:
    """The program with a predicate for each pair that many rules join, the most frequent first."""
    base = {name for name, predicate in program.predicates.items() if predicate.role == "base"}
    derived_too = base | {name for name in program.order if program.rules_of(name)}
    definitions: list[Rule] = []
    for others in (base, derived_too):
        while True:
            counts = Counter(
                pair for rule in program.rules for pair in {each for each, _, _ in _pairs(rule, base, others)}
            )
            pair, times = max(counts.items(), key=lambda each: (each[1], each[0]), default=(None, 0))
            if pair is None or times < often:
                break
            made, definition = _joined(program, pair, definitions)
            definitions.append(definition)
            rules = [_rewritten(rule, base, others, pair, made) for rule in program.rules]
            program = rebuilt(program, rules, [made])
    return rebuilt(program, [*program.rules, *definitions])


def _pairs(rule: Rule, base: Collection[str], others: Collection[str]) -> Iterator[tuple[Pair, int, int]]:
    """The pairs of a rule's body, each with where its atoms stand; the first is of a base predicate."""
    for one in (place for place, item in enumerate(rule.body) if _is_of(item, base)):
        for other in (place for place, item in enumerate(rule.body) if _is_of(item, others)):
            first, second = rule.body[one], rule.body[other]
            assert isinstance(first, Atom)
            assert isinstance(second, Atom)
            shared = tuple(
                (left, right)
                for left, term in enumerate(first.terms)
                for right, same in enumerate(second.terms)
                if term == same and isinstance(term, Variable) and not is_anonymous(term)
            )
            ordered = first.predicate < second.predicate or second.predicate not in base
            if one != other and len(shared) > 1 and ordered:
                yield (first.predicate, second.predicate, shared), one, other


def _is_of(item: BodyItem, names: Collection[str]) -> bool:
    return isinstance(item, Atom) and not item.negated and item.predicate in names


def _joined(program: Program, pair: Pair, definitions: Sequence[Rule]) -> tuple[Predicate, Rule]:
    """The predicate of a pair and its rule."""
    one, other, shared = pair
    first, second = program.predicates[one], program.predicates[other]
    again = {right: left for left, right in shared}
    left = [Variable(f"A{place}") for place in range(first.arity)]
    right = [left[again[place]] if place in again else Variable(f"B{place}") for place in range(second.arity)]
    added = [place for place in range(second.arity) if place not in again]
    taken = {*program.predicates, *(rule.head.predicate for rule in definitions)}
    columns = (*first.columns, *(second.columns[place] for place in added))
    made = derived(fresh(f"{one}_{other}", taken), columns)
    head = Atom(made.name, (*left, *(right[place] for place in added)), False, NOWHERE)
    body = (Atom(one, tuple(left), False, NOWHERE), Atom(other, tuple(right), False, NOWHERE))
    return made, Rule(head, body, NOWHERE, NO_HEADER)


def _rewritten(rule: Rule, base: Collection[str], others: Collection[str], pair: Pair, made: Predicate) -> Rule:
    for found, one, other in _pairs(rule, base, others):
        if found == pair:
            first, second = rule.body[one], rule.body[other]
            assert isinstance(first, Atom)
            assert isinstance(second, Atom)
            again = {right for _, right in pair[2]}
            rest = (term for place, term in enumerate(second.terms) if place not in again)
            joined = Atom(made.name, (*first.terms, *rest), False, first.place)
            body = tuple(joined if place == one else item for place, item in enumerate(rule.body) if place != other)
            return _rewritten(replace(rule, body=body), base, others, pair, made)
    return rule
