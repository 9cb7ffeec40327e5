"""The parts of a run judged on Spark: the same program, the same facts, the same matrix."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from nen_kb.cohort.files import writing
from nen_kb.cohort.judge import judge_together
from nen_kb.cohort.progress import Progress
from nen_kb.cohort.store import Part
from nen_kb.cohort.work import add_matrix, compiled
from nen_kb.knowledge_base import KnowledgeBase

TOGETHER = 100_000
"""Parts of so many patients in all are judged at once: a cluster takes long to plan and little longer for more."""


def judge_parts(parts: Sequence[Part], kb: KnowledgeBase, progress: Progress) -> None:
    """Judge every part that has no statuses yet, some together, on one session."""
    waiting = [part for part in parts if not part.judged]
    if not waiting:
        return
    spark: Any = import_module("nen_kb.engines.sql.spark")
    session: Any = import_module("nen_kb.engines.sql.spark_session").session()
    engine = spark.Spark(compiled(kb), session)
    whole = len(parts) - len(waiting)
    progress.begin("judging on Spark", len(parts), whole)
    done = 0
    try:
        for group in together(waiting, TOGETHER):
            progress.show(whole, done)
            for part, matrix in zip(group, judge_together(group, kb, engine), strict=True):
                with writing(part.path):
                    add_matrix(part, matrix)
                done += part.patients
            whole += len(group)
    finally:
        progress.end()


def together(parts: Sequence[Part], patients: int) -> list[list[Part]]:
    """Neighbours of at most so many patients, unless one part alone has more."""
    groups: list[list[Part]] = []
    held = 0
    for part in parts:
        if not groups or held + part.patients > patients:
            groups.append([])
            held = 0
        groups[-1].append(part)
        held += part.patients
    return groups
