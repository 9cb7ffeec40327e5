"""Units, exact conversions, ranges and refinements of every quantity."""

from __future__ import annotations

from fractions import Fraction

import pytest

from nen_kb.ontology import Observable, Ontology

UNITS = {
    "Hemoglobin": "g/L",
    "Platelets": "10*9/L",
    "Leukocytes": "10*9/L",
    "Neutrophils": "10*9/L",
    "ASAT": "U/L",
    "ALAT": "U/L",
    "TotalBilirubin": "umol/L",
    "Albumin": "g/L",
    "INR": "1",
    "ProthrombinTime": "s",
    "Creatinine": "umol/L",
    "CystatinC": "mg/L",
    "GlomerularFiltrationRate": "mL/min/{1.73_m2}",
    "CreatinineClearanceCockcroftGault": "mL/min",
    "FastingGlucose": "mg/dL",
    "ChromograninA": "ug/L",
    "Ki67Index": "%",
    "MitoticCount": "/{2_mm2}",
    "ECOGPerformanceStatus": "1",
    "NYHAClass": "1",
    "LiverTumorBurden": "%",
    "ExpectedCytoreduction": "%",
    "IrradiatedBoneMarrow": "%",
    "LongestLesionDiameter": "mm",
    "LymphNodeShortAxis": "mm",
    "BodyWeight": "kg",
    "BodyHeight": "cm",
    "AcceptedGFR": "mL/min/{1.73_m2}",
    "ClearanceOverridingEstimate": "mL/min",
}

EQUATIONS = [
    ("Hemoglobin", "mmol/L", Fraction("16.114")),
    ("Creatinine", "mg/dL", Fraction("88.4")),
    ("TotalBilirubin", "mg/dL", Fraction("17.1")),
    ("FastingGlucose", "mmol/L", Fraction(1802, 100)),
    ("Glucose", "mmol/L", Fraction(1802, 100)),
    ("ASAT", "ukat/L", Fraction(60)),
    ("ALAT", "ukat/L", Fraction(60)),
    ("AlkalinePhosphatase", "ukat/L", Fraction(60)),
    ("INR", "{INR}", Fraction(1)),
    ("MitoticCount", "/mm2", Fraction(2)),
    ("MitoticCount", "{mitoses}/{2_mm2}", Fraction(1)),
]


def observable(ontology: Ontology, local: str) -> Observable:
    found = ontology.observable(local)
    assert found is not None, local
    return found


@pytest.mark.parametrize(("local", "unit"), UNITS.items())
def test_values_are_compared_in_the_canonical_unit(ontology: Ontology, local: str, unit: str) -> None:
    assert observable(ontology, local).unit == unit


@pytest.mark.parametrize(("local", "unit", "factor"), EQUATIONS)
def test_a_conversion_between_kinds_of_units_is_exact(
    ontology: Ontology, local: str, unit: str, factor: Fraction
) -> None:
    assert dict(observable(ontology, local).equations)[unit] == factor


def test_every_equation_is_one_of_those_tested(ontology: Ontology) -> None:
    found = {
        (local, unit)
        for local in ontology.names
        if (known := ontology.observable(local)) is not None
        for unit, _ in known.equations
    }
    assert found - {("NonFastingGlucose", "mmol/L")} == {(local, unit) for local, unit, _ in EQUATIONS}


@pytest.mark.parametrize(
    ("local", "unit", "value", "expected"),
    [
        ("Hemoglobin", "mmol/L", "5.0", "80.57"),
        ("Hemoglobin", "mmol/L", "6.206", "100.003484"),
        ("Creatinine", "mg/dL", "1.7", "150.28"),
        ("TotalBilirubin", "mg/dL", "3", "51.3"),
        ("ASAT", "ukat/L", "0.76", "45.6"),
    ],
)
def test_worked_examples_of_conversions(ontology: Ontology, local: str, unit: str, value: str, expected: str) -> None:
    assert Fraction(value) * dict(observable(ontology, local).equations)[unit] == Fraction(expected)


def test_glucose_converts_exactly(ontology: Ontology) -> None:
    """Canonical is mg/dL, into which mmol/L converts without a remainder: multiples of a limit are exact."""
    factor = dict(observable(ontology, "FastingGlucose").equations)["mmol/L"]
    assert 7 * factor == Fraction("126.14")


@pytest.mark.parametrize(
    ("local", "low", "high"),
    [
        ("Hemoglobin", 20, 300),
        ("ECOGPerformanceStatus", 0, 5),
        ("NYHAClass", 1, 4),
        ("Ki67Index", 0, 100),
        ("LiverTumorBurden", 0, 100),
        ("CystatinC", Fraction(1, 10), 20),
        ("Albumin", 5, 80),
    ],
)
def test_the_plausible_range_is_exact(
    ontology: Ontology, local: str, low: int | Fraction, high: int | Fraction
) -> None:
    found = observable(ontology, local)
    assert (found.minimum, found.maximum) == (low, high)


def test_every_quantity_has_a_range(ontology: Ontology) -> None:
    for local in ontology.names:
        found = ontology.observable(local)
        if found is not None:
            assert found.minimum is not None, local
            assert found.maximum is not None, local
            assert found.minimum < found.maximum, local


@pytest.mark.parametrize(
    "mixed_up",
    [("Hemoglobin", 12), ("Albumin", 4), ("Creatinine", 1), ("BodyHeight", 2), ("Platelets", 250000)],
)
def test_a_value_in_the_wrong_unit_falls_outside_the_range(ontology: Ontology, mixed_up: tuple[str, int]) -> None:
    """12 g/L of hemoglobin is 12 g/dL written wrongly; the range is narrow enough to show it."""
    found = observable(ontology, mixed_up[0])
    assert found.minimum is not None
    assert found.maximum is not None
    assert not found.minimum <= mixed_up[1] <= found.maximum


def test_only_scores_are_whole_numbers(ontology: Ontology) -> None:
    whole = {name for name in ontology.names if (o := ontology.observable(name)) is not None and o.integer}
    assert whole == {
        "ECOGPerformanceStatus",
        "KarnofskyPerformanceStatus",
        "NYHAClass",
        "ProthrombinTimeInReferenceRange",
        "RecordedWHOGrade",
        "UptakeExtentOnGa68DotaPeptidePET",
        "UptakeExtentOnGa68DotatatePETCT",
    }


@pytest.mark.parametrize(
    ("local", "base", "derivation"),
    [
        ("ASATTimesULN", "ASAT", "times-upper-limit"),
        ("ALATTimesULN", "ALAT", "times-upper-limit"),
        ("TotalBilirubinTimesULN", "TotalBilirubin", "times-upper-limit"),
        ("FastingGlucoseTimesULN", "FastingGlucose", "times-upper-limit"),
        ("ProthrombinTimeInReferenceRange", "ProthrombinTime", "in-reference-range"),
    ],
)
def test_a_derived_quantity_knows_what_it_comes_from(
    ontology: Ontology, local: str, base: str, derivation: str
) -> None:
    found = observable(ontology, local)
    assert (found.derived_from, found.derivation, found.unit) == (base, derivation, "1")
    assert ontology.derived(base) == (local,)
    assert ontology.disjoint(local, base)


@pytest.mark.parametrize(
    "local",
    ["GFRByIohexolClearance", "GFRByCr51EDTAClearance", "GFRByGammaCamera", "MeasuredCreatinineClearance", "EGFRCKDEPI",
     "PlasmaClearanceGFR"],
)  # fmt: skip
def test_the_kind_of_unit_decides_the_class_of_a_clearance(ontology: Ontology, local: str) -> None:
    found = observable(ontology, local)
    assert found.by_unit == {"mL/min/{1.73_m2}": f"{local}Indexed", "mL/min": f"{local}Absolute"}
    for unit, refined in found.by_unit.items():
        assert observable(ontology, refined).unit == unit
        assert ontology.isa(refined, local)
        assert observable(ontology, refined).by_unit == {}
    assert ontology.disjoint(f"{local}Indexed", f"{local}Absolute")


@pytest.mark.parametrize("local", ["GlomerularFiltrationRate", "MeasuredGFR", "EstimatedGFR", "CreatinineClearance"])
def test_a_family_of_clearances_is_kept_whatever_the_unit(ontology: Ontology, local: str) -> None:
    assert observable(ontology, local).by_unit == {"mL/min/{1.73_m2}": local, "mL/min": local}


def test_a_plain_quantity_is_not_refined_by_unit(ontology: Ontology) -> None:
    assert observable(ontology, "Hemoglobin").by_unit == {}
    assert observable(ontology, "CreatinineClearanceCockcroftGault").by_unit == {}


def test_coded_answers_have_values(ontology: Ontology) -> None:
    assert observable(ontology, "NYHAClass").value_codes["SNOMEDCT:421704003"] == 2
    assert observable(ontology, "ECOGPerformanceStatus").value_codes["LOINC:LA9622-7"] == 0


@pytest.mark.parametrize(
    "local", ["Observable", "LaboratoryMeasurement", "Insulinoma", "Octreotide", "TumorMeasurement"]
)
def test_what_is_no_quantity_with_a_unit_has_none(ontology: Ontology, local: str) -> None:
    assert ontology.observable(local) is None
