"""Splits the text of a file into headings, header blocks and the texts of rules.

The left margin decides: a rule starts in the first column and its further lines are indented.  So one
broken rule does not hide the next.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from nen_kb.errors import Problem

LONGEST_FILE = 2_000_000
"""Bytes of the longest file that is read."""
_CONTROL = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069\\ufeff]")
"""Control characters, and those that make a line show otherwise than it reads."""


@dataclass(frozen=True)
class Heading:
    """A line such as ``# ── I3 ──────``."""

    text: str
    line: int


@dataclass(frozen=True)
class Block:
    """Header lines without a blank line between them: field, text, line."""

    fields: tuple[tuple[str, str, int], ...]
    line: int


@dataclass(frozen=True)
class Statement:
    """The text of one rule or fact, its first line at the left margin."""

    text: str
    line: int


Chunk = Heading | Block | Statement


def decode(data: bytes, file: str) -> tuple[str, list[Problem]]:
    """The text of a file of rules, or an empty text and why it cannot be read."""
    if len(data) > LONGEST_FILE:
        return "", [_problem(file, 0, "the file is too long", f"Split it: at most {LONGEST_FILE} bytes.", "unreadable")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return "", [_problem(file, line, "the text is not UTF-8", "Save the file as UTF-8.", "unreadable")]
    problems = []
    for number, content in enumerate(text.split("\n"), 1):
        if _CONTROL.search(content):
            problems.append(
                _problem(file, number, "a control character stands in the text", "Remove it.", "unreadable")
            )
    return ("", problems[:20]) if problems else (text.replace("\r\n", "\n").replace("\r", "\n"), [])


def split(text: str, file: str) -> tuple[list[Chunk], list[Problem]]:
    """The chunks of a file in order; lines that belong to no chunk are problems."""
    chunks: list[Chunk] = []
    problems: list[Problem] = []
    fields: list[tuple[str, str, int]] = []
    rule: list[str] = []
    started = 0

    def close() -> None:
        if fields:
            chunks.append(Block(tuple(fields), fields[0][2]))
            fields.clear()
        if rule:
            chunks.append(Statement("\n".join(rule).rstrip(), started))
            rule.clear()

    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            if rule:
                rule.append("")
            elif fields:
                close()
        elif line.startswith("#:"):
            if rule:
                close()
            _header_line(line, number, file, fields, problems)
        elif line.startswith("#"):
            if rule:
                close()
            heading = re.match(r"# ── (.*?)[ ─]*$", line)
            if heading:
                close()
                chunks.append(Heading(heading[1], number))
        elif line[0] in " \t":
            if rule:
                rule.append(line)
            elif line.lstrip().startswith("#:"):
                problems.append(
                    _problem(
                        file, number, "a header line is indented", "Begin `#:` in the first column.", "header-line"
                    )
                )
            elif not line.lstrip().startswith("#"):
                problems.append(
                    _problem(file, number, "an indented line continues nothing", "Begin each rule in the first column.")
                )
        elif line[0] == ")" and rule:
            rule.append(line)
        else:
            close()
            rule.append(line)
            started = number
    close()
    return chunks, problems


def _header_line(
    line: str, number: int, file: str, fields: list[tuple[str, str, int]], problems: list[Problem]
) -> None:
    """Adds a line ``#: field   text`` or a continuation to the fields of the open block."""
    if not line[2:].strip():
        return
    field = re.match(r"#: ([a-z][a-z-]*)(?:\s+(.*\S))?\s*$", line)
    more = re.match(r"#:[ \t]{4,}(.*\S)\s*$", line)
    if field:
        fields.append((field[1], field[2] or "", number))
    elif more and fields:
        name, text, first = fields[-1]
        fields[-1] = (name, f"{text} {more[1]}".strip(), first)
    else:
        problems.append(
            _problem(
                file, number, "this header line is neither a field nor the continuation of one",
                "Write `#: field   text`, and continue it with `#:` and at least four spaces.", "header-line",
            )
        )  # fmt: skip


def _problem(file: str, line: int, message: str, remedy: str, code: str = "syntax") -> Problem:
    return Problem(file, str(line) if line else "", message, remedy, code)
