"""Procedures that are known not to treat a tumour, by SNOMED CT code, each with what it is.

A procedure that nobody understood might be any treatment, so it is kept as one.  Record systems
are full of others: paperwork, questionnaires, tests, pictures of a knee.  Those listed here were
met in real exports, under exactly these codes, and leave no treatment (``NO_TREATMENT``) or one
that is certainly no antitumour treatment (``OTHER_TREATMENT``).  What is not sure is not listed: a
lumbar puncture may give chemotherapy, an appendectomy may remove a tumour.
"""

from __future__ import annotations

from typing import Final


def _table(text: str) -> dict[str, str]:
    rows = (line.strip().partition(" ") for line in text.strip().splitlines())
    return {code: meaning.strip() for code, _, meaning in rows}


NO_TREATMENT: Final = _table("""
    428191000124101 documentation of current medications
    430193006 medication reconciliation
    473231009 renal disorder medication review
    185087000 notifications
    310417005 certification procedure
    58000006 patient discharge
    449381000124108 discharge from skilled nursing facility
    225386006 pre-discharge assessment
    370789001 development of individualized plan of care
    711069006 coordination of care plan
    392091000 care regimes assessment
    698560000 referral to sleep apnea clinic
    183519002 referral to cardiology service
    417511005 referral to home health care service
    306316000 referral to transplant surgeon
    698314001 consultation for treatment
    10383002 counseling for termination of pregnancy
    370995009 health risks education
    386516004 anticipatory guidance
    261352009 face mask
    171207006 depression screening
    454711000124102 depression screening, PHQ-2
    715252007 depression screening, PHQ-9
    710824005 assessment of health and social care needs
    710841007 assessment of anxiety
    428211000124100 assessment of substance use
    763302001 assessment, AUDIT-C
    868187001 assessment, CRAFFT
    762993000 assessment, Morse fall scale
    713106006 screening for drug abuse
    866148006 screening for domestic abuse
    315639002 initial patient assessment
    428830000 pretransplant evaluation of kidney recipient
    200619008 comprehensive interview and evaluation
    415300000 review of systems
    63332003 history and physical examination
    162676008 brief general examination
    5880005 physical examination
    398171003 hearing examination
    274804006 evaluation of uterine fundal height
    225158009 auscultation of the fetal heart
    23426006 measurement of respiratory function
    103750000 sleep apnea assessment
    82808001 sleep apnea monitoring with alarm
    54550000 electroencephalogram
    433236007 transthoracic echocardiography
    34552-0 transthoracic echocardiogram (a LOINC code)
    33367005 angiography of coronary artery
    73761001 colonoscopy
    723990008 biopsy of breast using ultrasonographic guidance
    122548005 biopsy of breast
    49401003 bone marrow aspiration
    234326005 bone marrow sampling
    117015009 throat culture
    117010004 urine culture
    104091002 blood count
    44608003 blood group typing
    14768001 peripheral blood smear interpretation
    47758006 hepatitis B surface antigen measurement
    104375008 hepatitis C antibody test
    31676001 HIV antigen test
    310861008 chlamydia antigen test
    165829005 gonorrhea infection test
    269828009 syphilis infection test
    169690007 rubella screening
    104326007 measurement of varicella-zoster virus antibody
    118001005 streptococcus group B antigen test
    28163009 skin test for tuberculosis
    90226004 cytopathology of a genital smear
    167995008 sputum microscopy
    269911007 sputum examination
    395123002 urine screening test for diabetes
    167271000 urine protein test
    268556000 urine screening for glucose
    252160004 standard pregnancy test
    275833003 alpha-fetoprotein test
    443529005 detection of chromosomal aneuploidy in amniotic fluid
    433114000 HER2 detection by immunohistochemistry
    434363004 HER2 detection by fluorescence in situ hybridization
    271442007 fetal anatomy study
    169230002 ultrasound scan for fetal viability
    1571000087109 ultrasonography of bilateral breasts
    71651007 mammography
    24623002 screening mammography
    399208008 plain chest x-ray
    19490002 ankle x-ray
    74016001 knee x-ray
    1225002 upper arm x-ray
    312681000 bone density scan
""")

OTHER_TREATMENT: Final = _table("""
    265764009 renal dialysis
    70536003 transplant of kidney
    711446003 transplantation of kidney regime
    415070008 percutaneous coronary intervention
    288086009 suture of open wound
    274474001 bone immobilization
    699253003 surgical manipulation of joint of knee
    66348005 childbirth
    236974004 instrumental delivery
    11466000 cesarean section
    85548006 episiotomy
    31208007 medical induction of labor
    18946005 epidural anesthesia
    736169004 post anesthesia care management
    714812005 induced termination of pregnancy
    386394001 pregnancy termination care
    65200003 insertion of intrauterine contraceptive device
    46706006 replacement of contraceptive intrauterine device
    68254000 removal of intrauterine device
    169553002 insertion of subcutaneous contraceptive
    301807007 removal of subcutaneous contraceptive
    384700001 injection of tetanus antitoxin
    399014008 vaccination for diphtheria, pertussis and tetanus
    229064008 movement therapy
    84478008 occupational therapy
    311555007 speech and language therapy regime
    410401003 nursing care and supplementary surveillance
    409023009 professional and ancillary services care
    385763009 hospice care
""")

SCANS: Final = {
    "16335031000119103": "CT",
    "418891003": "CT",
    "698354004": "MRI",
}
"""Scans of one region, narrower than the class of the ontology: of the chest, the trunk, the brain."""
