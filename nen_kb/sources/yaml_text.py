"""YAML 1.2 read event by event: no recursion, no aliases, no tags, no guesses at types.

Duplicate keys, aliases, tags, control characters, absurd depth and size are problems.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML, events
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from nen_kb.errors import PatientError, Problem
from nen_kb.sources.document import (
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

MAX_NODES = 100_000
"""Values in one text."""


def read_yaml(text: str, file: str) -> Document:
    """The structure of a YAML text, with lines; raises PatientError if it is none."""
    try:
        return _Builder(file).build(YAML(typ="safe", pure=True).parse(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = str(mark.line + 1) if mark else ""
        message = f"this is not YAML: {error.problem or error.context or 'it cannot be parsed'}."
        remedy = "Correct the line; a text that begins with >, %, @, [ or { or holds ': ' must stand in quotes."
        raise PatientError(Problem(file, line, message, remedy, "not-yaml")) from None
    except (YAMLError, ValueError, RecursionError) as error:
        position = getattr(error, "position", None)
        line = str(text.count("\n", 0, position) + 1) if isinstance(position, int) else ""
        message, remedy = "this is not YAML text.", "Remove control characters and odd escapes."
        raise PatientError(Problem(file, line, message, remedy, "not-yaml")) from None


@dataclass
class _Frame:
    """A list or mapping that is being filled."""

    container: list[Value] | dict[str, Value]
    path: str
    key: str | None = None


class _Builder:
    """Builds the structure from parser events, without recursion and without resolving aliases."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.document = Document(None)
        self.frames: list[_Frame] = []
        self.nodes = 0
        self.roots = 0

    def build(self, stream: Iterator[Any]) -> Document:
        for event in stream:
            self._handle(event, event.start_mark.line + 1)
        if self.roots != 1:
            message = "the file holds nothing." if not self.roots else "the file holds several documents."
            remedy = "Write one case to a file, and no line with --- after it."
            raise PatientError(Problem(self.file, "", message, remedy, "not-one-document"))
        return self.document

    def _handle(self, event: Any, line: int) -> None:
        if isinstance(event, events.MappingStartEvent | events.SequenceStartEvent):
            container: list[Value] | dict[str, Value] = {} if isinstance(event, events.MappingStartEvent) else []
            if self._awaits_key():
                self._problem(odd_key(self.file, self.frames[-1].path or str(line)), line)
                raise PatientError(self.document.problems)
            path = self._place(container, line)
            self._refuse_tag(event, path, line)
            self.frames.append(_Frame(container, path))
            if len(self.frames) > MAX_DEPTH:
                raise PatientError(too_deep(self.file, str(line)))
        elif isinstance(event, events.MappingEndEvent | events.SequenceEndEvent):
            self.frames.pop()
        elif isinstance(event, events.ScalarEvent):
            self._scalar(event, line)
        elif isinstance(event, events.AliasEvent):
            path = self._place(None, line)
            message, remedy = "aliases (*name) are not read.", "Write the value out."
            self._problem(Problem(self.file, path, message, remedy, "alias"), line)

    def _scalar(self, event: Any, line: int) -> None:
        plain = event.style is None and event.tag is None
        if self._awaits_key():
            frame = self.frames[-1]
            assert isinstance(frame.container, dict)
            frame.key = event.value
            if frame.key in frame.container:
                self._problem(duplicate(self.file, joined(frame.path, event.value)), line)
            return
        path = self._place(_resolved(event.value) if plain else event.value, line)
        self._refuse_tag(event, path, line)
        checked(event.value, path, self.file, self.document)

    def _awaits_key(self) -> bool:
        return bool(self.frames) and isinstance(self.frames[-1].container, dict) and self.frames[-1].key is None

    def _place(self, value: Value, line: int) -> str:
        """Put a value where it belongs and return its path."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            message = f"the file holds more than {MAX_NODES} values."
            raise PatientError(Problem(self.file, "", message, "Write one file for each patient.", "too-large"))
        if not self.frames:
            self.roots += 1
            self.document.value = value
            return ""
        frame = self.frames[-1]
        if isinstance(frame.container, list):
            path = f"{frame.path}[{len(frame.container)}]"
            frame.container.append(value)
        else:
            key, frame.key = frame.key, None
            path = joined(frame.path, key or "")
            frame.container[key or ""] = value
        self.document.lines.setdefault(path, line)
        return path

    def _refuse_tag(self, event: Any, path: str, line: int) -> None:
        if event.tag is not None and str(event.tag) not in ("!", "tag:yaml.org,2002:str"):
            message, remedy = "tags (!name) are not read.", "Remove the tag."
            self._problem(Problem(self.file, path, message, remedy, "tag"), line)

    def _problem(self, problem: Problem, line: int) -> None:
        self.document.lines.setdefault(problem.place, line)
        self.document.problems.append(problem)


_NUMERAL = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


def _resolved(text: str) -> Value:
    """A plain scalar by the core schema of YAML 1.2, numbers kept as written."""
    if text in _WORDS:
        return _WORDS[text]
    return Numeral(text) if _NUMERAL.fullmatch(text) else text
