"""From the concepts of a CDM to classes of the ontology.

The standard and the source concept of a row are translations of each other, as codings are in FHIR.
Where neither has a code that the ontology knows, the CDM's own vocabulary leads on: to the standard
concept (``Maps to``), then, for diagnoses, drugs and procedures, to what stands above.  A result is never
read by what stands above it: narrower by specimen or method, it may be another quantity.  So what a vocabulary
adds only makes a record more specific, and less of it never decides more (but for one thing: a tumour that only
the vocabulary makes known still lets a Ki-67 index be of either tumour).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from nen_kb.sources.fhir.codes import CONDITION, IMAGING, TREATMENT, Coding, Lexicon, Meaning
from nen_kb.sources.omop.concepts import SYSTEMS, Concept, Element, Kind, Term, TermLexicon
from nen_kb.sources.omop.database import Vocabulary
from nen_kb.sources.omop.tables import ANCESTOR, CONCEPT, RELATIONSHIP, VOCABULARY
from nen_kb.sources.omop.values import Row, concept_id, whole

_BY_STANDARD: Final = "read as the standard concept that the CDM's vocabulary leads to"
_BY_ANCESTOR: Final = "read as what stands above it in the CDM's vocabulary"
_UP: Final = frozenset(
    ["rxnorm has ing", "consists of", "contains", "tradename of", "quantified form of", "marketed form of"]
)
_STEPS: Final = 6
_NO_CODE: Final = "No matching concept"


_ABOVE: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.CONDITION: (CONDITION,),
    Kind.DRUG: (TREATMENT,),
    Kind.PROCEDURE: (TREATMENT, IMAGING),
    Kind.DEVICE: (TREATMENT,),
}


@dataclass
class Terms:
    """Looks concepts up in the CDM's vocabulary, each once."""

    vocabulary: Vocabulary
    lexicon: TermLexicon
    _concepts: dict[int, Concept] = field(default_factory=dict)
    _related: dict[int, list[tuple[str, int]]] = field(default_factory=dict)
    _ancestors: dict[int, list[int]] = field(default_factory=dict)
    _elements: dict[tuple[Kind, int, int, str], Element] = field(default_factory=dict)

    def prepare(self, rows: Iterable[Row]) -> None:
        """Fetch the concepts that these rows name, and what stands above those not known, in few statements."""
        cells = {cell for row in rows for name, cell in row.items() if name.endswith("concept_id")}
        ids = {whole(cell) or 0 for cell in cells}
        self._fetch(ids)
        unknown = {number for number in ids if not self._known(self.concept(number))}
        self._fetch_above(unknown)
        for _ in range(_STEPS):
            self._fetch_related(unknown)
            unknown = {other for number in unknown for _, other in self._related[number] if other not in self._related}

    def _known(self, concept: Concept) -> bool:
        return bool(concept.code) and self.lexicon.by_code(concept.system, concept.code) is not None

    def concept(self, number: int) -> Concept:
        """The row of CONCEPT with that id; one without a code where there is none."""
        if number not in self._concepts:
            self._fetch({number})
        return self._concepts[number]

    def element(self, kind: Kind, row: Row, stem: str, *, source: str = "") -> Element:
        """The coded element of a row: ``stem`` is ``condition`` for ``condition_concept_id``."""
        standard, own = concept_id(row, f"{stem}_concept_id"), concept_id(row, f"{stem}_source_concept_id")
        written = source or row.get(f"{stem}_source_value", "")
        key = (kind, standard, own, written)
        if key not in self._elements:
            if len(self._elements) > 200_000:
                self._elements.clear()
            self._elements[key] = Element(self._term(kind, standard, own, written))
        return self._elements[key]

    def value(self, number: int, source: str = "") -> Element:
        """The coded element of a value, such as ``value_as_concept_id``."""
        return self.element(Kind.VALUE, {"value_concept_id": str(number)}, "value", source=source)

    def _term(self, kind: Kind, standard: int, own: int, written: str) -> Term:
        concepts = tuple(self.concept(number) for number in dict.fromkeys((standard, own)) if number)
        codings = [coding for concept in concepts for coding in _codings(concept)]
        prefixed = _prefixed(written) if not any(concept.code for concept in concepts) else None
        codings += [prefixed] if prefixed else []
        said = "" if prefixed or written in {coding.code for coding in codings} else written
        plain = Lexicon.meaning(self.lexicon, _element(codings, said))
        if plain.concept is None and said and codings and not any(concept.name for concept in concepts):
            plain = self._named(plain, said)
        term = Term(
            plain.concept, plain.written, plain.codings, plain.text, plain.how, plain.exact, concepts, written, kind
        )
        return term if term.concept else self._led(term)

    def _named(self, plain: Meaning, said: str) -> Meaning:
        """By its source value, where no vocabulary says what the concept is."""
        named = Lexicon.meaning(self.lexicon, said)
        return replace(plain, concept=named.concept, how=named.how, exact=named.exact) if named.concept else plain

    def _led(self, term: Term) -> Term:
        ids = [concept.id for concept in term.concepts]
        standard = [
            self.concept(other)
            for one in ids
            for relation, other in self._relations(one)
            if relation == "maps to" and other not in ids
        ]
        found = self._classes(standard, ())
        if found:
            return self._found(term, found, _BY_STANDARD)
        tops = _ABOVE.get(term.kind)
        if tops is None:
            return term
        above = [self.concept(other) for one in [*ids, *(c.id for c in standard)] for other in self._above(one)]
        found = self._classes(above, tops)
        return self._found(term, found, _BY_ANCESTOR) if found else term

    def _classes(self, concepts: Iterable[Concept], tops: tuple[str, ...]) -> dict[str, Concept]:
        """The classes that these concepts surely are, each with the first concept that is it."""
        found: dict[str, Concept] = {}
        for concept in concepts:
            name = self.lexicon.by_code(concept.system, concept.code) if concept.code else None
            if name and (not tops or any(name != top and self.lexicon.isa(name, top) for top in tops)):
                found.setdefault(name, concept)
        return found

    def _found(self, term: Term, found: dict[str, Concept], how: str) -> Term:
        name, _ = self.lexicon.combine(found)
        tops = _ABOVE.get(term.kind, ())
        if name is None or (tops and how == _BY_ANCESTOR and not any(self.lexicon.isa(name, top) for top in tops)):
            return term
        lowest = set(self.lexicon.lowest(found))
        named = [concept for local, concept in found.items() if local in lowest]
        seen = " | ".join(dict.fromkeys(f"{c.coding.system}:{c.coding.code} {c.name}".strip() for c in named))
        return replace(term, concept=name, how=how, exact=False, led=True, written=f"{term.written} (under {seen})")

    def ingredients(self, term: Term) -> list[tuple[Concept, tuple[str, ...]]]:
        """The ingredients of a drug by the CDM's vocabulary, each with its ATC codes where those are told."""
        ids = [concept.id for concept in term.concepts]
        reached = dict.fromkeys([*ids, *(other for one in ids for other in self._above(one))])
        frontier = list(ids)
        for _ in range(_STEPS):
            frontier = [
                other
                for one in frontier
                for relation, other in self._relations(one)
                if (relation in _UP or relation == "maps to") and other not in reached
            ]
            reached.update(dict.fromkeys(frontier))
        concepts = [self.concept(number) for number in reached]
        found = sorted((c for c in concepts if c.kind.lower() == "ingredient"), key=lambda c: c.id)
        above = tuple(sorted(c.code for c in concepts if c.system == "ATC" and c.code))
        return [(one, self._atc(one) or (above if len(found) == 1 else ())) for one in found]

    def _atc(self, ingredient: Concept) -> tuple[str, ...]:
        linked = [
            self.concept(other) for relation, other in self._relations(ingredient.id) if relation == "rxnorm - atc"
        ]
        return tuple(sorted(c.code for c in linked if c.system == "ATC" and c.code))

    def _relations(self, number: int) -> list[tuple[str, int]]:
        if number not in self._related:
            self._fetch_related({number})
        return self._related[number]

    def _above(self, number: int) -> list[int]:
        if number not in self._ancestors:
            self._fetch_above({number})
        return self._ancestors[number]

    def _fetch(self, ids: Iterable[int]) -> None:
        missing = {number for number in ids if number > 0 and number not in self._concepts}
        self._concepts.setdefault(0, Concept(0, _NO_CODE))
        for number in missing:
            self._concepts[number] = Concept(number)
        for row in sorted(self.vocabulary.lookup(VOCABULARY[CONCEPT], "concept_id", missing), key=_order):
            number = concept_id(row, "concept_id")
            self._concepts[number] = Concept(
                number,
                row.get("concept_name", ""),
                row.get("vocabulary_id", ""),
                row.get("concept_code", ""),
                row.get("domain_id", ""),
                row.get("concept_class_id", ""),
            )

    def _fetch_related(self, ids: Iterable[int]) -> None:
        missing = {number for number in ids if number not in self._related}
        for number in missing:
            self._related[number] = []
        wanted = missing - {0}
        found = self.vocabulary.lookup(VOCABULARY[RELATIONSHIP], "concept_id_1", wanted)
        for row in sorted(found, key=_order):
            if row.get("invalid_reason", "") in ("", "NULL"):
                relation = row.get("relationship_id", "").lower()
                if relation in _UP or relation in ("maps to", "rxnorm - atc"):
                    self._related[concept_id(row, "concept_id_1")].append((relation, concept_id(row, "concept_id_2")))
        self._fetch(other for number in wanted for _, other in self._related[number])

    def _fetch_above(self, ids: Iterable[int]) -> None:
        missing = {number for number in ids if number not in self._ancestors}
        levels: dict[int, list[tuple[int, int]]] = {number: [] for number in missing}
        wanted = missing - {0}
        for row in self.vocabulary.lookup(VOCABULARY[ANCESTOR], "descendant_concept_id", wanted):
            lower, upper = concept_id(row, "descendant_concept_id"), concept_id(row, "ancestor_concept_id")
            if lower != upper and upper:
                levels[lower].append((whole(row.get("min_levels_of_separation")) or 0, upper))
        for number, found in levels.items():
            self._ancestors[number] = [upper for _, upper in sorted(found)]
        self._fetch(upper for number in wanted for upper in self._ancestors[number])


def _order(row: Row) -> list[tuple[str, str]]:
    return sorted(row.items())


def _codings(concept: Concept) -> list[Coding]:
    """The coding of a concept; one of ICD-O-3 that joins histology and site has its histology alone beside it."""
    if concept.system == "ICDO3" and "-" in concept.code:
        return [concept.coding, Coding("ICDO3", concept.code.partition("-")[0], "")]
    return [concept.coding]


def _prefixed(written: str) -> Coding | None:
    """A source value that names its code system: ``ICD10CM:C25.4``."""
    vocabulary, colon, code = written.partition(":")
    system = SYSTEMS.get(vocabulary.strip().lower().replace("-", "").replace(" ", ""))
    return Coding(system, code.strip(), "") if colon and system and code.strip() else None


def _element(codings: list[Coding], said: str) -> dict[str, Any]:
    coding = [{"system": c.system, "code": c.code, "display": c.display} for c in codings]
    return {"coding": coding, "text": said}
