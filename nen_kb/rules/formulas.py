"""The formulas among the built-ins: clearances and estimates of the GFR, as functions of intervals.

What each of them promises: if every input is positive and lies in its interval, the result lies in the
resulting interval.  Where a formula only rises or only falls in an input, the ends of the result come from the
ends of that input; the docstrings say which.  Ends are first widened to six places (an open end ``60.0000005``
to 60), and results are rounded outwards to 0.001.  An end that rests on an unbounded input, or on one
that is not positive, is itself unbounded.

Powers, logarithms and exponentials are computed with forty digits.  A result too close to a multiple of 0.001 for
that does not occur, except where the computation is exact.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from math import ceil, floor

from nen_kb.facts.values import NEG_INF, POS_INF

ONE = 10**7
"""One canonical unit."""
PRECISION = 10**4
"""Results are rounded outwards to this step: 0.001 of the canonical unit."""
_DIGITS = Context(prec=40)

Ends = tuple[int, int]
"""The low and the high end of a quantity, in ten-millionths of its unit."""


# ── kidney ──────────────────────────────────────────────────────────────────


def cockcroft_gault(
    age_low: int, age_high: int, sex: str, kg_low: int, kg_high: int, creatinine_low: int, creatinine_high: int
) -> Ends | None:
    """Creatinine clearance in mL/min from age in years, sex, kg and µmol/L, computed in rationals.

    The published form with mg/dL; µmol/L are divided by 88.4.  Falling in age and in creatinine, rising in weight;
    from an age of 140 years on the formula says nothing.
    """
    factor = {"Male": Fraction(1), "Female": Fraction(85, 100)}.get(sex)
    if factor is None:
        return None

    def value(age: int | None, kg: int | None, creatinine: int | None) -> Fraction | None:
        if age is None or kg is None or creatinine is None or age >= 140 * ONE:
            return None
        return factor * Fraction(884, 720) * Fraction(140 * ONE - age, ONE) * Fraction(kg, creatinine)

    return (
        _round_down(value(_above(age_high, zero=True), _below(kg_low), _above(creatinine_high))),
        _round_up(value(_below(age_low, zero=True), _above(kg_high), _below(creatinine_low))),
    )


_LMR18 = {
    # sex: intercept, slope below the creatinine in µmol/L at which the second piece begins
    "Female": (Decimal("2.50"), Decimal("0.0121"), Decimal(150)),
    "Male": (Decimal("2.56"), Decimal("0.00968"), Decimal(180)),
}
_LMR18_TURN = int(Decimal("0.438") / Decimal("0.0158") * ONE) // 10 * 10
"""The estimate rises up to an age of 0.438 / 0.0158 = 27.72… years and falls beyond; the last six-place age below."""


def lmr18(age_low: int, age_high: int, sex: str, creatinine_low: int, creatinine_high: int) -> Ends | None:
    """Estimated GFR in mL/min/1.73 m² from age in years, sex and µmol/L by the revised Lund-Malmö formula.

    Falling in creatinine; in age rising up to 27.72 years and falling beyond.  Below 18 years the published formula
    first adjusts the creatinine, which is not done here: an age that may be below 18 gives an unbounded result.
    """
    if sex not in _LMR18:
        return None
    if down(age_low) < 18 * ONE:
        return NEG_INF, POS_INF
    youngest, oldest = _below(age_low), _above(age_high)
    low = [_lmr18(age, sex, _above(creatinine_high)) for age in (youngest, oldest)]
    lowest = _below(creatinine_low)
    if youngest is None or youngest > _LMR18_TURN:
        high = _lmr18(youngest, sex, lowest)
    elif oldest is not None and oldest <= _LMR18_TURN:
        high = _lmr18(oldest, sex, lowest)
    else:
        high = _lmr18_peak(sex, lowest)
    return _round_down(_least(low)), _round_up(high)


def _lmr18(age: int | None, sex: str, creatinine: int | None) -> Decimal | None:
    if age is None or creatinine is None:
        return None
    years = _decimal(age)
    ageing = _DIGITS.subtract(
        _DIGITS.multiply(Decimal("0.438"), _DIGITS.ln(years)), _DIGITS.multiply(Decimal("0.0158"), years)
    )
    return _DIGITS.exp(_DIGITS.add(_lmr18_creatinine(sex, creatinine), ageing))


def _lmr18_peak(sex: str, creatinine: int | None) -> Decimal | None:
    """The estimate at the age of its maximum, 0.438 / 0.0158 years."""
    if creatinine is None:
        return None
    turn = _DIGITS.divide(Decimal("0.438"), Decimal("0.0158"))
    ageing = _DIGITS.multiply(Decimal("0.438"), _DIGITS.subtract(_DIGITS.ln(turn), Decimal(1)))
    return _DIGITS.exp(_DIGITS.add(_lmr18_creatinine(sex, creatinine), ageing))


def _lmr18_creatinine(sex: str, creatinine: int) -> Decimal:
    intercept, slope, turn = _LMR18[sex]
    value = _decimal(creatinine)
    if value < turn:
        return _DIGITS.add(intercept, _DIGITS.multiply(slope, _DIGITS.subtract(turn, value)))
    return _DIGITS.subtract(intercept, _DIGITS.multiply(Decimal("0.926"), _DIGITS.ln(_DIGITS.divide(value, turn))))


def capa(age_low: int, age_high: int, cystatin_low: int, cystatin_high: int) -> Ends:
    """Estimated GFR in mL/min/1.73 m² from age in years and cystatin C in mg/L; falling in both.

    Below zero for an extreme cystatin C.
    """

    def value(age: int | None, cystatin: int | None) -> Decimal | None:
        if age is None or cystatin is None:
            return None
        by_age = _DIGITS.power(_decimal(age), Decimal("-0.117"))
        by_cystatin = _DIGITS.power(_decimal(cystatin), Decimal("-1.069"))
        return _DIGITS.subtract(_DIGITS.multiply(_DIGITS.multiply(Decimal(130), by_cystatin), by_age), Decimal(7))

    return (
        _round_down(value(_above(age_high), _above(cystatin_high))),
        _round_up(value(_below(age_low), _below(cystatin_low))),
    )


# ── body surface ────────────────────────────────────────────────────────────


def to_body_surface(low: int, high: int, cm_low: int, cm_high: int, kg_low: int, kg_high: int) -> Ends:
    """mL/min/1.73 m² from mL/min, cm and kg.

    Rising in the clearance; for a positive clearance falling in height and weight, for a negative one rising.
    """
    small, large = _surface(_below(cm_low), _below(kg_low)), _surface(_above(cm_high), _above(kg_high))

    def value(clearance: int | None, surface: Decimal | None) -> Decimal | None:
        if clearance is None or surface is None:
            return None
        return _DIGITS.divide(_DIGITS.multiply(_decimal(clearance), Decimal("1.73")), surface)

    return (
        _round_down(value(_finite(down(low)), large if low >= 0 else small)),
        _round_up(value(_finite(up(high)), small if high >= 0 else large)),
    )


def from_body_surface(low: int, high: int, cm_low: int, cm_high: int, kg_low: int, kg_high: int) -> Ends:
    """mL/min from mL/min/1.73 m², cm and kg.

    Rising in the clearance; for a positive clearance rising in height and weight, for a negative one falling.
    """
    small, large = _surface(_below(cm_low), _below(kg_low)), _surface(_above(cm_high), _above(kg_high))

    def value(clearance: int | None, surface: Decimal | None) -> Decimal | None:
        if clearance is None or surface is None:
            return None
        return _DIGITS.divide(_DIGITS.multiply(_decimal(clearance), surface), Decimal("1.73"))

    return (
        _round_down(value(_finite(down(low)), small if low >= 0 else large)),
        _round_up(value(_finite(up(high)), large if high >= 0 else small)),
    )


def _surface(cm: int | None, kg: int | None) -> Decimal | None:
    """Body surface in m² after DuBois; rising in both."""
    if cm is None or kg is None:
        return None
    by_weight = _DIGITS.power(_decimal(kg), Decimal("0.425"))
    by_height = _DIGITS.power(_decimal(cm), Decimal("0.725"))
    return _DIGITS.multiply(_DIGITS.multiply(Decimal("0.007184"), by_weight), by_height)


# ── ends ────────────────────────────────────────────────────────────────────


def down(value: int) -> int:
    """The last six-place decimal not above the value."""
    return value // 10 * 10


def up(value: int) -> int:
    """The first six-place decimal not below the value."""
    return -(-value // 10) * 10


def _finite(value: int) -> int | None:
    return value if NEG_INF < value < POS_INF else None


def _below(low: int, zero: bool = False) -> int | None:
    """A six-place low end of a positive quantity, or None where it is unbounded or not positive."""
    value = down(low)
    return value if NEG_INF < value < POS_INF and (value > 0 or (zero and value == 0)) else None


def _above(high: int, zero: bool = False) -> int | None:
    """A six-place high end of a positive quantity, or None where it is unbounded or not positive."""
    value = up(high)
    return value if value < POS_INF and (value > 0 or (zero and value == 0)) else None


def _decimal(value: int) -> Decimal:
    return _DIGITS.scaleb(Decimal(value), -7)


def _least(values: list[Decimal | None]) -> Decimal | None:
    present = [value for value in values if value is not None]
    return min(present) if len(present) == len(values) else None


def _round_down(value: Fraction | Decimal | None) -> int:
    """The last multiple of 0.001 not above the value, on the grid; minus infinity for None."""
    return NEG_INF if value is None else _within(_steps(value, ROUND_FLOOR))


def _round_up(value: Fraction | Decimal | None) -> int:
    """The first multiple of 0.001 not below the value, on the grid; plus infinity for None."""
    return POS_INF if value is None else _within(_steps(value, ROUND_CEILING))


def _steps(value: Fraction | Decimal, rounding: str) -> int:
    if isinstance(value, Decimal):
        return int(_DIGITS.multiply(value, Decimal(1000)).to_integral_value(rounding, _DIGITS))
    return floor(value * 1000) if rounding == ROUND_FLOOR else ceil(value * 1000)


def _within(steps: int) -> int:
    return min(max(steps * PRECISION, NEG_INF), POS_INF)
