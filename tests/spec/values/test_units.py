"""Units: a value is compared in the canonical unit, converted exactly; a value without a usable unit never is."""

from __future__ import annotations

import pytest
from spec_programs import Knowledge
from spec_records import measured

RULES = """
# ── I1 ──
#: says hemoglobin above 90 g/L
met(P, 'SPEC', 'I1') <= latest(P, 'Hemoglobin', Low, _) & (Low > 90)
unmet(P, 'SPEC', 'I1') <= latest(P, 'Hemoglobin', _, High) & (High <= 90)

# ── I2 ──
#: says the same limit in another unit
met(P, 'SPEC', 'I2') <= latest(P, 'Hemoglobin', Low, _) & (Low > '9 g/dL')
unmet(P, 'SPEC', 'I2') <= latest(P, 'Hemoglobin', _, High) & (High <= '9 g/dL')

# ── I3 ──
#: says bilirubin at most 3 mg/dL
met(P, 'SPEC', 'I3') <= latest(P, 'TotalBilirubin', _, High) & (High <= '3 mg/dL')
unmet(P, 'SPEC', 'I3') <= latest(P, 'TotalBilirubin', Low, _) & (Low > '3 mg/dL')

# ── I4 ──
#: says GFR above 50 mL/min/1.73 m²
met(P, 'SPEC', 'I4') <= latest(P, 'GFRByIohexolClearanceIndexed', Low, _) & (Low > 50)
unmet(P, 'SPEC', 'I4') <= latest(P, 'GFRByIohexolClearanceIndexed', _, High) & (High <= 50)
"""

# hemoglobin as written, in g/L, status of "above 90 g/L"; 1 mmol/L is 16.114 g/L
HEMOGLOBIN = [
    ("90 g/L", "90", "unmet"),
    ("9 g/dL", "90", "unmet"),
    ("9.0 g/dL", "90", "unmet"),
    ("9,0 g/dL", "90", "unmet"),
    ("9.000001 g/dL", "90.00001", "met"),
    ("9.1 g/dL", "91", "met"),
    ("9000 mg/dL", "90", "unmet"),
    ("5.6 mmol/L", "90.2384", "met"),
    ("5.5 mmol/L", "88.627", "unmet"),
]


@pytest.mark.parametrize(("value", "canonical", "status"), HEMOGLOBIN)
def test_conversion_is_exact(kb: Knowledge, value: str, canonical: str, status: str) -> None:
    """Values in other units are converted exactly, so that a value at the limit stays at the limit."""
    record = measured("hemoglobin", value)
    assert kb.answers("latest(P, 'Hemoglobin', Low, High)", record) == {(canonical, canonical)}
    assert kb.status("I1", record) == status


@pytest.mark.parametrize("value", [row[0] for row in HEMOGLOBIN])
def test_a_limit_has_a_unit_too(kb: Knowledge, value: str) -> None:
    """A limit written with another unit is the same limit."""
    record = measured("hemoglobin", value)
    assert kb.status("I2", record) == kb.status("I1", record)


# bilirubin, status of "at most 3 mg/dL"; 1 mg/dL is 17.1 µmol/L
BILIRUBIN = [
    ("3 mg/dL", "met"),
    ("51.3 umol/L", "met"),
    ("51.300001 µmol/L", "unmet"),
    ("3.000001 mg/dL", "unmet"),
    ("0.0513 mmol/L", "met"),
    ("30 mg/L", "met"),
]


@pytest.mark.parametrize(("value", "status"), BILIRUBIN)
def test_mass_and_substance(kb: Knowledge, value: str, status: str) -> None:
    """A limit in mg/dL and a value in µmol/L meet exactly, through the factor of the ontology."""
    assert kb.status("I3", measured("total bilirubin", value)) == status


# GFR by iohexol clearance as written, status of "above 50 mL/min/1.73 m²"
CLEARANCE = [
    ("60 mL/min/1.73m2", "met"),
    ("40 mL/min/1.73m2", "unmet"),
    ("60 mL/min", "unknown"),
    ("40 mL/min", "unknown"),
]


@pytest.mark.parametrize(("value", "status"), CLEARANCE)
def test_different_quantities_do_not_convert(kb: Knowledge, value: str, status: str) -> None:
    """Clearances in mL/min and in mL/min/1.73 m² are different quantities; one says nothing about the other."""
    assert kb.status("I4", measured("GFR by iohexol clearance", value)) == status
