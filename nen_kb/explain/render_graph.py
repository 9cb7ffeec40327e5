"""A proof as a graph in the text of Mermaid or of Graphviz.

One graph a clause: the clause on top, below each node what it rests on.  Shapes tell the kinds of nodes, colours how
a clause or premise stands; a word in the label says the same, so that colour never speaks alone.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from nen_kb.explain import wording
from nen_kb.explain.proof import Computation, Conclusion, Excluded, Fact, Missing, Node, Nothing, Proof, Side
from nen_kb.explain.wording.report import PREMISE

_WIDTH = 34
_MOST_ALIKE = 6

_MERMAID = {
    "clause": ('(["', '"])'), "side": ('("', '")'), "way": ('("', '")'), "rule": ('["', '"]'), "fact": ('[("', '")]'),
    "ontology": ('{{"', '"}}'), "comparison": ('[/"', '"/]'), "computation": ('[["', '"]]'),
    "closure": ('[\\"', '"\\]'),
    "policy": ('[\\"', '"/]'), "latest": ('[/"', '"\\]'), "none": ('>"', '"]'), "excluded": ('>"', '"]'),
    "missing": ('["', '"]'),
}  # fmt: skip
_DOT = {
    "clause": "box", "side": "box", "way": "box", "rule": "box", "fact": "cylinder", "ontology": "hexagon",
    "comparison": "parallelogram", "computation": "component", "closure": "folder", "policy": "house",
    "latest": "trapezium", "none": "cds", "excluded": "cds", "missing": "octagon",
}  # fmt: skip
_COLOURS = {
    "passes": ("#e5f3e9", "#17652f"), "fails": ("#fbe9e7", "#a1221a"), "open": ("#fbf0d9", "#744b00"),
    "plain": ("#ffffff", "#545c66"),
}  # fmt: skip
"""Of each stand the fill and the line; text is nearly black on all of them."""
_INK = "#1c2126"


@dataclass(frozen=True)
class _Vertex:
    kind: str
    text: str
    stand: str
    below: tuple[_Vertex, ...] = ()


def to_mermaid(proof: Proof) -> str:
    """The graph as one Mermaid document, a flow chart with its title in the front matter."""
    title = f"{proof.trial} {proof.clause}: {wording.STATUS[proof.status]}"
    lines = ["---", f"title: {json.dumps(title, ensure_ascii=False)}", "---", "flowchart TD"]
    for number, parent, vertex in _numbered(_clause(proof)):
        opening, closing = _MERMAID.get(vertex.kind, ('["', '"]'))
        text = "<br/>".join(_mermaid(line) for line in _wrapped(vertex.text))
        lines.append(f"  n{number}{opening}{text}{closing}:::{vertex.stand}")
        if parent is not None:
            lines.append(f"  n{parent} {'-.->' if vertex.stand == 'open' else '-->'} n{number}")
    for stand, (fill, line) in _COLOURS.items():
        lines.append(f"  classDef {stand} fill:{fill},stroke:{line},color:{_INK}")
    return "\n".join(lines)


def to_dot(proof: Proof) -> str:
    """The graph as one ``digraph`` of Graphviz."""
    lines = [
        f"digraph {_quoted(f'{proof.trial} {proof.clause}')} {{",
        f"  graph [rankdir=TB, label={_quoted(f'{proof.trial} {proof.clause}: {wording.STATUS[proof.status]}')}];",
        f'  node [fontname="Helvetica", fontsize=11, style=filled, fontcolor="{_INK}"];',
    ]
    for number, parent, vertex in _numbered(_clause(proof)):
        fill, line = _COLOURS[vertex.stand]
        text = _quoted("\n".join(_wrapped(vertex.text)))
        shape = _DOT.get(vertex.kind, "box")
        lines.append(f'  n{number} [label={text}, shape={shape}, fillcolor="{fill}", color="{line}"];')
        if parent is not None:
            lines.append(f"  n{parent} -> n{number}{' [style=dashed]' if vertex.stand == 'open' else ''};")
    return "\n".join([*lines, "}"])


# ── text ────────────────────────────────────────────────────────────────────


def _wrapped(text: str) -> list[str]:
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return textwrap.wrap(plain, _WIDTH, break_on_hyphens=False) or [""]


def _mermaid(text: str) -> str:
    """Text within the quotes of a Mermaid label: whatever could end or format it becomes an entity."""
    return "".join(f"#{ord(letter)};" if letter in '"#<>&`\\;{}[]|_*~$' else letter for letter in text)


def _quoted(text: str) -> str:
    """A quoted string of Graphviz."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


# ── the graph ───────────────────────────────────────────────────────────────


def _numbered(root: _Vertex) -> Iterator[tuple[int, int | None, _Vertex]]:
    """Every vertex with its number and its parent's, parents first."""
    waiting: list[tuple[int | None, _Vertex]] = [(None, root)]
    number = 0
    while waiting:
        parent, vertex = waiting.pop(0)
        yield number, parent, vertex
        waiting += [(number, each) for each in vertex.below]
        number += 1


def _clause(proof: Conclusion) -> _Vertex:
    open_ = proof.status in ("unknown", "conflicting")
    passes = (proof.status == "met") == (proof.criterion == "inclusion")
    stand = "open" if open_ else "passes" if passes else "fails"
    children = proof.children
    if len(children) == 1 and isinstance(children[0], Side):
        children = children[0].children
    reasons = [_Vertex("missing", reason.text, "open") for reason in proof.reasons if proof.mode == "single"]
    text = f"{proof.clause}: {proof.says} – {wording.STATUS[proof.status]}"
    return _Vertex("clause", text, stand, (*reasons, *_vertices(children)))


def _vertices(nodes: tuple[Node, ...]) -> Iterator[_Vertex]:
    for node in nodes:
        if not node.minor:
            yield _clause(node) if isinstance(node, Conclusion) else _vertex(node)


def _vertex(node: Node) -> _Vertex:
    stand = {"holds": "passes", "fails": "fails", "open": "open"}.get(node.mark, "plain")
    if isinstance(node, Missing) and stand == "plain":
        stand = "open"
    text = node.text
    below = tuple(_vertices(node.children))
    if isinstance(node, Fact):
        text = ", ".join(part for part in (node.text, node.dates, node.path) if part)
    elif isinstance(node, Computation):
        text = f"{node.text} = {node.formula} with {wording.listed(node.inputs)}"
    elif isinstance(node, Nothing):
        below = tuple(_excluded(node))
    if node.mark:
        text = f"{text} – {PREMISE[node.mark]}"
    return _Vertex(node.kind, text, stand, below)


def _excluded(node: Nothing) -> Iterator[_Vertex]:
    """Records excluded for one reason stand together."""
    groups: dict[str, list[str]] = {}
    for child in node.children:
        if isinstance(child, Excluded):
            groups.setdefault(child.why if child.record else "", []).append(
                child.name if child.by_class else child.text
            )
    for why, texts in groups.items():
        distinct = list(dict.fromkeys(texts))
        shown = distinct[:_MOST_ALIKE]
        if len(distinct) > len(shown):
            shown.append(wording.and_more(len(distinct) - len(shown)))
        yield _Vertex("excluded", f"{'; '.join(shown)}{f' – {why}' if why else ''}", "plain")
