"""One process at a time in the folder of a run."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nen_kb.errors import Problem, UsageError

if sys.platform == "win32":
    import msvcrt

    def _hold(handle: int) -> None:
        os.lseek(handle, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError from error
        finally:
            os.lseek(handle, 0, os.SEEK_SET)
else:
    import fcntl

    def _hold(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


_FAR = 1 << 20
"""Where Windows locks: a locked byte cannot be read, and the process number is to be."""
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
            _hold(handle)
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
