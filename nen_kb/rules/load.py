"""The way in: a folder of rules to a checked Program, or to everything that is wrong with it."""

from __future__ import annotations

from pathlib import Path

from nen_kb.errors import Problem, RulesError
from nen_kb.rules.checks import blocking, check_reading
from nen_kb.rules.columns import OntologyLike
from nen_kb.rules.ir import Program
from nen_kb.rules.reading import by_place, read_folder
from nen_kb.rules.report import Report, make_report


def load_program(folder: Path, ontology: OntologyLike, *, strict: bool = True) -> Program:
    """The checked program of a folder of rules.

    Raises RulesError with every problem found.  With ``strict=False`` problems of the protocols' wording,
    of style and of needless trust do not keep a program from being used; those of meaning always do.
    """
    reading = read_folder(folder, ontology)
    problems = {*reading.problems, *check_reading(reading, ontology).problems}
    if not strict:
        problems = {problem for problem in problems if blocking(problem.code)}
    if problems or reading.program is None:
        raise RulesError(sorted(problems, key=by_place))
    return reading.program


def check_program(folder: Path, ontology: OntologyLike) -> tuple[list[Problem], Report]:
    """Every problem of a folder of rules, sorted by place, and a report of what it holds.

    Unlike ``load_program`` this also asks the ontology for pairs of classes it leaves undecided.
    """
    reading = read_folder(folder, ontology)
    findings = check_reading(reading, ontology)
    problems = {*reading.problems, *findings.problems}
    undecided: tuple[tuple[str, str], ...] = ()
    if reading.program:
        known = frozenset(ontology.names)
        asked = {name for found in reading.program.asked.values() for name in found if name in known}
        undecided = tuple(ontology.undecided_pairs(sorted(asked)))
    for first, second in undecided:
        problems.add(
            Problem(
                "ontology", "", f"the ontology does not say whether something can be both {first} and {second}",
                "Declare the two disjoint, or give them a common subclass.", "undecided-pair",
            )
        )  # fmt: skip
    return sorted(problems, key=by_place), make_report(reading, findings.polarity, findings.coverage, undecided)
