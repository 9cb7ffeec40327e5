"""Assumptions in words: every form, and nothing guessed."""

from __future__ import annotations

from typing import Any

import pytest

from nen_kb.errors import UsageError
from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, Days, parse_days
from nen_kb.facts.records import Patient, Sex
from nen_kb.facts.values import GRID, POS_INF, Span
from nen_kb.ontology import Ontology
from nen_kb.sources.assumption import Assumed, Given, assume_all
from nen_kb.sources.assumption_text import Unclear, read_words
from nen_kb.sources.case_file import patient_from_dict

INDEX = parse_days("2026-11-20").first
TRIALS = {"start-net": "START-NET", "nct05387603": "START-NET", "nct05610826": "NCT05610826"}
SCAN = "68Ga-DOTATATE PET/CT"


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return Ontology.load()


def under(ontology: Ontology, *given: Given, **parts: Any) -> Assumed:
    """A patient with the parts given, under assumptions."""
    return assume_all(
        patient_from_dict({"id": "p", "index_date": "2026-11-20", **parts}, "p", ontology), given, ontology, TRIALS
    )


def codes(ontology: Ontology, *given: Any, **parts: Any) -> list[tuple[str, str]]:
    """Places and codes of what is wrong with the assumptions."""
    with pytest.raises(UsageError) as caught:
        under(ontology, *given, **parts)
    assert all(problem.file and problem.message and problem.remedy for problem in caught.value.problems)
    return [(problem.place, problem.code) for problem in caught.value.problems]


FORMS = [
    ("hemoglobin 95 g/L", "measurements", {"observable": "hemoglobin", "value": "95 g/L"}),
    ("Hemoglobin: 9,5 g/dL", "measurements", {"observable": "Hemoglobin", "value": "9,5 g/dL"}),
    ("hemoglobin is below 95 g/L", "measurements", {"observable": "hemoglobin", "value": "< 95 g/L"}),
    ("LOINC:718-7 95 g/L on 2026-11-01", "measurements",
     {"observable": "LOINC:718-7", "value": "95 g/L", "date": "2026-11-01"}),
    ("ASAT 41 U/L, upper limit 35 U/L", "measurements",
     {"observable": "ASAT", "value": "41 U/L", "upper_limit": "35 U/L"}),
    ("albumin 41 g/L lower limit 36 g/L, upper limit of normal 45 g/L on 2026-11", "measurements",
     {"observable": "albumin", "value": "41 g/L", "lower_limit": "36 g/L", "upper_limit": "45 g/L", "date": "2026-11"}),
    ("Ki-67 index 3-20 %", "measurements", {"observable": "Ki-67 index", "value": "3-20 %"}),
    ("platelets > 100 10*9/L", "measurements", {"observable": "platelets", "value": "> 100 10*9/L"}),
    ("platelets>=100 10*9/L", "measurements", {"observable": "platelets", "value": ">= 100 10*9/L"}),
    ("ECOG performance status 1", "measurements", {"observable": "ECOG performance status", "value": "1"}),
    ("uptake extent on 68Ga-DOTATATE PET/CT 3", "measurements",
     {"observable": "uptake extent on 68Ga-DOTATATE PET/CT", "value": "3"}),
    ("hemoglobin unknown", "measurements", {"observable": "hemoglobin", "value": "unknown"}),
    ("brain metastases", "findings", {"concept": "brain metastases"}),
    ("brain metastases on 2026-10", "findings", {"concept": "brain metastases", "date": "2026-10"}),
    ("no brain metastases", "findings", {"concept": "brain metastases", "presence": "absent"}),
    ("Without brain metastases in 2026-10", "findings",
     {"concept": "brain metastases", "presence": "absent", "date": "2026-10"}),
    ("brain metastases absent", "findings", {"concept": "brain metastases", "presence": "absent"}),
    ("histologically confirmed, about pancreatic neuroendocrine tumor", "findings",
     {"concept": "histologically confirmed", "presence": "present", "about": "pancreatic neuroendocrine tumor"}),
    ("no change", "findings", {"concept": "no change"}),
    ("measurable disease absent", "findings", {"concept": "measurable disease", "presence": "absent"}),
    ("everolimus ended 2026-10-01", "treatments", {"agent": "everolimus", "ended": "2026-10-01"}),
    ("everolimus stopped on 2026-10-01", "treatments", {"agent": "everolimus", "ended": "2026-10-01"}),
    ("octreotide since 2024-06", "treatments", {"agent": "octreotide", "started": "2024-06", "ongoing": True}),
    ("octreotide since 2024-06, ongoing", "treatments", {"agent": "octreotide", "started": "2024-06", "ongoing": True}),
    ("octreotide started 2024-06", "treatments", {"agent": "octreotide", "started": "2024-06"}),
    ("octreotide ongoing", "treatments", {"agent": "octreotide", "ongoing": True}),
    ("everolimus from 2025 to 2026-02", "treatments", {"agent": "everolimus", "started": "2025", "ended": "2026-02"}),
    ("transarterial embolization on 2025-03-14", "treatments",
     {"agent": "transarterial embolization", "date": "2025-03-14"}),
    ("no everolimus", "findings", {"concept": "everolimus", "presence": "absent"}),
    ("never PRRT", "findings", {"concept": "PRRT", "presence": "absent"}),
    (f"{SCAN}, Krenning 3, extent all", "imaging", {"procedure": SCAN, "krenning": "3", "extent": "all"}),
    (f"{SCAN} uptake in all, Krenning score 3-4 on 2026-11", "imaging",
     {"procedure": SCAN, "krenning": "3-4", "extent": "all", "date": "2026-11"}),
    (SCAN, "imaging", {"procedure": SCAN}),
    ("sex female", "person", {"sex": "female"}),
    ("born 1961-04", "person", {"born": "1961-04"}),
    ("arm 2 of NCT05610826", "person", {"arms": {"NCT05610826": "2"}}),
    ("planned start 2026-12-15", "person", {"planned_start": "2026-12-15"}),
    ("treatments complete", "complete", {"domain": "treatments"}),
    ("record of conditions complete as of 2026-11-01", "complete", {"domain": "conditions", "as_of": "2026-11-01"}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "section", "data"), FORMS, ids=[form[0] for form in FORMS])
def test_a_text_is_an_entry_of_the_case_file(ontology: Ontology, text: str, section: str, data: dict[str, Any]) -> None:
    entry = read_words(text, ontology)
    assert (entry.section, entry.data) == (section, data)
    spaced = read_words(f"  {text.replace(' ', '   ')} ", ontology)
    assert spaced == entry


@pytest.mark.parametrize(("text", "section", "data"), FORMS, ids=[form[0] for form in FORMS])
def test_text_and_mapping_say_the_same(ontology: Ontology, text: str, section: str, data: dict[str, Any]) -> None:
    said = under(ontology, text).patient
    assert under(ontology, data).patient == said
    if section != "person":
        assert under(ontology, {section: data}).patient == under(ontology, {section: [data]}).patient == said


def test_every_name_of_the_ontology_is_understood_as_itself(ontology: Ontology) -> None:
    """Whatever a class is called, with a value, a date or a score behind it, it is that class."""
    wrong, twofold = [], set()
    for local in sorted(ontology.names):
        for name in (local, ontology.label(local), *ontology.concept(local).synonyms):
            tail = " ongoing" if ontology.domain(local) == "treatments" else ""
            tail = " 1 on 2026-11-01" if ontology.observable(local) or ontology.isa(local, "Observable") else tail
            try:
                data = read_words(name + tail, ontology).data
            except Unclear as unclear:
                twofold.add((name, unclear.code))
                continue
            (key,) = {"concept", "observable", "agent", "procedure"} & set(data)
            if ontology.find(str(data[key])) != local:
                wrong.append((name, data))
    assert wrong == []
    assert twofold == {("no measurable disease", "ambiguous")}


REFUSED = [
    ("no measurable disease", "", "ambiguous"),
    ("everolimus", "", "ambiguous"),
    ("arm 2", "", "which-trial"),
    ("arm 2 of START", "arms", "unknown-trial"),
    ("arm two of START-NET", "arms.START-NET", "bad-arm"),
    ("haemoglobn 95 g/L", "", "unknown-name"),
    ("95 g/L", "", "unknown-name"),
    ("brain metastases?", "", "unknown-name"),
    ("~brain metastases", "", "unknown-name"),
    ("no", "", "unknown-name"),
    ("brain metastases in the cerebellum", "", "not-understood"),
    ("no brain metastases absent", "", "not-understood"),
    ("everolimus, sunitinib ended 2026-10-01", "", "not-understood"),
    ("everolimus ended", "", "not-understood"),
    (f"{SCAN}, Krenning 3, Krenning 4", "", "not-understood"),
    (f"{SCAN} positive", "", "not-understood"),
    ("hemoglobin", "", "no-value"),
    ("no hemoglobin", "", "not-a-finding"),
    (f"no {SCAN}", "", "not-a-finding"),
    ("hemoglobin 95", "value", "no-unit"),
    ("hemoglobin 95 furlongs", "value", "unknown-unit"),
    ("hemoglobin > > 95 g/L", "value", "bad-quantity"),
    ("hemoglobin 95 g/L 96 g/L", "value", "unknown-unit"),
    ("hemoglobin 1,200 g/L", "value", "bad-quantity"),
    ("platelets 182.000 /uL", "value", "ambiguous-number"),
    ("platelets > 182.000 /mm3", "value", "ambiguous-number"),
    ("leukocytes 6.1 10*9/L, upper limit 10.000 /uL", "upper_limit", "ambiguous-number"),
    ("ECOG performance status 9", "value", "implausible"),
    ("ASAT 41 U/L, upper limit 3 %", "upper_limit", "other-unit"),
    ("ASAT 41 U/L, upper limit 35 U/L, ULN 36 U/L", "", "duplicate-key"),
    ("CT, Krenning 3", "krenning", "krenning-elsewhere"),
    (f"{SCAN}, Krenning 9", "krenning", "bad-score"),
    (f"{SCAN}, extent most", "extent", "unknown-word"),
    ("hemoglobin 95 g/L on 2026-13-01", "date", "bad-date"),
    ("hemoglobin 95 g/L on 2026-11-21", "", "later"),
    ("everolimus ended 2026-12", "", "later"),
    ("everolimus since 2027", "", "contradiction"),
    ("everolimus ended 1950", "ended", "before-birth"),
    ("treatments complete on 2026-12-01", "", "later"),
    ("treatments complete on 2026", "as_of", "inexact-day"),
    ("planned start 2026-11-19", "planned_start", "planned-start"),
    ("planned start soon", "planned_start", "bad-date"),
    ("born 2027", "born", "bad-birth"),
    ("sex woman", "sex", "unknown-word"),
    ("index date 2026-12-01", "", "index-date"),
    ("", "", "empty"),
    ("hemoglobin\n95 g/L", "", "control-characters"),
    ("hemoglobin \u202e95 g/L", "", "control-characters"),
    ("hemoglobin " + "9" * 200, "", "too-large"),
    (("hemoglobin", 95), "", "not-an-assumption"),
    (None, "", "not-an-assumption"),
    ({}, "", "not-an-assumption"),
    ({"value": "95 g/L"}, "", "not-an-assumption"),
    ({"concept": "CT", "agent": "everolimus"}, "", "ambiguous"),
    ({"findings": [{"concept": "ascites"}, {"concept": "cirrhosis"}]}, "", "not-one-entry"),
    ({"concept": "ascites", "presence": "perhaps"}, "presence", "unknown-word"),
    ({"observable": "hemoglobin", "value": float("nan")}, "value", "wrong-type"),
    ({"sex": "female", "case": 1}, "", "unknown-key"),
]


@pytest.mark.parametrize(("given", "place", "code"), REFUSED, ids=[str(each[0])[:40] for each in REFUSED])
def test_nothing_is_guessed(ontology: Ontology, given: Any, place: str, code: str) -> None:
    assert codes(ontology, given, born="1961") == [(place, code)]


def test_everything_that_is_wrong_is_told_at_once(ontology: Ontology) -> None:
    assert [code for _, code in codes(ontology, "foo", "hemoglobin 95", "ascites", "arm 1")] == [
        "unknown-name",
        "no-unit",
        "which-trial",
    ]
    assert codes(ontology, "sex female", "sex male") == [("sex", "assumed-twice")]


def test_near_names_are_offered_and_both_readings_named(ontology: Ontology) -> None:
    with pytest.raises(UsageError, match=r"'hemoglobn 95 g/L'.*Did you mean 'hemoglobin'"):
        under(ontology, "hemoglobn 95 g/L")
    with pytest.raises(UsageError, match=r"Write 'measurable disease absent' or 'non-measurable disease'"):
        under(ontology, "no measurable disease")


# ── the patient as she would be ─────────────────────────────────────────────


def test_an_assumed_value_is_read_like_a_recorded_one_and_marked(ontology: Ontology) -> None:
    (found,) = under(ontology, "platelets > 100 10*9/L").patient.measurements
    assert found.value == Span(100 * GRID + 5, POS_INF)
    assert (found.observable, found.when) == ("Platelets", Days(INDEX, INDEX))
    assert (found.origin.file, found.origin.assumed) == ("assumption", True)


def test_what_is_assumed_of_the_person_replaces_what_is_known(ontology: Ontology) -> None:
    made = under(
        ontology, "sex male", "born 1980-05", "planned start 2026-12-24", "arm 2 of nct05387603",
        "arm 1 of NCT05610826", sex="female", arms={"START-NET": 1},
    )  # fmt: skip
    patient = made.patient
    assert (patient.sex, patient.born, patient.planned_start) == (
        Sex.MALE, parse_days("1980-05"), parse_days("2026-12-24").first,
    )  # fmt: skip
    assert dict(patient.arms) == {"START-NET": 2, "NCT05610826": 1}
    assert patient.assumed == ("sex", "born", "planned_start", "arms.START-NET", "arms.NCT05610826")
    assert made.replaced == ("sex", "arms.START-NET")


def courses(patient: Patient) -> list[tuple[Days, Days, bool]]:
    return [(each.started, each.ended, each.origin.assumed) for each in patient.treatments]


def test_an_end_is_given_to_the_one_open_course(ontology: Ontology) -> None:
    treated = [
        {"agent": "everolimus", "started": "2020", "ended": "2021"},
        {"agent": "everolimus", "started": "2025-11-03", "ongoing": True},
    ]
    made = under(ontology, "everolimus ended 2026-10-01", treatments=treated)
    assert [record.id for record in made.set_aside] == ["treatments[1]"]
    assert courses(made.patient) == [
        (parse_days("2020"), parse_days("2021"), False),
        (parse_days("2025-11-03"), parse_days("2026-10-01"), True),
    ]
    assert not any(note.path.startswith("assumption") for note in made.patient.notes)


def test_an_end_that_fits_no_course_is_a_course_of_its_own(ontology: Ontology) -> None:
    end = parse_days("2026-10-01")
    own = (Days(FAR_PAST, end.last), end, True)
    assert courses(under(ontology, "everolimus ended 2026-10-01").patient) == [own]
    twice = [{"agent": "everolimus", "started": start, "ongoing": True} for start in ("2024", "2025")]
    made = under(ontology, "everolimus ended 2026-10-01", treatments=twice)
    assert courses(made.patient) == [own]
    assert [record.id for record in made.set_aside] == ["treatments[0]", "treatments[1]"]


def test_ongoing_completes_the_one_course_of_unknown_end(ontology: Ontology) -> None:
    treated = [{"agent": "octreotide", "started": "2024-06"}]
    made = under(ontology, "octreotide ongoing", treatments=treated)
    assert courses(made.patient) == [(parse_days("2024-06"), Days(FAR_FUTURE, FAR_FUTURE), True)]


def test_assumed_records_have_ids_of_their_own(ontology: Ontology) -> None:
    once = under(ontology, "ascites", "no cirrhosis", "INR 1.1").patient
    again = assume_all(once, ["CT"], ontology, TRIALS).patient
    ids = [found.id for found in (*again.findings, *again.measurements, *again.imaging)]
    assert len(set(ids)) == 4
