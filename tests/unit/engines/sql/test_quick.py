"""The quick formulas say what the exact ones say, or nothing."""

from __future__ import annotations

import random

import numpy as np
import pytest

from nen_kb.engines.sql.quick import MARGIN, QUICK, STEPS, quick
from nen_kb.facts.values import NEG_INF, POS_INF
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.formulas import ONE

RANGES = {
    "cockcroft_gault": ((1, 139), ("Female", "Male"), (30, 180), (20, 1500)),
    "lmr18": ((18, 105), ("Female", "Male"), (20, 1500)),
    "capa": ((1, 105), (0.3, 9)),
    "to_body_surface": ((1, 250), (120, 210), (30, 180)),
    "from_body_surface": ((1, 250), (120, 210), (30, 180)),
}
"""Of each formula its inputs: quantities between two numbers of units, or one of some words."""


def inputs(name: str, chance: random.Random) -> list[int | str]:
    """Exact values, narrow intervals of six places and between two of them, and some without an end."""
    found: list[int | str] = []
    for each in RANGES[name]:
        if isinstance(each[0], str):
            found.append(chance.choice(each))
            continue
        places = chance.choice((0, 1, 2, 6))
        low = round(round(chance.uniform(*each), places) * ONE)  # type: ignore[arg-type]
        low += 5 * (chance.random() < 0.1)
        high = low + chance.choice((0, 0, 0, 10, ONE))
        found += [chance.choice((low, low, low, low, NEG_INF)), chance.choice((high, high, high, high, POS_INF))]
    return found


def one(name: str, values: list[int | str]) -> tuple[int, int] | None:
    """The quick result for one input, if it is sure."""
    found = quick(name, [np.array([value]) for value in values])
    assert found is not None
    low, high, sure = found
    return (int(low[0]), int(high[0])) if sure[0] else None


@pytest.mark.parametrize("name", QUICK)
def test_quick_is_exact(name: str) -> None:
    """On ordinary patients it answers nearly always, and then with the exact ends."""
    chance = random.Random(name)
    asked = [inputs(name, chance) for _ in range(1500)]
    found = quick(name, [np.array(column) for column in zip(*asked, strict=True)])
    assert found is not None
    assert found[2].sum() > 900
    for values, low, high, sure in zip(asked, *found, strict=True):
        assert not sure or (low, high) == BUILTINS[name].function(*values), values


def test_other_builtins_have_no_quick_form() -> None:
    """Who asks for one is told so."""
    assert quick("mean", [np.array([1])] * 4) is None


def test_a_result_on_a_step_is_left_to_the_exact_formula() -> None:
    """A weight in proportion makes a clearance of a whole number of thousandths: doubles cannot round that."""
    whole: list[int | str] = [40 * ONE, 40 * ONE, "Male", 72 * ONE, 72 * ONE, 884 * ONE // 10, 884 * ONE // 10]
    assert BUILTINS["cockcroft_gault"].function(*whole) == (100 * ONE, 100 * ONE)
    assert one("cockcroft_gault", whole) is None
    assert STEPS * MARGIN < 1


def test_a_sex_without_a_formula_is_left_to_the_exact_one() -> None:
    """There is no factor for another word."""
    other: list[int | str] = [40 * ONE, 40 * ONE, "Other", 72 * ONE, 72 * ONE, 80 * ONE, 80 * ONE]
    assert one("cockcroft_gault", other) is None
    assert BUILTINS["cockcroft_gault"].function(*other) is None


@pytest.mark.parametrize("name", QUICK)
def test_a_result_that_rests_on_nothing_is_unbounded(name: str) -> None:
    """Whichever end is open, or so large that it counts as open, the answer is the exact one or left to it."""
    chance = random.Random(name)
    answered = 0
    for _ in range(20):
        values = inputs(name, chance)
        for place, value in enumerate(values):
            if isinstance(value, int):
                for end in (NEG_INF, NEG_INF + 1, POS_INF, POS_INF - 1):
                    asked = [*values[:place], end, *values[place + 1 :]]
                    found = one(name, asked)
                    answered += found is not None
                    assert found is None or found == BUILTINS[name].function(*asked), asked
    assert answered > 20


@pytest.mark.parametrize("name", QUICK)
def test_what_is_not_positive_is_left_to_the_exact_formula(name: str) -> None:
    """An end at zero gives no quick answer, wherever it stands."""
    values = inputs(name, random.Random(2))
    for place, value in enumerate(values):
        if isinstance(value, int):
            assert one(name, [*values[:place], 0, *values[place + 1 :]]) is None
