"""No other reaches further: negation over a table and itself becomes a least or greatest value.

    beaten(K, V) <= row(K, V) & row(K, W) & (W > V)         best(K, V) <= row(K, V) & ~beaten(K, V)

says that V is the greatest of its K.  So does one aggregation, without joining the table with itself.  Where V and W
are different columns (certainly older: one ends before another begins), V is compared with the greatest W.
Such predicates are known by the shape of their one rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from nen_kb.engines.sql.passes.common import (
    NO_HEADER,
    NOWHERE,
    derived,
    fresh,
    rebuilt,
    rules_by_head,
    terms_of,
)
from nen_kb.rules.ir import Atom, BodyItem, Comparison, Constant, Predicate, Program, Rule, Term, Variable
from nen_kb.rules.plan import is_anonymous

MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}


@dataclass(frozen=True)
class ExtremeRule(Rule):
    """A rule whose head holds, for each combination of its other terms, the least or greatest value of some."""

    functions: tuple[str, ...] = ()
    """Of each column of the head ``min``, ``max`` or nothing."""

    def __str__(self) -> str:
        columns = zip(self.functions, str(self.head).partition("(")[2].rstrip(")").split(", "), strict=True)
        head = ", ".join(f"{function} {term}".strip() for function, term in columns)
        return f"{self.head.predicate}({head}) <= {' & '.join(map(str, self.body))}"


@dataclass(frozen=True)
class Beaten:
    """A predicate that says that a row's value is beaten by another row of the same key."""

    name: str
    value: int
    """The column of its head with the value."""
    keys: tuple[tuple[int, int], ...]
    """The other columns of its head, each with the column of the table."""
    table: str
    own: int
    """The table's column of the value that is beaten."""
    other: int
    """The table's column of the value that beats."""
    fixed: tuple[tuple[int, str | int], ...]
    """Columns of the table with constants."""
    op: str
    """``>`` or ``>=`` where a greater value beats, ``<`` or ``<=`` where a smaller one does."""

    @property
    def function(self) -> str:
        """Which value of a key nothing beats."""
        return "max" if self.op.startswith(">") else "min"


def extremes(program: Program) -> Program:
    """The program with least and greatest values instead of negations of a table over itself."""
    found = {name: beaten for name, rules in rules_by_head(program).items() if (beaten := _beaten(name, rules))}
    made: dict[str, tuple[Predicate, Rule]] = {}
    rules = []
    for rule in program.rules:
        whole = _as_extreme(rule, found)
        rules.append(whole or _compared(rule, found, program, made))
    return rebuilt(program, [*rules, *(rule for _, rule in made.values())], [each for each, _ in made.values()])


def _beaten(name: str, rules: Sequence[Rule]) -> Beaten | None:
    if len(rules) != 1 or len(rules[0].body) != 3:
        return None
    head = rules[0].head
    atoms = [item for item in rules[0].body if isinstance(item, Atom) and not item.negated]
    comparisons = [item for item in rules[0].body if isinstance(item, Comparison)]
    if len(atoms) != 2 or len(comparisons) != 1 or atoms[0].predicate != atoms[1].predicate:
        return None
    for one, other in (atoms, atoms[::-1]):
        for left, op, right in _both_ways(comparisons[0]):
            fits = right in one.terms and left in other.terms and right in head.terms and left not in head.terms
            if fits and op in MIRRORED and (found := _fitted(name, head, one, other, (left, op, right))):
                return found
    return None


def _both_ways(item: Comparison) -> Iterator[tuple[Term, str, Term]]:
    yield item.left, item.op, item.right
    if item.op in MIRRORED:
        yield item.right, MIRRORED[item.op], item.left


def _fitted(name: str, head: Atom, one: Atom, other: Atom, comparison: tuple[Term, str, Term]) -> Beaten | None:
    beating, op, value = comparison
    keys, fixed = [], []
    for place, (term, same) in enumerate(zip(one.terms, other.terms, strict=True)):
        if isinstance(term, Constant) or isinstance(same, Constant):
            if term != same or not isinstance(term, Constant):
                return None
            fixed.append((place, term.value))
        elif term == same:
            if term not in head.terms:
                return None
            keys.append((head.terms.index(term), place))
        elif not (term == value or is_anonymous(term)) or not (same == beating or is_anonymous(same)):
            return None
    whole = {where for where, _ in keys} | {head.terms.index(value)}
    if whole != set(range(len(head.terms))) or len(set(head.terms)) != len(head.terms):
        return None
    places = one.terms.index(value), other.terms.index(beating)
    return Beaten(name, head.terms.index(value), tuple(keys), one.predicate, *places, tuple(fixed), op)


@dataclass(frozen=True)
class _Use:
    """A negated atom of such a predicate in a rule, and the atom of the table it speaks of."""

    negation: Atom
    beaten: Beaten
    row: Atom

    @property
    def value(self) -> Term:
        """The value that nothing beats."""
        return self.negation.terms[self.beaten.value]


def _uses(rule: Rule, found: dict[str, Beaten]) -> Iterator[_Use]:
    for item in rule.body:
        if isinstance(item, Atom) and item.negated and item.predicate in found:
            beaten = found[item.predicate]
            for row in rule.body:
                if isinstance(row, Atom) and not row.negated and row.predicate == beaten.table:
                    keys = all(row.terms[place] == item.terms[where] for where, place in beaten.keys)
                    fixed = all(
                        isinstance(term := row.terms[place], Constant) and term.value == value
                        for place, value in beaten.fixed
                    )
                    if keys and fixed and row.terms[beaten.own] == item.terms[beaten.value]:
                        yield _Use(item, beaten, row)
                        break


def _as_extreme(rule: Rule, found: dict[str, Beaten]) -> Rule | None:
    """The whole rule as one aggregation, if its values are those that nothing beats and nothing else is asked."""
    uses = [use for use in _uses(rule, found) if use.beaten.own == use.beaten.other and len(use.beaten.op) == 1]
    negations = [item for item in rule.body if isinstance(item, Atom) and item.negated and item.predicate in found]
    if not uses or len(uses) != len(negations) or len({(u.beaten.table, u.beaten.keys) for u in uses}) != 1:
        return None
    keys = {place for _, place in uses[0].beaten.keys} | {place for place, _ in uses[0].beaten.fixed}
    rest = [item for item in rule.body if not any(item is use.negation or item is use.row for use in uses)]
    elsewhere = [term for item in rest for term in terms_of(item)]
    merged: list[Term] = list(uses[0].row.terms)
    for use in uses:
        others = [term for place, term in enumerate(use.row.terms) if place not in keys and place != use.beaten.own]
        alone = all(is_anonymous(term) for term in others)
        if not alone or use.value in elsewhere or rule.head.terms.count(use.value) != 1:
            return None
        merged[use.beaten.own] = use.value
    if len({use.beaten.own for use in uses}) != len(uses):
        return None
    functions = {use.value: use.beaten.function for use in uses}
    row = replace(uses[0].row, terms=tuple(merged))
    return ExtremeRule(
        rule.head, (*rest, row), rule.place, rule.header, tuple(functions.get(term, "") for term in rule.head.terms)
    )


def _compared(rule: Rule, found: dict[str, Beaten], program: Program, made: dict[str, tuple[Predicate, Rule]]) -> Rule:
    """The rule with each such negation as a comparison with the extreme of its key."""
    body: list[BodyItem] = list(rule.body)
    for number, use in enumerate(_uses(rule, found)):
        beaten = use.beaten
        if beaten.name not in made:
            made[beaten.name] = _extreme_of(beaten, program, [each.name for each, _ in made.values()])
        most = Variable(f"Most{number}")
        keys = [use.negation.terms[where] for where, _ in beaten.keys]
        atom = Atom(made[beaten.name][0].name, (*keys, most), False, NOWHERE)
        op = {">": ">=", ">=": ">", "<": "<=", "<=": "<"}[beaten.op]
        place = body.index(use.negation)
        body[place : place + 1] = [atom, Comparison(use.value, op, most, NOWHERE)]  # type: ignore[arg-type]
    return replace(rule, body=tuple(body))


def _extreme_of(beaten: Beaten, program: Program, taken: Sequence[str]) -> tuple[Predicate, Rule]:
    """The predicate that holds the greatest or least value of each key, and its rule."""
    columns = program.predicates[beaten.table].columns
    places = [place for _, place in beaten.keys]
    name = fresh(f"{beaten.function}_{beaten.table}", {*program.predicates, *taken})
    predicate = derived(name, [*(columns[place] for place in places), columns[beaten.other]])
    terms: list[Term] = [Variable(f"_{place}") for place in range(len(columns))]
    for place, value in beaten.fixed:
        terms[place] = Constant(value, columns[place].kind)
    for place in (*places, beaten.other):
        terms[place] = Variable(f"K{place}")
    head = Atom(name, tuple(Variable(f"K{place}") for place in (*places, beaten.other)), False, NOWHERE)
    body = (Atom(beaten.table, tuple(terms), False, NOWHERE),)
    return predicate, ExtremeRule(head, body, NOWHERE, NO_HEADER, (*("" for _ in places), beaten.function))
