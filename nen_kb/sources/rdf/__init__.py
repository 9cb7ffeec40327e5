"""Patients as RDF: Turtle and RDF/XML read into patients, patients written as OWL individuals, SHACL shapes checked.

``vocabulary`` says how a patient is written; ``ontology/shapes.ttl`` says the same in SHACL.
"""

from nen_kb.sources.rdf.reader import RdfResult, read_graph, read_rdf
from nen_kb.sources.rdf.shapes import validate
from nen_kb.sources.rdf.vocabulary import PAT, declarations
from nen_kb.sources.rdf.writer import patient_to_rdf, patients_to_rdf

__all__ = [
    "PAT",
    "RdfResult",
    "declarations",
    "patient_to_rdf",
    "patients_to_rdf",
    "read_graph",
    "read_rdf",
    "validate",
]
