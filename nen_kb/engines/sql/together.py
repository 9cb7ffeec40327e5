"""The last step on one machine: a truth value of all patients together, as one array.

What the flags say of each patient is combined by the same rules, in the same layers, as ``wide.py`` does in SQL.  A
truth value takes a bit a patient, so an array takes a few millionths of a second, where an engine plans and runs a
thousand expressions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from nen_kb.engines.sql.flags import NUMBER, PATIENT, RAISED
from nen_kb.engines.sql.wide import Wide
from nen_kb.rules.ir import Atom

Packed = npt.NDArray[np.uint8]
"""Of each patient a bit, eight in a byte; what stands behind the last patient means nothing."""
Numbers = npt.NDArray[np.uint8]
"""Of each patient a small number."""


def columns_of(wide: Wide, raised: pa.Table, patients: npt.NDArray[np.int64]) -> dict[str, Numbers]:
    """The numbers of each group for those patients, who must be in ascending order."""
    words = _words(raised, patients, 1 + max((place.word for place in wide.places.values()), default=0))
    flags = [list(_bits(word)) for word in words]
    truths = {name: flags[place.word][place.bit] for name, place in wide.places.items() if name in wide.needed}
    none = np.zeros((len(patients) + 7) // 8, np.uint8)
    for layer in wide.layers:
        for name in layer:
            truths[name] = _holds(wide, name, truths, none)
    found = {}
    for group in wide.groups:
        total = np.zeros(len(patients), np.uint8)
        for name, added in group.members.items():
            if added:
                bits = np.unpackbits(truths[wide.last(name)], count=len(patients), bitorder="little")
                total |= bits * np.uint8(added)
        found[group.column] = total
    return found


def _bits(word: npt.NDArray[np.int64]) -> Iterator[Packed]:
    """Each bit of a word, of all patients."""
    bytes_ = np.ascontiguousarray(word.astype("<i8", copy=False).view(np.uint8).reshape(-1, 8).T)
    for byte in bytes_:
        for bit in range(8):
            yield np.packbits(byte & np.uint8(1 << bit), bitorder="little")


def _words(raised: pa.Table, patients: npt.NDArray[np.int64], count: int) -> npt.NDArray[np.int64]:
    """The words of each patient, put together from what raises flags."""
    owners = _places(raised[PATIENT].to_numpy(), patients)
    numbers, bits = raised[NUMBER].to_numpy(), raised[RAISED].to_numpy()
    words = np.zeros(count * len(patients), np.int64)
    known = owners >= 0
    if not known.all():
        owners, numbers, bits = owners[known], numbers[known], bits[known]
    np.bitwise_or.at(words, owners + numbers.astype(np.int64) * len(patients), bits)
    return words.reshape(count, len(patients))


def _places(codes: npt.NDArray[np.integer[Any]], patients: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Where each patient is in the list; -1 for one who is not."""
    if not len(patients) or not len(codes):
        return np.full(len(codes), -1, np.int64)
    first, last = int(patients[0]), int(patients[-1])
    if last - first < 8 * len(patients) + 1000:
        table = np.full(last - first + 1, -1, np.int64)
        table[patients - first] = np.arange(len(patients))
        if codes.min() >= first and codes.max() <= last:
            found: npt.NDArray[np.int64] = table[codes - first]
            return found
        inside = (codes >= first) & (codes <= last)
        return np.where(inside, table[np.clip(codes, first, last) - first], -1)
    at = np.minimum(np.searchsorted(patients, codes), len(patients) - 1)
    return np.where(patients[at] == codes, at, -1)


def _holds(wide: Wide, name: str, truths: dict[str, Packed], none: Packed) -> Packed:
    """Whether one of the rules of a predicate holds."""
    found = none.copy()
    for rule in wide.rules[name]:
        both = ~none
        for item in rule.body:
            assert isinstance(item, Atom)
            truth = truths[wide.last(item.predicate)]
            both &= ~truth if item.negated else truth
        found |= both
    return found
