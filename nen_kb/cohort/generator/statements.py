"""Records what people state: reproduction, the answers of screening, what is declared complete."""

from __future__ import annotations

from random import Random

from nen_kb.cohort.generator.marginals import Marginals
from nen_kb.cohort.generator.pen import Pen, Record
from nen_kb.cohort.generator.story import Story

AGAINST_CAPECITABINE = (
    "hypersensitivity to capecitabine or fluorouracil",
    "severe reaction to fluoropyrimidine",
    "complete DPD deficiency",
    "severe hepatic impairment",
    "severe neutropenia",
    "severe thrombocytopenia",
)
SURGICAL = "90 percent cytoreduction achievable"
MEANS = (
    "highly effective contraception",
    "effective non-hormonal contraception",
    "hormonal contraception",
    "copper intrauterine device",
)
DOMAINS = ("conditions", "treatments", "imaging")
TRIAL_WITH_ARMS = "NCT05610826"


class Statements:
    """Writes the answers that patients, investigators and tumour boards give."""

    def __init__(self, tables: Marginals, pen: Pen) -> None:
        self.pen = pen
        self.answer = pen.thorough["answer"]
        self.discordant = tables.number("discordant_recorded")
        self.reproduction = tables.numbers("reproduction")
        self.attested = tables.rows("attested")
        self.unscreened = tables.numbers("unscreened")
        self.randomised = tables.rows("randomised")["chance"]["all"]
        self.arm = tables.choices("randomised")["arm"]
        self.complete = tables.rows("complete")

    def record(self, story: Story, rng: Random) -> list[Record]:
        """The findings that are answers."""
        found: list[Record] = []
        asked = self.answer if story.thorough else self.reproduction["asked_screened" if story.screened else "asked"]
        near = story.index - int(20 * rng.random())
        if story.sex == "male":
            self._man(story, asked, near, rng, found)
        else:
            self._woman(story, asked, near, rng, found)
        if story.menopause is None and rng.random() < asked:
            self._contraception(story, near, rng, found)
        self._answers(story, rng, found)
        return found

    def _man(self, story: Story, asked: float, near: int, rng: Random, found: list[Record]) -> None:
        u, finding = rng.random, self.pen.finding
        if story.sterilised is not None and u() < 0.6:
            finding(found, "vasectomy", story.sterilised, "finding", story, rng)
        if u() < asked:
            partner = finding(found, "partner of childbearing potential", near, "finding", story, rng)
            if u() >= self.reproduction["partner_fertile"]:
                partner["presence"] = "absent"

    def _woman(self, story: Story, asked: float, near: int, rng: Random, found: list[Record]) -> None:
        u, finding, row = rng.random, self.pen.finding, self.reproduction
        if story.menopause is not None:
            if story.screened or not self.pen.gone("menopause", story, rng):
                concept = "last menstruation" if u() < 0.25 else "postmenopausal"
                finding(found, concept, story.menopause, "finding", story, rng)
        elif story.age > 12:
            if u() < asked:
                fertile = story.sterilised is None and u() < 0.5
                concept = "childbearing potential" if fertile else "last menstruation"
                finding(found, concept, story.index - int(28 * u()), "finding", story, rng)
            if not story.pregnant and u() < (asked if story.screened else row["test"] * asked):
                finding(found, "negative pregnancy test", near, "finding", story, rng)
        if story.sterilised is not None and u() < 0.7:
            concept = "hysterectomy" if u() < 0.4 else "tubal ligation"
            finding(found, concept, story.sterilised, "finding", story, rng)
        if story.pregnant:
            finding(found, "pregnancy", near, "finding", story, rng)
        if story.breastfeeding or u() < asked:
            record = finding(found, "breastfeeding", near, "finding", story, rng)
            if not story.breastfeeding:
                record["presence"] = "absent"

    def _contraception(self, story: Story, near: int, rng: Random, found: list[Record]) -> None:
        u = rng.random
        used = u() < self.reproduction["contraception_screened" if story.screened else "contraception"]
        concept = MEANS[int(u() * (4 if used else 2))] if story.sex == "female" else MEANS[1]
        record = self.pen.finding(found, concept, near, "finding", story, rng)
        if not used:
            record["presence"] = "absent"

    def _answers(self, story: Story, rng: Random, found: list[Record]) -> None:
        """The answers of screening, or of a tumour board."""
        u, iso = rng.random, self.pen.iso
        factor = 1.0 if story.screened else self.unscreened[story.setting]
        for concept, row in self.attested.items():
            if concept == SURGICAL and not story.surgical:
                continue
            yes = _says_yes(concept, row.get("yes", 0.0), story, rng)
            if u() < (self.answer if story.thorough else row["asked"] * factor):
                record: Record = {"concept": concept, "date": iso(story.index - int(25 * u()))}
                if not yes:
                    record["presence"] = "absent"
                found.append(record)
        if story.scans and u() < (self.answer if story.thorough else self.discordant):
            scan = story.scans[0]
            record = {"concept": "SSTR-negative lesions", "date": iso(scan.day)}
            if scan.extent == "all":
                record["presence"] = "absent"
            found.append(record)

    def declarations(self, story: Story, rng: Random) -> list[Record]:
        """The domains whose record is declared complete."""
        u, found = rng.random, list[Record]()
        old = u() < self.complete["old"]["all"]
        form = story.thorough and u() < self.pen.thorough["declared"]
        for domain in DOMAINS:
            if (form and domain != "imaging") or u() < self.complete[domain][story.setting]:
                day = story.index - (40 + int(200 * u()) if old else 0)
                found.append({"domain": domain, "as_of": self.pen.iso(day), "source": "tumour board form"})
        return found

    def arms(self, story: Story, rng: Random) -> dict[str, int]:
        """The arm, of those randomised."""
        if story.screened and story.surgical and rng.random() < self.randomised:
            return {TRIAL_WITH_ARMS: int(self.arm.draw(rng.random()))}
        return {}


def _says_yes(concept: str, chance: float, story: Story, rng: Random) -> bool:
    """What is answered: the truth where a story tells it, by chance otherwise."""
    match concept:
        case "90 percent cytoreduction achievable":
            return story.resectable
        case "measurable disease":
            return story.measurable
        case "contraindication to capecitabine":
            true = story.gfr < 35 or any(name in AGAINST_CAPECITABINE for name in story.conditions)
            return true or rng.random() < chance
    return rng.random() < chance
