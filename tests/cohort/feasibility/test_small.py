"""The small calculations behind near misses and the gap."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nen_kb.cohort.feasibility.estimates import estimate
from nen_kb.cohort.feasibility.gap import Item, narrowing, quarters
from nen_kb.cohort.feasibility.near import quartiles, round_steps, round_up
from nen_kb.explain.wording import feasibility_text as wording
from nen_kb.explain.wording.feasibility import share
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


def test_the_order_of_what_is_missing() -> None:
    """What most patients need comes first; a patient is settled by the last item she needs."""
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
    told = [share(part, whole) for part, whole in ((0, 5), (1, 10**6), (1, 200), (10**6 - 1, 10**6), (5, 5), (1, 3))]
    assert told == ["0 %", "under 0.1 %", "0.5 %", "over 99.9 %", "100 %", "33 %"]


def test_how_many_answers_a_patient_needs() -> None:
    """Quarters are counts that occur."""
    assert quarters([7, 1, 3, 2]) == [1, 2, 3]
    assert quarters([4]) == [4, 4, 4]
    assert quarters([]) == []


@pytest.mark.parametrize(
    ("in_sample", "sampled", "patients", "expected"),
    [
        (90, 100, 565, 510),
        (1, 500, 12_345, 25),
        (100, 100, 565, 560),
        (7, 12, 12, 7),
        (99, 100, 101, 100),
        (0, 0, 9, 0),
    ],
)
def test_estimates_have_two_digits(in_sample: int, sampled: int, patients: int, expected: int) -> None:
    """Neither more exact than a sample is, nor fewer than were seen, nor more than there are; exact of all."""
    assert estimate(in_sample, sampled, patients) == expected


def test_a_shared_number_names_the_other_clauses() -> None:
    """``E1`` is no part of ``E11``."""
    told = wording.threshold("T", "E1", "20 % = 30 %", ["T:E1", "T:E1a", "T:E11", "U:E1"])
    assert told.endswith("(the same rule also serves T:E11 and U:E1)")
