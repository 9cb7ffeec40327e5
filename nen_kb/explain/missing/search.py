"""The search for sets of answers that decide: every open goal reached, nothing lost, no question to spare.

First each question is tried alone for each goal it bears on.  A set is then put together greedily, the most
goals for the least cost first; goals that no single answer reaches are tried with the combinations
that the rules suggest.  Last it is evaluated as a whole and cut down until nothing can be left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, product

from nen_kb.explain.missing.asks import Answer, Ask
from nen_kb.explain.missing.board import Board, Chosen, Goal
from nen_kb.explain.missing.edits import Edit

_MOST_COMBINATIONS = 240
"""Combinations of answers that are tried for one goal."""
_ROUNDS = 4
_MANY = 3
"""Goals that one answer has to reach to be tried in place of others."""
_MOST_PAIRED = 12
_SEVERAL = 2
"""Vague records that are looked at one by one."""
_FEW_ANSWERS = {1: 99, 2: 6}
"""Answers of a question that are tried together with those of others, by how many questions; else three."""

Singles = dict[tuple[Ask, Answer], frozenset[Goal]]


class Pool:
    """The questions that may help to reach one goal."""

    def __init__(self, asks: Sequence[Ask], plans: Sequence[Sequence[Ask]], wider: Callable[[], Sequence[Ask]]) -> None:
        self.asks = list(dict.fromkeys(asks))
        """Questions that the rules lead to, in their order."""
        self.plans = plans
        """Questions that together may reach it."""
        self._wider: Callable[[], Sequence[Ask]] | None = wider

    def widen(self) -> None:
        """Takes in more questions, for where these lead nowhere."""
        if self._wider is not None:
            self.asks = list(dict.fromkeys([*self.asks, *self._wider()]))
            self._wider = None


class Search:
    """Puts sets together for one patient."""

    def __init__(self, board: Board, goals: Mapping[str, Sequence[Goal]], pool: Callable[[Goal], Pool]) -> None:
        self.board = board
        self.goals = goals
        """Every goal of each trial, reached or not."""
        self.complete = True
        self._make = pool
        self._pools: dict[Goal, Pool] = {}
        self._borne: dict[Ask, tuple[Goal, ...]] = {}
        self._profiles: dict[tuple[Ask, str], dict[Goal, str]] = {}

    def pool(self, goal: Goal) -> Pool:
        """The questions for a goal."""
        if goal not in self._pools:
            self._pools[goal] = self._make(goal)
        return self._pools[goal]

    def open(self, trials: Iterable[str], chosen: Chosen) -> list[Goal]:
        """The goals of the trials that those answers leave open or fail."""
        return [goal for trial in trials for goal in self.goals[trial] if self.board.state(goal, chosen) != "pass"]

    def borne(self, ask: Ask) -> tuple[Goal, ...]:
        """The goals, of every trial, that an answer may change, in the order of the protocols."""
        if ask not in self._borne:
            every = (goal for goals in self.goals.values() for goal in goals)
            self._borne[ask] = tuple(goal for goal in every if self.board.bears(ask, goal))
        return self._borne[ask]

    def profile(self, ask: Ask, answer: Answer) -> dict[Goal, str]:
        """How that one answer leaves each open goal that it bears on."""
        key = (ask, answer.key)
        if key not in self._profiles:
            self._profiles[key] = {
                goal: self.board.state(goal, {ask: answer})
                for goal in self.borne(ask)
                if self.board.state(goal, {}) != "pass"
            }
        return self._profiles[key]

    def singles(self, goals: Sequence[Goal], banned: frozenset[str]) -> Singles:
        """The answers that alone reach some of the goals and end no trial, with the goals reached."""
        found: Singles = {}
        trials = {goal.trial for goal in goals}
        for ask in dict.fromkeys(ask for goal in goals for ask in self.pool(goal).asks):
            if ask.key in banned:
                continue
            for answer in ask.answers:
                states = self.profile(ask, answer)
                reached = frozenset(goal for goal in goals if states.get(goal) == "pass")
                if reached and not self._ends(ask, answer, trials):
                    found[ask, answer] = reached
        return found

    def _ends(self, ask: Ask, answer: Answer, trials: Iterable[str]) -> bool:
        """Whether the answer would end one of the trials if it were the only one."""
        return any(state == "fail" and goal.trial in trials for goal, state in self.profile(ask, answer).items())

    def solve(
        self, trials: Sequence[str], banned: frozenset[str] = frozenset()
    ) -> tuple[dict[Ask, Answer], list[Goal]]:
        """Answers that reach the goals of the trials together, and the goals that could not be reached.

        Where every goal is reached, the verdict of each of the trials is eligible with exactly these answers,
        and none can be left out.
        """
        chosen: dict[Ask, Answer] = {}
        missed: list[Goal] = []
        for _ in range(_ROUNDS):
            wanted = self.open(trials, chosen)
            if not wanted:
                break
            self._cover(wanted, chosen, trials, banned)
            missed = [g for g in wanted if not self._combine(g, chosen, trials, banned)]
            if missed:
                break
        missed = self.open(trials, chosen)
        reached = [g for trial in trials for g in self.goals[trial] if g not in missed]
        self._trim(reached, chosen)
        if len(chosen) >= _MANY:
            self._improve(reached, chosen, trials, banned)
        if not missed and any(self.board.verdicts(chosen)[trial] != "eligible" for trial in trials):
            missed = self.open(trials, {})
        return chosen, missed

    def _cover(
        self, goals: Sequence[Goal], chosen: dict[Ask, Answer], trials: Sequence[str], banned: frozenset[str]
    ) -> None:
        """Chooses single answers, the most goals for the least cost first."""
        singles = self.singles(goals, banned)
        still = frozenset(goals)
        while still:
            pick = next(self._ranked(singles, still, chosen, trials), None)
            if pick is None:
                return
            ask, answer = pick
            chosen[ask] = answer
            still = frozenset(goal for goal in still if self.board.state(goal, chosen) != "pass")

    def _ranked(
        self, singles: Singles, still: frozenset[Goal], chosen: Chosen, trials: Sequence[str]
    ) -> Iterator[tuple[Ask, Answer]]:
        """The answers that gain something beside those chosen and spoil nothing, the best first."""
        ranks = [
            (-len(reached & still) / ask.cost, -len(reached), place, ask, answer)
            for place, ((ask, answer), reached) in enumerate(singles.items())
            if ask not in chosen and reached & still
        ]
        for *_, ask, answer in sorted(ranks, key=lambda rank: rank[:3]):
            after = {**chosen, ask: answer}
            gains = any(self.board.state(goal, after) == "pass" for goal in singles[ask, answer] & still)
            if gains and self._harmless(after, [ask], trials):
                yield ask, answer

    def _improve(
        self, goals: Sequence[Goal], chosen: dict[Ask, Answer], trials: Sequence[str], banned: frozenset[str]
    ) -> None:
        """Takes in an answer that does the work of several dearer ones, now that the others are there."""
        for (ask, answer), reached in self.singles(goals, banned).items():
            if ask in chosen or len(reached) < _MANY:
                continue
            after = {**chosen, ask: answer}
            if self._harmless(after, [ask], trials):
                self._trim(goals, after, spared=ask)
                if cost(after) < cost(chosen):
                    chosen.clear()
                    chosen.update(after)

    def _harmless(self, chosen: Chosen, last: Sequence[Ask], trials: Sequence[str]) -> bool:
        """Whether the goals that the last answers bear on are none the worse for them."""
        before = {ask: answer for ask, answer in chosen.items() if ask not in last}
        for goal in dict.fromkeys(goal for ask in last for goal in self.borne(ask) if goal.trial in trials):
            state = self.board.state(goal, chosen)
            if state == "fail" or (state == "open" and self.board.state(goal, before) == "pass"):
                return False
        return True

    def _combine(self, goal: Goal, chosen: dict[Ask, Answer], trials: Sequence[str], banned: frozenset[str]) -> bool:
        """Tries what the rules suggest together for one goal; adds what reaches it."""
        if self.board.state(goal, chosen) == "pass":
            return True
        if self._each_better_known(goal, chosen, trials, banned):
            return True
        tried = 0
        for group in self._groups(goal, banned):
            free = [ask for ask in group if ask not in chosen]
            few = _FEW_ANSWERS.get(len(free), 3)
            for answers in product(*(ask.answers[:few] for ask in free)):
                tried += 1
                if tried > _MOST_COMBINATIONS:
                    if self._at_a_price(goal, chosen, trials, banned):
                        return True
                    self.complete = False
                    return False
                extended = {**chosen, **dict(zip(free, answers, strict=True))}
                if any(self._ends(ask, extended[ask], trials) for ask in free):
                    continue
                if self.board.state(goal, extended) == "pass" and self._harmless(extended, free, trials):
                    chosen.update(extended)
                    return True
        return self._at_a_price(goal, chosen, trials, banned)

    def _at_a_price(self, goal: Goal, chosen: dict[Ask, Answer], trials: Sequence[str], banned: frozenset[str]) -> bool:
        """Takes an answer that opens another goal again, which the next round then looks after."""
        for ask in self.pool(goal).asks:
            if ask.key in banned or ask in chosen:
                continue
            for answer in ask.answers:
                after = {**chosen, ask: answer}
                if (
                    self.board.state(goal, after) == "pass"
                    and not self._ends(ask, answer, trials)
                    and all(self.board.state(g, after) != "fail" for g in self.borne(ask) if g.trial in trials)
                ):
                    chosen[ask] = answer
                    return True
        return False

    def _each_better_known(
        self, goal: Goal, chosen: dict[Ask, Answer], trials: Sequence[str], banned: frozenset[str]
    ) -> bool:
        """For several vague records that all stand in the way: what has to be known of each of them.

        Each is tried as if the others were not there, together with what reaches the goal without any of them.
        """
        pool = self.pool(goal)
        by_record: dict[str, list[Ask]] = {}
        for ask in pool.asks:
            if ask.kind == "sharpen" and ask.key not in banned and ask not in chosen:
                by_record.setdefault(ask.records[0], []).append(ask)
        if len(by_record) < _SEVERAL:
            return False
        others = [ask for ask in pool.asks if ask.kind != "sharpen" and ask.key not in banned and ask not in chosen]
        helps: list[dict[Ask, Answer]] = [{}, *({ask: answer} for ask in others for answer in ask.answers)]
        aside = _set_aside(by_record, by_record)
        aid = next((one for one in helps if self.board.state(goal, {**chosen, **aside, **one}) == "pass"), None)
        if aid is None:
            return False
        found = {**chosen, **aid}
        for record, asks in by_record.items():
            around = {**chosen, **aid, **_set_aside([other for other in by_record if other != record], by_record)}
            if self.board.state(goal, around) == "pass":
                continue
            pick = next(
                (
                    (ask, answer)
                    for ask in asks
                    for answer in ask.answers
                    if not self._ends(ask, answer, trials) and self.board.state(goal, {**around, ask: answer}) == "pass"
                ),
                None,
            )
            if pick is None:
                return False
            found[pick[0]] = pick[1]
        last = [ask for ask in found if ask not in chosen]
        if self.board.state(goal, found) != "pass" or not self._harmless(found, last, trials):
            return False
        chosen.update(found)
        return True

    def _groups(self, goal: Goal, banned: frozenset[str]) -> Iterator[list[Ask]]:
        """Groups of questions for one goal: the plans of the rules, then single and paired ones of a wider choice."""
        pool = self.pool(goal)
        for plan in pool.plans:
            if not any(ask.key in banned for ask in plan):
                yield list(plan)
        pool.widen()
        free = [ask for ask in pool.asks if ask.key not in banned]
        for ask in free:
            yield [ask]
        for pair in combinations(free[:_MOST_PAIRED], 2):
            yield list(pair)

    def _trim(self, goals: Sequence[Goal], chosen: dict[Ask, Answer], spared: Ask | None = None) -> None:
        """Leaves out every question that is not needed for the goals, the dearest first, the ``spared`` one last."""
        wanted = set(goals)
        for ask in sorted(chosen, key=lambda one: (one == spared, -one.cost, one.key)):
            rest = {other: answer for other, answer in chosen.items() if other != ask}
            if all(self.board.state(goal, rest) == "pass" for goal in self.borne(ask) if goal in wanted):
                del chosen[ask]


def _set_aside(records: Iterable[str], asks: Mapping[str, Sequence[Ask]]) -> dict[Ask, Answer]:
    """The pretence that those records are not there, as an answer."""
    names = tuple(records)
    if not names:
        return {}
    classes = frozenset(name for record in names for ask in asks[record] for name in ask.classes)
    answer = Answer("aside", Edit(drop=names), "")
    return {Ask(f"aside:{'+'.join(names)}", "reconcile", "choice", "", "", (answer,), classes): answer}


def cost(chosen: Chosen) -> int:
    """What finding out all of it costs."""
    return sum(ask.cost for ask in chosen)
