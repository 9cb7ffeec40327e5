"""The same facts on later days: on which days anything can change, and what holds on each of them.

A status depends on the day judged only through the spans that the rules count from it or from the planned
start, and through the age.  So nothing changes between two critical days: those on which a date of the
record crosses such a boundary (see ``rules.windows``), and birthdays.  It is enough to judge again on these,
in order, and on them only the clauses that depend on time.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from weakref import WeakKeyDictionary

from nen_kb.explain import Judgement
from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, birthday, months_after, years_span
from nen_kb.facts.normalise import Prepared
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.instances import AnyEvaluator, AnyModel
from nen_kb.rules.ir import Constant, Program, Rule
from nen_kb.rules.protocol import protocol_rows
from nen_kb.rules.windows import FIXED, Boundary, Origin, Timing, Windows

HORIZON_MONTHS = 24
"""How far ahead the first eligible day is looked for, and a timeline reaches unless asked otherwise."""

_CLAUSE = frozenset({"met", "unmet"})


@dataclass(frozen=True)
class Crossing:
    """On that day a date of one record crosses a boundary, or the patient has a birthday."""

    day: int
    boundary: Boundary | None
    """None of a birthday."""
    record: str = ""
    """The record whose date it is; empty of a birthday and of a day written in a rule."""
    mark: int = 0
    """The date, an ordinal; of a birthday the day of birth."""


@dataclass(frozen=True)
class Timed:
    """What of one trial depends on time."""

    clauses: frozenset[str]
    """Ids of whole clauses, and of all their parts."""
    timing: Timing
    evaluator: AnyEvaluator
    """Knows the rules of no other clauses."""


class Later:
    """Looks ahead with one program; ``evaluator`` makes what judges the later days."""

    def __init__(self, program: Program, evaluator: Callable[[Program], AnyEvaluator] = Evaluator) -> None:
        self.program = program
        self._evaluator = evaluator
        self._protocol = protocol_rows(program)
        self._trials: dict[str, Timed] = {}
        self._clauses: dict[tuple[str, str], Timing] = {}

    @classmethod
    def of(cls, program: Program, evaluator: AnyEvaluator) -> Later:
        """The one of that program, made when it is first asked for and kept as long as its evaluator is."""
        found = _KNOWN.get(evaluator)
        if found is None:
            found = _KNOWN[evaluator] = cls(program, type(evaluator))
        return found

    def eligible_from(self, judgement: Judgement, trial: str, in_the_way: Collection[str]) -> int | None:
        """The first later day, within two years, on which the trial's verdict is eligible.

        ``in_the_way`` are the clauses that fail or are open today; None unless time alone lifts them all.
        """
        if not self.timed(trial).clauses.issuperset(in_the_way):
            return None
        wanted = (judgement.patient, trial, "eligible")
        last = months_after(judgement.prepared.patient.index_date, HORIZON_MONTHS)
        days = sorted({crossing.day for crossing in self.crossings(judgement.prepared, trial, last)})
        return next((day for day, model in self.walk(judgement, trial, days) if wanted in model.rows("verdict")), None)

    def walk(self, judgement: Judgement, trial: str, days: Collection[int]) -> Iterator[tuple[int, AnyModel]]:
        """What holds on each of those days, of the clauses of the trial that depend on time."""
        prepared = judgement.prepared
        timed = self.timed(trial)
        rows = dict(judgement.base_rows)
        for name, protocol in self._protocol.items():
            rows[name] = frozenset(row for row in protocol if row[0] == trial and timed.clauses & set(row[1:]))
        later = timed.evaluator.run(rows, ("verdict",)) if days else None
        for day in days:
            assert later is not None  # there are days
            later = later.revised(prepared.timed(day))
            yield day, later

    def crossings(self, prepared: Prepared, trial: str, last: int) -> list[Crossing]:
        """Everything that may change an answer of the trial after the index day, up to the day ``last``; by day."""
        timing = self.timed(trial).timing
        found = [each for boundary in timing.boundaries for each in _crossed(prepared, boundary, last)]
        if timing.age:
            found += _birthdays(prepared, last)
        return sorted(found, key=lambda each: each.day)

    def timed(self, trial: str) -> Timed:
        """What of the trial depends on time."""
        found = self._trials.get(trial)
        if found is None:
            found = self._trials[trial] = self._restrict(trial)
        return found

    def timing(self, trial: str, clause: str) -> Timing:
        """What the clause, all parts of it included, has to do with time."""
        known = self._clauses.get((trial, clause))
        if known is None:
            parts = self.program.trial(trial).clause(clause).parts or (clause,)
            rules = [rule for rule in self._rules(trial) if any(_speaks_of(rule, part) for part in parts)]
            known = self._clauses[trial, clause] = self._windows.behind(rules)
        return known

    @cached_property
    def _windows(self) -> Windows:
        return Windows(self.program)

    def _rules(self, trial: str) -> list[Rule]:
        return [rule for rule in self.program.rules if _is_clause_of(rule, trial)]

    def _restrict(self, trial: str) -> Timed:
        """The clauses of a trial that depend on time, and the program without the rules of any others."""
        program = self.program
        found = program.trial(trial).clauses
        whole = {clause.id for clause in found if not clause.parent and self.timing(trial, clause.id).any}
        clauses = frozenset(clause.id for clause in found if clause.id in whole or clause.parent in whole)
        rules = tuple(
            rule
            for rule in program.rules
            if rule.head.predicate not in _CLAUSE
            or (_is_clause_of(rule, trial) and any(_speaks_of(rule, clause) for clause in clauses))
        )
        heads = {rule.head.predicate for rule in rules}
        part = replace(program, rules=rules, order=tuple(name for name in program.order if name in heads))
        mine = [rule for rule in rules if rule.head.predicate in _CLAUSE]
        return Timed(clauses, self._windows.behind(mine), self._evaluator(part))


_KNOWN: WeakKeyDictionary[AnyEvaluator, Later] = WeakKeyDictionary()


def _is_clause_of(rule: Rule, trial: str) -> bool:
    if rule.head.predicate not in _CLAUSE:
        return False
    term = rule.head.terms[1]
    return not isinstance(term, Constant) or term.value == trial


def _speaks_of(rule: Rule, clause: str) -> bool:
    term = rule.head.terms[2]
    return not isinstance(term, Constant) or term.value == clause


# ── days on which something is crossed ──────────────────────────────────────


def _crossed(prepared: Prepared, boundary: Boundary, last: int) -> Iterator[Crossing]:
    today = prepared.patient.index_date
    for offset in offsets(prepared, boundary.moving):
        early, late = (moved(prepared, boundary.moving, day, offset) for day in (today, last))
        for record, mark in _marks(prepared, boundary.mark):
            bound = boundary.mark.of(mark)
            if boundary.crossed(late, bound) and not boundary.crossed(early, bound):
                yield Crossing(_first_beyond(prepared, boundary, offset, bound, last), boundary, record, mark)
        if boundary.mark.moving:
            for other in offsets(prepared, boundary.mark):
                yield from _changes(prepared, boundary, offset, other, last)


def offsets(prepared: Prepared, origin: Origin) -> list[int]:
    """How many days each day of the base predicate lies behind the day judged."""
    if origin.predicate == "complete":
        return sorted({each.as_of - prepared.patient.index_date for each in prepared.patient.declarations})
    return [0]


def _marks(prepared: Prepared, mark: Origin) -> Iterator[tuple[str, int]]:
    """Every record with its date in that column; an unknown beginning or end is no date."""
    if mark.predicate == FIXED:
        yield "", mark.column
    for row in () if mark.moving else prepared.static.get(mark.predicate, ()):
        day = int(row[mark.column])
        if FAR_PAST < day < FAR_FUTURE:
            yield str(row[1]), day


def moved(prepared: Prepared, origin: Origin, judged: int, offset: int = 0) -> int:
    """The day a moving origin stands for on a later day: see ``Prepared.timed``."""
    day = judged + offset
    if origin.predicate == "planned_start":
        day = max(prepared.patient.planned_start or judged, judged)
    return origin.of(day)


def _first_beyond(prepared: Prepared, boundary: Boundary, offset: int, bound: int, last: int) -> int:
    """The first day that has crossed the boundary; the index day has not, and the last one has."""
    days = range(prepared.patient.index_date + 1, last + 1)
    return days[
        bisect_left(days, True, key=lambda day: boundary.crossed(moved(prepared, boundary.moving, day, offset), bound))
    ]


def _changes(prepared: Prepared, boundary: Boundary, offset: int, other: int, last: int) -> Iterator[Crossing]:
    """Of two days that both move, every day on which their order changes."""
    before: bool | None = None
    for day in range(prepared.patient.index_date, last + 1):
        now = boundary.crossed(
            moved(prepared, boundary.moving, day, offset), moved(prepared, boundary.mark, day, other)
        )
        if before not in (None, now):
            yield Crossing(day, boundary, mark=day)
        before = now


def _birthdays(prepared: Prepared, last: int) -> Iterator[Crossing]:
    born, today = prepared.patient.born, prepared.patient.index_date
    if born is None:
        return
    for birth in sorted({born.first, born.last}):
        first = date.fromordinal(birth).year
        for year in range(date.fromordinal(today).year, date.fromordinal(last).year + 1):
            day = birthday(birth, year - first)
            if today < day <= last and years_span(born, day) != years_span(born, day - 1):
                yield Crossing(day, None, mark=birth)
