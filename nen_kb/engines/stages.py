"""A question cut into stages: what is computed first and is then as good as a fact.

A predicate that collects many rules, each with constants of its own in the head (``met`` of every
clause), is read as a whole by what comes after it; so are the predicates that are asked.  Computed once, they are facts
to the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from nen_kb.rules.ir import Atom, Constant, Program, Rule

MANY = 12
"""So many rules with constants in the same column of the head make a predicate a stage of its own."""


def stages(program: Program, asked: Collection[str]) -> list[list[str]]:
    """The predicates to compute, stage by stage; each needs only those of earlier stages, facts and rules.

    Asked predicates that no rule derives are in none of them.
    """
    rules: dict[str, list[Rule]] = {name: [] for name in program.order}
    for rule in program.rules:
        rules[rule.head.predicate].append(rule)
    reads = {
        name: {item.predicate for rule in rules[name] for item in rule.body if isinstance(item, Atom)} & rules.keys()
        for name in program.order
    }
    needed = _closure(reads, asked)
    level: dict[str, int] = {}
    found: dict[int, list[str]] = {}
    for name in program.order:
        if name in needed:
            level[name] = max((level[other] for other in reads[name]), default=0)
            if name in asked or _collects(rules[name]):
                found.setdefault(level[name], []).append(name)
                level[name] += 1
    return [found[number] for number in sorted(found)]


def _closure(reads: dict[str, set[str]], asked: Collection[str]) -> set[str]:
    needed: set[str] = set()
    waiting = [name for name in asked if name in reads]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting.extend(reads[name])
    return needed


def _collects(rules: Sequence[Rule]) -> bool:
    if len(rules) < MANY:
        return False
    columns = zip(*(rule.head.terms for rule in rules), strict=True)
    return any(all(isinstance(term, Constant) for term in column) for column in columns)
