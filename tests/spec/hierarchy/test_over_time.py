"""Over time: a later statement about a narrower, wider or neighbouring class, and what it takes back."""

from __future__ import annotations

import pytest
from spec_programs import Knowledge
from spec_records import Entry, absent, complete, found, measured, scanned

RULES = """
# ── I1 ──
#: says metastatic disease
met(P, 'SPEC', 'I1') <= present(P, 'MetastaticDisease')
unmet(P, 'SPEC', 'I1') <= none(P, 'MetastaticDisease')

# ── I2 ──
#: says liver metastases
met(P, 'SPEC', 'I2') <= present(P, 'LiverMetastases')
unmet(P, 'SPEC', 'I2') <= none(P, 'LiverMetastases')

# ── I3 ──
#: says uptake above the liver on PET with any 68Ga-DOTA peptide
met(P, 'SPEC', 'I3') <= latest(P, 'Ga68DotaPeptidePET', Low, _) & (Low >= 3)
unmet(P, 'SPEC', 'I3') <= latest(P, 'Ga68DotaPeptidePET', _, High) & (High < 3)

# ── I4 ──
#: says a plasma clearance above 50 mL/min/1.73 m²
met(P, 'SPEC', 'I4') <= latest(P, 'PlasmaClearanceGFRIndexed', Low, _) & (Low > 50)
unmet(P, 'SPEC', 'I4') <= latest(P, 'PlasmaClearanceGFRIndexed', _, High) & (High <= 50)
"""

EARLIER, LATER = "2026-09-01", "2026-10-01"

# earlier and later statement, status of "metastatic disease", status of "liver metastases"
TABLE = [
    # the same class
    (found("liver metastases", EARLIER), absent("liver metastases", LATER), "unknown", "unmet"),
    (absent("liver metastases", EARLIER), found("liver metastases", LATER), "met", "met"),
    # a wider class denied, a narrower one found
    (found("liver metastases", EARLIER), absent("metastatic disease", LATER), "unmet", "unmet"),
    (absent("metastatic disease", EARLIER), found("liver metastases", LATER), "met", "met"),
    # a narrower class denied, a wider one found
    (found("metastatic disease", EARLIER), absent("liver metastases", LATER), "met", "unmet"),
    (absent("liver metastases", EARLIER), found("metastatic disease", LATER), "met", "unknown"),
    # a class beside it
    (found("liver metastases", EARLIER), absent("bone metastases", LATER), "met", "met"),
    (absent("liver metastases", EARLIER), found("bone metastases", LATER), "met", "unmet"),
    (found("bone metastases", EARLIER), absent("liver metastases", LATER), "met", "unmet"),
    (absent("bone metastases", EARLIER), found("liver metastases", LATER), "met", "met"),
]


@pytest.mark.parametrize(("earlier", "later", "wider", "narrower"), TABLE)
def test_a_later_statement(kb: Knowledge, earlier: Entry, later: Entry, wider: str, narrower: str) -> None:
    """A later denial takes back what it surely denies, and a later finding whatever it could be."""
    assert kb.status("I1", earlier, later) == wider
    assert kb.status("I2", earlier, later) == narrower


# the same in a record of conditions declared complete
CLOSED = [
    (found("liver metastases", EARLIER), absent("liver metastases", LATER), "unmet", "unmet"),
    (found("liver metastases", EARLIER), absent("metastatic disease", LATER), "unmet", "unmet"),
    (found("metastatic disease", EARLIER), absent("liver metastases", LATER), "met", "unmet"),
    (absent("liver metastases", EARLIER), found("metastatic disease", LATER), "met", "unknown"),
    (found("bone metastases", EARLIER), absent("liver metastases", LATER), "met", "unmet"),
    (found("bone metastases", EARLIER), absent("bone metastases", LATER), "unmet", "unmet"),
]


@pytest.mark.parametrize(("earlier", "later", "wider", "narrower"), CLOSED)
def test_a_later_statement_in_a_complete_record(
    kb: Knowledge, earlier: Entry, later: Entry, wider: str, narrower: str
) -> None:
    """In a complete record there is none once every finding that could be it has been taken back."""
    assert kb.status("I1", earlier, later, complete("conditions")) == wider
    assert kb.status("I2", earlier, later, complete("conditions")) == narrower


# scans with scores by date, status of "uptake above the liver on PET with any 68Ga-DOTA peptide"
SCANS = [
    ([("68Ga-DOTATATE PET/CT", "4", EARLIER)], "met"),
    ([("68Ga-DOTATOC PET/CT", "2", EARLIER)], "unmet"),
    ([("68Ga-DOTA-peptide PET", "4", EARLIER)], "met"),
    ([("SSTR imaging", "4", EARLIER)], "unknown"),
    ([("64Cu-DOTATATE PET/CT", "4", EARLIER)], "unknown"),
    ([("111In-pentetreotide scintigraphy", "4", EARLIER)], "unknown"),
    # each kind of the family may supersede another kind of it
    ([("68Ga-DOTATATE PET/CT", "4", EARLIER), ("68Ga-DOTATOC PET/CT", "2", LATER)], "unmet"),
    ([("68Ga-DOTATATE PET/CT", "2", EARLIER), ("68Ga-DOTATOC PET/CT", "4", LATER)], "met"),
    ([("68Ga-DOTATATE PET/CT", "4", LATER), ("68Ga-DOTATOC PET/CT", "2", LATER)], "conflicting"),
    # what is too general may, what is of another family does not
    ([("68Ga-DOTATATE PET/CT", "4", EARLIER), ("SSTR imaging", "4", LATER)], "unknown"),
    ([("68Ga-DOTATATE PET/CT", "4", EARLIER), ("64Cu-DOTATATE PET/CT", "1", LATER)], "met"),
]


@pytest.mark.parametrize(("scans", "status"), SCANS)
def test_scans_of_a_family(kb: Knowledge, scans: list[tuple[str, str, str]], status: str) -> None:
    """A question about a family is answered by the latest scan of any of its kinds, or left open by one that may be."""
    assert kb.status("I3", *(scanned(*scan[:2], when=scan[2]) for scan in scans)) == status


# clearances in mL/min/1.73 m² by date, status of "a plasma clearance above 50"
CLEARANCES = [
    ([("GFR by iohexol clearance", "60", EARLIER)], "met"),
    ([("GFR by 51Cr-EDTA clearance", "40", EARLIER)], "unmet"),
    ([("GFR by iohexol clearance", "60", EARLIER), ("GFR by 51Cr-EDTA clearance", "40", LATER)], "unmet"),
    ([("GFR by iohexol clearance", "60", LATER), ("GFR by 51Cr-EDTA clearance", "40", LATER)], "conflicting"),
    ([("glomerular filtration rate", "60", EARLIER)], "unknown"),
    ([("GFR by iohexol clearance", "60", EARLIER), ("glomerular filtration rate", "60", LATER)], "unknown"),
    ([("GFR by iohexol clearance", "60", EARLIER), ("eGFR CKD-EPI", "40", LATER)], "met"),
]


@pytest.mark.parametrize(("values", "status"), CLEARANCES)
def test_measurements_of_a_family(kb: Knowledge, values: list[tuple[str, str, str]], status: str) -> None:
    """Measurements answer for every class above them, and one too general to be told apart could be anything."""
    records = [measured(name, f"{value} mL/min/1.73m2", when) for name, value, when in values]
    assert kb.status("I4", *records) == status
