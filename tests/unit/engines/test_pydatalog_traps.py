"""Each known trap of pyDatalog: what pyDatalog does, and that the engine does not fall into it.

Where the first half of a test fails, pyDatalog has changed: read the second half again before relaxing anything.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
from pyDatalog import Logic

from nen_kb.engines.pydatalog import PyDatalogEngine
from nen_kb.errors import EngineError


def test_floats_are_rounded(raw: Any, w: Any) -> None:
    """pyDatalog rounds 13.7 to eight digits; the engine refuses floats and is exact to the last digit of an integer."""
    raw.assert_fact("p", 13.7)
    assert raw.ask("p(X)").answers == [(13.700000047683716,)]
    engine = PyDatalogEngine(w.program(w.rule(w("q", "X"), w("p", "X"), w.compare("X", ">", 10**18 - 1))))
    with pytest.raises(EngineError):
        engine.rows({"p": [(13.7,)]}, ["q"])
    assert engine.rows({"p": [(10**18,), (10**18 - 1,)]}, ["q"]) == {"q": {(10**18,)}}


@pytest.mark.parametrize(
    ("rules", "query"),
    [
        ("+e(1,2)\n+e(2,3)\n+e(3,1)\nt(X,Y) <= e(X,Y)\nt(X,Y) <= e(X,Z) & t(Z,Y)", "t(X,Y)"),
        ("+d(1)\np(X) <= d(X) & ~q(X)\nq(X) <= d(X) & ~p(X)", "p(X)"),
    ],
    ids=["closure of a cycle", "negation in a cycle"],
)
def test_recursion_hangs(rules: str, query: str) -> None:
    """pyDatalog never comes back from these; see the next test for the engine."""
    code = f"from pyDatalog import pyDatalog as d\nd.load({rules!r})\nprint('asked', flush=True)\nd.ask({query!r})"
    process = subprocess.Popen([sys.executable, "-W", "ignore", "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "asked\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
    finally:
        process.kill()
        process.communicate()


def test_recursion_is_refused(w: Any) -> None:
    """The engine does not begin with a program whose predicates depend on themselves."""
    rules = (
        w.rule(w("p", "X"), w("d", "X"), w.no(w("q", "X"))),
        w.rule(w("q", "X"), w("d", "X"), w.no(w("p", "X"))),
    )
    with pytest.raises(ValueError, match="not computed before it"):
        PyDatalogEngine(w.program(*rules))


def test_and_drops_a_literal(raw: Any, w: Any) -> None:
    """In pyDatalog's text ``and`` forgets one side in silence; the engine gives it objects, each of which counts."""
    raw.load("+a(1)\n+b(2)\nq(X) <= a(X) and b(X)")
    assert raw.ask("q(X)").answers != []
    engine = PyDatalogEngine(w.program(w.rule(w("q", "X"), w("a", "X"), w("b", "X"))))
    assert engine.rows({"a": [(1,)], "b": [(2,)]}, ["q"]) == {"q": frozenset()}


def test_negation_before_its_variables_are_bound(raw: Any, w: Any) -> None:
    """pyDatalog finds nothing; the engine brings the body into a safe order."""
    raw.load("+a(1)\n+a(2)\n+b(2)\nq(X) <= ~b(X) & a(X)")
    assert raw.ask("q(X)") is None
    engine = PyDatalogEngine(w.program(w.rule(w("q", "X"), w.no(w("b", "X")), w.compare("X", ">", 0), w("a", "X"))))
    assert engine.rows({"a": [(1,), (2,)], "b": [(2,)]}, ["q"]) == {"q": {(1,)}}


def test_underscore_joins(raw: Any, w: Any) -> None:
    """To pyDatalog ``_`` is one variable throughout a clause; to the engine each is its own."""
    raw.load("+a(1,5)\n+b(2,6)\nq(X,Y) <= a(X,_) & b(Y,_)")
    assert raw.ask("q(X,Y)") is None
    engine = PyDatalogEngine(w.program(w.rule(w("q", "X", "Y"), w("a", "X", "_1"), w("b", "Y", "_2"))))
    assert engine.rows({"a": [(1, 5)], "b": [(2, 6)]}, ["q"]) == {"q": {(1, 2)}}


def test_one_true_and_one_point_zero_are_one_fact(raw: Any, w: Any) -> None:
    """pyDatalog keeps one of the three, and reads the word 'True' as the truth; to the engine words are words."""
    raw.load("+p(1)\n+p(True)\n+p(1.0)\n+q('True')")
    assert len(raw.ask("p(X)").answers) == 1
    assert raw.ask("q(X)").answers == [(True,)]
    engine = PyDatalogEngine(w.program(w.rule(w("q", "X", "=True"), w("p", "X"))))
    with pytest.raises(EngineError):
        engine.rows({"p": [(True,)]}, ["q"])
    words = {("True",), ("1",), (1,), ("None",), ("X1",), ("",)}
    assert engine.rows({"p": words}, ["q"]) == {"q": {(each, "True") for (each,) in words}}


def test_minus_one_and_minus_two_have_one_hash(w: Any) -> None:
    """Where values are told apart by their hash, -1 and -2 are one; in rules, joins and negations here they are two."""
    assert hash(-1) == hash(-2)
    rules = (
        w.rule(w("q", "Y"), w("p", -1, "Y")),
        w.rule(w("r", "Y"), w("p", "X", "Y"), w.compare("X", "==", -2)),
        w.rule(w("s", "X"), w("p", "X", "Y"), w.no(w("one", "X"))),
    )
    base = {"p": [(-1, "a"), (-2, "b")], "one": [(-1,)]}
    rows = PyDatalogEngine(w.program(*rules)).rows(base, ["q", "r", "s"])
    assert rows == {"q": {("a",)}, "r": {("b",)}, "s": {(-2,)}}


def test_an_undeclared_predicate_raises(raw: Any, w: Any) -> None:
    """pyDatalog stops at a predicate without facts and rules, also under ``~``; the engine declares what there is."""
    raw.load("+a(1)\nq(X) <= a(X) & ~nothing(X)")
    with pytest.raises(AttributeError):
        raw.ask("q(X)")
    engine = PyDatalogEngine(
        w.program(
            w.rule(w("empty", "X"), w("nothing", "X"), w("a", "X")),
            w.rule(w("q", "X"), w("a", "X"), w.no(w("nothing", "X")), w.no(w("empty", "X"))),
        )
    )
    assert engine.rows({"a": [(1,)]}, ["q", "empty"]) == {"q": {(1,)}, "empty": frozenset()}


def test_none_and_mixed_comparisons_abort(raw: Any, w: Any) -> None:
    """Both stop pyDatalog with a TypeError that may quote a value; the engine fails as an engine, without the value."""
    raw.assert_fact("a", None)
    raw.load("q(X) <= a(X) & (X > 1)")
    with pytest.raises(TypeError):
        raw.ask("q(X)")
    engine = PyDatalogEngine(w.program(w.rule(w("q", "X"), w("a", "X"), w.compare("X", ">", 1))))
    for value in (None, "secret"):
        with pytest.raises(EngineError) as caught:
            engine.rows({"a": [(value,)]}, ["q"])
        assert "secret" not in str(caught.value)
        assert caught.value.__cause__ is None
    assert engine.rows({"a": [(2,)]}, ["q"]) == {"q": {(2,)}}


def test_load_and_ask_execute_python(raw: Any, w: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text given to pyDatalog is run; whatever names and words the engine meets stay data."""
    monkeypatch.delenv("NEN_KB_TRAP", raising=False)
    raw.load("import os\nos.environ['NEN_KB_TRAP'] = 'sprung'")
    assert os.environ.pop("NEN_KB_TRAP") == "sprung"
    word = "') & __import__('os').environ.setdefault('NEN_KB_TRAP', 'sprung') or ('"
    name = "p(X) <= q(X)\nimport os"
    engine = PyDatalogEngine(w.program(w.rule(w(name, "X", "=" + word), w("a", "X"), w.compare("X", "!=", "=b"))))
    assert engine.rows({"a": [(word,), ("b",)]}, [name]) == {name: {(word, word)}}
    assert "NEN_KB_TRAP" not in os.environ


@pytest.mark.parametrize(
    "name",
    ["type", "id", "rank", "rank_", "len_", "concat", "sum", "min_", "ask", "a.b", "f[1]==", "~a", "_pyD_query1"],
)
def test_builtin_names_cannot_be_predicates(name: str, w: Any) -> None:
    """Names that mean something to pyDatalog are ordinary predicates and words to the engine."""
    engine = PyDatalogEngine(w.program(w.rule(w("q", "X"), w(name, "X"), w.compare("X", "==", "=" + name))))
    assert engine.rows({name: [(name,), ("other",)]}, ["q"]) == {"q": {(name,)}}


def test_copies_of_a_logic_share_facts(raw: Any) -> None:
    """A copy sees what is asserted in the other, and Logic(True) is no new one."""
    first = Logic()
    raw.load("+f(1)")
    Logic(first)
    raw.assert_fact("f", 2)
    Logic.tl.logic = first
    assert sorted(raw.ask("f(X)").answers) == [(1,), (2,)]
    assert Logic(True) is first


def test_the_engine_leaves_the_threads_logic_alone(raw: Any, w: Any) -> None:
    """Whoever else uses pyDatalog in the thread finds it as it was, also after a failure."""
    raw.load("+f(1)")
    before = Logic.tl.logic
    engine = PyDatalogEngine(w.program(w.rule(w("f", "X"), w("a", "X"), w.compare("X", ">", 0))))
    assert engine.rows({"a": [(5,)]}, ["f"]) == {"f": {(5,)}}
    with pytest.raises(EngineError):
        engine.rows({"a": [("word",)]}, ["f"])
    assert Logic.tl.logic is before
    assert raw.ask("f(X)").answers == [(1,)]
