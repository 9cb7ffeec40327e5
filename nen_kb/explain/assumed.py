"""What a judgement only assumes: in words, and where a proof rests on it without saying so otherwise."""

from __future__ import annotations

from collections.abc import Iterator

from nen_kb.explain import describe
from nen_kb.explain.case import Judgement
from nen_kb.explain.facts import PERSON, person
from nen_kb.explain.proof import Fact, Node
from nen_kb.explain.support import shortest
from nen_kb.explain.wording import assumed as wording_assumed
from nen_kb.facts.assuming import records
from nen_kb.facts.dates import FAR_PAST
from nen_kb.facts.normalise import Record
from nen_kb.facts.records import Declaration, Patient, Treatment
from nen_kb.rules.evaluate import Instance
from nen_kb.rules.ir import Atom, Clause, Rule


def assumptions(judgement: Judgement) -> tuple[str, ...]:
    """Everything the judgement assumes, each in words: first about the person, then the records."""
    patient = judgement.prepared.patient
    of_person = [words for name in patient.assumed for words in person_words(patient, name)]
    return (*of_person, *(record_words(judgement, found) for found in records(patient) if found.origin.assumed))


def person_words(patient: Patient, name: str) -> Iterator[str]:
    """What is known of the person under a name of ``Patient.assumed``; nothing where it is not known."""
    if name == "sex":
        yield wording_assumed.sex(patient.sex.value if patient.sex else "unknown")
    elif name == "born":
        yield wording_assumed.born(patient.born)
    elif name == "planned_start" and patient.planned_start is not None:
        yield wording_assumed.planned_start(patient.planned_start)
    elif name.startswith("arms."):
        yield from (wording_assumed.arm(*arm) for arm in patient.arms if arm[0] == name.removeprefix("arms."))


def record_words(judgement: Judgement, found: Record) -> str:
    """A record in words; of one that is on record also where it stands."""
    if isinstance(found, Declaration):
        text = wording_assumed.declared(found.domain, found.as_of)
    elif isinstance(found, Treatment) and found.origin.assumed and found.started.first <= FAR_PAST:
        text = wording_assumed.own_course(judgement.label(found.concept), found.ended)
    else:
        text = ", ".join(part for part in (describe.thing(judgement, found), describe.dated(found)) if part)
    return text if found.origin.assumed else f"{text} {describe.place(found.origin)}"


def unsaid(judgement: Judgement, clause: Clause, side: str, instance: Instance | None, shown: Node) -> tuple[Fact, ...]:
    """What is assumed of the person that a side of a clause rests on and the nodes below it do not say.

    ``instance`` is the rule instance that shows the side; without one the side rests on whatever its rules read.
    """
    patient = judgement.prepared.patient
    if not patient.assumed:
        return ()
    if instance is not None:
        read = _used(judgement, instance)
    else:
        rules = judgement.clause_rules(side, clause.trial, clause.id)
        read = frozenset().union(*(_read_by(judgement, rule) for rule in rules))
    said = {node.concept for node in _facts(shown) if node.assumed}
    found: list[Fact] = []
    for predicate in PERSON:
        width = judgement.program.predicates[predicate].arity if predicate in read else 1
        for row in (
            judgement.matches(predicate, (judgement.patient, *[None] * (width - 1))) if predicate in read else ()
        ):
            fact = person(judgement, predicate, row)
            if fact.assumed and fact.concept not in said and (predicate != "arm" or row[1] == clause.trial):
                found.append(fact)
    return tuple(found)


def _facts(node: Node) -> Iterator[Fact]:
    if isinstance(node, Fact):
        yield node
    for child in node.children:
        if not child.minor:
            yield from _facts(child)


def _used(judgement: Judgement, instance: Instance) -> frozenset[str]:
    """The base predicates that a derivation reads; below a premise that says "none", all that could matter."""
    read: set[str] = set()
    for step in instance.steps:
        if not isinstance(step.item, Atom):
            continue
        below = None if step.item.negated else shortest(judgement, step.item.predicate, step.values)
        read |= _used(judgement, below[0]) if below else _reads(judgement, step.item.predicate)
    return frozenset(read)


def _reads(judgement: Judgement, predicate: str) -> frozenset[str]:
    """The base predicates on which a predicate depends, itself if it is one."""
    key = ("reads", predicate)
    if key not in judgement.memo:
        rules = judgement.rules_of(predicate)
        below = frozenset().union(*(_read_by(judgement, rule) for rule in rules))
        judgement.memo[key] = below if rules else frozenset({predicate})
    return judgement.memo[key]  # type: ignore[return-value]  # only this function stores under that key


def _read_by(judgement: Judgement, rule: Rule) -> frozenset[str]:
    return frozenset().union(*(_reads(judgement, item.predicate) for item in rule.body if isinstance(item, Atom)))
