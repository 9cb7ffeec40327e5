"""Taking one record away changes a clause only if the record could have played a part in it; see ``relevance``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from blurs import SECTIONS
from hypothesis import given, note
from hypothesis import strategies as st
from relevance import may_matter
from strategies import patients
from topics import evidence, examples, leaves

from nen_kb.facts.records import Patient


def without(patient: Patient) -> Iterator[tuple[Any, Patient]]:
    """Each record, and the patient without it."""
    for section in (*SECTIONS, "declarations"):
        records = getattr(patient, section)
        for gone in records:
            yield gone, replace(patient, **{section: tuple(each for each in records if each is not gone)})


@examples(200)
@given(st.data())
def test_what_plays_no_part_changes_nothing(data: Any) -> None:
    """A record that is no candidate, instance, override or contrary statement of a clause leaves it as it is."""
    leaf, other = data.draw(st.lists(st.sampled_from(leaves()), min_size=2, max_size=2))
    patient: Patient = data.draw(patients(leaf))
    for asked in {leaf, other}:
        before = evidence(patient, asked)
        for gone, rest in without(patient):
            if not may_matter(patient, gone, asked):
                note(f"{asked} without {gone}")
                assert evidence(rest, asked) == before
