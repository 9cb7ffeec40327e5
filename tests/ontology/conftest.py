"""Puts this folder on the import path and starts the OWL API once, in a child process."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from editing import Editor, Plain, Protege
from owl_api import OwlApi, Unavailable

from nen_kb.resources import shipped


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "java: needs the OWL API, which pip fetches once")


@pytest.fixture(scope="session")
def owl_api() -> Iterator[OwlApi]:
    """The OWL API and HermiT.

    Skipped where a part is missing, unless the variable NEN_KB_OWL_API is "required".
    """
    try:
        api = OwlApi.start()
    except Unavailable as reason:
        if os.environ.get("NEN_KB_OWL_API") == "required":
            pytest.fail(str(reason))
        pytest.skip(str(reason))
    yield api
    api.stop()


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leaves the user's own cache alone; what was read once in this run is read fast again."""
    monkeypatch.setenv("NEN_KB_CACHE", str(tmp_path_factory.getbasetemp() / "ontology-cache"))


@pytest.fixture(params=["triples", pytest.param("OWL API", marks=pytest.mark.java)])
def editor(request: pytest.FixtureRequest) -> Editor:
    """Each edit is made in both ways."""
    if request.param == "OWL API":
        return Protege(request.getfixturevalue("owl_api"))
    return Plain()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The folder of a copy of the shipped ontology that a test may edit."""
    folder = tmp_path / "ontology"
    shutil.copytree(shipped("ontology"), folder)
    return folder
