"""Conditions on classes as bits, alternatives as one query, tables put in place: the same rows with fewer joins."""

from __future__ import annotations

import random

import pytest
from small import program
from sqlglot import exp
from test_passes import facts

from nen_kb.engines.sql.compile import predicate_statement
from nen_kb.engines.sql.duckdb import DuckDB, decoded
from nen_kb.engines.sql.facts import tables_of
from nen_kb.engines.sql.fuse import fuse, in_order
from nen_kb.engines.sql.inline import inlined
from nen_kb.engines.sql.names import names_of
from nen_kb.engines.sql.sets import SETS, Sets
from nen_kb.engines.sql.statements import Compiled
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.ir import Program

CLASSES = """
base found(Patient, Record, Concept)
base dated(Patient, Record, From, To)
given isa(Concept, Asked)
given overlaps(Concept, Asked)
derived some_class(Class)
derived known(Patient, Record, Concept)
derived answer(Patient, Record)
+some_class('a')
+some_class('b')
known(P, E, X) <= found(P, E, X) & dated(P, E, _, _) & some_class(X)
answer(P, E) <= found(P, E, X) & isa(X, 'a') & ~overlaps(X, 'b') & dated(P, E, From, _) & (From < 3)
answer(P, E) <= found(P, E, X) & isa(X, 'a') & ~overlaps(X, 'b') & dated(P, E, From, _) & (From >= 3) & isa(X, X)
answer(P, E) <= known(P, E, X) & isa('c', X) & overlaps(X, _)
"""


def with_sets(found: Program) -> tuple[Compiled, Sets]:
    """The program with bits for its classes, and nothing else rewritten."""
    names = names_of(found)
    sets = Sets(found, names)
    sets.prepare(found.rules)
    statements = [predicate_statement(found, name, names, sets=sets) for name in found.order]
    return Compiled(found, tuple(in_order([*statements, *sets.statements()])), names), sets


@pytest.mark.parametrize("place_tables", [False, True], ids=["tables", "in place"])
def test_sets_keep_the_rows(place_tables: bool) -> None:
    """Whether a class is in a set is asked of its bits; every row is as the evaluator finds it."""
    found = program(CLASSES)
    compiled, sets = with_sets(found)
    assert sets.asked() == {"found", "known"}
    assert SETS in {statement.predicate for statement in compiled.statements}
    statements = list(compiled.statements)
    if place_tables:
        statements = inlined(statements, ["answer"])
        assert len(statements) < len(compiled.statements)
    engine = DuckDB(Compiled(found, tuple(statements), compiled.names), threads=1)
    chance, answered = random.Random(4), 0
    for _ in range(30):
        rows = facts(found, chance)
        wanted = Evaluator(found).rows(rows, ["answer"])["answer"]
        got = engine.run(tables_of(rows, found, compiled.names), ["answer"])["answer"]
        assert decoded(got, found.predicates["answer"], compiled.names) == wanted
        answered += bool(wanted)
    assert answered > 3


def test_alternatives_that_join_the_same_rows_are_one_query() -> None:
    """Two rules that differ in a comparison only are read in one pass."""
    found = program(
        """base dated(Patient, Record, From, To)
        derived odd(Patient, Record)
        odd(P, E) <= dated(P, E, From, To) & dated(P, F, Since, _) & (From > To)
        odd(P, E) <= dated(P, E, From, To) & dated(P, F, Since, _) & (Since > To)
        """
    )
    compiled, _ = with_sets(found)
    assert len(list(compiled.statements[0].query.find_all(exp.Table))) == 2
    literal = predicate_statement(found, "odd", compiled.names)
    assert len(list(literal.query.find_all(exp.Table))) == 4


def test_a_table_that_is_looked_into_stays() -> None:
    """What stands behind EXISTS is a table of its own, what is joined in one place is not."""
    found = program(
        """base found(Patient, Record, Concept)
        derived one(Patient, Record)
        derived other(Patient, Record)
        derived answer(Patient, Record)
        one(P, E) <= found(P, E, 'a') & found(P, E, 'b')
        other(P, E) <= found(P, E, 'c') & found(P, E, 'd')
        answer(P, E) <= one(P, E) & ~other(P, E)
        """
    )
    compiled, _ = with_sets(found)
    left = inlined(compiled.statements, ["answer"])
    assert [statement.predicate for statement in left] == ["other", "answer"]
    assert left[1].reads == {"found", "other"}
    assert fuse(found, ["answer"]).statements
