"""Every name that the interfaces promise can be found, however it is written."""

from __future__ import annotations

import re

import pytest

from nen_kb.ontology import Ontology, UnknownName

PROMISED = """
neuroendocrine neoplasm; neuroendocrine tumor; neuroendocrine tumor G1; neuroendocrine tumor G2;
neuroendocrine tumor G3;
neuroendocrine carcinoma; small cell neuroendocrine carcinoma; large cell neuroendocrine carcinoma;
mixed neuroendocrine-non-neuroendocrine neoplasm; pancreatic neuroendocrine tumor; pancreatic neuroendocrine neoplasm;
pancreatic neuroendocrine tumor G1; pancreatic neuroendocrine tumor G2; pancreatic neuroendocrine tumor G3; insulinoma;
gastrinoma; glucagonoma; VIPoma; somatostatinoma; small intestinal neuroendocrine tumor; ileal neuroendocrine tumor;
gastric neuroendocrine tumor; duodenal neuroendocrine tumor; rectal neuroendocrine tumor;
appendiceal neuroendocrine tumor; colonic neuroendocrine tumor; lung neuroendocrine tumor; typical carcinoid;
atypical carcinoid; thymic neuroendocrine tumor; Merkel cell carcinoma; pheochromocytoma; paraganglioma;
histologically confirmed; well differentiated; moderately differentiated; poorly differentiated; WHO grade 1;
WHO grade 2; WHO grade 3; locally advanced disease; metastatic disease; liver metastases; brain metastases;
bone metastases; lymph node metastases; peritoneal metastases; inoperable disease; measurable disease;
radiological progression; progression comparator scan; progression confirmed by multidisciplinary conference;
SSTR-negative lesions; treated and stable brain metastases;
written informed consent; PRRT treatment of choice; 90 percent cytoreduction achievable;
other serious uncontrolled condition; unwilling or unable to participate; contraindication to capecitabine;
GFR method equally accurate; highly effective contraception; effective non-hormonal contraception;
hormonal contraception; partner of childbearing potential;
pregnancy; breastfeeding; negative pregnancy test; last menstruation; postmenopausal; permanently sterile;
childbearing potential;
other malignancy; heart failure; diabetes mellitus; cirrhosis; ascites; urinary incontinence;
hypersensitivity to capecitabine or fluorouracil; severe reaction to fluoropyrimidine; complete DPD deficiency;
severe hepatic impairment; severe leucopenia; severe neutropenia; severe thrombocytopenia;
basal cell carcinoma of skin; squamous cell carcinoma of skin; carcinoma in situ of uterine cervix;
malignant neoplasm; breast carcinoma; colorectal carcinoma; prostate carcinoma; lung carcinoma; melanoma; lymphoma;
definitively treated malignancy without recurrence; non-melanoma skin cancer;
hemoglobin; platelets; leukocytes; neutrophils; ASAT; ALAT; total bilirubin; albumin; INR; prothrombin time;
creatinine; cystatin C; GFR by iohexol clearance; GFR by 51Cr-EDTA clearance; GFR by gamma camera;
glomerular filtration rate; measured creatinine clearance; creatinine clearance Cockcroft-Gault; eGFR CKD-EPI;
fasting glucose; chromogranin A; Ki-67 index; mitotic count; ECOG performance status; NYHA class;
liver tumor burden; expected cytoreduction; irradiated bone marrow; longest lesion diameter; lymph node short axis;
body weight; body height;
octreotide; lanreotide; pasireotide; 177Lu-DOTATATE; 177Lu-edotreotide; 90Y-DOTATOC; capecitabine; temozolomide;
CAPTEM; everolimus; sunitinib; cabozantinib; streptozocin; fluorouracil; etoposide; cisplatin; carboplatin;
oxaliplatin; interferon alfa; bevacizumab; brivudine; sorivudine; transarterial embolization;
transarterial chemoembolization; 90Y radioembolization; external beam radiotherapy; hepatic resection;
primary tumor resection; ablation; other treatment; antitumor treatment; systemic antitumor treatment;
somatostatin analogue; PRRT; chemotherapy; liver-directed therapy;
68Ga-DOTATATE PET/CT; 68Ga-DOTATOC PET/CT; 68Ga-DOTANOC PET/CT; 68Ga-DOTA-peptide PET; SSTR imaging;
64Cu-DOTATATE PET/CT; 111In-pentetreotide scintigraphy; 18F-FDG PET/CT; CT; MRI
"""
LABELS = [" ".join(name.split()) for name in PROMISED.split(";")]

ODD_LOCAL_NAMES = {
    "90 percent cytoreduction achievable": "Cytoreduction90PercentAchievable",
    "177Lu-DOTATATE": "Lu177Dotatate",
    "177Lu-edotreotide": "Lu177Edotreotide",
    "90Y-DOTATOC": "Y90Dotatoc",
    "90Y radioembolization": "Y90Radioembolization",
    "68Ga-DOTATATE PET/CT": "Ga68DotatatePETCT",
    "68Ga-DOTATOC PET/CT": "Ga68DotatocPETCT",
    "68Ga-DOTANOC PET/CT": "Ga68DotanocPETCT",
    "68Ga-DOTA-peptide PET": "Ga68DotaPeptidePET",
    "64Cu-DOTATATE PET/CT": "Cu64DotatatePETCT",
    "111In-pentetreotide scintigraphy": "In111PentetreotideScintigraphy",
    "18F-FDG PET/CT": "F18FDGPETCT",
    "GFR by 51Cr-EDTA clearance": "GFRByCr51EDTAClearance",
    "eGFR CKD-EPI": "EGFRCKDEPI",
    "small cell neuroendocrine carcinoma": "SmallCellNeuroendocrineCarcinoma",
}

FIXED = """
LesionDiameter MeasuredGFR PlasmaClearanceGFR EstimatedGFR GFRByIohexolClearanceIndexed GFRByIohexolClearanceAbsolute
GFRByCr51EDTAClearanceIndexed GFRByCr51EDTAClearanceAbsolute GFRByGammaCameraIndexed GFRByGammaCameraAbsolute
MeasuredCreatinineClearanceIndexed MeasuredCreatinineClearanceAbsolute EGFRCKDEPIIndexed EGFRCKDEPIAbsolute
ASATTimesULN ALATTimesULN TotalBilirubinTimesULN FastingGlucoseTimesULN ProthrombinTimeInReferenceRange AcceptedGFR
ClearanceOverridingEstimate UptakeExtentOnGa68DotaPeptidePET UptakeExtentOnGa68DotatatePETCT RecordedWHOGrade
HepaticArterialEmbolization Y90Dotatoc Y90Radioembolization OtherTreatment Condition Treatment ImagingProcedure
Observable Diagnosis Assessment Attestation ReproductiveState NeuroendocrineNeoplasm
"""


def camel(label: str) -> str:
    return "".join(word[0].upper() + word[1:] for word in re.split(r"[\s/-]+", label))


@pytest.mark.parametrize("label", LABELS)
def test_a_promised_label_is_the_label_of_the_class_of_that_local_name(ontology: Ontology, label: str) -> None:
    """The local name is the label in CamelCase, starting with a letter."""
    local = ODD_LOCAL_NAMES.get(label, camel(label))
    assert ontology.find(label) == local
    assert ontology.label(local) == label
    assert ontology.find(local) == local


@pytest.mark.parametrize("local", FIXED.split())
def test_a_local_name_that_rules_use_exists(ontology: Ontology, local: str) -> None:
    assert local in ontology.names
    assert ontology.concept(local).definition


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("haemoglobin", "Hemoglobin"),
        ("Hb", "Hemoglobin"),
        ("AST", "ASAT"),
        ("SGOT", "ASAT"),
        ("alt", "ALAT"),
        ("NET", "NeuroendocrineTumor"),
        ("NEN", "NeuroendocrineNeoplasm"),
        ("neuroendocrine tumour", "NeuroendocrineTumor"),
        ("Pancreatic  Neuroendocrine   TUMOUR g2", "PancreaticNeuroendocrineTumorG2"),
        ("somatostatin analog", "SomatostatinAnalogue"),
        ("SSA", "SomatostatinAnalogue"),
        ("Lutathera", "Lu177Dotatate"),
        ("¹⁷⁷Lu-DOTATATE", "Lu177Dotatate"),
        ("68ga dotatate pet-ct", "Ga68DotatatePETCT"),
        ("phaeochromocytoma", "Pheochromocytoma"),
        ("leukopenia", "Leucopenia"),
        ("longest lesion diameter (non-nodal)", "LongestLesionDiameter"),
        ("mitotic count (per 2 mm²)", "MitoticCount"),
        ("TACE", "TransarterialChemoembolization"),
        ("Ki67", "Ki67Index"),
        ("liver_metastases", "LiverMetastases"),
    ],
)
def test_synonyms_and_spellings_lead_to_the_class(ontology: Ontology, text: str, local: str) -> None:
    assert ontology.find(text) == local


def test_an_unknown_name_comes_with_the_nearest_names(ontology: Ontology) -> None:
    with pytest.raises(UnknownName) as caught:
        ontology.find("pancreatic neuroendocrin tumor")
    assert "pancreatic neuroendocrine tumor" in caught.value.suggestions
    assert caught.value.text == "pancreatic neuroendocrin tumor"


@pytest.mark.parametrize("text", ["", "   ", "::", "zzzzqqqq"])
def test_nonsense_is_unknown_and_nothing_is_suggested(ontology: Ontology, text: str) -> None:
    with pytest.raises(UnknownName) as caught:
        ontology.find(text)
    assert caught.value.suggestions == ()


def test_a_name_that_is_no_class_is_no_observable(ontology: Ontology) -> None:
    """Rules ask this of any constant, such as the name of a trial."""
    assert ontology.observable("START-NET") is None


def test_an_unknown_local_name_is_refused(ontology: Ontology) -> None:
    for ask in (
        lambda: ontology.isa("Insulinom", "NeuroendocrineTumor"),
        lambda: ontology.isa("Insulinoma", "NeuroendocrineTumour"),
        lambda: ontology.disjoint("Insulinoma", "Nothing"),
        lambda: ontology.label("Insulinom"),
        lambda: ontology.domain("Insulinom"),
    ):
        with pytest.raises(UnknownName):
            ask()


def test_every_class_has_label_definition_and_a_place(ontology: Ontology) -> None:
    assert len(ontology.names) >= 250
    tops = {name for name in ontology.names if not ontology.concept(name).parents}
    assert tops == {
        "Condition", "Assessment", "Attestation", "ReproductiveState", "Treatment", "ImagingProcedure", "Observable",
    }  # fmt: skip
    for name in ontology.names:
        concept = ontology.concept(name)
        assert concept.label, name
        assert concept.definition.endswith("."), name
        assert ontology.find(concept.label) == name


def test_version_and_hash_identify_the_ontology(ontology: Ontology) -> None:
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", ontology.version)
    assert re.fullmatch(r"[0-9a-f]{64}", ontology.sha256)


def test_a_label_is_given_in_the_language_asked_for_or_not_at_all(ontology: Ontology) -> None:
    assert ontology.label_in("Capecitabine", "sv") == "kapecitabin"
    assert ontology.label_in("Capecitabine", "en") == ontology.label("Capecitabine") == "capecitabine"
    assert ontology.label_in("Everolimus", "sv") is None
    with pytest.raises(UnknownName):
        ontology.label_in("Nothing", "sv")
