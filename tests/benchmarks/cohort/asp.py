"""Any program of the rule language as an answer set program, to measure and check clingo beside the others.

Names are their codes.  Numbers of clingo have 32 bits, so quantities are replaced by their ranks among all that
occur, which keeps every comparison.  Built-ins are facts: their rows are those that the evaluator asked for.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import clingo

from nen_kb.engines.sql.names import Names
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.ir import Atom, Comparison, Constant, Kind, Program, Rule, Term, Variable
from nen_kb.rules.plan import Row, is_anonymous

OPERATORS = {"==": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


def computed(
    program: Program, bases: Iterable[Mapping[str, Collection[Row]]], asked: Collection[str]
) -> dict[str, set[Row]]:
    """The rows of each built-in that the evaluator asks for on those facts."""
    rows: dict[str, set[Row]] = {name: set() for name in BUILTINS}
    shipped = dict(BUILTINS)
    table: dict[str, Any] = BUILTINS  # type: ignore[assignment]
    for name, builtin in shipped.items():
        table[name] = replace(builtin, function=_noting(builtin, rows[name]))
    try:
        evaluator = Evaluator(program)
        for base in bases:
            evaluator.rows(base, asked)
    finally:
        table.update(shipped)
    return rows


def _noting(builtin: Any, rows: set[Row]) -> Any:
    def call(*inputs: Any) -> Any:
        outputs = builtin.function(*inputs)
        if outputs is not None:
            pairs = zip((*builtin.inputs, *builtin.outputs), (*inputs, *outputs), strict=True)
            rows.add(tuple(value for _, value in sorted(pairs)))
        return outputs

    return call


class Translation:
    """A program and facts in the words of clingo."""

    def __init__(self, program: Program, names: Names, facts: Iterable[Mapping[str, Collection[Row]]]) -> None:
        self.program = program
        self.names = names
        self.places = {name: place for place, name in enumerate(program.predicates)}
        found = {term.value for rule in program.rules for term in _constants(rule) if not isinstance(term.value, str)}
        for each in facts:
            for name, rows in each.items():
                values = [n for n, column in enumerate(program.predicates[name].columns) if column.kind is Kind.VALUE]
                found |= {int(row[place]) for row in rows for place in values}
        self.values = sorted(found)

    def rules(self, asked: Collection[str]) -> str:
        """The text of the rules, showing what is asked."""
        lines = [self._rule(rule) for rule in self.program.rules]
        lines += [f"#show p{self.places[name]}/{self.program.predicates[name].arity}." for name in asked]
        known = [f"#defined p{self.places[name]}/{each.arity}." for name, each in self.program.predicates.items()]
        return "\n".join([*known, *lines])

    def facts(self, rows: Mapping[str, Collection[Row]]) -> str:
        """The text of facts."""
        return "\n".join(self._fact(name, row) for name, some in rows.items() for row in some)

    def row(self, symbol: clingo.Symbol, kinds: Sequence[Kind]) -> Row:
        """A derived row of names, as the evaluator writes it."""
        assert all(kind is Kind.NAME for kind in kinds)
        return tuple(self.names.name(each.number) for each in symbol.arguments)

    def _fact(self, name: str, row: Row) -> str:
        columns = self.program.predicates[name].columns
        values = ",".join(self._value(value, column.kind) for value, column in zip(row, columns, strict=True))
        return f"p{self.places[name]}({values})." if values else f"p{self.places[name]}."

    def _value(self, value: str | int, kind: Kind) -> str:
        if isinstance(value, str):
            return str(self.names.code(value))
        return str(bisect_left(self.values, value)) if kind is Kind.VALUE else str(value)

    def _rule(self, rule: Rule) -> str:
        kinds = self._kinds(rule)
        body = ", ".join(self._item(item, kinds) for item in rule.body)
        head = self._atom(rule.head)
        return f"{head} :- {body}." if body else f"{head}."

    def _kinds(self, rule: Rule) -> dict[Term, Kind]:
        """What each variable of a rule holds."""
        return {
            term: column.kind
            for item in rule.body
            if isinstance(item, Atom)
            for term, column in zip(item.terms, self.program.predicates[item.predicate].columns, strict=True)
            if isinstance(term, Variable)
        }

    def _item(self, item: Atom | Comparison, kinds: Mapping[Term, Kind]) -> str:
        if isinstance(item, Atom):
            return ("not " if item.negated else "") + self._atom(item)
        kind = next((kinds[side] for side in (item.left, item.right) if side in kinds), Kind.VALUE)
        return f"{self._term(item.left, kind)} {OPERATORS[item.op]} {self._term(item.right, kind)}"

    def _atom(self, atom: Atom) -> str:
        columns = self.program.predicates[atom.predicate].columns
        terms = ",".join(self._term(term, column.kind) for term, column in zip(atom.terms, columns, strict=True))
        return f"p{self.places[atom.predicate]}({terms})" if terms else f"p{self.places[atom.predicate]}"

    def _term(self, term: Term, kind: Kind) -> str:
        if isinstance(term, Constant):
            return self._value(term.value, kind)
        return "_" if is_anonymous(term) else f"V{term.name}"


def solve(translation: Translation, text: str, asked: Collection[str]) -> dict[str, list[clingo.Symbol]]:
    """The rows of what is asked in the one answer set."""
    control = clingo.Control(["--warn=none"])
    control.add("base", [], text)
    control.ground([("base", [])])
    found: dict[str, list[clingo.Symbol]] = {name: [] for name in asked}
    by_word = {f"p{translation.places[name]}": name for name in asked}
    with control.solve(yield_=True) as handle:
        for model in handle:
            for symbol in model.symbols(shown=True):
                found[by_word[symbol.name]].append(symbol)
            break
    return found


def _constants(rule: Rule) -> Iterator[Constant]:
    for item in (rule.head, *rule.body):
        terms = (item.left, item.right) if isinstance(item, Comparison) else item.terms
        yield from (term for term in terms if isinstance(term, Constant))
