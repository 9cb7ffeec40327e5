"""One process at a time in the folder of a run."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nen_kb.errors import Problem, UsageError

LOCK = "lock"
_SETTLING = 1
"""Seconds after which the helpers of a process that was killed have ended; they look twice a second."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; raises UsageError while a living process holds it.

    The system holds the lock and lets go of it however the process ends, on whichever machine; the file only tells
    which process that is.
    """
    path = folder / LOCK
    handle = _taken(path, folder)
    try:
        if os.fstat(handle).st_size:
            time.sleep(_SETTLING)
            os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def _taken(path: Path, folder: Path) -> int:
    while True:
        handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is(path, handle):
                return handle
        except BlockingIOError:
            number = os.read(handle, 20).decode("ascii", "replace").strip()
            os.close(handle)
            who = f"another process{f' (number {number})' * number.isdigit()}"
            remedy = "Wait for it, or give another folder."
            raise UsageError(Problem(str(folder), "", f"{who} is working in this folder", remedy, "locked")) from None
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)  # whoever held it has just let go, and taken the file away


def _is(path: Path, handle: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False
