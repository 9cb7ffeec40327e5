"""The knowledge base and the patients a command works on."""

from __future__ import annotations

import argparse
import gc
from collections.abc import Sequence
from pathlib import Path

from nen_kb.cli.stored import is_run, stored
from nen_kb.errors import Problem, UsageError
from nen_kb.explain.missing import Missing
from nen_kb.knowledge_base import KnowledgeBase, TrialResult, Verdict
from nen_kb.sources.reading_all import Sources, read_sources


def knowledge_base(arguments: argparse.Namespace) -> KnowledgeBase:
    """The knowledge base the options name, or the one that ships with the package."""
    kb = KnowledgeBase(rules=arguments.rules, ontology=arguments.ontology, limits=getattr(arguments, "limits", None))
    # Rules and ontology stay for the whole run: the collector need not look at them again for every patient.
    gc.freeze()
    return kb


def patients(kb: KnowledgeBase, files: Sequence[Path], as_of: int | None, wanted: str | None = None) -> Sources:
    """Every patient of the files and cohort runs, or the one of that id, and what could not be read.

    Raises UsageError if there is no such patient, or if a run holds too many to look at one by one.
    """
    runs = [path for path in files if is_run(path)]
    others = [path for path in files if path not in runs]
    found = read_sources(others, kb.ontology, as_of=as_of) if others else Sources((), ())
    chosen = [
        (file, patient)
        for file, patient in zip(found.files, found.patients, strict=True)
        if wanted is None or patient.id == wanted
    ]
    chosen += [each for run in runs for each in stored(kb, run, as_of, wanted)]
    if wanted is not None and not chosen and not found.problems:
        message, remedy = "no patient of that id was found", "The ids are those that nen-kb screen shows."
        raise UsageError(Problem(", ".join(map(str, files)), "", message, remedy, "unknown-patient"))
    return Sources(
        tuple(patient for _, patient in chosen), found.problems, found.notes, tuple(file for file, _ in chosen)
    )


def missing_of(kb: KnowledgeBase, results: Sequence[TrialResult]) -> Missing | None:
    """What to find out next about a patient, if a verdict is open."""
    open_trials = [result.trial.id for result in results if result.verdict is Verdict.UNDETERMINED]
    return kb.finder.missing(results[0].judgement, open_trials) if open_trials else None
