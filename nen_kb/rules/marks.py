"""How the columns of derived predicates move when a patient's facts get blurrier.

A variable moves as the column that binds it does.  The ontology, the headers and the policy never
move, so what only they bind is exact.  A built-in's ends move as marked if any of its inputs moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nen_kb.rules.columns import Sorts
from nen_kb.rules.ir import COLUMN_WORDS, Atom, Column, Header, Mark, Place, Predicate, Rule, Term, Variable
from nen_kb.rules.strata import HasPredicates, inputs, ordered_body, outputs

_WORDS: Mapping[tuple[str, Mark], str] = {
    ("a class", Mark.CONCEPT): "Concept", ("a class", Mark.EXACT): "Asked",
    ("a quantity", Mark.LOW): "Low", ("a quantity", Mark.HIGH): "High", ("a quantity", Mark.EXACT): "Limit",
    ("a day", Mark.LOW): "From", ("a day", Mark.HIGH): "To", ("a day", Mark.EXACT): "Day",
    ("a count", Mark.EXACT): "Count", ("a patient", Mark.EXACT): "Patient", ("a record", Mark.EXACT): "Record",
    ("a domain", Mark.EXACT): "Domain", ("a trial", Mark.EXACT): "Trial", ("a clause", Mark.EXACT): "Clause",
}  # fmt: skip


class _Known:
    """The predicates whose columns are known so far."""

    def __init__(self, predicates: Mapping[str, Predicate]) -> None:
        self.predicates = predicates


def variable_marks(rule: Rule, program: HasPredicates) -> dict[str, Mark]:
    """How each variable of the rule moves; one that two columns move is marked as the first moves it."""
    marks: dict[str, Mark] = {}
    for item in ordered_body(rule, program):
        if not isinstance(item, Atom) or item.negated:
            continue
        predicate = program.predicates.get(item.predicate)
        if predicate is None or predicate.arity != len(item.terms):
            continue
        moving = predicate.role == "builtin" and any(
            mark_of(t, marks) is not Mark.EXACT for t in inputs(item, program.predicates)
        )
        for position, term in enumerate(item.terms):
            if not isinstance(term, Variable):
                continue
            column = predicate.columns[position]
            mark = Mark.EXACT
            if predicate.role in ("base", "derived"):
                mark = column.mark
            elif position in outputs(predicate) and moving:
                mark = _moved(item, predicate, marks) if column.word == "Moved" else column.mark
            if marks.get(term.name, Mark.EXACT) is Mark.EXACT:
                marks[term.name] = mark
    return marks


def _moved(atom: Atom, predicate: Predicate, marks: Mapping[str, Mark]) -> Mark:
    """The mark of a ``Moved`` output: that of the built-in's day input."""
    days = (t for t, column in zip(atom.terms, predicate.columns, strict=True) if column.word == "Day")
    return mark_of(next(days), marks)


def mark_of(term: Term, marks: Mapping[str, Mark]) -> Mark:
    """How a term moves; a constant does not."""
    return marks.get(term.name, Mark.EXACT) if isinstance(term, Variable) else Mark.EXACT


def infer_columns(
    rules: Sequence[Rule], order: Sequence[str], declared: Mapping[str, Predicate], sorts: Sorts
) -> dict[str, Predicate]:
    """All predicates: the vocabulary's, and the derived ones with declared or inferred columns."""
    known = {name: predicate for name, predicate in declared.items() if predicate.role != "derived"}
    program = _Known(known)
    by_head: dict[str, list[Rule]] = {}
    for rule in rules:
        by_head.setdefault(rule.head.predicate, []).append(rule)
    for name in order:
        own = by_head[name]
        if name in declared:
            header = own[0].header if not declared[name].header.fields else declared[name].header
            known[name] = Predicate(name, declared[name].columns, "derived", header)
            continue
        found = [variable_marks(rule, program) for rule in own]
        columns: list[Column] = []
        for position in range(len(own[0].head.terms)):
            seen = [mark_of(rule.head.terms[position], marks) for rule, marks in zip(own, found, strict=True)]
            mark = next((mark for mark in seen if mark is not Mark.EXACT), Mark.EXACT)
            columns.append(_column(sorts.of(("column", name, position)), mark))
        known[name] = Predicate(name, tuple(columns), "derived", own[0].header or Header((), Place("", 0)))
    return known


def _column(sort: str, mark: Mark) -> Column:
    word = _WORDS.get((sort, mark))
    return COLUMN_WORDS[word or "Word"]
