"""The tables of a program: one a predicate, named like it, with the columns of its vocabulary line.

A column is called by its word in small letters; where a word repeats, the later ones are numbered (``from``,
``to``, ``from_2``, ``to_2``).  A predicate without columns has one row, in a column of its own, or none.
"""

from __future__ import annotations

from nen_kb.rules.ir import Column, Kind, Predicate

HOLDS = "holds"
"""The only column of a predicate that has none."""

TYPES = {Kind.NAME: "INT", Kind.VALUE: "BIGINT", Kind.DAY: "INT", Kind.COUNT: "BIGINT"}
"""Codes of names, ten-millionths of the canonical unit, ordinal days, plain numbers."""


def column_names(predicate: Predicate) -> tuple[str, ...]:
    """The names of the columns of a predicate's table, in their order."""
    words = [column.word.lower() for column in predicate.columns]
    return tuple(
        word if word not in words[:place] else f"{word}_{words[: place + 1].count(word)}"
        for place, word in enumerate(words)
    ) or (HOLDS,)


def column_types(predicate: Predicate) -> tuple[str, ...]:
    """The SQL types of those columns."""
    return tuple(map(column_type, predicate.columns)) or (TYPES[Kind.COUNT],)


def column_type(column: Column) -> str:
    """The SQL type of what a column holds."""
    return TYPES[column.kind]
