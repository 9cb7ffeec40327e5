"""A clause as its row in the report shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nen_kb.explain import because, explain_clause, wording
from nen_kb.explain.proof import Comparison, Conclusion, Nothing, OntologyStep, Proof, Side
from nen_kb.explain.wording.report import EFFECT, EFFECT_MARK
from nen_kb.knowledge_base import ClauseResult, TrialResult
from nen_kb.report.labels import Labels
from nen_kb.report.quotes import Excerpt, excerpts
from nen_kb.report.tree import Branch, branches, classes, nodes
from nen_kb.report.windows import Window, windows
from nen_kb.rules.coverage import numbers, plain

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOST_OF_PART = 2
"""Premises of a passing part that are shown without being asked for."""


@dataclass(frozen=True)
class ClauseView:
    """One row of the clause table."""

    anchor: str
    id: str
    kind: str
    style: str
    """``fails``, ``open`` or ``passes``."""
    mark: str
    status: str
    effect: str
    says: str
    excerpts: tuple[Excerpt, ...]
    reading: str
    damaged: str
    manual: str
    parts: str
    """Whether all parts are needed or one is enough."""
    lines: tuple[str, ...]
    """Why, in short: reasons of an open clause, premises of a failing one."""
    branches: tuple[Branch, ...]
    places: tuple[str, ...]
    """File and line of the rules that show it."""
    open: bool
    """Whether the proof is shown at once."""
    windows: tuple[Window, ...]
    proof: Proof


def clause_view(result: TrialResult, clause: ClauseResult, labels: Labels, anchor: str, opened: str) -> ClauseView:
    """The row of a whole clause; ``opened`` names the clause or part whose proof is asked for, if one is."""
    judgement, trial = clause.judgement, result.trial
    proof = explain_clause(judgement, trial.id, clause.id)
    style = "fails" if clause.fails else "open" if clause.open else "passes"
    below = branches(proof, labels)
    own = tuple(dict.fromkeys(w for each in (clause, *clause.parts) for w in windows(judgement, trial.id, each.id)))
    lines = [reason.text for reason in clause.reasons] if clause.open else because(judgement, trial.id, clause.id)
    if style == "passes":
        lines = _short(below)
    elif style == "fails":
        lines = [text for each in _deciding(clause) for text in because(judgement, trial.id, each.id)] or lines
    shown = opened in (clause.id, *(part.id for part in clause.parts)) if opened else style == "fails"
    return ClauseView(
        anchor=anchor,
        id=clause.id,
        kind=clause.clause.kind,
        style=style,
        mark=EFFECT_MARK[style],
        status=wording.STATUS[clause.status.value],
        effect=EFFECT[style],
        says=proof.says,
        excerpts=_excerpts(result, clause, proof, labels, style, own),
        reading=proof.reading,
        damaged=proof.damaged,
        manual="" if any(proof.manual in line for line in lines) else proof.manual,
        parts=wording.whole(proof.mode, len(proof.children)) if proof.mode != "single" else "",
        lines=() if shown and style != "open" else tuple(dict.fromkeys(lines)),
        branches=below,
        places=tuple(dict.fromkeys(_places(proof))),
        open=shown,
        windows=own,
        proof=proof,
    )


def _deciding(clause: ClauseResult) -> list[ClauseResult]:
    """The parts that make the clause what it is, if it has some that do not."""
    return [part for part in clause.parts if part.status is clause.status]


def _short(below: Sequence[Branch]) -> list[str]:
    """What shows a passing clause, without the class hierarchy: a line a premise, or what each part rests on."""
    lines: list[str] = []
    for branch in below:
        if branch.kind == "clause":
            telling = [each for each in branch.children if each.kind != "comparison"] or branch.children
            lines += _short(telling)[:_MOST_OF_PART]
        elif branch.kind == "rule" and branch.children:
            lines += _short(branch.children) or [branch.text]
        elif branch.kind in ("fact", "latest"):
            lines.append(", ".join((branch.text, *branch.behind[:1])))
        elif branch.kind not in ("ontology", "policy"):
            lines.append(branch.text)
    return list(dict.fromkeys(lines))


def _excerpts(
    result: TrialResult, clause: ClauseResult, proof: Conclusion, labels: Labels, style: str, own: tuple[Window, ...]
) -> tuple[Excerpt, ...]:
    deciding = _deciding(clause) if style != "passes" else []
    quotes = [quote for part in deciding for quote in part.clause.header.all("quote")]
    if clause.parts and style != "passes":
        return excerpts(result.trial, clause.clause, quotes=quotes, fallback=True)
    told = [n for n in nodes(proof) if not (isinstance(n, OntologyStep) and n.relation == "disjoint")]
    names = {name for node in told for each in classes(node) for name in labels.known_as(each)}
    return excerpts(
        result.trial, clause.clause, quotes=quotes, names=names, numbers=_limits(proof, own), fallback=style != "passes"
    )


def _limits(proof: Conclusion, own: tuple[Window, ...]) -> frozenset[str]:
    """The numbers a proof compares with, plain; days also as weeks, months as years."""
    found: set[str] = set()
    for node in nodes(proof):
        if isinstance(node, Comparison) and not _DAY.match(node.right):
            for text in node.right.split("(")[:2]:
                found |= {plain(each) for each in list(_leading(text))[:1]}
        elif isinstance(node, Nothing):
            found |= numbers(day.partition(":")[2] for day in node.days)
    for window in own:
        for count, unit in window.counts:
            found.add(str(count))
            per = 7 if unit == "days" else 12
            if count % per == 0:
                found.add(str(count // per))
    return frozenset(found)


def _leading(text: str) -> Iterator[str]:
    for word in text.replace("−", "").split():
        if word.replace(".", "", 1).isdigit():
            yield word


def _places(proof: Conclusion) -> Iterator[str]:
    for child in proof.children:
        if isinstance(child, Side) and child.place:
            yield child.place
        elif isinstance(child, Conclusion):
            yield from _places(child)
