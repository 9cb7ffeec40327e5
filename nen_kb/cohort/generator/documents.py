"""Makes the documents of a cohort: one patient a line, in the JSON form of the case file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import Enum
from random import Random

from nen_kb.cohort.generator.courses import Courses
from nen_kb.cohort.generator.entries import Entries
from nen_kb.cohort.generator.findings import Findings
from nen_kb.cohort.generator.laboratory import Laboratory
from nen_kb.cohort.generator.marginals import Marginals
from nen_kb.cohort.generator.mess import Trouble
from nen_kb.cohort.generator.pen import Pen, Record
from nen_kb.cohort.generator.persons import Persons
from nen_kb.cohort.generator.statements import Statements
from nen_kb.cohort.generator.story import Story
from nen_kb.cohort.generator.tumours import Tumours
from nen_kb.cohort.generator.writing import Days


class Mess(Enum):
    """How a record differs from the truth."""

    NONE = "none"
    """Exact days, one unit an item, nothing lost but what nobody asked."""
    REALISTIC = "realistic"
    """Gaps, imprecise days, many units, contradictions; every document can be read."""
    HOSTILE = "hostile"
    """Beside that, a few documents with mistakes that a reader must refuse, or survive."""


class Generator:
    """Patients of one seed.  The same seed, mess and tables give the same patients, in any order and any number."""

    def __init__(self, seed: int, mess: Mess = Mess.REALISTIC, tables: Marginals | None = None) -> None:
        tables = tables or Marginals.shipped()
        self.seed = seed
        self.mess = mess
        self.days = Days()
        self._tumours, self._courses, self._persons = Tumours(tables), Courses(tables), Persons(tables)
        self._pen = Pen(tables, self.days, plain=mess is Mess.NONE)
        self._findings, self._statements = Findings(tables, self._pen), Statements(tables, self._pen)
        self._entries, self._laboratory = Entries(tables, self._pen), Laboratory(tables, self._pen)
        self._trouble = Trouble(tables, self.days)
        self._rng = Random()

    def story(self, number: int) -> Story:
        """What is true of the patient of that number (from 0); the same under every mess."""
        rng = self._rng
        rng.seed(f"{self.seed} {number} story")
        story = self._tumours.draw(number, rng)
        self._courses.draw(story, rng)
        self._persons.draw(story, rng)
        return story

    def document(self, number: int) -> Record:
        """The case document of the patient of that number, as a mapping; without the mistakes of ``hostile``."""
        return self._document(self.story(number))

    def line(self, number: int) -> str:
        """The document as one line of JSON, without its line break."""
        document = self.document(number)
        if self.mess is Mess.HOSTILE:
            return self._trouble.text(document, self._id(max(number - 1, 0)), self._rng)
        return json.dumps(document, ensure_ascii=False, separators=(",", ":"))

    def lines(self, first: int, last: int) -> Iterator[str]:
        """The lines of the patients from ``first`` to before ``last``."""
        return map(self.line, range(first, last))

    def _id(self, number: int) -> str:
        return f"g{self.seed}-{number:07d}"

    def _document(self, story: Story) -> Record:
        rng, pen, statements = self._rng, self._pen, self._statements
        rng.seed(f"{self.seed} {story.number} record")
        document: Record = {"case": 1, "id": self._id(story.number)}
        if rng.random() >= pen.missing["sex"]:
            document["sex"] = story.sex
        if rng.random() >= pen.missing["birth"]:
            document["born"] = self.days.written(story.born, pen.precision["birth"], rng, story.index)
        document["index_date"] = self.days.iso(story.index)
        if story.screened and rng.random() < 0.5:
            document["planned_start"] = self.days.iso(story.index + 7 + int(35 * rng.random()))
        arms = statements.arms(story, rng)
        if arms:
            document["arms"] = arms
        document["complete"] = statements.declarations(story, rng)
        document["findings"] = self._findings.record(story, rng) + statements.record(story, rng)
        document["measurements"] = self._entries.measurements(story, rng) + self._laboratory.record(story, rng)
        document["treatments"] = self._entries.treatments(story, rng)
        document["imaging"] = self._entries.imaging(story, rng)
        if self.mess is not Mess.NONE:
            self._trouble.spoil(document, story.index, rng)
        return document
