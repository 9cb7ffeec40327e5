"""Reads JSON that nobody promised to be good: bounded, exact, and with every oddity reported.

Numbers become int or Decimal, never float.  A byte-order mark is accepted.  Duplicate keys,
``NaN`` and ``Infinity``, lone surrogates and absurdly long numbers are notes with a JSON path;
what cannot be read at all is one Problem.  Nothing in a message repeats a value of the text.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from nen_kb.errors import Problem
from nen_kb.facts.records import Note

MAX_BYTES = 200 * 1024 * 1024
"""A larger file is refused; split it, or export it as NDJSON and read it in parts."""

MAX_DEPTH = 100
"""Deeper nesting than this is no FHIR; real resources stay below 30."""

_MAX_DIGITS = 60
LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
"""What may be half of a Unicode pair."""
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,60}")


@dataclass(frozen=True)
class JsonText:
    """What one text held: its value, or the problem that kept it from being read."""

    value: Any
    problem: Problem | None = None
    notes: tuple[Note, ...] = ()


class _Unreadable:
    """Stands for a token that is no number; replaced by None once its path is known."""

    __slots__ = ("why",)

    def __init__(self, why: str) -> None:
        self.why = why


def read_bytes(path: Path, *, limit: int = MAX_BYTES) -> bytes | Problem:
    """The bytes of a file, or the Problem that keeps it from being read."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            return Problem(str(path), "", "this is no ordinary file", "Give a file.", "unreadable")
        size = found.st_size
        if size > limit:
            return Problem(
                str(path),
                "",
                f"the file is larger than {limit // (1024 * 1024)} MB",
                "Split it, or export it as NDJSON and read it in parts.",
                "too-large",
            )
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return Problem(
            str(path),
            "",
            f"the file cannot be read: {reason}",
            "Check the path and its rights.",
            "unreadable",
        )


def parse_json(content: bytes, file: str, *, place: str = "", root: str = "$") -> JsonText:
    """Read one JSON text.

    ``place`` is where the text stands in its file (``line 12`` of an NDJSON file), ``root`` the
    JSON path of its value in notes.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        where = place or f"byte {error.start}"
        return JsonText(
            None,
            Problem(
                file,
                where,
                "the text is not valid UTF-8",
                "Save it as UTF-8; FHIR allows no other encoding.",
                "not-utf8",
            ),
        )
    if not text.strip():
        return JsonText(None, Problem(file, place, "the text is empty", "Export it again.", "empty"))
    oddities = _Oddities()
    try:
        value = json.loads(
            text,
            object_pairs_hook=oddities.pairs,
            parse_float=oddities.decimal,
            parse_int=oddities.integer,
            parse_constant=oddities.constant,
        )
    except json.JSONDecodeError as error:
        return JsonText(None, _broken(error, text, file, place))
    except RecursionError:
        return JsonText(None, _too_deep(file, place))
    except ValueError:
        return JsonText(
            None,
            Problem(
                file,
                place,
                "the text is not valid JSON",
                "Export it again, or correct it with a JSON editor.",
                "invalid-json",
            ),
        )
    if not shallow(value):
        return JsonText(None, _too_deep(file, place))
    if oddities.found or LONE_SURROGATE.search(content):
        notes = list(oddities.repair(value, root))
        return JsonText(None if isinstance(value, _Unreadable) else value, None, tuple(notes))
    return JsonText(value)


def json_path(parent: str, key: str | int) -> str:
    """The path of a child: ``$.entry[3]``, and ``$["odd key"]`` where a key is no plain name."""
    if isinstance(key, int):
        return f"{parent}[{key}]"
    if _PLAIN_NAME.fullmatch(key):
        return f"{parent}.{key}"
    return f"{parent}[{json.dumps(key[:60])}]"


class _Oddities:
    """Collects what is odd while the text is parsed, and finds its paths afterwards."""

    def __init__(self) -> None:
        self.found = False
        self._duplicates: dict[int, list[str]] = {}
        self._kept: list[dict[str, Any]] = []

    def pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            self.found = True
            seen: set[str] = set()
            twice = [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
            self._duplicates[id(made)] = twice
            self._kept.append(made)
        return made

    def decimal(self, text: str) -> Decimal | _Unreadable:
        if len(text) > _MAX_DIGITS:
            return self._no_number("a number with too many digits")
        try:
            return Decimal(text)
        except InvalidOperation:
            return self._no_number("a number out of reach")

    def integer(self, text: str) -> int | _Unreadable:
        return int(text) if len(text) <= _MAX_DIGITS else self._no_number("a number with too many digits")

    def constant(self, text: str) -> _Unreadable:
        return self._no_number(f"{text}, which is no JSON")

    def _no_number(self, why: str) -> _Unreadable:
        self.found = True
        return _Unreadable(why)

    def repair(self, root: Any, path: str) -> Iterator[Note]:
        """Replace what is unreadable in place, and yield a note for everything odd."""
        if isinstance(root, _Unreadable):
            yield Note(path, f"holds {root.why}; read as no value", "odd-json")
            return
        waiting: list[tuple[Any, str]] = [(root, path)]
        while waiting:
            value, path = waiting.pop()
            if isinstance(value, dict):
                for key in self._duplicates.get(id(value), ()):
                    place = json_path(path, _clean(key))
                    yield Note(place, "this key stands twice in its object; the last one is read", "odd-json")
                children: list[tuple[str | int, Any]] = list(value.items())
            else:
                children = list(enumerate(value))
            for child_key, child in reversed(children):
                place = json_path(path, _clean(child_key) if isinstance(child_key, str) else child_key)
                if isinstance(child, (dict, list)):
                    waiting.append((child, place))
                elif isinstance(child, _Unreadable):
                    value[child_key] = None
                    yield Note(place, f"holds {child.why}; read as no value", "odd-json")
                elif isinstance(child, str) and _clean(child) != child:
                    value[child_key] = _clean(child)
                    yield Note(place, "holds half of a Unicode pair; it is shown as a question mark", "odd-json")


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def shallow(value: Any) -> bool:
    """Whether a value is nested no deeper than FHIR ever is."""
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return True
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, (dict, list))
        ]
    return not level


def _too_deep(file: str, place: str) -> Problem:
    return Problem(
        file,
        place,
        f"the JSON is nested deeper than {MAX_DEPTH} levels",
        "No FHIR resource is; export it again.",
        "too-deep",
    )


def _broken(error: json.JSONDecodeError, text: str, file: str, place: str) -> Problem:
    where = f"{place}, column {error.colno}" if place else f"line {error.lineno}, column {error.colno}"
    if not text[error.pos :].strip() or error.msg.startswith("Unterminated string"):
        return Problem(
            file,
            where,
            "the JSON ends too early: it was cut off",
            "Export or copy it again.",
            "truncated-json",
        )
    return Problem(
        file,
        where,
        f"the text is not valid JSON: {error.msg}",
        "Export it again, or correct it there.",
        "invalid-json",
    )
