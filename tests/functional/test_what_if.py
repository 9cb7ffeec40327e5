"""Verdicts under assumed facts: what changes, what stands aside, and every assumption marked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nen_kb import KnowledgeBase, Status, Verdict
from nen_kb.errors import UsageError
from nen_kb.explain import explain_clause, proof_to_json, render
from nen_kb.facts.records import Patient
from nen_kb.sources.case_file import read_case

ROOT = Path(__file__).resolve().parents[2]
ANNA = ROOT / "kb" / "examples" / "anna.yaml"
BERTIL = ROOT / "tests" / "golden" / "bertil.yaml"
PATH = re.compile(r"\b(?:findings|measurements|treatments|imaging|complete)\[[0-9]+\]")
Cli = Callable[..., Any]


@pytest.fixture(scope="module")
def anna(kb: KnowledgeBase) -> Patient:
    return read_case(ANNA, kb.ontology)


def test_an_assumption_changes_the_verdict_and_nothing_else(kb: KnowledgeBase, anna: Patient) -> None:
    found = kb.what_if(anna, "everolimus ended 2026-10-01")
    assert {r.trial.id: (b.verdict, r.verdict) for b, r in zip(found.before, found.results, strict=True)} == {
        "START-NET": (Verdict.INELIGIBLE, Verdict.ELIGIBLE),
        "NCT05610826": (Verdict.UNDETERMINED, Verdict.UNDETERMINED),
    }
    assert found.changes == (("START-NET", "I7", Status.UNMET, Status.MET),)
    assert found.assumed == ("everolimus, 2025-11-03 to 2026-10-01",)
    assert found.set_aside == ("everolimus, 2025-11-03 to 2026-11-07 (treatments[2])",)
    assert [r.verdict for r in kb.screen(anna)] == [r.verdict for r in found.before]


def test_a_denial_is_assumed_and_not_recorded(kb: KnowledgeBase, anna: Patient) -> None:
    found = kb.what_if(anna, "never everolimus", trials=["START-NET"])
    assert found.assumed == ("everolimus, absent, 2026-11-20",)
    assert found.set_aside == ("everolimus, 2025-11-03 to 2026-11-07 (treatments[2])",)
    assert found.results[0].verdict is Verdict.ELIGIBLE


def test_a_mapping_and_trials(kb: KnowledgeBase, anna: Patient) -> None:
    entry = {"observable": "hemoglobin", "value": "85 g/L", "date": "2026-11-10"}
    (result,) = kb.what_if(anna, entry, trials=["start-net"]).results
    assert (result.trial.id, result["I11a"].status) == ("START-NET", Status.UNMET)
    assert kb.what_if(anna, entry).set_aside == ("hemoglobin 12.1 g/dL (121 g/L), 2026-11-10 (measurements[2])",)


def test_one_result_more_does_not_hide_an_older_one(kb: KnowledgeBase, anna: Patient) -> None:
    found = kb.what_if(anna, "hemoglobin 85 g/L", trials=["START-NET"])
    assert found.set_aside == ()
    assert [change[1:] for change in found.changes] == [
        ("I11", Status.MET, Status.UNMET),
        ("I11a", Status.MET, Status.UNMET),
    ]
    text = found.results[0]["I11a"].explain()
    assert "85 g/L · 2026-11-20 · (assumed)" in text
    assert "older: hemoglobin 12.1 g/dL (121 g/L) · 2026-11-10 · measurements[2]" in text


def test_a_mistake_in_an_assumption_gives_no_verdict(kb: KnowledgeBase, anna: Patient) -> None:
    with pytest.raises(UsageError) as caught:
        kb.what_if(anna, "hemoglobin 85", "foo")
    assert [problem.code for problem in caught.value.problems] == ["no-unit", "unknown-name"]
    for wrong in ((), ("ascites",)):
        with pytest.raises(UsageError):
            kb.what_if(anna, *wrong, trials=[])


# ── marks ───────────────────────────────────────────────────────────────────


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Every node of a proof as JSON."""
    if isinstance(node, dict):
        if "kind" in node:
            yield node
        for value in node.values():
            yield from nodes(value)
    elif isinstance(node, list):
        for value in node:
            yield from nodes(value)


def all_assumed(patient: Patient) -> Patient:
    """The patient as if nothing were on record and everything assumed."""
    parts = {
        part: tuple(replace(found, origin=replace(found.origin, assumed=True)) for found in getattr(patient, part))
        for part in ("declarations", "findings", "measurements", "treatments", "imaging")
    }
    arms = tuple(f"arms.{trial}" for trial, _ in patient.arms)
    return replace(patient, **parts, assumed=("sex", "born", "planned_start", *arms))


@pytest.mark.parametrize("file", [ANNA, BERTIL], ids=["anna", "bertil"])
def test_every_proof_marks_every_assumption(kb: KnowledgeBase, file: Path) -> None:
    """Of a patient of whom all is assumed, each proof marks each record and person fact, and cites no source."""
    recorded = replace(read_case(file, kb.ontology), planned_start=read_case(file, kb.ontology).index_date + 11)
    marked = 0
    for before, after in zip(kb.screen(recorded), kb.screen(all_assumed(recorded)), strict=True):
        for was, clause in zip(before, after, strict=True):
            assert clause.status is was.status
            plain, text = (render(_proof(each), width=400, encoding="utf-8") for each in (was, clause))
            assert "assumed" not in plain
            assert not PATH.search(text), text
            assert text.count("(assumed)") >= len(PATH.findall(plain)), text
            document = proof_to_json(_proof(clause), clause.judgement)
            for node in nodes(document["proof"]):
                if node["kind"] in ("fact", "closure") or (node["kind"] == "excluded" and node.get("record")):
                    assert node.get("assumed") is True, node
                    marked += 1
            assert all(record["assumed"] is True for record in document["records"])
            assert "assumed" not in json.dumps(proof_to_json(_proof(was), was.judgement))
        assert len(after.assumptions) > 20
        assert before.assumptions == ()
        assert "assumptions" not in before.to_json()
        assert after.to_json()["assumptions"] == list(after.assumptions)
    assert marked > 200


def _proof(clause: Any) -> Any:
    return explain_clause(clause.judgement, clause.clause.trial, clause.id)


@pytest.mark.parametrize(
    ("assumed", "trial", "clause", "text"),
    [
        ("planned start 2026-12-10", "START-NET", "I7", "planned start of study treatment 2026-12-10 · (assumed)"),
        ("planned start 2026-12-02", "START-NET", "I7", "planned start of study treatment 2026-12-02 · (assumed)"),
        ("born 1961", "START-NET", "I1", "64 or 65 completed years on 2026-11-20 (born 1961) · (assumed)"),
        ("born 2008", "START-NET", "I1", "(born 2008) · (assumed)"),
        ("sex male", "NCT05610826", "E13", "sex: male · (assumed)"),
        ("arm 2 of NCT05610826", "NCT05610826", "I6", "randomized to arm 2 of NCT05610826 · (assumed)"),
        ("treatments complete", "NCT05610826", "E3", "declared complete as of 2026-11-20 · (assumed)"),
        ("68Ga-DOTATATE PET/CT, Krenning 1", "NCT05610826", "I4a", "Krenning score 1 · 2026-11-20 · (assumed)"),
    ],
)
def test_what_is_assumed_is_marked_where_it_matters(
    kb: KnowledgeBase, anna: Patient, assumed: str, trial: str, clause: str, text: str
) -> None:
    (result,) = kb.what_if(replace(anna, planned_start=None), assumed, trials=[trial]).results
    proof = render(_proof(result[clause]), width=200, encoding="utf-8")
    assert text in proof, proof


def test_the_planned_start_is_not_named_where_it_does_not_matter(kb: KnowledgeBase, anna: Patient) -> None:
    (result,) = kb.what_if(anna, "planned start 2026-12-10", trials=["START-NET"]).results
    named = {clause.id for clause in result if "planned start of study treatment 2026-12-10" in clause.explain()}
    assert "I7" in named
    assert not named & {"I1", "I3", "I11a", "E2"}


# ── nothing stays ───────────────────────────────────────────────────────────


def test_nothing_assumed_is_ever_asked_about(cache: Path) -> None:
    assert cache.is_dir()
    kb = KnowledgeBase()
    anna = kb.add(read_case(ANNA, kb.ontology))
    asked = "measurement(P, E, 'Hemoglobin', Lo, Hi)"
    before = list(kb.query(asked))
    found = kb.what_if("anna", "hemoglobin 85 g/L", "sex male")
    assert list(kb.query(asked)) == before
    assert list(kb.query("sex('anna', S)")) == [("Female",)]
    assumed = found.results[0].judgement.prepared.patient
    with pytest.raises(UsageError, match="assumed"):
        kb.add(assumed)
    with pytest.raises(UsageError, match="assumed"):
        kb.add(replace(anna, assumed=("sex",)))
    assert [prepared for (prepared,) in kb.query("patient(P)")] == ["anna"]


# ── the command line ────────────────────────────────────────────────────────


def test_explain_says_first_what_is_assumed(cli: Cli) -> None:
    run = cli("explain", ANNA, "START-NET", "I7", "--assume", "everolimus ended 2026-10-01", "--assume", "INR 1.2")
    assert (run.code, run.err) == (0, "")
    lines = run.out.splitlines()
    assert lines[:6] == [
        "anna",
        "  assumed, not on record",
        "    – INR 1.2, 2026-11-20",
        "    – everolimus, 2025-11-03 to 2026-10-01",
        "  set aside for it",
        "    – everolimus, 2025-11-03 to 2026-11-07 (treatments[2])",
    ]
    assert lines[7] == "START-NET   ✓ ELIGIBLE   was: ineligible"
    assert "I7 (was: no)" in run.out
    assert "everolimus, 2025-11-03 to 2026-10-01 (assumed)" in run.out
    assert "Decision support" in run.out


def test_screen_assumes_the_same_of_every_patient(cli: Cli) -> None:
    run = cli("screen", ANNA, BERTIL, "--assume", "hemoglobin 85 g/L", "--assume", "arm 1 of NCT05610826")
    assert (run.code, run.err) == (0, "")
    assert run.out.count("assumed, not on record") == 2
    assert "arm 2 of NCT05610826 (on record)" in run.out
    assert "I11a: hemoglobin above 90 g/L: no (was: yes)" in run.out
    assert "hemoglobin 85 g/L, needs more than 90 g/L, measured 2026-11-20" in run.out
    assert "judged (assumed)" in run.out


def test_an_assumption_that_changes_nothing_says_so(cli: Cli) -> None:
    run = cli("screen", ANNA, "--assume", "INR 1.2")
    assert "  no clause changes" in run.out.splitlines()
    assert "was:" not in run.out


def test_json_carries_assumptions(cli: Cli) -> None:
    document = json.loads(cli("screen", ANNA, "--format", "json", "--assume", "everolimus ended 2026-10-01").out)
    ended = "everolimus, 2025-11-03 to 2026-10-01"
    assert {tuple(result["assumptions"]) for result in document["results"]} == {(ended,)}
    (what_if,) = document["what_if"]
    assert what_if["set_aside"] == ["everolimus, 2025-11-03 to 2026-11-07 (treatments[2])"]
    assert {"trial": "START-NET", "clause": "I7", "before": "unmet", "after": "met"} in what_if["changes"]
    assert {"trial": "START-NET", "before": "ineligible", "after": "eligible"} in what_if["verdicts"]


def test_a_proof_under_assumptions_says_so_and_can_be_checked(cli: Cli, tmp_path: Path) -> None:
    run = cli("explain", ANNA, "START-NET", "--format", "json", "--assume", "everolimus ended 2026-10-01")
    document = json.loads(run.out)
    assert document["result"]["assumptions"] == ["everolimus, 2025-11-03 to 2026-10-01"]
    assert [each["assumed"] for proof in document["proofs"] for each in proof["records"] if "assumed" in each]
    path = tmp_path / "proof.json"
    path.write_text(run.out, encoding="utf-8")
    assert cli("verify", path).code == 0
    path.write_text(run.out.replace('"assumed": true', '"assumed": false'), encoding="utf-8")
    assert cli("verify", path).code == 1


def test_a_page_of_assumptions_says_so(cli: Cli) -> None:
    run = cli("screen", ANNA, "--format", "html", "--assume", "everolimus ended 2026-10-01")
    assert "everolimus, 2025-11-03 to 2026-10-01" in run.out
    assert "ssumed, not on record" in run.out


def test_wrong_assumptions_are_wrong_use_told_once(cli: Cli) -> None:
    run = cli("screen", ANNA, BERTIL, "--assume", "hemoglobin 85", "--assume", "foo", "--assume", "born 2030")
    assert run.code == 2
    assert [line.split("[")[1].split("]")[0] for line in run.errors] == ["no-unit", "unknown-name", "bad-birth"]
    assert all(line.startswith("nen-kb: assumption '") for line in run.errors)
    assert "ELIGIBLE" not in run.out


def test_no_drug_beside_a_course_of_it_is_not_plain(cli: Cli) -> None:
    run = cli("screen", ANNA, "--assume", "no everolimus", "--assume", "no systemic antitumor treatment")
    assert run.code == 2
    assert len(run.errors) == 2
    assert "may mean that it is over, or that it was never given" in run.errors[0]
    assert "'everolimus ended 2026-10-01' with its last day, or 'never everolimus'" in run.errors[0]
    never = cli("screen", ANNA, "--trial", "START-NET", "--assume", "never everolimus")
    assert "I7 (was: no)" in never.out
    assert cli("screen", ANNA, "--assume", "no sunitinib").code == 0


def test_a_timeline_under_assumptions(cli: Cli) -> None:
    run = cli("timeline", ANNA, "--trial", "START-NET", "--assume", "everolimus ended 2026-10-01")
    assert "assumed, not on record" in run.out
    assert "Eligible until 14 September 2028" in " ".join(run.out.split())
    document = json.loads(cli("timeline", ANNA, "--assume", "INR 1.2", "--format", "json").out)
    assert document["what_if"][0]["assumed"] == ["INR 1.2, 2026-11-20"]
