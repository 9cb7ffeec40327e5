"""The shortest derivation of a row: what a proof of it uses."""

from __future__ import annotations

from collections.abc import Iterator

from nen_kb.explain.case import Judgement, Pattern
from nen_kb.facts.normalise import Row
from nen_kb.rules.instances import Instance, sort_key
from nen_kb.rules.ir import Atom


def shortest(judgement: Judgement, predicate: str, row: Row) -> tuple[Instance, int] | None:
    """The instance of a rule that proves the row with the fewest levels of rules, and how many; the first of equals."""
    key = ("shortest", predicate, row)
    if key not in judgement.memo:
        best: tuple[Instance, int] | None = None
        for instance in judgement.instances(predicate, row):
            height = _levels(judgement, instance)
            if best is None or height < best[1]:
                best = instance, height
        judgement.memo[key] = best
    return judgement.memo[key]  # type: ignore[return-value]  # only this function stores under that key


def by_height(judgement: Judgement, predicate: str, row: Row) -> list[Instance]:
    """Every instance that proves the row, the one with the fewest levels first; the first is ``shortest``."""
    return sorted(judgement.instances(predicate, row), key=lambda instance: _levels(judgement, instance))


def _levels(judgement: Judgement, instance: Instance) -> int:
    return 1 + max((_height(judgement, item, values) for item, values in positives(judgement, instance)), default=0)


def _height(judgement: Judgement, predicate: str, row: Row) -> int:
    found = shortest(judgement, predicate, row)
    return found[1] if found else 0


def positives(judgement: Judgement, instance: Instance) -> Iterator[tuple[str, Row]]:
    """The derived rows an instance rests on."""
    for step in instance.steps:
        item = step.item
        if (
            isinstance(item, Atom)
            and not item.negated
            and judgement.program.predicates[item.predicate].role == "derived"
        ):
            yield item.predicate, step.values


def best_row(judgement: Judgement, predicate: str, pattern: Pattern) -> Row | None:
    """Of the rows that fit, the one with the shortest proof; the first of equals."""
    rows = judgement.matches(predicate, pattern)
    return min(rows, key=lambda row: (_height(judgement, predicate, row), sort_key(row)), default=None)


def records_used(judgement: Judgement, predicate: str, pattern: Pattern) -> tuple[str, ...]:
    """Ids of the records that the shortest proof of a row rests on, in order of use."""
    row = best_row(judgement, predicate, pattern)
    return tuple(dict.fromkeys(_records(judgement, predicate, row))) if row is not None else ()


def _records(judgement: Judgement, predicate: str, row: Row) -> Iterator[str]:
    found = shortest(judgement, predicate, row)
    if found is None:
        return
    for step in found[0].steps:
        if not isinstance(step.item, Atom) or step.item.negated:
            continue
        known = judgement.program.predicates[step.item.predicate]
        if known.role == "derived":
            yield from _records(judgement, step.item.predicate, step.values)
        elif known.role == "base":
            for column, value in zip(known.columns, step.values, strict=True):
                if column.word == "Record" and judgement.record(str(value)):
                    yield str(value)
