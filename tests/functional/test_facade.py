"""The Python facade, as programs use it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from nen_kb import KnowledgeBase, Status, TrialResult, Verdict
from nen_kb.errors import OntologyError, PatientError, RulesError, UsageError

TRIALS = ("NCT05610826", "START-NET")
START_NET = "trials/start-net/rules.dl"


@pytest.fixture(scope="module")
def own(cache: Path) -> KnowledgeBase:
    """A knowledge base that holds the one patient of the public example."""
    assert cache.is_dir()
    kb = KnowledgeBase()
    describe(kb)
    return kb


def describe(kb: KnowledgeBase) -> Any:
    """The patient of the public example, record by record."""
    anna = kb.patient("anna", sex="female", born="1961-04-02", index_date="2026-11-20")
    anna.finding("pancreatic neuroendocrine tumor", date="2024-05")
    anna.finding("brain metastases", present=False, date="2026-10-01")
    anna.measurement("hemoglobin", "12.1 g/dL", date="2026-11-10")
    anna.measurement("ASAT", "41 U/L", upper_limit="35 U/L", date="2026-11-10")
    anna.treatment("octreotide", started="2024-06", ongoing=True)
    anna.imaging("68Ga-DOTATATE PET/CT", date="2026-10-01", krenning=4, extent="all")
    anna.complete("treatments", as_of="2026-11-20", source="tumour board form")
    return anna


def statuses(results: tuple[TrialResult, ...]) -> dict[tuple[str, str], Status]:
    """The status of every clause and part of every trial."""
    return {(result.trial.id, clause.id): clause.status for result in results for clause in result}


# ── the example ─────────────────────────────────────────────────────────────


def test_the_public_example_end_to_end(own: KnowledgeBase) -> None:
    result = own.eligibility("anna", "START-NET")
    assert result.verdict is Verdict.UNDETERMINED
    assert result["I10"].status is Status.UNKNOWN
    assert result["I1"].status is Status.MET
    assert result["I11a"].status is Status.MET
    assert result["I11e"].status is Status.MET
    assert result["E2"].status is Status.UNMET
    assert "judgement" in result.undetermined_because
    assert "missing" in result.undetermined_because
    assert (result.patient, result.index_date) == ("anna", date(2026, 11, 20).toordinal())
    assert result.recoverable is None
    text = result.explain()
    assert all(clause.explain() in text for clause in result.clauses)
    assert result["I11a"].explain().count("\n") >= 4
    assert "12.1 g/dL" in result["I11a"].explain()
    assert "\x1b" not in text
    assert "\x1b" in result["I11a"].explain(colour=True)
    assert max(map(len, result["I10"].explain(width=60).splitlines())) <= 60


def test_missing_names_each_open_reason_once(own: KnowledgeBase) -> None:
    result = own.eligibility("anna", "START-NET")
    missing = result.missing()
    assert len(missing) == len(set(missing)) > 3
    assert {reason.code for reason in missing} >= {"not_recorded", "person_must_judge"}
    assert {reason.concept for reason in missing} >= {"WrittenInformedConsent", "Platelets"}
    assert "Hemoglobin" not in {reason.concept for reason in missing}
    assert all(reason.text for reason in missing)


def test_a_patient_may_be_given_as_record_id_or_read_from_a_source(own: KnowledgeBase) -> None:
    record = describe(KnowledgeBase())
    wanted = statuses(own.screen("anna"))
    assert statuses(own.screen(record)) == wanted
    assert statuses(own.screen(record.patient)) == wanted
    assert own.eligibility("anna", "nct05387603").trial.id == "START-NET"
    assert [result.trial.id for result in own.screen("anna")] == list(TRIALS)
    assert {trial.id for trial in own.trials} == set(TRIALS)


def test_a_record_added_later_is_seen_at_once(kb: KnowledgeBase) -> None:
    patient = kb.patient("growing", born="1961", index_date="2026-11-20")
    assert kb.eligibility(patient, "START-NET")["I2"].status is Status.UNKNOWN
    assert patient.finding("written informed consent", date="2026-11-18") is patient
    assert kb.eligibility(patient, "START-NET")["I2"].status is Status.MET
    patient.finding("written informed consent", present=False, date="2026-11-19")
    assert kb.eligibility(patient, "START-NET")["I2"].status is Status.UNMET


def test_dates_are_taken_as_text_and_as_dates(kb: KnowledgeBase) -> None:
    texts = kb.patient("text", born="1961-04-02", index_date="2026-11-20", planned_start="2026-12-01")
    texts.measurement("platelets", "90 10*9/L", date="2026-11-10")
    dates = kb.patient("text", born=date(1961, 4, 2), index_date=date(2026, 11, 20), planned_start=date(2026, 12, 1))
    dates.measurement("platelets", "90 10*9/L", date=date(2026, 11, 10))
    assert texts.patient == dates.patient
    assert kb.eligibility(dates, "START-NET")["I11b"].status is Status.UNMET
    periods = kb.patient("period", index_date="2026-11-20")
    periods.treatment("everolimus", started="2026", ended={"from": "2026-10-01", "to": date(2026, 10, 20)})
    periods.complete("treatments")
    assert kb.eligibility(periods, "START-NET")["I7"].status is Status.MET


def test_an_arm_opens_the_clauses_that_wait_for_it(kb: KnowledgeBase) -> None:
    patient = kb.patient("randomised", index_date="2026-11-20").complete("treatments")
    patient.treatment("everolimus", started="2026-01-10", ended="2026-11-15")
    before = kb.eligibility(patient, "NCT05610826")["I6"]
    assert [reason.code for reason in before.reasons] == ["not_yet_applicable"]
    for arm, status in ((1, Status.MET), (2, Status.UNMET)):
        patient.randomised("NCT05610826", arm)
        assert kb.eligibility(patient, "NCT05610826")["I6"].status is status


def test_the_identity_is_that_of_the_content(kb: KnowledgeBase, rules: Path) -> None:
    same = KnowledgeBase(rules=rules)
    assert same.identity == kb.identity
    with (rules / START_NET).open("a", encoding="utf-8") as file:
        file.write("# a remark\n")
    assert KnowledgeBase(rules=rules).identity.rules_sha256 != kb.identity.rules_sha256


# ── errors ──────────────────────────────────────────────────────────────────

HEADS = [
    ({"patient_id": "a b"}, "id", "bad-id"),
    ({"patient_id": ""}, "id", ""),
    ({"sex": "woman"}, "sex", "unknown-word"),
    ({"born": "1961-13"}, "born", "bad-date"),
    ({"born": "2030-01-01"}, "born", "bad-birth"),
    ({"born": "1890"}, "born", ""),
    ({"index_date": "2026-02-30"}, "index_date", "bad-date"),
    ({"planned_start": "soon"}, "planned_start", "bad-date"),
]

RECORDS: list[tuple[str, tuple[Any, ...], dict[str, Any], str, str]] = [
    ("finding", ("liver metastasis of an unheard-of kind",), {}, "findings[0].concept", "unknown-name"),
    ("finding", ("liver metastases",), {"date": "2026-00"}, "findings[0].date", "bad-date"),
    (
        "finding",
        ("liver metastases",),
        {"date": {"from": "2026-05", "to": "2026-04"}},
        "findings[0].date",
        "bad-period",
    ),
    ("measurement", ("hemoglobin", "12.1"), {}, "measurements[0].value", "no-unit"),
    ("measurement", ("hemoglobin", "12.1 g/pint"), {}, "measurements[0].value", "unknown-unit"),
    ("measurement", ("hemoglobin", "much"), {}, "measurements[0].value", ""),
    ("measurement", ("Ki-67 index", "130 %"), {}, "measurements[0].value", "implausible"),
    ("measurement", ("ECOG performance status", 7), {}, "measurements[0].value", "implausible"),
    ("measurement", ("octreotide", "12 g/L"), {}, "measurements[0].observable", "not-an-observable"),
    ("measurement", ("ASAT", "41 U/L"), {"upper_limit": "35 miles"}, "measurements[0].upper_limit", ""),
    ("treatment", ("octreotid",), {}, "treatments[0].agent", "unknown-name"),
    ("treatment", ("octreotide",), {"started": "2025", "ended": "2024"}, "treatments[0].ended", "bad-period"),
    ("treatment", ("octreotide",), {"started": "2025", "date": "2025"}, "treatments[0].date", "contradiction"),
    ("imaging", ("68Ga-DOTATATE PET/CT",), {"krenning": 5}, "imaging[0].krenning", "bad-score"),
    ("imaging", ("68Ga-DOTATATE PET/CT",), {"extent": "some"}, "imaging[0].extent", "unknown-word"),
    ("imaging", ("X-ray vision",), {}, "imaging[0].procedure", "unknown-name"),
    ("complete", ("everything",), {}, "complete[0].domain", "unknown-word"),
    ("randomised", ("NCT05610826", 0), {}, "arms.NCT05610826", "bad-arm"),
]


@pytest.mark.parametrize(("head", "place", "code"), HEADS, ids=str)
def test_a_patient_that_cannot_be_is_refused_and_not_kept(
    own: KnowledgeBase, head: dict[str, str], place: str, code: str
) -> None:
    arguments = {"patient_id": "refused", "index_date": "2026-11-20", **head}
    with pytest.raises(PatientError) as caught:
        own.patient(**arguments)  # type: ignore[arg-type]
    (problem,) = caught.value.problems
    assert problem.file.startswith("patient")
    assert problem.place == place
    assert problem.code == code or not code
    assert problem.message
    assert problem.remedy
    with pytest.raises(UsageError, match=r"unknown-patient"):
        own.screen(arguments["patient_id"])


@pytest.mark.parametrize(("method", "arguments", "options", "place", "code"), RECORDS, ids=str)
def test_a_record_that_is_not_understood_is_refused_and_leaves_no_trace(
    kb: KnowledgeBase, method: str, arguments: tuple[Any, ...], options: dict[str, Any], place: str, code: str
) -> None:
    patient = kb.patient("careful", index_date="2026-11-20")
    before = patient.patient
    with pytest.raises(PatientError) as caught:
        getattr(patient, method)(*arguments, **options)
    (problem,) = caught.value.problems
    assert (problem.file, problem.place) == ("patient careful", place)
    assert problem.code == code or not code
    assert problem.message
    assert problem.remedy
    assert patient.patient == before
    patient.finding("liver metastases", date="2026-05")
    assert [finding.concept for finding in patient.patient.findings] == ["LiverMetastases"]


def test_presence_that_is_no_boolean_is_refused(kb: KnowledgeBase) -> None:
    patient = kb.patient("careful", index_date="2026-11-20")
    with pytest.raises(PatientError):
        patient.finding("liver metastases", present="absent")  # type: ignore[arg-type]


def test_every_mistake_in_the_head_is_reported(kb: KnowledgeBase) -> None:
    with pytest.raises(PatientError) as caught:
        kb.patient("x", sex="woman", born="1961-13", index_date="2026-11-20", planned_start="soon")
    assert {problem.place for problem in caught.value.problems} == {"sex", "born", "planned_start"}


def test_unknown_patients_trials_and_clauses(own: KnowledgeBase) -> None:
    with pytest.raises(UsageError, match=r"no patient 'bob'") as caught:
        own.eligibility("bob", "START-NET")
    assert caught.value.exit_code == 2
    with pytest.raises(UsageError, match=r"no trial 'NETTER-1'.*START-NET"):
        own.eligibility("anna", "NETTER-1")
    with pytest.raises(UsageError, match=r"no trial"):
        own.screen("anna", ["START-NET", "NETTER-1"])
    with pytest.raises(KeyError, match=r"I99.*I11a"):
        own.eligibility("anna", "START-NET")["I99"]


def test_a_knowledge_base_that_cannot_be_is_refused(rules: Path, ontology: Path, tmp_path: Path) -> None:
    with pytest.raises(RulesError) as rules_error:
        KnowledgeBase(rules=tmp_path / "nowhere")
    with pytest.raises(OntologyError) as ontology_error:
        KnowledgeBase(ontology=str(tmp_path / "nowhere.owl"))
    with pytest.raises(PatientError) as limits_error:
        KnowledgeBase(limits=tmp_path / "nowhere.yaml")
    codes = [caught.value.exit_code for caught in (rules_error, ontology_error, limits_error)]
    assert codes == [10, 11, 12]
    for caught in (rules_error, ontology_error, limits_error):
        assert all(problem.file and problem.message and problem.remedy for problem in caught.value.problems)
        assert str(tmp_path / "nowhere") in str(caught.value)
    ontology.write_bytes(b"<rdf:RDF")
    with pytest.raises(OntologyError, match="malformed-xml"):
        KnowledgeBase(rules=rules, ontology=ontology)


# ── other rules, another ontology, several at once ──────────────────────────


def only_from_90(rules: Path) -> Path:
    """Rules by which START-NET takes nobody below 90 years."""
    source = rules / "trials" / "start-net" / "source.txt"
    for file in (rules / START_NET, source):
        text = file.read_text(encoding="utf-8")
        assert "Age ≥18 years" in text
        text = text.replace("Age ≥18 years", "Age ≥90 years")
        file.write_text(
            text.replace("(Low >= 18)", "(Low >= 90)").replace("(High < 18)", "(High < 90)"), encoding="utf-8"
        )
    return rules


def test_edited_rules_and_an_edited_ontology_are_what_answers(kb: KnowledgeBase, rules: Path, ontology: Path) -> None:
    module = ontology.with_name("therapies.owl")
    text = module.read_text(encoding="utf-8")
    before = '<rdfs:label xml:lang="en">octreotide</rdfs:label>'
    assert text.count(before) == 1
    module.write_text(text.replace(before, before.replace("octreotide", "Octreotide Newname")), encoding="utf-8")
    edited = KnowledgeBase(rules=only_from_90(rules), ontology=ontology)
    assert edited.identity.rules_sha256 != kb.identity.rules_sha256
    assert edited.identity.ontology_sha256 != kb.identity.ontology_sha256
    for each, name, status in ((kb, "octreotide", Status.MET), (edited, "octreotide newname", Status.UNMET)):
        patient = each.patient("old", born="1961-04-02", index_date="2026-11-20").treatment(name, started="2025")
        result = each.eligibility(patient, "START-NET")
        assert result["I1"].status is status
    with pytest.raises(PatientError, match="unknown-name"):
        kb.patient("old").treatment("octreotide newname")


def population(kb: KnowledgeBase, size: int) -> list[Any]:
    """Patients that differ in what decides; the same ids in every knowledge base."""
    made = []
    for number in range(size):
        born = f"{1930 + 2 * number}"
        patient = kb.patient(
            f"patient-{number}", sex=("female", "male")[number % 2], born=born, index_date="2026-11-20"
        )
        patient.measurement("hemoglobin", f"{70 + number} g/L", date="2026-11-10")
        patient.measurement("Ki-67 index", f"{number} %", date="2026-01-10")
        patient.treatment(
            ("octreotide", "everolimus", "177Lu-DOTATATE")[number % 3],
            started="2025",
            ended="2026-11-0" + str(1 + number % 9),
        )
        if number % 4:
            patient.complete("treatments")
        made.append(patient)
    return made


def test_two_knowledge_bases_in_two_threads_do_not_see_each_other(kb: KnowledgeBase, rules: Path) -> None:
    size = 16
    other = KnowledgeBase(rules=only_from_90(rules))
    sequential = {each: [statuses(each.screen(patient)) for patient in population(each, size)] for each in (kb, other)}
    adults = [found["START-NET", "I1"] for found in sequential[kb]]
    oldest = [found["START-NET", "I1"] for found in sequential[other]]
    assert adults.count(Status.MET) == size
    assert oldest.count(Status.UNMET) >= size - 5
    assert len({tuple(found.values()) for found in sequential[kb]}) > 8

    together = threading.Barrier(4)

    def screen(each: KnowledgeBase, backwards: bool) -> list[dict[tuple[str, str], Status]]:
        patients = population(each, size)
        together.wait(30)
        order = patients[::-1] if backwards else patients
        found = {patient.id: statuses(each.screen(patient)) for patient in order}
        return [found[patient.id] for patient in patients]

    jobs = [(kb, False), (other, False), (kb, True), (other, True)]
    with ThreadPoolExecutor(4) as pool:
        for (each, _), found in zip(jobs, pool.map(lambda job: screen(*job), jobs), strict=True):
            assert found == sequential[each]


def test_threads_may_begin_with_a_knowledge_base_that_is_not_warm() -> None:
    fresh = KnowledgeBase()
    patients = population(fresh, 6)
    together = threading.Barrier(3)

    def screen(_: int) -> list[dict[tuple[str, str], Status]]:
        together.wait(30)
        return [statuses(fresh.screen(patient)) for patient in patients]

    with ThreadPoolExecutor(3) as pool:
        first, *rest = pool.map(screen, range(3))
    assert rest == [first, first]
    assert first == [statuses(fresh.screen(patient)) for patient in patients]


def test_patients_of_one_knowledge_base_are_not_those_of_another(own: KnowledgeBase) -> None:
    other = KnowledgeBase()
    assert list(other.query("patient(P)")) == []
    assert list(own.query("patient(P)")) == [("anna",)]
    with pytest.raises(UsageError, match="no patient 'anna'"):
        other.screen("anna")


# ── queries ─────────────────────────────────────────────────────────────────

QUERIES: list[tuple[str, tuple[str, ...], list[tuple[Any, ...]]]] = [
    ("patient(P)", ("P",), [("anna",)]),
    ("patient('anna')", (), [()]),
    ("patient('bob')", (), []),
    ("sex(P, Sex)", ("P", "Sex"), [("anna", "Female")]),
    ("age(P, Lo, Hi)", ("P", "Lo", "Hi"), [("anna", Decimal(65), Decimal(65))]),
    ("index_day(_, Day)", ("Day",), [(date(2026, 11, 20),)]),
    ("measurement(P, E, 'Hemoglobin', Lo, Hi)", ("P", "E", "Lo", "Hi"), [("anna", "measurements[0]", 121, 121)]),
    ("measurement(P, _, 'Hemoglobin', Lo, _) & (Lo > 120.999999)", ("P", "Lo"), [("anna", 121)]),
    ("measurement(P, _, 'Hemoglobin', Lo, _) & (Lo > 121)", ("P", "Lo"), []),
    ("measurement(P, _, 'ASAT', Lo, Hi)", ("P", "Lo", "Hi"), [("anna", 41, 41)]),
    ("dated(P, 'findings[0]', From, To)", ("P", "From", "To"), [("anna", date(2024, 5, 1), date(2024, 5, 31))]),
    ("started(_, E, From, To)", ("E", "From", "To"), [("treatments[0]", date(2024, 6, 1), date(2024, 6, 30))]),
    ("treatment(P, _, X) & isa(X, 'SomatostatinAnalogue')", ("P", "X"), [("anna", "Octreotide")]),
    ("treatment(P, _, X) & ~isa(X, 'Chemotherapy')", ("P", "X"), [("anna", "Octreotide")]),
    ("treatment(P, _, X) & isa(X, 'Chemotherapy')", ("P", "X"), []),
    ("scan(P, _, 'Ga68DotatatePETCT', Lo, Hi) & (Lo >= 3)", ("P", "Lo", "Hi"), [("anna", 4, 4)]),
    ("planned_start(_, D) & days_before(D, 28, B)", ("D", "B"), [(date(2026, 11, 20), date(2026, 10, 23))]),
    ("verdict(P, 'START-NET', V)", ("P", "V"), [("anna", "undetermined")]),
    ("met(P, T, 'I11a')", ("P", "T"), [("anna", "START-NET")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "columns", "rows"), QUERIES, ids=[query[0] for query in QUERIES])
def test_a_query_is_answered(
    own: KnowledgeBase, text: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]
) -> None:
    answer = own.query(text)
    assert answer.columns == columns
    assert list(answer) == rows
    assert len(answer) == len(rows)


def test_the_public_query(own: KnowledgeBase) -> None:
    answer = own.query("met(P, T, C) & measurement(P, E, 'Hemoglobin', Lo, Hi)")
    assert answer.columns == ("P", "T", "C", "E", "Lo", "Hi")
    met = {key for key, status in statuses(own.screen("anna")).items() if status is Status.MET}
    singles = {key for key in met if not own.eligibility("anna", key[0])[key[1]].parts}
    assert {(row[1], row[2]) for row in answer} >= singles
    assert {row[3:] for row in answer} == {("measurements[0]", Decimal(121), Decimal(121))}
    assert list(answer) == sorted(answer)


def test_quantities_are_decimals_in_the_canonical_unit_and_open_ends_infinite() -> None:
    kb = KnowledgeBase()
    patient = kb.patient("numbers", index_date="2026-11-20")
    patient.measurement("creatinine", "0.9 mg/dL", date="2026-11-10")
    patient.measurement("GFR by iohexol clearance", "> 90 mL/min/1.73m2", date="2026-11-02")
    patient.measurement("Ki-67 index", "3-20 %", date="2024-05-20")
    patient.treatment("octreotide", started="2024-06", ongoing=True)
    rows = {row[0]: row[1:] for row in kb.query("measurement(_, _, C, Lo, Hi)")}
    assert rows["Ki67Index"] == (Decimal(3), Decimal(20))
    low, high = rows["Creatinine"]
    assert isinstance(low, Decimal)
    assert Decimal("79.4") < low <= high < Decimal("79.7")
    low, high = rows["GFRByIohexolClearanceIndexed"]
    assert Decimal(90) < low < Decimal("90.000001")
    assert isinstance(high, Decimal)
    assert high.is_infinite()
    ((_, end),) = kb.query("ended(_, E, _, Last)")
    assert end == date.max


def test_a_query_ranges_over_all_loaded_patients_and_no_others() -> None:
    kb = KnowledgeBase()
    for number in range(3):
        kb.patient(f"p{number}", index_date="2026-11-20").measurement(
            "hemoglobin", f"{85 + 5 * number} g/L", date="2026-11-10"
        )
    read = kb.patient("p3", index_date="2026-11-20").patient
    kb.add(read)
    assert list(kb.query("patient(P)")) == [("p0",), ("p1",), ("p2",), ("p3",)]
    assert [row[0] for row in kb.query("met(P, 'START-NET', 'I11a')")] == ["p2"]
    assert [row[0] for row in kb.query("measurement(P, _, 'Hemoglobin', Lo, _) & (Lo >= 90)")] == ["p1", "p2"]
    kb.patient("p2", index_date="2026-11-20")
    assert list(kb.query("met(P, 'START-NET', 'I11a')")) == []


WRONG = [
    ("", "syntax"),
    ("# nothing", "syntax"),
    ("met(P, T,", "syntax"),
    ("met(p, T, C)", "syntax"),
    ("met(P, T, C) | unmet(P, T, C)", "syntax"),
    ("met(P, T, C) <= patient(P)", "syntax"),
    ("import os", "syntax"),
    ("__import__('os').mkdir('made')", "syntax"),
    ("patient(__import__('os').mkdir('made'))", "syntax"),
    ("x" * 100_000, "syntax"),
    ("mett(P, T, C)", "unknown-predicate"),
    ("met(P)", "arity"),
    ("~met(P, 'START-NET', 'I1')", "unsafe"),
    ("met(P, T, C) & (X > 3)", "unsafe"),
    ("measurement(P, _, C, Lo, _) & (Lo > 1.12345678)", "off-grid"),
    ("dated(P, E, From, To) & (From >= 5)", "column-kind"),
]


@pytest.mark.parametrize(("text", "code"), WRONG, ids=[text[:40] or "nothing" for text, _ in WRONG])
def test_a_text_that_is_no_query_is_refused_and_never_executed(
    own: KnowledgeBase, nothing_written: Callable[[], Any], text: str, code: str
) -> None:
    with nothing_written(), pytest.raises(RulesError) as caught:
        own.query(text)
    codes = {problem.code for problem in caught.value.problems}
    assert code in codes
    assert all(problem.file == "query" and problem.place and problem.remedy for problem in caught.value.problems)
    assert not Path("made").exists()


def test_a_wrong_predicate_in_a_query_gets_a_suggestion(own: KnowledgeBase) -> None:
    with pytest.raises(RulesError, match="'met'"):
        own.query("mett(P, T, C)")


@pytest.mark.parametrize(
    "text",
    [
        "treatment(P, E, X) & isa(X, 'Chemoterapy')",
        "measurement(P, E, 'Hemoglobn', Lo, Hi)",
        "met(P, 'START-NOT', C)",
        "met(P, 'START-NET', 'I99')",
    ],
)
def test_a_misspelt_name_in_a_query_is_an_error(own: KnowledgeBase, text: str) -> None:
    with pytest.raises(RulesError):
        own.query(text)
