"""Statuses of the patients of one part, and a sample of them judged a second time, one by one.

The sample is judged by the evaluator from the stored documents, as an explanation would be.  If it differs from what
the database found in a single status, nothing is passed off as a result.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np
import pyarrow as pa
from pyarrow import compute

from nen_kb.cohort.files import disk_error, is_full
from nen_kb.cohort.store import CLASSES, MOST_RECORDS, NUMBERED, Part, base_predicates, engine_facts
from nen_kb.engines.sql.facts import Facts
from nen_kb.engines.sql.matrix import PATIENT, STATUSES, VERDICTS, cells
from nen_kb.engines.sql.names import Names
from nen_kb.engines.sql.tables import column_names
from nen_kb.errors import EngineError, Problem
from nen_kb.facts.normalise import hierarchy_rows
from nen_kb.facts.patient_json import from_json
from nen_kb.knowledge_base import KnowledgeBase
from nen_kb.rules.plan import Row
from nen_kb.rules.protocol import protocol_rows

SAMPLE = 20
"""So many patients of a part are judged a second time."""
OUTCOMES = ("status", "verdict")


class Engine(Protocol):
    """Judges many patients at once."""

    def matrix(self, facts: Facts, names: Names) -> pa.Table:
        """Statuses and verdicts, one row a patient (``nen_kb.engines.sql.matrix``)."""
        ...


def judge(part: Part, kb: KnowledgeBase, engine: Engine, sample: int = SAMPLE) -> pa.Table:
    """The matrix of a part.

    Raises EngineError if the engine fails, leaves a patient out, or disagrees with the evaluator about one of the
    sample; DiskError if there is no room for what it spills.
    """
    return judge_together([part], kb, engine, sample)[0]


def judge_together(parts: Sequence[Part], kb: KnowledgeBase, engine: Engine, sample: int = SAMPLE) -> list[pa.Table]:
    """The matrix of each of some parts, which the engine sees as one; raises as ``judge`` does."""
    held = [part for part in parts if part.patients]
    matrix = _matrix(held, kb, engine) if held else nobody(kb)
    found = []
    wrong: list[Problem] = []
    start = 0
    for part in parts:
        own = matrix.slice(start, part.patients)
        start += part.patients
        wrong += disagreements(part, own, kb, sampled(part, sample) if part.patients else [])
        found.append(own)
    if wrong:
        raise EngineError(wrong)
    return found


def _matrix(parts: Sequence[Part], kb: KnowledgeBase, engine: Engine) -> pa.Table:
    """The matrix of all patients of those parts, in their order."""
    tables = [part.facts() for part in parts]
    facts = {
        name: pa.concat_tables([each[name] for each in tables if name in each])
        for name in dict.fromkeys(name for each in tables for name in each)
    }
    classes = {name: frozenset(each for part in parts for each in part.classes[name]) for name in CLASSES}
    own, names = engine_facts(facts, classes, kb)
    try:
        matrix = engine.matrix(own, names)
    except EngineError as error:
        raise _told(error, parts) from None
    expected = np.concatenate([np.arange(part.first, part.first + part.patients) for part in parts])
    if not np.array_equal(matrix[PATIENT].to_numpy(), expected):
        message = f"the engine gave {matrix.num_rows} rows for the {len(expected)} patients of {_called(parts)}"
        raise EngineError(Problem("cohort", _called(parts), message, _REPORT, "patients-differ"))
    return matrix


def nobody(kb: KnowledgeBase) -> pa.Table:
    """The matrix of no patient."""
    columns = {cell.column: pa.array([], pa.uint8()) for cell in cells(kb.program)}
    return pa.table({PATIENT: pa.array([], pa.int32()), **columns})


def _called(parts: Sequence[Part]) -> str:
    """What errors call them."""
    first, last = parts[0].number, parts[-1].number
    return f"part {first}" if first == last else f"parts {first} to {last}"


_REPORT = "Please report this with the rules; it is an error of the program, not of the patients' records."


def _told(error: EngineError, parts: Sequence[Part]) -> Exception:
    cause = error.__cause__
    if cause is not None and is_full(cause):
        return disk_error(parts[0].path, cause)
    if cause is not None and "OutOfMemory" in type(cause).__name__:
        message = f"the database ran out of memory on {_called(parts)}"
        remedy = "Give it more (--memory), use fewer --workers, or start anew with a smaller --part."
        return EngineError(Problem("DuckDB", "", message, remedy, "out-of-memory"))
    return error


def sampled(part: Part, sample: int) -> list[int]:
    """The numbers of the patients to judge a second time, spread evenly over the part."""
    count = min(sample, part.patients)
    return [part.first + place * part.patients // count for place in range(count)]


def disagreements(part: Part, matrix: pa.Table, kb: KnowledgeBase, numbers: Sequence[int]) -> Iterator[Problem]:
    """Every status of those patients in which evaluator and matrix differ; without anything of the patients."""
    protocol = protocol_rows(kb.program)
    for number, base in base_rows(part, kb, numbers):
        rows = kb.evaluator.rows({**base, **protocol}, OUTCOMES)
        statuses = {(row[1], row[2]): row[3] for row in rows["status"]}
        verdicts = {row[1]: row[2] for row in rows["verdict"]}
        for cell in cells(kb.program):
            found = matrix[cell.column][number - part.first].as_py()
            words = VERDICTS if cell.clause is None else STATUSES
            expected = verdicts.get(cell.trial) if cell.clause is None else statuses.get((cell.trial, cell.clause))
            if found >= len(words) or words[found] != expected:
                message = f"engine and evaluator disagree about patient number {number}; no result is given"
                yield Problem(cell.trial, cell.clause or "verdict", message, _REPORT, "engines-disagree")


def base_rows(
    part: Part, kb: KnowledgeBase, numbers: Sequence[int]
) -> Iterator[tuple[int, Mapping[str, frozenset[Row]]]]:
    """What the rules read about each of those patients: from the documents, or from bare facts where there are none."""
    bare: list[int] = []
    for number in numbers:
        document = part.row(number)["document"]
        if document:
            yield number, _documented(document, part, number, kb)
        else:
            bare.append(number)
    facts = part.facts() if bare else {}
    for number in bare:
        yield number, facts_of_one(facts, number, kb)


def _documented(document: str, part: Part, number: int, kb: KnowledgeBase) -> Mapping[str, frozenset[Row]]:
    patient, problems = from_json(
        json.loads(document), kb.ontology, str(part.path), f"patient {number}", most=MOST_RECORDS
    )
    if patient is None:
        codes = ", ".join(sorted({problem.code for problem in problems}))
        message = f"the stored document of patient number {number} cannot be read back ({codes})"
        raise EngineError(Problem("cohort", f"part {part.number}", message, _REPORT, "bad-document"))
    return kb.prepare(patient).rows(kb.program.asked)


def facts_of_one(facts: Mapping[str, pa.Table], number: int, kb: KnowledgeBase) -> dict[str, frozenset[Row]]:
    """The rows of one patient out of stored facts, with a hierarchy of her own."""
    rows: dict[str, frozenset[Row]] = {}
    for name, predicate in base_predicates(kb.program).items():
        if name in facts:
            own = facts[name].filter(compute.equal(facts[name][column_names(predicate)[0]], number))
            columns = [
                [str(each) for each in values.to_pylist()] if column.word in NUMBERED else values.to_pylist()
                for column, values in zip(predicate.columns, own.columns, strict=True)
            ]
            rows[name] = frozenset(zip(*columns, strict=True))
    return {**rows, **hierarchy_rows(kb.ontology, kb.program.asked, **classes_of(rows))}


def classes_of(rows: Mapping[str, Collection[Row]]) -> dict[str, frozenset[str]]:
    """The classes on record in those rows, as the normaliser gathers them."""

    def third(*names: str) -> frozenset[str]:
        return frozenset(str(row[2]) for name in names for row in rows.get(name, ()))

    return {
        "recorded": third("found", "doubtful", "about", "measurement", "scan", "treatment"),
        "denied": third("ruled_out"),
        "doubted": third("doubtful"),
        "named": third("about"),
    }
