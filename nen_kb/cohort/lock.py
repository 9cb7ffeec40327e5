"""One process at a time in the folder of a run."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nen_kb.errors import Problem, UsageError

LOCK = "lock"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; raises UsageError while a living process holds it.

    The file names the process.  One that ended without letting go is noticed, and its lock taken over.
    """
    path = folder / LOCK
    for _ in range(20):
        try:
            handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            break
        except FileExistsError:
            holder = _holder(path)
            if holder is not None and _lives(holder):
                message = f"another process (number {holder}) is working in this folder"
                remedy = "Wait for it, or give another folder."
                raise UsageError(Problem(str(folder), "", message, remedy, "locked")) from None
            # whoever is not there any more may have left processes behind, which end within half a second
            time.sleep(0.05 if holder is None else 1)
            path.unlink(missing_ok=True)
    else:
        raise UsageError(Problem(str(path), "", "the lock cannot be taken", "Remove this file.", "locked"))
    try:
        os.write(handle, f"{os.getpid()}\n".encode())
        os.close(handle)
        yield
    finally:
        path.unlink(missing_ok=True)


def _holder(path: Path) -> int | None:
    for _ in range(5):
        try:
            return int(path.read_text(encoding="ascii"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            time.sleep(0.05)
    return None


def _lives(process: int) -> bool:
    if process == os.getpid():
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
