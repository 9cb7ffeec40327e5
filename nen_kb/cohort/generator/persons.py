"""Draws the rest of the person: size, performance, other diseases, kidneys, reproduction, screening."""

from __future__ import annotations

from random import Random

from nen_kb.cohort.generator.marginals import Marginals
from nen_kb.cohort.generator.story import CARCINOMA, Story
from nen_kb.cohort.generator.tumours import YEAR, by_age, steps

BURDENED = ("cirrhosis_burden", "ascites_peritoneal")
"""Figures of ``condition`` that are no names."""


class Persons:
    """Completes a story."""

    def __init__(self, tables: Marginals) -> None:
        self.size = tables.rows("size")
        self.ecog = tables.choices("ecog")
        self.diabetes = steps(tables.numbers("diabetes"))
        self.heart = steps(tables.numbers("heart_failure"))
        self.nyha = tables.choice("nyha")
        self.kidney_disease = steps(tables.numbers("kidney_disease"))
        self.kidney = tables.numbers("kidney")
        self.second = tables.numbers("second_cancer")
        self.second_kind = tables.choice("second_cancer_kind")
        self.condition = tables.numbers("condition")
        self.reproduction = tables.numbers("reproduction")
        self.anticoagulated = tables.number("anticoagulated")
        self.screened = tables.numbers("screened")
        self.thorough = tables.numbers("thorough")["share"]

    def draw(self, story: Story, rng: Random) -> None:
        """Adds what the tables of persons say."""
        u, age = rng.random, story.age
        size = self.size[story.sex]
        grown = min(1.0, 0.62 + 0.38 * age / 17)
        story.height = rng.gauss(size["mean"], size["sd"]) * grown
        bmi = max(rng.gauss(self.size["bmi"]["mean"], self.size["bmi"]["sd"]) - 7 * (1 - grown), 15.0)
        story.weight = max(bmi * (story.height / 100) ** 2, 18.0)
        story.ecog = int(self.ecog["NEC" if story.grade == CARCINOMA else story.setting].draw(u()))
        story.diabetes = u() < by_age(self.diabetes, age)
        if u() < by_age(self.heart, age):
            story.nyha = int(self.nyha.draw(u()))
        self._kidney(story, rng)
        if u() < self.second[story.setting]:
            story.second_cancer = self._second(story, rng)
        self._conditions(story, rng)
        story.anticoagulated = u() < self.anticoagulated
        self._reproduction(story, rng)
        story.screened = u() < self.screened[story.setting]
        story.thorough = story.screened and u() < self.thorough

    def _kidney(self, story: Story, rng: Random) -> None:
        row = self.kidney
        gfr = row["at_30"] - row["loss"] * max(story.age - 30, 0) + rng.gauss(0, row["sd"])
        if rng.random() < by_age(self.kidney_disease, story.age):
            gfr *= min(max(rng.gauss(row["factor"], row["factor_sd"]), 0.12), 1.0)
        story.gfr = min(max(gfr, 7.0), 150.0)

    def _second(self, story: Story, rng: Random) -> str:
        kind = self.second_kind.draw(rng.random())
        male = story.sex == "male"
        if kind in ("breast carcinoma", "carcinoma in situ of uterine cervix") and male:
            return "prostate carcinoma"
        return "breast carcinoma" if kind == "prostate carcinoma" and not male else kind

    def _conditions(self, story: Story, rng: Random) -> None:
        u = rng.random
        for name, chance in self.condition.items():
            if name in BURDENED:
                continue
            if name == "cirrhosis" and story.burden > 50:
                chance = self.condition["cirrhosis_burden"]
            if name == "ascites" and "peritoneum" in story.metastases:
                chance = self.condition["ascites_peritoneal"]
            if u() < chance:
                story.conditions.append(name)

    def _reproduction(self, story: Story, rng: Random) -> None:
        u, row, age = rng.random, self.reproduction, story.age
        if story.sex == "male":
            if age > 30 and u() < row["vasectomy"]:
                story.sterilised = story.index - int((age - 29) * YEAR * u())
            return
        last = min(max(rng.gauss(row["menopause"], row["menopause_sd"]), 40.0), 60.0)
        if age > last:
            story.menopause = story.born + int(last * YEAR)
            if u() < 0.12:
                story.sterilised = story.born + int((35 + (last - 35) * u()) * YEAR)
            return
        if age > 28 and u() < row["sterilised"]:
            story.sterilised = story.index - int((age - 27) * YEAR * u())
        fertile = 16 < age < 46 and story.sterilised is None
        story.pregnant = fertile and u() < row["pregnant"]
        story.breastfeeding = fertile and not story.pregnant and u() < row["breastfeeding"]
