"""The checks of the ontology as a piece of writing: nothing found in the shipped one, and each finds its fault."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from editing import Plain, new_class

from nen_kb.ontology import Ontology
from nen_kb.ontology.report import checks, report
from nen_kb.resources import shipped

ODD = "\n".join(
    (
        new_class("Odd", "odd", "SubClassOf(:Odd :OtherTreatment)"),
        'AnnotationAssertion(obo:IAO_0000119 :Odd "Own wording")',
    )
)
FAULTS = {
    "class-alone": (
        "therapies",
        new_class("Lone", "lone") + '\nAnnotationAssertion(obo:IAO_0000119 :Lone "Own wording")',
    ),
    "code-malformed": ("therapies", 'AnnotationAssertion(:broadCode :PRRT "atc V10XX")'),
    "code-recalled-alone": ("therapies", 'AnnotationAssertion(:recalledCode :PRRT "ATC:V99")'),
    "definition-missing": (
        "therapies",
        'Declaration(Class(:Odd))\nAnnotationAssertion(rdfs:label :Odd "odd"@en)\nSubClassOf(:Odd :OtherTreatment)',
    ),
    "definition-several": ("therapies", 'AnnotationAssertion(obo:IAO_0000115 :PRRT "Something else."@en)'),
    "definition-shared": ("therapies", ODD + "\n" + ODD.replace("Odd", "Even").replace('"odd"', '"even"')),
    "definition-source-missing": ("therapies", new_class("Odd", "odd", "SubClassOf(:Odd :OtherTreatment)")),
    "definition-unfinished": ("therapies", ODD.replace("Made for a test.", "Made for a test")),
    "deprecated-used": ("therapies", 'AnnotationAssertion(owl:deprecated :Chemotherapy "true"^^xsd:boolean)'),
    "disjoint-with-itself": ("therapies", "DisjointClasses(:Octreotide :SomatostatinAnalogue)"),
    "label-missing": ("therapies", ODD.replace('"odd"@en', '"odd"@de')),
    "label-several": ("therapies", 'AnnotationAssertion(rdfs:label :PRRT "radioligand treatment"@en)'),
    "label-shared": ("therapies", ODD.replace('"odd"', '"octreotide"')),
    "language-missing": ("therapies", 'AnnotationAssertion(oboInOwl:hasExactSynonym :PRRT "radioligand treatment")'),
    "namespace-foreign": ("therapies", "Declaration(Class(<https://example.org/Odd>))"),
    "number-inexact": ("labs", None),
    "property-undeclared": ("therapies", 'AnnotationAssertion(<https://example.org/note> :PRRT "seen")'),
    "range-missing": (
        "labs",
        new_class("Odd", "odd", "SubClassOf(:Odd :Observable)") + '\nAnnotationAssertion(:canonicalUnit :Odd "g/L")',
    ),
    "space-stray": ("therapies", 'AnnotationAssertion(oboInOwl:hasExactSynonym :PRRT "radioligand  treatment"@en)'),
    "synonym-is-label": ("therapies", 'AnnotationAssertion(oboInOwl:hasExactSynonym :PRRT "prrt"@en)'),
    "unit-missing": ("labs", new_class("Odd", "odd", "SubClassOf(:Odd :Observable)")),
}
HEADERS = {
    "header-missing": ("<dcterms:creator>The nen-kb authors</dcterms:creator>", ""),
    "version-apart": ("<owl:versionInfo>2026-11-20<", "<owl:versionInfo>2020-01-01<"),
    "version-undated": ("nen/2026-11-20/therapies", "nen/newest/therapies"),
}


def test_the_shipped_ontology_passes_every_check() -> None:
    assert report() == []


def test_every_check_has_a_fault_that_it_must_find() -> None:
    assert {check.name for check in checks()} == {*FAULTS, *HEADERS}


@pytest.mark.parametrize("name", sorted(set(FAULTS) - {"number-inexact"}))
def test_a_fault_is_found_with_its_place(name: str, copy: Path) -> None:
    module, axioms = FAULTS[name]
    assert axioms is not None
    Plain().edit(copy, module, add=axioms)
    found = report(copy / "nen.owl", only=name)
    assert found
    assert all(problem.message and problem.remedy and problem.file.endswith(".owl") for problem in found)
    assert "{" not in "".join(problem.message for problem in found)


@pytest.mark.parametrize("name", sorted(HEADERS))
def test_a_fault_in_a_header_is_found(name: str, copy: Path) -> None:
    path = copy / "therapies.owl"
    text = path.read_text(encoding="utf-8")
    right, wrong = HEADERS[name]
    assert right in text
    path.write_text(text.replace(right, wrong), encoding="utf-8")
    assert [(problem.code, problem.file) for problem in report(copy)] == [(name, str(path))]


def test_a_number_of_an_inexact_type_is_found_by_its_query_too() -> None:
    """Loading refuses it before the report is made, so the query is asked by itself."""
    from rdflib import XSD, Graph, Literal, URIRef

    graph = Graph()
    subject = URIRef("https://w3id.org/nen-kb/nen#Albumin")
    graph.add((subject, URIRef("https://w3id.org/nen-kb/nen#plausibleMaximum"), Literal("70", datatype=XSD.double)))
    (query,) = (check.query for check in checks() if check.name == "number-inexact")
    assert [row[0] for row in graph.query(query)] == [subject]  # type: ignore[index]


# ── the mappings ─────────────────────────────────────────────────────────────


def test_the_mappings_have_one_row_for_each_code_and_no_other() -> None:
    path = shipped("ontology") / "mappings" / "nen.sssom.tsv"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    rows = list(csv.DictReader(lines, delimiter="\t"))
    mapped = [(row["subject_id"].removeprefix("nen:"), row["object_id"]) for row in rows]
    assert len(set(mapped)) == len(mapped)
    ontology = Ontology.load()
    told = {(name, str(code)) for name in ontology.names for code in ontology.concept(name).codes}
    assert told - set(mapped) == set()
    assert {name for name, _ in mapped} <= ontology.names
    assert all(row["subject_label"] == ontology.label(row["subject_id"].removeprefix("nen:")) for row in rows)
