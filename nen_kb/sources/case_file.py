"""The case file: a patient written by hand in YAML or JSON (version 1 of the format).

A YAML file may hold several patients, each a document of its own behind a line ``---``.  The keys
``title`` (a sentence) and ``expect`` (statuses for tests) say nothing about the patient.

All mistakes of a file are reported in one run, each with its path and what to do; a file with a
mistake gives no patient.  What is no mistake but worth knowing becomes a note of the patient.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TypeVar

from nen_kb.errors import PatientError, Problem
from nen_kb.facts.dates import Days, completed_years, iso
from nen_kb.facts.records import Finding, Patient, Sex, Treatment
from nen_kb.ontology import Ontology
from nen_kb.sources.document import Document, Value, joined, shown
from nen_kb.sources.measurements import make_measurement
from nen_kb.sources.reading import Fields, Reading
from nen_kb.sources.records import make_declaration, make_finding, make_imaging, make_treatment
from nen_kb.sources.structured_text import from_python, read_document, read_text

VERSION = "1"
"""The version of the format that is read."""

KEYS = ("case", "id", "sex", "born", "index_date", "planned_start", "arms", "complete", "findings",
        "measurements", "treatments", "imaging", "title", "expect")  # fmt: skip

OLDEST = 130
"""More completed years than anybody has lived: a birth date before that is a mistake."""

MAX_RECORDS = 20_000
"""Entries of one list; a person's file written by hand has a few dozen."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_Record = TypeVar("_Record")


def read_case(
    path: Path, ontology: Ontology, *, text: str | None = None, as_of: int | None = None, today: int | None = None
) -> Patient:
    """The patient of a case file (JSON if its name ends in ``.json``, else YAML 1.2).

    ``text`` is read in place of the file's content, if given.  ``as_of`` (an ordinal day) takes the place
    of the file's index date, ``today`` that of a missing one (by default the day it really is).
    Raises PatientError with every problem of the file.
    """
    content = read_text(path) if text is None else text
    document = read_document(content, str(path), is_json=path.suffix.lower() == ".json")
    return _patient(document, str(path), ontology, as_of, today)


def read_cases(
    path: Path, ontology: Ontology, *, as_of: int | None = None, today: int | None = None
) -> tuple[list[Patient], list[Problem]]:
    """Every patient of a case file, and the problems of the others: one broken document never stops the rest."""
    text = read_text(path)
    patients: list[Patient] = []
    problems: list[Problem] = []
    for document in [text] if path.suffix.lower() == ".json" else documents(text):
        try:
            patients.append(read_case(path, ontology, text=document, as_of=as_of, today=today))
        except PatientError as error:
            problems += error.problems
    return patients, problems


def documents(text: str) -> list[str]:
    """The YAML documents of a text, each behind as many empty lines as keep its line numbers."""
    found: list[str] = []
    begin = 0
    lines = text.splitlines()
    for number, line in [*enumerate(lines), (len(lines), "---")]:
        if line.rstrip() == "---":
            if any(kept.strip() and not kept.lstrip().startswith("#") for kept in lines[begin:number]):
                found.append("\n" * begin + "\n".join(lines[begin:number]) + "\n")
            begin = number + 1
    return found or [text]


def case_from_json(
    text: str, file: str, ontology: Ontology, *, as_of: int | None = None, today: int | None = None
) -> Patient:
    """The patient of a case file in JSON, such as one line of many; raises PatientError with every problem of it.

    ``file`` is what problems and records name as their file, ``today`` the day that stands in for a missing index date.
    """
    return _patient(read_document(text, file, is_json=True), file, ontology, as_of, today)


def patient_from_dict(
    data: Mapping[str, object], file: str, ontology: Ontology, *, as_of: int | None = None
) -> Patient:
    """The patient of a mapping with the structure of a case file; raises PatientError likewise."""
    return _patient(from_python(data, file), file, ontology, as_of)


def read_person(fields: Fields, as_of: int | None) -> Patient:
    """The patient without records; sets the reading's index date and birth date, on which theirs rest."""
    reading = fields.reading
    version = fields.text("case")
    if version is not None and version != VERSION:
        message, remedy = (
            f"version {shown(version)} of the case format is not known",
            f"Write case: {VERSION}",
        )
        reading.problem("case", message, remedy, "unknown-version")
    name = fields.text("id", required=True)
    if name is not None and not _ID.fullmatch(name):
        remedy = "Use at most 100 letters (a to z), digits, dots, dashes and underscores, a letter or digit first"
        reading.problem("id", f"{shown(name)} cannot be an id", remedy, "bad-id")
    sex = fields.choice("sex", ("female", "male", "unknown"))
    written = fields.text("index_date")
    index = reading.day("index_date", written) if written else None
    reading.index_date = index or reading.index_date
    judged = as_of or reading.index_date
    if index is not None and judged != index:
        reading.note("index_date", f"judged on {iso(judged)} in place of {iso(index)}", "index-date")
    reading.born = _born(fields, max(judged, reading.index_date))
    planned = fields.text("planned_start")
    start = reading.day("planned_start", planned) if planned else None
    if start is not None and start < judged:
        message = "the planned start lies before the day judged, which takes its place"
        reading.note("planned_start", message, "planned-start")
    return Patient(
        id=name or "",
        index_date=judged,
        sex={"female": Sex.FEMALE, "male": Sex.MALE}.get(sex or ""),
        born=reading.born,
        planned_start=start,
        arms=_arms(fields),
    )


def _patient(document: Document, file: str, ontology: Ontology, as_of: int | None, today: int | None = None) -> Patient:
    reading = Reading(ontology, file, as_of or today or date.today().toordinal())
    reading.take(document)
    data = document.value
    if not isinstance(data, dict):
        remedy = "Begin with case: 1 and id: on lines of their own"
        raise PatientError([*reading.problems, Problem(file, "", "this is no case file.", f"{remedy}.", "not-a-case")])
    fields = Fields(reading, "", data, KEYS)
    person = read_person(fields, as_of)
    declarations = _all(fields, "complete", make_declaration)
    findings = _all(fields, "findings", make_finding)
    patient = replace(
        person,
        declarations=declarations,
        findings=tuple(finding for finding in findings if isinstance(finding, Finding)),
        measurements=_all(fields, "measurements", make_measurement),
        treatments=_all(fields, "treatments", make_treatment)
        + tuple(treatment for treatment in findings if isinstance(treatment, Treatment)),
        imaging=_all(fields, "imaging", make_imaging),
        notes=tuple(reading.notes),
    )
    reading.finish()
    return patient


def _all(fields: Fields, key: str, make: Callable[[Reading, str, Value], _Record | None]) -> tuple[_Record, ...]:
    """The records of one list of the file, in its order."""
    items = fields.items(key)
    if len(items) > MAX_RECORDS:
        remedy = "Write one file for each patient"
        fields.reading.problem(key, f"there are more than {MAX_RECORDS} entries", remedy, "too-large")
        return ()
    made = (make(fields.reading, f"{key}[{number}]", item) for number, item in enumerate(items))
    return tuple(record for record in made if record is not None)


def _born(fields: Fields, judged: int) -> Days | None:
    """The birth date; after the index date, or before living memory, it is a mistake."""
    written = fields.text("born")
    born = fields.reading.days("born", written) if written else None
    if born is None:
        return None
    if born.first > judged:
        fields.reading.problem(
            "born", "the birth date lies after the index date", "Correct one of the two", "bad-birth"
        )
        return None
    if completed_years(born.last, judged) > OLDEST:
        message = f"the birth date is more than {OLDEST} years before the index date"
        fields.reading.problem("born", message, "Correct one of the two", "bad-birth")
        return None
    return Days(born.first, min(born.last, judged))


def _arms(fields: Fields) -> tuple[tuple[str, int], ...]:
    """The randomised arm of each trial: ``{NCT05610826: 2}``."""
    value = fields.data.get("arms")
    if value is None:
        return ()
    if not isinstance(value, dict):
        remedy = "Write it as {NCT05610826: 2}"
        fields.reading.problem("arms", "this is not a mapping from trial to arm", remedy, "not-a-mapping")
        return ()
    arms = []
    for trial, arm in value.items():
        if isinstance(arm, str) and re.fullmatch(r"[1-9][0-9]?", arm) and _ID.fullmatch(trial):
            arms.append((trial, int(arm)))
        else:
            remedy = "Write the trial's id and the number of the arm, such as {NCT05610826: 2}"
            fields.reading.problem(joined("arms", trial), "this is not an arm of a trial", remedy, "bad-arm")
    return tuple(arms)
