"""A site's own table of reference limits, for results that come without their own.

The file is a YAML (or JSON) list of entries:

    - {observable: ASAT, sex: female, limit: 35 U/L, valid_from: 2020-01-01}
    - {observable: albumin, limit: 36 g/L, kind: lower}

``kind`` is upper unless it says lower; without ``sex`` an entry holds for everybody, but an entry for
the patient's sex comes first; ``valid_from`` and ``valid_to`` are both included and open where missing.
Two entries that could answer the same question are a mistake.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

from nen_kb.errors import PatientError, Problem
from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, Days
from nen_kb.facts.records import Limit, Sex
from nen_kb.facts.values import parse_quantity
from nen_kb.ontology import Ontology
from nen_kb.sources.document import Numeral, Value, shown
from nen_kb.sources.measurements import read_limit, refine
from nen_kb.sources.reading import Fields, Reading
from nen_kb.sources.structured_text import read_document, read_text

_KEYS = ("observable", "sex", "limit", "unit", "kind", "valid_from", "valid_to", "source")
_SEX = {"female": Sex.FEMALE, "male": Sex.MALE}


@dataclass(frozen=True)
class SiteLimit:
    """One entry of the table."""

    observable: str
    kind: Literal["upper", "lower"]
    sex: Sex | None
    """None: for everybody."""
    limit: Limit
    valid: Days
    """From the first to the last day on which it holds."""
    place: str = ""
    """Path of the entry in the file."""


@dataclass(frozen=True)
class SiteLimits:
    """The reference limits a site declares."""

    entries: tuple[SiteLimit, ...] = ()
    file: str = ""

    def upper(self, observable: str, sex: Sex | None, day: int | Days) -> Limit | None:
        """The upper limit of an observable (local name) for a person of that sex on a day.

        Of several possible days one and the same limit must hold on all of them.  None if the table has none,
        or if it depends on a sex that is not recorded.
        """
        return self._find("upper", observable, sex, day)

    def lower(self, observable: str, sex: Sex | None, day: int | Days) -> Limit | None:
        """The lower limit, likewise."""
        return self._find("lower", observable, sex, day)

    def _find(self, kind: str, observable: str, sex: Sex | None, day: int | Days) -> Limit | None:
        days = Days(day, day) if isinstance(day, int) else day
        fits = [
            entry
            for entry in self.entries
            if entry.kind == kind and entry.observable == observable and _meet(entry.valid, days)
        ]
        if sex is None and any(entry.sex for entry in fits):
            return None
        fits = [entry for entry in fits if entry.sex and entry.sex is sex] or [e for e in fits if e.sex is None]
        whole = [entry for entry in fits if entry.valid.first <= days.first and days.last <= entry.valid.last]
        return whole[0].limit if whole else None


def load_limits(path: Path, ontology: Ontology, *, text: str | None = None) -> SiteLimits:
    """The table of a file; raises PatientError with every problem of the file."""
    file = str(path)
    content = read_text(path) if text is None else text
    document = read_document(content, file, is_json=path.suffix.lower() == ".json")
    reading = Reading(ontology, file, date.today().toordinal())
    reading.take(document)
    if not isinstance(document.value, list):
        remedy = "Write a list of entries such as - {observable: ASAT, sex: female, limit: 35 U/L}."
        raise PatientError([*reading.problems, Problem(file, "", "this is no table of limits.", remedy, "not-a-list")])
    made = (_entry(reading, f"[{number}]", item) for number, item in enumerate(document.value))
    entries = tuple(entry for entry in made if entry is not None)
    _refuse_overlaps(reading, entries)
    reading.finish()
    return SiteLimits(entries, file)


def _entry(reading: Reading, path: str, data: Value) -> SiteLimit | None:
    fields = Fields(reading, path, data, _KEYS)
    before = len(reading.problems)
    name = fields.text("observable", required=True)
    local = reading.concept(fields.place("observable"), name) if name else None
    observable = reading.ontology.observable(local) if local else None
    if local and observable is None:
        message, remedy = f"{shown(name)} is nothing that has a number", "Name a laboratory result"
        reading.problem(fields.place("observable"), message, remedy, "not-an-observable")
    sex = fields.choice("sex", tuple(_SEX))
    kind = fields.choice("kind", ("upper", "lower")) or "upper"
    written, unit = fields.text("limit", required=True), fields.text("unit")
    if unit and not isinstance(fields.data.get("limit"), Numeral):
        message, remedy = "the unit stands twice", "Write it in the limit or as unit, not both"
        reading.problem(fields.place("unit"), message, remedy, "unit-twice")
        unit = None
    written = f"{written} {unit}" if written and unit else written
    first = _edge(fields, "valid_from", FAR_PAST)
    last = _edge(fields, "valid_to", FAR_FUTURE)
    if first > last:
        message, remedy = "the entry ends before it begins", "Exchange valid_from and valid_to"
        reading.problem(fields.place("valid_to"), message, remedy, "bad-period")
    fields.text("source")
    if observable is None or written is None:
        return None
    with suppress(ValueError):  # read_limit reports it
        refined = refine(reading.ontology, observable, parse_quantity(written).unit)
        observable = reading.ontology.observable(refined.name) or observable
    limit = read_limit(reading, fields.place("limit"), written, observable, lower=kind == "lower")
    if limit is None or len(reading.problems) > before:
        return None
    side: Literal["upper", "lower"] = "lower" if kind == "lower" else "upper"
    site = replace(limit, source="site")
    return SiteLimit(observable.name, side, _SEX.get(sex or ""), site, Days(first, last), path)


def _edge(fields: Fields, key: str, missing: int) -> int:
    """First day of ``valid_from`` or last day of ``valid_to``."""
    written = fields.text(key)
    days = fields.reading.days(fields.place(key), written) if written else None
    if days is None:
        return missing
    return days.first if key == "valid_from" else days.last


def _refuse_overlaps(reading: Reading, entries: tuple[SiteLimit, ...]) -> None:
    """Report pairs of entries for the same observable, kind and sex whose days meet."""
    groups: dict[tuple[str, str, Sex | None], list[SiteLimit]] = {}
    for entry in entries:
        groups.setdefault((entry.observable, entry.kind, entry.sex), []).append(entry)
    for group in groups.values():
        group.sort(key=lambda entry: (entry.valid.first, entry.place))
        longest = group[0]
        for entry in group[1:]:
            if _meet(longest.valid, entry.valid):
                message = f"the entry holds on the same days as {longest.place}"
                reading.problem(entry.place, message, "Give the earlier one a valid_to", "overlap")
            longest = max(longest, entry, key=lambda each: each.valid.last)


def _meet(one: Days, other: Days) -> bool:
    return one.first <= other.last and other.first <= one.last
