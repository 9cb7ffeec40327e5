"""What ``timeline`` prints: a sentence and a row for each period, as text and JSON, for several patients."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
ANNA = ROOT / "kb" / "examples" / "anna.yaml"
BAD = ROOT / "tests" / "data" / "bad" / "unknown-unit.yaml"
SENTENCE = (
    "Not eligible until 5 December 2026 (everolimus washout), then eligible until 14 September 2028 inclusive "
    "(radiological progression too old), then not eligible."
)
CAUSE = "everolimus, last day 2026-11-07: from 2026-12-05 on at least 28 days before the planned start"

Cli = Callable[..., Any]


def test_text_has_the_sentence_and_a_row_for_each_period(cli: Cli) -> None:
    run = cli("timeline", ANNA, "--trial", "START-NET")
    assert (run.code, run.err) == (0, "")
    said = " ".join(run.out.split())
    assert SENTENCE in said
    assert "2026-11-20 2026-12-04 ✗ ineligible fails: I7" in said
    assert "2026-12-05 2028-09-14 ✓ eligible I7 not met → met: everolimus, last day 2026-11-07: from" in said
    assert "2028-09-15 onwards ✗ ineligible I6 met → not met" in said
    assert "the planned start moves unless it was given and lies later" in said
    assert "Decision support" in said
    assert "NCT05610826" not in said


@pytest.mark.parametrize("width", [40, 76, 80, 100])
def test_no_line_is_wider_than_the_terminal(cli: Cli, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    """And colour only repeats what the words say."""
    monkeypatch.setenv("COLUMNS", str(width))
    plain = cli("timeline", ANNA)
    assert max(map(len, plain.out.splitlines())) <= width
    monkeypatch.setenv("COLUMNS", str(width))
    coloured = cli("timeline", ANNA, terminal=True).out
    for code in ("32", "31", "33", "1", "2", "0"):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == plain.out


def test_json_and_other_patients_go_on_after_a_bad_one(cli: Cli) -> None:
    """A patient that cannot be read is a problem of its own."""
    run = cli("timeline", BAD, ANNA, "--format", "json", "--months", "3")
    assert run.code == 12
    assert "unknown-unit" in run.err
    document = json.loads(run.out)
    assert [(each["patient"], each["trial"]) for each in document["results"]] == [
        ("anna", "NCT05610826"),
        ("anna", "START-NET"),
    ]
    timeline = document["results"][1]
    assert timeline["horizon"] == "2027-02-20"
    assert timeline["sentence"].endswith("(everolimus washout), then eligible.")
    assert timeline["periods"][1] == {
        "first": "2026-12-05",
        "last": None,
        "verdict": "eligible",
        "in_the_way": [],
        "failing": [],
        "open": [],
        "changes": [
            {
                "clause": "I7",
                "before": "unmet",
                "after": "met",
                "cause": CAUSE,
                "short": "everolimus washout",
                "records": ["treatments[2]"],
                "decisive": True,
            }
        ],
    }
    assert document["problems"]
    assert document["disclaimer"].startswith("Decision support")


@pytest.mark.parametrize("months", ["0", "121"])
def test_months_out_of_range_are_wrong_use(cli: Cli, months: str) -> None:
    run = cli("timeline", ANNA, "--months", months)
    assert (run.code, run.out) == (2, "")
    assert "1 to 120 months" in run.err
