"""Writes patients as RDF: OWL individuals that Protégé opens and ``reader`` reads back to the same facts.

Each value is written in numbers of the canonical unit; the words of the source stand beside them as ``pat:value``
where they read as exactly these numbers, else as ``pat:original``, which nobody reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from rdflib import OWL, RDF, XSD, Graph, Literal, URIRef
from rdflib.term import Node as Term

from nen_kb.facts.dates import FAR_FUTURE, Days, iso
from nen_kb.facts.records import (
    Declaration,
    Finding,
    Imaging,
    Limit,
    Measurement,
    Origin,
    Patient,
    Presence,
    Treatment,
)
from nen_kb.ontology import Observable, Ontology
from nen_kb.sources.measurements import read_limit
from nen_kb.sources.rdf.dates import days_text
from nen_kb.sources.rdf.numbers import read_text_value, write_score, write_span
from nen_kb.sources.rdf.vocabulary import BASE, LINKS, NEN, ONTOLOGY, PAT, declarations
from nen_kb.sources.reading import Reading

_ONGOING = Days(FAR_FUTURE, FAR_FUTURE)
_Record = Finding | Measurement | Treatment | Imaging | Declaration


def patient_to_rdf(patient: Patient, ontology: Ontology, *, base: str = BASE) -> Graph:
    """A graph of one patient, complete with the declarations of its vocabulary."""
    return patients_to_rdf([patient], ontology, base=base)


def patients_to_rdf(patients: Iterable[Patient], ontology: Ontology, *, base: str = BASE) -> Graph:
    """A graph of several patients; their individuals are named below ``base``.

    Raises ValueError if two of them have the same id, or if a record is none that a source could have read: a score
    outside its scale, a measurement with neither a value nor a reason.
    """
    graph = Graph()
    for prefix, namespace in (("pat", PAT), ("nen", NEN), ("owl", OWL), ("xsd", XSD)):
        graph.bind(prefix, namespace)
    header = URIRef(base.rstrip("/#:") or BASE.rstrip("/"))
    graph.add((header, RDF.type, OWL.Ontology))
    graph.add((header, OWL.imports, ONTOLOGY))
    declarations(graph)
    seen: set[str] = set()
    for patient in patients:
        if patient.id in seen:
            raise ValueError("two patients have the same id")
        seen.add(patient.id)
        _Writer(graph, patient, ontology, base).write()
    return graph


class _Writer:
    def __init__(self, graph: Graph, patient: Patient, ontology: Ontology, base: str) -> None:
        self.graph = graph
        self.patient = patient
        self.ontology = ontology
        self.iri = URIRef(base + quote(patient.id, safe=""))

    def write(self) -> None:
        """The patient and all her records."""
        patient, person = self.patient, self.iri
        self._individual(person, "Patient")
        self._text(person, "id", patient.id)
        self._text(person, "indexDate", iso(patient.index_date))
        if patient.sex is not None:
            self._text(person, "sex", patient.sex.value.lower())
        if patient.born is not None:
            self._text(person, "born", days_text(patient.born))
        if patient.planned_start is not None:
            self._text(person, "plannedStart", iso(patient.planned_start))
        for number, (trial, arm) in enumerate(patient.arms):
            node = self._part("randomisation", number, f"arm.{trial}")
            self._text(node, "trial", trial)
            self._number(node, "arm", arm)
        for number, declaration in enumerate(patient.declarations):
            node = self._record("complete", number, declaration)
            self._text(node, "domain", declaration.domain)
            self._text(node, "asOf", iso(declaration.as_of))
        for number, finding in enumerate(patient.findings):
            self._finding(self._record("finding", number, finding), finding)
        for number, measurement in enumerate(patient.measurements):
            self._measurement(self._record("measurement", number, measurement), measurement)
        for number, treatment in enumerate(patient.treatments):
            self._treatment(self._record("treatment", number, treatment), treatment)
        for number, scan in enumerate(patient.imaging):
            self._imaging(self._record("imaging", number, scan), scan)
        for number, note in enumerate(patient.notes):
            node = self._part("note", number, f"note.{number}")
            for term, text in (("path", note.path), ("message", note.message), ("kind", note.kind)):
                self._text(node, term, text)

    def _individual(self, node: Term, kind: str) -> None:
        self.graph.add((node, RDF.type, OWL.NamedIndividual))
        self.graph.add((node, RDF.type, PAT[kind]))

    def _text(self, node: Term, term: str, text: str) -> None:
        self.graph.add((node, PAT[term], Literal(text)))

    def _number(self, node: Term, term: str, number: int) -> None:
        self.graph.add((node, PAT[term], Literal(str(number), datatype=XSD.integer)))

    def _flag(self, node: Term, term: str, flag: bool) -> None:
        self.graph.add((node, PAT[term], Literal("true" if flag else "false", datatype=XSD.boolean)))

    def _part(self, link: str, number: int, name: str) -> URIRef:
        """A new individual that the patient points to."""
        node = URIRef(f"{self.iri}#{quote(name, safe='.-_')}")
        self.graph.add((self.iri, PAT[link], node))
        self._individual(node, LINKS[link])
        self._number(node, "position", number)
        return node

    def _record(self, link: str, number: int, record: _Record) -> URIRef:
        node = self._part(link, number, record.id)
        self._text(node, "recordId", record.id)
        origin: Origin = record.origin
        self._text(node, "sourceFile", origin.file)
        self._text(node, "sourcePath", origin.path)
        if origin.text:
            self._text(node, "source", origin.text)
        return node

    def _class(self, node: Term, concept: str, original: str) -> None:
        """The record is an individual of the class; and what the source called it."""
        self.graph.add((node, RDF.type, NEN[concept]))
        if original:
            self._text(node, "original", original)

    def _finding(self, node: Term, finding: Finding) -> None:
        self._text(node, "presence", finding.presence.value)
        self._text(node, "date", days_text(finding.when))
        if finding.presence is Presence.PRESENT:
            self._class(node, finding.concept, finding.original)
        else:
            self.graph.add((node, PAT.concept, NEN[finding.concept]))
            if finding.original:
                self._text(node, "original", finding.original)
        if finding.about is not None:
            self.graph.add((node, PAT.about, NEN[finding.about]))

    def _measurement(self, node: URIRef, found: Measurement) -> None:
        observable = self.ontology.observable(found.observable)
        self._text(node, "date", days_text(found.when))
        value = found.value
        if value is None or observable is None:
            if value is not None or not found.trouble:
                raise ValueError("a measurement needs a value of an observable, or a reason why it has none")
            self._class(node, found.observable, found.original)
            self._text(node, "trouble", found.trouble)
            self._text(node, "troubleText", found.trouble_text)
        else:
            same = read_text_value(self.ontology, found.observable, found.original) if found.original else None
            read = same is not None and (same.observable, same.value) == (found.observable, value)
            self._class(node, found.observable, "" if read else found.original)
            if read:
                self._text(node, "value", found.original)
            write_span(self.graph, node, value, observable.unit)
        for term, limit in (("upperLimit", found.upper), ("lowerLimit", found.lower)):
            if limit is not None and observable is not None:
                self._limit(node, term, limit, observable)

    def _limit(self, owner: URIRef, term: str, limit: Limit, observable: Observable) -> None:
        node = URIRef(f"{owner}.{term}")
        self.graph.add((owner, PAT[term], node))
        self._individual(node, "Limit")
        write_span(self.graph, node, limit.value, observable.unit)
        quiet = Reading(self.ontology, "", 1)
        same = read_limit(quiet, "", limit.original, observable, lower=term == "lowerLimit") if limit.original else None
        if limit.original:
            read = same is not None and same.value == limit.value
            self._text(node, "value" if read else "original", limit.original)
        if limit.source != "result":
            self._text(node, "limitSource", limit.source)

    def _treatment(self, node: Term, treatment: Treatment) -> None:
        self._class(node, treatment.concept, treatment.original)
        self._text(node, "started", days_text(treatment.started))
        if treatment.ended == _ONGOING:
            self._flag(node, "ongoing", True)
        else:
            self._text(node, "ended", days_text(treatment.ended))
        if not treatment.end_known:
            self._flag(node, "endKnown", False)

    def _imaging(self, node: Term, scan: Imaging) -> None:
        self._class(node, scan.procedure, scan.original)
        self._text(node, "date", days_text(scan.when))
        if scan.krenning is not None:
            write_score(self.graph, node, "krenning", scan.krenning)
        if scan.extent is not None:
            write_score(self.graph, node, "extent", scan.extent)
