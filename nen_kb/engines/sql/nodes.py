"""The few kinds of SQL expressions that the translations are built from.

Thin wrappers of sqlglot: every identifier is quoted, because predicates may be called like words of SQL, and nothing
is copied, so an expression that is used twice must be copied by whoever uses it.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

COMPARE = {"<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE, "==": exp.EQ, "!=": exp.NEQ}
"""The comparisons of the rule language."""


def identifier(name: str) -> exp.Identifier:
    """A quoted name."""
    return exp.to_identifier(name, quoted=True)


def table(name: str, alias: str | None = None) -> exp.Table:
    """A table by its name."""
    return exp.Table(this=identifier(name), alias=exp.TableAlias(this=identifier(alias)) if alias else None)


def column(name: str, of: str) -> exp.Column:
    """A column of the table with that alias."""
    return exp.Column(this=identifier(name), table=identifier(of))


def number(value: int) -> exp.Expr:
    """A whole number."""
    return exp.Neg(this=exp.Literal.number(-value)) if value < 0 else exp.Literal.number(value)


def named(value: exp.Expr, name: str) -> exp.Expr:
    """A selected value and the name of its column."""
    return exp.Alias(this=value, alias=identifier(name))


def cast(value: exp.Expr, to: str) -> exp.Expr:
    """The value as that type."""
    return exp.Cast(this=value, to=exp.DataType.build(to))


def parens(value: exp.Expr) -> exp.Expr:
    """The value in parentheses."""
    return exp.Paren(this=value)


def all_of(conditions: Sequence[exp.Expr]) -> exp.Expr:
    """Whether every condition holds."""
    return _joined(exp.And, conditions) or exp.true()


def any_of(conditions: Sequence[exp.Expr]) -> exp.Expr:
    """Whether some condition holds."""
    return _joined(exp.Or, conditions) or exp.false()


def negation(condition: exp.Expr) -> exp.Expr:
    """Whether it does not hold."""
    return exp.Not(this=parens(condition))


def total(values: Sequence[exp.Expr]) -> exp.Expr:
    """The sum."""
    return _joined(exp.Add, values) or number(0)


def bits(node: type[exp.Binary], values: Sequence[exp.Expr]) -> exp.Expr:
    """Some whole numbers combined bit by bit, by ``exp.BitwiseAnd`` or ``exp.BitwiseOr``; at least one."""
    found = _joined(node, values)
    assert found is not None
    return found


def when(condition: exp.Expr, value: exp.Expr, otherwise: exp.Expr | None = None) -> exp.Expr:
    """The value where the condition holds, else the other one (0 if there is none)."""
    return parens(exp.Case(ifs=[exp.If(this=condition, true=value)], default=otherwise or number(0)))


def select(values: Sequence[exp.Expr]) -> exp.Select:
    """A query for those values."""
    return exp.Select(expressions=list(values))


def subquery(query: exp.Query, alias: str) -> exp.Subquery:
    """A query as a table."""
    return exp.Subquery(this=query, alias=exp.TableAlias(this=identifier(alias)))


def union_all(queries: Sequence[exp.Query]) -> exp.Query:
    """The rows of all the queries, one after the other."""
    every = queries[0]
    for query in queries[1:]:
        every = exp.Union(this=every, expression=query, distinct=False)
    return every


def table_of(rows: Sequence[Sequence[int]], alias: str, columns: Sequence[str]) -> exp.Values:
    """A table written out, of whole numbers."""
    tuples = [exp.Tuple(expressions=[number(value) for value in row]) for row in rows]
    return exp.Values(
        expressions=tuples, alias=exp.TableAlias(this=identifier(alias), columns=[identifier(each) for each in columns])
    )


def _joined(node: type[exp.Binary], parts: Sequence[exp.Expr]) -> exp.Expr | None:
    """The parts joined in a balanced tree, so that hundreds of them do not nest hundreds deep."""
    if not parts:
        return None
    level = [parens(part) if isinstance(part, exp.Binary) else part for part in parts]
    while len(level) > 1:
        pairs = [level[place : place + 2] for place in range(0, len(level), 2)]
        level = [_pair(node, pair) for pair in pairs]
    return level[0]


def _pair(node: type[exp.Binary], pair: list[exp.Expr]) -> exp.Expr:
    return node(this=pair[0], expression=pair[1]) if len(pair) == 2 else pair[0]
