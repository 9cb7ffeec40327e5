"""A measured value and a limit for it, side by side in the unit that the source wrote.

All arithmetic is exact.  A limit that has no short decimal form in that unit is rounded to the strict side, so that
whoever reaches the rounded limit has reached the true one.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from nen_kb.explain import describe
from nen_kb.facts.records import Limit, Measurement
from nen_kb.facts.values import GRID, NEG_INF, POS_INF, Quantity, Span, parse_quantity, span
from nen_kb.ontology import Observable
from nen_kb.units import convert

UP = frozenset({">", ">="})
"""Operators that ask for more."""
_MOST_PLACES = 6
_SHORT = 3
"""A limit with so few decimal places is shown as it is."""
_NOTATION = re.compile(r"[\s_{}]")
_ROUNDING = Fraction(1, 10)
"""So large a part of a distance its rounding may be."""
_NARROW = Fraction(1, 500)
"""A computed value that is this narrow was only rounded outwards."""


@dataclass(frozen=True)
class Written:
    """A value in some unit, as an interval of exact numbers; an end of None is open to infinity."""

    text: str
    """As written, the unit as a clinician writes it."""
    unit: str
    """The unit, as a clinician writes it."""
    factor: Fraction
    """Canonical units in one of it."""
    low: Fraction | None
    high: Fraction | None
    open_end: bool = False
    """Whether an end is left out, as in ``> 60``."""

    def limit(self, canonical: Fraction, op: str) -> Fraction:
        """A canonical limit in this unit, rounded to the strict side where it must be rounded.

        It gets so many digits that the rounding is small beside the distance of the value from the limit.
        """
        value = canonical / self.factor
        decimals = max((places(end) or 0 for end in (self.low, self.high) if end is not None), default=0)
        decimals = decimals if decimals <= _MOST_PLACES else _SHORT
        nearer = self.high if op in UP else self.low
        found = outwards(value, op, decimals)
        while nearer is not None and decimals < _MOST_PLACES and abs(found - value) > abs(nearer - value) * _ROUNDING:
            decimals += 1
            found = outwards(value, op, decimals)
        return found

    def with_unit(self, value: Fraction) -> str:
        """A number in this unit."""
        return describe.with_unit(plain(value), self.unit)

    def gap(self, limit: Fraction, op: str) -> tuple[Fraction, Fraction | None] | None:
        """How far the nearer and the farther end lie from a limit in this unit; None for an end at infinity."""
        nearer, farther = (self.high, self.low) if op in UP else (self.low, self.high)
        sign = 1 if op in UP else -1
        if nearer is None:
            return None
        return _legible(sign * (limit - nearer)), None if farther is None else _legible(sign * (limit - farther))


def written(record: Measurement, observable: Observable) -> Written:
    """A measurement in the unit of its source; in the canonical unit where the text cannot be read again."""
    value = record.value
    assert value is not None
    quantity = _quantity(record.original)
    if quantity is not None and span(quantity, observable.unit, observable.equations) in (value, _whole(value)):
        factor = convert(Fraction(1), quantity.unit, observable.unit, observable.equations)
        if factor:
            ends, open_end = (quantity.low, quantity.high), quantity.low_open or quantity.high_open
            if observable.integer:
                ends, open_end = _ends(value), False
            return Written(_shown(record.original, quantity), pretty(quantity.unit), factor, *ends, open_end)
    return canonical(value, observable.unit)


def pretty(text: str) -> str:
    """A unit as a clinician writes it, where the text is that unit in another notation, not another unit."""
    bare = _bare(text).removeprefix("x")
    return next((shown for ucum, shown in describe.SHOWN_UNITS.items() if _bare(ucum) == bare), text)


def _bare(text: str) -> str:
    return _NOTATION.sub("", text).replace("^", "*")


def canonical(value: Span, ucum: str) -> Written:
    """A value in its canonical unit."""
    return Written(describe.span(value.low, value.high, ucum), ucum, Fraction(1), *_ends(value), _is_open(value))


def computed(value: Span, ucum: str, limit: Fraction, op: str) -> Written:
    """A computed value, which is an interval only because it was rounded outwards, as one number to two places.

    It is rounded to the nearest, unless that would look as if it reached the limit.
    """
    low, high = _ends(value)
    if low is None or high is None or high - low > _NARROW:
        return canonical(value, ucum)
    nearest = Fraction(round((low + high) / 2 * 100), 100)
    if nearest >= limit if op in UP else nearest <= limit:
        for step in (Fraction(1, 100), Fraction(1, 10**_MOST_PLACES)):
            nearest = math.floor(high / step) * step if op in UP else math.ceil(low / step) * step
            if nearest < limit if op in UP else nearest > limit:
                break
    return Written(describe.with_unit(plain(nearest), ucum), ucum, Fraction(1), nearest, nearest)


def of_limit(limit: Limit, observable: Observable) -> Fraction:
    """A reference limit as an exact number of canonical units."""
    quantity = _quantity(limit.original)
    if quantity is not None and quantity.exact and quantity.low is not None:
        value = convert(quantity.low, quantity.unit, observable.unit, observable.equations)
        if value is not None and span(quantity, observable.unit, observable.equations) == limit.value:
            return value
    return Fraction(limit.value.low, GRID)


def limit_text(limit: Limit, unit: str) -> str:
    """A reference limit as written, without a unit that the reader has just seen."""
    quantity = _quantity(limit.original)
    if quantity is None or pretty(quantity.unit) != unit:
        return limit.original if quantity is None else _shown(limit.original, quantity)
    return limit.original.strip().removesuffix(quantity.unit).strip()


def outwards(value: Fraction, op: str, decimals: int) -> Fraction:
    """The limit itself if it is short, else rounded so that it asks for no less than it did."""
    own = places(value)
    if own is not None and own <= max(decimals, _SHORT):
        return value
    whole = math.floor(math.log10(abs(value))) if value else 0
    step = Fraction(1, 10 ** min(max(decimals, 2 - whole), _MOST_PLACES))
    return (math.ceil(value / step) if op in UP else math.floor(value / step)) * step


def _legible(gap: Fraction) -> Fraction:
    """A distance, rounded up where a machine wrote more places than anyone reads."""
    if (places(gap) or 0) <= _MOST_PLACES:
        return gap
    return Fraction(math.ceil(gap * 10**_SHORT), 10**_SHORT)


def places(value: Fraction) -> int | None:
    """The decimal places that an exact number needs; None if no number of them is enough."""
    left, found = value.denominator, 0
    for prime in (2, 5):
        count = 0
        while left % prime == 0:
            left, count = left // prime, count + 1
        found = max(found, count)
    return found if left == 1 else None


def plain(value: Fraction) -> str:
    """A number with finitely many places in full, without superfluous zeros."""
    return format(Decimal(value.numerator) / Decimal(value.denominator), "f").replace("-", "−")


def _quantity(text: str) -> Quantity | None:
    try:
        return parse_quantity(text)
    except ValueError:
        return None


def _whole(value: Span) -> Span:
    """What ``> 1`` reads as before a whole number is made of it."""
    low = value.low - GRID + 5 if value.high >= POS_INF else value.low
    high = value.high + GRID - 5 if value.low <= NEG_INF else value.high
    return Span(low, high)


def _shown(text: str, quantity: Quantity) -> str:
    """The text with its unit as a clinician writes it."""
    number = text.strip().removesuffix(quantity.unit).strip()
    return describe.with_unit(number, pretty(quantity.unit))


def _ends(value: Span) -> tuple[Fraction | None, Fraction | None]:
    low = None if value.low <= NEG_INF else Fraction(value.low - value.low % 10, GRID)
    high = None if value.high >= POS_INF else Fraction(value.high + -value.high % 10, GRID)
    return low, high


def _is_open(value: Span) -> bool:
    return value.low < value.high and bool(value.low % 10 or value.high % 10)
