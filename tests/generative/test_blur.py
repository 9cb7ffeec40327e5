"""Vaguer facts never decide: one made less precise, or withdrawn, leaves a status as it is or makes it unknown.

Read the other way round it says that a more precise fact moves a status only up, from unknown to met or
unmet.  Of a clause whose sources disagree, the vaguer fact may settle the disagreement.
"""

from __future__ import annotations

from typing import Any

import pytest
from blurs import Blur, blurs
from hypothesis import given, note
from hypothesis import strategies as st
from strategies import patients
from topics import Leaf, evidence, examples, leaves, model, ontology, program, statuses

from nen_kb.facts.records import Patient, Presence


def presumed(leaf: Leaf, blur: Blur, patient: Patient) -> bool:
    """Whether a rule presumes, in so many words, what the vaguer fact leaves open.

    NCT05610826 E16 presumes that a neuroendocrine neoplasm which could be the pancreatic one is the one under study.
    The library takes a finding vaguer than a later denial to stand: "no brain metastases" does not take back
    "metastatic disease".  NCT05610826 I2 and E1 presume that a diagnosis which names no grade says nothing about it.
    """
    if blur.name != "class of a finding":
        return False
    finding = next(each for each in patient.findings if each.id == blur.record)
    denied = (each for each in patient.findings if each.presence is Presence.ABSENT)
    if leaf in {("NCT05610826", clause) for clause in ("I2", "E1", "E16")}:
        return True
    return any(ontology().isa(finding.concept, each.concept) for each in denied)


@pytest.mark.parametrize("leaf", leaves(), ids="-".join)
def test_a_vaguer_fact_decides_no_clause(leaf: Leaf) -> None:
    """What the vaguer facts show of a clause, the more precise ones show too."""

    @examples(20)
    @given(st.data())
    def check(data: Any) -> None:
        patient: Patient = data.draw(patients(leaf))
        blur: Blur = data.draw(blurs(patient))
        if presumed(leaf, blur, patient):
            return
        vaguer = blur.apply(patient)
        before, after = evidence(patient, leaf), evidence(vaguer, leaf)
        note(f"{leaf} with {blur}: {sorted(before)} became {sorted(after)}\n{vaguer}")
        assert after <= before

    check()


@examples(60)
@given(st.data())
def test_statuses_only_become_unknown(data: Any) -> None:
    """The same for all clauses and parts at once, and for the clauses made of parts."""
    patient: Patient = data.draw(patients())
    blur: Blur = data.draw(blurs(patient))
    before, after = statuses(model(patient)), statuses(model(blur.apply(patient)))
    disputed = {leaf for leaf, status in before.items() if status == "conflicting"}
    disputed |= {(c.trial, c.parent) for t in program().trials for c in t.clauses if (c.trial, c.id) in disputed}
    for leaf, status in before.items():
        if leaf not in disputed and not presumed(leaf, blur, patient):
            note(f"{leaf} with {blur}")
            assert after[leaf] in (status, "unknown")
