"""One graph to ask: ontology, trials, clauses, rules, patients, statuses, verdicts and proofs.

The vocabulary is described in ``vocabulary`` and, by labels and comments, in the graph itself.
"""

from __future__ import annotations

from nen_kb.graph.judgements import Answers, Outcome
from nen_kb.graph.ontology import ontology_triples
from nen_kb.graph.patients import patient_triples
from nen_kb.graph.result import Result, Term
from nen_kb.graph.rules import classes_asked, rules_triples
from nen_kb.graph.store import TIMEOUT, Graph, ask, best_store
from nen_kb.graph.terms import PREFIXES, Triple
from nen_kb.graph.turtle import turtle
from nen_kb.graph.vocabulary import vocabulary

__all__ = [
    "PREFIXES",
    "TIMEOUT",
    "Answers",
    "Graph",
    "Outcome",
    "Result",
    "Term",
    "Triple",
    "ask",
    "best_store",
    "classes_asked",
    "ontology_triples",
    "patient_triples",
    "rules_triples",
    "turtle",
    "vocabulary",
]
