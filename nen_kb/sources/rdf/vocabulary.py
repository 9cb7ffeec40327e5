"""The words in which a patient is written as RDF: classes and properties in ``https://w3id.org/nen-kb/patient#``.

A patient is an individual of ``pat:Patient`` that points at its records.  A record of something that is there is an
individual of a class of the ontology (``nen:Hemoglobin``, ``nen:Lanreotide``); a finding that is absent or in doubt
must not be one, since that would say that there is such a thing, and names its class as ``pat:concept`` instead.

- Numbers are ``xsd:decimal`` or ``xsd:integer``, never float or double.
- Dates are text, since OWL 2 has no datatype for them: ``2024-05-20``, ``2024-05``, ``2024``, and for one day of
  several ``[2024-05-01..2024-06-10]``, ``[..2024-06-10]``, ``[2024-05-01..]`` (EDTF, ISO 8601-2: one of a set).
- ``pat:concept`` and ``pat:about`` point from an individual to a class, so they are annotation properties.

``TERMS`` is the whole vocabulary; ``declarations`` gives it as triples, so that an exported file is complete OWL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as Word

from rdflib import OWL, RDF, RDFS, XSD, Graph, Literal, Namespace, URIRef

PAT = Namespace("https://w3id.org/nen-kb/patient#")
NEN = Namespace("https://w3id.org/nen-kb/nen#")
ONTOLOGY = URIRef("https://w3id.org/nen-kb/nen")
"""What an exported file imports, so that Protégé shows the classes."""
BASE = "https://w3id.org/nen-kb/patient/"
"""Where individuals are named that have no name yet."""

TermKind = Word["class", "link", "text", "decimal", "integer", "boolean", "annotation"]


@dataclass(frozen=True)
class Term:
    """One word of the vocabulary."""

    name: str
    kind: TermKind
    comment: str

    @property
    def iri(self) -> URIRef:
        return PAT[self.name]


def _terms(kind: TermKind, /, **comments: str) -> list[Term]:
    return [Term(name, kind, comment) for name, comment in comments.items()]


TERMS: dict[str, Term] = {
    term.name: term
    for term in [
        *_terms(
            "class",
            Patient="One patient on the day judged.",
            Finding="A diagnosis, metastasis, assessment, answer or state, present, absent or in doubt.",
            Measurement="A laboratory result, score, index or size.",
            Treatment="A drug, procedure or radiotherapy from its first to its last dose or day.",
            Imaging="A scan.",
            Completeness="A source's word that the record of a domain is complete up to a day.",
            Randomisation="The arm of a trial the patient was randomised to.",
            Limit="A reference limit that belongs to a result.",
            Note="Something that a source said and no reader understood, set aside or corrected.",
        ),
        *_terms(
            "link",
            finding="From the patient to a finding.",
            measurement="From the patient to a measurement.",
            treatment="From the patient to a treatment.",
            imaging="From the patient to a scan.",
            complete="From the patient to a declaration of completeness.",
            randomisation="From the patient to the arm of a trial.",
            note="From the patient to a note.",
            upperLimit="From a measurement to the upper limit of normal that came with it.",
            lowerLimit="From a measurement to the lower limit of normal that came with it.",
        ),
        *_terms(
            "annotation",
            concept="The class of the ontology a record is about, where the record is not an individual of it; "
            "a class, or its name or code as text.",
            about="Of a finding about another one: the class of that other finding.",
        ),
        *_terms(
            "text",
            id="The patient's id; the end of her IRI where missing.",
            sex="female, male or unknown.",
            born="The date of birth.",
            indexDate="The day eligibility is judged; today where missing.",
            plannedStart="The planned start of study treatment; the index date where missing.",
            trial="The id of a trial.",
            domain="conditions, treatments or imaging.",
            asOf="The day up to which a domain is complete; the index date where missing.",
            presence="present (where missing), absent or unknown.",
            date="The day of a record, or what is known of it; any day up to the index date where missing.",
            started="The first dose or day of a treatment.",
            ended="The last dose or day of a treatment.",
            value="A value as written, which is read: 12.1 g/dL, > 60 mL/min, 3-20 %, unknown.",
            unit="The unit of the numbers, as UCUM writes it.",
            original="What the source wrote; shown in proofs, never read.",
            source="Where the record comes from, in a person's words.",
            extent="The share of lesions with uptake: all, majority, minority or none.",
            extentAtLeast="The least share of lesions with uptake.",
            extentAtMost="The greatest share of lesions with uptake.",
            recordId="The id of a record, unique in its patient; the end of its IRI where missing.",
            sourceFile="The file a record was first read from; this file where missing.",
            sourcePath="The path inside that file; the name of the record where missing.",
            trouble="Why a value cannot be used: unit_unusable, not_recorded, wrong_method or concept_too_general.",
            troubleText="The same in a sentence.",
            limitSource="Whose limit it is: result (where missing) or site.",
            path="The path a note is about.",
            message="What a note says.",
            kind="The kind of a note, such as no-date or unknown-code.",
        ),
        *_terms(
            "decimal",
            atLeast="The least number the value may be, itself included.",
            atMost="The greatest number the value may be, itself included.",
            above="The number above which the value lies.",
            below="The number below which the value lies.",
        ),
        *_terms(
            "integer",
            arm="The number of the arm, from 1 on.",
            krenning="The Krenning score of the target lesions, 0 to 4.",
            krenningAtLeast="The least Krenning score it may be.",
            krenningAtMost="The greatest Krenning score it may be.",
            position="The place of a record among those of its kind, from 0 on; the order of the names where missing.",
        ),
        *_terms(
            "boolean",
            ongoing="Whether a treatment was going on on the index date.",
            endKnown="False where the end of a treatment is only an estimate.",
        ),
    ]
}

LINKS: dict[str, str] = {
    "finding": "Finding", "measurement": "Measurement", "treatment": "Treatment", "imaging": "Imaging",
    "complete": "Completeness", "randomisation": "Randomisation", "note": "Note",
}  # fmt: skip
"""From a patient's property to the class of what it leads to."""

RECORD = frozenset({"concept", "source", "original", "recordId", "sourceFile", "sourcePath", "position"})
NUMBERS = frozenset({"value", "unit", "atLeast", "atMost", "above", "below"})
PROPERTIES: dict[str, frozenset[str]] = {
    "Patient": frozenset({*LINKS, "id", "sex", "born", "indexDate", "plannedStart"}),
    "Finding": RECORD | {"presence", "date", "about"},
    "Measurement": RECORD | NUMBERS | {"date", "upperLimit", "lowerLimit", "trouble", "troubleText"},
    "Treatment": RECORD | {"date", "started", "ended", "ongoing", "endKnown"},
    "Imaging": RECORD
    | {"date", "krenning", "krenningAtLeast", "krenningAtMost", "extent", "extentAtLeast", "extentAtMost"},
    "Completeness": frozenset({"domain", "asOf", "source", "recordId", "sourceFile", "sourcePath", "position"}),
    "Randomisation": frozenset({"trial", "arm", "position"}),
    "Limit": NUMBERS | {"original", "limitSource"},
    "Note": frozenset({"path", "message", "kind", "position"}),
}
"""What may be said of an individual of each class."""

_TYPES = {
    "class": OWL.Class, "link": OWL.ObjectProperty, "annotation": OWL.AnnotationProperty, "text": OWL.DatatypeProperty,
    "decimal": OWL.DatatypeProperty, "integer": OWL.DatatypeProperty, "boolean": OWL.DatatypeProperty,
}  # fmt: skip
_RANGES = {"text": XSD.string, "decimal": XSD.decimal, "integer": XSD.integer, "boolean": XSD.boolean}


def declarations(graph: Graph) -> None:
    """Add the vocabulary itself: a declaration, a label and a comment for each word, and the range of values.

    ``pat:value`` has no range: a score may be written as a number.
    """
    for term in TERMS.values():
        graph.add((term.iri, RDF.type, _TYPES[term.kind]))
        graph.add((term.iri, RDFS.label, Literal(_spoken(term.name), lang="en")))
        graph.add((term.iri, RDFS.comment, Literal(term.comment, lang="en")))
        if term.kind in _RANGES and term.name != "value":
            graph.add((term.iri, RDFS.range, _RANGES[term.kind]))
    for link, kind in {**LINKS, "upperLimit": "Limit", "lowerLimit": "Limit"}.items():
        graph.add((PAT[link], RDFS.range, PAT[kind]))


def _spoken(name: str) -> str:
    """``atLeast`` as ``at least``."""
    return "".join(f" {letter.lower()}" if letter.isupper() and place else letter for place, letter in enumerate(name))
