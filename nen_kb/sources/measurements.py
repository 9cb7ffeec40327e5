"""Makes measurements from what a person wrote: number, unit, reference limits, plausibility.

In a case file a unit that cannot be converted, a missing unit or an impossible value is a mistake to
correct, not a value to set aside; only ``value: unknown`` says that a result cannot be read.
"""

from __future__ import annotations

import math
import re
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

from nen_kb.facts.records import Limit, Measurement
from nen_kb.facts.values import NEG_INF, POS_INF, Quantity, Span, parse_quantity, span, to_grid
from nen_kb.ontology import Observable, Ontology
from nen_kb.sources.document import Value, shown
from nen_kb.sources.reading import Fields, Reading
from nen_kb.units import convert, parse_unit

_THOUSANDS = re.compile(r"(?<![\d.])[0-9]{1,3}\.[0-9]{3}(?![\d.])")
"""In a count of cells in a microlitre: no such count has decimals."""


def make_measurement(reading: Reading, path: str, data: Value) -> Measurement | None:
    """A measurement, its value on the grid of the canonical unit of the observable its unit tells of."""
    fields = Fields(reading, path, data, ("observable", "value", "date", "upper_limit", "lower_limit", "source"))
    name = fields.text("observable", required=True)
    local = reading.concept(fields.place("observable"), name) if name else None
    observable = reading.ontology.observable(local) if local else None
    if local and observable is None:
        remedy = "Name a laboratory result, score or size; list diagnoses and answers under findings"
        message = f"{shown(name)} is nothing that has a number"
        reading.problem(fields.place("observable"), message, remedy, "not-an-observable")
    when = reading.period(fields.place("date"), fields.data["date"]) if fields.has("date") else reading.undated(path)
    written = fields.text("value", required=True)
    origin = fields.origin()
    if observable is None or written is None:
        return None
    before = len(reading.problems)
    value: Span | None = None
    trouble = ("not_recorded", "the result exists but its value could not be read")
    if written.lower() != "unknown":
        trouble = ("", "")
        quantity = _quantity(reading, fields.place("value"), written)
        observable = refine(reading.ontology, observable, quantity.unit) if quantity else observable
        value = _value(reading, fields.place("value"), written, quantity, observable) if quantity else None
    upper, lower = _limit(fields, "upper_limit", observable), _limit(fields, "lower_limit", observable)
    if upper and lower and lower.value.low > upper.value.high:
        message, remedy = "the lower limit lies above the upper limit", "Exchange the two"
        reading.problem(fields.place("lower_limit"), message, remedy, "bad-limits")
    if when is None or len(reading.problems) > before:
        return None
    canonical = reading.ontology.observable(observable.name)
    if canonical is not None and canonical.unit != observable.unit:
        text = f"a value in {observable.unit} cannot be compared before its method is named"
        reading.note(path, f"{text}, nor can its limits", "unknown-unit")
        trouble, value, upper, lower = ("unit_unusable", text), None, None, None
    return Measurement(path, observable.name, value, written, when, origin, upper, lower, *trouble)


def refine(ontology: Ontology, observable: Observable, unit: str) -> Observable:
    """The observable that a unit of this kind belongs to: a GFR in mL/min/1.73 m2 is an indexed one.

    A class too general to be divided by units comes back in the kind of unit that was written, which is
    then not its canonical one.
    """
    for canonical, local in observable.by_unit.items():
        narrower = ontology.observable(local)
        if narrower and _converts(narrower, canonical, unit):
            return narrower if narrower.unit == canonical else replace(narrower, unit=canonical)
    return observable


@lru_cache(maxsize=4096)
def _converts(observable: Observable, canonical: str, unit: str) -> bool:
    return convert(Fraction(1), unit, canonical, observable.equations) is not None


@lru_cache(maxsize=4096)
def _on_grid(observable: Observable, text: str) -> Span | None:
    """The quantity written, on the grid of the observable's unit; None if its unit cannot be converted to it."""
    return span(parse_quantity(text), observable.unit, observable.equations)


def _limit(fields: Fields, key: str, observable: Observable) -> Limit | None:
    text = fields.text(key)
    lower = key == "lower_limit"
    return read_limit(fields.reading, fields.place(key), text, observable, lower=lower) if text else None


def read_limit(
    reading: Reading, place: str, text: str | None, observable: Observable, *, lower: bool = False
) -> Limit | None:
    """A reference limit in the canonical unit; it must be one number above zero (a lower one may be zero)."""
    quantity = _quantity(reading, place, text) if text else None
    if quantity is None or text is None:
        return None
    if not quantity.exact or quantity.low is None or quantity.low < 0:
        message, remedy = f"{shown(text)} is not a limit", "Write one number with its unit, such as 35 U/L"
        reading.problem(place, message, remedy, "bad-limit")
        return None
    if quantity.low == 0 and not lower:
        reading.problem(place, "a limit of zero makes no sense", "Write the limit of the laboratory", "bad-limit")
        return None
    value = _on_grid(observable, text)
    if value is None:
        _unit_problem(reading, place, text, quantity.unit, observable)
        return None
    return Limit(value, text)


def read_score(reading: Reading, place: str, text: str, least: int, greatest: int) -> Span | None:
    """A whole number from ``least`` to ``greatest``, a range of them, or one with a comparator."""
    quantity = _quantity(reading, place, text)
    if quantity is None:
        return None
    whole, unit = _whole(quantity), parse_unit(quantity.unit)
    if whole is not None and unit is not None and unit.dimension == "one":
        low = least if whole.low is None else whole.low
        high = greatest if whole.high is None else whole.high
        if least <= low <= high <= greatest:
            return Span(to_grid(Fraction(low)), to_grid(Fraction(high)))
    remedy = f"Write a whole number from {least} to {greatest}, or a range such as 2-3"
    reading.problem(place, f"{shown(text)} is not a score of this scale", remedy, "bad-score")
    return None


def _quantity(reading: Reading, place: str, text: str) -> Quantity | None:
    try:
        quantity = parse_quantity(text)
    except ValueError as error:
        reading.mistake(place, error, text, "bad-quantity")
        return None
    if _THOUSANDS.search(text) and _counts_in_a_microlitre(quantity.unit):
        message = f"{shown(text)} may mean a number with decimals or one with a dot between thousands"
        remedy = "Write 182000 /uL, or 182 10*9/L"
        reading.problem(place, message, remedy, "ambiguous-number")
        return None
    return quantity


def _counts_in_a_microlitre(unit: str) -> bool:
    known, count = parse_unit(unit), parse_unit("/uL")
    return (
        known is not None and count is not None and (known.dimension, known.factor) == (count.dimension, count.factor)
    )


def _value(reading: Reading, place: str, text: str, quantity: Quantity, observable: Observable) -> Span | None:
    """The value on the grid, if its unit converts and it is plausible."""
    value = _plausible(observable, text)
    if value is not None:
        return value
    label = reading.ontology.label(observable.name)
    if _on_grid(observable, text) is None:
        _unit_problem(reading, place, text, quantity.unit, observable)
    elif observable.integer and _whole(quantity) is None:
        remedy = "Write a whole number, or a range such as 0-1"
        reading.problem(place, f"{shown(text)}: {label} is a whole number", remedy, "not-whole")
    else:
        remedy = "Correct the value or its unit, or write value: unknown if it cannot be read"
        reading.problem(place, f"{label} cannot be {shown(text)} ({_allowed(observable)})", remedy, "implausible")
    return None


@lru_cache(maxsize=32_768)
def _plausible(observable: Observable, text: str) -> Span | None:
    """The quantity written, on the grid; None if its unit does not convert, or no patient has such a value."""
    written = parse_quantity(text)
    quantity = _whole(written) if observable.integer else written
    value = span(quantity, observable.unit, observable.equations) if quantity is not None else None
    if value is None:
        return None
    least = NEG_INF if observable.minimum is None else to_grid(observable.minimum)
    greatest = POS_INF if observable.maximum is None else to_grid(observable.maximum)
    known = [end for end in (value.low, value.high) if NEG_INF < end < POS_INF]
    return value if all(least <= end <= greatest for end in known) else None


def _whole(quantity: Quantity) -> Quantity | None:
    """A quantity of whole numbers with closed ends (``> 1`` is from 2 on); None if an end is not whole."""
    ends = [end for end in (quantity.low, quantity.high) if end is not None]
    if any(end.denominator != 1 for end in ends):
        return None
    low, high = quantity.low, quantity.high
    low = low + 1 if low is not None and quantity.low_open else low
    high = high - 1 if high is not None and quantity.high_open else high
    return Quantity(low, high, False, False, quantity.unit)


def _allowed(observable: Observable) -> str:
    unit = "" if observable.unit == "1" else f" {observable.unit}"
    if observable.minimum is None or observable.maximum is None:
        bound = observable.maximum if observable.minimum is None else observable.minimum
        word = "at most" if observable.minimum is None else "at least"
        return f"{word} {_number(bound)}{unit}"
    return f"{_number(observable.minimum)} to {_number(observable.maximum)}{unit}"


def _number(value: Fraction | None) -> str:
    return f"{float(value):g}" if value is not None and math.isfinite(value) else "any"


def _unit_problem(reading: Reading, place: str, text: str, unit: str, observable: Observable) -> None:
    """Report a unit that is missing, unknown or of another kind, naming those that would do."""
    label = reading.ontology.label(observable.name)
    kinds = list(observable.by_unit) or [observable.unit, *(name for name, _ in observable.equations)]
    usable = "as a bare number, without a unit" if observable.unit == "1" else "in " + " or ".join(kinds[:4])
    remedy = f"Write it {usable}"
    if place.endswith("value"):
        remedy += ", or write value: unknown if the unit is not known"
    if not unit:
        reading.problem(place, f"{shown(text)} has no unit, {label} needs one", remedy, "no-unit")
    elif parse_unit(unit) is None:
        reading.problem(place, f"the unit {shown(unit)} is not known", remedy, "unknown-unit")
    else:
        message = f"the unit {shown(unit)} cannot be converted for {label}"
        reading.problem(place, message, remedy, "other-unit")
