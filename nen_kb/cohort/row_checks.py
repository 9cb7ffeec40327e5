"""Checks facts that no importer has made: names, ends of intervals, and that each record has what belongs to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nen_kb.cohort.store import base_predicates
from nen_kb.engines.sql.tables import column_names
from nen_kb.errors import Problem
from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST
from nen_kb.facts.patient_json import DOMAINS
from nen_kb.facts.records import Sex
from nen_kb.facts.values import NEG_INF, POS_INF
from nen_kb.ontology import Ontology
from nen_kb.rules.ir import Column, Kind, Program
from nen_kb.rules.plan import Row

ONCE = {"index_day": 1, "planned_start": 1, "sex": 0, "age": 0}
"""Predicates of which a patient has at most one row, and how many she must have."""
COMPANIONS = {
    "found": ("dated",),
    "ruled_out": ("dated",),
    "doubtful": ("dated",),
    "measurement": ("dated",),
    "scan": ("dated", "uptake_extent"),
    "treatment": ("started", "ended"),
}
"""Of a record of a kind, the predicates that must have exactly one row of the same record."""
_ENDS = (("Low", "High"), ("From", "To"))


class Checker:
    """Checks rows and patients, and counts what is wrong."""

    def __init__(self, program: Program, ontology: Ontology, folder: Path) -> None:
        self._columns = {name: each.columns for name, each in base_predicates(program).items()}
        self._names = {name: column_names(each) for name, each in base_predicates(program).items()}
        self._ontology = ontology
        self._folder = folder
        self._trials = {trial.id for trial in program.trials}
        self._faults: Counter[tuple[str, str, str, str]] = Counter()
        self._bad: set[Any] = set()

    def row(self, name: str, row: Sequence[Any]) -> bool:
        """Whether a row can be used; if not, its patient cannot be judged."""
        columns = self._columns[name]
        for place, (column, value) in enumerate(zip(columns, row, strict=True)):
            wrong = self._value(column, value, name)
            if wrong:
                return self._fault(name, self._names[name][place], wrong, "bad-value", row[0])
        words = [column.word for column in columns]
        for low, high in _ENDS:
            starts = [place for place, word in enumerate(words) if word == low]
            ends = [place for place, word in enumerate(words) if word == high]
            for start, end in zip(starts, ends, strict=False):
                if row[start] > row[end]:
                    return self._fault(
                        name, self._names[name][start], "the interval runs backwards", "bad-interval", row[0]
                    )
        return True

    def _value(self, column: Column, value: Any, predicate: str) -> str:
        """What is wrong with a value; empty if nothing is."""
        if value is None:
            return "a value is missing"
        if column.kind is Kind.DAY:
            return "" if FAR_PAST <= value <= FAR_FUTURE else "this is no day of the calendar"
        if column.kind is Kind.VALUE:
            return "" if NEG_INF <= value <= POS_INF else "the number is out of reach"
        if column.word in ("Concept", "Class"):
            return "" if value in self._ontology.names else "the ontology has no such class"
        if column.word == "Domain":
            return "" if value in DOMAINS else "there is no such domain"
        if column.word == "Trial":
            return "" if value in self._trials else "there is no such trial"
        if predicate == "sex" and column.word == "Word":
            return "" if value in [sex.value for sex in Sex] else "sex is Female or Male, or there is no row"
        return ""

    def stranger(self, name: str) -> None:
        """A row of somebody whom ``patient.parquet`` does not name."""
        self._faults[name, "patient", "no such patient stands in patient.parquet; not used", "unknown-patient"] += 1

    def patient(self, patient: Any, rows: Mapping[str, Sequence[Row]]) -> bool:
        """Whether a patient's rows belong together."""
        for name, least in ONCE.items():
            count = len(set(rows.get(name, ())))
            if count > 1 or count < least:
                self._fault(name, "patient", "a patient has no row of it, or several", "not-one-row", patient)
        for name, others in COMPANIONS.items():
            for row in rows.get(name, ()):
                for other in others:
                    if sum(1 for each in rows.get(other, ()) if each[1] == row[1]) != 1:
                        text = f"a record of {name} has no row of it, or several"
                        self._fault(other, "record", text, "not-one-row", patient)
        today = next((row[1] for row in rows.get("index_day", ())), FAR_FUTURE)
        for name in ("dated", "started"):
            if any(row[-1] > today for row in rows.get(name, ())):
                self._fault(name, "to", "a record reaches past the index day", "after-index-day", patient)
        return patient not in self._bad

    def _fault(self, name: str, column: str, message: str, code: str, patient: Any) -> bool:
        self._faults[name, column, message, code] += 1
        self._bad.add(patient)
        return False

    def problems(self) -> list[Problem]:
        """Every fault with how often it was found; whoever has one was left out."""
        found = []
        for (name, column, message, code), count in sorted(self._faults.items()):
            times = f" ({count} times)" if count > 1 else ""
            remedy = "Correct it; until then its patients are left out."
            found.append(Problem(str(self._folder / f"{name}.parquet"), column, message + times, remedy, code))
        return found
