"""A proof as JSON: the tree a reader sees, and the rule instances it stands on.

The document::

    {"patient": id, "day": ISO date judged, "trial": id, "version": of the protocol, "clause": id, "status": …,
     "rules_sha256": of the rules' files,
     "proof": node,                    the tree; a node has "kind", "text", fields of its kind, "children"
     "records": [{"id", "file", "path", "text", "dates", "source", "assumed"}],
                                       every record the tree mentions, in the order it does
     "derivation": [{"rule": "file:line", "predicate", "row", "steps": [step]}],
     "facts": [{"predicate", "row"}]}

Kinds of nodes: clause, side, way, rule, fact, ontology, comparison, computation, closure, policy, latest, none,
excluded, missing; their fields are those of the classes in ``proof``, without the empty ones.

The derivation holds each rule instance once, before those that use it: shortest derivations of met
or unmet, for each side shown and each part, and behind them, where other ways are shown, the last step of every
other derivation.  A step is ``{"atom", "row"}``, ``{"none", "row"}`` (a row
that does not exist, null where anything may stand) or ``{"compare", "values"}``.  ``facts`` are the base and
ontology rows it rests on.  Quantities there are ten-millionths of the canonical unit, days are ordinals.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nen_kb.explain.case import Judgement
from nen_kb.explain.facts import fact
from nen_kb.explain.proof import Conclusion, Excluded, Fact, Latest, Missing, Node, Proof, Side
from nen_kb.explain.support import best_row, by_height, shortest
from nen_kb.facts.dates import iso
from nen_kb.facts.normalise import Row
from nen_kb.rules.instances import Instance, Step
from nen_kb.rules.ir import Comparison


def to_json(proof: Proof, judgement: Judgement) -> dict[str, Any]:
    """The proof and what it was made from, as described above."""
    instances: dict[tuple[str, Row], dict[str, Any]] = {}
    facts: dict[tuple[str, Row], dict[str, Any]] = {}
    others: dict[Instance, dict[str, Any]] = {}
    for side, clause in _shown(proof):
        row = best_row(judgement, side.side, (judgement.patient, clause.trial, clause.clause))
        if row is not None:
            _derive(judgement, side.side, row, instances, facts)
        for other in by_height(judgement, side.side, row)[1:] if row is not None and side.alternative else ():
            others[other] = _instance(judgement, other, instances, facts)
    return {
        "patient": judgement.patient,
        "day": iso(judgement.day),
        "trial": proof.trial,
        "version": proof.version,
        "clause": proof.clause,
        "status": proof.status,
        "rules_sha256": judgement.program.sha256,
        "proof": proof.to_json(),
        "records": [_record(judgement, each) for each in dict.fromkeys(_records(proof))],
        "derivation": [*instances.values(), *others.values()],
        "facts": list(facts.values()),
    }


def _shown(node: Node) -> Iterator[tuple[Side, Conclusion]]:
    """The sides that are shown, each with its clause."""
    for child in node.children:
        if isinstance(child, Side) and child.shown and isinstance(node, Conclusion):
            yield child, node
        elif isinstance(child, Conclusion):
            yield from _shown(child)


def _derive(
    judgement: Judgement,
    predicate: str,
    row: Row,
    instances: dict[tuple[str, Row], dict[str, Any]],
    facts: dict[tuple[str, Row], dict[str, Any]],
) -> None:
    if (predicate, row) in instances:
        return
    found = shortest(judgement, predicate, row)
    if found is None:
        if judgement.program.predicates[predicate].role != "builtin":
            facts.setdefault((predicate, row), {"predicate": predicate, "row": list(row)})
        return
    made = _instance(judgement, found[0], instances, facts)
    instances[predicate, row] = made


def _instance(
    judgement: Judgement,
    instance: Instance,
    instances: dict[tuple[str, Row], dict[str, Any]],
    facts: dict[tuple[str, Row], dict[str, Any]],
) -> dict[str, Any]:
    for step in instance.steps:
        if not isinstance(step.item, Comparison) and not step.item.negated:
            _derive(judgement, step.item.predicate, step.values, instances, facts)
    return {
        "rule": f"{instance.rule.place.file}:{instance.rule.place.line}",
        "predicate": instance.rule.head.predicate,
        "row": list(instance.row),
        "steps": [_step(step) for step in instance.steps],
    }


def _step(step: Step) -> dict[str, Any]:
    if isinstance(step.item, Comparison):
        return {"compare": step.item.op, "values": list(step.values)}
    return {"none" if step.item.negated else "atom": step.item.predicate, "row": list(step.values)}


def _records(node: Node) -> Iterator[str]:
    """Ids of the records a tree mentions."""
    if isinstance(node, Fact | Excluded) and node.record:
        yield node.record
    if isinstance(node, Missing):
        yield from node.records
    if isinstance(node, Latest):
        yield from (older.record for older in node.older)
    for child in node.children:
        yield from _records(child)
    if isinstance(node, Conclusion):
        for reason in node.reasons:
            yield from reason.records


def _record(judgement: Judgement, record_id: str) -> dict[str, Any]:
    found = fact(judgement, record_id)
    shown = {
        "id": record_id,
        "file": found.file,
        "path": found.path,
        "text": found.text,
        "dates": found.dates,
        "source": found.source,
        "assumed": found.assumed,
    }
    return {name: value for name, value in shown.items() if value}
