"""``nen-kb missing``: what to find out next, the most decisive first."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from nen_kb.cli.loading import knowledge_base, patients
from nen_kb.cli.terminal import DISCLAIMER, Terminal, report, write
from nen_kb.errors import NenKbError, PatientError, Problem
from nen_kb.explain.missing import Missing, MissingSet, Question
from nen_kb.explain.wording import missing as wording
from nen_kb.facts.dates import iso
from nen_kb.knowledge_base import KnowledgeBase, TrialResult, Verdict

Found = tuple[str, tuple[TrialResult, ...], Missing]


def run(arguments: argparse.Namespace) -> int:
    """Ask for every patient of the files; what cannot be read never stops the others."""
    kb = knowledge_base(arguments)
    trials = None if arguments.trial is None else [kb.trial(trial).id for trial in arguments.trial]
    sources = patients(kb, arguments.files, arguments.as_of, arguments.patient)
    problems: list[Problem] = list(sources.problems)
    code = PatientError.exit_code if problems else 0
    found: list[Found] = []
    for file, patient in zip(sources.files, sources.patients, strict=True):
        try:
            results = kb.screen(patient, trials)
            missing = kb.finder.missing(results[0].judgement, [result.trial.id for result in results])
            found.append((file, results, missing))
        except NenKbError as error:
            problems += error.problems
            code = error.exit_code
    if arguments.format == "json":
        write(json.dumps(_document(kb, found, problems), ensure_ascii=False, indent=2))
    else:
        terminal = Terminal.of(sys.stdout)
        for file, results, missing in found:
            write("\n".join((*_lines(file, results, missing, terminal), "")))
        if found:
            write("\n".join(terminal.wrap(DISCLAIMER, "")))
    report(problems)
    return code


def _document(kb: KnowledgeBase, found: Sequence[Found], problems: Sequence[Problem]) -> dict[str, Any]:
    return {
        "results": [
            {
                "file": file,
                "index_date": iso(results[0].index_date),
                "verdicts": {result.trial.id: result.verdict.value for result in results},
                **missing.to_json(),
            }
            for file, results, missing in found
        ],
        "problems": [
            {"file": p.file, "place": p.place, "message": p.message, "remedy": p.remedy, "code": p.code}
            for p in problems
        ],
        "knowledge_base": kb.identity.to_json(),
        "disclaimer": DISCLAIMER,
    }


def _lines(file: str, results: Sequence[TrialResult], missing: Missing, terminal: Terminal) -> Iterator[str]:
    """One patient: the questions first, then the sets, then what nothing settles."""
    for line in terminal.wrap(wording.asked_on(missing.patient, results[0].index_date), "", ""):
        yield terminal.paint(line, "strong")
    yield from terminal.wrap(file, "", "")
    yield "─" * terminal.width
    for result in results:
        if result.verdict is not Verdict.UNDETERMINED:
            fails = [clause.id for clause in result.failing]
            yield from terminal.wrap(wording.decided(result.trial.id, result.verdict.value, fails), "")
    if not missing.undetermined:
        yield from terminal.wrap(wording.nothing_missing(), "")
        return
    if missing.questions:
        yield terminal.paint(wording.WHAT_TO_ASK, "strong")
    for number, question in enumerate(missing.questions, start=1):
        yield from question_lines(question, terminal, f"{number:>3}. ")
    numbers = {question.key: number for number, question in enumerate(missing.questions, start=1)}
    yield from _sets(missing, numbers, terminal)
    if missing.sets:
        yield from terminal.wrap(wording.OTHER_SETS, "")
    if missing.unsettled:
        yield terminal.paint(wording.UNSETTLED, "open")
    for trial, clause, reason in missing.unsettled:
        yield from terminal.wrap(f"{trial} {clause}: {reason.text}", "  – ", "    ")
    if not missing.complete:
        yield from terminal.wrap(wording.cut_short(), "")


def question_lines(question: Question, terminal: Terminal, head: str = "") -> Iterator[str]:
    """A question with what it bears on, what it takes, and what its answers do."""
    indent = " " * len(head)
    yield from (terminal.paint(line, "strong") for line in terminal.wrap(question.text, head, indent))
    yield from terminal.wrap(f"{question.effort}; bears on {bearing(question)}", indent)
    yield from terminal.wrap(wording.goes_on(question.favourable), indent)
    if question.adverse:
        yield from terminal.wrap(wording.ends(question.knocks_out, question.adverse), indent)


def bearing(question: Question) -> str:
    """The clauses a question bears on, trial by trial."""
    by_trial = groupby(question.clauses, key=lambda pair: pair[0])
    return "; ".join(wording.bears_on(trial, [clause for _, clause in pairs]) for trial, pairs in by_trial)


def _sets(missing: Missing, numbers: dict[str, int], terminal: Terminal) -> Iterator[str]:
    scopes = [*missing.undetermined, *([""] if len(missing.undetermined) > 1 else [])]
    for trial in scopes:
        sets = missing.sets_of(trial)
        title = trial or wording.JOINTLY
        text = wording.any_set_decides(len(sets)) if sets else wording.no_set(missing.complete)
        yield terminal.paint(f"{title}: ", "strong") + text
        for each in sets:
            yield from terminal.wrap(_set_words(each, numbers), "  – ", "    ")


def _set_words(each: MissingSet, numbers: dict[str, int]) -> str:
    """The questions of a set by their numbers above."""
    return wording.set_of([numbers[question.key] for question in each.questions], each.cost)
