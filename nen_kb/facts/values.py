"""Quantities as intervals: read from text exactly, held as integers on a grid.

A number on the grid is an int of ten-millionths (10**-7) of the observable's canonical unit.  A
decimal of six places ends in 0 there.  Everything between two such decimals, an open end or a
ratio that has no six places, ends in 5: strictly between them.  So ``> 60`` begins at 60.0000005,
and comparing with any limit of six places is one exact comparison of integers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from nen_kb.units import convert

GRID = 10**7
"""Grid steps in one canonical unit."""

NEG_INF = -(10**18)
POS_INF = 10**18

MAX_DIGITS = 40
MAX_TEXT = 200
MAX_EXPONENT = 15


@dataclass(frozen=True)
class Span:
    """A closed interval of grid numbers; an exact value has both ends equal."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError(f"an interval cannot begin at {self.low} and end at {self.high}")

    @property
    def exact(self) -> bool:
        """Whether the value is one number (or lies between two neighbours of the grid)."""
        return self.low == self.high


EVERYTHING = Span(NEG_INF, POS_INF)
"""What is known of a value that cannot be used."""


def to_grid(value: Fraction) -> int:
    """The grid number of an exact value: itself at six places, else strictly between two of those.

    Values beyond a hundred thousand million canonical units stop just short of the infinities.
    """
    whole, between = divmod(value.numerator * 10**6, value.denominator)
    return _clamped(whole * 10 + (5 if between else 0))


def above(value: Fraction) -> int:
    """Where an interval of everything above ``value``, itself left out, begins on the grid."""
    point = to_grid(value)
    return _clamped(point + 5) if point % 10 == 0 else point


def below(value: Fraction) -> int:
    """Where an interval of everything below ``value``, itself left out, ends on the grid."""
    point = to_grid(value)
    return _clamped(point - 5) if point % 10 == 0 else point


def from_grid(point: int) -> Decimal:
    """The canonical number of a grid point, without superfluous zeros; print it with ``format(…, "f")``."""
    if abs(point) >= POS_INF:
        return Decimal("Infinity") if point > 0 else Decimal("-Infinity")
    number = Decimal(point).scaleb(-7).normalize()
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number


def _clamped(point: int) -> int:
    return max(NEG_INF + 5, min(POS_INF - 5, point))


@dataclass(frozen=True)
class Quantity:
    """A number or interval with its unit, as written; an end of None is open to infinity."""

    low: Fraction | None
    high: Fraction | None
    low_open: bool
    """True for ``> 60``: the end itself is left out."""
    high_open: bool
    unit: str
    """As written, not yet judged; empty if there is none."""

    @property
    def exact(self) -> bool:
        return self.low is not None and self.low == self.high


_NUMBER = r"(?>[+-]?(?:[0-9]+(?:[.,][0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3}(?![0-9]))?)"
_RANGE = re.compile(
    rf"({_NUMBER})\s*((?!to\b)[^\s0-9+.,-][^0-9]*?)?\s*(?:-|\bto\b)\s*({_NUMBER})(?![0-9.,])(.*)", re.DOTALL
)
_SINGLE = re.compile(rf"(<=|>=|=<|=>|<|>|=)?\s*({_NUMBER})(?![0-9.,])(.*)", re.DOTALL)
_DASHES = str.maketrans({"–": "-", "—": "-", "−": "-", "‑": "-", "‐": "-", "\u00a0": " ", "\u202f": " "})
_COMPARATORS = (("≤", "<="), ("⩽", "<="), ("≥", ">="), ("⩾", ">="))
_POWER_OF_TEN = re.compile(r"[x×*·]?\s*10\s*(?:\*\*|\*|\^|[eE]|\(|\s|(?=[3-9]/)|(?=12/)|[⁰¹²³⁴⁵⁶⁷⁸⁹])")
_HOW = "write a number with its unit, such as '12.1 g/dL', '> 90 mL/min', '<= 3 mg/dL' or '3-20 %'"


@lru_cache(maxsize=32_768)
def parse_quantity(text: str) -> Quantity:
    """Read ``12.1 g/dL``, ``>60``, ``<= 2 mg/dL``, ``3-20 %``, ``3 to 20 %``, ``145 x 10^9/L`` exactly.

    A comma counts as a decimal comma only where it cannot group thousands: before one or two
    digits (``12,1``) or after a leading zero (``0,512``); ``1,200`` is refused.  Numbers have at most
    40 digits.  Raises ValueError saying what to write instead.
    """
    if len(text) > MAX_TEXT:
        raise ValueError(f"the text is longer than {MAX_TEXT} characters; {_HOW}")
    plain = text.translate(_DASHES).strip()
    for sign, spelled in _COMPARATORS:
        plain = plain.replace(sign, spelled)
    ranged = _RANGE.fullmatch(plain)
    if ranged:
        first, between, second, rest = ranged.groups()
        unit, early = _unit(rest, second), (between or "").strip()
        if early and early != unit:
            raise ValueError("the two ends of the range have different units; write the unit once, at the end")
        low, high = _number(first), _number(second)
        if low > high:
            raise ValueError("the range runs downwards; write the smaller number first")
        return Quantity(low, high, False, False, unit)
    single = _SINGLE.fullmatch(plain)
    if single is None:
        raise ValueError(f"this is not a quantity; {_HOW}")
    sign, digits, rest = single.groups()
    value, unit = _number(digits), _unit(rest, digits)
    match sign:
        case ">" | ">=" | "=>":
            return Quantity(value, None, sign == ">", False, unit)
        case "<" | "<=" | "=<":
            return Quantity(None, value, False, sign == "<", unit)
    return Quantity(value, value, False, False, unit)


def span(quantity: Quantity, canonical: str, equations: Sequence[tuple[str, Fraction]] = ()) -> Span | None:
    """The quantity on the grid of the canonical unit; None if its unit cannot be converted to it."""
    return _span(quantity, canonical, tuple(equations))


@lru_cache(maxsize=32_768)
def _span(quantity: Quantity, canonical: str, equations: tuple[tuple[str, Fraction], ...]) -> Span | None:
    low, high = NEG_INF, POS_INF
    if quantity.low is not None:
        value = convert(quantity.low, quantity.unit, canonical, equations)
        if value is None:
            return None
        low = above(value) if quantity.low_open else to_grid(value)
    if quantity.high is not None:
        value = convert(quantity.high, quantity.unit, canonical, equations)
        if value is None:
            return None
        high = below(value) if quantity.high_open else to_grid(value)
    return Span(low, high)


def _number(digits: str) -> Fraction:
    """An exact number; ValueError if a comma could group thousands or the number is absurdly long."""
    mantissa, _, exponent = digits.lower().partition("e")
    if sum(character.isdigit() for character in mantissa) > MAX_DIGITS:
        raise ValueError(f"the number has more than {MAX_DIGITS} digits; round it to what was reported")
    if exponent and abs(int(exponent)) > MAX_EXPONENT:
        raise ValueError("the exponent is out of reach; write the number in full")
    whole, comma, decimals = mantissa.partition(",")
    if comma and len(decimals) > 2 and whole.lstrip("+-") != "0":
        raise ValueError("the comma could group thousands or mark decimals; write 1200 or 1.200 instead of 1,200")
    number = Fraction(mantissa.replace(",", "."))
    return number * Fraction(10) ** int(exponent) if exponent else number


def _unit(rest: str, digits: str) -> str:
    """What follows the number, if it can be a unit at all."""
    unit = rest.strip()
    power = _POWER_OF_TEN.match(unit)
    if unit and not power and (unit[0] in "0123456789.,+-*^<>=" or re.search(r"[<>=\x00-\x1f]", unit)):
        raise ValueError(f"what follows the number is not a unit; {_HOW}")
    if unit.startswith("/") and re.fullmatch(r"10[3689]|1012|10[eE][0-9]+", digits):
        raise ValueError("a power of ten stands where the number should be; write '145 x 10^9/L' with its number")
    return unit
