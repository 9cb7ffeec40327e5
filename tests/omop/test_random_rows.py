"""Random CDMs: nothing raises, the order of rows is no matter, and less vocabulary never decides more."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any

from cdm_builder import AS_OF, condition, drug, measurement, observation, person, procedure, vocabulary
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nen_kb import KnowledgeBase
from nen_kb.facts.records import Patient
from nen_kb.ontology import Ontology
from nen_kb.sources.omop import people
from nen_kb.sources.omop.concepts import TermLexicon
from nen_kb.sources.omop.tables import ANCESTOR, CLINICAL, PERSON, Table
from nen_kb.sources.omop.terms import Terms
from nen_kb.sources.omop.values import Row, text, whole

QUICK: dict[str, Any] = {"deadline": None, "suppress_health_check": list(HealthCheck)}


class InMemory:
    """A vocabulary in lists, so that an example needs no file."""

    def __init__(self, tables: dict[str, list[dict[str, Any]]]) -> None:
        self._tables = {name: [cells(row) for row in rows] for name, rows in tables.items()}

    def lookup(self, table: Table, column: str, ids: Iterable[int]) -> list[Row]:
        wanted = set(ids)
        return [row for row in self._tables.get(table.name, []) if whole(row.get(column)) in wanted]


def cells(row: dict[str, Any]) -> Row:
    return {name: cell for name, value in row.items() if (cell := text(value))}


def read(tables: dict[str, list[dict[str, Any]]], terms: Terms, *, complete: bool = False) -> Patient:
    rows = {name: [cells(row) for row in found] for name, found in tables.items()}
    rows.setdefault(PERSON, [cells(person(1))])
    domains = ("conditions", "treatments", "imaging") if complete else ()
    return people.read("1", rows, terms, AS_OF, domains)


@cache
def words() -> Terms:
    return Terms(InMemory(vocabulary()), TermLexicon(Ontology.load()))


CONCEPTS = [row["concept_id"] for row in vocabulary()["concept"]]
DATES = ["2026-11-20", "2024-05", "2020", "20240520", "2024-02-30", "2024-05-20 00:00:00", "9999-12-31", "1066-01-01"]
NUMBERS = ["0", "-1", "12.1", "1e400", "NaN", "1,5", "999999999999999999999999", "4.5e-9", "90"]
WORDS = [
    "",
    "NULL",
    "<5",
    "> 5 mg/dL",
    "g/dL",
    "µmol/L",
    "K/uL",
    "Krenning score",
    "positive",
    "ICD10CM:C25.4",
    "x" * 999,
]
CELLS = st.sampled_from([None, *CONCEPTS, *DATES, *NUMBERS, *WORDS]) | st.text(max_size=12)


@st.composite
def any_rows(draw: st.DrawFn) -> dict[str, list[dict[str, Any]]]:
    tables: dict[str, list[dict[str, Any]]] = {}
    for name, table in CLINICAL.items():
        count = 1 if name == PERSON else draw(st.integers(0, 3))
        made = []
        for _ in range(count):
            row: dict[str, Any] = {}
            for column in table.columns:
                if column.endswith("concept_id"):
                    row[column] = draw(st.sampled_from(CONCEPTS) | st.sampled_from([0, None, "x", -5, 12345]))
                elif "date" in column:
                    row[column] = draw(st.sampled_from(DATES) | CELLS)
                else:
                    row[column] = draw(CELLS)
            made.append(row)
        tables[name] = made
    return tables


@given(tables=any_rows())
@settings(max_examples=120, **QUICK)
def test_no_row_raises_and_none_is_lost(tables: dict[str, list[dict[str, Any]]]) -> None:
    """Whatever stands in the cells, every row becomes a record or is counted in a note, and ids are distinct."""
    found = read(tables, words())
    records = [*found.findings, *found.measurements, *found.treatments, *found.imaging]
    assert len({record.id for record in records}) == len(records)
    known = {record.origin.file for record in records} | {note.message.partition(":")[0] for note in found.notes}
    for name, rows in tables.items():
        if rows and name not in (PERSON, "observation_period"):
            assert name.upper() in known, name


@given(tables=any_rows(), seed=st.integers(0, 99))
@settings(max_examples=60, **QUICK)
def test_the_order_of_rows_is_no_matter(tables: dict[str, list[dict[str, Any]]], seed: int) -> None:
    """The same rows in another order are the same patient, notes included."""
    mixed = {name: random.Random(seed).sample(rows, len(rows)) for name, rows in tables.items()}
    one, other = read(tables, words()), read(mixed, words())
    assert one == other
    assert one.notes == other.notes


LOCAL = list(range(2000001000, 2000001012))
ABOVE = [201820, 316139, 198371, 2000000040, 2000000011, 1337620, 1522957, 4305790, 2000000024]
DAYS = ["2024-01-01", "2026-05-01", "2026-10-01", "2026-11-19"]


@st.composite
def local_codes(draw: st.DrawFn) -> tuple[dict[str, list[dict[str, Any]]], list[dict[str, Any]]]:
    """A patient in local codes only, and a hierarchy that puts some of them under codes the ontology knows."""
    one, day = st.sampled_from(LOCAL), st.sampled_from(DAYS)
    known = st.sampled_from(ABOVE) | one
    tables: dict[str, list[dict[str, Any]]] = {
        "condition_occurrence": [
            condition(n, 1, draw(known), draw(day), condition_end_date=draw(st.none() | day))
            for n in range(draw(st.integers(0, 3)))
        ],
        "drug_exposure": [
            drug(n, 1, draw(known), draw(day), drug_type_concept_id=draw(st.sampled_from([32818, 32838])))
            for n in range(draw(st.integers(0, 3)))
        ],
        "procedure_occurrence": [
            procedure(9, 1, 0, "2026-05-01", procedure_source_value="68Ga-DOTATATE PET/CT"),
            *(procedure(n, 1, draw(known), draw(day)) for n in range(draw(st.integers(0, 3)))),
        ],
        "measurement": [measurement(1, 1, 0, "2026-05-01", 4, measurement_source_value="Krenning score")],
        "observation": [
            observation(n, 1, 4132135, draw(day), value_as_concept_id=draw(st.sampled_from([316139, 2000000040])))
            for n in range(draw(st.integers(0, 2)))
        ],
        "observation_period": [
            {"observation_period_id": 1, "person_id": 1, "observation_period_start_date": "2020-01-01",
             "observation_period_end_date": date.fromordinal(AS_OF).isoformat()}
        ],
    }  # fmt: skip
    pairs = draw(st.lists(st.tuples(st.sampled_from(ABOVE), one), min_size=1, max_size=8))
    hierarchy = [
        {"ancestor_concept_id": upper, "descendant_concept_id": lower, "min_levels_of_separation": 1}
        for upper, lower in pairs
    ]
    return tables, hierarchy


def statuses(patient: Patient, kb: KnowledgeBase) -> dict[tuple[Any, Any], Any]:
    model = kb.judge.evaluator.run(kb.judge.base_rows(kb.prepare(patient)), ["status"])
    return {(row[1], row[2]): row[3] for row in model.rows("status")}


@given(made=local_codes())
@settings(max_examples=60, **QUICK)
def test_less_vocabulary_never_decides_more(
    made: tuple[dict[str, list[dict[str, Any]]], list[dict[str, Any]]], kb: KnowledgeBase
) -> None:
    """What is unknown with CONCEPT_ANCESTOR is not decided without it."""
    tables, hierarchy = made
    base = vocabulary()
    base["concept"] = base["concept"] + [
        {"concept_id": n, "concept_name": f"local {n}", "vocabulary_id": "Local", "concept_code": str(n)} for n in LOCAL
    ]
    lexicon = TermLexicon(kb.ontology)
    rich, poor = (Terms(InMemory({**base, ANCESTOR: rows}), lexicon) for rows in (hierarchy, []))
    full = statuses(read(tables, rich, complete=True), kb)
    less = statuses(read(tables, poor, complete=True), kb)
    assert full.keys() == less.keys()
    assert len(full) > 50
    for clause, status in full.items():
        if status == "unknown":
            assert less[clause] not in ("met", "unmet"), (clause, tables, hierarchy)
