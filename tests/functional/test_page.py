"""``screen --format html``: a page that needs nothing but itself."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from nen_kb.cli import main

ROOT = Path(__file__).resolve().parents[2]
VOID = {"meta", "br"}


class _Balance(HTMLParser):
    """Finds tags that are not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on") or name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_self_contained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["screen", str(ROOT / "kb/examples/anna.yaml"), "--format", "html"]) == 0
    printed = capsys.readouterr().out
    balance = _Balance()
    balance.feed(printed)
    assert not balance.open
    assert not balance.seen & {"script", "link", "img", "iframe"}
    assert "url(" not in printed
    assert "Decision support" in printed
    assert len(re.findall(r"<tr><td>", printed)) == 19 + 24


def test_text_of_the_record_is_not_markup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = tmp_path / "case.yaml"
    case.write_text(
        "case: 1\nid: a\nindex_date: 2026-11-20\nfindings:\n"
        "  - {concept: brain metastases, date: 2026-10-01, source: '<script>alert(1)</script>'}\n",
        encoding="utf-8",
    )
    assert main(["screen", str(case), "--format", "html"]) == 0
    printed = capsys.readouterr().out
    assert "<script" not in printed
    assert "&lt;script&gt;" in printed
