"""Makes the records of one patient from individuals of a graph.

The same is a mistake here as in a case file: a class that does not belong there, a value no patient has, a unit that
does not convert, a treatment that ends before it begins.  A record that another source read keeps its id, its numbers
and where it came from.
"""

from __future__ import annotations

from rdflib import Graph

from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, Days
from nen_kb.facts.records import Declaration, Finding, Imaging, Limit, Measurement, Note, Presence, Treatment
from nen_kb.facts.values import Span
from nen_kb.sources.document import shown
from nen_kb.sources.rdf.node import Node
from nen_kb.sources.rdf.numbers import (
    TROUBLES,
    disagree,
    has_numbers,
    limit,
    measured,
    read_text_value,
    score,
    with_unit,
)
from nen_kb.sources.records import DOMAINS

_ONGOING = Days(FAR_FUTURE, FAR_FUTURE)
_SSTR = "SSTRImaging"


def finding(node: Node) -> Finding | Treatment | None:
    """A finding; of a treatment that is present, a treatment begun on that date with an unknown end."""
    reading, ontology = node.reading, node.reading.ontology
    before = len(reading.problems)
    presence = Presence(node.choice("presence", [each.value for each in Presence]) or "present")
    if presence is not Presence.PRESENT and node.types():
        remedy = "Name the class with pat:concept instead of making this an individual of it"
        message = f"an individual of a class says that there is one, but this is {presence.value}"
        reading.problem(node.name, message, remedy, "denied-instance")
        return None
    concept = node.concept()
    about = node.named_class("about")
    when = _when(node)
    if about is not None and ontology.domain(about) != "conditions":
        message, remedy = f"{shown(ontology.label(about))} is not a condition", "Name the diagnosis this is about"
        reading.problem(node.place("about"), message, remedy, "not-a-condition")
    if concept is None or when is None:
        return None
    is_treatment = ontology.domain(concept) == "treatments" and presence is Presence.PRESENT
    if ontology.domain(concept) == "imaging":
        _elsewhere(node, concept, "an imaging procedure", "imaging")
    elif ontology.observable(concept) is not None or ontology.isa(concept, "Observable"):
        _elsewhere(node, concept, "something with a number", "measurement")
    elif is_treatment and about is not None:
        message, remedy = "a treatment is about no other condition", "Leave pat:about out"
        reading.problem(node.place("about"), message, remedy, "about-treatment")
    identity, origin, original = node.record_id(), node.origin(), _original(node)
    if len(reading.problems) > before:
        return None
    if is_treatment:
        ended = Days(when.first, FAR_FUTURE)
        return Treatment(identity, concept, when, ended, origin, original, end_known=False)
    return Finding(identity, concept, presence, when, origin, about, original)


def measurement(node: Node, graph: Graph) -> Measurement | None:
    """A measurement, its value from numbers, from text, or not usable."""
    reading = node.reading
    before = len(reading.problems)
    local, when = node.concept(), _when(node)
    if local is not None and reading.ontology.observable(local) is None and not node.has("trouble"):
        label = shown(reading.ontology.label(local))
        remedy = "Name a laboratory result, score or size; conditions and answers belong under pat:finding"
        reading.problem(node.name, f"{label} is nothing that has a number", remedy, "not-an-observable")
    if local is None or len(reading.problems) > before:
        return None
    value: Span | None = None
    original = node.raw("original")
    trouble, why = node.choice("trouble", TROUBLES) or "", node.raw("troubleText")
    written = node.text("value")
    if trouble and (written or has_numbers(node)):
        message, remedy = "the value is there, and is said not to be usable", "Remove pat:trouble, or the value"
        reading.problem(node.place("trouble"), message, remedy, "contradiction")
    elif has_numbers(node):
        exact = measured(node, local)
        if exact is not None:
            local, value, why = exact
            trouble = "unit_unusable" if why else ""
    if written is not None and not trouble:
        numbers = has_numbers(node)
        original = written if numbers else with_unit(node, written)
        found = read_text_value(reading.ontology, local, original, reading, node.name)
        if found is not None and numbers and found.value != value:
            disagree(node)
        if found is not None and not numbers:
            local, value, trouble, why = found.observable, found.value, found.trouble, found.trouble_text
    elif value is None and not trouble and len(reading.problems) == before:
        remedy = "Add pat:value, such as '12.1 g/dL', or pat:value 'unknown'"
        reading.problem(node.name, "the measurement has no value", remedy, "missing-property")
    lower, upper = (_limit(node, graph, local, term) for term in ("lowerLimit", "upperLimit"))
    if upper and lower and lower.value.low > upper.value.high:
        message = "the lower limit lies above the upper limit"
        reading.problem(node.place("lowerLimit"), message, "Exchange the two", "bad-limits")
    identity, origin = node.record_id(), node.origin()
    if when is None or len(reading.problems) > before:
        return None
    if trouble == "unit_unusable" and value is None and not node.has("trouble"):
        upper = lower = None  # in another unit than the value, as in a case file
    return Measurement(identity, local, value, original, when, origin, upper, lower, trouble, why)


def _limit(node: Node, graph: Graph, local: str, term: str) -> Limit | None:
    targets = node.links(term)
    if len(targets) > 1:
        node.reading.problem(node.place(term), "the property has several values", "Keep one of them", "two-values")
    observable = node.reading.ontology.observable(local)
    if not targets:
        return None
    inner = Node(node.reading, graph, targets[0], "Limit", node.place(term))
    if observable is None:
        message, remedy = "the limit belongs to nothing that has a number", "Remove it"
        node.reading.problem(inner.name, message, remedy, "bad-limit")
        return None
    return limit(inner, observable, lower=term == "lowerLimit")


def treatment(node: Node) -> Treatment | None:
    """A treatment; an end that is not known may be any day since, a start any day before."""
    reading, ontology = node.reading, node.reading.ontology
    before = len(reading.problems)
    concept = node.concept()
    dates = {term: node.date(term) for term in ("date", "started", "ended") if node.has(term)}
    ongoing, known = node.flag("ongoing"), node.flag("endKnown")
    if "date" in dates and (len(dates) > 1 or ongoing is not None):
        remedy = "Write pat:date for something done in one day, or pat:started, pat:ended and pat:ongoing"
        message = "a date stands beside a start, an end or ongoing"
        reading.problem(node.place("date"), message, remedy, "contradiction")
    if ongoing and "ended" in dates:
        reading.problem(node.name, "the treatment has an end and is ongoing", "Remove one of the two", "contradiction")
    started, ended = dates.get("started"), dates.get("ended")
    if started and ended and ended.last < started.first:
        message, remedy = "the treatment ends before it begins", "Correct one of the two dates"
        reading.problem(node.place("ended"), message, remedy, "bad-period")
    if concept is not None and ontology.domain(concept) != "treatments":
        remedy = "Name a drug or procedure; diagnoses belong under pat:finding, scans under pat:imaging"
        message = f"{shown(ontology.label(concept))} is not a treatment"
        reading.problem(node.name, message, remedy, "not-a-treatment")
    identity, origin, original = node.record_id(), node.origin(), _original(node)
    if concept is None or len(reading.problems) > before:
        return None
    if "date" in dates:
        started = ended = dates["date"]
    begin, end, certain = _course(node, started, ended, ongoing)
    certain = certain and known is not False
    return Treatment(identity, concept, begin, end, origin, original, end_known=certain)


def _course(node: Node, started: Days | None, ended: Days | None, ongoing: bool | None) -> tuple[Days, Days, bool]:
    """Start, end, and whether the end is known."""
    reading, today = node.reading, node.reading.index_date
    if started is None:
        reading.note(node.name, "no start is recorded; it may be any day up to the end or the index date", "no-date")
    if ongoing:
        return started or Days(FAR_PAST, today), _ONGOING, True
    if ended is not None:
        return started or Days(FAR_PAST, ended.last), ended, True
    if ongoing is None:
        reading.note(node.name, "neither an end nor ongoing is recorded; it may have ended on any day since", "no-end")
    start = started or Days(FAR_PAST, today)
    over = ongoing is False and (started is None or started.first < today)
    latest = today - 1 if over else FAR_FUTURE
    return Days(start.first, min(start.last, latest)), Days(start.first, latest), False


def imaging(node: Node) -> Imaging | None:
    """A scan, with the Krenning score (somatostatin receptor imaging only) and the extent of uptake."""
    reading, ontology = node.reading, node.reading.ontology
    before = len(reading.problems)
    concept, when = node.concept(), _when(node)
    krenning, extent = score(node, "krenning"), score(node, "extent")
    if concept is not None and ontology.domain(concept) != "imaging":
        message = f"{shown(ontology.label(concept))} is not an imaging procedure"
        reading.problem(node.name, message, "Name a scan, such as nen:Ga68DotatatePETCT", "not-imaging")
    elif concept is not None and krenning and not (ontology.isa(concept, _SSTR) or ontology.isa(_SSTR, concept)):
        remedy = "Name the somatostatin receptor scan it was scored on, or leave pat:krenning out"
        message = f"{shown(ontology.label(concept))} has no Krenning score"
        reading.problem(node.place("krenning"), message, remedy, "krenning-elsewhere")
    identity, origin, original = node.record_id(), node.origin(), _original(node)
    if concept is None or when is None or len(reading.problems) > before:
        return None
    return Imaging(identity, concept, when, origin, krenning, extent, original)


def declaration(node: Node) -> Declaration | None:
    """A declaration that a domain is complete; without a day, as of the index date."""
    before = len(node.reading.problems)
    node.text("domain", required=True)
    domain = node.choice("domain", DOMAINS) if len(node.reading.problems) == before else None
    as_of = node.day("asOf") if node.has("asOf") else node.reading.index_date
    identity, origin = node.record_id(), node.origin()
    if domain is None or as_of is None or len(node.reading.problems) > before:
        return None
    return Declaration(identity, domain, as_of, origin)


def randomisation(node: Node) -> tuple[str, int] | None:
    """Trial and arm."""
    trial, arm = node.text("trial", required=True), node.integer("arm", 1, 99)
    if arm is None and not node.has("arm"):
        node.reading.problem(node.name, "pat:arm is missing", "Add pat:arm, a number", "missing-property")
    return None if trial is None or arm is None else (trial, arm)


def note(node: Node) -> Note:
    """A note another reader left."""
    return Note(node.raw("path"), node.raw("message"), node.raw("kind", "not-read"))


def _when(node: Node) -> Days | None:
    """The date of a record; without one, any day up to the index date."""
    return node.date("date") if node.has("date") else node.reading.undated(node.name)


def _original(node: Node) -> str:
    """What the source wrote: pat:original, or the name or code given as text."""
    if node.has("original"):
        return node.raw("original")
    stated = node.named_class_text()
    return "" if stated is None else stated


def _elsewhere(node: Node, concept: str, kind: str, link: str) -> None:
    label = shown(node.reading.ontology.label(concept))
    node.reading.problem(node.name, f"{label} is {kind}", f"Link it to the patient with pat:{link}", "not-a-finding")
