"""The verdict of one trial as a function of time: what the same record gives on every later day, and why it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any

from nen_kb.errors import Problem, UsageError
from nen_kb.explain.wording import timeline as wording
from nen_kb.facts.dates import iso, months_after
from nen_kb.knowledge_base.causes import Causes
from nen_kb.knowledge_base.later import HORIZON_MONTHS, Later
from nen_kb.rules.instances import AnyModel

if TYPE_CHECKING:
    from nen_kb.knowledge_base.results import TrialResult, Verdict

MOST_MONTHS = 120


@dataclass(frozen=True)
class Change:
    """One whole clause whose status changes on a day."""

    clause: str
    before: str
    after: str
    cause: str
    """Which date passes which span: ``everolimus, last day 2026-11-07: from 2026-12-05 on at least 28 days …``."""
    short: str
    """In a clinician's short words: ``everolimus washout``."""
    records: tuple[str, ...]
    """Ids of the records whose dates bring the change about; empty for a birthday."""
    decisive: bool = False
    """Whether the verdict changes that day, and with this clause."""

    def to_json(self) -> dict[str, Any]:
        """As ``timeline --format json`` prints it."""
        return {
            "clause": self.clause,
            "before": self.before,
            "after": self.after,
            "cause": self.cause,
            "short": self.short,
            "records": list(self.records),
            "decisive": self.decisive,
        }


@dataclass(frozen=True)
class Period:
    """A run of days on which every whole clause has one status."""

    first: int
    """An ordinal; the first period begins on the index day."""
    last: int | None
    """None where nothing changes any more up to the horizon."""
    verdict: Verdict
    in_the_way: tuple[str, ...]
    """The whole clauses that fail or are open, in the order of the protocol."""
    changes: tuple[Change, ...]
    """What began it; empty for the first."""
    failing: tuple[str, ...] = ()
    """Those of ``in_the_way`` that fail."""

    @property
    def open(self) -> tuple[str, ...]:
        """Those of ``in_the_way`` that are unknown or conflicting."""
        return tuple(clause for clause in self.in_the_way if clause not in self.failing)

    def to_json(self) -> dict[str, Any]:
        """As ``timeline --format json`` prints it."""
        return {
            "first": iso(self.first),
            "last": None if self.last is None else iso(self.last),
            "verdict": self.verdict.value,
            "in_the_way": list(self.in_the_way),
            "failing": list(self.failing),
            "open": list(self.open),
            "changes": [change.to_json() for change in self.changes],
        }


@dataclass(frozen=True)
class Timeline:
    """One patient and trial from the index day to a horizon, if nothing but time changes.

    On a later day the same facts hold, declarations are carried along, and the planned start moves
    unless it was given and lies later.
    """

    trial: str
    horizon: int
    """The last day looked at, an ordinal."""
    periods: tuple[Period, ...]
    """Without gaps; a new one on every day on which the status of a whole clause changes."""

    def verdict_periods(self) -> tuple[Period, ...]:
        """Longer runs of days with one verdict; what is in the way is what was on the first day of each."""
        found = []
        for _, group in groupby(self.periods, key=lambda period: period.verdict):
            run = list(group)
            first = run[0]
            found.append(replace(first, last=run[-1].last))
        return tuple(found)

    def sentence(self) -> str:
        """``Not eligible until 5 December 2026 (everolimus washout), then eligible until … inclusive (…), then …``."""
        runs = self.verdict_periods()
        ends = [list(dict.fromkeys(change.short for change in run.changes if change.decisive)) for run in runs[1:]]
        return wording.sentence([(run.verdict.value, run.first, run.last) for run in runs], ends, self.horizon)

    def to_json(self) -> dict[str, Any]:
        """As ``timeline --format json`` prints it."""
        return {
            "trial": self.trial,
            "horizon": iso(self.horizon),
            "sentence": self.sentence(),
            "periods": [period.to_json() for period in self.periods],
        }


def make_timeline(result: TrialResult, months: int = HORIZON_MONTHS) -> Timeline:
    """The timeline of one result over so many months, 1 to 120; raises UsageError for others."""
    check_months(months)
    return _Maker(result, months).timeline()


def check_months(months: int) -> None:
    """Raises UsageError for a number of months that a timeline does not reach."""
    if not 1 <= months <= MOST_MONTHS:
        message = f"a timeline reaches 1 to {MOST_MONTHS} months ahead, not {months}"
        raise UsageError(Problem("timeline", "", message, "Ask for a number of months in that range.", "months"))


class _Maker:
    """Walks along the critical days of one result."""

    def __init__(self, result: TrialResult, months: int) -> None:
        self.result = result
        self.judgement = result.judgement
        self.trial = result.trial.id
        self.later = Later.of(self.judgement.program, self.judgement.evaluator)
        self.horizon = months_after(result.index_date, months)
        self.whole = [clause.clause for clause in result.clauses]
        timed = self.later.timed(self.trial).clauses
        self.moving = frozenset(clause.id for clause in self.whole if clause.id in timed)
        """The whole clauses that depend on time."""

    def timeline(self) -> Timeline:
        statuses = {clause.id: clause.status.value for clause in self.result.clauses}
        begun = [self._period(self.result.index_date, self.result.verdict, statuses, ())]
        crossings = self.later.crossings(self.judgement.prepared, self.trial, self.horizon)
        by_day = {day: list(group) for day, group in groupby(crossings, key=lambda each: each.day)}
        for day, model in self.later.walk(self.judgement, self.trial, list(by_day)):
            now = {**statuses, **self._statuses(model)}
            if now == statuses:
                continue
            causes = Causes(self.later, self.judgement, self.trial, by_day[day], model)
            verdict = self._verdict(model)
            changes = []
            for clause, after in ((each.id, now[each.id]) for each in self.whole):
                before = statuses[clause]
                if after != before:
                    cause = causes.of(clause, after)
                    decisive = self._decides(clause, before, after, begun[-1].verdict, verdict)
                    changes.append(Change(clause, before, after, cause.text, cause.short, cause.records, decisive))
            statuses = now
            begun.append(self._period(day, verdict, statuses, tuple(changes)))
        lasts = [period.first - 1 for period in begun[1:]]
        periods = (replace(period, last=last) for period, last in zip(begun, (*lasts, None), strict=True))
        return Timeline(self.trial, self.horizon, tuple(periods))

    def _period(self, first: int, verdict: Verdict, statuses: Mapping[str, str], changes: tuple[Change, ...]) -> Period:
        """A period whose last day is not known yet."""
        goodness = {each.id: self._goodness(each.id, statuses[each.id]) for each in self.whole}
        way = tuple(clause for clause, good in goodness.items() if good < 2)
        failing = tuple(clause for clause, good in goodness.items() if good == 0)
        return Period(first, None, verdict, way, changes, failing)

    def _statuses(self, model: AnyModel) -> dict[str, str]:
        """Of the whole clauses that depend on time."""
        rows = model.rows("status")
        return {str(row[2]): str(row[3]) for row in rows if row[1] == self.trial and row[2] in self.moving}

    def _verdict(self, model: AnyModel) -> Verdict:
        """The worse of what the clauses that depend on time give, and all others."""
        from nen_kb.knowledge_base.results import Verdict  # that module offers this one's result

        found = [Verdict(str(row[2])) for row in model.rows("verdict") if row[1] == self.trial]
        return min((*found, self._others), key=_rank)

    @cached_property
    def _others(self) -> Verdict:
        """The verdict if only the clauses counted that do not depend on time."""
        from nen_kb.knowledge_base.results import Verdict

        others = [clause for clause in self.result.clauses if clause.id not in self.moving]
        if any(clause.fails for clause in others):
            return Verdict.INELIGIBLE
        return Verdict.UNDETERMINED if any(clause.open for clause in others) else Verdict.ELIGIBLE

    def _goodness(self, clause: str, status: str) -> int:
        """0 for a clause that fails, 1 for an open one, 2 for one that lets the patient pass."""
        if status not in ("met", "unmet"):
            return 1
        return 2 if (status == "met") == (self.result.trial.clause(clause).kind == "inclusion") else 0

    def _decides(self, clause: str, before: str, after: str, was: Verdict, now: Verdict) -> bool:
        """Whether a change of a clause is one of those that make the verdict another one."""
        old, new = self._goodness(clause, before), self._goodness(clause, after)
        if _rank(now) > _rank(was):
            return old < _rank(now) <= new
        return _rank(now) < _rank(was) and new == _rank(now) < old


def _rank(verdict: Verdict) -> int:
    return ("ineligible", "undetermined", "eligible").index(verdict.value)
