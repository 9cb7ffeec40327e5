"""A proof as a file: written so that people can look at it, read with limits on its size, depth and numbers."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any, NoReturn

from nen_kb.errors import PatientError, Problem
from nen_kb.explain.checking.check import PARTS

SCHEMA = Path(__file__).with_name("proof.schema.json")
"""The JSON Schema of a document."""
MAX_BYTES = 50_000_000
MAX_DEPTH = 100
"""Nested lists and objects; the deepest proofs have some thirty."""
MAX_DIGITS = 20
_SCALAR = r'(?:"(?:[^"\\\n]|\\.)*"|-?[0-9]+|null|true|false)'
_ROW = re.compile(rf"\[\n\s*({_SCALAR}(?:,\n\s*{_SCALAR})*)\n\s*\]")
_BREAK = re.compile(r"\n\s*")
_REMEDY = "Take the file as `nen-kb explain --format json` wrote it."


def proof_text(document: Mapping[str, Any]) -> str:
    """The document as JSON, indented; a list of plain values stands on one line."""
    text = json.dumps(document, ensure_ascii=False, indent=2)
    return _ROW.sub(lambda match: f"[{_BREAK.sub(' ', match[1])}]", text)


def read_proof(path: Path) -> dict[str, Any]:
    """The document in a file, or on standard input for ``-``.

    Raises PatientError, with one problem, for what is no proof at all.
    """
    file = "standard input" if str(path) == "-" else str(path)
    try:
        if str(path) == "-":
            content = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with path.open("rb") as stream:
                content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise PatientError(
            Problem(file, "", f"the file cannot be read: {reason}", "Check the path.", "unreadable")
        ) from None
    if len(content) > MAX_BYTES:
        _refuse(file, f"the file is larger than {MAX_BYTES // 1_000_000} MB", "too-large")
    try:
        document = json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=lambda pairs: _object(file, pairs),
            parse_int=lambda digits: _integer(file, digits),
            parse_float=lambda digits: _float(file, digits),
            parse_constant=lambda word: _refuse(file, f"it holds {word}, which is no JSON", "odd-number"),
        )
    except UnicodeDecodeError as error:
        _refuse(file, f"byte {error.start + 1} is not UTF-8", "not-utf-8")
    except json.JSONDecodeError as error:
        _refuse(file, f"it is not JSON: {error.msg}", "not-json", f"line {error.lineno}, column {error.colno}")
    except RecursionError:
        _refuse(file, f"it is nested deeper than {MAX_DEPTH} levels", "too-deep")
    if not _is_shallow(document):
        _refuse(file, f"it is nested deeper than {MAX_DEPTH} levels", "too-deep")
    if not isinstance(document, dict):
        _refuse(file, "it is no proof: it is no JSON object", "no-proof")
    missing = [name for name in PARTS if name not in document]
    if missing:
        _refuse(
            file, f"it is no proof: {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing", "no-proof"
        )
    return document


def _refuse(file: str, message: str, code: str, place: str = "") -> NoReturn:
    raise PatientError(Problem(file, place, message, _REMEDY, code))


def _object(file: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        _refuse(file, "a key stands twice in one object", "duplicate-key")
    return found


def _integer(file: str, digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        _refuse(file, f"it holds a number of more than {MAX_DIGITS} digits", "odd-number")
    return int(digits)


def _float(file: str, digits: str) -> float:
    value = float(digits)
    if not isfinite(value):
        _refuse(file, "it holds a number beyond all bounds", "odd-number")
    return value


def _is_shallow(document: Any) -> bool:
    level = [document]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for value in level
            if isinstance(value, dict | list)
            for child in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return True
    return False
