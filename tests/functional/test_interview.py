"""The interview: as a dialogue, and typed into the command line."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nen_kb import KnowledgeBase
from nen_kb.errors import PatientError
from nen_kb.explain.missing import Question
from nen_kb.knowledge_base.case_edits import answered_case
from nen_kb.knowledge_base.interview import Interview, from_yaml, read, to_yaml

ROOT = Path(__file__).resolve().parents[2]
ANNA = ROOT / "kb" / "examples" / "anna.yaml"
NCT, START = "NCT05610826", "START-NET"
Typed = Callable[..., Any]


def anna(*lines: str, without: tuple[str, ...] = ("everolimus",)) -> Any:
    """Anna's case, washed out, without the lines that hold some words and with others at the end."""
    kept = [line for line in ANNA.read_text(encoding="utf-8").splitlines() if not any(word in line for word in without)]
    return from_yaml("\n".join((*kept, *lines, "")))


@pytest.fixture
def typed(cli: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Typed:
    """``typed("yes\\nquit\\n", "interview", …)``: the command with that on standard input."""

    def run(text: str, *arguments: object) -> Any:
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        return cli(*arguments)

    return run


def test_until_every_trial_is_decided(kb: KnowledgeBase) -> None:
    """What is missing is asked, the answers are on record, and then it ends; the saved case is judged the same."""
    interview = Interview(kb, anna(without=("everolimus", "hemoglobin", "ECOG")))
    said = {
        "record:Cytoreduction90PercentAchievable": "yes",
        f"person:arm:{NCT}": "1",
        "record:Hemoglobin": "12.1 g/dL on 2026-11-18",
        "record:ECOGPerformanceStatus": "1",
    }
    asked = []
    while interview.question is not None:
        asked.append(interview.question.key)
        interview.answer(said[interview.question.key])
    assert sorted(asked) == sorted(said)
    assert interview.decided
    assert [result.verdict.value for result in interview.results] == ["eligible", "eligible"]
    again = read(from_yaml(to_yaml(interview.case)), kb)
    assert [result.verdict.value for result in kb.screen(again)] == ["eligible", "eligible"]
    hemoglobin = next(each for each in again.measurements if each.observable == "Hemoglobin")
    assert (hemoglobin.original, str(hemoglobin.when.exact)) == ("12.1 g/dL", "True")


def test_an_adverse_answer_ends_it(kb: KnowledgeBase) -> None:
    """Nothing more is asked for a trial that is lost."""
    interview = Interview(kb, anna())
    assert interview.question is not None
    assert interview.question.key == "record:Cytoreduction90PercentAchievable"
    interview.answer("no")
    assert interview.question is None
    assert interview.decided
    assert [result.verdict.value for result in interview.results] == ["ineligible", "eligible"]


def test_nobody_is_asked_twice(kb: KnowledgeBase) -> None:
    """Don't know moves on, to another way if there is one; at the end it is said what stays open."""
    interview = Interview(kb, anna())
    asked = []
    while interview.question is not None:
        asked.append(interview.question.key)
        interview.skip()
    assert len(asked) == len(set(asked))
    assert {"record:Cytoreduction90PercentAchievable", "record:ExpectedCytoreduction"} <= set(asked)
    assert interview.open_trials == (NCT,)
    assert not interview.decided


def test_an_answer_that_cannot_be_used_changes_nothing(kb: KnowledgeBase) -> None:
    """It says what to write, and the question stands."""
    interview = Interview(kb, anna(without=("everolimus", "hemoglobin")), [START])
    before = to_yaml(interview.case)
    assert interview.question is not None
    assert interview.question.key == "record:Hemoglobin"
    for said in ("much", "12.1 mm", "12.1 g/dL on 2026-13-01", "121"):
        with pytest.raises(PatientError) as error:
            interview.answer(said)
        assert error.value.problems[0].remedy
        assert to_yaml(interview.case) == before
    assert interview.question.key == "record:Hemoglobin"


def test_back_takes_the_last_answer_back(kb: KnowledgeBase) -> None:
    """Also a skip; before the first question there is nothing to go back to."""
    interview = Interview(kb, anna())
    assert not interview.back()
    first = interview.question
    before = to_yaml(interview.case)
    interview.answer("yes")
    assert interview.question != first
    assert interview.back()
    assert interview.question == first
    assert to_yaml(interview.case) == before


def test_why(kb: KnowledgeBase) -> None:
    """The clauses that hang on it, in the protocol's sense, and what an answer does."""
    interview = Interview(kb, anna())
    lines = interview.why()
    assert lines[0].startswith(f"{NCT} I3, 90 % hepatic cytoreduction can be aimed for: ")
    assert lines[-1] == f"This would end {NCT}: no."


@pytest.mark.parametrize(
    ("said", "verdict"), [("2026-09", "eligible"), ("ongoing", "ineligible"), ("2026-11-07", "ineligible")]
)
def test_a_record_known_better(kb: KnowledgeBase, said: str, verdict: str) -> None:
    """The end of a treatment is written into its entry, not beside it."""
    case = anna()
    case["treatments"].append({"agent": "everolimus", "started": "2025-11-03"})
    interview = Interview(kb, case, [START])
    assert interview.question is not None
    assert interview.question.key == "sharpen:treatments[2]:end"
    interview.answer(said)
    assert interview.results[0].verdict.value == verdict
    assert len(interview.case["treatments"]) == 3


def test_which_of_two_records_is_right(kb: KnowledgeBase) -> None:
    """The other one is taken out of the case."""
    case = anna(without=("everolimus", "hemoglobin"))
    for value in ("85 g/L", "95 g/L"):
        case["measurements"].append({"observable": "hemoglobin", "value": value, "date": "2026-11-20"})
    interview = Interview(kb, case, [START])
    assert interview.question is not None
    assert interview.question.kind == "reconcile"
    right = next(n for n, text in enumerate(interview.options(interview.question), start=1) if "95 g/L" in text)
    interview.answer(str(right))
    assert interview.results[0].verdict.value == "eligible"
    assert [m.original for m in interview.patient.measurements if m.observable == "Hemoglobin"] == ["95 g/L"]


def test_typed_into_the_command(typed: Typed, tmp_path: Path, cli: Callable[..., Any]) -> None:
    """Piped answers, with a command, a mistake and a step back among them; the file is read like any other."""
    out = tmp_path / "anna.yaml"
    run = typed("why\nperhaps\nno\n", "interview", ANNA, "-o", out)
    assert run.code == 0
    assert "I3, 90 % hepatic cytoreduction can be aimed for" in run.out
    assert "the answer is not understood" in run.out
    assert "Every trial is decided." in run.out
    assert "Decision support" in run.out
    results = json.loads(cli("screen", out, "--format", "json").out)["results"]
    assert [result["verdict"] for result in results] == ["ineligible", "ineligible"]
    written = out.read_text(encoding="utf-8")
    assert "- {concept: 90 percent cytoreduction achievable, presence: absent, date: 2026-11-20}" in written
    assert [line for line in ANNA.read_text(encoding="utf-8").splitlines() if line not in written.splitlines()] == []


def test_a_new_patient(typed: Typed, tmp_path: Path, cli: Callable[..., Any]) -> None:
    """Begins with who it is; whoever stops finds the answers saved, and can go on with the file."""
    out = tmp_path / "new.yaml"
    run = typed("two words\nberta\n2026-11-20\nfemale\n1960-02\nyes\nlist\nquit\n", "interview", "-o", out)
    assert run.code == 0
    assert "cannot be an id" in run.out
    again = typed("quit\n", "interview", out, "-o", out)
    assert again.code == 0
    assert "Are these all treatments" not in again.out
    assert "treatments" in out.read_text(encoding="utf-8")
    assert cli("screen", out).code == 0


def test_no_file_is_overwritten(typed: Typed, tmp_path: Path) -> None:
    """Unless it is the one that is gone on with."""
    out = tmp_path / "there.yaml"
    out.write_text("precious", encoding="utf-8")
    run = typed("", "interview", ANNA, "-o", out)
    assert run.code == 2
    assert "exists already" in run.err
    assert out.read_text(encoding="utf-8") == "precious"


def key_of(interview: Interview) -> str:
    question = interview.question
    assert question is not None
    return question.key


def until(interview: Interview, key: str) -> None:
    """Skips to the question of that key."""
    while key_of(interview) != key:
        interview.skip()


def test_nobody_calls_an_empty_list_complete_without_knowing(kb: KnowledgeBase) -> None:
    interview = Interview(kb, {"case": 1, "id": "a", "index_date": "2026-11-20", "sex": "female"})
    texts = {question.key: question.text for question in interview.missing.questions}
    assert texts["declare:treatments"] == "No treatment is on record up to 2026-11-20. Was there none at all?"
    more = {**interview.case, "treatments": [{"agent": "octreotide", "started": "2024-06", "ongoing": True}]}
    texts = {question.key: question.text for question in Interview(kb, more).missing.questions}
    assert texts["declare:treatments"] == "On record up to 2026-11-20: octreotide. Are these all treatments there were?"


def test_a_skipped_list_is_offered_again_when_it_grew(kb: KnowledgeBase) -> None:
    interview = Interview(kb, anna(without=("everolimus", "domain: treatments", "octreotide", "capecitabine")), [START])
    until(interview, "declare:treatments")
    interview.skip()
    assert interview.skipped
    while not key_of(interview).startswith("record:") or interview.question.form != "treatment":  # type: ignore[union-attr]
        interview.skip()
    interview.answer("octreotide since 2024-06")
    assert "declare:treatments" in {question.key for question in interview.missing.questions}
    until(interview, "declare:treatments")
    interview.answer("yes")
    assert [each["domain"] for each in interview.case["complete"]].count("treatments") == 1


def test_a_treatment_on_record_cannot_be_denied(kb: KnowledgeBase) -> None:
    """Whoever answers "no" may mean "no other": the record would then contradict itself."""
    case = anna(without=("domain: treatments", "everolimus", "capecitabine"))
    question = Question(
        "record:SystemicAntitumorTreatment", "", "record", "SystemicAntitumorTreatment", (), 1, "", (), 0, (), "", "",
        form="treatment",
    )  # fmt: skip
    with pytest.raises(PatientError, match="octreotide is on record, and is systemic antitumor treatment"):
        answered_case(case, question, "no", (), kb.ontology)
    other = replace(question, concept="Chemotherapy")
    assert answered_case(case, other, "no", (), kb.ontology)["findings"][-1]["presence"] == "absent"


def test_an_answer_after_the_day_judged_is_refused(kb: KnowledgeBase) -> None:
    interview = Interview(kb, anna(without=("everolimus", "hemoglobin")), [START])
    until(interview, "record:Hemoglobin")
    with pytest.raises(PatientError, match="it lies after the day judged"):
        interview.answer("12.1 g/dL on 2026-12-01")
    interview.answer("12.1 g/dL on 2026-11-18")
    assert interview.decided


def test_whoever_stops_before_the_first_question_is_told(typed: Typed, tmp_path: Path) -> None:
    out = tmp_path / "new.yaml"
    run = typed("berta\nyesterday\nquit\n", "interview", "-o", out)
    assert run.code == 0
    assert "nothing is saved" in run.out
    assert "(line" not in run.out
    assert not out.exists()
