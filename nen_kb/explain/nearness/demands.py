"""What the other side of a clause really asks of a value.

A rule that fails a patient at 150 does not always let her in at 149: where the protocol's text is damaged, or two
units do not agree, there is a gap in which nothing is decided.  So the rules that would decide the clause in
the patient's favour are read for the limits they set the same topic.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nen_kb.explain.case import Judgement
from nen_kb.explain.nearness.bounds import FLIPPED, VALUES, Bound, limit_of
from nen_kb.explain.nearness.written import UP
from nen_kb.explain.path import Path
from nen_kb.rules.ir import Atom, Clause, Comparison, Constant, Rule, Term, Variable

_DEPTH = 4


@dataclass(frozen=True)
class Demand:
    """One limit on the favourable side."""

    topic: tuple[str, str]
    needs: str
    limit: int
    written: str


def demands(judgement: Judgement, clause: Clause, side: str, bound: Bound) -> tuple[tuple[Demand, ...], ...]:
    """What each rule towards ``side`` asks of the topics of one record, in the direction of a bound.

    Each entry is one rule: all of its demands hold together.  Rules whose class tests the bound's record fails are
    left out.
    """
    found = []
    for rule in _rules(judgement, clause, side):
        record = bound.origin.records[0] if len(bound.origin.records) == 1 else ""
        asked = tuple(_asked(judgement, rule, record))
        same = tuple(each for each in asked if (each.needs in UP) == (bound.needs in UP))
        if same:
            found.append(same)
    return tuple(found)


def _rules(judgement: Judgement, clause: Clause, side: str) -> tuple[Rule, ...]:
    """The rules that may show a side of a clause, and those below them, that compare a value with a limit."""
    key = ("comparing rules", clause.trial, clause.id, side)
    if key not in judgement.memo:
        found: dict[int, Rule] = {}
        for rule in judgement.clause_rules(side, clause.trial, clause.id):
            _collect(judgement, rule, _DEPTH, found)
        judgement.memo[key] = tuple(
            rule for rule in found.values() if any(isinstance(i, Comparison) for i in rule.body)
        )
    rules = judgement.memo[key]
    assert isinstance(rules, tuple)
    return rules


def _collect(judgement: Judgement, rule: Rule, depth: int, found: dict[int, Rule]) -> None:
    if id(rule) in found:
        return
    found[id(rule)] = rule
    for item in rule.body if depth else ():
        if isinstance(item, Atom) and not item.negated and item.predicate not in VALUES:
            for below in judgement.rules_of(item.predicate):
                _collect(judgement, below, depth - 1, found)


def _asked(judgement: Judgement, rule: Rule, record: str) -> Iterator[Demand]:
    """The limits that a rule sets to values, if the record may be what it speaks of."""
    path = Path(judgement)
    sources: dict[Term, Atom] = {}
    for item in rule.body:
        if not isinstance(item, Atom) or item.negated:
            continue
        columns = judgement.program.predicates[item.predicate].columns
        for term, column in zip(item.terms, columns, strict=True):
            if isinstance(term, Variable) and column.word == "Patient":
                path.bound.setdefault(term.name, judgement.patient)
            if isinstance(term, Variable) and column.word == "Record" and record:
                path.bound.setdefault(term.name, record)
            if isinstance(term, Variable) and column.word in ("Low", "High"):
                sources.setdefault(term, item)
        if item.predicate in ("measurement", "scan", "upper_limit"):
            rows = judgement.matches(item.predicate, path.pattern(item))
            if not rows:
                return
            path.take(item, rows[0])
        elif item.predicate in ("isa", "disjoint"):
            one, other = path.pattern(item)
            if one is not None and other is not None and not judgement.holds(item.predicate, one, other):
                return
    for item in rule.body:
        if isinstance(item, Comparison):
            yield from _demand(judgement, path, item, sources)


def _demand(judgement: Judgement, path: Path, item: Comparison, sources: dict[Term, Atom]) -> Iterator[Demand]:
    for term, other, op in ((item.left, item.right, item.op), (item.right, item.left, FLIPPED[item.op])):
        atom = sources.get(term)
        limit = limit_of(judgement, path, other)
        if atom is None or limit is None or op in ("==", "!="):
            continue
        columns = judgement.program.predicates[atom.predicate].columns
        asked = next((t for t, c in zip(atom.terms, columns, strict=True) if c.word == "Asked"), None)
        name = str(asked.value) if isinstance(asked, Constant) else ""
        yield Demand(("value" if atom.predicate in VALUES else atom.predicate, name), op, *limit)
