"""The last step on one machine: a truth value of all patients together, as one array.

What the flags say of each patient is combined by the same rules, in the same layers, as ``wide.py`` does in SQL.  An
array of bytes a predicate takes a few millionths of a second, where an engine plans and runs a thousand expressions.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nen_kb.engines.sql.flags import NUMBER, PATIENT, RAISED
from nen_kb.engines.sql.wide import Wide
from nen_kb.rules.ir import Atom

Truths = npt.NDArray[np.uint8]
"""Of each patient 0 or 1."""


def columns_of(wide: Wide, raised: pa.Table, patients: npt.NDArray[np.int64]) -> dict[str, Truths]:
    """The numbers of each group for those patients, who must be in ascending order."""
    words = _words(raised, patients, 1 + max((place.word for place in wide.places.values()), default=0))
    truths: dict[str, Truths] = {}
    for name, place in wide.places.items():
        if name in wide.needed:
            truths[name] = (words[place.word] >> place.bit & 1).astype(np.uint8)
    none = np.zeros(len(patients), np.uint8)
    for layer in wide.layers:
        for name in layer:
            truths[name] = _holds(wide, name, truths, none)
    found = {}
    for group in wide.groups:
        total = none.copy()
        for name, added in group.members.items():
            if added:
                total |= truths[wide.last(name)] * np.uint8(added)
        found[group.column] = total
    return found


def _words(raised: pa.Table, patients: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    """The words of each patient, put together from what raises flags."""
    owners = _places(raised[PATIENT].to_numpy().astype(np.int64, copy=False), patients)
    numbers, bits = raised[NUMBER].to_numpy(), raised[RAISED].to_numpy()
    words = np.zeros(count * len(patients), np.int64)
    known = owners >= 0
    if not known.all():
        owners, numbers, bits = owners[known], numbers[known], bits[known]
    np.bitwise_or.at(words, owners + numbers.astype(np.int64) * len(patients), bits)
    return words.reshape(count, len(patients))


def _places(codes: npt.NDArray[np.int64], patients: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Where each patient is in the list; -1 for one who is not."""
    if not len(patients) or not len(codes):
        return np.full(len(codes), -1, np.int64)
    first, last = int(patients[0]), int(patients[-1])
    if last - first < 8 * len(patients) + 1000:
        table = np.full(last - first + 1, -1, np.int64)
        table[patients - first] = np.arange(len(patients))
        inside = (codes >= first) & (codes <= last)
        if inside.all():
            return table[codes - first]
        return np.where(inside, table[np.clip(codes, first, last) - first], -1)
    at = np.minimum(np.searchsorted(patients, codes), len(patients) - 1)
    return np.where(patients[at] == codes, at, -1)


def _holds(wide: Wide, name: str, truths: dict[str, Truths], none: Truths) -> Truths:
    """Whether one of the rules of a predicate holds."""
    found = none.copy()
    for rule in wide.rules[name]:
        both: Truths | None = None
        for item in rule.body:
            assert isinstance(item, Atom)
            truth = truths[wide.last(item.predicate)]
            if item.negated:
                truth = truth ^ np.uint8(1)
            both = truth if both is None else both & truth
        found |= 1 if both is None else both
    return found
