"""A patient of a run on the command line: the same words as from her own file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from populations import case, lines

from nen_kb.cli import main
from nen_kb.cohort.run import Made

Judged = Callable[..., Made]


def shown(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Exit code and output of a command."""
    code = main([str(word) for word in words])
    found = capsys.readouterr()
    return code, found.out, found.err


def test_a_patient_of_a_run_is_explained_as_from_her_file(
    tmp_path: Path, judged: Judged, capsys: pytest.CaptureFixture[str]
) -> None:
    source = lines(tmp_path / "cases.ndjson", [case(f"p{number}") for number in range(51)])
    run = judged(source, part=60).run.path
    alone = tmp_path / "p7.json"
    alone.write_text(json.dumps(case("p7")), encoding="utf-8")
    for words in (["explain", "{}", "START-NET", "--patient", "p7"], ["missing", "{}", "--patient", "p7"]):
        code, out, err = shown(capsys, *(word.format(run) for word in words), "--format", "json")
        assert (code, err) == (0, "")
        own = shown(capsys, *(word.format(alone) for word in words), "--format", "json")[1]
        assert without_hash(out) == without_hash(own.replace(str(alone), f"{source}:8"))
    code, out, _ = shown(capsys, "screen", run, "--patient", "p7", "--format", "json")
    assert [each["patient"] for each in json.loads(out)["results"]] == ["p7", "p7"]
    assert shown(capsys, "screen", run)[2].startswith(f"nen-kb: {run}: this run holds 51 patients [which-patient]")
    assert "no patient of that id" in shown(capsys, "screen", run, "--patient", "p99")[2]
    assert "judged on the day it was made for" in shown(capsys, "screen", run, "--as-of", "2026-01-01")[2]


def without_hash(text: str) -> object:
    """A document without the hash of the patient, which holds the name of her file."""
    found = json.loads(text)
    found.get("certificate", {}).pop("patient_sha256", None)
    return found


def test_another_knowledge_base_is_told(tmp_path: Path, judged: Judged, capsys: pytest.CaptureFixture[str]) -> None:
    run = judged(lines(tmp_path / "cases.ndjson", [case("p1")])).run.path
    manifest = json.loads((run / "cohort.json").read_text())
    manifest["knowledge_base"]["rules_sha256"] = "0" * 64
    (run / "cohort.json").write_text(json.dumps(manifest))
    code, out, err = shown(capsys, "explain", run, "START-NET", "I1", "--patient", "p1")
    assert code == 0
    assert "I1" in out
    assert "judged with another rules; what follows is judged anew" in err


def test_the_command_prints_its_summary_and_lists_problems(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = lines(tmp_path / "cases.ndjson", [case("p1"), case("p2", sex="neither")])
    code, out, err = shown(capsys, "cohort", source, "--output", tmp_path / "run", "--workers", 1)
    assert code == 12
    assert "1 patient judged" in out
    assert "Decision support" in out
    assert f"{source}:2: sex: unknown-word" in err
    assert "neither" not in err  # what records say stays out of what a terminal or a log keeps
    assert "'neither' is not known here" in (tmp_path / "run" / "problems.csv").read_text(encoding="utf-8")
    code, out, err = shown(capsys, "cohort", source, "--output", tmp_path / "run", "--memory", "lots")
    assert (code, out) == (2, "")
    assert "is no amount of memory" in err
