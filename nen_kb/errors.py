"""Errors that come together, each with a file, a place in it and a remedy.

Every family of errors has its own exit code on the command line: 2 wrong use of the command,
10 rules, 11 ontology, 12 patient data, 13 engine.  Messages never hold patient data beyond the
offending text of a case file that the user has just handed in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong, where it is, and what to do about it."""

    file: str
    place: str
    """A line (``12``), a path into the data (``measurements[2].value``), or empty for the whole file."""
    message: str
    remedy: str = ""
    code: str = ""
    """A stable short name of the kind of problem, such as ``unknown-predicate``."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.place}" if self.place else self.file
        code = f" [{self.code}]" if self.code else ""
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{place}: {self.message}{code}{remedy}"


class NenKbError(Exception):
    """The base of all errors of this package; holds every problem found in one run."""

    exit_code = 1

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class UsageError(NenKbError):
    """The command or the facade was called wrongly."""

    exit_code = 2


class RulesError(NenKbError):
    """The rules cannot be used."""

    exit_code = 10


class OntologyError(NenKbError):
    """The ontology cannot be used."""

    exit_code = 11


class PatientError(NenKbError):
    """A patient's data cannot be used; no verdict is given for that patient."""

    exit_code = 12


class EngineError(NenKbError):
    """Two engines disagree, or one failed: an internal error, never a verdict."""

    exit_code = 13
