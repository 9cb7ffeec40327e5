"""Small cohorts, and what is found for them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nen_kb import KnowledgeBase
from nen_kb.cohort.store import Run
from nen_kb.engines.sql.matrix import STATUSES, VERDICTS, cells
from nen_kb.facts.records import Patient
from nen_kb.rules.protocol import protocol_rows

Statuses = dict[tuple[str, str | None], str]


def case(name: str, **more: Any) -> dict[str, Any]:
    """A small patient of whom some clauses are decided."""
    born = f"{1940 + sum(map(ord, name)) % 50}-04-02"
    return {
        "case": 1,
        "id": name,
        "sex": ("female", "male")[len(name) % 2],
        "born": born,
        "index_date": "2026-11-20",
        "complete": ["conditions"],
        "findings": [{"concept": "pancreatic neuroendocrine tumor", "date": "2024-05"}],
        "measurements": [
            {"observable": "hemoglobin", "value": "9.1 g/dL", "date": "2026-11-01"},
            {"observable": "Ki-67 index", "value": "3-20 %", "date": "2024-05-20"},
        ],
        "treatments": [{"agent": "octreotide", "started": "2024-06", "ongoing": True}],
        "imaging": [{"procedure": "68Ga-DOTATATE PET/CT", "date": "2026-10-01", "krenning": 4, "extent": "all"}],
        **more,
    }


def lines(path: Path, cases: Sequence[Mapping[str, Any] | str]) -> Path:
    """A file with one case a line."""
    texts = [each if isinstance(each, str) else json.dumps(each) for each in cases]
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


def statuses(run: Run, kb: KnowledgeBase) -> dict[str, Statuses]:
    """Every status and verdict of a run, by the patient's id."""
    found: dict[str, Statuses] = {}
    for part in run.parts:
        rows = zip(part.people(["patient"])["patient"].to_pylist(), part.matrix().to_pylist(), strict=True)
        for patient, row in rows:
            assert patient not in found
            found[patient] = {
                (cell.trial, cell.clause): (VERDICTS if cell.clause is None else STATUSES)[row[cell.column]]
                for cell in cells(kb.program)
            }
    return found


def alone(patient: Patient, kb: KnowledgeBase) -> Statuses:
    """What the evaluator finds for one patient."""
    base = {**kb.prepare(patient).rows(kb.program.asked), **protocol_rows(kb.program)}
    rows = kb.evaluator.rows(base, ("status", "verdict"))
    found: Statuses = {(str(row[1]), str(row[2])): str(row[3]) for row in rows["status"]}
    return found | {(str(row[1]), None): str(row[2]) for row in rows["verdict"]}


def contents(folder: Path) -> dict[str, str]:
    """The hash of every file of a folder, by its path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
