"""Runs compiled programs on DuckDB, embedded in this process."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from sqlglot import exp

from nen_kb.engines.base import Base
from nen_kb.engines.sql.compile import compile_program
from nen_kb.engines.sql.computed import computed_rows
from nen_kb.engines.sql.facts import Facts, chunks, tables_of
from nen_kb.engines.sql.matrix import OUTCOMES, PATIENT, matrix_of
from nen_kb.engines.sql.names import Names
from nen_kb.engines.sql.nodes import all_of, column, identifier, number, select, subquery, table
from nen_kb.engines.sql.statements import Compiled, Demand, Statement
from nen_kb.engines.sql.tables import column_names, column_types
from nen_kb.engines.sql.together import columns_of
from nen_kb.engines.sql.wide import RAISES
from nen_kb.errors import EngineError, Problem
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.evaluate import with_query
from nen_kb.rules.ir import BodyItem, Kind, Predicate, Program, Variable
from nen_kb.rules.plan import Row

DIALECT = "duckdb"
TEMPORARY = exp.Properties(expressions=[exp.TemporaryProperty()])


class DuckDB:
    """A compiled program over the facts of a cohort, in memory.

    ``threads`` and ``memory`` (such as ``"6GB"``) limit what DuckDB takes; it spills to disk beyond, into
    the folder ``spill``.
    """

    def __init__(
        self, compiled: Compiled, threads: int | None = None, memory: str | None = None, spill: str | None = None
    ) -> None:
        self.compiled = compiled
        # rows are sets: their order means nothing
        settings: dict[str, Any] = {"threads": threads, "memory_limit": memory, "preserve_insertion_order": False}
        settings["temp_directory"] = spill
        given = {key: value for key, value in settings.items() if value is not None}
        self._root = duckdb.connect(":memory:", config=given)
        self._texts: dict[tuple[int, str | None], str] = {}

    def run(self, facts: Facts, predicates: Collection[str], names: Names | None = None) -> dict[str, pa.Table]:
        """The rows of those derived predicates, as tables of codes.  Raises EngineError if DuckDB fails.

        May be called by several threads at once: each run has temporary tables of its own.
        """
        with self._root.cursor() as connection:
            try:
                return _Run(connection, self, names or self.compiled.names).run(facts, predicates)
            except duckdb.Error as error:
                # its own message may hold values of patients
                message = f"DuckDB could not run the compiled program ({type(error).__name__})"
                raise EngineError(
                    Problem("DuckDB", "", message, "Please report this with the rules.", "duckdb-failed")
                ) from error

    def matrix(self, facts: Facts, names: Names | None = None) -> pa.Table:
        """Statuses and verdicts, one row a patient (see ``matrix.py``).  Raises EngineError if DuckDB fails."""
        names = names or self.compiled.names
        patients = np.unique(facts[PATIENT][PATIENT].to_numpy())
        wide = self.compiled.matrix
        if wide is not None:
            found = columns_of(wide, self.run(facts, [RAISES], names)[RAISES], patients)
            columns = {name: pa.array(values) for name, values in found.items()}
            return pa.table({PATIENT: pa.array(patients, pa.int32()), **columns})
        rows = self.run(facts, OUTCOMES, names)
        return matrix_of(rows, patients.tolist(), self.compiled.source, names)

    def run_in_parts(
        self,
        facts: Facts,
        predicates: Collection[str],
        names: Names | None = None,
        *,
        patients: int = 100_000,
        workers: int = 1,
    ) -> Iterator[dict[str, pa.Table]]:
        """As ``run``, for at most so many patients at a time: memory does not grow with the cohort.

        ``workers`` parts are worked on at once, because much of a part keeps one processor busy only.
        """
        with ThreadPoolExecutor(workers) as pool:
            waiting: deque[Future[dict[str, pa.Table]]] = deque()
            for part in chunks(facts, self.compiled.program, patients):
                if len(waiting) == workers:
                    yield waiting.popleft().result()
                waiting.append(pool.submit(self.run, part, predicates, names))
            while waiting:
                yield waiting.popleft().result()

    def text(self, query: exp.Query, name: str | None = None) -> str:
        """A query of the compiled program as DuckDB reads it, or how the table of that name is made; written once."""
        key = id(query), name
        found = self._texts.get(key)
        if found is None:
            expression = query if name is None else _create(name, query)
            found = self._texts[key] = expression.sql(DIALECT)
        return found

    def unknown(self, demand: Demand) -> str:
        """The query for the inputs of a demand that its table does not have yet, as DuckDB reads it; written once."""
        key = id(demand), None
        if key not in self._texts:
            predicate = self.compiled.program.predicates[demand.builtin]
            self._texts[key] = _unknown(demand, predicate).sql(DIALECT)
        return self._texts[key]


class DuckDBEngine:
    """DuckDB as an engine for a few patients: rows in, rows out, by the literal translation.

    May be used by several threads at once.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self._known: dict[frozenset[str], DuckDB] = {}

    def rows(self, base: Base, predicates: Collection[str]) -> dict[str, frozenset[Row]]:
        """The rows of each of those predicates.  Raises EngineError for a rule that has no translation."""
        derived = frozenset(name for name in predicates if self.program.predicates[name].role == "derived")
        engine = self._known.get(derived)
        if engine is None:
            engine = self._known[derived] = DuckDB(compile_program(self.program, asked=derived), threads=1)
        names = Names(engine.compiled.names.all())
        found = engine.run(tables_of(base, self.program, names), derived, names)
        given = {name: frozenset(base.get(name, ())) for name in predicates if name not in derived}
        rows = {name: decoded(each, self.program.predicates[name], names) for name, each in found.items()}
        return {**given, **rows}

    def query(self, base: Base, body: Sequence[BodyItem], variables: Sequence[Variable]) -> frozenset[Row]:
        """The values of the variables for every way to satisfy the body, which must be safe."""
        program, name = with_query(self.program, body, variables)
        return DuckDBEngine(program).rows(base, [name])[name]


def decoded(rows: pa.Table, predicate: Predicate, names: Names) -> frozenset[Row]:
    """The rows of a table of codes as the evaluator writes them."""
    if not predicate.columns:
        return frozenset([()] * min(rows.num_rows, 1))
    columns = [
        [names.name(code) for code in values.to_pylist()] if column.kind is Kind.NAME else values.to_pylist()
        for column, values in zip(predicate.columns, rows.columns, strict=True)
    ]
    return frozenset(zip(*columns, strict=True))


class _Run:
    def __init__(self, connection: duckdb.DuckDBPyConnection, engine: DuckDB, names: Names) -> None:
        self.connection = connection
        self.names = names
        self.engine = engine
        self.predicates = engine.compiled.program.predicates
        self.known: set[str] = set()
        """The built-ins that have a table."""
        self.made: set[str] = set()

    def run(self, facts: Facts, predicates: Collection[str]) -> dict[str, pa.Table]:
        wanted = needed(self.engine.compiled.statements, predicates)
        read = {name for statement in wanted for name in statement.reads}
        for name in sorted(read & set(facts)):
            self.connection.register(f"facts of {name}", facts[name])
            self.execute(_create(name, _everything(f"facts of {name}")))
            self.connection.unregister(f"facts of {name}")
        found: dict[str, pa.Table] = {}
        last = {
            name: place for place, statement in enumerate(wanted) for name in (*statement.reads, statement.predicate)
        }
        for place, statement in enumerate(wanted):
            for demand in statement.demands:
                self.compute(demand)
            # one that is asked becomes a table too: fetching plans a query twice, and large ones take long to plan
            self.connection.execute(self.engine.text(statement.query, statement.predicate))
            self.made.add(statement.predicate)
            if statement.predicate in predicates:
                found[statement.predicate] = self.fetch(_everything(statement.predicate).sql(DIALECT))
            self.drop({name for name in (*statement.reads, statement.predicate) if last[name] == place})
        return {name: found[name] for name in predicates}

    def execute(self, expression: exp.Expr) -> None:
        self.connection.execute(expression.sql(DIALECT))

    def fetch(self, text: str) -> pa.Table:
        return self.connection.sql(text).to_arrow_table()

    def compute(self, demand: Demand) -> None:
        """Adds the rows of a built-in for the inputs that are new."""
        predicate = self.predicates[demand.builtin]
        if demand.builtin in self.known:
            text = self.engine.unknown(demand)
        else:
            text = self.engine.text(demand.query)
            self.execute(create_empty(predicate))
        self.known.add(demand.builtin)
        inputs = self.fetch(text)
        if inputs.num_rows:
            self.connection.register("computed rows", computed_rows(predicate, inputs, None, self.names))
            self.execute(exp.insert(_everything("computed rows"), table(demand.builtin)))
            self.connection.unregister("computed rows")

    def drop(self, unread: Collection[str]) -> None:
        """Lets go of the tables made from others that nothing reads any more."""
        for name in sorted(self.made.intersection(unread)):
            self.connection.execute(_dropped(name))


def needed(statements: Collection[Statement], predicates: Collection[str]) -> list[Statement]:
    """The statements that those predicates depend on, in order."""
    wanted = set(predicates)
    found = []
    for statement in reversed(list(statements)):
        if statement.predicate in wanted:
            wanted |= statement.reads
            found.append(statement)
    return found[::-1]


@cache
def _dropped(name: str) -> str:
    return exp.Drop(tables=[table(name)], kind="TABLE").sql(DIALECT)


def _everything(name: str) -> exp.Select:
    return select([exp.Star()]).from_(table(name), copy=False)


def _create(name: str, query: exp.Query) -> exp.Create:
    return exp.Create(this=table(name), kind="TABLE", expression=query, properties=TEMPORARY.copy())


def _unknown(demand: Demand, predicate: Predicate) -> exp.Query:
    """The inputs a built-in has no row for yet; those for which it gives none are asked again."""
    names = column_names(predicate)
    same = [
        exp.EQ(this=column(names[place], "known"), expression=column(f"input_{number_}", "wanted"))
        for number_, place in enumerate(BUILTINS[demand.builtin].inputs)
    ]
    known = select([number(1)]).from_(table(demand.builtin, "known"), copy=False).where(all_of(same), copy=False)
    wanted = _everything_of(subquery(demand.query.copy(), "wanted"))
    return wanted.where(exp.Not(this=exp.Exists(this=known)), copy=False)


def _everything_of(source: exp.Expr) -> exp.Select:
    return select([exp.Star()]).from_(source, copy=False)


def create_empty(predicate: Predicate) -> exp.Create:
    """A predicate's table without rows."""
    columns = zip(column_names(predicate), column_types(predicate), strict=True)
    definitions = [exp.ColumnDef(this=identifier(name), kind=exp.DataType.build(kind)) for name, kind in columns]
    return exp.Create(
        this=exp.Schema(this=table(predicate.name), expressions=definitions), kind="TABLE", properties=TEMPORARY.copy()
    )
