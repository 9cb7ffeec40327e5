"""Turns the annotations of observables into exact factors, ranges and refinements by unit."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import partial
from typing import cast

from nen_kb.ontology.model import ClassData, Derivation, Observable, Range

_NUMBER = r"\d+(?:\.\d+)?(?:/\d+(?:\.\d+)?)?"
_EQUATION = re.compile(rf"({_NUMBER}) (\S+) = ({_NUMBER}) (\S+)")
_VALUE_CODE = re.compile(r"([^\s:]+:\S+) = (-?\d+(?:\.\d+)?)")


def number(text: str) -> Fraction:
    """``16.114``, ``60`` or ``1/18.02`` as an exact fraction.  Raises ValueError on anything else or on 0 below."""
    above, _, below = text.partition("/")
    if not below:
        return Fraction(above)
    if Fraction(below) == 0:
        raise ValueError(f"{text!r} divides by zero")
    return Fraction(above) / Fraction(below)


def equation(text: str, canonical: str) -> tuple[str, Fraction]:
    """(unit, factor) of ``1 mmol/L = 16.114 g/L``: one of that unit is ``factor`` of the canonical unit.

    The canonical unit may stand on either side.  Raises ValueError if the text is no such equation.
    """
    found = _EQUATION.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not an equation such as '1 mmol/L = 16.114 g/L'")
    left, right = (number(found[1]), found[2]), (number(found[3]), found[4])
    if left[0] == 0 or right[0] == 0:
        raise ValueError(f"{text!r} holds a zero")
    if right[1] == canonical and left[1] != canonical:
        return left[1], right[0] / left[0]
    if left[1] == canonical and right[1] != canonical:
        return right[1], left[0] / right[0]
    raise ValueError(f"{text!r} must have the canonical unit {canonical!r} on exactly one side")


def value_code(text: str) -> tuple[str, Fraction]:
    """(code, value) of ``SNOMEDCT:420300004 = 1``.  Raises ValueError if the text is not of that form."""
    found = _VALUE_CODE.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not of the form 'SYSTEM:code = value'")
    return found[1], Fraction(found[2])


def inherited(name: str, classes: Mapping[str, ClassData]) -> ClassData:
    """The class; without a unit of its own it takes unit, equations and range from the nearest class above."""
    found = dict(classes[name])
    level = [name]
    while not found["unit"] and level:
        level = sorted({parent for child in level for parent in classes[child]["parents"]})
        for parent in level:
            if classes[parent]["unit"]:
                for field in ("unit", "equations", "minimum", "maximum", "integer", "also_in", "value_codes"):
                    found[field] = found[field] or classes[parent][field]
                break
    return cast(ClassData, found)


def build(classes: Mapping[str, ClassData]) -> dict[str, Observable]:
    """All classes that have a canonical unit, own or from above.  Raises ValueError on a malformed annotation."""
    variants: dict[str, dict[str, str]] = defaultdict(dict)
    for name, entry in classes.items():
        if entry["variant_of"]:
            variants[entry["variant_of"]][entry["unit"]] = name
    found = {}
    for name in classes:
        entry = inherited(name, classes)
        if entry["unit"]:
            found[name] = _observable(name, entry, variants.get(name, {}))
    return found


def _observable(name: str, entry: ClassData, variants: Mapping[str, str]) -> Observable:
    unit = entry["unit"]
    by_unit = dict(variants)
    if not by_unit and entry["also_in"]:
        by_unit = dict.fromkeys((unit, *entry["also_in"]), name)
    return Observable(
        name=name,
        unit=unit,
        equations=tuple(equation(text, unit) for text in entry["equations"]),
        minimum=Fraction(entry["minimum"]) if entry["minimum"] else None,
        maximum=Fraction(entry["maximum"]) if entry["maximum"] else None,
        integer=entry["integer"],
        derived_from=entry["derived_from"] or None,
        derivation=cast(Derivation, entry["derivation"]) if entry["derivation"] else None,
        by_unit=by_unit,
        value_codes=dict(value_code(text) for text in entry["value_codes"]),
    )


def ranges(bounds: Iterable[list[str]]) -> tuple[Range, ...]:
    """Joins the bounds on each observable; ``faults`` tells of two on the same side."""
    sides: dict[str, dict[str, tuple[Fraction, bool]]] = defaultdict(dict)
    for observable, kind, text in sorted(bounds):
        side = "low" if kind.startswith("min") else "high"
        sides[observable][side] = Fraction(text), kind.endswith("Exclusive")
    found = []
    for observable, ends in sorted(sides.items()):
        low, low_open = ends.get("low", (None, False))
        high, high_open = ends.get("high", (None, False))
        found.append(Range(observable, low, low_open, high, high_open))
    return tuple(found)


def faults(entry: ClassData) -> Iterable[str]:
    """What is wrong with the numbers and equations of one class, in words."""
    checks: list[Callable[[], object]] = [
        *(partial(equation, text, entry["unit"]) for text in entry["equations"]),
        *(partial(value_code, text) for text in entry["value_codes"]),
        *(partial(Fraction, text) for text in (entry["minimum"], entry["maximum"]) if text),
    ]
    clean = True
    for check in checks:
        try:
            check()
        except ValueError as error:
            clean = False
            yield str(error)
    sides = Counter((observable, kind[:3]) for observable, kind, _ in entry["ranges"])
    for (observable, side), count in sides.items():
        if count > 1:
            yield f"its definition names {count} {'lower' if side == 'min' else 'upper'} cut-offs of {observable}"
    if entry["equations"] and not entry["unit"]:
        yield "it has a unit equation but no canonical unit"
    if clean and entry["minimum"] and entry["maximum"] and Fraction(entry["minimum"]) >= Fraction(entry["maximum"]):
        yield "its plausible minimum is not below its plausible maximum"
