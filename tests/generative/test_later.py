"""``eligible_from`` is the first of all later days, judged one by one, on which the same facts give eligible."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from background import ORIGIN, background
from hypothesis import given, note
from hypothesis import strategies as st
from strategies import TODAYS, TRIAL_WITH_ARMS, assemble, births, days_until
from topics import base_rows, evaluator, examples, model, ontology, program, statuses, verdicts

from nen_kb.explain import Judgement
from nen_kb.facts.dates import FAR_FUTURE, Days, months_after
from nen_kb.facts.normalise import normalise
from nen_kb.facts.records import Declaration, Finding, Patient, Presence, Sex, Treatment
from nen_kb.knowledge_base.later import HORIZON_MONTHS, Later

AGENTS = ("Capecitabine", "Everolimus", "Octreotide", "Brivudine", "TransarterialEmbolization", "Treatment")
TIMED_FINDINGS = (
    "LastMenstruation",
    "Postmenopausal",
    "RadiologicalProgression",
    "ProgressionComparatorScan",
    "BrainMetastases",
)
OPTIONAL = (
    "EffectiveNonHormonalContraception",
    "HighlyEffectiveContraception",
    "NegativePregnancyTest",
    "RadiologicalProgression",
)


@cache
def later() -> Later:
    return Later(program())


@st.composite
def waiting(draw: Any) -> Patient:
    """Someone whom little but time keeps out: a treatment not washed out, a fresh progression, a birthday to come."""
    today = draw(st.sampled_from(TODAYS))
    found = background(today)
    for name in sorted(draw(st.sets(st.sampled_from(OPTIONAL), max_size=2))):
        found = [each for each in found if getattr(each, "concept", "") != name]
    for number in range(draw(st.integers(0, 3))):
        started, ended = draw(days_until(today)), draw(days_until(today))
        if draw(st.integers(0, 7)) == 0:
            ended = Days(today + 5, today + 9) if draw(st.booleans()) else Days(started.first, FAR_FUTURE)
        ended = Days(max(started.first, ended.first), max(started.first, ended.last))
        started = Days(started.first, min(started.last, ended.last))
        found.append(Treatment(f"t{number}", draw(st.sampled_from(AGENTS)), started, ended, ORIGIN))
    for number in range(draw(st.integers(0, 2))):
        when = draw(days_until(today))
        found.append(Finding(f"f{number}", draw(st.sampled_from(TIMED_FINDINGS)), Presence.PRESENT, when, ORIGIN))
    declared = tuple(Declaration(domain, domain, today, ORIGIN) for domain in ("conditions", "treatments"))
    return assemble(
        found,
        today,
        sex=draw(st.sampled_from((Sex.FEMALE, Sex.MALE))),
        born=draw(births(today)),
        arms=draw(st.sampled_from((((TRIAL_WITH_ARMS, 1),), ((TRIAL_WITH_ARMS, 2),)))),
        planned_start=draw(st.sampled_from((None, today + 11, today + 40, today + 200))),
        declarations=declared,
    )


def day_by_day(patient: Patient) -> dict[str, int]:
    """For each trial the first later day within two years on which the evaluator finds the patient eligible."""
    found: dict[str, int] = {}
    last = months_after(patient.index_date, HORIZON_MONTHS)
    trials = {trial.id for trial in program().trials}
    rows = base_rows(patient)
    judged = evaluator().run(rows, ("verdict",))
    prepared = normalise(patient, ontology())
    for day in range(patient.index_date + 1, last + 1):
        judged = judged.revised(prepared.timed(day))
        for trial, verdict in verdicts(judged).items():
            if verdict == "eligible":
                found.setdefault(trial, day)
        if found.keys() == trials:
            break
    return found


def looked_ahead(patient: Patient) -> dict[str, int]:
    """The same, as the knowledge base answers."""
    found: dict[str, int] = {}
    base = base_rows(patient)
    judged = evaluator().run(base, ("status", "verdict"))
    judgement = Judgement(program(), evaluator(), normalise(patient, ontology()), judged, base)
    now = statuses(judged)
    for trial in program().trials:
        whole = [clause for clause in trial.clauses if not clause.parent]
        good = {"inclusion": "met", "exclusion": "unmet"}
        in_the_way = [clause.id for clause in whole if now[trial.id, clause.id] != good[clause.kind]]
        day = later().eligible_from(judgement, trial.id, in_the_way) if in_the_way else None
        if day is not None:
            found[trial.id] = day
    return found


@examples(4)
@given(waiting())
def test_eligible_from_is_the_first_eligible_day(patient: Patient) -> None:
    """The days singled out as critical miss none, and the clauses left out play no part."""
    now = verdicts(model(patient))
    expected = {trial: day for trial, day in day_by_day(patient).items() if now[trial] != "eligible"}
    note(f"{now}")
    assert looked_ahead(patient) == expected


@examples(4)
@given(waiting(), st.integers(1, 800))
def test_a_later_day_is_a_later_index_day(patient: Patient, ahead: int) -> None:
    """Judged on a later day, a patient known to the day is the patient whose record is read on that day."""
    today = patient.index_date
    known = tuple(t for t in patient.treatments if t.ended.last <= today or t.ended.first == FAR_FUTURE)
    patient = replace(patient, treatments=known)
    moved = tuple(replace(each, as_of=each.as_of + ahead) for each in patient.declarations)
    start = max(patient.planned_start or today, today + ahead)
    then = replace(patient, index_date=today + ahead, declarations=moved, planned_start=start)
    judged = evaluator().run(base_rows(patient, today + ahead), ("status",))
    assert statuses(judged) == statuses(model(then))
