"""The text of an explanation: never too wide, never by colour alone, readable where only ASCII is."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from nen_kb.explain import Judgement, explain_clause, render
from nen_kb.explain.proof import Conclusion

Judge = Callable[..., Judgement]
GOLDEN = Path(__file__).parents[2] / "golden"


@pytest.fixture(scope="module")
def proofs(judge: Judge) -> list[Conclusion]:
    """Every clause of both trials for a patient with a bit of everything."""
    text = (GOLDEN / "anna.yaml").read_text(encoding="utf-8").split("index_date: 2026-11-20", 1)
    judgement = judge(re.sub(r"^case: 1\nid: anna\n", "", text[0]) + text[1])
    return [explain_clause(judgement, trial.id, c.id) for trial in judgement.program.trials for c in trial.clauses]


@pytest.mark.parametrize("width", [40, 60, 80, 100])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_never_wider_than_asked(proofs: list[Conclusion], width: int, encoding: str) -> None:
    """Deep trees and long words included."""
    for proof in proofs:
        for line in render(proof, width, encoding=encoding).splitlines():
            assert len(line) <= width, proof.clause


def test_ascii_where_nothing_else_can_be_shown(proofs: list[Conclusion]) -> None:
    """The frame is ASCII; the marks of status stay different from each other."""
    for proof in proofs:
        text = render(proof, encoding="ascii")
        assert not set(text) & set("├└│─✓✗≠“”·")
    starts = {proof.status: render(proof, encoding="ascii")[0] for proof in proofs if proof.criterion == "inclusion"}
    assert len(set(starts.values())) == len(starts)


def test_colour_adds_nothing_but_colour(proofs: list[Conclusion]) -> None:
    """Without the escape codes the coloured text is the plain one, and plain text has none."""
    for proof in proofs:
        plain = render(proof, encoding="utf-8")
        assert "\x1b" not in plain
        assert re.sub(r"\x1b\[[0-9;]*m", "", render(proof, colour=True, encoding="utf-8")) == plain


def test_the_status_is_said_in_words(proofs: list[Conclusion]) -> None:
    """Each explanation says its status, its kind and, where the patient is kept out, that."""
    for proof in proofs:
        second = next(line for line in render(proof, encoding="utf-8").splitlines() if "status    " in line)
        word = {"met": "met", "unmet": "not met", "unknown": "unknown", "conflicting": "sources disagree"}[proof.status]
        assert f"{word}" in second
        out = proof.status == ("unmet" if proof.criterion == "inclusion" else "met")
        assert ("keeps the patient out" in second) == (out and not proof.part_of)


def test_depth_limits_the_tree(proofs: list[Conclusion]) -> None:
    """Depth 0 leaves the head of the clause, each level adds to it."""
    proof = next(proof for proof in proofs if proof.clause == "I7")
    lengths = [len(render(proof, depth=depth, encoding="utf-8").splitlines()) for depth in (0, 1, 2, None)]
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[1] < lengths[2] == lengths[3]
    assert "└" not in render(proof, depth=0, encoding="utf-8")
