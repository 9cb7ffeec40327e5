"""Reads the modules with owlready2 and brings out the told hierarchy, the disjointness and the annotations.

The only module that imports owlready2.  No reasoner outside runs: intersections and existentials are followed by
``inference``, a union counts for its members, a complement for disjointness; of a definition with anything else in
it (a number, say) only what it says of its class counts.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from typing import Any

import owlready2

from nen_kb.errors import OntologyError, Problem
from nen_kb.ontology import inference
from nen_kb.ontology.files import Module, content_hash
from nen_kb.ontology.inference import Expression, Some
from nen_kb.ontology.model import ClassData, OntologyData

NAMESPACE = "https://w3id.org/nen-kb/nen#"
_OBO = "http://purl.obolibrary.org/obo/"
_OIO = "http://www.geneontology.org/formats/oboInOwl#"
_SYNONYMS = (f"{_OIO}hasExactSynonym", f"{_OIO}hasNarrowSynonym", "http://www.w3.org/2004/02/skos/core#altLabel")
_BOUNDS = {
    "minInclusive": "min_inclusive",
    "minExclusive": "min_exclusive",
    "maxInclusive": "max_inclusive",
    "maxExclusive": "max_exclusive",
}
_CODES = {
    "code": "exact",
    "narrowCode": "narrow",
    "closeCode": "close",
    "broadCode": "broad",
    "relatedCode": "related",
}


def read(modules: tuple[Module, ...]) -> OntologyData:
    """The plain data of the ontology.  Raises OntologyError if owlready2 cannot read a module."""
    world = owlready2.World()
    for module in modules:
        try:
            world.get_ontology(module.iri).load(only_local=True, fileobj=io.BytesIO(module.data))
        except Exception as error:  # owlready2 raises whatever its parsers raise
            message = f"owlready2 cannot read the module ({type(error).__name__}: {error})"
            remedy = "Open the file in Protégé, repair it and save it as RDF/XML."
            raise OntologyError(Problem(str(module.path), "", message, remedy, "unreadable-owl")) from error
    return _Reader(world, modules).data()


class _Reader:
    """Walks over the classes of one world.  owlready2 turns decimals into floats, so numbers go through their text."""

    def __init__(self, world: Any, modules: tuple[Module, ...]) -> None:
        self._world = world
        self._modules = modules
        self._classes: dict[Any, str] = {}
        self._disjoint: list[list[str]] = []
        self._parents: dict[str, set[str]] = {}
        self._axioms = inference.Axioms()

    def data(self) -> OntologyData:
        names: dict[str, str] = {}
        problems: list[Problem] = []
        for entity in sorted(self._world.classes(), key=lambda one: str(one.iri)):
            name = _local(entity.iri)
            if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
                problems.append(self._problem(name, "is not a plain local name of letters and digits", "local-name"))
            elif names.setdefault(name, entity.iri) != entity.iri:
                problems.append(self._problem(name, "is the local name of two classes", "local-name"))
            self._classes[entity] = name
        problems += self._undeclared()
        if problems:
            raise OntologyError(problems)
        for entity, name in self._classes.items():
            self._parents.setdefault(name, set())
            self._structure(entity, name)
        self._circular()
        self._relations()
        self._infer()
        for group in self._world.disjoint_classes():
            members = sorted(self._named(group.entities))
            if len(members) > 1:
                self._disjoint.append(members)
        root = self._modules[-1]
        dated = re.search(r"\d{4}-\d{2}-\d{2}", root.version)
        return OntologyData(
            version=dated.group() if dated else root.version,
            sha256=content_hash(self._modules),
            classes={name: self._class(entity, name) for entity, name in self._classes.items()},
            disjoint=sorted(self._disjoint),
            coincide=sorted(
                [name, other]
                for entity, name in self._classes.items()
                for other in self._references(entity, "mayCoincideWith")
            ),
        )

    def _problem(self, name: str, message: str, code: str) -> Problem:
        for module in self._modules:
            line = module.line(name)
            if line:
                return Problem(str(module.path), line, f"{name} {message}", "Rename the class.", code)
        return Problem(str(self._modules[-1].path), "", f"{name} {message}", "Rename the class.", code)

    def _undeclared(self) -> Iterator[Problem]:
        """Names of our namespace that are used but declared nowhere; owlready2 would drop them in silence."""
        declared = {
            str(entity.iri) for entity in (*self._classes, *self._world.properties(), *self._world.individuals())
        }
        told: set[bytes] = set()
        for module in self._modules:
            for found in re.finditer(rb'rdf:(?:about|resource)="(' + NAMESPACE.encode() + rb'[^"]*)"', module.data):
                iri = found[1]
                if iri in told or iri.decode() in declared:
                    continue
                told.add(iri)
                line = str(module.data.count(b"\n", 0, found.start()) + 1)
                message = f"{_local(iri.decode())} is used but declared nowhere"
                yield Problem(str(module.path), line, message, "Declare it or correct the name.", "undeclared")

    def _circular(self) -> None:
        """Puts back the subclass axioms that owlready2 leaves out where they form a circle, so that checks see them."""
        names = {entity.storid: name for entity, name in self._classes.items()}
        for lower, _, upper in self._world.get_triples(None, owlready2.rdfs_subclassof, None):
            if lower in names and upper in names:
                self._parents[names[lower]].add(names[upper])

    def _relations(self) -> None:
        """Which property lies above which, and what its domain says of all that has it."""
        for relation in self._world.object_properties():
            upper = (each for each in relation.is_a if isinstance(each, owlready2.ObjectPropertyClass))
            self._axioms.relations[relation.iri] = {each.iri for each in upper if each is not relation}
            for name in self._named(relation.domain):
                self._axioms.defines.append((frozenset({Some(relation.iri, frozenset())}), name))

    def _infer(self) -> None:
        """Adds the parents that follow from definitions."""
        if not self._axioms.defines:
            return
        for name, upper in self._parents.items():
            self._axioms.below.append((name, frozenset(upper)))
        self._parents = inference.direct(self._parents, self._axioms.inferred(self._parents))

    def _expression(self, construct: Any, whole: bool) -> Expression | None:
        """An intersection of classes and existentials.

        With ``whole`` None if anything else is in it; without, whatever else is in it is left out.
        """
        if isinstance(construct, owlready2.ThingClass):
            return frozenset({self._classes[construct]}) if construct in self._classes else frozenset()
        if isinstance(construct, owlready2.And):
            parts = [self._expression(part, whole) for part in construct.Classes]
            if None in parts:
                return None
            return frozenset().union(*(part for part in parts if part is not None))
        if isinstance(construct, owlready2.Restriction) and construct.type == owlready2.SOME:
            filler = self._expression(construct.value, whole)
            if filler is not None and isinstance(construct.property, owlready2.ObjectPropertyClass):
                return frozenset({Some(construct.property.iri, filler)})
        return None if whole else frozenset()

    def _named(self, entities: Iterable[Any]) -> Iterator[str]:
        for entity in entities:
            if isinstance(entity, owlready2.ThingClass) and entity in self._classes:
                yield self._classes[entity]

    def _structure(self, entity: Any, name: str) -> None:
        for construct in (*entity.is_a, *entity.equivalent_to):
            self._above(name, construct)
            stated = self._expression(construct, whole=False)
            if stated:
                self._axioms.below.append((name, stated))
        for construct in entity.equivalent_to:
            enough = self._expression(construct, whole=True)
            if enough:
                self._axioms.defines.append((enough, name))
            if isinstance(construct, owlready2.ThingClass) and construct in self._classes:
                self._parents.setdefault(self._classes[construct], set()).add(name)
            elif isinstance(construct, owlready2.Or):
                for child in self._named(construct.Classes):
                    self._parents.setdefault(child, set()).add(name)
        for union in entity.disjoint_unions:
            members = sorted(self._named(union))
            for child in members:
                self._parents.setdefault(child, set()).add(name)
            if len(members) > 1:
                self._disjoint.append(members)

    def _above(self, name: str, construct: Any) -> None:
        """Everything that lies above the class for certain by being a subclass of the construct."""
        if isinstance(construct, owlready2.ThingClass):
            if construct in self._classes and self._classes[construct] != name:
                self._parents[name].add(self._classes[construct])
        elif isinstance(construct, owlready2.And):
            for part in construct.Classes:
                self._above(name, part)
        elif isinstance(construct, owlready2.Not):
            for other in self._named([construct.Class]):
                self._disjoint.append(sorted((name, other)))

    def _bounds(self, construct: Any) -> Iterator[list[str]]:
        """[observable, kind of bound, number] for every number in a definition."""
        if isinstance(construct, owlready2.And | owlready2.Or):
            for part in construct.Classes:
                yield from self._bounds(part)
        elif isinstance(construct, owlready2.Restriction) and isinstance(
            construct.value, owlready2.ConstrainedDatatype
        ):
            for observable in self._references(construct.property, "measuredAs"):
                for kind, attribute in _BOUNDS.items():
                    number = getattr(construct.value, attribute, None)
                    if number is not None:
                        yield [observable, kind, str(number)]

    def _values(self, entity: Any, iri: str) -> list[Any]:
        found = self._world[iri]
        return list(found[entity]) if found is not None else []

    def _texts(self, entity: Any, *iris: str) -> list[str]:
        return sorted({" ".join(str(value).split()) for iri in iris for value in self._values(entity, iri)})

    def _own(self, entity: Any, name: str) -> list[str]:
        return self._texts(entity, NAMESPACE + name)

    def _references(self, entity: Any, name: str) -> list[str]:
        """Classes that an annotation points to; what is no class keeps its IRI, so that checks can name it."""
        found = []
        for value in self._values(entity, NAMESPACE + name):
            iri = getattr(value, "iri", None) or str(value)
            found.append(_local(iri))
        return sorted(found)

    def _class(self, entity: Any, name: str) -> ClassData:
        english = [str(label) for label in entity.label if getattr(label, "lang", "en") in ("en", "")]
        others = [str(label) for label in entity.label if str(label) not in english]
        synonyms = [*self._texts(entity, *_SYNONYMS), *others, *english[1:]]
        recalled = set(self._own(entity, "recalledCode"))
        codes = [
            [*_split(code), match, "recalled" if code in recalled else "verified"]
            for prop, match in _CODES.items()
            for code in self._own(entity, prop)
        ]
        return ClassData(
            label=english[0] if english else "",
            translations={
                str(label.lang): str(label)
                for label in sorted(entity.label, key=str, reverse=True)
                if getattr(label, "lang", "") not in ("", "en")
            },
            definition=_first(self._texts(entity, f"{_OBO}IAO_0000115")),
            source="; ".join(self._texts(entity, f"{_OBO}IAO_0000119")),
            synonyms=synonyms,
            codes=codes,
            parents=sorted(self._parents[name]),
            ranges=sorted(bound for construct in entity.equivalent_to for bound in self._bounds(construct)),
            domain=_first(self._own(entity, "closedWorldDomain")),
            unrecorded=bool(self._values(entity, f"{NAMESPACE}definitionsOnly")),
            unit=_first(self._own(entity, "canonicalUnit")),
            equations=self._own(entity, "unitEquation"),
            minimum=_first(self._own(entity, "plausibleMinimum")),
            maximum=_first(self._own(entity, "plausibleMaximum")),
            integer="integer" in self._own(entity, "valueKind"),
            derived_from=_first(self._references(entity, "derivedFrom")),
            derivation=_first(self._own(entity, "derivation")),
            variant_of=_first(self._references(entity, "unitVariantOf")),
            also_in=self._own(entity, "alsoMeasuredIn"),
            value_codes=self._own(entity, "valueCode"),
        )


def _local(iri: str) -> str:
    return re.split(r"[#/]", iri)[-1]


def _split(code: str) -> tuple[str, str]:
    system, _, rest = code.partition(":")
    return system, rest


def _first(values: list[str]) -> str:
    return values[0] if values else ""
