"""The timeline's picture: windows from the rules, honest bars, nothing outside its frame."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from nen_kb import KnowledgeBase
from nen_kb.explain.wording import report as wording
from nen_kb.facts.dates import iso, parse_days
from nen_kb.knowledge_base import TrialResult
from nen_kb.report import svg
from nen_kb.report.labels import Labels
from nen_kb.report.timeline import Chart, Hanging, charts
from nen_kb.report.windows import windows

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def kb() -> KnowledgeBase:
    return KnowledgeBase()


def result(kb: KnowledgeBase, *treatments: dict[str, object], start: str | None = "2026-12-01") -> TrialResult:
    patient = kb.patient("p", index_date="2026-11-20", planned_start=start)
    for treatment in treatments:
        patient.treatment(**treatment)  # type: ignore[arg-type]
    return kb.eligibility(patient, "START-NET")


def told(found: TrialResult, clause: str) -> list[tuple[str, str, str]]:
    return [
        (iso(each.first), iso(each.last), wording.window(each.counts, each.anchor))
        for each in windows(found.judgement, found.trial.id, clause)
    ]


def drawn(found: TrialResult, clause: str = "I7") -> tuple[Chart, ...]:
    hanging = [
        Hanging(each, found.trial.id, clause, "fails") for each in windows(found.judgement, found.trial.id, clause)
    ]
    return charts(found.judgement, Labels(found.judgement.ontology), (), hanging, {})


def test_the_washout_ends_at_the_planned_start(kb: KnowledgeBase) -> None:
    found = result(kb, {"agent": "everolimus", "started": "2026-01-01", "ended": "2026-11-07"})
    assert told(found, "I7") == [("2026-11-03", "2026-12-01", "28 days before planned start")]


def test_the_same_window_moves_with_the_day_judged(kb: KnowledgeBase) -> None:
    found = result(kb, {"agent": "everolimus", "started": "2026-01-01", "ended": "2026-11-07"}, start=None)
    assert told(found, "I7") == [("2026-10-23", "2026-11-20", "28 days before planned start")]


def test_two_limits_of_one_rule_are_one_window(kb: KnowledgeBase) -> None:
    assert ("2024-11-20", "2026-10-20", "24 to 1 months before index day") in told(result(kb), "I6a")


def test_a_clause_that_counts_no_days_has_no_window(kb: KnowledgeBase) -> None:
    assert told(result(kb), "I3") == []


def test_ends_that_are_unsure_are_not_drawn_as_sure(kb: KnowledgeBase) -> None:
    found = result(
        kb, {"agent": "capecitabine", "started": "2025-01-07", "ended": "2025-09"}, {"agent": "octreotide",
        "started": "2024-06", "ongoing": True},
    )  # fmt: skip
    (lane,) = [lane for lane in drawn(found)[0].lanes if lane.kind == "treatments"]
    octreotide, capecitabine = (row.bars[0] for row in lane.rows)
    assert (iso(octreotide.first), iso(octreotide.sure_first)) == ("2024-06-01", "2024-06-30")
    assert octreotide.ongoing
    assert iso(octreotide.last) == "2026-11-20"
    assert (iso(capecitabine.sure_last), iso(capecitabine.last)) == ("2025-09-01", "2025-09-30")


def test_everything_lies_within_the_picture(kb: KnowledgeBase) -> None:
    found = result(
        kb, {"agent": "octreotide", "started": "1999", "ongoing": True}, {"agent": "everolimus",
        "started": "2026-11-19", "ended": "2026-11-20"}, {"agent": "sunitinib", "started": "2010-02"},
    )  # fmt: skip
    pictures = drawn(found)
    assert len(pictures) == 2
    for chart in pictures:
        root = ElementTree.fromstring(svg.draw(chart, "a < b & \x07c", "d", "x"))
        width, height = (float(each) for each in (root.get("viewBox") or "").split()[2:])
        for shape in root.iter():
            x, y = float(shape.get("x", 0)), float(shape.get("y", 0))
            assert 0 <= x <= width
            assert 0 <= y <= height
            assert x + float(shape.get("width", 0)) <= width
        labels = [text for text in root.iter(f"{SVG}text") if "daylabel" in text.get("class", "")]
        assert [label.text for label in labels] == ["index day 2026-11-20", "planned start 2026-12-01"]


def test_verdicts_are_drawn_to_scale_and_named() -> None:
    begin = parse_days("2026-11-20").first
    runs = [
        (begin, begin + 99, "ineligible"),
        (begin + 100, begin + 399, "eligible"),
        (begin + 400, begin + 400, "undetermined"),
    ]
    text = svg.draw_periods(runs, "t", "d", "x")
    wide = [float(each) for each in re.findall(r'<rect[^>]* width="([\d.]+)"', text)]
    assert wide[1] / wide[0] == pytest.approx(3, rel=0.05)
    assert "✓ Eligible</text>" in text
    assert "<title>Undetermined, 2027-12-25 to 2027-12-25</title>" in text


def test_a_start_far_ahead_is_drawn_where_it_lies(kb: KnowledgeBase) -> None:
    found = result(kb, {"agent": "everolimus", "started": "2026-01-01", "ended": "2026-11-07"}, start="2027-11-20")
    for chart in drawn(found):
        assert all(chart.first <= day.day <= chart.last for day in chart.days)
    assert iso(drawn(found)[0].last) == "2027-11-20"
    assert told(found, "I7") == [("2027-10-23", "2027-11-20", "28 days before planned start")]
