"""The evaluator and pyDatalog give random patients the same statuses and verdicts."""

from __future__ import annotations

from functools import cache

from hypothesis import given
from strategies import patients
from topics import base_rows, evaluator, examples, program

from nen_kb.engines.pydatalog import PyDatalogEngine
from nen_kb.facts.records import Patient

OUTCOMES = ("status", "verdict", "met", "unmet")


@cache
def engine() -> PyDatalogEngine:
    return PyDatalogEngine(program())


@examples(60)
@given(patients())
def test_the_engines_agree(patient: Patient) -> None:
    """Row for row, and also when the same session answers one patient after another."""
    base = base_rows(patient)
    assert engine().rows(base, OUTCOMES) == evaluator().rows(base, OUTCOMES)
