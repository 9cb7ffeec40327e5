"""Keeps what was read from OWL in a user's cache folder, so that a later start need not parse OWL.

The cache never matters for what is answered: an entry that is missing, stale, damaged or cannot be written is
passed over in silence, and written anew where that is possible.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import cast

from nen_kb.ontology.model import ClassData, OntologyData

FORMAT = "nen-kb ontology cache 3"
"""Changed whenever the form of the cached data or the way it is read from OWL changes."""


def folder() -> Path | None:
    """NEN_KB_CACHE, else the user's cache folder of the platform; None if there is none."""
    override = os.environ.get("NEN_KB_CACHE")
    if override:
        return Path(override)
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        base = os.environ.get(variable)
        if base:
            return Path(base) / "nen-kb"
    try:
        return Path.home() / ".cache" / "nen-kb"
    except RuntimeError:
        return None


def _path(fingerprint: str) -> Path | None:
    base = folder()
    return base / f"ontology-{fingerprint[:24]}.json" if base else None


def _digest(fingerprint: str, body: bytes) -> bytes:
    return hashlib.sha256(b"\n".join((FORMAT.encode(), fingerprint.encode(), body))).hexdigest().encode()


def get(fingerprint: str) -> OntologyData | None:
    """What was stored for these files, or None if nothing whole is there."""
    path = _path(fingerprint)
    if path is None:
        return None
    try:
        first, _, body = path.read_bytes().partition(b"\n")
        if first != _digest(fingerprint, body):
            return None
        data = json.loads(body)
    except (OSError, ValueError):
        return None
    if not isinstance(data, dict) or set(data) != set(OntologyData.__annotations__):
        return None
    wanted = set(ClassData.__annotations__)
    if not all(isinstance(entry, dict) and set(entry) == wanted for entry in data["classes"].values()):
        return None
    return cast(OntologyData, data)


def put(fingerprint: str, data: OntologyData) -> None:
    """Stores the data whole or not at all; does nothing where it cannot be written."""
    path = _path(fingerprint)
    if path is None:
        return
    import tempfile  # only needed when something is written; costs time at start

    body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".ontology-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_digest(fingerprint, body) + b"\n" + body)
            os.replace(name, path)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(name)
