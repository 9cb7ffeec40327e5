"""The patterns of a run, kept beside it, so that the next question is answered without reading it again.

The file is a help and nothing more: it carries a stamp of everything it was counted from, and is made again where
the stamp is another, and left out where the folder cannot be written.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pyarrow as pa
from pyarrow import compute
from pyarrow import parquet as pq

from nen_kb.cohort.feasibility.patterns import Bits, Patterns, words_for
from nen_kb.cohort.feasibility.statuses import whole_clauses
from nen_kb.cohort.files import whole_file
from nen_kb.cohort.store import MATRIX, Run
from nen_kb.errors import NenKbError
from nen_kb.rules.ir import Trial

FILE = "patterns.parquet"
_STAMP = b"counted from"
_SETS = ("fails", "open", "conflicting")


def stamp(run: Run, trials: Sequence[Trial]) -> bytes:
    """What tells one set of statuses from another: every matrix by its hash, the clauses by their order."""
    clauses = [[trial.id, *((clause.id, clause.kind) for clause in whole_clauses(trial))] for trial in trials]
    files = [(part.first, part.patients, part.files.get(MATRIX)) for part in run.parts]
    return hashlib.sha256(json.dumps([clauses, files]).encode()).hexdigest().encode()


def load(run: Run, trials: Sequence[Trial]) -> dict[str, Patterns] | None:
    """The patterns of those trials, or None if there are none that are surely of this run."""
    try:
        table = pq.read_table(run.path / FILE, partitioning=None)
        if (table.schema.metadata or {}).get(_STAMP) != stamp(run, trials):
            return None
        return {trial.id: _patterns(table, trial) for trial in trials}
    except (OSError, pa.ArrowException, KeyError):
        return None


def save(run: Run, trials: Sequence[Trial], found: Mapping[str, Patterns]) -> None:
    """Keeps the patterns of all those trials; a folder that cannot be written is left as it is."""
    words = max((words_for(len(each.clauses)) for each in found.values()), default=1)
    table = pa.concat_tables([_table(trial.id, found[trial.id], words) for trial in trials])
    table = table.replace_schema_metadata({_STAMP: stamp(run, trials)})
    with contextlib.suppress(OSError, NenKbError), whole_file(run.path / FILE) as path:
        pq.write_table(table, path, compression="zstd")


def _table(trial: str, found: Patterns, words: int) -> pa.Table:
    columns = {"trial": pa.array([trial] * len(found.patients), pa.string()).dictionary_encode()}
    for name in _SETS:
        for word, values in enumerate(_padded(getattr(found, name), words)):
            columns[f"{name}_{word}"] = pa.array(values, pa.uint64())
    return pa.table({**columns, "patients": pa.array(found.patients, pa.int64())})


def _padded(sets: Bits, words: int) -> Iterator[Bits]:
    for word in range(words):
        yield sets[:, word] if word < sets.shape[1] else np.zeros(len(sets), dtype=np.uint64)


def _patterns(table: pa.Table, trial: Trial) -> Patterns:
    own = table.filter(compute.equal(table["trial"].cast(pa.string()), trial.id))
    clauses = whole_clauses(trial)
    words = range(words_for(len(clauses)))
    sets = {
        name: np.column_stack([own[f"{name}_{word}"].to_numpy() for word in words]).astype(np.uint64) for name in _SETS
    }
    return Patterns(
        tuple(clause.id for clause in clauses),
        tuple(clause.kind for clause in clauses),
        sets["fails"],
        sets["open"],
        sets["conflicting"],
        own["patients"].to_numpy().astype(np.int64),
    )
