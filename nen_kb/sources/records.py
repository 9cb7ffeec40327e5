"""Makes records from what a person wrote, for the case file and for the Python facade alike.

Each function takes a ``Reading`` (which collects problems), the path of the entry and its mapping in
the words of the case file.  It returns the record, or None after reporting what is wrong with it.
"""

from __future__ import annotations

from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, Days
from nen_kb.facts.records import Declaration, Finding, Imaging, Presence, Treatment
from nen_kb.facts.values import GRID, Span
from nen_kb.ontology import Ontology
from nen_kb.sources.document import Value, shown
from nen_kb.sources.measurements import read_score
from nen_kb.sources.reading import Fields, Reading

DOMAINS = ("conditions", "treatments", "imaging")
"""What a source may declare complete."""

EXTENT = {"none": 0, "minority": 1, "majority": 2, "all": 3}
"""Shares of the lesions with uptake, from none to all."""

_PRESENCE = tuple(presence.value for presence in Presence)
_SSTR = "SSTRImaging"
_ABOUT = (
    "HistologicallyConfirmed",
    "Differentiation",
    "HistologicGrade",
    "DefinitivelyTreatedMalignancyWithoutRecurrence",
)
"""Findings that may say which tumour they are about; of any other the rules would not read it."""


def make_finding(reading: Reading, path: str, data: Value) -> Finding | Treatment | None:
    """A finding; of a treatment that is present, a treatment begun on that date with an unknown end."""
    fields = Fields(reading, path, data, ("concept", "presence", "date", "source", "about"))
    name = fields.text("concept", required=True)
    concept = reading.concept(fields.place("concept"), name) if name else None
    word = fields.choice("presence", _PRESENCE)
    when = _date(fields)
    about = _about(fields)
    origin = fields.origin()
    fits = concept is not None and _is_finding(fields, concept, name)
    if about is not None and concept is not None and not _may_have_about(reading.ontology, concept):
        remedy = "Leave about out, and record nothing here that is true of another tumour only"
        reading.problem(fields.place("about"), f"what {shown(name)} is about is not read", remedy, "about-not-read")
        return None
    if concept is None or name is None or when is None or not fits:
        return None
    presence = Presence(word or "present")
    if reading.ontology.domain(concept) == "treatments" and presence is Presence.PRESENT:
        if about is not None:
            message, remedy = "a treatment is about no other condition", "Leave about out"
            reading.problem(fields.place("about"), message, remedy, "about-treatment")
            return None
        ended = Days(when.first, FAR_FUTURE)
        return Treatment(path, concept, when, ended, origin, original=name, end_known=False)
    return Finding(path, concept, presence, when, origin, about=about, original=name)


def make_treatment(reading: Reading, path: str, data: Value) -> Treatment | None:
    """A treatment; an end that is not known may be any day since, a start any day before."""
    fields = Fields(reading, path, data, ("agent", "started", "ended", "ongoing", "date", "source"))
    name = fields.text("agent", required=True)
    concept = reading.concept(fields.place("agent"), name) if name else None
    before = len(reading.problems)
    dates = {key: reading.period(fields.place(key), fields.data[key])
             for key in ("started", "ended", "date") if fields.has(key)}  # fmt: skip
    ongoing = fields.flag("ongoing")
    origin = fields.origin()
    if "date" in dates and (len(dates) > 1 or ongoing is not None):
        remedy = "Write either date, for something done in one day, or started, ended and ongoing"
        reading.problem(
            fields.place("date"), "a date stands beside a start, an end or ongoing", remedy, "contradiction"
        )
    if ongoing and "ended" in dates:
        reading.problem(path, "the treatment has an end and is ongoing", "Remove one of the two", "contradiction")
    if concept is not None and reading.ontology.domain(concept) != "treatments":
        remedy = "Name a drug or procedure here; diagnoses belong under findings, scans under imaging"
        reading.problem(fields.place("agent"), f"{shown(name)} is not a treatment", remedy, "not-a-treatment")
    if concept is None or name is None or len(reading.problems) > before:
        return None
    if "date" in dates:
        day = dates["date"]
        return Treatment(path, concept, day, day, origin, original=name) if day else None
    if "started" not in dates:
        reading.note(path, "no start is recorded; it may be any day up to the end or the index date", "no-date")
    if "ended" not in dates and ongoing is None:
        reading.note(path, "neither an end nor ongoing is recorded; it may have ended on any day since", "no-end")
    course = _course(fields, dates.get("started"), dates.get("ended"), ongoing)
    if course is None:
        return None
    known = ongoing is True or "ended" in dates
    return Treatment(path, concept, *course, origin, original=name, end_known=known)


def _course(fields: Fields, started: Days | None, ended: Days | None, ongoing: bool | None) -> tuple[Days, Days] | None:
    """Start and end, each narrowed by the other; None after reporting an order that cannot be."""
    today = fields.reading.index_date
    if ongoing:
        if started and started.first > today:
            remedy = "Correct the start, or leave ongoing out"
            message = "the treatment begins after the index date and is ongoing on it"
            fields.reading.problem(fields.path, message, remedy, "contradiction")
            return None
        begun = Days(started.first, min(started.last, today)) if started else Days(FAR_PAST, today)
        return begun, Days(FAR_FUTURE, FAR_FUTURE)
    if ended is None:
        start = started or Days(FAR_PAST, today)
        over = ongoing is False and (started is None or started.first < today)
        latest = today - 1 if over else FAR_FUTURE
        return Days(start.first, min(start.last, latest)), Days(start.first, latest)
    if started is None:
        return Days(FAR_PAST, ended.last), ended
    if ended.last < started.first:
        remedy = "Correct one of the two dates"
        fields.reading.problem(fields.place("ended"), "the treatment ends before it begins", remedy, "bad-period")
        return None
    return (
        Days(started.first, min(started.last, ended.last)),
        Days(max(ended.first, started.first), ended.last),
    )


def make_imaging(reading: Reading, path: str, data: Value) -> Imaging | None:
    """A scan, with the Krenning score (somatostatin receptor imaging only) and the extent of uptake."""
    fields = Fields(reading, path, data, ("procedure", "date", "krenning", "extent", "source"))
    name = fields.text("procedure", required=True)
    procedure = reading.concept(fields.place("procedure"), name) if name else None
    when = _date(fields)
    written = fields.text("krenning")
    krenning = read_score(reading, fields.place("krenning"), written, 0, 4) if written else None
    word = fields.choice("extent", EXTENT)
    origin = fields.origin()
    if procedure is None or name is None:
        return None
    before = len(reading.problems)
    if reading.ontology.domain(procedure) != "imaging":
        remedy = "Name a scan, such as 68Ga-DOTATATE PET/CT"
        reading.problem(fields.place("procedure"), f"{shown(name)} is not an imaging procedure", remedy, "not-imaging")
    elif written and not reading.ontology.isa(procedure, _SSTR):
        remedy = "Name the somatostatin receptor scan it was scored on, or leave krenning out"
        message = f"{shown(name)} has no Krenning score"
        reading.problem(fields.place("krenning"), message, remedy, "krenning-elsewhere")
    if when is None or (written and krenning is None) or len(reading.problems) > before:
        return None
    extent = Span(EXTENT[word] * GRID, EXTENT[word] * GRID) if word else None
    return Imaging(path, procedure, when, origin, krenning=krenning, extent=extent, original=name)


def make_declaration(reading: Reading, path: str, data: Value) -> Declaration | None:
    """A declaration that a domain is complete; a bare word means as of the index date."""
    entry: Value = {"domain": data} if isinstance(data, str) else data
    fields = Fields(reading, path, entry, ("domain", "as_of", "source"))
    fields.text("domain", required=True)
    domain = fields.choice("domain", DOMAINS) if fields.has("domain") else None
    written = fields.text("as_of")
    as_of = reading.day(fields.place("as_of"), written) if written else reading.index_date
    origin = fields.origin()
    if domain is None or as_of is None or (fields.has("as_of") and written is None):
        return None
    return Declaration(path, domain, as_of, origin)


def _date(fields: Fields) -> Days | None:
    """The date of a record; without one, any day up to the index date."""
    if fields.has("date"):
        return fields.reading.period(fields.place("date"), fields.data["date"])
    return fields.reading.undated(fields.path)


def _about(fields: Fields) -> str | None:
    """The condition another finding is about, if one is named."""
    name = fields.text("about")
    concept = fields.reading.concept(fields.place("about"), name) if name else None
    if concept is not None and fields.reading.ontology.domain(concept) != "conditions":
        message, remedy = f"{shown(name)} is not a condition", "Name the diagnosis this finding is about"
        fields.reading.problem(fields.place("about"), message, remedy, "not-a-condition")
        return None
    return concept


def _may_have_about(ontology: Ontology, concept: str) -> bool:
    """Whether rules read what such a finding is about; of a treatment it is refused in other words."""
    return any(ontology.isa(concept, each) for each in (*_ABOUT, "Treatment"))


def _is_finding(fields: Fields, concept: str, name: str | None) -> bool:
    """Whether the concept may stand under findings; reports where it belongs instead."""
    ontology = fields.reading.ontology
    if ontology.domain(concept) == "imaging":
        kind, remedy = "an imaging procedure", "List it under imaging, as procedure"
    elif ontology.observable(concept) is not None or ontology.isa(concept, "Observable"):
        kind, remedy = "something with a number", "List it under measurements, as observable, with its value"
    else:
        return True
    fields.reading.problem(fields.place("concept"), f"{shown(name)} is {kind}", remedy, "not-a-finding")
    return False
