"""What a reader sees, word for word: explanations of a few clauses of two invented patients at 80 columns.

After a wanted change run ``pytest tests/golden --golden-update`` and read the difference of the files: every
line in them is meant for a clinician.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from nen_kb.explain import Judgement, explain_clause, render
from nen_kb.facts.normalise import normalise
from nen_kb.ontology import Ontology
from nen_kb.resources import shipped
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.load import load_program
from nen_kb.rules.protocol import protocol_rows
from nen_kb.sources.case_file import read_case

FOLDER = Path(__file__).parent
START, CHICAGO = "START-NET", "NCT05610826"

SHOWN = [
    ("anna", START, "I7", "met", "none of the treatments stands in the way, each with its reason"),
    ("anna", START, "I10", "unknown", "an estimate by a method that does not count"),
    ("anna", START, "I11", "conflicting", "parts of every status"),
    ("anna", START, "I12", "unknown", "several ways, each with what it lacks"),
    ("anna", CHICAGO, "I4", "unknown", "a damaged text and a missing extent"),
    ("anna", CHICAGO, "I6", "unknown", "not yet randomised"),
    ("anna", CHICAGO, "E3", "unknown", "a date that leaves it open"),
    ("bertil", START, "I3", "unmet", "one value and its limit"),
    ("bertil", START, "I10", "met", "two formulas with their inputs"),
    ("bertil", START, "E5", "met", "a scan by its class"),
    ("bertil", CHICAGO, "I6", "unmet", "an ongoing treatment"),
    ("bertil", CHICAGO, "E6", "met", "any of five parts"),
    ("bertil", CHICAGO, "E9", "unmet", "a complete list without it"),
]


@pytest.fixture(scope="module")
def patients() -> dict[str, Judgement]:
    """The two patients, judged."""
    ontology = Ontology.load()
    evaluator = Evaluator(load_program(shipped("kb"), ontology, strict=False))
    found = {}
    for name in ("anna", "bertil"):
        text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
        prepared = normalise(read_case(Path(f"{name}.yaml"), ontology, text=text), ontology)
        base = {**prepared.rows(evaluator.program.asked), **protocol_rows(evaluator.program)}
        found[name] = Judgement(evaluator.program, evaluator, prepared, evaluator.run(base, ("status",)), base)
    return found


@pytest.mark.parametrize(("patient", "trial", "clause", "status", "about"), SHOWN, ids=lambda value: str(value)[:20])
def test_explanation(
    patients: dict[str, Judgement],
    request: pytest.FixtureRequest,
    patient: str,
    trial: str,
    clause: str,
    status: str,
    about: str,
) -> None:
    """The explanation reads as it did when somebody last read it."""
    judgement = patients[patient]
    assert judgement.status(trial, clause) == status, about
    text = render(explain_clause(judgement, trial, clause), width=80, encoding="utf-8") + "\n"
    path = FOLDER / f"{patient}-{trial.lower()}-{clause}.txt"
    if request.config.getoption("--golden-update"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_no_file_is_left_over() -> None:
    """Every golden file belongs to an explanation that is compared with it."""
    expected = {f"{patient}-{trial.lower()}-{clause}.txt" for patient, trial, clause, _, _ in SHOWN}
    assert {path.name for path in FOLDER.glob("*.txt")} == expected
