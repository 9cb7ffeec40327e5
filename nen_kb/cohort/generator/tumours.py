"""Draws the person and the tumour: who, where, which grade, how far."""

from __future__ import annotations

from datetime import date
from random import Random

from nen_kb.cohort.generator.marginals import Choice, Marginals
from nen_kb.cohort.generator.story import CARCINOMA, CHROMAFFIN, Scan, Story

YEAR = 365.2425

TUMOUR = {
    "pancreas": "pancreatic neuroendocrine tumor",
    "small_intestine": "small intestinal neuroendocrine tumor",
    "ileum": "ileal neuroendocrine tumor",
    "stomach": "gastric neuroendocrine tumor",
    "duodenum": "duodenal neuroendocrine tumor",
    "rectum": "rectal neuroendocrine tumor",
    "appendix": "appendiceal neuroendocrine tumor",
    "colon": "colonic neuroendocrine tumor",
    "lung": "lung neuroendocrine tumor",
    "thymus": "thymic neuroendocrine tumor",
    "unknown": "neuroendocrine tumor",
}
"""The name of a well differentiated tumour of each site."""

CARCINOMAS = {
    "pancreas": "pancreatic neuroendocrine carcinoma",
    "stomach": "gastric neuroendocrine carcinoma",
    "rectum": "rectal neuroendocrine carcinoma",
    "colon": "colonic neuroendocrine carcinoma",
}
CAROTID = ("pheochromocytoma", "paraganglioma")
LOWER = {"G1": "G2", "G2": "G1", "G3": "G2", CARCINOMA: CARCINOMA}
MITOSES = {"G1": (0, 1), "G2": (2, 20), "G3": (21, 40), CARCINOMA: (21, 90)}
"""Mitoses per 2 mm² of each grade (WHO 2019)."""


def band(choice: Choice, rng: Random) -> float:
    """A number drawn evenly from one of the bands ``low-high`` of a choice."""
    low, _, high = choice.draw(rng.random()).partition("-")
    return float(low) + (float(high) - float(low)) * rng.random()


def by_age(steps: list[tuple[float, float]], age: float) -> float:
    """The figure of the last step that begins at or below that age."""
    return [figure for begin, figure in steps if begin <= max(age, 0)][-1]


def steps(figures: dict[str, float]) -> list[tuple[float, float]]:
    """Ages and figures, the youngest first."""
    return sorted((float(age), figure) for age, figure in figures.items())


class Tumours:
    """Draws persons with tumours from the tables."""

    def __init__(self, tables: Marginals) -> None:
        day = tables.numbers("index_date")
        self.index = date(int(day["year"]), int(day["month"]), int(day["day"])).toordinal()
        self.setting = tables.choice("setting")
        self.women = tables.numbers("women")
        self.site = {name: tables.choice(f"site.{name}") for name in self.setting.names}
        self.chromaffin = tables.numbers("chromaffin")
        self.age = tables.rows("age_at_diagnosis")
        self.years = tables.numbers("years_since_diagnosis")
        self.carcinoma = tables.numbers("carcinoma")
        self.carcinoma_kind = tables.choice("carcinoma_kind")
        self.grade = tables.choices("grade")
        self.referred = tables.choice("grade_of_referred")
        self.ki67 = tables.choices("ki67_band")
        self.mitoses_agree = tables.numbers("mitoses_agree")
        self.second = tables.numbers("second_specimen")
        self.same_grade = tables.number("second_specimen_same_grade")
        self.stage = tables.choices("stage")
        self.recurrence = tables.numbers("recurrence")
        self.metastasis = tables.numbers("metastasis")
        self.brain_treated = tables.number("brain_treated")
        self.burden = tables.choice("liver_burden_band")
        self.resectable = steps(tables.numbers("resectable"))
        self.lesion_number = tables.choices("lesions")["number"]
        self.lesion_size = tables.rows("lesions")["size"]
        self.syndrome = tables.numbers("syndrome")
        self.functioning = tables.choice("functioning")
        self.receptor_scan = tables.numbers("receptor_scan")
        self.tracer = tables.choice("tracer")
        self.krenning = tables.choices("krenning")
        self.extent = tables.choices("extent")
        self.fdg = tables.numbers("fdg_scan")
        self.scan_days = tables.numbers("days_since_scan")

    def draw(self, number: int, rng: Random) -> Story:
        """The person and the tumour, with its spread and its scans."""
        u = rng.random
        setting = self.setting.draw(u())
        sex = "female" if u() < self.women[setting] else "male"
        site = CHROMAFFIN if u() < self.chromaffin[setting] else self.site[setting].draw(u())
        grade = self._grade(setting, site, rng)
        age_row = self.age["appendix" if site == "appendix" else setting]
        age = min(max(rng.gauss(age_row["mean"], age_row["sd"]), 6.0), 93.0)
        since = rng.expovariate(1 / (self.years[grade] * YEAR)) + 14
        since = min(since, max(14.0, (99 - age) * YEAR), 32 * YEAR)
        diagnosed = self.index - int(since)
        story = Story(
            number=number,
            index=self.index,
            setting=setting,
            sex=sex,
            born=diagnosed - int(age * YEAR),
            diagnosed=diagnosed,
            site=site,
            grade=grade,
            tumour=self._name(site, grade, rng),
            stage=self.stage[setting].draw(u()),
        )
        self._specimens(story, rng)
        self._spread(story, rng)
        self._function(story, rng)
        self._scans(story, rng)
        return story

    def _grade(self, setting: str, site: str, rng: Random) -> str:
        if site == CHROMAFFIN:
            return "G1"
        if rng.random() < self.carcinoma[setting]:
            return CARCINOMA
        if setting == "referral" and site != "lung":
            return self.referred.draw(rng.random())
        return self.grade.get(site, self.grade["other"]).draw(rng.random())

    def _name(self, site: str, grade: str, rng: Random) -> str:
        """What the tumour is called, without its grade."""
        if site == CHROMAFFIN:
            return CAROTID[rng.random() < 0.6]
        if grade == CARCINOMA:
            kind = self.carcinoma_kind.draw(rng.random())
            return CARCINOMAS.get(site, "neuroendocrine carcinoma") if kind == "site" else kind
        if site == "lung" and rng.random() < 0.8:
            return "typical carcinoid" if grade == "G1" else "atypical carcinoid"
        if site == "small_intestine" and rng.random() < 0.6:
            return TUMOUR["ileum"]
        return TUMOUR[site]

    def _specimens(self, story: Story, rng: Random) -> None:
        """The proliferation indices of the first specimen, and perhaps of a second."""
        if story.site == CHROMAFFIN:
            return
        u, grade = rng.random, story.grade
        story.ki67.append((story.diagnosed, band(self.ki67[grade], rng), grade))
        agree = self.mitoses_agree.get(story.site, self.mitoses_agree["other"])
        least, most = MITOSES[grade if u() < agree else LOWER[grade]]
        story.mitoses = int(least + (most + 1 - least) * u() ** 2)
        if u() < self.second[story.setting] and story.index - story.diagnosed > 60:
            other = (
                grade if u() < self.same_grade or grade == CARCINOMA else {"G1": "G2", "G2": "G3", "G3": "G2"}[grade]
            )
            day = story.diagnosed + 30 + int((story.index - story.diagnosed - 31) * u())
            story.ki67.append((day, band(self.ki67[other], rng), other))

    def _spread(self, story: Story, rng: Random) -> None:
        """Where metastases are and since when."""
        u, span = rng.random, story.index - story.diagnosed
        if story.stage == "distant":
            story.spread = story.diagnosed
        elif u() < self.recurrence[story.stage] and span > 200:
            story.spread = story.diagnosed + 180 + int((span - 190) * u())
        if story.spread is None:
            return
        chances = dict(self.metastasis)
        bone, brain = chances.pop("bone_pancreas"), chances.pop("brain_lung")
        if story.site == "pancreas":
            chances["bone"] = bone
        if story.site == "lung" or story.grade == CARCINOMA:
            chances["brain"] = brain
        rest = max(story.index - story.spread, 1)
        for organ, chance in chances.items():
            if u() < chance:
                story.metastases[organ] = story.spread + (int(rest * u() * 0.8) if u() < 0.3 else 0)
        story.brain_stable = "brain" in story.metastases and u() < self.brain_treated
        if not story.metastases:
            story.metastases["somewhere"] = story.spread
        if "liver" in story.metastases:
            story.burden = band(self.burden, rng)
            chance = next(chance for most, chance in self.resectable if story.burden <= most)
            story.resectable = u() < chance
        for _ in range(int(self.lesion_number.draw(u()))):
            node = u() < self.lesion_size["node"]
            size = self.lesion_size["middle"] * (0.7 if node else 1) * rng.lognormvariate(0, self.lesion_size["sigma"])
            story.lesions.append((node, min(size, 240)))

    def _function(self, story: Story, rng: Random) -> None:
        u = rng.random
        if story.grade == CARCINOMA or story.site == CHROMAFFIN:
            return
        active = u() < self.syndrome.get(story.site, self.syndrome["other"])
        if active and story.site == "pancreas":
            story.functioning = self.functioning.draw(u())
        else:
            story.syndrome = active

    def _scans(self, story: Story, rng: Random) -> None:
        u = rng.random
        if u() < self.receptor_scan[story.setting]:
            last = story.index - min(int(rng.expovariate(1 / self.scan_days[story.setting])) + 1, self._since(story))
            days = [last]
            if u() < 0.35 and last - story.diagnosed > 120:
                days.append(story.diagnosed + int((last - story.diagnosed - 60) * u()))
            for day in days:
                krenning = int(self.krenning[story.grade].draw(u()))
                extent = self.extent[story.grade].draw(u()) if krenning else "none"
                story.scans.append(Scan(self.tracer.draw(u()), day, krenning, extent))
        if u() < self.fdg[story.grade]:
            story.fdg = story.index - int(self._since(story) * u())

    @staticmethod
    def _since(story: Story) -> int:
        return story.index - story.diagnosed
