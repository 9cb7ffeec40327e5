"""Records are made from a person's words, or every mistake in them is reported at its path."""

from typing import Any

import pytest

from nen_kb.errors import PatientError
from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, Days, parse_days
from nen_kb.facts.records import Finding, Limit, Patient, Presence, Treatment
from nen_kb.facts.values import GRID, NEG_INF, POS_INF, Span
from nen_kb.ontology import Ontology
from nen_kb.sources.case_file import patient_from_dict

INDEX = parse_days("2026-11-20").first


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return Ontology.load()


def bare(ontology: Ontology, **parts: Any) -> Patient:
    """A patient with little more than the parts given."""
    return patient_from_dict({"id": "p", "index_date": "2026-11-20", **parts}, "p", ontology)


def problems(ontology: Ontology, **parts: Any) -> list[tuple[str, str]]:
    """Paths and codes of the problems of such a patient."""
    with pytest.raises(PatientError) as caught:
        bare(ontology, **parts)
    assert all(problem.file and problem.message and problem.remedy for problem in caught.value.problems)
    return [(problem.place, problem.code) for problem in caught.value.problems]


def test_a_record_without_a_date_may_be_of_any_day_and_is_noted(ontology: Ontology) -> None:
    patient = bare(
        ontology,
        findings=[{"concept": "brain metastases"}],
        measurements=[{"observable": "INR", "value": 1}],
        imaging=[{"procedure": "CT"}],
    )
    undated = Days(FAR_PAST, INDEX)
    assert patient.findings[0].when == patient.measurements[0].when == patient.imaging[0].when == undated
    assert [(note.path, note.kind) for note in patient.notes] == [
        ("findings[0]", "no-date"),
        ("measurements[0]", "no-date"),
        ("imaging[0]", "no-date"),
    ]


@pytest.mark.parametrize(
    ("entry", "started", "ended", "known"),
    [
        ({}, Days(FAR_PAST, INDEX), Days(FAR_PAST, FAR_FUTURE), False),
        (
            {"started": "2025-01-07"},
            parse_days("2025-01-07"),
            Days(parse_days("2025-01-07").first, FAR_FUTURE),
            False,
        ),
        ({"ended": "2025-09"}, Days(FAR_PAST, parse_days("2025-09").last), parse_days("2025-09"), True),
        ({"ongoing": True}, Days(FAR_PAST, INDEX), Days(FAR_FUTURE, FAR_FUTURE), True),
        (
            {"started": "2025-01-07", "ongoing": False},
            parse_days("2025-01-07"),
            Days(parse_days("2025-01-07").first, INDEX - 1),
            False,
        ),
        (
            {"started": "2025-09-10", "ended": "2025-09"},
            parse_days("2025-09-10"),
            Days(parse_days("2025-09-10").first, parse_days("2025-09").last),
            True,
        ),
        (
            {"started": "2025", "ended": "2025-02-01"},
            Days(parse_days("2025").first, parse_days("2025-02-01").last),
            parse_days("2025-02-01"),
            True,
        ),
        ({"date": "2025-03"}, parse_days("2025-03"), parse_days("2025-03"), True),
    ],
)
def test_the_course_of_a_treatment(
    ontology: Ontology, entry: dict[str, Any], started: Days, ended: Days, known: bool
) -> None:
    (treatment,) = bare(ontology, treatments=[{"agent": "capecitabine", **entry}]).treatments
    assert (treatment.started, treatment.ended, treatment.end_known) == (started, ended, known)


def test_a_treatment_among_the_findings_is_a_treatment_if_present(ontology: Ontology) -> None:
    patient = bare(
        ontology,
        findings=[
            {"concept": "PRRT", "date": "2025-03"},
            {"concept": "PRRT", "presence": "absent", "date": "2026"},
            {"concept": "PRRT", "presence": "unknown", "date": "2026"},
        ],
    )
    month = parse_days("2025-03")
    assert [(t.id, t.concept, t.started, t.ended, t.end_known) for t in patient.treatments] == [
        ("findings[0]", "PRRT", month, Days(month.first, FAR_FUTURE), False)
    ]
    assert [(f.concept, f.presence) for f in patient.findings] == [
        ("PRRT", Presence.ABSENT),
        ("PRRT", Presence.UNKNOWN),
    ]
    assert isinstance(patient.findings[0], Finding)
    assert isinstance(patient.treatments[0], Treatment)


def test_a_finding_may_be_about_another(ontology: Ontology) -> None:
    entry = {
        "concept": "definitively treated malignancy without recurrence",
        "date": "2020",
        "about": "breast carcinoma",
    }
    (finding,) = bare(ontology, findings=[entry]).findings
    assert finding.about == "BreastCarcinoma"


@pytest.mark.parametrize(
    ("observable", "written", "refined"),
    [
        ("GFR by iohexol clearance", "62 mL/min", "GFRByIohexolClearanceAbsolute"),
        ("GFR by iohexol clearance", "62 mL/min/1.73 m²", "GFRByIohexolClearanceIndexed"),
    ],
)
def test_the_unit_tells_an_absolute_from_an_indexed_clearance(
    ontology: Ontology, observable: str, written: str, refined: str
) -> None:
    (result,) = bare(ontology, measurements=[{"observable": observable, "value": written}]).measurements
    assert (result.observable, result.value) == (refined, Span(62 * GRID, 62 * GRID))


@pytest.mark.parametrize(
    ("observable", "written", "expected"),
    [
        ("ECOG performance status", "0-1", Span(0, GRID)),
        ("ECOG performance status", "< 2", Span(NEG_INF, GRID)),
        ("ECOG performance status", ">1", Span(2 * GRID, POS_INF)),
        ("ECOG performance status", "1 {score}", Span(GRID, GRID)),
        ("hemoglobin", "8 mmol/L", Span(1_289_120_000, 1_289_120_000)),
        ("platelets", "145 K/uL", Span(145 * GRID, 145 * GRID)),
        ("mitotic count", "1.5 /2 mm2", Span(15_000_000, 15_000_000)),
        ("creatinine", "1.7 mg/dL", Span(1_502_800_000, 1_502_800_000)),
    ],
)
def test_a_value_is_held_exactly_in_the_canonical_unit(
    ontology: Ontology, observable: str, written: str, expected: Span
) -> None:
    (result,) = bare(ontology, measurements=[{"observable": observable, "value": written}]).measurements
    assert result.value == expected


def test_a_clearance_of_no_named_method_is_compared_in_its_own_unit_only(ontology: Ontology) -> None:
    entry = {"observable": "glomerular filtration rate", "date": "2026-11-02"}
    patient = bare(ontology, measurements=[{**entry, "value": "62 mL/min/1.73 m2"}, {**entry, "value": "62 mL/min"}])
    indexed, absolute = patient.measurements
    assert indexed.value == Span(62 * GRID, 62 * GRID)
    assert (absolute.value, absolute.trouble) == (None, "unit_unusable")
    assert absolute.original == "62 mL/min"
    assert [(note.path, note.kind) for note in patient.notes] == [("measurements[1]", "unknown-unit")]


def test_a_result_nobody_can_read_is_kept_without_a_value(ontology: Ontology) -> None:
    (result,) = bare(
        ontology, measurements=[{"observable": "ASAT", "value": "unknown", "upper_limit": "35 U/L"}]
    ).measurements
    assert result.value is None
    assert result.trouble == "not_recorded"
    assert result.trouble_text
    assert result.upper is not None


@pytest.mark.parametrize(
    ("observable", "value", "code"),
    [
        ("hemoglobin", "12", "no-unit"),
        ("hemoglobin", "12 furlong", "unknown-unit"),
        ("hemoglobin", "12 U/L", "other-unit"),
        ("Ki-67 index", "13", "no-unit"),
        ("Ki-67 index", "0.13 {ratio}", "other-unit"),
        ("Ki-67 index", "130 %", "implausible"),
        ("Ki-67 index", "90-130 %", "implausible"),
        ("Ki-67 index", "> 100 %", "implausible"),
        ("Ki-67 index", "-1 %", "implausible"),
        ("ECOG performance status", "7", "implausible"),
        ("ECOG performance status", "1.5", "not-whole"),
        ("ECOG performance status", "> 5", "implausible"),
        ("ECOG performance status", "50 %", "other-unit"),
        ("hemoglobin", "1,200 g/L", "bad-quantity"),
        ("hemoglobin", "normal", "bad-quantity"),
        ("hemoglobin", "", "not-text"),
        ("hemoglobin", None, "not-text"),
        ("hemoglobin", True, "not-text"),
        ("hemoglobin", float("nan"), "wrong-type"),
    ],
)
def test_a_value_that_cannot_be_used_is_a_mistake(ontology: Ontology, observable: str, value: Any, code: str) -> None:
    found = problems(ontology, measurements=[{"observable": observable, "value": value, "date": "2026-01-01"}])
    assert ("measurements[0].value", code) in found


@pytest.mark.parametrize(
    ("limits", "path", "code"),
    [
        ({"upper_limit": "35"}, "upper_limit", "no-unit"),
        ({"upper_limit": "< 35 U/L"}, "upper_limit", "bad-limit"),
        ({"upper_limit": "0 U/L"}, "upper_limit", "bad-limit"),
        ({"lower_limit": "-3 U/L"}, "lower_limit", "bad-limit"),
        ({"upper_limit": "3 U/L", "lower_limit": "9 U/L"}, "lower_limit", "bad-limits"),
    ],
)
def test_a_limit_that_cannot_be_used_is_a_mistake(
    ontology: Ontology, limits: dict[str, str], path: str, code: str
) -> None:
    found = problems(ontology, measurements=[{"observable": "ASAT", "value": "41 U/L", **limits}])
    assert found == [(f"measurements[0].{path}", code)]


def test_a_limit_is_converted_like_its_value(ontology: Ontology) -> None:
    entry = {"observable": "ASAT", "value": "0.6 ukat/L", "upper_limit": "0.5 µkat/L", "lower_limit": "0 U/L"}
    (result,) = bare(ontology, measurements=[entry]).measurements
    assert result.value == Span(36 * GRID, 36 * GRID)
    assert result.upper == Limit(Span(30 * GRID, 30 * GRID), "0.5 µkat/L")
    assert result.lower == Limit(Span(0, 0), "0 U/L")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2-3", Span(2 * GRID, 3 * GRID)),
        (">= 3", Span(3 * GRID, 4 * GRID)),
        ("<1", Span(0, 0)),
        (0, Span(0, 0)),
    ],
)
def test_a_krenning_score_is_a_range_of_whole_numbers(ontology: Ontology, written: Any, expected: Span) -> None:
    (scan,) = bare(ontology, imaging=[{"procedure": "SSTR imaging", "krenning": written}]).imaging
    assert scan.krenning == expected


@pytest.mark.parametrize(
    ("part", "entry", "path", "code"),
    [
        ("findings", {"concept": "brain metastasiss"}, ".concept", "unknown-name"),
        ("findings", {"concept": "CT"}, ".concept", "not-a-finding"),
        ("findings", {"concept": "hemoglobin"}, ".concept", "not-a-finding"),
        ("findings", {"concept": "brain metastases", "presence": "no"}, ".presence", "unknown-word"),
        ("findings", {"concept": "brain metastases", "present": True}, ".present", "unknown-key"),
        ("findings", {"concept": "brain metastases", "date": "2024-13"}, ".date", "bad-date"),
        (
            "findings",
            {"concept": "brain metastases", "date": {"from": "2024", "to": "2023"}},
            ".date",
            "bad-period",
        ),
        ("findings", {"concept": "brain metastases", "date": {"from": "2024"}}, ".date", "missing-key"),
        ("findings", {"concept": "brain metastases", "date": []}, ".date", "bad-date"),
        ("findings", {"concept": "brain metastases", "date": "1950"}, ".date", "before-birth"),
        ("findings", {"concept": "brain metastases", "about": "CT"}, ".about", "not-a-condition"),
        ("findings", {"concept": "PRRT", "about": "breast carcinoma"}, ".about", "about-treatment"),
        ("findings", {"date": "2024"}, "", "missing-key"),
        ("findings", {}, "", "missing-key"),
        ("findings", "PRRT", "", "not-a-mapping"),
        (
            "measurements",
            {"observable": "brain metastases", "value": "3"},
            ".observable",
            "not-an-observable",
        ),
        ("measurements", {"observable": "hemoglobin"}, "", "missing-key"),
        ("treatments", {"agent": "CT"}, ".agent", "not-a-treatment"),
        ("treatments", {"agent": "octreotide", "started": "2025", "ended": "2024"}, ".ended", "bad-period"),
        ("treatments", {"agent": "octreotide", "ended": "2025", "ongoing": True}, "", "contradiction"),
        ("treatments", {"agent": "octreotide", "date": "2025", "started": "2025"}, ".date", "contradiction"),
        ("treatments", {"agent": "octreotide", "started": "2027", "ongoing": True}, "", "contradiction"),
        ("treatments", {"agent": "octreotide", "ongoing": "yes"}, ".ongoing", "not-a-flag"),
        ("imaging", {"procedure": "PRRT"}, ".procedure", "not-imaging"),
        ("imaging", {"procedure": "CT", "krenning": 3}, ".krenning", "krenning-elsewhere"),
        ("imaging", {"procedure": "18F-FDG PET/CT", "krenning": 3}, ".krenning", "krenning-elsewhere"),
        ("imaging", {"procedure": "SSTR imaging", "krenning": 9}, ".krenning", "bad-score"),
        ("imaging", {"procedure": "SSTR imaging", "krenning": "2.5"}, ".krenning", "bad-score"),
        ("imaging", {"procedure": "SSTR imaging", "krenning": "3 %"}, ".krenning", "bad-score"),
        ("imaging", {"procedure": "SSTR imaging", "extent": "most"}, ".extent", "unknown-word"),
        ("complete", "treatment", ".domain", "unknown-word"),
        ("complete", {"domain": "treatments", "as_of": "2026"}, ".as_of", "inexact-day"),
    ],
)
def test_a_mistake_in_an_entry_is_reported_at_its_path(
    ontology: Ontology, part: str, entry: Any, path: str, code: str
) -> None:
    assert problems(ontology, born="1961", **{part: [entry]}) == [(f"{part}[0]{path}", code)]
