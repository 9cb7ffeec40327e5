"""Why a side of an undecided clause is not shown: for each rule that could show it, what holds and what does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from nen_kb.explain import describe, goals, wording
from nen_kb.explain.absence import absent_words, nothing, phrase
from nen_kb.explain.case import Judgement
from nen_kb.explain.closed import Blocker, of_attempt
from nen_kb.explain.doubt import Doubt, Reason, all_needed
from nen_kb.explain.facts import fact, person
from nen_kb.explain.inquiry import Attempt, Inquiry, Tried
from nen_kb.explain.premises import derived, ontology_step
from nen_kb.explain.proof import Comparison, Missing, Node, Side, Way
from nen_kb.explain.topics import LATEST, without_topics
from nen_kb.rules.ir import Atom, BodyItem, Clause, Rule
from nen_kb.rules.ir import Comparison as Compared

_MOST_WAYS = 3
"""Ways through one rule that are shown; they differ in the record they try."""
_MOST_REASONS = 6
_RECORDS = frozenset({"found", "doubtful", "ruled_out", "measurement", "scan", "treatment"})
_SILENT = frozenset({"dated", "started", "ended", "uptake_extent", "about", "index_day", "planned_start", "in_domain",
                     "overlaps", "patient", "completeness_tolerance"})  # fmt: skip


Blockers = Callable[[Attempt], Iterable[Blocker]]
"""Gives what on record ends a way."""


def not_shown(judgement: Judgement, clause: Clause, side: str) -> Side:
    """The side with each of its rules that apply to the clause."""
    inquiry = Inquiry(judgement)
    pattern = (judgement.patient, clause.trial, clause.id)
    found: list[Node] = []
    for rule in judgement.clause_rules(side, clause.trial, clause.id):
        attempts = list(inquiry.attempts(rule, pattern))
        if attempts:
            found += _rule(judgement, rule, attempts, lambda attempt: of_attempt(inquiry, clause, side, attempt))
    return Side(text=wording.side(side, False), side=side, shown=False, children=tuple(found))


def _rule(judgement: Judgement, rule: Rule, attempts: list[Attempt], blockers: Blockers) -> Iterator[Node]:
    still_open = [attempt for attempt in attempts if attempt.failed is None]
    still_open.sort(key=lambda attempt: all_needed(attempt.doubts).cost)
    chosen = still_open[:_MOST_WAYS] or [max(attempts, key=lambda attempt: len(attempt.tried))]
    for attempt in chosen:
        mark = "open" if attempt.failed is None else "fails"
        steps = tuple(_steps(judgement, attempt, blockers))
        place = f"{rule.place.file}:{rule.place.line}"
        yield Way(text=_question(judgement, rule, attempt), place=place, mark=mark, children=steps)
    if len(still_open) > len(chosen):
        yield Missing(text=wording.more_ways(len(still_open) - len(chosen)), mark="open")


def _question(judgement: Judgement, rule: Rule, attempt: Attempt) -> str:
    """What the rule asks for, in short."""
    asked = [
        goals.bounded_goal(judgement, attempt.path, item, rule.body)
        if item.predicate in LATEST or item.predicate == "graded"
        else goals.goal(judgement, attempt.path, item)
        for item in rule.body
        if isinstance(item, Atom) and not item.negated and _is_derived(judgement, item) and item.predicate != "closed"
    ]
    if not asked:
        named = [
            judgement.label(str(attempt.path.value(item.terms[1])))
            for item in rule.body
            if isinstance(item, Atom) and item.predicate == "isa" and attempt.path.value(item.terms[1]) is not None
        ]
        people = [
            wording.asked_of_person(item.predicate)
            for item in rule.body
            if isinstance(item, Atom) and item.predicate in ("age", "sex", "arm")
        ]
        asked = (
            named
            or people
            or [
                absent_words(judgement, item.predicate, attempt.path.pattern(item))
                for item in rule.body
                if isinstance(item, Atom) and item.negated
            ]
        )
    return wording.needs(list(dict.fromkeys(asked)))


def _is_derived(judgement: Judgement, item: Atom) -> bool:
    return judgement.program.predicates[item.predicate].role == "derived"


def _steps(judgement: Judgement, attempt: Attempt, blockers: Blockers) -> Iterator[Node]:
    """The premises in the order of the rule's text."""
    order = {id(item): place for place, item in enumerate(attempt.rule.body)}
    shown: set[str] = set()
    for step in sorted(attempt.tried, key=lambda tried: order[id(tried.item)]):
        if step.doubt:
            yield _open(judgement, attempt, step.item, step.doubt)
        else:
            yield from _holding(judgement, attempt, step, shown)
    if attempt.failed is not None:
        yield _failed(judgement, attempt, attempt.failed, blockers)


def _open(judgement: Judgement, attempt: Attempt, item: BodyItem, doubt: Doubt) -> Node:
    each = without_topics(judgement, [reason for reason, _ in sorted(doubt.reasons.values(), key=lambda pair: pair[1])])
    if len(each) == 1:
        return missing(each[0])
    if isinstance(item, Compared):
        left, right, text = goals.comparison(judgement, attempt.path, item)
        if describe.NO_VALUE in (left, right):
            text = wording.nothing_to_compare()
    else:
        text = goals.goal(judgement, attempt.path, item)
    shown = tuple(missing(reason) for reason in each[:_MOST_REASONS])
    if len(each) > _MOST_REASONS:
        shown = (*shown, Missing(text=wording.and_more(len(each) - _MOST_REASONS), mark="open"))
    return Missing(text=wording.not_shown(text), mark="open", children=shown)


def missing(reason: Reason) -> Missing:
    """A reason as a node."""
    return Missing(text=reason.text, code=reason.code, concept=reason.concept, records=reason.records, mark="open")


def _holding(judgement: Judgement, attempt: Attempt, step: Tried, shown: set[str]) -> Iterator[Node]:
    item = step.item
    if isinstance(item, Compared):
        left, right, text = goals.comparison(judgement, attempt.path, item)
        yield Comparison(text=text, left=left, operator=item.op, right=right, mark="holds")
    elif item.negated:
        yield replace(nothing(judgement, item.predicate, attempt.path.pattern(item)), mark="holds", minor=True)
    elif item.predicate in _RECORDS:
        if str(step.row[1]) not in shown:
            shown.add(str(step.row[1]))
            yield replace(fact(judgement, str(step.row[1])), mark="holds")
    elif item.predicate in ("isa", "disjoint"):
        for node in ontology_step(judgement, item.predicate, str(step.row[0]), str(step.row[1])):
            yield replace(node, mark="holds")
    elif _is_derived(judgement, item):
        for node in derived(judgement, item.predicate, step.row):
            yield replace(node, mark="holds")
    elif item.predicate in ("sex", "age", "arm"):
        yield replace(person(judgement, item.predicate, step.row), mark="holds")


def _failed(judgement: Judgement, attempt: Attempt, item: BodyItem, blockers: Blockers) -> Node:
    """The item that is surely false."""
    path = attempt.path
    if isinstance(item, Compared):
        left, right, text = goals.comparison(judgement, path, item, holds=False)
        return Comparison(text=text, left=left, operator=item.op, right=right, mark="fails")
    values = path.pattern(item)
    if item.negated:
        rows = judgement.matches(item.predicate, values)
        return Missing(text=wording.in_the_way(phrase(judgement, item.predicate, rows[0])), mark="fails")
    if item.predicate in ("isa", "disjoint"):
        one, other = (judgement.label(str(value)) for value in values[:2])
        text = wording.no_kind_of(one, other) if item.predicate == "isa" else wording.kind_of(one, other)
        return Missing(text=text, mark="fails")
    if item.predicate in ("sex", "arm"):
        rows = judgement.matches(item.predicate, (values[0], *(None for _ in values[1:])))
        return replace(person(judgement, item.predicate, rows[0]), mark="fails")
    told = {
        blocker.records or blocker.text: Missing(
            text=blocker.text, concept=blocker.concept, records=blocker.records, mark="fails"
        )
        for blocker in sorted(blockers(attempt), key=lambda each: -each.rank)
    }
    below = tuple(reversed(told.values()))[:_MOST_WAYS]
    return Missing(text=wording.surely_not(goals.goal(judgement, path, item)), mark="fails", children=below)
