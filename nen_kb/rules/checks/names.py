"""Checks that every constant is something that can occur in its column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from nen_kb.errors import Problem
from nen_kb.rules.columns import OntologyLike
from nen_kb.rules.headers import suggestion
from nen_kb.rules.ir import Atom, Comparison, Constant, Place, Rule, Variable
from nen_kb.rules.reading import Reading

DOMAINS = frozenset(("conditions", "treatments", "imaging"))
"""What a source may declare complete."""
WORDS: Mapping[tuple[str, int], frozenset[str]] = {
    ("sex", 1): frozenset(("Female", "Male")),
    ("criterion", 2): frozenset(("inclusion", "exclusion")),
    ("cockcroft_gault", 2): frozenset(("Female", "Male")),
    ("lmr18", 2): frozenset(("Female", "Male")),
}
"""The words that can stand in a column of the vocabulary."""

Words = dict[tuple[str, int], frozenset[str] | None]


def check(reading: Reading, ontology: OntologyLike) -> Iterator[Problem]:
    """Problems of constants in name columns."""
    checker = _Names(reading, ontology)
    for number, rule in enumerate(reading.rules):
        yield from checker.rule(number, rule)


class _Names:
    def __init__(self, reading: Reading, ontology: OntologyLike) -> None:
        self.reading = reading
        self.classes = frozenset(ontology.names)
        trials = [document.trial for document in reading.documents if document.trial]
        self.clauses = {trial.id: frozenset(clause.id for clause in trial.clauses) for trial in trials}
        self.words = _words(reading)

    def rule(self, number: int, rule: Rule) -> Iterator[Problem]:
        yield from self.atom(rule.head, head=True)
        for item in rule.body:
            if isinstance(item, Atom):
                yield from self.atom(item, head=False)
                continue
            for one, other in ((item.left, item.right), (item.right, item.left)):
                if isinstance(one, Variable) and isinstance(other, Constant):
                    sort = self.reading.sorts.of(("variable", number, one.name))
                    words = _of_variable(one.name, rule, self.words)
                    yield from self.constant(other, sort, words, None, item.place)

    def atom(self, atom: Atom, head: bool) -> Iterator[Problem]:
        sorts = [self.reading.sorts.of(("column", atom.predicate, i)) for i in range(len(atom.terms))]
        trial = next(
            (
                str(t.value)
                for t, s in zip(atom.terms, sorts, strict=True)
                if s == "a trial" and isinstance(t, Constant)
            ),
            None,
        )
        for position, (term, sort) in enumerate(zip(atom.terms, sorts, strict=True)):
            if isinstance(term, Constant):
                words = None if head else self.words.get((atom.predicate, position))
                yield from self.constant(term, sort, words, trial, atom.place)

    def constant(
        self, term: Constant, sort: str, words: frozenset[str] | None, trial: str | None, place: Place
    ) -> Iterator[Problem]:
        known: Iterable[str] | None = None
        if sort == "a class":
            known = self.classes
        elif sort == "a domain":
            known = DOMAINS
        elif sort == "a trial":
            known = self.clauses
        elif sort == "a clause":
            known = self.clauses.get(trial) if trial else {clause for ids in self.clauses.values() for clause in ids}
        elif sort == "a word":
            known = words
        elif sort in ("a patient", "a record"):
            yield _problem(place, f"{term.text} names {sort}", "Rules speak of all patients; use a variable.")
        if known is not None and str(term.value) not in known:
            few = (
                f"It can be {', '.join(sorted(known))}."
                if sort in ("a domain", "a word")
                else "Add it, or correct the name."
            )
            remedy = suggestion(str(term.value), known) or few
            yield _problem(place, f"there is no {sort.removeprefix('a ')} {term.text}", remedy)


def _words(reading: Reading) -> Words:
    """The words that can stand in each column; None where any can."""
    found: Words = dict(WORDS)
    if not reading.program:
        return found
    rules: dict[str, list[Rule]] = {}
    for rule in reading.rules:
        rules.setdefault(rule.head.predicate, []).append(rule)
    for name in reading.program.order:
        for position in range(len(rules[name][0].head.terms)):
            columns = [_of_term(rule, position, found) for rule in rules[name]]
            known = [words for words in columns if words is not None]
            found[name, position] = frozenset().union(*known) if len(known) == len(columns) else None
    return found


def _of_term(rule: Rule, position: int, words: Words) -> frozenset[str] | None:
    term = rule.head.terms[position]
    if isinstance(term, Constant):
        return frozenset((str(term.value),))
    return _of_variable(term.name, rule, words)


def _of_variable(name: str, rule: Rule, words: Words) -> frozenset[str] | None:
    """The words a variable can be bound to, or None."""
    found: frozenset[str] | None = None
    for item in rule.body:
        if isinstance(item, Comparison) or item.negated:
            continue
        for position, term in enumerate(item.terms):
            if isinstance(term, Variable) and term.name == name:
                here = words.get((item.predicate, position))
                found = here if found is None else found if here is None else found & here
    return found


def _problem(place: Place, message: str, remedy: str) -> Problem:
    return Problem(place.file, str(place.line), message, remedy, "unknown-name")
