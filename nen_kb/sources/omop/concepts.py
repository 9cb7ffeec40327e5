"""Concepts of a CDM's vocabulary, and the coded elements that are made of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from nen_kb.sources.fhir.codes import Coding, Lexicon, Meaning

SYSTEMS: Final = {
    "snomed": "SNOMEDCT",
    "loinc": "LOINC",
    "rxnorm": "RXNORM",
    "atc": "ATC",
    "ncit": "NCIT",
    "icd10": "ICD10",
    "icd10cm": "ICD10CM",
    "icdo3": "ICDO3",
    "ucum": "UCUM",
    "mondo": "MONDO",
    "uberon": "UBERON",
}
"""Vocabularies of a CDM, in lower case, by the name the ontology gives them."""


class Kind(Enum):
    """What a row is a record of; decides which classes may be found above its concept."""

    CONDITION = "Condition"
    DRUG = "Drug"
    PROCEDURE = "Procedure"
    DEVICE = "Device"
    MEASUREMENT = "Measurement"
    OBSERVATION = "Observation"
    VALUE = "Meas Value"


@dataclass(frozen=True)
class Concept:
    """One row of CONCEPT."""

    id: int
    name: str = ""
    vocabulary: str = ""
    code: str = ""
    domain: str = ""
    kind: str = ""
    """Its concept class: ``Ingredient``, ``Clinical Finding``, …"""

    @property
    def system(self) -> str:
        return SYSTEMS.get(self.vocabulary.lower(), self.vocabulary or "OMOP")

    @property
    def coding(self) -> Coding:
        return Coding(self.system, self.code or str(self.id), self.name)


@dataclass(frozen=True)
class Term(Meaning):
    """What the concepts of a row say, and what to call them where nothing is known of them."""

    concepts: tuple[Concept, ...] = ()
    """The standard concept, then the source concept, as far as there are any."""
    source: str = ""
    """The source value."""
    kind: Kind = Kind.OBSERVATION
    led: bool = False
    """Whether only the CDM's own vocabulary, and no code or name of the ontology, found the class."""


class Element(dict[str, Any]):
    """A coded element of a resource whose meaning is already known."""

    def __init__(self, term: Term) -> None:
        super().__init__(
            coding=[{"code": c.code, "display": c.display} for c in term.codings],
            text=term.text,
        )
        self.term = term
        self.another: bool | None = None
        """Whether a result with this code is another examination than those asked about; None until decided."""


class TermLexicon(Lexicon):
    """A lexicon that takes an element's meaning as it was found."""

    def meaning(self, element: Any) -> Meaning:
        if isinstance(element, Element):
            return element.term
        return super().meaning(element)
