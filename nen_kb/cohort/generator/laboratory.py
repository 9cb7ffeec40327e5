"""Records visits: blood counts, liver and kidney values, weight, performance; over time and with trends."""

from __future__ import annotations

from math import exp, log
from random import Random

from nen_kb.cohort.generator.marginals import Marginals
from nen_kb.cohort.generator.pen import Pen, Record
from nen_kb.cohort.generator.story import Story
from nen_kb.cohort.generator.writing import Units

PANEL = (
    "hemoglobin", "platelets", "leukocytes", "neutrophils", "ASAT", "ALAT", "total bilirubin", "albumin", "INR",
    "prothrombin time", "cystatin C", "fasting glucose", "chromogranin A",
)  # fmt: skip
"""What a visit may measure, beside creatinine and what is asked of the patient."""
MOST_NEUTROPHILS = 0.93
"""Of the leukocytes."""
AREA = 1.73
RECENT = 45
"""Days after chemotherapy in which the marrow has not recovered."""


class Laboratory:
    """Draws results of a story and writes them down."""

    def __init__(self, tables: Marginals, pen: Pen) -> None:
        self.pen = pen
        self.units = Units(tables, pen.plain)
        self.visits = tables.numbers("visits")
        self.since = tables.numbers("days_since_visit")
        self.items = tables.rows("laboratory")
        self.glucose = tables.numbers("diabetic_glucose")
        self.measured = tables.numbers("measured")
        self.answer = pen.thorough["answer"]
        self.whole = dict.fromkeys(self.measured, self.answer)
        clearance = tables.rows("clearance")
        self.clearance = clearance["chance"]
        self.method = tables.choices("clearance")["method"]
        self.limits = tables.rows("upper_limit")
        self.given = self.limits["given"]["all"]

    def record(self, story: Story, rng: Random) -> list[Record]:
        """The measurements of every visit, the earliest first."""
        days = self._visit_days(story, rng)
        found: list[Record] = []
        house = self.units.house(rng)
        limits = self.limits if rng.random() < (self.answer if story.thorough else self.given) else {}
        usual = self._usual(story, rng)
        for place, day in enumerate(days):
            self._visit(story, day, place - len(days) + 1, usual, house, limits, rng, found)
        if days and rng.random() < (self.answer if story.thorough else self.clearance[story.setting]):
            found.append(self._clearance(story, days[-1], rng))
        return found

    def _visit_days(self, story: Story, rng: Random) -> list[int]:
        mean = self.visits[story.setting] + self.visits["line"] * min(len(story.courses), 4) + story.sickness
        number = min(int(rng.expovariate(1 / mean) + 0.5), 7)
        number = max(number, int(story.thorough))
        last = story.index - int(rng.expovariate(1 / self.since[story.setting]))
        days = [last]
        for _ in range(number - 1):
            days.append(days[-1] - 20 - int(rng.expovariate(1 / 70)))
        return [day for day in reversed(days[:number]) if day > story.born + 700]

    def _usual(self, story: Story, rng: Random) -> dict[str, tuple[float, float, float]]:
        """Of each item the logarithm of the patient's own middle, the drift a visit, and the spread from day to day."""
        sick, liver = story.sickness, story.burden / 100
        chemo = 0.0
        for course in story.courses:
            if course.kind in ("chemotherapy", "PRRT", "targeted") and (
                course.end is None or course.end > story.index - RECENT
            ):
                chemo = max(chemo, rng.random())
        found = {}
        gauss = rng.gauss
        for item in PANEL:
            row = self.items[f"{item} {story.sex}" if item == "hemoglobin" else item]
            middle, within = row["middle"], row["within"]
            if item == "fasting glucose" and story.diabetes:
                middle, within = middle * self.glucose["factor"], self.glucose["spread"]
            if item == "INR" and story.anticoagulated:
                middle = 2.4
            if item == "cystatin C":
                middle *= (80 / story.gfr) ** 0.85
            shift = (
                row["sick"] * sick * 2 * rng.random() + row["liver"] * liver * 2 * rng.random() + row["chemo"] * chemo
            )
            found[item] = log(middle) + gauss(0, row["between"]) + shift, shift / 8, within
        return found

    def _visit(
        self,
        story: Story,
        day: int,
        place: int,
        usual: dict[str, tuple[float, float, float]],
        house: dict[str, tuple[str, str]],
        limits: dict[str, dict[str, float]],
        rng: Random,
        found: list[Record],
    ) -> None:
        """Adds the results of one visit; ``place`` is 0 for the last, -1 for the one before."""
        u, text = rng.random, self.units.text
        measured = self.whole if story.thorough and place == 0 else self.measured
        when = self.pen.iso(day)
        white = exp(usual["leukocytes"][0])
        for item in PANEL:
            if u() < measured[item]:
                middle, drift, within = usual[item]
                value = exp(middle + drift * place + rng.gauss(0, within))
                if item == "leukocytes":
                    white = value
                elif item == "neutrophils":
                    value = white * min(value, MOST_NEUTROPHILS)
                record: Record = {"observable": item, "value": text(item, value, house), "date": when}
                if item in limits:
                    record["upper_limit"] = text(item, limits[item][story.sex], house)
                if not self.pen.plain:
                    self._blemish(record, item, value, house, rng)
                found.append(record)
        if u() < measured["creatinine"]:
            value = creatinine(story, rng)
            found.append({"observable": "creatinine", "value": text("creatinine", value, house), "date": when})
        if u() < measured["weight"]:
            value = story.weight * (1 + 0.02 * place * (story.sickness - 0.3)) + rng.gauss(0, 0.8)
            found.append(
                {"observable": "body weight", "value": text("body weight", max(value, 15), house), "date": when}
            )
        if u() < measured["height"]:
            found.append({"observable": "body height", "value": text("body height", story.height, house), "date": when})
        if u() < measured["ecog"] or (place == 0 and story.screened):
            found.append({"observable": "ECOG performance status", "value": self._ecog(story, rng), "date": when})

    def _ecog(self, story: Story, rng: Random) -> int | str:
        if not self.pen.plain and story.ecog and rng.random() < self.pen.reporting["ecog_range"]:
            return f"{story.ecog - 1}-{story.ecog}"
        return story.ecog

    def _blemish(self, record: Record, item: str, value: float, house: dict[str, tuple[str, str]], rng: Random) -> None:
        """What laboratories do to a result: lose it, write a unit nobody can read, stop at the end of a scale."""
        chance = rng.random()
        if chance < self.pen.reporting["lost"]:
            record["value"] = "unknown"
            record.pop("upper_limit", None)
        elif chance < self.pen.reporting["lost"] + self.pen.reporting["unreadable"]:
            record["value"] = "unknown"
            record["source"] = "unit not readable"
            record.pop("upper_limit", None)
        elif item in ("ASAT", "ALAT", "total bilirubin") and rng.random() < self.pen.reporting["enzyme_censored"]:
            floor = {"ASAT": 12.0, "ALAT": 12.0, "total bilirubin": 5.0}[item]
            if value < floor:
                record["value"] = f"<{self.units.text(item, floor, house)}"

    def _clearance(self, story: Story, day: int, rng: Random) -> Record:
        method = self.method.draw(rng.random())
        value = story.gfr * exp(rng.gauss(0, 0.09))
        unit = "mL/min/1.73m2"
        if method in ("measured creatinine clearance", "creatinine clearance Cockcroft-Gault"):
            value, unit = value * surface(story) / AREA, "mL/min"
        text = f"{value:.0f} {unit}"
        if value > 90 and not self.pen.plain and rng.random() < self.pen.reporting["gfr_censored"]:
            text = f"> 90 {unit}"
        when = self.pen.iso(max(day - int(30 * rng.random()), story.born + 400))
        return {"observable": method, "value": text, "date": when}


def surface(story: Story) -> float:
    """The body surface in square metres (Mosteller)."""
    return float((story.height * story.weight / 3600) ** 0.5)


def creatinine(story: Story, rng: Random) -> float:
    """A creatinine (umol/L) that the CKD-EPI equation of 2009 would turn into about the true GFR."""
    female = story.sex == "female"
    kappa, alpha = (61.9, -0.329) if female else (79.6, -0.411)
    top = (144 if female else 141) * 0.993 ** max(story.age, 18)
    ratio = max(story.gfr, 5) / top
    power = alpha if ratio > 1 else -1.209
    value = kappa * ratio ** (1 / power) * exp(rng.gauss(0, 0.06))
    return float(min(max(value, 25.0), 800.0))
