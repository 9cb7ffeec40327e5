"""The windows that the rules count back from the index day or the planned start: washouts, look-backs.

They are read from the rules that a clause's proof rests on: ``planned_start(P, Start) & days_before(Start, 28, Day)``.
Of an open clause, and of a premise that says "none" although some record came near, every rule that might have
spoken counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nen_kb.explain import Judgement
from nen_kb.explain.absence import nothing
from nen_kb.explain.proof import Excluded
from nen_kb.explain.support import best_row, shortest
from nen_kb.facts.dates import FAR_PAST
from nen_kb.facts.normalise import Row
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.ir import Atom, Constant, Rule, Variable

_ANCHORS = ("index_day", "planned_start")
_UNITS = {"days_before": "days", "months_before": "months"}
_DEEPEST = 4


@dataclass(frozen=True)
class Window:
    """A stretch of days that ends at, or lies before, an anchor."""

    first: int
    """An ordinal day."""
    last: int
    """The anchor, or where a window that ends before it ends."""
    anchor: str
    """``index_day`` or ``planned_start``."""
    counts: tuple[tuple[int, str], ...]
    """``(28, "days")``; of a window that ends before its anchor both numbers, the greater first."""


def windows(judgement: Judgement, trial: str, clause: str) -> tuple[Window, ...]:
    """The windows a clause or part hangs on, the shortest first."""
    found: dict[Window, None] = {}
    for rule in _rules(judgement, trial, clause):
        for window in _of_rule(judgement, rule):
            found.setdefault(window)
    return tuple(sorted(found, key=lambda window: (window.last - window.first, window.anchor, window.first)))


def _rules(judgement: Judgement, trial: str, clause: str) -> Iterator[Rule]:
    seen: set[int] = set()
    status = judgement.status(trial, clause)
    for side in ("met", "unmet"):
        if status == "unknown":
            for rule in judgement.clause_rules(side, trial, clause):
                yield from _possible(judgement, rule, seen, _DEEPEST)
        elif status in (side, "conflicting"):
            row = best_row(judgement, side, (judgement.patient, trial, clause))
            if row is not None:
                yield from _used(judgement, side, row, seen)


def _used(judgement: Judgement, predicate: str, row: Row, seen: set[int]) -> Iterator[Rule]:
    """The rules of the shortest derivation, and those that a "none" in it rules out."""
    found = shortest(judgement, predicate, row)
    if found is None:
        return
    instance = found[0]
    yield instance.rule
    for step in instance.steps:
        if not isinstance(step.item, Atom) or judgement.program.predicates[step.item.predicate].role != "derived":
            continue
        if step.item.negated:
            none = nothing(judgement, step.item.predicate, step.values)
            if all(isinstance(child, Excluded) and child.by_class for child in none.children):
                continue  # no record came near: the window decided nothing
            for rule in judgement.rules_of(step.item.predicate):
                yield from _possible(judgement, rule, seen, _DEEPEST)
        else:
            yield from _used(judgement, step.item.predicate, step.values, seen)


def _possible(judgement: Judgement, rule: Rule, seen: set[int], depth: int) -> Iterator[Rule]:
    if id(rule) in seen or not depth:
        return
    seen.add(id(rule))
    yield rule
    for item in rule.body:
        if isinstance(item, Atom) and judgement.program.predicates[item.predicate].role == "derived":
            for below in judgement.rules_of(item.predicate):
                yield from _possible(judgement, below, seen, depth - 1)


def _of_rule(judgement: Judgement, rule: Rule) -> Iterator[Window]:
    """A rule that names two days before one anchor means what lies between them."""
    atoms = [item for item in rule.body if isinstance(item, Atom) and not item.negated]
    for predicate in _ANCHORS:
        names = {atom.terms[1] for atom in atoms if atom.predicate == predicate}
        day = next((int(row[1]) for row in judgement.model.rows(predicate)), None)
        if not names or day is None:
            continue
        bounds = dict.fromkeys(
            (BUILTINS[atom.predicate].function(day, count), count, _UNITS[atom.predicate])
            for atom in atoms
            if atom.predicate in _UNITS and atom.terms[0] in names
            for count in _counts(judgement, atom.terms[1], atoms)
            if count > 0
        )
        ends = sorted((moved[0], (count, unit)) for moved, count, unit in bounds if moved and moved[0] > FAR_PAST)
        if ends:
            last = ends[-1][0] if len(ends) > 1 else day
            yield Window(ends[0][0], last, predicate, tuple(dict.fromkeys((ends[0][1], ends[-1][1]))))


def _counts(judgement: Judgement, term: object, atoms: Iterable[Atom]) -> Iterator[int]:
    """A number of the rule, or those of the policy that it names."""
    if isinstance(term, Constant):
        yield int(term.value)
    elif isinstance(term, Variable):
        for atom in atoms:
            if len(atom.terms) == 1 and atom.terms[0] == term:
                yield from (int(row[0]) for row in judgement.model.rows(atom.predicate))
