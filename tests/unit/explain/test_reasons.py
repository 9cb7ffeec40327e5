"""Why a clause is unknown or conflicting: one small patient for each kind of reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nen_kb.explain import Judgement, Reason, reasons, undetermined_because

Judge = Callable[..., Judgement]
START, CHICAGO = "START-NET", "NCT05610826"

TABLE = [
    # a measurement that is not there
    ("", START, "I11a", "not_recorded", "Hemoglobin", "no hemoglobin on record"),
    ("", START, "I2", "not_recorded", "WrittenInformedConsent", "not on record: written informed consent"),
    ("", CHICAGO, "I5", "not_recorded", "birth date", "birth date is not on record"),
    ("", CHICAGO, "E6d", "not_declared_complete", "conditions", "not declared complete"),
    ("complete: [{domain: conditions, as_of: 2026-11-19}]", CHICAGO, "E6d", "not_declared_complete", "conditions",
     "only up to 2026-11-19, not up to 2026-11-20"),
    ("", START, "I9", "person_must_judge", "PRRTTreatmentOfChoice", "judgement of the investigator"),
    # a value that does not decide
    ("measurements: [{observable: ASAT, value: 41 U/L, date: 2026-11-10}]", START, "I11e", "not_recorded", "ASAT",
     "no upper limit of normal"),
    ("measurements: [{observable: albumin, value: 24-26 g/L, date: 2026-11-10}]", START, "I11h", "straddles_limit",
     "Albumin", "both sides of the limit 25 g/L"),
    ("measurements: [{observable: hemoglobin, value: 8.03 g/dL, date: 2026-11-10}]", CHICAGO, "E8a",
     "protocol_text_damaged", "E8a", "contradicts itself"),
    ("imaging: [{procedure: 68Ga-DOTATATE PET/CT, date: 2026-10-01, krenning: 2}]", CHICAGO, "I4a",
     "protocol_text_damaged", "I4a", "Krenning Score"),
    ("imaging: [{procedure: 68Ga-DOTATATE PET/CT, date: 2026-10-01}]", CHICAGO, "E4", "not_recorded",
     "Ga68DotatatePETCT", "no Krenning score"),
    ("imaging: [{procedure: 68Ga-DOTATATE PET/CT, date: 2026-10-01, krenning: 4}]", START, "E5", "not_recorded",
     "Ga68DotatatePETCT", "extent of uptake"),
    # another method
    ("imaging: [{procedure: 64Cu-DOTATATE PET/CT, date: 2026-10-01, krenning: 4}]", START, "I5", "wrong_method",
     "Ga68DotaPeptidePET", "does not count as 68Ga-DOTA-peptide PET"),
    ("measurements: [{observable: eGFR CKD-EPI, value: 80 mL/min/1.73m2, date: 2026-11-10}]", START, "I10",
     "wrong_method", "AcceptedGFR", "does not count"),
    ("measurements: [{observable: GFR by gamma camera, value: 80 mL/min/1.73m2, date: 2026-11-10}]", START, "I10",
     "wrong_method", "AcceptedGFR", "does not count"),
    ("", START, "I10", "not_recorded", "AcceptedGFR", "GFR by a method that START-NET accepts"),
    # a class that is too general
    ("imaging: [{procedure: SSTR imaging, date: 2026-10-01, krenning: 4}]", START, "I5", "concept_too_general",
     "Ga68DotaPeptidePET", "too general"),
    ("findings: [{concept: metastatic disease, date: 2026-10-01}]", CHICAGO, "E9", "concept_too_general",
     "BrainMetastases", "metastatic disease, 2026-10-01 (findings[0]) is too general"),
    ("complete: [treatments]\ntreatments: [{agent: systemic antitumor treatment, date: 2025-03}]", START, "E2",
     "concept_too_general", "PRRT", "too general"),
    # dates
    ("complete: [treatments]\ntreatments: [{agent: capecitabine, started: 2025-01, ended: 2025-11}]", CHICAGO, "E3",
     "date_imprecise", "Capecitabine", "may lie on either side of 2025-11-20"),
    ("measurements:\n  - {observable: leukocytes, value: 2.9 10*9/L, date: 2026-11}\n"
     "  - {observable: leukocytes, value: 3.9 10*9/L, date: 2026-11-12}", START, "I11c", "date_imprecise",
     "Leukocytes", "which is the latest"),
    ("born: 2008", START, "I1", "date_imprecise", "birth date", "the age may be 17 or 18"),
    ("findings:\n  - {concept: pregnancy, date: 2026-11}\n  - {concept: negative pregnancy test, date: 2026-11-10}\n"
     "sex: female", START, "E1a", "date_imprecise", "Pregnancy", "which is the latest"),
    # the rest
    ("complete: [treatments]\ntreatments: [{agent: octreotide, started: 2024-06, ongoing: true}]", CHICAGO, "I6",
     "not_yet_applicable", "NCT05610826", "not yet randomized"),
    ("measurements:\n  - {observable: platelets, value: 90 10*9/L, date: 2026-11-18}\n"
     "  - {observable: platelets, value: 110 10*9/L, date: 2026-11-18}", START, "I11b", "sources_disagree",
     "Platelets", "measurements[1]"),
]  # fmt: skip


@pytest.mark.parametrize(("patient", "trial", "clause", "code", "concept", "text"), TABLE)
def test_reason(judge: Judge, patient: str, trial: str, clause: str, code: str, concept: str, text: str) -> None:
    """The first reason has that code and concept, and says so."""
    first = reasons(judge(patient), trial, clause)[0]
    assert (first.code, first.concept) == (code, concept)
    assert text in first.text


def test_a_wide_class_and_a_missing_declaration_are_both_named(judge: Judge) -> None:
    """Unspecified metastases could be in the liver, and the list could be incomplete; the record comes first."""
    found = reasons(judge("findings: [{concept: metastatic disease, date: 2024-06}]"), CHICAGO, "I1")
    assert [reason.code for reason in found][:2] == ["concept_too_general", "not_declared_complete"]
    assert found[0].records == ("findings[0]",)


def test_a_pregnancy_is_not_asked_of_a_man(judge: Judge) -> None:
    """What could settle a clause one way only is left out where other things could settle it both ways."""
    concepts = {reason.concept for reason in reasons(judge("sex: male"), START, "E4")}
    assert "Pregnancy" not in concepts
    assert "ContraindicationToCapecitabine" in concepts


def test_both_sides_of_a_conflict_are_named(judge: Judge) -> None:
    """A conflict names every record of both sides, so that somebody can look at them."""
    tumor, carcinoma = "{concept: neuroendocrine tumor, date: 2024}", "{concept: neuroendocrine carcinoma, date: 2025}"
    text = f"findings: [{tumor}, {carcinoma}]"
    (found,) = reasons(judge(text), START, "I4c")
    assert found.code == "sources_disagree"
    assert set(found.records) == {"findings[0]", "findings[1]"}


@pytest.mark.parametrize(
    "text", ["", "sex: female\nborn: 1961", "sex: male\ncomplete: [treatments, conditions, imaging]"]
)
def test_every_open_clause_has_a_reason_and_no_other(judge: Judge, text: str) -> None:
    """Unknown and conflicting clauses have reasons, met and unmet ones none; so with parts."""
    judgement = judge(text)
    for trial in judgement.program.trials:
        for clause in trial.clauses:
            status = judgement.status(trial.id, clause.id)
            assert bool(reasons(judgement, trial.id, clause.id)) == (status in ("unknown", "conflicting")), clause.id


def test_a_clause_with_parts_has_the_reasons_of_its_open_parts(judge: Judge) -> None:
    """Blood counts: one is there and fine, the others are missing, each named once."""
    judgement = judge("measurements: [{observable: hemoglobin, value: 120 g/L, date: 2026-11-10}]")
    concepts = [reason.concept for reason in reasons(judgement, START, "I11")]
    assert concepts == ["Platelets", "Leukocytes", "Neutrophils", "ASAT", "ALAT", "TotalBilirubin", "Albumin"]


def test_undetermined_because_in_order() -> None:
    """missing before conflict before judgement, each once."""
    codes = ("protocol_text_damaged", "sources_disagree", "not_recorded", "wrong_method")
    assert undetermined_because(Reason(code, "", "") for code in codes) == ["missing", "conflict", "judgement"]
    assert undetermined_because([]) == []


def test_json_of_a_reason() -> None:
    """As the command line prints it; records only where there are some."""
    assert Reason("not_recorded", "Hemoglobin", "no hemoglobin on record").to_json() == {
        "code": "not_recorded",
        "concept": "Hemoglobin",
        "text": "no hemoglobin on record",
    }
    assert Reason("date_imprecise", "PRRT", "when", ("t[0]",)).to_json()["records"] == ["t[0]"]
