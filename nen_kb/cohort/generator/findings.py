"""Records diagnosis, grade, spread, course and other diseases."""

from __future__ import annotations

from random import Random

from nen_kb.cohort.generator.marginals import Marginals
from nen_kb.cohort.generator.pen import Pen, Record
from nen_kb.cohort.generator.story import CARCINOMA, CHROMAFFIN, Story

METASTASES = {
    "liver": "liver metastases",
    "bone": "bone metastases",
    "brain": "brain metastases",
    "nodes": "lymph node metastases",
    "peritoneum": "peritoneal metastases",
    "lung": "lung metastases",
    "somewhere": "metastatic disease",
}
NEXT = {"G1": "G2", "G2": "G3", "G3": "G2"}
NEXT_OF_LUNG = {"G1": "G2", "G2": "G1"}
"""A typical carcinoid and an atypical one; there is no third."""
SOURCES = ("pathology report", "referral letter")
NEGATIVES = (
    "brain metastases",
    "ascites",
    "cirrhosis",
    "heart failure",
    "urinary incontinence",
    "other malignancy",
    "PRRT",
    "90Y radioembolization",
    "external beam radiotherapy",
    "liver metastases",
    "metastatic disease",
)
"""What forms ask to be denied; each only where it is true that it is absent."""


class Findings:
    """Writes the findings of a story that clinics make."""

    def __init__(self, tables: Marginals, pen: Pen) -> None:
        self.pen = pen
        self.regraded = 0.0 if pen.plain else tables.number("regraded")
        self.differentiation = tables.numbers("differentiation")
        self.progression = tables.numbers("progression")
        self.response = tables.choice("response")
        self.cured = tables.numbers("second_cancer_cured")
        self.denied = tables.numbers("denied")

    def record(self, story: Story, rng: Random) -> list[Record]:
        """Diagnosis, grade, spread, status and conditions."""
        found: list[Record] = []
        self._diagnosis(story, rng, found)
        self._spread(story, rng, found)
        self._status(story, rng, found)
        self._conditions(story, rng, found)
        return found

    def _diagnosis(self, story: Story, rng: Random, found: list[Record]) -> None:
        u, pen, day = rng.random, self.pen, story.diagnosed
        name, grade = story.tumour, story.grade
        if u() < self.regraded:
            grade = (NEXT_OF_LUNG if story.site == "lung" else NEXT).get(grade, grade)
        graded = not pen.gone("grade", story, rng) and story.site != CHROMAFFIN
        if story.functioning:
            name = story.functioning
        elif story.site != CHROMAFFIN and pen.gone("diagnosis_site", story, rng):
            half = u() < 0.5 and grade != CARCINOMA  # a carcinoma is no neuroendocrine tumor
            name = "neuroendocrine tumor" if half else "neuroendocrine neoplasm"
        elif u() < pen.vague["diagnosis"] and story.site == "pancreas":
            name = "pancreatic neuroendocrine neoplasm"
        if graded and grade != CARCINOMA and name.endswith("tumor") and u() < 0.5:
            name = f"{name} {grade}"
            graded = False
        record = pen.finding(found, name, day, "diagnosis", story, rng)
        if u() < 0.3:
            record["source"] = SOURCES[u() < 0.5]
        if graded:
            pen.finding(found, f"WHO grade {3 if grade == CARCINOMA else grade[1]}", day, "diagnosis", story, rng)
        if not pen.gone("histology", story, rng):
            sure = pen.finding(found, "histologically confirmed", day, "diagnosis", story, rng)
            if u() < self.differentiation["histology_denied"]:
                sure["presence"] = "absent"
        if u() < self.differentiation["recorded"] and story.site != CHROMAFFIN:
            word = "poorly" if grade == CARCINOMA else "well"
            if grade == "G2" and u() < self.differentiation["moderate"]:
                word = "moderately"
            pen.finding(found, f"{word} differentiated", day, "diagnosis", story, rng)
        if story.syndrome:
            pen.finding(found, "carcinoid syndrome", day, "diagnosis", story, rng)

    def _spread(self, story: Story, rng: Random, found: list[Record]) -> None:
        u, pen = rng.random, self.pen
        for organ, day in story.metastases.items():
            if not pen.gone("metastasis", story, rng):
                concept = "metastatic disease" if u() < pen.vague["metastasis"] else METASTASES[organ]
                pen.finding(found, concept, day, "finding", story, rng)
        if story.brain_stable:
            day = min(story.metastases["brain"] + 90, story.index)
            pen.finding(found, "treated and stable brain metastases", day, "finding", story, rng)
        if story.spread is None and u() < 0.25:
            concept = "locally advanced disease" if story.stage == "regional" and u() < 0.4 else "localized disease"
            pen.finding(found, concept, story.diagnosed, "diagnosis", story, rng)

    def _status(self, story: Story, rng: Random, found: list[Record]) -> None:
        """Progression, its confirmation, and scans that show none."""
        u, row, pen = rng.random, self.progression, self.pen
        for day in story.progressions:
            pen.finding(found, "radiological progression", day, "finding", story, rng)
        if story.progressions:
            self._confirmed(story, rng, found)
        elif story.spread is not None and u() < row["response"]:
            day = story.index - int(250 * u())
            if day > story.spread:
                pen.finding(found, self.response.draw(u()), day, "finding", story, rng)
        elif u() < row["none"]:
            day = max(story.index - int(200 * u()), story.diagnosed)
            pen.finding(found, "radiological progression", day, "finding", story, rng)["presence"] = "absent"

    def _confirmed(self, story: Story, rng: Random, found: list[Record]) -> None:
        """The scan a progression was compared with, and what the conference said."""
        u, row, last = rng.random, self.progression, max(story.progressions)
        if u() < row["comparator"]:
            before = max(last - 60 - int(150 * u()), story.diagnosed)
            self.pen.finding(found, "progression comparator scan", before, "finding", story, rng)
        chance = row["confirmed_referral" if story.setting == "referral" else "confirmed"]
        if u() < (self.pen.thorough["answer"] if story.thorough else chance):
            day = min(last + 5 + int(25 * u()), story.index)
            concept = "progression confirmed by multidisciplinary conference"
            record = self.pen.finding(found, concept, day, "finding", story, rng)
            if u() < row["denied"]:
                record["presence"] = "absent"

    def _conditions(self, story: Story, rng: Random, found: list[Record]) -> None:
        u, pen = rng.random, self.pen
        names = list(story.conditions)
        names += ["diabetes mellitus"] * story.diabetes + ["heart failure"] * (story.nyha > 0)
        for concept in names:
            pen.finding(found, concept, _some_day(story, rng), "finding", story, rng)
        if story.second_cancer:
            day = _some_day(story, rng)
            pen.finding(found, story.second_cancer, day, "finding", story, rng)
            if u() < self.cured["recorded"]:
                concept = "definitively treated malignancy without recurrence"
                record = pen.finding(found, concept, min(day + 400, story.index), "finding", story, rng)
                if u() < self.cured["named"]:
                    record["about"] = story.second_cancer
        chance = self.denied[story.setting] * (3 if story.screened else 1)
        for concept in NEGATIVES:
            if u() < chance and not _has(story, concept):
                day = story.index - int(60 * u())
                pen.finding(found, concept, day, "finding", story, rng)["presence"] = "absent"


def _some_day(story: Story, rng: Random) -> int:
    """A day of the last years, after birth."""
    return max(story.index - int(3000 * rng.random()) - 20, story.born + 100)


def _has(story: Story, concept: str) -> bool:
    """Whether what a form would deny is there."""
    match concept:
        case "heart failure":
            return story.nyha > 0
        case "other malignancy":
            return bool(story.second_cancer)
        case "PRRT":
            return any(course.kind == "PRRT" for course in story.courses)
        case "metastatic disease":
            return story.spread is not None
    return (
        concept in story.conditions
        or any(METASTASES[organ] == concept for organ in story.metastases)
        or any(course.agent == concept for course in story.courses)
    )
