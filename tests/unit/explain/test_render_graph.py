"""Proofs as Mermaid and Graphviz text."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from nen_kb.explain import Judgement, explain_clause, proof_to_dot, proof_to_mermaid
from nen_kb.explain.proof import Conclusion, Excluded, Fact, Nothing, Side

ODD = 'he said "no" \\ {x} [y]; <b>&amp;# `z` | end\n--> n0'
RECORD = """
planned_start: 2026-12-01
treatments:
  - {agent: everolimus, started: 2025-11-03, ended: 2026-11-07}
measurements:
  - {observable: hemoglobin, value: 12.1 g/dL, date: 2026-11-10}
"""


def odd_proof() -> Conclusion:
    fact = Fact(text=ODD, record="r", path=ODD, mark="holds")
    none = Nothing(
        text=ODD, checked="", predicate="p",
        children=tuple(Excluded(text=f"record {n}", record=f"r{n}", why="too old") for n in range(9)),
    )  # fmt: skip
    side = Side(text="for it speaks", side="met", shown=True, children=(fact, none))
    return Conclusion(
        text="", trial="T", version="1", clause="I1", criterion="inclusion", status="met", says=ODD, children=(side,)
    )


def mermaid_edges(text: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Nodes and edges of a flow chart; fails on a line that is neither, nor a known one."""
    head, _, body = text.partition("flowchart TD\n")
    assert re.fullmatch(r'---\ntitle: ".*"\n---\n', head)
    nodes, edges = [], []
    for line in body.splitlines():
        node = re.fullmatch(r'  (n\d+)[(\[{>/\\]+"([^"\n]*)"[)\]}/\\]+:::(passes|fails|open|plain)', line)
        edge = re.fullmatch(r"  (n\d+) (?:-->|-\.->) (n\d+)", line)
        if node:
            nodes.append(node[1])
            assert not re.search(r"[<>&`\\;](?!br/>)", re.sub(r"#\d+;|<br/>", "", node[2]))
        elif edge:
            edges.append((edge[1], edge[2]))
        else:
            assert line.startswith("  classDef ")
    return nodes, edges


def dot_edges(text: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Nodes and edges of a digraph; fails on any statement that is not one of ours."""
    string = r'"(?:[^"\\\n]|\\.)*"'
    first, *body, last = text.splitlines()
    assert re.fullmatch(rf"digraph {string} {{", first)
    assert last == "}"
    nodes, edges = [], []
    for line in body:
        node = re.fullmatch(rf'  (n\d+) \[label={string}, shape=\w+, fillcolor="#\w+", color="#\w+"\];', line)
        edge = re.fullmatch(r"  (n\d+) -> (n\d+)(?: \[style=dashed\])?;", line)
        if node:
            nodes.append(node[1])
        elif edge:
            edges.append((edge[1], edge[2]))
        else:
            assert re.fullmatch(rf"  (graph|node) \[(?:\w+=(?:{string}|\w+)(?:, )?)+\];", line), line
    return nodes, edges


@pytest.mark.parametrize("clause", ["I3", "I7", "I11", "E2"])
def test_every_node_but_the_clause_has_one_parent(judge: Callable[..., Judgement], clause: str) -> None:
    proof = explain_clause(judge(RECORD), "START-NET", clause)
    for nodes, edges in (mermaid_edges(proof_to_mermaid(proof)), dot_edges(proof_to_dot(proof))):
        assert len(nodes) > 1
        assert [below for _, below in edges] == nodes[1:]
        assert {above for above, _ in edges} <= set(nodes)


def test_text_of_the_record_cannot_break_the_graph() -> None:
    nodes, edges = mermaid_edges(proof_to_mermaid(odd_proof()))
    assert (len(nodes), len(edges)) == (4, 3)
    assert dot_edges(proof_to_dot(odd_proof())) == (nodes, edges)


def test_words_say_what_colours_say(judge: Callable[..., Judgement]) -> None:
    proof = explain_clause(judge(RECORD), "START-NET", "I7")
    text = proof_to_dot(proof)
    assert re.search(r'n0 \[label="I7:.*not met", shape=box, fillcolor="#fbe9e7"', text)
    assert "2026-11-07" in text
    for line in proof_to_mermaid(explain_clause(judge(RECORD), "START-NET", "I3")).splitlines():
        assert ":::passes" not in line or "holds" in line


def test_records_of_a_none_stand_together_and_are_counted() -> None:
    assert "and 3 more" in proof_to_mermaid(odd_proof()).replace("<br/>", " ")
    assert "too old" in proof_to_dot(odd_proof())
