"""A case file gives the patient it describes, or every one of its mistakes with a path and a remedy."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nen_kb.errors import PatientError, Problem
from nen_kb.facts.dates import FAR_FUTURE, Days, parse_days
from nen_kb.facts.records import Limit, Patient, Presence, Sex
from nen_kb.facts.values import GRID, POS_INF, Span
from nen_kb.ontology import Ontology
from nen_kb.sources.case_file import patient_from_dict, read_case

INDEX = parse_days("2026-11-20").first

ANNA = """\
case: 1
id: anna
sex: female
born: 1961-04-02
index_date: 2026-11-20
planned_start: 2026-12-01
arms: {NCT05610826: 2}
complete:
  - {domain: treatments, as_of: 2026-11-19, source: tumour board form}
  - conditions
findings:
  - concept: pancreatic neuroendocrine tumor
    date: 2024-05
    source: pathology report 24-117
  - {concept: histologically confirmed, date: {from: 2024-05-01, to: 2024-06-10}}
  - {concept: brain metastases, presence: absent, date: 2026-10-01}
measurements:
  - {observable: hemoglobin, value: 12.1 g/dL, date: 2026-11-10}
  - {observable: Ki-67 index, value: 3-20 %, date: 2024-05-20}
  - {observable: GFR by iohexol clearance, value: "> 90 mL/min/1.73m2", date: 2026-11-02}
  - {observable: ASAT, value: 41 U/L, upper_limit: 35 U/L, date: 2026-11-10}
  - {observable: ECOG performance status, value: 1, date: 2026-11-18}
treatments:
  - {agent: octreotide, started: 2024-06, ongoing: true}
  - {agent: capecitabine, started: 2025-01-07, ended: 2025-09}
  - {agent: transarterial embolization, date: 2025-03-14}
imaging:
  - {procedure: 68Ga-DOTATATE PET/CT, date: 2026-10-01, krenning: 4, extent: all}
"""


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return Ontology.load()


def read(ontology: Ontology, text: str, name: str = "case.yaml", as_of: int | None = None) -> Patient:
    return read_case(Path(name), ontology, text=text, as_of=as_of)


def bare(ontology: Ontology, as_of: int | None = None, **parts: Any) -> Patient:
    """A patient with little more than the parts given."""
    return patient_from_dict({"id": "p", "index_date": "2026-11-20", **parts}, "p", ontology, as_of=as_of)


def problems(ontology: Ontology, **parts: Any) -> list[tuple[str, str]]:
    """Paths and codes of the problems of such a patient."""
    with pytest.raises(PatientError) as caught:
        bare(ontology, **parts)
    check_shape(caught.value.problems)
    return [(problem.place, problem.code) for problem in caught.value.problems]


def check_shape(found: tuple[Problem, ...]) -> None:
    for problem in found:
        assert all((problem.file, problem.message, problem.remedy)), problem


def test_the_example_of_the_interface_is_read_as_it_says(ontology: Ontology) -> None:
    anna = read(ontology, ANNA)
    assert (anna.id, anna.sex, anna.index_date) == ("anna", Sex.FEMALE, INDEX)
    assert anna.born == parse_days("1961-04-02")
    assert anna.planned_start == parse_days("2026-12-01").first
    assert anna.arms == (("NCT05610826", 2),)
    assert [(d.domain, d.as_of, d.origin.text) for d in anna.declarations] == [
        ("treatments", INDEX - 1, "tumour board form"),
        ("conditions", INDEX, ""),
    ]
    assert [(f.concept, f.presence, f.when) for f in anna.findings] == [
        ("PancreaticNeuroendocrineTumor", Presence.PRESENT, parse_days("2024-05")),
        (
            "HistologicallyConfirmed",
            Presence.PRESENT,
            Days(parse_days("2024-05-01").first, parse_days("2024-06-10").last),
        ),
        ("BrainMetastases", Presence.ABSENT, parse_days("2026-10-01")),
    ]
    assert [(m.observable, m.value, m.original) for m in anna.measurements] == [
        ("Hemoglobin", Span(121 * GRID, 121 * GRID), "12.1 g/dL"),
        ("Ki67Index", Span(3 * GRID, 20 * GRID), "3-20 %"),
        ("GFRByIohexolClearanceIndexed", Span(90 * GRID + 5, POS_INF), "> 90 mL/min/1.73m2"),
        ("ASAT", Span(41 * GRID, 41 * GRID), "41 U/L"),
        ("ECOGPerformanceStatus", Span(GRID, GRID), "1"),
    ]
    assert anna.measurements[3].upper == Limit(Span(35 * GRID, 35 * GRID), "35 U/L", "result")
    assert [(t.concept, t.started, t.ended, t.end_known) for t in anna.treatments] == [
        ("Octreotide", parse_days("2024-06"), Days(FAR_FUTURE, FAR_FUTURE), True),
        ("Capecitabine", parse_days("2025-01-07"), parse_days("2025-09"), True),
        ("TransarterialEmbolization", parse_days("2025-03-14"), parse_days("2025-03-14"), True),
    ]
    (scan,) = anna.imaging
    assert (scan.procedure, scan.krenning, scan.extent) == (
        "Ga68DotatatePETCT",
        Span(4 * GRID, 4 * GRID),
        Span(3 * GRID, 3 * GRID),
    )
    assert anna.notes == ()


def test_every_record_has_its_path_as_a_unique_id_and_its_words(ontology: Ontology) -> None:
    anna = read(ontology, ANNA)
    records: list[Any] = [
        *anna.declarations,
        *anna.findings,
        *anna.measurements,
        *anna.treatments,
        *anna.imaging,
    ]
    assert len({record.id for record in records}) == len(records) == 14
    assert all(record.origin.path == record.id and record.origin.file == "case.yaml" for record in records)
    assert anna.measurements[2].id == "measurements[2]"
    assert anna.findings[0].origin.text == "pathology report 24-117"
    assert anna.treatments[0].original == "octreotide"


def test_json_and_yaml_and_python_give_the_same_patient(ontology: Ontology) -> None:
    data = {
        "case": 1,
        "id": "b",
        "index_date": "2026-11-20",
        "measurements": [
            {"observable": "hemoglobin", "value": "121 g/L"},
            {"observable": "INR", "value": 1.10, "date": "2026"},
        ],
    }
    from_json = read(ontology, json.dumps(data), "b.JSON")
    from_yaml = read(ontology, json.dumps(data), "b.JSON.yaml")
    from_python = patient_from_dict(data, "b", ontology)
    values = [[m.value for m in p.measurements] for p in (from_json, from_yaml, from_python)]
    assert values[0] == values[1] == values[2] == [Span(121 * GRID, 121 * GRID), Span(11_000_000, 11_000_000)]


def test_python_numbers_and_dates_are_as_good_as_text(ontology: Ontology) -> None:
    patient = bare(
        ontology,
        born=date(1961, 4, 2),
        measurements=[
            {"observable": "INR", "value": 1.1, "date": date(2026, 1, 2)},
            {"observable": "INR", "value": Decimal("1.10"), "date": 2026},
        ],
    )
    assert patient.born == parse_days("1961-04-02")
    assert [m.value for m in patient.measurements] == [Span(11_000_000, 11_000_000)] * 2


def test_an_id_that_looks_like_a_number_stays_as_written(ontology: Ontology) -> None:
    assert read(ontology, "id: 007\n").id == "007"


def test_a_byte_order_mark_is_no_obstacle(ontology: Ontology, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(b"\xef\xbb\xbfid: a\n")
    assert read_case(path, ontology).id == "a"


def test_without_an_index_date_today_counts(ontology: Ontology) -> None:
    assert read(ontology, "id: a\n").index_date == date.today().toordinal()


def test_another_day_to_judge_on_takes_the_place_of_the_index_date_and_is_noted(ontology: Ontology) -> None:
    later = INDEX + 30
    patient = bare(ontology, as_of=later, complete=["imaging"])
    assert patient.index_date == later
    assert patient.declarations[0].as_of == INDEX, "the file was written as of its own index date"
    assert [note.kind for note in patient.notes] == ["index-date"]


def test_records_after_the_index_date_stay_for_the_normaliser(ontology: Ontology) -> None:
    patient = bare(ontology, findings=[{"concept": "brain metastases", "date": "2027-01"}])
    assert patient.findings[0].when == parse_days("2027-01")


@pytest.mark.parametrize(
    ("parts", "path", "code"),
    [
        ({"case": 2}, "case", "unknown-version"),
        ({"id": "../x"}, "id", "bad-id"),
        ({"id": "x" * 101}, "id", "bad-id"),
        ({"id": None}, "id", "not-text"),
        ({"sex": "no"}, "sex", "unknown-word"),
        ({"born": "2031"}, "born", "bad-birth"),
        ({"born": "1900"}, "born", None),
        ({"born": "1961-02-30"}, "born", "bad-date"),
        ({"index_date": "2026-11"}, "index_date", "inexact-day"),
        ({"planned_start": "2026"}, "planned_start", "inexact-day"),
        ({"arms": [1]}, "arms", "not-a-mapping"),
        ({"arms": {"T": "two"}}, "arms.T", "bad-arm"),
        ({"complet": []}, "complet", "unknown-key"),
        ({"complete": "treatments"}, "complete", "not-a-list"),
        ({"findings": {"concept": "PRRT"}}, "findings", "not-a-list"),
    ],
)
def test_a_mistake_in_the_head_is_reported_at_its_path(
    ontology: Ontology, parts: dict[str, Any], path: str, code: str | None
) -> None:
    if code is None:
        assert bare(ontology, **parts).born == parse_days("1900"), "very old is not impossible"
    else:
        assert problems(ontology, **parts) == [(path, code)]


def test_an_empty_case_lacks_an_id(ontology: Ontology) -> None:
    with pytest.raises(PatientError, match="'id' is missing"):
        patient_from_dict({}, "x", ontology)


def test_all_mistakes_come_in_one_run_with_lines_and_near_names(ontology: Ontology) -> None:
    text = ANNA.replace("hemoglobin", "hemoglobine").replace("2025-09", "2024-09").replace("sex: female", "sex: f")
    with pytest.raises(PatientError) as caught:
        read(ontology, text)
    check_shape(caught.value.problems)
    found = {problem.place: problem for problem in caught.value.problems}
    assert set(found) == {"sex", "measurements[0].observable", "treatments[1].ended"}
    assert "(line 18)" in found["measurements[0].observable"].message
    assert "'hemoglobin'" in found["measurements[0].observable"].remedy
    assert caught.value.exit_code == 12


@pytest.mark.parametrize(
    ("text", "name", "place", "code"),
    [
        ("", "a.yaml", "", "not-one-document"),
        ("id: a\n---\nid: b\n", "a.yaml", "", "not-one-document"),
        ("- a\n", "a.yaml", "", "not-a-case"),
        ("id: a\nid: b\n", "a.yaml", "id", "duplicate-key"),
        ("id: a\nsex: &x male\nborn: *x\n", "a.yaml", "born", "alias"),
        ("id: !!python/name:os.system a\n", "a.yaml", "id", "tag"),
        ("? [a]\n: b\n", "a.yaml", "1", "odd-key"),
        ('id: "\\e[31m"\n', "a.yaml", "id", "control-characters"),
        ("id: a\nx: [1\n", "a.yaml", "3", "not-yaml"),
        ("id: a\nmeasurements:\n  - value: > 90 mL/min\n", "a.yaml", "3", "not-yaml"),
        ("id: a\x00", "a.yaml", "1", "not-yaml"),
        ("[" * 1000, "a.yaml", "1", "too-deep"),
        ("[" * 100_000, "a.json", "", "too-deep"),
        ("a: 1\n" * 300_000, "a.yaml", "", "too-large"),
        ('{"id": "a", "findings": [', "a.json", "1", "not-json"),
        ('{"id": tru}', "a.json", "1", "not-json"),
        ('{"id": "a", "id": "b"}', "a.json", "id", "duplicate-key"),
        ('{"id": "a", "sex": NaN}', "a.json", "sex", "wrong-type"),
    ],
)
def test_a_text_that_is_broken_or_hostile_is_refused_in_plain_words(
    ontology: Ontology, text: str, name: str, place: str, code: str
) -> None:
    with pytest.raises(PatientError) as caught:
        read(ontology, text, name)
    check_shape(caught.value.problems)
    assert (place, code) in [(problem.place, problem.code) for problem in caught.value.problems]


def test_yaml_words_that_older_parsers_turn_into_booleans_stay_words(ontology: Ontology) -> None:
    with pytest.raises(PatientError, match="'no' is not known here"):
        read(ontology, "%YAML 1.1\n---\nid: a\nsex: no\n")


def test_a_file_that_is_not_there_or_not_utf8_is_refused(ontology: Ontology, tmp_path: Path) -> None:
    with pytest.raises(PatientError, match="cannot be read"):
        read_case(tmp_path / "none.yaml", ontology)
    path = tmp_path / "latin.yaml"
    path.write_bytes("id: a # \xe5".encode("latin-1"))
    with pytest.raises(PatientError, match="not UTF-8"):
        read_case(path, ontology)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.text(max_size=80),
        st.text(alphabet="idabc:,-[]{}\"'&*!|>%#?\n ~019.", max_size=60).map(lambda text: "id: a\n" + text),
        st.integers(0, len(ANNA)).map(lambda cut: ANNA[:cut]),
    )
)
def test_any_text_gives_a_patient_or_problems_with_a_remedy(ontology: Ontology, text: str) -> None:
    found: tuple[Problem, ...] = ()
    identity = ""
    try:
        identity = read(ontology, text).id
    except PatientError as error:
        found = error.problems
    check_shape(found)
    assert bool(found) != bool(identity)
