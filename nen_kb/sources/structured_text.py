"""Files, YAML and JSON texts and Python values read into one plain structure, safely and without loss.

What is wrong with a text is gathered in the document, or raised at once if it cannot be read at all.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

from nen_kb.errors import PatientError, Problem
from nen_kb.sources.document import (
    CONTROL,
    MAX_DEPTH,
    Document,
    Numeral,
    Value,
    checked,
    duplicate,
    joined,
    odd_key,
    too_deep,
)
from nen_kb.sources.yaml_text import read_yaml

MAX_BYTES = 1_000_000
"""A hand-written file of one patient is far smaller."""


def read_text(path: Path) -> str:
    """The text of a file: UTF-8, with or without a byte-order mark, of at most a megabyte.

    Raises PatientError with one problem if it cannot be read.
    """
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or "it cannot be opened"
        problem = Problem(str(path), "", f"the file cannot be read: {reason}.", "Check the path.", "unreadable")
        raise PatientError(problem) from None
    if len(raw) > MAX_BYTES:
        message = f"the file is larger than {MAX_BYTES} bytes."
        raise PatientError(Problem(str(path), "", message, "Write one file for each patient.", "too-large"))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"byte {error.start + 1} is not UTF-8."
        raise PatientError(Problem(str(path), "", message, "Save the file as UTF-8.", "not-utf-8")) from None


def read_document(text: str, file: str, *, is_json: bool) -> Document:
    """The structure of a text; raises PatientError with one problem if it is no YAML or JSON at all."""
    if len(text) > MAX_BYTES:
        message = f"the text is longer than {MAX_BYTES} characters."
        raise PatientError(Problem(file, "", message, "Write one file for each patient.", "too-large"))
    text = text.removeprefix("\ufeff")
    return _json(text, file) if is_json else read_yaml(text, file)


def from_python(value: object, file: str) -> Document:
    """The structure of Python values; a float counts as the shortest decimal that prints it."""
    document = Document(None)
    document.value = _plain(value, None, file, document, 0)
    return document


class _Pairs(list[tuple[str, object]]):
    """A JSON object before its keys are known to be unique."""


class _NotANumber(str):
    """``NaN`` or ``Infinity`` in a JSON text."""


def _json(text: str, file: str) -> Document:
    try:
        loaded = json.loads(
            text, object_pairs_hook=_Pairs, parse_int=Numeral, parse_float=Numeral, parse_constant=_NotANumber
        )
    except json.JSONDecodeError as error:
        cut = not text[error.pos :].strip()
        message = "the JSON text ends too early." if cut else f"this is not JSON: {error.msg}."
        remedy = "Copy the file again, it was cut off." if cut else f"Correct it at column {error.colno}."
        raise PatientError(Problem(file, str(error.lineno), message, remedy, "not-json")) from None
    except RecursionError:
        raise PatientError(too_deep(file, "")) from None
    return from_python(loaded, file)


_Steps: TypeAlias = "tuple[_Steps, str | int] | None"
"""The way to a value: the way to what holds it, and its key or number there; None for the whole."""


def _path(steps: _Steps) -> str:
    """The way in words, which only a problem needs."""
    if steps is None:
        return ""
    above, step = steps
    return f"{_path(above)}[{step}]" if isinstance(step, int) else joined(_path(above), step)


def _plain(value: Any, steps: _Steps, file: str, document: Document, depth: int) -> Value:
    if depth > MAX_DEPTH:
        document.problems.append(too_deep(file, _path(steps)))
        return None
    kind = type(value)
    if (kind is Numeral or kind is str) and not CONTROL.search(value):  # nearly everything in a case is such a text
        text: str = value
        return text
    match value:
        case _Pairs() | Mapping():
            result: dict[str, Value] = {}
            for key, item in value if isinstance(value, _Pairs) else value.items():
                if not isinstance(key, str):
                    document.problems.append(odd_key(file, _path(steps)))
                    continue
                place = steps, key
                if key in result:
                    document.problems.append(duplicate(file, _path(place)))
                result[key] = _plain(item, place, file, document, depth + 1)
            return result
        case None | bool():
            return value
        case _NotANumber():
            pass
        case str():
            return checked(value, _path(steps), file, document)
        case float() if math.isfinite(value):
            return Numeral(repr(value))
        case Decimal() if value.is_finite():
            return Numeral(value)
        case int():
            return Numeral(value) if abs(value) < 10**100 else Numeral("9" * 100)
        case date():
            return value.isoformat()
        case Sequence() if not isinstance(value, (bytes, bytearray)):
            return [_plain(item, (steps, n), file, document, depth + 1) for n, item in enumerate(value)]
    message, remedy = f"a {kind.__name__.lstrip('_')} cannot stand here.", "Write text, a number, a list or a mapping."
    document.problems.append(Problem(file, _path(steps), message, remedy, "wrong-type"))
    return None
