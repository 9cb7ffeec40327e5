"""The parts of a run judged on Spark: the same program, the same facts, the same matrix."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from nen_kb.cohort.files import writing
from nen_kb.cohort.judge import judge
from nen_kb.cohort.progress import Progress
from nen_kb.cohort.store import Part
from nen_kb.cohort.work import add_matrix, compiled
from nen_kb.knowledge_base import KnowledgeBase


def judge_parts(parts: Sequence[Part], kb: KnowledgeBase, progress: Progress) -> None:
    """Judge every part that has no statuses yet, one after the other, on one session."""
    waiting = [part for part in parts if not part.judged]
    if not waiting:
        return
    spark: Any = import_module("nen_kb.engines.sql.spark")
    session: Any = import_module("nen_kb.engines.sql.spark_session").session()
    engine = spark.Spark(compiled(kb), session)
    progress.begin("judging on Spark", len(parts), len(parts) - len(waiting))
    done = 0
    try:
        for place, part in enumerate(waiting):
            progress.show(len(parts) - len(waiting) + place, done)
            matrix = judge(part, kb, engine)
            with writing(part.path):
                add_matrix(part, matrix)
            done += part.patients
    finally:
        progress.end()
