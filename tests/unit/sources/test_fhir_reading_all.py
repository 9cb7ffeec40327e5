"""Files and folders of every kind: what belongs together is read together, the rest is listed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from nen_kb.facts.dates import parse_days
from nen_kb.facts.records import Sex
from nen_kb.ontology import Ontology
from nen_kb.sources.reading_all import read_sources

DATA = Path(__file__).resolve().parents[2] / "data" / "fhir"
TODAY = parse_days("2026-11-20").first
CASE = "case: 1\nid: anna\nsex: female\nborn: 1961-04-02\nindex_date: 2026-11-20\n"


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return Ontology.load()


def write(path: Path, value: Any) -> Path:
    path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
    return path


def test_a_folder_of_every_kind(ontology: Ontology, tmp_path: Path) -> None:
    """Case files, a bundle, single resources that refer to each other, a broken file and a stranger."""
    write(tmp_path / "anna.yaml", CASE)
    write(tmp_path / "carl.json", {"case": 1, "id": "carl", "sex": "male", "index_date": "2026-11-20"})
    shutil.copy(DATA / "handmade" / "two-patients.json", tmp_path)
    write(tmp_path / "patient.json", {"resourceType": "Patient", "id": "x", "gender": "male"})
    shutil.copy(DATA / "hl7" / "Condition-f202.json", tmp_path / "condition.json")
    write(tmp_path / "f201.json", {"resourceType": "Patient", "id": "f201", "gender": "male"})
    write(tmp_path / "broken.json", '{"resourceType":')
    write(tmp_path / "settings.yaml", "colour: blue\n")
    write(tmp_path / "package.json", {"name": "x"})
    write(tmp_path / "README.md", "hello")
    found = read_sources([tmp_path], ontology, as_of=TODAY)
    by = {patient.id: patient for patient in found.patients}
    assert set(by) == {"anna", "carl", "a", "b", "x", "f201"}
    assert by["f201"].sex is Sex.MALE
    assert [f.concept for f in by["f201"].findings] == ["MalignantNeoplasm"]
    assert by["f201"].findings[0].origin.path == "$"
    assert [(Path(p.file).name, p.code) for p in found.problems] == [("broken.json", "truncated-json")]
    assert {Path(note.path).name for note in found.notes} == {"settings.yaml", "package.json", "README.md"}


def test_a_bulk_export(ontology: Ontology) -> None:
    """One resource a line, grouped by patient; the log is listed, the places are lines."""
    found = read_sources([DATA / "bulk"], ontology, as_of=TODAY)
    (patient,) = found.patients
    assert found.problems == ()
    assert patient.sex is not None
    assert len(patient.findings) >= 12
    assert patient.treatments
    assert all(record.origin.path.startswith("line ") for record in patient.treatments)
    assert all(record.origin.file.endswith(".ndjson") for record in patient.treatments)
    assert any("log.ndjson" in note.path and "4 lines" in note.message for note in found.notes)


def test_files_of_one_folder_belong_together_when_named_one_by_one(ontology: Ontology) -> None:
    """A shell expands bulk/*.ndjson to files; it is the same export."""
    files = sorted((DATA / "bulk").glob("*.ndjson"))
    named = read_sources(files, ontology, as_of=TODAY)
    folder = read_sources([DATA / "bulk"], ontology, as_of=TODAY)
    assert [(p.id, p.findings, p.treatments) for p in named.patients] == [
        (p.id, p.findings, p.treatments) for p in folder.patients
    ]


def test_a_broken_line_is_one_problem(ontology: Ontology, tmp_path: Path) -> None:
    """The other lines are read."""
    lines = [
        '{"resourceType": "Patient", "id": "a"}',
        "",
        '{"resourceType": "Patient", "id',
        '{"resourceType": "Patient", "id": "b"}',
    ]
    path = write(tmp_path / "x.ndjson", "\n".join(lines))
    found = read_sources([path], ontology, as_of=TODAY)
    assert [p.id for p in found.patients] == ["a", "b"]
    assert [(p.place.partition(",")[0], p.code) for p in found.problems] == [("line 3", "truncated-json")]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("x.txt", "hello", "unknown-file"),
        ("x.json", '{"a": 1}', "unknown-file"),
        ("x.json", "[1]", "unknown-file"),
        ("x.json", '{"resourceType": "Organization", "id": "o"}', "no-patient"),
    ],
)
def test_a_file_that_was_asked_for_and_is_something_else_is_a_problem(
    ontology: Ontology, tmp_path: Path, name: str, content: str, code: str
) -> None:
    """Whoever names a file wants it read."""
    found = read_sources([write(tmp_path / name, content)], ontology, as_of=TODAY)
    assert [p.code for p in found.problems] == [code]


def test_missing_and_empty(ontology: Ontology, tmp_path: Path) -> None:
    """A file that is not there, a folder with nothing in it."""
    (tmp_path / "empty").mkdir()
    found = read_sources([tmp_path / "none.json", tmp_path / "empty"], ontology, as_of=TODAY)
    assert [p.code for p in found.problems] == ["unreadable", "empty-folder"]


def test_two_patients_of_one_id_stay_two(ontology: Ontology, tmp_path: Path) -> None:
    """Whether they are one person nobody knows: each is judged by its own file, and says so."""
    first, second = tmp_path / "1.yaml", tmp_path / "2.yaml"
    write(first, CASE)
    write(second, CASE)
    found = read_sources([first, second], ontology, as_of=TODAY)
    assert [p.id for p in found.patients] == ["anna", "anna.2"]
    assert all(any(n.kind == "same-id" for n in p.notes) for p in found.patients)


def test_without_a_day_fhir_is_judged_today(ontology: Ontology) -> None:
    """A case file brings its own day, FHIR has none."""
    found = read_sources([DATA / "handmade" / "bom.json"], ontology)
    assert found.patients[0].index_date > parse_days("2020-01-01").first
