"""Whole FHIR files, made by hand and real ones, come to the records they state and no others."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest

from nen_kb.facts.dates import FAR_FUTURE, Days, parse_days
from nen_kb.facts.records import Patient, Presence, Sex
from nen_kb.facts.values import GRID, NEG_INF, POS_INF, Span, from_grid
from nen_kb.ontology import Ontology
from nen_kb.sources.fhir import FhirResult, looks_like_fhir, read_fhir

DATA = Path(__file__).resolve().parents[2] / "data" / "fhir"
TODAY = parse_days("2026-11-20").first


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return Ontology.load()


def read(ontology: Ontology, name: str) -> FhirResult:
    return read_fhir(DATA / name, ontology, as_of=TODAY)


def only(result: FhirResult) -> Patient:
    assert result.problems == ()
    (patient,) = result.patients
    return patient


def kinds(patient: Patient) -> set[str]:
    return {note.kind for note in patient.notes}


@pytest.fixture(scope="module")
def nen(ontology: Ontology) -> Patient:
    return only(read(ontology, "handmade/nen-patient.json"))


def test_a_patient_has_the_sex_and_birth_date_of_her_resource(nen: Patient) -> None:
    """The Patient resource is found by its urn:uuid."""
    assert (nen.sex, nen.born) == (Sex.FEMALE, parse_days("1961-04-02"))
    assert nen.declarations == ()


def test_code_histology_and_site_of_one_condition_make_one_class(nen: Patient) -> None:
    """A pancreatic neoplasm with the histology of a neuroendocrine tumour is a pancreatic one."""
    found = {f.concept: (f.presence, f.when) for f in nen.findings}
    assert found["PancreaticNeuroendocrineTumor"] == (Presence.PRESENT, parse_days("2024-05"))
    assert found["LiverMetastases"] == (Presence.PRESENT, parse_days("2024-06-03"))
    assert found["BrainMetastases"] == (Presence.ABSENT, parse_days("2026-10-01"))
    assert "Pheochromocytoma" not in found
    assert "entered-in-error" in kinds(nen)


def test_pathology_progression_and_tests_are_findings(nen: Patient) -> None:
    """Grade by the WHO's method, imaging progression of the tumour, a negative pregnancy test."""
    found = {f.concept: f.presence for f in nen.findings}
    for concept in (
        "HistologicallyConfirmed",
        "WHOGrade2",
        "RadiologicalProgression",
        "NegativePregnancyTest",
    ):
        assert found[concept] is Presence.PRESENT


def test_results_are_exact_in_canonical_units(nen: Patient) -> None:
    """Units are converted exactly; comparators are open ends; panels give their date."""
    by = {m.observable: m for m in nen.measurements}
    assert by["Hemoglobin"].value == Span(121 * GRID, 121 * GRID)
    assert by["Hemoglobin"].when == parse_days("2026-11-10")
    assert by["Hemoglobin"].lower is not None
    assert by["Hemoglobin"].lower.value == Span(117 * GRID, 117 * GRID)
    assert by["Platelets"].value == Span(214 * GRID, 214 * GRID)
    assert by["Ki67Index"].value == Span(8 * GRID, 8 * GRID)
    assert by["ECOGPerformanceStatus"].value == Span(GRID, GRID)
    assert by["GFRByIohexolClearanceIndexed"].value == Span(90 * GRID + 5, POS_INF)
    bilirubin = by["TotalBilirubin"]
    assert bilirubin.value == Span(NEG_INF, 5 * GRID - 5)
    assert bilirubin.upper is not None
    asat = by["ASAT"]
    assert asat.value is not None
    assert asat.upper is not None
    assert from_grid(asat.value.low) / from_grid(asat.upper.value.low) == Decimal("36.6") / Decimal("45.6")


def test_a_scan_told_by_three_resources_is_one_scan(nen: Patient) -> None:
    """The procedure gives the day, the observations that refer to it give score and extent."""
    (scan,) = nen.imaging
    assert scan.procedure == "Ga68DotatatePETCT"
    assert scan.when == parse_days("2026-10-01")
    assert scan.krenning == Span(4 * GRID, 4 * GRID)
    assert scan.extent == Span(3 * GRID, 3 * GRID)


def test_treatments_begin_and_end_as_recorded(nen: Patient) -> None:
    """Ongoing, ended and not taken are three things."""
    by = {t.concept: t for t in nen.treatments}
    assert set(by) == {"Octreotide", "Capecitabine"}
    assert by["Octreotide"].ended == Days(FAR_FUTURE, FAR_FUTURE)
    assert by["Octreotide"].started == parse_days("2024-06")
    assert (by["Capecitabine"].started, by["Capecitabine"].ended) == (
        parse_days("2025-01-07"),
        parse_days("2025-09"),
    )
    assert "not-given" in kinds(nen)


def test_ids_are_unique_and_origins_name_the_place(nen: Patient) -> None:
    """A record's id is its JSON path; the origin names file and path."""
    records = [*nen.findings, *nen.measurements, *nen.treatments, *nen.imaging]
    assert len({record.id for record in records}) == len(records)
    assert all(record.origin.path.startswith("$.entry[") for record in records)
    assert all(record.origin.file.endswith("nen-patient.json") for record in records)


def test_two_patients_in_a_bundle_stay_two(ontology: Ontology) -> None:
    """Relative and versioned absolute references find their patient; a result of nobody is noted for both."""
    result = read(ontology, "handmade/two-patients.json")
    assert [p.id for p in result.patients] == ["a", "b"]
    values = [[m.value.low // GRID for m in p.measurements if m.value] for p in result.patients]
    assert values == [[140], [110]]
    for patient in result.patients:
        assert any(n.kind == "no-patient" and "could be of anyone" in n.message for n in patient.notes)
    second = result.patients[1]
    assert (second.sex, second.born) == (None, None)
    assert "no-value" in kinds(second)


def test_a_truncated_file_is_one_problem(ontology: Ontology) -> None:
    """Cut-off JSON gives no patient and says that it was cut off."""
    result = read(ontology, "handmade/truncated.json")
    assert result.patients == ()
    assert [p.code for p in result.problems] == ["truncated-json"]
    assert result.problems[0].place.startswith("line ")


def test_a_byte_order_mark_is_accepted(ontology: Ontology) -> None:
    """A BOM is no reason to refuse a file."""
    assert only(read(ontology, "handmade/bom.json")).sex is Sex.FEMALE


@pytest.mark.parametrize(
    ("name", "patient", "concepts"),
    [
        ("hl7/Condition-f202.json", "f201", [("MalignantNeoplasm", Presence.PRESENT)]),
        ("hl7/Condition-f204.json", "f201", [("Condition", Presence.UNKNOWN)]),
        ("hl7/Condition-family-history.json", "example", []),
    ],
)
def test_hl7_conditions(ontology: Ontology, name: str, patient: str, concepts: list[tuple[str, Presence]]) -> None:
    """A resolved cancer stays a diagnosis, a differential one is unknown, a family's is not the patient's."""
    found = only(read(ontology, name))
    assert found.id == patient
    assert [(f.concept, f.presence) for f in found.findings] == concepts
    assert found.sex is None
    assert "no-patient" in kinds(found)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("hl7/MedicationStatement-example005.json", "entered-in-error"),
        ("hl7/Observation-f202.json", "entered-in-error"),
        ("hl7/Observation-unsat.json", "cancelled"),
        ("hl7/Procedure-ambulation.json", "not-given"),
    ],
)
def test_what_was_withdrawn_or_not_done_leaves_a_note_and_no_record(ontology: Ontology, name: str, kind: str) -> None:
    """Nothing of it is used, and nothing is dropped in silence."""
    found = only(read(ontology, name))
    assert (found.findings, found.measurements, found.treatments, found.imaging) == ((), (), (), ())
    assert kind in kinds(found)


def test_results_take_day_and_patient_of_their_report(ontology: Ontology) -> None:
    """The panel of the blood count names no subject and its results no day; the report has both."""
    found = only(read(ontology, "hl7/Bundle-ghp-part.json"))
    assert found.id == "pat2"
    by = {m.observable: m for m in found.measurements}
    assert by["Neutrophils"].value is not None
    assert by["Neutrophils"].value.low == 9 * GRID // 10
    assert by["Neutrophils"].when == parse_days("2015-08-16")
    assert by["Neutrophils"].lower is not None
    assert len([m for m in found.measurements if m.observable == "Neutrophils"]) == 1, "a percentage is no count"
    assert {"date-inherited", "no-subject"} <= kinds(found)


def test_a_stray_subject_is_another_patient(ontology: Ontology) -> None:
    """One bundle of mCODE holds metastases of a man whose Patient resource is elsewhere."""
    result = read(ontology, "mcode/john-anyperson-part.json")
    by = {p.id: p for p in result.patients}
    john, adam = by["cancer-patient-john-anyperson"], by["cancer-patient-adam-everyman"]
    assert (adam.sex, adam.born) == (None, None)
    assert "MetastaticDisease" in {f.concept for f in adam.findings}
    present = {f.concept for f in john.findings if f.presence is Presence.PRESENT}
    assert "BrainMetastases" in present
    assert "MetastaticDisease" not in present
    ecog = [m for m in john.measurements if m.observable == "ECOGPerformanceStatus"]
    assert [m.value for m in ecog] == [Span(0, 0)]
    assert "Cisplatin" in {t.concept for t in john.treatments}, "read by the name of the ingredient"


def test_radiotherapy_and_impossible_values(ontology: Ontology) -> None:
    """Beams are external radiotherapy; 3000 x 10*3/uL neutrophils are no value; pounds are."""
    jenny = only(read(ontology, "mcode/jenny-m-part.json"))
    courses = [t for t in jenny.treatments if t.concept == "ExternalBeamRadiotherapy"]
    assert courses
    assert all(t.end_known for t in courses)
    by = {m.observable: m for m in jenny.measurements}
    assert (by["Neutrophils"].value, by["Neutrophils"].trouble) == (None, "unit_unusable")
    assert by["Neutrophils"].original == "3000 10*3/uL"
    weight = by["BodyWeight"].value
    assert weight is not None
    assert Decimal(68) <= from_grid(weight.low) <= Decimal(71)


def test_a_synthetic_record_keeps_what_nobody_understood(ontology: Ontology) -> None:
    """Unknown conditions and drugs stay as what may be anything; unread types are counted."""
    murray = only(read(ontology, "synthea/murray-hane-part.json"))
    assert murray.sex is Sex.MALE
    assert {"Condition", "CongestiveHeartFailure"} <= {f.concept for f in murray.findings}
    assert "Treatment" in {t.concept for t in murray.treatments}
    assert all(t.ended.last == FAR_FUTURE and not t.end_known for t in murray.treatments if t.concept == "Treatment")
    assert any(m.observable == "Hemoglobin" and m.value for m in murray.measurements)
    assert {"deceased", "unknown-code", "not-read", "ordered"} <= kinds(murray)
    claims = [n for n in murray.notes if n.message.startswith("Claim:")]
    assert len(claims) == 1


def test_fhir_is_told_by_its_resource_type() -> None:
    """Only an object with a resourceType in text is FHIR."""
    assert looks_like_fhir({"resourceType": "Patient"})
    assert not looks_like_fhir({"resourceType": 3})
    assert not looks_like_fhir(json.loads('{"case": 1}'))
