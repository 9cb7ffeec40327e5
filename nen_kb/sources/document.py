"""The plain structure that hand-written texts are read into, and what all readers say about it.

Everything written stays text: a number is a ``Numeral``, the very characters of the file, so that
no binary float ever comes near a value and ``007`` stays ``007``.  Dates, ``on``, ``no`` and ``yes`` are
plain text.  Only ``true``, ``false`` and ``null`` become Python's.  Each place has a path, such as
``measurements[2].value``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

from nen_kb.errors import Problem

MAX_DEPTH = 20
"""Nested lists and mappings; a case file needs four."""


class Numeral(str):
    """A number, as the characters it was written with."""


Value: TypeAlias = "str | bool | list[Value] | dict[str, Value] | None"


@dataclass
class Document:
    """What a text holds, where its parts stand, and what is wrong with it as YAML or JSON."""

    value: Value
    lines: dict[str, int] = field(default_factory=dict)
    """Line numbers by path, from 1; empty for JSON and Python values."""
    problems: list[Problem] = field(default_factory=list)


def shown(text: object) -> str:
    """A short quotation for a message, with everything unprintable escaped."""
    quoted = repr(str(text))
    return quoted if len(quoted) <= 62 else quoted[:58] + "…" + quoted[0]


CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters and half characters, which no text of a case holds."""
_PLAIN_KEY = re.compile(r"[\w-]{1,60}")


def checked(text: str, path: str, file: str, document: Document) -> str:
    """The text itself; control characters and half characters are reported."""
    if CONTROL.search(text):
        message, remedy = "the text holds control characters.", "Remove them."
        document.problems.append(Problem(file, path, message, remedy, "control-characters"))
    return text


def joined(path: str, key: str) -> str:
    """The path of a key below a path; an odd key stands in quotes."""
    name = key if _PLAIN_KEY.fullmatch(key) else shown(key)
    return f"{path}.{name}" if path else name


def duplicate(file: str, place: str) -> Problem:
    """A key that stands twice in one mapping."""
    return Problem(file, place, "the key stands here twice.", "Keep one of them.", "duplicate-key")


def odd_key(file: str, place: str) -> Problem:
    """A key that is a list, a mapping or a number of Python."""
    return Problem(file, place, "a key is not plain text.", "Write keys as plain words.", "odd-key")


def too_deep(file: str, place: str) -> Problem:
    """Nesting that no case needs."""
    return Problem(file, place, f"lists and mappings are nested deeper than {MAX_DEPTH}.", "Flatten them.", "too-deep")
