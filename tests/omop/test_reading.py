"""What the rows of a CDM come to, table by table."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from cdm_builder import (
    AS_OF,
    Tables,
    condition,
    drug,
    measurement,
    nen_cdm,
    observation,
    person,
    procedure,
    vocabulary,
    write_csv,
)

from nen_kb import KnowledgeBase
from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, Days
from nen_kb.facts.records import Finding, Imaging, Measurement, Patient, Presence, Sex, Treatment, Unmapped
from nen_kb.facts.values import NEG_INF, POS_INF, Span
from nen_kb.ontology import Ontology
from nen_kb.sources.omop import Cdm

SYNTHEA = Path(__file__).parents[1] / "data" / "omop"


def patients(folder: Path, tables: Tables, ontology: Ontology, **options: tuple[str, ...]) -> dict[str, Patient]:
    cdm = Cdm.open(write_csv(folder, tables), ontology, **options)
    found = [patient for batch in cdm.batches(2) for patient in cdm.read(batch, AS_OF).patients]
    cdm.close()
    return {patient.id: patient for patient in found}


def one(folder: Path, ontology: Ontology, **rows: list[dict[str, object]]) -> Patient:
    return patients(folder, {**vocabulary(), "person": [person(1)], **rows}, ontology)["1"]


@pytest.fixture(scope="module")
def nen(tmp_path_factory: pytest.TempPathFactory, ontology: Ontology) -> dict[str, Patient]:
    return patients(tmp_path_factory.mktemp("cdm"), nen_cdm(), ontology)


def day(text: str) -> Days:
    ordinal = date.fromisoformat(text).toordinal()
    return Days(ordinal, ordinal)


def finding(patient: Patient, number: str) -> Finding:
    return next(f for f in patient.findings if f.id == number)


def result(patient: Patient, number: int) -> Measurement:
    return next(m for m in patient.measurements if m.id == f"measurement {number}")


def treatment(patient: Patient, number: str) -> Treatment:
    return next(t for t in patient.treatments if t.id == number)


def test_person(nen: dict[str, Patient]) -> None:
    """Sex comes from the standard concept; a birth date is as exact as its parts."""
    assert (nen["1"].sex, nen["1"].born) == (Sex.FEMALE, day("1961-04-02"))
    assert nen["2"].sex is Sex.MALE
    assert nen["2"].born == Days(date(1950, 1, 1).toordinal(), date(1950, 12, 31).toordinal())
    assert nen["3"].sex is None
    assert nen["3"].born == Days(date(1970, 7, 1).toordinal(), date(1970, 7, 31).toordinal())
    assert "deceased" in {note.kind for note in nen["3"].notes}


def test_a_made_up_time_of_birth_adds_nothing(tmp_path: Path, ontology: Ontology) -> None:
    """Where the day is not known, birth_datetime is filled with 15 June: the year alone counts."""
    tables = {**vocabulary(), "person": [{**person(1, month=None, day=None), "birth_datetime": "1961-06-15 00:00:00"}]}
    born = patients(tmp_path, tables, ontology)["1"].born
    assert born == Days(date(1961, 1, 1).toordinal(), date(1961, 12, 31).toordinal())


def test_conditions(nen: dict[str, Patient]) -> None:
    """Histology and site join; a local code is led to its standard concept; what nobody knows is the top class."""
    assert finding(nen["1"], "condition_occurrence 1").concept == "PancreaticNeuroendocrineTumor"
    assert finding(nen["1"], "condition_occurrence 2").concept == "LiverMetastases"
    assert finding(nen["2"], "condition_occurrence 4").concept == "PancreaticNeuroendocrineTumor"
    assert "(under NCIT:C27720" in finding(nen["2"], "condition_occurrence 4").original
    assert finding(nen["2"], "condition_occurrence 5").presence is Presence.UNKNOWN
    ankle = finding(nen["2"], "condition_occurrence 6")
    assert (ankle.concept, ankle.presence) == ("Condition", Presence.PRESENT)
    assert finding(nen["3"], "condition_occurrence 7").concept == "Condition"
    assert finding(nen["1"], "condition_occurrence 1").origin.path == "condition_occurrence_id=1"
    assert finding(nen["1"], "condition_occurrence 1").origin.file == "CONDITION_OCCURRENCE"


def test_an_end_date_makes_nothing_absent(nen: dict[str, Patient], tmp_path: Path, ontology: Ontology) -> None:
    """From the end date on it is open whether the condition is there; an end on the first day says nothing."""
    over = finding(nen["1"], "condition_occurrence 3 ended")
    assert (over.concept, over.presence, over.when) == ("HeartFailure", Presence.UNKNOWN, day("2020-01-09"))
    rows = [condition(1, 1, 316139, "2020-01-01", condition_end_date="2020-01-01"),
            condition(2, 1, 198371, "2020-01-01", condition_end_date="2020-02-01")]  # fmt: skip
    found = one(tmp_path / "a", ontology, condition_occurrence=rows)
    assert [f.presence for f in found.findings] == [Presence.PRESENT, Presence.PRESENT]
    unknown = condition(1, 1, 2000000012, "2020-01-01", condition_end_date="2020-02-01")
    found = one(tmp_path / "b", ontology, condition_occurrence=[unknown])
    assert [(f.concept, f.presence) for f in found.findings] == [
        ("Condition", Presence.PRESENT),
        ("Condition", Presence.UNKNOWN),
    ]


def test_drugs(nen: dict[str, Patient]) -> None:
    """By code, by the name of the ingredient, by the CDM's ingredients, and otherwise any treatment."""
    classes = {t.id: t.concept for patient in nen.values() for t in patient.treatments}
    assert classes["drug_exposure 1"] == "Octreotide"
    assert classes["drug_exposure 2"] == "Lu177Dotatate"
    assert classes["drug_exposure 3"] == classes["drug_exposure 4"] == "Capecitabine"
    assert classes["drug_exposure 5"] == "OtherTreatment"
    assert classes["drug_exposure 6"] == "Treatment"
    assert classes["device_exposure 1"] == "Treatment"


@pytest.mark.parametrize(
    ("more", "end"),
    [
        ({"drug_type_concept_id": 32838, "drug_exposure_end_date": "2025-01-30"}, None),
        ({"drug_type_concept_id": 32838, "verbatim_end_date": "2025-01-30"}, None),
        ({"drug_type_concept_id": 0, "drug_exposure_end_date": "2025-01-30"}, None),
        ({"drug_type_concept_id": 32865, "verbatim_end_date": "2025-01-30"}, ("2025-01-30", "2025-01-30")),
        ({"drug_type_concept_id": 32838, "verbatim_end_date": "2025-01-30", "stop_reason": "toxicity"},
         ("2025-01-30", "2025-01-30")),
        ({"drug_type_concept_id": 32818}, ("2025-01-01", "2025-01-01")),
        ({"drug_type_concept_id": 32818, "drug_exposure_end_date": "2025-01-03"}, ("2025-01-01", "2025-01-03")),
        ({"drug_type_concept_id": 32865, "verbatim_end_date": "2024-01-30"}, None),
    ],
)  # fmt: skip
def test_only_an_end_that_was_not_made_up_is_known(
    tmp_path: Path, ontology: Ontology, more: dict[str, object], end: tuple[str, str] | None
) -> None:
    """An order's end is made up by the CDM; an administration ends the day it is given, at the latest on its end."""
    found = one(tmp_path, ontology, drug_exposure=[drug(1, 1, 1337620, "2025-01-01", **more)]).treatments[0]
    if end is None:
        assert (found.ended, found.end_known) == (Days(day("2025-01-01").first, FAR_FUTURE), False)
    else:
        assert (found.ended, found.end_known) == (Days(day(end[0]).first, day(end[1]).first), True)


def test_measurements(nen: dict[str, Patient]) -> None:
    """Units are converted exactly, operators make intervals, ranges give limits, answers give scores."""
    assert result(nen["1"], 1).value == Span(121 * 10**7, 121 * 10**7)
    assert result(nen["1"], 1).original == "12.1 g/dL"
    limit = result(nen["1"], 3).upper
    assert limit is not None
    assert limit.value == Span(35 * 10**7, 35 * 10**7)
    assert result(nen["1"], 4).value == Span(NEG_INF, 5 * 10**7 - 5)
    assert result(nen["1"], 5).value == Span(10**7, 10**7)
    assert result(nen["2"], 14).value == Span(NEG_INF, 5 * 10**6 - 5)
    assert result(nen["2"], 16).value == Span(400 * 10**7 + 5, POS_INF)
    assert result(nen["2"], 15).upper is None


def test_a_messy_unit_is_not_guessed(nen: dict[str, Patient]) -> None:
    """No unit, or a code and a text that disagree: kept as unusable, never compared and never skipped."""
    assert (result(nen["2"], 11).value, result(nen["2"], 11).trouble) == (None, "unit_unusable")
    assert (result(nen["2"], 12).value, result(nen["2"], 12).trouble) == (None, "unit_unusable")
    assert result(nen["2"], 13).value == Span(90 * 10**7, 90 * 10**7)


@pytest.mark.parametrize(
    ("operator", "low", "high"),
    [
        (4172703, 10**9, 10**9),
        (4171756, NEG_INF, 10**9 - 5),
        (4171754, NEG_INF, 10**9),
        (4171755, 10**9, POS_INF),
        (4172704, 10**9 + 5, POS_INF),
    ],
)
def test_operators(tmp_path: Path, ontology: Ontology, operator: int, low: int, high: int) -> None:
    """Each standard operator is the interval it says; one that nobody knows makes the value unusable."""
    rows = [measurement(1, 1, 3000963, "2026-01-01", 100, unit_concept_id=8636, operator_concept_id=operator)]
    rows += [measurement(2, 1, 3000963, "2026-01-02", 100, unit_concept_id=8636, operator_concept_id=77)]
    found = one(tmp_path, ontology, measurement=rows)
    assert result(found, 1).value == Span(low, high)
    assert (result(found, 2).value, result(found, 2).trouble) == (None, "unit_unusable")


def test_a_result_is_not_read_by_what_stands_above_it(tmp_path: Path, ontology: Ontology) -> None:
    """Above a local haemoglobin stands haemoglobin; but by specimen or method it may be another quantity."""
    tables = {**vocabulary(), "person": [person(1)]}
    tables["concept"] = [c for c in tables["concept"] if c["concept_id"] != "2000000001"]
    local = {"concept_id": 2000000001, "concept_name": "a local test", "domain_id": "Measurement",
             "vocabulary_id": "LocalLab", "concept_class_id": "Lab Test", "concept_code": "HB-9"}  # fmt: skip
    tables["concept"].append(local)
    tables["measurement"] = [measurement(1, 1, 2000000001, "2026-01-01", 80, unit_concept_id=8636)]
    found = patients(tmp_path, tables, ontology)["1"]
    assert found.measurements == ()
    noted = [note for note in found.notes if isinstance(note, Unmapped)]
    assert [(n.vocabulary, n.code, n.display, n.domain, n.times) for n in noted] == [
        ("LocalLab", "HB-9", "a local test", "Measurement", 1)
    ]


def test_scans(nen: dict[str, Patient]) -> None:
    """A Krenning score of the day of the one receptor scan is that scan's; a procedure not known may be a scan."""
    assert nen["1"].imaging[0].procedure == "Ga68DotatatePETCT"
    assert nen["1"].imaging[0].krenning == Span(4 * 10**7, 4 * 10**7)
    assert [scan.procedure for scan in nen["2"].imaging] == ["PET"]
    assert [scan.procedure for scan in nen["3"].imaging] == ["ImagingProcedure"]
    assert treatment(nen["3"], "procedure_occurrence 3").concept == "Treatment"


def test_a_result_names_its_scan(tmp_path: Path, ontology: Ontology) -> None:
    """Version 5.4 says which procedure a score belongs to, whatever the day of the score."""
    scans = [procedure(number, 1, 0, f"2026-0{number}-01", procedure_source_value="68Ga-DOTATATE PET/CT")
             for number in (1, 2)]  # fmt: skip
    score = measurement(1, 1, 0, "2026-03-01", 2, measurement_source_value="Krenning score", measurement_event_id=2,
                        meas_event_field_concept_id=1147082)  # fmt: skip
    found = one(tmp_path, ontology, procedure_occurrence=scans, measurement=[score])
    scored: list[Imaging] = [scan for scan in found.imaging if scan.krenning is not None]
    assert [(scan.procedure, scan.id) for scan in scored] == [("Ga68DotatatePETCT", "procedure_occurrence 2")]
    assert len(found.imaging) == 2


def test_observations(nen: dict[str, Patient]) -> None:
    """Absence, history and family are read as what they are; a qualifier leaves everything open."""
    absent = finding(nen["1"], "observation 1")
    assert (absent.concept, absent.presence) == ("BrainMetastases", Presence.ABSENT)
    assert finding(nen["1"], "observation 2").presence is Presence.PRESENT
    history = finding(nen["2"], "observation 4")
    assert (history.concept, history.presence, history.when.first) == ("HeartFailure", Presence.UNKNOWN, FAR_PAST)
    assert not [f for f in nen["2"].findings if f.concept == "BrainMetastases"]
    assert "family-history" in {note.kind for note in nen["2"].notes}
    assert finding(nen["3"], "observation 5").presence is Presence.UNKNOWN


def test_history_of_a_tumour_is_a_tumour(tmp_path: Path, ontology: Ontology) -> None:
    """Whoever has had a tumour has had it; whoever has had a drug has had that, from a day nobody knows."""
    rows = [observation(1, 1, 1340204, "2026-01-01", value_as_concept_id=2000000011),
            observation(2, 1, 1340204, "2026-01-01", value_as_concept_id=1337620)]  # fmt: skip
    found = one(tmp_path, ontology, observation=rows)
    assert [(f.concept, f.presence) for f in found.findings] == [("PancreaticNeuroendocrineTumor", Presence.PRESENT)]
    assert [(t.concept, t.started.first, t.end_known) for t in found.treatments] == [("Capecitabine", FAR_PAST, False)]


def test_what_is_not_known_is_counted_by_concept(nen: dict[str, Patient]) -> None:
    """Two blood pressures are one note that counts two; a source value without a concept is named as it is."""
    pressure = [n for n in nen["2"].notes if isinstance(n, Unmapped) and n.code == "8480-6"]
    assert [(n.vocabulary, n.domain, n.times) for n in pressure] == [("LOINC", "Measurement", 2)]
    local = [n for n in nen["3"].notes if isinstance(n, Unmapped) and n.domain == "Drug"]
    assert [(n.vocabulary, n.code, n.display) for n in local] == [("", "CHEMO X", "CHEMO X")]


def test_no_domain_is_complete_unless_it_is_declared(tmp_path: Path, ontology: Ontology) -> None:
    """An observation period declares nothing; the user may, up to its end, for those who have one."""
    plain = patients(tmp_path / "a", nen_cdm(), ontology)
    assert all(patient.declarations == () for patient in plain.values())
    declared = patients(tmp_path / "b", nen_cdm(), ontology, complete=("treatments",))
    said = [(d.domain, d.as_of) for d in declared["1"].declarations]
    assert said == [("treatments", date(2026, 11, 15).toordinal())]
    assert declared["2"].declarations == ()


def test_eras_are_read_only_without_exposures(tmp_path: Path, ontology: Ontology) -> None:
    """DRUG_ERA is derived: it counts where there is nothing else, and its end is never known."""
    era = [{"drug_era_id": 1, "person_id": 1, "drug_concept_id": 1337620, "drug_era_start_date": "2025-01-01"}]
    alone = one(tmp_path / "a", ontology, drug_era=era)
    assert [(t.id, t.concept, t.end_known) for t in alone.treatments] == [("drug_era 1", "Capecitabine", False)]
    both = one(tmp_path / "b", ontology, drug_era=era, drug_exposure=[drug(1, 1, 1522957, "2025-01-01")])
    assert [t.concept for t in both.treatments] == ["Octreotide"]


def test_episodes(tmp_path: Path, ontology: Ontology) -> None:
    """A disease episode is a diagnosis, a treatment episode a treatment with an open end."""
    rows = [{"episode_id": n, "person_id": 1, "episode_concept_id": 32533, "episode_start_date": "2025-01-01",
             "episode_object_concept_id": concept} for n, concept in ((1, 2000000011), (2, 1337620))]  # fmt: skip
    found = one(tmp_path, ontology, episode=rows)
    assert [(f.id, f.concept) for f in found.findings] == [("episode 1", "PancreaticNeuroendocrineTumor")]
    assert [(t.id, t.concept, t.end_known) for t in found.treatments] == [("episode 2", "Capecitabine", False)]


def test_synthea(kb: KnowledgeBase) -> None:
    """Three persons that nobody here wrote: every one is judged, and values come out as they were written."""
    cdm = Cdm.open(SYNTHEA, kb.ontology)
    read = [cdm.read(batch, date(2022, 9, 30).toordinal()) for batch in cdm.batches(2)]
    found = {patient.id: patient for each in read for patient in each.patients}
    assert sorted(found) == ["23", "24", "6"]
    assert all(len(kb.screen(patient)) == 2 for patient in found.values())
    assert not [problem for each in read for problem in each.problems]
    assert "missing-table" in {note.kind for note in cdm.notes if note.path == "CONCEPT_ANCESTOR"}
    weights = [m for p in found.values() for m in p.measurements if m.observable == "BodyWeight"]
    assert all(m.value is not None and m.original == f"{m.value.low / 10**7:g} kg" for m in weights)
    assert len(weights) > 10
