"""The cells of a row: everything arrives as text, and an empty cell is no cell."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from nen_kb.facts.dates import Days, parse_days

Row = dict[str, str]
"""One row: the columns that hold something, by name in lower case."""

_COMPACT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})")
_WHOLE = re.compile(r"[+-]?[0-9]{1,18}(?:\.0*)?")
_CLOCK = re.compile(r"[ T][0-9:.]+(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?| ?UTC)?")
_EMPTY = frozenset(["NULL", "null", "\\N"])
MAX_TEXT = 400


def whole(text: str | None) -> int | None:
    """An integer such as an id; ``12.0`` is one too.  None for anything else."""
    return int(text.partition(".")[0]) if text and _WHOLE.fullmatch(text) else None


def concept_id(row: Row, column: str) -> int:
    """A concept id of a row; 0, which means "no matching concept", where there is none."""
    return max(0, whole(row.get(column)) or 0)


def number(text: str | None) -> Decimal | None:
    """A decimal number exactly, without superfluous zeros; None for anything else, infinities and NaN included."""
    if not text or len(text) > 60:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        return None
    if not found.is_finite() or abs(found.adjusted()) > 60:
        return None
    plain = found.normalize()
    return plain.quantize(Decimal(1)) if plain == plain.to_integral_value() and plain.adjusted() < 20 else plain


def written(row: Row, *columns: str) -> str:
    """The date in the first of these columns that holds one, as ``2024-05-20``; empty if none does."""
    return _first(row, columns)[0]


def day(row: Row, *columns: str) -> Days | None:
    """The day of the first of these columns that holds a date; a time of day is left out."""
    return _first(row, columns)[1]


def _first(row: Row, columns: tuple[str, ...]) -> tuple[str, Days | None]:
    for column in columns:
        cell = row.get(column)
        if cell and (found := _date(cell))[1] is not None:
            return found
    return "", None


@lru_cache(maxsize=65536)
def _date(cell: str) -> tuple[str, Days | None]:
    """A date as FHIR writes it and the days it may mean; the same few thousand days come again and again."""
    compact = _COMPACT.fullmatch(cell)
    plain = "-".join(compact.groups()) if compact else cell
    if len(plain) > 10 and _CLOCK.fullmatch(plain[10:]):
        plain = plain[:10]
    try:
        return plain, parse_days(plain)
    except ValueError:
        return "", None


def text(value: object) -> str:
    """A cell as text, blanks at its ends left out; the words by which exports spell an empty cell are none."""
    found = "" if value is None else str(value).strip()[:MAX_TEXT]
    return "" if found in _EMPTY else found
