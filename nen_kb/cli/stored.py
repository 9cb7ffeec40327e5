"""Patients of a cohort run, read back from its folder, so that each can be looked at one by one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nen_kb.cli.terminal import complain
from nen_kb.errors import Problem, UsageError
from nen_kb.explain.wording import cohort as wording
from nen_kb.facts.dates import iso
from nen_kb.facts.records import Patient
from nen_kb.knowledge_base import KnowledgeBase

if TYPE_CHECKING:
    from nen_kb.cohort.store import Run

MANIFEST = "cohort.json"
MOST = 50
"""So many patients of a run are looked at without being named."""


def is_run(path: Path) -> bool:
    """Whether a folder is that of a cohort run."""
    return os.path.isfile(path / MANIFEST)  # false, not an error, for a name that cannot be


def stored(kb: KnowledgeBase, path: Path, as_of: int | None, wanted: str | None) -> list[tuple[str, Patient]]:
    """The patient of that id, or all of a small run, each with the file she was read from.

    Raises UsageError for an unknown id, for a large run without an id, and for another day than that of the run.
    """
    from nen_kb.cli.cohort import require_libraries

    require_libraries(f"the cohort run {path}")
    from nen_kb.cohort.store import Run

    run = Run.open(path, ontology=kb.ontology)
    if as_of is not None and run.manifest.get("index_date") != iso(as_of):
        message = "the patients of a run are judged on the day it was made for"
        remedy = "Run the cohort again with --as-of, into another folder."
        raise UsageError(Problem(str(path), "--as-of", message, remedy, "other-day"))
    _same_knowledge(kb, run)
    return [(run.file_of(number), run.numbered(number)) for number in _numbers(run, wanted)]


def _numbers(run: Run, wanted: str | None) -> Sequence[int]:
    if wanted is not None:
        return [run.number_of(wanted)]
    if run.patients > MOST:
        message = f"this run holds {run.patients:,} patients"
        remedy = "Name one with --patient ID; verdicts of all of them are in the folder."
        raise UsageError(Problem(str(run.path), "", message, remedy, "which-patient"))
    return range(run.patients)


def _same_knowledge(kb: KnowledgeBase, run: Run) -> None:
    now, then = kb.identity.to_json(), run.manifest["knowledge_base"]
    if now != then:
        different = [name.removesuffix("_sha256") for name in now if now[name] != then.get(name)]
        complain(f"nen-kb: {run.path}: {wording.other_knowledge(different)}")
