"""Why a clause keeps a patient out, how far the datum lies from its limit, and what would lift it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction

import pytest

from nen_kb.explain import Judgement, Obstacle, obstacles, possible_if
from nen_kb.explain.nearness.standing import FAILING, Lift, standing
from nen_kb.explain.nearness.written import outwards

Judge = Callable[..., Judgement]
START, CHICAGO = "START-NET", "NCT05610826"


def of(judgement: Judgement, trial: str, clause: str) -> list[Obstacle]:
    """The obstacles of one clause, or of one part."""
    return [each for each in obstacles(judgement, trial) if clause in (each.clause, each.part)]


def lab(observable: str, value: str, day: str = "2026-11-10", more: str = "") -> str:
    return f"measurements: [{{observable: {observable}, value: '{value}', date: {day}{more}}}]"


TEXTS = [
    (lab("platelets", "96 10*9/L", "2026-11-08"), START, "I11b",
     "platelets 96 × 10⁹/L, needs more than 100 × 10⁹/L, measured 2026-11-08, 12 days ago", "4 × 10⁹/L"),
    (lab("platelets", "100 10*9/L"), START, "I11b",
     "platelets 100 × 10⁹/L, needs more than 100 × 10⁹/L, measured 2026-11-10, 10 days ago", "at the limit"),
    (lab("platelets", "96000 /mm3", "2026-11-19"), START, "I11b",
     "platelets 96000 /mm3, needs more than 100000 /mm3 (100 × 10⁹/L), measured 2026-11-19, 1 day ago", "4000 /mm3"),
    (lab("platelets", "96 x10^9/L"), START, "I11b",
     "platelets 96 × 10⁹/L, needs more than 100 × 10⁹/L, measured 2026-11-10, 10 days ago", "4 × 10⁹/L"),
    (lab("creatinine", "2.576103412768334 mg/dL"), CHICAGO, "E7a",
     "creatinine 2.576103412768334 mg/dL, needs at most 1.696 mg/dL (150 µmol/L), measured 2026-11-10, 10 days "
     "ago", "0.881 mg/dL"),
    (lab("hemoglobin", "8.4 g/dL", "2026-11-20"), START, "I11a",
     "hemoglobin 8.4 g/dL, needs more than 9 g/dL (90 g/L), measured 2026-11-20, the day judged", "0.6 g/dL"),
    (lab("hemoglobin", "5.5 mmol/L"), START, "I11a",
     "hemoglobin 5.5 mmol/L, needs more than 5.59 mmol/L (90 g/L), measured 2026-11-10, 10 days ago", "0.09 mmol/L"),
    (lab("ASAT", "190 U/L", more=", upper_limit: 35 U/L"), START, "I11e",
     "ASAT 190 U/L, needs less than 105 U/L (3 × the upper limit of normal 35), measured 2026-11-10, 10 days "
     "ago", "85 U/L"),
    (lab("ASAT", "3.2 ukat/L", more=", upper_limit: 50 U/L"), START, "I11e",
     "ASAT 3.2 ukat/L, needs less than 2.5 ukat/L (3 × the upper limit of normal 50 U/L), measured 2026-11-10, "
     "10 days ago",
     "0.7 ukat/L"),
    (lab("platelets", "<= 75 10*9/L"), START, "I11b",
     "platelets <= 75 × 10⁹/L, needs more than 100 × 10⁹/L, measured 2026-11-10, 10 days ago", "at least 25 × 10⁹/L"),
    (lab("platelets", "< 75 10*9/L"), START, "I11b",
     "platelets < 75 × 10⁹/L, needs more than 100 × 10⁹/L, measured 2026-11-10, 10 days ago", "more than 25 × 10⁹/L"),
    (lab("hemoglobin", "75-85 g/L", "2026-11"), START, "I11a",
     "hemoglobin 75-85 g/L, needs more than 90 g/L, measured 2026-11", "5 to 15 g/L"),
    (lab("ECOG performance status", "> 1"), START, "I3",
     "ECOG performance status > 1, needs at most 1, measured 2026-11-10, 10 days ago", "at least 1"),
    (lab("creatinine", "1.71 mg/dL"), CHICAGO, "E7a",
     "creatinine 1.71 mg/dL, needs at most 1.696 mg/dL (150 µmol/L), measured 2026-11-10, 10 days ago", "0.014 mg/dL"),
    (lab("fasting glucose", "11.0 mmol/l", more=", upper_limit: 99 mg/dL"), CHICAGO, "E11",
     "fasting glucose 11.0 mmol/l, needs at most 10.987 mmol/l (2 × the upper limit of normal 99 mg/dL), measured "
     "2026-11-10, 10 days ago", "0.013 mmol/l"),
    (lab("INR", "1.6", "2026-08-22"), CHICAGO, "E6b",
     "INR 1.6, needs at most 1.5, measured 2026-08-22, 90 days ago", "0.1"),
    (lab("INR", "1.6", "2026-08-21"), CHICAGO, "E6b", "INR 1.6, needs at most 1.5, measured 2026-08-21", "0.1"),
    (lab("hemoglobin", "79.9 g/L"), CHICAGO, "E8a",
     "hemoglobin 79.9 g/L, needs at least 80.57 g/L (5.0 mmol/L), measured 2026-11-10, 10 days ago", "0.67 g/L"),
    (lab("neutrophils", "1.4 10*9/L"), START, "E4",
     "neutrophils 1.4 × 10⁹/L, needs at least 1.5 × 10⁹/L, measured 2026-11-10, 10 days ago", "0.1 × 10⁹/L"),
    (lab("Ki-67 index", "21 %", "2024"), CHICAGO, "E1", "Ki-67 index 21 %, needs at most 20 %, measured 2024", "1 %"),
    ("imaging: [{procedure: 68Ga-DOTATATE PET/CT, date: 2026-10-01, krenning: 1}]", CHICAGO, "I4a",
     "68Ga-DOTATATE PET/CT with Krenning score 1, needs a Krenning score of at least 3, scanned 2026-10-01, 50 "
     "days ago", "2"),
    ("imaging: [{procedure: 68Ga-DOTATATE PET/CT, date: 2026-10-01, extent: minority}]", CHICAGO, "I4b",
     "68Ga-DOTATATE PET/CT with uptake in a minority of the lesions, needs uptake in at least a majority of the "
     "lesions, scanned 2026-10-01, 50 days ago", ""),
    ("born: 2009-01-05", START, "I1", "age 17 years, born 2009-01-05, needs at least 18 years: 46 days", "46 days"),
    ("born: 2008-11-21", START, "I1", "age 17 years, born 2008-11-21, needs at least 18 years: 1 day", "1 day"),
    ("born: 2008-12", START, "I1",
     "age 17 years, born 2008-12, needs at least 18 years: 11 to 41 days", "11 to 41 days"),
    ("planned_start: 2026-12-01\ntreatments: [{agent: everolimus, started: 2025-01, ended: 2026-11-07}]", START, "I7",
     "everolimus, last day 2026-11-07, needs to have ended on or before 2026-11-03 (four weeks before the planned "
     "start of study treatment): 4 days", "4 days"),
    ("treatments: [{agent: transarterial embolization, date: 2025-12}]", CHICAGO, "E2b",
     "transarterial embolization, 2025-12, needs to have ended before 2025-11-20 (twelve months before the index "
     "day): 12 to 42 days", "12 to 42 days"),
    ("treatments: [{agent: sunitinib, started: 2026-01, ongoing: true}]", START, "I7",
     "sunitinib, ongoing, needs to end", ""),
    ("planned_start: 2027-01-11\ntreatments: [{agent: sunitinib, started: 2026-01, ongoing: true}]", START, "I7",
     "sunitinib, ongoing, must end by 2026-12-14 (four weeks before the planned start of study treatment)", ""),
    ("findings: [{concept: radiological progression, date: 2024-11-19}]", START, "I6a",
     "radiological progression, 2024-11-19, needs to lie on or after 2024-11-20 (24 months before the index day "
     "2026-11-20): 1 day", "1 day"),
    ("findings: [{concept: pancreatic neuroendocrine tumor G3, date: 2024-05-20}]", CHICAGO, "E1",
     "pancreatic neuroendocrine tumor G3, 2024-05-20", ""),
    ("complete: [conditions]\nfindings: [{concept: gastric neuroendocrine tumor, date: 2024-05},\n"
     "  {concept: breast carcinoma, date: 2010}, {concept: liver metastases, date: 2026-01}]", CHICAGO, "I1",
     "gastric neuroendocrine tumor, 2024-05, needs pancreatic neuroendocrine tumor on record", ""),
    ("complete: [conditions]\nfindings: [{concept: pancreatic neuroendocrine tumor, date: 2024}]", CHICAGO, "I1",
     "no liver metastases on record, declared complete as of 2026-11-20", ""),
    ("findings: [{concept: written informed consent, presence: absent, date: 2026-11-10}]", START, "I2",
     "written informed consent, recorded: no, 2026-11-10, needs written informed consent on record", ""),
    ("treatments: [{agent: 177Lu-DOTATATE, date: 2020-03-01}]", START, "E2",
     "177Lu-DOTATATE, 2020-03-01, a kind of PRRT", ""),
    ("sex: male\nborn: 1966-05-20\nmeasurements: [{observable: creatinine, value: 200 umol/L, date: 2026-11-10},\n"
     "  {observable: body weight, value: 72 kg, date: 2026-11-10}]", CHICAGO, "E7b",
     "creatinine clearance estimated by Cockcroft and Gault 35.36 mL/min (from age 60 years, body weight 72 kg and "
     "creatinine 200 µmol/L), needs at least 50 mL/min, measured 2026-11-10, 10 days ago", "14.64 mL/min"),
    ("measurements: [{observable: albumin, value: 29 g/L, date: 2026-11-10},\n"
     "  {observable: prothrombin time, value: 16 s, lower_limit: 10 s, upper_limit: 13 s, date: 2026-11-10}]",
     CHICAGO, "E6c",
     "albumin 29 g/L, needs at least 30 g/L (3.0 g/dL), measured 2026-11-10, 10 days ago; together with "
     "prothrombin time 16 s",
     "1 g/L"),
]  # fmt: skip


@pytest.mark.parametrize(("patient", "trial", "clause", "text", "distance"), TEXTS)
def test_the_obstacle_in_words(judge: Judge, patient: str, trial: str, clause: str, text: str, distance: str) -> None:
    """Datum, demand and age of the datum in one phrase; the distance in the unit of the source."""
    found = of(judge(patient), trial, clause)
    assert [(each.text, each.distance) for each in found] == [(text, distance)]


def test_every_field(judge: Judge) -> None:
    """What a program reads of an obstacle."""
    (found,) = of(judge(lab("platelets", "96 10*9/L")), START, "I11")
    assert found.to_json() == {
        "clause": "I11", "part": "I11b", "datum": "platelets 96 × 10⁹/L", "needs": "more than 100 × 10⁹/L",
        "text": "platelets 96 × 10⁹/L, needs more than 100 × 10⁹/L, measured 2026-11-10, 10 days ago",
        "distance": "4 × 10⁹/L",
        "concept": "Platelets", "records": ["measurements[0]"], "days_ago": 10, "lifted_by": "record", "clears": None,
        "then": None, "near": 0.04,
    }  # fmt: skip


TWO_DRUGS = """\
treatments: [{agent: everolimus, started: 2025-01, ended: 2026-11-07},
  {agent: sunitinib, started: 2026-01, ongoing: true},
  {agent: octreotide, started: 2020, ongoing: true}, {agent: capecitabine, started: 2024-01, ended: 2025-02-01}]
"""
LOW = """\
measurements: [{observable: neutrophils, value: 1.2 10*9/L, date: 2026-11-10},
  {observable: platelets, value: 90 10*9/L, date: 2026-11-10}]
treatments: [{agent: brivudine, started: 2026-01, ended: 2026-10-24}]
"""
LESIONS = """\
complete: [imaging]
measurements: [{observable: longest lesion diameter, value: 6 mm, date: 2026-11-10},
  {observable: longest lesion diameter, value: 9 mm, date: 2026-11-10}]
"""
TWICE = """\
measurements: [{observable: platelets, value: 90 10*9/L, date: 2026-11-10},
  {observable: platelets, value: 96 10*9/L, date: 2026-11-10}]
"""
CANCERS = "findings: [{concept: breast carcinoma, date: 2015}, {concept: colorectal carcinoma, date: 2018}]"
DENIED = """\
complete: [conditions]
findings: [{concept: pancreatic neuroendocrine tumor, date: 2024}, {concept: liver metastases, date: 2025-01-05},
  {concept: liver metastases, presence: absent, date: 2026-01-05}]
"""

SEVERAL = [
    (TWO_DRUGS, START, "I7", ["everolimus, last day 2026-11-07", "sunitinib, ongoing"], "each drug must be washed out"),
    (LOW, START, "E4", ["platelets 90 × 10⁹/L", "neutrophils 1.2 × 10⁹/L", "brivudine, last day 2026-10-24"],
     "each contraindication must go, the nearest first"),
    (TWICE, START, "I11b", ["platelets 96 × 10⁹/L", "platelets 90 × 10⁹/L"], "both values of the day count"),
    (LESIONS, START, "I8", ["longest lesion diameter 9 mm"], "one larger lesion is enough"),
    (CANCERS, CHICAGO, "E16", ["breast carcinoma", "colorectal carcinoma"], "each must be excused"),
    (DENIED, CHICAGO, "I1", ["liver metastases, recorded as absent"], "denied, and missing from a complete list"),
]  # fmt: skip


@pytest.mark.parametrize(("patient", "trial", "clause", "data", "why"), SEVERAL)
def test_independent_causes(judge: Judge, patient: str, trial: str, clause: str, data: list[str], why: str) -> None:
    """One obstacle for each cause that must be lifted, and none that need not be."""
    assert [each.datum for each in of(judge(patient), trial, clause)] == data, why


LIFTED = [
    ("treatments: [{agent: 177Lu-DOTATATE, date: 2020-03-01}]", START, "E2", ["permanent"]),
    ("complete: [conditions]\nfindings: [{concept: ileal neuroendocrine tumor, date: 2024}]", CHICAGO, "I1",
     ["record", "permanent"]),
    (lab("albumin", "20 g/L"), START, "I11", ["record"]),
    ("born: 2009-01-05", START, "I1", ["record"]),
]  # fmt: skip


@pytest.mark.parametrize(("patient", "trial", "clause", "lifted"), LIFTED)
def test_what_lifts_it(judge: Judge, patient: str, trial: str, clause: str, lifted: list[str]) -> None:
    """Each cause of its own: no liver metastases yet may change, the primary site may not."""
    assert [each.lifted_by for each in of(judge(patient), trial, clause)] == lifted


def test_what_time_does_belongs_to_one_cause(judge: Judge) -> None:
    """Of two drugs one is lifted by time; the other, which goes on, says when it would be clear if it were stopped."""
    judgement = judge(TWO_DRUGS)
    day = date(2026, 12, 5).toordinal()
    everolimus, sunitinib = (("I7", ("day", f"treatments[{place}]", "ended", False)) for place in (0, 1))
    lifts = {everolimus: Lift(day, FAILING), sunitinib: Lift(if_stopped=day + 13)}
    assert set(lifts) <= standing(judgement, judgement.clause(START, "I7"))
    grouped = possible_if(obstacles(judgement, START, lifts))
    (one,) = grouped.by_time
    assert (one.datum, one.clears) == ("everolimus, last day 2026-11-07", day)
    assert (one.to_json()["clears"], one.to_json()["then"]) == ("2026-12-05", "failing")
    assert [each.clause for each in grouped.by_record] == ["I7", "E3"]
    assert grouped.by_record[0].text == "sunitinib, ongoing, needs to end; if stopped today, clear from 2026-12-18"
    assert grouped.permanent == ()


def test_nobody_is_kept_out_without_a_reason_and_nobody_else_gets_one(judge: Judge) -> None:
    """A patient of whom nothing is known fails nothing, so nothing is in her way."""
    assert obstacles(judge(), START) == obstacles(judge(), CHICAGO) == ()


@pytest.mark.parametrize(
    ("exact", "op", "decimals", "shown"),
    [
        (Fraction(90) / Fraction("16.114"), ">", 1, Fraction("5.59")),
        (Fraction(90) / Fraction("16.114"), "<", 1, Fraction("5.58")),
        (Fraction(150) / Fraction("88.4"), "<=", 1, Fraction("1.69")),
        (Fraction("80.57"), ">=", 1, Fraction("80.57")),
        (Fraction(2, 3), "<=", 4, Fraction("0.6666")),
        (Fraction(0), "<=", 0, Fraction(0)),
    ],
)
def test_a_limit_is_rounded_to_the_strict_side(exact: Fraction, op: str, decimals: int, shown: Fraction) -> None:
    """Who reaches the limit as shown has reached the true one."""
    assert outwards(exact, op, decimals) == shown
