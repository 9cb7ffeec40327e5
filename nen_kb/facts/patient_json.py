"""A patient as JSON and back, exactly: what a proof carries, so that anybody can check it.

The form follows the records of ``records`` field by field, and leaves no field out but the notes.  A day
is ``"2024-05-20"``, an interval of days ``["2024-05-01", "2024-05-31"]``, an interval of quantities two
whole numbers of ten-millionths of the canonical unit, what is not known ``null``.  There is one way to
write each patient: whatever ``from_json`` reads, ``to_json`` gives back unchanged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import date
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from nen_kb.errors import Problem
from nen_kb.facts.dates import Days, iso
from nen_kb.facts.patient_text import to_text
from nen_kb.facts.records import Declaration, Finding, Imaging, Measurement, Patient, Treatment
from nen_kb.facts.values import GRID, NEG_INF, POS_INF, Span
from nen_kb.ontology import Ontology

MAX_RECORDS = 10_000
"""Records of one kind; a long life in a large hospital has some thousands.  Checking time grows with the square."""
MAX_TEXT = 100_000
"""Characters of one text."""

DOMAINS = ("conditions", "treatments", "imaging")

_LEFT_OUT = frozenset({"notes"})
_DAYS = frozenset({"index_date", "planned_start", "as_of"})
"""Fields whose whole number is a day."""
_CONCEPTS = ("concept", "observable", "procedure", "about")
_HALF = re.compile(r"[\ud800-\udfff]")
_REMEDY = "Take the document as it was written."


def to_json(patient: Patient) -> dict[str, Any]:
    """The patient, every field of every record but the notes."""
    found: dict[str, Any] = json.loads(to_text(patient))
    return found


def from_json(
    data: object, ontology: Ontology, file: str, place: str = "patient", *, most: int = MAX_RECORDS
) -> tuple[Patient | None, list[Problem]]:
    """The patient, or None and everything that is wrong, each with its place below ``place``.

    Classes must be names of the ontology, ids of records distinct; at most so many records of one kind.
    """
    reading = _Reading(file, most)
    patient = reading.read(Patient, data, place)
    if not isinstance(patient, Patient):
        return None, reading.problems
    seen: set[str] = set()
    for where, record in records(patient):
        if record.id in seen:
            reading.wrong(f"{place}.{where}.id", "another record has the same id", "duplicate-id")
        seen.add(record.id)
        for wrong in _impossible(record):
            reading.wrong(f"{place}.{where}", wrong, "impossible")
        for name in _CONCEPTS:
            concept = getattr(record, name, None)
            if concept is not None and concept not in ontology.names:
                reading.wrong(f"{place}.{where}.{name}", "the ontology has no such class", "unknown-name")
    if len(dict(patient.arms)) < len(patient.arms):
        reading.wrong(f"{place}.arms", "a trial has two arms", "impossible")
    return (None if reading.problems else patient), reading.problems


def _impossible(record: object) -> Iterator[str]:
    """What no source would have read."""
    if isinstance(record, Declaration) and record.domain not in DOMAINS:
        yield "there is no such domain"
    if isinstance(record, Treatment) and record.started.first > record.ended.last:
        yield "it ends before it begins"
    if isinstance(record, Imaging):
        for name, span, most in (("Krenning score", record.krenning, 4), ("extent", record.extent, 3)):
            ends = (span.low, span.high) if span is not None else ()
            if not all(0 <= end <= most * GRID for end in ends if NEG_INF < end < POS_INF):
                yield f"its {name} is none of the scale"


def records(patient: Patient) -> Iterator[tuple[str, Declaration | Finding | Measurement | Treatment | Imaging]]:
    """Every record with its place in the JSON."""
    for name in ("declarations", "findings", "measurements", "treatments", "imaging"):
        for number, record in enumerate(getattr(patient, name)):
            yield f"{name}[{number}]", record


@cache
def _fields(kind: Any) -> tuple[Any, ...]:
    return tuple(field for field in fields(kind) if field.name not in _LEFT_OUT)


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)


class _Reading:
    """Reads values by their declared types; None stands for what is wrong, beside a problem."""

    def __init__(self, file: str, most: int) -> None:
        self.file = file
        self.most = most
        self.problems: list[Problem] = []

    def wrong(self, place: str, message: str, code: str = "wrong-type") -> Any:
        """Notes a problem; there is no value then."""
        self.problems.append(Problem(self.file, place, message, _REMEDY, code))
        return None

    def read(self, kind: Any, data: object, place: str, name: str = "") -> Any:
        origin, arguments = get_origin(kind), get_args(kind)
        if origin in (Union, UnionType):
            (inner,) = (each for each in arguments if each is not NoneType)
            return None if data is None else self.read(inner, data, place, name)
        if origin is tuple:
            return self._tuple(arguments, data, place)
        if origin is Literal:
            return self._choice(arguments, data, place)
        if kind is Days:
            return self._days(data, place)
        if kind is Span:
            return self._span(data, place)
        if kind is int and name in _DAYS:
            return self._day(data, place)
        if issubclass(kind, Enum):
            word = self._choice(tuple(each.value for each in kind), data, place)
            return None if word is None else kind(word)
        if kind in (str, int, bool):
            return self._simple(kind, data, place)
        return self._record(kind, data, place)

    def _record(self, kind: Any, data: object, place: str) -> Any:
        names = [field.name for field in _fields(kind)]
        if not isinstance(data, dict) or set(data) != set(names):
            return self.wrong(place, f"an object with the fields {', '.join(names)} is expected")
        before = len(self.problems)
        values = {name: self.read(_hints(kind)[name], data[name], f"{place}.{name}", name) for name in names}
        return kind(**values) if len(self.problems) == before else None

    def _tuple(self, arguments: tuple[Any, ...], data: object, place: str) -> Any:
        if not isinstance(data, list):
            return self.wrong(place, "a list is expected")
        if arguments[-1] is ...:
            if len(data) > self.most:
                return self.wrong(place, f"there are more than {self.most} records", "too-many")
            return tuple([self.read(arguments[0], each, f"{place}[{n}]") for n, each in enumerate(data)])
        if len(data) != len(arguments):
            return self.wrong(place, f"a list of {len(arguments)} is expected")
        return tuple(
            [self.read(k, each, f"{place}[{n}]") for n, (k, each) in enumerate(zip(arguments, data, strict=True))]
        )

    def _simple(self, kind: type, data: object, place: str) -> Any:
        if type(data) is not kind or (isinstance(data, int) and abs(data) > POS_INF):
            return self.wrong(
                place, f"{ {str: 'a text', int: 'a whole number', bool: 'true or false'}[kind] } is expected"
            )
        if isinstance(data, str) and (len(data) > MAX_TEXT or _HALF.search(data)):
            return self.wrong(place, "the text is too long or holds half characters", "bad-text")
        return data

    def _choice(self, words: tuple[Any, ...], data: object, place: str) -> Any:
        return (
            data
            if isinstance(data, str) and data in words
            else self.wrong(place, f"one of {', '.join(words)} is expected")
        )

    def _day(self, data: object, place: str) -> Any:
        try:
            day = date.fromisoformat(data).toordinal() if isinstance(data, str) else 0
        except ValueError:
            day = 0
        if not day or iso(day) != data:
            return self.wrong(place, "a day such as 2024-05-20 is expected", "bad-date")
        return day

    def _days(self, data: object, place: str) -> Any:
        ends = self._tuple((str, str), data, place)
        first, last = [self._day(end, place) for end in ends] if ends else (None, None)
        if first is None or last is None:
            return None
        return Days(first, last) if first <= last else self.wrong(place, "the days run backwards", "bad-date")

    def _span(self, data: object, place: str) -> Any:
        low, high = self._tuple((int, int), data, place) or (None, None)
        if low is None or high is None:
            return None
        if not NEG_INF <= low <= high <= POS_INF:
            return self.wrong(place, "the interval runs backwards", "bad-interval")
        return Span(low, high)
