"""Of a value that two records make together: the half that is there, and the one that is missing or too far off.

Nothing on record may give a topic a value although a rule for it has been begun: one half of a pair is on
record, or both are, but on days too far apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nen_kb.explain import describe
from nen_kb.explain.case import Judgement, Pattern
from nen_kb.explain.doubt import Reason
from nen_kb.explain.path import Path
from nen_kb.explain.topics import LATEST, filler
from nen_kb.explain.wording import closed as words
from nen_kb.facts.records import Finding, Imaging, Measurement
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.ir import Atom, Comparison, Rule, Term, Variable

if TYPE_CHECKING:
    from nen_kb.explain.inquiry import Attempt, Inquiry

COUNTED = frozenset({"days_before", "months_before"})
"""Built-ins that count back from a day."""
_DEPTH = 5


def begun(inquiry: Inquiry, topic: str) -> tuple[Reason, ...]:
    """What the pairs that could give the topic a value lack, where one half is on record; the nearest of each kind."""
    judgement = inquiry.judgement
    found: list[tuple[int, Reason]] = []
    for rule in _pairing(judgement, topic):
        pattern: Pattern = (judgement.patient, *(None for _ in rule.head.terms[1:]))
        for attempt in inquiry.attempts(rule, pattern):
            found += _apart(judgement, attempt) if attempt.failed else _half(judgement, attempt)
    nearest: dict[tuple[str, str], Reason] = {}
    for _, reason in sorted(found, key=lambda pair: pair[0]):
        nearest.setdefault((reason.code, reason.concept), reason)
    return tuple(nearest.values())


def _pairing(judgement: Judgement, topic: str) -> tuple[Rule, ...]:
    """The rules below a topic that hold the days of two records against each other."""
    key = ("pairing", topic)
    if key not in judgement.memo:
        found: dict[int, Rule] = {}
        named = filler(judgement, topic)
        if named:
            _collect(judgement, named, _DEPTH, set(), found)
        judgement.memo[key] = tuple(found.values())
    rules = judgement.memo[key]
    assert isinstance(rules, tuple)
    return rules


def _collect(judgement: Judgement, predicate: str, depth: int, seen: set[str], found: dict[int, Rule]) -> None:
    if predicate in seen or predicate in LATEST or not depth:
        return
    seen.add(predicate)
    for rule in judgement.rules_of(predicate):
        if len(_windows(rule)) > 1:
            found[id(rule)] = rule
        for item in rule.body:
            if isinstance(item, Atom) and not item.negated:
                _collect(judgement, item.predicate, depth - 1, seen, found)


def _windows(rule: Rule) -> list[tuple[Comparison, Atom]]:
    """Each comparison ``day >= another day counted back``, with the atom that counts back from a record's day."""
    counted = {
        item.terms[BUILTINS[item.predicate].outputs[0]]: item
        for item in rule.body
        if isinstance(item, Atom) and item.predicate in COUNTED
    }
    days = {
        term
        for item in rule.body
        if isinstance(item, Atom) and item.predicate not in COUNTED and _names_record(rule, item)
        for term in item.terms
    }
    return [
        (item, counted[item.right])
        for item in rule.body
        if isinstance(item, Comparison)
        and item.op in (">=", ">")
        and item.right in counted
        and item.left in days
        and counted[item.right].terms[BUILTINS[counted[item.right].predicate].inputs[0]] in days
    ]


def _names_record(rule: Rule, item: Atom) -> bool:
    """Whether the atom speaks of something beside the patient that other atoms or the head name too."""
    return len(item.terms) > 2 and isinstance(item.terms[1], Variable) and item.terms[0] == rule.head.terms[0]


def _apart(judgement: Judgement, attempt: Attempt) -> Iterator[tuple[int, Reason]]:
    """Two records whose days lie too far apart."""
    if attempt.doubts or not isinstance(attempt.failed, Comparison):
        return
    path = attempt.path
    for item, atom in _windows(attempt.rule):
        if item != attempt.failed:
            continue
        first, count = _counted_from(path, atom)
        day = path.value(item.left)
        one, other = path.record_of(path.source(first)), path.record_of(path.source(item.left))
        if one is None or other is None or not isinstance(day, int):
            continue
        gap = int(path.value(first) or 0) - day
        texts = (describe.record(judgement, one), describe.record(judgement, other))
        if atom.predicate == "days_before":
            exact = path.other_end(first) == path.value(first) and path.other_end(item.left) == day
            text = words.apart(*texts, gap, exact, count - (item.op == ">"))
        else:
            text = words.months_apart(*texts, count)
        yield gap, Reason("not_recorded", _class(judgement, other), text, (one, other))


def _half(judgement: Judgement, attempt: Attempt) -> Iterator[tuple[int, Reason]]:
    """One record, and what its partner would be."""
    open_steps = [step for step in attempt.tried if step.doubt]
    if len(open_steps) != 1 or open_steps[0].doubt is None:
        return
    path = attempt.path
    sources = [path.source(term) for _, atom in _windows(attempt.rule) for term in _counted_from(path, atom)[:1]]
    there = next((named for source in sources if (named := path.record_of(source))), None)
    lacking = [reason for reason, _ in open_steps[0].doubt.reasons.values()]
    if there is None or len(lacking) != 1 or lacking[0].records:
        return
    record = judgement.record(there)
    last = record.when.last if isinstance(record, Measurement | Finding | Imaging) else 0
    text = words.partner(lacking[0].text, describe.record(judgement, there), _window(attempt))
    yield judgement.day - last, Reason(lacking[0].code, lacking[0].concept, text, (there,))


def _window(attempt: Attempt) -> str:
    """How near the partner must be, where it is the same before and after."""
    spans = set()
    for _, atom in _windows(attempt.rule):
        count = attempt.path.value(atom.terms[BUILTINS[atom.predicate].inputs[1]])
        spans.add((atom.predicate, count))
    builtin, count = spans.pop()
    return words.counted(count, builtin) if not spans and isinstance(count, int) else ""


def _counted_from(path: Path, atom: Atom) -> tuple[Term, int]:
    """The day that is counted back from, and how far."""
    day, count = (atom.terms[place] for place in BUILTINS[atom.predicate].inputs)
    return day, int(path.value(count) or 0)


def _class(judgement: Judgement, record: str) -> str:
    found = judgement.record(record)
    return next((str(getattr(found, n)) for n in ("concept", "observable", "procedure") if hasattr(found, n)), record)
