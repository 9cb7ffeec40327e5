"""A premise that says "none": every record it ranges over, each with the reason why it does not count."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nen_kb.explain import describe, goals, wording
from nen_kb.explain.case import Judgement, Pattern
from nen_kb.explain.path import Path, heads, path_of
from nen_kb.explain.proof import Excluded, Nothing
from nen_kb.explain.support import shortest
from nen_kb.explain.topics import LATEST, missing
from nen_kb.facts.normalise import Row
from nen_kb.facts.records import Measurement
from nen_kb.rules.ir import Atom, BodyItem, Comparison, Rule, Variable

_RECORDS = frozenset({"found", "doubtful", "ruled_out", "measurement", "scan", "treatment"})
_QUIET = frozenset({"denied_later", "asserted_later", "superseded", "day_unsure"})
"""Checks of the library that a reader only wants to see when some record came near."""
_VALUES = LATEST | {"candidate", "graded"}
_ABSENT: Mapping[str, Callable[[str], str]] = {
    "may_stand": wording.none_could_be,
    "may_be_recorded": wording.none_could_be,
    "denied_later": wording.none_denies,
    "asserted_later": wording.none_asserts,
}
_MOST_WAYS = 5000
"""Rows that are tried through one rule; beyond that the search is cut short, and the proof says so."""


def nothing(judgement: Judgement, predicate: str, pattern: Pattern) -> Nothing:
    """The node for a negated premise that holds."""
    found = judgement.remembered(("nothing", predicate, pattern), lambda: _nothing(judgement, predicate, pattern))
    assert isinstance(found, Nothing)
    return found


def _nothing(judgement: Judgement, predicate: str, pattern: Pattern) -> Nothing:
    own = {str(value) for value in pattern if isinstance(value, str) and judgement.record(value)}
    whys: dict[str, Why] = {}
    for why in sorted(excluded(judgement, predicate, pattern), key=lambda why: why.alone):
        measured = why.by_class and isinstance(judgement.record(why.record), Measurement)
        if why.record not in own and not measured:
            whys.setdefault(why.record or why.text, why)
    children = tuple(
        Excluded(
            text=describe.record(judgement, why.record) if why.record else why.text,
            record=why.record,
            name=describe.name(judgement, why.record),
            why=why.text,
            by_class=why.by_class,
            far=why.by_class and _is_far(judgement, why.record, pattern),
            assumed=describe.assumed(judgement, why.record),
        )
        for why in whys.values()
    )
    header = judgement.program.predicates[predicate].header
    checked = header.get("means") or header.get("concept") or predicate
    minor = predicate in _QUIET or judgement.program.predicates[predicate].role != "derived"
    return Nothing(
        text=absent_words(judgement, predicate, pattern),
        days=tuple(dict.fromkeys(_named_days(judgement, predicate))) if children else (),
        checked=checked,
        predicate=predicate,
        row=pattern,
        children=children,
        minor=minor,
    )


def _is_far(judgement: Judgement, record: str, pattern: Pattern) -> bool:
    """Whether a record is of another domain than the class the pattern names."""
    asked = next((v for v in pattern[1:] if isinstance(v, str) and v in judgement.ontology.names), None)
    found = judgement.record(record)
    concept = next((str(getattr(found, n)) for n in ("concept", "observable", "procedure") if hasattr(found, n)), "")
    return asked is not None and judgement.domain(asked) != judgement.domain(concept)


def absent_words(judgement: Judgement, predicate: str, pattern: Pattern) -> str:
    """What it means that a predicate has no such row.

    The ``says`` of a predicate that rules only ever negate words just that; else its ``means`` is denied.
    """
    header = judgement.program.predicates[predicate].header
    asked = next((judgement.label(v) for v in pattern[1:] if isinstance(v, str) and v in judgement.ontology.names), "")
    if header.get("says"):
        return wording.filled(header.get("says"), asked)
    if predicate == "itself_denied_later":
        return wording.none_denies_it()
    if asked and predicate in _ABSENT:
        return _ABSENT[predicate](asked)
    text = wording.none_found(header.get("means") or header.get("concept") or predicate)
    return f"{asked}: {text}" if asked else text


@dataclass(frozen=True)
class Why:
    """Why a record does not count; without a record, why there is none."""

    record: str
    text: str
    by_class: bool = False
    alone: bool = False
    """Whether it was only compared with itself; any other reason says more."""


def excluded(judgement: Judgement, predicate: str, pattern: Pattern) -> Iterator[Why]:
    """Each record that might have derived a row that fits, and why it does not."""
    for rule in judgement.rules_of(predicate):
        ways = [_MOST_WAYS]
        for path in heads(rule.head, pattern, judgement):
            yield from _walk(judgement, rule, judgement.body(rule, frozenset(path.bound)), 0, path, "", ways)


def _walk(
    judgement: Judgement, rule: Rule, body: tuple[BodyItem, ...], place: int, path: Path, record: str, ways: list[int]
) -> Iterator[Why]:
    if place == len(body):
        return
    if ways[0] <= 0:
        judgement.cuts += 1
        return
    item = body[place]
    if isinstance(item, Comparison):
        if path.holds(item):
            yield from _walk(judgement, rule, body, place + 1, path, record, ways)
        elif record and _within_one_record(path, item):
            yield Why(record, wording.beside_itself(), alone=True)
        elif record:
            yield Why(record, goals.comparison(judgement, path, item, holds=False, short=True)[2])
        return
    pattern = path.pattern(item)
    known = judgement.program.predicates[item.predicate]
    if item.negated:
        rows = judgement.matches(item.predicate, pattern)
        if not rows:
            yield from _walk(judgement, rule, body, place + 1, path, record, ways)
        elif record:
            yield Why(record, phrase(judgement, item.predicate, rows[0], record))
        return
    if known.role == "builtin":
        row = path.compute(item)
        if row is not None and path.take(item, row):
            yield from _walk(judgement, rule, body, place + 1, path, record, ways)
        return
    rows = judgement.matches(item.predicate, pattern)
    if not rows:
        if record and known.role == "derived" and not _speaks_of(path, item, record):
            without = [why.text for why in excluded(judgement, item.predicate, pattern) if not why.record]
            yield Why(record, "; ".join(dict.fromkeys(without)) or _lacking(judgement, path, item))
        elif record:
            yield Why(record, _lacking(judgement, path, item), item.predicate in ("isa", "overlaps", "disjoint"))
        elif item.predicate in _VALUES and pattern[1] is not None:
            for reason, _ in missing(judgement, str(pattern[1])).reasons.values():
                yield Why("", reason.text)
        elif known.role == "derived":
            yield from excluded(judgement, item.predicate, pattern)
        return
    for row in rows:
        ways[0] -= 1
        branch = path.copy()
        if branch.take(item, row):
            first = record or _named_record(judgement, rule, item, row)
            yield from _walk(judgement, rule, body, place + 1, branch, first, ways)


def _named_record(judgement: Judgement, rule: Rule, item: Atom, row: Row) -> str:
    """The record that an atom ranges over: bound to a name of the body, or to ``_`` where no record has a name."""
    columns = judgement.program.predicates[item.predicate].columns
    names = _record_names(judgement, rule)
    for column, term, value in zip(columns, item.terms, row, strict=True):
        ranged = isinstance(term, Variable) and (term.name in names or not names)
        if column.word == "Record" and ranged and judgement.record(str(value)):
            return str(value)
    return ""


def _record_names(judgement: Judgement, rule: Rule) -> frozenset[str]:
    """Names of the body's variables for records, without those of the head."""
    given = {term.name for term in rule.head.terms if isinstance(term, Variable)}
    return frozenset(
        term.name
        for item in rule.body
        if isinstance(item, Atom)
        for column, term in zip(judgement.program.predicates[item.predicate].columns, item.terms, strict=True)
        if column.word == "Record"
        and isinstance(term, Variable)
        and not term.name.startswith("_")
        and term.name not in given
    )


def _lacking(judgement: Judgement, path: Path, item: Atom) -> str:
    """Why a record does not count, where the item finds no row."""
    values = path.pattern(item)
    denial = path.source(item.terms[1]) if item.predicate == "isa" else None
    if denial is not None and denial.atom.predicate == "ruled_out":
        return wording.denies_else()
    if item.predicate in ("isa", "overlaps") and values[1] is not None:
        return wording.cannot_be(judgement.label(str(values[1])))
    if item.predicate == "disjoint":
        return wording.of_kind(judgement.label(str(values[1])))
    return wording.surely_not(goals.goal(judgement, path, item))


def _speaks_of(path: Path, item: Atom, record: str) -> bool:
    """Whether an atom is about the record or about what the record says."""
    patient = path.judgement.patient
    sources = (path.source(term) for term in item.terms if path.value(term) != patient)
    return any(path.record_of(source) == record for source in sources if source)


def _within_one_record(path: Path, item: Comparison) -> bool:
    """Whether a record is only compared with itself."""
    one, other = (path.record_of(path.source(term)) for term in (item.left, item.right))
    return one is not None and one == other


def _named_days(judgement: Judgement, predicate: str, depth: int = 3) -> Iterator[str]:
    """The days that rules below a predicate name, such as "four weeks before the planned start"."""
    for rule in judgement.rules_of(predicate) if depth else ():
        for item in rule.body:
            if isinstance(item, Atom) and judgement.program.predicates[item.predicate].role == "derived":
                known = judgement.program.predicates[item.predicate]
                if known.arity == 2 and known.columns[1].word == "Day" and known.header.get("concept"):
                    for row in judgement.matches(item.predicate, (judgement.patient, None)):
                        yield wording.day_is(int(row[1]), known.header.get("concept"))
                else:
                    yield from _named_days(judgement, item.predicate, depth - 1)


def phrase(judgement: Judgement, predicate: str, row: Row, record: str = "") -> str:
    """A derived row in one phrase: the premises of its shortest derivation that say something.

    ``record`` is one just named, of which the phrase goes on to speak.
    """
    return "; ".join(dict.fromkeys(_phrases(judgement, predicate, row, record, frozenset(row))))


def _phrases(judgement: Judgement, predicate: str, row: Row, record: str, known: frozenset[str | int]) -> Sequence[str]:
    """``known`` holds the records that need not be named again."""
    found = shortest(judgement, predicate, row)
    header = judgement.program.predicates[predicate].header
    named = wording.lower_first(header.get("concept") or header.get("means"))
    if found is None:
        return [named]
    path = path_of(judgement, found[0])
    said: list[str] = []
    itself: list[str] = []
    for step in found[0].steps:
        item = step.item
        if isinstance(item, Comparison):
            said.append(goals.comparison(judgement, path, item, short=bool(record))[2])
        elif item.negated:
            continue
        elif item.predicate in ("isa", "disjoint"):
            if step.values[0] == step.values[1]:
                itself = [wording.recorded_as(judgement.label(str(step.values[0])))] if record else []
                continue
            one, other = (judgement.label(str(value)) for value in step.values[:2])
            isa = item.predicate == "isa"
            if record and path.record_of(path.source(item.terms[0])) == record:
                said.append(wording.of_kind(other) if isa else wording.not_of_kind(other))
            else:
                said.append(wording.kind_of(one, other) if isa else wording.no_kind_of(one, other))
        elif item.predicate in ("ruled_out",) or (item.predicate in _RECORDS and step.values[1] not in known):
            said.append(describe.record(judgement, str(step.values[1])))
        elif item.predicate in _VALUES:
            said += [
                describe.record(judgement, str(v)) for v in step.values if judgement.record(str(v)) and v not in known
            ]
        elif judgement.program.predicates[item.predicate].role == "derived":
            columns = judgement.program.predicates[item.predicate].columns
            if columns[-1].word != "Day":
                below = _phrases(judgement, item.predicate, step.values, record, known)
                said += [text for text in below if not text.startswith(wording.recorded_as(""))]
    return said or itself or [named]
