"""Two versions of the knowledge base asked about the same patients: what each answers differently, and why.

A version is a folder of rules, an ontology, or a folder with both; what it does not name is the one that ships.
Rules are used even where checks of their wording or style find fault with them, so that old and unfinished
ones can be compared.  The evaluator alone judges: it is the meaning of the rules, and the second engine only
guards against errors of the program.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from nen_kb.errors import NenKbError, Problem, RulesError, UsageError
from nen_kb.explain import Judgement, because, reasons
from nen_kb.facts.normalise import Limits, normalise
from nen_kb.facts.records import Patient
from nen_kb.knowledge_base.judging import OUTCOMES, require_outcomes
from nen_kb.knowledge_base.results import Status, Verdict
from nen_kb.ontology import Ontology
from nen_kb.resources import shipped
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.ir import Program
from nen_kb.rules.load import load_program
from nen_kb.rules.protocol import protocol_rows
from nen_kb.sources.limits import load_limits
from nen_kb.sources.reading_all import Sources, read_sources

Progress = Callable[[int, int], None]
Key = tuple[str, str, int]
"""A patient by file, id and, where one file holds several of that id, number."""


@dataclass(frozen=True)
class Version:
    """One version of the knowledge base."""

    name: str
    """As it was named."""
    program: Program
    ontology: Ontology
    limits: Limits | None = None

    @cached_property
    def evaluator(self) -> Evaluator:
        """The rules, ready to judge."""
        return Evaluator(self.program)

    @cached_property
    def protocol(self) -> dict[str, frozenset[tuple[str | int, ...]]]:
        """What the headers of the trials say."""
        return protocol_rows(self.program)

    def judge(self, patient: Patient) -> Judgement:
        """One patient, by the evaluator."""
        prepared = normalise(patient, self.ontology, self.limits)
        base = {**prepared.rows(self.program.asked), **self.protocol}
        return Judgement(self.program, self.evaluator, prepared, self.evaluator.run(base, OUTCOMES), base)

    @property
    def clauses(self) -> frozenset[tuple[str, str]]:
        """Every clause and part of every trial."""
        return frozenset((trial.id, clause.id) for trial in self.program.trials for clause in trial.clauses)


@dataclass(frozen=True)
class Side:
    """What one version answers about a clause."""

    status: Status
    because: tuple[str, ...]
    """What decides it or, of an open clause, what is missing; each in one line."""


@dataclass(frozen=True)
class ClauseChange:
    """A clause or part of both versions with another status."""

    trial: str
    clause: str
    part: bool
    old: Side
    new: Side


@dataclass(frozen=True)
class TrialChange:
    """A trial of both versions that answers a patient differently."""

    trial: str
    old: Verdict
    new: Verdict
    clauses: tuple[ClauseChange, ...]
    """Empty where the verdict changes for the sake of clauses that only one version has."""


@dataclass(frozen=True)
class PatientChange:
    """A patient whom the two versions answer differently."""

    patient: str
    file: str
    trials: tuple[TrialChange, ...]


@dataclass(frozen=True)
class OneSided:
    """Patients that only one version can read."""

    patients: tuple[tuple[str, str], ...]
    """(id, file) of each."""
    problems: tuple[Problem, ...]
    """What the other version finds wrong with them."""


@dataclass(frozen=True)
class Difference:
    """Everything two versions answer differently about some patients."""

    old: Version
    new: Version
    patients: int
    """How many patients both versions can read."""
    changes: tuple[PatientChange, ...]
    only_old: tuple[tuple[str, str], ...]
    """Clauses and parts of the old version only: (trial, clause), the clause empty for a whole trial."""
    only_new: tuple[tuple[str, str], ...]
    read_by_old: OneSided
    read_by_new: OneSided
    problems: tuple[Problem, ...] = field(default=())
    """What neither version can read."""

    @property
    def same(self) -> bool:
        """Whether rules and ontology are the same to the byte, so that nothing was judged."""
        return _identity(self.old) == _identity(self.new)


def load_versions(old: Path, new: Path, limits: Path | None = None) -> tuple[Version, Version]:
    """The two versions; raises RulesError or OntologyError with everything that is wrong with either.

    Raises UsageError for a path that is no version.
    """
    found: list[Version] = []
    errors: list[NenKbError] = []
    for path in (old, new):
        try:
            found.append(load_version(path, limits))
        except NenKbError as error:
            errors.append(error)
    if errors:
        first = type(errors[0])
        raise first(dict.fromkeys(problem for error in errors for problem in error.problems))
    return found[0], found[1]


def load_version(path: Path, limits: Path | None = None) -> Version:
    """The version a path names."""
    rules, root = _parts(path)
    ontology = Ontology.load(root)
    try:
        program = load_program(rules or shipped("kb"), ontology, strict=False)
        require_outcomes(program)
    except RulesError as error:
        folder = rules or Path("kb")
        raise RulesError(replace(each, file=str(folder / each.file)) for each in error.problems) from None
    return Version(str(path), program, ontology, load_limits(limits, ontology) if limits else None)


def _parts(path: Path) -> tuple[Path | None, Path | None]:
    """The folder of rules and the root file of the ontology that a path names."""
    if path.is_file() and path.suffix.lower() in (".owl", ".rdf", ".xml"):
        return None, path
    if (path / "vocabulary.dl").is_file():
        return path, None
    rules, root = path / "kb", path / "ontology" / "nen.owl"
    found = rules if (rules / "vocabulary.dl").is_file() else None, root if root.is_file() else None
    if found == (None, None) and (path / "nen.owl").is_file():
        return None, path / "nen.owl"
    if found == (None, None):
        message = "this is no version of the knowledge base" if path.exists() else "there is no such file or folder"
        remedy = "Name a folder of rules (with vocabulary.dl), an ontology file, or a folder with kb/ and ontology/."
        raise UsageError(Problem(str(path), "", message, remedy, "no-version"))
    return found


def compare(old: Version, new: Version, files: Sequence[Path], progress: Progress | None = None) -> Difference:
    """What the two versions answer differently about every patient of the files.

    ``progress`` is told after each patient how many are done, and of how many.
    """
    sources = read_sources(files, old.ontology)
    other = sources if old.ontology.sha256 == new.ontology.sha256 else read_sources(files, new.ontology)
    ours, theirs = _by_key(sources), _by_key(other)
    both = [key for key in theirs if key in ours]
    changes: list[PatientChange] = []
    same = _identity(old) == _identity(new)
    for number, key in enumerate([] if same else both, start=1):
        change = _patient(old, new, ours[key], theirs[key], key[0])
        if change is not None:
            changes.append(change)
        if progress is not None:
            progress(number, len(both))
    either = [problem for problem in sources.problems if problem in other.problems]
    return Difference(
        old=old,
        new=new,
        patients=len(both),
        changes=tuple(changes),
        only_old=_missing_in(old, new),
        only_new=_missing_in(new, old),
        read_by_old=_one_sided(ours, theirs, other.problems, either),
        read_by_new=_one_sided(theirs, ours, sources.problems, either),
        problems=tuple(either),
    )


def _identity(version: Version) -> tuple[str, str]:
    return version.program.sha256, version.ontology.sha256


def _by_key(sources: Sources) -> dict[Key, Patient]:
    """The patients, those that were renamed for the sake of others under the id of their file."""
    found: dict[Key, Patient] = {}
    for file, patient in zip(sources.files, sources.patients, strict=True):
        renamed = any(note.kind == "same-id" for note in patient.notes)
        name = re.sub(r"\.[0-9]+\Z", "", patient.id) if renamed else patient.id
        number = 0
        while (file, name, number) in found:
            number += 1
        found[file, name, number] = patient
    return found


def _one_sided(
    own: dict[Key, Patient], other: dict[Key, Patient], problems: Sequence[Problem], either: Sequence[Problem]
) -> OneSided:
    patients = tuple((patient.id, key[0]) for key, patient in own.items() if key not in other)
    return OneSided(patients, tuple(problem for problem in problems if problem not in either))


def _missing_in(version: Version, other: Version) -> tuple[tuple[str, str], ...]:
    """The trials and clauses of a version that the other lacks, in the order of the protocols."""
    known = {trial.id for trial in other.program.trials}
    found: list[tuple[str, str]] = []
    for trial in version.program.trials:
        if trial.id not in known:
            found.append((trial.id, ""))
            continue
        found += ((trial.id, clause.id) for clause in trial.clauses if (trial.id, clause.id) not in other.clauses)
    return tuple(found)


def _patient(old: Version, new: Version, one: Patient, other: Patient, file: str) -> PatientChange | None:
    ours, theirs = old.judge(one), new.judge(other)
    if one.id == other.id and all(ours.model.rows(name) == theirs.model.rows(name) for name in OUTCOMES):
        return None
    known = {trial.id for trial in old.program.trials}
    found = (_trial(old, new, trial.id, ours, theirs) for trial in new.program.trials if trial.id in known)
    trials = tuple(trial for trial in found if trial is not None)
    return PatientChange(theirs.patient, file, trials) if trials else None


def _trial(old: Version, new: Version, trial: str, ours: Judgement, theirs: Judgement) -> TrialChange | None:
    before, after = _verdict(ours, trial), _verdict(theirs, trial)
    clauses = tuple(_clauses(old, new, trial, ours, theirs))
    return TrialChange(trial, before, after, clauses) if clauses or before is not after else None


def _clauses(old: Version, new: Version, trial: str, ours: Judgement, theirs: Judgement) -> Iterator[ClauseChange]:
    for clause in new.program.trial(trial).clauses:
        if (trial, clause.id) in old.clauses and ours.status(trial, clause.id) != theirs.status(trial, clause.id):
            sides = (_side(judgement, trial, clause.id) for judgement in (ours, theirs))
            yield ClauseChange(trial, clause.id, bool(clause.parent), *sides)


def _side(judgement: Judgement, trial: str, clause: str) -> Side:
    status = Status(judgement.status(trial, clause))
    if status in (Status.MET, Status.UNMET):
        lines = because(judgement, trial, clause)
    else:
        lines = [reason.text for reason in reasons(judgement, trial, clause)]
    return Side(status, tuple(dict.fromkeys(lines)))


def _verdict(judgement: Judgement, trial: str) -> Verdict:
    (found,) = (
        Verdict(str(row[2]))
        for row in judgement.model.rows("verdict")
        if row[0] == judgement.patient and row[1] == trial
    )
    return found
