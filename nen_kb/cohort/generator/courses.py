"""Draws what was done: resection, lines of treatment in the order of guidelines, progression, radiotherapy."""

from __future__ import annotations

from math import log
from random import Random

from nen_kb.cohort.generator.marginals import Choice, Marginals
from nen_kb.cohort.generator.story import CARCINOMA, CHROMAFFIN, Course, Story

ANALOGUES = ("octreotide", "lanreotide", "pasireotide")
PROCEDURES = (
    "transarterial embolization",
    "transarterial chemoembolization",
    "90Y radioembolization",
    "hepatic resection",
    "ablation",
)
TARGETED = ("everolimus", "sunitinib", "cabozantinib", "interferon alfa", "bevacizumab")
RADIOLIGANDS = ("177Lu-DOTATATE", "177Lu-edotreotide", "90Y-DOTATOC")
OTHER_DRUGS = ("metformin", "other treatment")
MONTH = 30.4


def kind_of(agent: str) -> str:
    """The kind of treatment an agent is, as ``Course.kind``."""
    for names, kind in (
        (ANALOGUES, "analogue"),
        (PROCEDURES, "procedure"),
        (TARGETED, "targeted"),
        (RADIOLIGANDS, "PRRT"),
    ):
        if agent in names:
            return kind
    return "chemotherapy"


class Courses:
    """Draws treatments for the tumour of a story."""

    def __init__(self, tables: Marginals) -> None:
        self.resection = tables.numbers("resection")
        self.first = tables.choices("first_line")
        self.later = tables.choices("later_line")
        self.carcinoma = tables.choice("carcinoma_line")
        self.months = tables.rows("months_on_line")
        self.most = tables.choices("most_lines")
        self.chances = tables.numbers("treatment")
        self.progression = tables.numbers("progression")

    def draw(self, story: Story, rng: Random) -> None:
        """Adds courses and progressions up to the index day."""
        u = rng.random
        begin = story.diagnosed + int(10 + 60 * u())
        if u() < self.resection[story.stage] and story.grade != CARCINOMA and begin < story.index:
            story.resected = begin
            story.courses.append(Course("primary tumor resection", begin, begin, "procedure"))
        if story.spread is not None and story.site != CHROMAFFIN:
            self._lines(story, story.spread + int(25 + 80 * u()), rng)
        referred = story.setting == "referral" and story.spread is not None
        if referred and u() < self.chances["earlier_prrt_of_referred"]:
            self._add(story, "177Lu-DOTATATE", story.index - int(400 + 900 * u()), rng)
        if referred and u() < self.progression["referral_recent"]:
            ago = int(rng.expovariate(1 / self.progression["days"])) + 6
            story.progressions.append(max(story.index - ago, story.diagnosed + 1))
        self._radiotherapy(story, rng)
        if u() < self.chances["other_drug"]:
            self._beside(story, OTHER_DRUGS[u() < 0.4], int(900 * u()) + 30, None)
        if u() < self.chances["brivudine"]:
            day = int(60 * u()) + 1
            self._beside(story, "brivudine", day + 7, day)

    def _lines(self, story: Story, day: int, rng: Random) -> None:
        """First and later lines, each until it fails or the index day comes."""
        u = rng.random
        carcinoma = story.grade == CARCINOMA
        later = self.carcinoma if carcinoma else self.later.get(story.site, self.later["other"])
        agent = (self.carcinoma if carcinoma else self.first.get(story.site, self.first["other"])).draw(u())
        left = int(self.most[story.setting].draw(u()))
        while day < story.index:
            end = self._line(story, agent, day, rng)
            if end is None or end >= story.index:
                return
            if u() < self.progression["recorded"]:
                story.progressions.append(end)
            if left == 0:
                return
            left -= 1
            day, agent = end + int(10 + 45 * u()), self._next(later, story, rng)

    def _next(self, later: Choice, story: Story, rng: Random) -> str:
        """Another line, rarely one that was given before."""
        agent = later.draw(rng.random())
        if any(course.agent == agent for course in story.courses):
            agent = later.draw(rng.random())
        return agent

    def _line(self, story: Story, agent: str, day: int, rng: Random) -> int | None:
        """Adds one line; gives the day it failed, None if it goes on."""
        if agent == "none":
            return day + int(self._months("analogue", rng) * MONTH)
        kind = "carcinoma" if story.grade == CARCINOMA else kind_of(agent)
        free = "targeted" if kind == "procedure" else kind
        end = day + int(self._months(free, rng) * MONTH)
        if kind == "procedure":
            story.courses.append(Course(agent, day, day, kind))
            return end
        goes_on = kind == "analogue" and rng.random() < self.chances["analogue_goes_on"]
        last = None if end >= story.index or goes_on else end
        if kind == "PRRT":
            end = max(end, day + 120)
            last = day + 168 if day + 168 < story.index else None
        for part in agent.split("+"):
            story.courses.append(Course(part, day, last, kind_of(part)))
        return end

    def _months(self, kind: str, rng: Random) -> float:
        row = self.months[kind]
        return rng.lognormvariate(log(row["median"]), row["sigma"])

    def _radiotherapy(self, story: Story, rng: Random) -> None:
        u, bone = rng.random, "bone" in story.metastases
        if u() < self.chances["radiotherapy_bone" if bone else "radiotherapy"]:
            first = story.metastases.get("bone", story.diagnosed)
            day = first + int((story.index - first) * u())
            end = min(day + 14, story.index)
            story.courses.append(Course("external beam radiotherapy", day, end, "radiotherapy"))

    def _add(self, story: Story, agent: str, day: int, rng: Random) -> None:
        if day > story.diagnosed + 30:
            self._line(story, agent, day, rng)

    @staticmethod
    def _beside(story: Story, agent: str, ago: int, until: int | None) -> None:
        begin = max(story.index - ago, story.born + 1)
        end = None if until is None else max(story.index - until, begin)
        story.courses.append(Course(agent, begin, end, "other"))
