"""Explanations: why a clause has its status, what would settle it, whether it can still change."""

from __future__ import annotations

from nen_kb.explain.assumed import assumptions, person_words, record_words
from nen_kb.explain.build import because, explain_clause
from nen_kb.explain.case import Judgement
from nen_kb.explain.doubt import Reason
from nen_kb.explain.nearness.obstacles import Obstacle, PossibleIf, obstacles, possible_if
from nen_kb.explain.permanence import is_permanent
from nen_kb.explain.proof import Proof
from nen_kb.explain.reasons import also_open, reasons, undetermined_because
from nen_kb.explain.render_graph import to_dot as proof_to_dot
from nen_kb.explain.render_graph import to_mermaid as proof_to_mermaid
from nen_kb.explain.render_json import to_json as proof_to_json
from nen_kb.explain.render_text import PLAIN, render

__all__ = [
    "PLAIN",
    "Judgement",
    "Obstacle",
    "PossibleIf",
    "Proof",
    "Reason",
    "also_open",
    "assumptions",
    "because",
    "explain_clause",
    "is_permanent",
    "obstacles",
    "person_words",
    "possible_if",
    "proof_to_dot",
    "proof_to_json",
    "proof_to_mermaid",
    "reasons",
    "record_words",
    "render",
    "undetermined_because",
]
