"""Near misses: patients whom one clause alone keeps out, with the distance to its limit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from nen_kb.cohort.feasibility.estimates import estimate
from nen_kb.cohort.feasibility.sample import Chosen
from nen_kb.explain import Judgement, Obstacle, describe, goals
from nen_kb.explain.nearness.obstacles import PERMANENT, RECORD, TIME, of_clause
from nen_kb.explain.wording import feasibility_text as wording
from nen_kb.explain.wording import without_article
from nen_kb.knowledge_base.lifting import lifts

KINDS = {PERMANENT: "permanent", RECORD: "later_record", TIME: "time"}
"""The document's word for what would lift an obstacle, the hardest first."""


@dataclass
class Near:
    """What the sampled patients of one group lack; the group fails one clause, by one part where one decides."""

    clause: str
    """The whole clause."""
    part: str
    """The part that alone decides, or the clause again."""
    says: str
    """What it asks, in short words."""
    patients: int
    """How many fail only it."""
    chosen: Sequence[Chosen]
    kinds: Counter[str] = field(default_factory=Counter)
    distances: dict[str, list[Fraction]] = field(default_factory=dict)
    """By their unit."""
    things: dict[str, Counter[str]] = field(default_factory=dict)
    """By the unit, what was measured or dated."""
    several: int = 0
    """Patients with several obstacles at once: they have no one distance."""
    without: int = 0
    """Patients whose obstacle has no distance: a diagnosis, say."""

    def look(self, judgement: Judgement, trial: str) -> None:
        """Adds one sampled patient."""
        clause = judgement.clause(trial, self.clause)
        found = of_clause(judgement, clause, lifts(judgement, trial, [clause]))
        self.kinds[hardest(found)] += 1
        only = found[0]
        if len(found) > 1:
            self.several += 1
        elif only.short is None:
            self.without += 1
        else:
            self.distances.setdefault(only.unit, []).append(only.short)
            self.things.setdefault(only.unit, Counter())[thing(judgement, only.concept)] += 1

    def to_json(self) -> dict[str, Any]:
        """As the document has it."""
        sampled = len(self.chosen)
        return {
            "clause": self.part,
            "of": None if self.part == self.clause else self.clause,
            "says": self.says,
            "patients": self.patients,
            "sampled": sampled,
            "distances": self._distances(sampled),
            "several": self.several,
            "without_distance": self.without,
            "kinds": {word: self.kinds[word] for word in KINDS.values()},
        }

    def _distances(self, sampled: int) -> dict[str, Any] | None:
        """In the unit in which most of the sampled patients have one."""
        if not self.distances:
            return None
        unit = min(self.distances, key=lambda each: (-len(self.distances[each]), each))
        found = sorted(self.distances[unit])
        things = [name for name, _ in sorted(self.things[unit].items(), key=lambda each: (-each[1], each[0]))]
        return {
            "of": wording.things(things),
            "unit": wording.unit(describe.unit(unit)),
            "measured": len(found),
            "others": sum(len(each) for each in self.distances.values()) - len(found),
            "quartiles": quartiles(found),
            "within": [
                {
                    "distance": plain(step),
                    "in_sample": (inside := sum(each <= step for each in found)),
                    "patients": estimate(inside, sampled, self.patients),
                }
                for step in round_steps(found)
            ],
        }


def thing(judgement: Judgement, concept: str) -> str:
    """What an obstacle is about, in words; of a computed value what its rules call it."""
    if concept in judgement.ontology.names or concept not in judgement.program.predicates:
        return judgement.label(concept)
    words = judgement.program.predicates[concept].header.get("concept")
    return without_article(goals.UNIT_AT_END.sub("", words).strip()) or concept


def hardest(found: Sequence[Obstacle]) -> str:
    """What would lift all of them: nothing where one is permanent, a later record, or time alone."""
    lifted_by = {each.lifted_by for each in found}
    return next(word for how, word in KINDS.items() if how in lifted_by)


def quartiles(found: Sequence[Fraction]) -> list[float]:
    """A quarter, half and three quarters of the patients are as near as that; each a distance that occurs."""
    values = np.array([float(each) for each in found])
    return [plain(each) for each in np.quantile(values, [0.25, 0.5, 0.75], method="inverted_cdf")]


def round_steps(found: Sequence[Fraction]) -> list[Fraction]:
    """Round distances (1, 2, 5, 10, …): the least within which a quarter, half, three quarters and all lie."""
    ordered = sorted(found)
    marks = [ordered[max(0, -(-len(ordered) * quarter // 4) - 1)] for quarter in (1, 2, 3, 4)]
    return sorted({round_up(mark) for mark in marks})


def round_up(value: Fraction) -> Fraction:
    """The least of 1, 2, 5, 10, … (or 0.5, 0.2, …) that is not below the value."""
    if value <= 0:
        return Fraction(0)
    size = Fraction(10) ** 12
    steps = [size / 10**place / part for place in range(20) for part in (1, 2, 5)]
    return min((step for step in steps if step >= value), default=size)


def plain(value: Fraction | float) -> float:
    """A number as JSON has it, whole where it is whole, else with at most six significant digits."""
    short = float(f"{float(value):.6g}")
    return int(short) if short.is_integer() else short
