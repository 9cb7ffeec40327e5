"""Two ways to edit a copy of the ontology: as Protégé does, and without Java.

An edit is told in functional syntax.  ``Protege`` makes it through the OWL API, the library Protégé is built on,
and saves canonically; ``Plain`` makes the same edit to the triples, and its RDF/XML is not canonical.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pyhornedowl
from owl_api import OwlApi
from rdflib import RDF, Graph, URIRef

NAMESPACE = "https://w3id.org/nen-kb/nen#"
PREFIXES = f"""
Prefix(:=<{NAMESPACE}>)
Prefix(obo:=<http://purl.obolibrary.org/obo/>)
Prefix(oboInOwl:=<http://www.geneontology.org/formats/oboInOwl#>)
Prefix(owl:=<http://www.w3.org/2002/07/owl#>)
Prefix(rdfs:=<http://www.w3.org/2000/01/rdf-schema#>)
Prefix(xsd:=<http://www.w3.org/2001/XMLSchema#>)
"""


class Editor(Protocol):
    """Edits the modules in a folder in place."""

    def edit(
        self,
        source: Path,
        module: str,
        *,
        add: str = "",
        remove: str = "",
        delete: Sequence[str] = (),
        rename: Mapping[str, str] | None = None,
    ) -> None:
        """As ``OwlApi.edit``."""


def new_class(name: str, label: str, *axioms: str, definition: str = "Made for a test.") -> str:
    """The axioms of a class with label and definition, and whatever else is given, in functional syntax."""
    return "\n".join(
        (
            f"Declaration(Class(:{name}))",
            f'AnnotationAssertion(rdfs:label :{name} "{label}"@en)',
            f'AnnotationAssertion(obo:IAO_0000115 :{name} "{definition}"@en)',
            *axioms,
        )
    )


class Plain:
    """The editor that needs no Java: horned-owl reads the edit, rdflib merges its triples into the module."""

    def edit(
        self,
        source: Path,
        module: str,
        *,
        add: str = "",
        remove: str = "",
        delete: Sequence[str] = (),
        rename: Mapping[str, str] | None = None,
    ) -> None:
        """As ``OwlApi.edit``; what is removed must be single triples."""
        path = source / f"{module}.owl"
        if add or remove:
            graph = Graph().parse(path, format="xml")
            for triple in _triples(remove):
                assert triple in graph, triple
                graph.remove(triple)
            for triple in _triples(add):
                graph.add(triple)
            graph.serialize(path, format="xml", encoding="utf-8")
        for each in sorted(source.glob("*.owl")):
            for name in delete:
                _delete(each, URIRef(NAMESPACE + name))
            text = each.read_text(encoding="utf-8")
            for old, new in (rename or {}).items():
                text = text.replace(f'"{NAMESPACE}{old}"', f'"{NAMESPACE}{new}"')
            each.write_text(text, encoding="utf-8")


def _triples(text: str) -> Graph:
    """What the axioms are as RDF, without the ontology they stand in."""
    graph = Graph()
    if text:
        document = f"{PREFIXES}\nOntology(<urn:edit>\n{text}\n)"
        parsed = pyhornedowl.open_ontology_from_string(document, serialization="ofn")
        graph.parse(data=parsed.save_to_string("owl"), format="xml")
        graph.remove((URIRef("urn:edit"), None, None))
        if "Declaration(" not in text:
            graph.remove((None, RDF.type, None))
    return graph


def _delete(path: Path, name: URIRef) -> None:
    graph = Graph().parse(path, format="xml")
    if (name, None, None) not in graph and (None, None, name) not in graph:
        return
    for cell in list(graph.subjects(RDF.first, name)):
        (following,) = graph.objects(cell, RDF.rest)
        for subject, predicate in list(graph.subject_predicates(cell)):
            graph.set((subject, predicate, following))
        graph.remove((cell, None, None))
    graph.remove((name, None, None))
    graph.remove((None, None, name))
    graph.serialize(path, format="xml", encoding="utf-8")


class Protege:
    """The editor that is the OWL API."""

    def __init__(self, api: OwlApi) -> None:
        self.edit = api.edit
