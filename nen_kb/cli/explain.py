"""``nen-kb explain``: the justification, as a tree, down to protocol sentence and source datum."""

from __future__ import annotations

import argparse
import sys

from nen_kb.cli.assumed import assumed_lines, judged
from nen_kb.cli.loading import knowledge_base, missing_of, patients
from nen_kb.cli.stored import is_run
from nen_kb.cli.summary import trial_lines
from nen_kb.cli.terminal import DISCLAIMER, Terminal, report, write
from nen_kb.errors import PatientError, Problem, UsageError
from nen_kb.explain import explain_clause, proof_to_dot, proof_to_mermaid
from nen_kb.explain.checking.proof_file import proof_text
from nen_kb.facts.records import Patient
from nen_kb.knowledge_base import ClauseResult, TrialResult
from nen_kb.knowledge_base.document import proof_document
from nen_kb.sources.reading_all import Sources


def run(arguments: argparse.Namespace) -> int:
    """Explain one clause, or every clause, for one patient and trial."""
    kb = knowledge_base(arguments)
    trial = kb.trial(arguments.trial).id
    sources = patients(kb, [arguments.file], arguments.as_of, arguments.patient if is_run(arguments.file) else None)
    if not sources.patients:
        raise PatientError(
            sources.problems or [Problem(str(arguments.file), "", "no patient was found", "", "no-patient")]
        )
    (result, *_), found = judged(kb, _chosen(list(sources.patients), arguments), [trial], arguments.assume)
    chosen = [_clause(result, arguments.clause)] if arguments.clause else list(result.clauses)
    if arguments.format == "json":
        write(proof_text(proof_document(kb.identity, result, chosen, arguments.alternatives)))
    elif arguments.format == "html":
        from nen_kb.report import Sheet, page  # costs time at start

        notes = result.judgement.prepared.notes
        opened = chosen[0].id if arguments.clause else ""
        sheet = Sheet(_file(sources, result.patient), [result], notes, missing_of(kb, [result]))
        write(page([sheet], kb.identity, labels=arguments.labels, opened=opened))
    elif arguments.format in ("mermaid", "dot"):
        draw = proof_to_mermaid if arguments.format == "mermaid" else proof_to_dot
        write("\n\n".join(draw(explain_clause(result.judgement, trial, clause.id)) for clause in chosen))
    else:
        terminal = Terminal.of(sys.stdout)
        explained = chosen[0] if arguments.clause else result
        text = explained.explain(width=terminal.width, colour=terminal.colour, alternatives=arguments.alternatives)
        if found or not arguments.clause:
            write(terminal.paint(result.patient, "strong"))
        if found:
            write("\n".join(assumed_lines(found, terminal)))
        if found or not arguments.clause:
            write("\n".join((*trial_lines(result, terminal, found.before[0] if found else None), "")))
        write(text + "\n")
        write("\n".join(terminal.wrap(DISCLAIMER, "")))
    report(sources.problems)
    return PatientError.exit_code if sources.problems else 0


def _file(sources: Sources, patient: str) -> str:
    """The file that a patient was read from."""
    return next(file for file, each in zip(sources.files, sources.patients, strict=True) if each.id == patient)


def _chosen(found: list[Patient], arguments: argparse.Namespace) -> Patient:
    if arguments.patient:
        found = [patient for patient in found if patient.id == arguments.patient]
    if len(found) == 1:
        return found[0]
    message = "no patient of that id was found" if not found else f"there are {len(found)} patients"
    raise UsageError(Problem(str(arguments.file), "", message, "Name one with --patient ID.", "which-patient"))


def _clause(result: TrialResult, wanted: str) -> ClauseResult:
    for clause in result:
        if clause.id.casefold() == wanted.casefold():
            return clause
    ids = ", ".join(clause.id for clause in result)
    raise UsageError(
        Problem(result.trial.id, "", f"there is no clause {wanted!r}", f"Choose one of {ids}.", "unknown-clause")
    )
