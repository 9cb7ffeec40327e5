"""The book itself: it can be read without its code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

BOOK = Path(__file__).parent
SECTIONS = sorted(BOOK.glob("*/test_*.py"))


def paragraphs() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every test of every section."""
    for path in SECTIONS:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield f"{path.parent.name}/{path.stem}: {node.name}", node


@pytest.mark.parametrize(("name", "node"), [pytest.param(*each, id=each[0]) for each in paragraphs()])
def test_every_paragraph_is_one_sentence_and_runs_on_every_engine(name: str, node: ast.FunctionDef) -> None:
    """A test states the truth it tests in one sentence, and takes the rules of its section on some engine."""
    sentence = " ".join((ast.get_docstring(node) or "").split())
    assert re.fullmatch(r"[A-Z0-9].*[^.]\.", sentence), name
    assert not re.search(r"\. [A-Z]", sentence), f"{name}: more than one sentence"
    assert {"kb", "logic"} & {argument.arg for argument in node.args.args}, f"{name}: on which engine?"


def test_the_table_of_contents_names_every_chapter() -> None:
    """The chapters listed in ``conftest.py`` are the folders that hold sections."""
    contents = ast.get_docstring(ast.parse((BOOK / "conftest.py").read_text(encoding="utf-8"))) or ""
    listed = re.findall(r"^([a-z]+) {2,}\S", contents, flags=re.MULTILINE)
    assert sorted(listed) == sorted({path.parent.name for path in SECTIONS})


@pytest.mark.parametrize("path", SECTIONS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_section_begins_with_its_truth_and_its_rules(path: Path) -> None:
    """A section has a docstring and the rules it speaks of."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    assert any(
        isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "RULES" for t in node.targets)
        for node in tree.body
    )
