"""Why a clause is unknown or conflicting, as typed reasons; the most useful first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nen_kb.explain import describe, wording
from nen_kb.explain.absence import phrase
from nen_kb.explain.case import Judgement, Pattern
from nen_kb.explain.closed import standing_in_the_way
from nen_kb.explain.doubt import BECAUSE, Doubt, Reason, any_suffices, most_useful
from nen_kb.explain.goals import goal
from nen_kb.explain.inquiry import Inquiry
from nen_kb.explain.path import heads
from nen_kb.explain.support import records_used
from nen_kb.explain.topics import asked_classes, other_methods, topic_words, without_topics
from nen_kb.rules.ir import Atom, Clause, Constant, Rule

OPEN = ("unknown", "conflicting")


def reasons(judgement: Judgement, trial: str, clause: str) -> tuple[Reason, ...]:
    """Why the clause is unknown or conflicting; nothing for a clause that is decided.

    A clause with parts has the reasons of its open parts, the conflicting ones first if it is conflicting itself.
    """
    key = ("reasons", trial, clause)
    found = judgement.remembered(key, lambda: _reasons(judgement, judgement.clause(trial, clause)))
    assert isinstance(found, tuple)
    return found


def also_open(judgement: Judgement, trial: str, clause: str) -> tuple[Reason, ...]:
    """Of a clause that fails, what else on record may keep the patient out as well; nothing for any other clause.

    Of a clause with parts the reasons of its open parts; of another one only what speaks of a record.
    """
    found = judgement.clause(trial, clause)
    side = "unmet" if found.kind == "inclusion" else "met"
    if judgement.status(trial, clause) != side:
        return ()
    if found.parts:
        return _distinct(reason for part in found.parts for reason in reasons(judgement, trial, part))
    inquiry = Inquiry(judgement)
    pattern = (judgement.patient, trial, clause)
    rules = judgement.clause_rules(side, trial, clause)
    doubt = any_suffices(doubt for rule in rules for doubt in _through(inquiry, rule, pattern))
    against = set(records_used(judgement, side, pattern))
    return _distinct(each for each in most_useful(doubt, None) if each.records and not against & set(each.records))


def _through(inquiry: Inquiry, rule: Rule, pattern: Pattern) -> Iterator[Doubt]:
    """What every open way through a rule lacks; one that only passes on another predicate is followed to its rules."""
    only = rule.body[0]
    judgement = inquiry.judgement
    if len(rule.body) == 1 and isinstance(only, Atom) and not only.negated and judgement.rules_of(only.predicate):
        for path in heads(rule.head, pattern, judgement):
            for below in judgement.rules_of(only.predicate):
                yield from _through(inquiry, below, path.pattern(only))
    else:
        yield from inquiry.through(rule, pattern)


def undetermined_because(found: Iterable[Reason]) -> list[str]:
    """What keeps a verdict open: ``missing``, ``conflict``, ``judgement``, in that order."""
    words = {BECAUSE[reason.code] for reason in found}
    return [word for word in ("missing", "conflict", "judgement") if word in words]


def _reasons(judgement: Judgement, clause: Clause) -> tuple[Reason, ...]:
    status = judgement.status(clause.trial, clause.id)
    if status not in OPEN:
        return ()
    if clause.parts:
        parts = [part for part in clause.parts if judgement.status(clause.trial, part) in OPEN]
        parts.sort(key=lambda part: judgement.status(clause.trial, part) != "conflicting")
        return _distinct(reason for part in parts for reason in reasons(judgement, clause.trial, part))
    if status == "conflicting":
        return (_disagreement(judgement, clause),)
    inquiry = Inquiry(judgement)
    pattern = (judgement.patient, clause.trial, clause.id)
    sides = [
        any_suffices(
            doubt
            for rule in judgement.clause_rules(side, clause.trial, clause.id)
            for doubt in inquiry.through(rule, pattern)
        )
        for side in ("met", "unmet")
    ]
    found = without_topics(judgement, most_useful(*sides))
    found = list(_distinct(_under_header(judgement, clause, found)))
    return (*found, *standing_in_the_way(judgement, clause, found))


def _under_header(judgement: Judgement, clause: Clause, found: list[Reason]) -> list[Reason]:
    """The reasons in the light of what the clause's header says: manual, damaged, when-missing."""
    when_missing, manual = clause.header.get("when-missing"), clause.header.get("manual")
    changed: list[Reason] = []
    asked = [reason for reason in found if reason.code == "not_recorded" and not reason.records]
    for reason in found:
        others = other_methods(judgement, reason.concept) if when_missing and reason in asked else ()
        if others:
            texts = [describe.record(judgement, each) for each in others]
            text = wording.wrong_method(texts, topic_words(judgement, reason.concept))
            changed.append(Reason(when_missing, reason.concept, text, others))
        elif manual and reason in asked:
            if reason == asked[0]:
                text = wording.person_must_judge(manual, [each.text for each in asked])
                changed.append(Reason("person_must_judge", reason.concept, text))
        else:
            changed.append(reason)
    if changed:
        return changed
    if clause.header.get("damaged"):
        return [Reason("protocol_text_damaged", clause.id, clause.header.get("damaged"))]
    if manual:
        return [Reason("person_must_judge", clause.id, manual)]
    return _overtaken(judgement, clause) or [_unsettled(judgement, clause)]


def _unsettled(judgement: Judgement, clause: Clause) -> Reason:
    """The last resort: what would show the clause met, in the words of the rules, is not what the record says."""
    inquiry = Inquiry(judgement)
    lacking: dict[str, str] = {}
    for rule in judgement.clause_rules("met", clause.trial, clause.id):
        for attempt in inquiry.attempts(rule, (judgement.patient, clause.trial, clause.id)):
            item = attempt.failed
            if isinstance(item, Atom) and not item.negated:
                concept = next(asked_classes(judgement, item.predicate), _topic(judgement, clause))
                lacking.setdefault(goal(judgement, attempt.path, item), concept)
    concept = next(iter(lacking.values()), _topic(judgement, clause))
    return Reason("not_recorded", concept, wording.nothing_settles(list(lacking)))


def _overtaken(judgement: Judgement, clause: Clause) -> list[Reason]:
    """Where everything on record is sure, but something on record stands in the way of what else would decide."""
    inquiry = Inquiry(judgement)
    found: list[Reason] = []
    for side in ("met", "unmet"):
        for rule in judgement.clause_rules(side, clause.trial, clause.id):
            for attempt in inquiry.attempts(rule, (judgement.patient, clause.trial, clause.id)):
                item = attempt.failed
                if not isinstance(item, Atom) or not item.negated or attempt.doubts:
                    continue
                pattern = attempt.path.pattern(item)
                row = judgement.matches(item.predicate, pattern)[0]
                records = records_used(judgement, item.predicate, pattern)
                text = wording.overtaken(phrase(judgement, item.predicate, row))
                found.append(Reason("not_recorded", _topic(judgement, clause), text, records))
    return found


def _topic(judgement: Judgement, clause: Clause) -> str:
    """A class the clause's rules ask about."""
    for side in ("met", "unmet"):
        for rule in judgement.clause_rules(side, clause.trial, clause.id):
            for item in rule.body:
                for term in item.terms if isinstance(item, Atom) else ():
                    if isinstance(term, Constant) and term.value in judgement.ontology.names:
                        return str(term.value)
    return clause.id


def _disagreement(judgement: Judgement, clause: Clause) -> Reason:
    pattern = (judgement.patient, clause.trial, clause.id)
    sides = [records_used(judgement, side, pattern) for side in ("met", "unmet")]
    pro, contra = ([describe.record(judgement, each) for each in side] for side in sides)
    records = tuple(dict.fromkeys((*sides[0], *sides[1])))
    return Reason("sources_disagree", _topic(judgement, clause), wording.disagree(pro, contra), records)


def _distinct(found: Iterable[Reason]) -> tuple[Reason, ...]:
    """One reason a key, in order."""
    distinct: dict[tuple[object, ...], Reason] = {}
    for reason in found:
        distinct.setdefault(reason.key, reason)
    return tuple(distinct.values())
