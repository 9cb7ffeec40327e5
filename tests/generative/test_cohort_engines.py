"""pyDatalog, one patient at a time, and DuckDB, whole cohorts: the same status for every clause of every patient."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest
from flavours import FLAVOURS, flavoured
from hypothesis import given
from topics import base_rows, examples, ontology, program

from nen_kb.cohort.generator import Generator, Mess
from nen_kb.engines.pydatalog import PyDatalogEngine
from nen_kb.engines.sql.compile import Compiled, compile_program
from nen_kb.engines.sql.duckdb import DuckDB
from nen_kb.engines.sql.facts import facts_of
from nen_kb.engines.sql.fuse import OUTCOMES, fuse
from nen_kb.engines.sql.matrix import STATUSES, cells, matrix_of
from nen_kb.facts.normalise import normalise
from nen_kb.facts.records import Patient
from nen_kb.sources.case_file import read_case

EACH = 24
"""Patients of each flavour."""


def drawn(flavour: str) -> list[Patient]:
    """Random patients of that flavour, the same every time, each under a name of its own."""
    found: list[Patient] = []

    @examples(EACH)
    @given(flavoured(flavour))
    def draw(patient: Patient) -> None:
        found.append(replace(patient, id=f"{flavour}{len(found):05d}"))

    draw()
    return found


def made_up() -> list[Patient]:
    """Patients of the generator of cohorts."""
    lines = Generator(17, Mess.REALISTIC).lines(0, EACH)
    return [read_case(Path("made-up.json"), ontology(), text=json.dumps(json.loads(line))) for line in lines]


@cache
def cohort() -> tuple[Patient, ...]:
    """Every flavour, and made-up patients."""
    return (*(patient for flavour in FLAVOURS for patient in drawn(flavour)), *made_up())


@cache
def by_pydatalog() -> dict[str, tuple[str, ...]]:
    """Of each patient the words of every clause, part and verdict, in the order of the matrix."""
    engine = PyDatalogEngine(program())
    found = {}
    for patient in cohort():
        rows = engine.rows(base_rows(patient), OUTCOMES)
        words = {tuple(row[1:-1]): str(row[-1]) for name in OUTCOMES for row in rows[name]}
        found[patient.id] = tuple(words[_key(cell.trial, cell.clause)] for cell in cells(program()))
    return found


def _key(trial: str, clause: str | None) -> tuple[str, ...]:
    return (trial,) if clause is None else (trial, clause)


@cache
def matrix(fast: bool) -> tuple[pa.Table, Sequence[str]]:
    """The matrix of the cohort by one of the translations, and the patients in the order of its rows."""
    compiled: Compiled = fuse(program()) if fast else compile_program(program())
    facts = facts_of([normalise(patient, ontology()) for patient in cohort()], program(), compiled.names)
    rows = DuckDB(compiled, threads=1).run(facts, OUTCOMES)
    codes = sorted(compiled.names.code(patient.id) for patient in cohort())
    return matrix_of(rows, codes, program(), compiled.names), [compiled.names.name(code) for code in codes]


@pytest.mark.parametrize("fast", [False, True], ids=["literal", "fast"])
@pytest.mark.parametrize("flavour", [*FLAVOURS, "g17-"])
def test_duckdb_gives_every_patient_the_statuses_of_pydatalog(flavour: str, fast: bool) -> None:
    """Clause by clause, and the verdicts."""
    table, patients = matrix(fast)
    columns = [(cell.column, cell.words, table[cell.column].to_pylist()) for cell in cells(program())]
    compared = 0
    for place, patient in enumerate(patients):
        if patient.startswith(flavour):
            found = {column: words[values[place]] for column, words, values in columns}
            assert found == dict(zip(found, by_pydatalog()[patient], strict=True)), patient
            compared += 1
    assert compared == sum(patient.id.startswith(flavour) for patient in cohort()) >= EACH // 2


def test_the_flavours_taste_of_what_they_are_called() -> None:
    """Conflicts where there should be some, little known of sparse patients, many records of dense ones."""
    words: dict[str, Counter[str]] = {flavour: Counter() for flavour in FLAVOURS}
    for patient, found in by_pydatalog().items():
        flavour = patient.rstrip("0123456789")
        if flavour in words:
            words[flavour].update(word for word in found if word in STATUSES)
    conflicts = {flavour: counted["conflicting"] / counted.total() for flavour, counted in words.items()}
    assert max(conflicts, key=conflicts.__getitem__) == "conflicting"
    unknown = {flavour: counted["unknown"] / counted.total() for flavour, counted in words.items()}
    assert max(unknown, key=unknown.__getitem__) == "sparse"
    assert min(unknown, key=unknown.__getitem__) == "dense"
    inexact = [
        result.value.low < result.value.high
        for patient in cohort()
        if patient.id.startswith("interval")
        for result in patient.measurements
        if result.value
    ]
    assert sum(inexact) > len(inexact) / 3
