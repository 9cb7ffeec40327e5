"""Work shared among processes, or done by this one."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from nen_kb.cohort.work import Failure, Settings, Worker, attempt, start, work
from nen_kb.errors import EngineError, Problem
from nen_kb.knowledge_base import KnowledgeBase

Job = tuple[Any, ...]
"""A name of a method of ``Worker`` and its arguments."""
_AHEAD = 2
"""So many jobs a process wait in line, so that little is lost when one fails."""


class Pool:
    """Runs jobs; the results come in the order in which they end, each with the place of its job."""

    def __init__(self, executor: ProcessPoolExecutor | None, worker: Worker | None, workers: int) -> None:
        self._executor = executor
        self._worker = worker
        self._workers = workers
        self._count: Callable[[], int] = lambda: 0

    @property
    def patients(self) -> int:
        """How many patients have been worked on since the pool was made."""
        return self._count()

    def run(self, jobs: Sequence[Job], show: Callable[[int], None]) -> Iterator[tuple[int, Any]]:
        """Every job's place and result.  Raises the error of the first that fails; ``show`` is told what is done."""
        done = 0
        show(done)
        for ended in self._results(jobs):
            if ended is not None:
                if isinstance(ended[1], Failure):
                    raise ended[1].error()
                done += 1
                yield ended
            show(done)

    def _results(self, jobs: Sequence[Job]) -> Iterator[tuple[int, Any] | None]:
        """Places and results, and None whenever a while has passed."""
        if self._executor is None:
            assert self._worker is not None
            for place, job in enumerate(jobs):
                yield place, attempt(self._worker, *job)
            return
        waiting = iter(enumerate(jobs))
        running: dict[Future[Any], int] = {}
        try:
            while True:
                while len(running) < self._workers * _AHEAD and (following := next(waiting, None)) is not None:
                    place, job = following
                    running[self._executor.submit(work, *job)] = place
                if not running:
                    return
                ended = wait(running, timeout=0.5, return_when=FIRST_COMPLETED).done
                for future in sorted(ended, key=running.__getitem__):
                    yield running.pop(future), future.result()
                yield None
        except BrokenProcessPool:
            message = "a process of the run ended unexpectedly; the system may have been short of memory"
            remedy = "Give the same command again with fewer --workers; it goes on with the parts that are whole."
            raise EngineError(Problem("cohort", "", message, remedy, "process-ended")) from None


@contextmanager
def pool(settings: Settings, workers: int, kb: KnowledgeBase) -> Iterator[Pool]:
    """So many processes; one is this process itself."""
    if workers == 1:
        counted = [0]

        def count(patients: int) -> None:
            counted[0] += patients

        made = Pool(None, Worker(settings, count, kb), 1)
        made._count = lambda: counted[0]
        yield made
        return
    context = multiprocessing.get_context("spawn")
    counter = context.Value("q", 0)
    executor = ProcessPoolExecutor(workers, context, start, (settings, counter, os.getpid()))
    made = Pool(executor, None, workers)
    made._count = lambda: int(counter.value)
    try:
        yield made
    except BaseException:
        executor.shutdown(wait=False, cancel_futures=True)
        for process in list((executor._processes or {}).values()):
            process.terminate()
        raise
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
