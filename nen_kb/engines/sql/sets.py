"""Classes as sets: a condition on a class that does not depend on the patient is a bit of a number beside the class.

``isa(X, 'Creatinine')``, ``~overlaps(X, 'C')`` and the like ask whether the class of a record belongs to a set.  There
are few classes and few such sets, so one small table says of each class, as bits, to which sets it belongs.  Tables of
records carry the bits of their classes, and the condition is a look at a bit: no join, no subquery.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from nen_kb.engines.patients import patient_columns
from nen_kb.engines.sql.names import Names
from nen_kb.engines.sql.nodes import (
    all_of,
    cast,
    column,
    named,
    number,
    parens,
    select,
    subquery,
    table,
    total,
    union_all,
    when,
)
from nen_kb.engines.sql.passes.common import rules_by_head
from nen_kb.engines.sql.statements import Statement
from nen_kb.engines.sql.tables import column_names
from nen_kb.rules.ir import Atom, BodyItem, Constant, Kind, Program, Rule, Term, Variable
from nen_kb.rules.plan import is_anonymous

SETS = "sets_of_classes"
CODE = "code"
FEW = "few"
"""The table of sets where a condition on them is asked."""
BITS = 62
"""So many sets share a number: a signed one of 64 bits."""

Host = tuple[str, str]
"""A table and its column with the class."""


@dataclass(frozen=True)
class Test:
    """Whether the value of a variable belongs to a set: some row of a table has it, and constants besides."""

    predicate: str
    position: int
    fixed: tuple[tuple[int, str | int], ...]


@dataclass
class Sets:
    """The sets a program asks about, and which tables are asked."""

    program: Program
    names: Names
    places: dict[Test, int] = field(default_factory=dict)
    hosts: dict[Host, set[int]] = field(default_factory=dict)
    """Of each table and column the numbers that are read beside it."""

    def __post_init__(self) -> None:
        patients = patient_columns(self.program) or {}
        rules = rules_by_head(self.program)
        self.fixed: Collection[str] = {
            name
            for name, predicate in self.program.predicates.items()
            if name not in patients
            and predicate.role in ("given", "derived")
            and any(column.kind is Kind.NAME for column in predicate.columns)
            and not any(rule.body for rule in rules.get(name, ()))
        }

    def prepare(self, rules: Iterable[Rule]) -> None:
        """Gives every test of the rules its bit, those asked of the same table beside each other."""
        asked: dict[Host, dict[Test, None]] = {}
        for rule in rules:
            for _, test, host in self.tests(rule):
                asked.setdefault(host, {})[test] = None
        for host in sorted(asked, key=lambda each: (-len(asked[each]), each)):
            for test in sorted(asked[host], key=repr):
                self.places.setdefault(test, len(self.places))
            self.hosts[host] = {self.places[test] // BITS for test in asked[host]}

    def tests(self, rule: Rule) -> Iterator[tuple[Atom, Test, Host]]:
        """The atoms of a rule that are such tests, each with the table whose column it asks."""
        hosts: dict[Term, Host] = {}
        for item in rule.body:
            if isinstance(item, Atom) and not item.negated and self._is_table(item):
                names = column_names(self.program.predicates[item.predicate])
                for position, term in enumerate(item.terms):
                    if isinstance(term, Variable) and not is_anonymous(term):
                        hosts.setdefault(term, (item.predicate, names[position]))
        for item in rule.body:
            found = self._test(item)
            if found is not None and isinstance(item, Atom) and item.terms[found.position] in hosts:
                yield item, found, hosts[item.terms[found.position]]

    def _is_table(self, atom: Atom) -> bool:
        return atom.predicate not in self.fixed and self.program.predicates[atom.predicate].role != "builtin"

    def _test(self, item: BodyItem) -> Test | None:
        """The test that an atom is, if it is one: one named variable, otherwise constants."""
        if not isinstance(item, Atom) or item.predicate not in self.fixed:
            return None
        columns = self.program.predicates[item.predicate].columns
        open_ = [
            place for place, term in enumerate(item.terms) if isinstance(term, Variable) and not is_anonymous(term)
        ]
        if len(open_) != 1 or columns[open_[0]].kind is not Kind.NAME:
            return None
        fixed = []
        for place, term in enumerate(item.terms):
            if isinstance(term, Constant):
                if isinstance(term.value, str) != (columns[place].kind is Kind.NAME):
                    return None
                fixed.append((place, term.value))
        return Test(item.predicate, open_[0], tuple(fixed))

    # ── in SQL ──────────────────────────────────────────────────────────────

    def condition(self, test: Test, host: Host, alias: str, negated: bool) -> exp.Expr:
        """Whether the class in a row of the table with that alias belongs to the set, or does not."""
        place = self.places[test]
        masked = exp.BitwiseAnd(
            this=column(beside(host[1], place // BITS), alias), expression=number(1 << place % BITS)
        )
        return (exp.EQ if negated else exp.NEQ)(this=parens(masked), expression=number(0))

    def query(self) -> exp.Query:
        """Every class that belongs to some set, with its bits."""
        words = len(self.places) // BITS + 1
        by_column: dict[tuple[str, int], list[Test]] = {}
        for test in self.places:
            by_column.setdefault((test.predicate, test.position), []).append(test)
        parts: list[exp.Query] = []
        for (name, position), tests in by_column.items():
            columns = column_names(self.program.predicates[name])
            selected = [
                named(
                    cast(self._word([t for t in tests if self.places[t] // BITS == word], columns), "BIGINT"),
                    word_name(word),
                )
                for word in range(words)
            ]
            parts.append(select([named(column(columns[position], "t"), CODE), *selected]).from_(table(name, "t")))
        every = subquery(union_all(parts), "part")
        sums = [named(exp.BitwiseOrAgg(this=column(word_name(word), "part")), word_name(word)) for word in range(words)]
        return select([column(CODE, "part"), *sums]).from_(every, copy=False).group_by(column(CODE, "part"))

    def _word(self, tests: Sequence[Test], columns: Sequence[str]) -> exp.Expr:
        found = []
        for test in tests:
            bit = number(1 << self.places[test] % BITS)
            same = [
                exp.EQ(
                    this=column(columns[place], "t"),
                    expression=number(self.names.code(value) if isinstance(value, str) else value),
                )
                for place, value in test.fixed
            ]
            found.append(when(all_of(same), bit) if same else bit)
        return total(found)

    def reads(self) -> frozenset[str]:
        """The tables the sets are made of."""
        return frozenset(test.predicate for test in self.places)

    def widened(self, name: str, few: tuple[str, exp.Expr] | None = None) -> exp.Query:
        """The rows of a table, with the bits of its classes beside them.

        ``few`` names one column, and a condition on the bits of its classes that the rows must satisfy.
        """
        own = {column_: words for (host, column_), words in self.hosts.items() if host == name}
        whole = select([exp.Column(this=exp.Star(), table=exp.to_identifier("t", quoted=True))])
        whole.from_(table(name, "t"), copy=False)
        for place, (column_, words) in enumerate(sorted(own.items())):
            alias = f"s{place}"
            same = exp.EQ(this=column(CODE, alias), expression=column(column_, "t"))
            if few is not None and few[0] == column_:
                among = select([exp.Star()]).from_(table(SETS, FEW), copy=False).where(few[1], copy=False)
                whole.join(subquery(among, alias), on=same, copy=False)
            else:
                whole.join(table(SETS, alias), on=same, join_type="left", copy=False)
            for word in sorted(words):
                found = exp.Coalesce(this=column(word_name(word), alias), expressions=[number(0)])
                whole.select(named(found, beside(column_, word)), copy=False)
        return whole

    def asked(self) -> set[str]:
        """The tables that have bits."""
        return {name for name, _ in self.hosts}

    def table(self, name: str) -> str:
        """The table to read a predicate from: one with bits is a table of its own."""
        return f"{name}_in_sets" if name in self.asked() else name

    def statements(self) -> Iterator[Statement]:
        """The tables of the sets, and of the rows with bits."""
        if self.places:
            yield Statement(SETS, self.query(), (), self.reads())
        for name in sorted(self.asked()):
            yield Statement(self.table(name), self.widened(name), (), frozenset((SETS, name)))


def beside(column_: str, word: int) -> str:
    """The column of bits beside a column of classes."""
    return f"{column_}_sets_{word}"


def word_name(word: int) -> str:
    """The column of a number of bits in the table of sets."""
    return f"word_{word}"
