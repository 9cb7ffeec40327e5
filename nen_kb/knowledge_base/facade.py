"""The knowledge base: rules and ontology, loaded once, asked about any number of patients."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from nen_kb.engines.pydatalog import PyDatalogEngine
from nen_kb.errors import Problem, UsageError
from nen_kb.explain.missing import Finder, Missing
from nen_kb.facts.assuming import has_assumptions
from nen_kb.facts.normalise import Limits, Prepared, normalise
from nen_kb.facts.records import Note, Patient
from nen_kb.knowledge_base.judging import Judge
from nen_kb.knowledge_base.patients import Date, PatientRecord, case_data
from nen_kb.knowledge_base.query import Answer, ask
from nen_kb.knowledge_base.results import TrialResult
from nen_kb.knowledge_base.what_if import WhatIf, what_if
from nen_kb.ontology import Ontology
from nen_kb.resources import shipped
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.ir import Program, Trial
from nen_kb.rules.load import load_program
from nen_kb.sources.assumption import Given
from nen_kb.sources.limits import load_limits

if TYPE_CHECKING:
    from nen_kb.graph import Result


@dataclass(frozen=True)
class Identity:
    """Which knowledge base gave an answer."""

    version: str
    rules_sha256: str
    ontology_sha256: str

    def to_json(self) -> dict[str, str]:
        """As every JSON document carries it."""
        return {
            "version": self.version,
            "rules_sha256": self.rules_sha256,
            "ontology_sha256": self.ontology_sha256,
        }


class KnowledgeBase:
    """Rules and ontology; two of them, in one process or in two threads, do not see each other.

    ``rules`` is a folder laid out as ``kb/``, ``ontology`` an OWL file with its catalog beside it,
    ``limits`` a site's table of limits of normal; those that ship with the package are the default.
    Raises RulesError or OntologyError with everything that is wrong.
    """

    def __init__(
        self,
        rules: str | Path | None = None,
        ontology: str | Path | None = None,
        limits: str | Path | None = None,
    ) -> None:
        self.ontology_path = Path(ontology) if ontology is not None else None
        self.ontology = Ontology.load(self.ontology_path)
        self.program: Program = load_program(Path(rules) if rules is not None else shipped("kb"), self.ontology)
        self._limits: Limits | None = load_limits(Path(limits), self.ontology) if limits is not None else None
        self.evaluator = Evaluator(self.program)
        self._patients: dict[str, PatientRecord | Patient] = {}
        self._lock = threading.Lock()

    @cached_property
    def judge(self) -> Judge:
        """The two engines, started when the first patient is judged."""
        return Judge(self.program, self.evaluator, PyDatalogEngine(self.program))

    @cached_property
    def finder(self) -> Finder:
        """Finds what to ask next, made when it is first needed."""
        return Finder(self.program, self.evaluator, self.ontology, self._limits)

    @property
    def identity(self) -> Identity:
        """Which version of program, rules and ontology answers."""
        try:
            number = version("nen-kb")
        except PackageNotFoundError:
            number = "unknown"
        return Identity(number, self.program.sha256, self.ontology.sha256)

    @property
    def trials(self) -> tuple[Trial, ...]:
        """The trials, as the rules name them."""
        return self.program.trials

    def patient(
        self,
        patient_id: str,
        *,
        sex: str | None = None,
        born: Date | None = None,
        index_date: Date | None = None,
        planned_start: Date | None = None,
    ) -> PatientRecord:
        """A new patient, to be described record by record; replaces one of the same id.

        ``index_date`` is the day eligibility is judged (today by default), ``planned_start`` the planned
        start of study treatment (the index date by default).  Raises PatientError for what cannot be.
        """
        record = PatientRecord(self.ontology, case_data(patient_id, sex, born, index_date, planned_start))
        with self._lock:
            self._patients[patient_id] = record
        return record

    def add(self, patient: Patient) -> Patient:
        """Load a patient that a source has read, so that ``query`` ranges over her too.

        Raises UsageError for a patient under assumptions: queries range over what is on record.
        """
        if has_assumptions(patient):
            message = "some of what is on record of this patient is only assumed; she cannot be loaded"
            raise UsageError(Problem("knowledge base", "", message, "Judge her with kb.what_if(…).", "assumed"))
        with self._lock:
            self._patients[patient.id] = patient
        return patient

    def eligibility(self, patient: PatientRecord | Patient | str, trial: str) -> TrialResult:
        """One patient judged for one trial.

        Raises UsageError for an unknown patient or trial, EngineError if the two engines disagree.
        """
        return self.screen(patient, [trial])[0]

    def screen(
        self, patient: PatientRecord | Patient | str, trials: Sequence[str] | None = None
    ) -> tuple[TrialResult, ...]:
        """One patient judged for each trial (all of them by default)."""
        wanted = None if trials is None else {self.trial(trial).id for trial in trials}
        chosen = [trial for trial in self.trials if wanted is None or trial.id in wanted]
        return self.judge.results(self.prepare(patient), chosen)

    def what_if(
        self, patient: PatientRecord | Patient | str, *assumptions: Given, trials: Sequence[str] | None = None
    ) -> WhatIf:
        """One patient judged as if more were on record: ``kb.what_if(anna, "hemoglobin 95 g/L", "no ascites")``.

        An assumption is a text or an entry of the case file (a mapping).  It holds on the index date unless it
        names another, and stands in the place of what is recorded on exactly the same class and not certainly
        earlier; see ``nen_kb.facts.assuming``.  Nothing of it is loaded.  Raises UsageError with everything
        that is wrong with the assumptions.
        """
        return what_if(self, self._resolve(patient), assumptions, trials)

    def missing(self, patient: PatientRecord | Patient | str, trials: Sequence[str] | None = None) -> Missing:
        """What to find out next: the smallest sets of missing facts that decide, jointly over the trials, ranked.

        Only of trials whose verdict is undetermined; all trials by default.  Raises as ``eligibility`` does.
        """
        wanted = None if trials is None else {self.trial(trial).id for trial in trials}
        chosen = [trial.id for trial in self.trials if wanted is None or trial.id in wanted]
        return self.finder.missing(self.judge.judge(self.prepare(patient)), chosen)

    def prepare(self, patient: PatientRecord | Patient | str) -> Prepared:
        """The rows and records of a patient as the rules read them."""
        prepared = normalise(self._resolve(patient), self.ontology, self._limits)
        ids = {trial.id for trial in self.trials}
        strange = tuple(
            Note(f"arms.{trial}", f"there is no trial {trial!r}; the arm is not used", "unknown-trial")
            for trial, _ in prepared.patient.arms
            if trial not in ids
        )
        return replace(prepared, notes=(*prepared.notes, *strange)) if strange else prepared

    def query(self, text: str) -> Answer:
        """Plain Datalog over the loaded patients: ``met(P, T, C) & measurement(P, E, 'Hemoglobin', Lo, Hi)``.

        One row an answer, numbers in canonical units, days as dates; the predicates are those of
        ``kb/vocabulary.dl`` and of the rules.  The text is read as rules are and never executed.
        Raises RulesError for a text that is no query.
        """
        if not isinstance(text, str):
            message = f"a query is a text, not {type(text).__name__}"
            raise UsageError(Problem("query", "", message, "Write atoms, joined with &.", "no-text"))
        with self._lock:
            patients = list(self._patients.values())
        return ask(self.judge, text, [self.prepare(patient) for patient in patients], self.ontology)

    def sparql(self, query: str, timeout: float = 30) -> Result:
        """SPARQL over ontology, rules, loaded patients, verdicts and proofs; ``nen_kb.graph.vocabulary`` says how.

        Only queries that read, at most ``timeout`` seconds.  The graph is made by the first query and kept until
        the loaded patients change.  Raises UsageError for anything else, or for a query that does not end in time.
        """
        from nen_kb.knowledge_base.graph import loaded_graph  # kept out of the start of every other command

        with self._lock:
            patients = list(self._patients.values())
        return loaded_graph(self, [self._resolve(patient) for patient in patients]).ask(query, timeout)

    def _resolve(self, patient: PatientRecord | Patient | str) -> Patient:
        if isinstance(patient, str):
            with self._lock:
                found = self._patients.get(patient)
            if found is None:
                raise UsageError(
                    Problem(
                        "knowledge base",
                        "",
                        f"no patient {patient!r} is loaded",
                        "Describe her with kb.patient(...) or load her with kb.add(...).",
                        "unknown-patient",
                    )
                )
            patient = found
        return patient.patient if isinstance(patient, PatientRecord) else patient

    def trial(self, trial: str) -> Trial:
        """The trial of that id or registry number, in any letter case; raises UsageError."""
        for known in self.trials:
            if trial.casefold() in (known.id.casefold(), known.header.get("registry").casefold()):
                return known
        ids = ", ".join(known.id for known in self.trials)
        raise UsageError(
            Problem("knowledge base", "", f"there is no trial {trial!r}", f"Choose one of {ids}.", "unknown-trial")
        )
