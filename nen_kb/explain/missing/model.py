"""What to find out next: questions, and sets of them that decide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from nen_kb.explain.doubt import Reason
from nen_kb.explain.missing.asks import Form, Kind
from nen_kb.explain.missing.edits import Edit, apply
from nen_kb.facts.records import Patient


@dataclass(frozen=True)
class Question:
    """One thing to find out about one patient."""

    key: str
    """The same question has the same key wherever it stands."""
    text: str
    """The question in words."""
    kind: Kind
    """record: something new; sharpen: a record known better; declare: a list said to be complete; person: sex, birth
    date, arm, planned start; reconcile: which of two records is right."""
    concept: str
    """The class asked about; of a declaration the domain, of the person what is asked."""
    records: tuple[str, ...]
    """Ids of the records it is about."""
    cost: int
    effort: str
    """The kind of work: ``chart question``, ``laboratory test``, …; ``kb/policy.dl`` says which and at what cost."""
    clauses: tuple[tuple[str, str], ...]
    """(trial, clause or part) of the open ones it bears on."""
    settles: int
    """How many of them the favourable answer settles, alone or with the other answers of its set."""
    knocks_out: tuple[str, ...]
    """The trials that an adverse answer would end; each was verified by evaluating such an answer."""
    favourable: str
    """The answers with which the patient goes on, in words."""
    adverse: str
    """The answers that end a trial, in words; empty if none does."""
    form: Form = "yes or no"
    """What kind of answer is expected."""
    unit: str = ""
    """The canonical unit of a number."""
    choices: tuple[str, ...] = ()
    """What a choice offers, in words."""
    answer: Edit = field(default=Edit(), compare=False, repr=False)
    """The favourable answer that was evaluated."""
    against: Edit | None = field(default=None, compare=False, repr=False)
    """An adverse answer that was evaluated."""

    def to_json(self) -> dict[str, Any]:
        """As ``missing --format json`` prints it."""
        return {
            "key": self.key,
            "text": self.text,
            "kind": self.kind,
            "concept": self.concept,
            "records": list(self.records),
            "cost": self.cost,
            "effort": self.effort,
            "form": self.form,
            "unit": self.unit,
            "choices": list(self.choices),
            "clauses": [{"trial": trial, "clause": clause} for trial, clause in self.clauses],
            "settles": self.settles,
            "knocks_out": list(self.knocks_out),
            "favourable": self.favourable,
            "adverse": self.adverse,
        }


@dataclass(frozen=True)
class MissingSet:
    """Questions that together decide a trial: answered favourably they make the verdict eligible.

    With any one of them left out the trial stays undetermined; an unfavourable answer can only end it sooner.
    """

    trial: str
    """Empty for all undetermined trials jointly."""
    questions: tuple[Question, ...]
    cost: int

    def to_json(self) -> dict[str, Any]:
        """As ``missing --format json`` prints it."""
        return {
            "trial": self.trial,
            "cost": self.cost,
            "questions": [{"key": each.key, "favourable": each.favourable} for each in self.questions],
        }


@dataclass(frozen=True)
class Missing:
    """What to find out next about one patient."""

    patient: str
    undetermined: tuple[str, ...]
    """The trials it is about; nothing is asked for a decided one."""
    questions: tuple[Question, ...]
    """The most decisive for the least cost first."""
    sets: tuple[MissingSet, ...]
    """For each trial and then jointly, the cheapest first; each was verified by evaluating it."""
    unsettled: tuple[tuple[str, str, Reason], ...]
    """(trial, clause, reason) of what no new fact settles: records that contradict each other, a damaged text."""
    complete: bool
    """False if the search was cut short: there may be other sets, and a trial without one may have one."""

    def sets_of(self, trial: str) -> tuple[MissingSet, ...]:
        """The sets of one trial, or the joint ones (an empty text)."""
        return tuple(each for each in self.sets if each.trial == trial)

    def to_json(self) -> dict[str, Any]:
        """As ``missing --format json`` prints it."""
        return {
            "patient": self.patient,
            "undetermined": list(self.undetermined),
            "questions": [question.to_json() for question in self.questions],
            "sets": [each.to_json() for each in self.sets],
            "unsettled": [
                {"trial": trial, "clause": clause, "reason": reason.to_json()}
                for trial, clause, reason in self.unsettled
            ],
            "complete": self.complete,
        }


def answered(patient: Patient, questions: Iterable[Question]) -> Patient:
    """The patient as she would be if each question had its favourable answer."""
    return apply(patient, [question.answer for question in questions])
