"""The built-in computations of the rule language: intervals in, intervals out, exact or outwards.

Quantities are ten-millionths of the canonical unit, days ordinals (see ``facts.values`` and
``facts.dates``).  Each function takes the values of its input columns and returns those of its
output columns, or None where it gives no row at all (an unknown word for the sex, a negative count).
Those of the kidney are in ``formulas``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from nen_kb.facts.dates import FAR_PAST
from nen_kb.facts.dates import months_before as _months_before
from nen_kb.facts.values import NEG_INF, POS_INF
from nen_kb.rules import formulas
from nen_kb.rules.formulas import ONE, Ends


@dataclass(frozen=True)
class Builtin:
    """One built-in: which columns go in, which come out, and how it is explained."""

    name: str
    inputs: tuple[int, ...]
    """Positions of the input columns, in the order the function takes them."""
    outputs: tuple[int, ...]
    """Positions of the output columns, in the order the function returns them."""
    function: Callable[..., tuple[Any, ...] | None]
    formula: str
    """The formula in words of a proof."""
    source: str = ""
    """Where the formula was published."""


# ── days ────────────────────────────────────────────────────────────────────


def days_before(day: int, count: int) -> tuple[int] | None:
    """The day ``count`` days earlier, at the earliest the far past; rising in the day.

    A negative count gives no row.
    """
    return (max(day - count, FAR_PAST),) if count >= 0 else None


def months_before(day: int, count: int) -> tuple[int] | None:
    """The same day of the month ``count`` months earlier, clamped to its end; rising in the day.

    A negative count gives no row; a day before the calendar is the far past.
    """
    return (_months_before(day, count),) if count >= 0 else None


def earlier(first_from: int, first_to: int, second_from: int, second_to: int) -> Ends:
    """The earlier of two days; rising in all four."""
    return min(first_from, second_from), min(first_to, second_to)


# ── the truth of a comparison as a quantity ─────────────────────────────────


def below(low: int, high: int, limit: int) -> Ends:
    """Whether the quantity is below the limit: 1 if it surely is, 0 if it surely is not; falling in the quantity."""
    return ONE * (high < limit), ONE * (low < limit)


def at_most(low: int, high: int, limit: int) -> Ends:
    """Whether the quantity is at most the limit: 1 if it surely is, 0 if it surely is not; falling in the quantity."""
    return ONE * (high <= limit), ONE * (low <= limit)


def mean(first_low: int, first_high: int, second_low: int, second_high: int) -> Ends:
    """The mean of two quantities of any sign, exact on six places; rising in both."""
    low, high = NEG_INF, POS_INF
    if first_low > NEG_INF and second_low > NEG_INF:
        low = (formulas.down(first_low) + formulas.down(second_low)) // 2
    if first_high < POS_INF and second_high < POS_INF:
        high = (formulas.up(first_high) + formulas.up(second_high)) // 2
    return low, high


_DUBOIS = "Du Bois and Du Bois 1916"
BUILTINS: Mapping[str, Builtin] = {
    builtin.name: builtin
    for builtin in (
        Builtin("days_before", (0, 1), (2,), days_before, "day minus days"),
        Builtin("months_before", (0, 1), (2,), months_before, "same day, months earlier, clamped to the month's end"),
        Builtin("earlier", (0, 1, 2, 3), (4, 5), earlier, "the earlier of two days"),
        Builtin("below", (0, 1, 2), (3, 4), below, "1 if below the limit, otherwise 0"),
        Builtin("at_most", (0, 1, 2), (3, 4), at_most, "1 if at most the limit, otherwise 0"),
        Builtin(
            "cockcroft_gault",
            (0, 1, 2, 3, 4, 5, 6),
            (7, 8),
            lru_cache(1024)(formulas.cockcroft_gault),
            "(140 − age) × kg / (72 × mg/dL), × 0.85 if female; mg/dL = µmol/L / 88.4",
            "Cockcroft and Gault, Nephron 1976;16:31",
        ),
        Builtin(
            "lmr18",
            (0, 1, 2, 3, 4),
            (5, 6),
            lru_cache(1024)(formulas.lmr18),
            "exp(X − 0.0158 × age + 0.438 × ln age); female: X = 2.50 + 0.0121 × (150 − µmol/L) below 150, else "
            "2.50 − 0.926 × ln(µmol/L / 150); male: X = 2.56 + 0.00968 × (180 − µmol/L) below 180, else "
            "2.56 − 0.926 × ln(µmol/L / 180)",
            "Björk 2011, Nyman 2014, Björk 2020 (doi 10.1080/00365513.2020.1774641)",
        ),
        Builtin(
            "capa",
            (0, 1, 2, 3),
            (4, 5),
            lru_cache(1024)(formulas.capa),
            "130 × (mg/L)^−1.069 × age^−0.117 − 7",
            "Grubb 2014, doi 10.1373/clinchem.2013.220707",
        ),
        Builtin("mean", (0, 1, 2, 3), (4, 5), mean, "half the sum"),
        Builtin(
            "to_body_surface",
            (0, 1, 2, 3, 4, 5),
            (6, 7),
            lru_cache(1024)(formulas.to_body_surface),
            "clearance × 1.73 / (0.007184 × kg^0.425 × cm^0.725)",
            _DUBOIS,
        ),
        Builtin(
            "from_body_surface",
            (0, 1, 2, 3, 4, 5),
            (6, 7),
            lru_cache(1024)(formulas.from_body_surface),
            "clearance × (0.007184 × kg^0.425 × cm^0.725) / 1.73",
            _DUBOIS,
        ),
    )
}
"""Every built-in by name.  Recent results of the formulas are kept; the functions depend on nothing else."""
