"""pyDatalog as an engine: isolation of patients, knowledge bases and threads, and what it answers."""

from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pyDatalog import pyEngine

from nen_kb.engines.base import Engine
from nen_kb.engines.pydatalog import KEPT, PyDatalogEngine
from nen_kb.errors import EngineError
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.ir import Program, Variable


@pytest.fixture
def washout(w: Any) -> Program:
    """A program with what real ones have: a hierarchy, negation, comparisons, a built-in, clauses and parts."""
    rules = [
        w.rule(w("recent", "P", "E"), w("ended", "P", "E", "Day"), w("today", "P", "T"), w("days_before", "T", 28, "D"),
               w.compare("Day", ">", "D")),
        w.rule(w("may_be", "P", "C"), w("treatment", "P", "E", "X"), w("isa", "X", "C"), w("recent", "P", "E")),
    ]  # fmt: skip
    for number in range(8):
        name = f"=C{number}"
        rules.append(
            w.rule(w("met", "P", "=T", name), w("treatment", "P", "E", "X"), w("isa", "X", name), w("recent", "P", "E"))
        )
        rules.append(
            w.rule(w("met", "P", "=T", f"=not {number}"), w("treatment", "P", "_1", "_2"), w.no(w("may_be", "P", name)))
        )
    rules.append(w.rule(w("status", "P", "T", "C", "=met"), w("clause", "T", "C"), w("met", "P", "T", "C")))
    rules.append(
        w.rule(
            w("status", "P", "T", "C", "=open"),
            w("today", "P", "_1"),
            w("clause", "T", "C"),
            w.no(w("met", "P", "T", "C")),
        )
    )
    return w.program(  # type: ignore[no-any-return]
        *rules,
        ended=("base", "Patient", "Record", "Day"),
        today=("base", "Patient", "Day"),
        treatment=("base", "Patient", "Record", "Concept"),
        isa=("given", "Concept", "Asked"),
        clause=("given", "Trial", "Clause"),
        days_before=("builtin", "Day", "Count", "Moved"),
    )


def facts(patient: int) -> dict[str, Any]:
    """Different facts for every patient."""
    name = f"patient {patient}"
    return {
        "today": [(name, 1000 + patient)],
        "treatment": [(name, f"r{number}", f"C{(patient * number) % 8}") for number in range(5)],
        "ended": [(name, f"r{number}", 960 + 9 * number + patient % 7) for number in range(5)],
        "isa": [(f"C{number}", f"C{other}") for number in range(8) for other in (number, number // 2)],
        "clause": [("T", f"C{number}") for number in range(8)] + [("T", f"not {number}") for number in range(8)],
    }


def test_it_is_an_engine(washout: Program) -> None:
    """It has the shape every engine has, as the evaluator has."""
    engines: list[Engine] = [PyDatalogEngine(washout), Evaluator(washout)]
    answers = [engine.rows(facts(3), ["status", "met"]) for engine in engines]
    assert answers[0] == answers[1]
    assert {value for *_, value in answers[0]["status"]} == {"met", "open"}


def test_patients_in_turn_do_not_see_each_other(washout: Program) -> None:
    """A session used for one patient after the other answers each as a fresh one does."""
    engine, evaluator = PyDatalogEngine(washout), Evaluator(washout)
    for patient in (*range(20), 3, 0, 3):
        assert engine.rows(facts(patient), ["status"]) == evaluator.rows(facts(patient), ["status"])
    nobody = {name: rows for name, rows in facts(0).items() if name in ("isa", "clause")}
    assert engine.rows(nobody, ["status", "met"]) == {"status": frozenset(), "met": frozenset()}


def test_many_threads_many_patients(washout: Program) -> None:
    """Threads that share an engine, and threads with engines of their own, never see another's patient."""
    shared, evaluator = PyDatalogEngine(washout), Evaluator(washout)
    expected = [evaluator.rows(facts(patient), ["status"]) for patient in range(40)]
    start = threading.Barrier(8)

    def work(worker: int) -> list[int]:
        start.wait()
        own = PyDatalogEngine(washout)
        wrong = []
        for step in range(30):
            patient = (worker * 7 + step * 3) % 40
            engine = shared if step % 3 else own
            if engine.rows(facts(patient), ["status"]) != expected[patient]:
                wrong.append(patient)
        return wrong

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(8))) == [[]] * 8


def test_two_knowledge_bases_do_not_see_each_other(w: Any) -> None:
    """The same names, other rules."""
    one = PyDatalogEngine(w.program(w.rule(w("h", "X"), w("a", "X"))))
    other = PyDatalogEngine(w.program(w.rule(w("h", "X"), w("a", "X"), w.no(w("b", "X")))))
    base = {"a": [(1,), (2,)], "b": [(2,)]}
    for _ in range(2):
        assert one.rows(base, ["h"]) == {"h": {(1,), (2,)}}
        assert other.rows(base, ["h"]) == {"h": {(1,)}}


def test_several_patients_at_once(washout: Program) -> None:
    """The facts of many patients give what each of them gives alone."""
    engine, together = PyDatalogEngine(washout), {name: list(rows) for name, rows in facts(0).items()}
    for patient in range(1, 6):
        for name in ("today", "treatment", "ended"):
            together[name] += facts(patient)[name]
    alone = [engine.rows(facts(patient), ["status"])["status"] for patient in range(6)]
    assert engine.rows(together, ["status"])["status"] == frozenset().union(*alone)


def test_rules_about_two_patients(w: Any) -> None:
    """Where a rule joins patients, all facts are taken together."""
    text = w.program(
        w.rule(w("same", "P", "Q"), w("found", "P", "X"), w("found", "Q", "X"), w.compare("P", "!=", "Q")),
        found=("base", "Patient", "Concept"),
    )
    base = {"found": [("p", "a"), ("q", "a"), ("r", "b")]}
    assert PyDatalogEngine(text).rows(base, ["same"]) == {"same": {("p", "q"), ("q", "p")}}


def test_other_clauses_are_noticed(washout: Program) -> None:
    """What was filled in because it never changes is filled in anew when it does."""
    engine = PyDatalogEngine(washout)
    base = facts(1)
    assert len(engine.rows(base, ["status"])["status"]) == 16
    assert len(engine.rows({**base, "clause": [("T", "C1")]}, ["status"])["status"]) == 1
    assert len(engine.rows(base, ["status"])["status"]) == 16


def test_base_and_unknown_predicates_can_be_asked(washout: Program) -> None:
    """What no rule derives is answered from the facts."""
    rows = PyDatalogEngine(washout).rows(facts(2), ["today", "isa", "unheard_of", "met"])
    assert rows["today"] == {("patient 2", 1002)}
    assert rows["unheard_of"] == frozenset()
    assert len(rows["isa"]) == 15
    assert rows["met"] == Evaluator(washout).rows(facts(2), ["met"])["met"]


def test_derived_rows_cannot_be_given(washout: Program) -> None:
    """What rules derive is not a fact."""
    with pytest.raises(ValueError, match="met"):
        PyDatalogEngine(washout).rows({"met": [("p", "T", "C1")]}, ["met"])


def test_query(washout: Program, w: Any) -> None:
    """A query is a body and its variables; it agrees with the evaluator and is not remembered as a rule."""
    engine, evaluator = PyDatalogEngine(washout), Evaluator(washout)
    body = (w("met", "P", "T", "C"), w("treatment", "P", "E", "C"), w.no(w("may_be", "P", "=C0")))
    variables = (Variable("C"), Variable("E"))
    for patient in range(8):
        assert engine.query(facts(patient), body, variables) == evaluator.query(facts(patient), body, variables)
    assert engine.query(facts(5), (w("today", "_1", 1005),), ()) == {()}
    assert engine.query(facts(5), (w("today", "_1", 1006),), ()) == frozenset()


def test_many_questions_are_not_all_kept(washout: Program, w: Any) -> None:
    """Queries of every kind do not fill the memory."""
    engine = PyDatalogEngine(washout)
    for number in range(KEPT + 5):
        assert engine.query(facts(1), (w("today", "P", 1000 + number),), (Variable("P"),)) == (
            {("patient 1",)} if number == 1 else frozenset()
        )
    assert len(engine._ready) == KEPT


def test_nothing_of_a_patient_remains(washout: Program) -> None:
    """After an answer no object of pyDatalog holds a word of the patient's."""
    engine = PyDatalogEngine(washout)
    engine.rows(facts(77), ["status"])
    gc.collect()
    kept = {each.id for each in gc.get_objects() if isinstance(each, pyEngine.Const) and isinstance(each.id, str)}
    assert "met" in kept
    assert not any("patient" in word or word == "r1" for word in kept)


def test_a_failed_session_is_thrown_away(w: Any) -> None:
    """After a failure the next patient is answered as if nothing had happened."""
    text = w.program(
        w.rule(w("h", "X"), w("a", "X"), w.compare("X", ">", 0)), w.rule(w("g", "X"), w("a", "X"), w.no(w("h", "X")))
    )
    engine = PyDatalogEngine(text)
    for _ in range(3):
        with pytest.raises(EngineError) as caught:
            engine.rows({"a": [(1,), ("word",), (-1,)]}, ["g", "h"])
        assert caught.value.problems[0].code == "engine-failed"
        assert engine.rows({"a": [(1,), (-1,)]}, ["g", "h"]) == {"g": {(-1,)}, "h": {(1,)}}


def test_the_garbage_collector_is_left_as_it_was(w: Any) -> None:
    """It rests while pyDatalog answers or fails, and stays off for whoever turned it off."""
    engine = PyDatalogEngine(w.program(w.rule(w("h", "X"), w("a", "X"), w.compare("X", ">", 0))))
    engine.rows({"a": [(1,)]}, ["h"])
    with pytest.raises(EngineError):
        engine.rows({"a": [("word",)]}, ["h"])
    assert gc.isenabled()
    gc.disable()
    try:
        engine.rows({"a": [(1,)]}, ["h"])
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_rules_that_come_to_the_same_clause(w: Any) -> None:
    """Where the facts leave the same of two rules, the next patient may need one of them without the other."""
    text = w.program(
        w.rule(w("h", "=any"), w("a", "_1")), w.rule(w("h", "=any"), w("b", "_1")), w.rule(w("g", "X"), w("h", "X"))
    )
    engine = PyDatalogEngine(text)
    both, none = {"a": [(1,)], "b": [(1,)]}, frozenset[Any]()
    for base, expected in ((both, {("any",)}), ({"b": [(1,)]}, {("any",)}), ({}, none), ({"a": [(1,)]}, {("any",)})):
        assert engine.rows(base, ["g"]) == {"g": expected}


def test_a_builtin_without_a_result_satisfies_nothing(w: Any) -> None:
    """Also where all its columns are constants or bound before."""
    text = w.program(
        w.rule(w("h", "X"), w("a", "X"), w("days_before", 5, -1, 6)),
        w.rule(w("g", "X"), w("a", "X"), w("days_before", 7, 2, "X")),
        days_before=("builtin", "Day", "Count", "Moved"),
    )
    assert PyDatalogEngine(text).rows({"a": [(5,), (6,)]}, ["g", "h"]) == {"g": {(5,)}, "h": frozenset()}


def test_a_rule_without_a_body_and_a_predicate_without_columns(w: Any) -> None:
    """Facts of the text, and predicates that only hold or do not."""
    text = w.program(
        w.rule(w("tolerance", 3)),
        w.rule(w("raining"), w("tolerance", "N"), w("wet", "N")),
        w.rule(w("dry"), w("tolerance", "_1"), w.no(w("raining"))),
    )
    engine = PyDatalogEngine(text)
    asked = ["tolerance", "raining", "dry"]
    assert engine.rows({"wet": [(3,)]}, asked) == {"tolerance": {(3,)}, "raining": {()}, "dry": frozenset()}
    assert engine.rows({"wet": [(4,)]}, asked) == {"tolerance": {(3,)}, "raining": frozenset(), "dry": {()}}
