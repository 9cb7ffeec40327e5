"""Rules that join the same rows: their conditions as those of one query.

That some of several conjunctions hold says something of each table by itself: ``(a.x AND b.y) OR (a.z AND b.y)`` needs
``a.x OR a.z`` and ``b.y``.  Saying so lets an engine look at few rows before it joins them.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from nen_kb.engines.sql.nodes import all_of, any_of

Conditions = Sequence[exp.Expr]


def some_hold(every: Sequence[Conditions]) -> list[exp.Expr] | None:
    """Conditions that hold together where all of one of the conjunctions do; None if they are better kept apart.

    Apart are those that look into tables: engines do so row by row where they cannot join.
    """
    common = [each for each in every[0] if all(each in other for other in every)]
    rests = [[each for each in other if each not in common] for other in every]
    if len(every) == 1 or any(each.find(exp.Exists) for rest in rests for each in rest):
        return None
    if not all(rests):
        return common
    return [*common, *of_each_table(rests), any_of([all_of(_copies(rest)) for rest in rests])]


def of_each_table(every: Sequence[Conditions]) -> list[exp.Expr]:
    """What each of those conjunctions asks of one table by itself, unless that is all they ask."""
    own = [_by_table(conditions) for conditions in every]
    if len(set().union(*own)) == 1:
        return []
    found = []
    for alias in sorted(set(own[0]).intersection(*own) - {""}):
        different: list[exp.Expr] = []
        for each in own:
            both = all_of(_copies(each[alias]))
            if both not in different:
                different.append(both)
        found.append(any_of(different))
    return found


def _by_table(conditions: Conditions) -> dict[str, list[exp.Expr]]:
    """The conditions by the only table they ask of; those that ask of several are under no name."""
    found: dict[str, list[exp.Expr]] = {}
    for each in conditions:
        tables = {column.table for column in each.find_all(exp.Column)}
        alone = len(tables) == 1 and not each.find(exp.Exists)
        found.setdefault(tables.pop() if alone else "", []).append(each)
    return found


def one_query(queries: Sequence[exp.Select]) -> list[exp.Select]:
    """As few queries as give the same distinct rows: those that differ in simple conditions only are one."""
    groups: dict[str, list[exp.Select]] = {}
    for query in queries:
        bare = query.copy()
        bare.set("where", None)
        groups.setdefault(bare.sql(), []).append(query)
    found = []
    for alike in groups.values():
        either = some_hold([_conditions(query) for query in alike])
        if either is None:
            found += alike
            continue
        whole = alike[0].copy()
        whole.set("where", exp.Where(this=all_of(_copies(either))) if either else None)
        found.append(whole)
    return found


def _conditions(query: exp.Select) -> list[exp.Expr]:
    where = query.args.get("where")
    return conjuncts(where.this) if where is not None else []


def conjuncts(condition: exp.Expr) -> list[exp.Expr]:
    """The conditions that together are this one."""
    inner = condition.unnest()
    if isinstance(inner, exp.And):
        return [*conjuncts(inner.this), *conjuncts(inner.expression)]
    return [inner]


def _copies(conditions: Conditions) -> list[exp.Expr]:
    return [each.copy() for each in conditions]
