"""Closed worlds: "nothing on record" means "none" only where a source declared its record complete, as of a day."""

from __future__ import annotations

import pytest
from spec_programs import Knowledge
from spec_records import TODAY, Entry, absent, complete, doubtful, found, scanned, treated

RULES = """
# ── I1 ──
#: says ascites
met(P, 'SPEC', 'I1') <= present(P, 'Ascites')
unmet(P, 'SPEC', 'I1') <= none(P, 'Ascites')

# ── I2 ──
#: says PRRT ever
met(P, 'SPEC', 'I2') <= ever(P, 'PRRT')
unmet(P, 'SPEC', 'I2') <= never(P, 'PRRT')

# ── I3 ──
#: says measurable disease
met(P, 'SPEC', 'I3') <= present(P, 'MeasurableDisease')
unmet(P, 'SPEC', 'I3') <= none(P, 'MeasurableDisease')

# ── I4 ──
#: says uptake above the liver
met(P, 'SPEC', 'I4') <= latest(P, 'Ga68DotatatePETCT', Low, _) & (Low >= 3)
unmet(P, 'SPEC', 'I4') <= latest(P, 'Ga68DotatatePETCT', _, High) & (High < 3)
"""

# declarations, status of "ascites", status of "PRRT ever"; nothing else is on record
DECLARED = [
    ([], "unknown", "unknown"),
    ([complete("conditions")], "unmet", "unknown"),
    ([complete("treatments")], "unknown", "unmet"),
    ([complete("imaging")], "unknown", "unknown"),
    ([complete("conditions"), complete("treatments")], "unmet", "unmet"),
    # as of an earlier day: what happened since then is open
    ([complete("conditions", "2026-11-19")], "unknown", "unknown"),
    ([complete("conditions", "2026-11-19"), complete("conditions", TODAY)], "unmet", "unknown"),
    ([complete("treatments", "2024-01-01")], "unknown", "unknown"),
    # as of a later day than the index day
    ([complete("conditions", "2026-11-21")], "unmet", "unknown"),
]


@pytest.mark.parametrize(("records", "condition", "treatment"), DECLARED)
def test_declarations(kb: Knowledge, records: list[Entry], condition: str, treatment: str) -> None:
    """A declaration closes its own domain up to its own day, and without one for the index day nothing is none."""
    assert kb.status("I1", *records) == condition
    assert kb.status("I2", *records) == treatment


# records, status of "ascites" without a declaration, status with one of the index day
CONDITIONS = [
    ([found("ascites", "2026-09-01")], "met", "met"),
    ([absent("ascites", "2026-09-01")], "unmet", "unmet"),
    ([doubtful("ascites", "2026-09-01")], "unknown", "unknown"),
    ([found("ascites", "2026-09-01"), absent("ascites", "2026-10-01")], "unmet", "unmet"),
    ([absent("ascites", "2026-09-01"), found("ascites", "2026-10-01")], "met", "met"),
    ([found("ascites", "2026-09-01"), absent("ascites", "2026-09-01")], "conflicting", "conflicting"),
    ([found("ascites", "2026-09"), absent("ascites", "2026-09")], "unknown", "unknown"),
    ([doubtful("ascites", "2026-09-01"), absent("ascites", "2026-10-01")], "unmet", "unmet"),
    ([absent("ascites", "2026-09-01"), doubtful("ascites", "2026-10-01")], "unknown", "unknown"),
    ([found("cirrhosis", "2026-09-01")], "unknown", "unmet"),
    ([found("malignant ascites", "2026-09-01")], "met", "met"),
]


@pytest.mark.parametrize(("records", "open_world", "closed_world"), CONDITIONS)
def test_none(kb: Knowledge, records: list[Entry], open_world: str, closed_world: str) -> None:
    """None means recorded as absent, or nothing standing in a complete record could be it."""
    assert kb.status("I1", *records) == open_world
    assert kb.status("I1", *records, complete("conditions")) == closed_world


# records, status of "PRRT ever" without a declaration, status with one of the index day
TREATMENTS = [
    ([treated("177Lu-DOTATATE", date="2020")], "met", "met"),
    ([treated("PRRT", date="2020")], "met", "met"),
    ([treated("PRRT", ongoing=True)], "met", "met"),
    ([found("PRRT", "2020")], "met", "met"),
    ([absent("PRRT", "2026-10-01")], "unmet", "unmet"),
    ([treated("octreotide", started="2024-01", ongoing=True)], "unknown", "unmet"),
    ([treated("systemic antitumor treatment", date="2020")], "unknown", "unknown"),
    ([doubtful("PRRT", "2020")], "unknown", "unknown"),
    # ever is ever: no denial takes a treatment back, it contradicts it
    ([treated("177Lu-DOTATATE", date="2020-05-01"), absent("PRRT", "2026-10-01")], "conflicting", "conflicting"),
    ([treated("177Lu-DOTATATE", date="2020-05-01"), absent("PRRT", "2020-04-30")], "met", "met"),
]


@pytest.mark.parametrize(("records", "open_world", "closed_world"), TREATMENTS)
def test_never(kb: Knowledge, records: list[Entry], open_world: str, closed_world: str) -> None:
    """Never means recorded as absent, or nothing at all in a complete record could be it."""
    assert kb.status("I2", *records) == open_world
    assert kb.status("I2", *records, complete("treatments")) == closed_world


EVERYTHING = (complete("conditions"), complete("treatments"), complete("imaging"))


# records, clause, status, with every domain declared complete
NO_DOMAIN = [
    ([], "I3", "unknown"),
    ([absent("measurable disease")], "I3", "unmet"),
    ([found("measurable disease")], "I3", "met"),
    ([], "I4", "unknown"),
    ([scanned("CT")], "I4", "unknown"),
    ([scanned("68Ga-DOTATATE PET/CT")], "I4", "unknown"),
    ([scanned("68Ga-DOTATATE PET/CT", "1")], "I4", "unmet"),
]


@pytest.mark.parametrize(("records", "clause", "status"), NO_DOMAIN)
def test_what_no_declaration_covers(kb: Knowledge, records: list[Entry], clause: str, status: str) -> None:
    """An assessment belongs to no domain, and a scan not done is not negative: only a record settles either."""
    assert kb.status(clause, *records, *EVERYTHING) == status


# as of, later day judged, status of "ascites" on the index day, status on the later day
LATER = [
    (TODAY, "2026-12-20", "unmet", "unmet"),
    ("2026-11-19", "2026-12-20", "unknown", "unknown"),
]


@pytest.mark.parametrize(("as_of", "day", "now", "then"), LATER)
def test_declarations_are_carried_along(kb: Knowledge, as_of: str, day: str, now: str, then: str) -> None:
    """When a later day is judged, a declaration moves by as many days."""
    assert kb.status("I1", complete("conditions", as_of)) == now
    assert kb.status("I1", complete("conditions", as_of), on=day) == then
