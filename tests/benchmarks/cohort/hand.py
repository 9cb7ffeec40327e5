"""The yardstick: the clauses written by hand in SQL for DuckDB, by somebody who wants it fast.

Reads the fact tables that the compiled program reads, and gives the same numbers (0 unknown, 1 met, 2 unmet,
3 conflicting).  It is compared with the compiled program in ``tests/kb/test_hand_written.py``, so that it cannot rot;
it is measured by ``compare.py`` and used nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

from nen_kb.engines.sql.names import Names

SQL = Path(__file__).parent / "sql"

LISTS = {"finding": "finding|bit", "value": "value|of", "kind": "kind|is", "kidney": "gfr"}
"""Each list of classes, and the words of the SQL files that name a member of it."""

BITS = {"bit": "finding", "of": "value", "is": "kind", "gfr": "kidney"}
"""The words that stand for a bit, and whose."""

# A clause that needs all its parts, or any of them.
ALL_OF = {"START-NET I4": "abcde", "START-NET I6": "ab", "START-NET I11": "abcdefgh", "NCT05610826 I4": "ab"}
ANY_OF = {
    "START-NET E1": "ab",
    "NCT05610826 E2": "ab",
    "NCT05610826 E6": "abcde",
    "NCT05610826 E7": "ab",
    "NCT05610826 E8": "abc",
    "NCT05610826 E12": "ab",
    "NCT05610826 E18": "ab",
}


def hand_written(facts: Mapping[str, pa.Table], names: Names, threads: int | None = None) -> pa.Table:
    """The statuses of every patient: column ``patient`` and one for each clause or part, as in a matrix."""
    with duckdb.connect(":memory:", config={"threads": threads} if threads else {}) as connection:
        connection.execute("SET preserve_insertion_order = false")
        return run(connection, facts, names)


def run(connection: duckdb.DuckDBPyConnection, facts: Mapping[str, pa.Table], names: Names) -> pa.Table:
    """As ``hand_written``, on a connection of the caller's."""
    for name, table in facts.items():
        connection.register(name, table)
    for name in LISTS:
        codes = pa.array([names.code(each) for each in listed(name)], pa.int32())
        slots = pa.table({"slot": pa.array(range(len(codes)), pa.int32()), "class": codes})
        connection.register(f"{name}_slot", slots)
    for statement in statements(names):
        connection.execute(statement)
    return connection.sql(answer()).to_arrow_table()


@cache
def text() -> str:
    """All files in their order, without their comments."""
    files = [path.read_text("utf-8") for path in sorted(SQL.glob("*.sql"))]
    return "\n".join(line.split("--")[0] for each in files for line in each.splitlines())


@cache
def listed(name: str) -> tuple[str, ...]:
    """The classes of a list, each at the place of its number: those the files name, at most 63 where they are bits."""
    return tuple(dict.fromkeys(re.findall(rf"\{{(?:{LISTS[name]}) (\w+)\}}", text())))


def statements(names: Names) -> list[str]:
    """The statements of the files, with the codes and numbers of classes filled in."""
    filled = re.sub(r"\{(\w+) (\w+)\}", lambda match: _number(match[1], match[2], names), text())
    return [each for each in filled.split(";") if each.strip()]


def _number(what: str, name: str, names: Names) -> str:
    if what == "code":
        return str(names.code(name))
    if what in BITS:
        return str(1 << listed(BITS[what]).index(name))
    return str(listed(what).index(name))


def answer() -> str:
    """The query for what was judged, with the clauses that have parts and the verdicts."""
    clauses = []
    for groups, decisive in ((ALL_OF, 2), (ANY_OF, 1)):
        for clause, letters in groups.items():
            parts = ", ".join(f'"{clause}{letter}"' for letter in letters)
            order = "".join(f"WHEN {value} IN ({parts}) THEN {value} " for value in (decisive, 3, 0))
            clauses.append(f'CAST(CASE {order}ELSE {3 - decisive} END AS UTINYINT) AS "{clause}"')
    return f"SELECT *, {', '.join(map(_verdict, trials()))} FROM (SELECT *, {', '.join(clauses)} FROM judged)"


def _verdict(trial: str) -> str:
    """0 undetermined, 1 eligible, 2 ineligible: an inclusion criterion that is unmet or an exclusion that is met."""
    whole = [f'"{column}"' for column in answered() if column.startswith(f"{trial} ") and not column[-1].islower()]
    inclusion, exclusion = (", ".join(each for each in whole if f" {kind}" in each) for kind in "IE")
    fails, open_ = (
        f"2 IN ({inclusion}) OR 1 IN ({exclusion})",
        f"0 IN ({', '.join(whole)}) OR 3 IN ({', '.join(whole)})",
    )
    return f'CAST(CASE WHEN {fails} THEN 2 WHEN {open_} THEN 0 ELSE 1 END AS UTINYINT) AS "{trial}"'


def answered() -> tuple[str, ...]:
    """The clauses it judges, such as ``START-NET I11a``."""
    return (*re.findall(r'AS "(\S+ \w+)"', text()), *ALL_OF, *ANY_OF)


def trials() -> tuple[str, ...]:
    """The trials it judges."""
    return tuple(dict.fromkeys(column.split()[0] for column in answered()))
