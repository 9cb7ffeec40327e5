"""A proof as a document that can be handed on and checked: result, justifications, and what they rest on."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from nen_kb.explain import explain_clause, proof_to_json
from nen_kb.explain.checking.certificate import certificate
from nen_kb.explain.checking.check import Checker
from nen_kb.explain.wording.report import DISCLAIMER
from nen_kb.knowledge_base.judging import result_of
from nen_kb.knowledge_base.results import ClauseResult, TrialResult
from nen_kb.ontology import Ontology
from nen_kb.rules.ir import Program

if TYPE_CHECKING:
    from nen_kb.knowledge_base.facade import Identity


def proof_document(
    identity: Identity,
    result: TrialResult,
    clauses: Collection[ClauseResult] | None = None,
    alternatives: bool = False,
) -> dict[str, Any]:
    """The document of ``explain --format json``: one clause or part, or all of the trial's; see ``certificate``."""
    judgement = result.judgement
    chosen = result.clauses if clauses is None else clauses
    proofs = [explain_clause(judgement, result.trial.id, clause.id, alternatives) for clause in chosen]
    return {
        "result": result.to_json(),
        "proofs": [proof_to_json(proof, judgement) for proof in proofs],
        "knowledge_base": identity.to_json(),
        "certificate": certificate(judgement),
        "disclaimer": DISCLAIMER,
    }


def checker(program: Program, ontology: Ontology) -> Checker:
    """What checks such documents against those rules and that ontology, without the engines."""
    return Checker(program, ontology, lambda judgement, trial: result_of(judgement, trial).to_json())
