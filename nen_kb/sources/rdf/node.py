"""One individual of a graph, with what may be said of it; reports what is missing, unknown or of the wrong kind."""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from difflib import get_close_matches
from fractions import Fraction
from urllib.parse import unquote

from rdflib import OWL, RDF, RDFS, XSD, BNode, Graph, Literal, URIRef
from rdflib.term import Node as Term

from nen_kb.facts.dates import Days, iso
from nen_kb.facts.records import Origin
from nen_kb.facts.values import MAX_DIGITS
from nen_kb.ontology import UnknownName
from nen_kb.sources.document import shown
from nen_kb.sources.rdf.dates import read_days
from nen_kb.sources.rdf.vocabulary import NEN, PAT, PROPERTIES
from nen_kb.sources.reading import Reading

MAX_TEXT = 20_000
"""Characters of one literal."""

MAX_POSITION = 10**9

_SAYS_NOTHING = (RDF.type, RDFS.label, RDFS.comment, RDFS.seeAlso, OWL.sameAs)
_NO_CLASS = (OWL.NamedIndividual, OWL.Thing)
_INEXACT = (XSD.double, XSD.float)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")


class Node:
    """An individual read as one of the classes of the vocabulary."""

    def __init__(self, reading: Reading, graph: Graph, subject: Term, kind: str, name: str) -> None:
        self.reading = reading
        self.graph = graph
        self.subject = subject
        self.kind = kind
        self.name = name
        """How it is called in problems: ``ex:hb1``, ``<https://…>`` or ``finding 2 of anna``."""
        self._check_properties()
        self._check_kind()

    def place(self, term: str) -> str:
        """The place of one property in problems."""
        return f"{self.name}.{term}"

    def _check_properties(self) -> None:
        allowed = PROPERTIES[self.kind]
        for predicate in sorted(set(self.graph.predicates(self.subject)), key=str):
            iri = str(predicate)
            if not iri.startswith(PAT):
                if predicate not in _SAYS_NOTHING:
                    known = self.graph.namespace_manager.normalizeUri(iri)
                    self.reading.note(self.name, f"the property {known} is not read", "not-read")
                continue
            term = iri[len(PAT) :]
            if term not in allowed:
                near = get_close_matches(term, sorted(allowed), n=1)
                others = ", ".join(sorted(allowed))
                remedy = f"Did you mean '{near[0]}'?" if near else f"The properties here are {others}"
                message = f"pat:{term} says nothing of a pat:{self.kind}"
                self.reading.problem(self.place(term), message, remedy, "unknown-property")

    def _check_kind(self) -> None:
        for found in sorted(self.graph.objects(self.subject, RDF.type), key=str):
            iri = str(found)
            if iri.startswith(PAT) and iri != str(PAT[self.kind]):
                message = f"it stands where a pat:{self.kind} belongs, and is a pat:{iri[len(PAT) :]}"
                self.reading.problem(self.name, message, "Correct the property that leads to it", "wrong-kind")
            elif isinstance(found, BNode):
                self.reading.note(self.name, "a type that is a class expression is not read", "not-read")
            elif found not in _NO_CLASS and not iri.startswith((str(PAT), str(NEN))):
                known = self.graph.namespace_manager.normalizeUri(iri)
                self.reading.note(self.name, f"the type {known} is no class of the ontology; not read", "not-read")

    def has(self, term: str) -> bool:
        """Whether anything is said with this property."""
        return (self.subject, PAT[term], None) in self.graph

    def links(self, term: str) -> list[Term]:
        """The individuals a property leads to; a literal is reported."""
        found = []
        for target in self.graph.objects(self.subject, PAT[term]):
            if isinstance(target, Literal):
                remedy = "Let it lead to an individual, such as [ pat:value '35 U/L' ] for a limit"
                self.reading.problem(self.place(term), "a text stands where a record belongs", remedy, "not-a-record")
            else:
                found.append(target)
        return sorted(found, key=lambda target: order(self.graph, target))

    def literal(self, term: str) -> Literal | None:
        """The one literal of a property; several, an individual or an inexact number are reported."""
        found = sorted(self.graph.objects(self.subject, PAT[term]), key=str)
        if not found:
            return None
        value = found[0]
        if len(found) > 1:
            self.reading.problem(self.place(term), "the property has several values", "Keep one of them", "two-values")
        elif not isinstance(value, Literal):
            message, remedy = "an individual or class stands where text belongs", "Write the value in quotes"
            self.reading.problem(self.place(term), message, remedy, "not-text")
        elif value.datatype in _INEXACT:
            remedy = "Write it as xsd:decimal, or in quotes"
            self.reading.problem(self.place(term), "a number has the type double or float", remedy, "inexact-number")
        elif len(value) > MAX_TEXT:
            message = f"the text is longer than {MAX_TEXT} characters"
            self.reading.problem(self.place(term), message, "Shorten it", "too-large")
        else:
            return value
        return None

    def raw(self, term: str, missing: str = "") -> str:
        """The very text of a property, which may be empty."""
        value = self.literal(term)
        return missing if value is None else str(value)

    def text(self, term: str, *, required: bool = False) -> str | None:
        """The text of a property without blanks around it; None where missing, or after reporting it."""
        value = self.literal(term) if self.has(term) else None
        if value is not None and str(value).strip():
            return str(value).strip()
        if value is not None:
            self.reading.problem(self.place(term), "the text is empty", "Write something or leave it out", "not-text")
        elif required and not self.has(term):
            self.reading.problem(self.name, f"pat:{term} is missing", f"Add pat:{term}", "missing-property")
        return None

    def choice(self, term: str, words: Collection[str]) -> str | None:
        """One of the words, in any letter case."""
        text = self.text(term)
        if text is None or text.lower() in words:
            return text.lower() if text else None
        near = get_close_matches(text.lower(), words, n=1)
        remedy = f"Did you mean '{near[0]}'?" if near else "Write one of: " + ", ".join(words)
        self.reading.problem(self.place(term), f"{shown(text)} is not known here", remedy, "unknown-word")
        return None

    def flag(self, term: str) -> bool | None:
        """True or false, as xsd:boolean or as text."""
        word = self.choice(term, ("true", "false"))
        return None if word is None else word == "true"

    def decimal(self, term: str) -> Fraction | None:
        """An exact number, as xsd:decimal, xsd:integer or text."""
        text = self.text(term)
        if text is None:
            return None
        if _NUMBER.fullmatch(text) and sum(letter.isdigit() for letter in text) <= MAX_DIGITS:
            return Fraction(text)
        message, remedy = f"{shown(text)} is no number", f"Write at most {MAX_DIGITS} digits, such as 12.1"
        self.reading.problem(self.place(term), message, remedy, "not-a-number")
        return None

    def integer(self, term: str, least: int, most: int) -> int | None:
        """A whole number within bounds."""
        number = self.decimal(term)
        if number is None or (number.denominator == 1 and least <= number <= most):
            return None if number is None else int(number)
        remedy = f"Write a whole number from {least} to {most}"
        self.reading.problem(self.place(term), "the number is not one of this scale", remedy, "bad-number")
        return None

    def date(self, term: str) -> Days | None:
        """The days of a date; surely before birth is a mistake."""
        text = self.text(term)
        if text is None:
            return None
        reading = self.reading
        try:
            days = read_days(text)
        except ValueError as error:
            reading.mistake(self.place(term), error, text, "bad-date")
            return None
        if reading.born and days.last < reading.born.first:
            born = f"the birth date ({iso(reading.born.first)})"
            message = f"the date lies before {born}"
            reading.problem(self.place(term), message, "Correct one of the two", "before-birth")
            return None
        return days

    def day(self, term: str) -> int | None:
        """A single day."""
        text = self.text(term)
        return self.reading.day(self.place(term), text) if text else None

    def named_class(self, term: str) -> str | None:
        """The class that pat:concept or pat:about points to: by its IRI, or by a name or code as text."""
        found = sorted(self.graph.objects(self.subject, PAT[term]), key=str)
        if len(found) > 1:
            message, remedy = "the property has several values", "Keep one, or make a record of each"
            self.reading.problem(self.place(term), message, remedy, "two-values")
        elif found and isinstance(found[0], Literal):
            return self.reading.concept(self.place(term), str(found[0]))
        elif found:
            return self._class(self.place(term), str(found[0]))
        return None

    def named_class_text(self) -> str | None:
        """The name or code that pat:concept gives as text; None if it gives a class."""
        found = [value for value in self.graph.objects(self.subject, PAT.concept) if isinstance(value, Literal)]
        return str(found[0]) if found else None

    def types(self) -> list[str]:
        """The classes of the ontology this is an individual of; unknown ones are reported."""
        iris = sorted(str(found) for found in self.graph.objects(self.subject, RDF.type))
        found = [self._class(self.name, iri) for iri in iris if iri.startswith(NEN)]
        return [name for name in found if name is not None]

    def _class(self, place: str, iri: str) -> str | None:
        """The class of that very IRI; a name that only resembles one is a mistake here."""
        name = iri[len(NEN) :] if iri.startswith(NEN) else ""
        ontology = self.reading.ontology
        if name in ontology.names:
            return name
        remedy = f"Point to a class in {NEN}"
        if name:
            near = get_close_matches(name, sorted(ontology.names), n=3)
            with suppress(UnknownName):  # the ontology may know it as a synonym
                near = [ontology.find(name)]
            remedy = f"Did you mean {' or '.join(f'nen:{each}' for each in near)}?" if near else remedy
        self.reading.problem(place, f"{shown(name or iri)} is no class of the ontology", remedy, "unknown-name")
        return None

    def concept(self) -> str | None:
        """The class the record is about: the narrowest it is an individual of, or its pat:concept."""
        before = len(self.reading.problems)
        stated = self.named_class("concept")
        named = [*self.types(), *([stated] if stated else [])]
        if len(self.reading.problems) > before:
            return None
        if not named:
            remedy = "Make it an individual of a class of the ontology, or name one with pat:concept"
            self.reading.problem(self.name, "it is of no class of the ontology", remedy, "no-class")
            return None
        ontology = self.reading.ontology
        lowest = [name for name in named if all(ontology.isa(name, other) for other in named)]
        if lowest:
            return lowest[0]
        labels = " and ".join(shown(ontology.label(name)) for name in sorted(set(named)))
        message, remedy = f"it is of several classes, {labels}", "Keep one, or make a record of each"
        self.reading.problem(self.name, message, remedy, "two-classes")
        return None

    def record_id(self) -> str:
        """Its id among the records of the patient."""
        return self.raw("recordId") or local_name(self.subject) or self.name

    def origin(self) -> Origin:
        """Where it comes from: what the file says of that, else this file and the record's own name."""
        file, path = self.raw("sourceFile", self.reading.file), self.raw("sourcePath", self.name)
        return Origin(file, path, self.raw("source"))

    def position(self) -> int:
        """The place among the records of its kind; one without a place comes last."""
        place = self.integer("position", 0, MAX_POSITION)
        return MAX_POSITION + 1 if place is None else place


def order(graph: Graph, subject: Term) -> tuple[bool, tuple[str, ...]]:
    """What individuals are ordered by: their names; those without one by what is said of them.

    The name a parser gives to a node without one is another in each run.
    """
    if not isinstance(subject, BNode):
        return False, (str(subject),)
    said = (
        f"{predicate} {'' if isinstance(value, BNode) else value}"
        for predicate, value in graph.predicate_objects(subject)
    )
    return True, tuple(sorted(said))


def local_name(subject: Term) -> str:
    """The end of an IRI; empty for a node without a name."""
    return unquote(re.split(r"[#/:]", str(subject))[-1]) if isinstance(subject, URIRef) else ""
