"""Finds out what each column of each predicate holds, and reads the constants accordingly.

Columns that share a variable, and both sides of a comparison, hold the same sort of thing.  A sort is
a kind other than NAME, or a family of names (patients, records, classes, …); it comes from the
vocabulary and from ``columns`` headers and spreads over the rules.  Two sorts that meet are a problem.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Protocol

from nen_kb.errors import Problem
from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST
from nen_kb.facts.values import GRID, NEG_INF, POS_INF, to_grid
from nen_kb.rules.ir import Atom, BodyItem, Column, Comparison, Constant, Kind, Place, Predicate, Rule, Term, Variable
from nen_kb.units import convert

NO_COLUMNS: Mapping[str, Predicate] = {}
_FAMILY = {
    "Patient": "a patient", "Record": "a record", "Concept": "a class", "Class": "a class", "Asked": "a class",
    "Domain": "a domain", "Trial": "a trial", "Clause": "a clause", "Word": "a word",
}  # fmt: skip
SORTS: Mapping[str, Kind] = {
    **dict.fromkeys(_FAMILY.values(), Kind.NAME), "a quantity": Kind.VALUE, "a day": Kind.DAY, "a count": Kind.COUNT
}  # fmt: skip
"""What a column may hold, in words, and the kind of its constants."""
_OF_KIND = {Kind.VALUE: "a quantity", Kind.DAY: "a day", Kind.COUNT: "a count"}
_QUANTITY = re.compile(r"(-?\d{1,30}(?:\.\d{1,30})?)\s+(\S.*)\Z")

Node = tuple[object, ...]


class ObservableLike(Protocol):
    """What the rules need to know of an observable: its canonical unit and how others convert."""

    @property
    def unit(self) -> str: ...
    @property
    def equations(self) -> Sequence[tuple[str, Fraction]]: ...


class OntologyLike(Protocol):
    """What the rules need of the ontology; ``nen_kb.ontology.Ontology`` is one."""

    @property
    def names(self) -> Iterable[str]: ...
    def observable(self, local: str) -> ObservableLike | None: ...
    def undecided_pairs(self, asked: Iterable[str]) -> Sequence[tuple[str, str]]: ...


def sort_of(column: Column) -> str:
    """What the column holds, in words."""
    return _FAMILY.get(column.word) or _OF_KIND[column.kind]


class Sorts:
    """The sorts of all columns and variables of a program, by union-find."""

    def __init__(self, declared: Mapping[str, Predicate]) -> None:
        self.declared = declared
        self.up: dict[Node, Node] = {}
        self.sort: dict[Node, tuple[str, Place]] = {}
        self.problems: list[Problem] = []
        for predicate in declared.values():
            for position, column in enumerate(predicate.columns):
                self.sort[("column", predicate.name, position)] = (sort_of(column), predicate.header.place)

    def find(self, node: Node) -> Node:
        root = node
        while root in self.up:
            root = self.up[root]
        while node != root:
            self.up[node], node = root, self.up[node]
        return root

    def of(self, node: Node) -> str:
        """The sort of a node, or an empty string."""
        return self.sort.get(self.find(node), ("", None))[0]

    def join(self, left: Node, right: Node, what: str, place: Place) -> None:
        """Says that two nodes hold the same sort; ``what`` is shown if they cannot."""
        one, other = self.find(left), self.find(right)
        if one == other:
            return
        known, new = self.sort.get(one), self.sort.get(other)
        if known and new and known[0] != new[0]:
            self.problems.append(
                Problem(
                    place.file, str(place.line), f"{what} is {new[0]} here and {known[0]} at {known[1]}",
                    "A variable or column holds one sort of thing; correct one of the two places.", "column-kind",
                )
            )  # fmt: skip
            return
        self.up[one] = other
        if known and not new:
            self.sort[other] = (known[0], place)

    def learn(self, number: int, rule: Rule) -> None:
        """Joins what rule ``number`` joins."""
        for atom in (rule.head, *(item for item in rule.body if isinstance(item, Atom))):
            for position, term in enumerate(atom.terms):
                if isinstance(term, Variable):
                    column = ("column", atom.predicate, position)
                    self.join(("variable", number, term.name), column, f"{term.name} in {atom.predicate}", atom.place)
        for item in rule.body:
            if isinstance(item, Comparison) and isinstance(item.left, Variable) and isinstance(item.right, Variable):
                left, right = ("variable", number, item.left.name), ("variable", number, item.right.name)
                self.join(left, right, f"{item.left.name}, compared with {item.right.name},", item.place)


def resolve(
    rules: Sequence[Rule], declared: Mapping[str, Predicate], ontology: OntologyLike
) -> tuple[list[Rule], Sorts, list[Problem]]:
    """The rules with their constants read by column, the sorts found, and what is wrong with either."""
    sorts = Sorts(declared)
    for number, rule in enumerate(rules):
        sorts.learn(number, rule)
    names = frozenset(ontology.names)
    _guess(rules, sorts, names)
    problems = list(sorts.problems)
    resolved = []
    for number, rule in enumerate(rules):
        reader = _Constants(number, rule, sorts, ontology, problems)
        resolved.append(replace(rule, head=reader.atom(rule.head), body=tuple(map(reader.item, rule.body))))
    return resolved, sorts, problems


def _guess(rules: Sequence[Rule], sorts: Sorts, names: frozenset[str]) -> None:
    """Gives columns that nothing else decides a sort by the quoted constants in them."""
    for rule in rules:
        for atom in (rule.head, *(item for item in rule.body if isinstance(item, Atom))):
            for position, term in enumerate(atom.terms):
                root = sorts.find(("column", atom.predicate, position))
                if root not in sorts.sort and isinstance(term, Constant) and term.text.startswith("'"):
                    if not isinstance(term.value, str) or term.value in ("-inf", "+inf") or _QUANTITY.match(term.value):
                        continue
                    sorts.sort[root] = ("a class" if term.value in names else "a word", atom.place)


class _Constants:
    """Reads the constants of one rule."""

    def __init__(self, number: int, rule: Rule, sorts: Sorts, ontology: OntologyLike, problems: list[Problem]) -> None:
        self.number, self.rule, self.sorts, self.ontology, self.problems = number, rule, sorts, ontology, problems

    def item(self, item: BodyItem) -> BodyItem:
        if isinstance(item, Atom):
            return self.atom(item)
        sides = (item.left, item.right)
        variable = next((term for term in sides if isinstance(term, Variable)), None)
        if variable is None:
            self.problem(
                item.place, "column-kind", "a comparison of two constants", "Compare a variable with something."
            )
            return item
        sort = self.sorts.of(("variable", self.number, variable.name))
        if not sort and not any(variable in atom.terms for atom in self.rule.body if isinstance(atom, Atom)):
            return item  # it is unsafe, which says enough
        if SORTS.get(sort) is Kind.NAME and item.op not in ("==", "!="):
            self.problem(item.place, "column-kind", f"{variable.name} is {sort}: it has no order", "Use == or !=.")
        left, right = (
            self.constant(term, sort, item.place, lambda: self.observables({variable.name}), "the comparison")
            if isinstance(term, Constant)
            else term
            for term in sides
        )
        return replace(item, left=left, right=right)

    def atom(self, atom: Atom) -> Atom:
        terms: list[Term] = []
        for position, term in enumerate(atom.terms):
            if isinstance(term, Constant):
                sort = self.sorts.of(("column", atom.predicate, position))
                where = f"column {position + 1} of {atom.predicate}"
                term = self.constant(term, sort, atom.place, lambda: self.near(atom), where)
            terms.append(term)
        return replace(atom, terms=tuple(terms))

    def constant(
        self, term: Constant, sort: str, place: Place, observables: Callable[[], set[str]], where: str
    ) -> Constant:
        """The constant as its column reads it; a problem leaves it as a name."""
        quoted, text = term.text.startswith("'"), str(term.value)
        if not sort:
            self.problem(
                place, "column-kind", f"nothing says what {where} holds, so {term.text} cannot be read",
                "Name its columns in the header: `#: columns name(Patient, Low)`.",
            )  # fmt: skip
        elif sort == "a quantity":
            value = self.quantity(text, quoted, place, observables, term)
            return term if value is None else Constant(value, Kind.VALUE, term.text)
        elif sort == "a count" and not quoted and "." not in text:
            return Constant(int(text), Kind.COUNT, term.text)
        elif sort == "a day" and quoted and text in ("-inf", "+inf"):
            return Constant(FAR_PAST if text == "-inf" else FAR_FUTURE, Kind.DAY, term.text)
        elif SORTS[sort] is Kind.NAME and quoted:
            return term
        else:
            remedy = {
                "a count": "Write a whole number without quotes.",
                "a day": "Days come from facts, days_before or months_before; only '-inf' and '+inf' stand here.",
            }.get(sort, "Write a name in single quotes.")
            self.problem(place, "column-kind", f"{where} holds {sort}, which {term.text} is not", remedy)
        return term

    def quantity(
        self, text: str, quoted: bool, place: Place, observables: Callable[[], set[str]], term: Constant
    ) -> int | None:
        if not quoted:
            scaled = Fraction(text) * GRID
            if (Fraction(text) * 10**6).denominator != 1 or not NEG_INF < scaled < POS_INF:
                self.problem(place, "off-grid", f"{text} has more than six decimal places or is too large", "Round it.")
                return None
            return int(scaled)
        if text in ("-inf", "+inf"):
            return NEG_INF if text == "-inf" else POS_INF
        match = _QUANTITY.match(text)
        if not match:
            self.problem(
                place,
                "column-kind",
                f"{term.text} is no quantity",
                "Write a numeral, a quoted '3 mg/dL', '-inf' or '+inf'.",
            )
            return None
        found = observables()
        observable = self.ontology.observable(next(iter(found))) if len(found) == 1 else None
        if observable is None:
            which = f"{' and '.join(sorted(found))} are" if found else "no observable is"
            self.problem(
                place, "quantity-unit", f"{which} named beside {term.text}, so its unit cannot be converted",
                "Let one atom of the rule name the observable of the variable, or write the canonical unit's numeral.",
            )  # fmt: skip
            return None
        value = convert(Fraction(match[1]), match[2], observable.unit, observable.equations)
        if value is None:
            self.problem(
                place, "quantity-unit",
                f"{term.text} cannot be converted into {observable.unit}, the unit of {next(iter(found))}",
                "Use a unit of the same quantity.",
            )  # fmt: skip
            return None
        return to_grid(value)

    def near(self, atom: Atom) -> set[str]:
        """Observables the atom names itself, or else those of the atoms that bind its variables."""
        own = self.named(atom)
        return own or self.observables({term.name for term in atom.terms if isinstance(term, Variable)}, values=True)

    def observables(self, variables: set[str], values: bool = False) -> set[str]:
        """Observables named by positive atoms that hold one of the variables (in a VALUE column).

        If those atoms name none, the observables that isa asks of their classes.
        """
        atoms = [item for item in self.rule.body if isinstance(item, Atom) and not item.negated]
        binding = [
            atom
            for atom in atoms
            for term in atom.terms
            if isinstance(term, Variable)
            and term.name in variables
            and (not values or self.sorts.of(("variable", self.number, term.name)) == "a quantity")
        ]
        found = {name for atom in binding for name in self.named(atom)}
        if not found:
            classes = {term for atom in binding for term in atom.terms if self.sort(term) == "a class"}
            asked = [atom for atom in atoms if atom.predicate == "isa" and atom.terms[0] in classes]
            found = {name for atom in asked for name in self.named(atom)}
        return found

    def sort(self, term: Term) -> str:
        return self.sorts.of(("variable", self.number, term.name)) if isinstance(term, Variable) else ""

    def named(self, atom: Atom) -> set[str]:
        return {
            str(term.value)
            for term in atom.terms
            if isinstance(term, Constant) and term.text.startswith("'") and self.ontology.observable(str(term.value))
        }

    def problem(self, place: Place, code: str, message: str, remedy: str) -> None:
        self.problems.append(Problem(place.file, str(place.line), message, remedy, code))
