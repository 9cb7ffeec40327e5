"""``nen-kb diff``: which patients two versions of the knowledge base answer differently, on which clause, and why."""

from __future__ import annotations

import argparse
import gc
import json
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any

from nen_kb.cli.summary import STATE
from nen_kb.cli.terminal import DISCLAIMER, Terminal, report, write
from nen_kb.errors import PatientError, Problem
from nen_kb.explain.wording import and_more
from nen_kb.knowledge_base.difference import (
    ClauseChange,
    Difference,
    OneSided,
    PatientChange,
    Side,
    Version,
    compare,
    load_versions,
)

_MOST_LINES = 4
"""Of the reasons of one side in the text; JSON has them all."""
_NEITHER = "Only the evaluator judged; screen asks both engines."


def run(arguments: argparse.Namespace) -> int:
    """Compare the two versions; a difference is an answer and no error."""
    old, new = load_versions(arguments.old, arguments.new, arguments.limits)
    gc.freeze()
    found = compare(old, new, arguments.files, _progress if sys.stderr.isatty() else None)
    if arguments.format == "json":
        write(json.dumps(_document(found), ensure_ascii=False, indent=2))
    else:
        terminal = Terminal.of(sys.stdout)
        for line in _lines(found, terminal):
            write(line)
    report(found.problems)
    return PatientError.exit_code if found.problems else 0


# ── text ────────────────────────────────────────────────────────────────────


def _lines(found: Difference, terminal: Terminal) -> Iterator[str]:
    for name, version in (("old", found.old), ("new", found.new)):
        yield f"{name}  {_named(version)}"
    yield ""
    yield from _counts(found, terminal)
    for name, names in (("old", found.only_old), ("new", found.only_new)):
        if names:
            listed = ", ".join(f"{trial} {clause}".strip() for trial, clause in names)
            yield from terminal.wrap(listed, f"only in {name}: ", "  ")
    yield from _one_sided("old", "new", found.read_by_old, terminal)
    yield from _one_sided("new", "old", found.read_by_new, terminal)
    for change in found.changes:
        yield ""
        yield from _patient(change, terminal)
    yield ""
    yield from terminal.wrap(f"{DISCLAIMER} {_NEITHER}", "", "")


def _named(version: Version) -> str:
    rules, ontology = version.program.sha256[:12], version.ontology.sha256[:12]
    return f"{version.name} (rules {rules}, ontology {version.ontology.version} {ontology})"


def _counts(found: Difference, terminal: Terminal) -> Iterator[str]:
    """The summary: how many patients change, which verdicts, and on which clauses."""
    if found.same:
        yield f"the two are the same; 0 of {_patients(found.patients)} change"
        return
    trials = [trial for change in found.changes for trial in change.trials]
    verdicts = Counter((t.trial, t.old.value, t.new.value) for t in trials if t.old is not t.new)
    clauses = Counter((c.trial, c.clause, STATE[c.old.status], STATE[c.new.status]) for t in trials for c in t.clauses)
    head = f"{len(found.changes)} of {_patients(found.patients)} change"
    kinds = f"verdicts {sum(verdicts.values())}, statuses of clauses and parts {sum(clauses.values())}"
    yield from terminal.wrap(f"{head}: {kinds}" if trials else head, "", "")
    for (trial, old, new), count in sorted(verdicts.items()):
        yield f"  {trial}: {old} → {new}, {_patients(count)}"
    for (trial, clause, old, new), count in sorted(clauses.items()):
        yield f"  {trial} {clause}: {old} → {new}, {_patients(count)}"


def _patients(count: int) -> str:
    return f"{count} {'patient' if count == 1 else 'patients'}"


def _one_sided(reads: str, other: str, found: OneSided, terminal: Terminal) -> Iterator[str]:
    if not found.patients and not found.problems:
        return
    yield f"{_patients(len(found.patients))} only {reads} can read"
    for patient, file in found.patients:
        yield f"  {patient}   {file}"
    for problem in found.problems:
        yield from terminal.wrap(f"{other}: {problem}", "  – ", "    ")


def _patient(change: PatientChange, terminal: Terminal) -> Iterator[str]:
    yield terminal.paint(change.patient, "strong") + f"   {change.file}"
    for trial in change.trials:
        same = trial.old is trial.new
        verdict = trial.new.value if same else f"{trial.old.value} → {trial.new.value}"
        yield f"  {trial.trial}   {verdict}"
        for clause in trial.clauses:
            yield from _clause(clause, terminal)
        if not trial.clauses:
            yield "    by a clause that only one of the two has"


def _clause(change: ClauseChange, terminal: Terminal) -> Iterator[str]:
    indent = "      " if change.part else "    "
    states = f"{STATE[change.old.status]} → {STATE[change.new.status]}"
    yield terminal.paint(f"{indent}{change.clause:<5} {states}", "open")
    for name, side in (("old", change.old), ("new", change.new)):
        more = len(side.because) - _MOST_LINES
        for line in (*side.because[:_MOST_LINES], *([and_more(more)] if more > 0 else ())):
            yield from terminal.wrap(line, f"{indent}  {name} – ", f"{indent}        ")


# ── JSON ────────────────────────────────────────────────────────────────────


def _document(found: Difference) -> dict[str, Any]:
    return {
        "old": _version(found.old),
        "new": _version(found.new),
        "patients": found.patients,
        "changed": len(found.changes),
        "changes": [_change(change) for change in found.changes],
        "only_old": [{"trial": trial, "clause": clause} for trial, clause in found.only_old],
        "only_new": [{"trial": trial, "clause": clause} for trial, clause in found.only_new],
        "read_by_old_only": _readable(found.read_by_old),
        "read_by_new_only": _readable(found.read_by_new),
        "problems": [_problem(problem) for problem in found.problems],
        "engine": "evaluator",
        "disclaimer": DISCLAIMER,
    }


def _version(version: Version) -> dict[str, str]:
    return {
        "name": version.name,
        "rules_sha256": version.program.sha256,
        "ontology_sha256": version.ontology.sha256,
        "ontology_version": version.ontology.version,
    }


def _change(change: PatientChange) -> dict[str, Any]:
    return {
        "patient": change.patient,
        "file": change.file,
        "trials": [
            {
                "trial": trial.trial,
                "old": trial.old.value,
                "new": trial.new.value,
                "clauses": [
                    {"clause": each.clause, "part": each.part, "old": _side(each.old), "new": _side(each.new)}
                    for each in trial.clauses
                ],
            }
            for trial in change.trials
        ],
    }


def _side(side: Side) -> dict[str, Any]:
    return {"status": side.status.value, "because": list(side.because)}


def _readable(found: OneSided) -> dict[str, Any]:
    return {
        "patients": [{"patient": patient, "file": file} for patient, file in found.patients],
        "problems_of_the_other": [_problem(problem) for problem in found.problems],
    }


def _problem(problem: Problem) -> dict[str, str]:
    return {
        "file": problem.file,
        "place": problem.place,
        "message": problem.message,
        "remedy": problem.remedy,
        "code": problem.code,
    }


def _progress(number: int, total: int) -> None:
    if total > 20 and (number % 10 == 0 or number == total):
        sys.stderr.write(f"\rnen-kb: patient {number} of {total}{chr(10) if number == total else ''}")
        sys.stderr.flush()
