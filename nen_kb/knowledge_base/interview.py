"""A dialogue that asks for what is missing, the most decisive first, until every trial is decided.

Pure logic: whoever shows the questions and reads the answers is elsewhere.  The case is the mapping of a case
file; every answer is written into it and read back by the reader of case files, which judges it.
"""

from __future__ import annotations

import copy
import io
from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from nen_kb.errors import PatientError, Problem
from nen_kb.explain import describe, reasons
from nen_kb.explain.missing import Missing, Question
from nen_kb.explain.wording import interview as wording
from nen_kb.facts.assuming import first_day, records
from nen_kb.facts.dates import iso
from nen_kb.facts.records import Finding, Imaging, Measurement, Patient, Treatment
from nen_kb.knowledge_base.case_edits import Case, answered_case
from nen_kb.knowledge_base.results import TrialResult, Verdict
from nen_kb.sources.case_file import read_case

if TYPE_CHECKING:
    from nen_kb.knowledge_base.facade import KnowledgeBase


class Interview:
    """One patient's interview.  Nobody is asked a question twice, answered or not.

    ``case`` is the mapping of a case file with at least ``case``, ``id`` and ``index_date``.
    Raises PatientError for a case that cannot be read.
    """

    def __init__(self, kb: KnowledgeBase, case: Mapping[str, Any], trials: Sequence[str] | None = None) -> None:
        self._kb = kb
        self._trials = [trial.id for trial in kb.trials] if trials is None else [kb.trial(one).id for one in trials]
        self._asked: set[str] = set()
        self._skipped: set[str] = set()
        self._before: list[tuple[Case, frozenset[str]]] = []
        self.case: Case = copy.deepcopy(dict(case) if not isinstance(case, MutableMapping) else case)
        self._look()

    @property
    def patient(self) -> Patient:
        """The patient as answered so far."""
        return self._patient

    @property
    def results(self) -> tuple[TrialResult, ...]:
        """The trials as judged so far."""
        return self._results

    @property
    def missing(self) -> Missing:
        """What is still to be found out, without what was asked already."""
        return self._missing

    @property
    def question(self) -> Question | None:
        """The question to ask next; None when every trial is decided or nothing useful is left."""
        return next(iter(self.questions), None)

    @property
    def questions(self) -> tuple[Question, ...]:
        """Every question still worth asking: it belongs to a set that decides, or an answer could end a trial."""
        needed = {question.key for each in self._missing.sets for question in each.questions}
        return tuple(q for q in self._missing.questions if q.key in needed or q.knocks_out)

    @property
    def decided(self) -> bool:
        """Whether every trial has a verdict."""
        return not self.open_trials

    @property
    def open_trials(self) -> tuple[str, ...]:
        """The trials that are undetermined."""
        return tuple(result.trial.id for result in self._results if result.verdict is Verdict.UNDETERMINED)

    def answer(self, text: str) -> None:
        """Takes the answer to the question; raises PatientError, keeping nothing, for one that cannot be used."""
        question = self._current()
        changed = answered_case(self.case, question, text, self.options(question), self._kb.ontology)
        known = {each.id for each in self._patient.measurements if each.trouble}
        patient = read(changed, self._kb)
        for each in patient.measurements:
            if each.trouble and each.id not in known and each.value is None:
                raise PatientError(_unusable(each))
        today, before = patient.index_date, {each.id for each in records(self._patient)}
        if any(first_day(each) > today for each in records(patient) if each.id not in before):
            message = wording.after_index_day(iso(today))
            raise PatientError(Problem(wording.ANSWER, "", message, wording.BEFORE_IT, "later"))
        self._remember(question)
        self._offer_again(patient)
        self.case = changed
        self._look()

    def skip(self) -> None:
        """Nobody knows: the question is not asked again, unless what it asks about changes."""
        question = self._current()
        self._remember(question)
        self._skipped.add(question.key)
        self._look()

    @property
    def skipped(self) -> int:
        """How many questions were skipped and not answered since."""
        return len(self._skipped & self._asked)

    def _offer_again(self, patient: Patient) -> None:
        """Whether a list is complete may be asked again when something was added to it."""
        before, domain = {each.id for each in records(self._patient)}, self._kb.ontology.domain
        added = [each for each in records(patient) if each.id not in before]
        grown = {domain(each.concept) for each in added if isinstance(each, Finding | Treatment)}
        grown |= {domain(each.procedure) for each in added if isinstance(each, Imaging)}
        self._asked -= {f"declare:{name}" for name in grown} & self._skipped

    def back(self) -> bool:
        """Takes the last answer or skip back; False if there is none."""
        if not self._before:
            return False
        self.case, asked = self._before.pop()
        self._asked = set(asked)
        self._look()
        return True

    def why(self) -> list[str]:
        """Which clauses hang on the answer, in their own words, and what an answer would do."""
        question = self._current()
        judgement = self._results[0].judgement
        lines = []
        for trial, clause in question.clauses:
            found = judgement.clause(trial, clause)
            says = found.header.get("says") or found.quote
            lines.append(
                wording.clause_hangs(trial, clause, says, [r.text for r in reasons(judgement, trial, clause)[:2]])
            )
        lines.append(wording.goes_on(question.favourable))
        if question.adverse:
            lines.append(wording.ends(question.knocks_out, question.adverse))
        return lines

    def options(self, question: Question) -> tuple[str, ...]:
        """The labels that a choice offers, in order; empty for any other question."""
        return question.choices

    def _current(self) -> Question:
        question = self.question
        if question is None:
            raise ValueError("there is no question to answer")
        return question

    def _remember(self, question: Question) -> None:
        self._before.append((self.case, frozenset(self._asked)))
        self._asked.add(question.key)

    def _look(self) -> None:
        """Judges the case again and finds out what is missing now."""
        self._patient = read(self.case, self._kb)
        self._results = self._kb.screen(self._patient, self._trials)
        judgement = self._results[0].judgement
        self._missing = self._kb.finder.missing(
            judgement, self._trials, avoid=frozenset(self._asked), alternatives=False
        )


def read(case: Mapping[str, Any], kb: KnowledgeBase) -> Patient:
    """The patient of a case, as its file would be read; raises PatientError."""
    return read_case(Path(str(case.get("id") or "case")), kb.ontology, text=to_yaml(case))


def to_yaml(case: Mapping[str, Any]) -> str:
    """The text of the case file."""
    yaml = _yaml()
    stream = io.StringIO()
    yaml.dump(case, stream)
    return stream.getvalue()


def from_yaml(text: str) -> Case:
    """The mapping of a case file that was already found to be one; comments stay."""
    found: Case = _yaml().load(text)
    return found


def _yaml() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.preserve_quotes = True
    yaml.width = 120
    yaml.indent(mapping=2, sequence=4, offset=2)
    return yaml


def _unusable(found: Measurement) -> Problem:
    why = found.trouble_text or describe.NO_VALUE
    return Problem(wording.ANSWER, "", f"{why}.", "Write the value with a unit of this observable.", "unusable")
