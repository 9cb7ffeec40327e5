"""The literal translation: one rule, one query, whatever the rule holds."""

from __future__ import annotations

import pytest
from small import program

from nen_kb.engines.sql.compile import compile_program
from nen_kb.engines.sql.duckdb import DuckDBEngine
from nen_kb.engines.sql.names import Names
from nen_kb.errors import EngineError
from nen_kb.rules.evaluate import Evaluator

RULES = {
    "join and constant": ("derived d(Record)\nd(E) <= p(E, X) & q(X, 'b')", {("r1",)}),
    "a variable twice": ("derived d(Concept)\nd(X) <= q(X, X)", {("b",)}),
    "negation with anything": ("derived d(Record)\nd(E) <= p(E, X) & ~q(X, _)", {("r2",)}),
    "negation of all": ("derived d(Word)\nd('none') <= ~q('x', _)", {("none",)}),
    "names compared": ("derived d(Concept, Concept)\nd(X, Y) <= q(X, Y) & (X != Y)", {("a", "b")}),
    "union": ("derived d(Concept)\nd(X) <= q(X, _)\nd(X) <= p(_, X)", {("a",), ("b",), ("c",)}),
    "no rule": ("derived e(Record)\nderived d(Record)\nd(E) <= p(E, _) & ~e(E)", {("r1",), ("r2",)}),
    "a fact": ("derived d(Word, Count)\n+ d('new name', -3)", {("new name", -3)}),
    "no columns": ("derived e()\nderived d(Record)\ne() <= q(_, 'b')\nd(E) <= p(E, _) & e()", {("r1",), ("r2",)}),
    "words of SQL": ("derived select(Record)\nderived d(Record)\nselect(E) <= p(E, 'a')\nd(E) <= select(E)", {("r1",)}),
}
FACTS = "base p(Record, Concept)\ngiven q(Concept, Concept)\n"
ROWS = {"p": {("r1", "a"), ("r2", "c")}, "q": {("a", "b"), ("b", "b")}}


@pytest.mark.parametrize("name", RULES)
def test_what_a_rule_can_hold(name: str) -> None:
    """Each construct gives the rows that it means, and those of the evaluator."""
    text, expected = RULES[name]
    found = program(FACTS + text)
    assert DuckDBEngine(found).rows(ROWS, ["d"])["d"] == expected
    assert Evaluator(found).rows(ROWS, ["d"])["d"] == expected


def test_what_cannot_be_compiled_is_named() -> None:
    """Every rule without a translation is reported in one error, with its place."""
    found = program(
        """base p(Record, Count)
        builtin below(Low, High, Limit, Low, High)
        derived d(Record)
        derived e(Record)
        derived f(Record)
        d(E) <= p(E, X) & p(X, _)
        e(E) <= p(E, N) & (N == 'one')
        f(E) <= p(E, N) & ~below(N, N, 3, N, N)
        """
    )
    with pytest.raises(EngineError) as raised:
        compile_program(found)
    problems = raised.value.problems
    assert [(problem.place, problem.code) for problem in problems] == [
        (str(line), "not-compilable") for line in (6, 7, 8)
    ]
    assert "the rule for d" in problems[0].message
    assert "name" in problems[0].message
    assert "the built-in below is negated" in problems[2].message


def test_a_recursive_program_is_refused() -> None:
    """Only the hierarchy is closed, and not by rules."""
    with pytest.raises(ValueError, match="computed before"):
        compile_program(program("base p(Record)\nderived d(Record)\nd(E) <= p(E) & d(E)"))


def test_the_same_program_gives_the_same_statements() -> None:
    """Codes of names come from the program alone, and both dialects from the same expressions."""
    found = program(FACTS + "derived d(Record)\nd(E) <= p(E, X) & q(X, 'b') & ~q(X, 'zz')")
    one, other = (compile_program(found).statements[0].query for _ in range(2))
    assert one.sql("duckdb") == other.sql("duckdb")
    assert one.sql("spark") == one.sql("duckdb").replace('"', "`")


def test_names_have_one_code_each() -> None:
    """A name keeps its code, whatever is added later."""
    names = Names(["b", "a"])
    assert [names.code(name) for name in ("a", "c", "b", "a")] == [1, 2, 0, 1]
    assert names.all() == ("b", "a", "c")
    assert names.name(2) == "c"


def test_derived_rows_are_not_accepted() -> None:
    """Facts of a predicate that rules derive are refused, as the evaluator refuses them."""
    with pytest.raises(ValueError, match="derived"):
        DuckDBEngine(program("derived d(Record)")).rows({"d": {("r",)}}, ["d"])
