"""Never make a table that is read once: its query stands where it was read.

Fewer and larger statements: nothing is written that is read at once, and engines that plan each statement for a tenth
of a second plan fewer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlglot import exp

from nen_kb.engines.sql.nodes import subquery
from nen_kb.engines.sql.statements import Statement


def inlined(statements: Sequence[Statement], kept: Collection[str], uncounted: Collection[str] = ()) -> list[Statement]:
    """The statements without those read by one other in one place, except the ``kept`` ones.

    One that is read behind EXISTS stays too.

    Statements that are ``uncounted`` are other forms of one that counts: what they read is put in place there too.
    """
    queries = {statement.predicate: statement for statement in statements}
    reads: Counter[str] = Counter()
    for statement in statements:
        if statement.predicate not in uncounted:
            reads.update(node.name for node in statement.query.find_all(exp.Table))
            reads.update(2 * [node.name for each in statement.demands for node in each.query.find_all(exp.Table)])
    for statement in statements:
        # a table that is only looked into is better known: how many rows it has decides how it is looked into
        for node in statement.query.find_all(exp.Exists):
            reads.update(2 * [each.name for each in node.find_all(exp.Table)])
    once = {name for name in queries if reads[name] == 1 and name not in kept and name not in uncounted}
    found: list[Statement] = []
    ready: dict[str, Statement] = {}
    for statement in statements:
        whole = _in_place(statement, ready, once)
        if statement.predicate in once:
            ready[statement.predicate] = whole
        else:
            found.append(whole)
    return found


def _in_place(statement: Statement, ready: dict[str, Statement], once: Collection[str]) -> Statement:
    nodes = [node for node in statement.query.find_all(exp.Table) if node.name in once and node.name in ready]
    if not nodes:
        return statement
    reads, demands = set(statement.reads), list(statement.demands)
    for node in nodes:
        inner = ready[node.name]
        node.replace(subquery(inner.query.copy(), node.alias_or_name))
        reads |= inner.reads
        reads.discard(node.name)
        demands = [*inner.demands, *demands]
    return replace(statement, reads=frozenset(reads), demands=tuple(demands))
