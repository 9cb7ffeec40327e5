"""The formulas of the kidney in floating point, where that surely gives the same result; thousands of times as fast.

The exact formulas (``nen_kb.rules.formulas``) round outwards to 0.001.  A double differs from the exact value by less
than a millionth of that step here, so wherever it does not lie that close to a multiple of the step, rounding it gives
the exact result; an end that rests on an unbounded input is unbounded.  Elsewhere, and for inputs that are not
positive, these functions are not sure: ask the exact ones.  Each works on many inputs at once.  Tests compare the two.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from nen_kb.facts.values import NEG_INF, POS_INF
from nen_kb.rules.formulas import ONE, PRECISION

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]
Words = npt.NDArray[np.str_]
Quick = tuple[Ints, Ints, Truths]
"""Low and high ends, and where they are sure."""

STEPS = ONE // PRECISION
"""Results are rounded to one of so many steps in a unit."""
MARGIN = 1e-4
"""How near to a step, in steps, a double is not trusted; its error is below a hundredth of that."""
LARGEST = 1e4
"""Results beyond so many units are not trusted."""


def quick(name: str, inputs: Sequence[Ints | Words]) -> Quick | None:
    """The results of a built-in for many inputs, as far as they are sure; None if it has no quick form."""
    function = QUICK.get(name)
    if function is None:
        return None
    with np.errstate(all="ignore"):  # what is not a number is not sure
        return function(*inputs)


def _rounded(low: Floats, high: Floats, sure: Truths) -> Quick:
    """The ends rounded outwards, those that are not a number unbounded; and where doubles can tell."""
    found = []
    for value, unbounded, outwards in ((low, NEG_INF, 0), (high, POS_INF, 1)):
        steps = value * STEPS
        whole = np.floor(steps)
        rest = steps - whole
        open_ = np.isnan(value)
        sure = sure & (open_ | ((rest > MARGIN) & (rest < 1 - MARGIN) & (np.abs(value) <= LARGEST)))
        number = np.where(sure & ~open_, whole, 0).astype(np.int64)
        found.append(np.where(open_, unbounded, (number + outwards) * PRECISION))
    return found[0], found[1], sure


def _ends(*pairs: Ints) -> tuple[list[Floats], Truths]:
    """Low and high ends, widened to six places, in units; and where doubles can do.

    An end that is unbounded is not a number, and so is every result that rests on it.  An interval that reaches down
    to zero or below is left to the exact formula, unless it has no low end at all.
    """
    found: list[Floats] = []
    sure = np.ones(len(pairs[0]), np.bool_)
    for low, high in zip(pairs[::2], pairs[1::2], strict=True):
        first, last = low // 10 * 10, -(-high // 10) * 10
        below, above = low <= NEG_INF, last >= POS_INF
        sure &= (below | (first > 0)) & (first < POS_INF) & (last > 0) & (first <= last)
        found += [np.where(below, np.nan, first / ONE), np.where(above, np.nan, last / ONE)]
    return found, sure


def _of_sex(sex: Words, values: Mapping[str, float]) -> Floats:
    """The number of each sex; not a number for another word."""
    found = np.full(len(sex), np.nan)
    for word, value in values.items():
        found[sex == word] = value
    return found


def cockcroft_gault(
    age_low: Ints, age_high: Ints, sex: Words, kg_low: Ints, kg_high: Ints, creatinine_low: Ints, creatinine_high: Ints
) -> Quick:
    """Creatinine clearance in mL/min."""
    ends, sure = _ends(age_low, age_high, kg_low, kg_high, creatinine_low, creatinine_high)
    factor = _of_sex(sex, {"Male": 88.4 / 72, "Female": 0.85 * 88.4 / 72})
    youngest, oldest, lightest, heaviest, least, most = ends
    low = factor * (140 - oldest) * lightest / most
    high = factor * (140 - youngest) * heaviest / least
    return _rounded(low, high, sure & ~np.isnan(factor) & (youngest > 0) & (oldest < 140))


_LMR18 = {"Female": (2.50, 0.0121, 150.0), "Male": (2.56, 0.00968, 180.0)}
_TURN = 0.438 / 0.0158
"""The age at which the estimate is greatest; intervals around it are left to the exact formula."""


def lmr18(age_low: Ints, age_high: Ints, sex: Words, creatinine_low: Ints, creatinine_high: Ints) -> Quick:
    """Estimated GFR in mL/min/1.73 m²."""
    (youngest, oldest, least, most), sure = _ends(age_low, age_high, creatinine_low, creatinine_high)
    beyond, before = youngest - 0.01 >= _TURN, oldest + 0.01 <= _TURN
    low = np.minimum(_lmr18(youngest, sex, most), _lmr18(oldest, sex, most))
    high = _lmr18(np.where(youngest > _TURN, youngest, oldest), sex, least)
    return _rounded(low, high, sure & _known(sex) & (youngest >= 18) & (beyond | before))


def _known(sex: Words) -> Truths:
    """Where there is a formula for the sex."""
    return np.isin(sex, list(_LMR18))


def _lmr18(age: Floats, sex: Words, creatinine: Floats) -> Floats:
    intercept, slope, turn = (
        _of_sex(sex, {word: values[place] for word, values in _LMR18.items()}) for place in range(3)
    )
    change = np.where(creatinine < turn, slope * (turn - creatinine), -0.926 * np.log(creatinine / turn))
    return np.exp(intercept + change - 0.0158 * age + 0.438 * np.log(age))


def capa(age_low: Ints, age_high: Ints, cystatin_low: Ints, cystatin_high: Ints) -> Quick:
    """Estimated GFR in mL/min/1.73 m²."""
    (youngest, oldest, least, most), sure = _ends(age_low, age_high, cystatin_low, cystatin_high)
    return _rounded(130 * most**-1.069 * oldest**-0.117 - 7, 130 * least**-1.069 * youngest**-0.117 - 7, sure)


def to_body_surface(low: Ints, high: Ints, cm_low: Ints, cm_high: Ints, kg_low: Ints, kg_high: Ints) -> Quick:
    """mL/min/1.73 m² from mL/min."""
    (least, most, shortest, tallest, lightest, heaviest), sure = _ends(low, high, cm_low, cm_high, kg_low, kg_high)
    return _rounded(least * 1.73 / _surface(tallest, heaviest), most * 1.73 / _surface(shortest, lightest), sure)


def from_body_surface(low: Ints, high: Ints, cm_low: Ints, cm_high: Ints, kg_low: Ints, kg_high: Ints) -> Quick:
    """mL/min from mL/min/1.73 m²."""
    (least, most, shortest, tallest, lightest, heaviest), sure = _ends(low, high, cm_low, cm_high, kg_low, kg_high)
    return _rounded(least * _surface(shortest, lightest) / 1.73, most * _surface(tallest, heaviest) / 1.73, sure)


def _surface(cm: Floats, kg: Floats) -> Floats:
    surface: Floats = 0.007184 * kg**0.425 * cm**0.725
    return surface


QUICK: Mapping[str, Callable[..., Quick]] = {
    "cockcroft_gault": cockcroft_gault,
    "lmr18": lmr18,
    "capa": capa,
    "to_body_surface": to_body_surface,
    "from_body_surface": from_body_surface,
}
