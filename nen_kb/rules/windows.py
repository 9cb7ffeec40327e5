"""Which spans of time the rules count, and of which records: all through which time alone changes an answer.

Every day in a rule comes from somewhere.  The day judged and the planned start move on with time, and a
declaration is carried along; the dates of records stay.  Either may be counted back by days or months.
Where a rule compares a day that moves with one that stays lies a boundary: the answer can change
when the one passes the other, and at no other time but a birthday.  Days are followed from predicate to
predicate, so a boundary is found wherever the span is counted.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, product

from nen_kb.facts.dates import FAR_PAST, months_before
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.ir import Atom, Column, Comparison, Constant, Header, Kind, Program, Rule, Term, Variable

MOVING = ("index_day", "planned_start", "complete")
"""Base predicates whose day moves with the day judged; a declaration is carried along."""
FIXED = ""
"""Stands in place of the predicate for a day that is written in a rule."""
_COUNTING = ("days_before", "months_before")
_ANY = "*"
_FALLING = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


@dataclass(frozen=True)
class Shift:
    """A span that a rule counts back, with the header it stands under."""

    builtin: str
    """``days_before`` or ``months_before``."""
    count: int
    header: Header


@dataclass(frozen=True)
class Origin:
    """Where a day in a rule comes from: a column of a base predicate, perhaps counted back."""

    predicate: str
    column: int
    """Of a day written in a rule that day itself."""
    shifts: tuple[Shift, ...] = ()

    @property
    def moving(self) -> bool:
        """Whether the day moves with the day judged."""
        return self.predicate in MOVING

    @property
    def key(self) -> tuple[object, ...]:
        """What decides which days it stands for: all but the headers."""
        return (self.predicate, self.column, *((shift.builtin, shift.count) for shift in self.shifts))

    def of(self, day: int) -> int:
        """The day it stands for where the base predicate holds ``day``; rising in it."""
        for shift in self.shifts:
            day = months_before(day, shift.count) if shift.builtin == "months_before" else day - shift.count
            day = max(day, FAR_PAST)
        return day


@dataclass(frozen=True)
class Boundary:
    """An answer can change when the moving day comes to lie on the mark, or behind it."""

    moving: Origin
    mark: Origin
    """A day that stays; in rare rules one that moves otherwise."""
    passed: bool
    """Whether it is crossed when the moving day lies behind the mark; otherwise when it lies on it or behind."""

    def crossed(self, moving: int, mark: int) -> bool:
        """Whether it is crossed, for two days already counted back; once crossed it stays so."""
        return moving > mark if self.passed else moving >= mark


@dataclass(frozen=True)
class Timing:
    """What the answer of some rules, and of all they read, has to do with time."""

    boundaries: tuple[Boundary, ...]
    age: bool
    """Whether the age is read, which changes on birthdays."""
    computed: bool = False
    """Whether the age goes into anything but a comparison: into a formula, say."""

    @property
    def any(self) -> bool:
        """Whether time alone can change the answer at all."""
        return self.age or bool(self.boundaries)


class Windows:
    """The boundaries of one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._by_head: dict[str, list[Rule]] = {}
        for rule in program.rules:
            self._by_head.setdefault(rule.head.predicate, []).append(rule)
        self._reach: dict[tuple[str, str], frozenset[int]] = {}

    def behind(self, rules: Iterable[Rule]) -> Timing:
        """The timing of those rules with all they read, as far as it speaks of the classes they ask about."""
        found: dict[int, None] = {}
        for rule in rules:
            found.update(dict.fromkeys((id(rule), *sorted(self._behind(rule, {})))))
        by_id = self._by_id
        boundaries = (each for number in found for each in by_id[number][1])
        read = [by_id[number][2] for number in found if by_id[number][2] is not None]
        return Timing(tuple(dict.fromkeys(boundaries)), bool(read), True in read)

    @cached_property
    def _by_id(self) -> Mapping[int, tuple[Rule, tuple[Boundary, ...], bool | None]]:
        """Of each rule its own boundaries, and whether it computes with the age; None if it does not read it."""
        days = _Days(self.program)
        return {
            id(rule): (
                rule,
                tuple(dict.fromkeys(days.boundaries(rule))),
                _computes_with_age(rule),
            )
            for rule in self.program.rules
        }

    def _behind(self, rule: Rule, bound: Mapping[str, str]) -> frozenset[int]:
        read = (self._reached(*_topic(atom, self.program, bound)) for atom in _atoms(rule))
        return frozenset().union(*read)

    def _reached(self, predicate: str, topic: str) -> frozenset[int]:
        """The rules a predicate rests on when it is asked about one class, or any."""
        known = self._reach.get((predicate, topic))
        if known is None:
            found: set[int] = set()
            for rule in self._by_head.get(predicate, ()):
                bound = _asked_by(rule, self.program, topic)
                if bound is not None:
                    found |= {id(rule)} | self._behind(rule, bound)
            known = self._reach[predicate, topic] = frozenset(found)
        return known


class _Days:
    """Follows every day of a program back to the base predicates."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._columns: dict[tuple[str, int], frozenset[Origin]] = {}
        """The origins of each day column of a derived predicate."""
        self._counts: dict[tuple[str, int], frozenset[int]] = {}
        """The numbers each column of a derived predicate that holds a count may hold."""
        by_head: dict[str, list[Rule]] = {name: [] for name in program.order}
        for rule in program.rules:
            by_head[rule.head.predicate].append(rule)
        for name in program.order:
            for rule in by_head[name]:
                self._derive(rule)

    def _derive(self, rule: Rule) -> None:
        bindings = self.bindings(rule)
        counts = self._numbers(rule)
        columns = self.program.predicates[rule.head.predicate].columns
        for place, (term, column) in enumerate(zip(rule.head.terms, columns, strict=True)):
            key = (rule.head.predicate, place)
            if column.kind is Kind.DAY:
                self._columns[key] = self._columns.get(key, frozenset()) | self._origins(term, bindings)
            elif column.kind is Kind.COUNT:
                self._counts[key] = self._counts.get(key, frozenset()) | _counted(term, counts)

    def boundaries(self, rule: Rule) -> Iterator[Boundary]:
        """Every boundary that lies in the rule itself."""
        bindings = self.bindings(rule)
        for item in rule.body:
            if isinstance(item, Comparison):
                for one, other in product(self._origins(item.left, bindings), self._origins(item.right, bindings)):
                    yield from _between(one, item.op, other)
        for sets in bindings.values():
            # Two items that name one day ask that both be the same.
            for left, right in combinations(dict.fromkeys(sets), 2):
                for one, other in product(left, right):
                    yield from _between(one, "==", other)

    def bindings(self, rule: Rule) -> dict[str, list[frozenset[Origin]]]:
        """For each variable that stands for a day, what each item that names it may give it."""
        found: dict[str, list[frozenset[Origin]]] = {}
        computed: list[Atom] = []
        for atom in _atoms(rule):
            if atom.predicate in BUILTINS:
                computed.append(atom)
                continue
            for place, (term, column) in enumerate(self._columns_of(atom)):
                if column.kind is Kind.DAY and isinstance(term, Variable):
                    found.setdefault(term.name, []).append(self._column(atom.predicate, place))
        counts = self._numbers(rule)
        for _ in computed:  # one may read what another gives, whatever their order in the text
            ready = [atom for atom in computed if self._inputs_known(atom, found)]
            for atom in ready:
                computed = [each for each in computed if each is not atom]
                given = self._computed(atom, rule, found, counts)
                for place in BUILTINS[atom.predicate].outputs:
                    term = atom.terms[place]
                    if isinstance(term, Variable) and self._columns_of(atom)[place][1].kind is Kind.DAY:
                        found.setdefault(term.name, []).append(given)
        return found

    def _inputs_known(self, atom: Atom, found: Mapping[str, object]) -> bool:
        columns = self._columns_of(atom)
        return all(
            isinstance(term, Constant) or column.kind is not Kind.DAY or term.name in found
            for term, column in (columns[place] for place in BUILTINS[atom.predicate].inputs)
        )

    def _computed(
        self,
        atom: Atom,
        rule: Rule,
        bindings: Mapping[str, list[frozenset[Origin]]],
        counts: Mapping[str, frozenset[int]],
    ) -> frozenset[Origin]:
        """The origins of the day a built-in gives: counted back, or one of those that go in."""
        if atom.predicate in _COUNTING:
            return frozenset(
                Origin(each.predicate, each.column, (*each.shifts, Shift(atom.predicate, count, rule.header)))
                for each in self._origins(atom.terms[0], bindings)
                for count in _counted(atom.terms[1], counts)
            )
        columns = self._columns_of(atom)
        days = [columns[place] for place in BUILTINS[atom.predicate].inputs]
        return frozenset().union(*(self._origins(term, bindings) for term, column in days if column.kind is Kind.DAY))

    def _numbers(self, rule: Rule) -> dict[str, frozenset[int]]:
        """The numbers each variable that stands for a count may have."""
        found: dict[str, frozenset[int]] = {}
        for atom in _atoms(rule):
            for place, (term, column) in enumerate(self._columns_of(atom)):
                if column.kind is Kind.COUNT and isinstance(term, Variable):
                    known = self._counts.get((atom.predicate, place), frozenset())
                    found[term.name] = found.get(term.name, frozenset()) | known
        return found

    def _columns_of(self, atom: Atom) -> list[tuple[Term, Column]]:
        return list(zip(atom.terms, self.program.predicates[atom.predicate].columns, strict=True))

    def _column(self, predicate: str, place: int) -> frozenset[Origin]:
        if self.program.predicates[predicate].role == "base":
            return frozenset({Origin(predicate, place)})
        return self._columns.get((predicate, place), frozenset())

    def _origins(self, term: Term, bindings: Mapping[str, list[frozenset[Origin]]]) -> frozenset[Origin]:
        if isinstance(term, Constant):
            return frozenset({Origin(FIXED, int(term.value))}) if term.kind is Kind.DAY else frozenset()
        return frozenset().union(*bindings.get(term.name, ()))


def _counted(term: Term, counts: Mapping[str, frozenset[int]]) -> frozenset[int]:
    if isinstance(term, Constant):
        return frozenset({int(term.value)})
    return counts.get(term.name, frozenset())


def _between(one: Origin, op: str, other: Origin) -> Iterator[Boundary]:
    """The boundaries that lie in a comparison of two days."""
    if not one.moving and other.moving:
        one, op, other = other, _FALLING[op], one
    if not one.moving or (other.moving and _in_step(one, other)):
        return
    if op not in (">", "<="):
        yield Boundary(one, other, passed=False)
    if op not in (">=", "<"):
        yield Boundary(one, other, passed=True)


def _in_step(one: Origin, other: Origin) -> bool:
    """Whether two moving days keep their order for ever."""
    shifts = (*one.shifts, *other.shifts)
    if "planned_start" not in (one.predicate, other.predicate) and all(s.builtin == "days_before" for s in shifts):
        return True
    # Of one day, counted back by more or fewer spans of one kind.
    alike = len({shift.builtin for shift in shifts}) <= 1 and len(one.shifts) <= 1 and len(other.shifts) <= 1
    return one.predicate == other.predicate != "complete" and alike


def _computes_with_age(rule: Rule) -> bool | None:
    """Whether the age goes into another atom of the rule; None if the rule does not read it."""
    ages = [atom for atom in _atoms(rule) if atom.predicate == "age"]
    if not ages:
        return None
    ends = {term for atom in ages for term in atom.terms[1:] if isinstance(term, Variable)}
    others = [rule.head, *(atom for atom in _atoms(rule) if atom.predicate != "age")]
    return any(not ends.isdisjoint(atom.terms) for atom in others)


# ── which class a predicate is asked about ──────────────────────────────────


def _asked(atom: Atom, program: Program) -> Term | None:
    """What stands in the column of the class asked about, if the predicate has one."""
    columns = program.predicates[atom.predicate].columns
    return next((t for t, c in zip(atom.terms, columns, strict=True) if c.word == "Asked"), None)


def _topic(atom: Atom, program: Program, bound: Mapping[str, str]) -> tuple[str, str]:
    term = _asked(atom, program)
    if isinstance(term, Constant):
        return atom.predicate, str(term.value)
    return atom.predicate, bound.get(term.name, _ANY) if isinstance(term, Variable) else _ANY


def _asked_by(rule: Rule, program: Program, topic: str) -> dict[str, str] | None:
    """The class each variable of the rule stands for when its head is asked about ``topic``; None if it cannot be."""
    term = _asked(rule.head, program)
    if isinstance(term, Constant):
        return {} if topic in (_ANY, term.value) else None
    return {term.name: topic} if isinstance(term, Variable) else {}


def _atoms(rule: Rule) -> Collection[Atom]:
    return [item for item in rule.body if isinstance(item, Atom)]
