"""Where a clause's words stand in the protocol, and which of them decide."""

from __future__ import annotations

import pytest

from nen_kb.report.quotes import excerpts
from nen_kb.rules.ir import Clause, Header, Place, Trial

SOURCE = """Overview
A trial.
Inclusion Criteria:
- Age at least 18 years
- Hemoglobin > 90 g/L, platelets >100 x109/L, grade 1-3,
  68Ga PET
- Surgery (grade 2 or more)
1. Hemoglobin > 90 g/L once more"""


def clause(name: str, *quotes: str) -> Clause:
    return Clause("T", name, "inclusion", Header(tuple(("quote", quote) for quote in quotes), Place("r.dl", 1)))


def trial(*clauses: Clause) -> Trial:
    return Trial("T", "1", "a trial", Header((), Place("r.dl", 1)), SOURCE, clauses)


def words(*found: tuple[str, str]) -> tuple[tuple[tuple[str, str], ...], ...]:
    return (found,)


def pieces(of: Clause, among: Trial | None = None, **what: object) -> tuple[tuple[tuple[str, str], ...], ...]:
    found = excerpts(among or trial(of), of, **what)  # type: ignore[arg-type]
    return tuple(tuple((piece.role, piece.text) for piece in each) for each in found)


def test_the_sentence_around_a_quote_is_shown_without_its_bullet() -> None:
    assert pieces(clause("I1", "grade 2")) == words(
        ("around", "Surgery ("), ("quote", "grade 2"), ("around", " or more)")
    )


def test_numbers_are_marked_with_their_sign_and_unit_word() -> None:
    of = clause("I1", "Hemoglobin > 90 g/L, platelets >100 x109/L, grade 1-3, 68Ga PET")
    marked = [text for role, text in pieces(of, numbers={"90", "100", "3", "68", "109"})[0] if role == "mark"]
    assert marked == ["> 90", ">100 x109/L", "1-3"]


def test_a_quote_over_two_lines_is_found() -> None:
    of = clause("I1", "grade 1-3, 68Ga PET")
    assert pieces(of)[0][-1] == ("quote", "grade 1-3, 68Ga PET")


def test_the_second_of_two_alike_is_shown_where_the_protocol_has_it() -> None:
    first, second = clause("I1", "grade 1-3"), clause("I2", "Hemoglobin > 90 g/L")
    assert pieces(second, trial(first, second)) == words(("quote", "Hemoglobin > 90 g/L"), ("around", " once more"))


def test_names_are_marked_as_whole_words_in_any_case() -> None:
    of = clause("I1", "Hemoglobin > 90 g/L, platelets")
    assert [t for r, t in pieces(of, names={"HEMOGLOBIN", "platelet", "globin"})[0] if r == "mark"] == [
        "Hemoglobin",
        "platelets",
    ]


@pytest.mark.parametrize(("fallback", "role"), [(True, "mark"), (False, "quote")])
def test_only_a_deciding_clause_is_marked_as_a_whole(fallback: bool, role: str) -> None:
    assert pieces(clause("I1", "Age at least 18 years"), fallback=fallback) == words((role, "Age at least 18 years"))


def test_two_passages_are_two_excerpts() -> None:
    assert len(pieces(clause("I1", "Age at least 18 years", "grade 2"))) == 2
