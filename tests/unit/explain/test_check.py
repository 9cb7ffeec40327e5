"""The checker: every proof is accepted, every change that matters is refused."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from proof_documents import Maker, patients
from proof_mutations import Mutator

from nen_kb.explain.checking import certificate as certificates
from nen_kb.explain.checking.anew import Anew
from nen_kb.explain.checking.applied import Applied
from nen_kb.explain.checking.certificate import listed
from nen_kb.explain.checking.check import MOST_REFUSALS, Checker
from nen_kb.explain.checking.steps import Steps
from nen_kb.explain.checking.tree import Tree
from nen_kb.facts import patient_json
from nen_kb.ontology import Ontology
from nen_kb.rules.evaluate import Evaluator

START = "START-NET"


@pytest.fixture(scope="module")
def maker(ontology: Ontology, evaluator: Evaluator) -> Maker:
    return Maker(ontology, evaluator)


@pytest.fixture(scope="module")
def checker(maker: Maker) -> Checker:
    found = maker.checker()
    assert isinstance(found, Checker)
    return found


@pytest.fixture(scope="module")
def anna(maker: Maker) -> Any:
    """The document of the worked patient for one trial."""
    (patient,) = patients(maker.ontology, 10**6)[-1:]
    return next(maker.document(result) for result in maker.results(patient) if result.trial.id == START)


def refusals(checker: Checker, document: Any) -> list[str]:
    return [f"{place}: {text}" for place, text in checker.check(document).refusals]


def steps_of_the_hierarchy(value: Any) -> Iterator[Any]:
    """The nodes of a document that rest on the ontology."""
    if isinstance(value, dict) and {"chain", "relation"} <= set(value):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from steps_of_the_hierarchy(child)


# ── what is right ───────────────────────────────────────────────────────────


def test_every_proof_is_accepted(maker: Maker, checker: Checker) -> None:
    """Of a sample of all cases, for both trials; with the other ways in which something can be shown too."""
    checked = 0
    for number, patient in enumerate(patients(maker.ontology, 120)):
        for result in maker.results(patient):
            document = maker.document(result, alternatives=number % 3 == 0)
            assert refusals(checker, document) == [], (patient.id, result.trial.id)
            checked += 1
    assert checked >= 30


def test_a_proof_of_one_clause_or_part_is_accepted(maker: Maker, checker: Checker) -> None:
    patient = patients(maker.ontology, 10**6)[-1]
    result = maker.results(patient)[-1]
    for clause in ("I10", "I11a"):
        found = checker.check(maker.document(result, clause))
        assert found.refusals == ()
        assert found.sizes["proofs"] == 1


def test_a_class_the_ontology_lacks_is_refused(checker: Checker, anna: Any) -> None:
    """At either end of a step, and of classes said to exclude each other."""
    forged = copy.deepcopy(anna)
    steps = list(steps_of_the_hierarchy(forged))
    assert steps
    for step in steps:
        kept = dict(step)
        longer = {"chain": ["Nothing", *step["chain"][1:]]}
        for change in (longer, {"chain": ["Nothing", "Else"], "relation": "disjoint"}):
            step.update(change)
            assert any("no class of that name" in text for text in refusals(checker, forged))
            step.update(kept)
    assert refusals(checker, forged) == []


def test_rules_applied_plainly_give_what_the_evaluator_gives(maker: Maker, evaluator: Evaluator) -> None:
    """The same rows, by the same instances in the same order, without a line in common."""
    applied = Applied(evaluator.program)
    for patient in patients(maker.ontology, 300):
        judgement = maker.results(patient)[0].judgement
        model = applied.run(judgement.base_rows)
        for name in evaluator.program.order:
            assert model.rows(name) == judgement.model.rows(name), name
            assert model.instances(name) == judgement.model.instances(name), name
        later = judgement.prepared.timed(judgement.day + 40)
        revised = model.revised(later)
        afresh = evaluator.run({**judgement.base_rows, **later})
        assert all(revised.rows(name) == afresh.rows(name) for name in evaluator.program.order)


# ── what is wrong, at random ────────────────────────────────────────────────


def _mutants(maker: Maker, each: int, step: int) -> Iterator[tuple[str, Any]]:
    for seed, patient in enumerate(patients(maker.ontology, step)):
        for result in maker.results(patient):
            clause = list(result)[seed * 7 % len(list(result))].id
            mutator = Mutator(maker.document(result, clause if seed % 6 else ""), seed)
            for _ in range(each):
                yield mutator.mutated()


def test_a_random_change_is_refused(maker: Maker, checker: Checker) -> None:
    """Thousands of single changes of every part of a document: none is accepted."""
    accepted, tried = [], 0
    for what, document in _mutants(maker, 60, 100):
        tried += 1
        if not checker.check(document).refusals:
            accepted.append(what)
    assert tried > 2000
    assert accepted == []


def test_the_seal_is_not_what_refuses(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it only what no premise reads and no proof shows can be changed: another patient, as well proved."""
    monkeypatch.setattr(certificates, "seal", lambda _: "0" * 64)
    checker = maker.checker()
    accepted = [what for what, document in _mutants(maker, 15, 500) if not checker.check(document).refusals]
    assert all(" certificate.patient." in f" {what.split(' ', 1)[1]}" for what in accepted)


# ── what is wrong, made up ──────────────────────────────────────────────────

Forgery = Callable[[Any], None]


def _all(value: Any) -> Iterator[Any]:
    yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _all(child)


def _replace(value: Any, old: Any, new: Any) -> Any:
    if isinstance(value, dict):
        return {key: _replace(child, old, new) for key, child in value.items()}
    if isinstance(value, list):
        return [_replace(child, old, new) for child in value]
    return new if value == old and type(value) is type(old) else value


def a_value_in_patient_facts_and_tree_but_not_in_the_tables(document: Any) -> None:
    """Platelets of 182 become 18: everywhere but in what was derived from them."""
    old, new = 182 * 10**7, 18 * 10**7
    certificate = document["certificate"]
    certificate["patient"] = _replace(_replace(certificate["patient"], old, new), "182 10*9/L", "18 10*9/L")
    certificate["facts"] = _replace(certificate["facts"], old, new)
    document["proofs"] = _replace(_replace(document["proofs"], old, new), "182 10*9/L", "18 10*9/L")


def unmet_for_met_with_a_plausible_derivation(document: Any) -> None:
    """The ECOG clause is turned over: status, side, rule and comparison, as if the score were above the limit."""
    proof = next(each for each in document["proofs"] if each["clause"] == "I3")
    other = next(each for each in document["proofs"] if each["status"] == "unmet")
    proof["status"] = proof["proof"]["status"] = "unmet"
    proof["derivation"][-1] = {**proof["derivation"][-1], "predicate": "unmet"}
    proof["proof"]["children"][0] = {**other["proof"]["children"][0]}
    next(each for each in document["result"]["clauses"] if each["clause"] == "I3")["status"] = "unmet"


def _speaks_of(node: Any, record: str) -> bool:
    return record in (node.get("record"), node.get("id"), *node.get("row", ()))


def a_treatment_left_out_everywhere_but_in_the_patient(document: Any) -> None:
    gone = "treatments[2]"
    certificate = document["certificate"]
    for name in ("facts", "tables"):
        certificate[name] = {key: [row for row in rows if gone not in row] for key, rows in certificate[name].items()}
    for node in _all(document["proofs"]):
        for key in ("children", "records", "facts"):
            if isinstance(node, dict) and isinstance(node.get(key), list):
                node[key] = [
                    each
                    for each in node[key]
                    if not (
                        isinstance(each, dict) and gone in (each.get("record"), each.get("id"), *each.get("row", ()))
                    )
                ]


def a_treatment_left_out_of_the_patient_only(document: Any) -> None:
    del document["certificate"]["patient"]["treatments"][2]


def a_fact_invented(document: Any) -> None:
    document["certificate"]["facts"]["treatment"].append(["anna", "treatments[9]", "Lanreotide"])


def a_rule_invented(document: Any) -> None:
    document["proofs"][0]["derivation"][-1]["rule"] = "concepts/records.dl:1"


def an_exclusion_forgotten(document: Any) -> None:
    """A "none" that ranges over every record but one."""
    nodes = [node for node in _all(document) if isinstance(node, dict) and node.get("kind") == "none"]
    node = next(node for node in nodes if len(node.get("children", ())) > 1 and node["predicate"] == "may_be_recorded")
    del node["children"][0]


def a_limit_of_another_size(document: Any) -> None:
    """A comparison of a derivation with another limit, which holds just as well."""
    steps = [s for p in document["proofs"] for d in p["derivation"] for s in d["steps"] if "compare" in s]
    step = next(step for step in steps if step["compare"] == ">" and isinstance(step["values"][1], int))
    step["values"][1] -= 10**7


def the_day_moved(document: Any) -> None:
    document["certificate"]["patient"]["index_date"] = document["certificate"]["day"] = "2026-11-21"


def a_better_verdict(document: Any) -> None:
    document["result"]["verdict"] = "eligible"
    document["certificate"]["tables"]["verdict"] = [
        [*row[:2], "eligible"] for row in document["certificate"]["tables"]["verdict"]
    ]
    document["certificate"]["tables"]["fails"] = []


def an_earlier_day_of_eligibility(document: Any) -> None:
    document["result"]["eligible_from"] = "2026-11-28"


def a_proof_left_out(document: Any) -> None:
    del document["proofs"][3]


def made_with_other_rules(document: Any) -> None:
    document["knowledge_base"]["rules_sha256"] = "0" * 64


FORGERIES: list[tuple[Forgery, str]] = [
    (a_value_in_patient_facts_and_tree_but_not_in_the_tables, "certificate.tables"),
    (unmet_for_met_with_a_plausible_derivation, "the clause is not unmet"),
    (a_treatment_left_out_everywhere_but_in_the_patient, "certificate.facts.treatment: "),
    (a_treatment_left_out_of_the_patient_only, "give no such fact"),
    (a_fact_invented, "give no such fact"),
    (a_rule_invented, "there is no rule for"),
    (an_exclusion_forgotten, "it does not speak of the records"),
    (a_limit_of_another_size, "the step is not the comparison of the rule"),
    (the_day_moved, "certificate.facts.index_day"),
    (a_better_verdict, "certificate.tables.verdict"),
    (an_earlier_day_of_eligibility, "result.eligible_from"),
    (a_proof_left_out, "one proof for each clause"),
    (made_with_other_rules, "made with another knowledge base"),
]


@pytest.mark.parametrize(("forgery", "says"), FORGERIES, ids=[forgery.__name__ for forgery, _ in FORGERIES])
def test_a_forgery_is_refused_and_named(checker: Checker, anna: Any, forgery: Forgery, says: str) -> None:
    forged = copy.deepcopy(anna)
    forgery(forged)
    assert forged != anna
    found = refusals(checker, forged)
    assert 1 <= len(found) <= MOST_REFUSALS
    assert any(says in each for each in found), found


@pytest.mark.parametrize(
    "document",
    [None, [], {}, {"result": 1}, dict.fromkeys(("result", "proofs", "knowledge_base", "certificate", "disclaimer"))],
    ids=["null", "list", "empty", "one part", "hollow"],
)  # fmt: skip
def test_what_is_no_proof_is_refused_without_a_crash(checker: Checker, document: Any) -> None:
    assert refusals(checker, document)


def test_two_readings_of_one_number_are_not_the_same(checker: Checker, anna: Any) -> None:
    """``1.0`` and ``true`` are equal to ``1`` in Python, not in a proof; the order of keys says nothing."""
    for value in (1.0, True):
        changed = copy.deepcopy(anna)
        rows = changed["certificate"]["facts"]["age"]
        rows[0][1] = rows[0][1] * value if value is not True else True
        assert refusals(checker, changed)
    turned = {key: anna[key] for key in reversed(anna)}
    turned["certificate"] = {key: anna["certificate"][key] for key in reversed(anna["certificate"])}
    assert refusals(checker, turned) == []


# ── each layer by itself ────────────────────────────────────────────────────


def test_steps_and_tree_refuse_without_writing_anything_anew(maker: Maker, anna: Any) -> None:
    """The checks of derivation and tree do not rest on the writer of proofs: they name what is wrong themselves."""
    patient, _ = patient_json.from_json(anna["certificate"]["patient"], maker.ontology, "")
    assert patient is not None
    right = Anew(maker.program, Applied(maker.program), maker.ontology, patient, lambda *_: None)
    assert listed({name: right.tables.of[name] for name in maker.program.order}) == anna["certificate"]["tables"]
    steps = Steps(maker.program, right.tables)
    tree = Tree(maker.program, maker.ontology, patient, right.tables)
    wrong: dict[str, int] = {}
    for proof in anna["proofs"]:
        assert list(steps.refused(proof, "")) == []
        assert list(tree.refused(proof["proof"], "")) == []
    for proof in anna["proofs"]:
        for number, entry in enumerate(proof["derivation"]):
            for place, step in enumerate(entry["steps"]):
                changed = copy.deepcopy(proof)
                values = changed["derivation"][number]["steps"][place]
                name = next(iter(step))
                values["values" if name == "compare" else "row"][-1] = -7
                assert list(steps.refused(changed, "")), (entry["rule"], step)
                wrong[name] = wrong.get(name, 0) + 1
        for node in (node for node in _all(proof["proof"]) if isinstance(node, dict) and node.get("kind") == "fact"):
            for name in ("record", "concept", "written", "dates", "path", "source"):
                if name in node and node.get("record"):
                    kept, node[name] = node[name], "other"
                    assert list(tree.refused(proof["proof"], "")), name
                    node[name] = kept
                    wrong[name] = wrong.get(name, 0) + 1
    assert set(wrong) >= {"atom", "none", "compare", "record", "concept", "written", "dates", "path", "source"}
