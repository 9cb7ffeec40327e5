"""Present and absent: the latest statement counts, and where it is unsure which is the latest, neither holds."""

from __future__ import annotations

import pytest
from spec_programs import Knowledge
from spec_records import Entry, absent, complete, doubtful, found, treated

RULES = """
# ── I1 ──
#: says brain metastases
met(P, 'SPEC', 'I1') <= present(P, 'BrainMetastases')
unmet(P, 'SPEC', 'I1') <= absent(P, 'BrainMetastases')

# ── I2 ──
#: says written informed consent
met(P, 'SPEC', 'I2') <= present(P, 'WrittenInformedConsent')
unmet(P, 'SPEC', 'I2') <= absent(P, 'WrittenInformedConsent')

# ── I3 ──
#: says an earlier PRRT
met(P, 'SPEC', 'I3') <= ever(P, 'PRRT')
unmet(P, 'SPEC', 'I3') <= absent(P, 'PRRT')
"""

BRAIN = "brain metastases"

# statements about brain metastases, status
TABLE = [
    # one statement, or none
    ([], "unknown"),
    ([found(BRAIN)], "met"),
    ([absent(BRAIN)], "unmet"),
    ([doubtful(BRAIN)], "unknown"),
    # two that agree
    ([found(BRAIN, "2026-09-01"), found(BRAIN, "2026-10-01")], "met"),
    ([absent(BRAIN, "2026-09-01"), absent(BRAIN, "2026-10-01")], "unmet"),
    # the later of two
    ([found(BRAIN, "2026-09-30"), absent(BRAIN, "2026-10-01")], "unmet"),
    ([absent(BRAIN, "2026-09-30"), found(BRAIN, "2026-10-01")], "met"),
    ([found(BRAIN, "2026-09"), absent(BRAIN, "2026-10")], "unmet"),
    ([absent(BRAIN, "2026-09"), found(BRAIN, "2026-10")], "met"),
    ([found(BRAIN, "2026-08-01"), absent(BRAIN, "2026-09-01"), found(BRAIN, "2026-10-01")], "met"),
    ([absent(BRAIN, "2026-08-01"), found(BRAIN, "2026-09-01"), absent(BRAIN, "2026-10-01")], "unmet"),
    # of one and the same exact day: both hold
    ([found(BRAIN, "2026-10-01"), absent(BRAIN, "2026-10-01")], "conflicting"),
    ([found(BRAIN, "2026-10-01"), doubtful(BRAIN, "2026-10-01")], "met"),
    ([absent(BRAIN, "2026-10-01"), doubtful(BRAIN, "2026-10-01")], "unmet"),
    # unsure which is the later
    ([found(BRAIN, "2026-10"), absent(BRAIN, "2026-10-02")], "unknown"),
    ([found(BRAIN, "2026-10"), absent(BRAIN, "2026-10-30")], "unknown"),
    ([found(BRAIN, "2026-10"), absent(BRAIN, "2026-11-01")], "unmet"),
    ([found(BRAIN, "2026-10"), absent(BRAIN, "2026-09-30")], "met"),
    ([found(BRAIN, "2026-10"), absent(BRAIN, "2026-10")], "unknown"),
    ([found(BRAIN, "2026"), absent(BRAIN, "2026-10-01")], "unknown"),
    ([found(BRAIN, "2026"), absent(BRAIN, "2025")], "met"),
    # a doubtful statement asserts nothing and overturns what it may follow
    ([found(BRAIN, "2026-09-30"), doubtful(BRAIN, "2026-10-01")], "unknown"),
    ([absent(BRAIN, "2026-09-30"), doubtful(BRAIN, "2026-10-01")], "unknown"),
    ([doubtful(BRAIN, "2026-09-30"), found(BRAIN, "2026-10-01")], "met"),
    ([doubtful(BRAIN, "2026-09-30"), absent(BRAIN, "2026-10-01")], "unmet"),
    ([doubtful(BRAIN, "2026-10"), found(BRAIN, "2026-10-15")], "unknown"),
    ([doubtful(BRAIN, "2026-10"), absent(BRAIN, "2026-10-15")], "unknown"),
    # what it says nothing about
    ([found("bone metastases")], "unknown"),
    ([absent("bone metastases")], "unknown"),
    ([absent(BRAIN, "2026-09-01"), found("bone metastases", "2026-10-01")], "unmet"),
]


@pytest.mark.parametrize(("records", "status"), TABLE)
def test_the_latest_statement_counts(kb: Knowledge, records: list[Entry], status: str) -> None:
    """The latest statement decides; two of one exact day conflict, and two whose order is unsure leave it unknown."""
    assert kb.status("I1", *records) == status


@pytest.mark.parametrize(("records", "status"), TABLE)
def test_the_order_of_the_file_does_not_count(kb: Knowledge, records: list[Entry], status: str) -> None:
    """The order in which a file lists its records changes nothing."""
    assert kb.status("I1", *reversed(records)) == status


# a partial date and the first or last day of it; the same dates leave a measurement unknown (see ``test_latest.py``)
TOUCHING = [
    [found(BRAIN, "2026-10"), absent(BRAIN, "2026-10-01")],
    [found(BRAIN, "2026-10"), absent(BRAIN, "2026-10-31")],
    [absent(BRAIN, "2026-10"), found(BRAIN, "2026-10-01")],
    [absent(BRAIN, "2026-10"), found(BRAIN, "2026-10-31")],
]


@pytest.mark.parametrize("records", TOUCHING)
def test_dates_that_touch(kb: Knowledge, records: list[Entry]) -> None:
    """Of two statements that may or may not be of the same day neither is surely the latest, so that it is unknown."""
    assert kb.status("I1", *records) == "unknown"


# statements about consent, status
CONSENT = [
    ([found("written informed consent", "2026-11-01")], "met"),
    ([found("written informed consent", "2026-11-01"), absent("written informed consent", "2026-11-10")], "unmet"),
    ([absent("written informed consent", "2026-11-01"), found("written informed consent", "2026-11-10")], "met"),
    ([complete("conditions"), complete("treatments"), complete("imaging")], "unknown"),
]


@pytest.mark.parametrize(("records", "status"), CONSENT)
def test_attestations(kb: Knowledge, records: list[Entry], status: str) -> None:
    """Only a record settles an attestation, the latest one; no declaration of a domain stands for it."""
    assert kb.status("I2", *records) == status


# records about PRRT, status of "ever"
DENIED_TREATMENT = [
    ([absent("PRRT", "2026-10-01")], "unmet"),
    ([found("PRRT", "2024-01-01")], "met"),
    ([treated("177Lu-DOTATATE", date="2024-01-01"), absent("PRRT", "2023-01-01")], "met"),
    ([treated("177Lu-DOTATATE", date="2024-01-01"), absent("PRRT", "2026-01-01")], "conflicting"),
    ([treated("systemic antitumor treatment", date="2024-01-01"), absent("PRRT", "2023-01-01")], "unknown"),
    ([treated("systemic antitumor treatment", date="2024-01-01"), absent("PRRT", "2026-01-01")], "unmet"),
    ([treated("octreotide", date="2024-01-01"), absent("PRRT", "2023-01-01")], "unmet"),
]


@pytest.mark.parametrize(("records", "status"), DENIED_TREATMENT)
def test_a_denial_stands_until_something_later_could_be_what_it_denies(
    kb: Knowledge, records: list[Entry], status: str
) -> None:
    """A recorded "never had" stands until a treatment that could be it begins, and contradicts an earlier one."""
    assert kb.status("I3", *records) == status
