"""From a rule that holds to the nodes that show it: facts, comparisons, what the ontology says, closures, "none"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nen_kb.explain import describe, goals, wording
from nen_kb.explain.absence import nothing
from nen_kb.explain.case import Judgement
from nen_kb.explain.facts import closure_fact, fact, person
from nen_kb.explain.path import Path, Source, path_of
from nen_kb.explain.proof import (
    Closure,
    Comparison,
    Computation,
    Excluded,
    Fact,
    Latest,
    Node,
    OntologyStep,
    Policy,
    Rule,
)
from nen_kb.explain.support import best_row, shortest
from nen_kb.explain.topics import LATEST, answers
from nen_kb.facts.dates import iso
from nen_kb.facts.normalise import Row
from nen_kb.facts.records import Measurement
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.evaluate import Instance
from nen_kb.rules.ir import Atom, Constant
from nen_kb.rules.ir import Comparison as Compared

_RECORDS = frozenset({"found", "doubtful", "ruled_out", "measurement", "scan", "treatment"})
_OF_RECORDS = frozenset({"dated", "started", "ended", "uptake_extent", "about"})
_FOLDED = frozenset({"index_day", "planned_start", "patient", "in_domain", "overlaps", "days_before", "months_before",
                     "earlier", "completeness_tolerance"})  # fmt: skip
"""Premises that the words of others already carry."""
_PASSED_THROUGH = frozenset({"present", "absent", "ever", "never", "none"})
"""Predicates of the library that add nothing to what they rest on."""


def premises(judgement: Judgement, instance: Instance) -> tuple[Node, ...]:
    """The premises of a rule instance, in the order of the rule; each record once."""
    path = path_of(judgement, instance)
    found: list[Node] = []
    shown: set[str] = set()
    closes = any(isinstance(item, Atom) and item.predicate == "closed" for item in instance.rule.body)
    for step in instance.steps:
        if isinstance(step.item, Compared):
            found += _compared(judgement, path, step.item)
        elif step.item.negated:
            none = nothing(judgement, step.item.predicate, step.values)
            near = [child for child in none.children if not (isinstance(child, Excluded) and child.by_class)]
            found.append(none if near or closes else replace(none, minor=True))
        elif step.item.predicate in _RECORDS:
            record = str(step.values[1])
            if record not in shown:
                shown.add(record)
                found.append(fact(judgement, record))
        else:
            found += _positive(judgement, path, step.item, step.values)
    return tuple(dict.fromkeys(found))


def _compared(judgement: Judgement, path: Path, item: Compared) -> Iterator[Node]:
    left, right, text = goals.comparison(judgement, path, item)
    topics = {goals.topic_of(judgement, path.source(term)) for term in (item.left, item.right)} - {""}
    names_of_records = item.op == "!=" and not goals.is_day(judgement, path.source(item.left))
    of_days = goals.is_day(judgement, path.source(item.left)) or goals.is_day(judgement, path.source(item.right))
    minor = (not of_days and any(goals.is_truth(judgement, topic) for topic in topics)) or names_of_records
    yield Comparison(text=text, left=left, operator=item.op, right=right, minor=minor)


def _positive(judgement: Judgement, path: Path, item: Atom, row: Row) -> Iterator[Node]:
    predicate = judgement.program.predicates[item.predicate]
    if item.predicate in _FOLDED or item.predicate in _OF_RECORDS:
        return
    if item.predicate in ("isa", "disjoint"):
        yield from ontology_step(judgement, item.predicate, str(row[0]), str(row[1]))
    elif predicate.role == "base":
        yield person(judgement, item.predicate, row)
    elif item.predicate in ("below", "at_most"):
        yield _truth_of(judgement, path, item, row)
    elif item.predicate == "graded":
        yield from _graded(judgement, row)
    elif predicate.role == "builtin":
        yield _computation(judgement, path, item, row)
    else:
        yield from derived(judgement, item.predicate, row)


def ontology_step(judgement: Judgement, relation: str, one: str, other: str) -> Iterator[Node]:
    """What the hierarchy says; nothing for a class and itself."""
    if one == other and relation == "isa":
        return
    labels = judgement.label(one), judgement.label(other)
    if relation == "isa":
        chain = judgement.ontology.path(one, other)
        trivial = labels[0].startswith(f"{labels[1]}, ")
        yield OntologyStep(text=wording.kind_of(*labels), relation="isa", chain=tuple(chain), minor=trivial)
    else:
        yield OntologyStep(text=wording.no_kind_of(*labels), relation="disjoint", chain=(one, other))


def derived(judgement: Judgement, predicate: str, row: Row, truth: bool = False) -> Iterator[Node]:
    """The node, or nodes, that show a derived row, by its shortest derivation.

    ``truth`` says that the row's quantity is 0 or 1: a finding that is not there, or is.
    """
    found = shortest(judgement, predicate, row)
    if found is None:
        return
    instance = found[0]
    known = judgement.program.predicates[predicate]
    if predicate in LATEST:
        yield _latest(judgement, predicate, row)
    elif predicate == "closed":
        yield _closure(judgement, instance)
    elif not instance.steps:
        values = ", ".join(str(value) for value in row)
        text = wording.policy(known.header.get("means"), values)
        yield Policy(text=text, predicate=predicate, value=values, place=str(instance.rule.place))
    elif predicate in _PASSED_THROUGH:
        yield from premises(judgement, instance)
    else:
        children = premises(judgement, instance)
        text = _says(judgement, predicate, row, truth)
        if not (known.header.get("concept") or known.header.get("says")):
            yield from children  # a helper without words of its own
            return
        telling = [child for child in children if not child.minor]
        if len(telling) == 1 and isinstance(telling[0], Rule) and telling[0].text == text:
            minor = [child for child in children if child.minor]
            yield replace(telling[0], children=(*telling[0].children, *minor))
            return
        day_only = bool(known.columns) and known.columns[-1].word == "Day" and known.arity == 2
        yield Rule(
            text=text,
            predicate=predicate,
            place=f"{instance.rule.place.file}:{instance.rule.place.line}",
            reading=known.header.get("reading"),
            source=known.header.get("source"),
            others=len(judgement.instances(predicate, row)) - 1,
            children=children,
            minor=day_only,
        )


def _says(judgement: Judgement, predicate: str, row: Row, truth: bool) -> str:
    known = judgement.program.predicates[predicate]
    header = known.header
    text = header.get("says") or header.get("concept") or wording.lower_first(header.get("means")) or predicate
    asked = [judgement.label(str(v)) for v in row[1:] if isinstance(v, str) and v in judgement.ontology.names]
    values = [
        describe.span(int(low), int(high), _unit(judgement, predicate))
        for column, following, low, high in zip(known.columns, known.columns[1:], row, row[1:], strict=False)
        if column.word == "Low" and following.word == "High"
    ]
    if "{Asked}" in text and asked:
        text = wording.filled(text, asked[0])
    elif asked:
        text = f"{asked[0]}: {text}"
    if truth and len(values) == 1:
        low = next(place for place, column in enumerate(known.columns) if column.word == "Low")
        return wording.with_truth(text, int(row[low]), int(row[low + 1]))
    return f"{goals.UNIT_AT_END.sub('', text).strip()}: {values[0]}" if len(values) == 1 else text


def _unit(judgement: Judgement, predicate: str) -> str:
    found = goals.UNIT_AT_END.search(judgement.program.predicates[predicate].header.get("concept"))
    return (found[1] or found[2]) if found else "1"


def _closure(judgement: Judgement, instance: Instance) -> Node:
    path = path_of(judgement, instance)
    domain, day = str(path.bound["Domain"]), int(path.bound["Day"])
    declared = closure_fact(judgement, domain, day)
    return Closure(
        text=wording.closure(domain, iso(day)),
        domain=domain,
        as_of=iso(day),
        record=declared.id if declared else "",
        source=declared.origin.text if declared else "",
        assumed=declared is not None and declared.origin.assumed,
        children=(fact(judgement, declared.id),) if declared else (),
    )


def _computation(judgement: Judgement, path: Path, item: Atom, row: Row) -> Node:
    builtin = BUILTINS[item.predicate]
    header = judgement.program.predicates[item.predicate].header
    inputs: list[str] = []
    for place in builtin.inputs:
        source = path.source(item.terms[place])
        topic = goals.topic_of(judgement, source)
        if source and not topic:
            topic, source = _behind_pair(judgement, source)
        text = goals.quantity_words(judgement, source, row[place])
        text = (
            f"{judgement.label(topic)} {text}"
            if topic
            else str(text).lower()
            if source and source.atom.predicate == "sex"
            else text
        )
        if text not in inputs:
            inputs.append(text)
    low, high = (row[place] for place in builtin.outputs[:2])
    unit = goals.result_unit(header.get("means"))
    if unit == "1":
        unit = goals.unit_of(judgement, path.source(item.terms[builtin.inputs[0]]))
    result = describe.span(int(low), int(high), unit)
    return Computation(
        text=wording.computed(wording.lower_first(header.get("means")), result),
        name=item.predicate,
        formula=builtin.formula,
        source=builtin.source,
        inputs=tuple(inputs),
        result=result,
    )


def _behind_pair(judgement: Judgement, source: Source) -> tuple[str, Source]:
    """Of a quantity that a rule only passes on, the topic and the row it came from; else no topic."""
    found = shortest(judgement, source.atom.predicate, source.row)
    behind = path_of(judgement, found[0]).source(found[0].rule.head.terms[source.column]) if found else None
    topic = goals.topic_of(judgement, behind)
    return (topic, behind) if behind and topic else ("", source)


def _truth_of(judgement: Judgement, path: Path, item: Atom, row: Row) -> Node:
    """A comparison whose truth is a quantity of its own."""
    source = path.source(item.terms[0]) or path.source(item.terms[1])
    left = goals.quantity_words(judgement, source, row[0])
    term = item.terms[2]
    right = goals.limit_words(judgement, source, term) if isinstance(term, Constant) else str(row[2])
    operator = "<" if item.predicate == "below" else "<="
    sure = row[3] == row[4]
    op, holds = (operator, True) if row[3] else goals.inverse(operator, sure)
    if describe.NO_VALUE in left:
        text = wording.no_value()
    elif sure and goals.is_extent(judgement, source):
        text = wording.extent_compared(left, op, right, holds)
    else:
        text = wording.compared(left, op, right, holds) if sure else wording.may_be(left, operator, right)
    return Comparison(text=text, left=left, operator=operator, right=right)


def _latest(judgement: Judgement, predicate: str, row: Row) -> Node:
    topic = str(row[1])
    words = goals.measured_words(judgement, topic)
    candidates = judgement.matches("candidate", (*row[:2], None, None, None, None, None))
    hull = judgement.holds("day_unsure", *row[:2]) or predicate == "highest"
    own = [each for each in candidates if hull or each[3:5] == row[2:4]]
    children: list[Node] = []
    for each in own:
        children += _graded(judgement, each)
    value = _value(judgement, topic, int(row[2]), int(row[3]), [str(each[2]) for each in own])
    of_truth = goals.is_truth(judgement, topic) and not judgement.ontology.observable(topic)
    write = wording.highest if predicate == "highest" else wording.latest_truth if of_truth else wording.latest
    text = write(words, value)
    current = {each[2] for each in candidates}
    older = [
        each for each in judgement.matches("graded", (*row[:2], None, None, None, None, None)) if each[2] not in current
    ]
    older.sort(key=lambda each: (-int(each[6]), str(each[2])))
    set_aside = tuple(dict.fromkeys(fact(judgement, str(each[2])) for each in older))
    return Latest(text=text, topic=topic, value=value, older=set_aside, children=tuple(dict.fromkeys(children)))


def _value(judgement: Judgement, topic: str, low: int, high: int, records: list[str]) -> str:
    """The value as written where one record says it, with the canonical one."""
    found = judgement.record(records[0]) if len(records) == 1 else None
    if isinstance(found, Measurement) and found.observable in judgement.ontology.names:
        observable = judgement.ontology.observable(found.observable)
        if judgement.ontology.isa(found.observable, topic) and observable and found.value is not None:
            return describe.quantity(found, observable.unit)
    return goals.value_words(judgement, topic, low, high)


def _graded(judgement: Judgement, candidate: Row) -> Iterator[Node]:
    """The record behind a candidate, or how rules made it."""
    best = shortest(judgement, "graded", candidate)
    if best is None:
        return
    fillers = [s for s in best[0].steps if isinstance(s.item, Atom) and not s.item.negated]
    if fillers and judgement.program.predicates[fillers[0].item.predicate].role == "derived":  # type: ignore[union-attr]  # atoms only
        truth = goals.is_truth(judgement, str(candidate[1]))
        filler = shortest(judgement, fillers[0].item.predicate, fillers[0].values)  # type: ignore[union-attr]  # atoms only
        if filler and str(candidate[1]) not in answers(judgement, str(candidate[1])):
            yield from premises(judgement, filler[0])  # the words of the topic are those of the filler
            return
        yield from derived(judgement, fillers[0].item.predicate, fillers[0].values, truth)  # type: ignore[union-attr]  # atoms only
        return
    yield fact(judgement, str(candidate[2]))
    for step in fillers:
        if isinstance(step.item, Atom) and step.item.predicate == "isa":
            yield from ontology_step(judgement, "isa", str(step.values[0]), str(step.values[1]))


def shown(judgement: Judgement, predicate: str, pattern: tuple[str | int | None, ...]) -> tuple[Instance, int] | None:
    """The shortest derivation of the row that fits best, and in how many other ways it was derived."""
    row = best_row(judgement, predicate, pattern)
    found = shortest(judgement, predicate, row) if row is not None else None
    return (found[0], len(judgement.instances(predicate, row)) - 1) if found and row is not None else None


__all__ = ["Fact", "derived", "ontology_step", "premises", "shown"]
