"""Only what some rows need: rules about clauses that are not asked, and that nothing asked reads, go.

Which combinations of constants are needed is known once the program has been taken apart (see ``ground``): the rules
of the others are left out of the program before it is rewritten, so that everything they alone read goes with them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from nen_kb.engines.patients import patient_columns
from nen_kb.engines.sql.passes.common import reached, rules_by_head
from nen_kb.engines.sql.passes.ground import Constants, Grounded
from nen_kb.rules.ir import Atom, BodyItem, Constant, Program, Rule


def only(program: Program, grounded: Grounded, wanted: Mapping[str, Collection[Constants]]) -> Program:
    """The program without the rules that the wanted rows of some predicates do not need.

    ``grounded`` is the program taken apart; the other rows of those predicates are no longer right.
    """
    patients = patient_columns(program) or {}
    rules = rules_by_head(grounded.program)
    needed = reached(rules, [grounded.stands_for[name][values] for name, every in wanted.items() for values in every])
    left = {
        name: [values for values, made in heads.items() if made in needed]
        for name, heads in grounded.stands_for.items()
    }

    def stays(rule: Rule) -> bool:
        name = rule.head.predicate
        if name not in left or name not in patients:
            return True
        terms = [term for place, term in enumerate(rule.head.terms) if place != patients[name]]
        return any(
            all(
                not isinstance(term, Constant) or term.value == value for term, value in zip(terms, values, strict=True)
            )
            for values in left[name]
        )

    return without_empty(replace(program, rules=tuple(rule for rule in program.rules if stays(rule))))


def without_empty(program: Program) -> Program:
    """The program without atoms of derived predicates that have no rules, nor rules that can never hold for them."""
    while True:
        heads = {rule.head.predicate for rule in program.rules}
        empty = {name for name in program.order if name not in heads}
        rules = [rule for rule in program.rules if not any(_reads(item, empty, False) for item in rule.body)]
        kept = tuple(
            replace(rule, body=tuple(item for item in rule.body if not _reads(item, empty, True))) for rule in rules
        )
        if kept == program.rules:
            return program
        program = replace(program, rules=kept)


def _reads(item: BodyItem, names: Collection[str], negated: bool) -> bool:
    return isinstance(item, Atom) and item.negated == negated and item.predicate in names
