"""What is said of a whole cohort."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nen_kb.errors import Problem


def judged(patients: int, folder: str) -> str:
    """The first line of a summary."""
    return f"{_counted(patients, 'patient')} judged; statuses and verdicts are in {folder}"


def problems(count: int) -> str:
    """What could not be read."""
    return f"{_counted(count, 'problem')} of the source: problems.csv lists every one; nobody it names was guessed at"


def unmapped(count: int) -> str:
    """What the ontology does not know."""
    return f"{_counted(count, 'concept')} could not be mapped; unmapped.csv counts them, the most frequent first"


def where(first: Sequence[Problem], count: int, file: str) -> Iterator[str]:
    """Where the first problems are and what kind they are; their messages quote records, so they stay in the file."""
    for each in first:
        yield f"{each.file}{f': {each.place}' if each.place else ''}: {each.code}"
    more = f"{_counted(count - len(first), 'more problem')}; " if count > len(first) else ""
    yield f"{more}{file} says what is wrong and what to do"


def other_knowledge(different: Sequence[str]) -> str:
    """An explanation by another knowledge base than the one that judged the cohort."""
    what = " and ".join(different)
    return f"this cohort was judged with another {what}; what follows is judged anew and may differ from its statuses"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
