"""A value that fails a clause, moved by the distance that is stated, fails it no longer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import pytest

from nen_kb.explain import Judgement, Obstacle, obstacles
from nen_kb.explain.wording.nearness import AT_THE_LIMIT
from nen_kb.facts.normalise import normalise
from nen_kb.facts.records import Measurement, Patient
from nen_kb.facts.values import Span, parse_quantity, span
from nen_kb.ontology import Ontology
from nen_kb.resources import shipped
from nen_kb.rules import load_program
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.protocol import protocol_rows
from nen_kb.sources.case_file import documents, read_case

A_FEW = 3
"""Obstacles tried of each part and unit."""
EACH = 2
"""Of the cases with measurements in a file every second is read: reading them is what takes the time."""


@dataclass(frozen=True)
class House:
    """The shipped rules, ready to judge."""

    ontology: Ontology
    evaluator: Evaluator

    def judge(self, patient: Patient) -> Judgement:
        program = self.evaluator.program
        prepared = normalise(patient, self.ontology)
        base = {**prepared.rows(program.asked), **protocol_rows(program)}
        return Judgement(program, self.evaluator, prepared, self.evaluator.run(base, ("status",)), base)


@pytest.fixture(scope="module")
def house() -> House:
    ontology = Ontology.load()
    return House(ontology, Evaluator(load_program(shipped("kb"), ontology)))


def _patients(ontology: Ontology) -> Iterator[Patient]:
    """The patients of the cases that are about numbers."""
    for path in sorted((shipped("kb") / "trials").glob("*/cases/*.yaml")):
        texts = [text for text in documents(path.read_text(encoding="utf-8")) if "measurements:" in text]
        yield from (read_case(Path(path), ontology, text=text) for text in texts[::EACH])


def test_a_value_moved_by_the_distance_is_no_longer_in_the_way(house: House) -> None:
    """Moved by the distance, or one last place further, the obstacle is gone; one place short, it is not passed."""
    tried: dict[tuple[str, str, str, str], int] = {}
    for patient in _patients(house.ontology):
        judgement = house.judge(patient)
        for obstacle in _measured(judgement, tried):
            record = judgement.record(obstacle.records[0])
            assert isinstance(record, Measurement)
            arrived, short = _moved(record, obstacle, house.ontology)
            assert not _in_the_way(house.judge(_with(judgement, record, arrived)), obstacle), (patient.id, obstacle)
            still, leaf = house.judge(_with(judgement, record, short)), obstacle.part or obstacle.clause
            passes = "met" if still.clause(obstacle.trial, leaf).kind == "inclusion" else "unmet"
            assert still.status(obstacle.trial, leaf) != passes, (patient.id, obstacle)
    assert len(tried) > 30, "the cases no longer try many kinds of limits"


def _measured(judgement: Judgement, tried: dict[tuple[str, str, str, str], int]) -> Iterator[Obstacle]:
    """Obstacles that are one exact measured value, a few of each part and unit."""
    for trial in judgement.program.trials:
        for obstacle in obstacles(judgement, trial.id):
            record = judgement.record(obstacle.records[0]) if len(obstacle.records) == 1 else None
            if not isinstance(record, Measurement) or not obstacle.distance:
                continue
            quantity = parse_quantity(record.original)
            key = (trial.id, obstacle.part or obstacle.clause, obstacle.concept, quantity.unit)
            if quantity.exact and tried.get(key, 0) < A_FEW:
                tried[key] = tried.get(key, 0) + 1
                yield obstacle


def _in_the_way(judgement: Judgement, obstacle: Obstacle) -> bool:
    """Whether the same record is still named for the same clause and the same demand."""
    return any(
        (each.part, each.clause, each.records, each.needs)
        == (obstacle.part, obstacle.clause, obstacle.records, obstacle.needs)
        for each in obstacles(judgement, obstacle.trial)
    )


def _moved(record: Measurement, obstacle: Obstacle, ontology: Ontology) -> tuple[Span, Span]:
    """The value moved by the distance, at most one last place further, and the value that stops as much short of it."""
    quantity = parse_quantity(record.original)
    needs, limit = re.match(r"(more than|less than|at least|at most) ([0-9.]+)", obstacle.needs).groups()  # type: ignore[union-attr]  # always so
    observable = ontology.observable(record.observable)
    at_limit = obstacle.distance == AT_THE_LIMIT
    distance = Fraction(0) if at_limit else parse_quantity(obstacle.distance).low
    assert observable is not None
    assert quantity.low is not None
    assert distance is not None
    sign = 1 if needs in ("more than", "at least") else -1
    reached = quantity.low + sign * distance
    assert reached == Fraction(limit), "the distance leads to the limit"
    last = Fraction(1, 10 ** len(limit.partition(".")[2]))
    further = last if needs in ("more than", "less than") else 0
    values = (reached + sign * further, reached + sign * (further - last))
    if "(" in obstacle.needs:  # perhaps rounded to the strict side: the true limit lies less than a last place off
        values = (values[0], reached - sign * last)
    spans = [span(replace(quantity, low=v, high=v), observable.unit, observable.equations) for v in values]
    assert spans[0] is not None
    assert spans[1] is not None
    return spans[0], spans[1]


def _with(judgement: Judgement, record: Measurement, value: Span) -> Patient:
    patient = judgement.prepared.patient
    changed = tuple(replace(each, value=value) if each.id == record.id else each for each in patient.measurements)
    return replace(patient, measurements=changed)
