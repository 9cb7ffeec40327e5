"""Units are understood as laboratories write them, converted exactly, and never guessed."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nen_kb.units import MAX_UNIT_TEXT, convert, parse_unit

SPELLINGS = {
    ("mass/volume", Fraction(1)): ["g/L", "g/l", "mg/mL"],
    ("mass/volume", Fraction(10)): [
        "g/dL", "g/dl", "G/DL", "G/dL", "gm/dl", "gm/dL", "GM/DL", "g%", "gm %", "g/100 mL",
    ],
    ("mass/volume", Fraction(1, 100)): ["mg/dL", "MG/DL", "mg/dl", "Mg/dL", "mg%"],
    ("mass/volume", Fraction(1, 10**3)): ["mg/L", "MG/L", "ug/mL", "mcg/mL"],
    ("mass/volume", Fraction(1, 10**6)): ["ng/mL", "NG/ML", "ug/L", "µg/L"],
    ("substance/volume", Fraction(1, 10**6)): [
        "umol/L", "µmol/L", "μmol/l", "mcmol/L", "UMOL/L", "micromol/L",
    ],
    ("substance/volume", Fraction(1, 10**3)): ["mmol/L", "mmol/l", "MMOL/L"],
    ("catalytic/volume", Fraction(1, 60 * 10**6)): [
        "U/L", "u/l", "IU/L", "[iU]/L", "[IU]/L", "Units/L", "unit/L", "unit(s)/L",
    ],
    ("catalytic/volume", Fraction(1, 10**6)): ["ukat/L", "µkat/L", "μkat/l"],
    ("catalytic/volume", Fraction(1, 10**9)): ["nkat/L"],
    ("count/volume", Fraction(10**9)): [
        "10*9/L", "10*9/l", "10^9/L", "10**9/L", "x10^9/L", "x 10^9/L", "x 10^9 / L", "x109/L", "109/L",
        "10e9/L",
        "10E9/L", "10⁹/L", "×10⁹/L", "10(9)/L", "10*9 cells/L", "E9/L", "G/L", "G/l", "Gpt/L", "10*3/uL",
        "10*3/µL",
        "K/uL", "k/uL", "K/mcL", "K/MM3", "K/mm3", "k/mm cu", "K/CMM", "K/cmm", "10E3/mcL", "10(3)/mcL",
        "x10(3)/mcL",
        "x10 3/uL", "thou/uL", "THOU/UL", "thou/cumm", "th/uL", "TH/cmm", "THS/uL", "10^3/mm3", "10^3/mm³",
        "1000/uL",
    ],
    ("count/volume", Fraction(10**12)): ["M/uL", "M/mm3", "10*12/L", "10*6/uL", "T/L", "mill/uL"],
    ("count/volume", Fraction(10**6)): [
        "/uL", "cells/uL", "/mm3", "/mm³", "cells/mcL", "/cu mm", "/cumm", "#/uL",
    ],
    ("ratio", Fraction(1, 100)): ["%", " %", "percent"],
    ("mass", Fraction(1000)): ["kg", "KG", "Kg"],
    ("mass", Fraction(1)): ["g", "gram"],
    ("mass", Fraction("453.59237")): ["lb", "[lb_av]", "lbs"],
    ("length", Fraction(1, 100)): ["cm", "CM"],
    ("length", Fraction(1)): ["m"],
    ("length", Fraction(1, 1000)): ["mm"],
    ("length", Fraction("0.0254")): ["in", "[in_i]", "inches"],
    ("time", Fraction(1)): ["s", "sec", "SEC", "Secs", "sec.", "second(s)", "Seconds"],
    ("clearance", Fraction(1)): ["mL/min", "ml/min", "ML/MIN", "mL per min"],
    ("clearance", Fraction(60)): ["mL/s"],
    ("clearance/area", Fraction(1)): [
        "mL/min/{1.73_m2}", "mL/min/1.73m2", "mL/min/1.73 m2", "mL/min/1.73 m²", "mL/min per 1.73 m^2",
        "ml/min/1,73 m²", "mL/min/1.73", "mL/min/(1.73 m2)", "mL/min/1.73.m2",
    ],
    ("count/area", Fraction(1)): [
        "/{2_mm2}", "per 2 mm2", "/2 mm²", "{mitoses}/{2_mm2}", "mitoses/2 mm2", "mitoses per 2 mm2",
        "1/{2_mm2}",
    ],
    ("count/area", Fraction(2)): ["/mm2"],
    ("count/area", Fraction(1, 5)): ["/10 mm2"],
    ("one", Fraction(1)): ["", "1", "{score}", "(score)", "score", "{INR}", "INR", "ratio"],
}  # fmt: skip

NOT_GUESSED = [
    "m/uL", "mil/uL", "MIL/CMM", "mi/cumm", "mm/L", "MM/L", "10", "x10 (3)", "X 10 3", "/HPF", "/10 HPF",
    "MU/L",
    "G", "K", "M", "K/L", "G/mL", "meq/L", "mmHg", "% total Hgb", "%cv", "10(3)mcL", "g/dL{creat}", "mg/g",
    "mL/dL",
    "C", "?mol/L", "furlong", "/", "//", "g/", "mL/min/1.7", "mL/min/{BSA}", "10 mm", "1.73", "/0 mL",
    "x" * 500,
]  # fmt: skip

EVERY_SPELLING = [(spelling, read) for read, spellings in SPELLINGS.items() for spelling in spellings]
ALL_TEXTS = [spelling for spelling, _ in EVERY_SPELLING]


@pytest.mark.parametrize(("spelling", "read"), EVERY_SPELLING)
def test_a_known_spelling_has_a_dimension_and_an_exact_factor(spelling: str, read: tuple[str, Fraction]) -> None:
    unit = parse_unit(spelling)
    assert unit is not None
    assert (unit.dimension, unit.factor) == read
    assert unit.text == spelling


@pytest.mark.parametrize("text", NOT_GUESSED)
def test_what_is_unknown_or_could_mean_two_things_is_not_guessed(text: str) -> None:
    assert parse_unit(text) is None


def test_giga_and_gram_a_litre_are_told_apart_by_their_letter() -> None:
    giga, gram = parse_unit("G/L"), parse_unit("g/L")
    assert giga is not None
    assert gram is not None
    assert (giga.dimension, gram.dimension) == ("count/volume", "mass/volume")
    assert convert(Fraction(120), "G/L", "g/L") is None


HEMOGLOBIN = [("mmol/L", Fraction("16.114"))]
CREATININE = [("mg/dL", Fraction("88.4"))]


@pytest.mark.parametrize(
    ("value", "unit", "canonical", "equations", "expected"),
    [
        ("12.1", "g/dL", "g/L", HEMOGLOBIN, "121"),
        ("8", "mmol/L", "g/L", HEMOGLOBIN, "128.912"),
        ("8000", "umol/L", "g/L", HEMOGLOBIN, "128.912"),
        ("1.7", "mg/dL", "umol/L", CREATININE, "150.28"),
        ("0.017", "g/L", "umol/L", CREATININE, "150.28"),
        ("0.15", "mmol/L", "umol/L", CREATININE, "150"),
        ("1", "ukat/L", "U/L", [], "60"),
        ("145", "K/uL", "10*9/L", [], "145"),
        ("145000", "/uL", "10*9/L", [], "145"),
        ("70", "[in_i]", "cm", [], "177.8"),
        ("1", "mL/s", "mL/min", [], "60"),
        ("4", "/mm2", "/{2_mm2}", [], "8"),
        ("3", "{score}", "1", [], "3"),
        ("3", "", "1", [], "3"),
        ("1.1", "{INR}", "1", [], "1.1"),
        ("7", "GBq", "GBq", [], "7"),
        ("3", "arb", "U/L", [("arb", Fraction(2))], "6"),
    ],
)
def test_conversion_is_exact(
    value: str, unit: str, canonical: str, equations: list[tuple[str, Fraction]], expected: str
) -> None:
    assert convert(Fraction(value), unit, canonical, equations) == Fraction(expected)


@pytest.mark.parametrize(
    ("unit", "canonical"),
    [
        ("mL/min", "mL/min/{1.73_m2}"),
        ("mL/min/{1.73_m2}", "mL/min"),
        ("", "%"),
        ("1", "%"),
        ("%", "1"),
        ("", "g/L"),
        ("U/L", "g/L"),
        ("mmol/L", "g/L"),
        ("arb", "U/L"),
    ],
)
def test_another_kind_of_quantity_never_converts(unit: str, canonical: str) -> None:
    assert convert(Fraction(1), unit, canonical) is None


@given(st.sampled_from(ALL_TEXTS), st.sampled_from(ALL_TEXTS), st.fractions())
def test_converting_there_and_back_changes_nothing(one: str, other: str, value: Fraction) -> None:
    there = convert(value, one, other)
    back = convert(there, other, one) if there is not None else None
    assert (there is None) == (back is None)
    assert back in (None, value)


@given(st.text(max_size=MAX_UNIT_TEXT + 10) | st.text(alphabet="0123456789.,xX*^()/{}_ %mMgGlLuUkK2³²⁹µ", max_size=20))
def test_any_text_is_either_a_unit_with_a_positive_factor_or_nothing(text: str) -> None:
    unit = parse_unit(text)
    assert unit is None or (unit.factor > 0 and unit.dimension)
