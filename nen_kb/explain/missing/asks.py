"""Something that can be found out, and the answers it might have.

The answers only drive the search: values on both sides of every limit that the rules compare with,
present and absent, the days on which a window begins.  What is asked is the open question.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nen_kb.explain.missing.edits import Edit
from nen_kb.facts.records import Origin

Kind = Literal["record", "sharpen", "declare", "person", "reconcile"]
Form = Literal["yes or no", "choice", "number", "scan", "treatment", "date", "declaration", "sex", "arm"]

ASKED = Origin("answer", "answer")
"""Where a record comes from that only an answer would make."""


@dataclass(frozen=True)
class Answer:
    """One possible answer."""

    key: str
    """Unique within its question."""
    edit: Edit
    phrase: str
    """In words: ``present``, ``120 g/L``."""
    amount: int | None = None
    """The number, where the answers of the question differ in nothing else; on the grid of values, or a day."""
    names: tuple[str, ...] = ()
    """Classes that a record of this answer would name, where they are others than those of the question."""


@dataclass(frozen=True)
class Ask:
    """A question with its possible answers, in a fixed order, the usual one first."""

    key: str
    kind: Kind
    form: Form
    concept: str
    text: str
    answers: tuple[Answer, ...]
    classes: frozenset[str] = frozenset()
    """Classes of the records that an answer adds, changes or withdraws."""
    reads: frozenset[str] = frozenset()
    """Base predicates without a class that an answer changes: sex, age, arm, planned_start, complete."""
    records: tuple[str, ...] = ()
    unit: str = ""
    """Of a number, the canonical unit; ``days`` where the amounts are days."""
    cost: int = 1
    effort: str = ""

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ask) and other.key == self.key
