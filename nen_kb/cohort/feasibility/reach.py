"""Which rules a clause rests on, and which numbers stand in them.

A clause rests on the rules that can show it met or unmet, and on those that these read, narrowed to the classes
they are read for: a limit of another laboratory value is not among them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from nen_kb.engines.sql.passes.demand import demand
from nen_kb.facts.values import GRID, NEG_INF, POS_INF
from nen_kb.rules.coverage import numbers, plain
from nen_kb.rules.ir import (
    COLUMN_WORDS,
    Atom,
    Clause,
    Constant,
    Header,
    Kind,
    Place,
    Predicate,
    Program,
    Rule,
    Term,
    Trial,
    Variable,
)

_ASKED = "clause asked"
_SPANS = {"days_before": "days", "months_before": "months"}
"""The unit of the number that a built-in of the calendar takes."""
_NOWHERE = Place("", 0)


@dataclass(frozen=True)
class Number:
    """A number of the rules that the words of a protocol, a header or the policy account for."""

    constant: Constant
    text: str
    """As written, without quotes: ``90 g/L``, ``3``; of a span of time with its unit, ``28 days``."""
    place: Place
    """Of the rule it stands in."""

    @property
    def written(self) -> tuple[Fraction, str]:
        """The number and the unit behind it, which may be empty."""
        value, _, unit = self.text.partition(" ")
        return Fraction(value), unit.strip()

    @property
    def factor(self) -> Fraction:
        """Grid steps, or whole numbers, in one of what is written."""
        value = self.written[0]
        if not value:
            return Fraction(GRID if self.constant.kind is Kind.VALUE else 1)
        return Fraction(int(self.constant.value)) / value


def rules_behind(program: Program, trial: str, clause: str) -> frozenset[Place]:
    """The places of the rules that a clause or part rests on; of a clause with parts, of all its parts."""
    found = program.trial(trial).clause(clause)
    ids = found.parts or (clause,)
    patient = Variable("P")
    header = Header((), _NOWHERE)
    head = Atom(_ASKED, (patient,), False, _NOWHERE)
    made = [
        Rule(head, (Atom(side, (patient, _name(trial), _name(each)), False, _NOWHERE),), _NOWHERE, header)
        for each in ids
        for side in ("met", "unmet")
    ]
    asked = Predicate(_ASKED, (COLUMN_WORDS["Patient"],), "derived", header)
    extended = replace(
        program,
        predicates={**program.predicates, _ASKED: asked},
        rules=(*program.rules, *made),
        order=(*program.order, _ASKED),
    )
    return frozenset(rule.place for rule in demand(extended, [_ASKED]).rules) - {_NOWHERE}


def numbers_behind(program: Program, trial: str, clause: str) -> tuple[Number, ...]:
    """The numbers that may be tried otherwise in a clause, in the order of the rules' text; a number may repeat."""
    behind = rules_behind(program, trial, clause)
    rules = sorted((rule for rule in program.rules if rule.place in behind), key=lambda rule: _order(rule.place))
    return tuple(number for rule in rules for number in numbers_in(rule, program.trial(trial)))


def numbers_in(rule: Rule, trial: Trial) -> Iterator[Number]:
    """The numbers of one rule that its clause's quote or its header accounts for; of the policy, every one."""
    known = _explained(rule, trial)
    for term, unit in _constants(rule):
        text = term.text.strip("'").strip()
        if term.kind is Kind.NAME or not text or int(term.value) in (NEG_INF, POS_INF) or "inf" in text:
            continue
        if not rule.body or plain(text.split()[0]) in known:
            yield Number(term, f"{text} {unit}" if unit else text, rule.place)


def _constants(rule: Rule) -> Iterator[tuple[Constant, str]]:
    """The constants of a rule, each with the unit its built-in gives it."""
    for item in (rule.head, *rule.body):
        unit = _SPANS.get(item.predicate, "") if isinstance(item, Atom) else ""
        terms: tuple[Term, ...] = item.terms if isinstance(item, Atom) else (item.left, item.right)
        yield from ((term, unit) for term in terms if isinstance(term, Constant))


def _explained(rule: Rule, trial: Trial) -> set[str]:
    """The numbers of the quotes and of the fields ``number`` and ``window`` above the rule."""
    headers = [rule.header]
    quotes: list[str] = []
    for clause in trial.clauses:
        if rule.place.clause == f"{trial.id} {clause.id}":
            headers.append(clause.header)
            quotes += [text for each in _with_parent(trial, clause) for text in each.header.all("quote")]
    fields = [text.split(":")[0] for header in headers for name in ("number", "window") for text in header.all(name)]
    return numbers(quotes) | numbers(fields)


def _with_parent(trial: Trial, clause: Clause) -> Iterator[Clause]:
    yield clause
    if clause.parent:
        yield trial.clause(clause.parent)


def _order(place: Place) -> tuple[bool, str, int]:
    return not place.clause, place.file, place.line


def _name(name: str) -> Constant:
    return Constant(name, Kind.NAME)
