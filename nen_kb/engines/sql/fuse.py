"""The fast translation: a program rewritten by passes, and a cohort judged one row a patient."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from nen_kb.engines.sql.compile import compile_program, predicate_statement
from nen_kb.engines.sql.few import few
from nen_kb.engines.sql.flags import make_flags
from nen_kb.engines.sql.inline import inlined
from nen_kb.engines.sql.matrix import MATRIX, OUTCOMES, cells
from nen_kb.engines.sql.names import Names, names_of
from nen_kb.engines.sql.passes.common import reached, rules_by_head
from nen_kb.engines.sql.passes.demand import demand
from nen_kb.engines.sql.passes.extremes import ExtremeRule, extremes
from nen_kb.engines.sql.passes.factor import factor
from nen_kb.engines.sql.passes.furthest import furthest
from nen_kb.engines.sql.passes.ground import Constants, Grounded, ground
from nen_kb.engines.sql.passes.narrow import narrow
from nen_kb.engines.sql.passes.only import only
from nen_kb.engines.sql.passes.shared import shared
from nen_kb.engines.sql.passes.split import CannotSplitError, split
from nen_kb.engines.sql.passes.unfold import unfold
from nen_kb.engines.sql.sets import Sets
from nen_kb.engines.sql.statements import Compiled, Statement
from nen_kb.engines.sql.wide import FLAGS, RAISES, WIDE, Group, Wide, groups_of, long_statement
from nen_kb.rules.ir import Atom, Program, Rule
from nen_kb.rules.protocol import protocol_rows

STATUS = OUTCOMES[0]

Clauses = Collection[tuple[str, str]]
"""Some clauses or parts, each by the ids of its trial and of its own."""


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


def rewritten(program: Program, asked: Collection[str] = OUTCOMES, clauses: Clauses | None = None) -> Rewritten:
    """The program after all passes; of its statuses only those of some clauses, if they are named."""
    grounded = _grounded(program, asked)
    if clauses is not None:
        rows = [values for values in grounded.stands_for.get(STATUS, {}) if values[:2] in set(clauses)]
        grounded = _grounded(only(program, grounded, {STATUS: rows}), asked)
    last, flags = split(grounded.program, grounded.made)
    return Rewritten(last, flags, grounded.made, grounded.stands_for)


def _grounded(program: Program, asked: Collection[str]) -> Grounded:
    needed = demand(unfold(demand(extremes(program), asked)), asked)
    narrowed = shared(factor(narrow(furthest(needed), asked)))
    given = {name for name, predicate in program.predicates.items() if predicate.role == "given"}
    static = {name: rows for name, rows in protocol_rows(program).items() if name in given}
    return ground(narrowed, static)


def fuse(
    program: Program,
    asked: Collection[str] = OUTCOMES,
    names: Names | None = None,
    clauses: Clauses | None = None,
) -> Compiled:
    """The fast translation of what is asked; the literal one where it is no logic about single patients.

    If ``clauses`` are named, only the matrix of their statuses can be asked, and nothing else is computed.
    """
    names = names_of(program) if names is None else names
    asked = asked if clauses is None else [STATUS]
    try:
        found = rewritten(program, asked, clauses)
    except CannotSplitError:
        return compile_program(program, names)
    if not set(asked) <= set(found.stands_for):
        return compile_program(program, names)
    rules = rules_by_head(found.program)
    groups = {} if clauses is not None else {name: groups_of(name, found.stands_for[name]) for name in asked}
    every = [group for some in groups.values() for group, _ in some]
    columns = matrix_groups(program, found.stands_for, clauses) if _whole(asked, clauses) else []
    needed = reached(rules, [name for group in (*every, *columns) for name in group.members], found.flags)
    flags = [rule for name in found.flags for rule in rules[name] if name in needed]
    tables = [name for name in found.program.order if name not in found.logic and name not in found.flags]
    tables = _read(rules, flags, tables)
    sets = Sets(found.program, names)
    sets.prepare([*flags, *(rule for name in tables for rule in rules[name])])
    repeated = repeating(found.program, tables)
    statements = [predicate_statement(found.program, name, names, name in repeated, sets) for name in tables]
    statements += sets.statements()
    made = make_flags(flags, found.program, names, sets)
    statements.append(Statement(FLAGS, made.query, made.demands, made.reads))
    statements.append(Statement(RAISES, made.raised, made.demands, made.reads))
    if groups:
        wide = Wide(rules, found.program.order, made.places, every)
        statements.append(Statement(WIDE, wide.query(), (), frozenset((FLAGS,))))
        statements += [long_statement(name, groups[name], program, names) for name in asked]
    matrix = None
    if columns:
        matrix = Wide(rules, found.program.order, made.places, columns)
        among = {name: None for group in columns for name in group.members}
        statements.append(Statement(MATRIX, matrix.query(list(among)), (), frozenset((FLAGS,))))
    statements = in_order(few(statements, sets))
    statements = inlined(statements, {*asked, WIDE, FLAGS, RAISES, MATRIX}, [FLAGS])
    return Compiled(found.program, tuple(statements), names, program, matrix)


def _whole(asked: Collection[str], clauses: Clauses | None) -> bool:
    """Whether the matrix can be made."""
    return clauses is not None or set(OUTCOMES) <= set(asked)


def _read(rules: Mapping[str, Sequence[Rule]], flags: Sequence[Rule], tables: Sequence[str]) -> list[str]:
    """The tables that the flags need, in their order."""
    first = [item.predicate for rule in flags for item in rule.body if isinstance(item, Atom)]
    found = reached(rules, first)
    return [name for name in tables if name in found]


def in_order(statements: Collection[Statement]) -> list[Statement]:
    """The statements, each after those whose tables it reads."""
    waiting = {statement.predicate: statement for statement in statements}
    found: list[Statement] = []

    def visit(statement: Statement) -> None:
        if waiting.pop(statement.predicate, None) is not None:
            for name in sorted(statement.reads):
                if name in waiting:
                    visit(waiting[name])
            found.append(statement)

    for statement in statements:
        visit(statement)
    return found


def matrix_groups(
    program: Program, stands_for: Mapping[str, Mapping[Constants, str]], clauses: Clauses | None = None
) -> list[Group]:
    """The columns of the matrix, each made of the predicates that say which word holds."""
    found = []
    for cell in cells(program):
        if clauses is not None and (cell.trial, cell.clause) not in set(clauses):
            continue
        key = tuple(word for word in (cell.trial, cell.clause) if word is not None)
        rows = stands_for[OUTCOMES[0 if cell.clause is not None else 1]]
        words = {word: rows[*key, word] for word in cell.words if (*key, word) in rows}
        found.append(Group(cell.column, {name: cell.words.index(word) for word, name in words.items()}))
    return found


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
