"""Both directions: present passes up to every superclass, absent passes down to every subclass.

The clause asks for a pancreatic neuroendocrine tumour; the record names a class that is it, may be it or cannot be it.
"""

from __future__ import annotations

import pytest
from spec_programs import Knowledge
from spec_records import absent, complete, doubtful, found, treated

RULES = """
# ── I1 ──
#: says a pancreatic neuroendocrine tumour
met(P, 'SPEC', 'I1') <= ever(P, 'PancreaticNeuroendocrineTumor')
unmet(P, 'SPEC', 'I1') <= never(P, 'PancreaticNeuroendocrineTumor')

# ── I2 ──
#: says the same, of the latest statement
met(P, 'SPEC', 'I2') <= present(P, 'PancreaticNeuroendocrineTumor')
unmet(P, 'SPEC', 'I2') <= none(P, 'PancreaticNeuroendocrineTumor')

# ── I3 ──
#: says an earlier PRRT
met(P, 'SPEC', 'I3') <= ever(P, 'PRRT')
unmet(P, 'SPEC', 'I3') <= never(P, 'PRRT')
"""

# class on record, how it stands to the class asked for: is one, may be one, cannot be one
RELATIONS = [
    ("pancreatic neuroendocrine tumor", "is"),
    ("insulinoma", "is"),
    ("pancreatic neuroendocrine tumor G2", "is"),
    ("pancreatic neuroendocrine neoplasm", "may be"),
    ("neuroendocrine tumor", "may be"),
    ("neuroendocrine neoplasm", "may be"),
    ("malignant neoplasm", "may be"),
    ("gastrinoma", "may be"),
    ("neuroendocrine tumor G2", "may be"),
    ("ileal neuroendocrine tumor", "cannot be"),
    ("pancreatic neuroendocrine carcinoma", "cannot be"),
    ("pheochromocytoma", "cannot be"),
    ("liver metastases", "cannot be"),
    ("diabetes mellitus", "cannot be"),
]

ASKED = "'PancreaticNeuroendocrineTumor'"


@pytest.mark.parametrize(("recorded", "relation"), RELATIONS)
def test_relations(kb: Knowledge, recorded: str, relation: str) -> None:
    """A recorded class surely is the one asked for, may be it because some class is under both, or cannot be it."""
    holds = {
        predicate: bool(kb.answers(f"found(P, E, X) & {predicate}(X, {ASKED})", found(recorded)))
        for predicate in ("isa", "overlaps", "disjoint")
    }
    assert holds == {"isa": relation == "is", "overlaps": relation != "cannot be", "disjoint": relation == "cannot be"}


# class on record as present, status without a declaration, status with conditions declared complete
PRESENT = [
    ("pancreatic neuroendocrine tumor", "met", "met"),
    ("insulinoma", "met", "met"),
    ("pancreatic neuroendocrine tumor G2", "met", "met"),
    ("pancreatic neuroendocrine neoplasm", "unknown", "unknown"),
    ("neuroendocrine tumor", "unknown", "unknown"),
    ("neuroendocrine neoplasm", "unknown", "unknown"),
    ("malignant neoplasm", "unknown", "unknown"),
    ("gastrinoma", "unknown", "unknown"),
    ("ileal neuroendocrine tumor", "unknown", "unmet"),
    ("pheochromocytoma", "unknown", "unmet"),
    ("diabetes mellitus", "unknown", "unmet"),
]


@pytest.mark.parametrize("clause", ["I1", "I2"])
@pytest.mark.parametrize(("recorded", "open_world", "closed_world"), PRESENT)
def test_present_passes_up(kb: Knowledge, recorded: str, open_world: str, closed_world: str, clause: str) -> None:
    """A class on record is every class above it, and under a complete record excludes only what it cannot be."""
    assert kb.status(clause, found(recorded)) == open_world
    assert kb.status(clause, found(recorded), complete("conditions")) == closed_world


# class on record as absent, status without a declaration, status with conditions declared complete
ABSENT = [
    ("pancreatic neuroendocrine tumor", "unmet", "unmet"),
    ("neuroendocrine tumor", "unmet", "unmet"),
    ("neuroendocrine neoplasm", "unmet", "unmet"),
    ("pancreatic neuroendocrine neoplasm", "unmet", "unmet"),
    ("insulinoma", "unknown", "unmet"),
    ("pancreatic neuroendocrine tumor G2", "unknown", "unmet"),
    ("gastrinoma", "unknown", "unmet"),
    ("ileal neuroendocrine tumor", "unknown", "unmet"),
]


@pytest.mark.parametrize("clause", ["I1", "I2"])
@pytest.mark.parametrize(("denied", "open_world", "closed_world"), ABSENT)
def test_absent_passes_down(kb: Knowledge, denied: str, open_world: str, closed_world: str, clause: str) -> None:
    """What denies a class denies every class under it, and says nothing about one above it or beside it."""
    assert kb.status(clause, absent(denied)) == open_world
    assert kb.status(clause, absent(denied), complete("conditions")) == closed_world


# class on record as doubtful, status with conditions declared complete
DOUBTFUL = [
    ("pancreatic neuroendocrine tumor", "unknown"),
    ("insulinoma", "unknown"),
    ("neuroendocrine tumor", "unknown"),
    ("gastrinoma", "unknown"),
    ("ileal neuroendocrine tumor", "unmet"),
]


@pytest.mark.parametrize(("recorded", "closed_world"), DOUBTFUL)
def test_doubt_passes_both_ways(kb: Knowledge, recorded: str, closed_world: str) -> None:
    """A doubtful record shows nothing, and leaves open whatever it might be."""
    assert kb.status("I1", doubtful(recorded)) == "unknown"
    assert kb.status("I1", doubtful(recorded), complete("conditions")) == closed_world


# classes on record as present, status without a declaration, status with conditions declared complete
SEVERAL = [
    (("gastrinoma", "ileal neuroendocrine tumor"), "unknown", "unknown"),
    (("gastrinoma", "insulinoma"), "met", "met"),
    (("ileal neuroendocrine tumor", "diabetes mellitus"), "unknown", "unmet"),
    (("neuroendocrine tumor", "ileal neuroendocrine tumor"), "unknown", "unknown"),
]


@pytest.mark.parametrize(("recorded", "open_world", "closed_world"), SEVERAL)
def test_each_record_speaks_for_itself(
    kb: Knowledge, recorded: tuple[str, ...], open_world: str, closed_world: str
) -> None:
    """One record that is the class is enough, and one that may be it keeps the question open."""
    records = [found(name) for name in recorded]
    assert kb.status("I1", *records) == open_world
    assert kb.status("I1", *records, complete("conditions")) == closed_world


# treatment on record, status without a declaration, status with treatments declared complete
TREATMENTS = [
    ("PRRT", "met", "met"),
    ("177Lu-DOTATATE", "met", "met"),
    ("90Y-DOTATOC", "met", "met"),
    ("systemic antitumor treatment", "unknown", "unknown"),
    ("antitumor treatment", "unknown", "unknown"),
    ("octreotide", "unknown", "unmet"),
    ("90Y radioembolization", "unknown", "unmet"),
    ("other treatment", "unknown", "unmet"),
]


@pytest.mark.parametrize(("agent", "open_world", "closed_world"), TREATMENTS)
def test_treatments(kb: Knowledge, agent: str, open_world: str, closed_world: str) -> None:
    """Treatments pass up and stay open in the same way as conditions."""
    assert kb.status("I3", treated(agent, date="2020")) == open_world
    assert kb.status("I3", treated(agent, date="2020"), complete("treatments")) == closed_world
