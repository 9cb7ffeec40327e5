"""What every list of a document is written with: days as precise as they are known, gaps, and the chances of both."""

from __future__ import annotations

from random import Random
from typing import Any

from nen_kb.cohort.generator.marginals import Choice, Marginals
from nen_kb.cohort.generator.story import Story
from nen_kb.cohort.generator.writing import Days

Record = dict[str, Any]
"""An entry of a case document, or the document."""

RECENT = 60
"""Days before the index day for which a form filled in whole gives exact days."""


class Pen:
    """Writes entries; ``plain`` leaves out whatever makes a record less than the truth."""

    def __init__(self, tables: Marginals, days: Days, plain: bool) -> None:
        self.plain = plain
        self.days = days
        self.iso = days.iso
        exact = Choice({"day": 1})
        self.precision = {key: exact if plain else choice for key, choice in tables.choices("imprecise").items()}
        self.missing = self.blemishes(tables, "missing")
        self.reporting = self.blemishes(tables, "reporting")
        self.vague = self.blemishes(tables, "vague")
        self.thorough = tables.numbers("thorough")

    def blemishes(self, tables: Marginals, name: str) -> dict[str, float]:
        """The chances of a table, all zero where records are plain."""
        return {key: 0.0 if self.plain else value for key, value in tables.numbers(name).items()}

    def when(self, day: int, kind: str, story: Story, rng: Random) -> Any:
        """A day as precisely as that kind of day is known, never before birth."""
        exact = story.thorough and kind == "finding" and day > story.index - RECENT
        return self.days.written(max(day, story.born), None if exact else self.precision[kind], rng, story.index)

    def gone(self, item: str, story: Story, rng: Random) -> bool:
        """Whether an item that is true is not on record."""
        chance = self.missing[item]
        return rng.random() < (chance * self.thorough["gaps"] if story.thorough else chance)

    def finding(self, found: list[Record], concept: str, day: int, kind: str, story: Story, rng: Random) -> Record:
        """Adds a finding that is present; the caller may add to it."""
        record: Record = {"concept": concept, "date": self.when(day, kind, story, rng)}
        if self.gone("date", story, rng):
            del record["date"]
        found.append(record)
        return record
