"""A timeline is what judging every single day gives: the status of every whole clause, and the verdict."""

from __future__ import annotations

from functools import cache

from hypothesis import given
from hypothesis import strategies as st
from strategies import patients
from test_later import waiting
from topics import base_rows, evaluator, examples, ontology, program, statuses, verdicts

from nen_kb.explain.wording import timeline as wording_timeline
from nen_kb.facts.dates import months_after
from nen_kb.facts.normalise import normalise
from nen_kb.facts.records import Patient
from nen_kb.knowledge_base import TrialResult
from nen_kb.knowledge_base.judging import Judge
from nen_kb.knowledge_base.timeline import Timeline

MONTHS = 27
"""More than 800 days."""
Days = dict[str, list[tuple[dict[str, str], str]]]
"""For each trial and day, from the index day on: the statuses of the whole clauses, and the verdict."""


@cache
def judge() -> Judge:
    """The evaluator stands in for the second engine too, which has tests of its own and takes its time."""
    return Judge(program(), evaluator(), evaluator())


def results(patient: Patient) -> tuple[TrialResult, ...]:
    return judge().results(normalise(patient, ontology()), program().trials)


def day_by_day(patient: Patient, months: int = MONTHS) -> Days:
    """Every day judged by the whole program."""
    found: Days = {trial.id: [] for trial in program().trials}
    whole = [(trial.id, clause.id) for trial in program().trials for clause in trial.clauses if not clause.parent]
    prepared = normalise(patient, ontology())
    judged = evaluator().run(base_rows(patient), ("status", "verdict"))
    for day in range(patient.index_date, months_after(patient.index_date, months) + 1):
        judged = judged.revised(prepared.timed(day))
        status, verdict = statuses(judged), verdicts(judged)
        for trial, days in found.items():
            days.append(({clause: status[t, clause] for t, clause in whole if t == trial}, verdict[trial]))
    return found


def spread_out(result: TrialResult, timeline: Timeline) -> list[tuple[dict[str, str], str]]:
    """The same from a timeline."""
    now = {clause.id: clause.status.value for clause in result.clauses}
    found = []
    for period in timeline.periods:
        for change in period.changes:
            assert now[change.clause] == change.before != change.after
            now[change.clause] = change.after
        last = timeline.horizon if period.last is None else period.last
        found += [(dict(now), period.verdict.value)] * (last - period.first + 1)
    return found


def check(patient: Patient) -> int:
    """How many days and trials agree, which is all of them."""
    expected = day_by_day(patient)
    for result in results(patient):
        timeline = result.timeline(MONTHS)
        assert spread_out(result, timeline) == expected[result.trial.id]
        assert timeline.periods[0].first == patient.index_date
        assert timeline.periods[-1].last is None
        for period in timeline.periods[1:]:
            assert period.changes
            for change in period.changes:
                assert change.records or change.short.startswith(("turns ", "may turn ", "is surely ")), change
                assert wording_timeline.no_single_record(period.first) not in change.cause
        for before, after in zip(timeline.periods, timeline.periods[1:], strict=False):
            decisive = any(change.decisive for change in after.changes)
            assert decisive == (before.verdict is not after.verdict)
    return sum(map(len, expected.values()))


@examples(2)
@given(st.one_of(waiting(), patients()))
def test_a_timeline_is_what_every_single_day_gives(patient: Patient) -> None:
    """Statuses of all whole clauses and the verdict, over more than 800 days."""
    assert check(patient) > 2 * 800


@examples(8)
@given(waiting())
def test_the_first_eligible_day_is_on_the_timeline(patient: Patient) -> None:
    """``eligible_from`` and the timeline say the same."""
    for result in results(patient):
        later = [period.first for period in result.timeline().periods[1:] if period.verdict.value == "eligible"]
        if result.verdict.value != "eligible":
            assert result.eligible_from == (later[0] if later else None)
