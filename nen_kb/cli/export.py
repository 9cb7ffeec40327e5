"""``nen-kb export --rdf``: ontology, rules, patients, verdicts and proofs as Turtle."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from nen_kb.cli.loading import knowledge_base, patients
from nen_kb.cli.terminal import report, write
from nen_kb.errors import NenKbError, PatientError, Problem, UsageError
from nen_kb.facts.records import Patient
from nen_kb.graph import Triple, turtle
from nen_kb.knowledge_base import KnowledgeBase
from nen_kb.knowledge_base.graph import graph_triples, patient_answers
from nen_kb.resources import shipped


class Wanted:
    """The graph a command is about; what cannot be read or judged is kept as problems and left out."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.kb: KnowledgeBase = knowledge_base(arguments)
        self._ontology: Path | None = arguments.ontology
        files = [*getattr(arguments, "files", []), *arguments.patients] or [_examples()]
        sources = patients(self.kb, files, arguments.as_of)
        self._patients: Sequence[Patient] = sources.patients
        self.problems: list[Problem] = list(sources.problems)
        self.code = PatientError.exit_code if self.problems else 0

    def triples(self) -> Iterator[Triple]:
        """All triples; each patient is judged when her turn comes."""
        yield from graph_triples(self.kb, (), self._ontology)
        for patient in self._patients:
            try:
                found = list(patient_answers(self.kb, patient))
            except NenKbError as error:
                self.problems += error.problems
                self.code = error.exit_code
                continue
            yield from found


def run(arguments: argparse.Namespace) -> int:
    """Write the graph; the other patients are written if one cannot be."""
    wanted = Wanted(arguments)
    if arguments.output is None:
        for line in turtle(wanted.triples()):
            write(line)
    else:
        try:
            with open(arguments.output, "w", encoding="utf-8", newline="\n") as target:
                target.writelines(f"{line}\n" for line in turtle(wanted.triples()))
        except OSError as error:
            message = f"the file cannot be written ({error.strerror})"
            raise UsageError(
                Problem(str(arguments.output), "", message, "Name another with -o.", "not-written")
            ) from None
    report(wanted.problems)
    return wanted.code


def _examples() -> Path:
    return shipped("kb") / "examples"
