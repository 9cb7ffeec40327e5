"""What a proof holds: its facts, its closures, and for each "none" every record it ranges over."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from nen_kb.explain import Judgement, because, explain_clause, proof_to_json
from nen_kb.explain.proof import Closure, Computation, Conclusion, Excluded, Fact, Latest, Missing, Node, Nothing, Side

Judge = Callable[..., Judgement]
START, CHICAGO = "START-NET", "NCT05610826"
TREATED = """
complete: [{domain: treatments, as_of: 2026-11-20, source: tumour board form}]
treatments:
  - {agent: octreotide, started: 2024-06, ongoing: true}
  - {agent: capecitabine, started: 2025-01-07, ended: 2025-09}
  - {agent: everolimus, started: 2025-10, ended: 2026-09-30}
findings: [{concept: hypertension, date: 2020}]
"""


def nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from nodes(child)


def of(proof: Node, kind: type[Node]) -> list[Node]:
    return [node for node in nodes(proof) if isinstance(node, kind)]


def test_none_lists_every_treatment_with_its_reason(judge: Judge) -> None:
    """The washout is met: all three treatments are named, each with why it does not count, and the declaration."""
    proof = explain_clause(judge(TREATED), START, "I7")
    excluded = {node.record: node.why for node in of(proof, Excluded) if isinstance(node, Excluded)}
    assert set(excluded) == {"treatments[0]", "treatments[1]", "treatments[2]"}
    assert "somatostatin analogue" in excluded["treatments[0]"]
    assert "2026-09-30, on or before" in excluded["treatments[2]"]
    (closure,) = of(proof, Closure)
    assert isinstance(closure, Closure)
    assert (closure.domain, closure.as_of, closure.source) == ("treatments", "2026-11-20", "tumour board form")


def test_none_says_what_each_record_is(judge: Judge) -> None:
    """No PRRT: the treatments are something else, and so is the diagnosis, of another kind altogether."""
    proof = explain_clause(judge(TREATED), START, "E2")
    excluded = {node.record: node for node in of(proof, Excluded) if isinstance(node, Excluded)}
    assert set(excluded) == {"treatments[0]", "treatments[1]", "treatments[2]", "findings[0]"}
    assert all(node.by_class for node in excluded.values())
    assert [record for record, node in excluded.items() if node.far] == ["findings[0]"]


def test_original_and_converted_value(judge: Judge) -> None:
    """A fact keeps what was written, the converted value, date, file and path."""
    proof = explain_clause(
        judge("measurements: [{observable: hemoglobin, value: 12.1 g/dL, date: 2026-11-10}]"), START, "I11a"
    )
    (fact,) = of(proof, Fact)
    assert isinstance(fact, Fact)
    assert (fact.written, fact.converted, fact.dates) == ("12.1 g/dL", "121 g/L", "2026-11-10")
    assert (fact.file, fact.path) == ("anna.yaml", "measurements[0]")


def test_older_values_are_set_aside_by_name(judge: Judge) -> None:
    """The latest value counts; the older one is listed beside it."""
    proof = explain_clause(
        judge(
            "measurements:\n  - {observable: hemoglobin, value: 120 g/L, date: 2026-01-10}\n"
            "  - {observable: hemoglobin, value: 80 g/L, date: 2026-11-10}"
        ),
        START,
        "I11a",
    )
    (latest,) = of(proof, Latest)
    assert isinstance(latest, Latest)
    assert [fact.record for fact in latest.older] == ["measurements[0]"]
    assert proof.status == "unmet"


def test_a_formula_shows_its_inputs_and_its_source(judge: Judge) -> None:
    """Cockcroft and Gault: formula, inputs, result, publication."""
    proof = explain_clause(
        judge(
            "sex: male\nborn: 1956-11-20\nmeasurements:\n"
            "  - {observable: creatinine, value: 110 umol/L, date: 2026-11-10}\n"
            "  - {observable: body weight, value: 75 kg, date: 2026-11-10}"
        ),
        CHICAGO,
        "E7b",
    )
    (formula,) = of(proof, Computation)
    assert isinstance(formula, Computation)
    assert "Cockcroft" in formula.source
    assert "140 − age" in formula.formula
    assert formula.inputs == ("an age of 70", "male", "body weight 75 kg", "creatinine 110 µmol/L")
    assert formula.result == "58.6 mL/min"


def test_a_conflict_shows_both_sides(judge: Judge) -> None:
    """Evidence for and against, each with its record."""
    text = (
        "measurements:\n  - {observable: platelets, value: 90 10*9/L, date: 2026-11-18}\n"
        "  - {observable: platelets, value: 110 10*9/L, date: 2026-11-18}"
    )
    proof = explain_clause(judge(text), START, "I11b")
    sides = [child for child in proof.children if isinstance(child, Side)]
    assert [(side.side, side.shown) for side in sides] == [("met", True), ("unmet", True)]
    assert [fact.path for side in sides for fact in of(side, Fact) if isinstance(fact, Fact)] == [
        "measurements[1]",
        "measurements[0]",
    ]


def test_unknown_shows_what_both_sides_lack(judge: Judge) -> None:
    """Neither side is shown; each names what is missing, with its code."""
    proof = explain_clause(judge(), START, "I11a")
    sides = [child for child in proof.children if isinstance(child, Side)]
    assert [(side.side, side.shown) for side in sides] == [("met", False), ("unmet", False)]
    for side in sides:
        assert {node.code for node in of(side, Missing) if isinstance(node, Missing)} == {"not_recorded"}


def test_deciding_parts_come_first(judge: Judge) -> None:
    """Of a failing clause with parts the failing part stands first."""
    proof = explain_clause(
        judge("measurements: [{observable: albumin, value: 20 g/L, date: 2026-11-10}]"), START, "I11"
    )
    assert isinstance(proof.children[0], Conclusion)
    assert proof.children[0].clause == "I11h"
    assert proof.status == "unmet"


def test_the_quote_stands_in_the_proof(judge: Judge) -> None:
    """The protocol's own words, the reading and a defect of the text."""
    proof = explain_clause(judge(), CHICAGO, "I4a")
    assert proof.quotes[0].endswith("(Krenning Score")
    assert proof.damaged
    assert proof.version.startswith("20")


def test_json_derivation_stands_on_facts(judge: Judge) -> None:
    """Each rule instance comes after those it uses, and every other row is listed as a fact."""
    judgement = judge(TREATED)
    document = json.loads(json.dumps(proof_to_json(explain_clause(judgement, START, "I7"), judgement)))
    known = {(fact["predicate"], tuple(fact["row"])) for fact in document["facts"]}
    builtins = {name for name, predicate in judgement.program.predicates.items() if predicate.role == "builtin"}
    for instance in document["derivation"]:
        for step in instance["steps"]:
            if "atom" in step and step["atom"] not in builtins:
                assert (step["atom"], tuple(step["row"])) in known
        known.add((instance["predicate"], tuple(instance["row"])))
    assert document["derivation"][-1]["predicate"] == "met"
    assert {record["id"] for record in document["records"]} >= {"treatments[0]", "treatments[1]", "treatments[2]"}


@pytest.mark.parametrize("text", ["", TREATED])
def test_explanations_are_the_same_every_time(judge: Judge, text: str) -> None:
    """Two judgements of one patient give the same proofs, for every clause of every trial."""
    one, other = judge(text), judge(text)
    for trial in one.program.trials:
        for clause in trial.clauses:
            proof = explain_clause(one, trial.id, clause.id)
            assert proof_to_json(proof, one) == proof_to_json(explain_clause(other, trial.id, clause.id), other)


def test_because_is_short(judge: Judge) -> None:
    """One line for each premise of a failing clause; nothing for an open one."""
    judgement = judge("measurements: [{observable: hemoglobin, value: 80 g/L, date: 2026-11-10}]")
    assert because(judgement, START, "I11") == [
        "the latest hemoglobin: 80 g/L, 2026-11-10 (measurements[0])",
        "80 g/L is at most 90 g/L",
    ]
    assert because(judgement, START, "I10") == []


def test_an_unknown_clause_id_is_an_error(judge: Judge) -> None:
    """Nothing is explained that is not there."""
    with pytest.raises(KeyError):
        explain_clause(judge(), START, "I99")


def test_nothing_node_of_a_complete_list_without_records(judge: Judge) -> None:
    """A complete list with nothing on it still says that nothing on record could be it."""
    proof = explain_clause(judge("complete: [conditions]"), CHICAGO, "E6d")
    (none,) = of(proof, Nothing)
    assert none.text == "nothing on record could be cirrhosis"
    assert not none.minor
    assert none.children == ()
