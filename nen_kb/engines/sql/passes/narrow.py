"""Ask only of the records that somebody asks of.

    old(P, E) <= dated(P, E, T) & newest(P, M) & (M > T)        odd(P) <= found(P, E, X) & isa(X, 'a') & ~old(P, E)

``old`` has a row for most records, and is read for those of class a.  The facts that stand beside it wherever it is
read become facts of a small predicate, which joins its rules.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from nen_kb.engines.patients import patient_columns
from nen_kb.engines.sql.passes.common import (
    NO_HEADER,
    NOWHERE,
    derived,
    fresh,
    rebuilt,
    rules_by_head,
    substituted,
    variables_of,
)
from nen_kb.engines.sql.passes.extremes import ExtremeRule
from nen_kb.rules.ir import COLUMN_WORDS, Atom, BodyItem, Constant, Predicate, Program, Rule, Term, Variable
from nen_kb.rules.plan import is_anonymous

PERSON, RECORD = "Patient", "Record"
OWNER, ITEM = Variable("P"), Variable("E")


def narrow(program: Program, asked: Collection[str]) -> Program:
    """The program with fewer rows about records that nobody asks of; those of what is asked stay the same."""
    found = _Narrow(program)
    made: list[Predicate] = []
    rules: list[Rule] = []
    for name, own in rules_by_head(program).items():
        guards = None if name in asked else found.guards(name)
        if guards is None:
            rules += own
            continue
        taken = {*program.predicates, *(each.name for each in made)}
        wanted = derived(fresh(f"{name}_wanted", taken), (COLUMN_WORDS[PERSON], COLUMN_WORDS[RECORD]))
        made.append(wanted)
        rules += [Rule(Atom(wanted.name, (OWNER, ITEM), False, NOWHERE), body, NOWHERE, NO_HEADER) for body in guards]
        for rule in own:
            extra = Atom(wanted.name, found.owner_and_record(rule.head), False, NOWHERE)
            rules.append(replace(rule, body=(extra, *rule.body)))
    return rebuilt(program, rules, made)


class _Narrow:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.patients: Mapping[str, int] = patient_columns(program) or {}
        self.rules = rules_by_head(program)

    def guards(self, name: str) -> list[tuple[BodyItem, ...]] | None:
        """What stands beside a predicate wherever it is read, if it is worth asking."""
        columns = [column.word for column in self.program.predicates[name].columns]
        if columns.count(PERSON) != 1 or columns.count(RECORD) != 1 or not any(map(self._is_wide, self.rules[name])):
            return None
        found: dict[tuple[BodyItem, ...], None] = {}
        for rule in self.program.rules:
            for item in rule.body:
                if isinstance(item, Atom) and item.predicate == name:
                    guard = next(self._beside(rule, item), None)
                    if guard is None:
                        return None
                    found[guard] = None
        return list(found) or None

    def owner_and_record(self, atom: Atom) -> tuple[Term, Term]:
        """The terms of a predicate with one patient and one record."""
        words = [column.word for column in self.program.predicates[atom.predicate].columns]
        return atom.terms[words.index(PERSON)], atom.terms[words.index(RECORD)]

    def _is_wide(self, rule: Rule) -> bool:
        """Whether a rule asks of every record: no class is asked for of any fact that binds the head's."""
        whose = self.owner_and_record(rule.head)
        if isinstance(rule, ExtremeRule) or not all(isinstance(term, Variable) for term in whose):
            return False
        facts = list(self._facts(rule, whose))
        return bool(facts) and not any(self._tests(rule, fact) for fact in facts)

    def _beside(self, rule: Rule, atom: Atom) -> Iterator[tuple[BodyItem, ...]]:
        """A fact about the atom's record and what is asked of its class, with variables named alike."""
        whose = self.owner_and_record(atom)
        for fact in self._facts(rule, whose):
            tests = self._tests(rule, fact)
            if tests and all(isinstance(term, Variable) for term in whose):
                names: dict[Term, Term] = {whose[0]: OWNER, whose[1]: ITEM}
                for term in fact.terms:
                    if isinstance(term, Variable):
                        names.setdefault(term, Variable(f"{'_' if is_anonymous(term) else 'V'}{len(names)}"))
                yield tuple(replace(substituted(item, names), place=NOWHERE) for item in (fact, *tests))

    def _facts(self, rule: Rule, whose: tuple[Term, Term]) -> Iterator[Atom]:
        for item in rule.body:
            about = isinstance(item, Atom) and not item.negated and set(whose) <= set(item.terms)
            if about and isinstance(item, Atom) and self.program.predicates[item.predicate].role == "base":
                yield item

    def _tests(self, rule: Rule, fact: Atom) -> list[Atom]:
        """What is asked of a variable of a fact: rows that are the same for every patient have it, beside constants."""
        found = []
        for item in rule.body:
            if isinstance(item, Atom) and not item.negated and item.predicate not in self.patients:
                own = variables_of([item])
                fixed = any(isinstance(term, Constant) for term in item.terms)
                given = self.program.predicates[item.predicate].role == "given"
                if given and fixed and len(own) == 1 and own <= variables_of([fact]):
                    found.append(item)
        return found
