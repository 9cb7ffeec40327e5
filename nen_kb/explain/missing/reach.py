"""What the rules of one clause read: its own small program, its classes, and the sets of answers that may show it.

A clause (or part) with rules of its own is a leaf.  Its rules are followed through every predicate
they call, with the constants they call it with; what can be reached so is all that the leaf's
status depends on.  All of it comes from the rules; nothing here knows a trial.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import product

from nen_kb.explain.missing.leaf import Leaf, form_of, numbers_in
from nen_kb.facts.values import GRID
from nen_kb.ontology import Ontology
from nen_kb.rules.asked import asked_of
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.ir import Atom, Comparison, Constant, Kind, Program, Rule, Term, Variable

Call = tuple[str, tuple[str | None, ...]]
"""A predicate and the names it is called with; None for what is no constant name."""
Plan = frozenset[str]
"""Keys of questions that may together show one side of a leaf."""

NAMING: Mapping[str, int] = {"found": 2, "treatment": 2, "measurement": 2, "scan": 2, "ruled_out": 2}
"""Base predicates of records, and the column of the class."""
_MOST_PLANS = 12
_LARGEST_PLAN = 5


class Reach:
    """The leaves of one program; each is worked out when it is first asked for."""

    def __init__(self, program: Program, ontology: Ontology) -> None:
        self.program = program
        self.ontology = ontology
        self._rules: dict[str, list[Rule]] = {}
        for rule in program.rules:
            self._rules.setdefault(rule.head.predicate, []).append(rule)
        self._leaves: dict[tuple[str, str], Leaf] = {}
        self._plans: dict[Call, tuple[Plan, ...]] = {}
        self._keys: dict[Call, dict[str, None]] = {}
        """Of each call that was expanded, the keys of every way through its rules."""

    @cached_property
    def limits(self) -> Mapping[str, frozenset[int]]:
        """For each class, the quantities that stand in a rule beside it, and the cut-offs of definitions asked for."""
        found: dict[str, set[int]] = {}
        for rule in self.program.rules:
            atoms = [item for item in rule.body if isinstance(item, Atom)]
            every = {name for atom in atoms for name in self._names(atom.terms)}
            for item in rule.body:
                named = every
                if isinstance(item, Comparison):
                    variables = {term for term in (item.left, item.right) if isinstance(term, Variable)}
                    beside = [atom for atom in atoms if variables & set(atom.terms) and not atom.negated]
                    named = {name for atom in beside for name in self._names(atom.terms)} or every
                elif item.predicate == "upper_limit":
                    for name in self._names(item.terms):
                        for each in self.ontology.ranges(name):
                            if each.high is not None:
                                found.setdefault(each.observable, set()).add(int(each.high * GRID))
                for number in numbers_in(item):
                    for name in named:
                        found.setdefault(name, set()).add(number)
        return {name: frozenset(numbers) for name, numbers in found.items()}

    def leaf(self, trial: str, clause: str) -> Leaf:
        """The leaf of that trial and clause."""
        key = (trial, clause)
        if key not in self._leaves:
            self._leaves[key] = self._leaf(trial, clause)
        return self._leaves[key]

    def plans(self, side: str, trial: str, clause: str) -> tuple[Plan, ...]:
        """Sets of questions whose answers may show that side (met or unmet), the smallest first."""
        return tuple(plan for plan in self._expand((side, (None, trial, clause))) if plan)

    def keys(self, side: str, trial: str, clause: str) -> tuple[str, ...]:
        """Every question that some way to that side asks, in the order of the rules."""
        self._expand((side, (None, trial, clause)))
        return tuple(self._keys[side, (None, trial, clause)])

    def _leaf(self, trial: str, clause: str) -> Leaf:
        calls: list[Call] = [(side, (None, trial, clause)) for side in ("met", "unmet")]
        seen = set(calls)
        used: dict[int, Rule] = {}
        classes: set[str] = set()
        reads: set[str] = set()
        while calls:
            predicate, values = calls.pop()
            classes.update(value for value in values if value in self.ontology.names)
            if predicate not in self._rules:
                reads.add(predicate)
            for rule, bound in self._matching(predicate, values):
                used[id(rule)] = rule
                for item in rule.body:
                    if isinstance(item, Atom):
                        call = (item.predicate, _values(item.terms, bound))
                        if call not in seen:
                            seen.add(call)
                            calls.append(call)
        rules = tuple(rule for rule in self.program.rules if id(rule) in used)
        heads = {rule.head.predicate for rule in rules}
        order = tuple(name for name in self.program.order if name in heads)
        asked = asked_of(rules, order)
        part = replace(self.program, rules=rules, order=order, asked=asked)
        return Leaf(trial, clause, rules, frozenset(classes), frozenset(reads), Evaluator(part), asked)

    def _matching(self, predicate: str, values: tuple[str | None, ...]) -> Iterator[tuple[Rule, dict[Term, str]]]:
        """The rules whose head can be that call, each with what its variables stand for."""
        for rule in self._rules.get(predicate, ()):
            bound: dict[Term, str] = {}
            for term, value in zip(rule.head.terms, values, strict=True):
                if value is None:
                    continue
                if isinstance(term, Constant):
                    if term.value != value:
                        break
                elif bound.setdefault(term, value) != value:
                    break
            else:
                yield rule, bound

    def _names(self, terms: Iterable[Term]) -> Iterator[str]:
        for term in terms:
            if isinstance(term, Constant) and term.kind is Kind.NAME and term.value in self.ontology.names:
                yield str(term.value)

    # ── which answers may show a side ───────────────────────────────────────

    def _expand(self, call: Call) -> tuple[Plan, ...]:
        if call not in self._plans:
            predicate, values = call
            found: set[Plan] = set()
            keys = self._keys[call] = {}
            for rule, bound in self._matching(predicate, values):
                if not _vague(rule.head):
                    found.update(self._through(rule, dict(bound), keys))
            self._plans[call] = _smallest(found)
        return self._plans[call]

    def _through(self, rule: Rule, bound: dict[Term, str], keys: dict[str, None]) -> tuple[Plan, ...]:
        """The sets of questions that may satisfy the body; none where it asks for what nobody records."""
        found: tuple[Plan, ...] = (frozenset(),)
        for item in rule.body:
            if not isinstance(item, Atom) or item.negated:
                continue
            if item.predicate in NAMING:
                one = self._record(item, rule, bound)
                if one is None:
                    return ()
                parts: tuple[Plan, ...] = (one,)
            elif item.predicate in self._rules:
                parts = self._expand((item.predicate, _values(item.terms, bound)))
                keys.update(self._keys[item.predicate, _values(item.terms, bound)])
            else:
                self._bind_domain(item, bound)
                parts = (self._person(item, bound),)
            keys.update(dict.fromkeys(sorted(key for part in parts for key in part)))
            found = _smallest({one | other for one, other in product(found, parts)})
        return found

    def _record(self, item: Atom, rule: Rule, bound: dict[Term, str]) -> Plan | None:
        """A record of the class that the rule tests for; nothing to ask where it tests none; None if none can be."""
        named = item.terms[NAMING[item.predicate]]
        place, other = (1, 0) if item.predicate == "ruled_out" else (0, 1)
        keys: set[str] = set()
        tests = [test for test in rule.body if isinstance(test, Atom) and not test.negated]
        tests = [test for test in tests if test.predicate in ("isa", "overlaps") and test.terms[place] == named]
        if tests and all(test.predicate == "overlaps" for test in tests):
            return None
        for test in tests:
            if test.predicate == "isa":
                asked = _value(test.terms[other], bound)
                if asked is not None:
                    name = self._recorded(asked)
                    if name is None or not self._fits(name, item.predicate):
                        return None
                    keys.add(f"record:{name}")
        return frozenset(keys)

    def _recorded(self, name: str) -> str | None:
        """The class of which a source would have a record; None for a topic that only rules fill in."""
        observable = self.ontology.observable(name)
        if observable is not None and observable.derived_from:
            return observable.derived_from
        if observable is not None:  # a class that only the unit tells apart is asked about without the unit
            for parent in self.ontology.concept(name).parents:
                above = self.ontology.observable(parent)
                if above is not None and name in above.by_unit.values():
                    return parent
        return None if name not in self.ontology.names or self._is_topic(name) else name

    def _is_topic(self, name: str) -> bool:
        return "RuleTopic" in self.ontology.names and self.ontology.isa(name, "RuleTopic")

    def _fits(self, name: str, predicate: str) -> bool:
        """Whether a record of the class would be a row of that predicate."""
        kind = form_of(self.ontology, name)
        return {"measurement": kind == "number", "scan": kind == "scan", "treatment": kind == "treatment"}.get(
            predicate, kind in ("finding", "treatment")
        ) and not (predicate == "found" and kind == "treatment")

    def _bind_domain(self, item: Atom, bound: dict[Term, str]) -> None:
        """What the domain of a class is, where the rule asks for it."""
        if item.predicate == "in_domain":
            name = _value(item.terms[0], bound)
            domain = self.ontology.domain(name) if name in self.ontology.names and name is not None else None
            if domain is not None and isinstance(item.terms[1], Variable):
                bound.setdefault(item.terms[1], domain)

    def _person(self, item: Atom, bound: dict[Term, str]) -> Plan:
        values = _values(item.terms, bound)
        if item.predicate == "complete" and values[1] is not None:
            return frozenset([f"declare:{values[1]}"])
        if item.predicate == "sex":
            return frozenset(["person:sex"])
        if item.predicate == "age":
            return frozenset(["person:birth date"])
        if item.predicate == "arm" and values[1] is not None:
            return frozenset([f"person:arm:{values[1]}"])
        return frozenset()


def _vague(head: Atom) -> bool:
    """Whether the rule fills in an interval that says nothing, or leaves yes and no open: it decides nothing."""
    ends = [t.value for t in head.terms if isinstance(t, Constant) and t.kind is Kind.VALUE]
    return len(set(ends)) > 1


def _value(term: Term, bound: Mapping[Term, str]) -> str | None:
    if isinstance(term, Variable):
        return bound.get(term)
    return str(term.value) if term.kind is Kind.NAME else None


def _values(terms: Iterable[Term], bound: Mapping[Term, str]) -> tuple[str | None, ...]:
    return tuple(_value(term, bound) for term in terms)


def _smallest(plans: Iterable[Plan]) -> tuple[Plan, ...]:
    kept = sorted((plan for plan in plans if len(plan) <= _LARGEST_PLAN), key=lambda plan: (len(plan), sorted(plan)))
    return tuple(kept[:_MOST_PLANS])
