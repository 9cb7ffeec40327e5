"""Rules cut apart where only a comparison ties their records together.

``older(A) <= record(A, To) & record(B, From) & (From > To)`` makes an engine that joins row by row try every pair of
records.  But of all ``From`` only the greatest matters: if any is later than ``To``, that one is.  So what binds
``B`` becomes a predicate of its own, a *part*, computed once before the rules that read it, and these read
the one row of it that matters.  A call that a part reads, or that is negated for each record in turn, is
computed once, too.  What is derived stays the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal as Word

from nen_kb.engines.specialise import Call, Literal, Narrowed, Specialised
from nen_kb.rules.ir import Comparison, Program, Term, Variable
from nen_kb.rules.plan import Row

Keep = Word["all", "greatest", "least", "two"]
"""Which rows matter: for ``!=`` any two, of which one differs from whatever it is compared with."""

_KEEP: dict[str, Keep] = {">": "greatest", ">=": "greatest", "<": "least", "<=": "least", "!=": "two"}
_FLIPPED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "!=": "!=", "==": "=="}
_Item = Literal | Comparison


@dataclass(frozen=True)
class Part:
    """What is computed before the rules that read it: a part of rules' bodies, with one argument, or a call."""

    whole: Call
    """The call that has all its rows."""
    kept: Call
    """The call, read by the other rules, that has those that matter."""
    keep: Keep

    def matter(self, rows: Sequence[Row]) -> list[Row]:
        """Those of the rows that matter."""
        if self.keep in ("all", "two"):
            return list(rows if self.keep == "all" else rows[:2])
        return [max(rows) if self.keep == "greatest" else min(rows)] if rows else []


@dataclass(frozen=True)
class Divided:
    """Narrowed rules, cut apart."""

    rules: dict[Call, tuple[Narrowed, ...]]
    """Of every derived call, each after all it depends on."""
    parts: tuple[Part, ...]
    """Each after all it depends on."""


def divide(program: Program, narrowed: Specialised) -> Divided:
    """The rules with every part cut out that has records of its own, and what is to be computed once."""
    with_records = {
        name for name, known in program.predicates.items() if any(column.word == "Record" for column in known.columns)
    }
    knife = _Knife(with_records)
    for call, rules in narrowed.rules.items():
        cut = tuple([knife.cut(rule) for rule in rules])
        knife.rules[call] = cut  # only now: its parts stand before it
    return _once(knife.rules, list(knife.parts.values()))


def _once(rules: dict[Call, tuple[Narrowed, ...]], parts: list[Part]) -> Divided:
    """The rules reading as parts what parts read and what is negated."""
    own = {part.whole for part in parts}
    kept: dict[Call, Call] = {}
    for call, found in rules.items():
        for item in (item for rule in found for item in rule.body):
            if (
                isinstance(item, Literal)
                and (item.negated or call in own)
                and item.call in rules
                and item.call.columns
                and item.call not in kept
            ):
                kept[item.call] = Call(f"once? {len(kept)}", (), tuple(range(len(item.call.columns))))
    parts += [Part(whole, call, "all") for whole, call in kept.items()]
    place = {call: number for number, call in enumerate(rules)}
    return Divided(
        {call: tuple([_reading(rule, kept) for rule in found]) for call, found in rules.items()},
        tuple(sorted(parts, key=lambda part: place[part.whole])),
    )


def _reading(rule: Narrowed, kept: Mapping[Call, Call]) -> Narrowed:
    body = [
        replace(item, call=kept[item.call]) if isinstance(item, Literal) and item.call in kept else item
        for item in rule.body
    ]
    return replace(rule, body=tuple(body))


class _Knife:
    def __init__(self, with_records: Collection[str]) -> None:
        self.with_records = with_records
        self.rules: dict[Call, tuple[Narrowed, ...]] = {}
        self.parts: dict[object, Part] = {}

    def cut(self, rule: Narrowed) -> Narrowed:
        """The rule with calls of its parts first."""
        groups = _groups(rule.body)
        given = _variables(rule.head)
        if len([group for group in groups if self._has_records(group)]) < 2:
            return rule
        rest = [group for group in groups if not given.isdisjoint(_bound(group))]
        rest = rest or [next(group for group in groups if self._has_records(group))]
        if not any(map(self._has_records, rest)):
            return rule
        home = given.union(*map(_bound, rest))
        found: list[Literal] = []
        taken: list[_Item] = []
        for group in groups:
            if group in rest or not self._has_records(group):
                continue
            own = _bound(group)
            inner = [each for each in rule.body if isinstance(each, Comparison) and _variables(each) <= own]
            ties = [
                each
                for each in rule.body
                if isinstance(each, Comparison) and each not in inner and not own.isdisjoint(_variables(each))
            ]
            outside = set().union(*map(_variables, ties)) - own
            reads = {(variable, keep) for tie in ties for variable, keep in _reads(tie, own)}
            if len(reads) == 1 and outside <= home:
                ((variable, keep),) = reads
                if keep is not None:
                    body = [each for each in rule.body if each in group or each in inner]
                    found.append(Literal(self._part(body, variable, keep).kept, (variable,)))
                    taken += body
        if not found:
            return rule
        return replace(rule, body=(*found, *(each for each in rule.body if each not in taken)))

    def _has_records(self, group: Sequence[Literal]) -> bool:
        return any(not each.negated and each.call.predicate in self.with_records for each in group)

    def _part(self, body: Sequence[_Item], variable: Variable, keep: Keep) -> Part:
        """The part with that body, the same for all that differ in the names of variables only."""
        names: dict[Term, Variable] = {}

        def name(term: Term) -> Term:
            return names.setdefault(term, Variable(f"V{len(names)}")) if isinstance(term, Variable) else term

        same: list[_Item] = []
        key: list[object] = [keep]
        for each in body:
            if isinstance(each, Comparison):
                each = replace(each, left=name(each.left), right=name(each.right))
                key.append((each.left, each.op, each.right))
            else:
                each = replace(each, terms=tuple(map(name, each.terms)))
                key.append(each)
            same.append(each)
        key.append(names[variable])
        found = self.parts.get(tuple(key))
        if found is None:
            number = len(self.parts)
            whole, kept = Call(f"part? {number}", (), (0,)), Call(f"kept? {number}", (), (0,))
            self.rules[whole] = (Narrowed(Literal(whole, (names[variable],)), tuple(same)),)
            found = self.parts[tuple(key)] = Part(whole, kept, keep)
        return found


def _groups(body: Sequence[_Item]) -> list[list[Literal]]:
    """The calls of the body, those together that share a variable, directly or by way of others."""
    groups: list[list[Literal]] = []
    for item in body:
        if isinstance(item, Comparison):
            continue
        own = _variables(item)
        joined = [group for group in groups if not own.isdisjoint(_bound(group))]
        groups = [group for group in groups if group not in joined]
        groups.append([each for group in joined for each in group] + [item])
    return groups


def _reads(tie: Comparison, own: Collection[Term]) -> Iterator[tuple[Variable, Keep | None]]:
    """The variables of the part that a comparison with the rest reads, and which of their values matter to it."""
    for term, op in ((tie.left, tie.op), (tie.right, _FLIPPED[tie.op])):
        if isinstance(term, Variable) and term in own:
            yield term, _KEEP.get(op)


def _variables(item: _Item) -> set[Term]:
    terms = (item.left, item.right) if isinstance(item, Comparison) else item.terms
    return {term for term in terms if isinstance(term, Variable)}


def _bound(group: Sequence[Literal]) -> set[Term]:
    return set().union(*map(_variables, group))
