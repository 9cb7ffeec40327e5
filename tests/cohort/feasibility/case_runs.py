"""Small cohort runs for the tests: patients of case files, written as a run writes them.

Their statuses are those of the evaluator, so that whatever SQL judges again is compared with another engine.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pyarrow as pa
from pyarrow import compute
from pyarrow import parquet as pq

from nen_kb.cohort.store import CLASSES, FORMAT, MATRIX, Run
from nen_kb.cohort.writing import PartWriter, write_part
from nen_kb.engines.sql.matrix import PATIENT, cells
from nen_kb.facts.normalise import Prepared
from nen_kb.knowledge_base import KnowledgeBase
from nen_kb.resources import shipped
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.ir import Program
from nen_kb.rules.protocol import protocol_rows
from nen_kb.sources.case_file import documents, read_case

Told = dict[tuple[str, ...], str]
"""Of one patient the verdict of each trial and the status of each trial and clause."""

FILES = {"*/cases/whole-*.yaml": 1, "start-net/cases/I11.yaml": 13, "*/cases/[IE]*.yaml": 31}
"""Which case files, and one case in how many."""


@cache
def knowledge() -> KnowledgeBase:
    """What ships."""
    return KnowledgeBase()


@cache
def chosen() -> tuple[Prepared, ...]:
    """Some patients of case files, each under an id of its own."""
    found: list[Prepared] = []
    for pattern, every in FILES.items():
        texts = [
            (path, text)
            for path in sorted((shipped("kb") / "trials").glob(pattern))
            for text in documents(path.read_text(encoding="utf-8"))
        ]
        for path, text in texts[::every]:
            patient = read_case(path, knowledge().ontology, text=text)
            found.append(knowledge().prepare(replace(patient, id=f"{len(found)} {patient.id}")))
    return tuple(found)


def judged(program: Program) -> list[Told]:
    """What the evaluator says of each of those patients in turn."""
    evaluator, protocol = Evaluator(program), protocol_rows(program)
    told = []
    for prepared in chosen():
        rows = evaluator.rows({**prepared.rows(program.asked), **protocol}, ("status", "verdict"))
        told.append({tuple(map(str, row[1:-1])): str(row[-1]) for each in rows.values() for row in each})
    return told


def make_run(folder: Path, kb: KnowledgeBase, told: Sequence[Told], ends: Iterable[int]) -> Run:
    """A complete run of those patients, in parts that end before those places; the last part holds the others."""
    starts = [0, *ends]
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(chosen())], strict=True)):
        part = folder / "parts" / f"{number:05}"
        part.mkdir(parents=True)
        writer = PartWriter(part, kb.program)
        for prepared in chosen()[start:end]:
            writer.add("cases", prepared)
        writer.close()
        _move(part, start)
        numbers = {PATIENT: pa.array(range(start, end), pa.int32())}
        columns = {
            cell.column: pa.array(
                [cell.words.index(each[(cell.trial, cell.clause) if cell.clause else (cell.trial,)]) for each in mine],
                pa.uint8(),
            )
            for mine in [told[start:end]]
            for cell in cells(kb.program)
        }
        pq.write_table(pa.table({**numbers, **columns}), part / MATRIX)
        rewrite(part, end - start, start)
    return finish(folder, kb, len(chosen()))


def rewrite(part: Path, patients: int, first: int) -> None:
    """``part.json`` for the files that are there now."""
    found = json.loads((part / "part.json").read_text(encoding="utf-8"))
    write_part(part, patients, first, {name: found[name] for name in CLASSES})


def finish(folder: Path, kb: KnowledgeBase, patients: int) -> Run:
    """The manifest, and the run."""
    manifest = {
        "format": FORMAT,
        "state": "complete",
        "knowledge_base": kb.identity.to_json(),
        "source": {"kind": "cases"},
        "engine": "duckdb",
        "index_date": None,
        "trials": [trial.id for trial in kb.trials],
        "patients": patients,
        "problems": 0,
    }
    (folder / "cohort.json").write_text(json.dumps(manifest), encoding="utf-8")
    return Run.open(folder, ontology=kb.ontology)


def _move(part: Path, first: int) -> None:
    """Gives the patients and their rows the numbers they have in the whole run."""
    for path in [part / "patients.parquet", part / "notes.parquet", *(part / "facts").glob("*.parquet")]:
        table = pq.read_table(path, partitioning=None)
        for name in ("number", "patient"):
            if name in table.column_names and pa.types.is_integer(table[name].type):
                moved = compute.add(table[name], pa.scalar(first, table[name].type))
                table = table.set_column(table.column_names.index(name), name, moved)
        pq.write_table(table, path)
