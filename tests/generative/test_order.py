"""Neither the order of the records nor what they are called changes an answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from blurs import SECTIONS
from hypothesis import given
from hypothesis import strategies as st
from strategies import patients
from topics import evidence, examples, leaves, model, statuses, verdicts

from nen_kb.facts.records import Patient


def shuffled(data: Any, patient: Patient) -> Patient:
    """The same records in another order."""
    sections = (*SECTIONS, "declarations")
    return replace(patient, **{name: tuple(data.draw(st.permutations(getattr(patient, name)))) for name in sections})


def renamed(data: Any, patient: Patient) -> Patient:
    """The same records under other ids, which sort differently."""
    sections = (*SECTIONS, "declarations")
    ids = [record.id for name in sections for record in getattr(patient, name)]
    names = iter([f"n{number:03}" for number in data.draw(st.permutations(range(len(ids))))])
    changed = {name: tuple(replace(record, id=next(names)) for record in getattr(patient, name)) for name in sections}
    return replace(patient, **changed)


@examples(60)
@given(st.data())
def test_order_and_names_do_not_matter(data: Any) -> None:
    """Every status and verdict stays when records are shuffled and renamed."""
    patient: Patient = data.draw(patients())
    other = renamed(data, shuffled(data, patient))
    before, after = model(patient), model(other)
    assert statuses(after) == statuses(before)
    assert verdicts(after) == verdicts(before)


@examples(150)
@given(st.data())
def test_a_record_told_twice_counts_once(data: Any) -> None:
    """Two copies of one record, under two ids, say what one says."""
    leaf = data.draw(st.sampled_from([leaf for leaf in leaves() if leaf[1] != "E16"]))
    patient: Patient = data.draw(patients(leaf))
    section = data.draw(st.sampled_from(SECTIONS))
    records = getattr(patient, section)
    if not records:
        return
    twin = replace(data.draw(st.sampled_from(records)), id="twin")
    doubled = replace(patient, **{section: (*records, twin)})
    assert evidence(doubled, leaf) == evidence(patient, leaf)
