"""The rows of built-ins that SQL cannot compute, for the inputs that a statement asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nen_kb.engines.sql.facts import ARROW
from nen_kb.engines.sql.names import Names
from nen_kb.engines.sql.quick import quick
from nen_kb.engines.sql.tables import column_names
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.ir import Kind, Predicate
from nen_kb.rules.plan import Row

Column = npt.NDArray[Any]


def computed_rows(predicate: Predicate, inputs: pa.Table, known: set[Row] | None, names: Names) -> pa.Table:
    """Rows of a built-in for distinct inputs: those not ``known`` yet, which are known from now on, or all (None)."""
    builtin = BUILTINS[predicate.name]
    if known is not None:
        rows = list(zip(*(column.to_pylist() for column in inputs.columns), strict=True))
        inputs = inputs.filter(pa.array([row not in known for row in rows], pa.bool_()))
        known.update(rows)
    kinds = [column.kind for column in predicate.columns]
    codes = [column.to_numpy() for column in inputs.columns]
    values = [
        _words(column, names) if kinds[place] is Kind.NAME else column.astype(np.int64)
        for place, column in zip(builtin.inputs, codes, strict=True)
    ]
    outputs, kept = _outputs(predicate, values)
    columns = dict(zip(builtin.inputs, codes, strict=True)) | dict(zip(builtin.outputs, outputs, strict=True))
    return pa.table({
        name: pa.array(columns[place][kept], ARROW[kind])
        for place, (name, kind) in enumerate(zip(column_names(predicate), kinds, strict=True))
    })  # fmt: skip


def _words(codes: Column, names: Names) -> Column:
    """The names of some codes."""
    different, places = np.unique(codes, return_inverse=True)
    words = np.array([names.name(int(code)) for code in different], dtype=np.str_)
    return words[places] if len(different) else np.array([], np.str_)


def _outputs(predicate: Predicate, values: Sequence[Column]) -> tuple[list[Column], npt.NDArray[np.bool_]]:
    """The outputs for each input, and where there are any: quickly where that is sure, else exactly."""
    builtin = BUILTINS[predicate.name]
    many = len(values[0])
    found = quick(predicate.name, values)
    outputs = [np.zeros(many, np.int64) for _ in builtin.outputs] if found is None else [found[0], found[1]]
    kept = np.zeros(many, np.bool_) if found is None else found[2].copy()
    for row in np.flatnonzero(~kept):
        exact = builtin.function(*(column[row].item() for column in values))
        if exact is not None:
            kept[row] = True
            for column, value in zip(outputs, exact, strict=True):
                column[row] = value
    return outputs, kept
