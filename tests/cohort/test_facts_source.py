"""Facts in Parquet written by somebody else: the same statuses, and no fault overlooked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from populations import case, lines, statuses
from pyarrow import parquet as pq

from nen_kb import KnowledgeBase
from nen_kb.cohort.run import Made
from nen_kb.errors import PatientError, UsageError
from nen_kb.facts.values import GRID

Judged = Callable[..., Made]


@pytest.fixture
def facts(tmp_path: Path, judged: Judged) -> Path:
    """The facts of nine patients, named p0 to p8, three in each group of rows."""
    made = judged(lines(tmp_path / "cases.ndjson", [case(f"p{number}") for number in range(9)]), "first")
    folder = tmp_path / "facts"
    folder.mkdir()
    for name, table in made.run.parts[0].facts().items():
        rows = [{**row, "patient": f"p{row['patient']}"} for row in table.to_pylist()]
        if rows:
            write(folder / f"{name}.parquet", rows)
    return folder


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    """A file with three patients a group of rows."""
    rows = sorted(rows, key=lambda row: str(row["patient"]))
    schema = pa.Table.from_pylist(rows).schema
    with pq.ParquetWriter(path, schema) as writer:
        for start in range(0, 9, 3):
            names = [f"p{number}" for number in range(start, start + 3)]
            if start == 6:
                names += sorted({str(row["patient"]) for row in rows} - {f"p{number}" for number in range(9)})
            group = [row for row in rows if row["patient"] in names]
            if group:
                writer.write_table(pa.Table.from_pylist(group, schema=schema))


def change(path: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    """Edit every row of a file."""
    rows = pq.read_table(path).to_pylist()
    for row in rows:
        edit(row)
    write(path, rows)


def test_the_same_facts_give_the_same_statuses(facts: Path, tmp_path: Path, kb: KnowledgeBase, judged: Judged) -> None:
    made = judged(facts, part=4)
    again = judged(tmp_path / "cases.ndjson", "again").run
    assert statuses(made.run, kb) == statuses(again, kb)
    assert made.run.manifest["problems"] == 0
    with pytest.raises(UsageError, match="bare facts, so the records behind them are not known"):
        made.run.patient("p3")
    with pytest.raises(UsageError, match="holds no records"):
        judged(made.run.path, "third")


def corrupt(path: Path, group: int) -> None:
    """Damage the pages of one group of rows."""
    described = pq.ParquetFile(path).metadata.row_group(group).column(1)
    content = bytearray(path.read_bytes())
    start = described.dictionary_page_offset or described.data_page_offset
    content[start : start + described.total_compressed_size] = b"\xff" * described.total_compressed_size
    path.write_bytes(bytes(content))


def test_patients_of_a_corrupt_group_are_left_out_and_listed(facts: Path, kb: KnowledgeBase, judged: Judged) -> None:
    whole = statuses(judged(facts, "whole").run, kb)
    corrupt(facts / "treatment.parquet", 1)
    run = judged(facts, "corrupt").run
    assert statuses(run, kb) == {name: own for name, own in whole.items() if name not in ("p3", "p4", "p5")}
    (problem,) = run.parts[0].problems().to_pylist()
    assert (problem["file"], problem["place"]) == (str(facts / "treatment.parquet"), "row group 1")
    assert "3 patients" in problem["message"]


def test_a_corrupt_group_of_an_earlier_run_is_listed_and_the_others_go_on(
    tmp_path: Path, kb: KnowledgeBase, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nen_kb.cohort.writing.FLUSHED", 3)
    first = judged(lines(tmp_path / "cases.ndjson", [case(f"p{number}") for number in range(9)]), "first").run
    corrupt(first.parts[0].path / "patients.parquet", 1)
    again = judged(first.path, "again").run
    assert sorted(statuses(again, kb)) == ["p0", "p1", "p2", "p6", "p7", "p8"]
    assert [row["place"] for row in again.parts[0].problems().to_pylist()] == ["row group 1"]


def test_faults_in_rows_leave_their_patient_out(facts: Path, kb: KnowledgeBase, judged: Judged) -> None:
    def spoil(name: str, **values: Any) -> Callable[[dict[str, Any]], None]:
        return lambda row: row.update(values) if row["patient"] == name else None

    change(facts / "found.parquet", spoil("p0", concept="Neuroendokrin"))
    change(facts / "measurement.parquet", spoil("p1", low=5 * GRID, high=4 * GRID))
    change(facts / "ended.parquet", spoil("p2", record=12345))
    change(facts / "dated.parquet", spoil("p3", to=800_000))
    change(facts / "sex.parquet", spoil("p4", word="Woman"))
    change(facts / "scan.parquet", spoil("p5", patient="stranger"))
    change(facts / "age.parquet", spoil("p6", low=None))
    run = judged(facts, "spoilt").run
    assert sorted(statuses(run, kb)) == ["p5", "p7", "p8"]
    listed = {(Path(row["file"]).stem, row["place"], row["code"]) for row in run.parts[0].problems().to_pylist()}
    assert listed == {
        ("found", "concept", "bad-value"),
        ("measurement", "low", "bad-interval"),
        ("ended", "record", "not-one-row"),
        ("dated", "to", "after-index-day"),
        ("sex", "word", "bad-value"),
        ("age", "low", "bad-value"),
        ("scan", "patient", "unknown-patient"),
    }


def test_faults_of_the_files_come_together(facts: Path, judged: Judged) -> None:
    (facts / "index_day.parquet").unlink()
    (facts / "found.parquet").write_bytes(b"PAR1, or so it says")
    table = pq.read_table(facts / "dated.parquet")
    pq.write_table(table.rename_columns(["patient", "record", "from", "until"]), facts / "dated.parquet")
    pq.write_table(pq.read_table(facts / "age.parquet").cast(AGES), facts / "age.parquet")
    with pytest.raises(PatientError) as caught:
        judged(facts)
    assert {(Path(each.file).stem, each.place, each.code) for each in caught.value.problems} == {
        ("index_day", "", "missing-file"),
        ("found", "", "bad-parquet"),
        ("dated", "until", "unknown-column"),
        ("dated", "to", "missing-column"),
        ("age", "high", "wrong-type"),
    }


AGES = pa.schema([("patient", pa.string()), ("low", pa.int64()), ("high", pa.float64())])
