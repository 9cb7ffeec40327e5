"""The justification of one clause: what shows its status, or why nothing does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nen_kb.explain import describe, wording
from nen_kb.explain.assumed import unsaid
from nen_kb.explain.case import Judgement
from nen_kb.explain.premises import premises, shown
from nen_kb.explain.proof import (
    Closure,
    Conclusion,
    Fact,
    Latest,
    Missing,
    Node,
    Nothing,
    OntologyStep,
    Policy,
    Proof,
    Side,
)
from nen_kb.explain.reasons import reasons
from nen_kb.explain.support import by_height
from nen_kb.explain.ways import missing, not_shown
from nen_kb.rules.instances import Instance
from nen_kb.rules.ir import Clause

_MOST_ALTERNATIVES = 10
"""Other ways to show a side that are given where they are asked for; how many there are is always said."""


def explain_clause(judgement: Judgement, trial: str, clause: str, alternatives: bool = False) -> Proof:
    """Why the clause or part has its status.

    met or unmet: the shortest derivation; conflicting: one for each side; unknown: for each side what
    would show it and what is missing.  A clause with parts has the proofs of its parts below it, the
    deciding ones first.  With ``alternatives`` a side that is shown stands there in its other ways too, the
    shortest first.  Raises KeyError for a clause that is not there.
    """
    known = judgement.clause(trial, clause)

    def made() -> Conclusion:
        before = judgement.cuts
        proof = _conclusion(judgement, known, alternatives)
        return replace(proof, partial=judgement.cuts > before)

    found = judgement.remembered(("proof", trial, clause, alternatives), made)
    assert isinstance(found, Conclusion)
    return found


def _conclusion(judgement: Judgement, clause: Clause, alternatives: bool) -> Conclusion:
    status = judgement.status(clause.trial, clause.id)
    header = clause.header
    children = tuple((_parts if clause.parts else _sides)(judgement, clause, status, alternatives))
    files = dict.fromkeys(file for child in children for file in _files(child))
    return Conclusion(
        text=f"{clause.id} {wording.STATUS[status]}",
        trial=clause.trial,
        version=judgement.program.trial(clause.trial).version,
        clause=clause.id,
        criterion=clause.kind,
        status=status,
        says=header.get("says") or clause.quote,
        quotes=header.all("quote"),
        reading=header.get("reading"),
        damaged=header.get("damaged"),
        manual=header.get("manual"),
        closed=header.get("closed"),
        mode=clause.mode,
        part_of=clause.parent,
        reasons=tuple(missing(reason) for reason in reasons(judgement, clause.trial, clause.id)),
        files=tuple(files),
        children=children,
    )


def _parts(judgement: Judgement, clause: Clause, status: str, alternatives: bool) -> Iterator[Node]:
    proofs = [explain_clause(judgement, clause.trial, part, alternatives) for part in clause.parts]
    yield from sorted(
        proofs, key=lambda proof: (proof.status != status, proof.status not in ("unknown", "conflicting"))
    )


def _sides(judgement: Judgement, clause: Clause, status: str, alternatives: bool) -> Iterator[Node]:
    if status == "unknown":
        for side in ("met", "unmet"):
            lacking = not_shown(judgement, clause, side)
            yield replace(lacking, children=(*lacking.children, *unsaid(judgement, clause, side, None, lacking)))
        return
    sides = ("met", "unmet") if status == "conflicting" else (status,)
    for side in sides:
        found = shown(judgement, side, (judgement.patient, clause.trial, clause.id))
        if found is None:
            continue
        instance, others = found
        first = _side(judgement, side, instance)
        unseen = tuple(unsaid(judgement, clause, side, instance, first))
        yield replace(first, others=others, children=(*first.children, *unseen))
        if alternatives:
            ways = (_side(judgement, side, each) for each in by_height(judgement, side, instance.row)[1:])
            told = dict.fromkeys(way for way in ways if way.children != first.children)
            for way in list(told)[:_MOST_ALTERNATIVES]:
                yield replace(way, text=wording.another_way(side), alternative=True)


def _side(judgement: Judgement, side: str, instance: Instance) -> Side:
    children = premises(judgement, instance)
    place = f"{instance.rule.place.file}:{instance.rule.place.line}"
    return Side(text=wording.side(side, True), side=side, shown=True, place=place, children=children)


def _files(node: Node) -> Iterator[str]:
    if isinstance(node, Fact) and node.file:
        yield node.file
    if isinstance(node, Latest):
        for older in node.older:
            yield from _files(older)
    for child in node.children:
        yield from _files(child)


def because(judgement: Judgement, trial: str, clause: str) -> list[str]:
    """What decides a clause, in one line for each premise that a reader wants to see; empty for an open clause.

    Of a clause with parts, the lines of the first part that decides it.
    """
    if judgement.status(trial, clause) not in ("met", "unmet"):
        return []
    return one_line(explain_clause(judgement, trial, clause))


def one_line(proof: Conclusion, steps: bool = True) -> list[str]:
    """The premises that decide a clause or its first deciding part, each in one line.

    ``steps`` says whether those about the class hierarchy are wanted as well.
    """
    while proof.children and isinstance(proof.children[0], Conclusion):
        proof = proof.children[0]
    sides = [node for node in proof.children if not (isinstance(node, Side) and node.alternative)]
    lines = [line for side in sides for child in side.children for line in _line(child, steps)]
    return list(dict.fromkeys(lines))


def _line(node: Node, steps: bool) -> Iterator[str]:
    """A node and what it rests on, as one line; a wrapper gives way to what it wraps."""
    if node.minor or isinstance(node, Policy) or (isinstance(node, OntologyStep) and not steps):
        return
    if isinstance(node, Fact):
        yield _fact_line(node)
    elif isinstance(node, Latest):
        facts = [child for child in node.children if isinstance(child, Fact)]
        if not facts and node.children:
            for child in node.children:
                yield from _line(child, steps)
            return
        dates = ", ".join(dict.fromkeys(fact.dates for fact in facts if fact.dates))
        assumed = bool(facts) and all(fact.assumed for fact in facts)
        where = wording.listed([describe.ASSUMED if fact.assumed else fact.path for fact in facts])
        behind = f", {dates} {where if assumed else f'({where})'}" if facts else ""
        yield f"{node.text}{behind}"
    elif isinstance(node, Closure):
        yield f"{node.text} {describe.ASSUMED}" if node.assumed else node.text
    elif isinstance(node, Nothing | Missing):
        yield node.text
    elif node.kind == "rule" and node.children:
        for child in node.children:
            yield from _line(child, steps)
    else:
        yield node.text


def _fact_line(node: Fact) -> str:
    text = ", ".join(part for part in (node.text, node.dates) if part)
    if node.assumed:
        return f"{text} {describe.ASSUMED}"
    return f"{text} ({node.path})" if node.path else text
