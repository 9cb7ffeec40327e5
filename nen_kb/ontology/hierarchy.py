"""The closure of the told hierarchy and of the told disjointness, and questions about them."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping


class Hierarchy:
    """What is a kind of what, and what excludes what.  Sets are computed once, when first asked for."""

    def __init__(
        self, parents: Mapping[str, Iterable[str]], groups: Iterable[Iterable[str]], coincide: Iterable[Iterable[str]]
    ) -> None:
        self.parents: dict[str, tuple[str, ...]] = {name: tuple(above) for name, above in parents.items()}
        self._children: dict[str, list[str]] = defaultdict(list)
        for name, above in self.parents.items():
            for parent in above:
                self._children[parent].append(name)
        self._partners: dict[str, set[str]] = defaultdict(set)
        for group in groups:
            members = set(group)
            for name in members:
                self._partners[name] |= members - {name}
        self._coincide: dict[str, set[str]] = defaultdict(set)
        for one, other in coincide:
            self._coincide[one].add(other)
            self._coincide[other].add(one)
        self._above: dict[str, frozenset[str]] = {}
        self._below: dict[str, frozenset[str]] = {}
        self._excluded: dict[str, frozenset[str]] = {}

    def ancestors(self, name: str) -> frozenset[str]:
        """The class and all above it."""
        found = self._above.get(name)
        if found is None:
            found = self._above[name] = self._reach(name, self.parents)
        return found

    def descendants(self, name: str) -> frozenset[str]:
        """The class and all below it."""
        found = self._below.get(name)
        if found is None:
            found = self._below[name] = self._reach(name, self._children)
        return found

    def _reach(self, name: str, steps: Mapping[str, Iterable[str]]) -> frozenset[str]:
        if name not in self.parents:
            raise KeyError(name)
        seen = {name}
        queue = [name]
        while queue:
            for following in steps.get(queue.pop(), ()):
                if following not in seen:
                    seen.add(following)
                    queue.append(following)
        return frozenset(seen)

    def excluded(self, name: str) -> frozenset[str]:
        """All classes that are disjoint from the class: below a class declared disjoint from one above it."""
        found = self._excluded.get(name)
        if found is None:
            partners = {partner for above in self.ancestors(name) for partner in self._partners.get(above, ())}
            found = frozenset(below for partner in partners for below in self.descendants(partner))
            self._excluded[name] = found
        return found

    def path(self, lower: str, upper: str) -> tuple[str, ...]:
        """A shortest chain of told steps from the lower class up to the upper one; empty if there is none."""
        if upper not in self.ancestors(lower):
            return ()
        came: dict[str, str] = {}
        queue = deque([lower])
        while queue and upper not in came and lower != upper:
            name = queue.popleft()
            for parent in self.parents[name]:
                if parent not in came and parent != lower:
                    came[parent] = name
                    queue.append(parent)
        chain = [upper]
        while chain[-1] != lower:
            chain.append(came[chain[-1]])
        return tuple(reversed(chain))

    def tops(self, name: str) -> frozenset[str]:
        """The classes above it that have none above them."""
        return frozenset(above for above in self.ancestors(name) if not self.parents[above])

    def decided_to_coincide(self, one: str, other: str) -> bool:
        """Whether the ontology says of the two, or of classes above them, that they may coincide."""
        above = self.ancestors(other)
        return any(not self._coincide[name].isdisjoint(above) for name in self.ancestors(one) if name in self._coincide)

    def undecided(self, name: str, universe: Iterable[str]) -> list[str]:
        """The classes of the universe of which nothing says whether they can coincide with this one."""
        below = self.descendants(name)
        excluded = self.excluded(name)
        return sorted(
            other
            for other in universe
            if other not in excluded
            and below.isdisjoint(self.descendants(other))
            and not self.decided_to_coincide(name, other)
        )

    def circles(self) -> list[str]:
        """Classes that lie above themselves."""
        return sorted(
            name
            for name, above in self.parents.items()
            if any(name in self.ancestors(parent) for parent in above if parent in self.parents)
        )

    def impossible(self) -> list[tuple[str, str, str]]:
        """(class, one, other) for classes under two classes that are declared disjoint."""
        found = []
        for name in self.parents:
            above = self.ancestors(name)
            for one in sorted(above):
                both = self._partners.get(one, set()) & above
                if both:
                    found.append((name, one, min(both)))
                    break
        return found
