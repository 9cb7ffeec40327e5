"""What the readings of the protocols need the ontology to entail."""

from __future__ import annotations

from itertools import combinations, pairwise

import pytest

from nen_kb.ontology import Ontology

ISA = """
NeuroendocrineNeoplasm MalignantNeoplasm
NeuroendocrineTumor NeuroendocrineNeoplasm
NeuroendocrineCarcinoma NeuroendocrineNeoplasm
MixedNeuroendocrineNonNeuroendocrineNeoplasm NeuroendocrineNeoplasm
Pheochromocytoma NeuroendocrineNeoplasm
Paraganglioma NeuroendocrineNeoplasm
MerkelCellCarcinoma NeuroendocrineCarcinoma
SmallCellLungCarcinoma NeuroendocrineCarcinoma
SmallCellLungCarcinoma LungCarcinoma
Insulinoma PancreaticNeuroendocrineTumor
Gastrinoma FunctioningNeuroendocrineTumor
PancreaticGastrinoma PancreaticNeuroendocrineTumor
PancreaticGastrinoma Gastrinoma
PancreaticVIPoma VIPoma
PancreaticGlucagonoma PancreaticNeuroendocrineTumor
PancreaticSomatostatinoma PancreaticNeuroendocrineTumor
DuodenalGastrinoma DuodenalNeuroendocrineTumor
PancreaticNeuroendocrineTumorG2 NeuroendocrineTumorG2
PancreaticNeuroendocrineTumorG2 PancreaticNeuroendocrineTumor
PancreaticNeuroendocrineTumor NeuroendocrineTumor
IlealNeuroendocrineTumor SmallIntestinalNeuroendocrineTumor
TypicalCarcinoid LungNeuroendocrineTumor
Carcinoma MalignantNeoplasm
NonMelanomaSkinCancer Carcinoma
CarcinomaInSituOfUterineCervix MalignantNeoplasm
BasalCellCarcinomaOfSkin NonMelanomaSkinCancer
SquamousCellCarcinomaOfSkin NonMelanomaSkinCancer
LiverMetastases MetastaticDisease
LymphNodeMetastases MetastaticDisease
CAPTEM Capecitabine
CAPTEM Temozolomide
Octreotide SomatostatinAnalogue
Y90Dotatoc PRRT
Y90Dotatoc SystemicAntitumorTreatment
Y90Radioembolization LiverDirectedTherapy
TransarterialEmbolization HepaticArterialEmbolization
TransarterialChemoembolization HepaticArterialEmbolization
Brivudine OtherTreatment
Ga68DotatocPETCT Ga68DotaPeptidePET
Ga68DotaPeptidePET SSTRImaging
In111PentetreotideScintigraphy SSTRImaging
GFRByIohexolClearanceIndexed GFRByIohexolClearance
GFRByIohexolClearance PlasmaClearanceGFR
GFRByGammaCamera GlomerularFiltrationRate
CreatinineClearanceCockcroftGault EstimatedGFR
UptakeExtentOnGa68DotatatePETCT UptakeExtentOnGa68DotaPeptidePET
CopperIntrauterineDevice EffectiveNonHormonalContraception
CopperIntrauterineDevice HighlyEffectiveContraception
UrinaryIncontinence UrinaryIncontinenceOfAnyKind
"""

NOT_ISA = """
NeuroendocrineNeoplasm NeuroendocrineTumor
Gastrinoma PancreaticNeuroendocrineTumor
VIPoma PancreaticNeuroendocrineTumor
Glucagonoma PancreaticNeuroendocrineTumor
Somatostatinoma PancreaticNeuroendocrineTumor
MerkelCellCarcinoma NeuroendocrineTumor
MerkelCellCarcinoma NonMelanomaSkinCancer
Y90Dotatoc LiverDirectedTherapy
BreastCarcinoma OtherMalignancy
HormonalContraception HighlyEffectiveContraception
UrinaryIncontinenceOfAnyKind UrinaryIncontinence
Lu177PSMA617 PRRT
GFRByGammaCamera PlasmaClearanceGFR
"""

PAIRWISE_DISJOINT = """
NeuroendocrineTumor NeuroendocrineCarcinoma MixedNeuroendocrineNonNeuroendocrineNeoplasm Pheochromocytoma
Paraganglioma

NeuroendocrineTumorG1 NeuroendocrineTumorG2 NeuroendocrineTumorG3

WHOGrade1 WHOGrade2 WHOGrade3

WellDifferentiated ModeratelyDifferentiated PoorlyDifferentiated

PancreaticNeuroendocrineNeoplasm GastricNeuroendocrineTumor DuodenalNeuroendocrineTumor
IlealNeuroendocrineTumor AppendicealNeuroendocrineTumor ColonicNeuroendocrineTumor RectalNeuroendocrineTumor
LungNeuroendocrineTumor ThymicNeuroendocrineTumor MerkelCellCarcinoma

SomatostatinAnalogue PRRT Chemotherapy TargetedTherapy Immunotherapy Interferon HepaticArterialEmbolization
Radioembolization ExternalBeamRadiotherapy TumorSurgery OtherTreatment

SystemicAntitumorTreatment LiverDirectedTherapy

AntitumorTreatment OtherTreatment

Octreotide Lanreotide Pasireotide Lu177Dotatate Lu177Edotreotide Y90Dotatoc Capecitabine Fluorouracil
Everolimus Sunitinib Cabozantinib Streptozocin Etoposide Cisplatin Carboplatin Oxaliplatin InterferonAlfa
Bevacizumab Brivudine Sorivudine

Temozolomide Fluorouracil Streptozocin Dacarbazine

TransarterialEmbolization TransarterialChemoembolization Y90Radioembolization HepaticResection
LiverTumorAblation

Ga68DotatatePETCT Ga68DotatocPETCT Ga68DotanocPETCT Cu64DotatatePETCT In111PentetreotideScintigraphy
F18FDGPETCT CT MRI

LiverMetastases BrainMetastases BoneMetastases LymphNodeMetastases PeritonealMetastases LungMetastases

Diagnosis MetastaticDisease Assessment Attestation ReproductiveState Treatment ImagingProcedure Observable

Neoplasm HeartFailure DiabetesMellitus Cirrhosis Ascites UrinaryIncontinence CarcinoidSyndrome
ChronicKidneyDisease

NeuroendocrineNeoplasm BreastCarcinoma ColorectalCarcinoma ProstateCarcinoma Melanoma Lymphoma
NonMelanomaSkinCancer CarcinomaInSituOfUterineCervix PancreaticAdenocarcinoma

PancreaticNeuroendocrineTumor LungCarcinoma

GFRByIohexolClearance GFRByCr51EDTAClearance GFRByGammaCamera MeasuredCreatinineClearance
CreatinineClearanceCockcroftGault EGFRCKDEPI

GFRByIohexolClearanceIndexed GFRByIohexolClearanceAbsolute

Hemoglobin Platelets ASAT ASATTimesULN AcceptedGFR GlomerularFiltrationRate

LongestLesionDiameter LymphNodeShortAxis

HormonalContraception EffectiveNonHormonalContraception

CompleteDPDDeficiency PartialDPDDeficiency

SevereHepaticImpairment MildHepaticImpairment
"""

OVERLAPS = """
NeuroendocrineTumor PancreaticNeuroendocrineTumor
Gastrinoma PancreaticNeuroendocrineTumor
VIPoma PancreaticNeuroendocrineTumor
Glucagonoma PancreaticNeuroendocrineTumor
Somatostatinoma PancreaticNeuroendocrineTumor
NeuroendocrineTumorG1 PancreaticNeuroendocrineTumor
NeuroendocrineTumorG3 IlealNeuroendocrineTumor
MalignantNeoplasm NeuroendocrineNeoplasm
Carcinoma NeuroendocrineNeoplasm
MetastaticDisease BrainMetastases
SystemicAntitumorTreatment PRRT
AntitumorTreatment TransarterialEmbolization
LiverDirectedTherapy Y90Radioembolization
Radiotherapy ExternalBeamRadiotherapy
Chemotherapy CAPTEM
Capecitabine Temozolomide
OtherMalignancy NonMelanomaSkinCancer
SSTRImaging Ga68DotatatePETCT
PET Ga68DotaPeptidePET
GlomerularFiltrationRate GFRByIohexolClearanceIndexed
Glucose FastingGlucose
Cirrhosis SevereHepaticImpairment
CarcinoidHeartDisease HeartFailure
UrinaryIncontinenceOfAnyKind UrinaryIncontinence
MalignantNeoplasmOfPancreas PancreaticNeuroendocrineTumor
"""


def rows(table: str) -> list[tuple[str, ...]]:
    return [tuple(line.split()) for line in table.strip().splitlines()]


@pytest.mark.parametrize(("lower", "upper"), rows(ISA))
def test_every_record_of_the_one_is_a_record_of_the_other(ontology: Ontology, lower: str, upper: str) -> None:
    assert ontology.isa(lower, upper)
    assert not ontology.disjoint(lower, upper)
    path = ontology.path(lower, upper)
    assert path[0] == lower
    assert path[-1] == upper
    assert all(step in ontology.concept(below).parents for below, step in pairwise(path))


@pytest.mark.parametrize(("lower", "upper"), rows(NOT_ISA))
def test_not_every_record_of_the_one_is_a_record_of_the_other(ontology: Ontology, lower: str, upper: str) -> None:
    assert not ontology.isa(lower, upper)
    assert ontology.path(lower, upper) == ()


@pytest.mark.parametrize(
    "group", [tuple(group.split()) for group in PAIRWISE_DISJOINT.split("\n\n")], ids=lambda group: "-".join(group[:2])
)
def test_the_classes_of_a_group_exclude_each_other(ontology: Ontology, group: tuple[str, ...]) -> None:
    open_pairs = [pair for pair in combinations(group, 2) if ontology.overlaps(*pair)]
    assert open_pairs == []
    assert all(ontology.disjoint(other, one) for one, other in combinations(group, 2))


@pytest.mark.parametrize(("one", "other"), rows(OVERLAPS))
def test_what_might_be_the_same_is_left_open(ontology: Ontology, one: str, other: str) -> None:
    assert ontology.overlaps(one, other)
    assert ontology.overlaps(other, one)


def test_no_class_is_impossible(ontology: Ontology) -> None:
    """A class under two disjoint classes could hold no record."""
    assert [name for name in ontology.names if ontology.disjoint(name, name)] == []


def test_the_relations_fit_together(ontology: Ontology) -> None:
    """Disjointness is symmetric and passed down; what shares a subclass is not disjoint."""
    for name in ontology.names:
        assert ontology.isa(name, name)
        assert ontology.path(name, name) == (name,)
        below = ontology.descendants(name)
        assert all(name in ontology.ancestors(lower) for lower in below)
        for parent in ontology.concept(name).parents:
            assert {other for other in ontology.names if ontology.disjoint(parent, other)} <= {
                other for other in ontology.names if ontology.disjoint(name, other)
            }


ASKED = """
NeuroendocrineNeoplasm NeuroendocrineTumor NeuroendocrineCarcinoma MixedNeuroendocrineNonNeuroendocrineNeoplasm
NeuroendocrineTumorG1 NeuroendocrineTumorG2 NeuroendocrineTumorG3 PancreaticNeuroendocrineTumor Pheochromocytoma
PancreaticNeuroendocrineNeoplasm Paraganglioma MalignantNeoplasm NonMelanomaSkinCancer CarcinomaInSituOfUterineCervix
OtherMalignancy MetastaticDisease LiverMetastases BrainMetastases HeartFailure Cirrhosis Ascites UrinaryIncontinence
HypersensitivityToCapecitabineOrFluorouracil SevereReactionToFluoropyrimidine CompleteDPDDeficiency
SevereHepaticImpairment SevereLeucopenia SevereNeutropenia SevereThrombocytopenia DiabetesMellitus AntitumorTreatment
SystemicAntitumorTreatment SomatostatinAnalogue PRRT Chemotherapy LiverDirectedTherapy Capecitabine Temozolomide
CAPTEM Brivudine Sorivudine HepaticArterialEmbolization TransarterialEmbolization TransarterialChemoembolization
Y90Radioembolization ExternalBeamRadiotherapy OtherTreatment SSTRImaging Ga68DotaPeptidePET Ga68DotatatePETCT
F18FDGPETCT CT MRI WellDifferentiated ModeratelyDifferentiated PoorlyDifferentiated WHOGrade1 WHOGrade2 WHOGrade3
LocallyAdvancedDisease InoperableDisease MeasurableDisease RadiologicalProgression HistologicallyConfirmed
HighlyEffectiveContraception EffectiveNonHormonalContraception HormonalContraception Pregnancy Breastfeeding
NegativePregnancyTest LastMenstruation Postmenopausal PermanentlySterile ChildbearingPotential
"""


def test_every_pair_that_rules_may_meet_is_decided(ontology: Ontology) -> None:
    observables = [name for name in ontology.names if ontology.observable(name) is not None]
    assert ontology.undecided_pairs([*ASKED.split(), *observables]) == []


def test_an_undecided_pair_is_found(ontology: Ontology) -> None:
    """Classes that no rule asks about may be left undecided; then they are reported when asked."""
    assert ("HodgkinLymphoma", "Leukemia") in ontology.undecided_pairs(["HodgkinLymphoma"])


@pytest.mark.parametrize(
    ("local", "domain"),
    [
        ("Insulinoma", "conditions"),
        ("BrainMetastases", "conditions"),
        ("Ascites", "conditions"),
        ("Octreotide", "treatments"),
        ("Brivudine", "treatments"),
        ("CT", "imaging"),
        ("Ga68DotatatePETCT", "imaging"),
        ("MeasurableDisease", None),
        ("WrittenInformedConsent", None),
        ("Pregnancy", None),
        ("Hemoglobin", None),
        ("LocallyAdvancedDisease", None),
    ],
)
def test_a_closed_world_covers_diagnoses_metastases_treatments_and_scans_only(
    ontology: Ontology, local: str, domain: str | None
) -> None:
    assert ontology.domain(local) == domain


def test_each_domain_has_one_top_concept(ontology: Ontology) -> None:
    assert [ontology.top(d) for d in ("conditions", "treatments", "imaging")] == [
        "Condition",
        "Treatment",
        "ImagingProcedure",
    ]


def test_told_and_inferred_hierarchy_agree_on_the_grades(ontology: Ontology) -> None:
    """The grades are defined by index and count, and also stand under the tumour by a told axiom."""
    assert ontology.concept("NeuroendocrineTumorG2").parents == ("NeuroendocrineTumor",)
