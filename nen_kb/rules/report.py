"""What a folder of rules holds, for ``nen-kb check``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from nen_kb.rules.polarity import Polarity, Trust
from nen_kb.rules.reading import Reading


@dataclass(frozen=True)
class TrialReport:
    """Counts of one trial."""

    trial: str
    version: str
    inclusion: int
    exclusion: int
    parts: int
    rules: int
    manual: tuple[str, ...]
    """Clauses that only a person can settle."""
    damaged: tuple[str, ...]
    """Clauses whose text is damaged or contradicts itself."""
    covered: float
    """Per cent of the protocol's text that is quoted or set aside."""


@dataclass(frozen=True)
class Report:
    """Counts, coverage and what is trusted instead of proved."""

    files: int
    rules: int
    predicates: Mapping[str, int]
    """By role: base, given, builtin, derived."""
    trials: tuple[TrialReport, ...]
    trusted: tuple[Trust, ...]
    asked: int
    """Classes that rules ask about."""
    undecided: tuple[tuple[str, str], ...]
    """Pairs of classes of which the ontology does not say whether they can coincide."""


def make_report(
    reading: Reading,
    polarity: Polarity | None,
    coverage: Mapping[str, float],
    undecided: tuple[tuple[str, str], ...],
) -> Report:
    """The report of what was read."""
    trials = []
    for document in reading.documents:
        trial = document.trial
        if not trial:
            continue
        whole = Counter(clause.kind for clause in trial.clauses if not clause.parent)
        trials.append(
            TrialReport(
                trial.id,
                trial.version,
                whole["inclusion"],
                whole["exclusion"],
                sum(1 for clause in trial.clauses if clause.parent),
                sum(1 for rule in document.rules if rule.head.predicate in ("met", "unmet")),
                tuple(clause.id for clause in trial.clauses if clause.header.get("manual")),
                tuple(clause.id for clause in trial.clauses if clause.header.get("damaged")),
                coverage.get(trial.id, 0.0),
            )
        )
    program = reading.program
    return Report(
        len(reading.documents),
        len(reading.rules),
        dict(Counter(predicate.role for predicate in program.predicates.values())) if program else {},
        tuple(trials),
        polarity.trusts if polarity else (),
        len(frozenset().union(*program.asked.values())) if program else 0,
        undecided,
    )
