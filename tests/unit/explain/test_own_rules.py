"""Explanations of somebody else's rules: nothing rests on the library's predicates being there."""

from __future__ import annotations

from pathlib import Path

import pytest

from nen_kb.explain import Judgement, explain_clause, is_permanent, reasons, render
from nen_kb.facts.normalise import normalise
from nen_kb.ontology import Ontology
from nen_kb.resources import shipped
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.load import load_program
from nen_kb.rules.protocol import protocol_rows
from nen_kb.sources.case_file import read_case

RULES = """\
#: trial     T
#: registry  none
#: version   2026-01-01, made up
#: title     A made-up trial
#: source    source.txt

#: section   inclusion

# ── I1 ──────────────────────────────────────────────────────────────────────
#: quote     Hemoglobin above 90 g/L
#: reading   Any value.
met(P, 'T', 'I1') <= measurement(P, _, X, Low, _) & isa(X, 'Hemoglobin') & (Low > 90)
unmet(P, 'T', 'I1') <= measurement(P, _, X, _, High) & isa(X, 'Hemoglobin') & (High <= 90)

#: section   exclusion

# ── E1 ──────────────────────────────────────────────────────────────────────
#: quote     PRRT going on
#: reading   On the index day.
met(P, 'T', 'E1') <= treatment(P, E, X) & isa(X, 'PRRT') & ended(P, E, From, _) & index_day(P, Today) & (From >= Today)
unmet(P, 'T', 'E1') <= complete(P, 'treatments', _) & ~prrt_may_go_on(P)

#: columns   prrt_may_go_on(Patient)
#: means     PRRT may be going on.
prrt_may_go_on(P) <= treatment(P, E, X) & overlaps(X, 'PRRT') & ended(P, E, _, To) & index_day(P, Today) & (To >= Today)
"""
SOURCE = "Hemoglobin above 90 g/L\nPRRT going on\n"

TABLE = [
    ("", "I1", "unknown", "not_recorded", "Hemoglobin"),
    ("measurements: [{observable: hemoglobin, value: 85-95 g/L, date: 2026-11}]", "I1", "unknown", "straddles_limit",
     "Hemoglobin"),
    ("measurements: [{observable: hemoglobin, value: 95 g/L, date: 2026-11-01}]", "I1", "met", "", ""),
    ("", "E1", "unknown", "not_declared_complete", "treatments"),
    ("complete: [treatments]\ntreatments: [{agent: PRRT, started: 2026-01}]", "E1", "unknown", "date_imprecise",
     "PRRT"),
    ("complete: [treatments]\ntreatments: [{agent: systemic antitumor treatment, started: 2026, ongoing: true}]",
     "E1", "unknown", "concept_too_general", "PRRT"),
    ("complete: [treatments]\ntreatments: [{agent: octreotide, started: 2026, ongoing: true}]", "E1", "unmet", "", ""),
]  # fmt: skip


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory, ontology: Ontology) -> Evaluator:
    """A program with the shipped vocabulary and outcomes, and one trial that uses nothing else."""
    folder = tmp_path_factory.mktemp("rules")
    for name in ("vocabulary.dl", "outcomes.dl"):
        (folder / name).write_text((shipped("kb") / name).read_text(encoding="utf-8"), encoding="utf-8")
    trial = folder / "trials" / "t"
    trial.mkdir(parents=True)
    (trial / "rules.dl").write_text(RULES, encoding="utf-8")
    (trial / "source.txt").write_text(SOURCE, encoding="utf-8")
    return Evaluator(load_program(folder, ontology, strict=False))


@pytest.mark.parametrize(("patient", "clause", "status", "code", "concept"), TABLE)
def test_reason_and_text(
    own: Evaluator, ontology: Ontology, patient: str, clause: str, status: str, code: str, concept: str
) -> None:
    """The status is explained, and an open one has the reason that its rules call for."""
    text = f"case: 1\nid: bo\nindex_date: 2026-11-20\n{patient}\n"
    prepared = normalise(read_case(Path("bo.yaml"), ontology, text=text), ontology)
    base = {**prepared.rows(own.program.asked), **protocol_rows(own.program)}
    judgement = Judgement(own.program, own, prepared, own.run(base, ("status",)), base)
    assert judgement.status("T", clause) == status
    found = [(reason.code, reason.concept) for reason in reasons(judgement, "T", clause)]
    assert found[:1] == ([(code, concept)] if code else [])
    written = render(explain_clause(judgement, "T", clause), encoding="utf-8")
    assert all(len(line) <= 80 for line in written.splitlines())
    assert "protocol" in written
    assert not is_permanent(judgement, "T", clause)
