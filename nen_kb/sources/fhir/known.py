"""Codes of FHIR's own vocabularies and of answer lists: how a resource says yes, no, grade 2, liver.

What a *concept* is stands in the ontology.  Here stand only the codes by which FHIR resources
answer (presence, scores, status), name a body site or say that something is another examination.
Sources: LOINC answer lists LL529-9 (ECOG) and that of 88020-3 (NYHA), HL7 terminology, the value
sets of mCODE STU4, SNOMED CT.  Nothing in this file states what a protocol demands.
"""

from __future__ import annotations

from typing import Final


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _each(meaning: str, text: str) -> dict[str, str]:
    return dict.fromkeys(text.split(), meaning)


def _graded(name: str, text: str, first: int) -> dict[str, tuple[str, int]]:
    return {code: (name, grade) for grade, code in enumerate(text.split(), first)}


POSITIVE_TEST: Final = _codes("10828004 LA6576-8 POS positive 260373001 LA11882-0 DET detected")
NEGATIVE_TEST: Final = _codes("260385009 LA6577-6 NEG negative 260415000 LA11883-8 ND")

YES: Final = POSITIVE_TEST | _codes("373066001 LA33-6 Y yes true 52101004 LA9633-4 present 410515003 410605003")
NO: Final = NEGATIVE_TEST | _codes("373067005 LA32-8 N no false 2667000 LA9634-2 absent 410516002 410594000")
"""Codes and words that answer no, absent, negative or not detected.  Everything else answers nothing."""

ECOG, NYHA = "ECOGPerformanceStatus", "NYHAClass"

SCORES: Final[dict[str, tuple[str, int]]] = {
    **_graded(ECOG, "LA9622-7 LA9623-5 LA9624-3 LA9625-0 LA9626-8 LA9627-6", 0),
    **_graded(ECOG, "425389002 422512005 422894000 423053003 423237006 423409001", 0),
    **_graded(NYHA, "LA28404-4 LA28405-1 LA28406-9 LA28407-7", 1),
    **_graded(NYHA, "420300004 421704003 420913000 422293003", 1),
    **_graded(NYHA, "C66904 C66905 C66907 C66908", 1),
}
"""Answer codes (LOINC, SNOMED CT, NCIt) that are a number of a score."""

ESTIMATED_GFR: Final = _codes(
    "33914-3 48642-3 48643-1 50044-7 50210-4 50384-7 62238-1 69405-9 70969-1 76633-7 77147-7 88293-6 88294-4 "
    "94677-2 98979-8 98980-6 102097-3"
)
"""LOINC codes of GFR estimated from creatinine or cystatin C, where the ontology knows no closer class."""

PREGNANCY_TEST: Final = _codes(
    "2106-3 2107-1 2110-5 2112-1 2113-9 2118-8 2119-6 19080-1 19180-9 21198-7 80384-1 80385-8"
)
"""LOINC codes of hCG in urine, serum or plasma, by presence or amount."""

QUESTIONS: Final[dict[str, str]] = {
    "82810-3": "Pregnancy",
    "63895-7": "Breastfeeding",
    "8665-2": "LastMenstruation",
}
"""LOINC codes of questions whose answer is yes, no or a date, where the ontology has no code for them."""

ANSWERS: Final[dict[str, tuple[str, bool]]] = {
    "77386006": ("Pregnancy", True),
    "60001007": ("Pregnancy", False),
    "LA15173-0": ("Pregnancy", True),
    "LA26683-5": ("Pregnancy", False),
}
"""Answers that name what they affirm or deny."""

PATHOLOGY_QUESTIONS: Final = _codes("371469007 C18000 33732-9 31206-6 59847-4 29308-4 371441004 21858-6 371468004")
"""Questions (histologic grade, type, differentiation, diagnosis) whose coded answer is itself the finding."""

DISEASE_STATUS: Final = "97509-4"
CONDITION_WORSENED: Final = "271299001"
IMAGING_EVIDENCE: Final = _codes("363679005 77477000 113091000 82918005")
"""mCODE evidence types that are imaging: imaging at large, CT, MRI, PET."""

HISTORY_OF_METASTASIS: Final = _codes("1287652008 1098951000119108")

RADIOTHERAPY_COURSE: Final = "1217123003"
EXTERNAL_BEAM: Final = _codes("1156506007 45643008 10611004 80347004 312248006")
"""Radiotherapy given from outside the body: photons, electrons, protons, neutrons, heavy ions."""

SITES: Final[dict[str, str]] = {
    **_each("pancreas", "15776009 64163001 40133006 73239005 C12393 0001264"),
    **_each("liver", "10200004 181268008 C12392 0002107"),
    **_each("brain", "12738006 258335003 C12439 0000955"),
    **_each("bone", "272673000 C12366"),
    **_each("lymph node", "59441001 C12745 0000029"),
    **_each("peritoneum", "15425007 C12770 0002358"),
    **_each("lung", "39607008 C12468 0002048"),
    **_each("stomach", "69695003 C12391 0000945"),
    **_each("duodenum", "38848004 C12263 0002114"),
    **_each("ileum", "34516001 C12387 0002116"),
    **_each("small intestine", "30315005 C12386 0002108"),
    **_each("appendix", "66754008 C12380 0001154"),
    **_each("colon", "71854001 C12382 0001155"),
    **_each("rectum", "34402009 C12390 0001052"),
    **_each("thymus", "9875009 C12433 0002370"),
}
"""Body sites by code (SNOMED CT, NCIt, UBERON)."""

TOPOGRAPHY: Final = tuple(
    (prefix, site)
    for site, prefixes in (
        ("pancreas", "C25"),
        ("liver", "C22.0"),
        ("brain", "C71"),
        ("bone", "C40 C41"),
        ("lymph node", "C77"),
        ("peritoneum", "C48.1 C48.2"),
        ("lung", "C34"),
        ("stomach", "C16"),
        ("duodenum", "C17.0"),
        ("ileum", "C17.2"),
        ("small intestine", "C17"),
        ("appendix", "C18.1"),
        ("colon", "C18"),
        ("rectum", "C20"),
        ("thymus", "C37"),
    )
    for prefix in prefixes.split()
)
"""ICD-O-3 topography by prefix, the first that fits."""

METASTASIS_AT: Final = {
    "liver": "LiverMetastases",
    "brain": "BrainMetastases",
    "bone": "BoneMetastases",
    "lymph node": "LymphNodeMetastases",
    "peritoneum": "PeritonealMetastases",
}

PRIMARY_AT: Final = {
    "pancreas": "pancreatic",
    "lung": "lung",
    "stomach": "gastric",
    "duodenum": "duodenal",
    "ileum": "ileal",
    "small intestine": "small intestinal",
    "appendix": "appendiceal",
    "colon": "colonic",
    "rectum": "rectal",
    "thymus": "thymic",
}
"""The adjective by which the ontology names a neuroendocrine tumour of that site."""

IMAGING_CATEGORY: Final = "363679005"
DIAGNOSTIC_CATEGORY: Final = "103693007"
NO_TREATMENT_CATEGORIES: Final = _codes("103693007 409063005 409073007 410606002 108252007 363679005")
"""Procedure.category: diagnostic, counselling, education, social service, laboratory, imaging."""

ATC_NO_ANTITUMOUR: Final = tuple(
    sorted(
        _codes(
            "A01 A02 A03 A04 A05 A06 A07 A08 A09 A10 A11 A12 B01 B02 B03 B05 C D01 D02 D03 D04 D08 "
            "J01 J02 J04 J05 M01 M02 M03 M04 N01 N02 N03 N04 N05 N06 P R S01 S02 S03"
        )
    )
)
"""ATC groups that hold no tumour drug: a drug coded there is another treatment, whichever it is."""

OTHER_MODALITIES: Final = _codes(
    "CR DX DR MG US XA RF IVUS IVOCT ES GM XC ECG EPS HD PX IO BMD BDUS DG OP OPT OPV OAM OCT SM RG DOC SR "
    "SEG REG PR KO AU"
)
"""DICOM modalities that are neither CT, MRI nor nuclear medicine: such a picture answers no question here."""

NORMAL_RANGE: Final = frozenset({"normal", "Normal Range"})
MALE_CODES: Final = _codes("male M 248153007 10052007")
FEMALE_CODES: Final = _codes("female F 248152002 1086007")
