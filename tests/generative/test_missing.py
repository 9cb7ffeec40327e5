"""Every set of questions decides its trial and no proper subset does; an adverse answer ends what it is said to end."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import given, note
from hypothesis import strategies as st
from strategies import patients
from topics import base_rows, evaluator, examples, model, ontology, program, verdicts

from nen_kb.errors import PatientError
from nen_kb.explain import Judgement
from nen_kb.explain.missing import Finder, Missing, answered
from nen_kb.explain.missing.edits import apply
from nen_kb.facts.normalise import normalise
from nen_kb.facts.records import Patient
from nen_kb.resources import shipped
from nen_kb.sources.case_file import documents, read_case

EVERY = 293
"""One of so many cases of ``kb/`` is looked at, a prime number so that no pattern of the files is met."""

HARD = ("nct05610826-e8-hb-same-day", "nct05610826-e7-measured-50", "start-net-i1-birth-month-straddles")
"""Two sources of one day, an answer that opens another clause again, a birth date known to the month."""


@cache
def finder() -> Finder:
    return Finder(program(), evaluator(), ontology(), None)


def missing(patient: Patient) -> Missing:
    """What to find out next about a patient."""
    base = base_rows(patient)
    judged = evaluator().run(base, ("status", "verdict"))
    judgement = Judgement(program(), evaluator(), normalise(patient, ontology()), judged, base)
    return finder().missing(judgement, [trial.id for trial in program().trials])


def check(patient: Patient, found: Missing, leave_out: int) -> None:
    """The promises of every set; of the larger ones, ``leave_out`` turns which subsets are tried."""
    now = verdicts(model(patient))
    assert found.undetermined == tuple(trial.id for trial in program().trials if now[trial.id] == "undetermined")
    firsts = {each.trial: each for each in reversed(found.sets)}
    for each in {id(one): one for one in (*firsts.values(), *found.sets[-1:])}.values():
        trials = [each.trial] if each.trial else found.undetermined
        after = verdicts(model(answered(patient, each.questions)))
        assert {after[trial] for trial in trials} == {"eligible"}, [question.key for question in each.questions]
        for place, question in enumerate(each.questions):
            if len(each.questions) > 8 and (place + leave_out) % 5:
                continue
            rest = [other for other in each.questions if other is not question]
            left = verdicts(model(answered(patient, rest)))
            assert "ineligible" not in {left[trial] for trial in trials}, question.key
            assert "undetermined" in {left[trial] for trial in trials}, question.key
        half = [question for place, question in enumerate(each.questions) if (place + leave_out) % 2]
        if len(half) < len(each.questions):
            left = verdicts(model(answered(patient, half)))
            assert any(left[trial] != "eligible" for trial in trials)
    for question in found.questions:
        assert bool(question.knocks_out) == (question.against is not None)
        if question.against is not None:
            ended = verdicts(model(apply(patient, [question.against])))
            assert "ineligible" in {ended[trial] for trial in question.knocks_out}, question.key


@examples(4)
@given(patients(), st.integers(0, 4))
def test_sets_of_random_patients(patient: Patient, leave_out: int) -> None:
    """Whatever is on record, vague, contradictory or too late."""
    found = missing(patient)
    note(str([(each.trial, [question.key for question in each.questions]) for each in found.sets]))
    check(patient, found, leave_out)


def cases() -> Iterator[tuple[str, str]]:
    """Every so manieth case of the knowledge base, as a text."""
    number = 0
    for file in sorted(shipped("kb").glob("trials/*/cases/*.yaml")):
        for text in documents(file.read_text(encoding="utf-8")):
            number += 1
            if number % EVERY == 0 or any(f"id: {name}\n" in text for name in HARD):
                yield file.name, text


@pytest.mark.parametrize(("file", "text"), list(cases()))
def test_sets_of_cases(file: str, text: str) -> None:
    """Patients written to hit one clause each: nearly everything else about them is missing."""
    try:
        patient = read_case(shipped("kb") / file, ontology(), text=text)
    except PatientError:
        pytest.fail("the case could not be read")
    found = missing(patient)
    check(patient, found, len(text))
    settled = {each.trial for each in found.sets}
    if patient.id in HARD:
        assert settled == {*found.undetermined, ""}
        assert found.undetermined == tuple(trial.id for trial in program().trials)
    for trial in found.undetermined:
        assert trial in settled or any(where == trial for where, _, _ in found.unsettled) or not found.complete
