"""The stages of the comparison, each run in a process of its own so that its memory is its own."""

from __future__ import annotations

import json
import resource
import time
import zlib
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from cohorts import parts, read_base
from hand import hand_written

from nen_kb.engines.patients import patient_columns
from nen_kb.engines.sql.duckdb import DuckDB
from nen_kb.engines.sql.facts import Facts, chunks
from nen_kb.engines.sql.fuse import OUTCOMES, fuse
from nen_kb.engines.sql.matrix import matrix_of
from nen_kb.engines.sql.names import Names
from nen_kb.ontology import Ontology
from nen_kb.resources import shipped
from nen_kb.rules.ir import Kind, Program
from nen_kb.rules.load import load_program
from nen_kb.rules.plan import Row

Judge = Callable[[Facts], pa.Table]
Result = dict[str, Any]


def shipped_program() -> Program:
    """The rules that ship."""
    return load_program(shipped("kb"), Ontology.load(None))


# ── cohorts on DuckDB ───────────────────────────────────────────────────────


def cohort(judge: Judge, facts: Iterator[Facts], workers: int) -> Result:
    """Every part judged: seconds, and of each column its sum and a checksum over the patients in order.

    Processor seconds without those that reading the Parquet files and the checksums take, which are the same for all.
    """
    sums: dict[str, list[int]] = {}
    patients = 0
    begin, cpu = time.perf_counter(), time.process_time()
    reading = 0.0
    with ThreadPoolExecutor(workers) as pool:
        waiting: deque[Future[pa.Table]] = deque()
        while True:
            now = time.thread_time()
            part = next(facts, None)
            reading += time.thread_time() - now
            if part is not None:
                waiting.append(pool.submit(judge, part))
            if waiting and (part is None or len(waiting) > workers):
                matrix = waiting.popleft().result()
                patients += matrix.num_rows
                now = time.thread_time()
                _add(sums, matrix)
                reading += time.thread_time() - now
            if part is None and not waiting:
                break
    return {
        "patients": patients,
        "wall": time.perf_counter() - begin,
        "cpu": time.process_time() - cpu - reading,
        "reading": reading,
        "sums": sums,
    }


def _add(sums: dict[str, list[int]], matrix: pa.Table) -> None:
    order = np.argsort(matrix["patient"].to_numpy(), kind="stable")
    for name in matrix.column_names:
        if name != "patient":
            values = matrix[name].to_numpy()[order]
            total, check = sums.get(name, [0, 0])
            sums[name] = [total + int(values.sum()), zlib.crc32(values.astype(np.uint8).tobytes(), check)]


def hand(base: Path, folder: Path, workers: int) -> Result:
    """The hand-written SQL."""
    names = read_base(base)[1]
    return cohort(lambda facts: hand_written(facts, names, 2 // workers), parts(base, folder), workers)


def compiled(base: Path, folder: Path, workers: int) -> Result:
    """The compiled program."""
    program, names = shipped_program(), read_base(base)[1]
    begin = time.process_time()
    engine = DuckDB(fuse(program, names=names), threads=2)
    compiling = time.process_time() - begin

    def judge(facts: Facts) -> pa.Table:
        if hasattr(engine, "matrix"):
            return engine.matrix(facts, names)
        rows = engine.run(facts, OUTCOMES, names)
        return matrix_of(rows, facts["patient"]["patient"].to_pylist(), program, names)

    return {**cohort(judge, parts(base, folder), workers), "compiling": compiling}


# ── engines that take names ─────────────────────────────────────────────────


def bases(base: Path, program: Program, patients: int) -> list[dict[str, list[Row]]]:
    """The facts of the first patients as engines for one patient take them, each with the hierarchy it needs."""
    facts, names = read_base(base)
    own = patient_columns(program) or {}
    shared = {name: _rows(facts[name], program, name, names) for name in facts if name not in own}
    found = []
    for part in chunks(next(iter(chunks(facts, program, patients))), program, 1):
        rows = {name: _rows(part[name], program, name, names) for name in part if name in own}
        classes = {row[2] for name in ("found", "ruled_out", "doubtful", "about") for row in rows[name]}
        classes |= {row[2] for name in ("measurement", "scan", "treatment") for row in rows[name]}
        near = {
            name: [row for row in some if name not in ("isa", "overlaps", "disjoint") or classes & {*row}]
            for name, some in shared.items()
        }
        found.append({**near, **rows})
    return found


def _rows(table: pa.Table, program: Program, name: str, names: Names) -> list[Row]:
    columns = [
        [names.name(code) for code in values.to_pylist()] if column.kind is Kind.NAME else values.to_pylist()
        for column, values in zip(program.predicates[name].columns, table.columns, strict=True)
    ]
    return list(zip(*columns, strict=True))


def expected(base: Path, program: Program, patients: Collection[str]) -> dict[str, set[Row]]:
    """The compiled program's rows for those patients of the base."""
    facts, names = read_base(base)
    rows = DuckDB(fuse(program, names=names), threads=2).run(facts, OUTCOMES, names)
    return {name: {row for row in _rows(rows[name], program, name, names) if row[0] in patients} for name in OUTCOMES}


def pydatalog(base: Path, patients: int) -> Result:
    """pyDatalog, one patient a session."""
    from nen_kb.engines.pydatalog import PyDatalogEngine

    program = shipped_program()
    found = bases(base, program, patients)
    engine = PyDatalogEngine(program)
    engine.rows(found[0], OUTCOMES)
    begin, cpu = time.perf_counter(), time.process_time()
    rows = [engine.rows(each, OUTCOMES) for each in found]
    result = {"patients": len(found), "wall": time.perf_counter() - begin, "cpu": time.process_time() - cpu}
    got = {name: set().union(*(each[name] for each in rows)) for name in OUTCOMES}
    return {**result, "agrees": got == expected(base, program, {row[0] for each in found for row in each["patient"]})}


def clingo(base: Path, patients: int, batch: int) -> Result:
    """clingo, in batches; grounding and solving are timed, the text of rules and facts is made beforehand."""
    from asp import Translation, computed, solve

    program, names = shipped_program(), read_base(base)[1]
    found = bases(base, program, patients)
    own = set(patient_columns(program) or {})
    got: dict[str, set[Row]] = {name: set() for name in OUTCOMES}
    wall = cpu = 0.0
    for start in range(0, len(found), batch):
        some = found[start : start + batch]
        together: dict[str, Collection[Row]] = {}
        for name in some[0]:
            rows = [row for each in some for row in each[name]]
            together[name] = rows if name in own else set(rows)
        builtins = computed(program, some, OUTCOMES)
        translation = Translation(program, names, [together, builtins])
        text = "\n".join([translation.rules(OUTCOMES), translation.facts(together), translation.facts(builtins)])
        begin, process = time.perf_counter(), time.process_time()
        answer = solve(translation, text, OUTCOMES)
        wall, cpu = wall + time.perf_counter() - begin, cpu + time.process_time() - process
        for name, symbols in answer.items():
            kinds = [column.kind for column in program.predicates[name].columns]
            got[name] |= {translation.row(symbol, kinds) for symbol in symbols}
    wanted = expected(base, program, {row[0] for each in found for row in each["patient"]})
    return {"patients": len(found), "wall": wall, "cpu": cpu, "agrees": got == wanted}


def run(stage: str, base: Path, folder: Path, patients: int, workers: int, batch: int) -> Result:
    """One stage, and the most memory its process had."""
    made: Mapping[str, Callable[[], Result]] = {
        "hand-written": lambda: hand(base, folder, workers),
        "compiled": lambda: compiled(base, folder, workers),
        "pyDatalog": lambda: pydatalog(base, patients),
        "clingo": lambda: clingo(base, patients, batch),
    }
    result = made[stage]()
    return {**result, "mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}


def show(result: Result) -> None:
    """The result as the line that the parent process reads."""
    print(json.dumps(result), flush=True)
