"""The ontology: what things are called, what is a kind of what, and what excludes what.

``Ontology.load()`` reads the OWL modules under ``ontology/`` (or an edited copy) and answers from memory.
Reading OWL needs owlready2; it is imported only when the cache does not hold the modules' contents.
"""

from __future__ import annotations

from nen_kb.ontology.model import Code, Concept, Observable, Range, UnknownName
from nen_kb.ontology.ontology import Ontology

__all__ = ["Code", "Concept", "Observable", "Ontology", "Range", "UnknownName"]
