"""The ontology as triples: its OWL files as they are, and the hierarchy as the rules see it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from nen_kb.facts.values import to_grid
from nen_kb.graph.terms import LABEL, OWL, RDFS, TYPE, Triple, g, nen, quantity, text
from nen_kb.ontology import Ontology
from nen_kb.ontology.files import Module, collect, content_hash
from nen_kb.resources import shipped

_SUBCLASS = f"<{RDFS}subClassOf>"
_SYNONYM = "<http://www.geneontology.org/formats/oboInOwl#hasExactSynonym>"
_DEFINITION = "<http://purl.obolibrary.org/obo/IAO_0000115>"
_SOURCE = "<http://purl.obolibrary.org/obo/IAO_0000119>"


def ontology_triples(ontology: Ontology, path: Path | None = None, asked: Iterable[str] = ()) -> Iterator[Triple]:
    """Everything about the ontology.

    ``path`` is its root file; without it the shipped files serve if they are the ontology that was loaded, and
    otherwise what the loaded ontology itself knows.  ``asked`` are the classes whose disjointness is spelled out.
    """
    modules = _modules(ontology, path)
    if modules is None:
        yield from _known(ontology)
    else:
        for number, module in enumerate(modules):
            yield from _owl(module, number)
    yield from _closure(ontology, asked)


def _modules(ontology: Ontology, path: Path | None) -> tuple[Module, ...] | None:
    root = Path(path) if path is not None else shipped("ontology")
    modules = collect(root / "nen.owl" if root.is_dir() else root)
    return modules if path is not None or content_hash(modules) == ontology.sha256 else None


def _owl(module: Module, number: int) -> Iterator[Triple]:
    """The triples of one OWL file; blank nodes get names that no other file uses."""
    prefix = f"_:m{number}"
    names: dict[str, str] = {}
    try:
        import pyoxigraph
    except ImportError:
        import rdflib

        graph = rdflib.Graph().parse(data=module.data, format="xml", publicID=module.iri)
        for triple in graph:
            written = [term.n3() if not isinstance(term, rdflib.Literal) else _literal(term) for term in triple]
            yield _renamed(written, names, prefix)
    else:
        for found in pyoxigraph.parse(module.data, format=pyoxigraph.RdfFormat.RDF_XML, base_iri=module.iri):
            yield _renamed([str(found.subject), str(found.predicate), str(found.object)], names, prefix)


def _literal(term: object) -> str:
    value, datatype = str(term), getattr(term, "datatype", None)
    return f"{text(value)}^^<{datatype}>" if datatype else text(value, getattr(term, "language", None) or "")


def _renamed(written: list[str], names: dict[str, str], prefix: str) -> Triple:
    fixed = [names.setdefault(t, f"{prefix}b{len(names)}") if t.startswith("_:") else t for t in written]
    return fixed[0], fixed[1], fixed[2]


def _known(ontology: Ontology) -> Iterator[Triple]:
    """What the loaded ontology says of its classes, without its files."""
    for name in sorted(ontology.names):
        concept = ontology.concept(name)
        this = nen(name)
        yield this, TYPE, f"<{OWL}Class>"
        yield this, LABEL, text(concept.label, "en")
        if concept.definition:
            yield this, _DEFINITION, text(concept.definition, "en")
        if concept.source:
            yield this, _SOURCE, text(concept.source)
        for synonym in concept.synonyms:
            yield this, _SYNONYM, text(synonym, "en")
        for parent in concept.parents:
            yield this, _SUBCLASS, nen(parent)
        for code in concept.codes:
            relation = "code" if code.match == "exact" else f"{code.match}Code"
            yield this, nen(relation), text(str(code))
        observable = ontology.observable(name)
        if observable is not None:
            yield this, nen("canonicalUnit"), text(observable.unit)
            if observable.derived_from:
                yield this, nen("derivedFrom"), nen(observable.derived_from)
            for limit, value in (("plausibleMinimum", observable.minimum), ("plausibleMaximum", observable.maximum)):
                number = None if value is None else quantity(to_grid(value))
                if number is not None:
                    yield this, nen(limit), number


def _closure(ontology: Ontology, asked: Iterable[str]) -> Iterator[Triple]:
    for name in sorted(ontology.names):
        for above in sorted(ontology.ancestors(name)):
            yield nen(name), g("kindOf"), nen(above)
        observable = ontology.observable(name)
        if observable is not None:
            yield nen(name), g("canonicalUnit"), text(observable.unit)
        domain = ontology.domain(name)
        if domain is not None:
            yield nen(name), g("domain"), text(domain)
    tops = {name: {a for a in ontology.ancestors(name) if not ontology.concept(a).parents} for name in ontology.names}
    for name in sorted(set(asked) & ontology.names):
        for other in sorted(ontology.names):
            if not tops[name].isdisjoint(tops[other]) and ontology.disjoint(name, other):
                yield nen(name), g("disjointFrom"), nen(other)
