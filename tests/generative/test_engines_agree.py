"""Random programs over random facts: pyDatalog gives the rows the evaluator gives.

The programs are safe, stratified and not recursive, as the checks demand; otherwise they use everything: negation,
comparisons, anonymous variables, constants anywhere, a variable twice in an atom, built-ins, facts in the text,
questions to a hierarchy, predicates without rows, and values that engines mix up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from nen_kb.engines.pydatalog import PyDatalogEngine
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.ir import (
    COLUMN_WORDS,
    Atom,
    BodyItem,
    Comparison,
    Constant,
    Header,
    Kind,
    Place,
    Predicate,
    Program,
    Rule,
    Term,
    Variable,
)

HERE = Place("random.dl", 1)
HEADER = Header((), HERE)
NAMES = ("a", "True", "1", "-1", "x'y", "None", "X1")
NUMBERS = (-2, -1, 0, 1, 2, 10**18, -(10**18))
FIXED = {
    # what is not derived: its role and the words of its columns
    "single": ("base", ("Record",)),
    "pair": ("base", ("Record", "Count")),
    "range_": ("base", ("Count", "Count", "Concept")),
    "of": ("base", ("Patient", "Concept", "Count")),
    "rank": ("base", ("Patient", "Record")),
    "isa": ("given", ("Concept", "Asked")),
    "known": ("given", ("Trial", "Count")),
    "part": ("given", ("Trial",)),
    "below": ("builtin", ("Low", "High", "Limit", "Low", "High")),
    "days_before": ("builtin", ("Day", "Count", "Moved")),
}
INPUTS = {"below": 3, "days_before": 2}


@dataclass(frozen=True)
class Case:
    """A program, the facts of some patients, and what to ask."""

    program: Program
    bases: list[dict[str, set[tuple[Any, ...]]]]
    asked: tuple[str, ...]


def is_name(word: str) -> bool:
    """Whether the column holds strings."""
    return COLUMN_WORDS[word].kind is Kind.NAME


def predicate(name: str, role: Any, words: tuple[str, ...]) -> Predicate:
    """A predicate of the program."""
    return Predicate(name, tuple(COLUMN_WORDS[word] for word in words), role, HEADER)


def value(word: str) -> st.SearchStrategy[Any]:
    """A value for such a column."""
    return st.sampled_from(("p", "q") if word == "Patient" else NAMES if is_name(word) else NUMBERS)


class Body:
    """The body of a rule while it is being drawn."""

    def __init__(self, draw: Any, one_patient: bool) -> None:
        self.draw = draw
        self.one_patient = one_patient
        self.bound: dict[Variable, str] = {}
        self.items: list[BodyItem] = []
        self.anonymous = 0

    def of_kind(self, word: str) -> list[Variable]:
        """The bound variables that fit such a column."""
        if word == "Patient":
            return [variable for variable, kind in self.bound.items() if kind == word]
        return [v for v, kind in self.bound.items() if kind != "Patient" and is_name(kind) == is_name(word)]

    def term(self, word: str, new: bool) -> Term:
        """A variable, new or bound, or a constant."""
        if word == "Patient" and self.one_patient:
            self.bound[Variable("P")] = word
            return Variable("P")
        choices: list[Term] = [*self.of_kind(word)]
        if new:
            choices += [Variable(f"V{len(self.bound)}")] * 3
        if not choices or self.draw(st.integers(0, 3)) == 0:
            return Constant(self.draw(value(word)), COLUMN_WORDS[word].kind)
        term = self.draw(st.sampled_from(choices))
        if isinstance(term, Variable):
            self.bound.setdefault(term, word)
        return term

    def anything(self) -> Variable:
        """A ``_`` of its own."""
        self.anonymous += 1
        return Variable(f"_{self.anonymous}")

    def atom(self, found: Predicate, negated: bool = False) -> None:
        """Adds an atom of that predicate; a negated one only of what is bound."""
        terms: list[Term] = []
        for number, column in enumerate(found.columns):
            spare = not (column.word == "Patient" and self.one_patient) and number >= INPUTS.get(found.name, 0)
            if spare and self.draw(st.integers(0, 4)) == 0:
                terms.append(self.anything())
            else:
                terms.append(self.term(column.word, not negated and number >= INPUTS.get(found.name, 0)))
        self.items.append(Atom(found.name, tuple(terms), negated, HERE))

    def comparison(self) -> None:
        """Adds a comparison of a bound variable, if there is one."""
        choices = [variable for variable, word in self.bound.items() if word != "Patient"]
        if choices:
            left = self.draw(st.sampled_from(choices))
            word = self.bound[left]
            op = self.draw(st.sampled_from(("==", "!=") if is_name(word) else ("<", "<=", ">", ">=", "==", "!=")))
            self.items.append(Comparison(left, op, self.term(word, False), HERE))


@st.composite
def cases(draw: Any) -> Case:
    """A random program with facts."""
    one_patient = draw(st.booleans())
    predicates = {name: predicate(name, role, words) for name, (role, words) in FIXED.items()}
    rules: list[Rule] = []
    derived = [f"d{number}" for number in range(draw(st.integers(1, 5)))]
    for name in derived:
        words = tuple(draw(st.lists(st.sampled_from(("Record", "Count", "Concept")), max_size=3)))
        if one_patient:
            words = ("Patient", *words)
        found = predicate(name, "derived", words)
        usable = [each for each in predicates.values() if each.role != "builtin"]
        for _ in range(draw(st.integers(0, 3))):
            body = Body(draw, one_patient)
            if one_patient:
                body.atom(predicates[draw(st.sampled_from(("of", "rank")))])
            for each in draw(st.lists(st.sampled_from(usable), min_size=0 if one_patient else 1, max_size=3)):
                body.atom(each)
            for _ in range(draw(st.integers(0, 2))):
                body.comparison()
            if draw(st.integers(0, 3)) == 0:
                body.atom(predicates[draw(st.sampled_from(sorted(INPUTS)))])
            for each in draw(st.lists(st.sampled_from(usable), max_size=2)):
                body.atom(each, negated=True)
            head = Atom(name, tuple(body.term(word, False) for word in words), False, HERE)
            rules.append(Rule(head, tuple(draw(st.permutations(body.items))), HERE, HEADER))
        if not one_patient and draw(st.integers(0, 5)) == 0:
            head = Atom(name, tuple(Constant(draw(value(w)), COLUMN_WORDS[w].kind) for w in words), False, HERE)
            rules.append(Rule(head, (), HERE, HEADER))
        predicates[name] = found
    bases = [
        {
            name: draw(st.sets(st.tuples(*map(value, words)), max_size=6))
            for name, (role, words) in FIXED.items()
            if role != "builtin" and draw(st.integers(0, 9 if number else 2))
        }
        for number in range(2)
    ]
    program = Program(predicates, tuple(rules), tuple(derived), (), {}, "")
    return Case(program, bases, tuple(draw(st.sets(st.sampled_from(derived), min_size=1))))


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(cases())
def test_pydatalog_agrees_with_the_evaluator(case: Case) -> None:
    """Both give the same rows of every predicate asked, also when the same session is asked again.

    And also where the rules are cut into parts, as they are for many records.
    """
    note("\n".join(map(str, case.program.rules)))
    evaluator, engine = Evaluator(case.program), PyDatalogEngine(case.program)
    apart = PyDatalogEngine(case.program, many=0)
    fewer = {name: rows for name, rows in case.bases[1].items() if name in ("single", "of", "isa")}
    for base in (case.bases[1], case.bases[0], fewer, case.bases[1]):
        expected = evaluator.rows(base, case.asked)
        assert engine.rows(base, case.asked) == expected
        assert apart.rows(base, case.asked) == expected


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(cases())
def test_instances_are_what_the_rows_come_from(case: Case) -> None:
    """Every derived row has an instance, every instance derives its row, and each of its steps holds in the model."""
    note("\n".join(map(str, case.program.rules)))
    model = Evaluator(case.program).run(case.bases[0])
    for name in case.program.order:
        instances = model.instances(name)
        assert {instance.row for instance in instances} == model.rows(name)
        assert len(set(map(repr, instances))) == len(instances)
        for instance in instances:
            assert tuple(step.item for step in instance.steps) == instance.rule.body
            for step in instance.steps:
                if isinstance(step.item, Comparison):
                    assert None not in step.values
                elif step.item.negated:
                    assert not any(
                        all(wanted in (None, found) for wanted, found in zip(step.values, row, strict=True))
                        for row in model.rows(step.item.predicate)
                    )
                elif step.item.predicate not in INPUTS:
                    assert step.values in model.rows(step.item.predicate)
