"""Numbers, days and records in words.

Dates are ISO.  A value stands as it was written, with the canonical unit in parentheses where it was converted.
"""

from __future__ import annotations

import calendar
import re
from datetime import date
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TYPE_CHECKING

from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, iso
from nen_kb.facts.records import Finding, Imaging, Measurement, Origin, Presence, Treatment
from nen_kb.facts.values import GRID, NEG_INF, POS_INF, Span, from_grid, parse_quantity
from nen_kb.rules.ir import Constant
from nen_kb.units import parse_unit

if TYPE_CHECKING:
    from nen_kb.explain.case import Judgement

EXTENTS = {0: "none of the lesions", 1: "a minority of the lesions", 2: "a majority of the lesions", 3: "all lesions"}
SHOWN_UNITS = {
    "1": "", "10*9/L": "× 10⁹/L", "umol/L": "µmol/L", "mL/min/{1.73_m2}": "mL/min/1.73 m²", "/{2_mm2}": "per 2 mm²",
    "ug/L": "µg/L", "10*12/L": "× 10¹²/L",
}  # fmt: skip
"""Units in UCUM notation and as a clinician writes them."""
_CENT = GRID // 100
_ROUNDING = GRID // 500
"""A computed value that is this narrow was only rounded outwards: it is shown as one number, to two places or one."""
_SHOWN = [Context(prec=digits, rounding=ROUND_HALF_EVEN) for digits in (3, 4, 5, 6, 7)]
_ROUGH = Context(prec=2, rounding=ROUND_HALF_EVEN)
_POWER = re.compile(r"\s*[x×]?\s*10[*^]{1,2}(\d+)\s*/")
_MICRO = re.compile(r"(?<![A-Za-z])u(?=(?:mol|g|kat|l|L)\b)")
_AREA = re.compile(r"\{1\.73_m2\}|1\.73 ?m(?:\^|\*\*)?2")
_FIELD = re.compile(r"\s*/\s*\{?2[_ ]mm2\}?")
_PER = re.compile(r"(?<=\d)\s+/")
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

ASSUMED = "(assumed)"
"""Stands in the place of where a record comes from, if it comes from nowhere."""

NO_VALUE = "no usable value"
"""An interval without ends."""


# ── numbers and days ────────────────────────────────────────────────────────


def unit(ucum: str) -> str:
    """A unit as a clinician writes it."""
    return SHOWN_UNITS.get(ucum, ucum)


def as_written(original: str) -> str:
    """A value as its source wrote it, with powers, squares and micro signs set as print has them."""
    text = _POWER.sub(lambda found: f" × 10{found[1].translate(_RAISED)}/", original)
    text = _FIELD.sub(" per 2 mm²", _MICRO.sub("µ", _AREA.sub("1.73 m²", text)))
    return _PER.sub("/", text.replace("mm3", "mm³").replace("<=", "≤").replace(">=", "≥"))


def number(point: int) -> str:
    """A grid number without superfluous zeros; one that has no six places is rounded to three digits."""
    if point <= NEG_INF or point >= POS_INF:
        return "−∞" if point < 0 else "∞"
    value = from_grid(point)
    if point % 10:
        nearest = (point + 5) // 10 * 10, (point - 5) // 10 * 10
        short = min(nearest, key=lambda each: len(format(from_grid(each), "f")))
        text = format(from_grid(short), "f")
        if len(text.replace(".", "").replace("-", "")) <= 4:
            return text
        value = _rounded(value) if abs(value) < 1000 else value.to_integral_value()
    text = format(value, "f")
    return text.replace("-", "−")


def _rounded(value: Decimal) -> Decimal:
    """To three digits, or to as many as keep it apart from a rounder number."""
    rough = _ROUGH.plus(value)
    return next(
        (shown for shown in (context.plus(value) for context in _SHOWN) if shown != rough), _SHOWN[0].plus(value)
    )


def _point(point: int) -> str:
    """A single value; one that lies beside a short number, but not on it, says so."""
    text = number(point)
    if point % 10 and Decimal(text.replace("−", "-")) in (from_grid(point - 5), from_grid(point + 5)):
        return f"just {'above' if Decimal(text.replace('−', '-')) < from_grid(point) else 'below'} {text}"
    return text


def with_unit(text: str, ucum: str) -> str:
    """A number and its unit, without a unit for scores and ratios."""
    return f"{text} {unit(ucum)}".strip()


def span(low: int, high: int, ucum: str = "1") -> str:
    """An interval in the canonical unit."""
    if low <= NEG_INF and high >= POS_INF:
        return NO_VALUE
    if low == high:
        return with_unit(_point(low), ucum)
    for step in (_CENT, 10 * _CENT) if 0 < high - low <= _ROUNDING else ():
        if (low + step // 2) // step == (high + step // 2) // step:
            return with_unit(number((low + step // 2) // step * step), ucum)
    if high >= POS_INF:
        return with_unit(f"{'more than' if low % 10 else 'at least'} {number(low)}", ucum)
    if low <= NEG_INF:
        return with_unit(f"{'less than' if high % 10 else 'at most'} {number(high)}", ucum)
    return with_unit(f"{_point(low)} to {_point(high)}", ucum)


def days(first: int, last: int) -> str:
    """A day, a month, a year, or the interval it stands for."""
    if first == last:
        return iso(first) if FAR_PAST < first < FAR_FUTURE else "an unknown day"
    if first <= FAR_PAST:
        return "an unknown day" if last >= FAR_FUTURE else f"{iso(last)} or earlier"
    if last >= FAR_FUTURE:
        return f"{iso(first)} or later"
    start, end = date.fromordinal(first), date.fromordinal(last)
    if start.year == end.year and start.day == 1:
        if (start.month, end.month, end.day) == (1, 12, 31):
            return str(start.year)
        if start.month == end.month and end.day == calendar.monthrange(end.year, end.month)[1]:
            return f"{start.year:04}-{start.month:02}"
    return f"between {iso(first)} and {iso(last)}"


def some_day(text: str) -> str:
    """``a day between …``: days as part of a sentence that goes on to speak of them."""
    return f"a day {text}" if text.startswith("between ") else text


def limit(constant: Constant, ucum: str = "1") -> str:
    """A limit as the rule writes it, with its unit."""
    text = constant.text.strip("'\"")
    if " " in text:
        value, _, written = text.partition(" ")
        one, other = parse_unit(written), parse_unit(ucum)
        same = one and other and (one.dimension, one.factor) == (other.dimension, other.factor)
        canonical = (
            "" if same or not isinstance(constant.value, int) else f" ({with_unit(number(constant.value), ucum)})"
        )
        return with_unit(value, written) + canonical
    if isinstance(constant.value, int):
        return with_unit(text or number(constant.value), ucum)
    return text or str(constant.value)


# ── records ─────────────────────────────────────────────────────────────────


def converted(original: str, value: Span | None, ucum: str) -> str:
    """The value in the canonical unit where it was converted, otherwise an empty text."""
    if value is None:
        return ""
    try:
        written = parse_unit(parse_quantity(original).unit)
    except ValueError:
        return span(value.low, value.high, ucum)
    canonical = parse_unit(ucum)
    same = written is not None and canonical is not None and written == canonical
    if written is not None and canonical is not None and not same:
        same = (written.dimension, written.factor) == (canonical.dimension, canonical.factor)
    return "" if same or ucum == "1" else span(value.low, value.high, ucum)


def quantity(record: Measurement, ucum: str) -> str:
    """``12.1 g/dL (121 g/L)``: the number as it was written, the unit as a clinician writes it."""
    other = converted(record.original, record.value, ucum)
    return f"{as_written(record.original)} ({other})" if other else as_written(record.original)


def treatment_period(record: Treatment) -> str:
    """When a treatment began and ended."""
    began = some_day(days(record.started.first, record.started.last))
    if record.ended.first >= FAR_FUTURE:
        return f"since {began}, ongoing" if record.started.first > FAR_PAST else "ongoing"
    if not record.end_known:
        return f"begun {began}, end not on record"
    if record.started == record.ended:
        return days(record.started.first, record.started.last)
    return f"{began} to {some_day(days(record.ended.first, record.ended.last))}"


def when(record: Finding | Measurement | Imaging) -> str:
    """The date of a record, or an empty text."""
    return "" if record.when.first <= FAR_PAST else days(record.when.first, record.when.last)


_DENIED = {"conditions": ", recorded as absent", "treatments": ", recorded as not given"}


def denied(domain: str | None) -> str:
    """How a record says no: to a condition, to a treatment, to anything else."""
    return _DENIED.get(domain or "", ", recorded: no")


_ASSUMED_PRESENCE = {Presence.PRESENT: "", Presence.ABSENT: ", absent", Presence.UNKNOWN: ", unclear"}


def _presence(judgement: Judgement, found: Finding) -> str:
    if found.origin.assumed:
        return _ASSUMED_PRESENCE[found.presence]
    if found.presence is Presence.UNKNOWN:
        return ", recorded as unclear"
    return denied(judgement.domain(found.concept)) if found.presence is Presence.ABSENT else ""


def thing(judgement: Judgement, found: object) -> str:
    """What a record says, without its date: ``hemoglobin 12.1 g/dL (121 g/L)``."""
    if isinstance(found, Measurement):
        observable = judgement.ontology.observable(found.observable)
        text = f"{judgement.label(found.observable)} {quantity(found, observable.unit if observable else '1')}"
        upper = found.upper
        if upper is None or not judgement.ontology.derived(found.observable):
            return text
        own_lower = found.lower and found.lower.source == "result"
        lower = f"{as_written(found.lower.original)} to " if found.lower and own_lower else "up to "
        site = ", table of the site" if upper.source == "site" else ""
        return f"{text}, normal {lower}{as_written(upper.original)}{site}"
    if isinstance(found, Finding):
        about = f" (of {judgement.label(found.about)})" if found.about else ""
        return f"{judgement.label(found.concept)}{about}{_presence(judgement, found)}"
    if isinstance(found, Treatment):
        return judgement.label(found.concept)
    if isinstance(found, Imaging):
        shown = [f"Krenning score {span(found.krenning.low, found.krenning.high)}"] if found.krenning else []
        if found.extent:
            words = [EXTENTS[end // GRID] for end in dict.fromkeys((found.extent.low, found.extent.high))]
            shown.append(f"uptake in {' to '.join(words)}")
        return ", ".join((judgement.label(found.procedure), *shown))
    return "the record"


def name(judgement: Judgement, record_id: str) -> str:
    """The label of a record's class."""
    found = judgement.record(record_id)
    for field in ("concept", "observable", "procedure"):
        if hasattr(found, field):
            return judgement.label(str(getattr(found, field)))
    return ""


def dated(found: object) -> str:
    """The dates of a record, or an empty text."""
    if isinstance(found, Treatment):
        return treatment_period(found)
    return when(found) if isinstance(found, Finding | Measurement | Imaging) else ""


def record(judgement: Judgement, record_id: str) -> str:
    """A record within a sentence: ``hemoglobin 12.1 g/dL (121 g/L), 2026-11-10 (measurements[0])``."""
    found = judgement.record(record_id)
    if found is None:
        return record_id
    return f"{', '.join(text for text in (thing(judgement, found), dated(found)) if text)} {place(found.origin)}"


def place(origin: Origin) -> str:
    """Where a record stands, in parentheses, or that it is only assumed."""
    return ASSUMED if origin.assumed else f"({origin.path})"


def assumed(judgement: Judgement, record_id: str) -> bool:
    """Whether a record is only assumed."""
    found = judgement.record(record_id)
    return found is not None and found.origin.assumed
