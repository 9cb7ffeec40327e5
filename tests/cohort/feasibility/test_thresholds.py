"""Which numbers a clause rests on, and how one is replaced."""

from __future__ import annotations

import pytest
from case_runs import knowledge

from nen_kb.cohort.feasibility.reach import numbers_behind
from nen_kb.cohort.feasibility.thresholds import read_threshold, tried
from nen_kb.errors import UsageError
from nen_kb.explain.nearness.obstacles import of_clause
from nen_kb.facts.values import GRID
from nen_kb.rules.ir import Comparison, Constant


@pytest.mark.parametrize(
    ("clause", "numbers"),
    [
        ("I11a", ["90 g/L"]),
        ("I2", []),
        ("I7", ["28 days", "0"]),
        ("I6", ["24 months", "1 months"]),
        ("I10", ["50", "7"]),
        ("E2", ["0"]),
    ],
)
def test_numbers_of_a_clause(clause: str, numbers: list[str]) -> None:
    """Those of its own rules, of shared rules, and of the policy it reads; none of another laboratory value."""
    found = numbers_behind(knowledge().program, "START-NET", clause)
    assert list(dict.fromkeys(number.text for number in found)) == numbers


@pytest.mark.parametrize(
    ("text", "value", "affects"),
    [
        ("START-NET:I11a 90 g/L = 80 g/L", 80 * GRID, ["START-NET I11a"]),
        ("i11a 90 = 8.05 g/dL", 805 * GRID // 10, ["START-NET I11a"]),
        ("I11B 100 10*9/L=75", 75 * GRID, ["START-NET I11b"]),
        ("NCT05387603:I1 18 = 16", 16 * GRID, ["START-NET I1"]),
        ("START-NET:I7 28 days = 14", 14, ["NCT05610826 I6", "START-NET I7"]),
        ("NCT05610826:E3 12 months = 6 months", 6, ["NCT05610826 E2b", "NCT05610826 E3"]),
        ("START-NET:E2 0 = 7", 7, None),
    ],
)
def test_a_number_replaced(text: str, value: int, affects: list[str] | None) -> None:
    """In the unit the rule counts in, in both rules of the clause, and in every clause that shares the rule."""
    program = knowledge().program
    threshold = read_threshold(text, program, knowledge().trials)
    made = tried(program, [threshold])
    assert set(threshold.values) == {value}
    places = {number.place for number in threshold.numbers}
    for old, new in zip(program.rules, made.program.rules, strict=True):
        assert (old == new) == (old.place not in places)
    if affects is not None:
        assert [" ".join(each) for each in made.clauses] == affects
    else:
        assert len(made.clauses) > 10


def test_both_sides_of_a_limit_change() -> None:
    """Met above it and unmet at most it: no value is on both sides, none between."""
    program = knowledge().program
    made = tried(program, [read_threshold("I11a 90 = 95.5", program, knowledge().trials)])
    limits = [
        (item.op, item.right.value, item.right.text)
        for rule in made.program.rules
        if rule.place.clause == "START-NET I11a"
        for item in rule.body
        if isinstance(item, Comparison) and isinstance(item.right, Constant)
    ]
    assert limits == [(">", 955 * GRID // 10, "95.5"), ("<=", 955 * GRID // 10, "95.5")]


def clauses_of(text: str) -> list[tuple[str, str]]:
    """The clauses of the numbers that a threshold replaces, with the numbers as written."""
    found = read_threshold(text, knowledge().program, knowledge().trials).numbers
    return sorted({(number.place.clause, number.text) for number in found})


def test_a_number_that_means_two_things() -> None:
    """Leukocytes of 3 and 3 × ULN are told apart by part or unit; 3 mg/dL and 3 × ULN of one part by the unit."""
    with pytest.raises(UsageError, match=r"Name the part, or write the unit: I11c 3.0 10\*9/L, I11e 3, I11f 3"):
        clauses_of("I11 3 = 5")
    assert clauses_of("I11 3 10*9/L = 2") == [("START-NET I11c", "3.0 10*9/L")]
    assert clauses_of("I11e 3 = 5") == [("START-NET I11e", "3")]
    assert clauses_of("E6a 3 = 4") == [("NCT05610826 E6a", "3")]
    assert clauses_of("E6a 3 mg/dL = 4") == [("NCT05610826 E6a", "3 mg/dL")]


def test_the_distance_as_a_number() -> None:
    """In the canonical unit, although the source wrote another; of a washout in days."""
    patient = knowledge().patient("test", sex="female", born="1970-01-01", index_date="2026-11-20")
    patient.measurement("hemoglobin", "8.5 g/dL", date="2026-11-10")
    patient.treatment("everolimus", started="2026-01-01", ended="2026-11-10")
    judgement = knowledge().eligibility(patient, "START-NET").judgement
    (low,) = of_clause(judgement, judgement.clause("START-NET", "I11"), {})
    assert (low.short, low.unit, low.distance) == (5, "g/L", "0.5 g/dL")
    (recent,) = of_clause(judgement, judgement.clause("START-NET", "I7"), {})
    assert (recent.short, recent.unit, recent.distance) == (18, "d", "18 days")
