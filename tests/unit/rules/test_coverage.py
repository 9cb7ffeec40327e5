"""Clauses are held against the protocol's text."""

from __future__ import annotations

import pytest

from nen_kb.rules.coverage import cover, fold, numbers, plain
from nen_kb.rules.ir import Clause, Header, Place, Trial

FILE = "trials/t/rules.dl"


def clause(name: str, *quotes: str, parts: tuple[str, ...] = (), parent: str = "") -> Clause:
    header = Header(tuple(("quote", quote) for quote in quotes), Place(FILE, int(name[1])))
    return Clause("T", name, "inclusion", header, "all" if parts else "single", parts, parent)


def trial(source: str, *clauses: Clause, aside: tuple[str, ...] = ()) -> Trial:
    header = Header(tuple(("no-criterion", text) for text in aside), Place(FILE, 1))
    return Trial("T", "2026-01-31", "T", header, source, clauses)


def codes(made: Trial) -> list[str]:
    return [f"{problem.code} {problem.file}:{problem.place}" for problem in cover(made, FILE).problems]


def test_white_space_does_not_count() -> None:
    """Quotes match over line ends, and bullets, free dashes and numbering need no quote."""
    source = "Head\n- Age  over\n  18 years.\n2. Weight - in kg\n-\n• Size\n"
    covered = cover(trial(source, clause("I1", "Age over 18 years."), clause("I2", "Weight"), clause("I3", "in kg"),
                          clause("I4", "Size"), aside=("Head",)), FILE)  # fmt: skip
    assert covered.problems == ()
    assert covered.percent == 100.0
    assert source[covered.positions["I1"] :].startswith("Age")


def test_share_of_what_is_covered() -> None:
    covered = cover(trial("abcd efgh", clause("I1", "abcd")), FILE)
    assert (covered.share, covered.percent) == (0.5, 50.0)
    almost = cover(trial("a" * 5000 + " b", clause("I1", "a" * 5000)), FILE)
    assert almost.percent == 99.9
    assert [(p.file, p.place, p.code) for p in almost.problems] == [("trials/t/source.txt", "1", "uncovered-source")]


def test_order_of_clauses() -> None:
    made = trial("one two three", clause("I1", "one"), clause("I2", "three"), clause("I3", "two"))
    assert codes(made) == [f"order-of-protocol {FILE}:3"]


def test_a_repeated_text_is_taken_where_the_order_wants_it() -> None:
    """Each clause quotes the occurrence behind the clause before it."""
    made = trial("no. yes: no.", clause("I1", "yes:"), clause("I2", "no."), aside=("no.",))
    assert codes(made) == []


def test_a_text_set_aside_is_a_whole_word_that_no_clause_quotes() -> None:
    made = trial("Eligibility: eligible. Eligible", clause("I1", "eligible."), aside=("Eligible", "Eligibility:"))
    assert codes(made) == []


def test_parts_quote_their_clause() -> None:
    parts = ("I1a", "I1b")
    whole = clause("I1", "a and b", parts=parts)
    good = trial(
        "a and b, or c", whole, clause("I1a", "a", parent="I1"), clause("I1b", "b", parent="I1"), aside=(", or c",)
    )
    assert codes(good) == []
    bad = trial("a and b, or c", whole, clause("I1a", "c", parent="I1"), clause("I1b", parent="I1"), aside=(", or c",))
    assert codes(bad) == [f"quote-not-in-source {FILE}:1"]
    turned = trial("a and b", whole, clause("I1a", "b", parent="I1"), clause("I1b", "a", parent="I1"))
    assert codes(turned) == [f"order-of-protocol {FILE}:1"]


def test_fold_keeps_offsets() -> None:
    text, offsets = fold(" a\n\n b ")
    assert text == "a b "
    assert offsets == [1, 2, 5, 6]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hb <5.0 mmol/L (<8.0 g/dL)", {"5", "8"}),
        ("1-24 months", {"1", "24"}),
        ("up to six months, Seven days", {"6", "7"}),
        ("<75x109/L", {"75", "109"}),
        ("GFR by 51Cr-EDTA or 68Ga, at least 50 mL/min", {"50"}),
        ("none", set()),
        ("someone", set()),
    ],
)
def test_numbers_in_a_text(text: str, expected: set[str]) -> None:
    assert numbers([text]) == expected


@pytest.mark.parametrize(
    ("numeral", "expected"),
    [("3.0", "3"), ("-3", "3"), ("0.50", "0.5"), ("10", "10"), ("007", "7"), ("0", "0"), ("0.0", "0")],
)
def test_plain_numbers(numeral: str, expected: str) -> None:
    assert plain(numeral) == expected
