"""The intermediate representation of a rule program.

Everything that reads rules works on these frozen objects: checks, evaluator, engines,
explanations.  Every object knows its origin: file, line and, inside a trial, clause.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Literal as Word
from typing import NoReturn


@dataclass(frozen=True)
class Place:
    """Where something stands in the rule text."""

    file: str
    """Path relative to the folder of the rules: ``trials/start-net/rules.dl``."""
    line: int
    clause: str = ""
    """The clause it stands under, such as ``START-NET I3``; empty outside trials."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" + (f" ({self.clause})" if self.clause else "")


class Kind(Enum):
    """What a column holds; decides how a numeral in it is read."""

    NAME = "name"
    """A string: patient, record, concept, trial, clause, word."""
    VALUE = "value"
    """A quantity in ten-millionths of the canonical unit."""
    DAY = "day"
    """An ordinal day."""
    COUNT = "count"
    """A plain whole number, such as a number of months or an arm."""


class Mark(Enum):
    """How a column moves when the facts are made less precise."""

    EXACT = "exact"
    LOW = "low"
    """Falls or stays: the lower end of a value, the first day of a date."""
    HIGH = "high"
    """Rises or stays."""
    CONCEPT = "concept"
    """Moves to a superclass or stays."""


@dataclass(frozen=True)
class Column:
    """One column of a predicate: its word in the vocabulary (``Low``), what it holds, how it blurs."""

    word: str
    kind: Kind
    mark: Mark


COLUMN_WORDS: Mapping[str, Column] = {
    word: Column(word, kind, mark)
    for word, kind, mark in (
        ("Patient", Kind.NAME, Mark.EXACT),
        ("Record", Kind.NAME, Mark.EXACT),
        ("Concept", Kind.NAME, Mark.CONCEPT),
        ("Class", Kind.NAME, Mark.EXACT),
        ("Asked", Kind.NAME, Mark.EXACT),
        ("Domain", Kind.NAME, Mark.EXACT),
        ("Trial", Kind.NAME, Mark.EXACT),
        ("Clause", Kind.NAME, Mark.EXACT),
        ("Word", Kind.NAME, Mark.EXACT),
        ("Low", Kind.VALUE, Mark.LOW),
        ("High", Kind.VALUE, Mark.HIGH),
        ("Limit", Kind.VALUE, Mark.EXACT),
        ("From", Kind.DAY, Mark.LOW),
        ("To", Kind.DAY, Mark.HIGH),
        ("Day", Kind.DAY, Mark.EXACT),
        ("Moved", Kind.DAY, Mark.EXACT),
        ("Count", Kind.COUNT, Mark.EXACT),
    )
}
"""The words a vocabulary line may use for its columns.  ``Moved`` is a built-in's day output, which
takes the mark of its day input."""


@dataclass(frozen=True)
class Variable:
    """A variable; each ``_`` of the text became one of its own, named ``_1``, ``_2``, …"""

    name: str


@dataclass(frozen=True)
class Constant:
    """A constant, already in the form engines compare: a name, grid value, day or count."""

    value: str | int
    kind: Kind
    text: str = field(default="", compare=False)
    """As written in the rule: ``'3 mg/dL'`` or ``90``."""


Term = Variable | Constant


@dataclass(frozen=True)
class Atom:
    """``predicate(terms)``, perhaps negated with ``~``."""

    predicate: str
    terms: tuple[Term, ...]
    negated: bool
    place: Place

    def __str__(self) -> str:
        return ("~" if self.negated else "") + f"{self.predicate}({', '.join(map(_text, self.terms))})"


@dataclass(frozen=True)
class Comparison:
    """``(left op right)`` between two terms of the same kind."""

    left: Term
    op: Word["<", "<=", ">", ">=", "==", "!="]
    right: Term
    place: Place

    def __str__(self) -> str:
        return f"({_text(self.left)} {self.op} {_text(self.right)})"


BodyItem = Atom | Comparison


@dataclass(frozen=True)
class Header:
    """The ``#:`` fields above a clause, a predicate or a file, in order; a field may repeat."""

    fields: tuple[tuple[str, str], ...]
    place: Place

    def get(self, name: str) -> str:
        """The first field of that name, or an empty string."""
        return next((text for field_name, text in self.fields if field_name == name), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Every field of that name, in order."""
        return tuple(text for field_name, text in self.fields if field_name == name)


@dataclass(frozen=True)
class Rule:
    """``head <= body``, or a fact of the text (``+ head``) with an empty body."""

    head: Atom
    body: tuple[BodyItem, ...]
    place: Place
    header: Header
    """The header it stands under: that of its clause, or of its group of rules."""

    def __str__(self) -> str:
        if not self.body:
            return f"+ {self.head}"
        return f"{self.head} <= {' & '.join(map(str, self.body))}"


@dataclass(frozen=True)
class Predicate:
    """What is known of a predicate: its columns, who fills it, what it means."""

    name: str
    columns: tuple[Column, ...]
    role: Word["base", "given", "builtin", "derived"]
    """base: from a patient's facts; given: from ontology, headers or policy; builtin: computed; derived: by rules."""
    header: Header

    @property
    def arity(self) -> int:
        return len(self.columns)


@dataclass(frozen=True)
class Clause:
    """A clause of a trial, or a part of one (``I4a``)."""

    trial: str
    id: str
    kind: Word["inclusion", "exclusion"]
    header: Header
    mode: Word["all", "any", "single"] = "single"
    parts: tuple[str, ...] = ()
    """Ids of the parts, in order, for mode all and any."""
    parent: str = ""
    """Of a part, the clause it belongs to."""

    @property
    def quote(self) -> str:
        """The protocol's own words."""
        return self.header.get("quote")


@dataclass(frozen=True)
class Trial:
    """One version of a trial's protocol."""

    id: str
    version: str
    title: str
    header: Header
    source: str
    """The protocol text, verbatim."""
    clauses: tuple[Clause, ...]
    """In the order of the protocol; parts stand behind their clause."""

    def clause(self, clause_id: str) -> Clause:
        """The clause or part of that id; raises KeyError."""
        return next((c for c in self.clauses if c.id == clause_id), None) or _missing(clause_id)


@dataclass(frozen=True)
class Program:
    """A checked program: predicates, rules in stratified order, trials."""

    predicates: Mapping[str, Predicate]
    rules: tuple[Rule, ...]
    order: tuple[str, ...]
    """Derived predicates, each after all it depends on."""
    trials: tuple[Trial, ...]
    asked: Mapping[str, frozenset[str]]
    """For each given predicate about the hierarchy (isa, disjoint, overlaps): names rules ask it about."""
    sha256: str
    """Over the bytes of every file read, sorted by path."""

    def rules_of(self, predicate: str) -> tuple[Rule, ...]:
        """The rules whose head is that predicate, in the order of the text."""
        return tuple(rule for rule in self.rules if rule.head.predicate == predicate)

    def trial(self, trial_id: str) -> Trial:
        """The trial of that id; raises KeyError."""
        return next((t for t in self.trials if t.id == trial_id), None) or _missing(trial_id)


def _text(term: Term) -> str:
    if isinstance(term, Variable):
        return "_" if term.name.startswith("_") else term.name
    return term.text or repr(term.value)


def _missing(name: str) -> NoReturn:
    raise KeyError(name)
