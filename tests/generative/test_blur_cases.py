"""Vaguer facts that once decided a clause: the smallest patients that ``test_blur`` and thought have found."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from background import ORIGIN, exactly
from blurs import Record
from strategies import TODAYS, assemble
from topics import Leaf, evidence

from nen_kb.facts.dates import Days, months_before
from nen_kb.facts.records import Declaration, Finding, Limit, Measurement, Patient, Presence, Sex

TODAY = TODAYS[0]
I10 = ("START-NET", "I10")
E16 = ("NCT05610826", "E16")
TREATED = "DefinitivelyTreatedMalignancyWithoutRecurrence"


@dataclass(frozen=True)
class Case:
    """A clause, records that stay as they are, and one before and after it became vaguer."""

    name: str
    leaf: Leaf
    kept: tuple[Record, ...]
    before: Record
    after: Record
    sex: Sex = Sex.MALE


def ago(days: int, last: int | None = None) -> Days:
    """The day so many days before the index day, or the days until ``last`` days before it."""
    return Days(TODAY - days, TODAY - (days if last is None else last))


def said(name: str, days: int, presence: Presence = Presence.PRESENT, about: str | None = None) -> Finding:
    return Finding(f"{name} {days}", name, presence, ago(days), ORIGIN, about)


def result(name: str, amount: float | None, when: Days, limit: float | None = None, identity: str = "") -> Measurement:
    value = None if amount is None else exactly(amount)
    upper = None if limit is None else Limit(exactly(limit), "")
    return Measurement(identity or f"{name} {when}", name, value, "", when, ORIGIN, upper)


CYSTATIN = result("CystatinC", 1, ago(30))
CREATININE = result("Creatinine", 70, ago(30))
DOUBT, ABSENT = Presence.UNKNOWN, Presence.ABSENT

CASES = [
    Case(
        "the newer creatinine of a pair may be too late for it",
        I10,
        (CYSTATIN, CREATININE),
        result("Creatinine", 400, ago(27)),
        result("Creatinine", 400, ago(27, 0)),
    ),
    Case(
        "the newer creatinine of a pair may be of the same day",
        I10,
        (CYSTATIN, CREATININE),
        result("Creatinine", 400, ago(27)),
        result("Creatinine", 400, ago(30, 27)),
    ),
    Case(
        "the method of a clearance beside an estimate of that day is lost",
        I10,
        (CYSTATIN, CREATININE),
        result("GFRByIohexolClearanceIndexed", 40, ago(30)),
        result("MeasuredGFR", None, ago(30)),
    ),
    Case(
        "a glucose not said to be fasting",
        ("NCT05610826", "E11"),
        (result("FastingGlucose", 100, ago(90), 110),),
        result("FastingGlucose", 300, ago(2), 110),
        result("Glucose", 300, ago(2), 110),
    ),
    Case(
        "a menstruation in doubt",
        ("START-NET", "I12"),
        (said("LastMenstruation", 800),),
        said("LastMenstruation", 20),
        said("LastMenstruation", 20, DOUBT),
        Sex.FEMALE,
    ),
    Case(
        "a menstruation after the menopause in doubt",
        ("START-NET", "E1a"),
        (said("Postmenopausal", 29),),
        said("LastMenstruation", 2),
        said("LastMenstruation", 2, DOUBT),
        Sex.FEMALE,
    ),
    Case(
        "the latest grade in doubt",
        ("NCT05610826", "E1"),
        (said("PancreaticNeuroendocrineTumorG2", 900),),
        said("NeuroendocrineTumorG3", 9),
        said("NeuroendocrineTumorG3", 9, DOUBT),
    ),
    Case(
        "operable in doubt",
        ("START-NET", "I4d"),
        (said("InoperableDisease", 90),),
        said("OperableDisease", 2),
        said("OperableDisease", 2, DOUBT),
    ),
    Case(
        "localized in doubt",
        ("START-NET", "I4b"),
        (said("LocallyAdvancedDisease", 90),),
        said("LocalizedDisease", 2),
        said("LocalizedDisease", 2, DOUBT),
    ),
    Case(
        "not measurable in doubt",
        ("START-NET", "I8"),
        (said("MeasurableDisease", 90),),
        said("NonMeasurableDisease", 2),
        said("NonMeasurableDisease", 2, DOUBT),
    ),
    Case(
        "a response in doubt",
        ("START-NET", "I6a"),
        (said("RadiologicalProgression", 200),),
        said("PartialResponse", 2),
        said("PartialResponse", 2, DOUBT),
    ),
    Case(
        "the later denial of a malignancy in doubt",
        E16,
        (said("BreastCarcinoma", 90),),
        said("MalignantNeoplasm", 2, ABSENT),
        said("MalignantNeoplasm", 2, DOUBT),
    ),
    Case(
        "the later denial of the same malignancy in doubt",
        E16,
        (said("BreastCarcinoma", 90),),
        said("BreastCarcinoma", 2, ABSENT),
        said("BreastCarcinoma", 2, DOUBT),
    ),
    Case(
        "an exception for one of two malignancies names a class above both",
        E16,
        (said("BreastCarcinoma", 90), said("Melanoma", 80)),
        said(TREATED, 2, about="Melanoma"),
        said(TREATED, 2, about="MalignantNeoplasm"),
    ),
]


def patient(case: Case, record: Record) -> Patient:
    born = months_before(TODAY, 60 * 12)
    declared = tuple(Declaration(domain, domain, TODAY, ORIGIN) for domain in ("conditions", "treatments"))
    return assemble([*case.kept, record], TODAY, sex=case.sex, born=Days(born, born), declarations=declared)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_vaguer_record_shows_nothing_new(case: Case) -> None:
    """What the vaguer record shows of the clause, the more precise one shows too."""
    assert evidence(patient(case, case.after), case.leaf) <= evidence(patient(case, case.before), case.leaf)
