"""Triples as text: each term already written as N-Triples writes it.

A graph is a stream of such triples, so that nothing depends on one RDF library and large graphs need
no memory here.  Blank nodes come from OWL files only.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from urllib.parse import quote

from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST
from nen_kb.facts.values import from_grid

Triple = tuple[str, str, str]

NEN = "https://w3id.org/nen-kb/nen#"
"""Classes of the ontology."""
GRAPH = "https://w3id.org/nen-kb/graph#"
"""The vocabulary of this graph."""
DATA = "https://w3id.org/nen-kb/data/"
"""What the vocabulary is used about: trials, rules, patients."""
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
PROV = "http://www.w3.org/ns/prov#"

PREFIXES = {
    "g": GRAPH,
    "nen": NEN,
    "data": DATA,
    "prov": PROV,
    "rdf": RDF,
    "rdfs": RDFS,
    "owl": OWL,
    "xsd": XSD,
    "obo": "http://purl.obolibrary.org/obo/",
    "oboInOwl": "http://www.geneontology.org/formats/oboInOwl#",
    "dcterms": "http://purl.org/dc/terms/",
}
"""Known in every query without being declared there."""

TYPE = f"<{RDF}type>"
LABEL = f"<{RDFS}label>"
COMMENT = f"<{RDFS}comment>"
DERIVED_FROM = f"<{PROV}wasDerivedFrom>"
SOURCE_DOCUMENT = f"<{PROV}hadPrimarySource>"
TRUE = f'"true"^^<{XSD}boolean>'
FALSE = f'"false"^^<{XSD}boolean>'

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPED = re.compile(r'[\\"\x00-\x1f\x7f]')


def g(name: str) -> str:
    """A term of the vocabulary."""
    return f"<{GRAPH}{name}>"


def nen(name: str) -> str:
    """A class of the ontology by its local name."""
    return f"<{NEN}{name}>"


def data(*parts: str | int) -> str:
    """A thing by its path, such as ``data("clause", "START-NET", "I7")``; any text may be part of it."""
    return f"<{DATA}{'/'.join(quote(str(part), safe='') for part in parts)}>"


def below(parent: str, *parts: str | int) -> str:
    """Something that belongs to another thing."""
    return f"{parent[:-1]}/{'/'.join(quote(str(part), safe='') for part in parts)}>"


def text(value: str, language: str = "") -> str:
    """A text.  Lone surrogates, which no RDF can hold, become the replacement character."""
    clean = value.encode("utf-8", "replace").decode("utf-8")
    found = _ESCAPED.sub(lambda match: _ESCAPES.get(match[0]) or f"\\u{ord(match[0]):04X}", clean)
    return f'"{found}"@{language}' if language else f'"{found}"'


def integer(value: int) -> str:
    """A whole number."""
    return f'"{value}"^^<{XSD}integer>'


def decimal(value: Decimal) -> str:
    """A finite decimal."""
    return f'"{value:f}"^^<{XSD}decimal>'


def quantity(point: int) -> str | None:
    """A grid point in the canonical unit; None where it is infinite.

    Seven places that end in 5 mean strictly between two decimals of six: ``> 60`` begins at 60.0000005.
    """
    number = from_grid(point)
    return decimal(number) if number.is_finite() else None


def day(ordinal: int) -> str | None:
    """A day; None for the far past and the far future, which stand for no known end."""
    if ordinal <= FAR_PAST or ordinal >= FAR_FUTURE:
        return None
    return f'"{date.fromordinal(ordinal).isoformat()}"^^<{XSD}date>'


def boolean(value: bool) -> str:
    """True or false."""
    return TRUE if value else FALSE
