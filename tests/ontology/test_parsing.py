"""The modules are read by three parsers that share no code: horned-owl, rdflib and owlready2."""

from __future__ import annotations

import pyhornedowl
import pytest
from rdflib import OWL, RDF, RDFS, Graph, URIRef

from nen_kb.ontology import Ontology
from nen_kb.resources import shipped

NAMESPACE = "https://w3id.org/nen-kb/nen#"
MODULES = sorted(path.name for path in shipped("ontology").glob("*.owl"))


@pytest.mark.parametrize("name", MODULES)
def test_horned_owl_reads_the_classes_that_rdflib_reads(name: str) -> None:
    path = shipped("ontology") / name
    horned = pyhornedowl.open_ontology_from_string(path.read_text(encoding="utf-8"), serialization="owl")
    graph = Graph().parse(path, format="xml")
    declared = {str(each) for each in graph.subjects(RDF.type, OWL.Class) if isinstance(each, URIRef)}
    spoken = {str(each) for each in horned.get_classes()}
    assert declared <= spoken
    assert all(iri.startswith(NAMESPACE) for iri in declared)


def test_owlready2_reads_every_class() -> None:
    declared = {
        str(each).removeprefix(NAMESPACE)
        for name in MODULES
        for each in Graph().parse(shipped("ontology") / name, format="xml").subjects(RDF.type, OWL.Class)
        if isinstance(each, URIRef)
    }
    ontology = Ontology.load()
    assert declared == ontology.names | ontology.parts


@pytest.mark.parametrize("name", MODULES)
def test_horned_owl_reads_every_told_subclass(name: str) -> None:
    """It leaves out groups of disjoint classes (``owl:AllDisjointClasses``), so those are not compared."""
    path = shipped("ontology") / name
    horned = pyhornedowl.open_ontology_from_string(path.read_text(encoding="utf-8"), serialization="owl")
    read = {str(each.component) for each in horned.get_axioms()}
    told = {
        f"SubClassOf(<{lower}> <{upper}>)"
        for lower, upper in Graph().parse(path, format="xml").subject_objects(RDFS.subClassOf)
        if isinstance(upper, URIRef)
    }
    assert told <= read
