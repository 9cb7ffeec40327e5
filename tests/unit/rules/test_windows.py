"""Where in a rule time alone can change an answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nen_kb.rules.columns import OntologyLike
from nen_kb.rules.reading import read_folder
from nen_kb.rules.windows import Origin, Timing, Windows

Build = Callable[[str], Path]


CHANGE = "\n#! change vocabulary.dl\n"
LONGER = "".join(
    f"+ \n+ #: {line}\n+ #: means    A line of a longer vocabulary.\n"
    for line in (
        "base     planned_start(Patient, Day)",
        "base     started(Patient, Record, From, To)",
        "base     ended(Patient, Record, From, To)",
        "builtin  months_before(Day, Count, Moved)",
    )
)


def timing_of(build: Build, ontology: OntologyLike, text: str) -> Timing:
    reading = read_folder(
        build("#: means  An example.\n#: number  28: x\n#: number  12: x\n" + text + CHANGE + LONGER), ontology
    )
    assert reading.problems == []
    assert reading.program
    return Windows(reading.program).behind(reading.program.rules_of("example"))


def shown(origin: Origin) -> str:
    return "".join([f"{origin.predicate}.{origin.column}", *(f" -{s.count}{s.builtin[0]}" for s in origin.shifts)])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("dated(P, _, From, To) & (From < To)", []),
        ("index_day(P, Day) & dated(P, _, From, _) & (From >= Day)", ["index_day.1 > dated.2"]),
        ("index_day(P, Day) & dated(P, _, From, _) & (Day < From)", ["index_day.1 >= dated.2"]),
        ("index_day(P, Day) & ended(P, _, _, To) & (To <= Day)", ["index_day.1 >= ended.3"]),
        (
            "planned_start(P, S) & days_before(S, 28, Day) & ended(P, _, _, To) & (To <= Day)",
            ["planned_start.1 -28d >= ended.3"],
        ),
        (
            "ended(P, _, _, To) & (To < Back) & months_before(Day, 12, Back) & days_before(Today, 28, Day) "
            "& index_day(P, Today)",
            ["index_day.1 -28d -12m > ended.3"],
        ),
        # of one name in two places both must be the same day
        ("index_day(P, Day) & dated(P, _, Day, _)", ["index_day.1 > dated.2", "index_day.1 >= dated.2"]),
        # a record counted back, and the earlier of two
        (
            "dated(P, _, _, To) & months_before(To, 12, Back) & index_day(P, Day) & (Day > Back)",
            ["index_day.1 > dated.3 -12m"],
        ),
        # declarations are carried along
        ("complete(P, _, Until) & index_day(P, Day) & days_before(Day, 28, Back) & (Until >= Back)", []),
        ("complete(P, _, Until) & dated(P, _, From, _) & (Until >= From)", ["complete.2 >= dated.2"]),
        (
            "complete(P, _, Until) & index_day(P, Day) & months_before(Day, 12, Back) & (Until >= Back)",
            ["complete.2 >= index_day.1 -12m"],
        ),
        # two spans of one kind keep their order; a planned start may wait for the day judged
        ("index_day(P, Day) & months_before(Day, 12, One) & months_before(Day, 28, Two) & (One > Two)", []),
        ("index_day(P, Day) & planned_start(P, Start) & (Start > Day)", ["planned_start.1 > index_day.1"]),
    ],
)
def test_a_boundary_lies_between_a_day_that_moves_and_one_that_stays(
    build: Build, ontology: OntologyLike, body: str, expected: list[str]
) -> None:
    """Whatever the order of the text, and with the end that counts."""
    timing = timing_of(build, ontology, f"example(P) <= patient(P) & {body}\n")
    found = [f"{shown(b.moving)} {'>' if b.passed else '>='} {shown(b.mark)}" for b in timing.boundaries]
    assert sorted(found) == expected
    assert not timing.age


def test_days_are_followed_from_predicate_to_predicate(build: Build, ontology: OntologyLike) -> None:
    """A span counted in one predicate bounds the records of another, and numbers of the policy are read."""
    text = (
        "example(P) <= limit(P, Day) & event(P, From) & (From >= Day)\n\n"
        "#: columns  limit(Patient, Day)\n#: means    A day.\n"
        "limit(P, Day) <= index_day(P, Today) & span(N) & days_before(Today, N, Day)\n\n"
        "#: columns  event(Patient, From)\n#: means    A day.\n"
        "event(P, From) <= dated(P, _, From, _)\nevent(P, From) <= started(P, _, From, _)\n\n"
        "#: columns  span(Count)\n#: means    A number.\n#: number   9: x\n+ span(9)\n"
    )
    timing = timing_of(build, ontology, text)
    found = sorted(f"{shown(b.moving)} > {shown(b.mark)}" for b in timing.boundaries if b.passed)
    assert found == ["index_day.1 -9d > dated.2", "index_day.1 -9d > started.2"]
    assert len(timing.boundaries) == 2


def test_age_is_read_at_any_depth(build: Build, ontology: OntologyLike) -> None:
    """A rule that reads the age through another one depends on birthdays."""
    text = "example(P) <= old(P)\n\n#: means  Old.\n#: number  65: x\nold(P) <= age(P, Low, _) & (Low >= 65)\n"
    timing = timing_of(build, ontology, text)
    assert timing.age
    assert timing.any
    assert timing.boundaries == ()
