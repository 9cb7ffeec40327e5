"""A justification as a tree of few node kinds.

Every node has a ``text``, one phrase for a reader, and what a program needs beside it.  Nodes are made in ``build``
and its helpers; renderers only lay them out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, ClassVar


@dataclass(frozen=True, kw_only=True)
class Node:
    """What all nodes have."""

    kind: ClassVar[str] = "node"
    text: str
    children: tuple[Node, ...] = ()
    mark: str = ""
    """Of a premise that was tried: ``holds``, ``open`` or ``fails``; empty where everything shown holds."""
    minor: bool = False
    """True where a reader loses nothing without it; a text leaves it out."""

    def to_json(self) -> dict[str, Any]:
        """The node as JSON: its kind, its fields, its children; empty fields are left out."""
        found: dict[str, Any] = {"kind": self.kind}
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name == "children":
                continue
            if value not in ("", (), None, False):
                found[each.name] = _json(value)
        if self.children:
            found["children"] = [child.to_json() for child in self.children]
        return found


def _json(value: Any) -> Any:
    if isinstance(value, Node):
        return value.to_json()
    if isinstance(value, tuple):
        return [_json(each) for each in value]
    return value


@dataclass(frozen=True, kw_only=True)
class Fact(Node):
    """Something the record says: about one record, or about the patient."""

    kind: ClassVar[str] = "fact"
    record: str = ""
    """Id of the record; empty for sex, age and arm."""
    concept: str = ""
    written: str = ""
    """The value, name or code as the source has it, with its unit."""
    converted: str = ""
    """In the canonical unit, where it was converted."""
    dates: str = ""
    file: str = ""
    path: str = ""
    source: str = ""
    """Free text of the source."""
    assumed: bool = False
    """Whether it is not on record but assumed."""


@dataclass(frozen=True, kw_only=True)
class OntologyStep(Node):
    """What the class hierarchy says of two classes."""

    kind: ClassVar[str] = "ontology"
    relation: str
    """``isa`` or ``disjoint``."""
    chain: tuple[str, ...]
    """Local names from the narrow class to the wide one; of disjoint classes the two."""


@dataclass(frozen=True, kw_only=True)
class Comparison(Node):
    """A quantity or day beside a limit."""

    kind: ClassVar[str] = "comparison"
    left: str
    operator: str
    right: str


@dataclass(frozen=True, kw_only=True)
class Computation(Node):
    """A published formula with its inputs and its result."""

    kind: ClassVar[str] = "computation"
    name: str
    formula: str
    source: str
    inputs: tuple[str, ...]
    result: str


@dataclass(frozen=True, kw_only=True)
class Closure(Node):
    """A source's word that its record of a domain is complete."""

    kind: ClassVar[str] = "closure"
    domain: str
    as_of: str
    record: str = ""
    source: str = ""
    assumed: bool = False
    """Whether the declaration is not on record but assumed."""


@dataclass(frozen=True, kw_only=True)
class Policy(Node):
    """A choice that no protocol makes."""

    kind: ClassVar[str] = "policy"
    predicate: str
    value: str
    place: str


@dataclass(frozen=True, kw_only=True)
class Excluded(Node):
    """A record that was looked at and does not count."""

    kind: ClassVar[str] = "excluded"
    record: str
    """Empty where there is no record at all to range over."""
    name: str = ""
    """The label of the record's class."""
    why: str
    by_class: bool = False
    """Whether it does not count because it is something else."""
    far: bool = False
    """Whether it is something else of another domain, a diagnosis where a treatment was looked for."""
    assumed: bool = False
    """Whether the record is only assumed."""


@dataclass(frozen=True, kw_only=True)
class Nothing(Node):
    """A premise that says "none"; every record it ranges over is a child, with why it does not count."""

    kind: ClassVar[str] = "none"
    checked: str
    """What was looked for, in the words of the rules."""
    predicate: str
    row: tuple[str | int | None, ...] = field(default=(), compare=False)
    """The row that does not exist, with None where anything may stand."""
    days: tuple[str, ...] = ()
    """Days that the reasons mention, each with what it is."""


@dataclass(frozen=True, kw_only=True)
class Latest(Node):
    """The latest value of a topic; the children are the records that may be the latest."""

    kind: ClassVar[str] = "latest"
    topic: str
    value: str
    older: tuple[Fact, ...] = ()
    """Records set aside because another is certainly later."""


@dataclass(frozen=True, kw_only=True)
class Rule(Node):
    """A rule that holds; the children are its premises."""

    kind: ClassVar[str] = "rule"
    predicate: str
    place: str
    """File and line of the rule."""
    reading: str = ""
    source: str = ""
    others: int = 0
    """In how many other ways the same was derived."""


@dataclass(frozen=True, kw_only=True)
class Missing(Node):
    """What fails or is missing, with the reason code if it can still be settled."""

    kind: ClassVar[str] = "missing"
    code: str = ""
    concept: str = ""
    records: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Way(Node):
    """One rule that could decide the clause but does not: which of its premises hold, which do not."""

    kind: ClassVar[str] = "way"
    place: str


@dataclass(frozen=True, kw_only=True)
class Side(Node):
    """One side of a clause: shown met, shown not met, or why it is not shown."""

    kind: ClassVar[str] = "side"
    side: str
    """``met`` or ``unmet``."""
    shown: bool
    place: str = ""
    """File and line of the rule that shows it."""
    others: int = 0
    """In how many other ways it is shown too."""
    alternative: bool = False
    """Whether it is one of those other ways, given because they were asked for."""


@dataclass(frozen=True, kw_only=True)
class Conclusion(Node):
    """A clause or part, its status, the protocol's words, and the justification below it."""

    kind: ClassVar[str] = "clause"
    trial: str
    version: str
    clause: str
    criterion: str
    """``inclusion`` or ``exclusion``."""
    status: str
    says: str
    quotes: tuple[str, ...] = ()
    reading: str = ""
    damaged: str = ""
    manual: str = ""
    closed: str = ""
    mode: str = "single"
    part_of: str = ""
    reasons: tuple[Missing, ...] = ()
    files: tuple[str, ...] = ()
    """The files the records used come from."""
    partial: bool = False
    """Whether a search below it was cut short because the record is too large: something may be left out."""


Proof = Conclusion
