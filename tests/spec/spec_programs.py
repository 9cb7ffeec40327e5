"""Programs for the book: the rules of a section, loaded with the real loader and run on one engine."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from spec_records import Entry, written

from nen_kb.engines.pydatalog import PyDatalogEngine
from nen_kb.facts.normalise import Prepared, normalise
from nen_kb.facts.values import from_grid
from nen_kb.ontology import Ontology
from nen_kb.resources import shipped
from nen_kb.rules import load_program, read_query
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.ir import Kind, Program
from nen_kb.rules.protocol import protocol_rows
from nen_kb.sources.case_file import patient_from_dict

ENGINES: Mapping[str, type[Evaluator] | type[PyDatalogEngine]] = {"evaluator": Evaluator, "pyDatalog": PyDatalogEngine}

BARE = """
#: base     patient(Patient)
#: means    The patient.
#: base     speaks_for(Patient, Clause)
#: means    There is evidence that the clause is true of the patient.
#: base     speaks_against(Patient, Clause)
#: means    There is evidence that the clause is not true of the patient.
#: given    single(Trial, Clause)
#: means    A clause or part that has rules of its own.
#: given    all_of(Trial, Clause)
#: means    A clause that needs all its parts.
#: given    any_of(Trial, Clause)
#: means    A clause that needs one of its parts.
#: given    part_of(Trial, Clause, Clause)
#: means    The first is a part of the second.
#: given    criterion(Trial, Clause, Word)
#: means    A whole clause, and whether it is an inclusion or an exclusion criterion.
"""
"""A vocabulary in which nothing but evidence is known of a patient, for the chapter on clauses."""

EVIDENCE = {"met": (True, False), "unmet": (False, True), "conflicting": (True, True), "unknown": (False, False)}
"""By status of a clause with rules of its own: whether there is evidence for it, and against it."""


@cache
def ontology() -> Ontology:
    """The ontology that ships."""
    return Ontology.load(None)


def evidence_rules(*clauses: str, trial: str = "SPEC") -> str:
    """Clauses or parts that are met on evidence for them and unmet on evidence against them."""
    return "\n".join(
        f"# ── {clause} ──\n"
        f"met(P, '{trial}', '{clause}') <= speaks_for(P, '{clause}')\n"
        f"unmet(P, '{trial}', '{clause}') <= speaks_against(P, '{clause}')"
        for clause in clauses
    )


class Logic:
    """A program over bare evidence, on one engine."""

    def __init__(self, program: Program, engine: str) -> None:
        self._engine = ENGINES[engine](program)
        self._protocol = protocol_rows(program)

    def outcomes(self, statuses: Mapping[str, str]) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
        """Statuses by clause and verdicts by trial, if there is evidence that gives those clauses those statuses.

        Each is a set, because rules do not promise that there is exactly one: the tests do.
        """
        base = {
            **self._protocol,
            "patient": {("p",)},
            "speaks_for": {("p", clause) for clause, status in statuses.items() if EVIDENCE[status][0]},
            "speaks_against": {("p", clause) for clause, status in statuses.items() if EVIDENCE[status][1]},
        }
        rows = self._engine.rows(base, ("status", "verdict"))
        found: dict[str, set[str]] = {}
        for _, _, clause, status in rows["status"]:
            found.setdefault(clause, set()).add(status)
        verdicts: dict[str, set[str]] = {}
        for _, trial, verdict in rows["verdict"]:
            verdicts.setdefault(trial, set()).add(verdict)
        return found, verdicts

    def status(self, clause: str, statuses: Mapping[str, str]) -> str:
        """The one status of a clause."""
        (status,) = self.outcomes(statuses)[0][clause]
        return status

    def verdict(self, statuses: Mapping[str, str], trial: str = "SPEC") -> str:
        """The one verdict of a trial."""
        (verdict,) = self.outcomes(statuses)[1][trial]
        return verdict


@dataclass(frozen=True)
class Knowledge:
    """The library that ships with the rules of a section, on one engine."""

    program: Program
    engine: Evaluator | PyDatalogEngine

    def status(self, clause: str, *entries: Entry, on: str | None = None, **person: str) -> str:
        """The one status of a clause for a patient with those records, judged on the index day or on a later day."""
        prepared = prepare(entries, person)
        day = None if on is None else date.fromisoformat(on).toordinal()
        rows = self.engine.rows({**prepared.rows(self.program.asked, day), **protocol_rows(self.program)}, ("status",))
        (status,) = {row[3] for row in rows["status"] if row[2] == clause}
        return str(status)

    def answers(self, question: str, *entries: Entry, **person: str) -> set[tuple[str, ...]]:
        """The answers to a question in the rule language, one tuple a row: its variables but P, in their order.

        Quantities come as decimals in the canonical unit, days as 2026-11-20, everything as text.
        """
        query = read_query(self.program, question, ontology())
        names = query.names & ontology().names
        asked = {name: classes | names for name, classes in self.program.asked.items()}
        base = {**prepare(entries, person).rows(asked), **protocol_rows(self.program)}
        kept = [place for place, variable in enumerate(query.variables) if variable.name != "P"]
        return {
            tuple(shown(row[place], query.columns[place].kind) for place in kept)
            for row in self.engine.query(base, query.body, query.variables)
        }

    def notes(self, *entries: Entry, **person: str) -> Collection[str]:
        """The kinds of the notes about those records."""
        return [note.kind for note in prepare(entries, person).notes]


def prepare(entries: Collection[Entry], person: Mapping[str, str]) -> Prepared:
    """A patient written as a case file, read and normalised."""
    return normalise(patient_from_dict(written(entries, person), "spec", ontology()), ontology())


def shown(value: str | int, kind: Kind) -> str:
    """A value as the tables write it."""
    if kind is Kind.DAY:
        return date.fromordinal(int(value)).isoformat()
    if kind is not Kind.VALUE:
        return str(value)
    number = from_grid(int(value))
    return format(number, "f") if number.is_finite() else ("inf" if number > Decimal(0) else "-inf")


def load_logic(folder: Path, rules: Mapping[str, str], engine: str) -> Logic:
    """The rules of those trials over bare evidence, with ``outcomes.dl`` as it ships."""
    (folder / "vocabulary.dl").write_text(BARE, encoding="utf-8")
    shutil.copy(shipped("kb") / "outcomes.dl", folder)
    return Logic(load(folder, rules), engine)


def load_knowledge(folder: Path, rules: Mapping[str, str], engine: str, tolerance: int | None) -> Knowledge:
    """The rules of those trials with vocabulary, policy, concepts and outcomes as they ship.

    ``tolerance``, if given, takes the place of the policy's tolerance for declarations.
    """
    for name in ("vocabulary.dl", "policy.dl", "outcomes.dl"):
        shutil.copy(shipped("kb") / name, folder)
    shutil.copytree(shipped("kb") / "concepts", folder / "concepts")
    if tolerance is not None:
        policy = (folder / "policy.dl").read_text(encoding="utf-8")
        given = f"+ completeness_tolerance({tolerance})"
        policy, found = re.subn(r"^\+ completeness_tolerance\(\d+\)", given, policy, flags=re.MULTILINE)
        assert found == 1, "the policy holds no tolerance for declarations"
        (folder / "policy.dl").write_text(policy, encoding="utf-8")
    program = load(folder, rules)
    return Knowledge(program, ENGINES[engine](program))


def load(folder: Path, rules: Mapping[str, str]) -> Program:
    """Writes a trial's folder for each of the rules, and loads the whole."""
    for trial, text in rules.items():
        place = folder / "trials" / trial.lower()
        place.mkdir(parents=True)
        head = f"#: trial {trial}\n#: version 2026-01-01\n#: title A section\n#: source source.txt\n\n"
        (place / "rules.dl").write_text(f"{head}#: section inclusion\n\n{text.strip()}\n", encoding="utf-8")
        (place / "source.txt").write_text("A section of the book.\n", encoding="utf-8")
    return load_program(folder, ontology(), strict=False)
