"""How a record writes days and numbers down: precise or not, in this unit or that, with a comparator or a range."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

from nen_kb.cohort.generator.marginals import Choice, Marginals

POUND = 0.45359237
INCH = 2.54

CELLS = ("platelets", "leukocytes", "neutrophils")
ENZYMES = ("ASAT", "ALAT")

SCALE: dict[tuple[str, str], tuple[float, int]] = {
    # of an item and a unit: the factor from the unit the story counts in, and decimals
    ("hemoglobin", "g/L"): (1, 0),
    ("hemoglobin", "g/dL"): (0.1, 1),
    ("hemoglobin", "mmol/L"): (1 / 16.114, 1),
    ("total bilirubin", "umol/L"): (1, 0),
    ("total bilirubin", "mg/dL"): (1 / 17.1, 1),
    ("albumin", "g/L"): (1, 0),
    ("albumin", "g/dL"): (0.1, 1),
    ("creatinine", "umol/L"): (1, 0),
    ("creatinine", "mg/dL"): (1 / 88.4, 2),
    ("fasting glucose", "mmol/L"): (1, 1),
    ("fasting glucose", "mg/dL"): (18.02, 0),
    ("chromogranin A", "ug/L"): (1, 0),
    ("chromogranin A", "ng/mL"): (1, 0),
    ("platelets", "giga"): (1, 0),
    ("platelets", "thousand"): (1, 0),
    ("platelets", "each"): (1000, 0),
    ("leukocytes", "giga"): (1, 1),
    ("leukocytes", "thousand"): (1, 1),
    ("leukocytes", "each"): (1000, 0),
    ("neutrophils", "giga"): (1, 2),
    ("neutrophils", "thousand"): (1, 1),
    ("neutrophils", "each"): (1000, 0),
    ("ASAT", "U/L"): (1, 0),
    ("ASAT", "ukat/L"): (1 / 60, 2),
    ("ALAT", "U/L"): (1, 0),
    ("ALAT", "ukat/L"): (1 / 60, 2),
    ("body weight", "kg"): (1, 0),
    ("body weight", "lb"): (1 / POUND, 0),
    ("body height", "cm"): (1, 0),
    ("body height", "m"): (0.01, 2),
    ("body height", "in"): (1 / INCH, 0),
}

PLAIN = {"INR": ("", 1), "prothrombin time": (" s", 1), "cystatin C": (" mg/L", 2)}
"""Items always written one way: what follows the number, and decimals."""


class Days:
    """Writes days as ISO text; knows those written before."""

    def __init__(self) -> None:
        self._known: dict[int, str] = {}

    def iso(self, day: int) -> str:
        """The day as ``2026-11-20``."""
        text = self._known.get(day)
        if text is None:
            text = self._known[day] = date.fromordinal(day).isoformat()
        return text

    def written(self, day: int, precision: Choice | None, rng: Random, latest: int) -> Any:
        """The day as precisely as it is known; a span of days may end no later than ``latest``."""
        text = self.iso(day)
        if precision is None:
            return text
        match precision.draw(rng.random()):
            case "month":
                return text[:7]
            case "year":
                return text[:4]
            case "span":
                first = day - int(40 * rng.random())
                last = max(min(day + int(40 * rng.random()), latest), day)
                return {"from": self.iso(first), "to": self.iso(last)}
        return text


class Units:
    """Writes numbers with units, as different laboratories do."""

    def __init__(self, tables: Marginals, plain: bool) -> None:
        self.plain = plain
        self.units = tables.choices("unit")
        self.spellings = tables.choices("spelling")
        self.first = {name: choice.names[0] for name, choice in self.spellings.items()}

    def house(self, rng: Random) -> dict[str, tuple[str, str]]:
        """The unit and spelling one laboratory uses for each kind of item."""
        found = {}
        for kind, choice in self.units.items():
            unit = choice.names[0] if self.plain else choice.draw(rng.random())
            spelling = self.spellings.get(unit)
            text = unit if spelling is None else self.first[unit] if self.plain else spelling.draw(rng.random())
            found[kind] = unit, text
        return found

    def text(self, item: str, value: float, house: dict[str, tuple[str, str]]) -> str:
        """The value with its unit."""
        if item in PLAIN:
            unit, decimals = PLAIN[item]
            return f"{value:.{decimals}f}{unit}"
        unit, spelling = house[kind_of(item)]
        factor, decimals = SCALE[item, unit]
        return f"{value * factor:.{decimals}f} {spelling}"


def kind_of(item: str) -> str:
    """The row of the table of units that an item is written by."""
    if item in CELLS:
        return "cells"
    if item in ENZYMES:
        return "enzyme"
    return {"body weight": "weight", "body height": "height"}.get(item, item)
