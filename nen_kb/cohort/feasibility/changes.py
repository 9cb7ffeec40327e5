"""What somebody wants to try: clauses left out, as written on the command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nen_kb.errors import Problem, UsageError
from nen_kb.rules.ir import Clause, Trial


@dataclass(frozen=True)
class LeftOut:
    """Clauses and parts that no longer count, by trial."""

    clauses: tuple[tuple[str, str], ...] = ()
    """Trial and id, in the order in which they were named."""

    def __bool__(self) -> bool:
        return bool(self.clauses)

    def whole(self, trial: Trial) -> frozenset[str]:
        """The whole clauses of that trial."""
        return frozenset(each for name, each in self.clauses if name == trial.id and not trial.clause(each).parent)

    def parts(self, trial: Trial) -> frozenset[str]:
        """The parts of clauses of that trial."""
        return frozenset(each for name, each in self.clauses if name == trial.id and trial.clause(each).parent)

    def to_json(self) -> list[str]:
        """``START-NET:I10`` and so on."""
        return [f"{trial}:{clause}" for trial, clause in self.clauses]


def left_out(texts: Iterable[str], trials: Sequence[Trial], before: LeftOut | None = None) -> LeftOut:
    """What the texts name, each once, behind what is left out already.

    Raises UsageError with everything that is wrong: a clause that no trial or more than one has, or the last part
    of a clause.
    """
    found = dict.fromkeys(before.clauses if before else ())
    problems: list[Problem] = []
    for text in texts:
        try:
            found[clause_named(text, trials)[:2]] = None
        except UsageError as error:
            problems += error.problems
    made = LeftOut(tuple(found))
    for trial in trials:
        problems += _emptied(trial, made)
    if problems:
        raise UsageError(problems)
    return made


def _emptied(trial: Trial, made: LeftOut) -> Iterable[Problem]:
    parts = made.parts(trial)
    for clause in trial.clauses:
        if clause.parts and parts.issuperset(clause.parts):
            message = f"{trial.id} {clause.id} would keep none of its parts"
            yield Problem("--without", clause.id, message, f"Leave out {clause.id} itself.", "no-part-left")


def clause_named(text: str, trials: Sequence[Trial]) -> tuple[str, str, Clause]:
    """Trial, id and clause of ``START-NET:I10``, or of ``I10`` where one of the trials alone has such a clause.

    Letter case does not matter.  Raises UsageError.
    """
    named, colon, clause_id = text.strip().rpartition(":")
    chosen = [trial for trial in trials if not colon or named.strip().casefold() in _names(trial)]
    if colon and not chosen:
        known = ", ".join(trial.id for trial in trials)
        raise _wrong(text, f"there is no trial {named.strip()!r} here", f"Choose one of {known}.")
    wanted = clause_id.strip().casefold()
    found = [(trial, clause) for trial in chosen for clause in trial.clauses if clause.id.casefold() == wanted]
    if not found:
        ids = "; ".join(f"{trial.id}: {', '.join(clause.id for clause in trial.clauses)}" for trial in chosen)
        raise _wrong(text, f"there is no clause {clause_id.strip()!r}", f"The clauses are {ids}.")
    if len(found) > 1:
        which = " or ".join(f"{trial.id}:{clause.id}" for trial, clause in found)
        raise _wrong(text, f"more than one trial has a clause {clause_id.strip()!r}", f"Write {which}.")
    trial, clause = found[0]
    return trial.id, clause.id, clause


def _names(trial: Trial) -> tuple[str, str]:
    return trial.id.casefold(), trial.header.get("registry").casefold()


def _wrong(text: str, message: str, remedy: str) -> UsageError:
    return UsageError(Problem("feasibility", text.strip(), message, remedy, "no-such-clause"))
