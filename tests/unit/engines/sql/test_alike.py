"""Conditions of queries that join the same rows, put together without changing what is found."""

from __future__ import annotations

import duckdb
from sqlglot import exp, parse_one

from nen_kb.engines.sql.alike import of_each_table, one_query, some_hold


def conditions(*texts: str) -> list[exp.Expr]:
    """Each text as a condition."""
    return [parse_one(text) for text in texts]


def query(where: str) -> exp.Select:
    """The rows of two tables that meet under a condition."""
    found = parse_one(f"SELECT DISTINCT a.x, b.y FROM a JOIN b ON a.k = b.k{where and ' WHERE '}{where}")
    assert isinstance(found, exp.Select)
    return found


def test_each_table_is_asked_by_itself() -> None:
    """What every alternative asks of one table is said of that table, once."""
    every = [conditions("a.x = 1", "b.y = 1"), conditions("a.x = 2", "b.y = 1"), conditions("b.y = 1", "a.x = 1")]
    assert [each.sql() for each in of_each_table(every)] == ["(a.x = 1) OR (a.x = 2)", "(b.y = 1)"]


def test_only_what_every_alternative_asks() -> None:
    """A table that one alternative leaves alone may hold anything; a condition on two tables is of neither."""
    assert of_each_table([conditions("a.x = 1"), conditions("b.y = 1")]) == []
    assert of_each_table([conditions("a.x < b.y", "a.x = 1"), conditions("a.x > b.y")]) == []


def test_alternatives_that_look_into_tables_stay_apart() -> None:
    """Unless all do so alike."""
    nested = "EXISTS(SELECT 1 FROM c WHERE c.k = a.k)"
    assert some_hold([conditions(nested), conditions("a.x = 1")]) is None
    found = some_hold([conditions(nested, "a.x = 2"), conditions(nested, "a.x = 1")])
    assert found is not None
    assert len(found) == 2


def test_one_query_finds_what_several_do() -> None:
    """Queries that differ in conditions become one with the rows of all; one that joins otherwise stays."""
    alike = [query("a.x = 1 AND b.y = 2"), query("(a.x = 3) AND ((b.y = 1) AND (a.k = 0))"), query("b.y > a.x")]
    other = parse_one("SELECT DISTINCT a.x, a.x FROM a")
    assert isinstance(other, exp.Select)
    found = one_query([*alike, other])
    assert len(found) == 2
    with duckdb.connect() as connection:
        for name, column in (("a", "x"), ("b", "y")):
            connection.execute(f"CREATE TABLE {name} AS SELECT i % 3 AS k, i // 3 AS {column} FROM range(15) t(i)")
        wanted = {row for each in [*alike, other] for row in connection.execute(each.sql("duckdb")).fetchall()}
        got = {row for each in found for row in connection.execute(each.sql("duckdb")).fetchall()}
    assert got == wanted
    assert got > set(map(tuple, [(1, 2), (3, 1)]))


def test_one_without_conditions_holds_all() -> None:
    """Beside a query that asks nothing the others add no row."""
    (found,) = one_query([query(""), query("a.x = 1")])
    assert found.args.get("where") is None
