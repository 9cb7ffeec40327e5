"""The questions for each goal of a patient: what the rules lead to, what could be known better, what else there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from nen_kb.explain.case import Judgement
from nen_kb.explain.missing.asks import Ask
from nen_kb.explain.missing.board import Goal
from nen_kb.explain.missing.candidates import Candidates
from nen_kb.explain.missing.efforts import Efforts
from nen_kb.explain.missing.leaf import Leaf, form_of
from nen_kb.explain.missing.reach import Reach
from nen_kb.explain.missing.search import Pool
from nen_kb.explain.missing.sharpen import Sharpening
from nen_kb.explain.support import records_used
from nen_kb.facts.normalise import Record
from nen_kb.facts.records import Finding, Presence

_MOST_ABOUT = 12


class Pools:
    """Makes the pools of one patient; a question is made once, with answers for every open clause that asks it."""

    def __init__(
        self, reach: Reach, efforts: Efforts, judgement: Judgement, goals: Mapping[str, Sequence[Goal]]
    ) -> None:
        self.reach = reach
        self.judgement = judgement
        records: list[Record] = list(judgement.prepared.records.values())
        self.candidates = Candidates(reach, efforts, judgement.prepared.patient, records)
        self._asks: dict[str, Ask | None] = {}
        self._leaves: dict[str, list[Leaf]] = {}
        open_leaves: list[Leaf] = []
        for each in goals.values():
            for goal in each:
                for leaf in self.leaves(goal) if self._is_open(goal) else ():
                    open_leaves.append(leaf)
                    for key in self._keys(leaf, goal.want):
                        self._leaves.setdefault(key, []).append(leaf)
        self.sharpening = Sharpening(judgement, self.candidates, open_leaves)

    def _is_open(self, goal: Goal) -> bool:
        return not any(self.judgement.status(goal.trial, leaf) == goal.want for leaf in goal.leaves)

    def leaves(self, goal: Goal) -> list[Leaf]:
        """The clauses with rules of their own behind a goal."""
        return [self.reach.leaf(goal.trial, leaf) for leaf in goal.leaves]

    def _keys(self, leaf: Leaf, want: str) -> list[str]:
        return [self.candidates.grouped(key) for key in self.reach.keys(want, leaf.trial, leaf.clause)]

    def pool(self, goal: Goal) -> Pool:
        """The questions for one goal."""
        asks: list[Ask] = []
        plans: list[list[Ask]] = []
        for leaf in self.leaves(goal):
            asks += self._reconciling(leaf)
            asks += self.sharpening.asks(leaf)
            asks += self._made(self._keys(leaf, goal.want), leaf)
            plans += self._plans(leaf, goal.want)
        return Pool(asks, plans, lambda: [ask for leaf in self.leaves(goal) for ask in self._wider(leaf, goal.want)])

    def _made(self, keys: Iterable[str], leaf: Leaf) -> list[Ask]:
        found: list[Ask] = []
        for key in dict.fromkeys(keys):
            if key not in self._asks:
                self._asks[key] = self.candidates.ask(key, self._leaves.get(key, [leaf]))
            ask = self._asks[key]
            if ask is not None and ask.answers:
                found.append(ask)
        return found

    def _plans(self, leaf: Leaf, want: str) -> list[list[Ask]]:
        """What the rules suggest together: first without what is on record already, then whole."""
        found: dict[tuple[str, ...], list[Ask]] = {}
        for plan in self.reach.plans(want, leaf.trial, leaf.clause):
            asks = self._made([self.candidates.grouped(key) for key in sorted(plan)], leaf)
            lacking = [ask for ask in asks if not self._known(ask)]
            for group in (lacking, asks):
                if len(group) > 1:
                    found.setdefault(tuple(ask.key for ask in group), group)
        return sorted(found.values(), key=len)

    def _known(self, ask: Ask) -> bool:
        onto = self.reach.ontology
        return ask.kind == "record" and any(
            onto.isa(name, each) for name in self.candidates.known for each in ask.classes if each in onto.names
        )

    def _reconciling(self, leaf: Leaf) -> list[Ask]:
        """For sources that disagree: which of them is right."""
        if self.judgement.status(leaf.trial, leaf.clause) != "conflicting":
            return []
        pattern = (self.judgement.patient, leaf.trial, leaf.clause)
        return list(
            self.sharpening.reconciling([records_used(self.judgement, side, pattern) for side in ("met", "unmet")])
        )

    def _wider(self, leaf: Leaf, want: str) -> list[Ask]:
        """Whatever else the clause reads: the other side's questions, classes behind a "none", the planned start."""
        onto = self.reach.ontology
        other = "unmet" if want == "met" else "met"
        keys = self._keys(leaf, other)
        names = [name for name in sorted(leaf.classes) if not onto.isa(name, "RuleTopic")]
        for name in names:
            observable = onto.observable(name)
            if observable is None or not observable.derived_from:
                keys.append(self.candidates.grouped(f"record:{name}"))
        if "planned_start" in leaf.reads:
            keys.append("person:planned start")
        found = self._made(keys, leaf)
        if "about" in leaf.reads:
            found += self._about(leaf, names)
        return [*found, *self.sharpening.rivals(leaf)]

    def _about(self, leaf: Leaf, names: Sequence[str]) -> list[Ask]:
        """A finding that names which other finding it speaks of."""
        onto = self.reach.ontology
        found: list[Ask] = []
        for record in self.sharpening.relevant(leaf):
            if isinstance(record, Finding) and record.presence is Presence.PRESENT:
                for name in names:
                    if (
                        form_of(onto, name) == "finding"
                        and onto.domain(name) is None
                        and not onto.isa(record.concept, name)
                    ):
                        found.append(self.candidates.about(name, record))
        return found[:_MOST_ABOUT]
