"""One way to ask a CDM for rows, whether it lies in files, in a DuckDB database or on a PostgreSQL server.

Every statement is made of quoted identifiers and placeholders; what the data say never becomes part of it.
Cells come back as text, so that a number or a date is read in one place only.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

from nen_kb.sources.omop.tables import PERSON, Table
from nen_kb.sources.omop.values import Row, text

Name = tuple[str, str]
"""The schema and the name of a table, as the database spells them."""

_CHUNK: Final = 500
"""So many ids are looked up in one statement."""
_WHOLE_TYPES: Final = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT")


class Cursor(Protocol):
    """What both drivers offer."""

    def execute(self, statement: str, parameters: Any = ..., /) -> Any: ...
    def fetchall(self) -> Any: ...


class Vocabulary(Protocol):
    """What knows the rows of the vocabulary tables."""

    def lookup(self, table: Table, column: str, ids: Iterable[int]) -> list[Row]:
        """The rows whose column is one of these ids."""
        ...


class Database(ABC):
    """The tables of one CDM, found by their names in lower case."""

    def __init__(self, cursor: Cursor, columns: dict[str, tuple[Name, dict[str, tuple[str, str]]]]) -> None:
        self._cursor = cursor
        self._columns = columns
        """By table: where it is, and by column: how the database spells it, and its type."""

    @property
    def tables(self) -> frozenset[str]:
        return frozenset(self._columns)

    def columns(self, table: str) -> frozenset[str]:
        """The columns of a table, in lower case; none if there is no such table."""
        found = self._columns.get(table)
        return frozenset(found[1]) if found else frozenset()

    @abstractmethod
    def place(self, number: int) -> str:
        """The placeholder of the parameter with that number, counted from 1, holding an integer."""

    @abstractmethod
    def integer(self, table: str, column: str) -> str:
        """A column as an integer; what is none is NULL there."""

    def ask(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of a statement."""
        self._cursor.execute(statement, list(parameters))
        return [tuple(row) for row in self._cursor.fetchall()]

    def people(self) -> list[int]:
        """Every person id that is an integer, each once, ascending."""
        person = self.integer(PERSON, "person_id")
        sql = f"SELECT DISTINCT {person} AS p FROM {self._where(PERSON)} WHERE {person} IS NOT NULL ORDER BY p"
        return [int(row[0]) for row in self.ask(sql)]

    def nameless(self) -> int:
        """How many rows of PERSON have no integer for an id."""
        person = self.integer(PERSON, "person_id")
        return int(self.ask(f"SELECT count(*) FROM {self._where(PERSON)} WHERE {person} IS NULL")[0][0])

    def strangers(self, table: str) -> int:
        """How many rows of a table belong to nobody in PERSON."""
        mine, theirs = self.integer(table, "person_id"), self.integer(PERSON, "person_id")
        sql = (
            f"SELECT count(*) FROM (SELECT {mine} AS m FROM {self._where(table)}) AS a "
            f"LEFT JOIN (SELECT DISTINCT {theirs} AS p FROM {self._where(PERSON)}) AS b ON a.m = b.p WHERE b.p IS NULL"
        )
        return int(self.ask(sql)[0][0])

    def filled(self, table: str) -> bool:
        """Whether a table is there and holds a row."""
        return table in self._columns and bool(self.ask(f"SELECT 1 FROM {self._where(table)} LIMIT 1"))

    def rows(self, table: Table, first: int, last: int) -> list[Row]:
        """The rows of the persons from ``first`` to ``last``."""
        if table.name not in self._columns:
            return []
        person = self.integer(table.name, "person_id")
        condition = f"{person} BETWEEN {self.place(1)} AND {self.place(2)}"
        return self._rows(table, condition, [first, last])

    def lookup(self, table: Table, column: str, ids: Iterable[int]) -> list[Row]:
        """The rows of a vocabulary table whose column is one of these ids."""
        if table.name not in self._columns:
            return []
        wanted, found = sorted(set(ids)), []
        key = self.integer(table.name, column)
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            places = ", ".join(self.place(number) for number in range(1, len(chunk) + 1))
            found += self._rows(table, f"{key} IN ({places})", chunk)
        return found

    def _rows(self, table: Table, condition: str, parameters: Sequence[Any]) -> list[Row]:
        known = self._columns[table.name][1]
        names = [name for name in table.columns if name in known]
        shown = ", ".join(f"CAST({quoted(known[name][0])} AS VARCHAR)" for name in names)
        asked = self.ask(f"SELECT {shown} FROM {self._where(table.name)} WHERE {condition}", parameters)
        made = []
        for cells in asked:
            made.append({name: cell for name, value in zip(names, cells, strict=True) if (cell := text(value))})
        return made

    def _where(self, table: str) -> str:
        schema, name = self._columns[table][0]
        return f"{quoted(schema)}.{quoted(name)}" if schema else quoted(name)

    def _spelled(self, table: str, column: str) -> tuple[str, str]:
        name, kind = self._columns[table][1][column]
        return quoted(name), kind

    def close(self) -> None:
        """Let go of files and connections."""
        close = getattr(self._cursor, "close", None)
        if close is not None:
            close()


class DuckDatabase(Database):
    """Tables of a DuckDB connection."""

    def place(self, number: int) -> str:  # noqa: ARG002 - DuckDB counts them itself
        return "?"

    def integer(self, table: str, column: str) -> str:
        name, kind = self._spelled(table, column)
        return name if kind in _WHOLE_TYPES else f"TRY_CAST({name} AS BIGINT)"


class PostgresDatabase(Database):
    """Tables of a PostgreSQL server, seen in one read-only transaction."""

    connection: Any = None

    def place(self, number: int) -> str:
        return f"CAST(${number} AS BIGINT)"

    def integer(self, table: str, column: str) -> str:
        name, kind = self._spelled(table, column)
        if kind in ("smallint", "integer", "bigint"):
            return name
        return f"CASE WHEN CAST({name} AS VARCHAR) ~ '^[+-]?[0-9]{{1,18}}$' THEN CAST({name} AS BIGINT) END"

    def close(self) -> None:
        super().close()
        if self.connection is not None:
            self.connection.close()


def quoted(name: str) -> str:
    """An identifier in quotes."""
    return '"' + name.replace('"', '""') + '"'


def chosen(
    found: Iterable[tuple[str, str, str, str]], schemas: Sequence[str]
) -> dict[str, tuple[Name, dict[str, tuple[str, str]]]]:
    """One table of each name out of (schema, table, column, type), from the first schema in order that has it."""
    tables: dict[tuple[str, str], dict[str, tuple[str, str]]] = {}
    for schema, table, column, kind in found:
        tables.setdefault((schema, table), {})[column.lower()] = (column, kind)
    order = {schema: place for place, schema in enumerate(schemas)}
    made: dict[str, tuple[Name, dict[str, tuple[str, str]]]] = {}
    for (schema, table), columns in sorted(tables.items(), key=lambda item: (order.get(item[0][0], 99), item[0])):
        made.setdefault(table.lower(), ((schema, table), columns))
    return made
