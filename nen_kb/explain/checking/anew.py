"""A patient's certificate, result and proofs written anew from her records, without the engines.

What holds is found out in the plainest way (``applied``); the words are those of the writer of all proofs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nen_kb.explain.build import explain_clause
from nen_kb.explain.case import Judgement
from nen_kb.explain.checking.applied import Applied, Tables
from nen_kb.explain.checking.certificate import certificate
from nen_kb.explain.render_json import to_json
from nen_kb.facts.normalise import normalise
from nen_kb.facts.records import Patient
from nen_kb.ontology import Ontology
from nen_kb.rules.ir import Program, Trial
from nen_kb.rules.protocol import protocol_rows

ResultOf = Callable[[Judgement, Trial], dict[str, Any]]
"""What a judgement says of a trial, as JSON."""


class Anew:
    """What is right to say of one patient; each thing is written when it is first asked for."""

    def __init__(
        self, program: Program, applied: Applied, ontology: Ontology, patient: Patient, result_of: ResultOf
    ) -> None:
        prepared = normalise(patient, ontology)
        base = {**prepared.rows(program.asked), **protocol_rows(program)}
        model = applied.run(base)
        self.patient = patient
        self.tables: Tables = model.tables
        self._judgement = Judgement(program, applied, prepared, model, base)
        self._result_of = result_of
        self.certificate = certificate(self._judgement)
        self._results: dict[str, dict[str, Any]] = {}
        self._proofs: dict[tuple[str, str, bool], tuple[dict[str, Any], bool]] = {}

    def result(self, trial: Trial) -> dict[str, Any]:
        """The verdict and the statuses, as ``screen`` prints them."""
        if trial.id not in self._results:
            self._results[trial.id] = self._result_of(self._judgement, trial)
        return self._results[trial.id]

    def proof(self, trial: Trial, clause: str, alternatives: bool) -> tuple[dict[str, Any], bool]:
        """The proof of a clause, and whether the search for it was cut short."""
        key = (trial.id, clause, alternatives)
        if key not in self._proofs:
            proof = explain_clause(self._judgement, *key)
            self._proofs[key] = to_json(proof, self._judgement), proof.partial
        return self._proofs[key]
