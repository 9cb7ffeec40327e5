"""Numbers, days and limits in words."""

from __future__ import annotations

from datetime import date

import pytest

from nen_kb.explain import describe, wording
from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST
from nen_kb.facts.values import GRID, NEG_INF, POS_INF
from nen_kb.rules.ir import Constant, Kind


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal()


@pytest.mark.parametrize(
    ("low", "high", "unit", "text"),
    [
        (121 * GRID, 121 * GRID, "g/L", "121 g/L"),
        (GRID // 2, GRID // 2, "1", "0.5"),
        (3 * GRID, 20 * GRID, "%", "3 to 20 %"),
        (60 * GRID + 5, POS_INF, "mL/min/{1.73_m2}", "more than 60 mL/min/1.73 m²"),
        (60 * GRID, POS_INF, "g/L", "at least 60 g/L"),
        (NEG_INF, 5 * GRID - 5, "10*9/L", "less than 5 × 10⁹/L"),
        (NEG_INF, 5 * GRID, "g/L", "at most 5 g/L"),
        (NEG_INF, POS_INF, "g/L", "no usable value"),
        (11_714_285, 11_714_285, "1", "1.17"),
        (29_971_425, 29_971_425, "1", "2.997"),
        (30_000_005, 30_000_005, "1", "just above 3"),
        (29_999_995, 29_999_995, "1", "just below 3"),
        (0, 29_999_995, "1", "0 to just below 3"),
        (624_800_000, 624_810_000, "mL/min", "62.48 mL/min"),
        (674_140_000, 674_150_000, "mL/min", "67.4 mL/min"),
    ],
)
def test_span(low: int, high: int, unit: str, text: str) -> None:
    """Open ends are words, ratios three digits, and a range that rounding made is one number."""
    assert describe.span(low, high, unit) == text


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (day("2026-11-10"), day("2026-11-10"), "2026-11-10"),
        (day("2024-02-01"), day("2024-02-29"), "2024-02"),
        (day("2024-01-01"), day("2024-12-31"), "2024"),
        (day("2024-05-02"), day("2024-06-10"), "between 2024-05-02 and 2024-06-10"),
        (FAR_PAST, day("2024-06-10"), "2024-06-10 or earlier"),
        (day("2024-06-10"), FAR_FUTURE, "2024-06-10 or later"),
        (FAR_PAST, FAR_FUTURE, "an unknown day"),
    ],
)
def test_days(first: int, last: int, text: str) -> None:
    """A month or year reads as such; nothing invented ever stands for an unknown end."""
    assert describe.days(first, last) == text


@pytest.mark.parametrize(
    ("constant", "unit", "text"),
    [
        (Constant(90 * GRID, Kind.VALUE, "'90 g/L'"), "g/L", "90 g/L"),
        (Constant(30 * GRID, Kind.VALUE, "'3.0 g/dL'"), "g/L", "3.0 g/dL (30 g/L)"),
        (Constant(50 * GRID, Kind.VALUE, "50"), "mL/min", "50 mL/min"),
        (Constant(3 * GRID, Kind.VALUE, "3"), "1", "3"),
    ],
)
def test_limit(constant: Constant, unit: str, text: str) -> None:
    """A limit stands as the protocol writes it, converted in parentheses if its unit is another."""
    assert describe.limit(constant, unit) == text


def test_converted_only_where_it_was() -> None:
    """The canonical value stands beside one in another unit, and only there."""
    from nen_kb.facts.values import Span

    value = Span(121 * GRID, 121 * GRID)
    assert describe.converted("12.1 g/dL", value, "g/L") == "121 g/L"
    assert describe.converted("121 g/L", value, "g/L") == ""
    assert describe.converted("121 g/L", None, "g/L") == ""


def test_sentences_as_parts() -> None:
    """A sentence of the rules loses its full stop and its capital, a name keeps it."""
    assert wording.lower_first("Some record could be it.") == "some record could be it"
    assert wording.lower_first("NET is meant.") == "NET is meant"
    assert wording.listed(["a", "b", "c"]) == "a, b and c"


@pytest.mark.parametrize(
    ("original", "text"),
    [
        ("74 10*9/L", "74 × 10⁹/L"),
        ("3.1 x10^9/L", "3.1 × 10⁹/L"),
        ("3.1 K/uL", "3.1 K/µL"),
        ("75000 /mm3", "75000/mm³"),
        ("151 umol/L", "151 µmol/L"),
        ("41 U/L", "41 U/L"),
        ("> 90 mL/min/1.73m2", "> 90 mL/min/1.73 m²"),
        ("<= 20 %", "≤ 20 %"),
        ("21 /2 mm2", "21 per 2 mm²"),
        ("unknown", "unknown"),
    ],
)
def test_as_written(original: str, text: str) -> None:
    """The number is that of the source; only signs are set as print has them."""
    assert describe.as_written(original) == text


def test_kinds() -> None:
    """What is said of one class stands in one sentence."""
    steps = [
        wording.kind_of("lymphoma", "malignancy"),
        wording.no_kind_of("lymphoma", "NET"),
        wording.no_kind_of("lymphoma", "NEC"),
    ]
    assert wording.kinds(steps) == "lymphoma: a kind of malignancy; not a kind of NET or NEC"
