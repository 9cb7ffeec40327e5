"""A small CDM with invented neuroendocrine patients, built row by row and written in every shape that is read.

Concept ids below a million are those of the OMOP vocabularies where the concept exists there; ids from two
thousand million on are local, as the CDM leaves them to a site.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

Rows = list[dict[str, Any]]
Tables = dict[str, Rows]

AS_OF = date(2026, 11, 20).toordinal()

_CONCEPTS = """
3000963|Hemoglobin [Mass/volume] in Blood|Measurement|LOINC|Lab Test|718-7
3024929|Platelets [#/volume] in Blood by Automated count|Measurement|LOINC|Lab Test|777-3
3016723|Creatinine [Mass/volume] in Serum or Plasma|Measurement|LOINC|Lab Test|2160-0
3013721|Aspartate aminotransferase [Enzymatic activity/volume] in Serum or Plasma|Measurement|LOINC|Lab Test|1920-8
3017732|Neutrophils [#/volume] in Blood|Measurement|LOINC|Lab Test|26499-4
3001110|Chromogranin A [Mass/volume] in Serum or Plasma|Measurement|LOINC|Lab Test|9811-1
3004249|Systolic blood pressure|Measurement|LOINC|Clinical Observation|8480-6
36305384|ECOG performance status|Measurement|LOINC|Clinical Observation|89247-1
45876298|Ambulatory and capable of light work|Meas Value|LOINC|Answer|LA9623-5
35621987|Ki-67 index|Measurement|NCIt|Finding|C123557
2000000001|Hemoglobin [Mass/volume] in Blood by Oximetry|Measurement|LOINC|Lab Test|99999-1
8713|gram per deciliter|Unit|UCUM|Unit|g/dL
8636|gram per liter|Unit|UCUM|Unit|g/L
8840|milligram per deciliter|Unit|UCUM|Unit|mg/dL
8749|micromole per liter|Unit|UCUM|Unit|umol/L
8645|unit per liter|Unit|UCUM|Unit|U/L
8848|thousand per microliter|Unit|UCUM|Unit|10*3/uL
8554|percent|Unit|UCUM|Unit|%
8842|nanogram per milliliter|Unit|UCUM|Unit|ng/mL
198371|Secondary malignant neoplasm of liver|Condition|SNOMED|Disorder|94381002
316139|Heart failure|Condition|SNOMED|Disorder|84114007
201820|Diabetes mellitus|Condition|SNOMED|Disorder|73211009
2000000010|Diabetes mellitus type 2 with a local twist|Condition|SNOMED|Disorder|999000001
2000000011|Neuroendocrine tumor of pancreas|Condition|NCIt|Disease|C27720
2000000012|Fracture of ankle|Condition|SNOMED|Disorder|16114001
44500001|Carcinoid tumor, of tail of pancreas|Condition|ICDO3|ICDO Condition|8240/3-C25.4
2000000013|local diagnosis code|Condition|LocalDx|Dx|PNET01
1522957|octreotide|Drug|RxNorm|Ingredient|7617
2000000020|octreotide 0.1 MG/ML Injectable Solution|Drug|RxNorm|Clinical Drug|1000000
2000000021|Brandname 10 MG Tablet|Drug|RxNorm|Branded Drug|1000001
1337620|capecitabine|Drug|RxNorm|Ingredient|194000
2000000022|some blood pressure ingredient|Drug|RxNorm|Ingredient|1000002
2000000023|a tablet of that|Drug|RxNorm|Clinical Drug|1000003
21600001|C02 antihypertensives|Drug|ATC|ATC 2nd|C02AC01
2000000024|lutetium Lu 177 dotatate|Drug|SNOMED|Substance|781259000
2000000030|Appendectomy with a local code|Procedure|LocalPx|Px|APP-1
4305790|Positron emission tomography|Procedure|SNOMED|Procedure|82918005
2000000031|PET of the whole trunk|Procedure|LocalPx|Px|PET-9
2000000032|Y90 spheres|Device|LocalDev|Device|Y90-D
4167217|Family history of clinical finding|Observation|SNOMED|Context-dependent|416471007
1340204|History of clinical finding in subject|Observation|SNOMED|Context-dependent|417662000
4132135|Clinical finding absent|Observation|SNOMED|Context-dependent|373572006
2000000040|Brain metastasis|Condition|SNOMED|Disorder|94225005
4295261|Postmenopausal state|Observation|SNOMED|Clinical Finding|76498008
32893|Confirmed diagnosis|Condition Status|Condition Status|Condition Status|OMOP4976971
32899|Preliminary diagnosis|Condition Status|Condition Status|Condition Status|OMOP4976977
"""


def concepts() -> Rows:
    names = ("concept_id", "concept_name", "domain_id", "vocabulary_id", "concept_class_id", "concept_code")
    lines = [line.split("|") for line in _CONCEPTS.strip().splitlines()]
    return [{**dict(zip(names, line, strict=True)), "standard_concept": "S"} for line in lines]


def person(number: int, gender: int = 8532, year: Any = 1961, month: Any = 4, day: Any = 2) -> dict[str, Any]:
    return {
        "person_id": number,
        "gender_concept_id": gender,
        "year_of_birth": year,
        "month_of_birth": month,
        "day_of_birth": day,
        "birth_datetime": None,
        "person_source_value": f"mrn-{number}",
    }


def condition(number: int, who: int, concept: int, start: str, **more: Any) -> dict[str, Any]:
    return {
        "condition_occurrence_id": number,
        "person_id": who,
        "condition_concept_id": concept,
        "condition_start_date": start,
        "condition_end_date": None,
        "condition_status_concept_id": 0,
        "condition_source_value": None,
        "condition_source_concept_id": 0,
        **more,
    }


def drug(number: int, who: int, concept: int, start: str, **more: Any) -> dict[str, Any]:
    return {
        "drug_exposure_id": number,
        "person_id": who,
        "drug_concept_id": concept,
        "drug_exposure_start_date": start,
        "drug_exposure_end_date": start,
        "verbatim_end_date": None,
        "drug_type_concept_id": 32838,
        "stop_reason": None,
        "drug_source_value": None,
        "drug_source_concept_id": 0,
        **more,
    }


def procedure(number: int, who: int, concept: int, day: str, **more: Any) -> dict[str, Any]:
    return {
        "procedure_occurrence_id": number,
        "person_id": who,
        "procedure_concept_id": concept,
        "procedure_date": day,
        "procedure_source_value": None,
        **more,
    }


def measurement(number: int, who: int, concept: int, day: str, value: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "measurement_id": number,
        "person_id": who,
        "measurement_concept_id": concept,
        "measurement_date": day,
        "value_as_number": value,
        "operator_concept_id": 0,
        "value_as_concept_id": 0,
        "unit_concept_id": 0,
        "unit_source_value": None,
        "range_low": None,
        "range_high": None,
        "measurement_source_value": None,
        "value_source_value": None,
        **more,
    }


def observation(number: int, who: int, concept: int, day: str, **more: Any) -> dict[str, Any]:
    return {
        "observation_id": number,
        "person_id": who,
        "observation_concept_id": concept,
        "observation_date": day,
        "value_as_number": None,
        "value_as_string": None,
        "value_as_concept_id": 0,
        "qualifier_concept_id": 0,
        "observation_source_value": None,
        **more,
    }


def vocabulary() -> Tables:
    """CONCEPT, and the few relations that these tests follow."""

    def above(upper: int, lower: int, levels: int = 1) -> dict[str, Any]:
        return {
            "ancestor_concept_id": upper,
            "descendant_concept_id": lower,
            "min_levels_of_separation": levels,
            "max_levels_of_separation": levels,
        }

    def leads(one: int, other: int, relation: str = "Maps to") -> dict[str, Any]:
        return {"concept_id_1": one, "concept_id_2": other, "relationship_id": relation, "invalid_reason": None}

    return {
        "concept": concepts(),
        "concept_relationship": [
            leads(2000000013, 2000000011),
            leads(2000000013, 2000000013, "Mapped from"),
            leads(2000000022, 21600001, "RxNorm - ATC"),
        ],
        "concept_ancestor": [
            above(201820, 2000000010),
            above(2000000010, 2000000010, 0),
            above(1337620, 2000000021, 2),
            above(2000000022, 2000000023),
            above(4305790, 2000000031),
            above(3000963, 2000000001),
        ],
    }


def nen_cdm() -> Tables:
    """Three persons: 1 with a full work-up, 2 with messy units, 3 with almost nothing."""
    tables = vocabulary()
    tables["person"] = [person(1), person(2, 8507, 1950, None, None), person(3, 0, 1970, 7, None)]
    tables["condition_occurrence"] = [
        condition(1, 1, 44500001, "2024-05-20", condition_status_concept_id=32893),
        condition(2, 1, 198371, "2024-06-02"),
        condition(3, 1, 316139, "2020-01-01", condition_end_date="2020-01-09"),
        condition(4, 2, 2000000013, "2025-02-03"),
        condition(5, 2, 201820, "2025-02-03", condition_status_concept_id=32899),
        condition(6, 2, 2000000012, "2025-02-03"),
        condition(7, 3, 0, "2025-02-03", condition_source_value="something local"),
    ]
    tables["drug_exposure"] = [
        drug(1, 1, 2000000020, "2024-06-01", drug_exposure_end_date="2024-06-30"),
        drug(2, 1, 2000000024, "2025-03-03", drug_type_concept_id=32818),
        drug(3, 1, 1337620, "2025-05-01", verbatim_end_date="2025-09-30", drug_type_concept_id=32865),
        drug(4, 2, 2000000021, "2025-05-01", verbatim_end_date="2025-06-01", stop_reason="toxicity"),
        drug(5, 2, 2000000023, "2025-05-01"),
        drug(6, 3, 0, "2025-05-01", drug_source_value="CHEMO X"),
    ]
    tables["procedure_occurrence"] = [
        procedure(1, 1, 0, "2026-10-01", procedure_source_value="68Ga-DOTATATE PET/CT"),
        procedure(2, 2, 2000000031, "2026-10-01"),
        procedure(3, 3, 2000000030, "2026-10-01"),
    ]
    tables["device_exposure"] = [
        {"device_exposure_id": 1, "person_id": 3, "device_concept_id": 2000000032,
         "device_exposure_start_date": "2023-01-05"},
    ]  # fmt: skip
    tables["measurement"] = [
        measurement(1, 1, 3000963, "2026-11-10", 12.1, unit_concept_id=8713, unit_source_value="g/dL"),
        measurement(2, 1, 3024929, "2026-11-10", 145, unit_concept_id=8848),
        measurement(3, 1, 3013721, "2026-11-10", 41, unit_concept_id=8645, range_low=5, range_high=35),
        measurement(4, 1, 35621987, "2024-05-20", 5, unit_concept_id=8554, operator_concept_id=4171756),
        measurement(5, 1, 36305384, "2026-11-18", value_as_concept_id=45876298),
        measurement(6, 1, 3001110, "2026-11-10", 250, unit_concept_id=8842),
        measurement(7, 1, 0, "2026-10-01", 4, measurement_source_value="Krenning score"),
        measurement(11, 2, 3000963, "2026-11-10", 121),
        measurement(12, 2, 3016723, "2026-11-10", 90, unit_concept_id=8840, unit_source_value="umol/L"),
        measurement(13, 2, 3016723, "2026-11-11", 90, unit_concept_id=0, unit_source_value="µmol/L"),
        measurement(14, 2, 3017732, "2026-11-10", 0.5, unit_concept_id=8848, value_source_value="<0.5"),
        measurement(15, 2, 3013721, "2026-11-10", 41, unit_concept_id=8645, range_low=0, range_high=0),
        measurement(16, 2, 3024929, "2026-11-10", value_source_value=">400", unit_source_value="10*9/L"),
        measurement(17, 2, 3004249, "2026-11-10", 120),
        measurement(18, 2, 3004249, "2026-11-11", 121),
        measurement(19, 2, 2000000001, "2026-11-12", 80, unit_concept_id=8636),
    ]
    tables["observation"] = [
        observation(1, 1, 4132135, "2026-10-01", value_as_concept_id=2000000040),
        observation(2, 1, 4295261, "2026-01-01"),
        observation(3, 2, 4167217, "2026-01-01", value_as_concept_id=2000000040),
        observation(4, 2, 1340204, "2026-01-01", value_as_concept_id=316139),
        observation(5, 3, 4132135, "2026-01-01", value_as_concept_id=2000000040, qualifier_concept_id=4132135),
    ]
    tables["death"] = [{"person_id": 3, "death_date": "2026-11-01"}]
    tables["observation_period"] = [
        {"observation_period_id": 1, "person_id": 1, "observation_period_start_date": "2020-01-01",
         "observation_period_end_date": "2026-11-15"},
    ]  # fmt: skip
    return tables


def without(tables: Tables, *names: str) -> Tables:
    return {name: rows for name, rows in tables.items() if name not in names}


def columns_of(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def write_csv(folder: Path, tables: Tables, *, upper: bool = False, tabs: bool = False, packed: bool = False) -> Path:
    """One text file a table; with ``upper`` as Windows programs do: capitals, a byte-order mark, all quoted."""
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in tables.items():
        name = (table.upper() if upper else table) + (".tsv" if tabs else ".csv") + (".gz" if packed else "")
        opened = gzip.open if packed else open
        encoding = "utf-8-sig" if upper else "utf-8"
        with opened(folder / name, "wt", encoding=encoding, newline="") as file:  # type: ignore[operator]
            quoting = csv.QUOTE_ALL if upper else csv.QUOTE_MINIMAL
            writer = csv.writer(file, delimiter="\t" if tabs else ",", quoting=quoting)
            names = columns_of(rows) or ["person_id"]
            writer.writerow([n.upper() for n in names] if upper else names)
            writer.writerows([["" if row.get(n) is None else row[n] for n in names] for row in rows])
    return folder


def fill(connection: Any, tables: Tables, schema: str) -> None:
    """The tables in a DuckDB or PostgreSQL database, with the types of the CDM; ``connection`` has execute."""
    connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    for table, rows in tables.items():
        names = columns_of(rows)
        defined = ", ".join(f'"{name}" {_type(name)}' for name in names)
        connection.execute(f'CREATE TABLE "{schema}"."{table}" ({defined})')
        for row in rows:
            cells = ", ".join(_literal(row.get(name)) for name in names)
            connection.execute(f'INSERT INTO "{schema}"."{table}" VALUES ({cells})')


def _type(name: str) -> str:
    if name.endswith(("_date",)):
        return "DATE"
    if name.endswith("_datetime"):
        return "TIMESTAMP"
    if name in ("value_as_number", "range_low", "range_high"):
        return "NUMERIC(18,4)"
    if name.endswith(("_id", "_of_birth", "_id_1", "_id_2", "_separation")) and name not in _TEXT_IDS:
        return "BIGINT" if name.endswith("concept_id") else "INTEGER" if not name.endswith(("_1", "_2")) else "BIGINT"
    return "VARCHAR"


_TEXT_IDS = ("domain_id", "vocabulary_id", "concept_class_id", "relationship_id")


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    return "'" + str(value).replace("'", "''") + "'"
