"""Why clauses change on one day: the dates without which they would not.

Of the dates that cross a span of the clause's rules on the day, each is held back to where it has not crossed
yet, and the day is judged again.  If the clause then has another status, that date is a cause.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from nen_kb.explain import Judgement, describe
from nen_kb.explain.wording import timeline as wording
from nen_kb.facts.dates import completed_years
from nen_kb.facts.normalise import Row
from nen_kb.knowledge_base.later import Crossing, Later, moved, offsets
from nen_kb.rules.instances import AnyModel


@dataclass(frozen=True)
class Cause:
    """Why one clause changes."""

    text: str
    """Which date passes which span."""
    short: str
    """The same in a clinician's short words."""
    records: tuple[str, ...]
    """Ids of the records whose dates they are; empty for a birthday."""


class Causes:
    """Why clauses of one trial change on one day, of which the crossings and the model are given."""

    def __init__(
        self, later: Later, judgement: Judgement, trial: str, crossings: Sequence[Crossing], model: AnyModel
    ) -> None:
        self.later = later
        self.judgement = judgement
        self.trial = trial
        self.day = crossings[0].day
        self.crossings = crossings
        self.model = model
        self._held: dict[tuple[Crossing, ...], AnyModel] = {}

    def of(self, clause: str, after: str) -> Cause:
        """Why the clause has the status ``after`` from that day on."""
        found = self._groups(clause)
        row = (self.judgement.patient, self.trial, clause, after)
        needed = [group for group in found if row not in self._without(group).rows("status")]
        # Where one of several dates is enough, none of them is needed: then all are named.
        causes = [_chosen(group) for group in needed or found]
        texts = [self._text(cause) for cause in causes] or [wording.no_single_record(self.day)]
        shorts = [self._short(clause, cause) for cause in causes] or [wording.short_unnamed()]
        records = dict.fromkeys(cause.record for cause in causes if cause.record)
        return Cause(wording.together(list(dict.fromkeys(texts))), wording.short_list(shorts), tuple(records))

    def _groups(self, clause: str) -> list[tuple[Crossing, ...]]:
        """The crossings of the day that the clause's rules look at, those of one record together."""
        timing = self.later.timing(self.trial, clause)
        mine = [
            each
            for each in self.crossings
            if (timing.age if each.boundary is None else each.boundary in timing.boundaries)
        ]
        records: dict[tuple[str, bool], list[Crossing]] = {}
        for each in mine:
            records.setdefault((each.record, each.boundary is None), []).append(each)
        return [tuple(group) for _, group in sorted(records.items())]

    def _without(self, group: tuple[Crossing, ...]) -> AnyModel:
        """The day judged as if the group had not crossed anything yet."""
        if group not in self._held:
            self._held[group] = self.model.revised(self._held_back(group))
        return self._held[group]

    def _held_back(self, group: Iterable[Crossing]) -> dict[str, frozenset[Row]]:
        prepared = self.judgement.prepared
        changed: dict[str, set[Row]] = {}
        for each in group:
            if each.boundary is None:
                return {"age": prepared.timed(self.day - 1)["age"]}
            predicate = each.boundary.mark.predicate
            if each.record:
                rows = changed.setdefault(predicate, set(prepared.static[predicate]))
                (row,) = (row for row in rows if row[1] == each.record)
                rows.discard(row)
                rows.add(_later_row(row, each, self._held_day(each)))
        return {name: frozenset(rows) for name, rows in changed.items()}

    def _held_day(self, crossing: Crossing) -> int:
        """The first date that has not crossed the boundary on this day."""
        boundary = crossing.boundary
        assert boundary is not None  # a date of a record
        moving = max(
            moved(self.judgement.prepared, boundary.moving, self.day, offset)
            for offset in offsets(self.judgement.prepared, boundary.moving)
        )
        mark = crossing.mark
        while boundary.crossed(moving, boundary.mark.of(mark)):
            mark += 1
        return mark

    def _text(self, crossing: Crossing) -> str:
        if crossing.boundary is None:
            return self._birthday(crossing)
        boundary = crossing.boundary
        if not crossing.record:
            return wording.no_single_record(self.day)
        label = describe.name(self.judgement, crossing.record)
        predicate = boundary.mark.predicate
        (row,) = (row for row in self.judgement.prepared.static[predicate] if row[1] == crossing.record)
        mark = wording.marked(predicate, int(row[2]), int(row[3]), crossing.mark)
        if boundary.mark.shifts or len(boundary.moving.shifts) > 1:
            return wording.otherwise(label, mark, self.day)
        way = wording.span(*_counted(crossing), boundary.moving.predicate, boundary.passed)
        return wording.crossed(label, mark, self.day, way)

    def _birthday(self, crossing: Crossing) -> str:
        born = self.judgement.prepared.patient.born
        assert born is not None  # there is a birthday
        words = wording.birthday if crossing.mark == born.last else wording.may_be_birthday
        return words(born.first, born.last, completed_years(crossing.mark, self.day), self.day)

    def _short(self, clause: str, crossing: Crossing) -> str:
        boundary = crossing.boundary
        if boundary is None:
            born = self.judgement.prepared.patient.born
            assert born is not None  # there is a birthday
            sure = wording.sureness(born.first, born.last, crossing.mark)
            text = wording.short_birthday(completed_years(crossing.mark, self.day), sure)
            if self.later.timing(self.trial, clause).computed:
                text = wording.short_computed(text, self._turned(clause, crossing))
            return text
        if not crossing.record:
            return wording.short_unnamed()
        label = describe.name(self.judgement, crossing.record)
        (row,) = (row for row in self.judgement.prepared.static[boundary.mark.predicate] if row[1] == crossing.record)
        sure = wording.sureness(int(row[2]), int(row[3]), crossing.mark)
        words = _words(crossing)
        if words:
            return wording.short_words(label, words, sure)
        return wording.short_span(label, *_counted(crossing), boundary.passed, sure)

    def _turned(self, clause: str, birthday: Crossing) -> list[tuple[str, str, str]]:
        """What each part that the birthday changes says, with its status before and after; or so the clause."""
        found = self.judgement.clause(self.trial, clause)
        now = self._statuses(self.model)
        before = self._statuses(self._without(next(each for each in self._groups(clause) if birthday in each)))
        changed = [part for part in found.parts if before.get(part) != now.get(part)] or [clause]
        clauses = [self.judgement.clause(self.trial, each) for each in changed]
        return [(each.header.get("says") or each.quote, before[each.id], now[each.id]) for each in clauses]

    def _statuses(self, model: AnyModel) -> dict[str, str]:
        return {str(row[2]): str(row[3]) for row in model.rows("status") if row[1] == self.trial}


def _later_row(row: Row, crossing: Crossing, day: int) -> Row:
    """The row with the crossing's date moved to ``day``; an exact date stays exact."""
    assert crossing.boundary is not None  # a date of a record
    first, last = int(row[2]), int(row[3])
    if first == last:
        return (*row[:2], max(first, day), max(first, day))
    if crossing.boundary.mark.column == 2:
        return (*row[:2], max(first, day), max(last, day))
    return (*row[:2], first, max(last, day))


def _counted(crossing: Crossing) -> tuple[str, int]:
    """How the span is counted, and how many; nothing for a date compared with the day itself."""
    assert crossing.boundary is not None  # a date of a record
    for shift in crossing.boundary.moving.shifts:
        return shift.builtin, shift.count
    return "days_before", 0


def _words(crossing: Crossing) -> str:
    """What the header of the rule that counts the span calls it, or an empty text."""
    if crossing.boundary is None:
        return ""
    for shift in (*crossing.boundary.moving.shifts, *crossing.boundary.mark.shifts):
        for text in shift.header.all("window"):
            count, _, words = text.partition(":")
            if int(count) == shift.count:
                return words.split("(")[0].strip()
    return ""


def _chosen(group: Sequence[Crossing]) -> Crossing:
    """Of the crossings of one record the one to speak of: one that the rules have words for, then the plainest."""

    def order(crossing: Crossing) -> tuple[bool, bool, int, int]:
        boundary = crossing.boundary
        if boundary is None:
            return False, False, 0, -crossing.mark
        steps = len(boundary.moving.shifts) + len(boundary.mark.shifts)
        return not _words(crossing), not boundary.passed, steps, -boundary.mark.column

    return min(group, key=order)
