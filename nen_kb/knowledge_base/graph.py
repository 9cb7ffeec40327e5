"""Everything a knowledge base knows as one graph: ontology, rules, patients and what is answered about them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from nen_kb.facts.records import Patient
from nen_kb.graph import (
    Answers,
    Graph,
    Outcome,
    Triple,
    classes_asked,
    ontology_triples,
    patient_triples,
    rules_triples,
    vocabulary,
)
from nen_kb.graph.terms import TYPE, data, g, text

if TYPE_CHECKING:
    from nen_kb.knowledge_base.facade import KnowledgeBase

_LOCK = threading.Lock()
_LAST: WeakKeyDictionary[KnowledgeBase, tuple[tuple[Patient, ...], Graph]] = WeakKeyDictionary()
"""The graph last asked of each knowledge base, with the patients in it."""


def graph_triples(kb: KnowledgeBase, patients: Sequence[Patient], ontology: Path | None = None) -> Iterator[Triple]:
    """All triples; the patients are judged while they are written.

    ``ontology`` is the root file the knowledge base was made with, where it is not the one that ships.
    Raises EngineError if the two engines disagree about a patient.
    """
    yield from ontology_triples(kb.ontology, ontology, classes_asked(kb.program, kb.ontology))
    yield from vocabulary()
    yield from _identity(kb)
    yield from rules_triples(kb.program, kb.ontology)
    for patient in patients:
        yield from patient_answers(kb, patient)


def patient_answers(kb: KnowledgeBase, patient: Patient) -> Iterator[Triple]:
    """The records of one patient, and what is answered about her for every trial."""
    results = kb.screen(patient)
    judgement = results[0].judgement
    yield from patient_triples(judgement.prepared)
    outcomes = [
        Outcome(
            trial=result.trial.id,
            verdict=result.verdict.value,
            because=result.undetermined_because,
            recoverable=result.recoverable,
            eligible_from=result.eligible_from,
        )
        for result in results
    ]
    yield from Answers(judgement).triples(outcomes)


def loaded_graph(kb: KnowledgeBase, patients: Sequence[Patient]) -> Graph:
    """The graph of a knowledge base and those patients; the same one as long as they stay the same."""
    wanted = tuple(patients)
    with _LOCK:
        known = _LAST.get(kb)
        if known is not None and known[0] == wanted:
            return known[1]
    made = Graph(graph_triples(kb, wanted, kb.ontology_path))
    with _LOCK:
        _LAST[kb] = (wanted, made)
    return made


def _identity(kb: KnowledgeBase) -> Iterator[Triple]:
    this = data("knowledge-base")
    identity = kb.identity
    yield this, TYPE, g("KnowledgeBase")
    yield this, g("version"), text(identity.version)
    yield this, g("rulesSha256"), text(identity.rules_sha256)
    yield this, g("ontologySha256"), text(identity.ontology_sha256)
