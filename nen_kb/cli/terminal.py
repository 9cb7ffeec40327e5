"""How wide the terminal is, whether it shows colour, and how to write for it."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TextIO

from nen_kb.errors import Problem
from nen_kb.explain import PLAIN
from nen_kb.explain.wording.report import DISCLAIMER as DISCLAIMER

_CODES = {"good": "32", "bad": "31", "open": "33", "strong": "1", "faint": "2"}


@dataclass(frozen=True)
class Terminal:
    """Where text goes: its width in columns, and whether it may be coloured.

    Colour only repeats what a word beside it says.
    """

    width: int
    colour: bool

    @classmethod
    def of(cls, stream: TextIO) -> Terminal:
        """What that stream can show; 80 columns where it is no terminal, never more than 100."""
        shows = stream.isatty() and os.environ.get("TERM") != "dumb" and "NO_COLOR" not in os.environ
        width = shutil.get_terminal_size((80, 24)).columns if stream.isatty() or "COLUMNS" in os.environ else 80
        return cls(max(40, min(width, 100)), shows)

    def paint(self, text: str, style: str) -> str:
        """The text in that style, or as it is."""
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.colour else text

    def wrap(self, text: str, first: str, rest: str | None = None) -> list[str]:
        """Lines no wider than the terminal, the first behind ``first``, the others behind ``rest``."""
        return textwrap.wrap(
            text,
            self.width,
            initial_indent=first,
            subsequent_indent=" " * len(first) if rest is None else rest,
            break_on_hyphens=False,
        ) or [first.rstrip()]


def write(text: str) -> None:
    """Text to standard output; what its encoding cannot show is written otherwise, never fatal."""
    sys.stdout.write(_showable(text, sys.stdout.encoding) + "\n")


def complain(text: str) -> None:
    """Text to standard error, likewise."""
    sys.stderr.write(_showable(text, sys.stderr.encoding) + "\n")


def _showable(text: str, encoding: str | None) -> str:
    name = encoding or "utf-8"
    try:
        text.encode(name)
        return text
    except UnicodeEncodeError:
        return text.translate(PLAIN).encode(name, "replace").decode(name)


def report(problems: Sequence[Problem]) -> None:
    """Every problem on standard error, each with file, place and remedy."""
    for problem in problems:
        complain(f"nen-kb: {problem}")
