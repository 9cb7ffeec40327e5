"""Files and folders that are whole or not there: written under another name, flushed to the disk, then renamed."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nen_kb.errors import NenKbError, Problem

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FULL_WORDS = ("no space left", "disk quota", "file too large", "errno 28", "errno 27", "errno 122", "out of space")


class DiskError(NenKbError):
    """The disk is full, or the folder of a run cannot be written."""

    exit_code = 13


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """What fails inside because the disk is full, or cannot be written, becomes one clear error."""
    try:
        yield
    except NenKbError:
        raise
    except Exception as error:
        if not isinstance(error, OSError) and not is_full(error):
            raise
        raise disk_error(folder, error) from None


def is_full(error: BaseException) -> bool:
    """Whether a library failed because there was no room on the disk."""
    number = getattr(error, "errno", None)
    return number in _FULL or any(words in str(error).lower() for words in _FULL_WORDS)


def disk_error(folder: Path, error: BaseException) -> DiskError:
    """What to tell about a disk that does not take what is written."""
    if is_full(error):
        message = "the disk is full (or a file may not grow further); nothing unfinished is taken for a result"
        remedy = "Make room and give the same command again; it goes on with the parts that are whole."
        return DiskError(Problem(str(folder), "", message, remedy, "disk-full"))
    reason = getattr(error, "strerror", None) or type(error).__name__
    remedy = "Check the folder and its rights, then give the same command again."
    return DiskError(Problem(str(folder), "", f"it cannot be written: {reason}", remedy, "unwritable"))


def temporary(path: Path) -> Path:
    """The name under which this process makes a file or folder."""
    return path.with_name(f".{path.name}.{os.getpid()}.tmp")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A name to write to; the file takes its own name once it is whole, and none if anything fails."""
    made = temporary(path)
    try:
        yield made
        sync(made)
        made.replace(path)
        sync(path.parent)
    finally:
        made.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A folder to fill; it takes its own name once it is whole, in place of an older one."""
    made = temporary(path)
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir(parents=True)
    try:
        yield made
        for each in sorted(made.rglob("*")):
            sync(each)
        sync(made)
        if path.exists():
            shutil.rmtree(path)
        made.rename(path)
        sync(path.parent)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def remove_unfinished(folder: Path) -> None:
    """Throw away what a process that was killed had begun, in the folder of a run and below it."""
    for each in sorted(folder.rglob(".*.tmp")):
        if each.is_dir():
            shutil.rmtree(each, ignore_errors=True)
        else:
            each.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Flush a file or folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path, document: Any) -> None:
    """A JSON document, replaced as a whole."""
    with whole_file(path) as made:
        made.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file in a folder, by its path inside it."""
    return {
        each.relative_to(folder).as_posix(): digest(each)
        for each in sorted(folder.rglob("*"))
        if each.is_file() and each.name != "part.json"
    }
