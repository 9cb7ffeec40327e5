"""An assumed record takes the place of what is recorded on exactly its class and is not certainly earlier."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nen_kb.facts.assuming import assume, course_to_end, has_assumptions, open_course, records, with_end
from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, Days, parse_days
from nen_kb.facts.normalise import Record
from nen_kb.facts.records import (
    Declaration,
    Finding,
    Imaging,
    Measurement,
    Origin,
    Patient,
    Presence,
    Treatment,
)

INDEX = parse_days("2026-11-20").first
FROM_FILE, ASSUMED = Origin("file", "path"), Origin("assumption", "assumption[0]", assumed=True)


def finding(name: str, concept: str, day: str, presence: Presence = Presence.PRESENT, **more: Any) -> Finding:
    return Finding(name, concept, presence, parse_days(day), FROM_FILE, **more)


def measurement(name: str, observable: str, day: str) -> Measurement:
    return Measurement(name, observable, None, "", parse_days(day), FROM_FILE)


def course(name: str, concept: str, start: str, end: str = "", known: bool = True) -> Treatment:
    """A course of treatment; without an end it is ongoing, or of unknown end if that is not known."""
    began = parse_days(start) if start else Days(FAR_PAST, INDEX)
    ongoing = Days(FAR_FUTURE if known else began.first, FAR_FUTURE)
    return Treatment(name, concept, began, parse_days(end) if end else ongoing, FROM_FILE, end_known=known)


def patient(*found: Record) -> Patient:
    made = Patient("p", INDEX)
    for record in found:
        made = assume(made, record)[0] if record.origin.assumed else _with(made, record)
    return made


def _with(made: Patient, record: Record) -> Patient:
    part = {Finding: "findings", Measurement: "measurements", Treatment: "treatments", Imaging: "imaging",
            Declaration: "declarations"}[type(record)]  # fmt: skip
    return replace(made, **{part: (*getattr(made, part), record)})


def aside(assumed: Record, *recorded: Record) -> list[str]:
    """Ids of the records that stand aside for the assumption."""
    made, gone = assume(patient(*recorded), replace(assumed, origin=ASSUMED))
    assert {record.id for record in gone} | {record.id for record in records(made)} >= {r.id for r in recorded}
    assert assumed.id in {record.id for record in records(made)}
    assert not {record.id for record in gone} & {record.id for record in records(made)}
    return [record.id for record in gone]


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ("2026-10-31", []),
        ("2026-11-01", ["old"]),
        ("2026-11-02", []),
        ("2026-11", ["old"]),
        ("2026-10", []),
        ("2026", ["old"]),
        ("2027", []),
    ],
)
def test_what_is_neither_certainly_earlier_nor_certainly_later_stands_aside(recorded: str, expected: list[str]) -> None:
    assert aside(measurement("new", "Hemoglobin", "2026-11-01"), measurement("old", "Hemoglobin", recorded)) == expected


def test_only_exactly_the_same_class_stands_aside() -> None:
    others = [measurement("a", "Platelets", "2026-11-20"), finding("b", "Anemia", "2026-11-20")]
    assert aside(measurement("new", "Hemoglobin", "2026-11-01"), *others) == []


def test_a_denial_and_an_assertion_take_each_others_place() -> None:
    present, absent = finding("p", "BrainMetastases", "2026-11"), finding("a", "BrainMetastases", "2026-11-20")
    absent = replace(absent, presence=Presence.ABSENT)
    assert aside(absent, present) == ["p"]
    assert aside(present, absent) == ["a"]


def test_a_finding_about_another_tumour_stays() -> None:
    mine = finding("new", "HistologicallyConfirmed", "2026-11-20", about="PancreaticNET")
    recorded = [
        finding("same", "HistologicallyConfirmed", "2026-11-20", about="PancreaticNET"),
        finding("other", "HistologicallyConfirmed", "2026-11-20", about="BreastCarcinoma"),
        finding("open", "HistologicallyConfirmed", "2026-11-20"),
    ]
    assert aside(mine, *recorded) == ["same", "open"]
    assert aside(replace(mine, about=None), *recorded) == ["same", "other", "open"]


def test_never_given_takes_the_place_of_every_course_begun_by_then() -> None:
    never = finding("new", "Everolimus", "2026-11-20", Presence.ABSENT)
    recorded = [course("old", "Everolimus", "2010", "2011"), course("other", "Sunitinib", "2010", "2011")]
    assert aside(never, *recorded) == ["old"]
    assert aside(replace(never, when=parse_days("2009")), *recorded) == []


def test_a_course_takes_the_place_of_those_it_may_meet() -> None:
    recorded = [
        course("before", "Everolimus", "2024-01", "2024-12"),
        course("within", "Everolimus", "2025-02", "2025-03"),
    ]
    assert aside(course("new", "Everolimus", "2025-01", "2026-01"), *recorded) == ["within"]
    assert aside(course("new", "Everolimus", "", "2025-02"), *recorded) == ["within"]
    assert aside(course("new", "Everolimus", ""), *recorded) == []


def test_declarations_and_scans_likewise() -> None:
    declared = Declaration("old", "treatments", INDEX, FROM_FILE)
    assert aside(replace(declared, id="new"), declared) == ["old"]
    assert aside(replace(declared, id="new", as_of=INDEX - 1), declared) == []
    assert aside(replace(declared, id="new", domain="imaging"), declared) == []
    scan = Imaging("old", "CT", parse_days("2026-11-02"), FROM_FILE)
    assert aside(replace(scan, id="new"), scan) == ["old"]
    assert aside(replace(scan, id="new", when=parse_days("2026-11-01")), scan) == []


def test_assumptions_never_take_each_others_place() -> None:
    first = replace(measurement("one", "Hemoglobin", "2026-11-20"), origin=ASSUMED)
    made, gone = assume(patient(first), replace(first, id="two"))
    assert (gone, [record.id for record in made.measurements]) == ((), ["one", "two"])


@pytest.mark.parametrize(
    ("courses", "found"),
    [
        ([course("a", "X", "2025")], "a"),
        ([course("a", "X", "2025", known=False)], "a"),
        ([course("a", "X", "2025", "2026-10-16")], "a"),
        ([course("a", "X", "2025", "2026-10-15")], None),
        ([course("a", "X", "2025", "2026-10")], "a"),
        ([course("a", "X", "2024", "2024-05"), course("b", "X", "2025")], "b"),
        ([course("a", "X", "2024"), course("b", "X", "2025")], None),
        ([course("a", "X", "2026-10-16")], None),
        ([course("a", "Y", "2025")], None),
        ([], None),
    ],
)
def test_an_end_is_given_to_the_one_course_it_can_be_said_of(courses: list[Treatment], found: str | None) -> None:
    chosen = course_to_end(patient(*courses), "X", parse_days("2026-10-15"))
    assert (chosen.id if chosen else None) == found


def test_ongoing_is_said_of_the_one_course_that_may_be() -> None:
    ended, unknown = course("a", "X", "2024", "2024-05"), course("b", "X", "2025", known=False)
    assert open_course(patient(ended, unknown), "X") == unknown
    assert open_course(patient(ended), "X") is None
    assert open_course(patient(unknown, replace(unknown, id="c")), "X") is None


def test_a_course_with_another_end_keeps_its_start() -> None:
    changed = with_end(course("a", "X", "2026-10"), parse_days("2026-10-15"), "new", ASSUMED)
    assert (changed.started, changed.ended) == (Days(*_days("2026-10-01", "2026-10-15")), parse_days("2026-10-15"))
    assert (changed.id, changed.origin, changed.end_known) == ("new", ASSUMED, True)


def _days(first: str, last: str) -> tuple[int, int]:
    return parse_days(first).first, parse_days(last).first


def test_a_patient_under_assumptions_is_known_as_such() -> None:
    recorded = patient(course("a", "X", "2024"))
    assert not has_assumptions(recorded)
    assert has_assumptions(replace(recorded, assumed=("sex",)))
    assert has_assumptions(assume(recorded, replace(course("b", "X", "2025"), origin=ASSUMED))[0])
