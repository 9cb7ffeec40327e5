"""Which rules survive facts that get blurrier, one item at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nen_kb.rules.columns import OntologyLike
from nen_kb.rules.polarity import Polarity, analyse
from nen_kb.rules.reading import read_folder

Build = Callable[[str], Path]


def polarity_of(build: Build, ontology: OntologyLike, text: str) -> Polarity:
    reading = read_folder(build("#: means  An example.\n" + text + "\n"), ontology)
    assert reading.problems == []
    assert reading.program
    return analyse(reading.program)


BOTH, SURE, MAY, NEITHER = (True, True), (True, False), (False, True), (False, False)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        # rows
        ("patient(P)", BOTH),
        ("measurement(P, _, _, _, _)", BOTH),
        ("sex(P, _)", SURE),
        ("complete(P, 'conditions', _)", SURE),
        ("patient(P) & ~sex(P, _)", MAY),
        ("patient(P) & ~found(P, _, _)", BOTH),
        # comparisons
        ("age(P, Low, _) & (Low > 3)", SURE),
        ("measurement(P, _, _, Low, _) & (Low > 3)", SURE),
        ("measurement(P, _, _, Low, _) & (3 < Low)", SURE),
        ("measurement(P, _, _, Low, _) & (Low <= 3)", MAY),
        ("measurement(P, _, _, _, High) & (High <= 3)", SURE),
        ("measurement(P, _, _, _, High) & (High > 3)", MAY),
        ("measurement(P, _, _, Low, High) & (Low >= High)", SURE),
        ("measurement(P, _, _, Low, High) & (Low == High)", SURE),
        ("measurement(P, _, _, Low, High) & (Low != High)", MAY),
        ("measurement(P, _, _, Low, _) & measurement(P, _, _, _, High) & (Low == High)", NEITHER),
        ("measurement(P, _, _, Low, _) & (Low == 3)", NEITHER),
        ("index_day(P, Day) & dated(P, _, From, _) & (From >= Day)", SURE),
        # classes
        ("found(P, _, X) & isa(X, 'Tumor')", SURE),
        ("found(P, _, X) & disjoint(X, 'Tumor')", SURE),
        ("found(P, _, X) & overlaps(X, 'Tumor')", MAY),
        ("found(P, _, X) & ~isa(X, 'Tumor')", MAY),
        ("found(P, _, X) & ~overlaps(X, 'Tumor')", SURE),
        ("found(P, _, X) & isa('Tumor', X)", MAY),
        ("ruled_out(P, _, X) & isa('Tumor', X)", BOTH),
        ("found(P, _, 'Tumor')", NEITHER),
        ("found(P, _, X) & (X != 'Tumor')", NEITHER),
        ("found(P, _, X) & ruled_out(P, _, X)", NEITHER),
        ("found(P, E, X) & found(P, F, X) & dated(P, E, _, _) & dated(P, F, _, _)", NEITHER),
        # joins of moving columns, and what does not move in them
        ("dated(P, E, From, _) & dated(P, F, From, _) & found(P, E, _) & found(P, F, _)", NEITHER),
        ("dated(P, _, From, From)", NEITHER),
        ("index_day(P, Day) & ~dated(P, _, Day, _)", NEITHER),
        ("index_day(P, Day) & dated(P, _, Day, _)", NEITHER),
        ("measurement(P, _, _, '-inf', '+inf')", MAY),
        ("patient(P) & ~measurement(P, _, _, '-inf', _)", SURE),
        ("measurement(P, _, _, '+inf', _)", NEITHER),
        # built-ins
        ("dated(P, _, From, _) & days_before(From, 28, Day) & (Day > '-inf')", SURE),
        ("dated(P, _, _, To) & days_before(To, 28, Day) & (Day > '-inf')", MAY),
        ("measurement(P, _, _, A, B) & below(A, B, 3, Low, _) & (Low >= 1)", SURE),
        ("measurement(P, _, _, A, B) & below(B, A, 3, Low, _) & (Low >= 1)", NEITHER),
        ("measurement(P, _, _, A, B) & below(0, 1, A, Low, _) & (Low >= B)", NEITHER),
        # derived
        ("present(P, 'Tumor')", SURE),
        ("maybe(P, 'Tumor')", MAY),
        ("patient(P) & ~maybe(P, 'Tumor')", SURE),
        ("patient(P) & ~present(P, 'Tumor')", MAY),
        ("present(P, 'Tumor') & ~present(P, 'Cirrhosis')", NEITHER),
        ("found(P, _, X) & absent(P, X)", SURE),
    ],
)
def test_one_body(build: Build, ontology: OntologyLike, body: str, expected: tuple[bool, bool]) -> None:
    """Sure, may, both or neither."""
    polarity = polarity_of(build, ontology, f"example(P) <= {body}")
    assert (polarity.sure("example"), polarity.may("example")) == expected


def test_a_closed_column_of_a_derived_predicate(build: Build, ontology: OntologyLike) -> None:
    """What is a tumour by the hierarchy stays one when its class is narrowed, so a class that moves may be asked."""
    text = "example(P) <= found(P, _, X) & tumorous(X)\ntumorous(X) <= isa(X, 'Tumor')"
    assert polarity_of(build, ontology, text).sure("example")
    text = "example(P) <= found(P, _, X) & tumorous(X)\ntumorous(X) <= isa(X, 'Tumor') & (X != 'LungTumor')"
    assert not polarity_of(build, ontology, text).sure("example")


def test_every_rule_counts(build: Build, ontology: OntologyLike) -> None:
    polarity = polarity_of(build, ontology, "example(P) <= present(P, 'Tumor')\nexample(P) <= maybe(P, 'Cirrhosis')")
    assert not polarity.sure("example")
    assert not polarity.may("example")


def test_a_column_that_falls_in_one_rule_and_rises_in_another(build: Build, ontology: OntologyLike) -> None:
    text = "example(P) <= end(P, _)\nend(P, Low) <= age(P, Low, _)\nend(P, High) <= age(P, _, High)"
    assert not polarity_of(build, ontology, text).sure("end")


def test_the_chain_to_blame(build: Build, ontology: OntologyLike) -> None:
    """A fault names the literal, why, and the predicates between."""
    polarity = polarity_of(build, ontology, "example(P) <= middle(P)\nmiddle(P) <= age(P, _, High) & (High > 3)")
    (fault,) = polarity.faults["example", "sure"]
    assert fault.chain == ("middle",)
    assert fault.literal == "(High > 3)"
    assert fault.reason == "it gets easier to satisfy when the values widen"
    assert (fault.place.file, fault.place.line) == ("concepts/example.dl", 3)


def test_trust_replaces_a_proof_of_its_own_rules_only(build: Build, ontology: OntologyLike) -> None:
    """A header vouches for the rules below it, and the report lists it."""
    trusted = "#: means    x\n#: trusted  sure The value is always exact.\n"
    rest = "example(P) <= other(P)\n\n" + trusted + "other(P) <= age(P, _, High) & (High > 3)\n"
    polarity = polarity_of(build, ontology, rest)
    assert polarity.sure("example")
    assert [(t.predicates, t.directions, t.argument) for t in polarity.trusts] == [
        (("other",), ("sure",), "The value is always exact.")
    ]
    polarity = polarity_of(build, ontology, rest + "\n#: means  y\nother(P) <= age(P, Low, _) & (Low < 3)")
    assert not polarity.sure("example")
