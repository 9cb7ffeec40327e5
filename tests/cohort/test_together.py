"""Parts that an engine judges together get the statuses that each gets alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pyarrow as pa
import pytest
from populations import case, lines

from nen_kb import KnowledgeBase
from nen_kb.cohort import judge as judging
from nen_kb.cohort.cluster import together
from nen_kb.cohort.judge import judge_together
from nen_kb.cohort.run import Made
from nen_kb.cohort.store import Run
from nen_kb.engines.sql.duckdb import DuckDB
from nen_kb.engines.sql.facts import Facts
from nen_kb.engines.sql.names import Names
from nen_kb.errors import EngineError


@pytest.fixture
def run(tmp_path: Path, judged: Callable[..., Made]) -> Run:
    """Eight patients in parts of three at most, whose classes are not the same."""
    cases = [case(f"patient-{number}") for number in range(4)]
    cases += [case(f"man-{number}", findings=[{"concept": "ascites", "date": "2026-11-01"}]) for number in range(4)]
    return judged(lines(tmp_path / "cases.ndjson", cases), part=3).run


def test_each_part_has_its_own_statuses(run: Run, kb: KnowledgeBase, engine: DuckDB) -> None:
    """Also where a part of nobody stands between."""
    nobody = replace(run.parts[0], patients=0)
    found = judge_together([run.parts[0], nobody, *run.parts[1:]], kb, engine)
    assert [each.num_rows for each in found] == [3, 0, 3, 2]
    assert [each for each in found if each.num_rows] == [part.matrix() for part in run.parts]
    assert [each.num_rows for each in judge_together([nobody], kb, engine)] == [0]


def test_a_patient_left_out_is_no_result(run: Run, kb: KnowledgeBase, engine: DuckDB) -> None:
    def matrix(facts: Facts, names: Names) -> pa.Table:
        return engine.matrix(facts, names).slice(1)

    with pytest.raises(EngineError, match="7 rows for the 8 patients of parts 0 to 2"):
        judge_together(run.parts, kb, SimpleNamespace(matrix=matrix))


def test_a_sample_of_every_part_is_judged_again(
    run: Run, kb: KnowledgeBase, engine: DuckDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    kept = judging.base_rows
    monkeypatch.setattr(
        judging, "base_rows", lambda part, kb, numbers: asked.extend(numbers) or kept(part, kb, numbers)
    )
    judge_together(run.parts, kb, engine, sample=2)
    assert asked == [0, 1, 3, 4, 6, 7]


def test_neighbours_are_put_together(run: Run) -> None:
    """As long as they are few; a large part stays alone."""
    parts = run.parts
    assert together(parts, 6) == [list(parts[:2]), [parts[2]]]
    assert together(parts, 1) == [[part] for part in parts]
    assert together([], 6) == []
