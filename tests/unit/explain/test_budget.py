"""A search that is cut short says so, and so does everything that rests on it; other ways are counted and shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from proof_documents import Maker, patients

from nen_kb.explain import Judgement, absence, explain_clause, inquiry, render, wording
from nen_kb.explain.build import because
from nen_kb.explain.proof import Conclusion, Node, Side
from nen_kb.ontology import Ontology
from nen_kb.rules.evaluate import Evaluator
from nen_kb.sources.case_file import read_case

START, PRRT = "START-NET", "NCT05610826"
Judge = Callable[..., Judgement]


@pytest.fixture(scope="module")
def maker(ontology: Ontology, evaluator: Evaluator) -> Maker:
    return Maker(ontology, evaluator)


def whole(judgement: Judgement) -> Iterator[Conclusion]:
    for trial in judgement.program.trials:
        for clause in trial.clauses:
            yield explain_clause(judgement, trial.id, clause.id)


def below(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from below(child)


def flat(text: str) -> str:
    """A tree of text on one line, without its drawing."""
    return " ".join(text.replace("│", " ").split())


# ── what is cut short ───────────────────────────────────────────────────────


def test_nothing_is_cut_short_with_the_budgets_there_are(maker: Maker) -> None:
    (result, _) = maker.results(patients(maker.ontology, 10**6)[-1])
    assert not any(proof.partial for proof in whole(result.judgement))
    assert "partial" not in str(maker.document(result)["proofs"])


@pytest.mark.parametrize(("module", "status"), [(inquiry, "unknown"), (absence, "unmet")], ids=["open", "none"])
def test_a_search_cut_short_is_told(maker: Maker, monkeypatch: pytest.MonkeyPatch, module: Any, status: str) -> None:
    """In the tree, in JSON, in the text; a clause with parts is as partial as its parts; the checker refuses it."""
    monkeypatch.setattr(module, "_MOST_WAYS", 1)
    text = "case: 1\nid: a\nindex_date: 2026-11-20\ncomplete: [treatments, conditions]\ntreatments:\n" + "".join(
        f"  - {{agent: octreotide, started: 2026-0{month}-01, ended: 2026-0{month}-20}}\n" for month in range(1, 9)
    )
    for result in maker.results(read_case(Path("a.yaml"), maker.ontology, text=text)):
        proofs = {proof.clause: proof for proof in whole(result.judgement) if proof.trial == result.trial.id}
        cut = {clause for clause, proof in proofs.items() if proof.partial}
        assert status in {proofs[clause].status for clause in cut}
        for clause, proof in proofs.items():
            parts = [child.clause for child in proof.children if isinstance(child, Conclusion)]
            assert (clause in cut) >= bool(cut & set(parts))
            said = "the search was cut short" in flat(render(proof))
            assert said == (clause in cut)
            assert proof.to_json().get("partial", False) == (clause in cut)
        checker = maker.checker()
        for clause in sorted(cut)[:4]:
            refused = checker.check(maker.document(result, clause)).refusals
            assert {place.partition(".")[0] for place, _ in refused} == {"proofs[0]"}
            assert refused[-1][1] == f"{clause}: the search was cut short, so that it cannot be checked in full"


def test_what_was_found_in_a_search_cut_short_stays_so(judge: Judge) -> None:
    """A result that is remembered still counts as cut when another clause uses it."""
    judgement = judge()
    calls: list[int] = []

    def cut() -> object:
        calls.append(1)
        judgement.cuts += 1
        return "found"

    for expected in (1, 2, 3):
        assert judgement.remembered("key", cut) == "found"
        assert judgement.cuts == expected
    assert judgement.remembered("other", lambda: 1) == 1
    assert (judgement.cuts, len(calls)) == (3, 1)


# ── other ways ──────────────────────────────────────────────────────────────

CAPTEM = (
    "complete: [treatments]\ntreatments: [{agent: CAPTEM, started: 2026-05-01, ended: 2026-10-20}, "
    "{agent: capecitabine, started: 2026-01-01, ended: 2026-02-20}]\n"
)


def sides(proof: Conclusion) -> list[Side]:
    return [child for child in proof.children if isinstance(child, Side)]


def test_other_ways_are_counted_and_on_request_shown(judge: Judge) -> None:
    """The shortest way stands first, each other way once; how many there are is said in either case."""
    judgement = judge(CAPTEM)
    (alone,) = sides(explain_clause(judgement, PRRT, "E3"))
    assert alone.others >= 1
    assert not alone.alternative
    text = flat(render(explain_clause(judgement, PRRT, "E3")))
    assert wording.other_ways(alone.others) in text
    assert wording.another_way("met") not in text
    proof = explain_clause(judgement, PRRT, "E3", alternatives=True)
    first, *others = sides(proof)
    assert first == alone
    assert len({side.children for side in (first, *others)}) == 1 + len(others) == 1 + alone.others
    assert all(side.alternative and side.shown and side.side == "met" for side in others)
    text = flat(render(proof))
    assert text.count(wording.another_way("met")) == len(others)
    assert wording.others_shown(alone.others, len(others)) in text


def test_what_decides_a_clause_is_told_by_the_first_way_alone(judge: Judge) -> None:
    judgement = judge(CAPTEM)
    lines = because(judgement, PRRT, "E3")
    explain_clause(judgement, PRRT, "E3", alternatives=True)
    assert because(judgement, PRRT, "E3") == lines != []


def test_more_ways_than_can_be_shown_are_counted(judge: Judge) -> None:
    many = "treatments:\n" + "".join(
        f"  - {{agent: capecitabine, started: 2026-08-{day:02}, ended: 2026-09-{day:02}}}\n" for day in range(1, 16)
    )
    found = sides(explain_clause(judge(many), PRRT, "E3", alternatives=True))
    rules = [node for node in below(found[0]) if node.kind == "rule"]
    assert len(found) <= 11
    assert found[0].others + sum(getattr(rule, "others", 0) for rule in rules) >= 14
    assert wording.others_shown(14, 10) == "also in 14 other ways, 10 shown below"
    assert wording.others_shown(1, 1) == "also in 1 other way, as shown below"
