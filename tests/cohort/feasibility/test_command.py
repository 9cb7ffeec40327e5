"""``nen-kb feasibility`` as people type it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from case_runs import chosen, finish, judged, knowledge, make_run

from nen_kb.cli import main
from nen_kb.cli.feasibility_text import bar, lines
from nen_kb.cli.terminal import DISCLAIMER, Terminal
from nen_kb.cohort.feasibility import Feasibility
from nen_kb.cohort.store import Run
from nen_kb.explain.wording import feasibility_text as wording

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_run(tmp_path_factory.mktemp("run"), knowledge(), judged(knowledge().program), [50])


@pytest.fixture(autouse=True)
def loaded(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """The knowledge base is loaded once for all tests but the first."""
    if "says_what_is_tried" not in request.node.name:
        monkeypatch.setattr("nen_kb.cli.feasibility.knowledge_base", lambda _: knowledge())


def told(run: Run, capsys: Captured, *words: str) -> str:
    """Standard output of the command, which must succeed."""
    assert main(["feasibility", str(run.path), *words]) == 0
    return capsys.readouterr().out


def test_the_text_says_what_is_tried_and_what_it_is(run: Run, capsys: Captured) -> None:
    """The interval, every clause and the disclaimer; a change stands above all counts."""
    plain = told(run, capsys, "--trial", "START-NET", "--sample", "3")
    document = Feasibility.of(run, knowledge(), ["START-NET"]).document(0)
    trial = document["trials"][0]
    interval = trial["interval"]
    between = f"between {interval['certainly']} and {interval['possibly']} of {len(chosen())} patients eligible"
    assert between in " ".join(plain.split())
    assert "WHAT IF" not in plain
    assert document["disclaimer"] == DISCLAIMER
    assert " ".join(plain.split()).endswith(f"{DISCLAIMER} {wording.NOT_A_LIST}")
    for clause in trial["clauses"]:
        assert f"\n    {clause['clause']} " in plain
    assert "3 of" in plain
    tried = told(run, capsys, "--without", "I10", "--threshold", "I11a 90 g/L = 80 g/L", "--sample", "0")
    assert tried.startswith("WHAT IF")
    assert "without START-NET:I10" in tried
    assert "START-NET I11a with 90 g/L → 80 g/L" in tried
    assert "(left out) GFR" in tried
    assert tried.count("WHAT IF") == 2


def test_lines_fit_the_terminal(run: Run) -> None:
    """No line is wider than the terminal, down to 60 columns."""
    document = Feasibility.of(run, knowledge()).document(10)
    for width in (60, 80, 100):
        assert max(map(len, lines(document, Terminal(width, False)))) <= width


@pytest.mark.parametrize(
    ("certain", "possible", "expected"),
    [(0, 0, 20 * "·"), (100, 100, 20 * "█"), (0, 1, "▒" + 19 * "·"), (1, 1, "█" + 19 * "·"), (99, 100, 19 * "█" + "▒")],
)
def test_bars_show_whoever_is_there(certain: int, possible: int, expected: str) -> None:
    """One patient of a hundred is seen, and a bar is full for all of them only."""
    assert bar(certain, possible, 100) == expected


def test_json_is_the_document(run: Run, capsys: Captured) -> None:
    """The same as the facade gives."""
    found = json.loads(told(run, capsys, "--format", "json", "--sample", "4"))
    assert found == json.loads(json.dumps(Feasibility.of(run, knowledge()).document(4)))
    assert found["format"] == "nen-kb feasibility 1"
    assert all(trial["gap"]["sampled"] == 4 for trial in found["trials"])


def test_lists_of_patients(run: Run, capsys: Captured) -> None:
    """One line a patient, words for people beside; JSON is one document even of nobody."""
    assert main(["feasibility", str(run.path), "--patients", "near", "--trial", "START-NET"]) == 0
    captured = capsys.readouterr()
    rows = [line.split("\t") for line in captured.out.splitlines()]
    expected = [each.patient for each in Feasibility.of(run, knowledge(), ["START-NET"]).patients("near")]
    assert [row[0] for row in rows] == expected
    assert all(row[1] == "START-NET" and row[2].startswith("fails ") for row in rows)
    assert DISCLAIMER in captured.err
    for which in ("near", "gain:START-NET:E7"):
        document = json.loads(told(run, capsys, "--patients", which, "--format", "json"))
        assert document["disclaimer"] == DISCLAIMER
        assert [each["patient"] for each in document["patients"]] == [
            each.patient for each in Feasibility.of(run, knowledge()).patients(which)
        ]


def test_wrong_use_is_told_at_once(run: Run, tmp_path: Path, capsys: Captured) -> None:
    """Every mistake in one go, with exit code 2; a folder that is no run; a list as a page."""
    words = ["feasibility", str(run.path), "--without", "E99", "--threshold", "I11 91 = 90"]
    assert main(words) == 2
    error = capsys.readouterr().err
    assert "no-such-number" in error
    assert "no-such-clause" in error
    assert main(["feasibility", str(tmp_path)]) == 2
    assert "no cohort run" in capsys.readouterr().err
    assert main(["feasibility", str(run.path), "--patients", "gap", "--format", "html"]) == 2
    assert main(["feasibility", str(run.path), "--sample", "-1"]) == 2
    assert "bad-sample" in capsys.readouterr().err


def test_without_the_extra_it_says_what_to_install(run: Run, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    """The core starts without the libraries for tables."""
    for name in [name for name in sys.modules if name.startswith("nen_kb.cohort")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert main(["feasibility", str(run.path)]) == 2
    assert "pip install 'nen-kb[cohort]'" in capsys.readouterr().err


def bare(folder: Path, **more: Any) -> Run:
    """A run of nobody, with other words in its manifest."""
    finish(folder, knowledge(), 0)
    manifest = json.loads((folder / "cohort.json").read_text())
    (folder / "cohort.json").write_text(json.dumps({**manifest, **more}))
    return Run.open(folder, ontology=knowledge().ontology)


def test_a_run_of_nobody(tmp_path: Path) -> None:
    """It has a document, and its text says that nobody is missing anything."""
    document = Feasibility.of(bare(tmp_path), knowledge()).document()
    assert all(trial["interval"] == {"certainly": 0, "possibly": 0} for trial in document["trials"])
    text = "\n".join(lines(document, Terminal(80, False)))
    assert text.count("Nobody is undetermined.") == 2


def test_bare_facts_are_counted_and_not_looked_at(run: Run) -> None:
    """Without the patients' records there are no items and no distances, and the text says why."""
    facts_only = Run(run.path, {**run.manifest, "documents": False}, knowledge().ontology)
    document = Feasibility.of(facts_only, knowledge()).document(100)
    assert document["sample"] == 0
    for trial, full in zip(document["trials"], Feasibility.of(run, knowledge()).document(0)["trials"], strict=True):
        assert trial["gap"]["items"] == []
        assert trial["gap"]["patients"] == full["gap"]["patients"] > 0
        assert trial["near"] == full["near"] != []
    assert "Nobody was looked at one by one" in "\n".join(lines(document, Terminal(80, False)))
