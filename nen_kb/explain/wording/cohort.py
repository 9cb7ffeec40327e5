"""What is said of a whole cohort."""

from __future__ import annotations

from collections.abc import Sequence


def judged(patients: int, folder: str) -> str:
    """The first line of a summary."""
    return f"{_counted(patients, 'patient')} judged; statuses and verdicts are in {folder}"


def problems(count: int) -> str:
    """What could not be read."""
    return f"{_counted(count, 'problem')} of the source: problems.csv lists every one; nobody it names was guessed at"


def unmapped(count: int) -> str:
    """What the ontology does not know."""
    return f"{_counted(count, 'concept')} could not be mapped; unmapped.csv counts them, the most frequent first"


def more_problems(count: int, file: str) -> str:
    """What is left out of a list of problems."""
    return f"{_counted(count, 'more problem')} in {file}"


def other_knowledge(different: Sequence[str]) -> str:
    """An explanation by another knowledge base than the one that judged the cohort."""
    what = " and ".join(different)
    return f"this cohort was judged with another {what}; what follows is judged anew and may differ from its statuses"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
