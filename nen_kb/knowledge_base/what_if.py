"""Verdicts under assumed facts, beside those of the record as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from nen_kb.errors import Problem, UsageError
from nen_kb.explain import assumptions, person_words, record_words
from nen_kb.explain.wording.assumed import on_record
from nen_kb.facts.records import Patient
from nen_kb.knowledge_base.results import Status, TrialResult
from nen_kb.sources.assumption import Given, assume_all

if TYPE_CHECKING:
    from nen_kb.knowledge_base.facade import KnowledgeBase


class Change(NamedTuple):
    """A clause or part whose status the assumptions change."""

    trial: str
    clause: str
    before: Status
    after: Status


@dataclass(frozen=True)
class WhatIf:
    """One patient judged as if some facts were on record, and as she is.

    Nothing of it stays: the patient is not loaded, and neither queries nor SPARQL see what is assumed.
    """

    results: tuple[TrialResult, ...]
    """Under the assumptions; their proofs mark every assumed fact."""
    before: tuple[TrialResult, ...]
    """The record as it is, trial by trial as in ``results``."""
    assumed: tuple[str, ...]
    """Everything assumed, each in words: first about the person, then the records."""
    set_aside: tuple[str, ...]
    """What is on record and stands aside for an assumption, in words."""

    @property
    def changes(self) -> tuple[Change, ...]:
        """The clauses and parts whose status is another, in the order of the protocols."""
        return tuple(
            Change(after.trial.id, clause.id, was.status, clause.status)
            for before, after in zip(self.before, self.results, strict=True)
            for was, clause in zip(before, after, strict=True)
            if was.status is not clause.status
        )

    def to_json(self) -> dict[str, Any]:
        """What is assumed and what it changes; the results carry their own JSON."""
        return {
            "patient": self.results[0].patient,
            "assumed": list(self.assumed),
            "set_aside": list(self.set_aside),
            "verdicts": [
                {"trial": after.trial.id, "before": before.verdict.value, "after": after.verdict.value}
                for before, after in zip(self.before, self.results, strict=True)
            ],
            "changes": [
                {"trial": each.trial, "clause": each.clause, "before": each.before.value, "after": each.after.value}
                for each in self.changes
            ],
        }


def what_if(kb: KnowledgeBase, patient: Patient, given: Sequence[Given], trials: Sequence[str] | None) -> WhatIf:
    """The patient under the assumptions; raises UsageError for what cannot be understood or assumed."""
    if not given:
        problem = Problem("what if", "", "nothing is assumed", "Name a fact, such as 'hemoglobin 95 g/L'.", "empty")
        raise UsageError(problem)
    names = {name.casefold(): trial.id for trial in kb.trials for name in (trial.id, trial.header.get("registry"))}
    names.pop("", None)
    under = assume_all(patient, given, kb.ontology, names)
    before = kb.screen(patient, trials)
    results = kb.screen(under.patient, trials)
    if not results:
        raise UsageError(Problem("what if", "", "no trial is named", "Name one, or leave trials out.", "no-trial"))
    judgement = before[0].judgement
    replaced = [on_record(words) for name in under.replaced for words in person_words(patient, name)]
    return WhatIf(
        results=results,
        before=before,
        assumed=assumptions(results[0].judgement),
        set_aside=(*replaced, *(record_words(judgement, record) for record in under.set_aside)),
    )
