"""Looks at chosen patients one by one, with the machinery that explains a single patient."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator

from pyarrow import compute

from nen_kb.cohort.feasibility.sample import Chosen
from nen_kb.cohort.store import MOST_RECORDS, Run
from nen_kb.engines.base import Base
from nen_kb.errors import EngineError, PatientError, Problem
from nen_kb.explain import Judgement
from nen_kb.explain.nearness.standing import fails_as
from nen_kb.explain.reasons import OPEN
from nen_kb.facts.patient_json import from_json
from nen_kb.facts.records import Patient
from nen_kb.knowledge_base import KnowledgeBase
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.ir import Program
from nen_kb.rules.protocol import protocol_rows

OUTCOMES = ("status", "verdict")


class Looking:
    """A program under which stored patients are judged one by one."""

    def __init__(self, run: Run, kb: KnowledgeBase, program: Program) -> None:
        self.run = run
        self.kb = kb
        self.program = program
        self.evaluator = kb.evaluator if program is kb.program else Evaluator(program)
        self._protocol = protocol_rows(program)

    def judgements(self, numbers: Collection[int]) -> Iterator[tuple[int, Judgement]]:
        """The patients of those numbers, each judged, in the order of the numbers."""
        for number, patient in self._patients(numbers):
            prepared = self.kb.prepare(patient)
            rows: Base = {**prepared.rows(self.program.asked), **self._protocol}
            model = self.evaluator.run(rows, OUTCOMES)
            yield number, Judgement(self.program, self.evaluator, prepared, model, rows)

    def check(self, judgement: Judgement, trial: str, chosen: Chosen) -> None:
        """Raises EngineError if the patient's clauses are not what the stored statuses say."""
        failing, undecided = [], []
        for clause in self.program.trial(trial).clauses:
            if not clause.parent:
                status = judgement.status(trial, clause.id)
                failing += [clause.id] if status == fails_as(clause) else []
                undecided += [clause.id] if status in OPEN else []
        if tuple(failing) != chosen.failing or tuple(undecided) != chosen.open:
            differing = {*failing} ^ {*chosen.failing} | {*undecided} ^ {*chosen.open}
            message = f"judged one by one she has another status in {', '.join(sorted(differing))}; nothing is told"
            remedy = "Run the cohort again with this version; if it stays, report this with the rules."
            raise EngineError(Problem(trial, f"patient {chosen.number}", message, remedy, "engines-disagree"))

    def _patients(self, numbers: Collection[int]) -> Iterator[tuple[int, Patient]]:
        """The stored patients, each part's documents read once."""
        left = sorted(numbers)
        for part in self.run.parts:
            mine = [number for number in left if part.first <= number < part.first + part.patients]
            if not mine:
                continue
            people = part.people(["document"])["document"]
            found = compute.take(people, [number - part.first for number in mine]).to_pylist()
            for number, document in zip(mine, found, strict=True):
                yield number, self._patient(str(part.path), number, document)

    def _patient(self, file: str, number: int, document: str) -> Patient:
        place = f"patient {number}"
        found, problems = from_json(json.loads(document), self.kb.ontology, file, place, most=MOST_RECORDS)
        if found is None:
            raise PatientError(problems)
        return found


def numbers_of(chosen: Iterable[Chosen]) -> set[int]:
    """The numbers of the patients chosen."""
    return {each.number for each in chosen}
