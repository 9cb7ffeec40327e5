"""The knowledge base and the patients a command works on."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Sequence
from pathlib import Path

from nen_kb.explain.missing import Missing
from nen_kb.knowledge_base import KnowledgeBase, TrialResult, Verdict
from nen_kb.sources.reading_all import Sources, read_sources


def knowledge_base(arguments: argparse.Namespace) -> KnowledgeBase:
    """The knowledge base the options name, or the one that ships with the package."""
    kb = KnowledgeBase(rules=arguments.rules, ontology=arguments.ontology, limits=getattr(arguments, "limits", None))
    # Rules and ontology stay for the whole run: the collector need not look at them again for every patient.
    gc.freeze()
    return kb


def patients(kb: KnowledgeBase, files: Sequence[Path], as_of: int | None) -> Sources:
    """Every patient of the files, and what could not be read."""
    return read_sources(files, kb.ontology, as_of=as_of)


def missing_of(kb: KnowledgeBase, results: Sequence[TrialResult]) -> Missing | None:
    """What to find out next about a patient, if a verdict is open."""
    open_trials = [result.trial.id for result in results if result.verdict is Verdict.UNDETERMINED]
    return kb.finder.missing(results[0].judgement, open_trials) if open_trials else None
