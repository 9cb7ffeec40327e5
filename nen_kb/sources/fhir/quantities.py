"""Values of observations: from ``value[x]`` and reference ranges to spans in the canonical unit.

A value that cannot be used is never skipped: it becomes None with a reason.  The UCUM code counts
before the unit's text; where both can be read and say different things, neither is believed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from nen_kb.facts.records import Limit
from nen_kb.facts.values import (
    GRID,
    NEG_INF,
    POS_INF,
    Quantity,
    Span,
    from_grid,
    parse_quantity,
    span,
    to_grid,
)
from nen_kb.sources.fhir.codes import Lexicon, ObservableLike, system_name
from nen_kb.sources.fhir.known import SCORES
from nen_kb.units import parse_unit

UNUSABLE, NO_VALUE = "unit_unusable", "not_recorded"
_SMALL_NUMBER = re.compile(r"(?:grade|class|score|ecog|nyha|ecog grade|nyha class)?\s*([0-9])", re.IGNORECASE)
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_NUMBERLESS = ("Boolean", "Ratio", "SampledData", "Time", "DateTime", "Period", "Attachment")


@dataclass(frozen=True)
class Reading:
    """What a value came to."""

    observable: str
    """The observable, refined by the kind of its unit."""
    value: Span | None
    original: str
    trouble: str = ""
    trouble_text: str = ""


@dataclass(frozen=True)
class _Raw:
    """A value as written: the quantity, or why there is none."""

    quantity: Quantity | None
    original: str
    trouble: str = ""
    trouble_text: str = ""


def number(value: Any) -> Fraction | None:
    """A JSON number exactly; None for anything else and for numbers beyond any measurement."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    exact = Decimal(value)
    if not exact.is_finite() or (exact and not -30 <= exact.adjusted() <= 30):
        return None
    return Fraction(exact)


def read_value(holder: dict[str, Any], observable: str, lexicon: Lexicon) -> Reading:
    """The value of an Observation or component as an observable."""
    raw = _raw(holder, observable, lexicon)
    if raw.quantity is None:
        return Reading(observable, None, raw.original, raw.trouble, raw.trouble_text)
    return place(raw.quantity, observable, lexicon, raw.original, raw.trouble_text)


def place(quantity: Quantity, observable: str, lexicon: Lexicon, original: str, doubt: str = "") -> Reading:
    """A quantity on the grid of the observable, or of its variant for that kind of unit."""
    if doubt:
        return Reading(observable, None, original, UNUSABLE, doubt)
    meant = lexicon.ontology.observable(observable)
    if meant is None:
        return Reading(observable, None, original, UNUSABLE, "this observable holds no numbers")
    for unit, variant in meant.by_unit.items():
        refined = lexicon.ontology.observable(variant)
        if refined is None or refined.unit != unit or not quantity.unit.strip():
            continue
        found = span(quantity, unit, refined.equations)
        if found is not None:
            return _plausible(Reading(variant, found, original), refined)
    found = span(quantity, meant.unit, meant.equations)
    if found is None:
        why = f"the unit {quantity.unit} is not one of {meant.unit}" if quantity.unit.strip() else "there is no unit"
        return Reading(observable, None, original, UNUSABLE, why)
    return _plausible(Reading(observable, found, original), meant)


def _plausible(reading: Reading, meant: ObservableLike) -> Reading:
    value = reading.value
    if value is None:
        return reading
    ends = [end for end in (value.low, value.high) if NEG_INF < end < POS_INF]
    if meant.minimum is not None and any(end < to_grid(meant.minimum) for end in ends):
        why = f"it is below {_plain(meant.minimum)} {meant.unit}, which no patient has"
        return replace(reading, value=None, trouble=UNUSABLE, trouble_text=why)
    if meant.maximum is not None and any(end > to_grid(meant.maximum) for end in ends):
        why = f"it is above {_plain(meant.maximum)} {meant.unit}, which no patient has"
        return replace(reading, value=None, trouble=UNUSABLE, trouble_text=why)
    if meant.integer and value.exact and value.low % GRID:
        return replace(reading, value=None, trouble=UNUSABLE, trouble_text="it is no whole number")
    return reading


def _raw(holder: dict[str, Any], observable: str, lexicon: Lexicon) -> _Raw:
    if isinstance(holder.get("valueQuantity"), dict):
        return _quantity(holder["valueQuantity"])
    for name in ("valueInteger", "valueDecimal"):
        exact = number(holder.get(name))
        if exact is not None:
            return _Raw(Quantity(exact, exact, False, False, ""), str(holder[name]))
    if isinstance(holder.get("valueRange"), dict):
        return _range(holder["valueRange"])
    if isinstance(holder.get("valueString"), str):
        return _string(holder["valueString"])
    if isinstance(holder.get("valueCodeableConcept"), dict):
        return _coded(holder["valueCodeableConcept"], observable, lexicon)
    for suffix in _NUMBERLESS:
        if holder.get(f"value{suffix}") is not None:
            return _Raw(None, "", UNUSABLE, f"a value of type {suffix} is no number")
    if holder.get("dataAbsentReason") is not None:
        return _Raw(None, "", NO_VALUE, "the result says that it has no value")
    return _Raw(None, "", NO_VALUE, "the result has no value")


def unit_of(element: dict[str, Any]) -> tuple[str, str]:
    """The unit of a FHIR Quantity, and what is doubtful about it (empty if nothing is)."""
    code, text = element.get("code"), element.get("unit")
    code = code.strip() if isinstance(code, str) else ""
    text = text.strip() if isinstance(text, str) else ""
    if system_name(element.get("system")) not in ("UCUM", ""):
        code = ""
    by_code, by_text = parse_unit(code) if code else None, parse_unit(text) if text else None
    if by_code and by_text and (by_code.dimension, by_code.factor) != (by_text.dimension, by_text.factor):
        return code, f"the unit's code {code} and its text {text} say different things"
    return (code if by_code or not by_text else text) or text, ""


def _quantity(element: dict[str, Any]) -> _Raw:
    exact, (unit, doubt) = number(element.get("value")), unit_of(element)
    sign = str(element.get("comparator") or "")
    shown = f"{sign}{element.get('value')} {element.get('unit') or unit}".strip() if exact is not None else ""
    if exact is None:
        return _Raw(None, shown, NO_VALUE, "the result has no value that is a number")
    if sign == "":
        quantity = Quantity(exact, exact, False, False, unit)
    elif sign in (">", ">="):
        quantity = Quantity(exact, None, sign == ">", False, unit)
    elif sign in ("<", "<="):
        quantity = Quantity(None, exact, False, sign == "<", unit)
    else:
        return _Raw(None, shown, UNUSABLE, "its comparator is not understood")
    return _Raw(quantity, shown, "", doubt)


def _range(element: dict[str, Any]) -> _Raw:
    low, high = element.get("low"), element.get("high")
    ends = [_quantity(end) if isinstance(end, dict) else None for end in (low, high)]
    shown = " to ".join(end.original if end else "…" for end in ends)
    units = {end.quantity.unit for end in ends if end and end.quantity}
    below, above = (end.quantity.low if end and end.quantity and end.quantity.exact else None for end in ends)
    if len(units) != 1 or (below is not None and above is not None and below > above):
        return _Raw(None, shown, UNUSABLE, "the range is not understood")
    doubt = next((end.trouble_text for end in ends if end and end.trouble_text), "")
    return _Raw(Quantity(below, above, False, False, units.pop()), shown, "", doubt)


def _string(text: str) -> _Raw:
    shown = text.strip()[:100]
    try:
        return _Raw(parse_quantity(text), shown)
    except ValueError:
        return _Raw(None, shown, NO_VALUE, "its text is no quantity")


def _coded(element: dict[str, Any], observable: str, lexicon: Lexicon) -> _Raw:
    meaning = lexicon.meaning(element)
    meant = lexicon.ontology.observable(observable)
    answers = meant.value_codes if meant else {}
    scores = {SCORES[code] for code in meaning.codes if code in SCORES}
    fitting = {Fraction(score) for name, score in scores if observable == name}
    fitting |= {answers[f"{c.system}:{c.code}"] for c in meaning.codings if f"{c.system}:{c.code}" in answers}
    if not fitting and not scores and meant is not None and meant.integer:
        for name in meaning.names:
            match = _SMALL_NUMBER.fullmatch(name.strip())
            if match:
                fitting.add(Fraction(match[1]))
            elif observable == "NYHAClass" and (
                roman := _ROMAN.get(name.strip().casefold().removeprefix("nyha ").removeprefix("class "))
            ):
                fitting.add(Fraction(roman))
    if len(fitting) == 1:
        exact = fitting.pop()
        return _Raw(Quantity(exact, exact, False, False, ""), meaning.written)
    return _Raw(None, meaning.written, NO_VALUE, "its answer is no number")


def limits(
    holder: dict[str, Any], reading: Reading, lexicon: Lexicon, applies: Any
) -> tuple[Limit | None, Limit | None, list[str]]:
    """The lower and upper reference limit of a result, and what was not used of its ranges.

    ``applies(range)`` says whether a range certainly is this patient's.
    """
    ranges = holder.get("referenceRange")
    if not isinstance(ranges, list) or not ranges:
        return None, None, []
    problems: list[str] = []
    lows: list[Limit] = []
    highs: list[Limit] = []
    for element in ranges:
        if not isinstance(element, dict):
            continue
        why = applies(element)
        if why:
            problems.append(why)
            continue
        low, high, said = _ends(element, holder, reading, lexicon)
        problems.extend(said)
        lows.extend(low)
        highs.extend(high)
    return _one(lows, "lower", problems), _one(highs, "upper", problems), problems


def _one(found: list[Limit], name: str, problems: list[str]) -> Limit | None:
    if len({limit.value for limit in found}) > 1:
        problems.append(f"it has several {name} reference limits that differ; none is used")
        return None
    return found[0] if found else None


def _ends(
    element: dict[str, Any], holder: dict[str, Any], reading: Reading, lexicon: Lexicon
) -> tuple[list[Limit], list[Limit], list[str]]:
    own = holder.get("valueQuantity")
    fallback = unit_of(own)[0] if isinstance(own, dict) else ""
    lows: list[Limit] = []
    highs: list[Limit] = []
    said: list[str] = []
    if not isinstance(element.get("low"), dict) and not isinstance(element.get("high"), dict):
        text = element.get("text")
        if not isinstance(text, str) or not text.strip():
            return [], [], []
        try:
            quantity = parse_quantity(text)
        except ValueError:
            return [], [], ["a reference range in words is not understood"]
        if not quantity.unit:
            quantity = replace(quantity, unit=fallback)
        pairs = [(quantity.low, lows), (quantity.high, highs)] if not quantity.exact else []
        for end, found in pairs:
            if end is not None:
                _limit(
                    Quantity(end, end, False, False, quantity.unit),
                    text.strip()[:60],
                    reading,
                    lexicon,
                    found,
                    said,
                )
        return lows, highs, said
    for name, found in (("low", lows), ("high", highs)):
        end = element.get(name)
        if not isinstance(end, dict):
            continue
        raw = _quantity(end)
        if raw.quantity is None or not raw.quantity.exact or raw.trouble_text:
            said.append("a reference limit is not understood")
            continue
        if not raw.quantity.unit and fallback:
            said.append("a reference limit without a unit is read in the unit of its result")
            raw = _Raw(replace(raw.quantity, unit=fallback), f"{raw.original} {fallback}")
        if raw.quantity is not None:
            _limit(raw.quantity, raw.original, reading, lexicon, found, said)
    return lows, highs, said


def _limit(
    quantity: Quantity, shown: str, reading: Reading, lexicon: Lexicon, found: list[Limit], said: list[str]
) -> None:
    meant = lexicon.ontology.observable(reading.observable)
    value = span(quantity, meant.unit, meant.equations) if meant else None
    if value is None or not 0 <= value.low < POS_INF:
        said.append("the unit of a reference limit does not fit its result; the limit is not used")
    else:
        found.append(Limit(value, shown))


def _plain(value: Fraction) -> str:
    return str(from_grid(to_grid(value)))


def plain_quantity(holder: dict[str, Any]) -> Quantity | None:
    """The number of a score that is no observable of the ontology; None if there is none."""
    for key, read in (("valueQuantity", _quantity), ("valueRange", _range)):
        if isinstance(holder.get(key), dict):
            return read(holder[key]).quantity
    exact = number(holder.get("valueInteger"))
    if exact is not None:
        return Quantity(exact, exact, False, False, "")
    if isinstance(holder.get("valueString"), str):
        return _string(holder["valueString"]).quantity
    for coding in [holder["valueCodeableConcept"]] if isinstance(holder.get("valueCodeableConcept"), dict) else []:
        texts = [
            coding.get("text"),
            *(item.get("display") for item in coding.get("coding", []) if isinstance(item, dict)),
        ]
        for text in texts:
            match = _SMALL_NUMBER.fullmatch(text.strip()) if isinstance(text, str) else None
            if match:
                return Quantity(Fraction(match[1]), Fraction(match[1]), False, False, "")
    return None
