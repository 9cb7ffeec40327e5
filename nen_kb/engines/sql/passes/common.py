"""What several passes need."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from nen_kb.rules.ir import Atom, BodyItem, Column, Comparison, Header, Place, Predicate, Program, Rule, Term, Variable

NOWHERE = Place("compiled", 0)
NO_HEADER = Header((), NOWHERE)


def terms_of(item: BodyItem) -> tuple[Term, ...]:
    """The terms of an atom or of a comparison."""
    return (item.left, item.right) if isinstance(item, Comparison) else item.terms


def substituted(item: BodyItem, bindings: Mapping[Term, Term]) -> BodyItem:
    """The item with variables replaced."""
    if isinstance(item, Comparison):
        return replace(item, left=bindings.get(item.left, item.left), right=bindings.get(item.right, item.right))
    return replace(item, terms=tuple(bindings.get(term, term) for term in item.terms))


def substituted_atom(atom: Atom, bindings: Mapping[Term, Term]) -> Atom:
    """The atom with variables replaced."""
    return replace(atom, terms=tuple(bindings.get(term, term) for term in atom.terms))


def variables_of(items: Iterable[BodyItem]) -> set[Variable]:
    """Every variable of the items."""
    return {term for item in items for term in terms_of(item) if isinstance(term, Variable)}


def positive(item: BodyItem) -> bool:
    """Whether it is an atom that is not negated."""
    return isinstance(item, Atom) and not item.negated


def derived(name: str, columns: Iterable[Column]) -> Predicate:
    """A predicate that a pass makes up."""
    return Predicate(name, tuple(columns), "derived", NO_HEADER)


def fresh(name: str, taken: Collection[str]) -> str:
    """The name, numbered if it is taken."""
    found, number = name, 2
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found


def rules_by_head(program: Program) -> dict[str, list[Rule]]:
    """The rules of each derived predicate, in the order of the program."""
    found: dict[str, list[Rule]] = {name: [] for name in program.order}
    for rule in program.rules:
        found[rule.head.predicate].append(rule)
    return found


def rebuilt(program: Program, rules: Iterable[Rule], made: Iterable[Predicate] = ()) -> Program:
    """The program with other rules; new predicates come in where what they read is known.

    Derived predicates that lost their last rule stay, without rows.
    """
    rules = tuple(rules)
    predicates = {**program.predicates, **{predicate.name: predicate for predicate in made}}
    reads: dict[str, set[str]] = {name: set() for name, each in predicates.items() if each.role == "derived"}
    for rule in rules:
        reads[rule.head.predicate] |= {item.predicate for item in rule.body if isinstance(item, Atom)}
    done: dict[str, None] = {}

    def visit(name: str) -> None:
        if name in reads and name not in done:
            for other in sorted(reads[name]):
                visit(other)
            done[name] = None

    for name in (*program.order, *reads):
        visit(name)
    return replace(program, predicates=predicates, rules=rules, order=tuple(done))


def reached(rules: Mapping[str, Sequence[Rule]], names: Iterable[str], ends: Collection[str] = ()) -> set[str]:
    """Those predicates, and all that their rules read directly or through others; the ``ends`` read nothing."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            own = () if name in ends else rules.get(name, ())
            waiting += [item.predicate for rule in own for item in rule.body if isinstance(item, Atom)]
    return found
