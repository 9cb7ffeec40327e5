"""Reads patients from Turtle or RDF/XML, made in Protégé or exported by ``writer``.

Every mistake of a file is reported in one run, with the individual and the property it is about.  A patient with a
mistake is not given; the other patients of the file are.  Nothing is fetched: what a file imports is not read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TypeVar

from rdflib import OWL, RDF, Graph, URIRef
from rdflib.term import Node as Term

from nen_kb.errors import Problem
from nen_kb.facts.dates import Days, completed_years, iso
from nen_kb.facts.records import Declaration, Finding, Imaging, Measurement, Note, Patient, Sex, Treatment
from nen_kb.ontology import Ontology
from nen_kb.sources.case_file import MAX_RECORDS, OLDEST
from nen_kb.sources.document import shown
from nen_kb.sources.rdf import records
from nen_kb.sources.rdf.node import Node, local_name
from nen_kb.sources.rdf.parsing import load, quiet
from nen_kb.sources.rdf.vocabulary import LINKS, ONTOLOGY, PAT
from nen_kb.sources.reading import Reading

MAX_ID = 200
"""Characters of a patient's id."""

_Record = TypeVar("_Record")
Identified = Declaration | Finding | Measurement | Treatment | Imaging


@dataclass(frozen=True)
class RdfResult:
    """What a file held."""

    patients: tuple[Patient, ...]
    problems: tuple[Problem, ...]
    notes: tuple[Note, ...] = ()
    """What is worth knowing of the file itself; notes of a patient stand with the patient."""


def read_rdf(path: Path, ontology: Ontology, *, as_of: int | None = None) -> RdfResult:
    """The patients of a file.  ``as_of`` (an ordinal day) takes the place of their index dates."""
    graph = load(path)
    if isinstance(graph, Problem):
        return RdfResult((), (graph,))
    return read_graph(graph, str(path), ontology, as_of=as_of)


def read_graph(graph: Graph, file: str, ontology: Ontology, *, as_of: int | None = None) -> RdfResult:
    """The patients of a graph; ``file`` is where it came from."""
    with quiet():
        return _read(graph, file, ontology, as_of)


def _read(graph: Graph, file: str, ontology: Ontology, as_of: int | None) -> RdfResult:
    owners = _owners(graph)
    problems = _strays(graph, file, owners)
    patients: list[Patient] = []
    people = sorted(graph.subjects(RDF.type, PAT.Patient, unique=True), key=str)
    for subject in people:
        reading = Reading(ontology, file, as_of or date.today().toordinal())
        reader = _Patient(reading, graph, subject, owners)
        patient = reader.patient(as_of)
        problems += reading.problems
        if not reading.problems:
            patients.append(replace(patient, notes=(*patient.notes, *reader.new_notes())))
    if not people and not problems:
        remedy = "Make the patient an individual of pat:Patient (https://w3id.org/nen-kb/patient#Patient)."
        problems.append(Problem(file, "", "it holds no patient: no individual of pat:Patient.", remedy, "no-patient"))
    return RdfResult(tuple(patients), tuple(problems), tuple(_imports(graph, file)))


class _Patient:
    """One patient while she is being read."""

    def __init__(self, reading: Reading, graph: Graph, subject: Term, owners: dict[Term, list[Term]]) -> None:
        self.reading = reading
        self.graph = graph
        self.owners = owners
        self.kept: list[Note] = []
        self.identity = local_name(subject)
        self.node = Node(reading, graph, subject, "Patient", called(graph, subject) or "a patient without a name")

    def patient(self, as_of: int | None) -> Patient:
        """The patient; only to be used if no problem was found."""
        person = self._person(as_of)
        findings = self._all("finding", records.finding)
        made = replace(
            person,
            arms=self._all("randomisation", records.randomisation),
            declarations=self._all("complete", records.declaration),
            findings=tuple(each for each in findings if isinstance(each, Finding)),
            measurements=self._all("measurement", lambda node: records.measurement(node, self.graph)),
            treatments=self._all("treatment", records.treatment)
            + tuple(each for each in findings if isinstance(each, Treatment)),
            imaging=self._all("imaging", records.imaging),
            notes=self._all("note", records.note),
        )
        self.kept = list(made.notes)
        self._unique(made)
        return made

    def new_notes(self) -> list[Note]:
        """What this reading noted and the file did not yet hold."""
        return [note for note in self.reading.notes if note not in self.kept]

    def _person(self, as_of: int | None) -> Patient:
        node, reading = self.node, self.reading
        self.identity = node.text("id") or self.identity
        if not self.identity or len(self.identity) > MAX_ID or not self.identity.isprintable():
            remedy = f"Add pat:id, a text of at most {MAX_ID} characters"
            reading.problem(node.place("id"), "the patient has no usable id", remedy, "bad-id")
        sex = node.choice("sex", ("female", "male", "unknown"))
        index = node.day("indexDate")
        reading.index_date = index or reading.index_date
        judged = as_of or reading.index_date
        if index is not None and judged != index:
            reading.note(node.place("indexDate"), f"judged on {iso(judged)} in place of {iso(index)}", "index-date")
        reading.born = self._born(max(judged, reading.index_date))
        start = node.day("plannedStart")
        if start is not None and start < judged:
            message = "the planned start lies before the day judged, which takes its place"
            reading.note(node.place("plannedStart"), message, "planned-start")
        sexes = {"female": Sex.FEMALE, "male": Sex.MALE}
        return Patient(self.identity, judged, sexes.get(sex or ""), reading.born, start)

    def _born(self, judged: int) -> Days | None:
        born = self.node.date("born")
        if born is None:
            return None
        if born.first > judged:
            message = "the birth date lies after the index date"
        elif completed_years(born.last, judged) > OLDEST:
            message = f"the birth date is more than {OLDEST} years before the index date"
        else:
            return Days(born.first, min(born.last, judged))
        self.reading.problem(self.node.place("born"), message, "Correct one of the two", "bad-birth")
        return None

    def _all(self, link: str, make: Callable[[Node], _Record | None]) -> tuple[_Record, ...]:
        """The records of one kind, in their order."""
        targets = self.node.links(link)
        if len(targets) > MAX_RECORDS:
            message = f"there are more than {MAX_RECORDS} records of one kind"
            self.reading.problem(self.node.place(link), message, "Write one file for each patient", "too-large")
            return ()
        nodes = []
        for number, target in enumerate(targets, 1):
            name = called(self.graph, target) or f"{link} {number} of {self.identity}"
            nodes.append(Node(self.reading, self.graph, target, LINKS[link], name))
            if len(self.owners[target]) > 1:
                remedy = "Give each patient, and each kind of record, records of its own"
                self.reading.problem(name, "several properties lead to this record", remedy, "shared-record")
        made = [make(node) for node in sorted(nodes, key=Node.position)]
        return tuple(each for each in made if each is not None)

    def _unique(self, patient: Patient) -> None:
        every: tuple[Identified, ...] = (
            *patient.declarations,
            *patient.findings,
            *patient.measurements,
            *patient.treatments,
            *patient.imaging,
        )
        for identity, count in Counter(record.id for record in every).items():
            if count > 1:
                message = f"{count} records have the id {shown(identity)}"
                self.reading.problem(self.node.name, message, "Give each its own pat:recordId", "same-id")


def called(graph: Graph, subject: Term) -> str:
    """How an individual is called in problems: ``ex:hb1`` or its IRI; empty for one without a name."""
    if not isinstance(subject, URIRef):
        return ""
    try:
        return graph.namespace_manager.normalizeUri(str(subject))
    except ValueError:  # an IRI that ends where a local name should begin
        return f"<{subject}>"


def _owners(graph: Graph) -> dict[Term, list[Term]]:
    """What leads to each record, once for each property."""
    found: dict[Term, list[Term]] = {}
    for link in LINKS:
        for subject, target in graph.subject_objects(PAT[link]):
            found.setdefault(target, []).append(subject)
    return found


def _strays(graph: Graph, file: str, owners: dict[Term, list[Term]]) -> list[Problem]:
    """Records that belong to no patient, and owners that are none."""
    found = []
    for kind in sorted(set(LINKS.values())):
        for subject in sorted(graph.subjects(RDF.type, PAT[kind], unique=True), key=str):
            if subject not in owners:
                name = called(graph, subject) or f"a pat:{kind} without a name"
                link = next(link for link, target in LINKS.items() if target == kind)
                remedy = f"Link it to its patient with pat:{link}."
                found.append(Problem(file, name, "this record belongs to no patient.", remedy, "stray-record"))
    everyone = {owner for each in owners.values() for owner in each}
    for owner in sorted(everyone, key=str):
        if (owner, RDF.type, PAT.Patient) not in graph:
            name = called(graph, owner) or "an individual without a name"
            remedy = "Make it an individual of pat:Patient, or correct the property."
            found.append(Problem(file, name, "it has records and is no patient.", remedy, "not-a-patient"))
    return found


def _imports(graph: Graph, file: str) -> list[Note]:
    """A note for each import but the ontology's own, which the knowledge base has loaded already."""
    targets = sorted({str(target) for target in graph.objects(None, OWL.imports)})
    own = str(ONTOLOGY)
    return [
        Note(file, "what this file imports is not read; put the records into one file", "not-read")
        for target in targets
        if target != own and not target.startswith(f"{own}/")
    ]
