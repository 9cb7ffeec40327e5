"""Assumptions put in the place of what is recorded: a patient as she would be.

An assumption is a text (``assumption_text``) or a mapping: an entry of the case file, alone or in its section
(``{"measurements": {"observable": …}}``).  Its values go through the readers of the case file.  Without a
date it holds on the day judged.  What an assumption takes the place of says ``facts.assuming``; besides

- a treatment with nothing but an end, or nothing but ``ongoing``, is the one recorded course of exactly that
  treatment that this can be said of, with another end; if there is none, or several, it is a course of its own
  of unknown start;
- what is assumed of the person (sex, birth date, planned start, arm of a trial) replaces what is known of her.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nen_kb.errors import PatientError, Problem, UsageError
from nen_kb.facts.assuming import added, assume, course_to_end, open_course, records, with_end
from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, Days, iso
from nen_kb.facts.normalise import Record
from nen_kb.facts.records import Declaration, Finding, Origin, Patient, Treatment
from nen_kb.ontology import Ontology
from nen_kb.sources.assumption_text import Entry, Unclear, read_words
from nen_kb.sources.case_file import KEYS, read_person
from nen_kb.sources.document import Value, shown
from nen_kb.sources.measurements import make_measurement
from nen_kb.sources.reading import Fields, Reading
from nen_kb.sources.records import make_declaration, make_finding, make_imaging, make_treatment
from nen_kb.sources.structured_text import from_python

FILE = "assumption"
"""Stands where a record's file stands."""

Given = str | Mapping[str, object]
_MAKERS = {
    "complete": make_declaration,
    "findings": make_finding,
    "measurements": make_measurement,
    "treatments": make_treatment,
    "imaging": make_imaging,
}
_SECTION_OF = {
    "domain": "complete", "concept": "findings", "observable": "measurements", "agent": "treatments",
    "procedure": "imaging", "sex": "person", "born": "person", "planned_start": "person", "arms": "person",
}  # fmt: skip
_DATED = ("findings", "measurements", "imaging")


@dataclass(frozen=True)
class Assumed:
    """A patient under assumptions."""

    patient: Patient
    set_aside: tuple[Record, ...]
    """The records in whose place the assumptions stand."""
    replaced: tuple[str, ...]
    """What was known of the person and is replaced, by the names of ``Patient.assumed``."""


def assume_all(
    patient: Patient, given: Sequence[Given], ontology: Ontology, trials: Mapping[str, str], place: str = "assumption"
) -> Assumed:
    """The patient under all of the assumptions, each taking the place of what is recorded, never of another.

    ``trials`` gives the id of a trial for its names in lower case; ``place`` stands before each assumption in
    messages.  Raises UsageError with everything that is wrong with any of them.
    """
    reader = _Reader(patient, ontology, trials, place)
    for one in given:
        reader.take(one)
    if reader.problems:
        raise UsageError(reader.problems)
    return Assumed(reader.patient, tuple(dict.fromkeys(reader.set_aside)), tuple(reader.replaced))


class _Reader:
    def __init__(self, patient: Patient, ontology: Ontology, trials: Mapping[str, str], place: str) -> None:
        self.patient = patient
        self.ontology = ontology
        self.trials = trials
        self.place = place
        self.problems: list[Problem] = []
        self.set_aside: list[Record] = []
        self.replaced: list[str] = []
        self._number = 0

    def take(self, given: Given) -> None:
        """Add one assumption to the patient, or its problems to the list."""
        path = self._path()
        name = given if isinstance(given, str) else ", ".join(map(str, given)) if isinstance(given, Mapping) else ""
        label = f"{self.place} {shown(name)}"
        reading = Reading(self.ontology, FILE, self.patient.index_date, born=self.patient.born)
        try:
            entry = _entry(given, self.ontology)
            self._read(entry, reading, path)
        except Unclear as unclear:
            reading.problem("", unclear.message, unclear.remedy, unclear.code)
        except PatientError as error:
            reading.problems.extend(error.problems)
        self.problems += (
            replace(each, file=label, place=each.place.removeprefix(path).strip(".")) for each in reading.problems
        )

    def _path(self) -> str:
        taken = {found.id for found in records(self.patient)}
        while f"{FILE}[{self._number}]" in taken:
            self._number += 1
        self._number += 1
        return f"{FILE}[{self._number - 1}]"

    def _read(self, entry: Entry, reading: Reading, path: str) -> None:
        if entry.section == "person":
            self._person(entry, reading)
            return
        data: Value = dict(entry.data)
        if isinstance(data, dict) and entry.section in _DATED:
            data.setdefault("date", iso(self.patient.index_date))
        record = _MAKERS[entry.section](reading, path, data)
        if record is None or reading.problems:
            return
        record = replace(record, origin=replace(record.origin, assumed=True))
        if not self._in_time(record, reading, path) or not self._plain_denial(record, entry, reading, path):
            return
        course = self._course(record, entry) if isinstance(record, Treatment) else None
        if course is not None and isinstance(record, Treatment):
            self.set_aside.append(course)
            rest = tuple(each for each in self.patient.treatments if each is not course)
            found = with_end(course, record.ended, record.id, _origin(record.origin, course.origin))
            self.patient = added(replace(self.patient, treatments=rest), found)
        else:
            self.patient, gone = assume(self.patient, record)
            self.set_aside += gone
            self.patient = replace(self.patient, notes=(*self.patient.notes, *reading.notes))

    def _course(self, record: Treatment, entry: Entry) -> Treatment | None:
        """The recorded course that an assumption without a start speaks of, if it is plain which."""
        if entry.section != "treatments" or {"started", "date"} & {key for key, value in entry.data.items() if value}:
            return None
        if record.ended.first >= FAR_FUTURE:
            return open_course(self.patient, record.concept)
        return course_to_end(self.patient, record.concept, record.ended) if record.end_known else None

    def _plain_denial(self, record: Record, entry: Entry, reading: Reading, path: str) -> bool:
        """Whether it is plain what is denied: "no everolimus" beside a course of it may mean no longer, or never."""
        if not isinstance(record, Finding) or entry.denied_with in ("", "never"):
            return True
        given = [each for each in self.patient.treatments if self.ontology.isa(each.concept, record.concept)]
        if not given or all(each.origin.assumed for each in given):
            return True
        name, course = self.ontology.label(record.concept), self.ontology.label(given[0].concept)
        message = f"{course} is on record, so this may mean that it is over, or that it was never given"
        remedy = f"Write '{course} ended 2026-10-01' with its last day, or 'never {name}'"
        reading.problem(path, message, remedy, "ambiguous")
        return False

    def _in_time(self, record: Record, reading: Reading, path: str) -> bool:
        """Whether the assumption holds on the day judged; what lies after it would be set aside."""
        today = self.patient.index_date
        match record:
            case Declaration():
                days = [Days(record.as_of, record.as_of)]
            case Treatment():
                days = [
                    d for d in (record.started, record.ended) if FAR_PAST < d.first < FAR_FUTURE and _told(record, d)
                ]
            case _:
                days = [record.when]
        if all(each.first <= today for each in days):
            return True
        message = f"it lies after the day judged ({iso(today)}), on which nobody knows of it"
        reading.problem(path, message, "Judge on a later day with --as-of DATE, or with a later index date", "later")
        return False

    def _person(self, entry: Entry, reading: Reading) -> None:
        """Replace what is known of the person herself."""
        data: dict[str, Value] = dict(entry.data)
        arms = data.get("arms")
        if isinstance(arms, dict):
            data["arms"] = {self._trial(name, reading): arm for name, arm in arms.items()}
        today = self.patient.index_date
        person = read_person(Fields(reading, "", {"id": FILE, "index_date": iso(today), **data}, KEYS), None)
        if person.planned_start is not None and person.planned_start < today:
            message = f"the planned start lies before the day judged ({iso(today)})"
            reading.problem("planned_start", message, "Correct the day, or judge on an earlier one", "planned-start")
        known = dict(self.patient.arms)
        names = [key for key in ("sex", "born", "planned_start") if data.get(key) is not None]
        changed = {key: getattr(person, key) for key in names}
        replaced = [key for key in names if getattr(self.patient, key) is not None]
        names += [f"arms.{trial}" for trial, _ in person.arms]
        replaced += [f"arms.{trial}" for trial, _ in person.arms if trial in known]
        for name in names:
            if name in self.patient.assumed:
                what = name.replace("_", " ").replace("arms.", "the arm of ")
                reading.problem(name, f"{what} is assumed twice", "Keep one of the two", "assumed-twice")
        if not reading.problems:
            self.replaced += replaced
            every = tuple({**known, **dict(person.arms)}.items())
            self.patient = replace(self.patient, **changed, arms=every, assumed=(*self.patient.assumed, *names))

    def _trial(self, name: str, reading: Reading) -> str:
        found = self.trials.get(name.casefold())
        if found is None:
            ids = ", ".join(dict.fromkeys(self.trials.values()))
            reading.problem("arms", f"there is no trial {shown(name)}", f"Choose one of {ids}", "unknown-trial")
        return found or name


def _told(record: Treatment, days: Days) -> bool:
    """Whether the days of a course were given and not only follow from its other end."""
    return days is record.started or record.end_known


def _origin(assumed: Origin, course: Origin) -> Origin:
    """Where a course with an assumed end comes from: its other dates are those of the record."""
    return replace(assumed, text=assumed.text or course.text)


def _entry(given: Given, ontology: Ontology) -> Entry:
    """The entry that a text or a mapping means; raises Unclear, or PatientError for values of another kind."""
    if isinstance(given, str):
        return read_words(given, ontology)
    if not isinstance(given, Mapping):
        message = f"a {type(given).__name__} is no assumption"
        raise Unclear(message, "Write it in words, or as an entry of the case file", "not-an-assumption")
    document = from_python(given, FILE)
    if document.problems:
        raise PatientError(document.problems)
    assert isinstance(document.value, dict)
    data = document.value
    section = next((key for key in data if key in _MAKERS), None)
    if section is not None and len(data) == 1:
        inside = data[section]
        inside = inside[0] if isinstance(inside, list) and len(inside) == 1 else inside
        inside = {"domain": inside} if section == "complete" and isinstance(inside, str) else inside
        if isinstance(inside, dict):
            return Entry(section, inside)
        raise Unclear(f"{section} does not hold one entry", "Write one mapping for each assumption", "not-one-entry")
    sections = {_SECTION_OF[key] for key in data if key in _SECTION_OF}
    if len(sections) != 1:
        message = "it is not plain which list of the case file this entry belongs to"
        keys = ", ".join(_SECTION_OF)
        raise Unclear(message, f"Name one of {keys}", "ambiguous" if sections else "not-an-assumption")
    section = sections.pop()
    if section == "person" and (odd := [key for key in data if _SECTION_OF.get(key) != "person"]):
        raise Unclear(f"the key {shown(odd[0])} does not belong here", "Leave it out", "unknown-key")
    return Entry(section, data)
