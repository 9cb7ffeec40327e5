"""What time alone does to each cause for which clauses of a trial fail: the first day on which it no longer holds.

The days looked at are those on which a date of the record crosses a span that the failing clauses count.
On such a day the clause may have passed or be open; where it still fails, its causes are looked up again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from nen_kb.explain import Judgement
from nen_kb.explain.nearness.standing import FAILING, OPEN, PASSED, CauseId, Lift, fails_as, standing
from nen_kb.facts.dates import FAR_FUTURE, months_after
from nen_kb.facts.normalise import Row
from nen_kb.knowledge_base.later import HORIZON_MONTHS, Later
from nen_kb.rules.instances import AnyModel
from nen_kb.rules.ir import Clause

_End = tuple[int, str]
"""The first day without a cause, and what the whole clause is on it."""


def lifts(judgement: Judgement, trial: str, failing: Iterable[Clause]) -> dict[CauseId, Lift]:
    """What time does, within two years, to each cause of those clauses; causes that it leaves as they are have none.

    ``failing`` are whole clauses that fail on the index day.
    """
    later = Later.of(judgement.program, judgement.evaluator)
    timed = later.timed(trial).clauses
    causes = {clause: standing(judgement, clause) for clause in failing if clause.id in timed}
    ends = dict(_ends(later, judgement, trial, causes))
    stopped: dict[CauseId, _End] = {}
    going_on = _going_on(judgement, causes.values())
    if going_on:
        stopped = dict(_ends(later, _stopped(judgement, going_on), trial, causes))
    found = {cause: Lift(*end) for cause, end in ends.items()}
    return found | {cause: replace(found.get(cause, Lift()), if_stopped=end[0]) for cause, end in stopped.items()}


def _ends(
    later: Later, judgement: Judgement, trial: str, causes: Mapping[Clause, frozenset[CauseId]]
) -> Iterator[tuple[CauseId, _End]]:
    """Each cause that ends, with its end."""
    days = _days(later, judgement, trial, list(causes))
    left = dict(causes)
    for day, model in later.walk(judgement, trial, sorted(days)):
        judged: Judgement | None = None
        for clause in days[day]:
            if not left[clause]:
                continue
            status = _status(model, clause)
            if status == FAILING:
                if judged is None:
                    rows = {**judgement.base_rows, **judgement.prepared.timed(day)}
                    judged = Judgement(judgement.program, judgement.evaluator, judgement.prepared, model, rows)
                gone = left[clause] - standing(judged, clause)
            else:
                gone = left[clause]
            left[clause] -= gone
            yield from ((cause, (day, status)) for cause in gone)
        if not any(left.values()):
            return


def _days(later: Later, judgement: Judgement, trial: str, clauses: Sequence[Clause]) -> dict[int, list[Clause]]:
    """The days on which something of a clause may change, with the clauses."""
    last = months_after(judgement.prepared.patient.index_date, HORIZON_MONTHS)
    timings = {clause: later.timing(trial, clause.id) for clause in clauses}
    boundaries = {clause: frozenset(timing.boundaries) for clause, timing in timings.items()}
    found: dict[int, list[Clause]] = {}
    for each in later.crossings(judgement.prepared, trial, last) if clauses else ():
        for clause in clauses:
            mine = timings[clause].age if each.boundary is None else each.boundary in boundaries[clause]
            if mine and clause not in found.setdefault(each.day, []):
                found[each.day].append(clause)
    return {day: mine for day, mine in found.items() if mine}


def _status(model: AnyModel, clause: Clause) -> str:
    """Whether a whole clause is passed, open or failing."""
    (found,) = (str(row[3]) for row in model.rows("status") if row[1:3] == (clause.trial, clause.id))
    if found == fails_as(clause):
        return FAILING
    return PASSED if found in ("met", "unmet") else OPEN


# ── treatments that go on ───────────────────────────────────────────────────


def _going_on(judgement: Judgement, causes: Iterable[frozenset[CauseId]]) -> frozenset[Row]:
    """The rows of treatments with no end, if the end is what a clause fails for."""
    keys = {key[1] for each in causes for _, key in each if isinstance(key, tuple) and key[:1] == ("day",)}
    rows = judgement.prepared.static.get("ended", frozenset())
    return frozenset(row for row in rows if row[1] in keys and int(row[2]) >= FAR_FUTURE)


def _stopped(judgement: Judgement, going_on: frozenset[Row]) -> Judgement:
    """The same patient with the day judged as the last day of those treatments."""
    prepared = judgement.prepared
    ended = (prepared.static["ended"] - going_on) | {(*row[:2], judgement.day, judgement.day) for row in going_on}
    prepared = replace(prepared, static={**prepared.static, "ended": ended})
    base = {**judgement.base_rows, "ended": ended}
    return Judgement(judgement.program, judgement.evaluator, prepared, judgement.model.revised(base), base)
