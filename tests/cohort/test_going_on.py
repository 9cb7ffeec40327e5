"""A run stopped anywhere goes on: nothing is lost, repeated, or taken for whole when it is not."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from populations import case, contents, lines
from pyarrow import parquet as pq

from nen_kb import KnowledgeBase
from nen_kb.cohort.files import DiskError
from nen_kb.cohort.lock import locked
from nen_kb.cohort.run import Made, Request, make
from nen_kb.cohort.store import Run
from nen_kb.cohort.work import Worker
from nen_kb.engines.sql.duckdb import DuckDB
from nen_kb.errors import EngineError, UsageError

Judged = Callable[..., Made]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enough patients for three parts of twenty, two of them of one id."""
    folder = tmp_path_factory.mktemp("source")
    return lines(folder / "cases.ndjson", [case(f"p{number % 59}") for number in range(60)])


@pytest.fixture(scope="module")
def whole(source: Path, kb: KnowledgeBase, engine: DuckDB, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a run holds that was never stopped."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Worker, "engine", engine)
        return without_day(make(Request(str(source), tmp_path_factory.mktemp("whole"), part=20), kb).run.path)


def test_killed_in_the_middle_it_goes_on(source: Path, tmp_path: Path, judged: Judged, whole: dict[str, str]) -> None:
    """By two processes, killed without warning, then ended by one: byte for byte a run that was never stopped."""
    folder = tmp_path / "killed"
    told = [str(source), "--output", str(folder), "--part", "20", "--workers", "2"]
    run = "import nen_kb.cohort.run as r; r.SMALL = 0; from nen_kb.cli import main; raise SystemExit(main())"
    process = subprocess.Popen([sys.executable, "-c", run, "cohort", *told], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while not (folder / "parts" / "00000").exists():
        assert process.poll() is None, process.communicate()[1].decode()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.stderr is not None
    process.stderr.close()
    with pytest.raises(UsageError, match="not complete"):
        Run.open(folder)
    assert not (folder / "statuses.parquet").exists()
    made = judged(source, "killed", part=20)
    assert made.kept >= 1
    assert made.run.patients == 60
    assert without_day(folder) == whole


def without_day(folder: Path) -> dict[str, str]:
    """Every file but the manifest, and that without the day it was begun."""
    found = contents(folder)
    del found["cohort.json"]
    manifest = json.loads((folder / "cohort.json").read_text())
    del manifest["begun"]
    return {**found, "manifest": json.dumps(manifest)}


def test_a_part_that_was_damaged_is_made_anew(
    source: Path, tmp_path: Path, judged: Judged, whole: dict[str, str]
) -> None:
    with pytest.raises(EngineError), stopped_at("00002"):
        judged(source, part=20)
    folder = tmp_path / "run"
    assert sorted(each.name for each in (folder / "parts").iterdir()) == ["00000", "00001"]
    damaged = folder / "parts" / "00001" / "facts" / "found.parquet"
    damaged.write_bytes(damaged.read_bytes()[:-20])
    with pytest.raises(UsageError, match="not complete"):
        Run.open(folder)
    # what the damaged part was made of is still there
    assert judged(source, part=20).kept == 1
    assert without_day(folder) == whole


@contextmanager
def stopped_at(part: str) -> Iterator[None]:
    """An error of the engine on that part."""

    def failing(made: Path, matrix: object) -> None:
        if part in made.name:
            raise ValueError("Anna's haemoglobin")
        original(made, matrix)

    from nen_kb.cohort import work

    original = work.write_matrix
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "write_matrix", failing)
        yield


def test_an_unexpected_error_says_where_but_nothing_of_a_patient(source: Path, judged: Judged) -> None:
    with pytest.raises(EngineError, match=r"an unexpected error \(ValueError") as caught, stopped_at("00000"):
        judged(source, part=20)
    assert "Anna" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_full_disk_is_one_clear_error_and_the_run_goes_on(
    source: Path, tmp_path: Path, judged: Judged, kb: KnowledgeBase
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_500, hard))
    try:
        with pytest.raises(DiskError, match="disk is full"):
            judged(source, part=20)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    folder = tmp_path / "run"
    assert not list(folder.rglob(".*.tmp"))
    assert json.loads((folder / "cohort.json").read_text())["state"] == "running"
    assert judged(source, part=20).run.patients == 60
    assert kb.trials


@pytest.mark.parametrize("where", ["statuses", "verdicts"])
def test_a_disk_full_at_the_end_leaves_no_half_export(
    source: Path, tmp_path: Path, judged: Judged, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    original = pq.ParquetWriter.write_table

    def full(self: pq.ParquetWriter, table: object, **more: object) -> None:
        if where in str(self.where):
            raise OSError(errno.ENOSPC, "No space left on device")
        original(self, table, **more)

    with monkeypatch.context() as patch:
        patch.setattr(pq.ParquetWriter, "write_table", full)
        with pytest.raises(DiskError, match="disk is full"):
            judged(source, part=60)
    assert not (tmp_path / "run" / f"{where}.parquet").exists()
    assert not list((tmp_path / "run").glob(".*"))
    assert judged(source, part=60).kept == 1


def test_another_run_in_the_same_folder_is_refused(tmp_path: Path, judged: Judged) -> None:
    source = lines(tmp_path / "cases.ndjson", [case(f"p{number}") for number in range(60)])
    judged(source, part=60)
    before = contents(tmp_path / "run")
    with pytest.raises(UsageError) as caught:
        judged(source, part=100, as_of=739_000)
    assert [problem.place for problem in caught.value.problems] == ["index_date", "part"]
    assert "--restart" in caught.value.problems[0].remedy
    with source.open("a") as file:
        file.write(json.dumps(case("new")) + "\n")
    with pytest.raises(UsageError, match="differs in the source"):
        judged(source, part=60)
    assert contents(tmp_path / "run") == before
    assert judged(source, part=60, restart=True).run.patients == 61


def test_a_folder_with_other_things_is_not_touched(source: Path, tmp_path: Path, judged: Judged) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.docx").write_text("years of work")
    for restart in (False, True):
        with pytest.raises(UsageError, match=r"holds other things \(thesis.docx\)"):
            judged(source, restart=restart)
    assert list((tmp_path / "run").iterdir()) == [tmp_path / "run" / "thesis.docx"]


def test_one_process_at_a_time(source: Path, tmp_path: Path, judged: Judged) -> None:
    """However many find what a killed process left, at the same moment."""
    lock = tmp_path / "run" / "lock"
    lock.parent.mkdir()
    lock.write_text("4194304\n")  # no process has so high a number
    inside: list[int] = []
    most: list[int] = []
    refused: list[UsageError] = []
    together = threading.Barrier(4)

    def work(number: int) -> None:
        together.wait()
        try:
            with locked(lock.parent):
                inside.append(number)
                most.append(len(inside))
                time.sleep(0.05)
                inside.remove(number)
        except UsageError as error:
            refused.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (most, len(refused)) == ([1], 3)
    assert "is working in this folder" in str(refused[0])
    with locked(lock.parent), pytest.raises(UsageError, match=f"another process \\(number {os.getpid()}\\)"):
        judged(source)
    assert not lock.exists()
    assert judged(source).run.patients == 60
    assert not lock.exists()


def test_how_many_processes_changes_no_byte(
    source: Path, tmp_path: Path, kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch, whole: dict[str, str]
) -> None:
    monkeypatch.setattr("nen_kb.cohort.run.SMALL", 0)
    two = make(Request(str(source), tmp_path / "two", part=20, workers=2), kb).run
    assert without_day(two.path) == whole
