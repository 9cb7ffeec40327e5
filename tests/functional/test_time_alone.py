"""``screen`` says of an open clause that time alone settles it, and from when on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Cli = Callable[..., Any]
CASE = """\
case: 1
id: per
index_date: 2026-11-20
findings:
  - {concept: radiological progression, date: 2026-10-31}
  - {concept: progression confirmed by multidisciplinary conference, date: 2026-11-10}
"""


def _lines_of(text: str, clause: str) -> str:
    """What stands under a clause, as one line."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(f"    {clause} "))
    below = [line for line in lines[start + 1 :] if not line.startswith(" " * 9)]
    end = lines.index(below[0], start + 1)
    return " ".join(" ".join(lines[start:end]).split())


def test_time_alone_settles_an_open_clause(cli: Cli, tmp_path: Path) -> None:
    """A progression of 31 October counts from 1 December on; a clause that time does not settle says nothing of it."""
    file = tmp_path / "per.yaml"
    file.write_text(CASE, encoding="utf-8")
    text = cli("screen", file, "--trial", "START-NET").out
    told = _lines_of(text, "I6")
    assert "it does not count yet" in told
    assert "– time alone settles it from 2026-12-01 (radiological progression 1 month ago): yes" in told
    assert text.count("time alone settles it") == 1
