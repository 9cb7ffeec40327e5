"""Facts that somebody else wrote: one Parquet file a base predicate of ``kb/vocabulary.dl``, named like it.

The columns are those of ``nen_kb.engines.sql.tables.column_names``: patient and record are texts or whole numbers,
other names texts, values ten-millionths of the canonical unit, days ordinals.  ``patient``, ``index_day`` and
``planned_start`` must be there.  A patient one of whose facts cannot be used is left out and the fault is listed:
rules conclude from what is missing, so half a record may say what the whole would not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet as pq

from nen_kb.cohort.batches import Found, Plan, Reading
from nen_kb.cohort.planning import describe, share
from nen_kb.cohort.row_checks import Checker
from nen_kb.cohort.store import NUMBERED, base_predicates
from nen_kb.engines.sql.tables import column_names
from nen_kb.errors import PatientError, Problem, UsageError
from nen_kb.facts.records import Note
from nen_kb.ontology import Ontology
from nen_kb.rules.ir import Column, Kind, Program
from nen_kb.rules.plan import Row

REQUIRED = ("patient", "index_day", "planned_start")
_REMEDY = "Write the file again as kb/vocabulary.dl describes the predicate."
Id = str | int


def plan_bare(source: Path, part: int, program: Program, as_of: int | None) -> Plan:
    """The batches of a folder of bare facts.

    Raises UsageError for another day than that of the facts, PatientError with everything wrong with the files as such.
    """
    if as_of is not None:
        message = "facts have their own index_day, which --as-of cannot change"
        raise UsageError(Problem(str(source), "--as-of", message, "Leave it out.", "other-day"))
    folder = source / "facts" if (source / "facts" / "patient.parquet").exists() else source
    predicates = base_predicates(program)
    files = {name: folder / f"{name}.parquet" for name in predicates}
    problems = [
        Problem(str(files[name]), "", "this file is missing", "Every patient needs it.", "missing-file")
        for name in REQUIRED
        if not files[name].exists()
    ]
    held = {name: path for name, path in files.items() if path.exists()}
    for name, path in held.items():
        problems += schema_faults(path, predicates[name].columns, column_names(predicates[name]))
    if problems:
        raise PatientError(problems)
    plan = Plan("facts", describe(source, sorted(folder.glob("*.parquet")), "facts"), documents=False)
    plan.notes += [
        Note(str(path), "no base predicate of the vocabulary is called so; not read", "not-read")
        for path in sorted(folder.glob("*.parquet"))
        if path.stem not in predicates
    ]
    plan.notes += [
        Note(str(files[name]), "there is no such file, so nobody has such a fact", "not-read")
        for name in predicates
        if name not in held
    ]
    ids: Counter[Id] = Counter()
    for found in groups(held["patient"], None, None):
        if isinstance(found, Fault):
            plan.problems.append(found.problem("nobody of it is judged"))
        else:
            ids.update(found.column(0).to_pylist())
    plan.problems += [
        Problem(
            str(held["patient"]), "", f"the patient {each} stands there {count} times", _REMEDY, "duplicate-patient"
        )
        for each, count in sorted(ids.items(), key=str)
        if count > 1
    ]
    every = sorted(each for each, count in ids.items() if count == 1 and each is not None)
    size = share(len(every), part)
    strange = frozenset(ids) - set(every)
    starts = [None, *every[size::size], None]  # whoever stands in no list of patients is met in some batch, too
    plan.batches += [
        BareFacts(folder, tuple(sorted(held)), first, before, strange) for first, before in pairwise(starts)
    ]
    return plan


def schema_faults(path: Path, columns: tuple[Column, ...], names: tuple[str, ...]) -> Iterator[Problem]:
    """What is wrong with the columns of a file."""
    try:
        schema = pq.read_schema(path)
    except (OSError, pa.ArrowException):
        yield Problem(str(path), "", "this is no Parquet file, or it was cut off", _REMEDY, "bad-parquet")
        return
    for name in schema.names:
        if name not in names:
            yield Problem(str(path), name, "the predicate has no such column", _REMEDY, "unknown-column")
    for name, column in zip(names, columns, strict=True):
        if name not in schema.names:
            yield Problem(str(path), name, "this column is missing", _REMEDY, "missing-column")
        elif not _fits(schema.field(name).type, column):
            message = f"a column of {schema.field(name).type} cannot hold {'names' if _is_name(column) else 'numbers'}"
            yield Problem(str(path), name, message, _REMEDY, "wrong-type")


def _is_name(column: Column) -> bool:
    return column.kind is Kind.NAME and column.word not in NUMBERED


def _fits(kind: pa.DataType, column: Column) -> bool:
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    if column.word in NUMBERED:
        return bool(text or pa.types.is_integer(kind))
    return bool(text if _is_name(column) else pa.types.is_integer(kind))


@dataclass(frozen=True)
class Fault:
    """A group of rows that cannot be read."""

    path: Path
    group: int
    rows: int
    first: Any
    last: Any
    """The least and the greatest patient of the group, or None where its description does not say so."""

    def problem(self, what: str) -> Problem:
        """The fault, and what follows from it."""
        message = f"this group of {self.rows} rows cannot be read; {what}"
        return Problem(str(self.path), f"row group {self.group}", message, "Copy or write it again.", "bad-row-group")


def groups(path: Path, first: Any, before: Any) -> Iterator[pa.Table | Fault]:
    """The groups of rows of a file that may speak of patients from ``first`` up to ``before``, if these are given."""
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        place = file.schema_arrow.names.index("patient")
        for number in range(file.num_row_groups):
            described = file.metadata.row_group(number)
            range_ = described.column(place).statistics
            least, most = (range_.min, range_.max) if range_ is not None and range_.has_min_max else (None, None)
            if least is not None and ((first is not None and most < first) or (before is not None and before <= least)):
                continue
            try:
                yield file.read_row_group(number)
            except (OSError, pa.ArrowException):
                yield Fault(path, number, described.num_rows, least, most)


@dataclass(frozen=True)
class BareFacts:
    """The facts of the patients from one id up to another."""

    folder: Path
    held: tuple[str, ...]
    first: Any
    before: Any
    """From which id, text or number, up to which one, itself not; None where there is no such end."""
    strange: frozenset[Id]
    """Ids within that range that are no patients."""

    def read(self, reading: Reading) -> Iterator[Found]:
        """Nobody: bare facts hold no records that could be prepared; ``rows`` gives the facts."""
        del reading
        return iter(())

    def _covers(self, patient: Any) -> bool:
        return (self.first is None or self.first <= patient) and (self.before is None or patient < self.before)

    def rows(self, program: Program, ontology: Ontology) -> Iterator[tuple[Id, Mapping[str, list[Row]]] | Problem]:
        """The rows of each patient that are all in order, and every fault."""
        predicates = base_predicates(program)
        checker = Checker(program, ontology, self.folder)
        found: dict[Any, dict[str, list[Row]]] = {}
        left_out: list[Fault] = []
        for name in ("patient", *(each for each in self.held if each != "patient")):
            names = column_names(predicates[name])
            for group in groups(self.folder / f"{name}.parquet", self.first, self.before):
                if isinstance(group, Fault):
                    left_out.append(group)
                    continue
                for row in zip(*(group[each].to_pylist() for each in names), strict=True):
                    patient = row[0]
                    if patient is None:
                        if self.first is None:
                            checker.stranger(name)
                        continue
                    if not self._covers(patient):
                        continue
                    if name == "patient":
                        found[patient] = {}
                    if patient in found and checker.row(name, row):
                        found[patient].setdefault(name, []).append(row)
                    elif patient not in found:
                        checker.stranger(name)
        for fault in left_out:
            if fault.first is None or fault.last is None:
                raise PatientError(fault.problem("and it does not say whose facts it holds, so nobody can be judged"))
            if fault.path.stem != "patient":
                lost = [each for each in found if fault.first <= each <= fault.last]
                for each in lost:
                    del found[each]
                yield fault.problem(f"{len(lost)} patients of this part who may be in it are left out")
        for patient in sorted(found):
            if patient not in self.strange and checker.patient(patient, found[patient]):
                yield patient, found[patient]
        yield from checker.problems()
