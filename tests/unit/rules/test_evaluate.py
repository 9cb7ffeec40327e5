"""The evaluator is the semantics: what each construct of the rule language means, on facts to check by eye."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from nen_kb.rules.evaluate import Evaluator, Instance, Step, evaluate, with_query
from nen_kb.rules.ir import (
    COLUMN_WORDS,
    Atom,
    BodyItem,
    Column,
    Comparison,
    Constant,
    Header,
    Kind,
    Mark,
    Place,
    Predicate,
    Program,
    Rule,
    Variable,
)

HERE = Place("test.dl", 1)
HEADER = Header((), HERE)
ANY = Column("Word", Kind.NAME, Mark.EXACT)
X, Y, Z = map(Variable, "XYZ")


def blank(number: int) -> Variable:
    """A ``_`` of the text."""
    return Variable(f"_{number}")


def atom(name: str, *terms: Any) -> Atom:
    """An atom; what is no variable is a constant."""
    wanted = (term if isinstance(term, Variable) else Constant(term, Kind.NAME) for term in terms)
    return Atom(name, tuple(wanted), False, HERE)


def no(positive: Atom) -> Atom:
    """``~atom``."""
    return replace(positive, negated=True)


def compare(left: Any, op: Any, right: Any) -> Comparison:
    """``(left op right)``."""
    terms = (each if isinstance(each, Variable) else Constant(each, Kind.COUNT) for each in (left, right))
    return Comparison(next(terms), op, next(terms), HERE)


def rule(head: Atom, *body: BodyItem) -> Rule:
    """``head <= body``."""
    return Rule(head, body, HERE, HEADER)


def program(*rules: Rule) -> Program:
    """A program in the order of its rules; ``before`` is the built-in, everything else not derived is base."""
    derived = list(dict.fromkeys(each.head.predicate for each in rules))
    atoms = [item for each in rules for item in (each.head, *each.body) if isinstance(item, Atom)]
    predicates = {
        each.predicate: Predicate(
            each.predicate,
            (ANY,) * len(each.terms),
            "derived" if each.predicate in derived else "builtin" if each.predicate == "days_before" else "base",
            HEADER,
        )
        for each in atoms
    }
    return Program(predicates, rules, tuple(derived), (), {}, "")


A = {"a": [(1, 10), (2, 20), (3, 30)], "b": [(2,)], "c": [("x", "x"), ("x", "y")]}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ((atom("a", X, Y),), {1, 2, 3}),
        ((atom("a", X, 20),), {2}),
        ((atom("a", X, Y), atom("b", X)), {2}),
        ((atom("a", X, Y), no(atom("b", X))), {1, 3}),
        ((no(atom("b", X)), atom("a", X, Y)), {1, 3}),
        ((atom("a", X, Y), compare(Y, ">", 10)), {2, 3}),
        ((compare(Y, ">=", 30), atom("a", X, Y)), {3}),
        ((atom("a", X, Y), compare(Y, "==", 10)), {1}),
        ((atom("a", X, Y), compare(X, "!=", 1), compare(Y, "<", 30)), {2}),
        ((atom("c", X, X),), {"x"}),
        ((atom("c", X, blank(1)),), {"x"}),
        ((atom("a", X, blank(1)), no(atom("a", blank(2), 40))), {1, 2, 3}),
        ((atom("a", X, blank(1)), no(atom("a", blank(2), 20))), set()),
        ((atom("a", X, Y), no(atom("a", X, blank(1)))), set()),
        ((atom("a", X, Y), atom("b", Z), compare(X, "<=", Z)), {1, 2}),
        ((atom("b", X), atom("nothing", Y)), set()),
        ((atom("b", X), no(atom("nothing", blank(1)))), {2}),
        ((atom("b", Y), atom("days_before", 100, Y, X)), {98}),
        ((atom("b", X), atom("days_before", 100, X, 98)), {2}),
        ((atom("b", X), atom("days_before", 100, X, 97)), set()),
        ((atom("b", X), atom("days_before", 100, -1, blank(1))), set()),
        ((atom("a", X, Y), atom("days_before", Y, 9, X)), {1}),
    ],
)
def test_bodies(body: tuple[BodyItem, ...], expected: set[Any]) -> None:
    """One row of the head for every way to satisfy the body, whatever the order in which it is written."""
    assert evaluate(program(rule(atom("h", X), *body)), A).rows("h") == {(each,) for each in expected}


def test_rules_of_one_head_add_up_and_later_predicates_see_them_all() -> None:
    """A negated predicate is complete before it is read."""
    text = program(
        rule(atom("h", X), atom("b", X)),
        rule(atom("h", X), atom("a", X, 30)),
        rule(atom("rest", X, "left"), atom("a", X, Y), no(atom("h", X))),
        rule(atom("given", 7)),
    )
    model = evaluate(text, A)
    assert model.rows("h") == {(2,), (3,)}
    assert model.rows("rest") == {(1, "left")}
    assert model.rows("given") == {(7,)}


def test_only_what_is_asked_is_computed_first_and_the_rest_on_demand() -> None:
    """A model answers for any predicate, asked for or not, and has no rows for one it does not know."""
    text = program(rule(atom("h", X), atom("b", X)), rule(atom("g", X), atom("a", X, Y)))
    model = Evaluator(text).run(A, ["h"])
    assert model.rows("g") == {(1,), (2,), (3,)}
    assert model.rows("b") == {(2,)}
    assert model.rows("unheard_of") == frozenset()


def test_strings_are_not_numbers() -> None:
    """'1' and 1, 'True' and the truth differ; -1 and -2, which have the same hash, too."""
    text = program(rule(atom("h", X), atom("a", X), no(atom("b", X))))
    base = {"a": [("1",), (1,), ("True",), (-1,), (-2,)], "b": [(1,), (-2,)]}
    assert evaluate(text, base).rows("h") == {("1",), ("True",), (-1,)}


def test_instances_hold_every_step_in_the_order_of_the_text() -> None:
    """An instance has the tuple of each item; a negated atom has None where anything would do."""
    body = (compare(Y, ">", 10), atom("a", X, Y), no(atom("b", blank(1))), atom("c", blank(2), "y"))
    text = program(rule(atom("h", X), *body))
    base = {**A, "b": []}
    assert Evaluator(text).run(base).instances("h", (2,)) == (
        Instance(
            text.rules[0],
            (2,),
            (Step(body[0], (20, 10)), Step(body[1], (2, 20)), Step(body[2], (None,)), Step(body[3], ("x", "y"))),
        ),
    )


def test_instances_of_every_derivation() -> None:
    """A row derived in two ways, by two rules or two facts, has an instance for each; other rows have none."""
    text = program(rule(atom("h", X), atom("a", X, blank(1))), rule(atom("h", 1), atom("b", Y)))
    base = {"a": [(1, 10), (1, 20), (2, 10)], "b": [(5,)]}
    model = evaluate(text, base)
    steps = [(each.rule.head.terms, [step.values for step in each.steps]) for each in model.instances("h", (1,))]
    assert steps == [
        ((X,), [(1, 10)]),
        ((X,), [(1, 20)]),
        ((Constant(1, Kind.NAME),), [(5,)]),
    ]
    assert model.instances("h", (9,)) == ()
    assert model.instances("a", (1, 10)) == ()
    assert [each.row for each in model.instances("h")] == [(1,), (1,), (1,), (2,)]


def test_instances_with_a_constant_or_a_repeated_variable_in_the_head() -> None:
    """A head that cannot be the row gives no instance."""
    text = program(rule(atom("h", X, X, "k"), atom("b", X)))
    model = evaluate(text, A)
    assert len(model.instances("h", (2, 2, "k"))) == 1
    assert model.instances("h", (2, 1, "k")) == ()
    assert model.instances("h", (2, 2, "other")) == ()


def test_instances_come_in_the_same_order_every_time() -> None:
    """First by row, then by rule, then by the values bound; names after numbers."""
    text = program(rule(atom("h", X), atom("a", X, Y)))
    base = {"a": [("b", 2), ("a", 1), (3, 1), ("a", -5), (-3, 1)]}
    rows = [each.steps[0].values for each in evaluate(text, base).instances("h")]
    assert rows == [(-3, 1), (3, 1), ("a", -5), ("a", 1), ("b", 2)]


def test_derived_rows_cannot_be_given() -> None:
    """What rules derive is not a fact."""
    with pytest.raises(ValueError, match="h is derived"):
        evaluate(program(rule(atom("h", X), atom("b", X))), {"h": [(1,)]})


@pytest.mark.parametrize(
    "rules",
    [
        (rule(atom("h", X), atom("h", X)),),
        (rule(atom("h", X), atom("b", X), no(atom("g", X))), rule(atom("g", X), atom("b", X), no(atom("h", X)))),
    ],
)
def test_recursion_is_refused(rules: tuple[Rule, ...]) -> None:
    """A predicate that depends on itself has no meaning here, whoever made the program."""
    with pytest.raises(ValueError, match="not computed before it"):
        Evaluator(program(*rules))


def test_query_is_one_more_rule() -> None:
    """A query sees derived and base predicates and leaves the program as it was."""
    text = program(rule(atom("h", X), atom("b", X)), rule(atom("g", X), atom("a", X, Y)))
    evaluator = Evaluator(text)
    assert evaluator.query(A, (atom("a", X, Y), no(atom("h", X))), (Y, X)) == {(10, 1), (30, 3)}
    assert evaluator.query(A, (atom("h", 2),), ()) == {()}
    assert evaluator.query(A, (atom("h", 3),), ()) == frozenset()
    assert evaluator.program is text


def test_query_columns_come_from_the_atoms() -> None:
    """The predicate of a query knows what its columns hold, and its name cannot be written in a rule."""
    text = program(rule(atom("h", X), atom("b", X)))
    low = Predicate("b", (COLUMN_WORDS["Low"],), "base", HEADER)
    text = replace(text, predicates={**text.predicates, "b": low})
    longer, name = with_query(text, (atom("b", X),), (X,))
    assert longer.predicates[name].columns == (COLUMN_WORDS["Low"],)
    assert not name.isidentifier()


def test_two_patients_do_not_mix() -> None:
    """One evaluator serves many models; each holds its own facts."""
    evaluator = Evaluator(program(rule(atom("h", X), atom("b", X))))
    first, second = evaluator.run({"b": [(1,)]}), evaluator.run({"b": [(2,)]})
    assert (first.rows("h"), second.rows("h")) == ({(1,)}, {(2,)})
    assert first.instances("h", (2,)) == ()


def test_a_model_may_be_read_while_facts_are_changed_elsewhere() -> None:
    """A model keeps the facts it was made from, not the caller's collections."""
    facts = [(1,)]
    read: Callable[[str], frozenset[Any]] = evaluate(program(rule(atom("h", X), atom("b", X))), {"b": facts}, []).rows
    facts.append((2,))
    assert read("h") == {(1,)}
