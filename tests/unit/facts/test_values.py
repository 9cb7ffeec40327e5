"""Quantities are read exactly, held on the grid, and blurred only outwards."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nen_kb.facts.values import (
    EVERYTHING,
    GRID,
    MAX_TEXT,
    NEG_INF,
    POS_INF,
    Quantity,
    Span,
    above,
    below,
    from_grid,
    parse_quantity,
    span,
    to_grid,
)

numbers = st.fractions(min_value=-(10**9), max_value=10**9, max_denominator=10**9)


def quantity(
    low: str | None, high: str | None, unit: str, *, open_low: bool = False, open_high: bool = False
) -> Quantity:
    ends = [None if end is None else Fraction(end) for end in (low, high)]
    return Quantity(ends[0], ends[1], open_low, open_high, unit)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12.1 g/dL", quantity("12.1", "12.1", "g/dL")),
        ("12.1g/dL", quantity("12.1", "12.1", "g/dL")),
        ("41", quantity("41", "41", "")),
        ("= 41", quantity("41", "41", "")),
        (">60", quantity("60", None, "", open_low=True)),
        (">= 3", quantity("3", None, "")),
        ("≥3 %", quantity("3", None, "%")),
        ("≤ 2 mg/dL", quantity(None, "2", "mg/dL")),
        ("< 5", quantity(None, "5", "", open_high=True)),
        ("3-20 %", quantity("3", "20", "%")),
        ("3–20 %", quantity("3", "20", "%")),
        ("3 to 20 %", quantity("3", "20", "%")),
        ("3 % - 20 %", quantity("3", "20", "%")),
        ("> 90 mL/min/1.73m2", quantity("90", None, "mL/min/1.73m2", open_low=True)),
        ("145 x 10^9/L", quantity("145", "145", "x 10^9/L")),
        ("145x10⁹/L", quantity("145", "145", "x10⁹/L")),
        ("145 10*9/L", quantity("145", "145", "10*9/L")),
        ("145*10^9/L", quantity("145", "145", "*10^9/L")),
        ("0.5 x10^9/L", quantity("0.5", "0.5", "x10^9/L")),
        ("3-20 x10^9/L", quantity("3", "20", "x10^9/L")),
        ("145 109/L", quantity("145", "145", "109/L")),
        ("12,1 g/dL", quantity("12.1", "12.1", "g/dL")),
        ("0,512 mmol/L", quantity("0.512", "0.512", "mmol/L")),
        ("1e3 /uL", quantity("1000", "1000", "/uL")),
        ("3e-2 mg/dL", quantity("0.03", "0.03", "mg/dL")),
        ("-3 to -1 mmol/L", quantity("-3", "-1", "mmol/L")),
        ("-5 mmol/L", quantity("-5", "-5", "mmol/L")),
        ("−5 mmol/L", quantity("-5", "-5", "mmol/L")),
        (".5 %", quantity("0.5", "0.5", "%")),
    ],
)
def test_a_quantity_is_read_as_written(text: str, expected: Quantity) -> None:
    assert parse_quantity(text) == expected


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("", "write a number with its unit"),
        ("positive", "write a number with its unit"),
        ("~5", "write a number with its unit"),
        ("1.2.3", "write a number with its unit"),
        ("1,200", "1200 or 1.200"),
        ("1 200 mg/L", "write a number with its unit"),
        ("20-3 %", "smaller number first"),
        ("3 mg/dL - 5 g/dL", "write the unit once"),
        ("> 3-20", "write a number with its unit"),
        (">3 <5", "write a number with its unit"),
        ("10*9/L", "write a number with its unit"),
        ("109/L", "with its number"),
        ("10e9/L", "with its number"),
        ("1" * 41, "round it"),
        ("1e16", "write the number in full"),
        ("1e-99", "write the number in full"),
        ("5" + " " * MAX_TEXT, "write a number with its unit"),
    ],
)
def test_what_cannot_be_read_surely_is_refused_with_a_remedy(text: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        parse_quantity(text)


def test_an_open_end_lies_strictly_between_two_decimals_of_six_places() -> None:
    assert above(Fraction(60)) == 60 * GRID + 5
    assert below(Fraction(60)) == 60 * GRID - 5
    assert to_grid(Fraction(60)) == 60 * GRID
    assert from_grid(60 * GRID + 5) == Decimal("60.0000005")


def test_a_ratio_without_six_places_lies_strictly_between_its_neighbours() -> None:
    assert to_grid(Fraction(1, 3)) == 3333335
    assert to_grid(Fraction(-1, 3)) == -3333335
    assert above(Fraction(1, 3)) == below(Fraction(1, 3)) == 3333335


@pytest.mark.parametrize(
    ("point", "text"),
    [(121 * GRID, "121"), (100 * GRID, "100"), (0, "0"), (12345678, "1.2345678"), (-5, "-0.0000005")],
)
def test_a_grid_number_prints_without_superfluous_zeros(point: int, text: str) -> None:
    assert format(from_grid(point), "f") == text


def test_the_infinities_print_as_such() -> None:
    assert from_grid(POS_INF) == Decimal("Infinity")
    assert from_grid(NEG_INF) == Decimal("-Infinity")


def test_a_value_too_large_for_the_grid_stays_below_infinity() -> None:
    assert to_grid(Fraction(10**30)) == POS_INF - 5
    assert to_grid(Fraction(-(10**30))) == NEG_INF + 5


@pytest.mark.parametrize(
    ("text", "canonical", "equations", "expected"),
    [
        ("12.1 g/dL", "g/L", [], Span(121 * GRID, 121 * GRID)),
        ("> 60 mL/min", "mL/min", [], Span(60 * GRID + 5, POS_INF)),
        ("< 5 %", "%", [], Span(NEG_INF, 5 * GRID - 5)),
        ("3-20 %", "%", [], Span(3 * GRID, 20 * GRID)),
        ("5.0 mmol/L", "g/L", [("mmol/L", Fraction("16.114"))], Span(805700000, 805700000)),
        ("3-20", "%", [], None),
        ("> 5 U/L", "%", [], None),
        ("< 5 U/L", "%", [], None),
    ],
)
def test_a_quantity_becomes_an_interval_of_canonical_units(
    text: str, canonical: str, equations: list[tuple[str, Fraction]], expected: Span | None
) -> None:
    assert span(parse_quantity(text), canonical, equations) == expected


def test_an_interval_cannot_run_backwards() -> None:
    with pytest.raises(ValueError, match="begin"):
        Span(2, 1)
    assert Span(NEG_INF, POS_INF) == EVERYTHING
    assert Span(7, 7).exact
    assert not EVERYTHING.exact


@given(st.text(max_size=60) | st.text(alphabet="0123456789.,-–+<>=≤ eExto%gL/^*()²⁹", max_size=40))
def test_reading_any_text_gives_a_quantity_or_a_value_error(text: str) -> None:
    try:
        read = parse_quantity(text)
    except ValueError as error:
        message = str(error)
    else:
        message = ""
        assert read.low is not None or read.high is not None
        assert read.low is None or read.high is None or read.low <= read.high
    assert not message or "; " in message, "the message says what to do"


@given(st.decimals(min_value=-(10**6), max_value=10**6, places=6))
def test_a_decimal_of_six_places_survives_the_grid(number: Decimal) -> None:
    point = to_grid(Fraction(number))
    assert point % 10 == 0
    assert from_grid(point) == number


@given(numbers, numbers)
def test_the_grid_keeps_the_order(one: Fraction, other: Fraction) -> None:
    low, high = sorted((one, other))
    assert to_grid(low) <= to_grid(high)
    assert above(low) <= above(high)
    assert below(low) <= below(high)


@given(numbers, st.decimals(min_value=-(10**6), max_value=10**6, places=6))
def test_comparing_with_a_limit_of_six_places_is_exact(value: Fraction, limit: Decimal) -> None:
    point, bound = to_grid(value), to_grid(Fraction(limit))
    assert (point < bound) == (value < Fraction(limit))
    assert (point > bound) == (value > Fraction(limit))


@given(numbers)
def test_blurring_widens(value: Fraction) -> None:
    """Whatever surely holds of a blurred value held of the exact one."""
    assert below(value) <= to_grid(value) <= above(value)
    number = f"{float(round(value, 3)):.3f}"
    exact = span(parse_quantity(f"{number} %"), "%")
    assert exact is not None
    for text in (
        f">= {number} %",
        f"<= {number} %",
        f"{number} to 2000000000 %",
        f"-2000000000 to {number} %",
    ):
        blurred = span(parse_quantity(text), "%")
        assert blurred is not None
        assert blurred.low <= exact.low <= exact.high <= blurred.high
