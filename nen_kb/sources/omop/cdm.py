"""A CDM as a source of patients, read in batches of persons.

A patient's id is the ``person_id``; the CDM keeps the site's own number apart as ``person_source_value``.
No domain is ever complete by itself: an observation period says when data may have been collected, not
that a list of diagnoses or treatments is whole.  Whoever knows better can declare it, for every person with
an observation period, up to the end of the last one.
"""

from __future__ import annotations

import os
import shutil
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from nen_kb.errors import PatientError, Problem, UsageError
from nen_kb.facts.records import Note, Patient
from nen_kb.ontology import Ontology
from nen_kb.sources.addresses import shown
from nen_kb.sources.omop import people
from nen_kb.sources.omop.concepts import TermLexicon
from nen_kb.sources.omop.files import Opened
from nen_kb.sources.omop.opening import open_source
from nen_kb.sources.omop.tables import CLINICAL, NOT_READ, PERSON, VOCABULARY
from nen_kb.sources.omop.terms import Terms
from nen_kb.sources.omop.values import Row, whole

DOMAINS = ("conditions", "treatments", "imaging")

_OPENED: dict[tuple[int, str], Opened] = {}
"""What the copies of a process have opened: batches come one by one, each with its own copy."""


@dataclass(frozen=True)
class Batch:
    """Some persons in the order of their ids."""

    number: int
    first: int
    """The least and the greatest person id."""
    last: int
    count: int


@dataclass(frozen=True)
class Read:
    """What a batch held."""

    patients: tuple[Patient, ...]
    problems: tuple[Problem, ...] = ()
    """Persons who could not be read, and why; no verdict is given for them."""
    notes: tuple[Note, ...] = ()
    """Nothing that belongs to one patient: those notes stand with the patient."""


class Cdm:
    """One CDM.

    It can be pickled: the copy opens the source again.  The copy in a scratch file that a large CDM in files
    needs is made once and read by all; it goes when the first one is closed or no longer held.  Within a process
    all copies of one source share what they opened, and keep it to the end of the process.
    """

    def __init__(self, source: str, ontology: Ontology | None, complete: tuple[str, ...], opened: Opened) -> None:
        self.source = source
        self.complete = complete
        self._ontology = ontology
        self._shared = False
        self._token = uuid4().hex
        self._take(opened)
        self._people: list[int] | None = opened.database.people()
        self.problems: tuple[Problem, ...] = (*opened.problems, *_strangers(self.shown, opened))
        """What is wrong with the source as a whole."""
        self.notes: tuple[Note, ...] = _notes(opened)
        """What was not read of the source as a whole, and what cannot be known without it."""
        self._finalizer: weakref.finalize[Any, Any] | None = None
        if opened.staged:
            self._finalizer = weakref.finalize(self, _remove, opened.staged, os.getpid())

    @classmethod
    def open(
        cls,
        source: str | Path,
        ontology: Ontology | None = None,
        *,
        scratch: str | None = None,
        complete: Sequence[str] = (),
    ) -> Cdm:
        """Open a folder, a DuckDB file or a ``postgresql://`` address.

        ``scratch`` is a folder for the copy that a large CDM in files needs; ``complete`` names domains that the
        user declares complete.  Raises PatientError with every table and column that is missing and needed.
        """
        wrong = [name for name in complete if name not in DOMAINS]
        if wrong:
            remedy = f"Choose from {', '.join(DOMAINS)}."
            raise UsageError([Problem(shown(str(source)), name, "there is no such domain", remedy) for name in wrong])
        opened = open_source(str(source), scratch)
        try:
            faults = [*_missing(shown(str(source)), opened)]
            if faults:
                raise PatientError(faults)
            made = cls(str(source), ontology, tuple(complete), opened)
            if not made.persons:
                remedy = "Export the persons together with the rest."
                raise PatientError(Problem(made.shown, PERSON.upper(), "it holds no person", remedy, "no-patient"))
        except PatientError:
            opened.database.close()
            if opened.staged:
                shutil.rmtree(Path(opened.staged).parent, ignore_errors=True)
            raise
        return made

    @property
    def shown(self) -> str:
        """The source as it may be shown: without a password."""
        return shown(self.source)

    @property
    def persons(self) -> int:
        """How many person ids there are."""
        return len(self._ids())

    def batches(self, size: int) -> tuple[Batch, ...]:
        """All persons in batches of ``size``, in the order of their ids; the same every time."""
        if size < 1:
            raise UsageError(Problem("", "", "a batch holds at least one person", "Choose 1 or more."))
        found = self._ids()
        return tuple(
            Batch(
                start // size, found[start], found[min(start + size, len(found)) - 1], len(found[start : start + size])
            )
            for start in range(0, len(found), size)
        )

    def read(self, batch: Batch, as_of: int, ontology: Ontology | None = None) -> Read:
        """The patients of a batch as known on the index date ``as_of``, an ordinal."""
        terms = self._words(ontology)
        tables: dict[str, dict[int, list[Row]]] = {}
        everything: list[Row] = []
        for table in CLINICAL.values():
            if table.name == "drug_era" and not self._eras:
                continue
            rows = self._database.rows(table, batch.first, batch.last)
            everything += rows
            groups: dict[int, list[Row]] = {}
            for row in rows:
                groups.setdefault(whole(row.get("person_id")) or 0, []).append(row)
            tables[table.name] = groups
        terms.prepare(everything)
        return self._people_of(tables, terms, as_of)

    def _people_of(self, tables: dict[str, dict[int, list[Row]]], terms: Terms, as_of: int) -> Read:
        patients: list[Patient] = []
        problems: list[Problem] = []
        for person in sorted(tables[PERSON]):
            rows = {name: groups.get(person, []) for name, groups in tables.items()}
            fault = _fault(self.shown, person, rows[PERSON], self._broken)
            if fault is not None:
                problems.append(fault)
            else:
                patients.append(people.read(str(person), rows, terms, as_of, self.complete))
        return Read(tuple(patients), tuple(problems))

    def _words(self, ontology: Ontology | None) -> Terms:
        wanted = ontology or self._ontology
        if wanted is None:
            raise UsageError(Problem(self.shown, "", "the CDM was opened without an ontology", "Give one to read()."))
        held = self._opened.terms
        if isinstance(held, Terms) and held.lexicon.ontology is wanted:
            return held
        self._opened.terms = made = Terms(self._database, TermLexicon(wanted))
        return made

    def _ids(self) -> list[int]:
        if self._people is None:
            self._people = self._database.people()
        return self._people

    def _take(self, opened: Opened) -> None:
        self._opened = opened
        self._database = opened.database
        self._broken = opened.broken
        self._staged = opened.staged
        self._eras = not opened.database.filled("drug_exposure")

    def close(self) -> None:
        """Let go of the source, and of the copy if one was made."""
        if not self._shared:
            self._database.close()
        if self._finalizer is not None:
            self._finalizer()

    def __getstate__(self) -> dict[str, Any]:
        kept = ("source", "complete", "problems", "notes", "_staged", "_broken", "_token")
        return {name: self.__dict__[name] for name in kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._ontology = None
        self._finalizer = None
        self._people = None
        self._shared = True
        key = (os.getpid(), self._token)
        if key not in _OPENED:
            _OPENED[key] = open_source(self.source, None, self._staged)
            _OPENED[key].broken = self._broken
        self._take(_OPENED[key])


def _remove(staged: str, process: int) -> None:
    """Remove the copy of a large CDM, in the process that made it only."""
    if os.getpid() == process:
        shutil.rmtree(Path(staged).parent, ignore_errors=True)


def _missing(source: str, opened: Opened) -> list[Problem]:
    """PERSON, and the columns without which a table cannot be read."""
    database = opened.database
    if PERSON not in database.tables:
        remedy = "Name the schema that holds the CDM, or export PERSON too."
        return [
            Problem(source, PERSON.upper(), "the table is missing: there is nobody to judge", remedy, "no-person-table")
        ]
    found = []
    for table in [*CLINICAL.values(), *VOCABULARY.values()]:
        if table.name in database.tables:
            lacking = [name for name in table.required if name not in database.columns(table.name)]
            found += [
                Problem(source, f"{table.name.upper()}.{name}", "the column is missing", _COLUMN, "missing-column")
                for name in lacking
            ]
    return found


_COLUMN = "Export the table as CDM 5.3 or 5.4 defines it."


def _notes(opened: Opened) -> tuple[Note, ...]:
    database = opened.database
    made = []
    for table in [*CLINICAL.values(), *VOCABULARY.values()]:
        if not table.without:
            continue
        if table.name not in database.tables:
            made.append(Note(table.name.upper(), f"{table.name.upper()} is missing: {table.without}", "missing-table"))
        elif not database.filled(table.name):
            made.append(Note(table.name.upper(), f"{table.name.upper()} is empty: {table.without}", "missing-table"))
    if not database.filled("drug_exposure") and database.filled("drug_era"):
        said = "there are no exposures; DRUG_ERA is read instead, every end unknown"
        made.append(Note("DRUG_ERA", said, "read-with-care"))
    elif database.filled("drug_era"):
        made.append(Note("DRUG_ERA", "DRUG_ERA is not read: derived from DRUG_EXPOSURE", "not-read"))
    for name, what in NOT_READ.items():
        if database.filled(name):
            made.append(Note(name.upper(), f"{name.upper()} is not read: {what}", "not-read"))
    return tuple(made)


def _strangers(source: str, opened: Opened) -> tuple[Problem, ...]:
    """Rows that belong to nobody."""
    found = []
    nameless = opened.database.nameless()
    if nameless:
        what = f"{nameless} rows have no person_id that is a whole number; they are not read"
        found.append(Problem(source, PERSON.upper(), what, "Give every person an id.", "no-person-id"))
    for table in CLINICAL.values():
        if table.name == PERSON or table.name not in opened.database.tables:
            continue
        count = opened.database.strangers(table.name)
        if count:
            what = f"{count} rows belong to no person of PERSON; they are not read"
            found.append(Problem(source, table.name.upper(), what, "Export those persons too.", "no-person"))
    return tuple(found)


def _fault(source: str, person: int, rows: list[Row], broken: set[int]) -> Problem | None:
    """Why a person cannot be judged, if so: two different persons under one id, or a line that could not be read."""
    place = f"PERSON person_id={person}"
    if person in broken:
        said = "a line of this person could not be read, so what is on record is not known; no verdict is given"
        return Problem(source, place, said, "Correct the line listed for this person.", "broken-line")
    if len({tuple(sorted(row.items())) for row in rows}) > 1:
        said = "two different rows have this person id; whose the records are cannot be told, and no verdict is given"
        return Problem(source, place, said, "Give each person an id of their own.", "duplicate-id")
    return None
