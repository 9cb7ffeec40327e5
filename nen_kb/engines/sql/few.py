"""Readers that want the rows of a few classes read a small table of those rows.

Most questions are about few classes: creatinine, brain metastases.  Each reader of a large table would look at the
bits of every row to find its few.  The rows that any such reader wants are put aside once, and all of them read there;
their own conditions stay as they are.  Who asks for no bits reads the table without them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from nen_kb.engines.sql.alike import conjuncts
from nen_kb.engines.sql.nodes import all_of, any_of, identifier
from nen_kb.engines.sql.sets import BITS, FEW, SETS, Sets, beside, word_name
from nen_kb.engines.sql.statements import Statement


@dataclass(frozen=True)
class _Reader:
    """One place where a query reads a table with bits."""

    node: exp.Table
    predicate: str
    bits: bool
    """Whether it asks for any."""
    wanted: tuple[str, exp.Expr] | None
    """The column of classes, and a condition on its bits that few classes satisfy."""


def few(statements: Sequence[Statement], sets: Sets) -> list[Statement]:
    """The statements, each reading the smallest table that has what it wants, and those that make these tables."""
    kinds = _Kinds(sets)
    readers = {
        statement.predicate: [reader for query in _queries(statement) for reader in kinds.readers(query)]
        for statement in statements
        if statement.predicate not in kinds.wide
    }
    wanted: dict[str, dict[str, list[exp.Expr]]] = {}
    for reader in (each for found in readers.values() for each in found):
        if reader.wanted is not None:
            column, condition = reader.wanted
            among = wanted.setdefault(reader.predicate, {}).setdefault(column, [])
            if condition not in among:
                among.append(condition)
    chosen = {name: next(iter(columns)) for name, columns in wanted.items()}
    for found in readers.values():
        for reader in found:
            if reader.wanted is not None and reader.wanted[0] == chosen[reader.predicate]:
                _read(reader.node, few_name(reader.predicate))
            elif not reader.bits:
                _read(reader.node, reader.predicate)
    made = [_of_few(sets, name, column, wanted[name][column]) for name, column in chosen.items()]
    names = {*kinds.wide, *kinds.wide.values(), *map(few_name, chosen)}
    return [*(_reading(statement, names) for statement in statements), *made]


def few_name(predicate: str) -> str:
    """The table of a predicate's rows that are of the few classes asked for by name."""
    return f"{predicate}_of_few_classes"


class _Kinds:
    """Finds readers and what they want."""

    def __init__(self, sets: Sets) -> None:
        self.wide = {sets.table(name): name for name in sets.asked()}
        self.columns: dict[str, dict[str, tuple[str, int]]] = {}
        """Of each predicate the columns with bits: the column of classes and the number of the word."""
        for (name, column), words in sorted(sets.hosts.items()):
            own = self.columns.setdefault(name, {})
            own.update({beside(column, word): (column, word) for word in sorted(words)})
        self.named = {place for test, place in sets.places.items() if test.fixed}
        """The bits of sets that a constant names; others, such as all classes asked about, can be large."""

    def readers(self, query: exp.Query) -> Iterator[_Reader]:
        for node in list(query.find_all(exp.Table)):
            select = node.parent_select
            if node.name in self.wide and isinstance(select, exp.Select):
                yield self._reader(node, select, self.wide[node.name])

    def _reader(self, node: exp.Table, select: exp.Select, predicate: str) -> _Reader:
        alias, columns = node.alias_or_name, self.columns[predicate]
        bits = any(each.table == alias and each.name in columns for each in select.find_all(exp.Column))
        found: dict[str, list[exp.Expr]] = {}
        for condition in _conditions(select):
            asked = list(condition.find_all(exp.Column))
            hosts = {columns[each.name][0] if each.table == alias and each.name in columns else "" for each in asked}
            if len(hosts) == 1 and "" not in hosts:
                found.setdefault(hosts.pop(), []).append(condition)
        for column, conditions in sorted(found.items()):
            if any(self._selects(each, columns) for each in conditions):
                return _Reader(node, predicate, bits, (column, self._of_sets(conditions, columns)))
        return _Reader(node, predicate, bits, None)

    def _selects(self, condition: exp.Expr, columns: Mapping[str, tuple[str, int]]) -> bool:
        """Whether only classes of some set that a constant names satisfy it."""
        inner = condition.unnest()
        if isinstance(inner, exp.And):
            return self._selects(inner.this, columns) or self._selects(inner.expression, columns)
        if isinstance(inner, exp.Or):
            return self._selects(inner.this, columns) and self._selects(inner.expression, columns)
        asked = inner.find(exp.Column)
        if not isinstance(inner, exp.NEQ) or asked is None:
            return False
        bit = next(int(each.name) for each in inner.this.find_all(exp.Literal))
        return columns[asked.name][1] * BITS + bit.bit_length() - 1 in self.named

    def _of_sets(self, conditions: Sequence[exp.Expr], columns: Mapping[str, tuple[str, int]]) -> exp.Expr:
        """The conditions as they are asked of the table of sets."""
        whole = all_of([each.copy() for each in conditions])
        for each in list(whole.find_all(exp.Column)):
            each.set("this", identifier(word_name(columns[each.name][1])))
            each.set("table", identifier(FEW))
        return whole


def _queries(statement: Statement) -> Iterable[exp.Query]:
    return (statement.query, *(demand.query for demand in statement.demands))


def _conditions(select: exp.Select) -> Iterator[exp.Expr]:
    """The conditions of a query and of its inner joins."""
    where = select.args.get("where")
    if where is not None:
        yield from conjuncts(where.this)
    for join in select.args.get("joins") or ():
        if not join.side and join.args.get("on") is not None:
            yield from conjuncts(join.args["on"])


def _read(node: exp.Table, name: str) -> None:
    node.set("this", identifier(name))


def _of_few(sets: Sets, predicate: str, column: str, wanted: Sequence[exp.Expr]) -> Statement:
    query = sets.widened(predicate, (column, any_of(wanted)))
    return Statement(few_name(predicate), query, (), frozenset((predicate, SETS)))


def _reading(statement: Statement, names: Collection[str]) -> Statement:
    """The statement with what it reads of those names now."""
    read = {node.name for query in _queries(statement) for node in query.find_all(exp.Table)}
    return replace(statement, reads=frozenset(statement.reads - set(names) | read & set(names)))
