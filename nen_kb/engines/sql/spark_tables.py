"""The tables of one run on Spark: views that live as long as the run.

Whatever tells of patients is partitioned by patient, so that joins and groups need no further exchange; what does not
is small and goes to every executor.  A table about patients that is read more than once is computed once and cut off
from the plan that made it, because a plan of a hundred nested views takes Spark longer to think about than to do.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyspark.sql import functions

from nen_kb.engines.sql.facts import ARROW, Facts
from nen_kb.engines.sql.matrix import PATIENT
from nen_kb.engines.sql.tables import column_names
from nen_kb.rules.ir import Predicate, Program

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

SMALL = 1 << 26
"""Bytes up to which a table is sent to every executor."""
ENOUGH = 100_000
"""Rows of the longest table that one task may have on one machine; in one task nothing is exchanged."""
PARTITIONS = "spark.sql.shuffle.partitions"


class Tables:
    """The tables of a run, by the names of their predicates; ``facts`` are tables, or the folder of their files."""

    def __init__(self, session: SparkSession, program: Program, facts: Facts | str, reliable: bool) -> None:
        self._session = session
        self._program = program
        self._facts = facts
        self._reliable = reliable
        self.partitions = int(session.conf.get(PARTITIONS) or 1)
        if str(session.sparkContext.master).startswith("local"):
            self.partitions = min(self.partitions, 1 + self._longest() // ENOUGH)
            session.conf.set(PARTITIONS, str(self.partitions))
        self._known: set[str] = set()
        self._kept: dict[str, DataFrame] = {}
        self._stands_on: dict[str, frozenset[str]] = {}
        """Of each table, those cut off from their plans that it is computed from."""
        self._computed: dict[str, pa.Table] = {}

    def query(self, text: str) -> DataFrame:
        """What a query of these tables gives; nothing is computed yet."""
        return self._session.sql(text)

    def load(self, name: str, readers: int) -> None:
        """Makes sure that a table which no statement makes is there: of facts, or of a built-in."""
        if name in self._known:
            return
        predicate = self._program.predicates[name]
        if predicate.role == "builtin":
            self.add(name, _empty(predicate))
            return
        rows = self._given(name)
        if PATIENT in rows.columns:
            rows = self._by_patient(rows)
            self._name(name, self.cut(name, rows) if readers > 1 else rows)
        else:
            self._name(name, functions.broadcast(rows))

    def keep(self, name: str, rows: DataFrame, readers: int, reads: Collection[str]) -> None:
        """The table that a statement makes of others, for so many who read it later."""
        if PATIENT not in rows.columns:
            # one task: each brings the whole plan along, which is more than these rows are
            self.add(name, rows.coalesce(1).toArrow())
            return
        rows = self._by_patient(rows)
        if readers > 1:
            rows = self.cut(name, rows)
        else:
            self._stands_on[name] = frozenset().union(*(self._stands_on.get(each, ()) for each in reads))
        self._name(name, rows)

    def add(self, name: str, rows: pa.Table) -> None:
        """Adds rows that do not tell of patients."""
        known = self._computed.get(name)
        if known is not None and not rows.num_rows:
            return
        every = self._computed[name] = rows if known is None else pa.concat_tables([known, rows])
        table = self._local(every)
        self._name(name, functions.broadcast(table) if every.nbytes < SMALL else table)

    def forget_but(self, names: Collection[str]) -> None:
        """Lets go of all that those tables do not stand on."""
        needed = {name for each in names for name in self._stands_on.get(each, ())}
        for name in set(self._kept) - needed:
            _release(self._kept.pop(name))

    def close(self) -> None:
        """Lets go of everything."""
        self.forget_but([])
        for name in self._known:
            self._session.catalog.dropTempView(name)
        self._known.clear()

    def _longest(self) -> int:
        """How many rows the longest table has; of files, there are so many patients."""
        if isinstance(self._facts, str):
            return self._given(PATIENT).count()
        return max((rows.num_rows for rows in self._facts.values()), default=0)

    def _given(self, name: str) -> DataFrame:
        if isinstance(self._facts, str):
            return self._session.read.parquet(f"{self._facts}/{name}.parquet")
        return self._local(self._facts[name])

    def _local(self, rows: pa.Table) -> DataFrame:
        # Spark 4.3 stops reading at the first chunk without rows
        return self._session.createDataFrame(rows.combine_chunks())

    def _by_patient(self, rows: DataFrame) -> DataFrame:
        few = rows.coalesce(self.partitions)
        return few if self.partitions == 1 else few.repartition(self.partitions, PATIENT)

    def cut(self, name: str, rows: DataFrame) -> DataFrame:
        """The rows, computed now and cut off from what they are computed from, as long as the run lasts."""
        kept = self._kept[name] = rows.checkpoint() if self._reliable else rows.localCheckpoint()
        self._stands_on[name] = frozenset((name,))
        return kept

    def _name(self, name: str, rows: DataFrame) -> None:
        rows.createOrReplaceTempView(f"`{name}`")
        self._known.add(name)


def _empty(predicate: Predicate) -> pa.Table:
    columns = zip(column_names(predicate), predicate.columns, strict=True)
    return pa.table({name: pa.array([], ARROW[column.kind]) for name, column in columns})


def _release(kept: Any) -> None:
    """Frees the blocks of a checkpoint, which would else stay until the garbage collector of Java comes by."""
    kept._jdf.queryExecution().logical().rdd().unpersist(False)
