"""Tells what a source is, and cuts it into batches."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from nen_kb.cohort.batches import Batch, Buckets, Files, Lines, Plan, Pool
from nen_kb.cohort.store import MANIFEST
from nen_kb.errors import PatientError, Problem, UsageError
from nen_kb.facts.records import Note
from nen_kb.sources.addresses import is_address, shown
from nen_kb.sources.fhir import looks_like_fhir
from nen_kb.sources.fhir.json_text import parse_json, read_bytes
from nen_kb.sources.omop.files import folders as cdm_folders
from nen_kb.sources.omop.files import is_table
from nen_kb.sources.omop.tables import PERSON

LINES = frozenset({".ndjson", ".jsonl"})
FEWEST = 1000
"""A source is not cut into smaller batches than this only to keep all processors busy."""
SHARES = 8
"""A source is cut into about so many batches, where parts may be that small."""
STRIDE = 250
"""Lines between two places at which a file may be cut."""
FILES_BYTES = 256 * 1024 * 1024
"""A batch of files holds no more than so many bytes, unless one file does."""
BUCKET_BYTES = 4 * 1024 * 1024
"""What a bucket of a bulk export should hold, so that it can be read as a whole."""
MOST_BUCKETS = 4000
_KIND = re.compile(rb'^(?:\xef\xbb\xbf)?\s*\{\s*"resourceType"\s*:\s*"([A-Za-z]+)"')
_SOURCES = LINES | {".json", ".yaml", ".yml", ".ttl"}
"""Files that may hold patients and belong to no CDM."""
_DATABASES = frozenset({".duckdb", ".db", ".ddb"})


def kind_of(source: str) -> str:
    """``omop``, ``facts`` or ``files``.  Raises UsageError for what is not there."""
    if is_address(source):
        return "omop"
    path = Path(source)
    if not path.exists():
        raise UsageError(Problem(shown(source), "", "there is no such file or folder", "Check its name.", "unreadable"))
    if is_special(path):
        raise UsageError(Problem(source, "", "this is no ordinary file", "Give a file or a folder.", "unreadable"))
    if path.is_file():
        if is_table(path, PERSON):
            message = "this is one table of a CDM"
            raise UsageError(Problem(source, "", message, "Give the folder that holds all its tables.", "one-table"))
        return "omop" if path.suffix.lower() in _DATABASES else "files"
    if (path / MANIFEST).exists() or any(
        (path / name).exists() for name in ("patient.parquet", "facts/patient.parquet")
    ):
        return "facts"
    return _folder_kind(path)


def _folder_kind(path: Path) -> str:
    """``omop`` where a CDM lies in the folder.  Raises UsageError where another source lies beside it."""
    tables = cdm_folders(path)
    if not tables:
        return "files"
    beside = [each for each in path.rglob("*") if each.suffix.lower() in _SOURCES and each.is_file()]
    runs = {each.parent for each in path.rglob(MANIFEST)}
    for each in sorted(beside):
        if not {*each.parents} & {*tables, *runs}:
            message = (
                f"the folder holds a CDM ({tables[0].relative_to(path)}) "
                f"and what may be other patients ({each.relative_to(path)})"
            )
            raise UsageError(Problem(str(path), "", message, "Give one of them at a time.", "mixed-source"))
    return "omop"


def plan_files(source: Path, part: int, output: Path) -> Plan:
    """A file, or a folder with everything below it; ``output`` is left out if it lies inside."""
    if source.is_file():
        plan = Plan("files", describe(source, [source]))
        if source.suffix.lower() in LINES:
            _lines_or_pool(plan, source.parent, [source], part)
        else:
            plan.batches.append(Files((source,), asked=True))
        return plan
    problems: list[Problem] = []
    paths = list(walk(source, output, problems))
    plan = Plan("files", describe(source, paths), problems=problems)
    alone: list[Path] = []
    for folder, found in groupby(paths, key=lambda each: each.parent):
        inside = list(found)
        together = [path for path in inside if _belongs_together(path)]
        if len(together) == 1 and together[0].suffix.lower() == ".json":
            together = []
        alone += [path for path in inside if path not in set(together)]
        lines = [path for path in together if path.suffix.lower() in LINES]
        singles = [path for path in together if path not in lines]
        _lines_or_pool(plan, folder, [*singles, *lines], part)
    plan.batches[:0] = _cut_files(alone, part)
    if not paths and not problems:
        plan.problems.append(Problem(str(source), "", "the folder holds no file", "Check its name.", "empty-folder"))
    return plan


def walk(folder: Path, output: Path, problems: list[Problem]) -> Iterator[Path]:
    """Every file below a folder, in order; links to folders are not followed."""
    try:
        inside = sorted(folder.iterdir())
    except OSError as error:
        message = f"the folder cannot be read: {error.strerror or type(error).__name__}"
        problems.append(Problem(str(folder), "", message, "Check its rights.", "unreadable"))
        return
    for each in inside:
        if is_special(each):
            problems.append(Problem(str(each), "", "this is no ordinary file", "Take it away.", "unreadable"))
        elif not each.is_dir():
            yield each
    for each in inside:
        if each.is_dir() and not each.is_symlink() and each.resolve() != output.resolve():
            yield from walk(each, output, problems)


def is_special(path: Path) -> bool:
    """Whether it is a pipe, a socket or a device, which might be read for ever."""
    return path.exists() and not path.is_dir() and not path.is_file()


def describe(source: Path, paths: Iterable[Path], kind: str = "files") -> dict[str, Any]:
    """What the manifest says of files: how many, how large, and a hash over their names, sizes and times."""
    found = hashlib.sha256()
    count = size = 0
    for path in paths:
        try:
            stat = path.stat()
        except OSError:
            continue
        name = path.relative_to(source).as_posix() if path != source else path.name
        found.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
        count += 1
        size += stat.st_size
    return {"kind": kind, "path": str(source), "files": count, "bytes": size, "state_sha256": found.hexdigest()}


def _belongs_together(path: Path) -> bool:
    """Whether it is NDJSON, or one FHIR resource by itself."""
    ending = path.suffix.lower()
    if ending in LINES:
        return True
    if ending != ".json":
        return False
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return False
    found = _KIND.match(head)
    if found:
        return found[1] != b"Bundle"
    content = read_bytes(path)
    value = None if isinstance(content, Problem) else parse_json(content, str(path)).value
    return isinstance(value, dict) and looks_like_fhir(value) and value["resourceType"] != "Bundle"


def _lines_or_pool(plan: Plan, folder: Path, paths: Sequence[Path], part: int) -> None:
    """Case documents are cut by lines; resources are kept together."""
    pooled: list[Path] = []
    for path in paths:
        try:
            cases = path.suffix.lower() in LINES and _holds_cases(path)
            if cases:
                plan.batches += cut_lines(path, part)
            else:
                pooled.append(path)
        except OSError as error:
            message = f"the file cannot be read: {error.strerror or type(error).__name__}"
            plan.problems.append(Problem(str(path), "", message, "Check its rights.", "unreadable"))
    if pooled:
        plan.pools.append(Pool(folder, tuple(pooled), sum(path.stat().st_size for path in pooled)))


def _holds_cases(path: Path) -> bool:
    """Whether the first line that is a JSON object is a case document."""
    with path.open("rb") as file:
        for line in file:
            if line.strip():
                parsed = parse_json(line.strip(), str(path)).value
                if isinstance(parsed, dict):
                    return "case" in parsed
    return False


def cut_lines(path: Path, part: int) -> list[Batch]:
    """A file of case documents in batches of whole lines."""
    stride = min(STRIDE, part)
    places = [0]
    lines = 0
    with path.open("rb") as file:
        for _ in file:
            lines += 1
            if lines % stride == 0:
                places.append(file.tell())
    end = path.stat().st_size
    if places[-1] != end:
        places.append(end)
    step = max(1, share(lines, part, FEWEST) // stride)
    cuts = [*places[:-1:step], places[-1]]
    return [Lines(path, cuts[n], cuts[n + 1], 1 + n * step * stride) for n in range(len(cuts) - 1)]


def share(count: int, part: int, fewest: int = FEWEST) -> int:
    """How many of them a batch holds."""
    return min(part, max(fewest, -(-count // SHARES)))


def _cut_files(paths: Sequence[Path], part: int) -> list[Batch]:
    most = share(len(paths), part, 50)
    batches: list[Batch] = []
    held: list[Path] = []
    size = 0
    for path in paths:
        own = path.stat().st_size if path.exists() else 0
        if held and (len(held) == most or size + own > FILES_BYTES):
            batches.append(Files(tuple(held)))
            held, size = [], 0
        held.append(path)
        size += own
    return [*batches, Files(tuple(held))] if held else batches


def buckets_of(pool: Pool) -> int:
    """Into how many buckets a pool is sorted."""
    return max(1, min(MOST_BUCKETS, -(-pool.bytes // BUCKET_BYTES)))


def cut_pool(pool: Pool, spills: Sequence[Path], routed: Path, people: Sequence[int], part: int) -> list[Batch]:
    """The buckets of a sorted pool in batches; ``people`` says how many Patient resources each holds."""
    batches: list[Batch] = []
    held: list[int] = []
    count = 0
    most = share(sum(people), part, 50)
    for bucket, own in enumerate(people):
        if held and count + own > most:
            batches.append(Buckets(pool.folder, pool.files, tuple(spills), routed, tuple(held)))
            held, count = [], 0
        held.append(bucket)
        count += own
    return [*batches, Buckets(pool.folder, pool.files, tuple(spills), routed, tuple(held))]


def strangers(pool: Pool, counts: Sequence[int]) -> list[Note]:
    """Notes of the lines that are neither resource nor case, as reading the files whole gives them."""
    return [
        Note(str(path), f"{count} lines that are neither a FHIR resource nor a case file; not read", "not-read")
        for path, count in zip(pool.files, counts, strict=True)
        if count
    ]


def nobody(source: str) -> PatientError:
    """A source without a single patient."""
    message, remedy = "it holds no patient that could be read", "The problems say what could not be read."
    return PatientError(Problem(shown(source), "", message, remedy, "no-patient"))
