"""A program narrowed to what is asked: partial evaluation, from rules to rules.

An engine that works top-down spends most of its time on rules whose head cannot match and on arguments
that never change.  So each way in which a predicate is called, with its constants, becomes a predicate of its own
that has only the other columns; rules that cannot apply there vanish; what is the same for every
patient (which clauses there are, which parts they have) is filled in; a question to the hierarchy
becomes a filter on the record it is asked about; and where every rule speaks of one patient only, the
patient's column goes too.  The rows stay those of the program, which tests compare.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nen_kb.engines.patients import patient_columns
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.evaluate import sort_key
from nen_kb.rules.ir import Atom, BodyItem, Comparison, Constant, Kind, Program, Rule, Term, Variable
from nen_kb.rules.plan import COMPARE, Row, is_anonymous

FILL_IN = 100
"""An atom that matches more rows than this is not filled in."""

Static = Mapping[str, Collection[Row]]
Bindings = dict[Term, Term]


@dataclass(frozen=True)
class Call:
    """A predicate as it is called: which columns hold constants, which are left as arguments."""

    predicate: str
    constants: tuple[tuple[int, str | int], ...]
    """Positions and values."""
    columns: tuple[int, ...]
    """Positions of the arguments that are left.  Not among them are the patient's column where it was dropped
    and, of base and given predicates, columns nobody asks for."""
    filters: tuple[Filter, ...] = ()
    """What else must hold of a row; only for base predicates."""


@dataclass(frozen=True)
class Filter:
    """The value of a column must stand, or must not stand, in the one column of a call of a given predicate."""

    position: int
    call: Call
    negated: bool


@dataclass(frozen=True)
class Literal:
    """A call in the body of a narrowed rule, with its arguments."""

    call: Call
    terms: tuple[Term, ...]
    negated: bool = False


@dataclass(frozen=True)
class Narrowed:
    """A rule for a call; its body stands in a safe order."""

    head: Literal
    body: tuple[Literal | Comparison, ...]


@dataclass
class Specialised:
    """The narrowed rules for the predicates asked."""

    asked: dict[str, Call] = field(default_factory=dict)
    rules: dict[Call, tuple[Narrowed, ...]] = field(default_factory=dict)
    """Of every derived call, each after all it depends on; one without rules has no rows."""
    leaves: dict[Call, None] = field(default_factory=dict)
    """Calls of predicates whose rows are given, and of built-ins."""
    patient: Mapping[str, int] = field(default_factory=dict)
    """Where each predicate has the patient's column that was dropped; empty if none was."""


def specialise(program: Program, asked: Iterable[str], static: Static, known: Collection[str] = ()) -> Specialised:
    """The rules narrowed to the predicates asked.

    The ``static`` predicates have exactly those rows.  Derived predicates that are ``known`` are
    leaves: their rows are given, as those of base predicates are.
    """
    narrowing = _Narrowing(program, static, known)
    for name in asked:
        predicate = program.predicates[name]
        call = narrowing.call(name, [Variable(f"X{position}") for position in range(predicate.arity)])
        narrowing.visit(call)
        narrowing.result.asked[name] = call
    return narrowing.result


def static_predicates(program: Program) -> Iterator[str]:
    """The predicates that have the same rows for every patient: given, and not about classes or patients."""
    about = {"Patient", "Concept", "Class", "Asked"}
    for name, predicate in program.predicates.items():
        if predicate.role == "given" and not any(column.word in about for column in predicate.columns):
            yield name


class _Narrowing:
    def __init__(self, program: Program, static: Static, known: Collection[str]) -> None:
        self.predicates = program.predicates
        self.static = static
        self.result = Specialised(patient=patient_columns(program) or {})
        self.rules_of: dict[str, list[Rule]] = {name: [] for name in program.order if name not in known}
        for rule in program.rules:
            if rule.head.predicate in self.rules_of:
                self.rules_of[rule.head.predicate].append(rule)

    def call(self, predicate: str, terms: Sequence[Term], filters: tuple[Filter, ...] = ()) -> Call:
        """How those terms call the predicate."""
        constants, columns = [], []
        exists = predicate not in self.rules_of and self.predicates[predicate].role != "builtin"
        for position, term in enumerate(terms):
            if self.result.patient.get(predicate) == position:
                continue
            if isinstance(term, Constant):
                constants.append((position, term.value))
            elif not (exists and is_anonymous(term)):
                columns.append(position)
        return Call(predicate, tuple(constants), tuple(columns), filters)

    def visit(self, call: Call) -> bool:
        """Narrows the rules of a call, once; whether it can have rows at all."""
        if call.predicate not in self.rules_of:
            self.result.leaves[call] = None
            return True
        if call not in self.result.rules:
            narrowed = [each for rule in self.rules_of[call.predicate] for each in self._narrow(rule, call)]
            # only now, so that in the dict a call stands behind all it depends on
            self.result.rules[call] = tuple(dict.fromkeys(narrowed))
        return bool(self.result.rules[call])

    def _narrow(self, rule: Rule, call: Call) -> Iterator[Narrowed]:
        bindings: Bindings = {}
        for position, value in call.constants:
            term = rule.head.terms[position]
            if isinstance(term, Variable):
                term = bindings.setdefault(term, Constant(value, Kind.NAME))
            if isinstance(term, Constant) and term.value != value:
                return
        for items, filled in self._filled(rule.body, bindings):
            yield from self._finish(_substitute_atom(rule.head, filled), call, items)

    def _filled(self, items: Sequence[BodyItem], bindings: Bindings) -> Iterator[tuple[list[BodyItem], Bindings]]:
        """The body without its static atoms, for each way to satisfy these, and the bindings that go with it."""
        items = [_substitute(item, bindings) for item in items]
        for item in items:
            if not isinstance(item, Atom) or item.predicate not in self.static:
                continue
            matches = _matches(item, self.static[item.predicate])
            rest = [other for other in items if other is not item]
            if item.negated:
                if all(isinstance(term, Constant) or is_anonymous(term) for term in item.terms):
                    if not matches:
                        yield from self._filled(rest, bindings)
                    return
            elif len(matches) <= FILL_IN:
                for match in matches:
                    yield from self._filled(rest, {**bindings, **match})
                return
        yield list(items), bindings

    def _finish(self, head: Atom, call: Call, items: list[BodyItem]) -> Iterator[Narrowed]:
        """The rule for the call, if it can apply."""
        body: list[Literal | Comparison] = []
        for item, filters in self._fold(head, items):
            if isinstance(item, Comparison):
                if not (isinstance(item.left, Constant) and isinstance(item.right, Constant)):
                    body.append(item)
                elif not COMPARE[item.op](item.left.value, item.right.value):
                    return
                continue
            inner = self.call(item.predicate, item.terms, filters)
            if self.visit(inner):
                body.append(Literal(inner, tuple(item.terms[position] for position in inner.columns), item.negated))
            elif not item.negated:
                return
        terms = tuple(head.terms[position] for position in call.columns)
        yield Narrowed(Literal(call, terms), tuple(self._ordered(body)))

    def _fold(self, head: Atom, items: Sequence[BodyItem]) -> Iterator[tuple[BodyItem, tuple[Filter, ...]]]:
        """The items with each question about one variable folded into the base atom that binds it."""
        filters: dict[int, list[Filter]] = {}
        folded: set[int] = set()
        for number, item in enumerate(items):
            variable = self._only_variable(item)
            if variable is None or not isinstance(item, Atom):
                continue
            for home, other in enumerate(items):
                if self._is_base(other) and isinstance(other, Atom) and variable in other.terms:
                    call = self.call(item.predicate, item.terms)
                    if len(call.columns) == 1:
                        filters.setdefault(home, []).append(Filter(other.terms.index(variable), call, item.negated))
                        folded.add(number)
                        break
        kept = [(number, item) for number, item in enumerate(items) if number not in folded]
        uses: dict[Term, int] = {}
        for term in (*head.terms, *(term for _, item in kept for term in _terms(item))):
            uses[term] = uses.get(term, 0) + 1
        for number, item in kept:
            if self._is_base(item) and isinstance(item, Atom):
                # a variable that only the folded questions used is asked for by nobody any more
                item = replace(item, terms=tuple(_unless_used(term, uses) for term in item.terms))
            yield item, tuple(filters.get(number, ()))

    def _is_base(self, item: BodyItem) -> bool:
        return isinstance(item, Atom) and not item.negated and self.predicates[item.predicate].role == "base"

    def _only_variable(self, item: BodyItem) -> Variable | None:
        """The variable of a question such as ``isa(X, 'Hemoglobin')``."""
        if not isinstance(item, Atom) or self.predicates[item.predicate].role != "given":
            return None
        variables = [term for term in item.terms if isinstance(term, Variable)]
        return variables[0] if len(variables) == 1 and not is_anonymous(variables[0]) else None

    def _ordered(self, items: Sequence[Literal | Comparison]) -> Iterator[Literal | Comparison]:
        """The items in an order in which each finds bound what it needs, the most selective first."""
        bound: set[Term] = set()
        rest = list(items)
        while rest:
            best = min(rest, key=lambda item: self._rank(item, bound))
            rest.remove(best)
            yield best
            if isinstance(best, Literal) and not best.negated:
                bound.update(best.terms)

    def _rank(self, item: Literal | Comparison, bound: Collection[Term]) -> int:
        free = [term for term in _terms(item) if isinstance(term, Variable) and term not in bound]
        if isinstance(item, Comparison):
            return 9 if free else 0
        if item.negated:
            return 9 if any(map(_is_named, free)) else 1
        call = item.call
        if self.predicates[call.predicate].role == "builtin":
            inputs = BUILTINS[call.predicate].inputs
            needed = [term for column, term in zip(call.columns, item.terms, strict=True) if column in inputs]
            return 9 if any(term in free for term in needed) else 2
        if not free:
            return 3
        if len(free) < len(item.terms):
            return 4
        if call.filters or call.constants:
            return 5
        return 6 if call.predicate in self.rules_of else 7  # a whole table of facts last


def _substitute(item: BodyItem, bindings: Bindings) -> BodyItem:
    if isinstance(item, Atom):
        return _substitute_atom(item, bindings)
    left, right = bindings.get(item.left, item.left), bindings.get(item.right, item.right)
    return replace(item, left=left, right=right)


def _substitute_atom(atom: Atom, bindings: Bindings) -> Atom:
    return replace(atom, terms=tuple(bindings.get(term, term) for term in atom.terms))


def _terms(item: BodyItem | Literal) -> tuple[Term, ...]:
    return (item.left, item.right) if isinstance(item, Comparison) else item.terms


def _is_named(term: Term) -> bool:
    return isinstance(term, Variable) and not is_anonymous(term)


def _unless_used(term: Term, uses: Mapping[Term, int]) -> Term:
    """The variable, made anonymous if it stands only here."""
    return Variable(f"_{term.name}") if isinstance(term, Variable) and uses[term] == 1 else term


def _matches(atom: Atom, rows: Collection[Row]) -> list[dict[Term, Constant]]:
    """The bindings of the atom's named variables for every row that matches it, without doubles, in a fixed order."""
    found: list[dict[Term, Constant]] = []
    for row in sorted(rows, key=sort_key):
        bindings: dict[Term, Constant] = {}
        for term, value in zip(atom.terms, row, strict=True):
            known = term if isinstance(term, Constant) else bindings.setdefault(term, Constant(value, Kind.NAME))
            if known.value != value:
                break
        else:
            named = {term: constant for term, constant in bindings.items() if _is_named(term)}
            if named not in found:
                found.append(named)
    return found
