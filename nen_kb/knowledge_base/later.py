"""The first later day on which the same facts give eligible.

Nothing changes between two critical days: a status depends on the day judged only through windows
of days, months and years counted from it, through the age, and through the planned start.  So it is
enough to judge again on the critical days, in order; and on those only what depends on time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from nen_kb.explain import Judgement
from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, months_after, months_before
from nen_kb.facts.normalise import Prepared
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.ir import Atom, Constant, Program, Rule, Term, Variable
from nen_kb.rules.protocol import protocol_rows

HORIZON_MONTHS = 24
"""How far ahead the first eligible day is looked for."""

_DAY_COLUMNS = {"dated": (2, 3), "started": (2, 3), "ended": (2, 3)}
_TIMED = frozenset({"index_day", "planned_start", "age"})
_CARRIED = frozenset({"closed"})
"""Reads the day judged but moves with it: declarations are carried along."""
_CLAUSE = frozenset({"met", "unmet"})
_ANY = "*"


@dataclass(frozen=True)
class _Timed:
    """What of one trial depends on time: its clauses, and the program with no others."""

    clauses: frozenset[str]
    evaluator: Evaluator


class Later:
    """Looks ahead with one program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._protocol = protocol_rows(program)
        self._trials: dict[str, _Timed] = {}
        self._dependence: dict[tuple[str, str], bool] = {}

    def eligible_from(self, judgement: Judgement, trial: str, in_the_way: Collection[str]) -> int | None:
        """The first later day, within two years, on which the trial's verdict is eligible.

        ``in_the_way`` are the clauses that fail or are open today; None unless time alone lifts them all.
        """
        timed = self._trials.get(trial)
        if timed is None:
            timed = self._trials[trial] = self._restrict(trial)
        if not timed.clauses.issuperset(in_the_way):
            return None
        prepared = judgement.prepared
        rows = dict(judgement.base_rows)
        for name, protocol in self._protocol.items():
            rows[name] = frozenset(row for row in protocol if row[0] == trial and timed.clauses & set(row[1:]))
        later = timed.evaluator.run(rows, ("verdict",))
        wanted = (prepared.patient.id, trial, "eligible")
        for day in self.critical_days(prepared):
            later = later.revised(prepared.timed(day))
            if wanted in later.rows("verdict"):
                return day
        return None

    def critical_days(self, prepared: Prepared) -> list[int]:
        """The days after the index day, within two years, on which anything can change."""
        today = prepared.patient.index_date
        last = months_after(today, HORIZON_MONTHS)
        marks = {
            int(row[column])
            for predicate, columns in _DAY_COLUMNS.items()
            for row in prepared.static.get(predicate, ())
            for column in columns
            if FAR_PAST < int(row[column]) < FAR_FUTURE
        }
        if prepared.patient.planned_start is not None:
            marks.add(prepared.patient.planned_start)
        days, months = self.windows
        found: set[int] = {today + 1}
        for mark in marks:
            for count in days:
                found.update((mark + count, mark + count + 1))
            for count in months:
                found.update(_crossings(mark, count))
        found.update(_birthdays(prepared, today))
        return sorted(day for day in found if today < day <= last)

    @cached_property
    def windows(self) -> tuple[frozenset[int], frozenset[int]]:
        """Every number of days, and of months, that the rules count back."""
        found: dict[str, set[int]] = {"days_before": {0}, "months_before": set()}
        policy = {
            int(term.value)
            for rule in self.program.rules
            if not rule.body
            for term in rule.head.terms
            if isinstance(term, Constant) and isinstance(term.value, int)
        }
        for atom in _atoms(self.program.rules):
            if atom.predicate in found:
                count = atom.terms[1]
                found[atom.predicate] |= {int(count.value)} if isinstance(count, Constant) else policy
        return frozenset(found["days_before"]), frozenset(found["months_before"])

    def _restrict(self, trial: str) -> _Timed:
        """The clauses of a trial that depend on time, and the program without the rules of any others."""
        program = self.program
        leaves = {
            str(rule.head.terms[2].value)
            for rule in program.rules
            if _is_clause_of(rule, trial)
            and isinstance(rule.head.terms[2], Constant)
            and any(self._depends(*_topic(atom, program, {})) for atom in _atoms([rule]))
        }
        found = program.trial(trial).clauses
        whole = {clause.parent or clause.id for clause in found if clause.id in leaves}
        clauses = frozenset(clause.id for clause in found if clause.id in whole or clause.parent in whole)
        rules = tuple(
            rule
            for rule in program.rules
            if rule.head.predicate not in _CLAUSE
            or (
                _is_clause_of(rule, trial)
                and {t.value for t in rule.head.terms[2:] if isinstance(t, Constant)} & clauses
            )
        )
        heads = {rule.head.predicate for rule in rules}
        part = replace(program, rules=rules, order=tuple(name for name in program.order if name in heads))
        return _Timed(clauses, Evaluator(part))

    def _depends(self, predicate: str, topic: str) -> bool:
        """Whether a predicate, asked about one class (or any), depends on the day judged."""
        if predicate in _TIMED:
            return True
        if predicate in _CARRIED:
            return False
        known = self._dependence.get((predicate, topic))
        if known is None:
            known = self._dependence[predicate, topic] = any(
                self._depends(*_topic(atom, self.program, bound))
                for rule in self.program.rules_of(predicate)
                if (bound := _asked_by(rule, self.program, topic)) is not None
                for atom in _atoms([rule])
            )
        return known


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


def _atoms(rules: Collection[Rule]) -> Iterator[Atom]:
    return (item for rule in rules for item in rule.body if isinstance(item, Atom))


def _is_clause_of(rule: Rule, trial: str) -> bool:
    term = rule.head.terms[1] if rule.head.predicate in _CLAUSE else None
    return isinstance(term, Constant) and term.value == trial


def _crossings(mark: int, months: int) -> set[int]:
    """The first day that lies, and the first that lies more than, that many months after ``mark``."""
    # Clamping to the end of a month moves a crossing by up to three days.
    around = range(months_after(mark, months) - 1, months_after(mark, months) + 6)
    reached = next(day for day in around if months_before(day, months) >= mark)
    passed = next(day for day in around if months_before(day, months) > mark)
    return {reached, passed}


def _birthdays(prepared: Prepared, today: int) -> set[int]:
    born = prepared.patient.born
    if born is None:
        return set()
    years = {(today - day) // 365 + step for day in (born.first, born.last) for step in range(-1, 4)}
    birthdays = {months_after(day, 12 * year) for day in (born.first, born.last) for year in years if year >= 0}
    return birthdays | {day + 1 for day in birthdays}
