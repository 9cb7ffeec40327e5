"""Fetches the OWL API and HermiT, once, as the jars inside a wheel of the Python Package Index.

The wheel is mowl-borg, which exists for machine learning; only its jars are used and none of its Python or its
dependencies is installed.  pip checks the wheel against the hash below before anything is unpacked.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WHEEL = "mowl-borg==2.1.0"
SHA256 = "13dd3aad861f4d0b72f2b8ba3d495164c26b4a3ea7ad93cce678bd73ed87dc6d"
NEEDED = (
    "automaton-1",
    "caffeine-",
    "checker-qual-",
    "commons-",
    "guava-",
    "hppcrt-",
    "jackson-",
    "jcl-over-slf4j-",
    "jsr305-",
    "javax.inject-",
    "org.semanticweb.hermit-",
    "owlapi-api-",
    "owlapi-apibinding-",
    "owlapi-compatibility-",
    "owlapi-impl-",
    "owlapi-oboformat-",
    "owlapi-parsers-",
    "owlapi-rio-",
    "owlapi-tools-",
    "rdf4j-",
    "slf4j-",
    "xz-",
)
"""The beginnings of the names of the jars that parsing, saving, profiles and HermiT need."""


class Unavailable(Exception):
    """A part is missing; the text says which, and how to get it."""


def folder() -> Path:
    """Where the jars lie: NEN_KB_OWL_API_JARS, else beside the other things that nen-kb caches for the user."""
    chosen = os.environ.get("NEN_KB_OWL_API_JARS")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path.home() / ".cache"
    return Path(base) / "nen-kb" / f"owl-api-{SHA256[:12]}"


def jars() -> list[Path]:
    """The jars, fetched if they are not there yet.  Raises Unavailable if pip cannot fetch them."""
    place = folder()
    if not (place / "complete").exists():
        _fetch(place)
    return sorted(place.glob("*.jar"))


def _fetch(place: Path) -> None:
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"the jars of the OWL API cannot be kept in {place}: {error.strerror}") from None
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        wanted = scratch / "requirements.txt"
        wanted.write_text(f"{WHEEL} --hash=sha256:{SHA256}\n", encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        command += ["--only-binary=:all:", "--require-hashes", "--dest", name, "--requirement", str(wanted)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unavailable(f"pip cannot fetch {WHEEL}, which holds the jars of the OWL API: {done.stderr[-300:]}")
        with zipfile.ZipFile(next(scratch.glob("*.whl"))) as wheel:
            for entry in wheel.namelist():
                file = Path(entry).name
                if entry.endswith(".jar") and file.startswith(NEEDED):
                    partial = place / f"{file}.part"
                    partial.write_bytes(wheel.read(entry))
                    partial.replace(place / file)
    (place / "complete").write_text(WHEEL, encoding="utf-8")
