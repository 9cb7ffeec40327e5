"""Whether two JSON values are the same, and where they first differ."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_LONGEST = 90


def same(found: Any, expected: Any) -> bool:
    """Whether two values are the same JSON, but for the order of keys; ``true`` is not ``1``, nor is ``1.0``."""
    return json.dumps(found, sort_keys=True) == json.dumps(expected, sort_keys=True)


def differences(found: Any, expected: Any, place: str) -> Iterator[tuple[str, str]]:
    """Each place where the found value is not the expected one, and how; of a list only the first."""
    return iter(()) if same(found, expected) else _differences(found, expected, place)


def _differences(found: Any, expected: Any, place: str) -> Iterator[tuple[str, str]]:
    if type(found) is not type(expected):
        yield place, f"{shown(found)} stands for {shown(expected)}"
    elif isinstance(expected, dict):
        for key in [*expected, *(key for key in found if key not in expected)]:
            where = f"{place}.{key}" if place else str(key)
            if key not in found:
                yield where, "is left out"
            elif key not in expected:
                yield where, "does not belong here"
            else:
                yield from _differences(found[key], expected[key], where)
    elif isinstance(expected, list):
        for number, (one, other) in enumerate(zip(found, expected, strict=False)):
            first = next(_differences(one, other, f"{place}[{number}]"), None)
            if first is not None:
                yield first
                return
        if len(found) != len(expected):
            yield place, f"{len(found)} entries stand for {len(expected)}"
    elif found != expected:
        yield place, f"{shown(found)} stands for {shown(expected)}"


def other_rows(found: Any, expected: Mapping[str, Sequence[Any]], place: str) -> Iterator[tuple[str, str, str]]:
    """Each row that is too much (``more``) or left out (``less``) of some table: place, which of both, the row."""
    for name in expected:
        rows = found.get(name) if isinstance(found, dict) else None
        if same(rows, expected[name]):
            continue
        ours = dict.fromkeys(map(json.dumps, expected[name]))
        theirs = dict.fromkeys(map(json.dumps, rows if isinstance(rows, list) else ()))
        yield from ((f"{place}.{name}", "more", shown(row)) for row in theirs if row not in ours)
        yield from ((f"{place}.{name}", "less", shown(row)) for row in ours if row not in theirs)


def shown(value: object) -> str:
    """A value in a message, not too long."""
    text = value if isinstance(value, str) and value[:1] == "[" else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
