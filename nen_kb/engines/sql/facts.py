"""Facts of many patients as Arrow tables, one a predicate, with codes for names.

What does not depend on the patient (the class hierarchy, the protocols) is one table for the whole cohort.  The
hierarchy is closed over the classes recorded for anybody: wider than what is made for one patient alone, and
with the same statuses, because a row speaks only of its two classes and is read beside a patient's own records.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

import pyarrow as pa
from pyarrow import compute

from nen_kb.engines.patients import patient_columns
from nen_kb.engines.sql.names import Names
from nen_kb.engines.sql.tables import HOLDS, column_names
from nen_kb.facts.normalise import Prepared
from nen_kb.rules.ir import Column, Kind, Predicate, Program
from nen_kb.rules.plan import Row
from nen_kb.rules.protocol import protocol_rows

Facts = Mapping[str, pa.Table]

ARROW = {Kind.NAME: pa.int32(), Kind.VALUE: pa.int64(), Kind.DAY: pa.int32(), Kind.COUNT: pa.int64()}


def facts_of(prepared: Iterable[Prepared], program: Program, names: Names) -> dict[str, pa.Table]:
    """The facts of those patients, each judged on the own index day, with hierarchy and protocols."""
    rows: dict[str, list[Row]] = {}
    recorded: set[str] = set()
    denied: set[str] = set()
    doubted: set[str] = set()
    named: set[str] = set()
    last = None
    for last in prepared:
        for found in (last.static, last.timed(last.patient.index_date)):
            for predicate, own in found.items():
                rows.setdefault(predicate, []).extend(own)
        recorded |= last.recorded
        denied |= last.denied
        doubted |= last.doubted
        named |= last.named
    if last is not None:
        everybody = replace(
            last,
            recorded=frozenset(recorded),
            denied=frozenset(denied),
            doubted=frozenset(doubted),
            named=frozenset(named),
        )
        rows.update({name: list(pairs) for name, pairs in everybody.hierarchy(program.asked).items()})
    rows.update({name: list(found) for name, found in protocol_rows(program).items()})
    return tables_of(rows, program, names)


def tables_of(rows: Mapping[str, Collection[Row]], program: Program, names: Names) -> dict[str, pa.Table]:
    """A table for every base and given predicate of the program, empty where there are no rows.

    Raises ValueError for rows of a predicate that rules derive.
    """
    tables = {}
    for name, predicate in program.predicates.items():
        if predicate.role in ("base", "given"):
            tables[name] = _table(predicate, rows.get(name, ()), names)
        elif rows.get(name):
            raise ValueError(f"{name} is derived by rules and cannot be given")
    return tables


def _table(predicate: Predicate, rows: Collection[Row], names: Names) -> pa.Table:
    if not predicate.columns:
        return pa.table({HOLDS: pa.array([1] * bool(rows), ARROW[Kind.COUNT])})
    values = zip(*rows, strict=True) if rows else [()] * len(predicate.columns)
    columns = zip(column_names(predicate), predicate.columns, values, strict=True)
    return pa.table({name: _array(column, found, names) for name, column, found in columns})


def _array(column: Column, values: Iterable[str | int], names: Names) -> pa.Array:
    if column.kind is Kind.NAME:
        values = [names.code(str(value)) for value in values]
    return pa.array(values, ARROW[column.kind])


def chunks(facts: Facts, program: Program, patients: int) -> Iterator[Facts]:
    """The facts in parts of at most so many patients each, those without a patient in every part.

    One part where some rule speaks of several patients at once.
    """
    places = patient_columns(program)
    columns = {name: column_names(program.predicates[name])[place] for name, place in (places or {}).items()}
    own = {name: columns[name] for name in facts if name in columns}
    codes = sorted({code.as_py() for name, column in own.items() for code in facts[name][column].unique()})
    if len(codes) <= patients:
        yield facts
        return
    for start in range(0, len(codes), patients):
        first, last = codes[start], codes[min(start + patients, len(codes)) - 1]
        part = {name: _between(facts[name], column, first, last) for name, column in own.items()}
        yield {**facts, **part}


def _between(rows: pa.Table, column: str, first: int, last: int) -> pa.Table:
    """The rows whose column lies between two codes, both included."""
    inside = compute.and_(compute.greater_equal(rows[column], first), compute.less_equal(rows[column], last))
    return rows.filter(inside)
