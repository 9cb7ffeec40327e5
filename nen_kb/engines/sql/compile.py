"""The literal translation: a rule is a query, a predicate the union of its rules.

Nothing is rewritten, so this is what every faster form is compared with.  Positive atoms are joined on the
variables they share, a negated atom is NOT EXISTS, comparisons and built-ins are expressions.  A built-in without
an SQL form is a table like any other: before the rule runs, its ``Demand`` says for which inputs it needs rows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from sqlglot import exp

from nen_kb.engines.sql.alike import one_query, some_hold
from nen_kb.engines.sql.builtins import SQL_FORMS
from nen_kb.engines.sql.names import Names, names_of
from nen_kb.engines.sql.nodes import (
    COMPARE,
    all_of,
    cast,
    column,
    named,
    number,
    parens,
    select,
    subquery,
    table,
    union_all,
)
from nen_kb.engines.sql.passes.extremes import ExtremeRule
from nen_kb.engines.sql.sets import Host, Sets, Test
from nen_kb.engines.sql.statements import Compiled, Demand, Statement
from nen_kb.engines.sql.tables import column_names, column_types
from nen_kb.errors import EngineError, Problem
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.evaluate import require_order
from nen_kb.rules.ir import Atom, Column, Comparison, Constant, Kind, Place, Predicate, Program, Rule, Term, Variable
from nen_kb.rules.plan import is_anonymous
from nen_kb.rules.strata import ordered_body

EXTREMES = {"min": exp.Min, "max": exp.Max}


def compile_program(program: Program, names: Names | None = None, asked: Collection[str] | None = None) -> Compiled:
    """The literal translation of every derived predicate, or of those asked and what they depend on.

    Raises EngineError with every rule that has no translation, and ValueError for a recursive program.
    """
    require_order(program)
    names = names_of(program) if names is None else names
    wanted = set(program.order if asked is None else asked)
    problems: list[Problem] = []
    statements: list[Statement] = []
    for name in reversed(program.order):
        if name in wanted:
            try:
                statements.append(predicate_statement(program, name, names))
                wanted |= statements[-1].reads
            except EngineError as error:
                problems += error.problems
    if problems:
        raise EngineError(sorted(problems, key=lambda each: (each.file, int(each.place))))
    return Compiled(program, tuple(reversed(statements)), names)


def predicate_statement(
    program: Program, name: str, names: Names, distinct: bool = True, sets: Sets | None = None
) -> Statement:
    """How the table of one derived predicate is made; raises EngineError with its rules that have no translation.

    Unless ``distinct``, a row may come more than once.  With ``sets``, conditions on classes are bits.
    """
    problems: list[Problem] = []
    parts: list[RuleQuery] = []
    for rule in program.rules_of(name):
        try:
            parts.append(RuleQuery(rule, program, names, sets))
        except CannotCompileError as error:
            problems.append(error.problem)
    if problems:
        raise EngineError(problems)
    return _statement(program.predicates[name], parts, distinct, merge=sets is not None)


class CannotCompileError(Exception):
    """A rule has no translation."""

    def __init__(self, rule: Rule, place: Place, why: str) -> None:
        self.problem = Problem(
            place.file,
            str(place.line),
            f"the rule for {rule.head.predicate} cannot be compiled to SQL: {why}",
            "Write it so that names are compared with names and numbers with numbers, and built-ins are not negated.",
            "not-compilable",
        )
        super().__init__(str(self.problem))


def _statement(predicate: Predicate, parts: Sequence[RuleQuery], distinct: bool, merge: bool) -> Statement:
    reads = frozenset(name for part in parts for name in part.reads)
    queries = merged(parts) if merge else [part.query() for part in parts]
    demands = demands_of(parts) if merge else tuple(demand for part in parts for demand in part.demands)
    queries = queries or [_nothing(predicate)]
    return Statement(predicate.name, union(queries) if distinct else union_all(queries), demands, reads)


def merged(parts: Sequence[RuleQuery]) -> list[exp.Select]:
    """The queries of those rules; rules that join the same rows for the same head are one, with either's conditions."""
    groups: dict[object, list[RuleQuery]] = {}
    for place, part in enumerate(parts):
        key = place if len(parts) == 1 or isinstance(part.rule, ExtremeRule) else part.skeleton()
        groups.setdefault(key, []).append(part)
    found: list[exp.Select] = []
    for alike in groups.values():
        either = some_hold([part.conditions() for part in alike])
        found += [part.query() for part in alike] if either is None else [alike[0].query(either)]
    return found


def demands_of(parts: Sequence[RuleQuery]) -> tuple[Demand, ...]:
    """What those rules demand, in an order in which each finds the rows of those before it; alike demands are one."""
    found: list[Demand] = []
    for place in range(max((len(part.demands) for part in parts), default=0)):
        queries: dict[str, list[exp.Select]] = {}
        for part in parts:
            for each in part.demands[place : place + 1]:
                queries.setdefault(each.builtin, []).append(each.query)
        found += [Demand(builtin, query) for builtin, alike in queries.items() for query in one_query(alike)]
    return tuple(found)


def union(queries: Sequence[exp.Select]) -> exp.Query:
    """The rows of all those queries, each once."""
    if len(queries) == 1:
        return queries[0].distinct(copy=False)
    return select([exp.Star()]).distinct(copy=False).from_(subquery(union_all(queries), "every"), copy=False)


def _nothing(predicate: Predicate) -> exp.Select:
    columns = zip(column_names(predicate), column_types(predicate), strict=True)
    return select([named(cast(number(0), kind), name) for name, kind in columns]).where(exp.false(), copy=False)


class RuleQuery:
    """One rule as a query, built item by item in a safe order."""

    def __init__(self, rule: Rule, program: Program, names: Names, sets: Sets | None = None) -> None:
        self.rule = rule
        self.program = program
        self.names = names
        self.sets = sets
        self.demands: list[Demand] = []
        self.reads: set[str] = set()
        self._joined: list[tuple[exp.Table, list[exp.Expr]]] = []
        self._conditions: list[exp.Expr] = []
        self._bound: dict[Variable, tuple[exp.Expr, Kind]] = {}
        self._aliases = 0
        self._hosts: dict[tuple[Term, Host], str] = {}
        self._tests = list(sets.tests(rule)) if sets else []
        rest = tuple(item for item in rule.body if not any(item is test for test, _, _ in self._tests))
        for item in ordered_body(replace(rule, body=rest), program):
            if isinstance(item, Comparison):
                self._conditions.append(self._comparison(item))
            elif program.predicates[item.predicate].role == "builtin":
                self._builtin(item)
            elif item.negated:
                self._conditions.append(self._negation(item))
            else:
                self._join(item)

    # ── the query ───────────────────────────────────────────────────────────

    def query(self, conditions: Sequence[exp.Expr] | None = None) -> exp.Select:
        """The rows the rule derives; the same row may come more than once.

        Other ``conditions`` may take the place of its own.
        """
        predicate = self.program.predicates[self.rule.head.predicate]
        values = self._values(self.rule.head, predicate)
        functions = self.rule.functions if isinstance(self.rule, ExtremeRule) else ()
        whole = [EXTREMES[name](this=value) if name else value for name, value in zip(functions, values, strict=False)]
        keys = [value.copy() for name, value in zip(functions, values, strict=False) if not name]
        columns = zip(whole or values, column_names(predicate), column_types(predicate), strict=True)
        selected = [named(value if _typed(value) else cast(value, to), name) for value, name, to in columns]
        query = self.selecting(selected, self._conditions if conditions is None else conditions)
        return query.group_by(*keys, copy=False) if keys else query

    def skeleton(self) -> tuple[str, ...]:
        """What it selects and joins, without the conditions."""
        values = self._values(self.rule.head, self.program.predicates[self.rule.head.predicate])
        joined = [each for source, conditions in self._joined for each in (source, *conditions)]
        return tuple(each.sql() for each in (*values, *joined))

    def conditions(self) -> list[exp.Expr]:
        """The conditions besides those of the joins."""
        return self._conditions

    def head(self, place: int) -> exp.Expr:
        """The value of that column of the head."""
        return self._values(self.rule.head, self.program.predicates[self.rule.head.predicate])[place]

    def selecting(self, columns: Sequence[exp.Expr], conditions: Sequence[exp.Expr]) -> exp.Select:
        """Other columns of the rows it joins, under other conditions."""
        self._conditions, own = list(conditions), self._conditions
        found = self._select(columns)
        self._conditions = own
        return found

    def _values(self, head: Atom, predicate: Predicate) -> list[exp.Expr]:
        if not predicate.columns:
            return [number(1)]
        return [
            self._value(term, column.kind, head) for term, column in zip(head.terms, predicate.columns, strict=True)
        ]

    def _select(self, columns: Sequence[exp.Expr]) -> exp.Select:
        query = select(columns)
        loose = list(self._conditions)
        for place, (source, conditions) in enumerate(self._joined):
            if place == 0:
                query.from_(source.copy(), copy=False)
                loose = [*conditions, *loose]
            elif conditions:
                query.join(source.copy(), on=all_of([each.copy() for each in conditions]), copy=False)
            else:
                query.join(source.copy(), join_type="cross", copy=False)
        if loose:
            query.where(all_of([each.copy() for each in loose]), copy=False)
        return query

    # ── the items of the body ───────────────────────────────────────────────

    def _join(self, atom: Atom) -> None:
        alias = self._alias()
        conditions: list[exp.Expr] = []
        for term, column_, name in self._columns(atom):
            here = column(name, alias)
            self._hosts.setdefault((term, (atom.predicate, name)), alias)
            if isinstance(term, Variable) and term not in self._bound:
                if not is_anonymous(term):
                    self._bound[term] = here, column_.kind
                continue
            conditions.append(exp.EQ(this=here, expression=self._value(term, column_.kind, atom)))
        self._joined.append((self._table(atom.predicate, alias), conditions))
        for test in list(self._tests):
            self._ask(*test)

    def _ask(self, atom: Atom, test: Test, host: Host) -> None:
        """Adds the condition on a class, once the table that has its bits is joined."""
        alias = self._hosts.get((atom.terms[test.position], host))
        if alias is not None and self.sets is not None:
            self._conditions.append(self.sets.condition(test, host, alias, atom.negated))
            self._tests.remove((atom, test, host))

    def _negation(self, atom: Atom) -> exp.Expr:
        alias = self._alias()
        conditions = [
            exp.EQ(this=column(name, alias), expression=self._value(term, column_.kind, atom))
            for term, column_, name in self._columns(atom)
            if not is_anonymous(term)
        ]
        rows = select([number(1)]).from_(self._table(atom.predicate, alias), copy=False)
        return exp.Not(this=exp.Exists(this=rows.where(all_of(conditions), copy=False) if conditions else rows))

    def _comparison(self, item: Comparison) -> exp.Expr:
        kinds = [kind for side in (item.left, item.right) if (kind := self._kind(side))]
        sides = [self._value(side, kinds[0] if kinds else Kind.VALUE, item) for side in (item.left, item.right)]
        return COMPARE[item.op](this=sides[0], expression=sides[1])

    def _builtin(self, atom: Atom) -> None:
        if atom.negated:
            raise CannotCompileError(self.rule, atom.place, f"the built-in {atom.predicate} is negated")
        builtin, form = BUILTINS[atom.predicate], SQL_FORMS.get(atom.predicate)
        columns = self.program.predicates[atom.predicate].columns
        inputs = [self._value(atom.terms[place], columns[place].kind, atom) for place in builtin.inputs]
        if form is None:
            wanted = [named(value, f"input_{place}") for place, value in enumerate(inputs)]
            self.demands.append(Demand(atom.predicate, self._select(wanted).distinct(copy=False)))
            self._join(atom)
            return
        computed = form(*(each.copy() for each in inputs))
        if computed.condition is not None:
            self._conditions.append(computed.condition)
        for place, value in zip(builtin.outputs, computed.outputs, strict=True):
            term = atom.terms[place]
            if isinstance(term, Variable) and term not in self._bound:
                if not is_anonymous(term):
                    self._bound[term] = parens(value), columns[place].kind
            else:
                self._conditions.append(exp.EQ(this=value, expression=self._value(term, columns[place].kind, atom)))

    # ── terms ───────────────────────────────────────────────────────────────

    def _table(self, predicate: str, alias: str) -> exp.Table:
        name = self.sets.table(predicate) if self.sets else predicate
        self.reads.add(name)
        return table(name, alias)

    def _alias(self) -> str:
        self._aliases += 1
        return f"t{self._aliases}"

    def _columns(self, atom: Atom) -> Iterator[tuple[Term, Column, str]]:
        predicate = self.program.predicates[atom.predicate]
        if predicate.columns:
            yield from zip(atom.terms, predicate.columns, column_names(predicate), strict=True)

    def _kind(self, term: Term) -> Kind | None:
        """What a term surely is; a number could be of any kind but a name."""
        if isinstance(term, Variable):
            return self._bound[term][1] if term in self._bound else None
        return Kind.NAME if isinstance(term.value, str) else None

    def _value(self, term: Term, wanted: Kind, item: Atom | Comparison) -> exp.Expr:
        """The term as an expression that fits a column of that kind."""
        names = wanted is Kind.NAME
        if isinstance(term, Constant):
            if isinstance(term.value, str) != names:
                raise CannotCompileError(self.rule, item.place, f"{term.value!r} stands in the wrong place in {item}")
            return number(self.names.code(term.value) if isinstance(term.value, str) else term.value)
        if term not in self._bound:
            raise CannotCompileError(self.rule, item.place, f"nothing binds {term.name} in {item}")
        value, kind = self._bound[term]
        if (kind is Kind.NAME) != names:
            raise CannotCompileError(self.rule, item.place, f"{item} compares a name with a number")
        return value.copy()


def _typed(value: exp.Expr) -> bool:
    """Whether it already has the type of its column."""
    return isinstance(value, exp.Column)
