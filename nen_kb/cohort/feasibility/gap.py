"""The gap between certainly and possibly eligible: what is missing, and which of it would narrow the gap most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from nen_kb.cohort.feasibility.estimates import estimate
from nen_kb.cohort.feasibility.sample import Chosen
from nen_kb.explain import Judgement, reasons
from nen_kb.explain.wording import feasibility_text as wording
from nen_kb.rules.ir import Trial

MOST_ITEMS = 40
"""So many items are told; the rest are counted."""
MOST_STEPS = 40
"""So many items are put in order."""


class Item(NamedTuple):
    """One kind of thing to find out, the same for every patient."""

    code: str
    concept: str


@dataclass
class Gap:
    """What the sampled patients of the gap lack.

    Of each open clause, or open part of one, the reason that settles it soonest is what one would ask first.  A
    patient counts as settled once all these are known: at best, since an answer may leave a clause open.
    """

    patients: int
    """All who are in the gap."""
    chosen: Sequence[Chosen]
    lacking: list[frozenset[Item]] = field(default_factory=list)
    """Of each sampled patient, everything that is missing."""
    first: list[frozenset[Item]] = field(default_factory=list)
    """Of each sampled patient, what one would ask first."""
    clauses: dict[Item, set[str]] = field(default_factory=dict)
    texts: dict[Item, str] = field(default_factory=dict)

    def look(self, judgement: Judgement, trial: Trial, open_clauses: Iterable[str]) -> None:
        """Adds one sampled patient."""
        lacking: set[Item] = set()
        first: set[Item] = set()
        for clause in open_clauses:
            for leaf in judgement.clause(trial.id, clause).parts or (clause,):
                found = [Item(reason.code, reason.concept) for reason in reasons(judgement, trial.id, leaf)]
                lacking.update(found)
                first.update(found[:1])
                for item in found:
                    self.clauses.setdefault(item, set()).add(clause)
                    if item not in self.texts:
                        self.texts[item] = wording.item(item.code, judgement.label(item.concept))
        self.lacking.append(frozenset(lacking))
        self.first.append(frozenset(first))

    def to_json(self, order_of: Sequence[str]) -> dict[str, Any]:
        """The items, the most frequent first, and the order in which they settle most; ``order_of`` the clauses."""
        counts = Counter(item for each in self.lacking for item in each)
        first = Counter(item for each in self.first for item in each)
        alone = Counter(item for each in self.first if len(each) == 1 for item in each)
        ranked = sorted(counts, key=lambda item: (-first[item], -counts[item], item))
        return {
            "items": [
                {
                    "code": item.code,
                    "concept": item.concept,
                    "text": self.texts[item],
                    "clauses": [clause for clause in order_of if clause in self.clauses[item]],
                    "patients": estimate(counts[item], len(self.lacking), self.patients),
                    "in_sample": counts[item],
                    "asked_first": first[item],
                    "decides_alone": alone[item],
                }
                for item in ranked[:MOST_ITEMS]
            ],
            "more_items": max(0, len(ranked) - MOST_ITEMS),
            "order": self._order(first),
            "questions": quarters([len(each) for each in self.first]),
        }

    def _order(self, first: Mapping[Item, int]) -> list[dict[str, Any]]:
        """The items in order: of how many of the sample each is asked, and how many it settles with those before it."""
        settled, told = 0, []
        for item, settles in narrowing(self.first)[:MOST_STEPS]:
            settled += settles
            words = {"code": item.code, "concept": item.concept, "item": self.texts[item]}
            told.append({**words, "asked": first[item], "settles": settles, "cumulative": settled})
        return told


def quarters(counts: Sequence[int]) -> list[int]:
    """A quarter, half and three quarters of the patients need at most so many answers; empty without patients."""
    ordered = sorted(counts)
    return [ordered[-(-len(ordered) * quarter // 4) - 1] for quarter in (1, 2, 3)] if ordered else []


def narrowing(needs: Sequence[frozenset[Item]]) -> list[tuple[Item, int]]:
    """The items, those that most patients need first, each with the patients it settles once those before are known.

    Most patients need many items together, so that the first ones settle few.  No order does much better: one that
    is found from its end, by what fewest need last, settled 2 % more on generated cohorts and is harder to read.
    """
    uses = Counter(item for each in needs for item in each)
    order = sorted(uses, key=lambda item: (-uses[item], item))
    places = {item: place for place, item in enumerate(order)}
    last = Counter(max(places[item] for item in each) for each in needs if each)
    return [(item, last[place]) for place, item in enumerate(order)]
