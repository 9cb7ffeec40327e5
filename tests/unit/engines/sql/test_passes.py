"""Each pass against its fixture: what it makes of small programs, and that what is asked keeps its rows.

A fixture holds cases: a title, what is asked, a program, and behind ``---`` the rules after the pass.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from small import program, text_of

from nen_kb.engines.sql.duckdb import DuckDBEngine
from nen_kb.engines.sql.fuse import fuse, rewritten
from nen_kb.engines.sql.passes.demand import demand
from nen_kb.engines.sql.passes.extremes import extremes
from nen_kb.engines.sql.passes.factor import factor
from nen_kb.engines.sql.passes.furthest import furthest
from nen_kb.engines.sql.passes.ground import ground
from nen_kb.engines.sql.passes.narrow import narrow
from nen_kb.engines.sql.passes.only import only
from nen_kb.engines.sql.passes.shared import shared
from nen_kb.engines.sql.passes.split import CannotSplitError, split
from nen_kb.engines.sql.passes.unfold import unfold
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.ir import Kind, Program

FOLDER = Path(__file__).parent / "passes"
PASSES: dict[str, Callable[[Program, list[str]], Program]] = {
    "demand": demand,
    "only": lambda given, asked: only(given, ground(given, {}), {asked[0]: [("one", "met")]}),
    "extremes": lambda given, _: extremes(given),
    "factor": lambda given, _: factor(given),
    "furthest": lambda given, _: furthest(given),
    "narrow": narrow,
    "shared": lambda given, _: shared(given),
    "unfold": lambda given, _: unfold(given),
}


@dataclass(frozen=True)
class Case:
    """One case of a fixture."""

    name: str
    title: str
    asked: list[str]
    before: Program
    after: str


def cases() -> list[Case]:
    """Every case of every fixture."""
    found = []
    for name in PASSES:
        for part in (FOLDER / f"{name}.txt").read_text(encoding="utf-8").split("=== ")[1:]:
            before, _, after = part.partition("---\n")
            title, asked, *text = before.splitlines()
            names = asked.removeprefix("asked:").split()
            found.append(Case(name, title, names, program("\n".join(text)), after.strip()))
    return found


def facts(found: Program, chance: random.Random) -> dict[str, set[tuple[Any, ...]]]:
    """Random rows of every predicate that is given; few values, so that rows meet."""
    rows: dict[str, set[tuple[Any, ...]]] = {}
    for name, predicate in found.predicates.items():
        if predicate.role in ("base", "given"):
            columns = [
                {"Patient": ["p", "q"], "Record": ["r1", "r2", "r3"]}.get(column.word, ["a", "b", "c", "d"])
                if column.kind is Kind.NAME
                else [1, 2, 3]
                for column in predicate.columns
            ]
            number = chance.randrange(10)
            rows[name] = {tuple(chance.choice(values) for values in columns) for _ in range(number)}
    return rows


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.name}: {case.title}")
def test_a_pass(case: Case) -> None:
    """The rules after the pass are those of the fixture, and give the rows of those before."""
    after = PASSES[case.name](case.before, case.asked)
    assert text_of(after) == case.after
    engine, expected, chance = DuckDBEngine(after), Evaluator(case.before), random.Random(case.title)
    answered = 0
    for _ in range(12):
        rows = facts(case.before, chance)
        wanted, got = expected.rows(rows, case.asked), engine.rows(rows, case.asked)
        if case.name == "only":  # the other rows are not asked
            wanted, got = (
                {name: {row for row in each if row[1:] == ("one", "met")} for name, each in found.items()}
                for found in (wanted, got)
            )
        assert got == wanted
        answered += any(wanted.values())
    assert answered, "no facts give any row"


PROPOSITIONS = """
base found(Patient, Record, Concept)
base patient(Patient)
given part(Clause, Clause)
given clause(Clause)
derived met(Patient, Clause)
derived status(Patient, Clause, Word)
derived some(Patient, Clause, Word)
derived verdict(Patient, Word)
met(P, 'one') <= found(P, E, 'a') & found(P, E, 'b')
met(P, 'two') <= found(P, _, 'c') & found(P, _, 'a') & ~found(P, 'r1', 'd')
status(P, C, 'met') <= patient(P) & clause(C) & met(P, C)
status(P, C, 'unknown') <= patient(P) & clause(C) & ~met(P, C)
some(P, C, V) <= part(D, C) & status(P, D, V)
verdict(P, 'yes') <= patient(P) & ~some(P, _, 'unknown')
verdict(P, 'no') <= some(P, _, 'unknown')
"""
PARTS = {"part": {("one", "all"), ("two", "all")}, "clause": {("one",), ("two",)}}


def test_ground_and_split() -> None:
    """Combinations become predicates, groups of conditions flags; the evaluator finds the same in them."""
    before = program(PROPOSITIONS)
    found = ground(before, PARTS)
    after, flags = split(found.program, found.made)
    assert set(found.stands_for) == {"met", "status", "some", "verdict"}
    assert set(found.stands_for["some"]) == {("all", "met"), ("all", "unknown")}
    assert all(after.predicates[name].arity == 1 for name in found.made)
    assert sorted(str(rule) for name in flags for rule in after.rules_of(name)) == [
        "flag_0(P) <= found(P, V1, 'a') & found(P, V1, 'b')",
        "flag_1(P) <= found(P, _, 'c')",
        "flag_2(P) <= found(P, _, 'a')",
        "flag_3(P) <= found(P, 'r1', 'd')",
        "flag_4(P) <= patient(P)",
    ]
    chance, verdicts = random.Random(3), set()
    for _ in range(40):
        rows = {**facts(before, chance), **PARTS}
        wanted = Evaluator(before).rows(rows, list(found.stands_for))
        model = Evaluator(after).run(rows)
        for name, heads in found.stands_for.items():
            got = {(patient, *values) for values, made in heads.items() for (patient,) in model.rows(made)}
            assert got == wanted[name]
        verdicts |= {row[1] for row in wanted["verdict"]}
    assert verdicts == {"yes", "no"}


def test_what_depends_on_records_is_not_taken_apart() -> None:
    """A column that holds what a record says stays a column, and so does what such predicates read."""
    found = ground(
        program(
            """base found(Patient, Record, Concept)
            derived ill(Patient)
            derived kind(Patient, Concept)
            derived well(Patient)
            ill(P) <= found(P, _, 'a')
            kind(P, X) <= found(P, _, X) & ill(P)
            well(P) <= ~ill(P) & kind(P, 'b')
            """
        ),
        {},
    )
    assert set(found.stands_for) == {"well"}


def test_a_program_about_several_patients_is_left_alone() -> None:
    """Where a rule joins patients there is no row a patient to be made."""
    before = program("base near(Patient, Record)\nderived d(Patient)\nd(P) <= near(P, E) & near(Q, E) & (Q != P)")
    assert rewritten(before, ["d"]).stands_for == {}


def test_a_condition_about_nobody_joins_one_about_the_patient() -> None:
    """It is no flag of a patient by itself; where nothing ties it to a table, only the literal translation is left."""
    facts_ = "base found(Patient, Record, Concept)\ngiven isa(Concept, Asked)\n"
    tied = program(facts_ + "derived d(Patient)\nd(P) <= found(P, _, 'a') & ~isa('x', _) & ~found(P, _, 'b')")
    after, flags = split(tied, ["d"])
    assert sorted(str(rule) for name in flags for rule in after.rules_of(name)) == [
        "flag_0(P) <= found(P, _, 'b')",
        "flag_1(P) <= found(P, _, 'a') & ~isa('x', _)",
    ]
    long = " & ".join(f"found(P, _, '{letter}')" for letter in "abcdefghi")
    loose = program(f"{facts_}derived u(Patient)\nderived d(Patient)\nu(P) <= {long}\nd(P) <= u(P) & ~isa('x', _)")
    with pytest.raises(CannotSplitError):
        split(loose, ["u", "d"])
    assert [each.predicate for each in fuse(loose, ["d"]).statements] == ["u", "d"]
