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
    assert {each.clause for each in by.by_time} == {"I7"}
    assert sorted(map(found.index, by.permanent + by.by_record + by.by_time)) == list(range(9))


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
    assert (
        "platelets 96 × 10⁹/L, needs more than 100 × 10⁹/L, measured 2026-11-08, 12 days ago (measurements[0])" in shown
    )
    assert "everolimus, last day 2026-11-01, needs to have ended on or before 2026-10-23" in shown
    assert "carboplatin" not in shown
    assert "– and 1 more" in shown


ALSO = """\
case: 1
id: also
index_date: 2026-11-20
measurements:
  - {observable: albumin, value: 24 g/L, date: 2026-11-12}
  - {observable: hemoglobin, value: 89 g/L, date: 2026-11-12}
  - {observable: hemoglobin, value: 93 g/L, date: 2026-11-12}
treatments:
  - {agent: everolimus, started: 2026-03-01, ongoing: true}
  - {agent: cabozantinib, started: 2025-05}
  - {agent: octreotide, started: 2025-05}
"""


def test_what_is_open_beside_what_fails(cli: Callable[..., Any], tmp_path: Path) -> None:
    """A drug without an end beside one that goes on; open parts beside one that fails; nothing that cannot matter."""
    path = tmp_path / "also.yaml"
    path.write_text(ALSO, encoding="utf-8")
    shown = " ".join(cli("screen", str(path), "--trial", "START-NET").out.split())
    assert "everolimus, ongoing, needs to end; if stopped today, clear from 2026-12-18 (treatments[0])" in shown
    assert "– also open: the date is too imprecise: cabozantinib, begun 2025-05, end not on record" in shown
    assert "also open: met by hemoglobin 93 g/L, 2026-11-12 (measurements[2]); not met by hemoglobin 89 g/L" in shown
    assert "no count of leukocytes on record; and 4 more" in shown
    assert "octreotide" not in shown
