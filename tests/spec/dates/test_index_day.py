"""The index day: the file is what was known on it; what begins later is set aside, what reaches past it is cut."""

from __future__ import annotations

import pytest
from spec_programs import Knowledge
from spec_records import TODAY, Entry, absent, complete, found, measured, scanned, treated

RULES = """
# ── I1 ──
#: says hemoglobin above 90
met(P, 'SPEC', 'I1') <= latest(P, 'Hemoglobin', Low, _) & (Low > 90)
unmet(P, 'SPEC', 'I1') <= latest(P, 'Hemoglobin', _, High) & (High <= 90)

# ── I2 ──
#: says liver metastases
met(P, 'SPEC', 'I2') <= present(P, 'LiverMetastases')
unmet(P, 'SPEC', 'I2') <= none(P, 'LiverMetastases')

# ── I3 ──
#: says PRRT ever
met(P, 'SPEC', 'I3') <= ever(P, 'PRRT')
unmet(P, 'SPEC', 'I3') <= never(P, 'PRRT')

# ── I4 ──
#: says uptake above the liver
met(P, 'SPEC', 'I4') <= latest(P, 'Ga68DotatatePETCT', Low, _) & (Low >= 3)
unmet(P, 'SPEC', 'I4') <= latest(P, 'Ga68DotatatePETCT', _, High) & (High < 3)

# ── I5 ──
#: says planned start of treatment
met(P, 'SPEC', 'I5') <= planned_start(P, Start) & index_day(P, Today) & (Start == Today)
unmet(P, 'SPEC', 'I5') <= planned_start(P, Start) & index_day(P, Today) & (Start != Today)
"""

# date of the only hemoglobin, its days as the rules see them
CUT = [
    ("2026-11-19", ("2026-11-19", "2026-11-19")),
    ("2026-11-20", ("2026-11-20", "2026-11-20")),
    ("2026-10", ("2026-10-01", "2026-10-31")),
    ("2026-11", ("2026-11-01", "2026-11-20")),
    ("2026", ("2026-01-01", "2026-11-20")),
    ("2025", ("2025-01-01", "2025-12-31")),
    ("2026-11-21", None),
    ("2026-12", None),
    ("2027", None),
]


@pytest.mark.parametrize(("when", "days"), CUT)
def test_dates_end_on_the_index_day(kb: Knowledge, when: str, days: tuple[str, str] | None) -> None:
    """Of a date that contains the index day the part up to it counts, and a record that begins later is not seen."""
    record = measured("hemoglobin", "95 g/L", when)
    assert kb.answers("measurement(P, E, 'Hemoglobin', _, _) & dated(P, E, From, To)", record) == (
        set() if days is None else {("measurements[0]", *days)}
    )
    assert kb.status("I1", record) == ("unknown" if days is None else "met")


# a record, a later record of the day after the index day, clause, status
SET_ASIDE = [
    (measured("hemoglobin", "95 g/L"), measured("hemoglobin", "80 g/L", "2026-11-21"), "I1", "met"),
    (found("liver metastases"), absent("liver metastases", "2026-11-21"), "I2", "met"),
    (absent("liver metastases"), found("liver metastases", "2026-11-21"), "I2", "unmet"),
    (complete("treatments"), treated("177Lu-DOTATATE", date="2026-11-21"), "I3", "unmet"),
    (complete("treatments"), treated("177Lu-DOTATATE", started="2026-11-21", ended="2026-12-21"), "I3", "unmet"),
    (scanned("68Ga-DOTATATE PET/CT", "4"), scanned("68Ga-DOTATATE PET/CT", "1", "2026-11-21"), "I4", "met"),
]


@pytest.mark.parametrize(("known", "later", "clause", "status"), SET_ASIDE)
def test_later_records_are_set_aside_and_listed(
    kb: Knowledge, known: Entry, later: Entry, clause: str, status: str
) -> None:
    """A record that begins after the index day changes nothing, and a note says that it was set aside."""
    assert kb.status(clause, known) == status
    assert kb.status(clause, known, later) == status
    assert "set-aside" in kb.notes(known, later)
    assert "set-aside" not in kb.notes(known)


# planned start as given, planned start as the rules see it
PLANNED = [
    (None, TODAY),
    ("2026-12-01", "2026-12-01"),
    (TODAY, TODAY),
    ("2026-11-01", TODAY),
]


@pytest.mark.parametrize(("given", "start"), PLANNED)
def test_the_planned_start(kb: Knowledge, given: str | None, start: str) -> None:
    """Study treatment is planned to start on the day given, or on the index day if none or an earlier one is given."""
    person = {} if given is None else {"planned_start": given}
    assert kb.answers("planned_start(P, Start)", **person) == {(start,)}
    assert kb.status("I5", **person) == ("met" if start == TODAY else "unmet")


def test_a_later_day_moves_the_start_but_sees_no_new_records(kb: Knowledge) -> None:
    """When a later day is judged, what was set aside stays so, and the start moves unless it lies later."""
    later = measured("hemoglobin", "80 g/L", "2026-11-25")
    assert kb.status("I1", measured("hemoglobin", "95 g/L"), later, on="2026-12-01") == "met"
    assert kb.status("I5", on="2026-12-01") == "met"
    assert kb.status("I5", planned_start="2026-11-25", on="2026-12-01") == "met"
    assert kb.status("I5", planned_start="2026-12-02", on="2026-12-01") == "unmet"
