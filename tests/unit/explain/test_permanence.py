"""Which failing clauses stay failed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nen_kb.explain import Judgement, is_permanent

Judge = Callable[..., Judgement]
START, CHICAGO = "START-NET", "NCT05610826"

TABLE = [
    ("treatments: [{agent: 177Lu-DOTATATE, date: 2020}]", START, "E2", True, "an earlier PRRT stays"),
    ("measurements: [{observable: albumin, value: 20 g/L, date: 2026-11-10}]", START, "I11", False, "values change"),
    ("born: 2020", START, "I1", False, "a child grows up"),
    ("findings: [{concept: neuroendocrine carcinoma, date: 2024}]", START, "I4", True, "through its part I4c"),
    ("complete: [conditions]\nfindings: [{concept: ileal neuroendocrine tumor, date: 2024}]", CHICAGO, "I1", True,
     "no pancreatic tumour, although metastases may come"),
    ("complete: [conditions]\nfindings: [{concept: pancreatic neuroendocrine tumor, date: 2024}]", CHICAGO, "I1", False,
     "metastases may come"),
    ("treatments: [{agent: transarterial embolization, date: 2026-10}]", CHICAGO, "E2", False, "a year passes"),
    ("treatments: [{agent: 90Y radioembolization, date: 2020}]", CHICAGO, "E2", True, "through its part E2a"),
    ("findings: [{concept: cirrhosis, date: 2024}]", CHICAGO, "E6", False, "no header says that it lasts"),
]  # fmt: skip


@pytest.mark.parametrize(("patient", "trial", "clause", "expected", "why"), TABLE)
def test_permanent(judge: Judge, patient: str, trial: str, clause: str, expected: bool, why: str) -> None:
    """A failing clause is permanent as its header, its derivation or its parts say."""
    judgement = judge(patient)
    fails = {"inclusion": "unmet", "exclusion": "met"}[judgement.clause(trial, clause).kind]
    assert judgement.status(trial, clause) == fails, "the example must fail the clause"
    assert is_permanent(judgement, trial, clause) is expected, why


def test_only_what_fails_can_be_permanent(judge: Judge) -> None:
    """A clause that is met, or unknown, has nothing to lift."""
    judgement = judge("complete: [treatments]")
    assert judgement.status(START, "E2") == "unmet"
    assert not is_permanent(judgement, START, "E2")
    assert not is_permanent(judge(), START, "E2")
