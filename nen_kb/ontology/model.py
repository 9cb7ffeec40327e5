"""The values that the ontology hands out, and the plain form in which it is read and cached."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Literal, TypedDict, get_args

Match = Literal["exact", "narrow", "close", "broad", "related"]
"""How a code of another terminology relates to the class: what the code means, seen from the class.

``exact`` the same; ``narrow`` the code's meaning lies inside the class; ``broad`` it is wider than the class;
``close`` nearly the same; ``related`` something that goes with the class, such as the tracer of a scan.
"""

Confidence = Literal["verified", "recalled"]
"""Whether a source confirmed a code, or it was written from memory."""

Derivation = Literal["times-upper-limit", "in-reference-range"]
DERIVATIONS: tuple[str, ...] = get_args(Derivation)


@dataclass(frozen=True)
class Code:
    """A code of another terminology, and how far it may be trusted."""

    system: str
    """As in the mappings: NCIT, SNOMEDCT, LOINC, RXNORM, ATC, ICD10, ICD10CM, ICDO3, MONDO, ..."""
    code: str
    match: Match
    confidence: Confidence

    def __str__(self) -> str:
        return f"{self.system}:{self.code}"


@dataclass(frozen=True)
class Concept:
    """A class of the ontology, for people."""

    name: str
    label: str
    definition: str
    source: str
    """Where the definition comes from; empty if nowhere in particular."""
    synonyms: tuple[str, ...]
    codes: tuple[Code, ...]
    parents: tuple[str, ...]


@dataclass(frozen=True)
class Observable:
    """A quantity that is recorded with a number."""

    name: str
    unit: str
    """The canonical unit, in UCUM notation."""
    equations: tuple[tuple[str, Fraction], ...]
    """(unit, factor): one of that unit is exactly ``factor`` of the canonical unit."""
    minimum: Fraction | None
    """The least plausible value in the canonical unit; None if there is no limit."""
    maximum: Fraction | None
    integer: bool
    """Whether only whole numbers are values."""
    derived_from: str | None
    """The observable from whose result this one is computed, or None."""
    derivation: Derivation | None
    by_unit: Mapping[str, str] = field(default_factory=dict)
    """Canonical unit -> class, where the kind of unit decides the class; a class mapped to itself is kept."""
    value_codes: Mapping[str, Fraction] = field(default_factory=dict)
    """``SYSTEM:code`` of an answer -> the value it stands for, such as an ECOG score."""

    def __hash__(self) -> int:
        """By name and unit, which what is kept for an observable is looked up with; fractions take long to hash."""
        return hash((self.name, self.unit))


@dataclass(frozen=True)
class Range:
    """The values of an observable that the definition of a class names, in its canonical unit."""

    observable: str
    low: Fraction | None
    """The lower end; None if the definition names none."""
    low_open: bool
    """Whether the lower end itself lies outside."""
    high: Fraction | None
    high_open: bool


class UnknownName(LookupError):
    """A name or code that the ontology does not know, with the nearest names it does know."""

    def __init__(self, text: str, suggestions: tuple[str, ...] = ()) -> None:
        self.text = text
        self.suggestions = suggestions
        hint = f"; did you mean {', '.join(repr(name) for name in suggestions)}?" if suggestions else ""
        super().__init__(f"{text!r} is not known to the ontology{hint}")


class ClassData(TypedDict):
    """One class as read from OWL; also what the cache holds."""

    label: str
    translations: dict[str, str]
    """Labels in other languages than English, by language."""
    definition: str
    source: str
    synonyms: list[str]
    codes: list[list[str]]
    """[system, code, match, confidence]"""
    parents: list[str]
    ranges: list[list[str]]
    """[observable, kind of bound, number], as the definition names them"""
    domain: str
    unrecorded: bool
    """Whether the class and those below it serve definitions only, so that no record is ever of them."""
    unit: str
    equations: list[str]
    minimum: str
    maximum: str
    integer: bool
    derived_from: str
    derivation: str
    variant_of: str
    also_in: list[str]
    value_codes: list[str]
    """``SYSTEM:code = value``"""


class OntologyData(TypedDict):
    """The whole ontology in a form that JSON can hold."""

    version: str
    sha256: str
    classes: dict[str, ClassData]
    disjoint: list[list[str]]
    """Groups of pairwise disjoint classes."""
    coincide: list[list[str]]
    """Pairs of classes that have been decided to be able to coincide, themselves and their subclasses."""


@lru_cache(maxsize=8192)
def key(text: str) -> str:
    """The form in which names are compared: no case, no spaces, no punctuation, superscripts as digits."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", text).casefold() if letter.isalnum())
