"""Built-ins: published worked examples, enclosure of every point inside, and honest infinity."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from math import exp, log
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST
from nen_kb.facts.values import NEG_INF, POS_INF
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.formulas import ONE, PRECISION


def grid(value: str | int) -> int:
    """A decimal as ten-millionths."""
    scaled = Decimal(value) * ONE
    assert scaled == int(scaled)
    return int(scaled)


def compute(name: str, *inputs: Any) -> Any:
    """Calls a built-in with decimals for points: each number is both ends."""
    values: list[Any] = []
    for each in inputs:
        values += [each] if each in ("Male", "Female") else [grid(each)] * 2
    return BUILTINS[name].function(*values)


# ── published worked examples ───────────────────────────────────────────────


@pytest.mark.parametrize(
    ("age", "kg", "creatinine", "sex", "expected"),
    [
        ("25", "60", "88.4", "Female", "81.46"),  # transplantr: 25 years, 60 kg, 88.4 µmol/L
        ("40", "80", "88.4", "Male", "111"),  # clinPK: 40 years, 80 kg, 1.0 mg/dL
        ("70", "75", "110", "Male", "58.6"),  # preregexamprep gives 58.7 with the rounded SI factor 1.23
    ],
)
def test_cockcroft_gault_published(age: str, kg: str, creatinine: str, sex: str, expected: str) -> None:
    """The form with mg/dL gives the published clearances."""
    low, high = compute("cockcroft_gault", age, sex, kg, creatinine)
    digits = len(expected.partition(".")[2])
    assert round(Decimal(low) / ONE, digits) == round(Decimal(high) / ONE, digits) == Decimal(expected)


def test_body_surface_published() -> None:
    """clinPK: 111 mL/min at 180 cm and 80 kg are 96 mL/min/1.73 m²."""
    clearance = compute("cockcroft_gault", "40", "Male", "80", "88.4")
    low, high = BUILTINS["to_body_surface"].function(*clearance, grid(180), grid(180), grid(80), grid(80))  # type: ignore[misc]
    assert round(low / ONE) == round(high / ONE) == 96


@pytest.mark.parametrize(
    ("sex", "creatinine", "age", "expected"),
    [
        ("Female", "50", "40", "109.3"),
        ("Female", "70", "60", "74.7"),
        ("Male", "80", "60", "79.3"),
        ("Female", "150", "60", "28.4"),  # where the second piece begins
        ("Male", "180", "60", "30.1"),
        ("Male", "200", "70", "25.0"),
        ("Female", "200", "70", "19.9"),
    ],
)
def test_lmr18(sex: str, creatinine: str, age: str, expected: str) -> None:
    """Both pieces of the formula for both sexes."""
    low, high = compute("lmr18", age, sex, creatinine)
    assert round(Decimal(low) / ONE, 1) == round(Decimal(high) / ONE, 1) == Decimal(expected)


@pytest.mark.parametrize(
    ("cystatin", "age", "expected"), [("0.8", "40", "100.2"), ("1.0", "60", "73.5"), ("1.5", "70", "44.3")]
)
def test_capa(cystatin: str, age: str, expected: str) -> None:
    """130 × cystatin^-1.069 × age^-0.117 − 7."""
    low, high = compute("capa", age, cystatin)
    assert round(Decimal(low) / ONE, 1) == round(Decimal(high) / ONE, 1) == Decimal(expected)


def test_exact_results_are_not_widened() -> None:
    """A result on a multiple of 0.001 is one point: rounding outwards adds nothing to what is exact."""
    assert compute("cockcroft_gault", "50", "Male", "72", "88.4") == (grid(90), grid(90))
    assert compute("capa", "1", "1") == (grid(123), grid(123))


def test_results_are_rounded_outwards() -> None:
    """A third of a millilitre lies between two steps of 0.001."""
    assert compute("cockcroft_gault", "139", "Male", "24", "88.4") == (grid("0.333"), grid("0.334"))


# ── a point inside the inputs maps inside the output ────────────────────────


@st.composite
def enclosed(draw: Any, least: int = 1, most: int = 3000) -> tuple[int, int, int]:
    """Low, a point between, and high, in tenths of the unit; ends may be open by half a grid step."""
    low, point, high = sorted(draw(st.lists(st.integers(least, most), min_size=3, max_size=3)))
    tenth = ONE // 10
    low_end = low * tenth + (5 if low < point and draw(st.booleans()) else 0)
    return low_end, point * tenth, high * tenth - (5 if high > point and draw(st.booleans()) else 0)


INPUTS = {
    "cockcroft_gault": (enclosed(0, 1390), st.sampled_from(["Male", "Female"]), enclosed(), enclosed()),
    "lmr18": (enclosed(180, 1200), st.sampled_from(["Male", "Female"]), enclosed()),
    "capa": (enclosed(1, 1200), enclosed(1, 200)),
    "to_body_surface": (enclosed(-300, 3000), enclosed(), enclosed()),
    "from_body_surface": (enclosed(-300, 3000), enclosed(), enclosed()),
    "mean": (enclosed(-300, 3000), enclosed(-300, 3000)),
}


def lmr18(age: float, sex: str, creatinine: float) -> float:
    """The formula as published, in floats."""
    start, slope, turn = (2.50, 0.0121, 150) if sex == "Female" else (2.56, 0.00968, 180)
    x = start + slope * (turn - creatinine) if creatinine < turn else start - 0.926 * log(creatinine / turn)
    return exp(x - 0.0158 * age + 0.438 * log(age))


def surface(cm: float, kg: float) -> float:
    """DuBois, in floats."""
    return float(0.007184 * kg**0.425 * cm**0.725)


REFERENCE: dict[str, Callable[..., float]] = {
    "cockcroft_gault": lambda age, sex, kg, creatinine: (
        (140 - age) * kg / (72 * creatinine / 88.4) * (0.85 if sex == "Female" else 1)
    ),
    "lmr18": lmr18,
    "capa": lambda age, cystatin: 130 * cystatin**-1.069 * age**-0.117 - 7,
    "to_body_surface": lambda clearance, cm, kg: clearance * 1.73 / surface(cm, kg),
    "from_body_surface": lambda clearance, cm, kg: clearance * surface(cm, kg) / 1.73,
    "mean": lambda first, second: (first + second) / 2,
}


@pytest.mark.parametrize("name", sorted(INPUTS))
def test_encloses_points(name: str) -> None:
    """What the formula gives for a point lies inside the result of the intervals around that point."""
    function = BUILTINS[name].function

    @settings(max_examples=150, deadline=None)
    @given(st.tuples(*INPUTS[name]))
    def check(drawn: tuple[Any, ...]) -> None:
        ends: list[Any] = []
        point: list[Any] = []
        for each in drawn:
            ends += [each] if isinstance(each, str) else [each[0], each[2]]
            point += [each] if isinstance(each, str) else [each[1], each[1]]
        low, high = function(*ends)  # type: ignore[misc]
        point_low, point_high = function(*point)  # type: ignore[misc]
        assert low <= point_low <= point_high <= high
        assert point_high - point_low <= PRECISION
        numbers = [each if isinstance(each, str) else each[1] / ONE for each in drawn]
        expected = REFERENCE[name](*numbers)
        slack = 1e-9 * max(1.0, abs(expected))
        assert point_low / ONE - slack <= expected <= point_high / ONE + slack

    check()


def test_lmr18_peaks_at_27_years() -> None:
    """Over an interval of ages around 27.72 years the highest estimate is inside, not at an end."""
    function = BUILTINS["lmr18"].function
    around = function(grid(20), grid(40), "Female", grid(70), grid(70))
    ends = [function(grid(age), grid(age), "Female", grid(70), grid(70)) for age in (20, 40)]
    peak = function(grid("27.721518"), grid("27.721519"), "Female", grid(70), grid(70))
    assert around is not None
    assert around[0] == min(low for low, _ in ends)  # type: ignore[misc]
    assert around[1] == peak[1] > max(high for _, high in ends)  # type: ignore[misc, index]


# ── what is unbounded, unusable or not defined ──────────────────────────────


def test_unbounded_inputs_unbound_their_side() -> None:
    """`> 90` µmol/L bounds the clearance from above only; an unusable creatinine bounds nothing."""
    function = BUILTINS["cockcroft_gault"].function
    others = (grid(60), grid(60), "Male", grid(80), grid(80))
    known = function(*others, grid(90), grid(90))
    assert function(*others, grid(90), POS_INF) == (NEG_INF, known[1])  # type: ignore[index]
    assert function(*others, NEG_INF, grid(90)) == (known[0], POS_INF)  # type: ignore[index]
    assert function(*others, 0, grid(90)) == (known[0], POS_INF)  # type: ignore[index]
    assert function(*others, NEG_INF, POS_INF) == (NEG_INF, POS_INF)


@pytest.mark.parametrize("name", ["lmr18", "capa", "to_body_surface", "from_body_surface", "mean"])
def test_unusable_inputs_give_everything(name: str) -> None:
    """Where every input could be anything, so could the result."""
    inputs = [POS_INF if position % 2 else NEG_INF for position in range(len(BUILTINS[name].inputs))]
    if name == "lmr18":
        inputs = [grid(60), grid(60), "Male", NEG_INF, POS_INF]  # type: ignore[list-item]
    assert BUILTINS[name].function(*inputs) == (NEG_INF, POS_INF)


def test_unknown_sex_gives_no_row() -> None:
    """A formula that needs the sex says nothing without it."""
    assert BUILTINS["cockcroft_gault"].function(grid(60), grid(60), "Other", ONE, ONE, ONE, ONE) is None
    assert BUILTINS["lmr18"].function(grid(60), grid(60), "Other", ONE, ONE) is None


def test_minors_and_extreme_ages_are_not_guessed() -> None:
    """Below 18 years LMR18 first adjusts the creatinine; from 140 on Cockcroft-Gault says nothing."""
    assert BUILTINS["lmr18"].function(grid(17), grid(30), "Male", grid(80), grid(80)) == (NEG_INF, POS_INF)
    low, high = BUILTINS["cockcroft_gault"].function(grid(50), grid(140), "Male", ONE, ONE, ONE, ONE)  # type: ignore[misc]
    assert low == NEG_INF
    assert high < POS_INF


# ── comparisons, means and days ─────────────────────────────────────────────


@pytest.mark.parametrize(
    ("low", "high", "is_below", "is_at_most"),
    [
        (grid("2.9"), grid("2.9"), (1, 1), (1, 1)),
        (grid(3), grid(3), (0, 0), (1, 1)),
        (grid("3.1"), grid("3.1"), (0, 0), (0, 0)),
        (grid(2), grid(3), (0, 1), (1, 1)),
        (grid(3), grid(4), (0, 0), (0, 1)),
        (grid(2), grid(4), (0, 1), (0, 1)),
        (NEG_INF, grid(3) - 5, (1, 1), (1, 1)),  # < 3
        (grid(3) + 5, POS_INF, (0, 0), (0, 0)),  # > 3
        (NEG_INF, POS_INF, (0, 1), (0, 1)),
    ],
)
def test_below_and_at_most(low: int, high: int, is_below: tuple[int, int], is_at_most: tuple[int, int]) -> None:
    """The truth of a comparison with 3: surely, surely not, or open."""
    assert BUILTINS["below"].function(low, high, grid(3)) == (ONE * is_below[0], ONE * is_below[1])
    assert BUILTINS["at_most"].function(low, high, grid(3)) == (ONE * is_at_most[0], ONE * is_at_most[1])


def test_mean_is_exact_on_the_grid() -> None:
    """Half of an odd sixth place lies strictly between two grid points, which the seventh digit 5 says."""
    assert BUILTINS["mean"].function(grid(1), grid(2), grid(2), grid(4)) == (grid("1.5"), grid(3))
    assert BUILTINS["mean"].function(10, 10, 20, 20) == (15, 15)
    assert BUILTINS["mean"].function(15, 15, 20, 20) == (15, 20)


def test_days_before_and_months_before() -> None:
    """28 days, months clamped to their end, leap years, the edges of the calendar; negative counts give no row."""
    day = date(2026, 3, 31).toordinal()
    assert BUILTINS["days_before"].function(day, 28) == (date(2026, 3, 3).toordinal(),)
    assert BUILTINS["months_before"].function(day, 1) == (date(2026, 2, 28).toordinal(),)
    assert BUILTINS["months_before"].function(date(2028, 3, 31).toordinal(), 1) == (date(2028, 2, 29).toordinal(),)
    assert BUILTINS["months_before"].function(day, 24) == (date(2024, 3, 31).toordinal(),)
    assert BUILTINS["days_before"].function(FAR_PAST, 1) == (FAR_PAST,)
    assert BUILTINS["months_before"].function(FAR_PAST, 1) == (FAR_PAST,)
    assert BUILTINS["months_before"].function(FAR_FUTURE, 0) == (FAR_FUTURE,)
    assert BUILTINS["days_before"].function(day, -1) is None
    assert BUILTINS["months_before"].function(day, -1) is None


def test_earlier() -> None:
    """Of two imprecise days, the earlier one begins and ends with whichever begins and ends first."""
    assert BUILTINS["earlier"].function(1, 9, 3, 5) == (1, 5)


def test_columns_of_every_builtin_are_inputs_or_outputs() -> None:
    """Every column is exactly one of the two, inputs before outputs, and everything published has a source."""
    for builtin in BUILTINS.values():
        columns = (*builtin.inputs, *builtin.outputs)
        assert columns == tuple(range(len(columns)))
        assert builtin.formula
    assert all(BUILTINS[name].source for name in ("cockcroft_gault", "lmr18", "capa", "to_body_surface"))
