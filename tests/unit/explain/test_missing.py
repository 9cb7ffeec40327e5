"""The parts behind "what to find out next": what rules lead to, what an answer changes, what it costs, its words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nen_kb.explain.missing.asks import Answer, Ask
from nen_kb.explain.missing.edits import Edit, apply, changed
from nen_kb.explain.missing.efforts import Effort, Efforts
from nen_kb.explain.missing.phrases import phrase
from nen_kb.explain.missing.reach import Reach
from nen_kb.facts.dates import Days
from nen_kb.facts.normalise import normalise
from nen_kb.facts.records import Finding, Origin, Patient, Presence, Sex
from nen_kb.facts.values import GRID
from nen_kb.ontology import Ontology
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.protocol import protocol_rows

TODAY = 739940
ORIGIN = Origin("test", "test")


@pytest.fixture(scope="module")
def reach(evaluator: Evaluator, ontology: Ontology) -> Reach:
    return Reach(evaluator.program, ontology)


@pytest.mark.parametrize(
    ("side", "trial", "clause", "plan"),
    [
        ("met", "NCT05610826", "I1", {"record:LiverMetastases", "record:PancreaticNeuroendocrineTumor"}),
        ("unmet", "START-NET", "E2", {"declare:treatments"}),
        ("unmet", "START-NET", "E2", {"record:PRRT"}),
        ("met", "START-NET", "I11e", {"record:ASAT"}),
        ("met", "NCT05610826", "I6", {"person:arm:NCT05610826"}),
        (
            "unmet",
            "NCT05610826",
            "E7b",
            {"record:BodyWeight", "record:Creatinine", "person:birth date", "person:sex"},
        ),
    ],
)
def test_plans_come_from_the_rules(reach: Reach, side: str, trial: str, clause: str, plan: set[str]) -> None:
    """A clause's rules, followed down to the records, say which facts together may show it."""
    assert frozenset(plan) in reach.plans(side, trial, clause)


def test_a_leaf_is_judged_as_in_the_whole_program(reach: Reach, evaluator: Evaluator, ontology: Ontology) -> None:
    """The small program of each clause gives the status that all rules together give."""
    patient = Patient(
        "p",
        TODAY,
        sex=Sex.FEMALE,
        findings=(
            Finding("f0", "Gastrinoma", Presence.PRESENT, Days(TODAY - 700, TODAY - 500), ORIGIN),
            Finding("f1", "MetastaticDisease", Presence.ABSENT, Days(TODAY, TODAY), ORIGIN),
            Finding("f2", "BreastCarcinoma", Presence.UNKNOWN, Days(TODAY, TODAY), ORIGIN),
        ),
    )
    prepared = normalise(patient, ontology)
    base = {**prepared.rows(evaluator.program.asked), **protocol_rows(evaluator.program)}
    whole = {row[1:3]: row[3] for row in evaluator.run(base, ("status",)).rows("status")}
    for trial in evaluator.program.trials:
        for clause in trial.clauses:
            if clause.mode == "single":
                assert reach.leaf(trial.id, clause.id).status(prepared) == whole[trial.id, clause.id], clause.id


def test_edits_add_up() -> None:
    """Two answers about one record both count; the patient they are applied to stays as she was."""
    finding = Finding("f0", "Cirrhosis", Presence.UNKNOWN, Days(TODAY - 9, TODAY), ORIGIN)
    other = Finding("f1", "Ascites", Presence.PRESENT, Days(TODAY, TODAY), ORIGIN)
    patient = Patient("p", TODAY, findings=(finding, other))
    edits = [
        changed("f0", presence=Presence.ABSENT),
        changed("f0", when=Days(TODAY, TODAY)),
        Edit(drop=("f1",)),
        Edit(sex=Sex.MALE, arm=("T", 2)),
    ]
    after = apply(patient, edits)
    assert after.findings == (Finding("f0", "Cirrhosis", Presence.ABSENT, Days(TODAY, TODAY), ORIGIN),)
    assert (after.sex, after.arms) == (Sex.MALE, (("T", 2),))
    assert patient.findings == (finding, other)


def test_the_nearest_class_says_what_it_takes(evaluator: Evaluator, ontology: Ontology) -> None:
    """A measured GFR is a procedure although a GFR is a laboratory test; what is not named is a chart question."""
    efforts = Efforts(evaluator.program, ontology)
    assert efforts.of("GFRByIohexolClearance") == Effort("procedure", 20)
    assert efforts.of("EstimatedGFR") == Effort("laboratory test", 3)
    assert efforts.of("Hemoglobin").name == "laboratory test"
    assert efforts.of("WrittenInformedConsent") == efforts.chart() == Effort("chart question", 1)


def _ask(amounts: list[int], unit: str) -> Ask:
    answers = tuple(Answer(str(amount), Edit(), f"{amount}", amount) for amount in amounts)
    return Ask("record:Hemoglobin", "record", "number", "Hemoglobin", "", answers, unit=unit)


@pytest.mark.parametrize(
    ("passing", "words"),
    [
        (lambda value: value > 90 * GRID, "above 90 g/L"),
        (lambda value: value >= 90 * GRID, "at least 90 g/L"),
        (lambda value: value < 90 * GRID, "below 90 g/L"),
        (lambda value: value <= 90 * GRID, "at most 90 g/L"),
        (lambda value: value == 90 * GRID, "at least 90 g/L and at most 90 g/L"),
    ],
)
def test_bounds_are_told_only_where_they_were_tried(ontology: Ontology, passing: object, words: str) -> None:
    """At the limit and right beside it; strict and not strict are kept apart."""
    assert callable(passing)
    ask = _ask([45 * GRID, 90 * GRID - 10, 90 * GRID, 90 * GRID + 10, 180 * GRID], "g/L")
    good = [answer for answer in ask.answers if passing(answer.amount)]
    assert phrase(ask, good, good[0], ontology) == words


@settings(deadline=None, max_examples=30)
@given(passing=st.sets(st.sampled_from([10, 45, 80, 120, 180]), min_size=1, max_size=4))
def test_no_bound_is_guessed(ontology: Ontology, passing: set[int]) -> None:
    """Values far apart do not tell where the limit lies."""
    ask = _ask([value * GRID for value in (10, 45, 80, 120, 180)], "g/L")
    good = [answer for answer in ask.answers if answer.amount is not None and answer.amount // GRID in passing]
    assert phrase(ask, good, good[0], ontology).startswith("such as ")
