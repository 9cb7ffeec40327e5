"""Reads a folder of rules into a Program, as far as it can be read.

The files, in this order: ``vocabulary.dl``, ``policy.dl``, ``concepts/*.dl``, ``trials/*/rules.dl`` with
the protocol's text beside each, ``outcomes.dl``.  All problems of all files are found in one run.
``nen_kb.rules.load`` also checks what was read.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nen_kb.errors import Problem
from nen_kb.rules import headers, strata
from nen_kb.rules.asked import asked_of
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.chunks import LONGEST_FILE, decode
from nen_kb.rules.columns import OntologyLike, Sorts, resolve
from nen_kb.rules.ir import Atom, Predicate, Program, Rule, Trial
from nen_kb.rules.marks import infer_columns


@dataclass
class Reading:
    """A folder of rules as far as it could be read: what the checks look at."""

    documents: list[headers.Document] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    """With constants read, in the order of the files."""
    declared: dict[str, Predicate] = field(default_factory=dict)
    sorts: Sorts = field(default_factory=lambda: Sorts({}))
    program: Program | None = None
    """None if the rules are too broken for one to be made."""
    predicates: dict[str, Predicate] = field(default_factory=dict)
    """Of the program, or of the vocabulary alone where there is none."""
    problems: list[Problem] = field(default_factory=list)
    unread: bool = False
    """Whether a file could not be read at all, so that names may seem unknown."""

    @property
    def broken(self) -> frozenset[str]:
        """Predicates that rules seem to define which could not be read."""
        return frozenset().union(*(document.broken for document in self.documents))


def read_folder(folder: Path, ontology: OntologyLike) -> Reading:
    """Everything that can be read from the folder, with the problems met on the way."""
    reading = Reading()
    digest = hashlib.sha256()
    for name, data in _files(folder, reading):
        digest.update(name.encode() + b"\0" + str(len(data)).encode() + b"\0" + data)
        if not name.endswith(".dl"):
            continue
        text, problems = decode(data, name)
        reading.problems += problems
        source = None
        if name.startswith("trials/"):
            source = _source(folder, name, reading.problems)
        if problems:
            reading.unread = True
            continue
        reading.documents.append(headers.read(text, name, vocabulary=name == "vocabulary.dl", trial_source=source))
    reading.documents.sort(key=lambda document: _rank(document.file))
    for document in reading.documents:
        reading.problems += document.problems
    _declare(reading)
    _assemble(reading, ontology, digest.hexdigest())
    return reading


def _rank(name: str) -> tuple[int, str]:
    first = name.split("/")[0]
    return ("vocabulary.dl", "policy.dl", "concepts", "trials", "outcomes.dl").index(first), name


def _files(folder: Path, reading: Reading) -> list[tuple[str, bytes]]:
    """Every file of rules and every protocol text, with its path in the folder, sorted by it."""
    problems = reading.problems
    if not folder.is_dir():
        reading.unread = True
        problems.append(
            Problem(str(folder), "", "there is no such folder of rules", "Name a folder like kb/.", "missing-file")
        )
        return []
    found: list[tuple[str, bytes]] = []
    known = {"vocabulary.dl", "policy.dl", "outcomes.dl"}
    paths = [
        path
        for pattern in ("*.dl", "*/*.dl", "*/*/*.dl", "*/*/*/*.dl", "trials/*/source.txt")
        for path in folder.glob(pattern)
    ]
    for path in sorted(paths, key=lambda path: path.relative_to(folder).as_posix()):
        name = path.relative_to(folder).as_posix()
        parts = name.split("/")
        trial = len(parts) == 3 and parts[0] == "trials" and parts[2] in ("rules.dl", "source.txt")
        if not (name in known or trial or (len(parts) == 2 and parts[0] == "concepts")):
            problems.append(
                Problem(
                    name,
                    "",
                    "no rules are read from here",
                    "Move it to concepts/ or to trials/<id>/rules.dl.",
                    "stray-file",
                )
            )
            continue
        try:
            if path.stat().st_size > LONGEST_FILE:
                raise OSError("it is too long")
            found.append((name, path.read_bytes()))
        except OSError as error:
            reading.unread = True
            message = f"the file cannot be read: {error.strerror or error}"
            problems.append(Problem(name, "", message, "Put a text file of at most two megabytes there.", "unreadable"))
    names = {path.relative_to(folder).as_posix() for path in paths}
    for name in sorted(names):
        if name.endswith("/source.txt") and name.replace("source.txt", "rules.dl") not in names:
            message = "a protocol without rules"
            problems.append(Problem(name, "", message, "Write its rules in rules.dl beside it.", "missing-file"))
    for name in ("vocabulary.dl", "outcomes.dl"):
        if name not in names:
            reading.unread = True
            problems.append(Problem(name, "", "the file is missing", "A folder of rules needs it.", "missing-file"))
    return found


def _source(folder: Path, name: str, problems: list[Problem]) -> str:
    """The text of the protocol beside a trial's rules."""
    path = (folder / name).parent / "source.txt"
    text = ""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        text = path.read_bytes().decode("utf-8-sig") if path.stat().st_size <= LONGEST_FILE else ""
    if not text.strip():
        problems.append(
            Problem(
                name, "", "the protocol's text source.txt beside it cannot be read",
                "Put the protocol there, verbatim, as UTF-8.", "missing-file",
            )
        )  # fmt: skip
    return text


def _declare(reading: Reading) -> None:
    """Gathers the declared predicates; a second declaration is a problem."""
    for document in reading.documents:
        for predicate in document.predicates:
            place = predicate.header.place
            first = reading.declared.setdefault(predicate.name, predicate)
            if first is not predicate:
                reading.problems.append(
                    Problem(
                        place.file, str(place.line), f"{predicate.name} is already declared at {first.header.place}",
                        "Declare a predicate once.", "declared-twice",
                    )
                )  # fmt: skip
            if predicate.role == "builtin" and predicate.name not in BUILTINS:
                remedy = headers.suggestion(predicate.name, BUILTINS) or "Built-ins are written in Python."
                reading.problems.append(
                    Problem(
                        place.file,
                        str(place.line),
                        f"there is no built-in {predicate.name!r}",
                        remedy,
                        "unknown-predicate",
                    )
                )


def _assemble(reading: Reading, ontology: OntologyLike, sha256: str) -> None:
    """Names and arities, then constants, then order and columns."""
    raw = [rule for document in reading.documents for rule in document.rules]
    problems = name_problems(raw, reading.declared)
    reading.problems += [p for p in problems if not (p.code == "unknown-predicate" and _excused(p, raw, reading))]
    bad = {(problem.file, problem.place) for problem in problems}
    raw = [rule for rule in raw if not any((a.place.file, str(a.place.line)) in bad for a in _atoms(rule))]
    reading.rules, reading.sorts, problems = resolve(raw, reading.declared, ontology)
    reading.problems += problems
    order, problems = strata.order(reading.rules)
    reading.problems += problems
    reading.predicates = {name: p for name, p in reading.declared.items() if p.role != "derived"}
    if problems:
        return
    predicates = reading.predicates = infer_columns(reading.rules, order, reading.declared, reading.sorts)
    rank = {name: number for number, name in enumerate(order)}
    reading.program = Program(
        predicates=predicates,
        rules=tuple(sorted(reading.rules, key=lambda rule: rank[rule.head.predicate])),
        order=order,
        trials=_trials(reading),
        asked=asked_of(reading.rules, order),
        sha256=sha256,
    )


def _excused(problem: Problem, rules: Iterable[Rule], reading: Reading) -> bool:
    """Whether a predicate seems unknown only because its rules could not be read."""
    here = (problem.file, problem.place)
    names = {
        atom.predicate for rule in rules for atom in _atoms(rule) if (atom.place.file, str(atom.place.line)) == here
    }
    return reading.unread or bool(names & reading.broken)


def _trials(reading: Reading) -> tuple[Trial, ...]:
    trials: dict[str, Trial] = {}
    for document in reading.documents:
        trial = document.trial
        if trial and trials.setdefault(trial.id, trial) is not trial:
            reading.problems.append(
                Problem(
                    document.file,
                    "1",
                    f"the trial {trial.id} has a second file",
                    "Give each trial an id of its own.",
                    "declared-twice",
                )
            )
    return tuple(trials.values())


def _atoms(rule: Rule) -> Iterable[Atom]:
    return (rule.head, *(item for item in rule.body if isinstance(item, Atom)))


def name_problems(rules: Iterable[Rule], declared: Mapping[str, Predicate]) -> list[Problem]:
    """Predicates that do not exist, atoms of the wrong length, rules for what no rule may define."""
    rules = list(rules)
    arities: dict[str, tuple[int, str]] = {}
    for rule in rules:
        name = rule.head.predicate
        arities.setdefault(name, (len(rule.head.terms), str(rule.head.place)))
    for name, predicate in declared.items():
        if predicate.role != "derived" or name in arities:
            arities[name] = (predicate.arity, str(predicate.header.place))
    problems = []
    for rule in rules:
        name = rule.head.predicate
        if name in declared and declared[name].role != "derived":
            problems.append(
                Problem(
                    rule.place.file, str(rule.place.line), f"{name} is given by the vocabulary and has rules here",
                    "Rules define predicates of their own; choose another name.", "defined-twice",
                )
            )  # fmt: skip
        for atom in _atoms(rule):
            problems += atom_problems(atom, arities)
    return problems


def atom_problems(atom: Atom, arities: Mapping[str, tuple[int, str]]) -> list[Problem]:
    """Whether the atom's predicate exists and has as many columns; ``arities`` also says where that stands."""
    place = (atom.place.file, str(atom.place.line))
    if atom.predicate not in arities:
        remedy = headers.suggestion(atom.predicate, arities) or "Define it by rules, or declare it in vocabulary.dl."
        return [Problem(*place, f"there is no predicate {atom.predicate!r}", remedy, "unknown-predicate")]
    arity, where = arities[atom.predicate]
    if len(atom.terms) != arity:
        message = f"{atom.predicate} has {len(atom.terms)} arguments here and {arity} at {where}"
        return [Problem(*place, message, "Give one argument for each column.", "arity")]
    return []


def by_place(problem: Problem) -> tuple[str, int, str, str]:
    return problem.file, int(problem.place) if problem.place.isdigit() else 0, problem.code, problem.message
