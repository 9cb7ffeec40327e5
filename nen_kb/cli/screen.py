"""``nen-kb screen``: verdict and clause statuses for each patient and trial."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from nen_kb.cli.assumed import assumed_lines
from nen_kb.cli.assumed import judged as under
from nen_kb.cli.loading import knowledge_base, missing_of, patients
from nen_kb.cli.summary import note_lines, patient_lines, trial_lines
from nen_kb.cli.terminal import DISCLAIMER, Terminal, report, write
from nen_kb.errors import NenKbError, PatientError, Problem
from nen_kb.facts.dates import iso
from nen_kb.facts.records import Note
from nen_kb.knowledge_base import KnowledgeBase, TrialResult, WhatIf

Judged = tuple[str, tuple[TrialResult, ...], tuple[Note, ...]]
Assumed = dict[str, WhatIf]
"""By patient, where something is assumed."""


def run(arguments: argparse.Namespace) -> int:
    """Judge every patient of the files; what cannot be read never stops the others."""
    kb = knowledge_base(arguments)
    trials = None if arguments.trial is None else [kb.trial(trial).id for trial in arguments.trial]
    sources = patients(kb, arguments.files, arguments.as_of, arguments.patient)
    problems: list[Problem] = list(sources.problems)
    code = PatientError.exit_code if problems else 0
    judged: list[Judged] = []
    assumed: Assumed = {}
    for number, (file, patient) in enumerate(zip(sources.files, sources.patients, strict=True), start=1):
        _progress(number, len(sources.patients))
        try:
            results, found = under(kb, patient, trials, arguments.assume)
        except NenKbError as error:
            problems += error.problems
            code = error.exit_code
            continue
        if found is not None:
            assumed[patient.id] = found
        judged.append((file, results, results[0].judgement.prepared.notes))
    if arguments.format == "json":
        write(json.dumps(_document(kb, judged, assumed, sources.notes, problems), ensure_ascii=False, indent=2))
    elif arguments.format == "html":
        from nen_kb.report import Sheet, page  # costs time at start

        sheets = (Sheet(file, results, notes, missing_of(kb, results)) for file, results, notes in judged)
        write(page(sheets, kb.identity, labels=arguments.labels, unread=sources.notes))
    else:
        _print(judged, assumed, sources.notes, arguments.notes)
    report(list(dict.fromkeys(problems)))
    return code


def _print(judged: list[Judged], assumed: Assumed, unread: Sequence[Note], every_note: bool) -> None:
    terminal = Terminal.of(sys.stdout)
    for file, results, notes in judged:
        for line in patient_lines(results, file, terminal):
            write(line)
        found = assumed.get(results[0].patient)
        if found is not None:
            write("\n".join(assumed_lines(found, terminal)))
        for number, result in enumerate(results):
            write("\n".join((*trial_lines(result, terminal, found.before[number] if found else None), "")))
        lines = list(note_lines(notes, terminal, every_note))
        if lines:
            write("\n".join((*lines, "")))
    lines = list(note_lines(unread, terminal, every_note))
    if lines:
        write("\n".join((terminal.paint("files", "strong"), *lines, "")))
    if judged:
        write("\n".join(terminal.wrap(DISCLAIMER, "")))


def _document(
    kb: KnowledgeBase, judged: list[Judged], assumed: Assumed, unread: Sequence[Note], problems: list[Problem]
) -> dict[str, Any]:
    what_if = {"what_if": [found.to_json() for found in assumed.values()]} if assumed else {}
    return {
        **what_if,
        "results": [result.to_json() for _, results, _ in judged for result in results],
        "notes": [
            {
                "patient": results[0].patient,
                "file": file,
                "index_date": iso(results[0].index_date),
                "items": [{"path": note.path, "kind": note.kind, "message": note.message} for note in notes],
            }
            for file, results, notes in judged
        ],
        "not_read": [{"file": note.path, "kind": note.kind, "message": note.message} for note in unread],
        "problems": [
            {"file": p.file, "place": p.place, "message": p.message, "remedy": p.remedy, "code": p.code}
            for p in dict.fromkeys(problems)
        ],
        "knowledge_base": kb.identity.to_json(),
        "disclaimer": DISCLAIMER,
    }


def _progress(number: int, total: int) -> None:
    if total > 20 and sys.stderr.isatty():
        end = "\n" if number == total else ""
        sys.stderr.write(f"\rnen-kb: patient {number} of {total}{end}")
        sys.stderr.flush()
