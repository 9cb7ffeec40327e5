"""A knowledge base for all, and a way to judge a cohort."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nen_kb import KnowledgeBase
from nen_kb.cohort.run import Made, Request, make
from nen_kb.cohort.work import Worker, compiled
from nen_kb.engines.sql.duckdb import DuckDB

sys.path.insert(0, str(Path(__file__).parent))  # the modules the tests share lie beside them


@pytest.fixture(scope="session")
def kb() -> KnowledgeBase:
    """What ships."""
    return KnowledgeBase()


@pytest.fixture(scope="session")
def engine(kb: KnowledgeBase) -> DuckDB:
    """The program compiled once for all: that takes longer than judging a small cohort."""
    return DuckDB(compiled(kb), threads=1)


@pytest.fixture
def judged(kb: KnowledgeBase, tmp_path: Path, engine: DuckDB, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Made]:
    """Judges a source into a folder of the test, in this process."""
    monkeypatch.setattr(Worker, "engine", engine)

    def run(source: Path, output: str = "run", **told: Any) -> Made:
        return make(Request(str(source), tmp_path / output, **told), kb)

    return run
