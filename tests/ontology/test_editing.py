"""An ontologist edits the ontology and the answers follow, with no change to rules or program."""

from __future__ import annotations

import contextlib
import io
import json
import re
from fractions import Fraction
from pathlib import Path

import pytest
from editing import Editor, new_class
from owl_api import OwlApi

from nen_kb import KnowledgeBase
from nen_kb.cli import main
from nen_kb.errors import NenKbError, OntologyError, PatientError, RulesError
from nen_kb.knowledge_base import PatientRecord, Status, TrialResult
from nen_kb.resources import shipped


def base(folder: Path) -> KnowledgeBase:
    return KnowledgeBase(ontology=folder / "nen.owl")


def someone(kb: KnowledgeBase) -> PatientRecord:
    """A patient whose list of treatments is complete."""
    patient = kb.patient("someone", sex="female", born="1961-04-02", index_date="2026-11-20")
    return patient.complete("treatments", as_of="2026-11-20", source="form")


def treated(kb: KnowledgeBase, agent: str, *, ended: str | None = None) -> TrialResult:
    """START-NET for a patient who has had that treatment alone, since 2025."""
    patient = someone(kb)
    if ended is None:
        patient.treatment(agent, started="2025-01-07", ongoing=True)
    else:
        patient.treatment(agent, started="2025-01-07", ended=ended)
    return kb.eligibility(patient, "START-NET")


def refusal(folder: Path) -> NenKbError:
    with pytest.raises(NenKbError) as caught:
        base(folder)
    return caught.value


# ── treatments ───────────────────────────────────────────────────────────────


def test_a_new_somatostatin_analogue_needs_no_washout(copy: Path, editor: Editor) -> None:
    with pytest.raises(PatientError, match="vapreotide"):
        treated(base(copy), "vapreotide")
    above = "SubClassOf(:Vapreotide :SomatostatinAnalogue)"
    editor.edit(copy, "therapies", add=new_class("Vapreotide", "vapreotide", above))
    assert treated(base(copy), "vapreotide")["I7"].status is Status.MET


def test_the_same_drug_as_chemotherapy_needs_one(copy: Path, editor: Editor) -> None:
    above = "SubClassOf(:Vapreotide :Chemotherapy)"
    editor.edit(copy, "therapies", add=new_class("Vapreotide", "vapreotide", above))
    assert treated(base(copy), "vapreotide")["I7"].status is Status.UNMET
    assert treated(base(copy), "vapreotide", ended="2026-01-07")["I7"].status is Status.MET


def test_a_drug_is_a_somatostatin_analogue_by_what_it_holds(copy: Path, editor: Editor) -> None:
    holds = (
        "SubClassOf(:Vapreotide :SystemicAntitumorTreatment)",
        "SubClassOf(:Vapreotide ObjectSomeValuesFrom(:hasActiveSubstance :VapreotideSubstance))",
    )
    substance = new_class(
        "VapreotideSubstance", "vapreotide (substance)", "SubClassOf(:VapreotideSubstance :SSTRAgonist)"
    )
    editor.edit(copy, "agents", add=substance)
    editor.edit(copy, "therapies", add=new_class("Vapreotide", "vapreotide", *holds))
    assert treated(base(copy), "vapreotide")["I7"].status is Status.MET


LM3 = "\n".join(
    (
        new_class("Terbium161", "terbium-161", "SubClassOf(:Terbium161 :TherapeuticRadionuclide)"),
        new_class(
            "DotaLM3",
            "DOTA-LM3",
            "SubClassOf(:DotaLM3 :Ligand)",
            "SubClassOf(:DotaLM3 ObjectSomeValuesFrom(:bindsTo :SomatostatinReceptor))",
        ),
    )
)


def radioligand(molecule: str) -> str:
    return new_class(
        "Tb161DotaLM3",
        "161Tb-DOTA-LM3",
        "SubClassOf(:Tb161DotaLM3 :RadionuclideTherapy)",
        "SubClassOf(:Tb161DotaLM3 ObjectSomeValuesFrom(:hasRadionuclide :Terbium161))",
        f"SubClassOf(:Tb161DotaLM3 ObjectSomeValuesFrom(:hasTargetingMolecule :{molecule}))",
    )


def test_a_new_radioligand_is_prrt_by_what_it_is_made_of(copy: Path, editor: Editor) -> None:
    """Nobody says that it is PRRT, nor that its ligand is one of the somatostatin receptor: only what that binds to."""
    editor.edit(copy, "agents", add=LM3)
    editor.edit(copy, "therapies", add=radioligand("DotaLM3"))
    kb = base(copy)
    result = treated(kb, "161Tb-DOTA-LM3", ended="2025-06-07")
    assert result["E2"].status is Status.MET
    assert result["I7"].status is Status.MET
    assert kb.ontology.isa("Tb161DotaLM3", "SystemicAntitumorTreatment")
    assert "161Tb-DOTA-LM3: a kind of PRRT" in result["E2"].explain()


def test_a_radioligand_of_another_target_is_not_taken_for_prrt(copy: Path, editor: Editor) -> None:
    """The ontology does not say that it is no PRRT either, so an earlier PRRT is unknown."""
    editor.edit(copy, "agents", add=LM3)
    editor.edit(copy, "therapies", add=radioligand("PSMA617"))
    kb = base(copy)
    assert not kb.ontology.isa("Tb161DotaLM3", "PRRT")
    assert treated(kb, "161Tb-DOTA-LM3", ended="2025-06-07")["E2"].status is Status.UNKNOWN


@pytest.mark.java
def test_hermit_classifies_the_new_radioligand_alike(copy: Path, owl_api: OwlApi) -> None:
    owl_api.edit(copy, "agents", add=LM3)
    owl_api.edit(copy, "therapies", add=radioligand("DotaLM3"))
    assert owl_api.violations(copy) == []
    ontology = base(copy).ontology
    inferred = owl_api.classify(copy)["above"]
    assert "PRRT" in inferred["Tb161DotaLM3"]
    assert {name: set(above) for name, above in inferred.items()} == {
        name: ontology.ancestors(name) for name in ontology.names | ontology.parts
    }


def test_prrt_is_found_even_where_nobody_told_it(copy: Path, editor: Editor) -> None:
    """Without their told place under PRRT, the known radioligands are found to be PRRT by definition."""
    known = ["Ac225Dotatate", "Lu177Dotatate", "Lu177Edotreotide", "Lu177SatoreotideTetraxetan", "Pb212Dotamtate"]
    known += ["Y90Dotatate", "Y90Dotatoc"]
    before = base(copy).ontology
    assert before.descendants("PRRT") == {"PRRT", *known}
    editor.edit(
        copy,
        "therapies",
        remove="\n".join(f"SubClassOf(:{name} :PRRT)" for name in known),
        add="\n".join(f"SubClassOf(:{name} :RadionuclideTherapy)" for name in known),
    )
    after = base(copy).ontology
    assert after.descendants("PRRT") == {"PRRT", *known}
    assert after.sha256 != before.sha256


def test_a_moved_subclass_moves_the_answer(copy: Path, editor: Editor) -> None:
    assert treated(base(copy), "telotristat")["I7"].status is Status.MET
    editor.edit(
        copy,
        "therapies",
        remove="SubClassOf(:Telotristat :OtherTreatment)",
        add="SubClassOf(:Telotristat :TargetedTherapy)",
    )
    kb = base(copy)
    assert treated(kb, "telotristat")["I7"].status is Status.UNMET
    assert "telotristat: a kind of antitumor treatment" in treated(kb, "telotristat")["I7"].explain()


def cut_off(grade: str, facet: str, value: int, joined: str) -> str:
    """The definition of a grade, with another limit between G2 and G3."""
    limit = f'DatatypeRestriction(xsd:decimal {facet} "{value}"^^xsd:decimal)'
    index = f"DataSomeValuesFrom(:hasKi67Index {limit})"
    mitoses = f"DataSomeValuesFrom(:hasMitoticCount {limit})"
    return f"EquivalentClasses(:{grade} ObjectIntersectionOf(:NeuroendocrineTumor {joined}({index} {mitoses})))"


@pytest.mark.java
def test_a_changed_cut_off_of_a_grade_is_read(copy: Path, owl_api: OwlApi) -> None:
    owl_api.edit(
        copy,
        "grades",
        remove=cut_off("NeuroendocrineTumorG3", "xsd:minExclusive", 20, "ObjectUnionOf"),
        add=cut_off("NeuroendocrineTumorG3", "xsd:minExclusive", 55, "ObjectUnionOf"),
    )
    ranges = base(copy).ontology.ranges("NeuroendocrineTumorG3")
    assert [(each.observable, each.low) for each in ranges] == [("Ki67Index", 55), ("MitoticCount", 55)]


def graded(kb: KnowledgeBase, ki67: str, mitoses: str) -> TrialResult:
    """NCT05610826 for a pancreatic NET with those proliferation indices."""
    patient = kb.patient("graded", index_date="2026-11-20")
    patient.finding("pancreatic neuroendocrine tumor", date="2026-05-20")
    patient.measurement("Ki-67 index", f"{ki67} %", date="2026-05-20")
    patient.measurement("mitotic count", f"{mitoses} /{{2_mm2}}", date="2026-05-20")
    return kb.eligibility(patient, "NCT05610826")


@pytest.mark.parametrize(
    ("observable", "limit", "ki67", "mitoses", "before", "after"),
    [
        ("hasKi67Index", "25", "22", "3", Status.UNMET, Status.MET),
        ("hasKi67Index", "20.000001", "20.000001", "3", Status.UNMET, Status.MET),
        ("hasKi67Index", "19.999999", "20", "3", Status.MET, Status.UNMET),
        ("hasMitoticCount", "20.000001", "8", "20.000001", Status.UNMET, Status.MET),
        ("hasMitoticCount", "19.999999", "8", "20", Status.MET, Status.UNMET),
    ],
)
def test_a_changed_cut_off_of_grade_2_changes_the_answer(
    copy: Path, observable: str, limit: str, ki67: str, mitoses: str, before: Status, after: Status
) -> None:
    """The grade follows the definition; what the protocol itself limits (Ki-67 above 20 %, E1) does not."""
    assert graded(base(copy), ki67, mitoses)["I2"].status is before
    grades = copy / "grades.owl"
    text = grades.read_text(encoding="utf-8")
    pattern = rf'({observable}"/>(?:(?!onProperty).)*?<xsd:maxInclusive[^>]*>)20<'
    text, changed = re.subn(pattern, rf"\g<1>{limit}<", text, flags=re.DOTALL)
    assert changed == 1
    grades.write_text(text, encoding="utf-8")
    result = graded(base(copy), ki67, mitoses)
    assert result["I2"].status is after
    assert (result["E1"].status is Status.UNMET) == (float(ki67) <= 20 and after is Status.MET)


@pytest.mark.java
def test_two_cut_offs_on_one_side_are_refused(copy: Path, owl_api: OwlApi) -> None:
    added = cut_off("NeuroendocrineTumorG3", "xsd:minExclusive", 55, "ObjectUnionOf")
    owl_api.edit(copy, "grades", add=added)
    error = refusal(copy)
    assert isinstance(error, OntologyError)
    assert any("2 lower cut-offs of Ki67Index" in problem.message for problem in error.problems)


# ── observables, names and codes ─────────────────────────────────────────────

ENOLASE = new_class(
    "NeuronSpecificEnolase",
    "neuron-specific enolase",
    "SubClassOf(:NeuronSpecificEnolase :Observable)",
    'AnnotationAssertion(oboInOwl:hasExactSynonym :NeuronSpecificEnolase "NSE"@en)',
    'AnnotationAssertion(:canonicalUnit :NeuronSpecificEnolase "ug/L")',
    'AnnotationAssertion(:unitEquation :NeuronSpecificEnolase "1 nmol/L = 78 ug/L")',
    'AnnotationAssertion(:plausibleMinimum :NeuronSpecificEnolase "0"^^xsd:decimal)',
    'AnnotationAssertion(:plausibleMaximum :NeuronSpecificEnolase "100000"^^xsd:decimal)',
    'AnnotationAssertion(:code :NeuronSpecificEnolase "LOINC:0000-0")',
)


@pytest.mark.parametrize(("written", "value"), [("12.5 ug/L", "12.5"), ("12.5 ng/mL", "12.5"), ("0.5 nmol/L", "39")])
def test_a_new_observable_is_measured_in_its_units(copy: Path, editor: Editor, written: str, value: str) -> None:
    editor.edit(copy, "labs", add=ENOLASE)
    kb = base(copy)
    someone(kb).measurement("NSE", written, date="2026-11-10")
    (row,) = kb.query("measurement(P, E, 'NeuronSpecificEnolase', Lo, Hi)")
    assert [str(cell) for cell in row][-2:] == [value, value]
    observable = kb.ontology.observable("NeuronSpecificEnolase")
    assert observable is not None
    assert observable.maximum == Fraction(100000)


def test_a_new_observable_refuses_what_it_cannot_be(copy: Path, editor: Editor) -> None:
    editor.edit(copy, "labs", add=ENOLASE)
    with pytest.raises(PatientError, match="neuron-specific enolase"):
        someone(base(copy)).measurement("NSE", "200000 ug/L", date="2026-11-10")


def test_a_new_synonym_is_accepted_in_case_files(copy: Path, editor: Editor) -> None:
    with pytest.raises(PatientError, match="knorkeltumor"):
        someone(base(copy)).finding("knorkeltumor", date="2024-05")
    editor.edit(
        copy,
        "tumours",
        add='AnnotationAssertion(oboInOwl:hasExactSynonym :PancreaticNeuroendocrineTumor "knorkeltumor"@sv)',
    )
    kb = base(copy)
    patient = someone(kb).finding("Knorkel-tumor", date="2024-05")
    assert [finding.concept for finding in patient.patient.findings] == ["PancreaticNeuroendocrineTumor"]


def test_a_new_code_is_accepted_in_case_files_and_fhir(copy: Path, editor: Editor, tmp_path: Path) -> None:
    editor.edit(copy, "therapies", add='AnnotationAssertion(:code :Lu177Edotreotide "SNOMEDCT:999000111")')
    kb = base(copy)
    assert treated(kb, "SNOMEDCT:999000111", ended="2025-06-07")["E2"].status is Status.MET
    bundle = tmp_path / "bundle.json"
    bundle.write_text(json.dumps(fhir("999000111")), encoding="utf-8")
    assert clause(copy, bundle) == "met"


def fhir(code: str) -> dict[str, object]:
    """A patient who was once given a drug that only its SNOMED CT code names."""
    coding = [{"system": "http://snomed.info/sct", "code": code}]
    given = {
        "resourceType": "MedicationStatement",
        "id": "given",
        "status": "completed",
        "subject": {"reference": "Patient/someone"},
        "medicationCodeableConcept": {"coding": coding},
        "effectivePeriod": {"start": "2025-01-07", "end": "2025-06-07"},
    }
    patient = {"resourceType": "Patient", "id": "someone", "gender": "female", "birthDate": "1961-04-02"}
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"resource": patient}, {"resource": given}],
    }


def clause(folder: Path, source: Path) -> str:
    """The status of START-NET E2 as ``nen-kb screen --ontology`` prints it."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = main(
            ["screen", str(source), "--trial", "START-NET", "--format", "json", "--ontology", str(folder / "nen.owl")]
        )
    assert code == 0
    found = [
        each["status"]
        for result in json.loads(out.getvalue())["results"]
        for each in result["clauses"]
        if each["clause"] == "E2"
    ]
    assert len(found) == 1
    return str(found[0])


def test_before_the_code_was_known_the_answer_was_open(copy: Path, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.json"
    bundle.write_text(json.dumps(fhir("999000111")), encoding="utf-8")
    assert clause(copy, bundle) == "unknown"


# ── what must not pass ───────────────────────────────────────────────────────


def test_renaming_a_class_that_rules_name_is_told_with_its_place(copy: Path, editor: Editor) -> None:
    editor.edit(copy, "therapies", rename={"SomatostatinAnalogue": "SomatostatinAnalog"})
    error = refusal(copy)
    assert isinstance(error, RulesError)
    assert {problem.code for problem in error.problems} == {"unknown-name"}
    for problem in error.problems:
        assert problem.file.endswith(".dl")
        line = (shipped("kb") / problem.file).read_text(encoding="utf-8").splitlines()[int(problem.place) - 1]
        assert "SomatostatinAnalogue" in line
        assert "SomatostatinAnalog" in problem.remedy


def test_deleting_a_class_that_rules_name_is_told_with_its_place(copy: Path, editor: Editor) -> None:
    editor.edit(copy, "labs", delete=["CystatinC"])
    error = refusal(copy)
    assert isinstance(error, RulesError)
    assert all("CystatinC" in problem.message and int(problem.place) > 0 for problem in error.problems)


def test_a_class_under_two_that_exclude_each_other_is_refused(copy: Path, editor: Editor) -> None:
    """Also where one of the two is only found by definition."""
    holds = "SubClassOf(:Octreotide ObjectSomeValuesFrom(:hasRadionuclide :Lutetium177))"
    carries = "SubClassOf(:Octreotide ObjectSomeValuesFrom(:hasTargetingMolecule :Dotatate))"
    editor.edit(copy, "therapies", add="\n".join((holds, carries, "SubClassOf(:Octreotide :RadionuclideTherapy)")))
    error = refusal(copy)
    assert isinstance(error, OntologyError)
    assert {problem.code for problem in error.problems} == {"unsatisfiable"}
    assert any("Octreotide" in problem.message for problem in error.problems)


def test_a_number_of_an_inexact_type_is_refused(copy: Path, editor: Editor) -> None:
    editor.edit(copy, "labs", add='AnnotationAssertion(:plausibleMaximum :Albumin "70"^^xsd:double)')
    error = refusal(copy)
    assert isinstance(error, OntologyError)
    assert "inexact-number" in {problem.code for problem in error.problems}
