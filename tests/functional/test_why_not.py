"""Why not, and how near: obstacles through the facade, the JSON and the summary."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nen_kb import KnowledgeBase
from nen_kb.sources.case_file import read_case

CASE = """\
case: 1
id: near
index_date: 2026-11-20
findings: [{concept: poorly differentiated, date: 2024-05-20}]
measurements:
  - {observable: platelets, value: 96 10*9/L, date: 2026-11-08}
treatments:
"""
DRUGS = "".join(
    f"  - {{agent: {agent}, started: 2026-01, ended: 2026-11-{day:02}}}\n"
    for day, agent in enumerate(("everolimus", "sunitinib", "cabozantinib", "etoposide", "cisplatin", "carboplatin"), 1)
)


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """A patient kept out by differentiation, platelets and six drugs."""
    path = tmp_path / "near.yaml"
    path.write_text(CASE + DRUGS, encoding="utf-8")
    return path


def test_facade(kb: KnowledgeBase, case: Path) -> None:
    """A result names what is in the way, in the order of the protocol, and what would lift it."""
    result = kb.eligibility(read_case(case, kb.ontology), "START-NET")
    found = result.obstacles()
    assert [each.part or each.clause for each in found] == ["I4c", *["I7"] * 6, "I11b", "E4"]
    by = result.possible_if()
    assert [each.clause for each in by.permanent] == ["I4"]
    assert by.permanent + by.by_record == found
    assert by.by_time == ()


def test_json(cli: Callable[..., Any], case: Path) -> None:
    """``screen --format json`` holds every obstacle, with everything a program wants of it."""
    document = json.loads(cli("screen", str(case), "--trial", "START-NET", "--format", "json").out)
    (result,) = document["results"]
    assert len(result["obstacles"]) == 9
    platelets = next(each for each in result["obstacles"] if each["part"] == "I11b")
    assert (platelets["distance"], platelets["near"], platelets["days_ago"]) == ("4 × 10⁹/L", 0.04, 12)
    assert platelets["records"] == ["measurements[0]"]


def test_text(cli: Callable[..., Any], case: Path) -> None:
    """The summary says datum, demand and place, and how many more there are where there are many."""
    shown = " ".join(cli("screen", str(case), "--trial", "START-NET").out.split())
    assert "platelets 96 × 10⁹/L, needs more than 100 × 10⁹/L, measured 12 days ago (measurements[0])" in shown
    assert "everolimus, last day 2026-11-01, needs to have ended on or before 2026-10-23" in shown
    assert "carboplatin" not in shown
    assert "– and 1 more" in shown
