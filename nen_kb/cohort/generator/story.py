"""What is true of one made-up patient, before anybody writes any of it down.

Days are ordinals, sizes in centimetres and kilograms, shares in per cent as clinics give them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

CHROMAFFIN = "chromaffin"
"""The site of a pheochromocytoma or paraganglioma."""

CARCINOMA = "NEC"
"""The grade of what is poorly differentiated."""


@dataclass(slots=True)
class Course:
    """One treatment: a drug from its first to its last day (None while it goes on), or a procedure of one day."""

    agent: str
    start: int
    end: int | None
    kind: str
    """``analogue``, ``targeted``, ``chemotherapy``, ``PRRT``, ``procedure``, ``radiotherapy`` or ``other``."""


@dataclass(slots=True)
class Scan:
    """A receptor scan."""

    tracer: str
    day: int
    krenning: int
    extent: str


@dataclass(slots=True)
class Story:
    """The truth about one patient on the index day."""

    number: int
    index: int
    setting: str
    sex: str
    born: int
    diagnosed: int
    site: str
    grade: str
    """``G1``, ``G2``, ``G3`` or ``NEC``."""
    tumour: str
    """The name of the tumour in the ontology, without its grade."""
    stage: str
    """At diagnosis: ``localised``, ``regional`` or ``distant``."""
    functioning: str = ""
    syndrome: bool = False
    ki67: list[tuple[int, float, str]] = field(default_factory=list)
    """Of each specimen the day, the index (%) and the grade it gives."""
    mitoses: int = 0
    spread: int | None = None
    """The day distant disease was first seen, if it was."""
    metastases: dict[str, int] = field(default_factory=dict)
    brain_stable: bool = False
    burden: float = 0.0
    resected: int | None = None
    courses: list[Course] = field(default_factory=list)
    progressions: list[int] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)
    fdg: int | None = None
    height: float = 170.0
    weight: float = 70.0
    ecog: int = 0
    diabetes: bool = False
    nyha: int = 0
    """0 without heart failure."""
    gfr: float = 90.0
    second_cancer: str = ""
    conditions: list[str] = field(default_factory=list)
    menopause: int | None = None
    """Of a woman: the day of her last menstruation."""
    sterilised: int | None = None
    pregnant: bool = False
    breastfeeding: bool = False
    anticoagulated: bool = False
    lesions: list[tuple[bool, float]] = field(default_factory=list)
    """Whether it is a node, and the longest diameter or short axis in mm."""
    resectable: bool = False
    """Nine tenths of the liver metastases can be removed."""
    screened: bool = False
    thorough: bool = False
    """The screening form was filled in whole."""

    @property
    def age(self) -> float:
        """Years of life on the index day."""
        return (self.index - self.born) / 365.2425

    @property
    def surgical(self) -> bool:
        """Whether surgery of liver metastases of the pancreas is a question."""
        return self.site == "pancreas" and "liver" in self.metastases

    @property
    def measurable(self) -> bool:
        """Some lesion is measurable by RECIST 1.1."""
        return any(size >= (15 if node else 10) for node, size in self.lesions)

    @property
    def sickness(self) -> float:
        """From 0 (well) to 1: what moves laboratory results and brings patients to the clinic."""
        return min(1.0, 0.22 * self.ecog + (0.15 if self.grade == CARCINOMA else 0.0) + self.burden / 400)
