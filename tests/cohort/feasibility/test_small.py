"""The small calculations behind near misses and the gap."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nen_kb.cohort.feasibility.gap import Item, narrowing
from nen_kb.cohort.feasibility.near import quartiles, round_steps, round_up
from nen_kb.explain.wording import feasibility_text as wording
from nen_kb.rules.headers import REASONS


@pytest.mark.parametrize(
    ("value", "expected"),
    [("0", "0"), ("0.03", "0.05"), ("0.2", "0.2"), ("1", "1"), ("1.01", "2"), ("96", "100"), ("2364", "5000")],
)
def test_round_distances(value: str, expected: str) -> None:
    assert round_up(Fraction(value)) == Fraction(expected)


def test_distances_of_a_sample() -> None:
    """Quartiles are distances that occur; the last round distance holds everybody."""
    found = [Fraction(each) for each in (0, 1, 2, 3, 14, 15, 16, 40)]
    assert quartiles(found) == [1, 3, 15]
    assert round_steps(found) == [1, 5, 20, 50]


def items(*names: str) -> frozenset[Item]:
    return frozenset(Item("not_recorded", name) for name in names)


def test_the_order_that_settles_soonest() -> None:
    """Two items that most patients need together come before the one that settles fewest."""
    needs = [items("a", "b")] * 5 + [items("c")] * 2 + [items("a", "c", "d")]
    assert [(item.concept, settled) for item, settled in narrowing(needs)] == [("a", 0), ("b", 5), ("c", 2), ("d", 1)]
    assert narrowing([]) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.frozensets(st.builds(Item, st.just("not_recorded"), st.sampled_from("abcdef")))))
def test_the_order_settles_everybody_once(needs: list[frozenset[Item]]) -> None:
    """Every patient who needs something is settled by the first items that hold all she needs."""
    order = narrowing(needs)
    known: set[Item] = set()
    for item, settled in order:
        before = sum(bool(each) and each <= known for each in needs)
        known.add(item)
        assert settled == sum(bool(each) and each <= known for each in needs) - before
    assert known == frozenset().union(*needs)


def test_every_reason_has_words() -> None:
    """Whatever a clause may be open for can be told as an item."""
    for code in REASONS:
        assert "hemoglobin" in wording.item(code, "hemoglobin")


def test_shares() -> None:
    """Never nothing of somebody, never all of less than all."""
    told = [wording.share(part, whole) for part, whole in ((0, 5), (1, 10**6), (10**6 - 1, 10**6), (5, 5), (1, 3))]
    assert told == ["0 %", "<0.1 %", ">99.9 %", "100 %", "33.3 %"]
