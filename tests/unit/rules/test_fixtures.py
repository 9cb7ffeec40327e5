"""Every check finds fault with its bad example, says so in the expected words, and accepts the good one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nen_kb.errors import Problem
from nen_kb.rules import CATALOGUE, check_program

FIXTURES = Path(__file__).resolve().parents[2] / "rules"
BAD = sorted((FIXTURES / "bad").glob("*.dl"))
GOOD = sorted((FIXTURES / "good").glob("*.dl"))
Build = Callable[[str], Path]


def shown(problems: list[Problem]) -> str:
    """The problems one a line, without remedies, as the ``.expected`` files hold them."""
    return "".join(f"{p.file}:{p.place} [{p.code}] {p.message}\n" for p in problems)


def test_base_is_without_problems(build: Build, ontology: object) -> None:
    """What the fixtures change has no problem before."""
    problems, report = check_program(build(""), ontology)  # type: ignore[arg-type]
    assert shown(problems) == ""
    assert [(t.trial, t.inclusion, t.exclusion, t.parts, t.covered) for t in report.trials] == [
        ("DEMO", 2, 1, 2, 100.0)
    ]


def test_every_code_has_examples() -> None:
    """The catalogue and the examples name the same codes."""
    assert {path.stem for path in BAD} == set(CATALOGUE)
    assert {path.stem for path in GOOD} == set(CATALOGUE)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good(path: Path, build: Build, ontology: object) -> None:
    problems, _ = check_program(build(path.read_text(encoding="utf-8")), ontology)  # type: ignore[arg-type]
    assert shown(problems) == ""


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad(path: Path, build: Build, ontology: object) -> None:
    if path.stem == "undecided-pair":
        ontology.undecided = (("LiverTumor", "Cirrhosis"),)  # type: ignore[attr-defined]
    problems, _ = check_program(build(path.read_text(encoding="utf-8")), ontology)  # type: ignore[arg-type]
    assert {problem.code for problem in problems} == {path.stem}
    assert all(problem.remedy for problem in problems)
    assert shown(problems) == path.with_suffix(".expected").read_text(encoding="utf-8")
