"""What one patient's facts say about a narrowed program: the rows of its leaves, and what is left of its rules.

A rule with a positive call that has no rows derives nothing; a negated call that has no rows asks nothing; a
leaf without arguments is decided by the facts alone; what nothing asked reads is left out.  An engine that is
given what is left derives the same rows and has far less to try.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from nen_kb.engines.parts import Divided, Part, divide
from nen_kb.engines.specialise import Call, Literal, Narrowed, Specialised
from nen_kb.rules.ir import Program
from nen_kb.rules.plan import Row, pick


class Facts:
    """Facts of one patient, indexed by the columns in which narrowed calls hold constants."""

    def __init__(self, rows: Mapping[str, Collection[Row]]) -> None:
        self._rows = dict(rows)
        self._parts: dict[tuple[str, tuple[int, ...]], dict[Row, list[Row]]] = {}

    def add(self, predicate: str, rows: Collection[Row]) -> None:
        """Adds the rows of a predicate that had none and was not looked up before."""
        self._rows[predicate] = rows

    def most(self, predicates: Collection[str]) -> int:
        """The rows of that one of the predicates that has the most."""
        return max((len(self._rows.get(name, ())) for name in predicates), default=0)

    def part(self, predicate: str, positions: tuple[int, ...]) -> dict[Row, list[Row]]:
        """The rows of the predicate by their values at those positions."""
        part = self._parts.get((predicate, positions))
        if part is None:
            part = self._parts[predicate, positions] = {}
            key = pick(positions)
            for row in self._rows.get(predicate, ()):
                part.setdefault(key(row), []).append(row)
        return part


class _Leaf:
    """A leaf made ready: ``rows`` finds the arguments of its call for every fact that answers it."""

    def __init__(self, call: Call, filters: list[tuple[int, int, bool]]) -> None:
        self.predicate = call.predicate
        self.positions = tuple(position for position, _ in call.constants)
        self.values = tuple(value for _, value in call.constants)
        self.arguments = pick(call.columns)
        self.filters = filters
        """Column, number of the leaf it must stand in, and whether it must not."""

    def rows(self, facts: Facts, column: Callable[[int], Collection[Any]]) -> list[Row]:
        rows = facts.part(self.predicate, self.positions).get(self.values)
        if not rows:
            return []
        for position, number, negated in self.filters:
            values = column(number)
            rows = [row for row in rows if (row[position] in values) != negated]
        return list(dict.fromkeys(map(self.arguments, rows)))


@dataclass(frozen=True)
class _Needs:
    """What a rule needs, by the numbers of its calls."""

    rule: int
    present: frozenset[int]
    """Positive calls: each must have rows."""
    absent: frozenset[int]
    """Negated leaves without arguments: none may have rows."""
    decided: tuple[int, ...]
    """Places in the body of positive leaves without arguments: true if the rule is alive."""
    negated: tuple[tuple[int, int], ...]
    """Places and calls of negated literals: true if the call has no rows."""


@dataclass(frozen=True)
class Pruned:
    """What one patient's facts leave of a narrowed program."""

    rows: dict[int, list[Row]]
    """Of every leaf."""
    rules: list[tuple[int, tuple[int, ...]]]
    """Those to evaluate, each with the places of its body that need no answer."""
    parts: list[int]
    """Those to compute first, in this order."""


class Alive:
    """A narrowed program made ready to be pruned.  Calls and rules are known by number.

    With ``apart`` its rules are cut into parts, which pays for many records only.
    """

    def __init__(self, program: Program, narrowed: Specialised, apart: bool = False) -> None:
        numbers: dict[Call, int] = {}
        for call in narrowed.leaves:
            for wanted in (*(filter.call for filter in call.filters), call):
                numbers.setdefault(wanted, len(numbers))
        self.computed = frozenset(
            number for call, number in numbers.items() if program.predicates[call.predicate].role == "builtin"
        )
        """Leaves that are built-ins."""
        self._leaves = {
            number: _Leaf(call, [(each.position, numbers[each.call], each.negated) for each in call.filters])
            for call, number in numbers.items()
            if number not in self.computed
        }
        self.given = frozenset(self._leaves)
        """Leaves whose rows the facts give."""
        divided = divide(program, narrowed) if apart else Divided(narrowed.rules, ())
        for call in (*divided.rules, *(part.kept for part in divided.parts)):
            numbers[call] = len(numbers)
        self.numbers: Mapping[Call, int] = numbers
        self.parts: Mapping[int, Part] = {numbers[part.kept]: part for part in divided.parts}
        """By the number of the call that is read, each after all it depends on."""
        self._kept = {numbers[part.whole]: number for number, part in self.parts.items()}
        self._whole = {number: whole for whole, number in self._kept.items()}
        self._asked = {numbers[call] for call in narrowed.asked.values()}
        self.rules: list[Narrowed] = []
        self._needs: list[tuple[int, list[_Needs]]] = []
        for call, rules in divided.rules.items():
            self._needs.append((numbers[call], [self._need(rule) for rule in rules]))

    def _need(self, rule: Narrowed) -> _Needs:
        self.rules.append(rule)
        calls = [(place, item) for place, item in enumerate(rule.body) if isinstance(item, Literal)]
        decided = [(place, item) for place, item in calls if not item.terms and self.numbers[item.call] in self._leaves]
        return _Needs(
            len(self.rules) - 1,
            frozenset(self.numbers[item.call] for _, item in calls if not item.negated),
            frozenset(self.numbers[item.call] for _, item in decided if item.negated),
            tuple(place for place, item in decided if not item.negated),
            tuple((place, self.numbers[item.call]) for place, item in calls if item.negated),
        )

    def prune(self, facts: Facts) -> Pruned:
        """What those facts leave."""
        rows: dict[int, list[Row]] = {}
        columns: dict[int, frozenset[Any]] = {}

        def column(number: int) -> frozenset[Any]:
            values = columns.get(number)
            if values is None:
                values = columns[number] = frozenset(value for (value,) in rows[number])
            return values

        for number, leaf in self._leaves.items():
            rows[number] = leaf.rows(facts, column)
        alive = {number for number, found in rows.items() if found} | self.computed
        rules, read = self._read(self._alive(alive), alive)
        return Pruned(rows, rules, [number for number in self.parts if number in read])

    def _alive(self, alive: set[int]) -> list[tuple[int, list[_Needs]]]:
        """The rules that may derive something, by their calls; adds these to ``alive``."""
        found = []
        for number, rules in self._needs:
            left = [needs for needs in rules if needs.present <= alive and alive.isdisjoint(needs.absent)]
            if left:
                found.append((number, left))
                alive.add(number)
                if number in self._kept:
                    alive.add(self._kept[number])
        return found

    def _read(
        self, found: list[tuple[int, list[_Needs]]], alive: set[int]
    ) -> tuple[list[tuple[int, tuple[int, ...]]], set[int]]:
        """Those of the rules that something asked reads, with the places that need no answer, and all that is read."""
        read = set(self._asked)
        rules = []
        for number, left in reversed(found):
            if number not in read:
                continue
            for needs in reversed(left):
                idle = needs.decided
                if needs.negated:
                    idle += tuple([place for place, call in needs.negated if call not in alive])
                    read.update([call for _, call in needs.negated])
                read |= needs.present
                rules.append((needs.rule, idle))
            read.update([whole for kept, whole in self._whole.items() if kept in read])
        rules.reverse()
        return rules, read
