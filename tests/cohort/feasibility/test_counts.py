"""Counting from patterns: small cohorts counted by hand, and truths about any cohort."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from nen_kb.cohort.feasibility import counts
from nen_kb.cohort.feasibility.patterns import (
    CONFLICTING,
    MET,
    UNKNOWN,
    UNMET,
    Patterns,
    Tally,
    places_of,
    sets_of,
)
from nen_kb.cohort.feasibility.statuses import together
from nen_kb.rules.ir import Clause, Header, Place

Table = list[list[int]]
"""Statuses, a row a patient and a column a clause."""


def clauses(inclusions: int, exclusions: int) -> list[Clause]:
    """I1, I2, …, E1, E2, …"""
    header = Header((), Place("test", 1))
    made = [Clause("T", f"I{number}", "inclusion", header) for number in range(1, inclusions + 1)]
    return made + [Clause("T", f"E{number}", "exclusion", header) for number in range(1, exclusions + 1)]


def patterns(rows: Table, which: list[Clause], parts: int = 1) -> Patterns:
    """The patterns of those patients, counted in so many parts."""
    tally = Tally.of(which)
    table = np.array(rows, dtype=np.uint8).reshape(len(rows), len(which))
    for part in np.array_split(table, parts):
        statuses = {clause.id: part[:, place] for place, clause in enumerate(which)}
        tally.add(sets_of(statuses, which, len(part)))
    return tally.patterns()


BY_HAND = [
    [MET, MET, UNMET],  # eligible
    [MET, MET, UNMET],  # eligible
    [UNMET, MET, UNMET],  # I1 alone
    [UNMET, UNKNOWN, UNMET],  # I1, with I2 open
    [UNMET, UNMET, MET],  # all three
    [MET, UNKNOWN, UNMET],  # undetermined by I2 alone
    [CONFLICTING, UNKNOWN, UNMET],  # undetermined by I1 and I2
    [MET, MET, MET],  # E1 alone
]


def test_a_cohort_counted_by_hand() -> None:
    """Eight patients, two inclusions and an exclusion."""
    found = patterns(BY_HAND, clauses(2, 1), parts=3)
    assert found.total == 8
    assert len(found.patients) == 7
    assert counts.verdict_counts(found) == {"eligible": 2, "undetermined": 2, "ineligible": 4}
    assert counts.interval(found) == {"certainly": 2, "possibly": 4}
    assert counts.clause_counts(found, 0) == {
        "statuses": {"met": 4, "unmet": 3, "unknown": 0, "conflicting": 1},
        "fails": 3, "open": 1, "fails_alone": 1, "fails_only": 2, "open_alone": 0,
    }  # fmt: skip
    assert counts.clause_counts(found, 1) == {
        "statuses": {"met": 4, "unmet": 1, "unknown": 3, "conflicting": 0},
        "fails": 1, "open": 3, "fails_alone": 0, "fails_only": 0, "open_alone": 1,
    }  # fmt: skip
    assert counts.clause_counts(found, 2) == {
        "statuses": {"met": 2, "unmet": 6, "unknown": 0, "conflicting": 0},
        "fails": 2, "open": 0, "fails_alone": 1, "fails_only": 1, "open_alone": 0,
    }  # fmt: skip
    assert counts.attrition(found, [0, 1, 2]) == [
        {"clause": "I1", "failed_here": 3, "remaining_possible": 5, "remaining_certain": 4},
        {"clause": "I2", "failed_here": 0, "remaining_possible": 5, "remaining_certain": 3},
        {"clause": "E1", "failed_here": 1, "remaining_possible": 4, "remaining_certain": 2},
    ]
    assert counts.best_order(found) == [0, 2, 1]
    assert counts.overlap(found) == [
        {"clauses": ["I1"], "patients": 2},
        {"clauses": ["E1"], "patients": 1},
        {"clauses": ["I1", "I2", "E1"], "patients": 1},
    ]
    assert counts.gap_clauses(found) == [
        {"clause": "I2", "open": 2, "open_alone": 1},
        {"clause": "I1", "open": 1, "open_alone": 0},
    ]


def test_a_clause_left_out_keeps_nobody_out() -> None:
    """Without I1 its failures count no more, and its own statuses are still told."""
    found = patterns(BY_HAND, clauses(2, 1)).without(["I1"])
    assert counts.verdict_counts(found) == {"eligible": 3, "undetermined": 3, "ineligible": 2}
    assert counts.clause_counts(found, 0)["fails"] == 3
    assert counts.clause_counts(found, 0)["fails_alone"] == 0
    assert [step["clause"] for step in counts.attrition(found, found.counted)] == ["I2", "E1"]
    assert found.without(["I2", "E1"]).failing.any() == np.False_
    assert counts.interval(found.without(["I2", "E1"])) == {"certainly": 8, "possibly": 8}


def test_nobody() -> None:
    """A cohort of nobody has every number, and all are nought."""
    found = patterns([], clauses(1, 1))
    assert counts.interval(found) == {"certainly": 0, "possibly": 0}
    assert counts.attrition(found, counts.best_order(found))[-1]["remaining_possible"] == 0
    assert counts.overlap(found) == []


def test_more_sets_than_are_told() -> None:
    """Beyond the most frequent sets of failing clauses the others are counted together; nobody is lost."""
    which = clauses(6, 0)
    rows = [[UNMET if number >> place & 1 else MET for place in range(6)] for number in range(64)]
    told = counts.overlap(patterns(rows, which))
    assert len(told) == counts.MOST_SETS + 1
    assert told[-1] == {"clauses": None, "patients": 63 - counts.MOST_SETS, "sets": 63 - counts.MOST_SETS}


@st.composite
def cohorts(draw: st.DrawFn) -> tuple[list[Clause], Table]:
    """Some patients and clauses, sometimes more clauses than bits in a word."""
    which = clauses(draw(st.sampled_from([0, 1, 3, 66])), draw(st.integers(1, 3)))
    status = st.sampled_from([MET, MET, MET, UNMET, UNMET, UNKNOWN, CONFLICTING])
    row = st.lists(status, min_size=len(which), max_size=len(which))
    return which, draw(st.lists(row, max_size=3 if len(which) > 60 else 12))


def eligible(row: list[int], which: list[Clause]) -> bool:
    """Whether every clause surely passes."""
    return all(
        status == (MET if clause.kind == "inclusion" else UNMET) for status, clause in zip(row, which, strict=True)
    )


@settings(max_examples=30, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(cohorts(), st.randoms(use_true_random=False))
def test_the_truth_lies_in_the_interval(cohort: tuple[list[Clause], Table], random) -> None:  # type: ignore[no-untyped-def]
    """However what is not known turns out, so many are eligible: certainly at least, possibly at most."""
    which, rows = cohort
    interval = counts.interval(patterns(rows, which))
    truth = [[random.choice((MET, UNMET)) if cell in (UNKNOWN, CONFLICTING) else cell for cell in row] for row in rows]
    assert interval["certainly"] <= sum(eligible(row, which) for row in truth) <= interval["possibly"]
    assert sum(eligible(row, which) for row in rows) == interval["certainly"]


@settings(max_examples=30, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(cohorts(), st.integers(1, 4), st.data())
def test_every_order_ends_alike(cohort: tuple[list[Clause], Table], parts: int, data: st.DataObject) -> None:
    """Attrition never grows, ends in the interval in any order, and loses nobody; parts make no difference."""
    which, rows = cohort
    found = patterns(rows, which, parts)
    shuffled = data.draw(st.permutations(found.counted))
    for order in (list(found.counted), counts.best_order(found), shuffled):
        steps = counts.attrition(found, order)
        last = steps[-1]
        assert counts.interval(found) == {
            "certainly": last["remaining_certain"], "possibly": last["remaining_possible"],
        }  # fmt: skip
        assert sum(step["failed_here"] for step in steps) + last["remaining_possible"] == len(rows)
        for before, after in pairwise(steps):
            assert before["remaining_possible"] - after["failed_here"] == after["remaining_possible"]
            assert before["remaining_certain"] >= after["remaining_certain"]
    best = counts.attrition(found, counts.best_order(found))
    assert best[0]["failed_here"] == max((counts.clause_counts(found, p)["fails"] for p in found.counted), default=0)
    assert sum(each["patients"] for each in counts.overlap(found)) == counts.verdict_counts(found)["ineligible"]


def sets(found: Patterns) -> list[tuple[list[str], int]]:
    """The sets that fail together; of sets of as many patients any may come first."""
    return sorted((each["clauses"], each["patients"]) for each in counts.overlap(found))


@settings(max_examples=30, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(cohorts(), st.data())
def test_leaving_out_is_counting_without(cohort: tuple[list[Clause], Table], data: st.DataObject) -> None:
    """A clause left out of the patterns counts as if the trial never had it; to leave one out never excludes."""
    which, rows = cohort
    gone = data.draw(st.sets(st.sampled_from([clause.id for clause in which]), max_size=len(which) - 1))
    kept = [place for place, clause in enumerate(which) if clause.id not in gone]
    fewer = patterns([[row[place] for place in kept] for row in rows], [which[place] for place in kept])
    found = patterns(rows, which).without(gone)
    assert counts.verdict_counts(found) == counts.verdict_counts(fewer)
    assert sets(found) == sets(fewer)
    for here, place in enumerate(kept):
        assert counts.clause_counts(found, place) == counts.clause_counts(fewer, here)
    whole = counts.interval(patterns(rows, which))
    assert all(counts.interval(found)[end] >= number for end, number in whole.items())


@pytest.mark.parametrize("mode", ["all", "any"])
def test_together_as_the_outcomes_say(mode: str) -> None:
    """all: the worst part decides, any: the best; every pair of statuses."""
    order = [UNMET, CONFLICTING, UNKNOWN, MET] if mode == "all" else [MET, CONFLICTING, UNKNOWN, UNMET]
    one, other = (np.array(each, dtype=np.uint8) for each in zip(*((a, b) for a in order for b in order), strict=True))
    expected = [min(pair, key=order.index) for pair in zip(one, other, strict=True)]
    assert together(mode, [one, other]).tolist() == expected  # type: ignore[arg-type]


def test_places_beyond_one_word() -> None:
    """The bits of a set of many clauses come back as the places they were set at."""
    which = clauses(70, 0)
    found = patterns([[UNMET if place in (0, 63, 64, 69) else MET for place in range(70)]], which)
    assert places_of(found.fails[0]) == (0, 63, 64, 69)


def test_clauses_that_always_fail_together() -> None:
    """Neither fails alone; what both cost is told of the two.  One that fails or is open for others is not of them."""
    which = clauses(2, 2)
    rows = [
        [MET, UNMET, MET, UNMET],  # I2 and E1
        [MET, UNMET, MET, UNKNOWN],  # I2 and E1, with E2 open
        [UNMET, UNMET, MET, UNMET],  # I1 as well
        [MET, UNKNOWN, UNKNOWN, UNMET],  # undetermined by I2 and E1
        [MET, MET, UNMET, UNMET],  # eligible
    ]
    found = patterns(rows, which)
    assert [each["fails_only"] for each in (counts.clause_counts(found, place) for place in (1, 2))] == [0, 0]
    assert counts.alike(found) == [
        {"clauses": ["I2", "E1"], "fails": 3, "fails_only": 2, "fails_alone": 1, "open_alone": 1}
    ]
    assert counts.alike(found.without(["E1"])) == []
    assert counts.alike(patterns([*rows, [MET, MET, UNKNOWN, UNMET]], which)) == []
