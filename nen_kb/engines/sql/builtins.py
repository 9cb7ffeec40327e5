"""The built-ins that plain SQL computes, exactly as ``nen_kb.rules.builtins`` does.

Each is a function from the expressions of its inputs to those of its outputs and a condition under which there is
a row at all.  A built-in that is not here has no exact form in SQL (logarithms and powers of forty
digits): it is computed outside, once for each distinct input, and joined as a table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlglot import exp

from nen_kb.engines.sql.nodes import number, parens
from nen_kb.facts.dates import FAR_PAST
from nen_kb.facts.values import NEG_INF, POS_INF
from nen_kb.rules.formulas import ONE

SIX_PLACES = 10
"""Steps of the grid in one step of the sixth decimal place."""
MOST_MONTHS = 12 * 9999
"""So many months before any day of the calendar lies before the calendar."""


@dataclass(frozen=True)
class Computed:
    """What a built-in's SQL form gives."""

    outputs: tuple[exp.Expr, ...]
    condition: exp.Expr | None = None


def least(one: exp.Expr, other: exp.Expr) -> exp.Expr:
    """The smaller of two; there are no nulls."""
    return exp.Case(ifs=[exp.If(this=exp.LTE(this=one.copy(), expression=other.copy()), true=one)], default=other)


def greatest(one: exp.Expr, other: exp.Expr) -> exp.Expr:
    """The greater of two; there are no nulls."""
    return exp.Case(ifs=[exp.If(this=exp.GTE(this=one.copy(), expression=other.copy()), true=one)], default=other)


def _days_before(day: exp.Expr, count: exp.Expr) -> Computed:
    moved = parens(exp.Sub(this=parens(day), expression=parens(count.copy())))
    return Computed((greatest(moved, number(FAR_PAST)),), _not_negative(count))


def _months_before(day: exp.Expr, count: exp.Expr) -> Computed:
    """The calendar's own arithmetic, from the first day of the calendar on; a day before it is the far past."""
    first = exp.Cast(this=exp.Literal.string("0001-01-01"), to=exp.DataType.build("date"))
    since = exp.Cast(this=parens(exp.Sub(this=parens(day), expression=number(FAR_PAST))), to=exp.DataType.build("int"))
    months = exp.Cast(this=least(count, number(MOST_MONTHS)), to=exp.DataType.build("int"))
    start = exp.DateAdd(this=first, expression=parens(since), unit=exp.var("DAY"))
    moved = exp.DateAdd(this=start, expression=exp.Neg(this=parens(months)), unit=exp.var("MONTH"))
    whole = exp.Cast(this=parens(moved), to=exp.DataType.build("date"))
    passed = exp.DateDiff(this=whole, expression=first.copy(), unit=exp.var("DAY"))
    ordinal = exp.Cast(this=parens(exp.Add(this=passed, expression=number(FAR_PAST))), to=exp.DataType.build("int"))
    return Computed((greatest(ordinal, number(FAR_PAST)),), _not_negative(count))


def _not_negative(count: exp.Expr) -> exp.Expr:
    return exp.GTE(this=count.copy(), expression=number(0))


def _earlier(first_from: exp.Expr, first_to: exp.Expr, second_from: exp.Expr, second_to: exp.Expr) -> Computed:
    return Computed((least(first_from, second_from), least(first_to, second_to)))


def _below(low: exp.Expr, high: exp.Expr, limit: exp.Expr) -> Computed:
    return Computed(
        (
            _truth(exp.LT(this=high, expression=limit)),
            _truth(exp.LT(this=low, expression=limit.copy())),
        )
    )


def _at_most(low: exp.Expr, high: exp.Expr, limit: exp.Expr) -> Computed:
    return Computed(
        (
            _truth(exp.LTE(this=high, expression=limit)),
            _truth(exp.LTE(this=low, expression=limit.copy())),
        )
    )


def _truth(condition: exp.Expr) -> exp.Expr:
    return exp.Case(ifs=[exp.If(this=condition, true=number(ONE))], default=number(0))


def _mean(first_low: exp.Expr, first_high: exp.Expr, second_low: exp.Expr, second_high: exp.Expr) -> Computed:
    low = _half(_six_down(first_low), _six_down(second_low))
    high = exp.Neg(this=parens(_half(_six_down(_negative(first_high)), _six_down(_negative(second_high)))))
    unbounded = (
        exp.Or(this=_is(first_low, "<=", NEG_INF), expression=_is(second_low, "<=", NEG_INF)),
        exp.Or(this=_is(first_high, ">=", POS_INF), expression=_is(second_high, ">=", POS_INF)),
    )
    return Computed(
        (
            exp.Case(ifs=[exp.If(this=unbounded[0], true=number(NEG_INF))], default=low),
            exp.Case(ifs=[exp.If(this=unbounded[1], true=number(POS_INF))], default=high),
        )
    )


def _is(value: exp.Expr, op: str, end: int) -> exp.Expr:
    node = exp.LTE if op == "<=" else exp.GTE
    return node(this=value.copy(), expression=number(end))


def _negative(value: exp.Expr) -> exp.Expr:
    return parens(exp.Neg(this=parens(value.copy())))


def _six_down(value: exp.Expr) -> exp.Expr:
    """The last six-place decimal not above the value; a remainder has the sign of what is divided."""

    def rest(of: exp.Expr) -> exp.Expr:
        return parens(exp.Mod(this=parens(of), expression=number(SIX_PLACES)))

    above = exp.Add(this=rest(value.copy()), expression=number(SIX_PLACES))
    return parens(exp.Sub(this=parens(value.copy()), expression=rest(above)))


def _half(one: exp.Expr, other: exp.Expr) -> exp.Expr:
    """Half the sum of two multiples of ten: a whole number, so it does not matter how division rounds."""
    return exp.IntDiv(this=parens(exp.Add(this=one, expression=other)), expression=number(2))


SQL_FORMS: Mapping[str, Callable[..., Computed]] = {
    "days_before": _days_before,
    "months_before": _months_before,
    "earlier": _earlier,
    "below": _below,
    "at_most": _at_most,
    "mean": _mean,
}
