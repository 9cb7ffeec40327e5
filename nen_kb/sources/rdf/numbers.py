"""Values, limits and scores: as text to read, or as exact numbers with their unit.

An end of the grid that lies between two numbers of six places is written as the open end it is: ``> 60`` as
``pat:above 60.0``, an exact ratio without six places as ``pat:above`` and ``pat:below`` its neighbours.
"""

from __future__ import annotations

from decimal import Decimal

from rdflib import XSD, Graph, Literal
from rdflib.term import Node as Term

from nen_kb.facts.records import Limit, Measurement
from nen_kb.facts.values import GRID, NEG_INF, POS_INF, Quantity, Span, from_grid, parse_quantity, span
from nen_kb.ontology import Observable, Ontology
from nen_kb.sources.document import Value, shown
from nen_kb.sources.measurements import make_measurement, read_limit, refine
from nen_kb.sources.rdf.node import Node
from nen_kb.sources.rdf.vocabulary import PAT
from nen_kb.sources.reading import Reading
from nen_kb.sources.records import EXTENT
from nen_kb.units import convert

_ENDS = ("atLeast", "above", "atMost", "below")
TROUBLES = ("unit_unusable", "not_recorded", "wrong_method", "concept_too_general")
_KRENNING = 4


def write_span(graph: Graph, subject: Term, value: Span, unit: str) -> None:
    """The numbers of a value with their unit."""
    if value.low > NEG_INF:
        _write_end(graph, subject, *(("atLeast", value.low) if value.low % 10 == 0 else ("above", value.low - 5)))
    if value.high < POS_INF:
        _write_end(graph, subject, *(("atMost", value.high) if value.high % 10 == 0 else ("below", value.high + 5)))
    graph.add((subject, PAT.unit, Literal(unit)))


def _write_end(graph: Graph, subject: Term, term: str, point: int) -> None:
    number = Decimal(point).scaleb(-7) if abs(point) >= POS_INF else from_grid(point)
    text = format(number, "f")
    graph.add((subject, PAT[term], Literal(text if "." in text else f"{text}.0", datatype=XSD.decimal)))


def has_numbers(node: Node) -> bool:
    """Whether the value is given in numbers."""
    return any(node.has(end) for end in _ENDS)


def with_unit(node: Node, text: str) -> str:
    """The value as text; a bare number gets the unit that stands beside it."""
    unit = node.text("unit")
    if unit is None:
        return text
    try:
        bare = not parse_quantity(text).unit
    except ValueError:
        return text  # reported where it is read
    return f"{text} {unit}" if bare else text


def numbers(node: Node) -> Quantity | None:
    """The numbers of a node with their unit; None after reporting what is wrong with them."""
    before = len(node.reading.problems)
    found = {end: node.decimal(end) for end in _ENDS}
    unit = node.text("unit", required=True) or ""
    for closed, opened in (("atLeast", "above"), ("atMost", "below")):
        if found[closed] is not None and found[opened] is not None:
            message = f"pat:{closed} and pat:{opened} both give this end"
            node.reading.problem(node.name, message, "Keep one of the two", "two-values")
    if len(node.reading.problems) > before:
        return None
    low = found["above"] if found["atLeast"] is None else found["atLeast"]
    high = found["below"] if found["atMost"] is None else found["atMost"]
    opens = found["above"] is not None, found["below"] is not None
    if low is not None and high is not None and (low > high or (low == high and any(opens))):
        message, remedy = "the least number lies above the greatest", "Exchange or correct them"
        node.reading.problem(node.name, message, remedy, "bad-period")
        return None
    return Quantity(low, high, *opens, unit)


def on_grid(node: Node, quantity: Quantity, observable: Observable) -> Span | None:
    """The numbers in the canonical unit; None after reporting a unit that does not convert."""
    found = span(quantity, observable.unit, observable.equations)
    if found is None:
        kinds = list(observable.by_unit) or [observable.unit, *(name for name, _ in observable.equations)]
        message = f"the unit {shown(quantity.unit)} cannot be converted for this observable"
        node.reading.problem(node.place("unit"), message, "Write it in " + " or ".join(kinds[:4]), "other-unit")
    return found


def implausible(node: Node, quantity: Quantity, observable: Observable) -> bool:
    """Whether an end lies where no patient is, or an exact number should be whole; reports it."""
    ends = [convert(end, quantity.unit, observable.unit, observable.equations)
            for end in (quantity.low, quantity.high) if end is not None]  # fmt: skip
    least, most = observable.minimum, observable.maximum
    known = [end for end in ends if end is not None]
    outside = any((least is not None and end < least) or (most is not None and end > most) for end in known)
    part = observable.integer and quantity.exact and any(end.denominator != 1 for end in known)
    if outside or part:
        why = "it must be a whole number" if part else "no patient has such a value"
        remedy = "Correct the number or its unit, or replace it with pat:value 'unknown'"
        node.reading.problem(node.name, why, remedy, "implausible")
    return outside or part


def measured(node: Node, local: str) -> tuple[str, Span | None, str] | None:
    """Observable, refined by its unit, value and trouble of a measurement given in numbers."""
    reading = node.reading
    observable = reading.ontology.observable(local)
    quantity = numbers(node)
    if observable is None or quantity is None:
        return None
    meant = refine(reading.ontology, observable, quantity.unit)
    value = on_grid(node, quantity, meant)
    if value is None or implausible(node, quantity, meant):
        return None
    canonical = reading.ontology.observable(meant.name)
    if canonical is not None and canonical.unit != meant.unit:
        text = f"a value in {meant.unit} cannot be compared before its method is named"
        reading.note(node.name, text, "unknown-unit")
        return meant.name, None, text
    return meant.name, value, ""


def read_text_value(
    ontology: Ontology, observable: str, text: str, reading: Reading | None = None, name: str = ""
) -> Measurement | None:
    """What a value as text comes to; without a ``reading`` nothing is reported."""
    quiet = reading or Reading(ontology, "", 1)
    entry: dict[str, Value] = {"observable": observable, "value": text, "date": {"from": "1900", "to": "2200"}}
    born, quiet.born = quiet.born, None
    found = make_measurement(quiet, name, entry)
    quiet.born = born
    return found


def limit(node: Node, observable: Observable, *, lower: bool) -> Limit | None:
    """A reference limit, from its text or its numbers; None after reporting what is wrong with it."""
    before = len(node.reading.problems)
    text = node.text("value")
    owner = node.choice("limitSource", ("result", "site")) or "result"
    value: Span | None = None
    if has_numbers(node):
        quantity = numbers(node)
        value = on_grid(node, quantity, observable) if quantity else None
        if value is not None and value.low < 0:
            node.reading.problem(node.name, "a limit below zero makes no sense", "Correct it", "bad-limit")
    if text is not None:
        written = with_unit(node, text) if value is None else text
        found = read_limit(node.reading, node.place("value"), written, observable, lower=lower)
        if found is not None and value is not None and found.value != value:
            disagree(node)
        value, text = (found.value if found else None), written
    elif value is None and len(node.reading.problems) == before:
        node.reading.problem(node.name, "the limit has no value", "Add pat:value, such as '35 U/L'", "missing-property")
    original = node.raw("original") if text is None else text
    if value is None or len(node.reading.problems) > before:
        return None
    return Limit(value, original, "site" if owner == "site" else "result")


def disagree(node: Node) -> None:
    """Report that pat:value and the numbers say different things."""
    remedy = "Correct one of them, or remove the numbers and their unit"
    node.reading.problem(node.name, "pat:value and the numbers beside it disagree", remedy, "contradiction")


def write_score(graph: Graph, subject: Term, term: str, value: Span) -> None:
    """A Krenning score or extent; ValueError if it is none of the scale."""
    most = _KRENNING if term == "krenning" else max(EXTENT.values())
    if value.low % GRID or value.high % GRID or not 0 <= value.low <= value.high <= most * GRID:
        raise ValueError(f"a value of {term} lies outside its scale")
    words = {number: word for word, number in EXTENT.items()}
    ends = [value.low // GRID, value.high // GRID]
    low, high = (Literal(str(end), datatype=XSD.integer) if term == "krenning" else Literal(words[end]) for end in ends)
    if value.exact:
        graph.add((subject, PAT[term], low))
    else:
        graph.add((subject, PAT[f"{term}AtLeast"], low))
        graph.add((subject, PAT[f"{term}AtMost"], high))


def score(node: Node, term: str) -> Span | None:
    """A Krenning score or extent, exact or from and to; None where missing or after reporting it."""
    most = _KRENNING if term == "krenning" else max(EXTENT.values())

    def end(name: str) -> int | None:
        if term == "krenning":
            return node.integer(name, 0, most)
        word = node.choice(name, tuple(EXTENT))
        return None if word is None else EXTENT[word]

    exact, low, high = end(term), end(f"{term}AtLeast"), end(f"{term}AtMost")
    ranged = low is not None or high is not None
    if exact is not None and ranged:
        message = f"pat:{term} stands beside the ends of a range"
        node.reading.problem(node.place(term), message, "Keep one of the two", "contradiction")
        return None
    if exact is not None:
        return Span(exact * GRID, exact * GRID)
    if not ranged:
        return None
    least, greatest = low or 0, most if high is None else high
    if least > greatest:
        node.reading.problem(node.place(term), "the range runs downwards", "Exchange its ends", "bad-period")
        return None
    return Span(least * GRID, greatest * GRID)
