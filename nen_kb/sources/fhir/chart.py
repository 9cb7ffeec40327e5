"""The chart of one patient while it is being read: what every kind of resource adds to.

It knows the patient's sex and birth, finds concepts and references, keeps the notes and gives
every record its id and origin.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from nen_kb.facts.dates import FAR_PAST, Days
from nen_kb.facts.records import Finding, Measurement, Origin, Presence, Sex, Treatment
from nen_kb.sources.fhir.bundles import Entry
from nen_kb.sources.fhir.codes import CONDITION, IMAGING, OBSERVABLE, SYSTEMS, TREATMENT, Lexicon, Meaning
from nen_kb.sources.fhir.known import FEMALE_CODES, MALE_CODES, NORMAL_RANGE
from nen_kb.sources.fhir.notes import Named, NoteBook
from nen_kb.sources.fhir.subjects import References
from nen_kb.sources.fhir.times import age, days, some_day, unknown_day

NEN = "NeuroendocrineNeoplasm"
NEOPLASM = "Neoplasm"
METASTASIS = "MetastaticDisease"
_USED = frozenset(SYSTEMS.values())


@dataclass
class Abatement:
    """A condition that ended: its absence counts unless another record of it goes on."""

    finding: Finding
    presence_id: str


@dataclass
class Chart:
    """One patient's record under construction."""

    lexicon: Lexicon
    references: References
    as_of: int
    notes: NoteBook
    sex: Sex | None = None
    born: Days | None = None
    parents: dict[int, list[Entry]] = field(default_factory=dict)
    """The reports and panels that list an observation, by the identity of its entry."""
    findings: list[Finding] = field(default_factory=list)
    measurements: list[Measurement] = field(default_factory=list)
    treatments: list[Treatment] = field(default_factory=list)
    abatements: list[Abatement] = field(default_factory=list)
    diagnoses: dict[int, str] = field(default_factory=dict)
    """The class of each Condition read, by the identity of its entry."""
    scans: Any = None
    """The drafts of scans, kept by ``imaging``."""
    _ids: set[str] = field(default_factory=set)

    def new_id(self, path: str) -> str:
        """An id for a record of that place, unique within the patient."""
        made, count = path, 1
        while made in self._ids:
            count += 1
            made = f"{path}:{count}"
        self._ids.add(made)
        return made

    def find(self, value: Any, entry: Entry) -> Entry | None:
        return self.references.find(value, entry)

    def finding(
        self,
        entry: Entry,
        path: str,
        concept: str,
        presence: Presence,
        when: Days,
        written: str,
        about: str | None = None,
    ) -> Finding:
        made = Finding(
            self.new_id(path),
            concept,
            presence,
            when,
            Origin(entry.file, path_in_file(entry, path)),
            about,
            written,
        )
        self.findings.append(made)
        return made

    def treatment(
        self,
        entry: Entry,
        path: str,
        concept: str,
        started: Days,
        ended: Days,
        written: str,
        *,
        end_known: bool,
    ) -> None:
        origin = Origin(entry.file, path_in_file(entry, path))
        self.treatments.append(Treatment(self.new_id(path), concept, started, ended, origin, written, end_known))

    def is_finding(self, concept: str | None) -> bool:
        """Whether a class is something a patient has, is or attests, and no treatment, scan or number."""
        return concept is not None and not any(
            self.lexicon.isa(concept, top) for top in (TREATMENT, IMAGING, OBSERVABLE)
        )

    def is_a(self, concept: str | None, top: str) -> bool:
        return self.lexicon.isa(concept, top)

    def unknown(self, entry: Entry, meaning: Meaning, what: str, path: str = "") -> None:
        """Note a code that the ontology does not know."""
        shown = meaning.written[:160] or "no code and no text"
        message = f"{entry.kind}: {shown} is not known; {what}"
        self.notes.unmapped(message, path or entry.path, self.named(entry, meaning))

    def named(self, entry: Entry, meaning: Meaning) -> Named:
        """What to call a code that the ontology does not know: one of a system it uses, if there is one, else any."""
        coded = [coding for coding in meaning.codings if coding.code]
        if not coded:
            text = next(iter(meaning.names), "")
            return Named("", text, text or "no code and no text", entry.kind)
        coding = next((each for each in coded if each.system in _USED), coded[0])
        return Named(coding.system, coding.code, coding.display or meaning.text, entry.kind)

    def how(self, entry: Entry, meaning: Meaning, path: str = "") -> None:
        """Note how a class was found where it was not by a plain code."""
        if meaning.how and meaning.concept:
            self.notes.add(
                "read-with-care",
                f"{entry.kind}: {meaning.written[:160]} is {meaning.how}",
                path or entry.path,
            )

    def modified(self, entry: Entry) -> bool:
        """Whether the resource carries an extension that may change its meaning, and note it."""
        if not dicts(entry.resource.get("modifierExtension")):
            return False
        self.notes.add(
            "modified",
            f"{entry.kind}: an extension that may change its meaning is not understood; nothing follows",
            entry.path,
        )
        return True

    def day_of(self, entry: Entry, stem: str, fallback: str = "") -> Days:
        """The days of ``stem[x]``, or of the fallback date, or everything up to the index date; noted."""
        found = some_day(entry.resource, stem, self.born, self.as_of)
        if found:
            return found
        if fallback and (found := days(entry.resource.get(fallback))):
            self.notes.add(
                "date-recorded",
                f"{entry.kind}: no date of its own that can be read; {fallback} counts",
                entry.path,
            )
            return found
        self.notes.add("no-date", f"{entry.kind}: it has no date that can be read; it may be of any day", entry.path)
        return unknown_day(self.as_of)

    def range_applies(self, when: Days) -> Any:
        """A check of reference ranges: empty if one certainly is this patient's, else why it is not used."""

        def check(element: dict[str, Any]) -> str:
            kind = self.lexicon.meaning(element.get("type"))
            if kind.written and not (kind.codes | set(kind.names)) & NORMAL_RANGE:
                return "a reference range that is not the normal one is not used"
            for group in dicts(element.get("appliesTo")):
                meaning = self.lexicon.meaning(group)
                mine = {Sex.MALE: MALE_CODES, Sex.FEMALE: FEMALE_CODES}.get(self.sex) if self.sex else None
                if not mine or not meaning.codes & mine:
                    return "a reference range for a group that may not be this patient's is not used"
            if isinstance(element.get("age"), dict):
                low, high = element["age"].get("low"), element["age"].get("high")
                first = age(low, self.born) if low else Days(FAR_PAST, FAR_PAST)
                last = age(high, self.born) if high else None
                if (
                    first is None
                    or (high and last is None)
                    or when.first < first.last
                    or (last and when.last > last.first)
                ):
                    return "a reference range for an age that may not be this patient's is not used"
            return ""

        return check


def path_in_file(entry: Entry, path: str) -> str:
    """The JSON path alone, where an id carries the file's name too."""
    return path.removeprefix(f"{entry.file}#") if entry.scope.startswith("folder:") else path


def dicts(value: Any) -> list[dict[str, Any]]:
    """The objects of a list, or the one object: nothing else."""
    return (
        [item for item in value if isinstance(item, dict)]
        if isinstance(value, list)
        else [value]
        if isinstance(value, dict)
        else []
    )


def status(entry: Entry, name: str = "status") -> str:
    """The status code of a resource, from a code or a CodeableConcept; empty if there is none."""
    value = entry.resource.get(name)
    if isinstance(value, str):
        return value.strip().lower()
    for holder in dicts(value):
        for coding in dicts(holder.get("coding")):
            code = coding.get("code")
            if isinstance(code, str) and code.strip():
                return code.strip().lower()
        if isinstance(holder.get("text"), str):
            return str(holder["text"]).strip().lower()
    return ""


def extensions(holder: dict[str, Any], ending: str) -> Iterator[dict[str, Any]]:
    """Extensions whose address ends so: ``histology-morphology-behavior``."""
    for extension in dicts(holder.get("extension")):
        url = extension.get("url")
        if isinstance(url, str) and url.endswith(ending):
            yield extension


def profiled(entry: Entry, ending: str) -> bool:
    """Whether the resource claims a profile whose address ends so."""
    meta = entry.resource.get("meta")
    profiles = meta.get("profile") if isinstance(meta, dict) else None
    return isinstance(profiles, list) and any(
        isinstance(p, str) and p.partition("|")[0].endswith(ending) for p in profiles
    )


__all__ = [
    "CONDITION",
    "IMAGING",
    "METASTASIS",
    "NEN",
    "NEOPLASM",
    "OBSERVABLE",
    "TREATMENT",
    "Abatement",
    "Chart",
    "dicts",
    "extensions",
    "path_in_file",
    "profiled",
    "status",
]
