"""Judges one patient with both engines, and gives no verdict unless they agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nen_kb.engines.base import Engine
from nen_kb.errors import EngineError, Problem, RulesError
from nen_kb.explain import Judgement, is_permanent, reasons
from nen_kb.facts.normalise import Prepared
from nen_kb.knowledge_base.later import Later
from nen_kb.knowledge_base.results import ClauseResult, Status, TrialResult, Verdict
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.ir import Clause, Program, Trial
from nen_kb.rules.protocol import protocol_rows

OUTCOMES = ("status", "verdict")


def require_outcomes(program: Program) -> None:
    """Raises RulesError for a program that gives no statuses or no verdicts."""
    lacking = [name for name in OUTCOMES if name not in program.order]
    if lacking:
        message = f"no rule gives {' or '.join(lacking)}"
        raise RulesError(Problem("outcomes.dl", "", message, "Take the rules of outcomes.dl along.", "no-outcomes"))


class Judge:
    """A program with its two engines, for any number of patients."""

    def __init__(self, program: Program, evaluator: Evaluator, engine: Engine) -> None:
        require_outcomes(program)
        self.program = program
        self.evaluator = evaluator
        self.engine = engine
        self._protocol = protocol_rows(program)

    def base_rows(
        self, prepared: Prepared, asked: Mapping[str, frozenset[str]] | None = None
    ) -> dict[str, frozenset[tuple[str | int, ...]]]:
        """Everything rules read about one patient on the index day."""
        return {**prepared.rows(asked or self.program.asked), **self._protocol}

    def judge(self, prepared: Prepared) -> Judgement:
        """The statuses and verdicts of one patient, from both engines.

        Raises EngineError, naming the clauses, if they disagree.
        """
        base = self.base_rows(prepared)
        model = self.evaluator.run(base, OUTCOMES)
        ours = {name: model.rows(name) for name in OUTCOMES}
        theirs = self.engine.rows(base, OUTCOMES)
        differing = set().union(*(ours[name] ^ theirs[name] for name in OUTCOMES))
        if differing:
            raise EngineError(_disagreement(row) for row in sorted(differing, key=str))
        return Judgement(self.program, self.evaluator, prepared, model, base)

    def results(self, prepared: Prepared, trials: Iterable[Trial]) -> tuple[TrialResult, ...]:
        """One result a trial, from one judgement."""
        judgement = self.judge(prepared)
        return tuple(result_of(judgement, trial) for trial in trials)


def result_of(judgement: Judgement, trial: Trial) -> TrialResult:
    """What a judgement says of one trial."""
    patient = judgement.prepared.patient
    clauses = tuple(_clause(judgement, trial, clause) for clause in trial.clauses if not clause.parent)
    (verdict,) = (Verdict(str(row[2])) for row in judgement.model.rows("verdict") if row[:2] == (patient.id, trial.id))
    failing = [clause for clause in clauses if clause.fails]
    in_the_way = [clause.id for clause in clauses if clause.fails or clause.open]
    recoverable = None
    if verdict is Verdict.INELIGIBLE:
        recoverable = not any(is_permanent(judgement, trial.id, clause.id) for clause in failing)
    eligible_from = None
    if in_the_way:
        later = Later.of(judgement.program, judgement.evaluator)
        eligible_from = later.eligible_from(judgement, trial.id, in_the_way)
    return TrialResult(
        patient=patient.id,
        trial=trial,
        index_date=patient.index_date,
        verdict=verdict,
        clauses=clauses,
        recoverable=recoverable,
        eligible_from=eligible_from,
        judgement=judgement,
    )


def _clause(judgement: Judgement, trial: Trial, clause: Clause) -> ClauseResult:
    return ClauseResult(
        clause=clause,
        status=Status(judgement.status(trial.id, clause.id)),
        reasons=reasons(judgement, trial.id, clause.id),
        parts=tuple(_clause(judgement, trial, trial.clause(part)) for part in clause.parts),
        judgement=judgement,
    )


def _disagreement(row: tuple[str | int, ...]) -> Problem:
    trial, rest = row[1], row[2:]
    what = f"clause {rest[0]}" if len(rest) > 1 else "the verdict"
    return Problem(
        file=str(trial),
        place=str(rest[0]) if len(rest) > 1 else "",
        message=f"the two engines disagree about {what}; no verdict is given",
        remedy="Please report this with the rules; it is an error of the program, not of the patient's record.",
        code="engines-disagree",
    )
