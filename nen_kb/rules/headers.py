"""The outline of a file: which header and which clause each rule stands under.

Headers are comment lines ``#: field   text``.  Outside trials a header belongs to the rules below it,
up to the next header or heading.  In a trial's file a heading ``# ── I3 ──`` opens a clause, and the
header right below it is the clause's; a further header below the same heading belongs to helper
predicates of that clause.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from typing import Literal

from nen_kb.errors import Problem
from nen_kb.rules.chunks import Block, Heading, Statement, split
from nen_kb.rules.ir import COLUMN_WORDS, Clause, Column, Header, Place, Predicate, Rule, Trial
from nen_kb.rules.syntax import parse

CLAUSE_ID = re.compile(r"[A-Z]+[0-9]+[a-z]?\Z")
REASONS = frozenset((
    "not_recorded", "not_declared_complete", "date_imprecise", "straddles_limit", "unit_unusable", "wrong_method",
    "concept_too_general", "not_yet_applicable", "sources_disagree", "person_must_judge", "protocol_text_damaged",
))  # fmt: skip
"""Why a clause may stay unknown or conflicting; the public reason codes."""

VOCABULARY_FIELDS = frozenset(("base", "given", "builtin", "means", "missing", "source"))
GROUP_FIELDS = frozenset((
    "concept", "means", "says", "source", "trusted", "presumes", "changes", "columns", "missing", "number", "closed",
    "reading", "when-missing", "manual", "damaged", "window",
))  # fmt: skip
CLAUSE_FIELDS = GROUP_FIELDS | frozenset(["quote", "all", "any"])
TRIAL_FIELDS = frozenset(["trial", "registry", "version", "title", "source"])
BETWEEN_FIELDS = frozenset(["section", "no-criterion", "because"])
_PREDICATE = re.compile(r"([a-z][a-z0-9_]*)\(([A-Za-z]+(?:\s*,\s*[A-Za-z]+)*)\)\Z")


@dataclass
class Document:
    """One file of rules, read: its rules with their headers, its declarations and, of a trial, its clauses."""

    file: str
    rules: list[Rule] = field(default_factory=list)
    headers: list[Header] = field(default_factory=list)
    """Headers of groups of rules, in order."""
    predicates: list[Predicate] = field(default_factory=list)
    """Declared by ``base``, ``given`` or ``builtin``, or by ``columns``."""
    trial: Trial | None = None
    problems: list[Problem] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    """Predicates that rules seem to define which could not be read."""


def suggestion(word: str, known: Iterable[str]) -> str:
    """A remedy that names what the writer may have meant; empty if nothing is near."""
    near = get_close_matches(word, list(known), n=2, cutoff=0.6)
    return f"Did you mean {' or '.join(map(repr, near))}?" if near else ""


def read(text: str, file: str, *, vocabulary: bool = False, trial_source: str | None = None) -> Document:
    """Reads one file; ``trial_source`` is the protocol text if the file is a trial's."""
    chunks, problems = split(text, file)
    document = Document(file, problems=list(problems))
    outline = _TrialOutline(document, trial_source) if trial_source is not None else _Outline(document, vocabulary)
    for chunk in chunks:
        if isinstance(chunk, Heading):
            outline.heading(chunk)
        elif isinstance(chunk, Block):
            outline.block(chunk)
        else:
            outline.statement(chunk)
    outline.close()
    return document


class _Outline:
    """Follows the chunks of a file outside the trials."""

    def __init__(self, document: Document, vocabulary: bool = False) -> None:
        self.document = document
        self.vocabulary = vocabulary
        self.clause = ""
        self.header = Header((), Place(document.file, 1))

    def problem(self, line: int, code: str, message: str, remedy: str = "") -> None:
        self.document.problems.append(Problem(self.document.file, str(line), message, remedy, code))

    def heading(self, heading: Heading) -> None:
        self.header = Header((), Place(self.document.file, heading.line, self.clause))

    def block(self, block: Block) -> None:
        self.header = self.checked(block, VOCABULARY_FIELDS if self.vocabulary else GROUP_FIELDS)
        self.document.headers.append(self.header)
        self.declare(block)

    def declare(self, block: Block) -> None:
        for name, text, line in block.fields:
            if name in ("base", "given", "builtin", "columns"):
                role: Literal["base", "given", "builtin", "derived"] = "derived"
                if name in ("base", "given", "builtin"):
                    role = name  # type: ignore[assignment]  # one of the three just tested
                predicate = self.predicate(text, role, line)
                if predicate:
                    self.document.predicates.append(predicate)

    def predicate(self, text: str, role: Literal["base", "given", "builtin", "derived"], line: int) -> Predicate | None:
        match = _PREDICATE.match(text)
        if not match:
            self.problem(line, "header-value", f"{text!r} names no predicate", "Write `name(Word, Word)`.")
            return None
        words = [word.strip() for word in match[2].split(",")]
        columns: list[Column] = []
        for word in words:
            if word in COLUMN_WORDS:
                columns.append(COLUMN_WORDS[word])
            else:
                remedy = suggestion(word, COLUMN_WORDS) or f"The words are {' '.join(COLUMN_WORDS)}."
                self.problem(line, "unknown-column-word", f"there is no column word {word!r}", remedy)
        header = Header(self.header.fields, Place(self.document.file, line, self.clause))
        return Predicate(match[1], tuple(columns), role, header) if len(columns) == len(words) else None

    def checked(self, block: Block, allowed: frozenset[str]) -> Header:
        for name, text, line in block.fields:
            if name not in allowed:
                remedy = suggestion(name, allowed) or f"Here stand {' '.join(sorted(allowed))}."
                self.problem(line, "unknown-field", f"there is no header field {name!r} here", remedy)
            elif not text:
                self.problem(line, "header-value", f"the field {name!r} is empty", "Give it a text, or remove it.")
            else:
                self.value(name, text, line)
        fields = tuple((name, text) for name, text, _ in block.fields)
        return Header(fields, Place(self.document.file, block.line, self.clause))

    def value(self, name: str, text: str, line: int) -> None:
        word = text.split()[0].rstrip(":,;.")
        choices: Mapping[str, Iterable[str]] = {
            "missing": REASONS, "when-missing": REASONS, "changes": ("recoverable", "permanent"),
            "trusted": ("sure", "may", "both"), "section": ("inclusion", "exclusion"),
        }  # fmt: skip
        if name in choices and word not in choices[name]:
            remedy = suggestion(word, choices[name]) or f"Write one of {' '.join(sorted(choices[name]))}."
            code = "unknown-reason" if choices[name] is REASONS else "header-value"
            self.problem(line, code, f"the field {name!r} cannot be {word!r}", remedy)
        elif name == "trusted" and len(text.split()) < 4:
            self.problem(line, "header-value", "a trusted rule gives no argument", "Say why it holds, in a sentence.")
        elif name == "window" and not re.match(r"\d+:\s*[^\s(]", text):
            remedy = "Write `window 28: washout (4 weeks = 28 days)`."
            self.problem(line, "header-value", f"{text!r} names no span of time", remedy)
        elif name == "number" and not re.match(r"-?\d+(\.\d+)?:\s*\S", text):
            self.problem(line, "header-value", f"{text!r} explains no number", "Write `number 28: 4 weeks = 28 days`.")

    def statement(self, statement: Statement) -> None:
        rule, problems = parse(statement, self.document.file, self.clause, self.header)
        self.document.problems += problems
        if rule is None:
            self.document.broken |= set(re.findall(r"\A\+?\s*([a-z][a-z0-9_]*)\(", statement.text))
        if rule and self.vocabulary:
            self.problem(
                statement.line, "not-a-rule", "the vocabulary holds no rules", "Move it to concepts/ or policy.dl."
            )
        elif rule:
            self.document.rules.append(rule)

    def close(self) -> None:
        """Called behind the last chunk."""


class _TrialOutline(_Outline):
    """Follows the chunks of a trial's file and gathers its clauses."""

    def __init__(self, document: Document, source: str) -> None:
        super().__init__(document)
        self.source = source
        self.trial: Header | None = None
        self.section = ""
        self.clauses: list[Clause] = []
        self.between: list[tuple[str, str]] = []
        self.awaiting = ""
        """Id of the clause whose heading was read and whose header was not."""

    @property
    def id(self) -> str:
        return self.trial.get("trial") if self.trial else ""

    def heading(self, heading: Heading) -> None:
        self.finish()
        self.clause = ""
        text = heading.text.strip()
        if CLAUSE_ID.match(text):
            self.clause = f"{self.id} {text}"
            self.awaiting = text
            if not self.section:
                self.problem(
                    heading.line, "no-section", f"clause {text} stands in no section", "Write `#: section inclusion`."
                )
        elif re.search(r"\d", text) and " " not in text:
            self.problem(heading.line, "header-value", f"{text!r} is no clause id", "Write `I3`, or `I4a` for a part.")
        super().heading(heading)

    def finish(self) -> None:
        """Closes a clause that has no header."""
        if self.awaiting:
            self.add(Header((), self.header.place))

    def add(self, header: Header) -> None:
        kind: Literal["inclusion", "exclusion"] = "exclusion" if self.section == "exclusion" else "inclusion"
        parts: tuple[str, ...] = ()
        mode: Literal["all", "any", "single"] = "single"
        for word in ("all", "any"):
            if header.get(word):
                mode, parts = ("all" if word == "all" else "any"), tuple(re.split(r"[\s,]+", header.get(word)))
        self.clauses.append(Clause(self.id, self.awaiting, kind, header, mode, parts))
        self.awaiting = ""

    def block(self, block: Block) -> None:
        names = {name for name, _, _ in block.fields}
        if "trial" in names:
            if self.trial:
                self.problem(block.line, "header-value", "a file holds one trial", "Make a folder for the second one.")
                return
            self.trial = self.checked(block, TRIAL_FIELDS)
            self.check_trial(block)
        elif names & BETWEEN_FIELDS:
            self.finish()
            self.clause = ""
            self.header = self.checked(block, BETWEEN_FIELDS)
            self.pair(block)
        else:
            self.header = self.checked(block, CLAUSE_FIELDS if self.awaiting else GROUP_FIELDS)
            if self.awaiting:
                self.add(self.header)
            else:
                self.document.headers.append(self.header)
            self.declare(block)

    def pair(self, block: Block) -> None:
        """Reads the fields that stand between clauses."""
        fields: Iterator[tuple[str, str, int]] = iter((*block.fields, ("", "", 0)))
        name, text, line = next(fields)
        while name:
            following = next(fields)
            if name == "section":
                self.section = text.split()[0] if text else ""
            elif name == "no-criterion":
                self.between.append((name, text))
                if following[0] != "because":
                    self.problem(line, "header-value", "it is not said why this is no criterion", "Add `#: because …`.")
                else:
                    self.between.append((following[0], following[1]))
                    following = next(fields)
            elif name == "because":
                self.problem(line, "header-value", "`because` follows no `no-criterion`", "Name the text it speaks of.")
            name, text, line = following

    def check_trial(self, block: Block) -> None:
        assert self.trial
        for name in ("trial", "version", "title", "source"):
            if not self.trial.get(name):
                self.problem(block.line, "missing-header", f"the trial has no field {name!r}", f"Add `#: {name} …`.")
        try:
            date.fromisoformat(self.trial.get("version")[:10])
        except ValueError:
            self.problem(block.line, "header-value", "the version begins with no date", "Write `version 2025-01-31 …`.")
        if not re.match(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}\Z", self.id or "none"):
            self.problem(
                block.line, "header-value", "the id of the trial is not plain", "Use letters, digits and hyphens."
            )

    def statement(self, statement: Statement) -> None:
        if self.awaiting:
            self.finish()
        super().statement(statement)

    def close(self) -> None:
        self.finish()
        if not self.trial:
            self.problem(
                1,
                "missing-header",
                "the file names no trial",
                "Begin it with `#: trial`, `version`, `title`, `source`.",
            )
            return
        parents = {part: clause.id for clause in self.clauses for part in clause.parts}
        clauses = tuple(
            Clause(c.trial, c.id, c.kind, c.header, c.mode, c.parts, parents.get(c.id, "")) for c in self.clauses
        )
        header = Header((*self.trial.fields, *self.between), self.trial.place)
        self.document.trial = Trial(
            self.id, self.trial.get("version"), self.trial.get("title"), header, self.source, clauses
        )
