"""What to find out next about a patient: builds the questions, has the sets searched, ranks what is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction

from nen_kb.explain.case import Judgement
from nen_kb.explain.doubt import Reason
from nen_kb.explain.missing.asks import Ask
from nen_kb.explain.missing.board import BUDGET, Board, Chosen, Goal, OutOfBudget, goals_of
from nen_kb.explain.missing.efforts import Efforts
from nen_kb.explain.missing.model import Missing, MissingSet, Question
from nen_kb.explain.missing.phrases import phrase
from nen_kb.explain.missing.pools import Pools
from nen_kb.explain.missing.reach import Reach
from nen_kb.explain.missing.search import Search
from nen_kb.explain.reasons import reasons
from nen_kb.facts.normalise import Limits
from nen_kb.ontology import Ontology
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.ir import Program

_MOST_SETS = 4
_BANNED_EACH = 6
"""Questions of a set that are avoided, one at a time, in search of another set."""


class Finder:
    """Finds what is missing, for any number of patients of one program."""

    def __init__(self, program: Program, evaluator: Evaluator, ontology: Ontology, limits: Limits | None) -> None:
        self.program = program
        self.evaluator = evaluator
        self.limits = limits
        self.reach = Reach(program, ontology)
        self.efforts = Efforts(program, ontology)

    def missing(
        self,
        judgement: Judgement,
        trials: Sequence[str],
        budget: int = BUDGET,
        avoid: frozenset[str] = frozenset(),
        alternatives: bool = True,
    ) -> Missing:
        """What to find out next, for those of the trials that are undetermined.

        Questions whose keys are in ``avoid`` are not asked, so that the sets do without them.  Without
        ``alternatives`` there is at most one set a trial, and one jointly.
        """
        quest = _Quest(self, judgement, trials, budget, avoid)
        quest.search_sets(alternatives)
        return quest.result()


class _Quest:
    """One patient's search."""

    def __init__(
        self, finder: Finder, judgement: Judgement, trials: Sequence[str], budget: int, avoid: frozenset[str]
    ) -> None:
        self.judgement = judgement
        self.avoid = avoid
        verdicts = {str(row[1]): str(row[2]) for row in judgement.model.rows("verdict")}
        self.trials = tuple(trial for trial in trials if verdicts[trial] == "undetermined")
        self.board = Board(finder.reach, finder.evaluator, judgement, finder.limits, budget)
        goals = {trial: self._goals(finder.program, trial) for trial in self.trials}
        self.pools = Pools(finder.reach, finder.efforts, judgement, goals)
        self.search = Search(self.board, goals, self.pools.pool)
        self.found: dict[str, list[Chosen]] = {}
        """By trial (an empty text for all jointly), the sets."""
        self.partial: list[Chosen] = []
        """What can be settled where a trial cannot be decided."""
        self.missed: list[Goal] = []

    def _goals(self, program: Program, trial: str) -> list[Goal]:
        found = program.trial(trial)
        statuses = {clause.id: self.judgement.status(trial, clause.id) for clause in found.clauses}
        return goals_of(found, statuses, every=True)

    def search_sets(self, alternatives: bool) -> None:
        """Looks for a first set of each trial and jointly, then for others."""
        scopes: list[tuple[str, tuple[str, ...]]] = [(trial, (trial,)) for trial in self.trials]
        if len(self.trials) > 1:
            scopes.append(("", self.trials))
        self.scopes = scopes
        for name, trials in scopes:
            self._guarded(lambda name=name, trials=trials: self._first(name, trials))  # type: ignore[misc]
        for name, trials in scopes if alternatives else ():
            self._guarded(lambda name=name, trials=trials: self._others(name, trials))  # type: ignore[misc]

    def result(self) -> Missing:
        """What was found, in words."""
        scopes = self.scopes
        self.board.left = max(self.board.left, 0) + 10**6  # what was found is put into words in any case
        sets = [self._set(name, chosen, trials) for name, trials in scopes for chosen in self.found.get(name, ())]
        return Missing(
            patient=self.judgement.patient,
            undetermined=self.trials,
            questions=self._ranked(sets),
            sets=tuple(sorted(sets, key=lambda each: ([n for n, _ in scopes].index(each.trial), each.cost))),
            unsettled=tuple(self._unsettled()),
            complete=self.search.complete,
        )

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except OutOfBudget:
            self.search.complete = False

    def _first(self, name: str, trials: tuple[str, ...]) -> None:
        chosen, missed = self.search.solve(trials, self.avoid)
        if missed:
            self.partial.append(chosen)
            self.missed += [goal for goal in missed if name and goal not in self.missed]
        else:
            self.found[name] = [chosen]

    def _others(self, name: str, trials: tuple[str, ...]) -> None:
        """Other sets: without one question of the first, one at a time."""
        found = self.found.get(name)
        if not found:
            return
        for ask in sorted(found[0], key=lambda one: (-one.cost, one.key))[:_BANNED_EACH]:
            if len(found) >= _MOST_SETS:
                return
            chosen, missed = self.search.solve(trials, self.avoid | {ask.key})
            if not missed and not any(chosen.keys() == other.keys() for other in found):
                found.append(chosen)

    # ── in words ────────────────────────────────────────────────────────────

    def _set(self, name: str, chosen: Chosen, trials: Sequence[str]) -> MissingSet:
        questions = [self._question(ask, chosen, trials) for ask in chosen]
        questions.sort(key=self._rank)
        return MissingSet(name, tuple(questions), sum(question.cost for question in questions))

    def _question(self, ask: Ask, chosen: Chosen, trials: Sequence[str]) -> Question:
        """The question as it stands in a set of answers."""
        goals = [goal for goal in self.search.borne(ask) if goal.trial in trials]
        without = {other: answer for other, answer in chosen.items() if other != ask}
        needed = [g for g in goals if self.board.state(g, without) != "pass"]
        good = [
            answer
            for answer in ask.answers
            if all(self.board.state(g, {**without, ask: answer}) == "pass" for g in needed)
        ]
        profiles = {answer.key: self.search.profile(ask, answer) for answer in ask.answers}
        fails = {key: [g for g, state in states.items() if state == "fail"] for key, states in profiles.items()}
        bad = [answer for answer in ask.answers if fails[answer.key] and answer not in good]
        worst = max(bad, key=lambda one: (len({g.trial for g in fails[one.key]}), len(fails[one.key])), default=None)
        alone = [g for g, state in profiles[chosen[ask].key].items() if state == "pass"]
        struck = dict.fromkeys(g for answer in bad for g in fails[answer.key])
        clauses = sorted({*needed, *alone, *struck}, key=self._place)
        return Question(
            key=ask.key,
            text=ask.text,
            kind=ask.kind,
            concept=ask.concept,
            records=ask.records,
            cost=ask.cost,
            effort=ask.effort,
            clauses=tuple(goal.name for goal in clauses),
            settles=len({*needed, *alone}),
            knocks_out=tuple(trial for trial in self.trials if any(g.trial == trial for g in struck)),
            favourable=phrase(ask, good, chosen[ask], self.judgement.ontology),
            adverse=phrase(ask, bad, worst, self.judgement.ontology) if worst else "",
            form=ask.form,
            unit=ask.unit,
            choices=tuple(dict.fromkeys(each.phrase for each in ask.answers)) if ask.form == "choice" else (),
            answer=chosen[ask].edit,
            against=worst.edit if worst else None,
        )

    def _ranked(self, sets: Iterable[MissingSet]) -> tuple[Question, ...]:
        """Every question of the sets and of what can be settled without one, each once; the most decisive first."""
        found: dict[str, Question] = {}
        for each in sorted(sets, key=lambda one: bool(one.trial)):
            for question in each.questions:
                found.setdefault(question.key, question)
        for chosen in self.partial:
            for ask in chosen:
                if ask.key not in found:
                    found[ask.key] = self._question(ask, chosen, self.trials)
        return tuple(sorted(found.values(), key=self._rank))

    def _rank(self, question: Question) -> tuple[Fraction, int, int, int, str]:
        """Most decisive per cost first; ties by protocol order."""
        decisive = question.settles + len(question.knocks_out)
        trial, clause = question.clauses[0] if question.clauses else ("", "")
        place = next(
            (self._place(g) for t in self.trials for g in self.search.goals[t] if g.name == (trial, clause)), (0, 0)
        )
        return -Fraction(decisive, question.cost), question.cost, place[0], place[1], question.key

    def _place(self, goal: Goal) -> tuple[int, int]:
        return self.trials.index(goal.trial), goal.place

    def _unsettled(self) -> Iterable[tuple[str, str, Reason]]:
        """What no new fact settles: goals without a set, and conflicts, which only looking again can settle."""
        for trial in self.trials:
            for goal in self.search.goals[trial]:
                for leaf in goal.leaves:
                    conflict = self.judgement.status(trial, leaf) == "conflicting"
                    if goal in self.missed or (conflict and self._only_reconciled(goal)):
                        for reason in reasons(self.judgement, trial, leaf)[:1]:
                            yield trial, leaf, reason

    def _only_reconciled(self, goal: Goal) -> bool:
        """Whether the sets reach the goal only by telling which of the records is right."""
        used = [ask for sets in self.found.values() for each in sets for ask in each if self.board.bears(ask, goal)]
        return any(ask.kind == "reconcile" for ask in used) and all(ask.kind == "reconcile" for ask in used)
