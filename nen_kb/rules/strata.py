"""Order: of predicates by what they depend on, and of a body's items by what binds what.

No recursion is allowed, so the order of predicates is a plain topological one and negation is always
stratified.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Protocol

from nen_kb.errors import Problem
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.ir import Atom, BodyItem, Comparison, Predicate, Rule, Term, Variable


class HasPredicates(Protocol):
    """A program, or what stands for it while it is being loaded."""

    @property
    def predicates(self) -> Mapping[str, Predicate]: ...


def outputs(predicate: Predicate) -> tuple[int, ...]:
    """Positions of the output columns of a built-in; none of any other predicate."""
    builtin = BUILTINS.get(predicate.name) if predicate.role == "builtin" else None
    return builtin.outputs if builtin else ()


def dependencies(rules: Iterable[Rule]) -> dict[str, dict[str, Atom]]:
    """Of each derived predicate, those its rules read, each with one atom that reads it (a negated one if any)."""
    found: dict[str, dict[str, Atom]] = {}
    for rule in rules:
        reads = found.setdefault(rule.head.predicate, {})
        for item in rule.body:
            if isinstance(item, Atom) and (item.predicate not in reads or item.negated):
                reads[item.predicate] = item
    return found


def order(rules: Sequence[Rule]) -> tuple[tuple[str, ...], list[Problem]]:
    """The derived predicates, each after all it depends on; a cycle is a problem and is cut where it closes."""
    reads = dependencies(rules)
    done: dict[str, None] = {}
    problems: list[Problem] = []
    path: dict[str, None] = {}
    stack: list[tuple[str, list[Atom]]] = []

    def enter(name: str) -> None:
        path[name] = None
        stack.append((name, [atom for key, atom in reads[name].items() if key in reads]))

    for start in reads:
        if start not in done:
            enter(start)
        while stack:
            name, rest = stack[-1]
            if not rest:
                stack.pop()
                del path[name]
                done[name] = None
                continue
            atom = rest.pop(0)
            if atom.predicate in path:
                names = list(path)
                cycle = names[names.index(atom.predicate) :]
                problems.append(_cycle([*cycle, atom.predicate], atom, reads))
            elif atom.predicate not in done:
                enter(atom.predicate)
    return tuple(done), problems


def _cycle(cycle: list[str], closing: Atom, reads: Mapping[str, Mapping[str, Atom]]) -> Problem:
    negated = any(reads[name][following].negated for name, following in pairwise(cycle))
    return Problem(
        closing.place.file,
        str(closing.place.line),
        f"{closing.predicate} depends on itself: {' → '.join(cycle)}",
        "Rules may not be recursive, least of all through `~`; only the hierarchy is closed, by isa.",
        "unstratified" if negated else "recursive",
    )


def named(terms: Iterable[Term]) -> set[str]:
    """The names of the variables among the terms that are not anonymous."""
    return {term.name for term in terms if isinstance(term, Variable) and not term.name.startswith("_")}


def variables(terms: Iterable[Term]) -> set[str]:
    """The names of all variables among the terms."""
    return {term.name for term in terms if isinstance(term, Variable)}


def ordered_body(rule: Rule, program: HasPredicates) -> tuple[BodyItem, ...]:
    """The body in an order in which each item finds bound what it needs.

    Comparisons and negated atoms come as early as they can, then built-ins, then positive atoms: first
    those whose variables are all bound, then those that share one, then any other, the hierarchy last.
    The rule must be safe.
    """
    done, rest = _arrange(rule, program.predicates)
    return (*done, *rest)


def _arrange(rule: Rule, predicates: Mapping[str, Predicate]) -> tuple[list[BodyItem], list[BodyItem]]:
    """The items that can be evaluated, in order, and those that never can."""
    bound: set[str] = set()
    done: list[BodyItem] = []
    rest = list(rule.body)
    while rest:
        ready = [item for item in rest if _ready(item, bound, predicates)]
        if not ready:
            break
        best = min(ready, key=lambda item: _rank(item, bound, predicates))
        rest.remove(best)
        done.append(best)
        if isinstance(best, Atom) and not best.negated:
            bound |= variables(best.terms)
    return done, rest


def inputs(atom: Atom, predicates: Mapping[str, Predicate]) -> list[Term]:
    """The terms a built-in's atom needs bound."""
    given = outputs(predicates[atom.predicate]) if atom.predicate in predicates else ()
    return [term for position, term in enumerate(atom.terms) if position not in given]


def _is_builtin(atom: Atom, predicates: Mapping[str, Predicate]) -> bool:
    return atom.predicate in predicates and predicates[atom.predicate].role == "builtin"


def _ready(item: BodyItem, bound: Collection[str], predicates: Mapping[str, Predicate]) -> bool:
    if isinstance(item, Comparison):
        return variables((item.left, item.right)) <= set(bound)
    if item.negated:
        return named(item.terms) <= set(bound) and not _is_builtin(item, predicates)
    if _is_builtin(item, predicates):
        return variables(inputs(item, predicates)) <= set(bound)
    return True


def _rank(item: BodyItem, bound: Collection[str], predicates: Mapping[str, Predicate]) -> int:
    if isinstance(item, Comparison):
        return 0
    if item.negated:
        return 1
    if _is_builtin(item, predicates):
        return 2
    role = predicates[item.predicate].role if item.predicate in predicates else "derived"
    names = variables(item.terms)
    if names <= set(bound):
        return 3
    if names & set(bound):
        return 4
    return 6 if role == "given" else 5


def unsafe(rule: Rule, predicates: Mapping[str, Predicate]) -> list[Problem]:
    """What is never bound: variables of the head, of comparisons, of negated atoms, inputs of built-ins."""
    done, rest = _arrange(rule, predicates)
    bound: set[str] = set()
    for item in done:
        if isinstance(item, Atom) and not item.negated:
            bound |= variables(item.terms)
    problems = []

    def add(code: str, item: BodyItem | Atom, message: str, remedy: str) -> None:
        problems.append(Problem(item.place.file, str(item.place.line), message, remedy, code))

    for item in rest:
        terms = (item.left, item.right) if isinstance(item, Comparison) else item.terms
        if isinstance(item, Atom) and _is_builtin(item, predicates):
            missing = sorted(variables(inputs(item, predicates)) - bound)
            if item.negated:
                add(
                    "builtin-unbound", item, f"the built-in {item.predicate} is negated", "Compare its outputs instead."
                )
            else:
                add(
                    "builtin-unbound", item, f"nothing binds {_list(missing)}, which {item.predicate} computes from",
                    "Bind its inputs by positive atoms.",
                )  # fmt: skip
        else:
            missing = sorted((variables(terms) if isinstance(item, Comparison) else named(terms)) - bound)
            add(
                "unsafe", item, f"nothing binds {_list(missing)} in {item}",
                "Let a positive atom of the same rule bind it" + (", or write `_`." if isinstance(item, Atom) else "."),
            )  # fmt: skip
    loose = sorted(variables(rule.head.terms) - bound)
    if loose and not rest:
        add(
            "unsafe", rule.head, f"nothing binds {_list(loose)} in the head", "Let a positive atom of the body bind it."
        )
    return problems


def _list(names: Sequence[str]) -> str:
    return " and ".join("_" if name.startswith("_") else name for name in names) or "an argument"
