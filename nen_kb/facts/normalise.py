"""From a patient's records to the rows that rules read (the base predicates of ``kb/vocabulary.dl``).

One normaliser for every source and every engine.  It cuts dates at the index day, sets later
records aside, adds what follows from one record alone (a result as a multiple of its upper limit of
normal, a result inside its reference range) and the facts of the class hierarchy that the rules ask
about.  What does not depend on the day judged is made once; ``Prepared.rows`` adds what does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Protocol
from weakref import WeakKeyDictionary

from nen_kb.facts.dates import FAR_FUTURE, Days, iso, years_span
from nen_kb.facts.records import (
    Declaration,
    Finding,
    Imaging,
    Limit,
    Measurement,
    Note,
    Patient,
    Presence,
    Sex,
    Treatment,
)
from nen_kb.facts.values import EVERYTHING, GRID, NEG_INF, POS_INF, Span, above, below, to_grid
from nen_kb.ontology import Ontology

Row = tuple[str | int, ...]
Rows = Mapping[str, frozenset[Row]]
Record = Finding | Measurement | Treatment | Imaging | Declaration


_BASE = (
    "patient",
    "sex",
    "arm",
    "dated",
    "found",
    "ruled_out",
    "doubtful",
    "about",
    "measurement",
    "scan",
    "uptake_extent",
    "treatment",
    "started",
    "ended",
)
"""The base predicates that do not depend on the day judged."""


_DERIVATIONS: WeakKeyDictionary[Ontology, tuple[tuple[str, str, str], ...]] = WeakKeyDictionary()
_FOLLOWING: WeakKeyDictionary[Ontology, dict[str, tuple[tuple[str, str, str, bool], ...]]] = WeakKeyDictionary()


class Limits(Protocol):
    """A site's own table of upper and lower limits of normal."""

    def upper(self, observable: str, sex: Sex | None, day: Days) -> Limit | None:
        """The upper limit that certainly applies to a result of that day and sex, or None."""

    def lower(self, observable: str, sex: Sex | None, day: Days) -> Limit | None:
        """The lower limit that certainly applies, or None."""


@dataclass(frozen=True)
class Trouble:
    """Why a row reaches from -inf to +inf although there is a record."""

    code: str
    text: str


@dataclass(frozen=True)
class Prepared:
    """One patient's rows, the records behind them, and what was set aside."""

    patient: Patient
    """As the source has her, with the limits of normal that a site's table adds to her results."""
    ontology: Ontology
    static: Mapping[str, frozenset[Row]]
    records: Mapping[str, Record]
    troubles: Mapping[tuple[str, str], Trouble]
    """By record id and observable: why that row says nothing."""
    recorded: frozenset[str]
    denied: frozenset[str]
    doubted: frozenset[str]
    """Classes of findings in doubt."""
    named: frozenset[str]
    """Classes that a finding about another finding names."""
    notes: tuple[Note, ...]

    def rows(self, asked: Mapping[str, frozenset[str]], day: int | None = None) -> dict[str, frozenset[Row]]:
        """All base and hierarchy rows, judged on the index day or on a later ``day``.

        On a later day the same facts hold, declarations are carried along, and the planned start
        moves unless it was given and lies later.
        """
        rows = dict(self.static)
        rows.update(self.timed(self.patient.index_date if day is None else day))
        rows.update(self.hierarchy(asked))
        return rows

    def timed(self, day: int) -> dict[str, frozenset[Row]]:
        """The rows that depend on the day judged."""
        patient = self.patient
        name = patient.id
        start = max(patient.planned_start or day, day)
        moved = day - patient.index_date
        rows: dict[str, frozenset[Row]] = {
            "index_day": frozenset({(name, day)}),
            "planned_start": frozenset({(name, start)}),
            "complete": frozenset((name, d.domain, d.as_of + moved) for d in patient.declarations),
            "age": frozenset(),
        }
        if patient.born is not None:
            low, high = years_span(patient.born, day)
            rows["age"] = frozenset({(name, low * GRID, high * GRID)})
        return rows

    def hierarchy(self, asked: Mapping[str, frozenset[str]]) -> dict[str, frozenset[Row]]:
        """isa, overlaps and disjoint between recorded classes and those the rules ask about."""
        return hierarchy_rows(self.ontology, asked, self.recorded, self.denied, self.doubted, self.named)


def hierarchy_rows(
    ontology: Ontology,
    asked: Mapping[str, frozenset[str]],
    recorded: frozenset[str],
    denied: frozenset[str],
    doubted: frozenset[str],
    named: frozenset[str],
) -> dict[str, frozenset[Row]]:
    """The class hierarchy between classes on record, of one patient or of many, and those the rules ask about."""
    every = frozenset().union(*asked.values()) | named
    isa = {(r, a) for r in recorded for a in every & ontology.ancestors(r)}
    isa |= {(a, d) for a in every | recorded for d in denied | doubted if ontology.isa(a, d)}
    overlaps = {(r, a) for r in recorded for a in every if ontology.overlaps(r, a)}
    disjoint = {(r, a) for r in recorded for a in asked.get("disjoint", ()) if ontology.disjoint(r, a)}
    # Which of two recorded classes a third one names can only be told where the two exclude each other.
    alike = [r for r in recorded if any(ontology.overlaps(r, name) for name in named)]
    disjoint |= {(r, other) for r in alike for other in alike if ontology.disjoint(r, other)}
    domains = {(a, domain) for a in every if (domain := ontology.domain(a)) is not None}
    return {
        "isa": frozenset(isa),
        "overlaps": frozenset(overlaps),
        "disjoint": frozenset(disjoint),
        "in_domain": frozenset(domains),
        "upper_limit": frozenset(_upper_limits(ontology, asked.get("upper_limit", frozenset()))),
    }


def _upper_limits(ontology: Ontology, asked: Iterable[str]) -> Iterator[Row]:
    """(class, observable, greatest value) of every cut-off that the definition of a class asked about names."""
    for name in asked:
        for each in ontology.ranges(name):
            if each.high is not None and not each.high_open:
                yield name, each.observable, to_grid(each.high)


def normalise(patient: Patient, ontology: Ontology, limits: Limits | None = None) -> Prepared:
    """Read a patient's records into rows; nothing is dropped, what lies after the index day is listed."""
    return _Normaliser(patient, ontology, limits).result()


class _Normaliser:
    def __init__(self, patient: Patient, ontology: Ontology, limits: Limits | None) -> None:
        self.patient = patient
        self.ontology = ontology
        self.limits = limits
        self.name = patient.id
        self.rows: dict[str, set[Row]] = {predicate: set() for predicate in _BASE}
        self.records: dict[str, Record] = {}
        self.troubles: dict[tuple[str, str], Trouble] = {}
        self.recorded: set[str] = set()
        self.denied: set[str] = set()
        self.doubted: set[str] = set()
        self.named: set[str] = set()
        self.notes: list[Note] = []
        self.measurements: list[Measurement] = []

    def result(self) -> Prepared:
        patient = self.patient
        self.rows["patient"].add((self.name,))
        if patient.sex is not None:
            self.rows["sex"].add((self.name, patient.sex.value))
        for trial, arm in patient.arms:
            self.rows["arm"].add((self.name, trial, arm))
        for finding in patient.findings:
            self._finding(finding)
        for measurement in patient.measurements:
            self._measurement(measurement)
        for scan in patient.imaging:
            self._imaging(scan)
        for treatment in patient.treatments:
            self._treatment(treatment)
        for declaration in patient.declarations:
            self.records[declaration.id] = declaration
        if self.limits is not None:
            patient = replace(patient, measurements=tuple(self.measurements))
        return Prepared(
            patient=patient,
            ontology=self.ontology,
            static={predicate: frozenset(rows) for predicate, rows in self.rows.items()},
            records=self.records,
            troubles=self.troubles,
            recorded=frozenset(self.recorded),
            denied=frozenset(self.denied),
            doubted=frozenset(self.doubted),
            named=frozenset(self.named),
            notes=(*patient.notes, *self.notes),
        )

    def _known_by_index_day(self, record: Record, begins: int, what: str) -> bool:
        if begins > self.patient.index_date:
            text = f"{what} begins on {iso(begins)}, after the index date: set aside"
            self.notes.append(Note(record.origin.path, text, "set-aside"))
            return False
        self.records[record.id] = record
        return True

    def _cut(self, when: Days) -> Days:
        today = self.patient.index_date
        return when if when.last <= today else Days(when.first, today)

    def _dated(self, record_id: str, when: Days) -> Days:
        cut = self._cut(when)
        self.rows["dated"].add((self.name, record_id, cut.first, cut.last))
        return cut

    def _finding(self, finding: Finding) -> None:
        if not self._known_by_index_day(finding, finding.when.first, "this finding"):
            return
        self._dated(finding.id, finding.when)
        row = (self.name, finding.id, finding.concept)
        if finding.presence is Presence.ABSENT:
            self.rows["ruled_out"].add(row)
            self.denied.add(finding.concept)
        else:
            self.rows["found" if finding.presence is Presence.PRESENT else "doubtful"].add(row)
            self.recorded.add(finding.concept)
        if finding.presence is Presence.UNKNOWN:
            self.doubted.add(finding.concept)
        if finding.about is not None:
            self.rows["about"].add((self.name, finding.id, finding.about))
            self.recorded.add(finding.about)
            self.named.add(finding.about)

    def _measurement(self, found: Measurement) -> None:
        found = self._with_limits(found)
        self.measurements.append(found)
        if not self._known_by_index_day(found, found.when.first, "this measurement"):
            return
        self._dated(found.id, found.when)
        self._value(found.id, found.observable, found.value)
        if found.value is None:
            self.troubles[found.id, found.observable] = Trouble(found.trouble, found.trouble_text)
        for derived, source, derivation, surely in _derived_from(self.ontology, found.observable):
            if surely:
                if derivation == "times-upper-limit":
                    self._times_limit(found, derived)
                else:
                    self._in_range(found, derived)
            else:
                text = f"too general to tell whether it is {self.ontology.label(source)}"
                self.troubles[found.id, derived] = Trouble("concept_too_general", text)
                self._value(found.id, derived, None)

    def _with_limits(self, found: Measurement) -> Measurement:
        """The result with the limits of the site's table where it brings none of its own."""
        if self.limits is None or found.when.first > self.patient.index_date:
            return found
        sex, when = self.patient.sex, self._cut(found.when)
        upper = found.upper or self.limits.upper(found.observable, sex, when)
        lower = found.lower or self.limits.lower(found.observable, sex, when)
        return replace(found, upper=upper, lower=lower)

    def _value(self, record_id: str, observable: str, value: Span | None) -> None:
        span = EVERYTHING if value is None else value
        self.rows["measurement"].add((self.name, record_id, observable, span.low, span.high))
        self.recorded.add(observable)

    def _times_limit(self, found: Measurement, derived: str) -> None:
        ratio, upper = None, found.upper
        if found.value is None:
            self.troubles[found.id, derived] = Trouble(found.trouble, found.trouble_text)
        elif upper is None:
            self.troubles[found.id, derived] = Trouble("not_recorded", "no upper limit of normal with this result")
        else:
            ratio = quotient(found.value, upper.value)
            if ratio is None:
                self.troubles[found.id, derived] = Trouble("unit_unusable", "the upper limit of normal cannot be used")
        self._value(found.id, derived, ratio)

    def _in_range(self, found: Measurement, derived: str) -> None:
        truth, lower, upper = None, found.lower, found.upper
        if found.value is None:
            self.troubles[found.id, derived] = Trouble(found.trouble, found.trouble_text)
        else:
            truth = within(found.value, lower.value if lower else None, upper.value if upper else None)
            if truth.low < truth.high and (lower is None or upper is None):
                side = "lower" if lower is None else "upper"
                self.troubles[found.id, derived] = Trouble(
                    "not_recorded", f"no {side} limit of normal with this result"
                )
                truth = None
        self._value(found.id, derived, truth)

    def _imaging(self, scan: Imaging) -> None:
        if not self._known_by_index_day(scan, scan.when.first, "this scan"):
            return
        self._dated(scan.id, scan.when)
        score, extent = scan.krenning or EVERYTHING, scan.extent or EVERYTHING
        self.rows["scan"].add((self.name, scan.id, scan.procedure, score.low, score.high))
        self.rows["uptake_extent"].add((self.name, scan.id, extent.low, extent.high))
        self.recorded.add(scan.procedure)

    def _treatment(self, treatment: Treatment) -> None:
        if not self._known_by_index_day(treatment, treatment.started.first, "this treatment"):
            return
        today = self.patient.index_date
        started, ended = self._cut(treatment.started), treatment.ended
        if treatment.end_known and ended.first < FAR_FUTURE:
            if ended.first > today:
                ended = Days(today, FAR_FUTURE)
                text = "this treatment ends after the index date: on that day it is still going on"
                self.notes.append(Note(treatment.origin.path, text, "set-aside"))
            else:
                ended = self._cut(ended)
        if ended.first < started.first:
            ended = replace(ended, first=min(started.first, ended.last))
        self.rows["treatment"].add((self.name, treatment.id, treatment.concept))
        self.rows["started"].add((self.name, treatment.id, started.first, started.last))
        self.rows["ended"].add((self.name, treatment.id, ended.first, ended.last))
        self.recorded.add(treatment.concept)


def _derivations(ontology: Ontology) -> tuple[tuple[str, str, str], ...]:
    """Every observable that follows from another result, with that other and how it follows."""
    known = _DERIVATIONS.get(ontology)
    if known is None:
        found = (ontology.observable(name) for name in sorted(ontology.names))
        known = _DERIVATIONS[ontology] = tuple(
            (each.name, each.derived_from, each.derivation or "") for each in found if each and each.derived_from
        )
    return known


def _derived_from(ontology: Ontology, observable: str) -> tuple[tuple[str, str, str, bool], ...]:
    """The observables that follow, or may follow, from a result of that class, and whether they surely do."""
    known = _FOLLOWING.setdefault(ontology, {})
    found = known.get(observable)
    if found is None:
        found = known[observable] = tuple(
            (derived, source, derivation, ontology.isa(observable, source))
            for derived, source, derivation in _derivations(ontology)
            if ontology.isa(observable, source) or ontology.overlaps(observable, source)
        )
    return found


@lru_cache(maxsize=32_768)
def quotient(value: Span, limit: Span) -> Span | None:
    """``value / limit`` exactly, as an interval; None unless the limit is certainly above zero.

    An end that lies strictly between two points of the grid is widened to the point outside it
    and stays open.
    """
    if limit.low <= 0 or value.high < 0:
        return None
    # A quantity of the body is never negative; "below 5" may be anything down to zero.
    least, low_open = _outer(max(value.low, 0), -1)
    most, high_open = _outer(value.high, +1)
    small, small_open = _outer(limit.low, -1)
    large, large_open = _outer(limit.high, +1)
    if small is None or small <= 0:
        return None
    low = NEG_INF
    if least is not None:
        low = 0 if large is None else (above if low_open or large_open else to_grid)(Fraction(least, large))
    high = POS_INF
    if most is not None:
        high = (below if high_open or small_open else to_grid)(Fraction(most, small))
    return Span(min(low, high), max(low, high))


def _outer(point: int, side: int) -> tuple[int | None, bool]:
    """The grid point at or outside ``point`` (None at infinity), and whether it is excluded."""
    if point <= NEG_INF or point >= POS_INF:
        return None, True
    return (point, False) if point % 10 == 0 else (point + 5 * side, True)


def within(value: Span, lower: Span | None, upper: Span | None) -> Span:
    """The truth, 0 to 1, of "the value lies within its reference range, limits included"."""
    surely = lower is not None and upper is not None and value.low >= lower.high and value.high <= upper.low
    maybe = (lower is None or value.high >= lower.low) and (upper is None or value.low <= upper.high)
    return Span(GRID if surely else 0, GRID if maybe else 0)
