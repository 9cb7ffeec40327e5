"""A graph that can be asked, held by a process of its own.

Oxigraph holds it where pyoxigraph is installed, rdflib otherwise.  A query that does not end in time is
stopped by ending the process; the next query starts another from the same triples.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import threading
import weakref
import zlib
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from typing import Any, Literal

from nen_kb.errors import EngineError, Problem, UsageError
from nen_kb.graph.result import Result, from_worker
from nen_kb.graph.terms import Triple
from nen_kb.graph.worker import read_frame, write_frame

Store = Literal["oxigraph", "rdflib"]

TIMEOUT = 30.0
"""Seconds a query may take unless told otherwise."""
LONGEST_TIMEOUT = 3600.0
_PART = 4_000_000
"""Characters of N-Triples sent at once."""


def best_store() -> Store:
    """The fastest store that is installed."""
    return "oxigraph" if find_spec("pyoxigraph") else "rdflib"


class Graph:
    """Triples that can be asked, by several threads in turn."""

    def __init__(self, triples: Iterable[Triple], store: Store | None = None) -> None:
        self.store: Store = store or best_store()
        self._parts = [zlib.compress(part, 1) for part in _ntriples(triples)]
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closing: weakref.finalize[[subprocess.Popen[bytes]], Graph] | None = None

    def ask(self, query: str, timeout: float = TIMEOUT, name: str = "query") -> Result:
        """The answer to a query that reads: SELECT, ASK, CONSTRUCT or DESCRIBE.

        ``timeout`` is in seconds, above 0 and at most 3600; ``name`` says in messages where the query comes from.
        Raises UsageError for anything that is not such a query, or does not end in time, and EngineError
        if the store cannot be started.
        """
        if not (isinstance(timeout, int | float) and math.isfinite(timeout) and 0 < timeout <= LONGEST_TIMEOUT):
            message = "the time limit must be above 0 and at most 3600 seconds"
            raise UsageError(Problem(name, "", message, "", "bad-timeout"))
        with self._lock:
            process = self._running()
            late = threading.Event()

            def stop() -> None:
                late.set()
                process.kill()

            timer = threading.Timer(timeout, stop)
            timer.start()
            try:
                answer = _exchange(process, {"query": query, "timeout": timeout})
            except BaseException:
                self._end()  # an answer nobody waits for must not be taken for that to the next query
                raise
            finally:
                timer.cancel()
                timer.join()
            if answer is None or late.is_set():
                self._end()
        if answer is None:
            raise UsageError(_too_long(name, timeout) if late.is_set() else _too_much(name))
        if "refused" in answer:
            found = answer["refused"]
            place = str(found["line"]) if found["line"] else ""
            raise UsageError(Problem(name, place, found["message"], found["remedy"], found["code"]))
        return from_worker(answer)

    def close(self) -> None:
        """End the process; a later query starts another."""
        with self._lock:
            self._end()

    def __enter__(self) -> Graph:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        ready = None
        try:
            process = self._process = _start()
            self._closing = weakref.finalize(self, _stop, process)
            assert process.stdin is not None
            assert process.stdout is not None
            write_frame(process.stdin, self.store.encode())
            for part in self._parts:
                write_frame(process.stdin, zlib.decompress(part))
            write_frame(process.stdin, b"")
            ready = read_frame(process.stdout)
        except OSError:
            pass
        if ready is None:
            self._end()
            message = f"the store for the graph ({self.store}) could not be started"
            raise EngineError(Problem("graph", "", message, "Install the package again.", "store-failed"))
        return process

    def _end(self) -> None:
        if self._closing is not None:
            self._closing()
        self._process = self._closing = None


def ask(graph: Graph | Iterable[Triple], query: str, timeout: float = TIMEOUT) -> Result:
    """The answer to one query over a graph, or over triples that are used just once.  Raises as ``Graph.ask``."""
    if isinstance(graph, Graph):
        return graph.ask(query, timeout)
    with Graph(graph) as made:
        return made.ask(query, timeout)


def _ntriples(triples: Iterable[Triple]) -> Iterator[bytes]:
    part: list[str] = []
    size = 0
    for subject, predicate, found in triples:
        line = f"{subject} {predicate} {found} .\n"
        part.append(line)
        size += len(line)
        # Blank nodes come first and in one part: a name means the same thing only inside one.
        if size > _PART and not subject.startswith("_:"):
            yield "".join(part).encode()
            part, size = [], 0
    yield "".join(part).encode()


def _exchange(process: subprocess.Popen[bytes], asked: dict[str, Any]) -> dict[str, Any] | None:
    """The answer of the process; None where it ended instead."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        write_frame(process.stdin, json.dumps(asked).encode())
        body = read_frame(process.stdout)
    except (OSError, ValueError):
        return None
    return None if body is None else json.loads(body)


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "nen_kb.graph.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)},
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            try:
                stream.close()
            except OSError:  # what was still to be written finds nobody
                continue
    process.wait()


def _too_long(name: str, timeout: float) -> Problem:
    message = f"the query did not end within {timeout:g} seconds and was stopped"
    return Problem(name, "", message, "Ask for less, or allow more time.", "query-timeout")


def _too_much(name: str) -> Problem:
    message = "the query needed more memory or deeper nesting than is allowed and was stopped"
    return Problem(name, "", message, "Ask for less.", "query-memory")
