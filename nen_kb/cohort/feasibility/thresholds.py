"""A number of a clause replaced by another, to see who would then take part.

The rules are changed, never the protocol: what comes out says what would be if the protocol said otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from nen_kb.cohort.feasibility.changes import clause_named
from nen_kb.cohort.feasibility.reach import Number, numbers_behind, rules_behind
from nen_kb.errors import Problem, UsageError
from nen_kb.facts.values import GRID, NEG_INF, POS_INF
from nen_kb.rules.ir import Atom, BodyItem, Clause, Comparison, Constant, Kind, Place, Program, Rule, Term, Trial
from nen_kb.units import convert

_TEXT = re.compile(r"\s*(?P<clause>\S+)\s+(?P<old>[^=\s][^=]*?)\s*=\s*(?P<new>[^=]*\S)\s*\Z")
_AMOUNT = re.compile(r"(?P<number>-?[0-9]+(?:\.[0-9]+)?)\s*(?P<unit>\S.*)?\Z")
_HOW = "Write a clause, the number as its rules have it, and the other: 'START-NET:I11 90 g/L = 80 g/L'."
_PLURAL = {"day": "days", "month": "months"}


@dataclass(frozen=True)
class Threshold:
    """One number of one clause, and what is tried in its place."""

    trial: str
    clause: str
    old: str
    new: str
    numbers: tuple[Number, ...]
    """The constants that are replaced."""
    values: tuple[int, ...]
    """The value of each of them."""

    @property
    def text(self) -> str:
        """``90 g/L = 80 g/L``."""
        return f"{self.old} = {self.new}"


@dataclass(frozen=True)
class Tried:
    """The rules with other numbers."""

    program: Program
    thresholds: tuple[Threshold, ...]
    clauses: tuple[tuple[str, str], ...]
    """Trial and id of the clauses without parts, and of the parts, that rest on a rule that was changed."""

    def to_json(self) -> list[dict[str, object]]:
        """As the document has them; ``affects`` are the clauses that a shared rule changes with it."""
        return [
            {
                "trial": each.trial,
                "clause": each.clause,
                "text": each.text,
                "affects": [f"{trial}:{clause}" for trial, clause in affected(self.program, [each])],
            }
            for each in self.thresholds
        ]


def read_threshold(text: str, program: Program, trials: Sequence[Trial]) -> Threshold:
    """The threshold that is meant by ``START-NET:I11 90 g/L = 80 g/L``; raises UsageError, listing the numbers."""
    match = _TEXT.match(text)
    if match is None:
        raise UsageError(Problem("--threshold", text, "this is no threshold", _HOW, "no-threshold"))
    trial, clause, found = clause_named(match["clause"], trials)
    behind = numbers_behind(program, trial, clause)
    old, new = _amount(match["old"], text), _amount(match["new"], text)
    meant = tuple(number for number in behind if _is(number, *old))
    if not meant:
        raise _not_there(text, trial, clause, match["old"], behind)
    if len({number.written[1] for number in meant}) > 1:
        if found.parts:
            raise _ambiguous(text, trial, found, match["old"], meant)
        meant = tuple(number for number in meant if number.written[1] == old[1])  # without a unit the one without
    values = tuple(_value(number, new, text) for number in meant)
    shown = meant[0].text if not old[1] else match["old"]
    return Threshold(trial, clause, shown, _with_unit(match["new"], new, meant[0]), meant, values)


def tried(program: Program, thresholds: Sequence[Threshold]) -> Tried:
    """The program with those numbers in place of the old ones.

    Raises UsageError where two of them give one number two values.
    """
    changed: dict[tuple[Place, Constant], int] = {}
    problems = []
    for each in thresholds:
        for number, value in zip(each.numbers, each.values, strict=True):
            if changed.setdefault((number.place, number.constant), value) != value:
                message = "another threshold gives this number another value"
                remedy = "Rules that clauses share hold one number for all of them; try one value at a time."
                problems.append(Problem("--threshold", f"{each.clause} {each.text}", message, remedy, "two-values"))
                break
    if problems:
        raise UsageError(problems)
    rules = tuple(_with(rule, changed) for rule in program.rules)
    made = replace(program, rules=rules)
    return Tried(made, tuple(thresholds), affected(program, thresholds))


def affected(program: Program, thresholds: Iterable[Threshold]) -> tuple[tuple[str, str], ...]:
    """The clauses without parts, and parts, of any trial that rest on a rule some threshold changes."""
    places = {number.place for each in thresholds for number in each.numbers}
    return tuple(
        (trial.id, clause.id)
        for trial in program.trials
        for clause in trial.clauses
        if clause.mode == "single" and places & rules_behind(program, trial.id, clause.id)
    )


# ── reading ─────────────────────────────────────────────────────────────────


def _amount(text: str, whole: str) -> tuple[Fraction, str]:
    match = _AMOUNT.match(text.strip().strip("'"))
    if match is None:
        raise UsageError(Problem("--threshold", whole, f"{text!r} is no number with a unit", _HOW, "no-threshold"))
    unit = (match["unit"] or "").strip()
    return Fraction(match["number"]), _PLURAL.get(unit, unit)


def _is(number: Number, value: Fraction, unit: str) -> bool:
    own, own_unit = number.written
    if not unit or unit == own_unit:
        return own == value
    return bool(own_unit) and own == _in_unit(value, unit, own_unit)


def _in_unit(value: Fraction, unit: str, other: str) -> Fraction | None:
    """The value in another unit; days and months are not converted into each other."""
    if {unit, other} & set(_PLURAL.values()):
        return value if unit == other else None
    return convert(value, unit, other)


def _value(number: Number, new: tuple[Fraction, str], text: str) -> int:
    """What the rule holds in the place of the number."""
    value, unit = new
    own, own_unit = number.written
    if number.constant.kind is Kind.VALUE and own_unit and not own:
        message = f"{number.text} does not tell how its unit is counted, so it has no other number"
        raise UsageError(Problem("--threshold", text, message, "Change the rules in a copy.", "other-unit"))
    if unit and unit != own_unit:
        found = _in_unit(value, unit, own_unit) if own_unit else None
        if found is None:
            message = f"{unit} is not the unit of {number.text}"
            remedy = f"Write it in {own_unit}." if own_unit else "Write the number alone: the rule has no unit there."
            raise UsageError(Problem("--threshold", text, message, remedy, "other-unit"))
        value = found
    exact = value * number.factor
    if number.constant.kind is Kind.VALUE:
        if exact.denominator != 1 or int(exact) % 10 or not NEG_INF < exact < POS_INF:
            message = "the number has more than six decimal places in the canonical unit, or is too large"
            raise UsageError(Problem("--threshold", text, message, "Round it.", "off-grid"))
    elif exact.denominator != 1 or not 0 <= exact <= 100_000:
        message = "a number of days, months or things is a whole number, not below zero"
        raise UsageError(Problem("--threshold", text, message, "Write a whole number.", "no-whole-number"))
    return int(exact)


def _with_unit(text: str, new: tuple[Fraction, str], number: Number) -> str:
    unit = number.written[1]
    return text.strip().strip("'") + (f" {unit}" if unit and not new[1] else "")


def _not_there(text: str, trial: str, clause: str, old: str, behind: Sequence[Number]) -> UsageError:
    known = ", ".join(dict.fromkeys(number.text for number in behind))
    remedy = f"It has {known}." if known else "It rests on no number of the rules."
    message = f"{trial} {clause} has no number {old.strip()}"
    return UsageError(Problem("--threshold", text, message, remedy, "no-such-number"))


def _ambiguous(text: str, trial: str, clause: Clause, old: str, meant: Sequence[Number]) -> UsageError:
    which = ", ".join(dict.fromkeys(f"{number.place.clause.rpartition(' ')[2]} {number.text}" for number in meant))
    message = f"more than one number of {trial} {clause.id} is {old.strip()}"
    remedy = f"Name the part, or write the unit: {which}."
    return UsageError(Problem("--threshold", text, message, remedy, "which-number"))


# ── replacing ───────────────────────────────────────────────────────────────


def _with(rule: Rule, changed: dict[tuple[Place, Constant], int]) -> Rule:
    mine = {constant: value for (place, constant), value in changed.items() if place == rule.place}
    if not mine:
        return rule
    head, *body = _items(rule, mine)
    assert isinstance(head, Atom)
    return replace(rule, head=head, body=tuple(body))


def _items(rule: Rule, mine: dict[Constant, int]) -> Iterator[BodyItem]:
    for item in (rule.head, *rule.body):
        if isinstance(item, Comparison):
            yield replace(item, left=_term(item.left, mine), right=_term(item.right, mine))
        else:
            yield replace(item, terms=tuple(_term(term, mine) for term in item.terms))


def _term(term: Term, mine: dict[Constant, int]) -> Term:
    if not isinstance(term, Constant) or term not in mine:
        return term
    value = mine[term]
    if value == term.value:
        return term
    exact = Fraction(value, GRID if term.kind is Kind.VALUE else 1)
    written = f"{exact.numerator / exact.denominator:.6f}".rstrip("0").rstrip(".")
    return Constant(value, term.kind, written)
