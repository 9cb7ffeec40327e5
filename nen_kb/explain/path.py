"""One way through the body of a rule: what its variables are bound to, and by which rows.

The rows matter because each end of an interval has its other end beside it.  A comparison that fails
for the cautious end may hold for the other one; then it is open, not false.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from nen_kb.explain.case import Judgement, Pattern
from nen_kb.facts.normalise import Row
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.evaluate import Instance
from nen_kb.rules.ir import Atom, Comparison, Constant, Kind, Term, Variable
from nen_kb.rules.plan import COMPARE

_OTHER_END = {"Low": ("High", 1), "From": ("To", 1), "High": ("Low", -1), "To": ("From", -1)}

MAY_BE_WIDE = frozenset({*_OTHER_END, "Moved"})
"""Columns of which ``other_end`` may be another value."""

Value = str | int


@dataclass(frozen=True)
class Source:
    """Which atom bound a variable: its row and the column."""

    atom: Atom
    row: Row
    column: int


@dataclass
class Path:
    """Bindings of a rule's variables, with their sources."""

    judgement: Judgement
    bound: dict[str, Value] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    """Variables that nothing on record binds, because what should bind them is missing."""

    def copy(self) -> Path:
        """A path that can go another way from here."""
        return Path(self.judgement, dict(self.bound), dict(self.sources), set(self.lost))

    def value(self, term: Term) -> Value | None:
        """What a term stands for, or None while it is free."""
        return term.value if isinstance(term, Constant) else self.bound.get(term.name)

    def pattern(self, atom: Atom) -> Pattern:
        """The atom with what is bound filled in."""
        return tuple(self.value(term) for term in atom.terms)

    def is_lost(self, terms: Iterable[Term]) -> bool:
        """Whether some term is a variable that nothing on record binds."""
        return any(isinstance(term, Variable) and term.name in self.lost for term in terms)

    def lose(self, terms: Iterable[Term]) -> None:
        """Gives up the free variables among the terms."""
        self.lost |= {term.name for term in terms if isinstance(term, Variable) and term.name not in self.bound}

    def take(self, atom: Atom, row: Row) -> bool:
        """Binds the atom's free variables to the row; false where one variable would need two values."""
        for column, (term, value) in enumerate(zip(atom.terms, row, strict=True)):
            if isinstance(term, Variable):
                if self.bound.setdefault(term.name, value) != value:
                    return False
                self.sources.setdefault(term.name, Source(atom, row, column))
        return True

    def compute(self, atom: Atom) -> Row | None:
        """The row of a built-in whose inputs are bound; None where it gives none."""
        return computed_row(atom, [self.value(term) for term in atom.terms])

    def holds(self, item: Comparison) -> bool:
        """Whether a comparison of bound terms is true."""
        return COMPARE[item.op](self.value(item.left), self.value(item.right))

    def may_differ(self, item: Comparison) -> bool:
        """Whether the comparison comes out otherwise for the other ends of its intervals."""
        return COMPARE[item.op](self.other_end(item.left), self.other_end(item.right)) != self.holds(item)

    def other_end(self, term: Term) -> Value | None:
        """The other end of the interval a term is an end of; its own value where it has no other end."""
        source = self.source(term)
        if source is None:
            return self.value(term)
        predicate = self.judgement.program.predicates[source.atom.predicate]
        word = predicate.columns[source.column].word
        if word == "Moved" or (predicate.role == "builtin" and predicate.columns[source.column].kind is Kind.DAY):
            inputs = BUILTINS[predicate.name].inputs
            values = [self.other_end(t) if i in inputs else self.value(t) for i, t in enumerate(source.atom.terms)]
            row = computed_row(source.atom, values)
            return row[source.column] if row else self.value(term)
        other, step = _OTHER_END.get(word, ("", 0))
        beside = source.column + step
        if step and 0 <= beside < predicate.arity and predicate.columns[beside].word == other:
            return source.row[beside]
        return self.value(term)

    def source(self, term: Term) -> Source | None:
        """Which atom bound the term."""
        return self.sources.get(term.name) if isinstance(term, Variable) else None

    def days_behind(self, term: Term) -> Source | None:
        """As ``source``, but of a day counted back the source of the day it was counted from."""
        source = self.source(term)
        while source and self.judgement.program.predicates[source.atom.predicate].role == "builtin":
            inputs = [source.atom.terms[i] for i in BUILTINS[source.atom.predicate].inputs]
            behind = [found for each in inputs if (found := self.source(each))]
            if not behind:
                return source
            source = behind[0]
        return source

    def record_of(self, source: Source | None) -> str | None:
        """The record a source row speaks of."""
        if source is None:
            return None
        columns = self.judgement.program.predicates[source.atom.predicate].columns
        for column, value in zip(columns, source.row, strict=True):
            if column.word == "Record" and self.judgement.record(str(value)):
                return str(value)
        return None


def computed_row(atom: Atom, values: list[Value | None]) -> Row | None:
    """The full row of a built-in for those inputs."""
    builtin = BUILTINS[atom.predicate]
    found = builtin.function(*(values[i] for i in builtin.inputs))
    if found is None:
        return None
    row = list(values)
    for column, value in zip(builtin.outputs, found, strict=True):
        row[column] = value
    return tuple(value for value in row if value is not None)


def path_of(judgement: Judgement, instance: Instance) -> Path:
    """The path that an instance of a rule went."""
    path = Path(judgement)
    for step in instance.steps:
        if isinstance(step.item, Atom) and not step.item.negated:
            path.take(step.item, step.values)
    return path


def heads(rule_head: Atom, pattern: Pattern, judgement: Judgement) -> Iterator[Path]:
    """The beginning of a path through a rule whose head is to fit the pattern; none if it cannot."""
    path = Path(judgement)
    for term, value in zip(rule_head.terms, pattern, strict=True):
        if value is None:
            continue
        if isinstance(term, Constant):
            if term.value != value:
                return
        elif path.bound.setdefault(term.name, value) != value:
            return
    yield path
