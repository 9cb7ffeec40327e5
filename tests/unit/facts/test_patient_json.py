"""A patient as JSON and back: exact, and safe against whatever stands in a file."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, Days
from nen_kb.facts.normalise import normalise
from nen_kb.facts.patient_json import from_json, to_json
from nen_kb.facts.patient_text import to_text
from nen_kb.facts.records import (
    Declaration,
    Finding,
    Imaging,
    Limit,
    Measurement,
    Note,
    Origin,
    Patient,
    Presence,
    Sex,
    Treatment,
)
from nen_kb.facts.values import GRID, NEG_INF, POS_INF, Span
from nen_kb.ontology import Ontology

DAY = 739_940
ORIGIN = Origin("anna.yaml", "findings[0]", "pathology – “report”\n24-117")
WHEN = Days(DAY - 30, DAY)
EVERYTHING = Patient(
    id="anna",
    index_date=DAY,
    sex=Sex.FEMALE,
    born=Days(FAR_PAST, DAY - 20_000),
    planned_start=DAY + 10,
    arms=(("START-NET", 1), ("NCT05610826", 2)),
    declarations=(Declaration("d", "treatments", DAY, ORIGIN),),
    findings=(
        Finding("f1", "LiverMetastases", Presence.PRESENT, WHEN, ORIGIN),
        Finding("f2", "LungMetastases", Presence.UNKNOWN, WHEN, ORIGIN, about="Melanoma", original="x"),
    ),
    measurements=(
        Measurement("m1", "ASAT", Span(41 * GRID, POS_INF), "> 41 U/L", WHEN, ORIGIN,
                    upper=Limit(Span(35 * GRID, 35 * GRID), "35 U/L", "site")),
        Measurement("m2", "Hemoglobin", None, "12 g/pint", WHEN, ORIGIN, None, None, "unit_unusable", "no unit"),
    ),
    treatments=(Treatment("t", "Octreotide", WHEN, Days(DAY, FAR_FUTURE), ORIGIN, "octreotide", end_known=False),),
    imaging=(Imaging("i", "SSTRImaging", WHEN, ORIGIN, krenning=Span(NEG_INF, 4 * GRID)),),
)  # fmt: skip
"""Every field of every record, the odd values included."""


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return Ontology.load()


def read(ontology: Ontology, data: object) -> tuple[Patient | None, list[str]]:
    patient, problems = from_json(data, ontology, "proof.json")
    assert all(problem.remedy and problem.code and problem.file == "proof.json" for problem in problems)
    return patient, [f"{problem.place} [{problem.code}]" for problem in problems]


@pytest.mark.parametrize("patient", [EVERYTHING, Patient("b", DAY)], ids=["everything", "nothing"])
def test_there_and_back_is_the_same(ontology: Ontology, patient: Patient) -> None:
    text = json.dumps(to_json(patient))
    found, problems = read(ontology, json.loads(text))
    assert problems == []
    assert found == patient
    assert json.dumps(to_json(patient)) == text


def _in_order(record: Any) -> Any:
    """The names of every field, below those of records too, as they are declared."""
    if isinstance(record, tuple):
        return [_in_order(each) for each in record]
    if not is_dataclass(record) or isinstance(record, Days | Span):
        return None
    return {each.name: _in_order(getattr(record, each.name)) for each in fields(record) if each.name != "notes"}


def _names(data: Any, like: Any) -> Any:
    if isinstance(like, dict):
        return {name: _names(data[name], like.get(name)) for name in data}
    return [_names(one, other) for one, other in zip(data, like, strict=True)] if isinstance(like, list) else None


def test_the_text_has_every_field_in_the_order_of_the_records() -> None:
    text = to_text(EVERYTHING)
    written, declared = json.loads(text), _in_order(EVERYTHING)
    assert json.dumps(_names(written, declared)) == json.dumps(declared)
    assert json.dumps(written, ensure_ascii=False, separators=(",", ":")) == text


def test_notes_are_left_out_and_nothing_else(ontology: Ontology) -> None:
    noted = replace(EVERYTHING, notes=(Note("findings[0]", "not understood", "not-read"),))
    assert to_json(noted) == to_json(EVERYTHING)
    found, _ = read(ontology, to_json(noted))
    assert found is not None
    assert found.notes == ()


def _set(*path: Any, to: Any) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        for key in path[:-1]:
            data = data[key]
        data[path[-1]] = to

    return change


def _drop(data: Any) -> None:
    del data["findings"][0]["original"]


WRONG: list[tuple[Callable[[Any], None], str]] = [
    (_set("index_date", to="20261120"), "patient.index_date [bad-date]"),
    (_set("index_date", to=DAY), "patient.index_date [bad-date]"),
    (_set("born", to=["1961-04-02", "1961-04-01"]), "patient.born [bad-date]"),
    (_set("born", to="1961-04-02"), "patient.born [wrong-type]"),
    (_set("sex", to="female"), "patient.sex [wrong-type]"),
    (_set("arms", 0, 1, to=True), "patient.arms[0][1] [wrong-type]"),
    (_set("arms", 0, to=["START-NET"]), "patient.arms[0] [wrong-type]"),
    (_set("findings", 1, "id", to="f1"), "patient.findings[1].id [duplicate-id]"),
    (_set("findings", 0, "concept", to="Unheard"), "patient.findings[0].concept [unknown-name]"),
    (_set("findings", 1, "about", to="Unheard"), "patient.findings[1].about [unknown-name]"),
    (_set("findings", 0, "presence", to=None), "patient.findings[0].presence [wrong-type]"),
    (_set("findings", 0, "extra", to=1), "patient.findings[0] [wrong-type]"),
    (_drop, "patient.findings[0] [wrong-type]"),
    (_set("findings", to={}), "patient.findings [wrong-type]"),
    (_set("measurements", 0, "value", to=[5, 4]), "patient.measurements[0].value [bad-interval]"),
    (_set("measurements", 0, "value", to=[5.0, 6]), "patient.measurements[0].value[0] [wrong-type]"),
    (_set("measurements", 0, "value", to=[0, 10**30]), "patient.measurements[0].value[1] [wrong-type]"),
    (_set("measurements", 0, "upper", "source", to="me"), "patient.measurements[0].upper.source [wrong-type]"),
    (_set("treatments", 0, "end_known", to=0), "patient.treatments[0].end_known [wrong-type]"),
    (_set("treatments", 0, "original", to="x" * 100_001), "patient.treatments[0].original [bad-text]"),
    (_set("treatments", 0, "original", to="\ud800"), "patient.treatments[0].original [bad-text]"),
    (_set("imaging", to=[None] * 10_001), "patient.imaging [too-many]"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "problem"), WRONG, ids=[problem for _, problem in WRONG])
def test_what_is_wrong_is_named_with_its_place(ontology: Ontology, change: Callable[[Any], None], problem: str) -> None:
    data = copy.deepcopy(to_json(EVERYTHING))
    change(data)
    patient, problems = read(ontology, data)
    assert patient is None
    assert problems == [problem]


def test_all_that_is_wrong_comes_together(ontology: Ontology) -> None:
    data = to_json(EVERYTHING)
    data["sex"] = data["id"] = 1
    patient, problems = read(ontology, data)
    assert patient is None
    assert problems == ["patient.id [wrong-type]", "patient.sex [wrong-type]"]


@pytest.mark.parametrize("data", [None, [], "anna", 1], ids=str)
def test_what_is_no_object_is_no_patient(ontology: Ontology, data: object) -> None:
    assert read(ontology, data) == (None, ["patient [wrong-type]"])


class _Table:
    """A site's table with one entry."""

    def upper(self, observable: str, sex: Sex | None, day: Days) -> Limit | None:
        assert (sex, day) == (Sex.FEMALE, WHEN)
        return Limit(Span(50 * GRID, 50 * GRID), "50 U/L", "site") if observable == "ALAT" else None

    def lower(self, observable: str, sex: Sex | None, day: Days) -> Limit | None:
        assert (observable, sex, day) == ("ALAT", Sex.FEMALE, WHEN)
        return None


def test_a_prepared_patient_carries_the_limits_of_the_site(ontology: Ontology) -> None:
    """Read back, the records give the same facts without the table; a result's own limit goes before."""
    own = Limit(Span(40 * GRID, 40 * GRID), "40 U/L")
    results = [
        Measurement(id=name, observable="ALAT", value=Span(60 * GRID, 60 * GRID), original="60 U/L", when=WHEN,
                    origin=ORIGIN, upper=upper)
        for name, upper in (("with", own), ("without", None))
    ]  # fmt: skip
    patient = Patient("anna", DAY, sex=Sex.FEMALE, measurements=tuple(results))
    prepared = normalise(patient, ontology, _Table())
    assert [each.upper and each.upper.source for each in prepared.patient.measurements] == ["result", "site"]
    assert [each.upper for each in patient.measurements] == [own, None]
    assert all(prepared.records[each.id] is each for each in prepared.patient.measurements)
    found, _ = read(ontology, json.loads(json.dumps(to_json(prepared.patient))))
    assert found is not None
    again, bare = normalise(found, ontology), normalise(patient, ontology)
    assert (again.static, again.troubles) == (prepared.static, prepared.troubles)
    assert bare.static != prepared.static
    assert [list(each.troubles) for each in (prepared, bare)] == [[], [("without", "ALATTimesULN")]]
