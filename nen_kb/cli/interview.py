"""``nen-kb interview``: asks for what is missing until every trial is decided, and writes the case file."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from nen_kb.cli.loading import knowledge_base
from nen_kb.cli.missing import bearing
from nen_kb.cli.summary import trial_lines
from nen_kb.cli.terminal import DISCLAIMER, Terminal, write
from nen_kb.errors import PatientError, Problem, UsageError
from nen_kb.explain.missing import Question
from nen_kb.explain.wording import interview as wording
from nen_kb.knowledge_base import KnowledgeBase
from nen_kb.knowledge_base.case_edits import Case
from nen_kb.knowledge_base.interview import Interview, from_yaml, read, to_yaml
from nen_kb.sources.case_file import documents, read_case
from nen_kb.sources.structured_text import read_text

QUIT = frozenset(("quit", "q", "exit"))
_LINE = re.compile(r" \(line \d+\)")
"""Where in the file it stands; whoever answers sees no file."""
SKIP = frozenset(("skip", "don't know", "dont know", "do not know", "unknown", "?", ""))


class _End(Exception):
    """Nobody types any more."""


def run(arguments: argparse.Namespace) -> int:
    """Ask until every trial is decided, nothing useful is left or nobody answers; the file is written every time."""
    _refuse_to_overwrite(arguments)
    kb = knowledge_base(arguments)
    terminal = Terminal.of(sys.stdout)
    try:
        case = _case_of(arguments.file, kb) if arguments.file else _new_case(kb)
    except _End:
        write(wording.NOTHING_SAVED)
        return 0
    dialogue = _Dialogue(Interview(kb, case, arguments.trial), terminal, arguments.output)
    dialogue.run()
    return 0


def _refuse_to_overwrite(arguments: argparse.Namespace) -> None:
    output: Path = arguments.output
    if not output.exists() or (arguments.file is not None and arguments.file.resolve() == output.resolve()):
        return
    message, remedy = "the file exists already", "Name a new file, or go on with this one by naming it as FILE too."
    raise UsageError(Problem(str(output), "", message, remedy, "would-overwrite"))


def _case_of(file: Path, kb: KnowledgeBase) -> Case:
    """The case of a file with one patient."""
    text = read_text(file)
    if file.suffix.lower() != ".json" and len(documents(text)) > 1:
        raise UsageError(Problem(str(file), "", "the file holds several patients", "Name a file with one.", "several"))
    patient = read_case(file, kb.ontology, text=text)
    case: Case = json.loads(text) if file.suffix.lower() == ".json" else from_yaml(text)
    case.setdefault("index_date", date.fromordinal(patient.index_date).isoformat())
    return case


def _new_case(kb: KnowledgeBase) -> Case:
    """The head of a new case, asked line by line; each line is checked when it is given."""
    case: Case = {"case": 1, "id": "new", "index_date": date.today().isoformat()}
    for key, text in wording.NEW_PATIENT.items():
        while True:
            answer = _typed(f"{text} ").strip()
            if answer.casefold() in QUIT:
                raise _End
            if answer.casefold() in SKIP and key != "id":
                break
            try:
                changed = {**case, key: answer.casefold() if key == "sex" else answer}
                read(changed, kb)
            except PatientError as error:
                _complain(error)
                continue
            case = changed
            break
    return case


def _typed(prompt: str) -> str:
    """One line from whoever answers; raises _End when there is none."""
    sys.stdout.write(prompt)
    sys.stdout.flush()
    line = sys.stdin.readline()
    if not line:
        sys.stdout.write("\n")
        raise _End
    if not sys.stdin.isatty():
        sys.stdout.write(line)
    return line.rstrip("\n")


def _complain(error: PatientError) -> None:
    for problem in error.problems:
        write(f"  {_LINE.sub('', problem.message)} {problem.remedy}".rstrip())


class _Dialogue:
    """The loop of questions and answers in a terminal."""

    def __init__(self, interview: Interview, terminal: Terminal, output: Path) -> None:
        self.interview = interview
        self.terminal = terminal
        self.output = output

    def run(self) -> None:
        _save(self.interview, self.output)
        write(wording.HELP)
        try:
            while (question := self.interview.question) is not None:
                if not self._step(question):
                    break
        except _End:
            pass
        _save(self.interview, self.output)
        self._close()

    def _step(self, question: Question) -> bool:
        """Asks until the question is answered, skipped or taken back; False to stop."""
        write("")
        write("\n".join(self._question_lines(question)))
        while True:
            said = _typed("> ").strip()
            word = said.casefold()
            if word in QUIT:
                return False
            if word == "why":
                write(
                    "\n".join(line for text in self.interview.why() for line in self.terminal.wrap(text, "  ", "    "))
                )
            elif word == "help":
                write("\n".join(self.terminal.wrap(wording.HELP, "  ")))
            elif word == "list":
                write("\n".join(self._list_lines()))
            elif word == "back":
                if self.interview.back():
                    _save(self.interview, self.output)
                    return True
                write(f"  {wording.NOTHING_BEFORE}")
            elif word in SKIP:
                self.interview.skip()
                return True
            else:
                try:
                    self.interview.answer(said)
                except PatientError as error:
                    _complain(error)
                    continue
                _save(self.interview, self.output)
                return True

    def _question_lines(self, question: Question) -> Iterator[str]:
        for line in self.terminal.wrap(question.text, ""):
            yield self.terminal.paint(line, "strong")
        yield from self.terminal.wrap(wording.why_ask(question.effort, [bearing(question)]), "  ")
        for text in wording.options(question.choices):
            yield from self.terminal.wrap(text, "  ", "     ")
        yield from self.terminal.wrap(wording.hint(question.form, question.key, question.unit), "  ")

    def _list_lines(self) -> Iterator[str]:
        for number, question in enumerate(self.interview.questions, start=1):
            yield from self.terminal.wrap(question.text, f"  {number:>2}. ")

    def _close(self) -> None:
        interview = self.interview
        write("")
        if interview.decided:
            write(wording.decided())
        elif interview.question is None:
            write("\n".join(self.terminal.wrap(wording.nothing_useful(interview.open_trials, interview.skipped), "")))
        for result in interview.results:
            write("\n".join(trial_lines(result, self.terminal)))
        write("")
        write(wording.saved(str(self.output)))
        write("\n".join(self.terminal.wrap(DISCLAIMER, "")))


def _save(interview: Interview, output: Path) -> None:
    """Writes the case beside its place and moves it there, so that no half a file is ever left.

    A new file is for its owner's eyes only; one that is gone on with keeps its permissions.
    """
    case = interview.case
    text = json.dumps(_plain(case), ensure_ascii=False, indent=2) + "\n" if output.suffix == ".json" else to_yaml(case)
    handle, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        if output.exists():
            shutil.copymode(output, name)
        os.replace(name, output)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value if isinstance(value, int | bool | str) or value is None else str(value)
