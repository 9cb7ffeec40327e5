"""The fast translation: a program rewritten by passes, and a cohort judged one row a patient."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from nen_kb.engines.sql.compile import Compiled, Statement, compile_program, predicate_statement
from nen_kb.engines.sql.flags import make_flags
from nen_kb.engines.sql.names import Names, names_of
from nen_kb.engines.sql.passes.common import rules_by_head
from nen_kb.engines.sql.passes.demand import demand
from nen_kb.engines.sql.passes.extremes import ExtremeRule, extremes
from nen_kb.engines.sql.passes.factor import factor
from nen_kb.engines.sql.passes.ground import Constants, ground
from nen_kb.engines.sql.passes.split import CannotSplitError, split
from nen_kb.engines.sql.passes.unfold import unfold
from nen_kb.engines.sql.wide import FLAGS, WIDE, groups_of, long_statement, wide_query
from nen_kb.rules.ir import Atom, Program, Rule
from nen_kb.rules.protocol import protocol_rows

OUTCOMES = ("status", "verdict")


@dataclass(frozen=True)
class Rewritten:
    """A program after all passes, and the roles its predicates have now."""

    program: Program
    flags: tuple[str, ...]
    """Predicates about a patient that read tables."""
    logic: frozenset[str]
    """Predicates about a patient that read flags and each other."""
    stands_for: Mapping[str, Mapping[Constants, str]]
    """Of what is asked, which predicate stands for which row."""


def rewritten(program: Program, asked: Collection[str] = OUTCOMES) -> Rewritten:
    """The program after all passes."""
    narrowed = factor(demand(unfold(demand(extremes(program), asked)), asked))
    given = {name for name, predicate in program.predicates.items() if predicate.role == "given"}
    static = {name: rows for name, rows in protocol_rows(program).items() if name in given}
    grounded = ground(narrowed, static)
    last, flags = split(grounded.program, grounded.made)
    return Rewritten(last, flags, grounded.made, grounded.stands_for)


def fuse(program: Program, asked: Collection[str] = OUTCOMES, names: Names | None = None) -> Compiled:
    """The fast translation of what is asked; the literal one where it is no logic about single patients."""
    names = names_of(program) if names is None else names
    try:
        found = rewritten(program, asked)
    except CannotSplitError:
        return compile_program(program, names)
    if not set(asked) <= set(found.stands_for):
        return compile_program(program, names)
    rules = rules_by_head(found.program)
    tables = [name for name in found.program.order if name not in found.logic and name not in found.flags]
    repeated = repeating(found.program, tables)
    statements = [predicate_statement(found.program, name, names, name in repeated) for name in tables]
    made = make_flags([rule for name in found.flags for rule in rules[name]], found.program, names)
    groups = {name: groups_of(name, found.stands_for[name]) for name in asked}
    wide = wide_query(rules, found.program.order, made.places, [each for some in groups.values() for each in some])
    statements.append(Statement(FLAGS, made.query, made.demands, made.reads))
    statements.append(Statement(WIDE, wide, (), frozenset((FLAGS,))))
    statements += [long_statement(name, groups[name], program, names) for name in asked]
    return Compiled(found.program, tuple(statements), names)


def repeating(program: Program, tables: Collection[str]) -> set[str]:
    """The tables whose rows are made distinct: others join with them, and a rule may derive a row many times.

    It may where it forgets two records.  A row that is there twice changes no answer, it only costs; so this may guess.
    """
    rules = rules_by_head(program)
    joined = {
        item.predicate
        for name in tables
        for rule in rules[name]
        for item in rule.body
        if isinstance(item, Atom) and not item.negated
    }
    return {name for name in tables if name in joined and any(_forgets(rule, program) for rule in rules[name])}


def _forgets(rule: Rule, program: Program) -> bool:
    if isinstance(rule, ExtremeRule):
        return False
    forgotten = {
        term
        for item in rule.body
        if isinstance(item, Atom) and not item.negated
        for place, term in enumerate(item.terms)
        if program.predicates[item.predicate].columns[place].word == "Record" and term not in rule.head.terms
    }
    return len(forgotten) > 1
