"""``nen-kb timeline``: the verdict over the coming months, if nothing but time changes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nen_kb.cli.assumed import assumed_lines
from nen_kb.cli.assumed import judged as under
from nen_kb.cli.loading import knowledge_base, patients
from nen_kb.cli.terminal import DISCLAIMER, Terminal, report, write
from nen_kb.errors import NenKbError, PatientError, Problem
from nen_kb.explain.wording import timeline as wording
from nen_kb.facts.dates import iso
from nen_kb.facts.records import Note
from nen_kb.knowledge_base import KnowledgeBase, Verdict, WhatIf
from nen_kb.knowledge_base.timeline import Period, Timeline, check_months

_STYLE = {Verdict.ELIGIBLE: "good", Verdict.INELIGIBLE: "bad", Verdict.UNDETERMINED: "open"}
_MARK = {Verdict.ELIGIBLE: "✓", Verdict.INELIGIBLE: "✗", Verdict.UNDETERMINED: "?"}
_HEADINGS = f"  {'from':<10}  {'to':<10}  {'verdict':<14}  what changes"
_WIDE = 76
"""From so many columns on, what changes stands beside the verdict, otherwise below it."""


@dataclass(frozen=True)
class _Judged:
    """One patient with a timeline for each trial."""

    patient: str
    file: str
    index_date: int
    timelines: tuple[Timeline, ...]
    notes: tuple[Note, ...]
    assumed: WhatIf | None = None


def run(arguments: argparse.Namespace) -> int:
    """A timeline for every patient of the files and every trial; what cannot be read never stops the others."""
    check_months(arguments.months)
    kb = knowledge_base(arguments)
    trials = None if arguments.trial is None else [kb.trial(trial).id for trial in arguments.trial]
    sources = patients(kb, arguments.files, arguments.as_of, arguments.patient)
    problems: list[Problem] = list(sources.problems)
    code = PatientError.exit_code if problems else 0
    judged: list[_Judged] = []
    for file, patient in zip(sources.files, sources.patients, strict=True):
        try:
            results, found = under(kb, patient, trials, arguments.assume)
        except NenKbError as error:
            problems += error.problems
            code = error.exit_code
            continue
        timelines = tuple(result.timeline(arguments.months) for result in results)
        notes = results[0].judgement.prepared.notes
        judged.append(_Judged(results[0].patient, file, results[0].index_date, timelines, notes, found))
    if arguments.format == "json":
        write(json.dumps(_document(kb, judged, sources.notes, problems), ensure_ascii=False, indent=2))
    else:
        _print(judged, sources.notes)
    report(problems)
    return code


def _print(judged: Sequence[_Judged], unread: Sequence[Note]) -> None:
    terminal = Terminal.of(sys.stdout)
    for each in judged:
        for line in _patient_lines(each, terminal):
            write(line)
        if each.assumed is not None:
            write("\n".join(assumed_lines(each.assumed, terminal)))
        for timeline in each.timelines:
            write("\n".join((*timeline_lines(timeline, terminal), "")))
        _print_notes(each.notes, "not understood, set aside or read with care", terminal)
    _print_notes(unread, "not read", terminal)
    if judged:
        for text in (wording.ASSUMED, DISCLAIMER):
            write("\n".join(terminal.wrap(text, "")))


def _print_notes(notes: Sequence[Note], what: str, terminal: Terminal) -> None:
    if notes:
        items = "item was" if len(notes) == 1 else "items were"
        text = f"{len(notes)} {items} {what}; `nen-kb screen --notes` lists them"
        write("\n".join((*(terminal.paint(line, "faint") for line in terminal.wrap(text, "  ")), "")))


def _patient_lines(judged: _Judged, terminal: Terminal) -> Iterator[str]:
    ahead = f"looked ahead to {iso(judged.timelines[0].horizon)}"
    for line in terminal.wrap(f"{judged.patient}   judged on {iso(judged.index_date)}, {ahead}", "", ""):
        yield terminal.paint(line, "strong")
    yield from terminal.wrap(judged.file, "", "")
    yield "─" * terminal.width


def timeline_lines(timeline: Timeline, terminal: Terminal) -> Iterator[str]:
    """One trial: the sentence, and a row for each period."""
    yield terminal.paint(timeline.trial, "strong")
    yield from terminal.wrap(timeline.sentence(), "  ")
    yield terminal.paint(_HEADINGS if terminal.width >= _WIDE else _HEADINGS.rsplit("  ", 1)[0].rstrip(), "faint")
    for period in timeline.periods:
        yield from _row(period, terminal)


def _row(period: Period, terminal: Terminal) -> Iterator[str]:
    last = "onwards" if period.last is None else iso(period.last)
    verdict = f"{_MARK[period.verdict]} {period.verdict.value}"
    head = f"  {iso(period.first):<10}  {last:<10}  {verdict:<14}"
    texts = [wording.change(each.clause, each.before, each.after, each.cause) for each in period.changes]
    if period.in_the_way or not texts:
        texts.append(wording.in_the_way(period.failing, period.open))
    painted = head.replace(verdict, terminal.paint(verdict, _STYLE[period.verdict])).rstrip()
    if terminal.width < _WIDE:
        yield painted
        for text in texts:
            yield from terminal.wrap(text, "    ", "      ")
        return
    indent = " " * (len(head) + 2)
    lines = [line for text in texts for line in terminal.wrap(text, indent, f"{indent}  ")]
    yield head.replace(verdict, terminal.paint(verdict, _STYLE[period.verdict])) + lines[0][len(head) :]
    yield from lines[1:]


def _document(
    kb: KnowledgeBase, judged: Sequence[_Judged], unread: Sequence[Note], problems: Sequence[Problem]
) -> dict[str, Any]:
    what_if = [each.assumed.to_json() for each in judged if each.assumed is not None]
    return {
        **({"what_if": what_if} if what_if else {}),
        "results": [
            {"patient": each.patient, "index_date": iso(each.index_date), **timeline.to_json()}
            for each in judged
            for timeline in each.timelines
        ],
        "notes": [
            {
                "patient": each.patient,
                "file": each.file,
                "items": [{"path": note.path, "kind": note.kind, "message": note.message} for note in each.notes],
            }
            for each in judged
        ],
        "not_read": [{"file": note.path, "kind": note.kind, "message": note.message} for note in unread],
        "problems": [
            {"file": p.file, "place": p.place, "message": p.message, "remedy": p.remedy, "code": p.code}
            for p in problems
        ],
        "assumed": wording.ASSUMED,
        "knowledge_base": kb.identity.to_json(),
        "disclaimer": DISCLAIMER,
    }
