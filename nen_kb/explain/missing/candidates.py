"""What a further record, a declaration or a fact about the person could say: the questions rules lead to.

A new record is dated the index day, or, where the rules compare its own day, also earlier.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from nen_kb.explain.missing.asks import ASKED, Answer, Ask
from nen_kb.explain.missing.edits import Edit
from nen_kb.explain.missing.efforts import Effort, Efforts
from nen_kb.explain.missing.leaf import Leaf, form_of
from nen_kb.explain.missing.reach import Reach
from nen_kb.explain.wording import missing as wording
from nen_kb.facts.dates import FAR_FUTURE, Days, months_before
from nen_kb.facts.normalise import Record
from nen_kb.facts.records import Declaration, Finding, Imaging, Limit, Measurement, Patient, Presence, Sex, Treatment
from nen_kb.facts.values import GRID, NEG_INF, POS_INF, Span
from nen_kb.ontology import Ontology
from nen_kb.ontology.model import Observable

_SCANS = ((4, 3), (3, 3), (4, 2), (4, 1), (2, 3), (1, 3), (4, 0), (0, 0))
"""Krenning scores and extents: everything a limit can lie between."""
_MOST_AMOUNTS = 12
_GROWN_UP = 40
"""Years above the highest age limit: an answer for the birth date of somebody surely old enough."""
_LARGEST_CHOICE = 6


class Candidates:
    """Makes the questions about one patient, each once."""

    def __init__(self, reach: Reach, efforts: Efforts, patient: Patient, records: Sequence[Record]) -> None:
        self.reach = reach
        self.ontology: Ontology = reach.ontology
        self.efforts = efforts
        self.patient = patient
        self.today = patient.index_date
        self.known = frozenset(class_of(record) for record in records if not isinstance(record, Declaration))
        """Classes of which the patient has a record."""
        self.known_today = frozenset(
            class_of(record)
            for record in records
            if isinstance(record, Measurement | Imaging) and record.when == Days(self.today, self.today)
        )
        """Classes of the results and scans of the index day: no later one can take their place."""
        self._records = records
        self._asked = frozenset().union(*reach.program.asked.values())
        self._grouped: dict[str, tuple[str, ...]] = {}

    def ask(self, key: str, leaves: Iterable[Leaf]) -> Ask | None:
        """The question of that key, with answers for those leaves; None where there is nothing to ask."""
        kind, _, name = key.partition(":")
        if kind == "declare":
            return self._declaration(name)
        if kind == "person":
            return self._person(name, list(leaves))
        if kind == "choice":
            return self._choice(name)
        return self._record(name, list(leaves))

    def grouped(self, key: str) -> str:
        """The key of the question that this one is asked with: of WHO grade 1, that for the WHO grade."""
        kind, _, name = key.partition(":")
        if kind != "record" or name not in self.ontology.names or form_of(self.ontology, name) != "finding":
            return key
        for parent in self.ontology.concept(name).parents:
            if name in self._choices(parent):
                return f"choice:{parent}"
        return key

    def _choices(self, parent: str) -> tuple[str, ...]:
        """Classes right below that exclude each other: all of an assessment, or those that definitions tell apart."""
        if parent not in self._grouped:
            onto = self.ontology
            below = sorted(name for name in onto.descendants(parent) if parent in onto.concept(name).parents)
            if onto.domain(parent) is not None or not onto.concept(parent).parents:
                below = [name for name in below if onto.ranges(name)]
            apart = all(one == other or onto.disjoint(one, other) for one in below for other in below)
            several = sum(1 for name in below if name in self._asked) > 1
            fits = apart and several and len(below) <= _LARGEST_CHOICE and form_of(onto, parent) == "finding"
            self._grouped[parent] = tuple(below) if fits else ()
        return self._grouped[parent]

    def _choice(self, parent: str) -> Ask:
        """Which of several classes it is."""
        choices = self._choices(parent)
        again = any(self.ontology.overlaps(name, each) for name in choices for each in self.known)
        answers = tuple(self._finding(each, Presence.PRESENT, self.today) for each in choices)
        if self.ontology.domain(parent) is None:
            text = wording.which(self.ontology.label(parent), again)
        else:
            text = wording.which_of([self.ontology.label(each) for each in choices])
        ask = Ask(f"choice:{parent}", "record", "choice", parent, text, answers, frozenset([parent, *choices]))
        return _priced(ask, max((self.efforts.of(each) for each in choices), key=lambda effort: effort.cost))

    # ── a further record ────────────────────────────────────────────────────

    def _record(self, name: str, leaves: Sequence[Leaf]) -> Ask | None:
        form = form_of(self.ontology, name)
        label = self.ontology.label(name)
        again = any(self.ontology.overlaps(name, each) for each in self.known)
        effort = self.efforts.of(name)
        classes = frozenset([name, *self.ontology.derived(name)])
        if any(self.ontology.isa(each, name) for each in self.known_today):
            return None
        if form == "number":
            return self._number(name, leaves, again, effort)
        if form == "scan":
            answers = tuple(self._scan(name, krenning, extent) for krenning, extent in _SCANS)
            text = wording.what_scan(label, again)
            return _priced(Ask(f"record:{name}", "record", "scan", name, text, answers, classes), effort)
        if form == "treatment":
            answers = tuple(self._treatment(name))
            text = wording.ever_given(label)
            return _priced(Ask(f"record:{name}", "record", "treatment", name, text, answers, classes), effort)
        answers = tuple(self._findings(name, leaves))
        is_condition = self.ontology.domain(name) == "conditions"
        if any(name in leaf.dated and leaf.months for leaf in leaves):
            text = wording.is_it_so_when(label, again)
        else:
            text = wording.is_it_there(label, again) if is_condition else wording.is_it_so(label, again)
        return _priced(Ask(f"record:{name}", "record", "yes or no", name, text, answers, classes), effort)

    def about(self, name: str, finding: Finding) -> Ask:
        """The question whether a finding is there, of another finding on record."""
        other = self.ontology.label(finding.concept)
        label = f"{self.ontology.label(name)} (of {other})"
        answers = tuple(
            replace(answer, edit=Edit(add=tuple(_of(record, finding.concept) for record in answer.edit.add)))
            for answer in self._findings(name, [])
        )
        text = wording.is_it_so(label, any(self.ontology.overlaps(name, each) for each in self.known))
        key = f"record:{name}:about:{finding.concept}"
        ask = Ask(key, "record", "yes or no", name, text, answers, frozenset([name, finding.concept]))
        return _priced(ask, self.efforts.of(name))

    def _findings(self, name: str, leaves: Sequence[Leaf]) -> Iterator[Answer]:
        yield self._finding(name, Presence.PRESENT, self.today, yes=True)
        yield self._finding(name, Presence.ABSENT, self.today)
        months = {count for leaf in leaves if name in leaf.dated for count in leaf.months}
        for count in sorted(months):
            yield self._finding(name, Presence.PRESENT, months_before(self.today, count), yes=True)

    def _finding(self, name: str, presence: Presence, day: int, yes: bool = False) -> Answer:
        there = presence is Presence.PRESENT
        if self.ontology.domain(name) is None:
            words = wording.YES if there else wording.NO
        else:
            words = wording.PRESENT if there else wording.ABSENT
        phrase = words if yes or not there else self.ontology.label(name)
        if day != self.today:
            phrase = wording.on_day(phrase, day)
        record = Finding(_identity(name), name, presence, Days(day, day), ASKED)
        return Answer(f"{name} {presence.value} {day}", Edit(add=(record,)), phrase)

    def _treatment(self, name: str) -> Iterator[Answer]:
        today = self.today
        yield Answer("never", self._finding(name, Presence.ABSENT, today).edit, wording.NEVER)
        past, end = Days(*[months_before(today, 60)] * 2), Days(FAR_FUTURE, FAR_FUTURE)
        over = Treatment(_identity(name), name, past, past, ASKED)
        yield Answer("long ago", Edit(add=(over,)), wording.LONG_AGO)
        yield Answer("ongoing", Edit(add=(replace(over, ended=end),)), wording.ONGOING)

    def _scan(self, name: str, krenning: int, extent: int) -> Answer:
        today = Days(self.today, self.today)
        record = Imaging(_identity(name), name, today, ASKED, _exactly(krenning * GRID), _exactly(extent * GRID))
        return Answer(f"{krenning} {extent}", Edit(add=(record,)), wording.scan(krenning, extent))

    # ── numbers ─────────────────────────────────────────────────────────────

    def _number(self, name: str, leaves: Sequence[Leaf], again: bool, effort: Effort) -> Ask | None:
        observable = self.ontology.observable(name)
        if observable is None:
            return None
        label = self.ontology.label(name)
        derived = self.ontology.derived(name)
        variants = sorted(set(observable.by_unit.values())) or [name]
        answers: list[Answer] = []
        for variant in variants:
            one = self.ontology.observable(variant)
            if one is not None:
                answers += self.amounts(variant, one, leaves)
        if derived:
            answers = list(self._with_limits(name, observable, leaves))
        text = wording.what_number(label, again, bool(derived))
        classes = frozenset([name, *variants, *derived])
        unit = "" if derived or len(variants) > 1 else observable.unit
        ask = Ask(f"record:{name}", "record", "number", name, text, tuple(answers), classes, unit=unit)
        return _priced(ask, effort)

    def amounts(self, name: str, observable: Observable, leaves: Sequence[Leaf]) -> Iterator[Answer]:
        """A record of that class today, with each value that may matter."""
        for value in self.values(name, observable, leaves):
            record = Measurement(_identity(name), name, _exactly(value), "", Days(self.today, self.today), ASKED)
            phrase = wording.amount(value, observable.unit)
            yield Answer(f"{name} {value}", Edit(add=(record,)), phrase, value)

    def values(self, name: str, observable: Observable, leaves: Sequence[Leaf]) -> list[int]:
        """Values well on either side of every limit, and then at and beside each."""
        limits = self._limits(name, observable, leaves)
        least = NEG_INF if observable.minimum is None else int(observable.minimum * GRID)
        most = POS_INF if observable.maximum is None else int(observable.maximum * GRID)
        step = GRID if observable.integer else 10
        if not limits:
            low, high = max(least, 0), most if most < POS_INF else max(least, 0) + 1000 * GRID
            wide = [low + (high - low) * share // 16 for share in (2, 3, 4, 1, 8, 16, 0)]
        else:
            wide = [max(limits) * 2, min(limits) // 2]
            wide += [near for limit in limits for near in (limit, limit + step, limit - step)]
            wide += [most if most < POS_INF else max(limits) * 4, max(least, 0)]
        fitting = [value // step * step for value in wide]
        return list(dict.fromkeys(value for value in fitting if least <= value <= most))[:_MOST_AMOUNTS]

    def _limits(self, name: str, observable: Observable, leaves: Sequence[Leaf]) -> list[int]:
        """What rules compare the class with; else every number of the leaves that lies in its range."""
        beside = {n for above in self.ontology.ancestors(name) for n in self.reach.limits.get(above, ())}
        found = {n for n in beside if any(n in leaf.numbers for leaf in leaves)} or beside
        found = found or {number for leaf in leaves for number in leaf.numbers}
        least = 0 if observable.minimum is None else int(observable.minimum * GRID)
        most = POS_INF if observable.maximum is None else int(observable.maximum * GRID)
        return sorted(number for number in found if least < number <= most)

    def _with_limits(self, name: str, observable: Observable, leaves: Sequence[Leaf]) -> Iterator[Answer]:
        """Results with their limits of normal: inside, and on either side of each multiple that rules name."""
        ratios = sorted({n for each in self.ontology.derived(name) for n in self.reach.limits.get(each, ())})
        own = self._limits(name, observable, leaves) if name in self.reach.limits else []
        least = 0 if observable.minimum is None else int(observable.minimum * GRID)
        most = POS_INF if observable.maximum is None else int(observable.maximum * GRID)
        highest = max([*ratios, 2 * GRID])
        upper = min(own) // 2 if own else min(most // (highest // GRID * 4), 100 * GRID)
        upper = max(upper, least * 4) // 10 * 10 or 10
        shares = [GRID // 2, 2 * highest, *(near for ratio in ratios for near in (ratio, ratio + 10**6, ratio - 10**6))]
        for share in list(dict.fromkeys(shares))[:_MOST_AMOUNTS]:
            value = upper * share // GRID // 10 * 10
            if least <= value <= most:
                high, low = (Limit(_exactly(end), "") for end in (upper, upper // 40 * 10))
                day = Days(self.today, self.today)
                record = Measurement(_identity(name), name, _exactly(value), "", day, ASKED, high, low)
                phrase = wording.with_limit(value, upper, observable.unit)
                yield Answer(f"{value}", Edit(add=(record,)), phrase)

    # ── declarations and the person ─────────────────────────────────────────

    def _declaration(self, domain: str) -> Ask:
        record = Declaration(f"asked:{domain}", domain, self.today, ASKED)
        answer = Answer("yes", Edit(add=(record,)), wording.COMPLETE)
        text = wording.is_complete(domain, self.today, self._on_record(domain))
        ask = Ask(f"declare:{domain}", "declare", "declaration", domain, text, (answer,), reads=frozenset(["complete"]))
        return _priced(ask, self.efforts.chart())

    def _on_record(self, domain: str) -> list[str]:
        """Labels of what the record has of a domain, what it denies left out."""
        named = [
            class_of(record)
            for record in self._records
            if not isinstance(record, Declaration)
            and not (isinstance(record, Finding) and record.presence is Presence.ABSENT)
        ]
        return [self.ontology.label(name) for name in dict.fromkeys(named) if self.ontology.domain(name) == domain]

    def _person(self, name: str, leaves: Sequence[Leaf]) -> Ask | None:
        patient = self.patient
        if name == "sex":
            answers = tuple(Answer(sex.value, Edit(sex=sex), sex.value.lower()) for sex in (Sex.FEMALE, Sex.MALE))
            known, form, text, reads = patient.sex is not None, "sex", wording.person(name), "sex"
        elif name == "birth date":
            answers = tuple(self._births(leaves))
            known = patient.born is not None and patient.born.exact
            form, text, reads = "date", wording.person(name), "age"
        elif name == "planned start":
            answers = tuple(self._starts())
            known, form, text = patient.planned_start is not None, "date", wording.person(name)
            reads = "planned_start"
        else:
            trial = name.partition(":")[2]
            answers = tuple(Answer(str(n), Edit(arm=(trial, n)), wording.arm(n)) for n in self._arms())
            known, form, text, reads = trial in dict(patient.arms), "arm", wording.which_arm(trial), "arm"
        if known:
            return None
        unit = "days" if form == "date" else ""
        ask = Ask(f"person:{name}", "person", form, name, text, answers, reads=frozenset([reads]), unit=unit)  # type: ignore[arg-type]
        return _priced(ask, self.efforts.chart())

    def _births(self, leaves: Sequence[Leaf]) -> Iterator[Answer]:
        limits = sorted({n // GRID for leaf in leaves for n in leaf.numbers if "age" in leaf.reads})
        limits = [limit for limit in limits if 1 < limit < 60] or [18]
        birthdays = [months_before(self.today, 12 * limit) for limit in limits]
        days = [months_before(self.today, 12 * (limits[-1] + _GROWN_UP))]
        days += [day + step for day in birthdays for step in (0, 1)]
        born = self.patient.born
        if born is not None:
            days = [day for day in (born.first, born.last, *days) if born.first <= day <= born.last]
        for day in dict.fromkeys(days):
            yield Answer(str(day), Edit(born=Days(day, day)), wording.amount(day, "days"), day)

    def _starts(self) -> Iterator[Answer]:
        for ahead in (0, 28, 90):
            day = self.today + ahead
            yield Answer(str(day), Edit(planned_start=day), wording.amount(day, "days"), day)

    def _arms(self) -> list[int]:
        """The arms that rules name, and one beside them."""
        from nen_kb.rules.ir import Atom, Constant

        named = {
            int(term.value)
            for rule in self.reach.program.rules
            for item in rule.body
            if isinstance(item, Atom) and item.predicate == "arm"
            for term in item.terms[2:]
            if isinstance(term, Constant)
        } | {2}
        return sorted(named | {1})


def class_of(record: Record) -> str:
    """The class that a record names; of a declaration, its domain."""
    for field in ("concept", "observable", "procedure", "domain"):
        if hasattr(record, field):
            return str(getattr(record, field))
    raise TypeError(type(record))


def _of(record: Record, other: str) -> Record:
    return replace(record, about=other, id=f"{record.id}:{other}") if isinstance(record, Finding) else record


def _identity(name: str) -> str:
    return f"asked:{name}"


def _exactly(value: int) -> Span:
    return Span(value, value)


def _priced(ask: Ask, effort: Effort) -> Ask:
    return replace(ask, cost=effort.cost, effort=effort.name)
