"""Every command and every output in the README is what a reader gets."""

from __future__ import annotations

import doctest
import io
import os
import re
import shlex
from pathlib import Path

import pytest

from nen_kb.cli import main

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
_EXAMPLE = re.compile(r"```console\n\$ nen-kb ([^\n]*)\n(.*?)```", re.DOTALL)
POPULATIONS = README.partition("\n## Populations\n")[2].partition("\n## ")[0]
CONSOLE = _EXAMPLE.findall(README.replace(POPULATIONS, ""))
POPULATION = _EXAMPLE.findall(POPULATIONS)
SHELL = [line for line in README.splitlines() if line.startswith("python3 -m venv")]


@pytest.fixture(autouse=True)
def _at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("COLUMNS", raising=False)


def test_there_are_examples_to_test() -> None:
    assert len(CONSOLE) >= 2
    assert [command.split()[0] for command, _ in POPULATION][:3] == ["generate", "cohort", "feasibility"]
    assert len(SHELL) == 2


@pytest.mark.parametrize(("command", "output"), CONSOLE)
def test_a_console_example_prints_what_the_readme_shows(
    command: str, output: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    printed, said = run(command, capsys, monkeypatch)
    assert said == ""
    assert printed.rstrip() == output.rstrip()


def test_the_examples_of_a_population_follow_one_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They write files, so they run elsewhere; what is said on standard error stands above what is printed."""
    monkeypatch.chdir(tmp_path)
    for command, output in POPULATION:
        printed, said = run(command, capsys, monkeypatch)
        assert (said + printed).rstrip() == output.rstrip(), command


def run(command: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """What a command prints and says; it may be piped into another, and into ``head -n 5``."""
    printed = said = ""
    for stage in command.split(" | "):
        if stage.startswith("head -n "):
            printed = "\n".join(printed.split("\n")[: int(stage.removeprefix("head -n "))])
            continue
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(printed.encode("utf-8")), "utf-8"))
        assert main(shlex.split(stage.removeprefix("nen-kb "))) == 0
        found = capsys.readouterr()
        printed, said = found.out, said + found.err
    return printed, said


@pytest.mark.parametrize("command", re.findall(r"\.venv/bin/nen-kb (.*?)(?: &&|$)", SHELL[0]))
def test_the_first_command_ends_with_verdicts_and_explanations(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(shlex.split(command)) == 0
    printed = capsys.readouterr()
    assert "Decision support" in printed.out
    assert printed.err == ""


def test_the_python_example_runs() -> None:
    session = doctest.DocTestParser().get_doctest(
        "\n".join(re.findall(r"```python\n(.*?)```", README, re.DOTALL)), {}, "README.md", "README.md", 0
    )
    assert session.examples
    failed, tried = doctest.DocTestRunner(verbose=False).run(session)
    assert (failed, tried) == (0, len(session.examples))


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\((?!http|#)([^)#]+)\)", README))))
def test_a_link_leads_somewhere(target: str) -> None:
    assert os.path.exists(target)
