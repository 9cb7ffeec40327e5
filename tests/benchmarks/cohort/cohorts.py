"""Fact tables of cohorts of any size, in Parquet parts, for the benchmark.

The first patients are made by the generator and normalised as always.  More than those are copies of them under new
numbers whose larger exact results are moved by up to a fifth, so that numbers and formulas do not repeat.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from nen_kb.cohort.generator import Generator
from nen_kb.engines.sql.facts import Facts, facts_of
from nen_kb.engines.sql.names import Names, names_of
from nen_kb.facts.normalise import Prepared, normalise
from nen_kb.facts.values import GRID, POS_INF
from nen_kb.ontology import Ontology
from nen_kb.rules.ir import Program
from nen_kb.sources.case_file import read_case

SEED = 20261120
PART = 50_000
"""So many patients at most in a part."""
STEP = GRID // 10
"""Moved results are written to a tenth of their unit."""


def prepared(ontology: Ontology, patients: int) -> Iterator[Prepared]:
    """The first patients of the generator's cohort."""
    generator = Generator(SEED)
    for number in range(patients):
        text = json.dumps(generator.document(number))
        yield normalise(read_case(Path(f"{number}.json"), ontology, text=text), ontology)


def write_base(folder: Path, ontology: Ontology, program: Program, patients: int) -> None:
    """The generator's patients as a folder of facts, unless it is there."""
    if (folder / "names.json").exists():
        return
    names = names_of(program)
    facts = facts_of(prepared(ontology, patients), program, names)
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in facts.items():
        pq.write_table(table, folder / f"{name}.parquet")
    (folder / "names.json").write_text(json.dumps(names.all()), "utf-8")


def read_base(folder: Path) -> tuple[dict[str, pa.Table], Names]:
    """What ``write_base`` wrote."""
    facts = {path.stem: pq.read_table(path) for path in sorted(folder.glob("*.parquet"))}
    return facts, Names(json.loads((folder / "names.json").read_text("utf-8")))


def write_parts(base: Path, folder: Path, patients: int) -> None:
    """That many patients in parts, unless they are there."""
    if (folder / "whole").exists():
        return
    facts, _ = read_base(base)
    own = np.sort(facts["patient"]["patient"].to_numpy())
    for part, first in enumerate(range(0, patients, PART)):
        wanted = min(PART, patients - first)
        path = folder / f"{part:05}"
        path.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(part)
        for name, table in facts.items():
            if "patient" in table.column_names:
                pq.write_table(_copies(name, table, own, first, wanted, rng), path / f"{name}.parquet")
    (folder / "whole").touch()


def parts(base: Path, folder: Path) -> Iterator[Facts]:
    """The facts part by part, with what does not depend on the patient in each; read when asked for."""
    shared = {name: table for name, table in read_base(base)[0].items() if "patient" not in table.column_names}
    for path in sorted(each for each in folder.iterdir() if each.is_dir()):
        yield {
            **shared,
            **{each.stem: pq.read_table(each, use_threads=False) for each in sorted(path.glob("*.parquet"))},
        }


def _copies(name: str, table: pa.Table, own: np.ndarray, first: int, wanted: int, rng: np.random.Generator) -> pa.Table:
    """The rows of patients ``first`` to ``first + wanted``; those of the base come again and again."""
    place = np.searchsorted(own, table["patient"].to_numpy())
    rounds = range(first // len(own) * len(own), first + wanted, len(own))
    numbers = np.concatenate([start + place for start in rounds])
    inside = (numbers >= first) & (numbers < first + wanted)
    columns = {each: np.tile(table[each].to_numpy(), len(rounds))[inside] for each in table.column_names}
    columns["patient"] = numbers[inside]
    if name == "measurement":
        _move(columns, rng, numbers[inside] >= len(own))
    return pa.table({each: pa.array(columns[each], table.schema.field(each).type) for each in table.column_names})


def _move(columns: dict[str, np.ndarray], rng: np.random.Generator, copied: np.ndarray) -> None:
    """Moves the exact results above ten units of the patients that are copies."""
    low = columns["low"]
    moved = copied & (low == columns["high"]) & (low > 10 * GRID) & (low < POS_INF // 10)
    new = (low * rng.uniform(0.8, 1.2, len(low))).astype(np.int64) // STEP * STEP
    columns["low"], columns["high"] = np.where(moved, new, low), np.where(moved, new, columns["high"])
