"""Clauses with parts: ``all`` needs every part, ``any`` needs one, and what surely decides comes first."""

from __future__ import annotations

from itertools import product

import pytest
from spec_programs import Logic, evidence_rules

RULES = f"""
# ── I1 ──
#: all I1a I1b
{evidence_rules("I1a", "I1b")}
# ── I2 ──
#: any I2a I2b
{evidence_rules("I2a", "I2b")}
# ── I3 ──
#: all I3a I3b I3c
{evidence_rules("I3a", "I3b", "I3c")}
# ── I4 ──
#: any I4a I4b I4c
{evidence_rules("I4a", "I4b", "I4c")}
#: section exclusion
# ── E1 ──
#: any E1a E1b
{evidence_rules("E1a", "E1b")}
"""

STATUSES = ("met", "unmet", "conflicting", "unknown")

# first part, second part, the clause if it needs all, the clause if it needs any
TWO_PARTS = [
    ("met", "met", "met", "met"),
    ("met", "unmet", "unmet", "met"),
    ("met", "conflicting", "conflicting", "met"),
    ("met", "unknown", "unknown", "met"),
    ("unmet", "met", "unmet", "met"),
    ("unmet", "unmet", "unmet", "unmet"),
    ("unmet", "conflicting", "unmet", "conflicting"),
    ("unmet", "unknown", "unmet", "unknown"),
    ("conflicting", "met", "conflicting", "met"),
    ("conflicting", "unmet", "unmet", "conflicting"),
    ("conflicting", "conflicting", "conflicting", "conflicting"),
    ("conflicting", "unknown", "conflicting", "conflicting"),
    ("unknown", "met", "unknown", "met"),
    ("unknown", "unmet", "unmet", "unknown"),
    ("unknown", "conflicting", "conflicting", "conflicting"),
    ("unknown", "unknown", "unknown", "unknown"),
]

# three parts, the clause if it needs all, the clause if it needs any
THREE_PARTS = [
    ("met met met", "met", "met"),
    ("met met unknown", "unknown", "met"),
    ("met unknown unmet", "unmet", "met"),
    ("met conflicting unknown", "conflicting", "met"),
    ("unmet conflicting unknown", "unmet", "conflicting"),
    ("met conflicting unmet", "unmet", "met"),
    ("unknown unknown unmet", "unmet", "unknown"),
    ("unmet unmet unknown", "unmet", "unknown"),
    ("unmet unmet unmet", "unmet", "unmet"),
    ("unknown conflicting unknown", "conflicting", "conflicting"),
]


def test_the_table_of_two_parts_is_complete(logic: Logic) -> None:
    """Two parts of four statuses each make sixteen rows, every one of which the table below decides."""
    assert sorted(row[:2] for row in TWO_PARTS) == sorted(product(STATUSES, repeat=2))
    assert set(logic.outcomes({})[0]) >= {"I1", "I1a", "I1b", "I2", "I2a", "I2b"}


@pytest.mark.parametrize(("first", "second", "needs_all", "needs_any"), TWO_PARTS)
def test_two_parts(logic: Logic, first: str, second: str, needs_all: str, needs_any: str) -> None:
    """A clause that needs all is unmet if a part is, else conflicting, else unknown if one is; any is the dual."""
    given = {
        f"{clause}{part}": status for clause in ("I1", "I2", "E1") for part, status in (("a", first), ("b", second))
    }
    statuses, _ = logic.outcomes(given)
    assert statuses["I1"] == {needs_all}
    assert statuses["I2"] == {needs_any}
    assert statuses["E1"] == {needs_any}
    assert (statuses["I1a"], statuses["I1b"]) == ({first}, {second})


@pytest.mark.parametrize(("parts", "needs_all", "needs_any"), THREE_PARTS)
def test_three_parts(logic: Logic, parts: str, needs_all: str, needs_any: str) -> None:
    """A third part changes nothing about the order of unmet, conflicting, unknown and met, or of its dual."""
    given = dict(zip("abc", parts.split(), strict=True))
    statuses, _ = logic.outcomes({f"I{clause}{part}": given[part] for clause in (3, 4) for part in "abc"})
    assert statuses["I3"] == {needs_all}
    assert statuses["I4"] == {needs_any}


DUAL = {"met": "unmet", "unmet": "met", "conflicting": "conflicting", "unknown": "unknown"}


@pytest.mark.parametrize(("first", "second"), [row[:2] for row in TWO_PARTS])
def test_all_and_any_are_dual(logic: Logic, first: str, second: str) -> None:
    """If every part turns from met to unmet and back, so does the clause, and ``all`` becomes ``any``."""
    one = logic.status("I1", {"I1a": first, "I1b": second})
    other = logic.status("I2", {"I2a": DUAL[first], "I2b": DUAL[second]})
    assert other == DUAL[one]
