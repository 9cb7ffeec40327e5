"""What on record keeps an open clause from being decided in the patient's favour.

A clause may be open only because one side of it lacks something, while the favourable side is surely not shown: a value
on the wrong side of a limit, a record in the way.  Or a way to the favourable side is closed only for now, by a
record too young for it.  Such data are said beside what is not on record.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from nen_kb.explain import describe, goals, wording
from nen_kb.explain.absence import phrase
from nen_kb.explain.case import Judgement, Pattern
from nen_kb.explain.doubt import BECAUSE, Reason
from nen_kb.explain.inquiry import Attempt, Inquiry
from nen_kb.explain.nearness import told_values
from nen_kb.explain.nearness.bounds import NEGATED, Bound, bounds
from nen_kb.explain.nearness.told import concept_of
from nen_kb.explain.pairs import COUNTED
from nen_kb.explain.path import Path
from nen_kb.explain.support import records_used
from nen_kb.explain.topics import LATEST
from nen_kb.explain.wording import closed as words
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.ir import Atom, Clause, Comparison, Rule

_DEPTH = 4
"""How many rules below the clause's own are looked into."""
_MOVING = frozenset({"index_day", "planned_start"})
"""Base predicates of days that move on with the day judged."""


@dataclass(frozen=True)
class Blocker:
    """One thing on record that closes a way."""

    text: str
    concept: str
    records: tuple[str, ...]
    rank: int = 1
    """0 for one that closes a way only for now, a record too young; 1 for a value or day; 2 for any other record."""

    @property
    def passing(self) -> bool:
        """Whether time alone removes it."""
        return self.rank == 0


def standing_in_the_way(judgement: Judgement, clause: Clause, found: list[Reason]) -> list[Reason]:
    """Further reasons for an open clause: what on record closes its favourable side, or a way to it for now.

    They have the code of the reasons ``found``, or ``not_recorded`` beside reasons of missing data: a verdict stays
    open for what it was open for.
    """
    if not found:
        return []
    side = "met" if clause.kind == "inclusion" else "unmet"
    inquiry = Inquiry(judgement)
    pattern = (judgement.patient, clause.trial, clause.id)
    rules = judgement.clause_rules(side, clause.trial, clause.id)
    attempts = [attempt for rule in rules for attempt in inquiry.attempts(rule, pattern)]
    if any(attempt.failed is None for attempt in attempts):
        blockers = [each for attempt in attempts if (each := _too_young(judgement, attempt))]
    else:
        blockers = [each for attempt in attempts for each in of_attempt(inquiry, clause, side, attempt)]
    named = {record for reason in found for record in reason.records}
    missing = any(BECAUSE[reason.code] == "missing" for reason in found)
    code = "not_recorded" if missing else found[0].code
    told_of: dict[tuple[str, ...] | str, Reason] = {}
    for blocker in sorted(blockers, key=lambda each: each.rank):
        if blocker.records and set(blocker.records) <= named:
            continue
        text = blocker.text if blocker.passing else words.keeps(blocker.text, side)
        told_of.setdefault(blocker.records or text, Reason(code, blocker.concept, text, blocker.records))
    return list(told_of.values())


def of_attempt(
    inquiry: Inquiry, clause: Clause, side: str, attempt: Attempt, given: Pattern = (), depth: int = _DEPTH
) -> Iterator[Blocker]:
    """What on record ends a way through a rule towards a side; ``given`` holds what the rule was asked about."""
    judgement, item, path = inquiry.judgement, attempt.failed, attempt.path
    if isinstance(item, Comparison):
        yield from _compared(judgement, clause, side, attempt, item)
    elif isinstance(item, Atom) and item.negated:
        yield from _stands(judgement, item.predicate, path.pattern(item))
    elif isinstance(item, Atom) and item.predicate in ("isa", "disjoint"):
        record = path.record_of(path.source(item.terms[0]))
        if record is not None and record in given:
            one, other = (judgement.label(str(value)) for value in path.pattern(item)[:2])
            kind = wording.not_of_kind(other) if item.predicate == "isa" else wording.of_kind(other)
            text = (
                describe.record(judgement, record) if one == other else f"{describe.record(judgement, record)}, {kind}"
            )
            yield Blocker(text, concept_of(judgement.record(record)), (record,), 2)
    elif isinstance(item, Atom) and depth and item.predicate not in LATEST and not attempt.doubts:
        pattern = path.pattern(item)
        for rule in judgement.rules_of(item.predicate):
            for below in inquiry.attempts(rule, pattern):
                yield from of_attempt(inquiry, clause, side, below, pattern, depth - 1)


def _stands(judgement: Judgement, predicate: str, pattern: Pattern) -> Iterator[Blocker]:
    """A row that a rule does not want."""
    row = judgement.matches(predicate, pattern)[0]
    records = records_used(judgement, predicate, pattern)
    if not records:
        return
    text = phrase(judgement, predicate, row)
    header = judgement.program.predicates[predicate].header
    if text == wording.lower_first(header.get("concept") or header.get("means")):
        text = wording.listed([describe.record(judgement, each) for each in records])
    yield Blocker(text, concept_of(judgement.record(records[0])), records, 2)


def _compared(judgement: Judgement, clause: Clause, side: str, attempt: Attempt, item: Comparison) -> Iterator[Blocker]:
    """The datum behind a comparison that is surely false."""
    if item.op not in NEGATED:
        return
    young = _too_young(judgement, attempt)
    if young is not None:
        yield young
        return
    path = attempt.path
    limits = bounds(judgement, path, replace(item, op=NEGATED[item.op]))
    values = [bound for bound in limits if isinstance(bound, Bound)]
    for bound in values:
        found = told_values.quantity(judgement, clause, side, [bound])
        yield Blocker(found.text, found.concept, found.records)
    record = path.record_of(path.source(item.left))
    if not values and record is not None:
        text = goals.comparison(judgement, path, item, holds=False)[2]
        concept = concept_of(judgement.record(record))
        yield Blocker(words.compared(describe.record(judgement, record), text), concept, (record,))


def _too_young(judgement: Judgement, attempt: Attempt) -> Blocker | None:
    """A record that only its day keeps from counting, where the day it must not pass moves on with time."""
    item, path = attempt.failed, attempt.path
    if not isinstance(item, Comparison) or attempt.doubts:
        return None
    limit, day = path.source(item.right), path.source(item.left)
    if item.op not in ("<=", "<") or limit is None or limit.atom.predicate not in COUNTED:
        return None
    counted, times = (limit.atom.terms[place] for place in BUILTINS[limit.atom.predicate].inputs)
    behind, count, record = path.source(counted), path.value(times), path.record_of(day)
    if behind is None or behind.atom.predicate not in _MOVING or record is None or not isinstance(count, int):
        return None
    if not _rest_holds(judgement, attempt.rule, path, item):
        return None
    value = int(path.value(counted) or 0)
    text = words.not_yet(
        describe.record(judgement, record),
        count,
        limit.atom.predicate,
        wording.event(behind.atom.predicate, value, value),
        item.op == "<",
    )
    return Blocker(text, concept_of(judgement.record(record)), (record,), 0)


def _rest_holds(judgement: Judgement, rule: Rule, path: Path, failed: Comparison) -> bool:
    """Whether nothing else that is known on this way is false."""
    for item in rule.body:
        if item is failed:
            continue
        if isinstance(item, Comparison):
            ends = (path.value(item.left), path.value(item.right))
            if None not in ends and not path.holds(item):
                return False
        elif judgement.program.predicates[item.predicate].role != "builtin":
            pattern: Pattern = path.pattern(item)
            if bool(judgement.matches(item.predicate, pattern)) == item.negated:
                return False
    return True
