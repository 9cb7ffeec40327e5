"""What could be known better about the records there are, and which of two that disagree is right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any

from nen_kb.explain import describe
from nen_kb.explain.case import Judgement
from nen_kb.explain.missing.asks import Answer, Ask, Form
from nen_kb.explain.missing.candidates import Candidates, class_of
from nen_kb.explain.missing.edits import Edit, changed
from nen_kb.explain.missing.leaf import Leaf
from nen_kb.explain.wording import missing as wording
from nen_kb.facts.dates import FAR_FUTURE, Days, months_before
from nen_kb.facts.normalise import Record
from nen_kb.facts.records import Declaration, Finding, Imaging, Limit, Measurement, Presence, Treatment
from nen_kb.facts.values import GRID, Span

_MOST_RECORDS = 24
"""Records about which something may be asked, the latest first."""
_MOST_DAYS = 14
_MOST_CLASSES = 8


class Sharpening:
    """Makes the questions about the records of one judgement."""

    def __init__(self, judgement: Judgement, candidates: Candidates, leaves: Sequence[Leaf]) -> None:
        """``leaves`` are the open ones; their limits and windows give the answers."""
        self.judgement = judgement
        self.candidates = candidates
        self.ontology = judgement.ontology
        self.today = judgement.prepared.patient.index_date
        self._leaves = leaves
        self._made: dict[str, tuple[Ask, ...]] = {}

    def relevant(self, leaf: Leaf) -> list[Record]:
        """The records that could be of a class the leaf asks about, the latest first."""
        found = [
            record
            for record in self.judgement.prepared.records.values()
            if not isinstance(record, Declaration) and self.touches(class_of(record), leaf)
        ]
        return sorted(found, key=lambda record: (-_last(record), record.id))

    def touches(self, name: str, leaf: Leaf) -> bool:
        """Whether a record of that class, or what is computed from it, could be of a class the leaf asks about."""
        own = (name, *self.ontology.derived(name))
        return any(self.ontology.overlaps(each, asked) for each in own for asked in leaf.classes)

    def asks(self, leaf: Leaf) -> list[Ask]:
        """What could be known better, of every record that the leaf may read."""
        found: list[Ask] = []
        for record in self.relevant(leaf)[:_MOST_RECORDS]:
            if record.id not in self._made:
                near = [each for each in self._leaves if self.touches(class_of(record), each)]
                self._made[record.id] = tuple(self._asks(record, near or [leaf]))
            found += self._made[record.id]
        return found

    def _asks(self, record: Record, leaves: Sequence[Leaf]) -> Iterator[Ask]:
        if isinstance(record, Treatment):
            yield from self._treatment(record, leaves)
        elif isinstance(record, Finding):
            yield from self._finding(record, leaves)
        elif isinstance(record, Measurement):
            yield from self._measurement(record, leaves)
        elif isinstance(record, Imaging):
            yield from self._imaging(record)
        if isinstance(record, Finding | Measurement | Imaging) and not self._cut(record.when).exact:
            when = self._cut(record.when)
            answers = [self._day(record.id, "when", Days(day, day)) for day in self._days(when, leaves)]
            yield self._ask(record, "date", "date", wording.on_what_day(self._words(record)), answers, "days")
        yield from self._narrower(record, leaves)

    # ── days ────────────────────────────────────────────────────────────────

    def _cut(self, when: Days) -> Days:
        return Days(min(when.first, self.today), min(when.last, self.today))

    def _days(self, when: Days, leaves: Sequence[Leaf]) -> list[int]:
        """Days of the interval: its ends, where windows of the rules begin, and around other records."""
        first = max(when.first, months_before(self.today, 12 * 100))
        marks = [first, when.last]
        for count in sorted({count for leaf in leaves for count in leaf.spans}):
            marks += [day - count + step for day in (self._start(), self.today) for step in (0, 1, -1)]
        for count in sorted({count for leaf in leaves for count in leaf.months}):
            marks += [months_before(self.today, count) + step for step in (0, 1, -1)]
        for other in self.judgement.prepared.records.values():
            if not isinstance(other, Declaration) and any(self.touches(class_of(other), leaf) for leaf in leaves):
                marks += [_last(other) + step for step in (0, 1, -1)]
        inside = dict.fromkeys(day for day in (*marks, (first + when.last) // 2) if first <= day <= when.last)
        return sorted(list(inside)[:_MOST_DAYS])

    def _start(self) -> int:
        return max(self.judgement.prepared.patient.planned_start or self.today, self.today)

    def _day(self, record: str, field: str, day: Days) -> Answer:
        return Answer(str(day.first), changed(record, **{field: day}), wording.amount(day.first, "days"), day.first)

    def _treatment(self, record: Treatment, leaves: Sequence[Leaf]) -> Iterator[Ask]:
        words = self._words(record)
        ended = record.ended
        if not ended.exact and ended.first < FAR_FUTURE:
            within = Days(min(ended.first, self.today), min(ended.last, self.today))
            answers = [
                Answer(
                    str(day),
                    changed(record.id, ended=Days(day, day), end_known=True, started=_before(record.started, day)),
                    wording.amount(day, "days"),
                    day,
                )
                for day in self._days(within, leaves)
            ]
            if ended.last >= FAR_FUTURE:
                ongoing = changed(record.id, ended=Days(FAR_FUTURE, FAR_FUTURE), end_known=True)
                answers.append(Answer("ongoing", ongoing, wording.ONGOING))
            yield self._ask(record, "end", "date", wording.when_ended(words), answers, "days")
        started = self._cut(record.started)
        if not started.exact:
            answers = [self._day(record.id, "started", Days(day, day)) for day in self._days(started, leaves)]
            answers = [each for each in answers if (each.amount or 0) <= ended.last]
            yield self._ask(record, "start", "date", wording.when_began(words), answers, "days")

    # ── what is said ────────────────────────────────────────────────────────

    def _finding(self, record: Finding, leaves: Sequence[Leaf]) -> Iterator[Ask]:
        if record.presence is Presence.UNKNOWN:
            answers = [
                Answer(presence.value, changed(record.id, presence=presence), presence.value)
                for presence in (Presence.PRESENT, Presence.ABSENT)
            ]
            yield self._ask(record, "presence", "yes or no", wording.there_or_not(self._words(record)), answers)
        reading = [leaf for leaf in leaves if "about" in leaf.reads]
        if record.about is None and reading:
            others = dict.fromkeys(
                other.concept
                for other in self.judgement.prepared.records.values()
                if isinstance(other, Finding) and other is not record and other.presence is Presence.PRESENT
            )
            answers = [
                Answer(name, changed(record.id, about=name), self.ontology.label(name), names=(name,))
                for name in others
                if any(self.touches(name, leaf) for leaf in reading)
            ]
            if answers:
                yield self._ask(record, "about", "choice", wording.speaks_of(self._words(record)), answers)

    def _measurement(self, record: Measurement, leaves: Sequence[Leaf]) -> Iterator[Ask]:
        observable = self.ontology.observable(record.observable)
        if observable is None:
            return
        if record.value is None or not record.value.exact:
            values = [
                Answer(
                    str(value),
                    changed(record.id, value=Span(value, value), trouble="", trouble_text=""),
                    wording.amount(value, observable.unit),
                    value,
                )
                for value in self.candidates.values(record.observable, observable, leaves)
                if record.value is None or record.value.low <= value <= record.value.high
            ]
            if record.value is not None:
                ends = [end // 10 * 10 for end in (record.value.low + 9, record.value.high) if abs(end) < 10**17]
                have = {answer.amount for answer in values}
                values += [
                    Answer(
                        str(end), changed(record.id, value=Span(end, end)), wording.amount(end, observable.unit), end
                    )
                    for end in dict.fromkeys(ends)
                    if end not in have and record.value.low <= end <= record.value.high
                ]
            text = wording.exact_value(self._words(record))
            yield self._ask(record, "value", "number", text, values, observable.unit)
        troubled = any(key[0] == record.id for key in self.judgement.prepared.troubles)
        if record.value is not None and self.ontology.derived(record.observable) and troubled:
            yield self._limits(record, record.value, observable.unit)

    def _limits(self, record: Measurement, value: Span, unit: str) -> Ask:
        high = min(max(value.high, 10), 10**16)
        answers = []
        for share in (5, 40, 80, 100, 200, 400, 1000):
            upper, lower = max(high * 100 // share // 10 * 10, 10), max(high // 200 * 10, 0)
            lower = min(lower, upper)
            limits: dict[str, Any] = {"upper": Limit(Span(upper, upper), ""), "lower": Limit(Span(lower, lower), "")}
            if record.upper is not None:
                limits.pop("upper")
            if record.lower is not None:
                limits.pop("lower")
            if limits:
                answers.append(Answer(str(share), changed(record.id, **limits), wording.upper_limit(upper, unit)))
        return self._ask(record, "limits", "number", wording.limits_of(self._words(record)), answers)

    def _imaging(self, record: Imaging) -> Iterator[Ask]:
        words = self._words(record)
        for field, most, text in (
            ("krenning", 4, wording.score_of(words)),
            ("extent", 3, wording.extent_of(words)),
        ):
            known: Span | None = getattr(record, field)
            if known is None or not known.exact:
                low, high = (0, most) if known is None else (known.low // GRID, known.high // GRID)
                answers = [
                    Answer(
                        str(score),
                        changed(record.id, **{field: Span(score * GRID, score * GRID)}),
                        wording.score(score) if field == "krenning" else wording.EXTENTS[score],
                        score * GRID if field == "krenning" else None,
                    )
                    for score in range(high, low - 1, -1)
                ]
                if field == "krenning":
                    yield self._ask(record, field, "number", text, answers, "1")
                else:
                    yield self._ask(record, field, "choice", text, answers)

    def _narrower(self, record: Record, leaves: Sequence[Leaf]) -> Iterator[Ask]:
        """Where the class named is too general for what the leaf asks."""
        name = class_of(record)
        onto = self.ontology
        if isinstance(record, Finding) and record.presence is Presence.ABSENT:
            return
        below = onto.descendants(name) - {name}
        asked = [
            each
            for each in sorted({each for leaf in leaves for each in leaf.classes})
            if not onto.isa(name, each) and not onto.disjoint(name, each)
        ]
        found: dict[str, None] = {}
        if onto.concept(name).parents:
            for each in asked:
                # The widest classes that surely are what is asked, and that surely are not.
                found.update(dict.fromkeys(_widest(onto, [one for one in below if onto.isa(one, each)])[:1]))
                found.update(dict.fromkeys(_widest(onto, [one for one in below if onto.disjoint(one, each)])[:1]))
        elif asked:  # what was not understood is something that does not matter, if it is anything that can be said
            harmless = [one for one in below if all(onto.disjoint(one, each) for each in asked)]
            found.update(dict.fromkeys(_widest(onto, harmless)[:2]))
        if found:
            field = {Measurement: "observable", Imaging: "procedure"}.get(type(record), "concept")
            answers = [
                Answer(each, changed(record.id, **{field: each}), onto.label(each), names=(each,))
                for each in list(found)[:_MOST_CLASSES]
            ]
            yield self._ask(record, "class", "choice", wording.what_precisely(self._words(record)), answers)

    # ── which is right ──────────────────────────────────────────────────────

    def reconciling(self, sides: Sequence[Sequence[str]]) -> Iterator[Ask]:
        """Which of two groups of records is right; those on both sides stay."""
        one, other = ([each for each in side if each not in sides[1 - i]] for i, side in enumerate(sides))
        if one and other:
            yield self._reconcile([one, other])

    def rivals(self, leaf: Leaf) -> Iterator[Ask]:
        """Which of two records of one day is right, of those the leaf may read and that say different things."""
        relevant = [each for each in self.relevant(leaf)[:_MOST_RECORDS] if not isinstance(each, Declaration)]
        for one, other in combinations(relevant, 2):
            if _last(one) == _last(other) and self.ontology.overlaps(class_of(one), class_of(other)):
                yield self._reconcile([[one.id], [other.id]])

    def _reconcile(self, sides: Sequence[Sequence[str]]) -> Ask:
        groups = sorted(sorted(side) for side in sides)  # one order, whichever side of whichever clause they are on
        words = [" and ".join(describe.record(self.judgement, each) for each in group) for group in groups]
        names = [class_of(self.judgement.prepared.records[each]) for group in groups for each in group]
        classes = frozenset(derived for name in names for derived in (name, *self.ontology.derived(name)))
        answers = tuple(
            Answer(
                f"keep {'+'.join(groups[place])}",
                Edit(drop=tuple(each for i, group in enumerate(groups) if i != place for each in group)),
                words[place],
            )
            for place in range(len(groups))
        )
        records = tuple(sorted(each for group in groups for each in group))
        effort = self.candidates.efforts.chart()
        return Ask(
            f"reconcile:{'+'.join(records)}", "reconcile", "choice", names[0], wording.which_is_right(words), answers,
            classes, records=records, cost=effort.cost, effort=effort.name,
        )  # fmt: skip

    def _ask(
        self, record: Record, aspect: str, form: Form, text: str, answers: Iterable[Answer], unit: str = ""
    ) -> Ask:
        name = class_of(record)
        found = tuple(answers)
        named = {each for answer in found for each in answer.names}
        classes = frozenset([name, *self.ontology.derived(name), *named])
        effort = self.candidates.efforts.chart()
        return Ask(
            f"sharpen:{record.id}:{aspect}", "sharpen", form, name, text, found, classes, records=(record.id,),
            unit=unit, cost=effort.cost, effort=effort.name,
        )  # fmt: skip

    def _words(self, record: Record) -> str:
        return describe.record(self.judgement, record.id)


def _last(record: Record) -> int:
    if isinstance(record, Treatment):
        return record.started.last
    return record.as_of if isinstance(record, Declaration) else record.when.last


def _before(started: Days, day: int) -> Days:
    """The start, no later than an end on that day."""
    return Days(min(started.first, day), min(started.last, day))


def _widest(ontology: Any, names: list[str]) -> list[str]:
    chosen = set(names)
    tops = [name for name in names if not (set(ontology.concept(name).parents) & chosen)]
    return sorted(tops, key=lambda name: (-len(ontology.descendants(name)), name))
