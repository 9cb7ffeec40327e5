"""The evaluator and pyDatalog give random patients the same statuses and verdicts."""

from __future__ import annotations

from functools import cache

from hypothesis import given
from strategies import patients
from topics import base_rows, evaluator, examples, program

from nen_kb.engines.pydatalog import MANY_RECORDS, PyDatalogEngine
from nen_kb.facts.records import Patient

OUTCOMES = ("status", "verdict", "met", "unmet")


@cache
def engine(many: int) -> PyDatalogEngine:
    return PyDatalogEngine(program(), many)


@examples(60)
@given(patients())
def test_the_engines_agree(patient: Patient) -> None:
    """Row for row, and also when the same session answers one patient after another.

    So they do for few records and for many, for which the rules are cut into parts.
    """
    base = base_rows(patient)
    expected = evaluator().rows(base, OUTCOMES)
    assert engine(MANY_RECORDS).rows(base, OUTCOMES) == expected
    assert engine(0).rows(base, OUTCOMES) == expected
