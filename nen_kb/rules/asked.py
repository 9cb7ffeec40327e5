"""Which classes the rules ask the hierarchy about.

A class is asked about if it stands in isa, overlaps, disjoint or in_domain, directly or through the arguments of
derived predicates.  Only pairs with such a class (and a patient's own classes) are needed as facts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from nen_kb.rules.ir import Atom, Comparison, Constant, Rule, Variable

CLASSES = {"isa": (0, 1), "overlaps": (0, 1), "disjoint": (0, 1), "in_domain": (0,), "upper_limit": (0,)}
"""The given predicates about classes, and the columns that hold one."""

Position = tuple[str, int]


def asked_of(rules: Sequence[Rule], order: Sequence[str]) -> Mapping[str, frozenset[str]]:
    """For each given predicate about classes, the class names that rules ask about, in any argument.

    A superset is harmless, a name too few would be wrong: a constant counts where it, or the variable
    it binds, can reach an argument of the predicate in any rule.
    """
    by_head: dict[str, list[Rule]] = {}
    for rule in rules:
        by_head.setdefault(rule.head.predicate, []).append(rule)
    flows: dict[Position, frozenset[str]] = {
        (name, i): frozenset((name,)) for name, columns in CLASSES.items() for i in columns
    }
    holds: dict[Position, frozenset[str]] = {}
    for name in order:
        for rule in by_head.get(name, ()):
            reached = _reached(rule, flows)
            bound = _bound(rule, holds)
            for position, term in enumerate(rule.head.terms):
                here = (name, position)
                if isinstance(term, Variable):
                    flows[here] = flows.get(here, frozenset()) | reached.get(term.name, frozenset())
                    holds[here] = holds.get(here, frozenset()) | bound.get(term.name, frozenset())
                elif isinstance(term.value, str):
                    holds[here] = holds.get(here, frozenset()) | {term.value}
    found: dict[str, set[str]] = {name: set() for name in CLASSES}
    for rule in rules:
        reached = _reached(rule, flows)
        for variable, names in _bound(rule, holds).items():
            for predicate in reached.get(variable, ()):
                found[predicate] |= names
        for item in rule.body:
            if isinstance(item, Comparison):
                for one, other in ((item.left, item.right), (item.right, item.left)):
                    if isinstance(one, Variable) and isinstance(other, Constant) and isinstance(other.value, str):
                        for predicate in reached.get(one.name, ()):
                            found[predicate].add(other.value)
                continue
            for position, term in enumerate(item.terms):
                if isinstance(term, Constant) and isinstance(term.value, str):
                    for predicate in flows.get((item.predicate, position), ()):
                        found[predicate].add(term.value)
    return {name: frozenset(names) for name, names in found.items()}


def _atoms(rule: Rule) -> Iterable[Atom]:
    return (item for item in rule.body if isinstance(item, Atom))


def _reached(rule: Rule, flows: Mapping[Position, frozenset[str]]) -> dict[str, frozenset[str]]:
    """The hierarchy's predicates each variable of the body reaches."""
    found: dict[str, frozenset[str]] = {}
    for atom in _atoms(rule):
        for position, term in enumerate(atom.terms):
            if isinstance(term, Variable):
                found[term.name] = found.get(term.name, frozenset()) | flows.get(
                    (atom.predicate, position), frozenset()
                )
    return found


def _bound(rule: Rule, holds: Mapping[Position, frozenset[str]]) -> dict[str, frozenset[str]]:
    """The constants each variable may be bound to by derived predicates."""
    found: dict[str, frozenset[str]] = {}
    for atom in _atoms(rule):
        for position, term in enumerate(atom.terms):
            if isinstance(term, Variable) and not atom.negated:
                found[term.name] = found.get(term.name, frozenset()) | holds.get(
                    (atom.predicate, position), frozenset()
                )
    return found
