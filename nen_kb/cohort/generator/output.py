"""Writes a cohort to a file, in several processes if asked; the file appears when it is whole."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

from nen_kb.cohort.generator.documents import Generator, Mess

AT_ONCE = 2_000
"""Patients of one piece of work."""


def write_cohort(
    path: Path,
    seed: int,
    patients: int,
    mess: Mess = Mess.REALISTIC,
    *,
    processes: int = 1,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Writes the patients from 0 on, one a line (NDJSON, UTF-8); gives the size of the file in bytes.

    The bytes do not depend on ``processes``.  ``progress`` is told how many patients are written.
    What stood at ``path`` stays until all are written.  Raises OSError if the file cannot be written.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        with open(unfinished, "wb") as target:
            done = 0
            for number, piece in _pieces(seed, patients, mess, processes):
                target.write(piece)
                done += number
                progress(done)
            target.flush()
            os.fsync(target.fileno())
            size = target.tell()
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return size


def _pieces(seed: int, patients: int, mess: Mess, processes: int) -> Iterator[tuple[int, bytes]]:
    """How many patients, and their lines; in order, whoever made them."""
    spans = [(first, min(first + AT_ONCE, patients)) for first in range(0, patients, AT_ONCE)]
    if processes <= 1:
        for first, last in spans:
            yield last - first, _piece(seed, mess, first, last)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        waiting: deque[tuple[int, Future[bytes]]] = deque()
        for first, last in spans:
            if len(waiting) > 2 * processes:
                number, piece = waiting.popleft()
                yield number, piece.result()
            waiting.append((last - first, pool.submit(_piece, seed, mess, first, last)))
        while waiting:
            number, piece = waiting.popleft()
            yield number, piece.result()


def _piece(seed: int, mess: Mess, first: int, last: int) -> bytes:
    return "".join(f"{line}\n" for line in _generator(seed, mess).lines(first, last)).encode()


@cache
def _generator(seed: int, mess: Mess) -> Generator:
    return Generator(seed, mess)
