"""Proof documents of the cases that ship, made with one engine, for what checks them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from nen_kb.explain.checking.check import Checker
from nen_kb.explain.checking.proof_file import proof_text
from nen_kb.facts.normalise import normalise
from nen_kb.facts.records import Patient
from nen_kb.knowledge_base import Identity, TrialResult
from nen_kb.knowledge_base.document import checker, proof_document
from nen_kb.knowledge_base.judging import Judge
from nen_kb.ontology import Ontology
from nen_kb.resources import shipped
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.instances import Base, Row
from nen_kb.rules.ir import BodyItem, Program, Variable
from nen_kb.sources.case_file import documents, read_case


class _Same:
    """Stands for the second engine: what is tested here is not whether engines agree."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator

    def rows(self, base: Base, predicates: Collection[str]) -> Mapping[str, frozenset[Row]]:
        return self.evaluator.rows(base, predicates)

    def query(self, base: Base, body: Sequence[BodyItem], variables: Sequence[Variable]) -> frozenset[Row]:
        return self.evaluator.query(base, body, variables)


class Maker:
    """Judges patients and writes their proofs as JSON has them."""

    def __init__(self, ontology: Ontology, evaluator: Evaluator) -> None:
        self.ontology = ontology
        self.program: Program = evaluator.program
        self.judge = Judge(self.program, evaluator, _Same(evaluator))

    def results(self, patient: Patient) -> tuple[TrialResult, ...]:
        """One result for each trial."""
        return self.judge.results(normalise(patient, self.ontology), self.program.trials)

    def document(self, result: TrialResult, clause: str = "", alternatives: bool = False) -> Any:
        """The document of one clause, or of all, as a reader of the file gets it."""
        chosen = [result[clause]] if clause else None
        identity = Identity("0", self.program.sha256, self.ontology.sha256)
        return json.loads(proof_text(proof_document(identity, result, chosen, alternatives)))

    def checker(self) -> Checker:
        """A checker of such documents."""
        return checker(self.program, self.ontology)


@cache
def case_texts() -> tuple[tuple[Path, str], ...]:
    """Every case of every trial, and the worked example."""
    files = [*sorted((shipped("kb") / "trials").glob("*/cases/*.yaml")), shipped("kb") / "examples" / "anna.yaml"]
    return tuple((file, text) for file in files for text in documents(file.read_text(encoding="utf-8")))


def patients(ontology: Ontology, step: int) -> list[Patient]:
    """Every so many-th of the patients of the cases, the worked example last."""
    texts = case_texts()
    chosen = [*texts[: len(texts) - 1 : step], texts[-1]]
    return [read_case(file, ontology, text=text) for file, text in chosen]
