"""Units as laboratories and clinicians write them, and exact conversion between them.

A unit is read into a dimension and an exact factor to that dimension's base:

===================  =========================  ======================================
dimension            base                       examples
===================  =========================  ======================================
mass/volume          g/L                        g/dL, GM/DL, mg%, ng/mL, g/100 mL
substance/volume     mol/L                      umol/L, µmol/L, mcmol/L
catalytic/volume     kat/L                      U/L, IU/L, [iU]/L, ukat/L
count/volume         1/L                        10*9/L, x10^9/L, G/L, K/uL, cells/mm3
clearance            mL/min                     ml/min, mL/s
clearance/area       mL/min per 1.73 m2         mL/min/{1.73_m2}, mL/min/1.73 m²
count/area           1 per 2 mm2                /{2_mm2}, per 2 mm2, {mitoses}/{2_mm2}
mass length time     g, m, s                    kg, [lb_av], cm, [in_i], sec
ratio                1                          % (one hundredth)
one                  1                          empty, 1, {score}, (score), {INR}
===================  =========================  ======================================

What could mean two things is not read at all: ``m/uL`` (milli or million), ``mil/uL`` (million
or, in Portuguese and Spanish, thousand), ``mm/L``, ``/HPF`` (fields differ in size), ``10`` and
``x10 (3)`` (no volume).  Letter case is free where it decides nothing (``MG/DL``); it decides in
``G/L`` (giga a litre, as against ``g/L``), ``M/uL`` (million) and ``mU``.  ``G/dL`` is gram, since
nobody counts cells by the decilitre.  A percentage is never a bare number: ``%`` and ``1`` do not
convert into each other, and neither do clearances with and without a body surface.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

MAX_UNIT_TEXT = 60
"""A longer text is no unit."""


@dataclass(frozen=True)
class Unit:
    """A unit that was understood; a value in it times ``factor`` is a value in the dimension's base."""

    text: str
    """As written."""
    dimension: str
    factor: Fraction


_PREFIX = {
    "": Fraction(1), "k": Fraction(10**3), "d": Fraction(1, 10), "c": Fraction(1, 10**2),
    "m": Fraction(1, 10**3), "milli": Fraction(1, 10**3), "u": Fraction(1, 10**6),
    "mc": Fraction(1, 10**6), "micro": Fraction(1, 10**6), "n": Fraction(1, 10**9),
    "nano": Fraction(1, 10**9), "p": Fraction(1, 10**12), "pico": Fraction(1, 10**12),
    "f": Fraction(1, 10**15),
}  # fmt: skip

_SMALL = ("", "m", "milli", "u", "mc", "micro", "n", "nano", "p", "pico")

_Part = tuple[str, Fraction]
"""A kind of thing (mass, volume, count, …) and a factor to its base."""


def _family(kind: str, base: Fraction, names: str, prefixes: Sequence[str]) -> dict[str, _Part]:
    return {p + name: (kind, _PREFIX[p] * base) for p in prefixes for name in names.split()}


_PARTS: dict[str, _Part] = {
    **_family("mass", Fraction(1), "g gm gram grams", ("k", *_SMALL)),
    **_family("substance", Fraction(1), "mol mole moles", _SMALL),
    **_family("volume", Fraction(1), "l liter litre liters litres", ("", "d", "c", *_SMALL, "f")),
    **_family("volume", Fraction(1, 10**3), "mls cc cm3", ("",)),
    **_family("volume", Fraction(1, 10**6), "mm3 cmm cumm mmcu", ("",)),
    **_family("catalytic", Fraction(1), "kat", ("", *_SMALL[3:])),
    **_family("catalytic", Fraction(1, 60 * 10**6), "u iu [iu] unit units unit(s)", ("",)),
    **_family("length", Fraction(1), "m meter metre meters metres", ("", "c", "m")),
    **_family("length", Fraction("0.0254"), "in inch inches [in_i]", ("",)),
    **_family("length", Fraction("0.3048"), "ft foot feet [ft_i]", ("",)),
    **_family("mass", Fraction("453.59237"), "lb lbs pound pounds [lb_av]", ("",)),
    **_family("time", Fraction(1), "s sec secs second seconds second(s)", ("",)),
    **_family("time", Fraction(60), "min mins minute minutes", ("",)),
    **_family("time", Fraction(3600), "h hr hrs hour hours", ("",)),
    **_family("area", Fraction(1), "m2 sqm", ("",)),
    **_family("area", Fraction(1, 10**4), "cm2 sqcm", ("",)),
    **_family("area", Fraction(1, 10**6), "mm2 sqmm", ("",)),
}

_ONE = frozenset(["", "1", "score", "(score)", "{score}", "inr", "{inr}", "ratio", "{ratio}"])
_COUNTED = ("", "1", "cell", "cells", "{cell}", "{cells}", "#", "{#}", "mitoses", "{mitoses}")
_THOUSAND = ("th", "ths", "thou", "thousand", "thousands", "tsd", "1000")
_MILLION = ("mill", "million", "millions", "mio")
_MICROLITRE = Fraction(1, 10**6)
_DECILITRE = Fraction(1, 10)

_POWER = re.compile(
    r"(?:[x*×·]\s*)?(?:10\s*(?:\*\*|\*|\^|e|\s)\s*(?P<marked>3|6|9|12)|10\s*\((?P<bracketed>3|6|9|12)\)"
    r"|10(?P<bare>3|6|9|12)|e(?P<short>6|9|12))(?![0-9])\s*(?P<what>.*)"
)
_SCALED = re.compile(r"(?P<number>[0-9]{1,4}(?:[.,][0-9]{1,3})?)?[\s_.*x]*(?P<unit>.*)", re.DOTALL)
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_LOOKALIKES = str.maketrans({"µ": "u", "μ": "u", "∕": "/", "⁄": "/", "\u00a0": " ", "\u202f": " "})


def parse_unit(text: str) -> Unit | None:
    """The unit written in ``text`` (UCUM or everyday spelling), or None if it is not surely known."""
    return _parsed(text) if len(text) <= MAX_UNIT_TEXT else None


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Unit | None:
    plain = re.sub(r"10(?=[⁰¹²³⁴⁵⁶⁷⁸⁹])", "10^", text).translate(_SUPERSCRIPTS).translate(_LOOKALIKES)
    plain = re.sub(r"(?:^|\s+)per\s+", "/", plain.strip(), flags=re.IGNORECASE)
    read = _read(plain)
    return Unit(text, *read) if read is not None else None


def convert(
    value: Fraction, unit: str, canonical: str, equations: Sequence[tuple[str, Fraction]] = ()
) -> Fraction | None:
    """``value`` in ``unit`` as an exact number of ``canonical`` units, or None if there is no way.

    Within a dimension the factors decide.  An equation ``(text, n)`` says that one ``text`` is ``n``
    canonical units and so bridges two dimensions: ``("mmol/L", Fraction("16.114"))`` for haemoglobin
    in g/L also converts µmol/L.  A unit that is unknown here but written exactly like the canonical
    unit, or like an equation's, still converts.
    """
    if unit.strip() == canonical.strip():
        return value
    source, target = parse_unit(unit), parse_unit(canonical)
    if source and target and source.dimension == target.dimension:
        return value * source.factor / target.factor
    for text, ratio in equations:
        bridge = parse_unit(text)
        if source and bridge and source.dimension == bridge.dimension:
            return value * source.factor / bridge.factor * ratio
        if text.strip() == unit.strip():
            return value * ratio
    return None


def _read(plain: str) -> _Part | None:
    """Dimension and factor of a tidied text."""
    lower = plain.lower()
    if lower in _ONE:
        return "one", Fraction(1)
    if lower in ("%", "percent", "per cent"):
        return "ratio", Fraction(1, 100)
    if lower.endswith("%"):
        part = _PARTS.get(lower[:-1].strip())
        return ("mass/volume", part[1] / _DECILITRE) if part and part[0] == "mass" else None
    top, *below = (piece.strip() for piece in plain.split("/"))
    denominators = [_denominator(piece, after_time=index > 0) for index, piece in enumerate(below)]
    known = [part for part in denominators if part is not None]
    if len(known) < len(denominators):
        return None
    numerator = _numerator(top, known)
    return _combine(numerator, known) if numerator else None


def _numerator(top: str, below: list[_Part]) -> _Part | None:
    """What stands above the line; what lies below decides the letters G, K, M and T."""
    volume = below[0][1] if len(below) == 1 and below[0][0] == "volume" else None
    if len(top) == 1 and top in "GKkMT":
        if top == "G" and volume == _DECILITRE:
            return "mass", Fraction(1)
        meaning = {"G": (10**9, 1), "T": (10**12, 1), "M": (10**6, _MICROLITRE)}.get(top, (10**3, _MICROLITRE))
        return ("count", Fraction(meaning[0])) if volume == meaning[1] else None
    if top in ("mU", "mIU", "m[IU]", "m[iU]"):
        return "catalytic", Fraction(1, 60 * 10**9)
    lower = top.lower()
    power = _POWER.fullmatch(lower)
    if power:
        digits = power["marked"] or power["bracketed"] or power["bare"] or power["short"]
        return ("count", Fraction(10 ** int(digits))) if power["what"] in _COUNTED else None
    first, _, rest = lower.partition(" ")
    for words, factor in ((_THOUSAND, 10**3), (_MILLION, 10**6), (("gpt",), 10**9), (("tpt",), 10**12)):
        if first in words and rest.strip() in _COUNTED:
            return "count", Fraction(factor)
    if lower in _COUNTED:
        return "count", Fraction(1)
    return _part(top)


def _denominator(piece: str, *, after_time: bool) -> _Part | None:
    """One thing below the line, with a number before it: ``dL``, ``100 mL``, ``{1.73_m2}``, ``2 mm2``."""
    if piece[:1] + piece[-1:] in ("{}", "()"):
        inner = _denominator(piece[1:-1].strip(), after_time=after_time)
        return inner if inner and inner[0] == "area" else None
    match = _SCALED.fullmatch(piece)
    if match is None:
        return None
    number = Fraction(match["number"].replace(",", ".")) if match["number"] else Fraction(1)
    if number == 0:
        return None
    if after_time and not match["unit"] and number == Fraction("1.73"):
        return "area", number
    part = _part(match["unit"])
    return (part[0], part[1] * number) if part else None


def _part(text: str) -> _Part | None:
    """A simple unit; single capitals other than L and U mean too many things."""
    if len(text) == 1 and text.isupper() and text not in "LU":
        return None
    lower = text.lower().removesuffix(".")
    if re.search(r"m[\s_]*[\^*]?[\s_]*[23]$|mm|sq", lower):
        lower = re.sub(r"[\s_^*]", "", lower)
    return _PARTS.get(lower)


def _combine(top: _Part, below: list[_Part]) -> _Part | None:
    """The dimension of a quotient, and its factor to the base unit."""
    kind, factor = top
    kinds = sorted(part[0] for part in below)
    for _, size in below:
        factor /= size
    match kind, kinds:
        case ("mass" | "length" | "time", []):
            return kind, factor
        case ("mass" | "substance" | "catalytic" | "count", ["volume"]):
            return f"{kind}/volume", factor
        case ("volume", ["time"]):
            return "clearance", factor * 1000 * 60
        case ("volume", ["area", "time"]):
            return "clearance/area", factor * 1000 * 60 * Fraction("1.73")
        case ("count", ["area"]):
            return "count/area", factor * Fraction(2, 10**6)
    return None
