"""A folder of rules becomes a program: columns, constants, order, what is asked, and the hash of its files."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from nen_kb.errors import Problem, RulesError
from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST
from nen_kb.facts.values import NEG_INF, POS_INF, to_grid
from nen_kb.rules import load_program, read_query
from nen_kb.rules.columns import OntologyLike
from nen_kb.rules.ir import Atom, Comparison, Constant, Kind, Mark, Program, Term
from nen_kb.rules.reading import by_place
from nen_kb.rules.strata import ordered_body

Build = Callable[[str], Path]
HEADER = "#: means  An example; 2, 3, 28 and 90 explained.\n"


def load(build: Build, ontology: OntologyLike, text: str) -> Program:
    return load_program(build(HEADER + text), ontology)


def constants(program: Program, predicate: str = "example") -> list[str | int]:
    """The constants in the bodies of a predicate's rules, in order."""
    found: list[Term] = []
    for rule in program.rules_of(predicate):
        for item in rule.body:
            found += item.terms if isinstance(item, Atom) else [item.left, item.right]
    return [term.value for term in found if isinstance(term, Constant)]


def test_rules_stand_in_the_order_of_their_strata(build: Build, ontology: OntologyLike) -> None:
    """A predicate comes after what it reads, and the rules of one predicate in the order of the text."""
    program = load(
        build,
        ontology,
        "example(P) <= early(P)\nexample(P) <= sex(P, _)\nearly(P) <= ~late(P) & patient(P)\nlate(P) <= age(P, _, _)\n",
    )
    assert program.order.index("late") < program.order.index("early") < program.order.index("example")
    heads = [rule.head.predicate for rule in program.rules]
    assert heads == sorted(heads, key=program.order.index)
    assert [str(rule) for rule in program.rules_of("example")] == ["example(P) <= early(P)", "example(P) <= sex(P, _)"]
    assert set(program.predicates) >= {"patient", "isa", "below", "example"}
    assert program.trial("DEMO").clause("E1").parts == ("E1a", "E1b")


def test_numerals_are_read_by_their_column(build: Build, ontology: OntologyLike) -> None:
    """Quantities are ten-millionths, counts plain, and infinite ends are those of the column."""
    text = (
        "example(P) <= age(P, Low, _) & (Low > -2.000003) & (Low < '+inf') & (Low > '-inf')\n"
        "example(P) <= index_day(P, Day) & days_before(Day, 28, Day2) & (Day2 > '-inf') & (Day2 < '+inf')\n"
    )
    program = load_program(build(HEADER.replace("explained", "-2.000003 explained") + text), ontology)
    assert constants(program) == [-20_000_030, POS_INF, NEG_INF, 28, FAR_PAST, FAR_FUTURE]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("value(P, 'Bilirubin', Low, _) & (Low > '3 mg/dL')", to_grid(Fraction(3) * Fraction("17.104"))),
        ("value(P, 'Hemoglobin', Low, _) & (Low > '3 g/dL')", 30 * 10**7),
        ("value(P, 'Hemoglobin', _, High) & (High < '3 mmol/L')", to_grid(Fraction("48.342"))),
        ("measurement(P, _, X, Low, _) & isa(X, 'Hemoglobin') & ('90 g/L' < Low)", 90 * 10**7),
        ("value(P, 'Hemoglobin', A, B) & below(A, B, '3 g/dL', C, _) & (C > 0)", 30 * 10**7),
    ],
)
def test_quantities_with_a_unit(build: Build, ontology: OntologyLike, condition: str, expected: int) -> None:
    """Converted exactly to the canonical unit of the observable that the rule names."""
    text = f"example(P) <= {condition}\nvalue(P, C, Low, High) <= measurement(P, _, X, Low, High) & isa(X, C)\n"
    if "value" not in condition:
        text = text.split("\n")[0] + "\n"
    assert expected in constants(load(build, ontology, text))


def test_columns_are_inferred(build: Build, ontology: OntologyLike) -> None:
    """What a column holds comes from the rules, and how it moves from what binds it."""
    text = (
        "example(P) <= wide(P, _, _, _, _, _, _)\n"
        "wide(P, E, X, C, Low, To, Day) <= measurement(P, E, X, Low, _) & isa(X, C) & dated(P, E, _, To)"
        " & index_day(P, Day)\n"
    )
    columns = load(build, ontology, text).predicates["wide"].columns
    assert [column.word for column in columns] == ["Patient", "Record", "Concept", "Asked", "Low", "To", "Day"]
    assert [column.kind for column in columns[3:]] == [Kind.NAME, Kind.VALUE, Kind.DAY, Kind.DAY]
    assert [column.mark for column in columns[2:6]] == [Mark.CONCEPT, Mark.EXACT, Mark.LOW, Mark.HIGH]


def test_asked_names_are_found_through_arguments(build: Build, ontology: OntologyLike) -> None:
    """Directly, through a derived predicate, through a fact that binds the argument, and through a comparison."""
    text = (
        "example(P) <= found(P, _, X) & disjoint(X, 'LungTumor')\n"
        "example(P) <= wanted(C) & present(P, C)\n"
        "example(P) <= present(P, C) & (C == 'Disease')\n"
        "+ wanted('Cirrhosis')\n"
    )
    asked = load(build, ontology, text).asked
    assert asked["disjoint"] == {"LungTumor"}
    assert asked["isa"] == {"LiverTumor", "Cirrhosis", "Disease", "Hemoglobin"}
    assert asked["overlaps"] == {"LiverTumor", "Cirrhosis"}
    assert asked["in_domain"] == {"LiverTumor", "Cirrhosis"}


def test_a_body_in_an_order_that_binds(build: Build, ontology: OntologyLike) -> None:
    """Comparisons and negated atoms come as soon as they can; the rule itself keeps the order of its text."""
    text = (
        "example(P) <= (Day2 <= From) & ~sex(P, 'Male') & isa(X, 'Tumor') & days_before(Day, 28, Day2)"
        " & dated(P, E, From, _) & index_day(P, Day) & found(P, E, X)\n"
    )
    program = load(build, ontology, text)
    (rule,) = program.rules_of("example")
    assert isinstance(rule.body[0], Comparison)
    assert [str(item) for item in ordered_body(rule, program)] == [
        "dated(P, E, From, _)", "~sex(P, 'Male')", "index_day(P, Day)", "days_before(Day, 28, Day2)", "(Day2 <= From)",
        "found(P, E, X)", "isa(X, 'Tumor')",
    ]  # fmt: skip


def test_all_problems_come_in_one_error_sorted_by_place(build: Build, ontology: OntologyLike) -> None:
    with pytest.raises(RulesError) as caught:
        load(
            build, ontology, "example(P) <= pateint(P)\nexample(P) <= patient(P) & (X > X)\nother(P) <= sex(P, 'Man')\n"
        )
    problems = list(caught.value.problems)
    assert [problem.code for problem in problems] == ["unknown-predicate", "unsafe", "unknown-name", "unused-predicate"]
    assert problems == sorted(problems, key=by_place)
    assert problems[0] == Problem(
        "concepts/example.dl",
        "2",
        "there is no predicate 'pateint'",
        "Did you mean 'patient' or 'absent'?",
        "unknown-predicate",
    )


def test_lenient_loading_forgives_wording_only(build: Build, ontology: OntologyLike) -> None:
    """An edited threshold that its header does not explain can be tried; an unsafe rule never can."""
    edited = build("#: means  An example.\nexample(P) <= age(P, Low, _) & (Low > 70)\n")
    with pytest.raises(RulesError, match="number-unexplained"):
        load_program(edited, ontology)
    assert load_program(edited, ontology, strict=False).rules_of("example")
    with pytest.raises(RulesError, match="unsafe"):
        load_program(build("#: means  An example.\nexample(P) <= ~patient(P)\n"), ontology, strict=False)


def test_the_hash_is_over_every_file(build: Build, ontology: OntologyLike) -> None:
    """Rules and protocol texts count, and nothing else does."""
    folder = build("")
    before = load_program(folder, ontology).sha256
    (folder / "trials/demo/notes.txt").write_text("x")
    assert load_program(folder, ontology).sha256 == before
    source = folder / "trials/demo/source.txt"
    source.write_text(source.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert load_program(folder, ontology).sha256 != before


def test_a_query(build: Build, ontology: OntologyLike) -> None:
    """Constants are read as in rules, variables named in order, names listed."""
    program = load_program(build(""), ontology)
    query = read_query(program, "measurement(P, _, X, Lo, Hi) & isa(X, 'Hemoglobin') &\n (Lo > '9 g/dL')", ontology)
    assert [variable.name for variable in query.variables] == ["P", "X", "Lo", "Hi"]
    assert [column.word for column in query.columns] == ["Patient", "Concept", "Low", "High"]
    assert query.names == {"Hemoglobin"}
    assert isinstance(query.body[-1], Comparison)
    assert isinstance(query.body[-1].right, Constant)
    assert query.body[-1].right.value == 90 * 10**7


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "syntax"),
        ("met(P, T, C) # & x", "syntax"),
        ("met(P, T", "syntax"),
        ("__import__('os').system('true')", "syntax"),
        ("import os", "syntax"),
        ("patient(P)\x00", "unreadable"),
        ("pateint(P)", "unknown-predicate"),
        ("patient(P, T)", "arity"),
        ("patient(P) & ~met(P, T, 'I1')", "unsafe"),
        ("age(P, Lo, _) & (Lo > '3 mg/dL')", "quantity-unit"),
        ("patient(P)) <= patient(P) & (patient(P)", "syntax"),
    ],
)
def test_bad_queries(build: Build, ontology: OntologyLike, text: str, code: str) -> None:
    program = load_program(build(""), ontology)
    with pytest.raises(RulesError) as caught:
        read_query(program, text, ontology)
    assert {problem.code for problem in caught.value.problems} == {code}
