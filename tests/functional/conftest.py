"""The command line called in this process, one knowledge base for all, and an eye on everything that is written."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import nen_kb.cli.check
import nen_kb.cli.explain
import nen_kb.cli.loading
import nen_kb.cli.screen
from nen_kb import KnowledgeBase
from nen_kb.cli import main

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Run:
    """What one call of the command line gave."""

    code: int
    out: str
    err: str

    @property
    def errors(self) -> list[str]:
        """The lines of standard error."""
        return self.err.splitlines()


class Screen(io.StringIO):
    """A terminal that remembers."""

    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the ontology's cache; nobody's home is touched."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEN_KB_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def kb(cache: Path) -> KnowledgeBase:
    """The knowledge base that ships, warm.  Tests that use ``query`` or load patients make their own."""
    assert cache.is_dir()
    made = KnowledgeBase()
    made.screen(made.patient("warm-up", index_date="2026-11-20"))
    made._patients.clear()
    return made


@pytest.fixture(autouse=True)
def _plain_surroundings(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    for name in ("COLUMNS", "NO_COLOR", "PYTHONIOENCODING"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NEN_KB_CACHE", str(cache))


@pytest.fixture
def cli(kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Run]:
    """``cli("screen", file, "--trial", …)`` in this process.

    Where no option asks for another one, the knowledge base of the session answers.  ``terminal=True`` makes
    standard output a terminal, ``encoding`` one that can show only so much.
    """

    def load(rules: Any = None, ontology: Any = None, limits: Any = None) -> KnowledgeBase:
        return kb if rules is ontology is limits is None else KnowledgeBase(rules, ontology, limits)

    monkeypatch.setattr(nen_kb.cli.loading, "KnowledgeBase", load)

    def run(*arguments: object, terminal: bool = False, encoding: str = "") -> Run:
        err = io.StringIO()
        if encoding:
            raw = io.BytesIO()
            out: Any = io.TextIOWrapper(raw, encoding=encoding, write_through=True)
        else:
            out = Screen() if terminal else io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([str(argument) for argument in arguments])
        text = raw.getvalue().decode(encoding) if encoding else out.getvalue()
        return Run(code, text, err.getvalue())

    return run


class _Watch:
    """What this process does to the world: files, processes and connections, as the interpreter reports them."""

    WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    EVENTS = frozenset(
        {
            "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate", "os.chmod",
            "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "subprocess.Popen",
            "socket.connect", "socket.getaddrinfo", "tempfile.mkstemp", "tempfile.mkdtemp",
        }
    )  # fmt: skip

    def __init__(self) -> None:
        self.seen: list[str] | None = None
        sys.addaudithook(self._hook)  # for good: a hook cannot be taken away again

    def _hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.seen is None:
            return
        if event == "open":
            path, _, flags = arguments
            if flags & self.WRITING and "__pycache__" not in str(path) and str(path) != os.devnull:
                self.seen.append(f"open {path}")
        elif event in self.EVENTS and "__pycache__" not in str(arguments):
            self.seen.append(f"{event} {arguments}")


_WATCH = _Watch()


def _listing(*folders: Path) -> dict[str, str]:
    """Every file below the folders, with a digest of its content."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder"
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if "__pycache__" not in path.parts
    }


@pytest.fixture
def nothing_written(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], contextlib.AbstractContextManager[None]]:
    """``with nothing_written():`` fails if a file appears, changes or goes, or a process or connection is begun.

    The working directory is an empty folder, and temporary files would land in one that is looked at.
    """
    place, temporary = tmp_path / "cwd", tmp_path / "tmp"
    place.mkdir()
    temporary.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))

    @contextlib.contextmanager
    def watch() -> Iterator[None]:
        folders = (tmp_path, cache, ROOT / "kb", ROOT / "ontology", ROOT / "tests" / "data" / "bad")
        before = _listing(*folders)
        _WATCH.seen = []
        try:
            yield
            seen = list(_WATCH.seen)
        finally:
            _WATCH.seen = None
        assert seen == []
        assert _listing(*folders) == before

    return watch


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A copy of the shipped rules, to be edited."""
    return Path(shutil.copytree(ROOT / "kb", tmp_path / "rules"))


@pytest.fixture
def ontology(tmp_path: Path) -> Path:
    """The root file of a copy of the shipped ontology, to be edited."""
    return Path(shutil.copytree(ROOT / "ontology", tmp_path / "ontology")) / "nen.owl"


@pytest.fixture
def case(tmp_path: Path) -> Callable[..., Path]:
    """``case("name", "findings: […]")``: a small case file, judged on 2026-11-20."""

    def write(name: str, *lines: str, index_date: str = "2026-11-20") -> Path:
        folder = tmp_path / "cases"
        folder.mkdir(exist_ok=True)
        file = folder / f"{name}.yaml"
        file.write_text(
            "\n".join(("case: 1", f"id: {name}", f"index_date: {index_date}", *lines, "")), encoding="utf-8"
        )
        return file

    return write
