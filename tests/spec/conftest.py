"""The semantics as a book: a folder is a chapter, a file a section, a test a paragraph.

The docstring of each test is one plain sentence, and the table above it shows what the sentence means.
The chapters, in the order in which to read them:

clauses     four statuses of a clause, clauses with parts, the verdict of a trial
values      numbers and intervals against a limit, units, multiples of the upper limit of normal
dates       windows of days and months, ages, the index day, treatments that end or do not
hierarchy   what a record of one class says about another
records     present and absent, never and none, closed worlds, the latest and the highest value

Each section begins with the rules it speaks of.  They are read by the loader, and every row of every
table is answered by each engine.  Folders and files share the modules ``spec_programs`` and ``spec_records``.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from spec_programs import ENGINES, Knowledge, Logic, load_knowledge, load_logic


@pytest.fixture(scope="session")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Knowledge | Logic]:
    """Loads the rules of a section, each once a session and engine."""

    @cache
    def load(kind: str, rules: tuple[tuple[str, str], ...], engine: str, tolerance: int | None) -> Knowledge | Logic:
        folder = tmp_path_factory.mktemp("kb")
        if kind == "logic":
            return load_logic(folder, dict(rules), engine)
        return load_knowledge(folder, dict(rules), engine, tolerance)

    return load


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """The name of an engine; every test that asks for one runs on each."""
    return str(request.param)


@pytest.fixture
def logic(request: pytest.FixtureRequest, loaded: Callable[..., Logic], engine: str) -> Logic:
    """The rules of this section with the outcomes that ship, fed with bare evidence."""
    return loaded("logic", rules_of(request), engine, None)


@pytest.fixture
def kb(request: pytest.FixtureRequest, loaded: Callable[..., Knowledge], engine: str) -> Knowledge:
    """The rules of this section with the vocabulary, library and outcomes that ship, fed with patients."""
    return loaded("knowledge", rules_of(request), engine, getattr(request.module, "TOLERANCE", None))


def rules_of(request: pytest.FixtureRequest) -> tuple[tuple[str, str], ...]:
    """The rules at the top of the section: of one trial, SPEC, or of several by name."""
    rules = request.module.RULES
    return tuple(rules.items()) if isinstance(rules, dict) else (("SPEC", rules),)
