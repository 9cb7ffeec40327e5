"""Say each thing about a patient by itself: a predicate with known constants becomes one predicate for each of them.

``met(P, 'T', 'C1')`` and its kind have rules whose other columns are constants, or become constants once the
protocols (which clauses there are, which parts they have) are filled in.  Each combination becomes a predicate
with the patient as its only column, so that what follows is logic about one patient, not joins.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from nen_kb.engines.patients import patient_columns
from nen_kb.engines.sql.passes.common import (
    NO_HEADER,
    NOWHERE,
    derived,
    fresh,
    positive,
    rebuilt,
    rules_by_head,
    substituted,
    substituted_atom,
    variables_of,
)
from nen_kb.rules.ir import (
    COLUMN_WORDS,
    Atom,
    BodyItem,
    Comparison,
    Constant,
    Kind,
    Predicate,
    Program,
    Rule,
    Term,
    Variable,
)
from nen_kb.rules.plan import COMPARE, Row, is_anonymous

Static = Mapping[str, Collection[Row]]
Constants = tuple[str | int, ...]
"""The values of all columns but the patient's."""


@dataclass(frozen=True)
class Grounded:
    """A program about single patients, and what its new predicates stand for."""

    program: Program
    stands_for: Mapping[str, Mapping[Constants, str]]
    """Of each predicate that was taken apart, the predicate with the patient alone for each of its combinations."""
    made: frozenset[str] = frozenset()
    """Every new predicate: the patient is its only column, and it reads what others read of one patient."""


def ground(program: Program, static: Static) -> Grounded:
    """The program with every predicate taken apart that can be; ``static`` are the rows given predicates have.

    Left as they are: what has columns besides the patient that depend on the records, and what such predicates read.
    """
    patients = patient_columns(program)
    if patients is None:
        return Grounded(program, {})
    grounding = _Grounding(program, static, patients, _left(program, _possible(program, static, patients)))
    for name in program.order:
        if name in grounding.names:
            grounding.take_apart(name)
    return grounding.result()


def _possible(program: Program, static: Static, patients: Mapping[str, int]) -> set[str]:
    """The predicates whose rules leave no column but the patient's open."""
    found: set[str] = set()
    for name, rules in rules_by_head(program).items():
        if name in patients and all(_closes(rule, patients[name], static, found) for rule in rules):
            found.add(name)
    return found


def _closes(rule: Rule, patient: int, static: Static, known: Collection[str]) -> bool:
    binding = [item for item in rule.body if isinstance(item, Atom) and not item.negated]
    bound = variables_of([item for item in binding if item.predicate in static or item.predicate in known])
    others = (term for place, term in enumerate(rule.head.terms) if place != patient)
    return all(isinstance(term, Constant) or term in bound for term in others)


def _left(program: Program, possible: Collection[str]) -> set[str]:
    """The possible predicates that no other kind of predicate reads, directly or through others."""
    kept: set[str] = set()
    rules = rules_by_head(program)
    for name in reversed(program.order):
        if name not in possible or name in kept:
            kept |= {item.predicate for rule in rules[name] for item in rule.body if isinstance(item, Atom)}
    return {name for name in possible if name not in kept}


@dataclass
class _Grounding:
    program: Program
    static: Static
    patients: Mapping[str, int]
    names: Collection[str]
    made: dict[str, Predicate] = field(default_factory=dict)
    heads: dict[str, dict[Constants, str]] = field(default_factory=dict)
    some: dict[tuple[str, tuple[str | int | None, ...]], str] = field(default_factory=dict)
    """Predicates that stand for an atom with anonymous columns: one of its combinations holds."""
    rules: list[Rule] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rules_of = rules_by_head(self.program)

    def result(self) -> Grounded:
        """What became of the program."""
        rest = [rule for name, rules in self.rules_of.items() if name not in self.names for rule in rules]
        kept = {name: each for name, each in self.program.predicates.items() if name not in self.names}
        order = tuple(name for name in self.program.order if name not in self.names)
        old = self.program
        program = Program(kept, (), order, old.trials, old.asked, old.sha256)
        return Grounded(rebuilt(program, [*rest, *self.rules], self.made.values()), self.heads, frozenset(self.made))

    def take_apart(self, name: str) -> None:
        """Makes the predicates and rules of one predicate."""
        self.heads[name] = {}
        for rule in self.rules_of[name]:
            for head, body in self._expanded(rule):
                made = self._made(name, head)
                patient = head.terms[self.patients[name]]
                self.rules.append(Rule(Atom(made, (patient,), False, head.place), body, rule.place, rule.header))

    def _made(self, name: str, head: Atom) -> str:
        values = tuple(
            term.value
            for place, term in enumerate(head.terms)
            if place != self.patients[name] and isinstance(term, Constant)
        )
        if values not in self.heads[name]:
            self.heads[name][values] = self._predicate("_".join((name, *map(_letters, values))))
        return self.heads[name][values]

    def _predicate(self, wanted: str) -> str:
        found = fresh(wanted, {*(set(self.program.predicates) - set(self.names)), *self.made})
        self.made[found] = derived(found, (COLUMN_WORDS["Patient"],))
        return found

    def _expanded(self, rule: Rule) -> Iterator[tuple[Atom, tuple[BodyItem, ...]]]:
        """The rule for each way to fill in what is known beforehand."""
        for body, bindings in self._filled(list(rule.body), {}):
            done = [item for item in (self._literal(item) for item in body) if item is not None]
            if not any(item is False for item in done):
                yield substituted_atom(rule.head, bindings), tuple(item for item in done if not isinstance(item, bool))

    def _filled(
        self, items: list[BodyItem], bindings: dict[Term, Term]
    ) -> Iterator[tuple[list[BodyItem], dict[Term, Term]]]:
        items = [substituted(item, bindings) for item in items]
        for item in items:
            if isinstance(item, Atom) and positive(item):
                rest = [other for other in items if other is not item]
                if item.predicate in self.static:
                    for match in _matches(item.terms, self.static[item.predicate]):
                        yield from self._filled(rest, {**bindings, **match})
                    return
                if item.predicate in self.names and self._open(item):
                    places = [place for place in range(len(item.terms)) if place != self.patients[item.predicate]]
                    terms = [item.terms[place] for place in places]
                    for match in _matches(terms, self.heads[item.predicate]):
                        if not any(is_anonymous(term) for term in match):
                            yield from self._filled([*rest, substituted(item, match)], {**bindings, **match})
                    return
        yield items, bindings

    def _open(self, atom: Atom) -> bool:
        """Whether a column other than the patient's has a named variable."""
        patient = self.patients[atom.predicate]
        others = [term for place, term in enumerate(atom.terms) if place != patient]
        return any(isinstance(term, Variable) and not is_anonymous(term) for term in others)

    def _literal(self, item: BodyItem) -> BodyItem | bool | None:
        """The item about the taken-apart predicates; None if it always holds, False if it never does."""
        if isinstance(item, Comparison):
            if isinstance(item.left, Constant) and isinstance(item.right, Constant):
                return None if COMPARE[item.op](item.left.value, item.right.value) else False
            return item
        if item.predicate in self.static:  # negated: positive ones are filled in
            return False if any(True for _ in _matches(item.terms, self.static[item.predicate])) else None
        if item.predicate not in self.names:
            return item
        found = self._some(item)
        if found is None:
            return None if item.negated else False
        return Atom(found, (item.terms[self.patients[item.predicate]],), item.negated, item.place)

    def _some(self, atom: Atom) -> str | None:
        """The predicate that says that one of the combinations an atom allows holds; None if there is none."""
        patient = self.patients[atom.predicate]
        terms = [term for place, term in enumerate(atom.terms) if place != patient]
        matching = [
            name for values, name in self.heads[atom.predicate].items() if any(True for _ in _matches(terms, [values]))
        ]
        if len(matching) < 2:
            return matching[0] if matching else None
        key = atom.predicate, tuple(term.value if isinstance(term, Constant) else None for term in terms)
        if key not in self.some:
            constants = [_letters(value) for value in key[1] if value is not None]
            self.some[key] = self._predicate("_".join(("some", atom.predicate, *constants)))
            person = Variable("P")
            for name in matching:
                head, body = (Atom(each, (person,), False, NOWHERE) for each in (self.some[key], name))
                self.rules.append(Rule(head, (body,), NOWHERE, NO_HEADER))
        return self.some[key]


def _matches(terms: Collection[Term], rows: Collection[Row]) -> Iterator[dict[Term, Term]]:
    """The bindings of the terms' variables for each row that fits, without doubles."""
    seen = set()
    for row in sorted(rows, key=repr):
        bindings: dict[Term, Term] = {}
        for term, value in zip(terms, row, strict=True):
            if isinstance(term, Variable):
                term = bindings.setdefault(term, _constant(value))
            if not isinstance(term, Constant) or term.value != value:
                break
        else:
            named = {term: value for term, value in bindings.items() if not is_anonymous(term)}
            if (key := tuple(named.items())) not in seen:
                seen.add(key)
                yield named


def _constant(value: str | int) -> Constant:
    return Constant(value, Kind.NAME if isinstance(value, str) else Kind.COUNT)


def _letters(value: str | int) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in str(value))
