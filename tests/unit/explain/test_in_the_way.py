"""An open clause names what on record stands in its way, also where nothing but time is needed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nen_kb.explain import Judgement, Reason, explain_clause, reasons, render, undetermined_because

Judge = Callable[..., Judgement]
START, CHICAGO = "START-NET", "NCT05610826"
TAKES_CAPECITABINE = """\
sex: male
born: 1960-01-01
complete: [treatments, conditions]
measurements:
  - {observable: neutrophils, value: 3.5 10*9/L, date: 2026-11-12}
  - {observable: platelets, value: 210 10*9/L, date: 2026-11-12}
  - {observable: creatinine, value: 80 umol/L, date: 2026-11-12}
  - {observable: body weight, value: 75 kg, date: 2026-11-12}
"""


def _leukocytes(*values: str) -> str:
    lines = (f"  - {{observable: leukocytes, value: {value} 10*9/L, date: 2026-11-12}}\n" for value in values)
    return TAKES_CAPECITABINE + "".join(lines)


def _about(found: tuple[Reason, ...], concept: str) -> list[Reason]:
    return [reason for reason in found if reason.concept == concept]


# ── a datum that closes the favourable side ─────────────────────────────────


def test_a_count_that_rules_nothing_out_is_named(judge: Judge) -> None:
    """Leukocytes of 2.9 keep a contraindication from being shown absent: limit, record and what is not recorded."""
    judgement = judge(_leukocytes("2.9"))
    (found,) = _about(reasons(judgement, START, "E4"), "SevereLeucopenia")
    assert found.code == "not_recorded"
    assert found.records == ("measurements[4]",)
    assert "leukocytes 2.9 × 10⁹/L, 2026-11-12" in found.text
    assert "more than 3.0 × 10⁹/L would" in found.text
    assert "severe leucopenia itself is not on record" in found.text
    assert "what would show it not met" in render(explain_clause(judgement, START, "E4"), encoding="utf-8")


def test_two_counts_of_one_day_are_both_named(judge: Judge) -> None:
    """Either alone would keep it open."""
    found = _about(reasons(judge(_leukocytes("2.9", "2.7")), START, "E4"), "SevereLeucopenia")
    assert [reason.records for reason in found] == [("measurements[4]",), ("measurements[5]",)]


def test_a_count_beside_an_older_record_of_the_condition(judge: Judge) -> None:
    """It is not said that the condition is not on record where an older finding states it."""
    text = _leukocytes("2.9") + "findings: [{concept: severe leucopenia, date: 2026-01-10}]"
    (found,) = _about(reasons(judge(text), START, "E4"), "SevereLeucopenia")
    assert "not on record" not in found.text


@pytest.mark.parametrize(
    ("patient", "trial", "clause", "code", "texts"),
    [
        (
            "measurements: [{observable: hemoglobin, value: 8.03 g/dL, date: 2026-11-10}]",
            CHICAGO,
            "E8a",
            "protocol_text_damaged",
            ("kept from being shown not met: hemoglobin 8.03 g/dL, needs at least 8.057 g/dL (5.0 mmol/L)",),
        ),
        (
            "measurements: [{observable: NYHA class, value: 2, date: 2026-11-10}]",
            CHICAGO,
            "E10",
            "not_recorded",
            ("kept from being shown not met: NYHA class 2, needs at most 1",),
        ),
        (
            "findings:\n  - {concept: radiological progression, date: 2023-05-01}\n"
            "  - {concept: radiological progression, presence: unknown, date: 2024-11-20}",
            START,
            "I6a",
            "not_recorded",
            ("kept from being shown met: radiological progression, 2023-05-01 (findings[0])", "not on or after"),
        ),
        (
            "findings:\n  - {concept: radiological progression, date: 2026-11-10}\n"
            "  - {concept: progression comparator scan, date: 2024-11-09}",
            START,
            "I6a",
            "protocol_text_damaged",
            ("kept from being shown met: progression comparator scan, 2024-11-09", "(24 months before 2026-11-10)"),
        ),
    ],
)
def test_a_side_that_is_surely_closed_names_the_datum(
    judge: Judge, patient: str, trial: str, clause: str, code: str, texts: tuple[str, ...]
) -> None:
    """Value, limit and date of what closes the favourable side; the verdict stays open for the same cause."""
    judgement = judge(patient)
    assert judgement.status(trial, clause) == "unknown"
    found = reasons(judgement, trial, clause)
    (told,) = [reason for reason in found if texts[0] in reason.text]
    assert all(text in told.text for text in texts)
    assert told.code == code
    assert told.records
    assert undetermined_because(found) == undetermined_because(found[:1])


def test_the_tree_says_what_a_premise_fails_on(judge: Judge) -> None:
    """Below a premise that is surely not so stands the datum, on either side."""
    judgement = judge("treatments: [{agent: CAPTEM, started: 2024-01-07, ended: 2025-06-30}]")
    assert [reason.code for reason in reasons(judgement, START, "E3")] == ["not_declared_complete"]
    text = " ".join(render(explain_clause(judgement, START, "E3"), width=200, encoding="utf-8").split())
    assert "CAPTEM, 2024-01-07 to 2025-06-30 (treatments[0]): last day 2025-06-30, not on or after" in text


def test_an_open_way_is_enough(judge: Judge) -> None:
    """A way that is closed for good is not named where another one only lacks something."""
    text = "findings: [{concept: hormonal contraception, date: 2026-11-10}]\nsex: female"
    for clause in ("I10", "E1a"):
        assert not [r for r in reasons(judge(text), START, clause) if "kept from" in r.text]


# ── closed only for now ─────────────────────────────────────────────────────


@pytest.mark.parametrize(("day", "young"), [("2026-10-20", False), ("2026-10-21", True), ("2026-10-31", True)])
def test_a_record_too_young_to_count(judge: Judge, day: str, young: bool) -> None:
    """A progression counts from one month on; before, it is said that it does not yet."""
    judgement = judge(f"findings: [{{concept: radiological progression, date: {day}}}]")
    assert judgement.status(START, "I6a") == ("unknown" if young else "met")
    found = _about(reasons(judgement, START, "I6a"), "RadiologicalProgression")
    texts = [
        f"radiological progression, {day} (findings[0]) is less than 1 month before the index day 2026-11-20: "
        "it does not count yet"
    ]
    assert [reason.text for reason in found] == (texts if young else [])


def test_time_does_not_help_what_is_denied_since(judge: Judge) -> None:
    """A young progression that a later scan takes back will not count later either."""
    findings = (
        "findings:\n  - {concept: radiological progression, date: 2026-11-01}\n"
        "  - {concept: stable disease, date: 2026-11-15}"
    )
    assert not [r for r in reasons(judge(findings), START, "I6a") if "does not count yet" in r.text]


# ── two records that belong together ────────────────────────────────────────


def _pair(*rows: tuple[str, str, str]) -> str:
    lines = (f"  - {{observable: {name}, value: {value}, date: {day}}}\n" for name, value, day in rows)
    return "sex: male\nborn: 1957-09-09\nmeasurements:\n" + "".join(lines)


CREATININE = ("creatinine", "160 umol/L", "2026-11-12")


@pytest.mark.parametrize(("day", "apart"), [("2026-11-04", 8), ("2026-11-20", 8), ("2026-11-02", 10)])
def test_a_pair_too_far_apart(judge: Judge, day: str, apart: int) -> None:
    """Creatinine and cystatin C are averaged only within a week of each other; both records and the days are named."""
    found = reasons(judge(_pair(CREATININE, ("cystatin C", "1.1 mg/L", day))), START, "I10")
    (told,) = [reason for reason in found if "apart" in reason.text]
    assert f"are {apart} days apart, at most 7 allowed" in told.text
    assert set(told.records) == {"measurements[0]", "measurements[1]"}


def test_a_pair_near_enough_is_not_lacking(judge: Judge) -> None:
    """Seven days are allowed."""
    judgement = judge(_pair(CREATININE, ("cystatin C", "1.1 mg/L", "2026-11-05")))
    assert judgement.status(START, "I10") != "unknown"


def test_the_partner_of_the_latest_half_is_asked_for(judge: Judge) -> None:
    """One half of a pair is on record: the other would do, within the days that the policy allows."""
    found = reasons(judge(_pair(("creatinine", "90 umol/L", "2026-10-01"), CREATININE)), START, "I10")
    assert found[0].concept == "AcceptedGFR"
    (told,) = _about(found, "CystatinC")
    assert told.text == (
        "no cystatin C on record; one within 7 days of creatinine 160 µmol/L, 2026-11-12 (measurements[1]) would do"
    )
    (told,) = _about(reasons(judge(_pair(("cystatin C", "1.1 mg/L", "2026-11-12"))), START, "I10"), "Creatinine")
    assert "one within 7 days of cystatin C 1.1 mg/L, 2026-11-12" in told.text


def test_nothing_is_begun_without_either(judge: Judge) -> None:
    """Without creatinine and cystatin C only the topic itself is asked for."""
    assert [reason.concept for reason in reasons(judge("sex: male"), START, "I10")] == ["AcceptedGFR"]


# ── who the patient is ──────────────────────────────────────────────────────


def test_an_unknown_sex_is_asked_for_first(judge: Judge) -> None:
    """A man is not pregnant: the sex alone could settle it."""
    assert [reason.concept for reason in reasons(judge(), START, "E1a")] == ["sex", "Pregnancy"]
    assert [reason.concept for reason in reasons(judge("sex: female"), START, "E1a")] == ["Pregnancy"]


def test_a_sex_that_settles_nothing_alone_does_not_stand_first(judge: Judge) -> None:
    """A creatinine clearance needs more than the sex."""
    assert reasons(judge(), CHICAGO, "E7b")[0].concept != "sex"
