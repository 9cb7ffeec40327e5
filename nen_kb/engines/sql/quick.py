"""The formulas of the kidney in floating point, where that surely gives the same result; a hundred times as fast.

The exact formulas (``nen_kb.rules.formulas``) round outwards to 0.001.  A double differs from the exact value by less
than a millionth of that step here, so wherever it does not lie that close to a multiple of the step, rounding it gives
the exact result.  Elsewhere, and for inputs that are unbounded or not positive, these functions give None: ask the
exact ones.  Tests compare the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import exp, floor, log

from nen_kb.facts.values import POS_INF
from nen_kb.rules.formulas import ONE, PRECISION, Ends, down, up

STEPS = ONE // PRECISION
"""Results are rounded to one of so many steps in a unit."""
MARGIN = 1e-4
"""How near to a step, in steps, a double is not trusted; its error is below a hundredth of that."""
LARGEST = 1e4
"""Results beyond so many units are not trusted."""


def exact_or_quick(name: str, function: Callable[..., Ends | None]) -> Callable[..., Ends | None]:
    """The built-in's function, asked only where the quick one does not know."""
    quick = QUICK.get(name)
    if quick is None:
        return function
    return lambda *values: quick(*values) or function(*values)


def _rounded(low: float, high: float) -> Ends | None:
    """The ends rounded outwards, if doubles can tell."""
    found = []
    for value in (low, high):
        steps = value * STEPS
        whole = floor(steps)
        if not MARGIN < steps - whole < 1 - MARGIN or abs(value) > LARGEST:
            return None
        found.append(whole)
    return found[0] * PRECISION, (found[1] + 1) * PRECISION


def _ends(*pairs: int) -> list[float] | None:
    """Low and high ends, widened to six places, in units; None unless all are positive and finite."""
    found = []
    for low, high in zip(pairs[::2], pairs[1::2], strict=True):
        first, last = down(low), up(high)
        if not 0 < first <= last < POS_INF:
            return None
        found += [first / ONE, last / ONE]
    return found


def cockcroft_gault(
    age_low: int, age_high: int, sex: str, kg_low: int, kg_high: int, creatinine_low: int, creatinine_high: int
) -> Ends | None:
    """Creatinine clearance in mL/min."""
    ends = _ends(age_low, age_high, kg_low, kg_high, creatinine_low, creatinine_high)
    factor = {"Male": 88.4 / 72, "Female": 0.85 * 88.4 / 72}.get(sex)
    if ends is None or factor is None or ends[1] >= 140:
        return None
    youngest, oldest, lightest, heaviest, least, most = ends
    return _rounded(factor * (140 - oldest) * lightest / most, factor * (140 - youngest) * heaviest / least)


_LMR18 = {"Female": (2.50, 0.0121, 150.0), "Male": (2.56, 0.00968, 180.0)}
_TURN = 0.438 / 0.0158
"""The age at which the estimate is greatest; intervals around it are left to the exact formula."""


def lmr18(age_low: int, age_high: int, sex: str, creatinine_low: int, creatinine_high: int) -> Ends | None:
    """Estimated GFR in mL/min/1.73 m²."""
    ends = _ends(age_low, age_high, creatinine_low, creatinine_high)
    if ends is None or sex not in _LMR18 or ends[0] < 18 or ends[0] - 0.01 < _TURN < ends[1] + 0.01:
        return None
    youngest, oldest, least, most = ends
    lows = [_lmr18(age, sex, most) for age in (youngest, oldest)]
    return _rounded(min(lows), _lmr18(youngest if youngest > _TURN else oldest, sex, least))


def _lmr18(age: float, sex: str, creatinine: float) -> float:
    intercept, slope, turn = _LMR18[sex]
    below = creatinine < turn
    x = intercept + (slope * (turn - creatinine) if below else -0.926 * log(creatinine / turn))
    return exp(x - 0.0158 * age + 0.438 * log(age))


def capa(age_low: int, age_high: int, cystatin_low: int, cystatin_high: int) -> Ends | None:
    """Estimated GFR in mL/min/1.73 m²."""
    ends = _ends(age_low, age_high, cystatin_low, cystatin_high)
    if ends is None:
        return None
    youngest, oldest, least, most = ends
    return _rounded(130 * most**-1.069 * oldest**-0.117 - 7, 130 * least**-1.069 * youngest**-0.117 - 7)


def to_body_surface(low: int, high: int, cm_low: int, cm_high: int, kg_low: int, kg_high: int) -> Ends | None:
    """mL/min/1.73 m² from mL/min."""
    ends = _ends(low, high, cm_low, cm_high, kg_low, kg_high)
    if ends is None:
        return None
    least, most, shortest, tallest, lightest, heaviest = ends
    return _rounded(least * 1.73 / _surface(tallest, heaviest), most * 1.73 / _surface(shortest, lightest))


def from_body_surface(low: int, high: int, cm_low: int, cm_high: int, kg_low: int, kg_high: int) -> Ends | None:
    """mL/min from mL/min/1.73 m²."""
    ends = _ends(low, high, cm_low, cm_high, kg_low, kg_high)
    if ends is None:
        return None
    least, most, shortest, tallest, lightest, heaviest = ends
    return _rounded(least * _surface(shortest, lightest) / 1.73, most * _surface(tallest, heaviest) / 1.73)


def _surface(cm: float, kg: float) -> float:
    surface: float = 0.007184 * kg**0.425 * cm**0.725
    return surface


QUICK: Mapping[str, Callable[..., Ends | None]] = {
    "cockcroft_gault": cockcroft_gault,
    "lmr18": lmr18,
    "capa": capa,
    "to_body_surface": to_body_surface,
    "from_body_surface": from_body_surface,
}
