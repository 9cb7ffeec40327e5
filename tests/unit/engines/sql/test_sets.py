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
from nen_kb.engines.sql.few import few, few_name
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


def with_sets(found: Program, of_few: bool = False) -> tuple[Compiled, Sets]:
    """The program with bits for its classes, and nothing else rewritten but where rows of few classes are read."""
    names = names_of(found)
    sets = Sets(found, names)
    sets.prepare(found.rules)
    statements = [predicate_statement(found, name, names, sets=sets) for name in found.order]
    statements = in_order([*statements, *sets.statements()])
    return Compiled(found, tuple(in_order(few(statements, sets)) if of_few else statements), names), sets


@pytest.mark.parametrize("of_few", [False, True], ids=["all classes", "few classes"])
@pytest.mark.parametrize("place_tables", [False, True], ids=["tables", "in place"])
def test_sets_keep_the_rows(place_tables: bool, of_few: bool) -> None:
    """Whether a class is in a set is asked of its bits; every row is as the evaluator finds it."""
    found = program(CLASSES)
    compiled, sets = with_sets(found, of_few)
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


def test_who_wants_few_classes_reads_few_rows() -> None:
    """A set that is named is asked of a small table; one that could be large, or none, is not."""
    found = program(
        """base found(Patient, Record, Concept)
        base dated(Patient, Record, From, To)
        given isa(Concept, Asked)
        derived some_class(Class)
        derived named(Patient, Record)
        derived either(Patient, Record)
        derived not_named(Patient, Record)
        derived listed(Patient, Record)
        derived whatever(Patient, Record)
        +some_class('a')
        named(P, E) <= found(P, E, X) & isa(X, 'a') & dated(P, E, _, _)
        either(P, E) <= found(P, E, X) & isa(X, 'b') & ~isa(X, 'c') & dated(P, E, From, To) & (From < To)
        either(P, E) <= found(P, E, X) & isa(X, 'c') & dated(P, E, From, To) & (From < To)
        not_named(P, E) <= found(P, E, X) & ~isa(X, 'a') & dated(P, E, _, _)
        listed(P, E) <= found(P, E, X) & some_class(X) & dated(P, E, _, _)
        whatever(P, E) <= found(P, E, X) & found(P, F, X) & dated(P, F, _, _)
        """
    )
    compiled, sets = with_sets(found, of_few=True)
    read = {statement.predicate: set(statement.reads) - {"dated"} for statement in compiled.statements}
    small, wide = few_name("found"), sets.table("found")
    assert (read["named"], read["either"]) == ({small}, {small})
    assert (read["not_named"], read["listed"], read["whatever"]) == ({wide}, {wide}, {"found"})
    assert read[small] == {SETS, "found"}
    chance, rows_of_few = random.Random(5), []
    for _ in range(20):
        rows = facts(found, chance)
        got = DuckDB(compiled, threads=1).run(tables_of(rows, found, compiled.names), [*found.order, small])
        wanted = Evaluator(found).rows(rows, found.order)
        for name in found.order:
            assert decoded(got[name], found.predicates[name], compiled.names) == wanted[name]
        rows_of_few.append((got[small].num_rows, len(rows["found"])))
    assert any(0 < few_rows < all_rows for few_rows, all_rows in rows_of_few)


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
