"""Classifies classes by what they are made of, where definitions are intersections of classes and existentials.

This is the completion of the description logic EL: from "PRRT is a radionuclide therapy with a ligand of the
somatostatin receptor and a therapeutic nuclide", and from what a new drug holds, it finds that the drug is PRRT.
All it finds follows; a definition with anything else in it (a union, a number) counts only for what it says of the
class, never to recognise one.  Tests compare the result with a complete reasoner.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

THING = "owl:Thing"


@dataclass(frozen=True)
class Some:
    """Whatever is related by the property to at least one thing that is all of the filler."""

    relation: str
    filler: Expression


Expression = frozenset["str | Some"]
"""The intersection of named classes and existentials; the empty one is everything."""


@dataclass
class Axioms:
    """What the ontology says, as far as this logic can hold it."""

    below: list[tuple[str, Expression]] = field(default_factory=list)
    """(class, all of which it is a subclass)."""
    defines: list[tuple[Expression, str]] = field(default_factory=list)
    """(what suffices, class): everything that is the expression is of the class."""
    relations: dict[str, set[str]] = field(default_factory=dict)
    """Property -> the properties told to lie above it."""

    def inferred(self, names: Iterable[str]) -> dict[str, frozenset[str]]:
        """Class -> all named classes above it, itself included."""
        known = list(names)
        above = _Completion(self, known).above
        return {name: frozenset(above[name] & set(known)) for name in known}


class _Completion:
    """Derives superclasses and edges until nothing new follows."""

    def __init__(self, axioms: Axioms, names: list[str]) -> None:
        self.above: dict[str, set[str]] = {}
        self._edges: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._into: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._told: dict[str, set[str]] = defaultdict(set)
        self._links: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._pairs: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._some: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._fresh: dict[tuple[str, object], str] = {}
        self._relations = _closed(axioms.relations)
        self._queue: list[tuple[str, str]] = []
        for lower, upper in axioms.below:
            self._say(lower, upper)
        for expression, name in axioms.defines:
            self._told[self._recogniser(expression)].add(name)
        for name in names:
            self._begin(name)
        while self._queue:
            self._follow(*self._queue.pop())

    def _say(self, name: str, upper: Expression) -> None:
        for part in upper:
            if isinstance(part, Some):
                self._links[name].add((part.relation, self._filler(part.filler)))
            else:
                self._told[name].add(part)

    def _filler(self, filler: Expression) -> str:
        """A name for something of the expression."""
        if len(filler) == 1:
            (only,) = filler
            if isinstance(only, str):
                return only
        name = self._named("filler", filler)
        self._say(name, filler)
        return name

    def _recogniser(self, expression: Expression) -> str:
        """A name that holds of everything that is the expression."""
        found = ""
        for part in sorted(expression, key=str):
            name = part if isinstance(part, str) else self._named("has", part)
            if isinstance(part, Some):
                self._some[part.relation, self._recogniser(part.filler)].add(name)
            if found:
                both = self._named("both", (found, name))
                self._pairs[found].append((name, both))
                self._pairs[name].append((found, both))
                name = both
            found = name
        return found or THING

    def _named(self, kind: str, what: object) -> str:
        return self._fresh.setdefault((kind, what), f" {kind} {len(self._fresh)}")

    def _begin(self, name: str) -> None:
        if name not in self.above:
            self.above[name] = set()
            self._add(name, name)
            self._add(name, THING)

    def _add(self, name: str, upper: str) -> None:
        if upper not in self.above[name]:
            self.above[name].add(upper)
            self._queue.append((name, upper))

    def _follow(self, name: str, upper: str) -> None:
        """All that follows from the class now lying under the upper one."""
        for higher in self._told.get(upper, ()):
            self._add(name, higher)
        for other, both in self._pairs.get(upper, ()):
            if other in self.above[name]:
                self._add(name, both)
        for relation, filler in self._links.get(upper, ()):
            for each in self._relations.get(relation, {relation}):
                self._connect(name, each, filler)
        for relation, origin in tuple(self._into.get(name, ())):
            for found in self._some.get((relation, upper), ()):
                self._add(origin, found)

    def _connect(self, name: str, relation: str, filler: str) -> None:
        if (relation, filler) in self._edges[name]:
            return
        self._edges[name].add((relation, filler))
        self._into[filler].add((relation, name))
        self._begin(filler)
        for upper in tuple(self.above[filler]):
            for found in self._some.get((relation, upper), ()):
                self._add(name, found)


def _closed(relations: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    """Property -> itself and all above it."""
    found: dict[str, set[str]] = {}
    for start in relations:
        seen = {start}
        queue = [start]
        while queue:
            for upper in relations.get(queue.pop(), ()):
                if upper not in seen:
                    seen.add(upper)
                    queue.append(upper)
        found[start] = seen
    return found


def direct(parents: Mapping[str, set[str]], above: Mapping[str, frozenset[str]]) -> dict[str, set[str]]:
    """The told parents, and of what was found beyond them the nearest: those with no other found class between."""
    result = {}
    for name, told in parents.items():
        known: set[str] = set()
        queue = list(told)
        while queue:
            upper = queue.pop()
            if upper not in known:
                known.add(upper)
                queue += parents.get(upper, ())
        new = above[name] - known - {name}
        between = {each for each in above[name] if name not in above[each]}
        result[name] = told | {
            upper
            for upper in new
            if not any(upper in above[each] and each not in above[upper] for each in between - {upper})
        }
    return result
