"""The hand-written SQL of the benchmark gives the statuses of the compiled program: both do the same work."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nen_kb.engines.sql.compile import Compiled
from nen_kb.engines.sql.duckdb import DuckDB
from nen_kb.engines.sql.facts import facts_of
from nen_kb.engines.sql.fuse import OUTCOMES, fuse
from nen_kb.engines.sql.matrix import cells, matrix_of
from nen_kb.engines.sql.names import Names
from nen_kb.facts.normalise import Prepared, normalise
from nen_kb.facts.records import Patient
from nen_kb.ontology import Ontology
from nen_kb.resources import shipped
from nen_kb.rules.ir import Program
from nen_kb.rules.load import load_program
from nen_kb.sources.case_file import documents, read_case

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "benchmarks" / "cohort"), str(TESTS / "generative")]

from hand import hand_written  # noqa: E402
from strategies import patients  # noqa: E402


@cache
def knowledge() -> tuple[Ontology, Program, Compiled, DuckDB]:
    """What ships, compiled."""
    ontology = Ontology.load(None)
    program = load_program(shipped("kb"), ontology)
    compiled = fuse(program)
    return ontology, program, compiled, DuckDB(compiled, threads=2)


def compare(prepared: Iterable[Prepared]) -> pa.Table:
    """The matrix of those patients, which both have given alike for every clause that is written by hand."""
    _, program, compiled, engine = knowledge()
    names = Names(compiled.names.all())
    facts = facts_of(prepared, program, names)
    codes = facts["patient"]["patient"].to_pylist()
    wanted = matrix_of(engine.run(facts, OUTCOMES, names), codes, program, names)
    found = hand_written(facts, names, threads=2).sort_by("patient")
    assert found["patient"].to_pylist() == wanted["patient"].to_pylist()
    differing = {
        column: [names.name(codes[place]) for place, same in enumerate(equal(found, wanted, column)) if not same]
        for column in found.column_names
    }
    assert {column: people for column, people in differing.items() if people} == {}
    return wanted.select(found.column_names)


def equal(one: pa.Table, other: pa.Table, column: str) -> list[bool]:
    """For each row whether both hold the same there."""
    return [mine == yours for mine, yours in zip(one[column].to_pylist(), other[column].to_pylist(), strict=True)]


def test_every_case() -> None:
    """Every clause, part and verdict; the cases bring each clause to met, unmet and unknown: no column is idle."""
    ontology, program, *_ = knowledge()
    found = []
    for path in sorted((shipped("kb") / "trials").glob("*/cases/*.yaml")):
        for text in documents(path.read_text(encoding="utf-8")):
            patient = read_case(path, ontology, text=text)
            found.append(normalise(replace(patient, id=f"{len(found)} {patient.id}"), ontology))
    matrix = compare(found)
    assert {*matrix.column_names} == {"patient", *(cell.column for cell in cells(program))}
    for cell in cells(program):
        if cell.clause:
            assert {0, 1, 2} <= set(matrix[cell.column].to_pylist()), cell


@settings(max_examples=3, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.lists(patients(), min_size=10, max_size=20))
def test_random_patients(several: list[Patient]) -> None:
    """Records that meet, contradict each other and are vague."""
    ontology = knowledge()[0]
    compare([normalise(replace(patient, id=f"p{place}"), ontology) for place, patient in enumerate(several)])
