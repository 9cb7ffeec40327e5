"""Codes of other terminologies: a record becomes a class only where the code surely means it."""

from __future__ import annotations

import csv
from collections import Counter

import pytest

from nen_kb.ontology import Ontology, UnknownName
from nen_kb.resources import shipped

PREDICATES = {
    "exact": "skos:exactMatch",
    "narrow": "skos:narrowMatch",
    "close": "skos:closeMatch",
    "broad": "skos:broadMatch",
    "related": "skos:relatedMatch",
}


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("SNOMEDCT:94225005", "BrainMetastases"),
        ("LOINC:718-7", "Hemoglobin"),
        ("LOINC:59260-0", "Hemoglobin"),
        ("ATC:L01BC06", "Capecitabine"),
        ("atc:l01bc06", "Capecitabine"),
        ("NCIT:C27720", "PancreaticNeuroendocrineTumor"),
        ("RXNORM:7617", "Octreotide"),
        ("RxNorm:7617", "Octreotide"),
        ("ICD10:C78.7", "LiverMetastases"),
        ("ICD-10-CM:C78.7", "LiverMetastases"),
        ("ICDO3:8013/3", "LargeCellNeuroendocrineCarcinoma"),
        ("ICD-O-3:8013/3", "LargeCellNeuroendocrineCarcinoma"),
        ("LOINC:89247-1", "ECOGPerformanceStatus"),
        ("SNOMEDCT:443271005", "F18FDGPETCT"),
        ("ATC:H01CB", "SomatostatinAnalogue"),
        ("ATC:V10XX05", "Lu177PSMA617"),
    ],
)
def test_a_code_that_means_the_class_names_it(ontology: Ontology, text: str, local: str) -> None:
    assert ontology.find(text) == local


@pytest.mark.parametrize(
    ("system", "code", "local"),
    [
        ("ICD10", "C25.4", "PancreaticNeuroendocrineNeoplasm"),
        ("ICD10CM", "C25.4", "PancreaticNeuroendocrineNeoplasm"),
        ("SNOMEDCT", "165232002", "UrinaryIncontinenceOfAnyKind"),
        ("ICD10", "R32", "UrinaryIncontinenceOfAnyKind"),
        ("ICD10", "N39.3", "UrinaryIncontinenceOfAnyKind"),
        ("ICD10", "C44", "MalignantNeoplasmOfSkin"),
        ("ICD10", "C74.1", "MalignantNeoplasmOfAdrenalGland"),
        ("ICD10", "C75.5", "MalignantNeoplasm"),
        ("ICDO3", "8249/3", "NeuroendocrineTumor"),
        ("ICDO3", "8240/3", "NeuroendocrineTumor"),
        ("ICD10CM", "C7A.8", "NeuroendocrineNeoplasm"),
        ("ICD10CM", "C7A.1", "NeuroendocrineNeoplasm"),
        ("ICD10CM", "C7A.012", "IlealNeuroendocrineNeoplasm"),
        ("SNOMEDCT", "254612002", "PancreaticNeuroendocrineNeoplasm"),
        ("SNOMEDCT", "57238002", "Treatment"),
        ("SNOMEDCT", "16736007", "Treatment"),
        ("SNOMEDCT", "387713003", "Treatment"),
        ("ATC", "V10XX", "Treatment"),
        ("LOINC", "33914-3", "EstimatedGFR"),
        ("LOINC", "2345-7", "Glucose"),
        ("NCIT", "C28077", "HistologicGrade1"),
        ("ICD10", "C34", "MalignantNeoplasmOfLung"),
        ("ICD10", "C50", "MalignantNeoplasmOfBreast"),
    ],
)
def test_a_wider_code_leads_to_a_class_that_is_surely_right(
    ontology: Ontology, system: str, code: str, local: str
) -> None:
    assert ontology.by_code(system, code) == local


@pytest.mark.parametrize(
    ("system", "code"),
    [
        ("ATC", "V09IX09"),
        ("SNOMEDCT", "724025002"),
        ("ATC", "V08AB02"),
        ("LOINC", "19080-1"),
        ("ICD10CM", "Z39.1"),
        ("SNOMEDCT", "1"),
        ("NOSUCH", "C25.4"),
    ],
)
def test_a_code_of_something_related_or_unknown_names_no_class(ontology: Ontology, system: str, code: str) -> None:
    assert ontology.by_code(system, code) is None


@pytest.mark.parametrize(
    ("code", "local"),
    [("C50.911", "MalignantNeoplasmOfBreast"), ("E11.65", "Type2DiabetesMellitus"), ("I50.32", "HeartFailure")],
)
def test_a_longer_icd_code_lies_inside_the_code_it_begins_with(ontology: Ontology, code: str, local: str) -> None:
    assert ontology.by_code("ICD10CM", code) == local


def test_no_such_falling_back_outside_icd(ontology: Ontology) -> None:
    assert ontology.by_code("ATC", "L01XA99") is None
    assert ontology.by_code("LOINC", "718-77") is None


def test_a_code_that_decides_nothing_is_unknown_but_says_what_it_touches(ontology: Ontology) -> None:
    with pytest.raises(UnknownName) as caught:
        ontology.find("ATC:V09IX09")
    assert caught.value.suggestions == ("68Ga-DOTATOC PET/CT",)


def test_a_code_decides_for_one_class_and_that_class_is_not_wrong_of_a_closer_one(ontology: Ontology) -> None:
    """Where a code is broad or close for a class, the class it decides for lies above that one, or is far off."""
    for name in ontology.names:
        for code in ontology.concept(name).codes:
            found = ontology.by_code(code.system, code.code)
            if code.match in ("exact", "narrow"):
                assert found == name, str(code)
            elif code.match in ("broad", "close") and found is not None:
                assert found != name, str(code)
                assert ontology.isa(name, found), str(code)


def test_the_mapping_table_says_what_the_ontology_says(ontology: Ontology) -> None:
    """The SSSOM rows and the annotations are the same set."""
    path = shipped("ontology") / "mappings" / "nen.sssom.tsv"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    table = list(csv.DictReader(lines, delimiter="\t"))
    told = Counter((row["subject_id"], row["predicate_id"], row["object_id"], row["confidence"]) for row in table)
    known = Counter(
        (f"nen:{name}", PREDICATES[code.match], str(code), "0.95" if code.confidence == "verified" else "0.6")
        for name in ontology.names
        for code in ontology.concept(name).codes
    )
    assert told == known
    assert len(table) > 500
    assert {row["subject_label"] for row in table} <= {ontology.label(name) for name in ontology.names}


def test_a_code_from_memory_says_so(ontology: Ontology) -> None:
    codes = {str(code): code.confidence for code in ontology.concept("Temozolomide").codes}
    assert codes["NCIT:C1244"] == "recalled"
    assert codes["ATC:L01AX03"] == "verified"
