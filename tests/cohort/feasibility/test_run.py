"""A run of case patients: what is counted, tried and looked at agrees with judging every patient by itself."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from case_runs import Told, chosen, finish, judged, knowledge, make_run, rewrite
from pyarrow import parquet as pq

from nen_kb.cohort.feasibility import Feasibility, saved
from nen_kb.cohort.feasibility.estimates import estimate
from nen_kb.cohort.feasibility.sample import fair, ranks
from nen_kb.cohort.store import MATRIX, Run
from nen_kb.errors import EngineError, UsageError
from nen_kb.knowledge_base import KnowledgeBase
from nen_kb.resources import shipped


@pytest.fixture(scope="module")
def told() -> list[Told]:
    """What the evaluator says of every patient."""
    return judged(knowledge().program)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, told: list[Told]) -> Run:
    """Three parts, the second of one patient."""
    return make_run(tmp_path_factory.mktemp("run"), knowledge(), told, [60, 61])


@pytest.fixture(scope="module")
def found(run: Run) -> Feasibility:
    return Feasibility.of(run, knowledge())


@pytest.fixture(scope="module")
def start_net(run: Run) -> Feasibility:
    return Feasibility.of(run, knowledge(), ["START-NET"])


@pytest.fixture(scope="module")
def everybody(start_net: Feasibility) -> dict[str, Any]:
    """Of START-NET, with every patient looked at."""
    (trial,) = start_net.document(10_000)["trials"]
    return dict(trial)


def verdict_counts(told: Iterable[Told], trial: str) -> dict[str, int]:
    counted = Counter(each[(trial,)] for each in told)
    return {word: counted[word] for word in ("eligible", "undetermined", "ineligible")}


def test_counts_are_those_of_every_patient(found: Feasibility, told: list[Told]) -> None:
    """Verdicts and statuses counted from patterns are those the evaluator gives, patient by patient."""
    document = found.document(sample=0)
    assert document["patients"] == len(told) > 90
    for trial in document["trials"]:
        assert trial["verdicts"] == verdict_counts(told, trial["trial"])
        for clause in trial["clauses"]:
            expected = Counter(each[trial["trial"], clause["clause"]] for each in told)
            assert clause["statuses"] == {word: expected[word] for word in clause["statuses"]}


def test_leaving_out_equals_judging_without(found: Feasibility) -> None:
    """Whole clauses and parts of both modes left out: the same verdicts as rules and protocols without them."""
    kept = {"START-NET": ("I1", "I4", "I11", "E1"), "NCT05610826": ("I5", "E8", "E12")}
    gone = ["I4d", "I4e", "I11b", "E1b", "NCT05610826:E8a", "E12a"] + [
        f"{trial.id}:{clause.id}"
        for trial in found.trials
        for clause in trial.clauses
        if not clause.parent and clause.id not in kept[trial.id]
    ]
    tried = found.without(*gone)
    told = judged(tried.program)
    before = found.document(0)
    for trial, old in zip(tried.document(0)["trials"], before["trials"], strict=True):
        assert trial["verdicts"] == verdict_counts(told, trial["trial"]) != old["verdicts"]
        assert [step["clause"] for step in trial["attrition"]["protocol"]] == list(kept[trial["trial"]])
    one_by_one = found.without(*gone[6:]).without(*gone[:6])
    assert one_by_one.document(5)["trials"] == tried.document(5)["trials"]


def edited(folder: Path, changes: Iterable[tuple[str, str, str]]) -> KnowledgeBase:
    """A knowledge base whose files differ: path, old text, new text, which stands there at least once."""
    shutil.copytree(shipped("kb"), folder)
    for path, old, new in changes:
        text = (folder / path).read_text(encoding="utf-8")
        assert old in text
        (folder / path).write_text(text.replace(old, new), encoding="utf-8")
    return KnowledgeBase(rules=folder)


def test_a_threshold_equals_edited_rules(found: Feasibility, tmp_path: Path) -> None:
    """Numbers tried in a clause and in a shared rule give what edited rules and protocol give, for every clause."""
    rules, source = "trials/start-net/rules.dl", "trials/start-net/source.txt"
    other = edited(
        tmp_path / "kb",
        [
            (rules, "'90 g/L'", "'118.5 g/L'"),
            (rules, "Hemoglobin > 90 g/L", "Hemoglobin > 118.5 g/L"),
            (source, "Hemoglobin > 90 g/L", "Hemoglobin > 118.5 g/L"),
            ("concepts/treatments.dl", "days_before(Start, 28, Day)", "days_before(Start, 280, Day)"),
            ("concepts/treatments.dl", "#: window   28: washout", "#: window   280: washout"),
        ],
    )
    tried = found.with_threshold("I11 9 g/dL = 11.85 g/dL", "START-NET:I7 28 days = 280 days")
    assert {*tried.tried.clauses} == {("START-NET", "I11a"), ("START-NET", "I7"), ("NCT05610826", "I6")}
    told = judged(other.program)
    document, before = tried.document(0), found.document(0)
    differing = set()
    for trial, old in zip(document["trials"], before["trials"], strict=True):
        assert trial["verdicts"] == verdict_counts(told, trial["trial"])
        for clause, was in zip(trial["clauses"], old["clauses"], strict=True):
            expected = Counter(each[trial["trial"], clause["clause"]] for each in told)
            assert clause["statuses"] == {word: expected[word] for word in clause["statuses"]}
            if clause["statuses"] != was["statuses"]:
                differing.add(f"{trial['trial']}:{clause['clause']}")
    assert {"START-NET:I11", "START-NET:I7"} <= differing <= {"START-NET:I11", "START-NET:I7", "NCT05610826:I6"}
    affects = [f"{trial}:{clause}" for trial, clause in (("NCT05610826", "I6"), ("START-NET", "I7"))]
    assert document["changes"]["thresholds"][1] == {
        "trial": "START-NET", "clause": "I7", "text": "28 days = 280 days", "affects": affects,
    }  # fmt: skip


def test_the_same_number_changes_nothing(found: Feasibility) -> None:
    """A clause judged again with its own number has the statuses that were stored, and a part of it still counts."""
    again = found.with_threshold("I11 100 10*9/L = 100")
    assert again.patterns("START-NET").patients.tolist() == found.patterns("START-NET").patients.tolist()
    assert (again.patterns("START-NET").fails == found.patterns("START-NET").fails).all()


def test_changes_that_make_no_sense_are_refused_together(found: Feasibility) -> None:
    """Each with what could be meant; nothing is guessed."""
    with pytest.raises(UsageError) as error:
        found.with_threshold(
            "I11 91 g/L = 80", "I11a 90 = 80 mmol/L", "I11a 90 g/L = 80.12345678", "what", "I7 28 = 1.5"
        )
    codes = [problem.code for problem in error.value.problems]
    assert codes == ["no-such-number", "other-unit", "off-grid", "no-threshold", "no-whole-number"]
    assert "It has 90 g/L, 100 10*9/L" in error.value.problems[0].remedy
    with pytest.raises(UsageError) as error:
        found.without("I1", "E99", "OTHER:I1", "I6a", "I6b")
    assert [problem.code for problem in error.value.problems] == ["no-such-clause"] * 3 + ["no-part-left"]
    assert "NCT05610826:I1 or START-NET:I1" in error.value.problems[0].remedy
    with pytest.raises(UsageError, match="another threshold"):
        found.with_threshold("I11a 90 = 80", "I11 90 = 85")
    with pytest.raises(UsageError, match="chosen"):
        Feasibility.of(found.run, knowledge(), ["START-NET"]).patterns("NCT05610826")


def test_patients_looked_at_one_by_one(everybody: dict[str, Any]) -> None:
    """A near miss has its distance in the canonical unit, whatever the source wrote; the gap has typed items."""
    trial = everybody
    by_clause = {clause["clause"]: clause for clause in trial["clauses"]}
    near = {each["clause"]: each for each in trial["near"]}
    assert all(each["sampled"] == each["patients"] == sum(each["kinds"].values()) for each in near.values())
    for clause, counted in by_clause.items():
        mine = [each["patients"] for each in near.values() if clause in (each["clause"], each["of"])]
        assert sum(mine) == counted["fails_only"]
    platelets = near["I11b"]
    assert platelets["distances"]["unit"] == "× 10⁹/L"
    assert platelets["distances"]["of"] == "platelets"
    assert platelets["distances"]["within"][-1]["patients"] == platelets["distances"]["measured"]
    assert near["E2"]["kinds"]["permanent"] == near["E2"]["patients"]
    gap = trial["gap"]
    assert gap["patients"] == gap["sampled"] == trial["verdicts"]["undetermined"]
    assert gap["order"][-1]["cumulative"] <= gap["sampled"]
    hemoglobin = next(item for item in gap["items"] if item["concept"] == "Hemoglobin")
    assert hemoglobin["text"] == "hemoglobin not on record"
    assert "I11" in hemoglobin["clauses"]
    assert hemoglobin["patients"] == hemoglobin["in_sample"] <= by_clause["I11"]["open"]


def test_distances_follow_a_threshold(start_net: Feasibility, everybody: dict[str, Any]) -> None:
    """Whoever misses 90 g/L misses 118.5 g/L by more: the sampled patients are judged by the number tried."""
    (tried,) = start_net.with_threshold("I11a 90 g/L = 118.5 g/L").document(20)["trials"]
    near, before = (next(each for each in one["near"] if each["clause"] == "I11a") for one in (tried, everybody))
    assert near["sampled"] > 0
    assert near["distances"]["quartiles"][0] > before["distances"]["quartiles"][0] >= 0
    assert near["patients"] > before["patients"]


def test_a_sample_is_always_the_same_and_grows(start_net: Feasibility, everybody: dict[str, Any]) -> None:
    """Fewer patients are a part of more; estimates are for all of the gap."""
    few, more = start_net.document(10)["trials"][0]["gap"], everybody["gap"]
    assert few["sampled"] == 10 < more["sampled"]
    counted = {(item["code"], item["concept"]): item["in_sample"] for item in more["items"]}
    assert len(more["items"]) + more["more_items"] > len(few["items"]) + few["more_items"]
    for item in few["items"]:
        assert item["in_sample"] <= counted.get((item["code"], item["concept"]), more["sampled"])
        assert item["patients"] == estimate(item["in_sample"], 10, few["patients"])
    assert start_net.document(10)["trials"][0]["gap"] == few


def test_whoever_disagrees_with_the_run_stops_it(run: Run, tmp_path: Path) -> None:
    """Statuses that single patients do not have, and verdicts that do not follow from statuses, are told."""
    folder = tmp_path / "run"
    shutil.copytree(run.path, folder)
    part = Run.open(folder, ontology=knowledge().ontology).parts[0]
    matrix = part.matrix()

    def store(column: str, values: np.ndarray) -> Run:
        place = matrix.column_names.index(column)
        pq.write_table(matrix.set_column(place, column, pa.array(values, pa.uint8())), part.path / MATRIX)
        rewrite(part.path, part.patients, part.first)
        return finish(folder, knowledge(), run.patients)

    verdicts = matrix["START-NET"].to_numpy()
    changed = store("START-NET", np.where(verdicts == 0, 1, verdicts))
    with pytest.raises(EngineError, match="do not follow from their statuses"):
        Feasibility.of(changed, knowledge()).document(0)
    unknown = np.zeros(part.patients, dtype=np.uint8)
    changed = store("START-NET I5", unknown)
    tried = Feasibility.of(changed, knowledge(), ["START-NET"]).with_threshold("I11 25 = 25")
    with pytest.raises(EngineError, match="another status in I5"):
        tried.document(10_000)


def test_the_patterns_are_kept_beside_the_run(run: Run, tmp_path: Path) -> None:
    """They are read again while every matrix is the same, and counted anew when one is not."""
    folder = tmp_path / "run"
    shutil.copytree(run.path, folder)
    (folder / saved.FILE).unlink(missing_ok=True)
    kb = knowledge()
    one = Run.open(folder, ontology=kb.ontology)
    first = Feasibility.of(one, kb).patterns("START-NET")
    assert saved.load(one, kb.trials) is not None
    for part in one.parts:
        (part.path / MATRIX).rename(part.path / "away")
    again = Feasibility.of(one, kb, ["START-NET"]).without("I10").patterns("START-NET")
    assert (again.fails == first.fails).all()
    assert again.total == first.total
    written = json.loads((one.parts[0].path / "part.json").read_text())
    written["files"][MATRIX] = "another"
    (one.parts[0].path / "part.json").write_text(json.dumps(written))
    assert saved.load(Run.open(folder), kb.trials) is None


def test_another_knowledge_base_is_refused(run: Run, tmp_path: Path) -> None:
    """Counts of one set of rules are not told with the words of another."""
    other = edited(tmp_path / "kb", [("policy.dl", "# Choices", "# Other choices")])
    with pytest.raises(UsageError, match="other rules") as error:
        Feasibility.of(run, other)
    assert error.value.problems[0].code == "other-knowledge-base"


def test_lists_of_patients(found: Feasibility) -> None:
    """Each list holds those the counts speak of, with the clauses that stand in the way."""
    trials = {trial["trial"]: trial for trial in found.document(0)["trials"]}
    lists = {word: list(found.patients(word)) for word in ("eligible", "gap", "gain", "near")}
    for name, trial in trials.items():
        mine = {word: [each for each in found_ if each.trial == name] for word, found_ in lists.items()}
        assert len(mine["eligible"]) == trial["verdicts"]["eligible"]
        assert len(mine["gap"]) == trial["verdicts"]["undetermined"]
        assert all(each.open and not each.failing for each in mine["gap"])
        assert len(mine["gain"]) == sum(clause["fails_alone"] for clause in trial["clauses"])
        assert len(mine["near"]) == sum(clause["fails_only"] for clause in trial["clauses"])
    gain = list(found.patients("gain:START-NET:I1"))
    assert gain == [each for each in lists["gain"] if each.trial == "START-NET" and each.failing == ("I1",)]
    ids = [prepared.patient.id for prepared in chosen()]
    assert [each.patient for each in lists["near"] if each.trial == "START-NET"] == [
        one for one in ids if one in {each.patient for each in lists["near"] if each.trial == "START-NET"}
    ]
    gained = found.without("START-NET:I1")
    assert {each.patient for each in gained.patients("eligible")} >= {each.patient for each in gain}
    for wrong in ("all", "gap:I1", "near:I11a", "gain:I11a"):
        with pytest.raises(UsageError):
            found.patients(wrong)


def test_shares_of_a_sample() -> None:
    """What small groups leave goes to the large ones; ranks are all different."""
    assert fair([100, 3, 50], 60) == [29, 3, 28]
    assert fair([2, 2], 60) == [2, 2]
    assert fair([5, 5], 1) == [0, 1]
    assert len(set(ranks(np.arange(10_000)).tolist())) == 10_000
