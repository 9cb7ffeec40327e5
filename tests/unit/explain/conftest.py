"""Judgements of patients written as case files, by the rules and the ontology that ship."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nen_kb.explain import Judgement
from nen_kb.facts.normalise import normalise
from nen_kb.ontology import Ontology
from nen_kb.resources import shipped
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.load import load_program
from nen_kb.rules.protocol import protocol_rows
from nen_kb.sources.case_file import read_case

sys.path.insert(0, str(Path(__file__).parent))  # the modules beside the tests

Judge = Callable[..., Judgement]
HEAD = "case: 1\nid: anna\nindex_date: 2026-11-20\n"


@pytest.fixture(scope="session")
def ontology() -> Ontology:
    return Ontology.load()


@pytest.fixture(scope="session")
def evaluator(ontology: Ontology) -> Evaluator:
    return Evaluator(load_program(shipped("kb"), ontology, strict=False))


def judged(evaluator: Evaluator, ontology: Ontology, text: str) -> Judgement:
    """The patient of a case file's text, judged for every trial."""
    prepared = normalise(read_case(Path("anna.yaml"), ontology, text=text), ontology)
    base = {**prepared.rows(evaluator.program.asked), **protocol_rows(evaluator.program)}
    return Judgement(evaluator.program, evaluator, prepared, evaluator.run(base, ("status",)), base)


@pytest.fixture(scope="session")
def judge(evaluator: Evaluator, ontology: Ontology) -> Judge:
    """Judges a case file's text; the head is added."""
    return lambda text="": judged(evaluator, ontology, HEAD + text)
