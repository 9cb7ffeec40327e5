"""The English phrases that say what on record keeps an open clause from being decided."""

from __future__ import annotations

from nen_kb.explain.wording import STATUS

_UNITS = {"days_before": "day", "months_before": "month"}


def keeps(text: str, side: str) -> str:
    """``kept from being shown not met: leukocytes 2.9 × 10⁹/L, needs more than 3 × 10⁹/L, …``."""
    return f"kept from being shown {STATUS[side]}: {text}"


def compared(record: str, text: str) -> str:
    """A record beside a comparison that is false for it."""
    return f"{record}: {text}"


def not_yet(record: str, count: int, builtin: str, event: str, strict: bool) -> str:
    """Of a record that is too young for a rule that counts from a day which moves on with the day judged."""
    least = "not more" if strict else "less"
    return f"{record} is {least} than {counted(count, builtin)} before {event}: it does not count yet"


def apart(one: str, other: str, gap: int, exact: bool, count: int) -> str:
    """``creatinine …, 2026-11-12 … and cystatin C …, 2026-11-20 … are 8 days apart, at most 7 allowed``."""
    days = counted(gap, "days_before")
    return f"{one} and {other} are {'' if exact else 'at least '}{days} apart, at most {count} allowed"


def months_apart(one: str, other: str, count: int) -> str:
    return f"{one} and {other} are more than {counted(count, 'months_before')} apart"


def partner(lacking: str, record: str, window: str) -> str:
    """``no cystatin C on record; one within 7 days of creatinine … would do``."""
    return f"{lacking}; one {f'within {window} of' if window else 'to go with'} {record} would do"


def counted(count: int, builtin: str) -> str:
    """``7 days``."""
    return f"{count} {_UNITS[builtin]}{'' if count == 1 else 's'}"


def not_ruled_out(text: str, label: str, truth: str, limit: str, stated: bool) -> str:
    """Of a result that can only rule a condition out; ``stated`` says whether a record speaks of the condition itself.

    ``truth`` is the built-in that compares it: ``at_most`` or ``below``.
    """
    least = "more than" if truth == "at_most" else "at least"
    itself = "" if stated else f"; {label} itself is not on record"
    return f"{text} does not rule out {label}, {least} {limit} would{itself}"
