"""What the rules say of a patient if some questions were answered so: statuses of leaves, verdicts of trials.

Every claim that leaves this package was evaluated here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nen_kb.explain.case import Judgement
from nen_kb.explain.missing.asks import Answer, Ask
from nen_kb.explain.missing.edits import apply
from nen_kb.explain.missing.leaf import Leaf
from nen_kb.explain.missing.reach import Reach
from nen_kb.facts.normalise import Limits, Prepared, Row, normalise
from nen_kb.facts.records import Patient
from nen_kb.ontology import Ontology
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.ir import Clause, Trial

Chosen = Mapping[Ask, Answer]
"""Questions, each with the answer it is taken to have."""

BUDGET = 6000
"""Evaluations of single clauses that one patient may take: about two seconds and a half."""
_WHOLE = 12
"""What an evaluation of everything counts as."""


class OutOfBudget(Exception):
    """The search was cut short."""


@dataclass(frozen=True, eq=False)
class Goal:
    """A clause, or a part of one, that has to come out on the patient's side; made once a patient."""

    trial: str
    clause: str
    """The whole clause."""
    leaves: tuple[str, ...]
    """Clauses with rules of their own; one of them has to have the status wanted."""
    want: str
    """met for an inclusion, unmet for an exclusion."""
    place: int
    """Where the clause stands in the protocol."""

    @property
    def name(self) -> tuple[str, str]:
        """The trial and the clause or part."""
        return self.trial, self.leaves[0] if len(self.leaves) == 1 else self.clause


def goals_of(trial: Trial, statuses: Mapping[str, str], every: bool = False) -> list[Goal]:
    """What of a trial's clauses is not yet on the patient's side; ``every`` also what is."""
    found: list[Goal] = []
    for place, clause in enumerate(trial.clauses):
        if clause.parent:
            continue
        want = "met" if clause.kind == "inclusion" else "unmet"
        for leaves in _needed(clause, want):
            if every or not any(statuses[leaf] == want for leaf in leaves):
                found.append(Goal(trial.id, clause.id, leaves, want, place))
    return found


def _needed(clause: Clause, want: str) -> list[tuple[str, ...]]:
    """Groups of leaves of each of which one is needed."""
    if not clause.parts:
        return [(clause.id,)]
    if (clause.mode == "all") == (want == "met"):
        return [(part,) for part in clause.parts]
    return [clause.parts]


class Board:
    """Evaluates one patient under any set of answers, remembering what it found."""

    def __init__(
        self, reach: Reach, evaluator: Evaluator, judgement: Judgement, limits: Limits | None, budget: int = BUDGET
    ) -> None:
        self.reach = reach
        self.evaluator = evaluator
        self.patient: Patient = judgement.prepared.patient
        self.ontology: Ontology = reach.ontology
        self.limits = limits
        self.left = budget
        self._protocol = {
            name: rows
            for name, rows in judgement.base_rows.items()
            if name in ("single", "all_of", "any_of", "part_of", "criterion")
        }
        self._prepared: dict[frozenset[tuple[str, str]], Prepared] = {}
        self._statuses: dict[tuple[str, str, frozenset[tuple[str, str]]], str] = {}
        self._verdicts: dict[frozenset[tuple[str, str]], dict[str, str]] = {}
        self._relevant: dict[tuple[str, str, str], bool] = {}
        self._leaves: dict[Goal, tuple[Leaf, ...]] = {}

    def relevant(self, ask: Ask, leaf: Leaf) -> bool:
        """Whether an answer could change what the rules say of the leaf."""
        key = (ask.key, leaf.trial, leaf.clause)
        if key not in self._relevant:
            self._relevant[key] = bool(ask.reads & leaf.reads) or any(
                self.ontology.overlaps(name, asked) for name in ask.classes for asked in leaf.classes
            )
        return self._relevant[key]

    def bears(self, ask: Ask, goal: Goal) -> bool:
        """Whether an answer could change whether the goal is reached."""
        return any(self.relevant(ask, leaf) for leaf in self.leaves(goal))

    def leaves(self, goal: Goal) -> tuple[Leaf, ...]:
        """The clauses with rules of their own behind a goal."""
        if goal not in self._leaves:
            self._leaves[goal] = tuple(self.reach.leaf(goal.trial, leaf) for leaf in goal.leaves)
        return self._leaves[goal]

    def state(self, goal: Goal, chosen: Chosen) -> str:
        """pass, fail, or open (unknown or conflicting)."""
        found = [self._status(leaf, chosen) for leaf in self.leaves(goal)]
        if goal.want in found:
            return "pass"
        opposite = "unmet" if goal.want == "met" else "met"
        return "fail" if all(status == opposite for status in found) else "open"

    def _status(self, leaf: Leaf, chosen: Chosen) -> str:
        near = {ask: answer for ask, answer in chosen.items() if self.relevant(ask, leaf)}
        key = (leaf.trial, leaf.clause, _key(near))
        found = self._statuses.get(key)
        if found is None:
            self._spend(1)
            found = self._statuses[key] = leaf.status(self.prepared(near))
        return found

    def prepared(self, chosen: Chosen) -> Prepared:
        """The patient with those answers, as the rules read her."""
        key = _key(chosen)
        if key not in self._prepared:
            patient = apply(self.patient, [answer.edit for answer in chosen.values()])
            self._prepared[key] = normalise(patient, self.ontology, self.limits)
        return self._prepared[key]

    def verdicts(self, chosen: Chosen) -> dict[str, str]:
        """The verdict of every trial."""
        key = _key(chosen)
        if key not in self._verdicts:
            self._spend(_WHOLE)
            base: dict[str, Iterable[Row]] = {
                **self.prepared(chosen).rows(self.reach.program.asked),
                **self._protocol,
            }
            model = self.evaluator.run({name: frozenset(rows) for name, rows in base.items()}, ("verdict",))
            self._verdicts[key] = {str(row[1]): str(row[2]) for row in model.rows("verdict")}
        return self._verdicts[key]

    def _spend(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise OutOfBudget


def _key(chosen: Chosen) -> frozenset[tuple[str, str]]:
    return frozenset((ask.key, answer.key) for ask, answer in chosen.items())
