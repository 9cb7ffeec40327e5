"""The shipped ontology, read once from its OWL files, with a cache that leaves the user's own alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from nen_kb.ontology import Ontology
from nen_kb.resources import shipped


@pytest.fixture(scope="session")
def ontology(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ontology]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEN_KB_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield Ontology.load()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder in use."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("NEN_KB_CACHE", str(folder))
    return folder


@pytest.fixture
def copy(tmp_path: Path, cache: Path) -> Path:  # noqa: ARG001 - the cache must be in use
    """The root file of a copy of the shipped ontology that a test may spoil."""
    folder = tmp_path / "ontology"
    shutil.copytree(shipped("ontology"), folder)
    return folder / "nen.owl"
