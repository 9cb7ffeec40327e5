"""Bad JSON and bad FHIR never end in a traceback: one clear problem, or a note with its path."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nen_kb.facts.dates import parse_days
from nen_kb.ontology import Ontology
from nen_kb.sources.fhir import FhirResult, read_fhir
from nen_kb.sources.fhir.json_text import parse_json, read_bytes

DATA = Path(__file__).resolve().parents[2] / "data" / "fhir"
TODAY = parse_days("2026-11-20").first


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return Ontology.load()


def read(ontology: Ontology, path: Path, content: bytes) -> FhirResult:
    path.write_bytes(content)
    return read_fhir(path, ontology, as_of=TODAY)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b'{"resourceType": "Pat', "truncated-json"),
        (b'{"resourceType": "Patient"', "truncated-json"),
        (b'{"resourceType": "Patient",}', "invalid-json"),
        (b'{"a": 1} {"b": 2}', "invalid-json"),
        (b"\xff\xfe{", "not-utf8"),
        (b'{"a": "\xe9"}', "not-utf8"),
        (b"[" * 500 + b"]" * 500, "too-deep"),
        (b"[" * 200000, "too-deep"),
        (b"[]", "not-fhir"),
        (b"null", "not-fhir"),
        (b'{"case": 1}', "not-fhir"),
        (b'{"resourceType": {"a": 1}}', "not-fhir"),
        (b"NaN", "not-fhir"),
        (b'{"resourceType": "Organization"}', "no-patient"),
    ],
)
def test_what_cannot_be_read_is_one_problem(ontology: Ontology, tmp_path: Path, content: bytes, problem: str) -> None:
    """Each kind of damage has its own code, and a remedy."""
    result = read(ontology, tmp_path / "x.json", content)
    assert [p.code for p in result.problems] == [problem]
    assert result.problems[0].remedy
    assert result.patients == ()


def test_a_missing_or_large_file_is_a_problem(tmp_path: Path) -> None:
    """Files are bounded."""
    missing = read_bytes(tmp_path / "none.json")
    assert not isinstance(missing, bytes)
    assert missing.code == "unreadable"
    path = tmp_path / "large.json"
    path.write_bytes(b"{}" * 100)
    large = read_bytes(path, limit=100)
    assert not isinstance(large, bytes)
    assert large.code == "too-large"


@pytest.mark.parametrize(
    ("text", "place", "value"),
    [
        ('{"a": {"b": 1, "b": 2}}', "$.a.b", {"a": {"b": 2}}),
        ('{"a": [0, NaN]}', "$.a[1]", {"a": [0, None]}),
        ('{"a": -Infinity}', "$.a", {"a": None}),
        ('{"a": ' + "9" * 5000 + "}", "$.a", {"a": None}),
        ('{"a": "\\ud800x"}', "$.a", {"a": "?x"}),
        ('{"odd key": NaN}', '$["odd key"]', {"odd key": None}),
    ],
)
def test_oddities_are_notes_with_a_path(text: str, place: str, value: Any) -> None:
    """The rest of the text is read."""
    parsed = parse_json(text.encode(), "x.json")
    assert parsed.problem is None
    assert parsed.value == value
    assert [(note.path, note.kind) for note in parsed.notes] == [(place, "odd-json")]


def test_numbers_are_exact() -> None:
    """0.1 is a tenth, and a huge exponent costs nothing."""
    parsed = parse_json(b'{"a": 0.1, "b": 1e999999999}', "x.json")
    assert str(parsed.value["a"]) == "0.1"
    assert parsed.problem is None


def test_a_huge_number_is_no_value(ontology: Ontology, tmp_path: Path) -> None:
    """A value beyond any measurement is unusable, and quickly so."""
    text = (
        b'{"resourceType": "Observation", "status": "final", "subject": {"reference": "Patient/p"},'
        b'"code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}]},'
        b'"valueQuantity": {"value": 1e99999999, "code": "g/L"}}'
    )
    (patient,) = read(ontology, tmp_path / "x.json", text).patients
    assert patient.measurements[0].value is None


WRONG: list[Any] = [None, 0, -1, True, "", "x", [], {}, [None], {"a": 1}, [[]], [{}], "9" * 300]


def nodes(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(inner for key, child in children for inner in nodes(child, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    made = copy.deepcopy(value)
    if not path:
        return new
    parent = made
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = new
    return made


NEN: Any = json.loads((DATA / "handmade" / "nen-patient.json").read_text(encoding="utf-8"))
PLACES = nodes(NEN)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(PLACES), wrong=st.sampled_from(WRONG))
def test_a_wrong_type_anywhere_is_survived(
    ontology: Ontology, tmp_path: Path, place: tuple[Any, ...], wrong: Any
) -> None:
    """Whatever stands where something else belongs: patients or problems, never a traceback."""
    content = json.dumps(changed(NEN, place, copy.deepcopy(wrong))).encode()
    result = read(ontology, tmp_path / "x.json", content)
    assert result.patients or result.problems
    for patient in result.patients:
        records = [*patient.findings, *patient.measurements, *patient.treatments, *patient.imaging]
        assert len({record.id for record in records}) == len(records)
