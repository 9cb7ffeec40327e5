"""Who could take part in a trial: the questions a run answers, under what somebody wants to try.

    found = Feasibility.of(Run.open("DIR"), KnowledgeBase())
    found.document()["trials"][0]["interval"]
    found.without("I10").with_threshold("START-NET:I11 90 g/L = 80 g/L").document()

Nothing here is a verdict on a patient: the counts are for planning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nen_kb.cohort.feasibility import saved
from nen_kb.cohort.feasibility.again import Again
from nen_kb.cohort.feasibility.changes import LeftOut, left_out
from nen_kb.cohort.feasibility.document import Progress, document
from nen_kb.cohort.feasibility.listing import Listed, listed, which_of
from nen_kb.cohort.feasibility.patterns import Patterns
from nen_kb.cohort.feasibility.reader import Reader, without
from nen_kb.cohort.feasibility.thresholds import Threshold, Tried, read_threshold, tried
from nen_kb.cohort.store import Run
from nen_kb.errors import Problem, UsageError
from nen_kb.knowledge_base import KnowledgeBase
from nen_kb.rules.ir import Program, Trial


@dataclass(frozen=True)
class Feasibility:
    """A run seen through some of its trials, perhaps with clauses left out and numbers tried."""

    run: Run
    kb: KnowledgeBase
    trials: tuple[Trial, ...]
    left_out: LeftOut = field(default_factory=LeftOut)
    thresholds: tuple[Threshold, ...] = ()
    reader: Reader = field(init=False)
    _counted: dict[str, Patterns] = field(init=False, default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        again = Again(self.tried, self.kb, [trial.id for trial in self.trials]) if self.thresholds else None
        object.__setattr__(self, "reader", Reader(self.run, self.trials, self.left_out, again))

    @classmethod
    def of(cls, run: Run, kb: KnowledgeBase, trials: Sequence[str] | None = None) -> Feasibility:
        """The run, for those trials (all by default).

        Raises UsageError for a trial there is not, and for a knowledge base that is not the one the run was judged
        with.
        """
        judged_with = run.manifest.get("knowledge_base") or {}
        own = kb.identity.to_json()
        if any(judged_with.get(name) != own[name] for name in ("rules_sha256", "ontology_sha256")):
            message = "this run was judged with other rules or another ontology than those in hand"
            remedy = "Name those with --rules and --ontology, or run nen-kb cohort again into another folder."
            raise UsageError(Problem(str(run.path), "", message, remedy, "other-knowledge-base"))
        wanted = None if trials is None else {kb.trial(trial).id for trial in trials}
        return cls(run, kb, tuple(trial for trial in kb.trials if wanted is None or trial.id in wanted))

    def without(self, *clauses: str) -> Feasibility:
        """The same with those clauses, or parts of clauses, left out as well: ``I10``, ``START-NET:I11a``.

        Whole clauses cost nothing; for a part the stored statuses are read once more.  Raises UsageError.
        """
        made = replace(self, left_out=left_out(clauses, self.trials, self.left_out))
        if not _parts(made, self):  # only whole clauses are new: what was counted stays
            object.__setattr__(made, "_counted", self._counted)
        object.__setattr__(made.reader, "_judged", self.reader._judged)
        return made

    def with_threshold(self, *texts: str) -> Feasibility:
        """The same with another number in a clause: ``START-NET:I11 90 g/L = 80 g/L``.

        Only the clauses that rest on a changed rule are judged again.  Raises UsageError, listing the numbers the
        clause has.
        """
        problems: list[Problem] = []
        found = list(self.thresholds)
        for text in texts:
            try:
                found.append(read_threshold(text, self.kb.program, self.trials))
            except UsageError as error:
                problems += error.problems
        if problems:
            raise UsageError(problems)
        tried(self.kb.program, found)
        return replace(self, thresholds=tuple(found))

    @property
    def tried(self) -> Tried:
        """The rules with the numbers that are tried."""
        return tried(self.kb.program, self.thresholds)

    @property
    def changed(self) -> bool:
        """Whether anything is tried: the numbers are then not those of the protocol."""
        return bool(self.left_out or self.thresholds)

    @property
    def program(self) -> Program:
        """The rules and clauses a single patient is judged by, under what is tried."""
        program = self.tried.program if self.thresholds else self.kb.program
        return without(program, self.left_out) if self.left_out else program

    def patterns(self, trial: str) -> Patterns:
        """Which clauses of the trial fail and are open, counted, without those left out; raises UsageError."""
        found = self.kb.trial(trial)
        if found.id not in {each.id for each in self.trials}:
            message = f"{found.id} is not among the trials chosen"
            raise UsageError(Problem("feasibility", trial, message, "Choose it as well.", "unknown-trial"))
        return self._patterns()[found.id].without(self.left_out.whole(found))

    def document(self, sample: int = 500, progress: Progress | None = None) -> dict[str, Any]:
        """Everything, as JSON has it; at most ``sample`` patients a trial are looked at for each kind of question.

        Raises EngineError if a patient looked at alone has another status than in the run.
        """
        if sample < 0:
            message = "a sample cannot be smaller than nothing"
            raise UsageError(Problem("--sample", str(sample), message, "Give a number from 0 on.", "bad-sample"))
        return document(self, {trial.id: self.patterns(trial.id) for trial in self.trials}, sample, progress)

    def patients(self, which: str) -> Iterator[Listed]:
        """The patients that are ``eligible``, in the ``gap``, to ``gain`` (``gain:I10``) or ``near``, one by one.

        Raises UsageError for another word.
        """
        return listed(self.reader, which_of(which, self.trials))

    def _patterns(self) -> Mapping[str, Patterns]:
        if not self._counted:
            self._counted.update(self._kept() if self.reader.as_stored else self.reader.patterns())
        return self._counted

    def _kept(self) -> dict[str, Patterns]:
        """The patterns of the statuses as stored, from the file beside the run, which is made if there is none."""
        every = self.kb.trials
        found = saved.load(self.run, every)
        if found is None:
            found = Reader(self.run, every).patterns()
            saved.save(self.run, every, found)
        return {trial.id: found[trial.id] for trial in self.trials}


def _parts(made: Feasibility, before: Feasibility) -> bool:
    """Whether other parts of clauses are left out than before."""
    return any(made.left_out.parts(trial) != before.left_out.parts(trial) for trial in made.trials)
