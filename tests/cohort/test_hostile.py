"""Sources and folders of somebody who means no good: nothing stops a run, nothing damaged is taken for a result."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from populations import case, contents, lines
from pyarrow import parquet as pq

from nen_kb.cohort.facts_source import row_groups
from nen_kb.cohort.planning import walk
from nen_kb.cohort.run import Made
from nen_kb.cohort.store import Run
from nen_kb.errors import PatientError, Problem, UsageError
from nen_kb.sources.fhir.spill import bucket_lines, route, spill

Judged = Callable[..., Made]
HOSTILE = [
    r'{"resourceType":"Patient","id":"\ud800"}',
    r'{"resourceType":"Patient","id":"p","identifier":[{"system":"\udfff","value":"x"}]}',
    r'{"resourceType":"Medi\tca\ntion","id":"m\n\tn"}',
    r'{"resourceType":"Observation","id":{"a":1},"subject":{"identifier":{"system":"a\tb\nc"}}}',
    '{"resourceType":"Observation","subject":{"reference":"Patient/p"},"a":' + "[" * 970 + "]" * 970 + "}",
    "[" * 100_000,
    '{"resourceType":"Bundle","entry":{"resource":1}}',
]


def test_no_line_stops_the_sorting(tmp_path: Path) -> None:
    """Half Unicode pairs, tabs and line ends where they divide fields, nesting without end: all reach the reader."""
    source, out, routed = tmp_path / "x.ndjson", tmp_path / "out", tmp_path / "routed"
    source.write_bytes(b"\n".join([*(each.encode() for each in HOSTILE), b'{"resourceType":"\xff"}', b"\0\0\0\0"]))
    out.mkdir()
    routed.mkdir()
    spill(source, out, 3)
    notes = route([out], [source], routed, 3)
    found = sorted(line for bucket in range(3) for _, line, _ in bucket_lines([out], routed, bucket))
    assert found == [1, 2, 4, 5, 6, 7, 8, 9]
    assert ["no subject" in note.message for note in notes] == [True]  # the third line is nobody's, and is told


def test_a_pipe_in_a_folder_is_not_waited_for(tmp_path: Path, judged: Judged) -> None:
    lines(tmp_path / "a.ndjson", [case("one")])
    os.mkfifo(tmp_path / "b.ndjson")
    os.mkfifo(tmp_path / "c.json")
    problems: list[Problem] = []
    assert list(walk(tmp_path, tmp_path / "run", problems)) == [tmp_path / "a.ndjson"]
    assert [Path(problem.file).name for problem in problems] == ["b.ndjson", "c.json"]
    with pytest.raises(UsageError, match="no ordinary file"):
        judged(tmp_path / "c.json")


@pytest.fixture
def made(tmp_path: Path, judged: Judged) -> Path:
    """A complete run of two parts."""
    return judged(lines(tmp_path / "cases.ndjson", [case(f"p{number}") for number in range(4)]), part=2).run.path


def test_a_complete_run_that_was_damaged_is_no_result(made: Path, tmp_path: Path, judged: Judged) -> None:
    """A part lost or exchanged, a file altered, a manifest that says something else: an error that names it."""
    parts = made / "parts"
    kept = tmp_path / "kept"
    shutil.copytree(made, kept)

    def restore() -> None:
        shutil.rmtree(made)
        shutil.copytree(kept, made)

    (parts / "00000").rename(parts / "x")
    (parts / "00001").rename(parts / "00000")
    (parts / "x").rename(parts / "00001")
    with pytest.raises(PatientError, match="does not follow"):
        _ = Run.open(made).parts
    restore()
    shutil.rmtree(parts / "00001")
    with pytest.raises(PatientError, match="hold 2 patients, and the run had 4"):
        _ = Run.open(made).parts
    restore()
    for name in ("matrix.parquet", "patients.parquet"):
        altered = bytearray((parts / "00001" / name).read_bytes())
        altered[len(altered) // 2] ^= 1
        (parts / "00001" / name).write_bytes(altered)
    run = Run.open(made)
    with pytest.raises(PatientError, match="not the one the run wrote"):
        run.parts[1].matrix()
    with pytest.raises(PatientError, match="not the one the run wrote"):
        run.parts[1].row(3)
    with pytest.raises(PatientError, match="not as the run wrote it"):
        judged(tmp_path / "cases.ndjson", part=2)
    restore()
    manifest = json.loads((made / "cohort.json").read_text())
    (made / "cohort.json").write_text(json.dumps({**manifest, "knowledge_base": None}))
    with pytest.raises(UsageError, match="not one this version can read"):
        Run.open(made)


def test_a_run_stopped_while_it_tidied_up_goes_on(made: Path, tmp_path: Path, judged: Judged) -> None:
    """What was kept for going on is gone, and the manifest does not say complete."""
    before = {name: value for name, value in contents(made).items() if name != "cohort.json"}
    manifest = json.loads((made / "cohort.json").read_text())
    (made / "cohort.json").write_text(json.dumps({**manifest, "state": "running"}))
    assert judged(tmp_path / "cases.ndjson", part=2).kept == 2
    assert {name: value for name, value in contents(made).items() if name != "cohort.json"} == before


def test_a_list_that_was_deleted_is_written_again(made: Path, tmp_path: Path, judged: Judged) -> None:
    """The parts hold everything the lists and exports say."""
    before = contents(made)
    for name in ("unmapped.csv", "problems.csv", "statuses.parquet"):
        (made / name).unlink()
    judged(tmp_path / "cases.ndjson", part=2)
    assert contents(made) == before


def test_one_changed_bit_of_a_stored_part_is_seen(made: Path, tmp_path: Path) -> None:
    """Compressed pages with a changed bit may well be read, as something else; their checksums tell."""
    path = made / "parts" / "00000" / "patients.parquet"
    place = pq.ParquetFile(path).metadata.row_group(0).column(4).total_compressed_size
    content = path.read_bytes()
    seen = 0
    for at in range(200, min(len(content), place), 97):
        altered = bytearray(content)
        altered[at] ^= 4
        (tmp_path / "altered.parquet").write_bytes(altered)
        groups = list(row_groups(tmp_path / "altered.parquet"))
        seen += isinstance(groups[0], Problem) or groups[0].equals(pq.read_table(path, partitioning=None))
        assert seen
    assert seen == len(range(200, min(len(content), place), 97)) > 3


def test_lists_hold_no_formulas(tmp_path: Path, judged: Judged) -> None:
    """``problems.csv`` is opened in spreadsheets, and names of files are of another's making."""
    folder = tmp_path / "source"
    folder.mkdir()
    lines(folder / "cases.ndjson", [case("one")])
    (folder / "=cmd|x.json").write_text("{")
    run = judged(Path(os.path.relpath(folder)), "run").run
    with (run.path / "problems.csv").open(encoding="utf-8") as file:
        assert not [cell for row in csv.reader(file) for cell in row if cell.startswith(("=", "+", "-", "@"))]
