"""What the knowledge base answers: statuses, verdicts, and one result a patient and trial."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

from nen_kb.explain import (
    Judgement,
    Obstacle,
    PossibleIf,
    Reason,
    assumptions,
    explain_clause,
    obstacles,
    possible_if,
    render,
    undetermined_because,
)
from nen_kb.facts.dates import iso
from nen_kb.knowledge_base.later import HORIZON_MONTHS
from nen_kb.knowledge_base.lifting import lifts
from nen_kb.knowledge_base.timeline import Timeline, make_timeline
from nen_kb.rules.ir import Clause, Trial


class Status(Enum):
    """Whether the sentence of the protocol is true of the patient."""

    MET = "met"
    UNMET = "unmet"
    UNKNOWN = "unknown"
    CONFLICTING = "conflicting"


class Verdict(Enum):
    """Whether the patient is eligible for the trial, as far as the record goes."""

    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    UNDETERMINED = "undetermined"


@dataclass(frozen=True)
class ClauseResult:
    """One clause (or part of one) of one trial, judged for one patient."""

    clause: Clause
    status: Status
    reasons: tuple[Reason, ...]
    """Why the status is unknown or conflicting; empty otherwise."""
    parts: tuple[ClauseResult, ...]
    judgement: Judgement

    @property
    def id(self) -> str:
        """``I10``, or ``I11a`` for a part."""
        return self.clause.id

    @property
    def fails(self) -> bool:
        """Whether the clause surely keeps the patient out."""
        bad = Status.UNMET if self.clause.kind == "inclusion" else Status.MET
        return not self.clause.parent and self.status is bad

    @property
    def open(self) -> bool:
        """Whether the clause is unknown or conflicting."""
        return self.status in (Status.UNKNOWN, Status.CONFLICTING)

    def explain(self, *, width: int = 80, colour: bool = False, alternatives: bool = False) -> str:
        """The justification as a tree of text, down to the protocol's sentence and the patient's datum.

        With ``alternatives`` also the other ways in which it can be shown.
        """
        proof = explain_clause(self.judgement, self.clause.trial, self.clause.id, alternatives)
        return render(proof, width=width, colour=colour)

    def to_json(self) -> dict[str, Any]:
        """As ``screen --format json`` prints it."""
        found: dict[str, Any] = {"clause": self.id, "kind": self.clause.kind, "status": self.status.value}
        if self.parts:
            found["parts"] = [
                {"clause": part.id, "status": part.status.value, "reasons": [r.to_json() for r in part.reasons]}
                for part in self.parts
            ]
        found["reasons"] = [reason.to_json() for reason in self.reasons]
        return found


@dataclass(frozen=True)
class TrialResult:
    """One patient judged for one trial.  Decision support: the verdict is for professionals to weigh, not to obey."""

    patient: str
    trial: Trial
    index_date: int
    verdict: Verdict
    clauses: tuple[ClauseResult, ...]
    """The whole clauses, in the order of the protocol."""
    recoverable: bool | None
    """Of an ineligible patient, whether time or a later record of a changing state would lift every failing clause."""
    eligible_from: int | None
    """The first later day on which the same facts give eligible; None if there is none within two years."""
    judgement: Judgement

    def __getitem__(self, clause: str) -> ClauseResult:
        """The clause or part of that id; raises KeyError with the ids there are."""
        for found in self:
            if found.id == clause:
                return found
        raise KeyError(f"{self.trial.id} has no clause {clause!r}; it has {', '.join(c.id for c in self)}")

    def __iter__(self) -> Iterator[ClauseResult]:
        for clause in self.clauses:
            yield clause
            yield from clause.parts

    @property
    def failing(self) -> tuple[ClauseResult, ...]:
        """The clauses that surely keep the patient out."""
        return tuple(clause for clause in self.clauses if clause.fails)

    @property
    def undecided(self) -> tuple[ClauseResult, ...]:
        """The clauses that are unknown or conflicting."""
        return tuple(clause for clause in self.clauses if clause.open)

    @cached_property
    def undetermined_because(self) -> tuple[str, ...]:
        """``missing``, ``conflict``, ``judgement``: what keeps an undetermined verdict open; empty otherwise."""
        if self.verdict is not Verdict.UNDETERMINED:
            return ()
        return tuple(undetermined_because([reason for clause in self.undecided for reason in clause.reasons]))

    @cached_property
    def assumptions(self) -> tuple[str, ...]:
        """What the result assumes and no source has recorded, each in words; empty for the record as it is."""
        return assumptions(self.judgement)

    def missing(self) -> tuple[Reason, ...]:
        """Typed reasons: what would settle the open clauses, each once."""
        return tuple(dict.fromkeys(reason for clause in self.undecided for reason in clause.reasons))

    def obstacles(self) -> tuple[Obstacle, ...]:
        """Why not, and how near: what keeps the patient out, clause by clause, with the distance to each limit."""
        return self._obstacles

    @cached_property
    def _obstacles(self) -> tuple[Obstacle, ...]:
        failing = [clause.clause for clause in self.failing]
        return obstacles(self.judgement, self.trial.id, lifts(self.judgement, self.trial.id, failing))

    def possible_if(self) -> PossibleIf:
        """The obstacles by what would lift them: nothing, a later record, or time alone."""
        return possible_if(self.obstacles())

    def timeline(self, months: int = HORIZON_MONTHS) -> Timeline:
        """The verdict over the coming months, 1 to 120, if nothing but time changes; raises UsageError for others."""
        return make_timeline(self, months)

    def explain(self, *, width: int = 80, colour: bool = False, alternatives: bool = False) -> str:
        """The justification of every clause, the decisive ones first."""
        decisive = [*self.failing, *self.undecided]
        rest = [clause for clause in self.clauses if clause not in decisive]
        return "\n\n".join(
            clause.explain(width=width, colour=colour, alternatives=alternatives) for clause in (*decisive, *rest)
        )

    def to_json(self) -> dict[str, Any]:
        """As ``screen --format json`` prints it."""
        found = {
            "patient": self.patient,
            "index_date": iso(self.index_date),
            "trial": self.trial.id,
            "version": self.trial.version,
            "verdict": self.verdict.value,
            "undetermined_because": list(self.undetermined_because),
            "recoverable": self.recoverable,
            "eligible_from": None if self.eligible_from is None else iso(self.eligible_from),
            "clauses": [clause.to_json() for clause in self.clauses],
            "obstacles": [obstacle.to_json() for obstacle in self.obstacles()],
        }
        return {**found, "assumptions": list(self.assumptions)} if self.assumptions else found
