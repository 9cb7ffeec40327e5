"""Why something is not shown although it is not refuted: a walk through the rules that might show it.

Every way through a rule is followed past the items that fail.  An item that is surely false ends the way; one
that is only open (nothing on record, a class too general, an interval on both sides of a limit)
is noted, and the way goes on, so that everything still to be found out is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nen_kb.explain import describe, goals, wording
from nen_kb.explain.case import Judgement, Pattern
from nen_kb.explain.doubt import Doubt, Reason, all_needed, any_suffices, because
from nen_kb.explain.pairs import begun
from nen_kb.explain.path import MAY_BE_WIDE, Path, Source, heads, path_of
from nen_kb.explain.topics import LATEST, Values, missing
from nen_kb.facts.dates import iso
from nen_kb.facts.normalise import Row
from nen_kb.rules.evaluate import Instance
from nen_kb.rules.ir import Atom, BodyItem, Comparison, Constant, Rule, Term, Variable
from nen_kb.rules.plan import COMPARE

_NAMING = frozenset({"found", "ruled_out", "treatment", "measurement", "scan"})
"""Base predicates a further record would add a row to: Patient, Record, class, …"""
_CLASSED = frozenset({"found", "treatment", "measurement", "scan"})
"""Those of which the class stands in the third column, and any test is of that class."""
_TESTS = frozenset({"isa", "disjoint", "overlaps"})
_MOST_WAYS = 2000
"""Ways through one rule that are followed; beyond that the search is cut short, and the proof says so."""


@dataclass(frozen=True)
class Tried:
    """An item of a rule that was reached: the row that satisfies it, or why it is open."""

    item: BodyItem
    row: Row
    """Empty for a comparison or a negated item."""
    doubt: Doubt | None


@dataclass(frozen=True)
class Attempt:
    """One way through a rule: what was tried, and the item it ended at, if that is surely false."""

    rule: Rule
    path: Path
    tried: tuple[Tried, ...]
    failed: BodyItem | None = None

    @property
    def doubts(self) -> list[Doubt]:
        """Why its open items are open."""
        return [step.doubt for step in self.tried if step.doubt]


class Inquiry:
    """Asks why goals of one judgement fail, or what stands in their way."""

    def __init__(self, judgement: Judgement) -> None:
        self.judgement = judgement
        self.values = Values(judgement, self.fails)
        self.ways = 0

    def fails(self, predicate: str, pattern: Pattern) -> Doubt | None:
        """Why no row fits the pattern, or None if surely none can."""
        found = self.judgement.remembered(("fails", predicate, pattern), lambda: self._fails(predicate, pattern))
        assert found is None or isinstance(found, Doubt)
        return found

    def _fails(self, predicate: str, pattern: Pattern) -> Doubt | None:
        if predicate in LATEST or predicate in ("candidate", "graded"):
            if pattern[1] is None or self.judgement.holds(predicate, *pattern[:2], *(None for _ in pattern[2:])):
                return None
            return self._no_value(str(pattern[1]))
        if predicate == "closed":
            return self._not_closed(pattern)
        return any_suffices(
            doubt for rule in self.judgement.rules_of(predicate) for doubt in self.through(rule, pattern)
        )

    def _no_value(self, topic: str) -> Doubt:
        """The doubt about a topic of which nothing is on record, and what the pairs lack that were begun for it."""
        plain = missing(self.judgement, topic)
        return because(*(reason for reason, _ in plain.reasons.values()), *begun(self, topic))

    def through(self, rule: Rule, pattern: Pattern) -> Iterator[Doubt]:
        """For every way through the rule that is still open, what it lacks."""
        for attempt in self.attempts(rule, pattern, failing=False):
            if attempt.failed is None and attempt.doubts:
                yield all_needed(attempt.doubts)

    def attempts(self, rule: Rule, pattern: Pattern, failing: bool = True) -> Iterator[Attempt]:
        """Every way through the rule, also those that end at an item that is surely false.

        Without ``failing`` some of these are left out.
        """
        self.ways = 0
        for path in heads(rule.head, pattern, self.judgement):
            yield from self._walk(rule, self.judgement.body(rule, frozenset(path.bound)), 0, path, (), failing)

    def _walk(
        self, rule: Rule, body: tuple[BodyItem, ...], place: int, path: Path, tried: tuple[Tried, ...], failing: bool
    ) -> Iterator[Attempt]:
        if place == len(body):
            yield Attempt(rule, path, tried)
            return
        item = body[place]
        if isinstance(item, Atom) and not item.negated and not path.is_lost(item.terms):
            yield from self._positive(rule, body, place, path, tried, failing)
            return
        if isinstance(item, Comparison):
            lost = path.is_lost((item.left, item.right))
            fails = not lost and not path.holds(item)
            doubt = self.comparison(item, path) if fails else None
        elif item.negated:
            lost = path.is_lost(item.terms)
            fails = not lost and self.judgement.holds(item.predicate, *path.pattern(item))
            doubt = self.stands(item.predicate, path.pattern(item)) if fails else None
        else:
            path.lose(item.terms)
            lost, fails, doubt = True, False, None
        if fails and doubt is None:
            yield Attempt(rule, path, tried, item)
            return
        step = () if lost else (Tried(item, (), doubt),)
        yield from self._walk(rule, body, place + 1, path, (*tried, *step), failing)

    def _positive(
        self, rule: Rule, body: tuple[BodyItem, ...], place: int, path: Path, tried: tuple[Tried, ...], failing: bool
    ) -> Iterator[Attempt]:
        item = body[place]
        assert isinstance(item, Atom)
        pattern = path.pattern(item)
        if self.judgement.program.predicates[item.predicate].role == "builtin":
            row = path.compute(item)
            if row is not None and path.take(item, row):
                yield from self._walk(rule, body, place + 1, path, (*tried, Tried(item, row, None)), failing)
            return
        rows = self.judgement.matches(item.predicate, pattern)
        test = None if failing else self._test_after(body, place, path)
        for row in rows:
            self.ways += 1
            if self.ways > _MOST_WAYS:
                self.judgement.cuts += 1
                return
            if test and self._surely_not(*test, str(row[2])):
                continue
            branch = path.copy()
            if branch.take(item, row):
                yield from self._walk(rule, body, place + 1, branch, (*tried, Tried(item, row, None)), failing)
        doubt = self._absent_row(rule, item, pattern, path, rows)
        if doubt is not None:
            path.lose(item.terms)
            yield from self._walk(rule, body, place + 1, path, (*tried, Tried(item, (), doubt)), failing)
        elif not rows:
            yield Attempt(rule, path, tried, item)

    def _test_after(self, body: tuple[BodyItem, ...], place: int, path: Path) -> tuple[str, str] | None:
        """The class test that follows a record's item at once, and the class asked."""
        item, after = body[place], body[place + 1] if place + 1 < len(body) else None
        if not isinstance(item, Atom) or not isinstance(after, Atom) or after.negated:
            return None
        if item.predicate not in _CLASSED or after.predicate not in _TESTS:
            return None
        asked = path.value(after.terms[1])
        if asked is None or after.terms[0] != item.terms[2] or path.value(after.terms[0]) is not None:
            return None
        return after.predicate, str(asked)

    def _surely_not(self, test: str, asked: str, name: str) -> bool:
        """Whether a record of that class surely fails the test."""
        key = ("surely not", test, asked, name)
        if key not in self.judgement.memo:
            onto = self.judgement.ontology
            sure = test == "overlaps" or (onto.disjoint if test == "isa" else onto.isa)(name, asked)
            self.judgement.memo[key] = sure and not self.judgement.holds(test, name, asked)
        return bool(self.judgement.memo[key])

    # ── what is not there ───────────────────────────────────────────────────

    def _absent_row(self, rule: Rule, item: Atom, pattern: Pattern, path: Path, rows: Iterable[Row]) -> Doubt | None:
        """What a row would mean that is not there; None where there can be none, or is one already."""
        predicate = item.predicate
        if predicate in _NAMING:
            return self._hope(rule, item, path, rows) if pattern[1] is None else None
        if rows:
            return None
        role = self.judgement.program.predicates[predicate].role
        if role == "derived":
            return self.fails(predicate, pattern)
        if predicate in ("isa", "disjoint"):
            return self._class(item, path)
        if predicate == "complete":
            return self._not_closed(pattern)
        if predicate in ("sex", "age"):
            if self.judgement.model.rows(predicate):
                return None
            concept = "sex" if predicate == "sex" else "birth date"
            return because(Reason("not_recorded", concept, wording.missing_person(concept)))
        if predicate == "arm":
            if self.judgement.holds("arm", *pattern[:2], None):
                return None
            trial = str(pattern[1])
            return because(Reason("not_yet_applicable", trial, wording.no_arm(trial)))
        if predicate == "about":
            if pattern[1] is None:
                return Doubt()
            record = str(pattern[1])
            concept = next((str(row[2]) for row in self.judgement.matches("found", (None, record, None))), record)
            text = wording.missing_about(describe.record(self.judgement, record))
            return because(Reason("not_recorded", concept, text, (record,)))
        return None

    def _class(self, item: Atom, path: Path) -> Doubt | None:
        """A record whose class is not surely the asked one, or not surely another."""
        left, asked = path.value(item.terms[0]), str(path.value(item.terms[1]))
        source = path.source(item.terms[0])
        record = path.record_of(source)
        if left is None or record is None or source is None or source.atom.predicate == "ruled_out":
            return None
        onto = self.judgement.ontology
        if onto.disjoint(str(left), asked) if item.predicate == "isa" else onto.isa(str(left), asked):
            return None
        return because(self._too_general(record, asked))

    def _too_general(self, record: str, asked: str) -> Reason:
        text = wording.too_general(describe.record(self.judgement, record), self.judgement.label(asked))
        return Reason("concept_too_general", asked, text, (record,))

    def _hope(self, rule: Rule, item: Atom, path: Path, rows: Iterable[Row]) -> Doubt | None:
        """What a further record would mean, unless one on record is already of the asked class."""
        tests = [other for other in rule.body if isinstance(other, Atom) and _is_class_test(other, item)]
        asked = [str(path.value(_asked_term(test, item))) for test in tests if path.value(_asked_term(test, item))]
        if not asked:
            return None
        for row in self._of_each_class(rows, item, tests, path):
            each = path.copy()
            if each.take(item, row) and all(
                self.judgement.holds(test.predicate, *each.pattern(test)) for test in tests
            ):
                return None
        if item.predicate == "ruled_out":
            return self._denial(asked[0])
        if item.predicate in ("measurement", "scan"):
            return missing(self.judgement, asked[0])
        if (item.predicate == "treatment") != (self.judgement.domain(asked[0]) == "treatments"):
            return None
        return self._unrecorded(asked[0])

    def _of_each_class(self, rows: Iterable[Row], item: Atom, tests: list[Atom], path: Path) -> Iterable[Row]:
        """One row of each class, where the tests depend on nothing else of it; otherwise all."""
        others = [_asked_term(test, item) for test in tests]
        free = [term for term in item.terms if isinstance(term, Variable) and path.value(term) is None]
        if item.terms[2] not in free or len(set(free)) < len(free) or None in map(path.value, others):
            return rows
        return {row[2]: row for row in rows}.values()

    def _unrecorded(self, asked: str) -> Doubt | None:
        """Whether there may be one although none is on record."""
        judgement = self.judgement
        if judgement.holds("absent", judgement.patient, asked):
            return None
        domain = judgement.domain(asked)
        if domain and judgement.holds("closed", judgement.patient, domain):
            return None
        if domain:
            return self.fails("closed", (judgement.patient, domain))
        text = wording.missing_statement(judgement.label(asked))
        return because(Reason("not_recorded", asked, text))

    def _denial(self, asked: str) -> Doubt | None:
        """Whether it may be absent although no denial is on record."""
        judgement = self.judgement
        if judgement.holds("present", judgement.patient, asked) or judgement.holds("ever", judgement.patient, asked):
            return None
        if judgement.domain(asked):
            return None  # the rules beside it that ask for a complete record say what is missing
        return because(Reason("not_recorded", asked, wording.missing_statement(judgement.label(asked))))

    def _not_closed(self, pattern: Pattern) -> Doubt | None:
        judgement = self.judgement
        domain = pattern[1]
        if domain is None:
            return None
        declared = [int(row[2]) for row in judgement.matches("complete", (judgement.patient, domain, None)) if row[2]]
        text = wording.not_complete(str(domain))
        if declared:
            text = wording.complete_too_early(str(domain), max(declared), judgement.day)
        return because(Reason("not_declared_complete", str(domain), text))

    # ── what is there but does not decide ───────────────────────────────────

    def comparison(self, item: Comparison, path: Path) -> Doubt | None:
        """Why a comparison does not come out otherwise; None if it surely does not."""
        if not path.may_differ(item):
            return None
        found: list[Doubt] = []
        for term, other in ((item.left, item.right), (item.right, item.left)):
            if path.other_end(term) != path.value(term):
                doubt = self._wide(item, term, other, path)
                if doubt:
                    found.append(doubt)
        return any_suffices(found) or Doubt()

    def _wide(
        self, item: Comparison, term: Variable | Constant, other: Variable | Constant, path: Path
    ) -> Doubt | None:
        """Why the interval that a term is an end of is wide."""
        source = path.source(term)
        if source is None:
            return None
        predicate = self.judgement.program.predicates[source.atom.predicate]
        column = predicate.columns[source.column]
        bound = self._bound(other, source, path)
        if column.word in ("From", "To", "Moved", "Day"):
            return self._unsure_day(path.days_behind(term), path, bound)
        if source.atom.predicate in LATEST:
            holds = path.holds(item)

            def passes(end: int) -> bool:
                left, right = (end, path.value(other)) if term is item.left else (path.value(other), end)
                return COMPARE[item.op](left, right) is not holds

            return self.values.undecided(str(source.row[1]), column.word == "Low", passes, bound)
        return self.values.behind(source.atom.predicate, source.row, bound)

    def _bound(self, other: Variable | Constant, source: Source, path: Path) -> str:
        """The limit of a comparison as the rule writes it."""
        if isinstance(other, Constant):
            return goals.limit_words(self.judgement, source, other)
        value = path.value(other)
        kind = path.source(other)
        column = self.judgement.program.predicates[kind.atom.predicate].columns[kind.column].word if kind else ""
        return iso(int(value)) if column in ("From", "To", "Moved", "Day") and isinstance(value, int) else ""

    def _unsure_day(self, source: Source | None, path: Path, bound: str) -> Doubt | None:
        record = path.record_of(source)
        if record is None:
            return None
        found = self.judgement.record(record)
        concept = next(
            (str(getattr(found, n)) for n in ("concept", "observable", "procedure") if hasattr(found, n)), record
        )
        text = wording.date_unsure(describe.record(self.judgement, record), bound)
        return because(Reason("date_imprecise", concept, text, (record,)))

    # ── what stands in the way ──────────────────────────────────────────────

    def stands(self, predicate: str, pattern: Pattern) -> Doubt | None:
        """Why a row that fits the pattern may be wrong; None if some row surely holds."""
        found = self.judgement.remembered(("stands", predicate, pattern), lambda: self._stands(predicate, pattern))
        assert found is None or isinstance(found, Doubt)
        return found

    def _stands(self, predicate: str, pattern: Pattern) -> Doubt | None:
        if self.judgement.program.predicates[predicate].role != "derived" or predicate in LATEST:
            return None
        each: list[Doubt] = []
        for row in self.judgement.matches(predicate, pattern):
            for instance in self.judgement.instances(predicate, row):
                doubt = self._shaky(instance)
                if doubt is None:
                    return None
                each.append(doubt)
        return all_needed(each)

    def _shaky(self, instance: Instance) -> Doubt | None:
        """Which of the steps might not hold if the record were more precise; None if all surely do."""
        path: Path | None = None
        found: list[Doubt] = []
        for place in self._unsure_places(instance.rule):
            step = instance.steps[place]
            item = step.item
            doubt: Doubt | None = None
            if isinstance(item, Comparison):
                path = path or path_of(self.judgement, instance)
                doubt = self.comparison(item, path)
            elif item.negated:
                doubt = self.fails(item.predicate, step.values)
            elif item.predicate == "overlaps":
                path = path or path_of(self.judgement, instance)
                record = path.record_of(path.source(item.terms[0]))
                if record and not self.judgement.ontology.isa(str(step.values[0]), str(step.values[1])):
                    doubt = because(self._too_general(record, str(step.values[1])))
            elif item.predicate == "doubtful":
                record = str(step.values[1])
                text = wording.unclear(describe.record(self.judgement, record))
                doubt = because(Reason("not_recorded", str(step.values[2]), text, (record,)))
            else:
                doubt = self.stands(item.predicate, step.values)
            if doubt is not None:
                found.append(doubt)
        return any_suffices(found)

    def _unsure_places(self, rule: Rule) -> tuple[int, ...]:
        """The places of the body where some step might not hold if the record were more precise."""
        key = ("unsure places", id(rule))
        if key not in self.judgement.memo:
            self.judgement.memo[key] = tuple(
                place
                for place, item in enumerate(rule.body)
                if (
                    self._may_be_wide(rule, item)
                    if isinstance(item, Comparison)
                    else item.negated or item.predicate in ("overlaps", "doubtful") or self._is_derived(item)
                )
            )
        found = self.judgement.memo[key]
        assert isinstance(found, tuple)
        return found

    def _may_be_wide(self, rule: Rule, item: Comparison) -> bool:
        """Whether a term of the comparison is an end of an interval in the atom of the rule that binds it first."""
        predicates = self.judgement.program.predicates
        words: dict[Term, str] = {}
        for atom in rule.body:
            if isinstance(atom, Atom) and not atom.negated:
                for term, column in zip(atom.terms, predicates[atom.predicate].columns, strict=True):
                    words.setdefault(term, "Moved" if predicates[atom.predicate].role == "builtin" else column.word)
        return any(words.get(term, "") in MAY_BE_WIDE for term in (item.left, item.right))

    def _is_derived(self, item: Atom) -> bool:
        return self.judgement.program.predicates[item.predicate].role == "derived"


def _is_class_test(other: Atom, item: Atom) -> bool:
    """Whether the other item tests the class that the naming atom binds."""
    if other.negated or other.predicate not in ("isa", "disjoint"):
        return False
    place = 1 if item.predicate == "ruled_out" else 0
    return other.terms[place] == item.terms[2] and (place == 0 or other.predicate == "isa")


def _asked_term(test: Atom, item: Atom) -> Variable | Constant:
    """The class it tests for."""
    return test.terms[0 if item.predicate == "ruled_out" else 1]
