"""Every number in the rules is guarded by a case: moved by one step, some expected status changes.

The numbers are found in the loaded program, not listed here: limits in comparisons and built-ins, days
and months counted back, arms, facts of the policy.  Each is moved up and down by the smallest step that its
quantity can show, and the cases of the clauses that rest on its rule are judged again.  A number that
nobody's case notices could be changed by mistake without any test failing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pytest

from nen_kb import KnowledgeBase
from nen_kb.facts.normalise import normalise
from nen_kb.facts.values import from_grid
from nen_kb.resources import shipped
from nen_kb.rules import formulas
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.checks.text import READ_ELSEWHERE
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.ir import Atom, BodyItem, Comparison, Constant, Kind, Program, Rule, Term, Variable
from nen_kb.rules.protocol import protocol_rows
from nen_kb.sources.case_file import patient_from_dict
from nen_kb.sources.structured_text import read_document

Row = tuple[str | int, ...]
Rows = Mapping[str, frozenset[Row]]
Call = tuple[str, tuple[str | int | None, ...]]
"""A predicate with the constants it is called with, None for any value."""
Group = tuple[str, str]
"""A trial and one of its whole clauses, which is judged together with its parts."""

MILLIONTH = 10
"""The step of a quantity, in ten-millionths: what six decimal places can show."""
WHOLE = 10**7
"""The step of what only takes whole numbers: ages, scores, grades, the truth of a statement."""
OUTCOMES = frozenset({"status", "leaf_status", "some_part"})
"""The predicates that make statuses of met and unmet; they belong to every clause."""


@dataclass(frozen=True)
class Numeral:
    """One number of the rules: the rule, the item of its body (-1: the head of a fact), the term."""

    rule: int
    item: int
    term: int
    constant: Constant
    step: int
    where: str

    def __str__(self) -> str:
        return f"{self.where}: {self.constant.text or self.constant.value}"


@dataclass(frozen=True)
class Case:
    """A patient's facts, and the status expected of each clause and part by trial."""

    id: str
    base: Rows
    expected: Mapping[Group, str]


def terms_of(item: BodyItem) -> tuple[Term, ...]:
    """The terms of an atom or of a comparison."""
    return (item.left, item.right) if isinstance(item, Comparison) else item.terms


def with_term(atom: Atom, position: int, term: Constant) -> Atom:
    """The atom with another term at that position."""
    return replace(atom, terms=(*atom.terms[:position], term, *atom.terms[position + 1 :]))


def with_number(item: BodyItem, position: int, term: Constant) -> BodyItem:
    """The atom or comparison with another term at that position."""
    if isinstance(item, Atom):
        return with_term(item, position, term)
    return replace(item, right=term) if position else replace(item, left=term)


@dataclass
class Guard:
    """The shipped program, its numerals, and the cases that may notice when one of them moves."""

    kb: KnowledgeBase
    cases: Sequence[Case]
    concerned: dict[Group, Sequence[tuple[Case, frozenset[Row]]]] = field(default_factory=dict)

    @property
    def program(self) -> Program:
        return self.kb.program

    # ── the numerals ────────────────────────────────────────────────────────

    @cached_property
    def numerals(self) -> tuple[Numeral, ...]:
        """Every number in a body, and in a fact of the rule text, in the order of the rules."""
        return tuple(self._numerals())

    def _numerals(self) -> Iterator[Numeral]:
        for number, rule in enumerate(self.program.rules):
            if rule.head.predicate in READ_ELSEWHERE:
                continue  # what finding something out costs: no clause reads it
            items = list(enumerate(rule.body)) if rule.body else [(-1, rule.head)]
            for place, item in items:
                for position, term in enumerate(terms_of(item)):
                    if isinstance(term, Constant) and self._moves(item, term):
                        step = 1 if term.kind is Kind.COUNT else self._step(rule, item)
                        yield Numeral(number, place, position, term, step, str(item.place))

    def _moves(self, item: BodyItem, constant: Constant) -> bool:
        """Whether it is a number to move: any count, and a quantity in a comparison, a built-in or a fact."""
        if constant.kind is not Kind.VALUE:
            return constant.kind is Kind.COUNT
        return isinstance(item, Comparison) or self.program.predicates[item.predicate].role != "base"

    def _step(self, rule: Rule, item: BodyItem) -> int:
        """The smallest step that the quantity beside the number can show."""
        variables = [term for term in terms_of(item) if isinstance(term, Variable)]
        return min((step for variable in variables for step in self._shown(rule, variable)), default=MILLIONTH)

    def _shown(self, rule: Rule, variable: Variable) -> Iterator[int]:
        """The steps of the values a variable takes: by what is asked about, or by where they come from."""
        for item in rule.body:
            if not isinstance(item, Atom) or item.negated or variable not in item.terms:
                continue
            predicate = self.program.predicates[item.predicate]
            position = item.terms.index(variable)
            asked = [
                str(term.value)
                for term, column in zip(item.terms, predicate.columns, strict=True)
                if isinstance(term, Constant) and column.word == "Asked"
            ]
            if predicate.role == "builtin":
                if position in BUILTINS[item.predicate].outputs:
                    yield WHOLE if item.predicate in ("below", "at_most") else formulas.PRECISION
            elif asked:
                observable = self.kb.ontology.observable(asked[0])
                yield WHOLE if observable is None or observable.integer else MILLIONTH
            elif predicate.role == "derived":
                for below in self.program.rules_of(item.predicate):
                    term = below.head.terms[position]
                    if isinstance(term, Variable):
                        yield from self._shown(below, term)
            else:
                yield MILLIONTH if item.predicate == "measurement" else WHOLE

    def implied(self, numeral: Numeral) -> bool:
        """Whether a stricter limit on the same variable in the same rule leaves this one without effect."""
        body = self.program.rules[numeral.rule].body
        item = body[numeral.item] if numeral.item >= 0 else None
        if not isinstance(item, Comparison) or numeral.term != 1:
            return False
        others = [
            int(other.right.value)
            for other in body
            if isinstance(other, Comparison) and isinstance(other.right, Constant)
            if (other.left, other.op) == (item.left, item.op)
        ]
        strictest = max(others) if ">" in item.op else min(others)
        return item.op in ("<", "<=", ">", ">=") and strictest != numeral.constant.value

    # ── what rests on a rule ────────────────────────────────────────────────

    @cached_property
    def groups(self) -> Mapping[Group, frozenset[int]]:
        """By whole clause, the rules its status rests on; calls are followed with their constants."""
        found = {}
        for trial in self.program.trials:
            for clause in trial.clauses:
                if not clause.parent:
                    leaves = clause.parts or (clause.id,)
                    calls = [(head, (None, trial.id, leaf)) for head in ("met", "unmet") for leaf in leaves]
                    found[trial.id, clause.id] = self._reached(calls)
        return found

    def _reached(self, calls: Sequence[Call]) -> frozenset[int]:
        waiting, seen, reached = list(calls), set(calls), set()
        while waiting:
            predicate, given = waiting.pop()
            for number, rule in self._rules_by_head.get(predicate, ()):
                known: dict[Term, str | int | None] = {}
                for term, value in zip(rule.head.terms, given, strict=True):
                    if isinstance(term, Variable):
                        known[term] = known.get(term) if value is None else value
                    elif value is not None and value != term.value:
                        break
                else:
                    reached.add(number)
                    for item in rule.body:
                        if isinstance(item, Atom):
                            call = (item.predicate, tuple(self._value(term, known) for term in item.terms))
                            if call not in seen:
                                seen.add(call)
                                waiting.append(call)
        return frozenset(reached)

    @staticmethod
    def _value(term: Term, known: Mapping[Term, str | int | None]) -> str | int | None:
        return term.value if isinstance(term, Constant) else known.get(term)

    @cached_property
    def _rules_by_head(self) -> Mapping[str, list[tuple[int, Rule]]]:
        found: dict[str, list[tuple[int, Rule]]] = {}
        for number, rule in enumerate(self.program.rules):
            found.setdefault(rule.head.predicate, []).append((number, rule))
        return found

    # ── moving ──────────────────────────────────────────────────────────────

    def unnoticed(self) -> list[str]:
        """The numerals, with the direction, that can move by one step without any case noticing."""
        return [
            f"{numeral} moved by {self._shown_step(numeral, direction)}: no case notices"
            for numeral in self.numerals
            if not self.implied(numeral)
            for direction in (1, -1)
            if not self.notices(numeral, direction)
        ]

    @staticmethod
    def _shown_step(numeral: Numeral, direction: int) -> str:
        step = direction * numeral.step
        return f"{step:+d}" if numeral.constant.kind is Kind.COUNT else f"{from_grid(step):+f}"

    def notices(self, numeral: Numeral, direction: int) -> bool:
        """Whether a status that some case rightly expects is another when the numeral has moved."""
        value = int(numeral.constant.value) + direction * numeral.step
        moved = replace(numeral.constant, value=value)
        rule = self.program.rules[numeral.rule]
        if numeral.item < 0:
            rule = replace(rule, head=with_term(rule.head, numeral.term, moved))
        else:
            body = list(rule.body)
            body[numeral.item] = with_number(body[numeral.item], numeral.term, moved)
            rule = replace(rule, body=tuple(body))
        groups = [group for group, rules in self.groups.items() if numeral.rule in rules]
        return any(self._changes(group, numeral.rule, rule) for group in groups)

    def _changes(self, group: Group, number: int, moved: Rule) -> bool:
        evaluator = self._evaluator(group, {number: moved})
        return any(
            not expected <= evaluator.rows(case.base, ("status",))["status"]
            for case, expected in self._concerned(group)
        )

    def _concerned(self, group: Group) -> Sequence[tuple[Case, frozenset[Row]]]:
        """The cases that rightly expect something of the clause or its parts, with the status rows expected."""
        if group not in self.concerned:
            trial, whole = group
            keys = {(trial, key) for key in (whole, *self.program.trial(trial).clause(whole).parts)}
            evaluator = self._evaluator(group, {})
            found = []
            for case in self.cases:
                wanted = {(case.id, *key, status) for key, status in case.expected.items() if key in keys}
                if wanted and (right := evaluator.rows(case.base, ("status",))["status"] & wanted):
                    found.append((case, right))
            self.concerned[group] = found
        return self.concerned[group]

    def _evaluator(self, group: Group, instead: Mapping[int, Rule]) -> Evaluator:
        """The rules the clause rests on, some of them exchanged, made ready."""
        rules = tuple(
            instead.get(number, rule)
            for number, rule in enumerate(self.program.rules)
            if number in self.groups[group] or rule.head.predicate in OUTCOMES
        )
        heads = {rule.head.predicate for rule in rules}
        order = tuple(name for name in self.program.order if name in heads)
        return Evaluator(replace(self.program, rules=rules, order=order))


def read_cases(kb: KnowledgeBase) -> Iterator[Case]:
    """The cases of all trials, as the rules read them, with the statuses they expect."""
    protocol = protocol_rows(kb.program)
    for path in sorted((shipped("kb") / "trials").glob("*/cases/*.yaml")):
        for text in re.split(r"^---\s*$", path.read_text(encoding="utf-8"), flags=re.MULTILINE):
            data: Any = read_document(text, str(path), is_json=False).value
            assert isinstance(data, dict), f"{path.name} holds a document that is no case"
            patient = patient_from_dict(data, str(path), kb.ontology)
            expected = {
                (str(trial), str(clause)): str(wanted["status"] if isinstance(wanted, dict) else wanted)
                for trial, clauses in data.get("expect", {}).items()
                for clause, wanted in clauses.items()
            }
            base = {**normalise(patient, kb.ontology).rows(kb.program.asked), **protocol}
            yield Case(patient.id, base, expected)


@pytest.fixture(scope="module")
def guard() -> Guard:
    """The shipped knowledge base and all its cases."""
    kb = KnowledgeBase()
    return Guard(kb, tuple(read_cases(kb)))


def test_every_number_is_guarded_by_a_case(guard: Guard) -> None:
    """Whichever number of the rules moves by one step, up or down, some expected status changes."""
    unnoticed = guard.unnoticed()
    assert not unnoticed, "\n".join(["some numbers are not guarded:", *unnoticed])


def test_numbers_are_found_in_every_kind_of_place(guard: Guard) -> None:
    """Limits of both trials, of shared concepts and of the policy are among the numbers, in their own steps."""
    found = {(numeral.where.split(":")[0], numeral.constant.text): numeral for numeral in guard.numerals}
    assert found["trials/nct05610826/rules.dl", "90"].step == MILLIONTH
    assert found["trials/nct05610826/rules.dl", "18"].step == WHOLE
    assert found["concepts/treatments.dl", "28"].step == 1
    assert found["concepts/capecitabine.dl", "30"].step == formulas.PRECISION
    assert found["policy.dl", "7"].step == 1


def test_a_number_without_effect_in_one_rule_has_one_in_another(guard: Guard) -> None:
    """Where one of two limits is implied by the other, another rule of the same file rests on it alone."""
    effective = {(n.where.split(":")[0], n.constant.value) for n in guard.numerals if not guard.implied(n)}
    implied = [n for n in guard.numerals if guard.implied(n)]
    assert implied, "no rule has two limits on one quantity any more; drop this test"
    assert [str(n) for n in implied if (n.where.split(":")[0], n.constant.value) not in effective] == []


def test_without_cases_no_number_is_guarded(guard: Guard) -> None:
    """It is the cases that guard: without them every number moves unnoticed."""
    empty = Guard(guard.kb, ())
    assert not any(empty.notices(numeral, direction) for numeral in empty.numerals[:10] for direction in (1, -1))
