"""Puts this folder on the import path, so that its tests share ``cdm_builder``."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from nen_kb import KnowledgeBase
from nen_kb.ontology import Ontology

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def kb() -> KnowledgeBase:
    return KnowledgeBase()


@pytest.fixture(scope="session")
def ontology(kb: KnowledgeBase) -> Ontology:
    return kb.ontology
