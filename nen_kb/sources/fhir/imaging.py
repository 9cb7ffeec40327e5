"""Scans: from procedures, studies, reports and observations that may all speak of one scan.

Drafts that refer to each other are one scan.  So are two drafts of the same class on the same exact
day: nobody scans twice with one tracer on a day.  A Krenning score whose scan is not named belongs to
a somatostatin receptor scan of that day, whichever tracer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from nen_kb.facts.dates import Days
from nen_kb.facts.records import Imaging, Origin
from nen_kb.facts.values import GRID, Span, span
from nen_kb.sources.fhir import known
from nen_kb.sources.fhir.bundles import Entry
from nen_kb.sources.fhir.chart import IMAGING, Chart, dicts, path_in_file, status
from nen_kb.sources.fhir.codes import Meaning
from nen_kb.sources.fhir.quantities import plain_quantity
from nen_kb.sources.fhir.times import days

FAMILY = "SSTRImaging"
_KRENNING = re.compile(r"(?:modified )?krenning(?: score| scale| grade)?(?: \(modified\))?", re.IGNORECASE)
_EXTENT = re.compile(
    r"(?:sstr )?(?:uptake extent|extent of (?:sstr |tumou?r )?uptake|extent of lesions with uptake)",
    re.IGNORECASE,
)
_SHARES = {"none": 0, "minority": 1, "a minority": 1, "majority": 2, "a majority": 2, "all": 3}
_LINKS = (
    "partOf",
    "derivedFrom",
    "focus",
    "imagingStudy",
    "result",
    "procedureReference",
    "report",
    "hasMember",
)
_STUDY_OF = {"CT": "CT", "MR": "MRI"}


@dataclass(eq=False)
class Draft:
    """What one resource says of a scan."""

    entry: Entry
    path: str
    procedure: str
    when: Days
    written: str
    krenning: Span | None = None
    extent: Span | None = None
    scored: bool = False
    """Whether the resource gives uptake at all, readable or not."""
    named: bool = True
    """Whether the resource itself says which scan it is of."""


@dataclass
class Scans:
    """The drafts of one patient."""

    drafts: list[Draft] = field(default_factory=list)


def scans_of(chart: Chart) -> Scans:
    """The drafts collected so far for a chart."""
    if not isinstance(chart.scans, Scans):
        chart.scans = Scans()
    return chart.scans


def is_uptake(meaning: Meaning) -> bool:
    """Whether an observation is a Krenning score or the extent of uptake, by its name."""
    return any(_KRENNING.fullmatch(name) or _EXTENT.fullmatch(name) for name in meaning.names)


def add(chart: Chart, entry: Entry, procedure: str, when: Days, written: str) -> None:
    """Keep what a procedure, study or report says of a scan."""
    scans_of(chart).drafts.append(Draft(entry, entry.own_path, procedure, when, written))


def from_observation(chart: Chart, entry: Entry, meaning: Meaning, when: Days) -> None:
    """An observation whose code is the scan itself; its components may give the uptake."""
    if meaning.concept is None:
        return
    chart.how(entry, meaning)
    if any(draft.entry is entry and draft.named for draft in scans_of(chart).drafts):
        return
    add(chart, entry, meaning.concept, when, meaning.written)


def uptake(chart: Chart, entry: Entry, holder: dict[str, Any], meaning: Meaning, when: Days, usable: bool) -> None:
    """A Krenning score or an extent of uptake, of the scan that its references or its method name."""
    method = chart.lexicon.meaning(entry.resource.get("method")).concept
    procedure = method if method and chart.is_a(method, IMAGING) else FAMILY
    draft = Draft(entry, entry.own_path, procedure, when, meaning.written, scored=True, named=procedure != FAMILY)
    if any(_KRENNING.fullmatch(name) for name in meaning.names):
        draft.krenning = _krenning(holder)
        readable = draft.krenning is not None
    else:
        draft.extent = _extent(chart, holder)
        readable = draft.extent is not None
    if not readable:
        chart.notes.add("no-value", "Observation: an uptake that is not given in a way that can be read", entry.path)
    if not usable:
        draft.krenning = draft.extent = None
    scans_of(chart).drafts.append(draft)


def study(chart: Chart, entry: Entry) -> None:
    """An ImagingStudy: what it shows is not in it, only that there was a scan, of which kind."""
    state = status(entry)
    if state in ("entered-in-error", "cancelled", "registered"):
        chart.notes.add(state, f"ImagingStudy: {state.replace('-', ' ')}; it is not used", entry.path)
        return
    meanings = [chart.lexicon.meaning(element) for element in dicts(entry.resource.get("procedureCode"))]
    found = [m.concept for m in meanings if m.concept and chart.is_a(m.concept, IMAGING)]
    series = dicts(entry.resource.get("series"))
    coded = [*dicts(entry.resource.get("modality")), *(m for s in series for m in dicts(s.get("modality")))]
    modalities = {str(element.get("code")) for element in coded if element.get("code")}
    shown = " | ".join([*(m.written for m in meanings), *sorted(modalities)])
    if found:
        procedure = chart.lexicon.combine(found)[0] or IMAGING
    elif modalities and modalities <= known.OTHER_MODALITIES:
        chart.notes.add(
            "not-read",
            "ImagingStudy: a picture that is no CT, MRI, PET or scintigraphy; not used",
            entry.path,
        )
        return
    elif "PT" in modalities and chart.lexicon.known("PET"):
        procedure = "PET"
    else:
        pictures = {_STUDY_OF.get(code, "") for code in modalities - known.OTHER_MODALITIES}
        only = pictures.pop() if len(pictures) == 1 else ""
        procedure = only if chart.lexicon.known(only) else IMAGING
    add(chart, entry, procedure, _started(chart, entry), shown)


def _started(chart: Chart, entry: Entry) -> Days:
    return days(entry.resource.get("started")) or chart.day_of(entry, "started")


def report(chart: Chart, entry: Entry) -> bool:
    """A DiagnosticReport of a scan; False if it is of something else."""
    meaning = chart.lexicon.meaning(entry.resource.get("code"))
    if meaning.concept is None or not chart.is_a(meaning.concept, IMAGING):
        return False
    if status(entry) in ("entered-in-error", "cancelled", "registered"):
        chart.notes.add(
            status(entry),
            "DiagnosticReport: of a scan, but withdrawn or not made; it is not used",
            entry.path,
        )
        return True
    chart.how(entry, meaning)
    add(chart, entry, meaning.concept, chart.day_of(entry, "effective", "issued"), meaning.written)
    return True


def settle_scans(chart: Chart) -> list[Imaging]:
    """One record a scan, from all drafts."""
    drafts = scans_of(chart).drafts
    groups = _grouped(chart, drafts)
    made: list[Imaging] = []
    for group in groups:
        made.extend(_scan(chart, group))
    return made


def _grouped(chart: Chart, drafts: list[Draft]) -> list[list[Draft]]:
    parent = {id(d): id(d) for d in drafts}

    def root(key: int) -> int:
        while parent[key] != key:
            key = parent[key]
        return key

    by_entry: dict[int, list[Draft]] = {}
    for draft in drafts:
        by_entry.setdefault(id(draft.entry), []).append(draft)
    for draft in drafts:
        linked: list[Entry] = [
            draft.entry,
            *_linked(chart, draft.entry),
            *chart.parents.get(id(draft.entry), []),
        ]
        for entry in linked:
            for other in by_entry.get(id(entry), []):
                parent[root(id(draft))] = root(id(other))
    for index, draft in enumerate(drafts):
        for other in drafts[:index]:
            if (
                draft.when.exact
                and draft.when == other.when
                and draft.procedure == other.procedure
                and root(id(draft)) != root(id(other))
            ):
                parent[root(id(draft))] = root(id(other))
    groups: dict[int, list[Draft]] = {}
    for draft in drafts:
        groups.setdefault(root(id(draft)), []).append(draft)
    return list(groups.values())


def _linked(chart: Chart, entry: Entry) -> Iterable[Entry]:
    for name in _LINKS:
        for reference in dicts(entry.resource.get(name)):
            found = chart.find(reference, entry)
            if found is not None:
                yield found


def _scan(chart: Chart, group: list[Draft]) -> list[Imaging]:
    named = [draft for draft in group if draft.named] or group
    procedure, how = chart.lexicon.combine(draft.procedure for draft in named)
    if procedure is None or (how and not chart.is_a(procedure, FAMILY)):
        chart.notes.add(
            "contradiction",
            "scans that refer to each other but are of different kinds; each is kept",
            group[0].entry.path,
        )
        procedures = list(dict.fromkeys(draft.procedure for draft in named))
    else:
        procedures = [procedure]
    when = _day({draft.when for draft in named})
    first = named[0]
    scored = [draft for draft in group if draft.scored]
    records: list[Imaging] = []
    for name in procedures:
        useful = chart.is_a(name, FAMILY) or chart.is_a(FAMILY, name)
        if scored and not useful:
            chart.notes.add(
                "contradiction",
                "a Krenning score on a scan that shows no somatostatin receptors; it is not used",
                first.entry.path,
            )
        records.append(
            Imaging(
                chart.new_id(first.path if len(records) == 0 else f"{first.path}:scan"),
                name,
                when,
                Origin(first.entry.file, path_in_file(first.entry, first.path)),
                _hull(draft.krenning for draft in scored) if useful else None,
                _hull(draft.extent for draft in scored) if useful else None,
                " | ".join(dict.fromkeys(draft.written for draft in group if draft.written)),
            )
        )
    return records


def _day(given: set[Days]) -> Days:
    """The days on which all can be right, or else all the days that are named."""
    first, last = max(d.first for d in given), min(d.last for d in given)
    if first <= last:
        return Days(first, last)
    return Days(min(d.first for d in given), max(d.last for d in given))


def _hull(values: Iterable[Span | None]) -> Span | None:
    given = [value for value in values if value is not None]
    return Span(min(v.low for v in given), max(v.high for v in given)) if given else None


def _krenning(holder: dict[str, Any]) -> Span | None:
    quantity = plain_quantity(holder)
    found = span(quantity, "1", ()) if quantity else None
    if found is None or found.high < 0 or found.low > 4 * GRID or (found.exact and found.low % GRID):
        return None
    return Span(max(0, found.low), min(4 * GRID, found.high))


def _extent(chart: Chart, holder: dict[str, Any]) -> Span | None:
    names = chart.lexicon.meaning(holder.get("valueCodeableConcept")).names
    texts = [*names, holder["valueString"]] if isinstance(holder.get("valueString"), str) else list(names)
    shares = {_SHARES[text.strip().casefold()] for text in texts if text.strip().casefold() in _SHARES}
    if len(shares) != 1:
        return None
    share = shares.pop() * GRID
    return Span(share, share)
