"""The checks that need no patient: everything that can be wrong with rules that can be read.

Each check has a code, listed in CATALOGUE, and examples in ``tests/rules``: rules that it finds fault
with and nearly the same rules that it does not.
"""

from __future__ import annotations

from dataclasses import dataclass

from nen_kb.errors import Problem
from nen_kb.rules.checks import clauses, names, text
from nen_kb.rules.checks.catalogue import CATALOGUE, Check, blocking
from nen_kb.rules.columns import OntologyLike
from nen_kb.rules.coverage import cover
from nen_kb.rules.polarity import Polarity, analyse
from nen_kb.rules.reading import Reading
from nen_kb.rules.strata import unsafe

__all__ = ["CATALOGUE", "Check", "Findings", "blocking", "check_reading"]


@dataclass(frozen=True)
class Findings:
    """The problems of the checks, and what the report needs."""

    problems: tuple[Problem, ...]
    polarity: Polarity | None
    coverage: dict[str, float]


def check_reading(reading: Reading, ontology: OntologyLike) -> Findings:
    """All checks of what was read, but for the pairs the ontology leaves undecided."""
    problems: list[Problem] = []
    for rule in reading.rules:
        problems += unsafe(rule, reading.predicates)
    problems += names.check(reading, ontology)
    problems += clauses.check(reading)
    problems += text.check(reading, ontology)
    coverage: dict[str, float] = {}
    for document in reading.documents:
        if document.trial and document.trial.source:
            covered = cover(document.trial, document.file)
            coverage[document.trial.id] = covered.percent
            problems += covered.problems
    polarity = None
    broken = {"unknown-predicate", "arity", "unsafe", "builtin-unbound", "defined-twice"}
    whole = not (reading.unread or reading.broken)
    if reading.program and whole and not any(p.code in broken for p in (*reading.problems, *problems)):
        polarity = analyse(reading.program)
        problems += polarity.problems
    return Findings(tuple(problems), polarity, coverage)
