"""Say it in place: an atom of a predicate whose rules read only facts is replaced by the bodies of those rules.

``of_tumour(P, E)`` beside ``found(P, E, X) & isa(X, 'WellDifferentiated')`` concerns a few findings; as a table of
its own it would list nearly all.  In place it starts from those few.  A negated atom stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from nen_kb.engines.sql.passes.common import (
    fresh,
    positive,
    rebuilt,
    rules_by_head,
    substituted,
    substituted_atom,
    terms_of,
    variables_of,
)
from nen_kb.engines.sql.passes.extremes import ExtremeRule
from nen_kb.rules.ir import Atom, BodyItem, Program, Rule, Term, Variable
from nen_kb.rules.plan import is_anonymous

MOST = 40
"""A predicate is not unfolded if that would make more rules than this of those that read it."""
LONGEST = 8
"""Nor if one of its rules is longer than this."""


def unfold(program: Program) -> Program:
    """The program with every predicate that only reads facts said in place where that makes few rules.

    What nobody reads any longer stays; the demand pass drops it.
    """
    for name in program.order:
        program = _unfolded(program, name)
    return program


def _unfolded(program: Program, name: str) -> Program:
    rules = rules_by_head(program)
    own = rules[name]
    if not own or not all(_reads_facts(rule, program) for rule in own):
        return program
    found: list[Rule] = []
    made = 0
    for rule in program.rules:
        places = [place for place, item in enumerate(rule.body) if isinstance(item, Atom) and item.predicate == name]
        places = [place for place in places if positive(rule.body[place])]
        if isinstance(rule, ExtremeRule):
            places = []  # in two alternatives its extreme would be two
        alternatives = list(_in_place(rule, places, own))
        made += len(alternatives) if places else 0
        found += alternatives
    return rebuilt(program, found) if 0 < made <= MOST else program


def _reads_facts(rule: Rule, program: Program) -> bool:
    atoms = [item for item in rule.body if isinstance(item, Atom)]
    short = not isinstance(rule, ExtremeRule) and 0 < len(rule.body) <= LONGEST and not _searches(rule, program)
    return short and all(atom.negated or program.predicates[atom.predicate].role != "derived" for atom in atoms)


def _searches(rule: Rule, program: Program) -> bool:
    """Whether it looks for another record that its head does not name: that is done once, not in every place."""
    records = {
        term
        for atom in rule.body
        if isinstance(atom, Atom) and positive(atom)
        for term, column in zip(atom.terms, program.predicates[atom.predicate].columns, strict=True)
        if column.word == "Record" and not is_anonymous(term)
    }
    return len(records) > 1 and not records <= set(rule.head.terms)


def _in_place(rule: Rule, places: Sequence[int], own: Sequence[Rule]) -> Iterator[Rule]:
    if not places:
        yield rule
        return
    place, *rest = places
    atom = rule.body[place]
    assert isinstance(atom, Atom)
    used = {variable.name for variable in variables_of([rule.head, *rule.body])}
    for definition in own:
        renamed = _renamed(definition, used)
        bindings = _unified(atom, renamed.head)
        if bindings is None:
            continue
        body: list[BodyItem] = [*rule.body[:place], *renamed.body, *rule.body[place + 1 :]]
        grown = len(renamed.body) - 1
        body = [_closed(item, bindings) for item in body]
        head = _closed(rule.head, bindings)
        assert isinstance(head, Atom)
        inner = Rule(head, tuple(body), rule.place, rule.header)
        for each in _in_place(inner, [other + grown for other in rest], own):
            yield tidied(each)


def _renamed(rule: Rule, used: Collection[str]) -> Rule:
    """The rule with variables that are not used yet."""
    names: dict[Term, Term] = {}
    for variable in sorted(variables_of([rule.head, *rule.body]), key=lambda each: each.name):
        name = fresh(variable.name, {*used, *(each.name for each in names.values() if isinstance(each, Variable))})
        names[variable] = Variable(name)
    body = tuple(substituted(item, names) for item in rule.body)
    return Rule(substituted_atom(rule.head, names), body, rule.place, rule.header)


def _unified(atom: Atom, head: Atom) -> dict[Term, Term] | None:
    """The bindings that make the two equal; None if constants differ."""
    bindings: dict[Term, Term] = {}

    def last(term: Term) -> Term:
        while term in bindings:
            term = bindings[term]
        return term

    for one, other in zip(atom.terms, head.terms, strict=True):
        left, right = last(one), last(other)
        if left == right:
            continue
        if isinstance(right, Variable):
            # an anonymous variable gives way to a named one: it may stand in the body
            if isinstance(left, Variable) and is_anonymous(left) and not is_anonymous(right):
                bindings[left] = right
            else:
                bindings[right] = left
        elif isinstance(left, Variable):
            bindings[left] = right
        elif left.value != right.value:
            return None
    return bindings


def _closed(item: BodyItem, bindings: dict[Term, Term]) -> BodyItem:
    while True:
        changed = substituted(item, bindings)
        if changed == item:
            return item
        item = changed


def tidied(rule: Rule) -> Rule:
    """The rule without atoms that another one of its atoms implies; just the variables used once are anonymous."""
    uses = Counter(term for item in (rule.head, *rule.body) for term in terms_of(item) if isinstance(term, Variable))
    names: dict[Term, Term] = {}
    for term, times in uses.items():
        if is_anonymous(term) != (times == 1):
            wanted = f"_{term.name}" if times == 1 else f"N{term.name}"
            names[term] = Variable(fresh(wanted, {each.name for each in uses}))
    body = [substituted(item, names) for item in rule.body]
    kept: list[BodyItem] = []
    for place, item in enumerate(body):
        others = [*kept, *body[place + 1 :]]
        if item not in kept and not (isinstance(item, Atom) and any(_implies(other, item) for other in others)):
            kept.append(item)
    return Rule(substituted_atom(rule.head, names), tuple(kept), rule.place, rule.header)


def _implies(other: BodyItem, atom: Atom) -> bool:
    """Whether a row for the other atom is one for this atom, whose own variables are anonymous."""
    return (
        isinstance(other, Atom)
        and positive(other)
        and positive(atom)
        and other.predicate == atom.predicate
        and all(is_anonymous(term) or term == same for term, same in zip(atom.terms, other.terms, strict=True))
    )
