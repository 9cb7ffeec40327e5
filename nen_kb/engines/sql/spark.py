"""Runs compiled programs on Spark: the same statements as on DuckDB, in Spark's dialect.

On one machine ``Spark(compiled, session()).matrix(facts, names)`` is all there is.  On a cluster the facts of a part
lie in a folder that every executor can read, and the matrix is written to another, without passing the driver::

    write_facts(facts, "hdfs:///cohort/facts")                 # or anything else that writes the same Parquet files
    Spark(compiled, session()).write("hdfs:///cohort/facts", "hdfs:///cohort/matrix", names)

Which cluster is a matter of configuration, as for any program of Spark: start it with ``spark-submit --master …``, or
set ``spark.master`` in ``spark-defaults.conf``, or give a session of your own.  Executors run SQL only, they need
neither Python nor this package.  Tables that are read more than once stay on the executors as local checkpoints, which
an executor takes with it when it is lost: with ``reliable=True`` they go to the checkpoint directory of the session.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import parquet
from sqlglot import exp

from nen_kb.engines.sql.computed import computed_rows
from nen_kb.engines.sql.duckdb import needed
from nen_kb.engines.sql.facts import Facts
from nen_kb.engines.sql.matrix import MATRIX, OUTCOMES, PATIENT, matrix_of
from nen_kb.engines.sql.names import Names
from nen_kb.engines.sql.nodes import number, select, subquery
from nen_kb.engines.sql.spark_session import activate, no_pyspark, session, settled
from nen_kb.engines.sql.statements import Compiled, Demand
from nen_kb.errors import EngineError, Problem
from nen_kb.rules.plan import Row

try:
    from py4j.protocol import Py4JError  # type: ignore[import-untyped]
    from pyspark.errors import PySparkException
    from pyspark.logger import PySparkLogger

    from nen_kb.engines.sql.spark_tables import Tables
except ImportError as error:
    raise no_pyspark() from error

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

__all__ = ["DIALECT", "Spark", "session", "write_facts"]

DIALECT = "spark"


class Spark:
    """A compiled program over the facts of a cohort, on a session of Spark."""

    def __init__(self, compiled: Compiled, session: SparkSession, *, reliable: bool = False) -> None:
        self.compiled = compiled
        self.session = session
        self.reliable = reliable
        self._texts: dict[tuple[int, int], str] = {}

    def matrix(self, facts: Facts, names: Names | None = None) -> pa.Table:
        """Statuses and verdicts, one row a patient (see ``matrix.py``).  Raises EngineError if Spark fails."""
        names = names or self.compiled.names
        patients = np.unique(facts[PATIENT][PATIENT].to_numpy())
        if not self._direct:
            return matrix_of(self.run(facts, OUTCOMES, names), patients.tolist(), self.compiled.source, names)
        with _failing(), self._tables(facts) as tables:
            found = self._made(tables, [MATRIX], names)[MATRIX].toArrow()
        return _ordered(found, patients)

    def run(self, facts: Facts, predicates: Collection[str], names: Names | None = None) -> dict[str, pa.Table]:
        """The rows of those derived predicates, as tables of codes.  Raises EngineError if Spark fails."""
        with _failing(), self._tables(facts) as tables:
            found = self._made(tables, predicates, names or self.compiled.names)
            return {name: rows.toArrow() for name, rows in found.items()}

    def write(self, facts: str | Path, target: str | Path, names: Names | None = None) -> None:
        """Makes the folder ``target`` with the matrix in Parquet, of the facts in the folder ``facts``.

        The columns of statuses and verdicts are of Parquet's 8-bit type, and files and rows are in the order of the
        patients.  ``names`` must be those the facts were coded with.  Raises EngineError if Spark fails, if ``target``
        exists, and for a program whose fast translation has no matrix; a folder without ``_SUCCESS`` is not whole.
        """
        if not self._direct:
            message = "the rules have no fast translation, which a cluster needs"
            raise EngineError(Problem("Spark", "", message, "Judge this cohort on DuckDB.", "not-fused"))
        with _failing(), self._tables(str(facts)) as tables:
            found = self._made(tables, [MATRIX], names or self.compiled.names)[MATRIX]
            # putting rows in order looks at them twice
            tables.cut(MATRIX, found).orderBy(PATIENT).write.mode("error").parquet(str(target))

    @property
    def _direct(self) -> bool:
        """Whether a statement makes the matrix itself."""
        return any(statement.predicate == MATRIX for statement in self.compiled.statements)

    @contextmanager
    def _tables(self, facts: Facts | str) -> Iterator[Tables]:
        tables = Tables(settled(self.session), self.compiled.program, facts, self.reliable)
        try:
            yield tables
        finally:
            tables.close()
            activate(self.session)

    def _made(self, tables: Tables, predicates: Collection[str], names: Names) -> dict[str, DataFrame]:
        """What those predicates are, once everything they read is there."""
        wanted = needed(self.compiled.statements, predicates)
        readers: dict[str, int] = {}
        for statement in wanted:
            for name in statement.reads:
                readers[name] = readers.get(name, 0) + 1
        known: dict[str, set[Row]] = {}
        found: dict[str, DataFrame] = {}
        asked: set[str] = set()
        """What is read at the very end."""
        for place, statement in enumerate(wanted):
            for name in sorted(statement.reads):
                tables.load(name, readers[name])
            for demand in statement.demands:
                self._compute(demand, tables, known.setdefault(demand.builtin, set()), names)
            query = tables.query(self._text(statement.query, tables.partitions))
            if statement.predicate in predicates:
                found[statement.predicate] = query
                asked |= statement.reads
            if statement.predicate in readers:
                tables.keep(statement.predicate, query, readers[statement.predicate], statement.reads)
            tables.forget_but(asked.union(*(later.reads for later in wanted[place + 1 :])))
        return found

    def _compute(self, demand: Demand, tables: Tables, known: set[Row], names: Names) -> None:
        """Adds the rows of a built-in for the inputs that are new: computed here, once each, and sent to everybody."""
        inputs = tables.query(self._text(demand.query, tables.partitions)).toArrow()
        predicate = self.compiled.program.predicates[demand.builtin]
        tables.add(demand.builtin, computed_rows(predicate, inputs, known, names))

    def _text(self, query: exp.Query, partitions: int) -> str:
        """A query of the compiled program as Spark reads it, written once."""
        key = id(query), partitions
        found = self._texts.get(key)
        if found is None:
            found = self._texts[key] = in_few_tasks(query, partitions).sql(DIALECT)
        return found


def in_few_tasks(query: exp.Query, partitions: int) -> exp.Query:
    """The query with every union inside it read in so many tasks.

    By itself a union has the tasks of all its parts, a few hundred here, and each task first unpacks the plan of
    the whole union.
    """
    found = query.copy()
    for inner in list(found.find_all(exp.Subquery)):
        if isinstance(inner.this, exp.Union):
            few = exp.Anonymous(this="COALESCE", expressions=[number(partitions)])
            rows = select([exp.Star()]).from_(subquery(inner.this, "every_part"), copy=False)
            rows.set("hint", exp.Hint(expressions=[few]))
            inner.set("this", rows)
    return found


def write_facts(facts: Facts, folder: str | Path) -> None:
    """The facts as Parquet, a file a predicate, for ``Spark.write`` to read; the folder must not be there yet."""
    target = Path(folder)
    target.mkdir(parents=True)
    for name, rows in facts.items():
        parquet.write_table(rows, target / f"{name}.parquet", compression="zstd")


def _ordered(found: pa.Table, patients: npt.NDArray[np.int64]) -> pa.Table:
    """The matrix that Spark made, in the order of the patients; raises EngineError unless it has just those."""
    found = found.sort_by(PATIENT)
    if not np.array_equal(found[PATIENT].to_numpy(), patients):
        message = f"Spark judged {found.num_rows} of {len(patients)} patients"
        raise EngineError(Problem("Spark", "", message, "Please report this with the rules.", "spark-failed"))
    columns = {name: found[name].combine_chunks().cast(pa.uint8()) for name in found.column_names if name != PATIENT}
    return pa.table({PATIENT: pa.array(patients, pa.int32()), **columns})


@contextmanager
def _failing() -> Iterator[None]:
    """Turns errors of Spark into ours, and keeps pyspark from writing them to its own log."""
    log = PySparkLogger.getLogger("SQLQueryContextLogger")
    silent, log.disabled = log.disabled, True
    try:
        yield
    except (PySparkException, Py4JError) as error:
        # its own message may hold values of patients
        kind = error.getCondition() if isinstance(error, PySparkException) else None
        message = f"Spark could not run the compiled program ({kind or type(error).__name__})"
        raise EngineError(Problem("Spark", "", message, "Please report this with the rules.", "spark-failed")) from None
    finally:
        log.disabled = silent
