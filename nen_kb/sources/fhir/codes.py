"""From FHIR codes to concepts of the ontology.

A record is what its codes surely say.  Codings of one element are translations of each other: if
their classes lie on one chain the most specific counts, else the class that is exactly what they
have in common, else the least class above them all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Protocol

SYSTEMS = {
    "http://snomed.info/sct": "SNOMEDCT",
    "urn:oid:2.16.840.1.113883.6.96": "SNOMEDCT",
    "http://loinc.org": "LOINC",
    "https://loinc.org": "LOINC",
    "urn:oid:2.16.840.1.113883.6.1": "LOINC",
    "http://www.nlm.nih.gov/research/umls/rxnorm": "RXNORM",
    "urn:oid:2.16.840.1.113883.6.88": "RXNORM",
    "http://www.whocc.no/atc": "ATC",
    "https://www.whocc.no/atc": "ATC",
    "http://fhir.de/codesystem/bfarm/atc": "ATC",
    "urn:oid:2.16.840.1.113883.6.73": "ATC",
    "http://hl7.org/fhir/sid/icd-10": "ICD10",
    "urn:oid:2.16.840.1.113883.6.3": "ICD10",
    "http://hl7.org/fhir/sid/icd-10-cm": "ICD10CM",
    "urn:oid:2.16.840.1.113883.6.90": "ICD10CM",
    "http://terminology.hl7.org/codesystem/icd-o-3": "ICDO3",
    "http://hl7.org/fhir/sid/icd-o-3": "ICDO3",
    "urn:oid:2.16.840.1.113883.6.43.1": "ICDO3",
    "http://ncicb.nci.nih.gov/xml/owl/evs/thesaurus.owl": "NCIT",
    "http://ncithesaurus-stage.nci.nih.gov": "NCIT",
    "http://purl.obolibrary.org/obo/ncit.owl": "NCIT",
    "urn:oid:2.16.840.1.113883.3.26.1.1": "NCIT",
    "http://purl.obolibrary.org/obo/mondo.owl": "MONDO",
    "http://purl.obolibrary.org/obo/uberon.owl": "UBERON",
    "http://unitsofmeasure.org": "UCUM",
}
"""Addresses of code systems (lower case, no slash at the end) by the name the ontology gives them."""

CONDITION, TREATMENT, IMAGING, OBSERVABLE = "Condition", "Treatment", "ImagingProcedure", "Observable"
"""The top classes of their domains: what a record is when nobody knows what it is."""

BY_NAME = "read by its name; no code of it is known"

_TAG = re.compile(r"\s*\([a-z /+]+\)\s*$")
_SPACE = re.compile(r"[\s\u2010-\u2015_-]+")
_MAX_NAME = 120


class ObservableLike(Protocol):
    """What is read of an observable."""

    @property
    def unit(self) -> str: ...
    @property
    def equations(self) -> tuple[tuple[str, Fraction], ...]: ...
    @property
    def minimum(self) -> Fraction | None: ...
    @property
    def maximum(self) -> Fraction | None: ...
    @property
    def integer(self) -> bool: ...
    @property
    def by_unit(self) -> Mapping[str, str]: ...
    @property
    def value_codes(self) -> Mapping[str, Fraction]: ...


class CodeLike(Protocol):
    """What is read of a concept's code."""

    @property
    def system(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def match(self) -> str: ...


class ConceptLike(Protocol):
    """What is read of a concept."""

    @property
    def codes(self) -> Sequence[CodeLike]: ...

    @property
    def label(self) -> str: ...
    @property
    def synonyms(self) -> tuple[str, ...]: ...
    @property
    def parents(self) -> tuple[str, ...]: ...


class OntologyLike(Protocol):
    """The part of the ontology that this source needs."""

    @property
    def names(self) -> frozenset[str]: ...
    def concept(self, local: str, /) -> ConceptLike: ...
    def by_code(self, system: str, code: str, /) -> str | None: ...
    def isa(self, a: str, b: str, /) -> bool: ...
    def ancestors(self, a: str, /) -> frozenset[str]: ...
    def disjoint(self, a: str, b: str, /) -> bool: ...
    def observable(self, local: str, /) -> ObservableLike | None: ...


@dataclass(frozen=True)
class Coding:
    """One coding as written."""

    system: str
    """The ontology's name of the code system, or its address where it has none."""
    code: str
    display: str


@dataclass(frozen=True)
class Meaning:
    """What a CodeableConcept says."""

    concept: str | None
    """The class it surely is; None if nothing of it is known."""
    written: str
    """Codes and display texts as written, for proofs."""
    codings: tuple[Coding, ...] = ()
    text: str = ""
    how: str = ""
    """Empty for a plain code; otherwise how the class was found, for a note."""
    exact: bool = False
    """Whether the record means just this class: then its absence is the absence of the class."""

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(coding.code for coding in self.codings)

    @property
    def names(self) -> tuple[str, ...]:
        """Every text that might name it: the text, then the display texts."""
        return tuple(dict.fromkeys(name for name in (self.text, *(c.display for c in self.codings)) if name))


NOTHING = Meaning(None, "")


@dataclass
class Lexicon:
    """Looks concepts up for one run; the answers are kept."""

    ontology: OntologyLike
    _codes: dict[tuple[str, str], str | None] = field(default_factory=dict)
    _names: dict[str, str | None] | None = None
    _joint_classes: tuple[str, ...] | None = None

    def by_code(self, system: str, code: str) -> str | None:
        key = (system, code)
        if key not in self._codes:
            self._codes[key] = self.ontology.by_code(system, code)
        return self._codes[key]

    def by_name(self, text: str) -> str | None:
        """The class of exactly that label or synonym, letter case, hyphens and a SNOMED tag aside."""
        if not text or len(text) > _MAX_NAME:
            return None
        if self._names is None:
            self._names = self._index()
        return self._names.get(_plain(text)) or self._names.get(_plain(_TAG.sub("", text)))

    def _index(self) -> dict[str, str | None]:
        index: dict[str, str | None] = {}
        for local in sorted(self.ontology.names):
            concept = self.ontology.concept(local)
            for name in {_plain(text) for text in (concept.label, *concept.synonyms)}:
                index[name] = local if index.get(name, local) == local else None
        return index

    def isa(self, concept: str | None, top: str) -> bool:
        return concept is not None and concept in self.ontology.names and top in self.ontology.ancestors(concept)

    def known(self, local: str) -> bool:
        return local in self.ontology.names

    def disjoint(self, a: str, b: str) -> bool:
        return self.known(a) and self.known(b) and self.ontology.disjoint(a, b)

    def meaning(self, element: Any) -> Meaning:
        """What a CodeableConcept (or a single Coding) says.

        A name counts only where no code is known: the display texts if there are any, and all of
        them, else the text (``Neutrophils`` may be short for ``Neutrophils/100 leukocytes``).
        """
        codings, text = _read(element)
        if not codings and not text:
            return NOTHING
        shown = [f"{c.system}:{c.code} {c.display}".strip() if c.code else c.display for c in codings]
        if text and all(text != c.display for c in codings):
            shown.append(text)
        written = " | ".join(dict.fromkeys(shown))
        found = [found for c in codings if c.code and (found := self.by_code(c.system, c.code))]
        if found:
            concept, how = self.combine(found)
            return Meaning(concept, written, codings, text, how, concept is not None and self._exact(concept, codings))
        named = {self.by_name(name) for name in {c.display for c in codings if c.display} or {text}}
        by_name = named.pop() if len(named) == 1 else None
        if by_name:
            return Meaning(by_name, written, codings, text, BY_NAME, True)
        return Meaning(None, written, codings, text)

    def _exact(self, concept: str, codings: Iterable[Coding]) -> bool:
        exact = {
            (code.system, code.code)
            for code in self.ontology.concept(concept).codes
            if code.match.lower().startswith("exact")
        }
        return any((coding.system, coding.code) in exact for coding in codings)

    def combine(self, concepts: Iterable[str]) -> tuple[str | None, str]:
        """The class of a record that is said to be each of these; and how it was found, if not plainly."""
        distinct = list(dict.fromkeys(concepts))
        if len(distinct) == 1:
            return distinct[0], ""
        lowest = self.lowest(distinct)
        if len(lowest) == 1:
            return lowest[0], ""
        common = self.common(lowest)
        if common:
            return common, "read as what its codes have in common"
        shared = frozenset.intersection(*(self.ontology.ancestors(concept) for concept in lowest))
        upper = self.lowest(sorted(shared))
        return (upper[0] if len(upper) == 1 else None), "its codes name different things; the class above them counts"

    def lowest(self, concepts: Iterable[str]) -> list[str]:
        """Those of the classes that stand above no other of them."""
        distinct = list(dict.fromkeys(concepts))
        return [c for c in distinct if not any(c != other and self.ontology.isa(other, c) for other in distinct)]

    def common(self, concepts: Iterable[str]) -> str | None:
        """The one class that is exactly what these classes have in common, if the ontology has it.

        A class with two parents or more stands for what its parents share (a neuroendocrine tumour
        and a pancreatic neuroendocrine neoplasm: a pancreatic neuroendocrine tumour).  It counts only if
        everything it stands under is already given.  Disjoint classes have nothing in common.
        """
        given = list(concepts)
        if any(self.ontology.disjoint(a, b) for i, a in enumerate(given) for b in given[i + 1 :]):
            return None
        held = frozenset().union(*(self.ontology.ancestors(concept) for concept in given))
        grown = True
        while grown:
            grown = False
            for local in self._joints():
                if local not in held and all(parent in held for parent in self.ontology.concept(local).parents):
                    held = held | {local}
                    grown = True
        lowest = self.lowest(sorted(held))
        return lowest[0] if len(lowest) == 1 else None

    def _joints(self) -> tuple[str, ...]:
        if self._joint_classes is None:
            self._joint_classes = tuple(
                local for local in sorted(self.ontology.names) if len(self.ontology.concept(local).parents) > 1
            )
        return self._joint_classes


def _read(element: Any) -> tuple[tuple[Coding, ...], str]:
    if isinstance(element, list):
        element = element[0] if len(element) == 1 else None
    if not isinstance(element, dict):
        return (), element.strip() if isinstance(element, str) else ""
    raw = element.get("coding") if "coding" in element else [element] if "code" in element else []
    codings = []
    for item in raw if isinstance(raw, list) else [raw]:
        if isinstance(item, dict):
            code, display = _text(item.get("code")), _text(item.get("display"))
            if code or display:
                codings.append(Coding(system_name(item.get("system")), code, display))
    return tuple(codings), _text(element.get("text"))


def system_name(address: Any) -> str:
    """The ontology's name of a code system: ``SNOMEDCT`` for ``http://snomed.info/sct``."""
    text = _text(address)
    return SYSTEMS.get(text.rstrip("/").lower(), text)


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _plain(text: str) -> str:
    return _SPACE.sub(" ", text).strip().casefold()
