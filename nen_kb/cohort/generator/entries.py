"""Records what is measured once, treatments and scans."""

from __future__ import annotations

from random import Random

from nen_kb.cohort.generator.marginals import Marginals
from nen_kb.cohort.generator.pen import Pen, Record
from nen_kb.cohort.generator.story import Course, Story

YEAR_2010 = 733_773
"""The first day of 2010."""


class Entries:
    """Writes the lists of measurements (but laboratory results), treatments and imaging."""

    def __init__(self, tables: Marginals, pen: Pen) -> None:
        self.pen = pen
        self.scan_field = tables.numbers("scan_field")
        self.marrow_recorded = tables.numbers("treatment")["marrow_recorded"]
        self.lesions = tables.rows("lesions")["chance"]
        self.noted = tables.numbers("noted")

    def measurements(self, story: Story, rng: Random) -> list[Record]:
        """Ki-67, mitoses, liver burden, sizes of lesions, NYHA class, marrow, expected cytoreduction."""
        u, pen, found = rng.random, self.pen, list[Record]()
        for place, (day, value, _) in enumerate(story.ki67):
            if not pen.gone("ki67_old" if place == 0 and story.diagnosed < YEAR_2010 else "ki67", story, rng):
                when = pen.when(day, "diagnosis", story, rng)
                found.append({"observable": "Ki-67 index", "value": self._ki67(value, rng), "date": when})
        if story.ki67 and not pen.gone("mitoses", story, rng):
            when = pen.when(story.diagnosed, "diagnosis", story, rng)
            found.append({"observable": "mitotic count", "value": f"{story.mitoses} per 2 mm2", "date": when})
        if story.burden and not pen.gone("liver_burden", story, rng):
            ten = int(story.burden // 10 * 10)
            text = f"{ten}-{ten + 10} %" if u() < pen.reporting["burden_range"] else f"{story.burden:.0f} %"
            day = max(story.index - int(150 * u()), story.metastases["liver"])
            found.append({"observable": "liver tumor burden", "value": text, "date": pen.iso(day)})
        if story.nyha and u() < self.noted["nyha"]:
            when = pen.iso(story.index - int(200 * u()))
            found.append({"observable": "NYHA class", "value": story.nyha, "date": when})
        for course in story.courses:
            if course.kind == "radiotherapy" and u() < self.marrow_recorded:
                when = pen.iso(story.index if course.end is None else course.end)
                found.append(
                    {"observable": "irradiated bone marrow", "value": f"{2 + 38 * u() ** 2:.0f} %", "date": when}
                )
        if story.screened and story.surgical and u() < self.noted["cytoreduction"]:
            share = 90 + 9 * u() if story.resectable else 30 + 58 * u()
            when = pen.iso(story.index - int(40 * u()))
            found.append({"observable": "expected cytoreduction", "value": f"{share:.0f} %", "date": when})
        self._sizes(story, rng, found)
        return found

    def _ki67(self, value: float, rng: Random) -> str:
        u = rng.random
        if value < 3 and u() < self.pen.reporting["ki67_less"]:
            return "<2 %" if value < 2 else "<3 %"
        if value > 3 and u() < self.pen.reporting["ki67_range"]:
            return f"{max(value * 0.6, 1):.0f}-{value:.0f} %"
        return f"{value:.0f} %" if value > 3 else f"{int(value)} %"

    def _sizes(self, story: Story, rng: Random, found: list[Record]) -> None:
        u = rng.random
        if not story.lesions or u() >= self.lesions[story.setting]:
            return
        when = self.pen.iso(max(story.index - int(80 * u()), story.diagnosed))
        for node, size in story.lesions:
            name = "lymph node short axis" if node else "longest lesion diameter"
            text = f"{size / 10:.1f} cm" if u() < 0.25 and not self.pen.plain else f"{size:.0f} mm"
            found.append({"observable": name, "value": text, "date": when})

    def treatments(self, story: Story, rng: Random) -> list[Record]:
        """Courses and procedures."""
        u, pen, found = rng.random, self.pen, list[Record]()
        for course in story.courses:
            if pen.gone("treatment", story, rng):
                continue
            if course.kind == "procedure":
                found.append({"agent": course.agent, "date": pen.when(course.start, "treatment", story, rng)})
            elif course.agent == "CAPTEM" and u() < 0.35:
                found += [self._course(course, agent, story, rng) for agent in ("capecitabine", "temozolomide")]
            else:
                vague = course.kind == "chemotherapy" and u() < pen.vague["treatment"]
                found.append(self._course(course, "chemotherapy" if vague else course.agent, story, rng))
        return found

    def _course(self, course: Course, agent: str, story: Story, rng: Random) -> Record:
        pen, record = self.pen, Record(agent=agent)
        if not pen.gone("treatment_start", story, rng):
            record["started"] = pen.when(course.start, "treatment", story, rng)
        if not pen.gone("treatment_end", story, rng):
            if course.end is None:
                record["ongoing"] = True
            else:
                record["ended"] = pen.when(max(course.end, course.start), "treatment", story, rng)
        return record

    def imaging(self, story: Story, rng: Random) -> list[Record]:
        """Receptor scans with what their reports say, FDG scans, CT or MRI of progressions."""
        u, pen, found = rng.random, self.pen, list[Record]()
        told = dict.fromkeys(self.scan_field, pen.thorough["answer"]) if story.thorough else self.scan_field
        for scan in story.scans:
            record: Record = {"procedure": scan.tracer, "date": pen.iso(scan.day)}
            if u() < told["krenning"]:
                spread = scan.krenning > 0 and u() < pen.reporting["krenning_range"]
                record["krenning"] = f"{scan.krenning - 1}-{scan.krenning}" if spread else scan.krenning
            if u() < told["extent"]:
                record["extent"] = scan.extent
            found.append(record)
        if story.fdg is not None:
            found.append({"procedure": "18F-FDG PET/CT", "date": pen.iso(story.fdg)})
        if story.progressions and u() < self.noted["scan_of_progression"]:
            procedure = "CT" if u() < 0.75 else "MRI"
            found.append({"procedure": procedure, "date": pen.iso(max(story.progressions))})
        return found
