"""What to find out next, as a caller and as a reader of the command line sees it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from nen_kb import KnowledgeBase
from nen_kb.explain.missing import Missing, Question, answered
from nen_kb.facts.records import Patient
from nen_kb.sources.case_file import patient_from_dict

ROOT = Path(__file__).resolve().parents[2]
ANNA = ROOT / "kb" / "examples" / "anna.yaml"
NCT, START = "NCT05610826", "START-NET"
TODAY = "2026-11-20"
Cli = Callable[..., Any]


@pytest.fixture
def anna(kb: KnowledgeBase) -> Callable[..., Patient]:
    """Anna without the records of some names, with others in their place, and washed out for START-NET."""
    data: dict[str, Any] = json.loads(json.dumps(YAML(typ="safe", pure=True).load(ANNA.read_text()), default=str))

    def make(without: tuple[str, ...] = (), **more: Any) -> Patient:
        case = {
            key: [each for each in value if isinstance(each, str) or not set(map(str, each.values())) & {*without}]
            if isinstance(value, list)
            else value
            for key, value in data.items()
        }
        for key, value in more.items():
            case[key] = [*case[key], *value] if isinstance(value, list) else value
        return patient_from_dict(case, "anna", kb.ontology)

    return make


def question(found: Missing, key: str) -> Question:
    """The question of that key."""
    return next(each for each in found.questions if each.key == key)


def keys(found: Missing, trial: str) -> list[set[str]]:
    """The sets of a trial, as keys."""
    return [{each.key for each in one.questions} for one in found.sets_of(trial)]


def test_anna(kb: KnowledgeBase, anna: Callable[..., Patient]) -> None:
    """Two things are missing; one of them can be found out in two ways; nothing is asked for the trial that is lost."""
    found = kb.missing(anna())
    assert found.undetermined == (NCT,)
    assert keys(found, NCT) == [
        {"record:Cytoreduction90PercentAchievable", f"person:arm:{NCT}"},
        {"record:ExpectedCytoreduction", f"person:arm:{NCT}"},
    ]
    assert found.unsettled == ()
    assert found.complete
    assert {trial for each in found.questions for trial, _ in each.clauses} == {NCT}
    asked = question(found, "record:ExpectedCytoreduction")
    assert (asked.text, asked.favourable, asked.adverse) == (
        "What is the expected cytoreduction?", "at least 90 %", "below 90 %",
    )  # fmt: skip
    assert asked.clauses == ((NCT, "I3"),)
    assert asked.knocks_out == (NCT,)


def test_a_decided_patient_is_asked_nothing(kb: KnowledgeBase, anna: Callable[..., Patient]) -> None:
    """When the questions of a set have been answered, none is left."""
    patient = anna()
    found = kb.missing(patient)
    after = kb.missing(answered(patient, found.sets[0].questions))
    assert (after.undetermined, after.questions, after.sets) == ((), (), ())


def test_an_end_that_nobody_wrote_down(kb: KnowledgeBase, anna: Callable[..., Patient]) -> None:
    """A later record cannot help: the one there is must be known better."""
    found = kb.missing(anna(("everolimus",), treatments=[{"agent": "everolimus", "started": "2025-11-03"}]), [START])
    assert keys(found, START) == [{"sharpen:treatments[2]:end"}]
    asked = found.questions[0]
    assert asked.kind == "sharpen"
    assert asked.records == ("treatments[2]",)
    assert asked.favourable == "2026-11-03 or earlier"
    assert asked.knocks_out == (START,)
    assert set(asked.clauses) == {(START, "I7"), (START, "E3")}


def test_limits_come_from_the_rules(kb: KnowledgeBase, anna: Callable[..., Patient]) -> None:
    """Above for a strict limit, at least for one that is met; the stricter of two trials counts where both ask."""
    found = kb.missing(anna(("hemoglobin", "everolimus", "albumin")))
    hemoglobin, albumin = question(found, "record:Hemoglobin"), question(found, "record:Albumin")
    assert (hemoglobin.favourable, hemoglobin.adverse) == ("above 90 g/L", "at most 90 g/L")
    assert hemoglobin.effort == "laboratory test"
    assert hemoglobin.settles == 2
    assert hemoglobin.knocks_out == (NCT, START)
    assert albumin.adverse == "at most 25 g/L"
    assert [one.trial for one in found.sets if one.trial == ""] == [""] * len(found.sets_of(""))
    assert {"record:Hemoglobin", "record:Albumin"} <= keys(found, "")[0]


def test_a_lost_limit_is_asked_of_a_new_scan_only(kb: KnowledgeBase, anna: Callable[..., Patient]) -> None:
    """Krenning 2 is undecided by the damaged text: a newer scan may settle it, if there can be one."""
    older = {"procedure": "68Ga-DOTATATE PET/CT", "krenning": 2, "extent": "all"}
    found = kb.missing(anna(("68Ga-DOTATATE PET/CT",), imaging=[{**older, "date": "2026-10-01"}]), [NCT])
    assert all("record:Ga68DotatatePETCT" in one for one in keys(found, NCT))
    assert keys(found, NCT)
    today = kb.missing(anna(("68Ga-DOTATATE PET/CT",), imaging=[{**older, "date": TODAY}]), [NCT])
    assert today.sets == ()
    assert [(clause, reason.code) for _, clause, reason in today.unsettled] == [("I4a", "protocol_text_damaged")]
    assert {each.key for each in today.questions} == {"record:Cytoreduction90PercentAchievable", f"person:arm:{NCT}"}


def test_sources_of_one_day_must_be_reconciled(kb: KnowledgeBase, anna: Callable[..., Patient]) -> None:
    """No new fact settles two results of the index day that disagree; only which of them is right."""
    both = [{"observable": "hemoglobin", "value": value, "date": TODAY} for value in ("85 g/L", "95 g/L")]
    found = kb.missing(anna(("hemoglobin", "everolimus"), measurements=both), [START])
    assert [(clause, reason.code) for _, clause, reason in found.unsettled] == [("I11a", "sources_disagree")]
    ((asked,),) = (one.questions for one in found.sets)
    assert asked.kind == "reconcile"
    assert len(asked.records) == 2
    assert "95 g/L" in asked.favourable
    assert "85 g/L" in asked.adverse


def test_a_vague_record_is_asked_about(kb: KnowledgeBase, anna: Callable[..., Patient]) -> None:
    """A malignancy without a name may be the tumour under study or another one."""
    patient = anna(findings=[{"concept": "malignant neoplasm", "date": "2020-05-01"}], arms={NCT: 1})
    found = kb.missing(patient, [NCT])
    assert any(key.startswith("sharpen:findings[") for one in keys(found, NCT) for key in one)


def test_the_order_is_decisive_for_little_work(kb: KnowledgeBase) -> None:
    """Of somebody of whom nothing is known, what settles most for the least comes first."""
    found = kb.missing(kb.patient("nobody", index_date=TODAY))
    kb._patients.clear()
    worth = [(each.settles + len(each.knocks_out)) / each.cost for each in found.questions]
    assert worth == sorted(worth, reverse=True)
    assert found.questions[0].key == "declare:treatments"
    assert [one.trial for one in found.sets][:1] == [NCT]
    assert {one.trial for one in found.sets} == {NCT, START, ""}
    assert all(one.cost == sum(each.cost for each in one.questions) for one in found.sets)


def test_costs_are_the_policys(rules: Path, anna: Callable[..., Patient]) -> None:
    """Whoever edits the policy changes what is asked first, without Python."""
    policy = rules / "policy.dl"
    text = policy.read_text(encoding="utf-8")
    text = text.replace("+ effort('imaging', 10)", "+ effort('imaging', 2)")
    policy.write_text(text.replace("#: number   10: a scan", "#: number   2: a scan"), encoding="utf-8")
    edited = KnowledgeBase(rules=rules)
    found = edited.missing(anna(("liver tumor burden",)), [NCT])
    assert question(found, "record:LiverTumorBurden").cost == 2
    assert question(found, "record:LiverTumorBurden").effort == "imaging"


def test_a_search_cut_short_says_so(kb: KnowledgeBase, anna: Callable[..., Patient]) -> None:
    """And claims no set that it has not verified."""
    patient = anna()
    judgement = kb.judge.judge(kb.prepare(patient))
    found = kb.finder.missing(judgement, [NCT], budget=20)
    assert not found.complete
    assert found.sets == ()


def test_command_line(cli: Cli) -> None:
    """Text for people, JSON for programs; both say what they are not."""
    run = cli("missing", ANNA, "--trial", NCT)
    assert run.code == 0
    assert "1. 90 percent cytoreduction achievable: yes or no?" in run.out
    assert f"{NCT}: any one of these sets decides it" in run.out
    assert "Decision support" in run.out
    document = json.loads(cli("missing", ANNA, "--format", "json").out)
    (result,) = document["results"]
    assert (result["patient"], result["undetermined"], result["complete"]) == ("anna", [NCT], True)
    assert {one["trial"] for one in result["sets"]} == {NCT}
    asked = {each["key"]: each for each in result["questions"]}
    assert asked[f"person:arm:{NCT}"]["favourable"] == "arm 1"
    assert all(each["key"] in asked for one in result["sets"] for each in one["questions"])
    assert "disclaimer" in document


def test_nothing_is_asked_of_a_lost_trial(cli: Cli) -> None:
    """And that is said."""
    run = cli("missing", ANNA, "--trial", START)
    assert run.code == 0
    assert "every trial is decided: nothing is asked" in run.out


def test_a_decided_trial_is_named_too(cli: Callable[..., Any]) -> None:
    run = cli("missing", ANNA)
    assert "START-NET: ineligible (I7); nothing is asked" in run.out
    document = json.loads(cli("missing", ANNA, "--format", "json").out)
    assert document["results"][0]["verdicts"] == {"NCT05610826": "undetermined", "START-NET": "ineligible"}
