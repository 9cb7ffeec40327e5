"""What a process does for a run: sorts files, reads a batch, makes a part whole and judges it.

``Worker`` is used by the process of the command itself, or by several others through the functions below it, which
give a ``Failure`` back instead of raising: no traceback, no value of a record crosses from one process to another.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet as pq

from nen_kb.cohort.bare_facts import BareFacts
from nen_kb.cohort.batches import Batch, Found, Reading
from nen_kb.cohort.files import digest, disk_error, is_full, whole_file, whole_folder, write_json, writing
from nen_kb.cohort.judge import Engine, classes_of, judge
from nen_kb.cohort.numbering import numbered_part
from nen_kb.cohort.store import MATRIX, PART, Part
from nen_kb.cohort.writing import PartWriter, write_part
from nen_kb.engines.sql.duckdb import DuckDB
from nen_kb.engines.sql.fuse import fuse
from nen_kb.engines.sql.statements import Compiled
from nen_kb.errors import EngineError, NenKbError, Problem
from nen_kb.facts.records import Note
from nen_kb.knowledge_base import KnowledgeBase
from nen_kb.sources.fhir.codes import Lexicon
from nen_kb.sources.fhir.spill import spill

_REPORT = "Please report this; the other parts are kept, and the same command goes on after a correction."


@dataclass(frozen=True)
class Settings:
    """What every process of a run is told."""

    folder: Path
    """Of the run."""
    rules: Path | None
    ontology: Path | None
    limits: Path | None
    as_of: int | None
    today: int
    memory: str | None
    """For the database of one process, such as ``2GB``."""
    judged: bool = True
    """Whether parts are judged as they are made; a cluster judges them later."""

    @property
    def scratch(self) -> Path:
        """What may be thrown away once the run is complete."""
        return self.folder / "tmp"

    def read(self, number: int) -> Path:
        """A batch that has been read and waits for the numbers of its patients."""
        return self.scratch / "read" / f"{number:05d}"

    def part(self, number: int) -> Path:
        """A part of the run."""
        return self.folder / "parts" / f"{number:05d}"


@dataclass(frozen=True)
class Failure:
    """An error of another process."""

    kind: type[NenKbError]
    problems: tuple[Problem, ...]

    def error(self) -> NenKbError:
        """The error itself."""
        return self.kind(self.problems)


class Worker:
    """One process at work; ``count`` is told how many patients have been read."""

    def __init__(self, settings: Settings, count: Callable[[int], None], kb: KnowledgeBase | None = None) -> None:
        self.settings = settings
        self.count = count
        self._given = kb

    @cached_property
    def kb(self) -> KnowledgeBase:
        """The knowledge base of the run."""
        if self._given is not None:
            return self._given
        told = self.settings
        return KnowledgeBase(rules=told.rules, ontology=told.ontology, limits=told.limits)

    @cached_property
    def reading(self) -> Reading:
        """What batches are read with."""
        ontology = self.kb.ontology
        return Reading(ontology, Lexicon(ontology), self.settings.as_of, self.settings.today)

    @cached_property
    def engine(self) -> Engine:
        """DuckDB with the program compiled."""
        temporary = self.settings.scratch / "database"
        temporary.mkdir(parents=True, exist_ok=True)
        return DuckDB(compiled(self.kb), threads=1, memory=self.settings.memory, spill=str(temporary))

    def sort(self, path: Path, out: Path, buckets: int) -> None:
        """Sort a file of a bulk export by patient."""
        with writing(self.settings.folder), whole_folder(out) as made:
            spill(path, made, buckets)

    def read(self, number: int, batch: Batch, told: Sequence[Note | Problem]) -> int:
        """Read a batch into a folder of its own; returns how many patients it holds.

        ``told`` are notes and problems of the source itself, kept with this batch.
        """
        with writing(self.settings.folder), whole_folder(self.settings.read(number)) as made:
            writer = PartWriter(made, self.kb.program)
            try:
                for each in told:
                    self._take(writer, each)
                if isinstance(batch, BareFacts):
                    self._bare(writer, batch)
                else:
                    for found in self._found(batch):
                        self._take(writer, found)
                writer.close()
            except BaseException:
                writer.abandon()
                raise
        self.count(writer.patients % 100)
        return writer.patients

    def _found(self, batch: Batch) -> Iterator[Found]:
        """What a batch holds; a source that cannot be read any further is a problem, not the end of the run."""
        found = batch.read(self.reading)
        while True:
            try:
                yield next(found)
            except StopIteration:
                return
            except OSError as error:
                reason = error.strerror or type(error).__name__
                message = f"it cannot be read: {reason}; what follows is left out"
                yield Problem(str(error.filename or "source"), "", message, "Check the file.", "unreadable")
                return

    def _bare(self, writer: PartWriter, batch: BareFacts) -> None:
        for found in batch.rows(self.kb.program, self.kb.ontology):
            if isinstance(found, Problem):
                writer.problem(found)
            else:
                patient, rows = found
                writer.add_bare(str(batch.folder), str(patient), rows, classes_of(rows))

    def _take(self, writer: PartWriter, found: Found) -> None:
        if isinstance(found, Problem):
            writer.problem(found)
        elif isinstance(found, Note):
            writer.note(found)
        else:
            file, patient = found
            try:
                prepared = self.kb.prepare(patient)
            except NenKbError as error:
                for problem in error.problems:
                    writer.problem(problem)
                return
            except (ArithmeticError, LookupError, TypeError, ValueError) as error:
                message = f"this patient's record cannot be prepared ({where(error)}); it is left out"
                writer.problem(Problem(file, "", message, "Please report this.", "not-prepared"))
                return
            writer.add(file, prepared)
            if writer.patients % 100 == 0:
                self.count(100)

    def finish(self, number: int, first: int, names: Mapping[int, tuple[str, Note]]) -> int:
        """Make a part of a batch that was read: its numbers, its new ids, its statuses; returns its patients."""
        with writing(self.settings.folder), whole_folder(self.settings.part(number)) as made:
            part = numbered_part(Part.read(self.settings.read(number)), made, first, names)
            part = replace(part, number=number)
            if self.settings.judged:
                write_matrix(made, judge(part, self.kb, self.engine))
            write_part(made, part.patients, first, {name: list(found) for name, found in part.classes.items()})
        self.count(part.patients)
        return part.patients


_compiled: dict[tuple[str, str], Compiled] = {}


def compiled(kb: KnowledgeBase) -> Compiled:
    """The program of a knowledge base as statements; those of the last one are kept, for they take seconds."""
    key = kb.program.sha256, kb.ontology.sha256
    if key not in _compiled:
        _compiled.clear()
        _compiled[key] = fuse(kb.program)
    return _compiled[key]


def write_matrix(folder: Path, matrix: pa.Table) -> None:
    """The matrix of a part, in its folder."""
    pq.write_table(matrix, folder / MATRIX, compression="zstd")


def add_matrix(part: Part, matrix: pa.Table) -> None:
    """The matrix of a part that was made without; only then does ``part.json`` speak of it."""
    with whole_file(part.path / MATRIX) as made:
        pq.write_table(matrix, made, compression="zstd")
    files = {**part.files, MATRIX: digest(part.path / MATRIX)}
    classes = {name: list(found) for name, found in part.classes.items()}
    write_json(part.path / PART, {"patients": part.patients, "first": part.first, **classes, "files": files})


def where(error: BaseException) -> str:
    """Kind and place of an unexpected error, without its message, which may hold what a record says."""
    own = [each for each in traceback.extract_tb(error.__traceback__) if "nen_kb" in each.filename]
    place = f" in {Path(own[-1].filename).name}:{own[-1].lineno}" if own else ""
    return f"{type(error).__name__}{place}"


# ── the same in other processes ─────────────────────────────────────────────

_worker: Worker | None = None


def start(settings: Settings, counter: Any, parent: int) -> None:
    """Begin a process: it ends with its parent, and leaves Ctrl-C to it."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()

    def count(patients: int) -> None:
        with counter.get_lock():
            counter.value += patients

    _worker = Worker(settings, count)
    _ = _worker.kb, _worker.reading
    gc.freeze()  # rules and ontology stay: the collector need not look at them again
    atexit.register(_leave)


def _leave() -> None:
    """Let libraries clean up behind themselves."""
    global _worker
    _worker = None
    gc.unfreeze()
    gc.collect()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def work(name: str, *arguments: Any) -> Any:
    """Call a method of this process's worker; gives its result or a Failure."""
    assert _worker is not None
    return attempt(_worker, name, *arguments)


def attempt(worker: Worker, name: str, *arguments: Any) -> Any:
    """Call a method of a worker; gives its result or a Failure."""
    try:
        return getattr(worker, name)(*arguments)
    except NenKbError as error:
        return Failure(type(error), error.problems)
    except MemoryError:
        remedy = "Use fewer --workers, or start anew with a smaller --part."
        return Failure(EngineError, (Problem("cohort", "", "there is not enough memory", remedy, "out-of-memory"),))
    except Exception as error:
        if is_full(error):
            full = disk_error(worker.settings.folder, error)
            return Failure(type(full), full.problems)
        message = f"an unexpected error ({where(error)})"
        return Failure(EngineError, (Problem("cohort", name, message, _REPORT, "unexpected"),))
