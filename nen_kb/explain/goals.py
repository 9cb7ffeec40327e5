"""Statements of rules in words: what a premise says, whether it holds or not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from nen_kb.explain import describe, wording
from nen_kb.explain.case import Judgement
from nen_kb.explain.path import Path, Source
from nen_kb.explain.topics import LATEST, topic_words
from nen_kb.facts.records import Measurement
from nen_kb.facts.values import GRID, Span
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.ir import Atom, Comparison, Constant, Term, Variable

UNIT_AT_END = re.compile(r"(?:\((mL/\S[^)]*)\)| in (mL/\S.*))\Z")
_DAYS = frozenset({"From", "To", "Day", "Moved"})


def goal(judgement: Judgement, path: Path, atom: Atom) -> str:
    """What an atom of a rule asks, as a noun phrase."""
    values = path.pattern(atom)
    names = [judgement.label(str(value)) for value in values[1:] if isinstance(value, str)]
    if atom.predicate in wording.GOALS and names:
        return wording.GOALS[atom.predicate].format(names[0], describe.denied(judgement.domain(str(values[1]))))
    if atom.predicate in LATEST:
        return f"the latest {measured_words(judgement, str(values[1]))}"
    if atom.predicate == "graded":
        return wording.some_value(measured_words(judgement, str(values[1])))
    header = judgement.program.predicates[atom.predicate].header
    text = header.get("says") or header.get("concept") or header.get("means") or atom.predicate
    asked = [judgement.label(str(v)) for v in values[1:] if isinstance(v, str) and v in judgement.ontology.names]
    if "{" in text and names:
        return wording.lower_first(wording.filled(text, (asked or names)[0]))
    text = wording.lower_first(text)
    return f"{asked[0]}: {text}" if asked and judgement.program.predicates[atom.predicate].role == "derived" else text


def measured_words(judgement: Judgement, topic: str) -> str:
    """A topic as a noun without article; of a computed observable what is measured."""
    observable = judgement.ontology.observable(topic) if topic in judgement.ontology.names else None
    name = observable.derived_from if observable and observable.derived_from else topic
    return wording.without_article(topic_words(judgement, name))


def bounded_goal(judgement: Judgement, path: Path, atom: Atom, items: Sequence[object]) -> str:
    """What the latest value must be, with the limits that the rule sets it."""
    topic = str(path.value(atom.terms[1]))
    words = measured_words(judgement, topic)
    own = {term for term in atom.terms if isinstance(term, Variable)}
    bounds: list[tuple[str, str]] = []
    source = Source(atom, ("", topic, 0, 0), 2)
    for item in items:
        if isinstance(item, Comparison) and item.left in own and isinstance(item.right, Constant):
            if is_truth(judgement, topic) and judgement.ontology.observable(topic):
                return wording.in_range(words, item.op in (">", ">="))
            if is_truth(judgement, topic):
                return wording.truth(topic_label(judgement, topic), item.op in (">", ">="))
            bounds.append((item.op, limit_words(judgement, source, item.right)))
    if not bounds:
        return goal(judgement, path, atom)
    if judgement.domain(topic) == "imaging":
        words = wording.score_of(words)
    head = wording.bounded(words, *bounds[0], latest=atom.predicate in LATEST)
    return " and ".join((head, *(f"{wording.OPERATORS[op]} {bound}" for op, bound in bounds[1:])))


def topic_label(judgement: Judgement, topic: str) -> str:
    """A topic by its own label."""
    return wording.without_article(topic_words(judgement, topic))


def limit_words(judgement: Judgement, source: Source | None, term: Constant) -> str:
    """A limit as the rule writes it, with the unit of what it is compared with."""
    if is_extent(judgement, source) and isinstance(term.value, int):
        return extent_words(term.value, term.value)
    return describe.limit(term, unit_of(judgement, source))


def topic_of(judgement: Judgement, source: Source | None) -> str:
    """The class a quantity is a value of, or an empty text."""
    if source is None:
        return ""
    if source.atom.predicate in ("measurement", "scan"):
        return str(source.row[2])
    if source.atom.predicate == "upper_limit":
        return str(source.row[1])
    columns = judgement.program.predicates[source.atom.predicate].columns
    named = len(columns) > 1 and columns[1].word in ("Asked", "Class") and source.row[1] in judgement.ontology.names
    if named:
        return str(source.row[1])
    for column, value in zip(columns, source.row, strict=True):
        record = judgement.record(str(value)) if column.word == "Record" else None
        if isinstance(record, Measurement) and record.value and _holds_span(source.row, record.value):
            return record.observable
    return ""


def _holds_span(row: tuple[str | int, ...], span: Span) -> bool:
    """Whether the row repeats a measured value as it is."""
    return any(pair == (span.low, span.high) for pair in pairwise(row))


def is_truth(judgement: Judgement, topic: str) -> bool:
    """Whether a topic's values are 0 and 1: a finding that is there or not."""
    if topic not in judgement.ontology.names:
        return False
    observable = judgement.ontology.observable(topic)
    if observable is not None:
        return observable.derivation == "in-reference-range"
    return judgement.domain(topic) != "imaging"


def value_words(judgement: Judgement, topic: str, low: int, high: int) -> str:
    """A value of a topic as a reader says it."""
    onto = judgement.ontology
    observable = onto.observable(topic) if topic in onto.names else None
    if is_truth(judgement, topic):
        yes, no = (wording.NORMAL[True], wording.NORMAL[False]) if observable else (wording.YES, wording.NO)
        return {(1, 1): yes, (0, 0): no}.get((low // GRID, high // GRID), wording.YES_OR_NO)
    if describe.span(low, high) == describe.NO_VALUE:
        return describe.NO_VALUE
    if observable is None:
        return wording.krenning(describe.span(low, high)) if topic in onto.names else describe.span(low, high)
    if observable.derivation == "times-upper-limit":
        return f"{describe.span(low, high)} × ULN"
    if is_extent_topic(topic):
        return extent_words(low, high)
    return describe.span(low, high, observable.unit)


def is_extent(judgement: Judgement, source: Source | None) -> bool:
    """Whether a quantity is an extent of uptake: 0 none of the lesions to 3 all."""
    named = source is not None and source.atom.predicate == "uptake_extent"
    return named or is_extent_topic(topic_of(judgement, source))


def is_extent_topic(topic: str) -> bool:
    """Whether a topic's values are extents of uptake."""
    return topic.startswith("UptakeExtent")


def extent_words(low: int, high: int) -> str:
    """An extent of uptake in words."""
    ends = {end // GRID: describe.EXTENTS.get(end // GRID) for end in (low, high)}
    return " to ".join(str(words) for words in ends.values()) if all(ends.values()) else describe.NO_VALUE


def unit_of(judgement: Judgement, source: Source | None) -> str:
    """The canonical unit of a quantity's column, from the ontology or from the words of its predicate."""
    if source is None:
        return "1"
    topic = topic_of(judgement, source)
    observable = judgement.ontology.observable(topic) if topic in judgement.ontology.names else None
    if observable:
        return "× ULN" if observable.derivation == "times-upper-limit" else observable.unit
    predicate = judgement.program.predicates[source.atom.predicate]
    if predicate.role == "builtin":
        return result_unit(predicate.header.get("means"))
    found = UNIT_AT_END.search(predicate.header.get("concept"))
    return (found[1] or found[2]) if found else "1"


def result_unit(means: str) -> str:
    """The unit of what a built-in computes, from its words."""
    for unit in ("mL/min/1.73 m²", "mL/min"):
        if f"in {unit} " in f"{means.partition('from')[0]} ":
            return unit
    return "1"


def _ends(judgement: Judgement, source: Source, value: int) -> tuple[int, int]:
    """The interval that a value is an end of."""
    columns = judgement.program.predicates[source.atom.predicate].columns
    low = high = value
    place = source.column
    if columns[place].word == "Low" and place + 1 < len(columns) and columns[place + 1].word == "High":
        high = int(source.row[place + 1])
    elif columns[place].word == "High" and place and columns[place - 1].word == "Low":
        low = int(source.row[place - 1])
    return low, high


def inverse(op: str, point: bool) -> tuple[str, bool]:
    """Of a comparison that is false, the one that is true, where a single value is compared."""
    return (wording.INVERSE[op], True) if point and op in wording.INVERSE else (op, False)


def is_day(judgement: Judgement, source: Source | None) -> bool:
    """Whether a source's column holds a day."""
    return (
        source is not None and judgement.program.predicates[source.atom.predicate].columns[source.column].word in _DAYS
    )


def comparison(
    judgement: Judgement, path: Path, item: Comparison, holds: bool = True, short: bool = False
) -> tuple[str, str, str]:
    """Both sides of a comparison in words, and the whole as a sentence."""
    left_source, right_source = path.source(item.left), path.source(item.right)
    if is_day(judgement, left_source) or is_day(judgement, right_source):
        left, right = (day_words(judgement, path, term, short) for term in (item.left, item.right))
        return left, right, wording.days_compared(left, item.op, right, holds)
    sides = []
    for term, other in ((item.left, right_source), (item.right, left_source)):
        source = path.source(term)
        if isinstance(term, Constant):
            text = limit_words(judgement, other, term)
        else:
            text = quantity_words(judgement, source, path.value(term))
        sides.append(text)
    left, right = sides
    op: str = item.op
    value = path.value(item.left)
    if not holds and left_source and isinstance(value, int):
        low, high = _ends(judgement, left_source, value)
        op, holds = inverse(op, low == high)
    topic = topic_of(judgement, left_source)
    if isinstance(item.right, Constant) and is_truth(judgement, topic):
        return left, right, left if judgement.ontology.observable(topic) else wording.truth_known(left)
    if left_source and left_source.atom.predicate == "arm" and op == "!=" and not holds:
        return left, right, wording.same_arm(right)
    if is_extent(judgement, left_source) and describe.NO_VALUE not in sides:
        return left, right, wording.extent_compared(left, op, right, holds)
    return left, right, wording.compared(left, op, right, holds)


def quantity_words(judgement: Judgement, source: Source | None, value: str | int | None) -> str:
    """The interval that a bound quantity is an end of."""
    if source is None or not isinstance(value, int):
        return str(value)
    columns = judgement.program.predicates[source.atom.predicate].columns
    low, high = _ends(judgement, source, value)
    if source.atom.predicate == "age":
        return wording.an_age(describe.span(low, high))
    if columns[source.column].word == "Count":
        return wording.an_arm(value) if source.atom.predicate == "arm" else str(value)
    if is_extent(judgement, source):
        return extent_words(low, high)
    topic = topic_of(judgement, source)
    return value_words(judgement, topic, low, high) if topic else describe.span(low, high, unit_of(judgement, source))


def day_words(judgement: Judgement, path: Path, term: Term, short: bool = False) -> str:
    """A day with what it is the day of; ``short`` leaves that out of a day that rules name."""
    value, source = path.value(term), path.source(term)
    if not isinstance(value, int):
        return str(value)
    if source is None:
        return wording.event("", value, value)
    predicate = judgement.program.predicates[source.atom.predicate]
    if predicate.role == "builtin" and predicate.name in ("days_before", "months_before"):
        inputs = [source.atom.terms[i] for i in BUILTINS[predicate.name].inputs]
        count = path.value(inputs[1])
        return wording.counted_back(value, int(count or 0), predicate.name, day_words(judgement, path, inputs[0]))
    if predicate.role == "derived" and predicate.columns[source.column].word == "Day":
        return wording.named_day(value, "" if short else predicate.header.get("concept"))
    other = path.other_end(term)
    first, last = sorted((value, other if isinstance(other, int) else value))
    return wording.event(predicate.name, first, last)
