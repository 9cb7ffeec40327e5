"""Each rule by which a FHIR resource becomes a record, or none, on the smallest example.

One long file, in the order of the resource types: it is the table of decisions of this source, and
all its tests share the same few builders of resources.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, Days, parse_days
from nen_kb.facts.records import Patient, Presence, Unmapped
from nen_kb.facts.values import GRID, Span
from nen_kb.ontology import Ontology
from nen_kb.sources.fhir import FhirResult, read_fhir

TODAY = parse_days("2026-11-20").first
SNOMED, LOINC, RXNORM, ATC = (
    "http://snomed.info/sct",
    "http://loinc.org",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
    "http://www.whocc.no/atc",
)
Json = dict[str, Any]
Read = Callable[..., Patient]


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return Ontology.load()


@pytest.fixture
def load(ontology: Ontology, tmp_path: Path) -> Callable[[Any], FhirResult]:
    def load(value: Any) -> FhirResult:
        path = tmp_path / "source.json"
        path.write_text(value if isinstance(value, str) else json.dumps(value), encoding="utf-8")
        return read_fhir(path, ontology, as_of=TODAY)

    return load


@pytest.fixture
def read(load: Callable[[Any], FhirResult]) -> Read:
    """The one patient of a bundle of these resources; Patient/p is added."""

    def read(*resources: Json, kind: str = "collection") -> Patient:
        person = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1960-05-01"}
        entries = [{"resource": resource} for resource in (person, *resources)]
        result = load({"resourceType": "Bundle", "type": kind, "entry": entries})
        assert result.problems == ()
        (patient,) = result.patients
        return patient

    return read


def code(system: str, value: str, **more: str) -> Json:
    return {"coding": [{"system": system, "code": value, **more}]}


def status(value: str) -> Json:
    return {"coding": [{"code": value}]}


def condition(value: Json, **more: Any) -> Json:
    given = {"verificationStatus": status("confirmed"), "onsetDateTime": "2020-03-01", **more}
    return {"resourceType": "Condition", "code": value, "subject": {"reference": "Patient/p"}, **given}


def observation(value: Json, **more: Any) -> Json:
    given = {"status": "final", "effectiveDateTime": "2026-11-01", **more}
    return {"resourceType": "Observation", "code": value, "subject": {"reference": "Patient/p"}, **given}


def quantity(value: float, unit: str) -> Json:
    return {"value": value, "unit": unit, "code": unit, "system": "http://unitsofmeasure.org"}


def kinds(patient: Patient) -> set[str]:
    return {note.kind for note in patient.notes}


HB = code(LOINC, "718-7")
HEART_FAILURE = code(SNOMED, "84114007")
BRAIN = code(SNOMED, "94225005")


@pytest.mark.parametrize(
    ("verified", "presence"),
    [
        ("confirmed", Presence.PRESENT),
        ("refuted", Presence.ABSENT),
        ("provisional", Presence.UNKNOWN),
        ("differential", Presence.UNKNOWN),
        ("unconfirmed", Presence.UNKNOWN),
        ("example-status", Presence.UNKNOWN),
    ],
)
def test_verification_status(read: Read, verified: str, presence: Presence) -> None:
    """Only confirmed is present and only refuted is absent."""
    patient = read(condition(BRAIN, verificationStatus=status(verified)))
    assert [(f.concept, f.presence) for f in patient.findings] == [("BrainMetastases", presence)]


def test_no_verification_is_a_diagnosis_but_no_histology(read: Read) -> None:
    """A missing verificationStatus is noted and confirms nothing by histology."""
    resource = condition(code(SNOMED, "255046005"))
    del resource["verificationStatus"]
    patient = read(resource)
    assert [(f.concept, f.presence) for f in patient.findings] == [("NeuroendocrineNeoplasm", Presence.PRESENT)]
    assert "not-verified" in kinds(patient)


def test_entered_in_error_is_nothing(read: Read) -> None:
    """A record that never should have been leaves a note."""
    patient = read(condition(BRAIN, verificationStatus=status("entered-in-error")))
    assert patient.findings == ()
    assert "entered-in-error" in kinds(patient)


def test_refuted_and_unknown_says_nothing_of_everything(read: Read) -> None:
    """Refuting a code that nobody knows must not make every condition absent."""
    patient = read(condition(code(SNOMED, "999"), verificationStatus=status("refuted")))
    assert [(f.concept, f.presence) for f in patient.findings] == [("Condition", Presence.UNKNOWN)]


def test_what_is_over_is_absent_from_its_end(read: Read) -> None:
    """Heart failure that is resolved was there and is gone."""
    patient = read(
        condition(HEART_FAILURE, clinicalStatus=status("resolved"), abatementDateTime="2022-07-05"),
    )
    assert [(f.concept, f.presence, f.when) for f in patient.findings] == [
        ("HeartFailure", Presence.PRESENT, parse_days("2020-03-01")),
        ("HeartFailure", Presence.ABSENT, parse_days("2022-07-05")),
    ]


def test_what_goes_on_elsewhere_is_not_over(read: Read) -> None:
    """One record of heart failure ends, another goes on: no absence."""
    over = condition(HEART_FAILURE, clinicalStatus=status("resolved"), abatementDateTime="2022-07-05")
    patient = read(over, condition(HEART_FAILURE, clinicalStatus=status("active"), onsetDateTime="2021-01-01"))
    assert {f.presence for f in patient.findings} == {Presence.PRESENT}
    assert "past" in kinds(patient)


@pytest.mark.parametrize("state", ["remission", "resolved", "inactive"])
def test_a_tumour_that_is_over_stays_one_the_patient_has_had(read: Read, state: str) -> None:
    """Remission of a neoplasm or a metastasis adds no absence."""
    for value in (code(SNOMED, "255046005"), BRAIN):
        patient = read(condition(value, clinicalStatus=status(state), abatementDateTime="2022-07-05"))
        assert [f.presence for f in patient.findings] == [Presence.PRESENT]
        assert "past" in kinds(patient)


def test_an_end_without_a_day_is_noted(read: Read) -> None:
    """Resolved on an unknown day: she had it, and whether she still has it is left open."""
    patient = read(condition(HEART_FAILURE, clinicalStatus=status("resolved")))
    assert [f.presence for f in patient.findings] == [Presence.PRESENT, Presence.UNKNOWN]
    assert "no-date" in kinds(patient)


def test_a_narrower_code_that_is_over_leaves_the_class_open(read: Read) -> None:
    """One normal pregnancy ended in 2023; that shows neither that she is pregnant now nor that she is not."""
    normal = {"coding": [{"system": SNOMED, "code": "72892002", "display": "Normal pregnancy"}]}
    patient = read(
        condition(normal, clinicalStatus=status("resolved"), onsetDateTime="2022-08-17", abatementDateTime="2023-03-22")
    )
    found = {(f.concept, f.presence, f.when) for f in patient.findings}
    ended = Days(parse_days("2023-03-22").first, parse_days("2023-03-22").last)
    assert ("Pregnancy", Presence.UNKNOWN, ended) in found


@pytest.mark.parametrize(
    ("onset", "when"),
    [
        ({"onsetDateTime": "2020-03"}, parse_days("2020-03")),
        (
            {"onsetPeriod": {"start": "2020-03-01", "end": "2020-04"}},
            Days(parse_days("2020-03-01").first, parse_days("2020-04").last),
        ),
        (
            {"onsetAge": {"value": 52, "code": "a"}},
            Days(parse_days("2012-05-01").first, parse_days("2013-04-30").first),
        ),
        ({"onsetString": "2019"}, parse_days("2019")),
        ({"onsetString": "in her youth"}, Days(FAR_PAST, TODAY)),
        ({"recordedDate": "2021-02-03"}, parse_days("2021-02-03")),
    ],
)
def test_onset(read: Read, onset: Json, when: Days) -> None:
    """Every form of an onset is the days it may mean."""
    resource = condition(BRAIN)
    del resource["onsetDateTime"]
    (found,) = read({**resource, **onset}).findings
    assert found.when == when


def test_codes_on_one_chain_are_the_most_specific(read: Read) -> None:
    """A coding for the general class and one for the special class mean the special class."""
    both = {"coding": [*code(SNOMED, "255046005")["coding"], *code(SNOMED, "302835009")["coding"]]}
    assert [f.concept for f in read(condition(both)).findings] == ["Pheochromocytoma"]


def test_codes_that_contradict_are_the_class_above_them(read: Read) -> None:
    """Pheochromocytoma and paraganglioma in one code: a neuroendocrine neoplasm, with a note."""
    both = {"coding": [*code(SNOMED, "302835009")["coding"], *code(SNOMED, "302833002")["coding"]]}
    patient = read(condition(both))
    assert [f.concept for f in patient.findings] == ["NeuroendocrineNeoplasm"]
    assert "read-with-care" in kinds(patient)


@pytest.mark.parametrize(
    ("value", "concept"),
    [
        ({"text": "Insulinoma"}, "Insulinoma"),
        ({"text": "probably an insulinoma"}, "Condition"),
        (code(SNOMED, "0", display="Insulinoma (disorder)"), "Insulinoma"),
        (
            {**code(SNOMED, "0", display="History of insulinoma (situation)"), "text": "Insulinoma"},
            "Condition",
        ),
        ({}, "Condition"),
    ],
)
def test_a_name_counts_only_if_it_is_exactly_one(read: Read, value: Json, concept: str) -> None:
    """Text is read where no code is known and the name is a label or synonym; the rest may be anything."""
    assert [f.concept for f in read(condition(value)).findings] == [concept]


@pytest.mark.parametrize(
    "value",
    [
        code(SNOMED, "312824007", display="Family history of cancer of colon"),
        code("http://hl7.org/fhir/sid/icd-10-cm", "Z80.0"),
        {"text": "FH: pheochromocytoma"},
    ],
)
def test_the_family_is_not_the_patient(read: Read, value: Json) -> None:
    """A family history coded as a condition is no condition of the patient."""
    patient = read(condition(value), {"resourceType": "FamilyMemberHistory", "patient": {"reference": "Patient/p"}})
    assert patient.findings == ()
    assert len([n for n in patient.notes if n.kind == "family-history"]) == 2


def test_a_modifier_extension_takes_away_certainty(read: Read) -> None:
    """An extension that may negate the resource leaves presence unknown and values unusable."""
    odd = [{"url": "http://example.org/negated", "valueBoolean": True}]
    patient = read(
        condition(BRAIN, modifierExtension=odd),
        observation(HB, valueQuantity=quantity(120, "g/L"), modifierExtension=odd),
    )
    assert [f.presence for f in patient.findings] == [Presence.UNKNOWN]
    assert [m.value for m in patient.measurements] == [None]
    assert "modified" in kinds(patient)


@pytest.mark.parametrize("state", ["preliminary", "registered", "unknown", ""])
def test_a_result_that_is_not_final_is_kept_as_unusable(read: Read, state: str) -> None:
    """It is never skipped for an older result."""
    (result,) = read(observation(HB, status=state, valueQuantity=quantity(120, "g/L"))).measurements
    assert (result.value, result.trouble) == (None, "not_recorded")


@pytest.mark.parametrize(
    ("value", "expected", "trouble"),
    [
        ({"valueQuantity": quantity(12, "g/dL")}, Span(120 * GRID, 120 * GRID), ""),
        ({"valueQuantity": {"value": 12, "unit": "g/dL"}}, Span(120 * GRID, 120 * GRID), ""),
        (
            {"valueQuantity": {"value": 12, "unit": "g/dL", "code": "C64783", "system": "urn:other"}},
            Span(120 * GRID, 120 * GRID),
            "",
        ),
        ({"valueQuantity": {"value": 12, "unit": "g/L", "code": "g/dL"}}, None, "unit_unusable"),
        ({"valueQuantity": {"value": 120}}, None, "unit_unusable"),
        ({"valueQuantity": quantity(120, "furlong")}, None, "unit_unusable"),
        ({"valueQuantity": quantity(12000, "g/L")}, None, "unit_unusable"),
        ({"valueQuantity": {**quantity(120, "g/L"), "comparator": "ad"}}, None, "unit_unusable"),
        ({"valueQuantity": {**quantity(120, "g/L"), "comparator": ">="}}, Span(120 * GRID, 10**18), ""),
        (
            {"valueRange": {"low": quantity(11, "g/dL"), "high": quantity(12, "g/dL")}},
            Span(110 * GRID, 120 * GRID),
            "",
        ),
        ({"valueString": "120 g/L"}, Span(120 * GRID, 120 * GRID), ""),
        ({"valueString": "120"}, None, "unit_unusable"),
        ({"valueString": "haemolysed"}, None, "not_recorded"),
        ({"valueInteger": 120}, None, "unit_unusable"),
        ({"valueRatio": {"numerator": quantity(1, "g")}}, None, "unit_unusable"),
        ({"valueBoolean": True}, None, "unit_unusable"),
        ({"dataAbsentReason": {"text": "broken tube"}}, None, "not_recorded"),
        ({}, None, "not_recorded"),
    ],
)
def test_values(read: Read, value: Json, expected: Span | None, trouble: str) -> None:
    """A value is exact in the canonical unit, or kept as unusable with a reason."""
    (result,) = read(observation(HB, **value)).measurements
    assert (result.value, result.trouble) == (expected, trouble)


@pytest.mark.parametrize(
    ("value", "score"),
    [
        ({"valueInteger": 1}, 1),
        ({"valueQuantity": {"value": 1, "code": "{score}"}}, 1),
        ({"valueCodeableConcept": code(LOINC, "LA9623-5")}, 1),
        ({"valueCodeableConcept": code(SNOMED, "422894000")}, 2),
        ({"valueCodeableConcept": {"text": "ECOG 2"}}, 2),
        ({"valueString": "0"}, 0),
        ({"valueCodeableConcept": {"text": "fine"}}, None),
        ({"valueInteger": 7}, None),
        ({"valueQuantity": {"value": 0.5, "code": "1"}}, None),
    ],
)
def test_ecog(read: Read, value: Json, score: int | None) -> None:
    """A score is a whole number of its scale, however it is coded."""
    (result,) = read(observation(code(LOINC, "89247-1"), **value)).measurements
    assert result.value == (None if score is None else Span(score * GRID, score * GRID))


@pytest.mark.parametrize(
    ("extra", "limit"),
    [
        ({}, 40),
        ({"type": {"coding": [{"code": "normal"}]}}, 40),
        ({"type": {"coding": [{"code": "treatment"}]}}, None),
        ({"appliesTo": [code("http://hl7.org/fhir/administrative-gender", "female")]}, 40),
        ({"appliesTo": [code(SNOMED, "248153007")]}, None),
        ({"age": {"low": {"value": 18, "code": "a"}}}, 40),
        ({"age": {"high": {"value": 18, "code": "a"}}}, None),
    ],
)
def test_a_reference_range_must_certainly_be_the_patients(read: Read, extra: Json, limit: int | None) -> None:
    """Ranges of another kind, sex or age give no limit."""
    value = observation(
        code(LOINC, "1920-8"),
        valueQuantity=quantity(30, "U/L"),
        referenceRange=[{"high": quantity(40, "U/L"), **extra}],
    )
    (result,) = read(value).measurements
    assert (result.upper is not None) == (limit is not None)
    assert limit is None or (result.upper is not None and result.upper.value == Span(limit * GRID, limit * GRID))


def test_two_limits_that_differ_are_none(read: Read) -> None:
    """Which of them is the patient's nobody knows."""
    ranges = [{"high": quantity(40, "U/L")}, {"high": quantity(50, "U/L")}]
    (result,) = read(
        observation(code(LOINC, "1920-8"), valueQuantity=quantity(30, "U/L"), referenceRange=ranges)
    ).measurements
    assert result.upper is None


def test_the_kind_of_a_clearance_is_told_by_its_unit(read: Read) -> None:
    """mL/min and mL/min/1.73 m2 are different quantities."""
    name = {"text": "GFR by iohexol clearance"}
    patient = read(
        observation(name, valueQuantity=quantity(80, "mL/min")),
        observation(name, valueQuantity=quantity(70, "mL/min/{1.73_m2}")),
    )
    assert [m.observable for m in patient.measurements] == [
        "GFRByIohexolClearanceAbsolute",
        "GFRByIohexolClearanceIndexed",
    ]


def test_components_are_records_of_their_own(read: Read) -> None:
    """A panel with components has the values of its components."""
    parts = [
        {"code": HB, "valueQuantity": quantity(120, "g/L")},
        {"code": code(LOINC, "777-3"), "valueQuantity": quantity(200, "10*9/L")},
    ]
    patient = read(observation({"text": "blood count"}, component=parts))
    assert [(m.observable, m.origin.path) for m in patient.measurements] == [
        ("Hemoglobin", "$.entry[1].resource.component[0]"),
        ("Platelets", "$.entry[1].resource.component[1]"),
    ]


def test_a_name_of_another_fluid_is_not_read(read: Read) -> None:
    """Creatinine by name is serum creatinine, unless the specimen is urine."""
    named = code(LOINC, "0-0", display="Creatinine")
    value = {"valueQuantity": quantity(1, "mg/dL")}
    specimen = {
        "resourceType": "Specimen",
        "id": "s",
        "type": {"text": "Urine sample"},
        "subject": {"reference": "Patient/p"},
    }
    patient = read(
        observation(named, **value),
        observation(named, specimen={"reference": "Specimen/s"}, **value),
        specimen,
    )
    assert [m.observable for m in patient.measurements] == ["Creatinine"]


@pytest.mark.parametrize(
    ("answer", "presence"),
    [
        ({"valueBoolean": True}, Presence.PRESENT),
        ({"valueBoolean": False}, Presence.ABSENT),
        ({"valueCodeableConcept": code(SNOMED, "373067005")}, Presence.ABSENT),
        ({"valueCodeableConcept": code(LOINC, "LA9633-4")}, Presence.PRESENT),
        ({"valueString": "Yes"}, Presence.PRESENT),
        ({"valueString": "perhaps"}, Presence.UNKNOWN),
        ({"dataAbsentReason": {"text": "not asked"}}, Presence.UNKNOWN),
        ({}, Presence.UNKNOWN),
    ],
)
def test_answers(read: Read, answer: Json, presence: Presence) -> None:
    """Yes is present, no is absent, anything else is unknown."""
    (found,) = read(observation({"text": "measurable disease"}, **answer)).findings
    assert (found.concept, found.presence) == ("MeasurableDisease", presence)


@pytest.mark.parametrize(
    ("answer", "concept"), [("260385009", "NegativePregnancyTest"), ("10828004", "PositivePregnancyTest")]
)
def test_pregnancy_tests(read: Read, answer: str, concept: str) -> None:
    """Negative hCG is a negative pregnancy test, present."""
    (found,) = read(observation(code(LOINC, "2106-3"), valueCodeableConcept=code(SNOMED, answer))).findings
    assert (found.concept, found.presence) == (concept, Presence.PRESENT)


def test_progression_counts_only_by_imaging(read: Read) -> None:
    """mCODE disease status: worse by laboratory, or better by imaging, is no radiological progression."""

    def state(value: str, evidence: str) -> Json:
        url = "http://hl7.org/fhir/us/mcode/StructureDefinition/mcode-cancer-disease-status-evidence-type"
        return observation(
            code(LOINC, "97509-4"),
            valueCodeableConcept=code(SNOMED, value),
            extension=[{"url": url, "valueCodeableConcept": code(SNOMED, evidence)}],
        )

    patient = read(state("271299001", "386344002"), state("268910001", "363679005"))
    assert patient.findings == ()
    (found,) = read(state("271299001", "363679005")).findings
    assert found.concept == "RadiologicalProgression"


def test_the_ki67_of_another_tumour_is_not_used(read: Read) -> None:
    """An index that is said to be of the breast cancer says nothing of the neuroendocrine tumour."""
    breast = condition({"text": "breast carcinoma"}, id="breast")
    ki67 = {"valueQuantity": quantity(30, "%")}
    patient = read(breast, observation({"text": "Ki-67 index"}, focus=[{"reference": "Condition/breast"}], **ki67))
    assert patient.measurements == ()
    assert "other-tumour" in kinds(patient)
    (unsure,) = read(breast, observation({"text": "Ki-67 index"}, **ki67)).measurements
    assert (unsure.value, unsure.trouble) == (None, "concept_too_general")


def medication(kind: str, **more: Any) -> Json:
    given = {"status": "active", "medicationCodeableConcept": code(RXNORM, "194000"), **more}
    return {"resourceType": kind, "subject": {"reference": "Patient/p"}, **given}


@pytest.mark.parametrize(
    "resource",
    [
        medication("MedicationRequest", status="cancelled"),
        medication("MedicationRequest", status="draft"),
        medication("MedicationRequest", intent="plan"),
        medication("MedicationRequest", doNotPerform=True),
        medication("MedicationStatement", status="not-taken"),
        medication("MedicationStatement", status="intended"),
        medication("MedicationAdministration", status="not-done"),
        medication("MedicationDispense", status="declined"),
    ],
)
def test_what_was_not_given_is_no_treatment(read: Read, resource: Json) -> None:
    """It leaves a note."""
    patient = read(resource)
    assert patient.treatments == ()
    assert "not-given" in kinds(patient)


@pytest.mark.parametrize(
    ("resource", "started", "ended", "known"),
    [
        (medication("MedicationRequest", authoredOn="2025-02-03"), "2025-02-03", None, False),
        (medication("MedicationStatement", effectivePeriod={"start": "2025-02"}), "2025-02", "ongoing", True),
        (
            medication("MedicationStatement", status="stopped", effectivePeriod={"start": "2025-02"}),
            "2025-02",
            None,
            False,
        ),
        (
            medication("MedicationStatement", effectivePeriod={"start": "2025-02", "end": "2025-05"}),
            "2025-02",
            "2025-05",
            True,
        ),
        (
            medication("MedicationAdministration", status="completed", effectiveDateTime="2025-02-03"),
            "2025-02-03",
            "2025-02-03",
            True,
        ),
        (
            medication("MedicationDispense", status="completed", whenHandedOver="2025-02-03"),
            "2025-02-03",
            None,
            False,
        ),
    ],
)
def test_courses(read: Read, resource: Json, started: str, ended: str | None, known: bool) -> None:
    """An order has a start only, an active statement goes on, an administration is a day."""
    (found,) = read(resource).treatments
    assert found.concept == "Capecitabine"
    assert found.started == parse_days(started)
    assert found.end_known is known
    if ended == "ongoing":
        assert found.ended == Days(FAR_FUTURE, FAR_FUTURE)
    elif ended is None:
        assert found.ended == Days(found.started.first, FAR_FUTURE)
    else:
        assert found.ended == parse_days(ended)


@pytest.mark.parametrize(
    ("drug", "concepts"),
    [
        (code(RXNORM, "309311", display="cisplatin 1 MG/ML Injectable Solution"), ["Cisplatin"]),
        (
            code(RXNORM, "0", display="10 ML octreotide acetate 0.5 MG/ML Injection [Sandostatin]"),
            ["Octreotide"],
        ),
        (code(RXNORM, "0", display="Oxazolam 10 MG Oral Tablet"), ["Treatment"]),
        (code(ATC, "C02KX99", display="something for the heart"), ["OtherTreatment"]),
        (code(ATC, "H01CB02"), ["Octreotide"]),
        ({"text": "the usual pills"}, ["Treatment"]),
    ],
)
def test_drugs(read: Read, drug: Json, concepts: list[str]) -> None:
    """A drug is known by code or by the name of its ingredient; what is not known may be any treatment."""
    patient = read(medication("MedicationRequest", authoredOn="2025-01-01", medicationCodeableConcept=drug))
    assert [t.concept for t in patient.treatments] == concepts


def procedure(value: Json, **more: Any) -> Json:
    given = {"status": "completed", "performedDateTime": "2025-03-14", **more}
    return {"resourceType": "Procedure", "code": value, "subject": {"reference": "Patient/p"}, **given}


def test_procedures(read: Read) -> None:
    """Known and unknown treatments are treatments, paperwork is none, a scan is imaging."""
    patient = read(
        procedure({"text": "transarterial embolization"}),
        procedure(code(SNOMED, "424242424242", display="something done")),
        procedure(code(SNOMED, "430193006", display="Medication Reconciliation (procedure)")),
        procedure(code(SNOMED, "265764009", display="Renal dialysis (procedure)")),
        procedure({"text": "MRI"}),
        procedure({"text": "PRRT"}, status="not-done"),
    )
    day = parse_days("2025-03-14")
    by = {t.concept: (t.started, t.ended, t.end_known) for t in patient.treatments}
    assert by["TransarterialEmbolization"] == by["Treatment"] == (day, day, True)
    assert "PRRT" not in by
    assert len(patient.treatments) <= 3
    assert [scan.procedure for scan in patient.imaging] == ["MRI"]


def test_pictures_that_answer_nothing_are_no_scans(read: Read) -> None:
    """An X-ray is no scan that could be a later PET; a study of unknown kind is."""

    def study(modality: str, day: str) -> Json:
        series = [{"modality": {"code": modality}}]
        return {
            "resourceType": "ImagingStudy",
            "status": "available",
            "subject": {"reference": "Patient/p"},
            "started": day,
            "series": series,
        }

    patient = read(
        study("DX", "2026-01-01"),
        study("CT", "2026-01-02"),
        study("PT", "2026-01-03"),
        study("NM", "2026-01-04"),
    )
    assert [scan.procedure for scan in patient.imaging] == ["CT", "PET", "ImagingProcedure"]


def test_a_score_without_a_scan_is_of_some_receptor_scan(read: Read) -> None:
    """Which tracer it was nobody said; with the method named, it is that scan."""
    score = {"valueCodeableConcept": {"text": "3"}}
    (scan,) = read(observation({"text": "Krenning score"}, **score)).imaging
    assert (scan.procedure, scan.krenning) == ("SSTRImaging", Span(3 * GRID, 3 * GRID))
    (scan,) = read(observation({"text": "Krenning score"}, method={"text": "68Ga-DOTATOC PET/CT"}, **score)).imaging
    assert scan.procedure == "Ga68DotatocPETCT"
    (scan,) = read(observation({"text": "Krenning score"}, valueInteger=9)).imaging
    assert scan.krenning is None


def allergy(value: Json, **more: Any) -> Json:
    given = {"verificationStatus": status("confirmed"), "recordedDate": "2020-01-01", **more}
    return {
        "resourceType": "AllergyIntolerance",
        "code": value,
        "patient": {"reference": "Patient/p"},
        **given,
    }


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (
            allergy(code(RXNORM, "194000"), type="allergy"),
            [("HypersensitivityToCapecitabineOrFluorouracil", Presence.PRESENT)],
        ),
        (
            allergy(code(RXNORM, "4492"), type="intolerance"),
            [("HypersensitivityToCapecitabineOrFluorouracil", Presence.UNKNOWN)],
        ),
        (allergy(code(SNOMED, "111088007", display="Latex"), category=["environment"]), []),
        (
            allergy(code(SNOMED, "0", display="some drug"), category=["medication"]),
            [("Condition", Presence.PRESENT)],
        ),
    ],
)
def test_allergies(read: Read, resource: Json, expected: list[tuple[str, Presence]]) -> None:
    """Allergy to a fluoropyrimidine is a finding, to latex is not, to an unknown drug may be anything."""
    assert [(f.concept, f.presence) for f in read(resource).findings] == expected


def test_a_history_counts_its_newest_versions(load: Callable[[Any], FhirResult]) -> None:
    """Older versions and deleted resources are noted and not used."""

    def version(number: int, value: int) -> Json:
        resource = observation(HB, id="hb", valueQuantity=quantity(value, "g/L"), meta={"versionId": str(number)})
        return {
            "fullUrl": "https://x.org/Observation/hb",
            "resource": resource,
            "request": {"method": "PUT", "url": "Observation/hb"},
        }

    gone = {"fullUrl": "https://x.org/Condition/c", "request": {"method": "DELETE", "url": "Condition/c"}}
    entries = [version(2, 120), version(1, 80), gone, {"resource": condition(BRAIN, id="c")}]
    entries.append({"resource": {"resourceType": "Patient", "id": "p"}})
    (patient,) = load({"resourceType": "Bundle", "type": "history", "entry": entries}).patients
    assert [m.value for m in patient.measurements] == [Span(120 * GRID, 120 * GRID)]
    assert patient.findings == ()
    assert {"superseded", "deleted"} <= kinds(patient)


def test_nested_bundles_and_contained_patients(load: Callable[[Any], FhirResult]) -> None:
    """Bundles nest; a contained Patient is the subject of its container."""
    inner = observation(HB, valueQuantity=quantity(120, "g/L"), subject={"reference": "#me"})
    inner["contained"] = [{"resourceType": "Patient", "id": "me", "gender": "male"}]
    bundle: Json = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": inner}]}
    for _ in range(3):
        bundle = {"resourceType": "Bundle", "type": "batch-response", "entry": [{"resource": bundle}]}
    (patient,) = load(bundle).patients
    assert patient.id == "me"
    assert patient.measurements[0].origin.path.count(".entry[0].resource") == 4


def test_a_resource_without_a_subject(load: Callable[[Any], FhirResult], read: Read) -> None:
    """It is the one patient's of the file, with a note; without any patient it is a problem."""
    orphan = observation(HB, valueQuantity=quantity(120, "g/L"))
    del orphan["subject"]
    patient = read(orphan)
    assert len(patient.measurements) == 1
    assert "no-subject" in kinds(patient)
    result = load(orphan)
    assert (result.patients, [p.code for p in result.problems]) == ((), ["no-patient"])
    vague = read({**orphan, "subject": {"display": "the lady in bed 3"}})
    assert vague.measurements == ()
    assert "no-patient" in kinds(vague)


def test_a_conditional_reference_finds_the_one_patient_with_that_identifier(
    load: Callable[[Any], FhirResult],
) -> None:
    """Any other conditional reference is noted."""
    person = {"resourceType": "Patient", "id": "p", "identifier": [{"system": "urn:x", "value": "7"}]}
    entries = [{"resource": person}]
    for text in ("Patient?identifier=urn:x|7", "Patient?identifier=urn:x|8"):
        entries.append(
            {
                "resource": {
                    **observation(HB, valueQuantity=quantity(120, "g/L")),
                    "subject": {"reference": text},
                }
            }
        )
    (patient,) = load({"resourceType": "Bundle", "type": "batch", "entry": entries}).patients
    assert len(patient.measurements) == 1
    assert "no-patient" in kinds(patient)


def test_an_unknown_code_is_kept_in_parts(read: Read) -> None:
    """So that a cohort can count it: by a code system that the ontology uses if there is one, else by the text."""
    local = {"coding": [{"system": "urn:local", "code": "17"}, {"system": LOINC, "code": "8480-6", "display": "Sys"}]}
    found = read(
        {"resourceType": "Observation", "status": "final", "code": local, "valueInteger": 120},
        {"resourceType": "Observation", "status": "final", "code": local, "valueInteger": 121},
        {"resourceType": "Condition", "code": {"text": "something local"}},
        {"resourceType": "Condition", "code": {"coding": [{"system": "urn:local", "code": "x"}], "text": "Local x"}},
    )
    kept = [note for note in found.notes if isinstance(note, Unmapped)]
    assert [(n.vocabulary, n.code, n.display, n.domain, n.times) for n in kept] == [
        ("", "something local", "something local", "Condition", 1),
        ("urn:local", "x", "Local x", "Condition", 1),
        ("LOINC", "8480-6", "Sys", "Observation", 2),
    ]
    assert "(2 times, first here)" in kept[2].message
