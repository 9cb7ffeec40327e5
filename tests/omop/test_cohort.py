"""A CDM as the source of a cohort: the statuses of each person, what was not mapped, and domains declared complete."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from cdm_builder import AS_OF, nen_cdm, write_csv
from test_by_hand import N, S, persons

from nen_kb import KnowledgeBase
from nen_kb.cohort.planning import kind_of
from nen_kb.cohort.run import Request, make
from nen_kb.cohort.work import Worker, compiled
from nen_kb.engines.sql.duckdb import DuckDB
from nen_kb.errors import UsageError


@pytest.fixture(scope="module")
def engine(kb: KnowledgeBase) -> DuckDB:
    return DuckDB(compiled(kb), threads=1)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_persons_worked_out_by_hand(
    tmp_path: Path, kb: KnowledgeBase, engine: DuckDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cohort gives what one person alone gives; declared complete, what is not recorded did not happen."""
    monkeypatch.setattr(Worker, "engine", engine)
    made = persons()
    made.tables["observation_period"] = [
        {"observation_period_id": who, "person_id": who, "observation_period_start_date": "2000-01-01",
         "observation_period_end_date": "2026-11-19" if who == 2 else date.fromordinal(AS_OF).isoformat()}
        for who in made.expected
    ]  # fmt: skip
    source = write_csv(tmp_path / "cdm", made.tables)
    found = {}
    for name, complete in (("open", ()), ("closed", ("treatments",))):
        request = Request(str(source), tmp_path / name, as_of=AS_OF, form="csv", part=9, complete=complete)
        make(request, kb)
        short = {S: "S", N: "N"}
        found[name] = {
            (int(row["patient"]), f"{short[row['trial']]} {row['clause']}"): row["status"]
            for row in rows(tmp_path / name / "statuses.csv")
        }
    for who, expected in made.expected.items():
        assert {name: found["open"][who, name] for name in expected} == expected
    decided = {key: status for key, status in found["open"].items() if status != "unknown"}
    assert {key: found["closed"][key] for key in decided} == decided
    never = {who: found["closed"][who, "S E2"] for who in (1, 2, 3, 5, 6, 8, 9)}
    assert never == {1: "unmet", 2: "unknown", 3: "unmet", 5: "met", 6: "met", 8: "unmet", 9: "unmet"}
    assert found["open"][1, "S E2"] == "unknown"


def test_what_was_not_mapped_is_counted_by_concept(
    tmp_path: Path, kb: KnowledgeBase, engine: DuckDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The most frequent first, with the vocabulary's code and name, or else the source value."""
    monkeypatch.setattr(Worker, "engine", engine)
    make(Request(str(write_csv(tmp_path / "cdm", nen_cdm())), tmp_path / "run", as_of=AS_OF), kb)
    listed = rows(tmp_path / "run" / "unmapped.csv")
    assert list(listed[0].values()) == ["LOINC", "8480-6", "Systolic blood pressure", "Measurement", "2", "1"]
    assert {"vocabulary": "", "code": "CHEMO X", "display": "CHEMO X", "domain": "Drug", "count": "1",
            "patients": "1"} in listed  # fmt: skip


def test_only_a_cdm_is_declared_complete_from_outside(tmp_path: Path, kb: KnowledgeBase) -> None:
    """A case file says itself what is complete."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "one.yaml").write_text("case: 1\nid: one\n", encoding="utf-8")
    with pytest.raises(UsageError, match="only of an OMOP CDM"):
        make(Request(str(tmp_path / "source"), tmp_path / "run", complete=("treatments",)), kb)


@pytest.mark.parametrize(
    "inner", ["person.csv", "PERSON.tsv.gz", "export/2026/person.parquet", "cdm/person/part-0.parquet"]
)
def test_a_cdm_is_known_wherever_its_reader_finds_it(tmp_path: Path, inner: str) -> None:
    """The same folders as the reader's, tables that are folders of Parquet files too; one table is no CDM."""
    path = tmp_path / inner
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    assert kind_of(str(tmp_path)) == "omop"
    (tmp_path / "LICENSE").touch()
    (path.parent / "about.json").touch()
    assert kind_of(str(tmp_path)) == "omop"
    if path.name.lower().startswith("person."):
        with pytest.raises(UsageError, match="one table of a CDM"):
            kind_of(str(path))


def test_patients_beside_a_cdm_are_not_passed_over(tmp_path: Path) -> None:
    """A folder that holds a CDM and case files is refused: only one of them would be read."""
    (tmp_path / "cdm").mkdir()
    (tmp_path / "cdm" / "person.csv").touch()
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "cohort.json").touch()
    assert kind_of(str(tmp_path)) == "omop"
    (tmp_path / "anna.yaml").touch()
    with pytest.raises(UsageError, match=r"other patients \(anna.yaml\)"):
        kind_of(str(tmp_path))
