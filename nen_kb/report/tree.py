"""A proof as branches that a template lays out: what a node says, what stands behind it, what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nen_kb.explain import wording
from nen_kb.explain.describe import ASSUMED
from nen_kb.explain.proof import (
    Closure,
    Computation,
    Conclusion,
    Excluded,
    Fact,
    Latest,
    Missing,
    Node,
    Nothing,
    OntologyStep,
    Rule,
    Side,
)
from nen_kb.explain.wording.report import EFFECT_MARK, PREMISE, PREMISE_MARK
from nen_kb.report.labels import Labels

_MOST_ALIKE = 12
_MOST_OLDER = 3


@dataclass(frozen=True)
class Branch:
    """One node of a proof, ready to be shown."""

    kind: str
    """The kind of the node, a style's name."""
    text: str
    mark: str = ""
    """``holds``, ``open``, ``fails`` or ``passes``, a style's name; empty where everything shown holds."""
    symbol: str = ""
    word: str = ""
    """What the symbol says, for those who do not see it."""
    behind: tuple[str, ...] = ()
    """Dates, place and free text of a record."""
    others: tuple[str, ...] = ()
    """Labels in the second language."""
    notes: tuple[str, ...] = ()
    """Further lines: formula, inputs, source, older records, place of the rule."""
    children: tuple[Branch, ...] = ()
    record: str = ""
    """Id of the record it is."""
    folded: bool = False
    """Whether the children are shown only when asked for."""


def branches(proof: Conclusion, labels: Labels) -> tuple[Branch, ...]:
    """What stands below a clause."""
    children = proof.children
    if len(children) == 1 and isinstance(children[0], Side):
        children = children[0].children
    return tuple(_children(children, labels, proof))


def effect(proof: Conclusion) -> str:
    """``fails``, ``open`` or ``passes``: how a clause or part bears on the patient."""
    if proof.status in ("unknown", "conflicting"):
        return "open"
    return "passes" if (proof.status == "met") == (proof.criterion == "inclusion") else "fails"


def _children(nodes: tuple[Node, ...], labels: Labels, clause: Conclusion | None = None) -> Iterator[Branch]:
    for node in nodes:
        if node.minor:
            continue
        if isinstance(node, Conclusion):
            yield _part(node, labels, clause is None or node.status == clause.status)
        else:
            yield _branch(node, labels)


def _part(proof: Conclusion, labels: Labels, decides: bool) -> Branch:
    mark = effect(proof)
    open_texts = [Branch("missing", each.text, others=labels.others([each.concept])) for each in proof.reasons]
    below = branches(proof, labels)
    return Branch(
        kind="clause",
        text=f"{proof.clause}: {proof.says}",
        mark=mark,
        symbol=EFFECT_MARK[mark],
        word=wording.STATUS[proof.status],
        behind=(wording.STATUS[proof.status],),
        notes=tuple(text for text in (proof.reading, proof.damaged) if text),
        children=(*open_texts, *below) if mark == "open" else below,
        folded=not decides,
    )


def _branch(node: Node, labels: Labels) -> Branch:
    children = tuple(_children(node.children, labels))
    behind: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    text, record, folded = node.text, "", False
    match node:
        case Fact():
            behind = _behind(node)
        case Closure():
            behind = tuple(part for child in node.children if isinstance(child, Fact) for part in _behind(child)[1:])
            children = ()
        case Nothing():
            children = tuple(_excluded(node))
            notes = node.days if children else ()
            folded = len(children) > _MOST_ALIKE
        case Computation():
            notes = (f"= {node.formula}", f"with {wording.listed(node.inputs)}", node.source)
        case Latest():
            if len(children) == 1 and children[0].kind == "fact" and children[0].text.endswith(node.value):
                behind, record, children = children[0].behind, children[0].record, ()
            notes = tuple(_older(node))
        case Rule():
            text = f"{text} ({wording.other_ways(node.others)})" if node.others > 0 else text
            notes = (node.reading,)
        case Side():
            folded = not node.shown
        case _:
            pass
    return Branch(
        kind=node.kind,
        text=text,
        mark=node.mark,
        symbol=PREMISE_MARK.get(node.mark, ""),
        word=PREMISE.get(node.mark, ""),
        behind=tuple(part for part in behind if part),
        others=labels.others(classes(node)),
        notes=tuple(note for note in notes if note),
        children=children,
        record=node.record if isinstance(node, Fact | Closure) else record,
        folded=folded,
    )


def classes(node: Node) -> tuple[str, ...]:
    """Local names of the classes a node speaks of."""
    match node:
        case Fact() | Missing():
            return (node.concept,)
        case OntologyStep():
            return node.chain[0], node.chain[-1]
        case Latest():
            return (node.topic,)
    return ()


def nodes(node: Node) -> Iterator[Node]:
    """The node and everything below it that a reader sees."""
    yield node
    for child in node.children:
        if not child.minor:
            yield from nodes(child)


def _behind(fact: Fact) -> tuple[str, ...]:
    return fact.dates, ASSUMED if fact.assumed else fact.path, fact.source


def _older(node: Latest) -> Iterator[str]:
    if node.older:
        shown = [" · ".join(part for part in (old.text, old.dates, old.path) if part) for old in node.older]
        if len(shown) > _MOST_OLDER:
            shown = [*shown[:_MOST_OLDER], wording.and_more(len(shown) - _MOST_OLDER)]
        yield f"older: {'; '.join(shown)}"


def _excluded(node: Nothing) -> Iterator[Branch]:
    """The records a "none" ranges over; those excluded for one reason stand together."""
    groups: dict[str, list[str]] = {}
    far: dict[str, int] = {}
    for child in node.children:
        if isinstance(child, Excluded):
            texts = groups.setdefault(child.why if child.record else "", [])
            if child.far:
                far[child.why] = far.get(child.why, 0) + 1
            else:
                texts.append(child.name if child.by_class else child.text)
    for why, texts in groups.items():
        distinct = list(dict.fromkeys(texts))
        shown = distinct[:_MOST_ALIKE]
        if len(distinct) > len(shown):
            shown.append(wording.and_more(len(distinct) - len(shown)))
        if why in far:
            shown.append(wording.of_other_kind(far[why], bool(shown)))
        yield Branch("excluded", "; ".join(shown), behind=(why,) if why else ())
