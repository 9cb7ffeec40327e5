"""Twenty-odd invented persons of a CDM, each made for a few clauses whose status was worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest
from cdm_builder import (
    AS_OF,
    Tables,
    condition,
    drug,
    measurement,
    observation,
    person,
    procedure,
    vocabulary,
    write_csv,
)

from nen_kb import KnowledgeBase
from nen_kb.sources.omop import Cdm

_MORE = """
44500002|Neuroendocrine tumor, grade 1, of ileum|Condition|ICDO3|ICDO Condition|8240/3-C17.2
2000000101|Pancreatic Neuroendocrine Tumor G2|Condition|NCIt|Disease|C45835
2000000102|Malignant tumor of breast|Condition|SNOMED|Disorder|254837009
2000000103|Cirrhosis of liver|Condition|SNOMED|Disorder|19943007
2000000104|Pregnant|Condition|SNOMED|Clinical Finding|77386006
2000000105|Metastasis to brain|Measurement|Cancer Modifier|Metastasis|OMOP4998770
2000000110|a radioligand under another name|Drug|RxNorm|Ingredient|1999007
2000000111|a radioligand under another name 370 MBq/mL Injection|Drug|RxNorm|Clinical Drug|1999010
2000000112|lutetium (177Lu) oxodotreotide|Drug|ATC|ATC 5th|V10XX04
2000000113|everolimus 10 MG Oral Tablet|Drug|RxNorm|Clinical Drug|845518
2000000114|capecitabine 500 MG Oral Tablet [Xeloda]|Drug|RxNorm|Branded Drug|213292
2000000115|Netspot kit|Drug|RxNorm|Branded Drug|1734898
2000000120|Radioembolization of liver with yttrium-90|Procedure|SNOMED|Procedure|764678003
2000000121|PET/CT with 68Ga-DOTATATE|Procedure|LocalPx|Px|PX-DOTATATE
2000000130|Hemoglobin [Moles/volume] in Blood|Measurement|LOINC|Lab Test|59260-0
2000000131|Leukocytes [#/volume] in Blood by Automated count|Measurement|LOINC|Lab Test|6690-2
2000000132|Albumin [Mass/volume] in Serum or Plasma|Measurement|LOINC|Lab Test|1751-7
2000000133|Bilirubin.total [Mass/volume] in Serum or Plasma|Measurement|LOINC|Lab Test|1975-2
2000000134|INR in Platelet poor plasma by Coagulation assay|Measurement|LOINC|Lab Test|6301-6
2000000135|Cells.Ki-67 nuclear Ag/cells in Tissue by Immune stain|Measurement|LOINC|Lab Test|29593-1
2000000136|GFR by Iohexol Clearance|Measurement|NCIt|Lab|C100439
2000000137|Fasting glucose [Mass/volume] in Serum or Plasma|Measurement|LOINC|Lab Test|1558-6
8647|per microliter|Unit|UCUM|Unit|/uL
8753|millimole per liter|Unit|UCUM|Unit|mmol/L
9117|milliliter per minute per 1.73 square meter|Unit|UCUM|Unit|mL/min/{1.73_m2}
45884084|Positive|Meas Value|LOINC|Answer|LA6576-8
45878583|Negative|Meas Value|LOINC|Answer|LA6577-6
45876301|Ambulatory and capable of all selfcare but unable to carry out any work|Meas Value|LOINC|Answer|LA9624-3
"""

S, N = "START-NET", "NCT05610826"
HB, HB_MOL, PLT, LPK, ALB, BILI, ASAT = 3000963, 2000000130, 3024929, 2000000131, 2000000132, 2000000133, 3013721
SCAN = 1147082
"""The concept of the column PROCEDURE_OCCURRENCE.procedure_occurrence_id."""


class Made:
    """The rows, with ids given one after the other, and what is expected of each person."""

    def __init__(self) -> None:
        self.tables: Tables = vocabulary()
        names = ("concept_id", "concept_name", "domain_id", "vocabulary_id", "concept_class_id", "concept_code")
        self.tables["concept"] += [
            {**dict(zip(names, line.split("|"), strict=True)), "standard_concept": "S"}
            for line in _MORE.strip().splitlines()
        ]
        for table in ("person", "condition_occurrence", "drug_exposure", "procedure_occurrence", "measurement"):
            self.tables[table] = []
        self.tables["observation"] = []
        self.expected: dict[int, dict[str, str]] = {}
        self.last = 0

    def who(self, expected: dict[str, str], **more: Any) -> int:
        number = len(self.expected) + 1
        self.tables["person"].append(person(number, **more))
        self.expected[number] = expected
        return number

    def add(self, table: str, make: Any, *values: Any, **more: Any) -> int:
        self.last += 1
        self.tables[table].append(make(self.last, *values, **more))
        return self.last

    def dx(self, *values: Any, **more: Any) -> int:
        return self.add("condition_occurrence", condition, *values, **more)

    def rx(self, *values: Any, **more: Any) -> int:
        return self.add("drug_exposure", drug, *values, **more)

    def px(self, *values: Any, **more: Any) -> int:
        return self.add("procedure_occurrence", procedure, *values, **more)

    def lab(self, *values: Any, **more: Any) -> int:
        return self.add("measurement", measurement, *values, **more)

    def obs(self, *values: Any, **more: Any) -> int:
        return self.add("observation", observation, *values, **more)


def persons() -> Made:
    m = Made()
    day = "2026-11-10"

    p = m.who({"S I1": "met", "S I4c": "met", "S I4b": "met", "S I4e": "met", "N I1": "unknown", "N I2": "unknown",
               "N E1": "unknown", "S E2": "unknown"})  # ileal NET with liver metastases  # fmt: skip
    m.dx(p, 44500002, "2024-05-20")
    m.dx(p, 198371, "2024-06-02")
    m.lab(p, 35621987, "2024-05-20", 4, unit_concept_id=8554)

    p = m.who({"S I5": "met", "N I4a": "met", "N I4b": "met", "N I4": "met", "N E4": "unmet", "N I1": "met",
               "N I2": "met"})  # 5.4: score and extent name their scan  # fmt: skip
    m.dx(p, 2000000101, "2025-05-20")
    m.dx(p, 198371, "2025-05-20")
    scan = m.px(p, 0, "2026-10-01", procedure_source_value="68Ga-DOTATATE PET/CT")
    link = {"measurement_event_id": scan, "meas_event_field_concept_id": SCAN}
    m.lab(p, 0, "2026-10-02", 4, measurement_source_value="Krenning score", **link)
    m.lab(p, 0, "2026-10-02", measurement_source_value="extent of uptake", value_source_value="majority", **link)

    p = m.who({"S I5": "unmet", "N I4a": "unknown"})  # Krenning 2, 5.3: same day, no link
    m.px(p, 0, "2026-10-01", procedure_source_value="68Ga-DOTATATE PET/CT")
    m.lab(p, 0, "2026-10-01", 2, measurement_source_value="Krenning score")

    p = m.who({"S I5": "met", "N I4a": "met"})  # at least 3
    m.px(p, 0, "2026-10-01", procedure_source_value="68Ga-DOTATATE PET/CT")
    m.lab(p, 0, "2026-10-01", 3, measurement_source_value="Krenning score", operator_concept_id=4171755)

    p = m.who({"S E2": "met"})  # PRRT given, as a substance of SNOMED CT
    m.rx(p, 2000000024, "2023-03-03", drug_type_concept_id=32818)

    p = m.who({"S E2": "met"})  # PRRT by the ingredient's ATC code
    m.rx(p, 2000000111, "2023-03-03", drug_type_concept_id=32818)

    p = m.who({"S I7": "unmet", "S E3": "unknown", "N I6": "unknown"})  # everolimus ordered 19 days ago
    m.rx(p, 2000000113, "2026-11-01", drug_exposure_end_date="2026-11-30")

    p = m.who(
        {"S I7": "unknown", "N E3": "met", "S E3": "unknown"}
    )  # capecitabine to 1 October: washed out, not closed
    m.rx(p, 2000000114, "2026-01-07", verbatim_end_date="2026-10-01", drug_type_concept_id=32817)

    p = m.who({"N E2a": "met", "N E2": "met", "S E2": "unknown"})  # radioembolization is no PRRT
    m.px(p, 2000000120, "2024-02-02")

    p = m.who({"S I11a": "unmet", "S I11b": "unmet", "S I11c": "met", "S I11e": "unmet", "S I11h": "unmet",
               "N E8a": "unmet", "N E8c": "unmet"})  # each exactly at its limit, in another unit  # fmt: skip
    m.lab(p, HB, day, 9.0, unit_concept_id=8713)
    m.lab(p, PLT, day, 100000, unit_concept_id=8647)
    m.lab(p, LPK, day, 3.1, unit_source_value="K/uL")
    m.lab(p, ASAT, day, 105, unit_concept_id=8645, range_low=5, range_high=35)
    m.lab(p, ALB, day, 2.5, unit_concept_id=8713)

    p = m.who({"S I11a": "met", "S I11b": "met", "S I11c": "unknown", "S I11e": "met", "S I11g": "unmet",
               "S I11h": "met", "N E6a": "unmet", "N E6b": "met", "N E6c": "unknown"})  # fmt: skip
    m.lab(p, HB_MOL, day, 5.6, unit_concept_id=8753)
    m.lab(p, PLT, day, 101, unit_source_value="10^9/L")
    m.lab(p, LPK, day, 3100)
    m.lab(p, ASAT, day, 104, unit_concept_id=8645, range_high=35)
    m.lab(p, BILI, day, 2.4, unit_concept_id=8840, range_low=0.1, range_high=1.2)
    m.lab(p, ALB, day, 26, unit_concept_id=8636)
    m.lab(p, 2000000134, day, 1.6)

    p = m.who({"S I11a": "conflicting", "S I11b": "met", "S I11e": "unknown"})
    m.lab(p, HB, day, 89, unit_concept_id=8636)
    m.lab(p, HB, day, 9.1, unit_concept_id=8713)
    m.lab(p, PLT, "2026-11-01", 90, unit_concept_id=8848)
    m.lab(p, PLT, day, 100, unit_concept_id=8848, operator_concept_id=4172704)
    m.lab(p, ASAT, day, 41, unit_concept_id=8645)

    p = m.who({"S I3": "met"})
    m.lab(p, 36305384, day, 1)
    p = m.who({"S I3": "unmet"})
    m.lab(p, 36305384, "2026-01-10", 1)
    m.lab(p, 36305384, day, value_as_concept_id=45876301)

    p = m.who({"N E16": "unknown"})  # cancer in the family only
    m.obs(p, 4167217, day, value_as_concept_id=2000000102)
    p = m.who({"N E16": "met"})  # breast cancer on record, never said to be treated
    m.dx(p, 2000000102, "2015-01-01", condition_end_date="2015-06-01")
    p = m.who({"N E6d": "met", "N E6": "met", "N E9": "unmet"})
    m.dx(p, 2000000103, "2020-01-01")
    m.obs(p, 4132135, day, value_as_concept_id=2000000040)
    p = m.who({"N E9": "unknown"})  # a modifier that the ontology does not know may be anything
    m.lab(p, 2000000105, day)

    p = m.who({"S I1": "unmet", "N I5": "unmet", "S E1a": "met", "N E12": "met"}, year=2010)
    m.dx(p, 2000000104, "2026-09-01")
    p = m.who({"S I1": "unknown"}, year=2008, month=None, day=None)
    p = m.who({"S E1a": "unmet", "S E1b": "unmet", "S I12": "met"}, gender=8507)
    p = m.who({"S I10": "met", "N E11": "unmet"})
    m.lab(p, 2000000136, day, 51, unit_concept_id=9117)
    m.lab(p, 2000000137, day, 120, unit_concept_id=8840, range_low=70, range_high=100)
    p = m.who({"S I10": "unmet", "N E11": "met"})
    m.lab(p, 2000000136, day, 50, unit_source_value="mL/min/1.73m2")
    m.lab(p, 2000000137, day, 201, unit_concept_id=8840, range_low=70, range_high=100)
    p = m.who({"S I11a": "unknown", "N I2": "unknown"})  # only later records, and a Ki-67 under a code nobody knows
    m.lab(p, HB, "2026-12-10", 121, unit_concept_id=8636)
    m.dx(p, 44500001, "2026-05-05")
    m.lab(p, 2000000135, "2026-05-05", 4, unit_concept_id=8554)

    above = {"min_levels_of_separation": 1, "max_levels_of_separation": 1}
    m.tables["concept_ancestor"] += [
        {"ancestor_concept_id": 2000000110, "descendant_concept_id": 2000000111, **above},
    ]
    m.tables["concept_relationship"] += [
        {"concept_id_1": 2000000110, "concept_id_2": 2000000112, "relationship_id": "RxNorm - ATC",
         "invalid_reason": None},
    ]  # fmt: skip
    return m


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Made, dict[tuple[int, str], str]]:
    kb, made = KnowledgeBase(), persons()
    cdm = Cdm.open(write_csv(tmp_path_factory.mktemp("hand"), made.tables), kb.ontology)
    found: dict[tuple[int, str], str] = {}
    for batch in cdm.batches(7):
        for patient in cdm.read(batch, AS_OF).patients:
            for result in kb.screen(patient):
                short = {S: "S", N: "N"}[result.trial.id]
                for clause in result.clauses:
                    for each in (clause, *clause.parts):
                        found[int(patient.id), f"{short} {each.id}"] = each.status.value
    cdm.close()
    return made, found


@pytest.mark.parametrize("number", range(1, len(persons().expected) + 1))
def test_statuses_as_worked_out_by_hand(judged: tuple[Made, dict[tuple[int, str], str]], number: int) -> None:
    """Codes, operators, units, limits and links of a CDM come to the statuses that a reader of the rows would give."""
    made, found = judged
    assert {name: found[number, name] for name in made.expected[number]} == made.expected[number]
