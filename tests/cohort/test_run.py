"""A cohort from its source to its exports: equal to each patient judged alone, and nothing dropped in silence."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from populations import alone, case, contents, lines, statuses
from pyarrow import parquet as pq

from nen_kb import KnowledgeBase
from nen_kb.cli import main
from nen_kb.cohort import judge as judging
from nen_kb.cohort.run import Made, Request, make
from nen_kb.cohort.store import Run
from nen_kb.engines.sql.matrix import STATUSES, VERDICTS, cells
from nen_kb.errors import EngineError, PatientError, UsageError
from nen_kb.facts.patient_json import to_json
from nen_kb.resources import shipped
from nen_kb.sources.reading_all import read_sources

DATA = Path(__file__).resolve().parents[1] / "data"
DAY = 739_940
Judged = Callable[..., Made]


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A folder of all kinds of files, some of them broken."""
    folder = tmp_path / "source"
    shutil.copytree(DATA / "bad", folder / "bad")
    shutil.copytree(DATA / "fhir" / "bulk", folder / "bulk")
    shutil.copytree(DATA / "fhir" / "mcode", folder / "mcode")
    shutil.copy(DATA / "rdf" / "anna.ttl", folder)
    for path in sorted((shipped("kb") / "trials").glob("START-NET/cases/i1*.yaml"))[:3]:
        shutil.copy(path, folder)
    lines(folder / "cases.ndjson", [case("one"), "{broken", "[1]", case("two", sex="neither"), case("three")])
    return folder


def test_every_patient_of_a_mixed_folder_as_judged_alone(mixed: Path, kb: KnowledgeBase, judged: Judged) -> None:
    made = judged(mixed, as_of=DAY, part=7)
    sources = read_sources([mixed], kb.ontology, as_of=DAY)
    found = statuses(made.run, kb)
    assert len(made.run.parts) > 3
    assert found == {patient.id: alone(patient, kb) for patient in sources.patients}
    assert [part.first for part in made.run.parts] == [
        sum(before.patients for before in made.run.parts[:number]) for number in range(len(made.run.parts))
    ]
    with (made.run.path / "problems.csv").open(encoding="utf-8") as file:
        listed = {(row["file"], row["code"]) for row in csv.DictReader(file)}
    assert listed == {(problem.file, problem.code) for problem in sources.problems}
    assert made.run.manifest["problems"] > 10
    for patient in sources.patients:
        stored = made.run.patient(patient.id)
        assert to_json(stored) == to_json(patient), patient.id


def test_the_exports_say_what_the_parts_say(tmp_path: Path, kb: KnowledgeBase, judged: Judged) -> None:
    source = lines(tmp_path / "cases.ndjson", [case("one"), case("two"), case("three"), case("four", born="1961")])
    made = judged(source, part=3)
    expected = sorted(
        (patient, trial, clause, status)
        for patient, own in statuses(made.run, kb).items()
        for (trial, clause), status in own.items()
        if clause is not None
    )
    rows = pq.read_table(made.run.path / "statuses.parquet").to_pylist()
    assert sorted((r["patient"], r["trial"], r["clause"], r["status"]) for r in rows) == expected
    verdicts = pq.read_table(made.run.path / "verdicts.parquet").to_pylist()
    assert {(r["patient"], r["trial"]): r["verdict"] for r in verdicts} == {
        (patient, trial): word
        for patient, own in statuses(made.run, kb).items()
        for (trial, clause), word in own.items()
        if clause is None
    }
    assert {str(r["index_date"]) for r in verdicts} == {"2026-11-20"}
    judged(source, part=3, form="csv")
    with (made.run.path / "statuses.csv").open(encoding="utf-8") as file:
        assert list(csv.DictReader(file)) == rows
    judged(source, part=3, form="duckdb")
    with duckdb.connect(str(made.run.path / "cohort.duckdb"), read_only=True) as database:
        assert database.table("statuses").order("patient, trial, clause").count("*").fetchall() == [(len(rows),)]
        assert database.table("patients").order("number").project("patient").fetchall() == [
            (name,) for name in ("one", "two", "three", "four")
        ]


def test_two_patients_of_one_id_stay_two(tmp_path: Path, kb: KnowledgeBase, judged: Judged) -> None:
    twins = [case("anna"), case("bo"), case("anna", sex="male"), case("anna.2"), case("anna", born="2015")]
    source = lines(tmp_path / "cases.ndjson", twins)
    run = judged(source, part=2).run
    names = [name for part in run.parts for name in part.people(["patient"])["patient"].to_pylist()]
    assert names == ["anna", "bo", "anna.3", "anna.2", "anna.4"]
    assert run.patient("anna.4").born == run.numbered(4).born
    assert {note.kind for note in run.patient("anna.3").notes} == {"same-id"}
    read = read_sources([source], kb.ontology).patients
    assert statuses(run, kb) == {patient.id: alone(patient, kb) for patient in read}


def test_a_large_bulk_export_is_read_as_the_whole_would_be(
    tmp_path: Path, kb: KnowledgeBase, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sorted into many buckets, with Medications apart, subjects named by identifier, reports without a subject."""
    folder = tmp_path / "bulk"
    shutil.copytree(DATA / "fhir" / "bulk", folder)
    system = {"system": "urn:site", "value": "7"}
    code = {"coding": [{"system": "http://loinc.org", "code": "718-7"}]}
    observation = {"resourceType": "Observation", "status": "final", "code": code}
    drug = {"coding": [{"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "7617"}]}
    extra: list[dict[str, object]] = [
        {"resourceType": "Patient", "id": "p7", "identifier": [system], "gender": "female", "birthDate": "1961"},
        {"resourceType": "Patient", "id": "p8", "gender": "male", "birthDate": "1950"},
        {"resourceType": "Medication", "id": "m1", "code": drug},
        {"resourceType": "Medication", "id": "m2", "code": drug},
        {"resourceType": "MedicationRequest", "id": "r1", "status": "active", "intent": "order",
         "authoredOn": "2026-01-01", "medicationReference": {"reference": "Medication/m1"},
         "subject": {"reference": "Patient/p8"}},
        {**observation, "id": "o1", "subject": {"identifier": system}, "effectiveDateTime": "2026-02-03",
         "valueQuantity": {"value": 12.5, "unit": "g/dL", "system": "http://unitsofmeasure.org", "code": "g/dL"}},
        {**observation, "id": "o2", "effectiveDateTime": "2026-02-04",
         "valueQuantity": {"value": 11.5, "unit": "g/dL", "system": "http://unitsofmeasure.org", "code": "g/dL"}},
        {"resourceType": "DiagnosticReport", "id": "d1", "status": "final", "code": code,
         "subject": {"reference": "http://elsewhere/fhir/Patient/p8"}, "result": [{"reference": "Observation/o2"}]},
    ]  # fmt: skip
    lines(folder / "Zz.ndjson", extra)
    monkeypatch.setattr("nen_kb.cohort.planning.BUCKET_BYTES", 500)
    made = judged(folder, as_of=DAY, part=2)
    read = read_sources([folder], kb.ontology, as_of=DAY).patients
    assert len(made.run.parts) > 1
    assert {to_json(patient)["id"]: to_json(patient) for patient in read} == {
        patient.id: to_json(made.run.patient(patient.id)) for patient in read
    }
    assert made.run.patients == len(read)
    assert [each.original for each in made.run.patient("p7").measurements] == ["12.5 g/dL"]
    assert [each.original for each in made.run.patient("p8").measurements] == ["11.5 g/dL"]
    assert len(made.run.patient("p8").treatments) == 1


def test_an_earlier_run_is_a_source(tmp_path: Path, kb: KnowledgeBase, judged: Judged) -> None:
    first = judged(lines(tmp_path / "cases.ndjson", [case("one"), case("two"), case("two")]), part=2).run
    again = judged(first.path, "again").run
    assert statuses(again, kb) == statuses(first, kb)
    assert again.patient("two.2") == first.patient("two.2")
    with pytest.raises(UsageError, match="judged on the day of each record"):
        judged(first.path, "other", as_of=DAY)


def test_an_engine_that_disagrees_with_the_evaluator_gives_no_result(
    tmp_path: Path, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    flipped = STATUSES[2:] + STATUSES[:2]
    monkeypatch.setattr(judging, "STATUSES", flipped)
    source = lines(tmp_path / "cases.ndjson", [case("one")])
    with pytest.raises(EngineError, match="engine and evaluator disagree about patient number 0"):
        judged(source)
    assert not (tmp_path / "run" / "parts" / "00000").exists()
    assert not (tmp_path / "run" / "statuses.parquet").exists()
    with pytest.raises(UsageError, match="not complete"):
        Run.open(tmp_path / "run")


def test_a_source_without_a_patient_is_an_error_that_says_why(tmp_path: Path, judged: Judged) -> None:
    source = lines(tmp_path / "cases.ndjson", [case("one", sex="neither"), "{"])
    with pytest.raises(PatientError) as caught:
        judged(source)
    assert [problem.code for problem in caught.value.problems] == ["unknown-word", "truncated-json", "no-patient"]
    with pytest.raises(UsageError, match="no such file"):
        judged(tmp_path / "nowhere")


@pytest.mark.usefixtures("judged")
def test_a_limits_table_reaches_the_documents(tmp_path: Path, kb: KnowledgeBase) -> None:
    """A site's limits are part of what was judged, so they stand in what is explained."""
    limits = tmp_path / "limits.yaml"
    limits.write_text("- {observable: ASAT, limit: 35 U/L}\n", encoding="utf-8")
    own = KnowledgeBase(limits=limits)
    asat = {"observable": "ASAT", "value": "41 U/L", "date": "2026-11-10"}
    source = lines(tmp_path / "cases.ndjson", [case("one", measurements=[asat])])
    run = make(Request(str(source), tmp_path / "run", limits=limits), own).run
    (found,) = run.patient("one").measurements
    assert found.upper is not None
    assert found.upper.source == "site"
    assert alone(run.patient("one"), kb) == statuses(run, kb)["one"]


def test_the_matrix_has_a_word_for_every_number(tmp_path: Path, kb: KnowledgeBase, judged: Judged) -> None:
    run = judged(lines(tmp_path / "cases.ndjson", [case("one")])).run
    row = run.parts[0].matrix().to_pylist()[0]
    assert row.pop("patient") == 0
    assert list(row) == [cell.column for cell in cells(kb.program)]
    assert all(row[c.column] < len(VERDICTS if c.clause is None else STATUSES) for c in cells(kb.program))
    assert json.loads((run.path / "cohort.json").read_text())["state"] == "complete"
    assert set(contents(run.path)) == {
        "cohort.json", "problems.csv", "unmapped.csv", "statuses.parquet", "verdicts.parquet",
        *(f"parts/00000/{name}" for name in ("part.json", *run.parts[0].files)),
    }  # fmt: skip


def test_a_run_never_takes_the_place_of_its_source(tmp_path: Path, judged: Judged) -> None:
    """Begun anew in the folder of its source it would throw the source away."""
    made = judged(lines(tmp_path / "cases.ndjson", [case("one")]))
    for source in (made.run.path, made.run.path / "problems.csv", tmp_path / "run" / ".." / "run"):
        with pytest.raises(UsageError, match="lies in it"):
            judged(source, restart=True)
    assert Run.open(made.run.path).patients == 1
    with pytest.raises(UsageError, match="no folder"):
        judged(made.run.path, output="cases.ndjson")


def test_a_folder_is_not_spoilt_by_a_source_without_a_patient(tmp_path: Path, judged: Judged) -> None:
    """Corrected, the same command with another source goes on in the same folder; no --restart is needed."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(PatientError) as caught:
        judged(tmp_path / "empty")
    assert [problem.code for problem in caught.value.problems] == ["empty-folder", "no-patient"]
    with pytest.raises(PatientError):
        judged(lines(tmp_path / "bad.ndjson", ["{"]))
    assert [each.name for each in (tmp_path / "run").iterdir()] == ["problems.csv"]
    assert judged(lines(tmp_path / "good.ndjson", [case("one")])).run.patients == 1


def test_a_source_is_the_same_however_the_way_to_it_is_written(
    tmp_path: Path, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = lines(tmp_path / "cases.ndjson", [case("one")])
    judged(source)
    monkeypatch.chdir(tmp_path)
    assert judged(Path("cases.ndjson")).kept == 1
    lines(source, [case("one"), case("two")])
    with pytest.raises(UsageError, match="differs in the source"):
        judged(source)


@pytest.mark.parametrize("option", ["--workers", "--part"])
def test_nothing_is_worked_on_by_nobody(option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cohort", "cases.ndjson", "-o", str(tmp_path / "run"), option, "0"]) == 2
    assert "'0' is no number from 1 on" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
