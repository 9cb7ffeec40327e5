"""Take the conditions of a patient's rule apart: what shares no variable but the patient is asked by itself.

Each group of items that hang together becomes a flag, a predicate with the patient as its only column; the rule
then combines flags.  Equal groups in different rules share one flag.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from nen_kb.engines.patients import patient_columns
from nen_kb.engines.sql.passes.common import (
    NO_HEADER,
    NOWHERE,
    derived,
    fresh,
    rebuilt,
    substituted,
    terms_of,
)
from nen_kb.rules.ir import COLUMN_WORDS, Atom, BodyItem, Predicate, Program, Rule, Term, Variable
from nen_kb.rules.plan import is_anonymous

PERSON = Variable("P")


class CannotSplitError(Exception):
    """A rule has a condition that no atom of a table ties to the patient; its argument says where."""


def unary(program: Program, patients: dict[str, int]) -> set[str]:
    """The derived predicates whose only column is the patient."""
    return {name for name in program.order if patients.get(name) == 0 and program.predicates[name].arity == 1}


def split(program: Program, flags_of: Collection[str]) -> tuple[Program, tuple[str, ...]]:
    """The program with the rules of those unary predicates made of flags, and the names of the flags.

    Each flag has one rule.  Raises CannotSplitError for a rule that only the literal translation can handle.
    """
    patients = patient_columns(program) or {}
    simple = unary(program, patients) & set(flags_of)
    rules: list[Rule] = []
    flags: dict[tuple[BodyItem, ...], Predicate] = {}
    for rule in program.rules:
        if rule.head.predicate not in simple:
            rules.append(rule)
            continue
        body: list[BodyItem] = []
        person = rule.head.terms[0]
        for group in _at_home(_groups(rule.body, person), person, simple, rule):
            only = group[0]
            if len(group) == 1 and isinstance(only, Atom) and only.predicate in simple:
                body.append(only)
                continue
            negated = len(group) == 1 and isinstance(only, Atom) and only.negated
            key = _canonical(group, person, negated)
            if key not in flags:
                taken = {*program.predicates, *(each.name for each in flags.values())}
                flags[key] = derived(fresh(f"flag_{len(flags)}", taken), (COLUMN_WORDS["Patient"],))
            body.append(Atom(flags[key].name, (person,), negated, rule.place))
        rules.append(Rule(rule.head, tuple(dict.fromkeys(body)), rule.place, rule.header))
    for key, predicate in flags.items():
        rules.append(Rule(Atom(predicate.name, (PERSON,), False, NOWHERE), key, NOWHERE, NO_HEADER))
    return rebuilt(program, rules, flags.values()), tuple(each.name for each in flags.values())


def _groups(body: Sequence[BodyItem], person: Term) -> list[list[BodyItem]]:
    """The items in groups that share variables besides the patient; each in the order of the body."""
    groups: list[tuple[set[Term], list[BodyItem]]] = []
    for item in body:
        own = {term for term in terms_of(item) if isinstance(term, Variable) and term != person}
        own = {term for term in own if not is_anonymous(term)}
        touching = [group for group in groups if group[0] & own]
        merged = (own.union(*(group[0] for group in touching)), [each for group in touching for each in group[1]])
        groups = [group for group in groups if group not in touching] + [(merged[0], [*merged[1], item])]
    order = {id(item): place for place, item in enumerate(body)}
    return [sorted(items, key=lambda item: order[id(item)]) for _, items in groups]


def _at_home(
    groups: Sequence[list[BodyItem]], person: Term, simple: Collection[str], rule: Rule
) -> list[list[BodyItem]]:
    """The groups, those that do not say whom they speak of joined to one that does."""

    def binds(group: Sequence[BodyItem]) -> bool:
        return any(isinstance(item, Atom) and not item.negated and person in item.terms for item in group)

    def is_literal(group: Sequence[BodyItem]) -> bool:
        return len(group) == 1 and isinstance(group[0], Atom) and person in group[0].terms

    loose = [group for group in groups if not binds(group) and not is_literal(group)]
    if not loose:
        return list(groups)
    tables = (group for group in groups if binds(group) and not _reads(group, simple))
    home = next(tables, None)
    if home is None:
        raise CannotSplitError(str(rule.place))
    merged = [*home, *(item for group in loose for item in group)]
    kept = [group for group in groups if group is not home and group not in loose]
    return [*kept, [item for item in rule.body if any(item is each for each in merged)]]


def _reads(group: Sequence[BodyItem], names: Collection[str]) -> bool:
    return any(isinstance(item, Atom) and item.predicate in names for item in group)


def _canonical(group: Sequence[BodyItem], person: Term, negated: bool) -> tuple[BodyItem, ...]:
    """The group with its variables named by their order, so that equal groups are equal; a lone negation undone."""
    names: dict[Term, Term] = {person: PERSON}
    for item in group:
        for term in terms_of(item):
            if isinstance(term, Variable) and term not in names:
                names[term] = Variable(("_" if is_anonymous(term) else "V") + str(len(names)))
    found = []
    for item in group:
        renamed = substituted(item, names)
        if isinstance(renamed, Atom):
            renamed = Atom(renamed.predicate, renamed.terms, renamed.negated and not negated, NOWHERE)
        else:
            renamed = type(renamed)(renamed.left, renamed.op, renamed.right, NOWHERE)
        found.append(renamed)
    return tuple(found)
