"""All cases in one cohort: both SQL translations give the statuses and verdicts of the evaluator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import pytest

from nen_kb.engines.sql.compile import Compiled, compile_program
from nen_kb.engines.sql.duckdb import DuckDB, decoded
from nen_kb.engines.sql.facts import Facts, facts_of
from nen_kb.engines.sql.fuse import fuse
from nen_kb.engines.sql.matrix import MATRIX, OUTCOMES, matrix_of
from nen_kb.facts.normalise import Prepared, normalise
from nen_kb.ontology import Ontology
from nen_kb.resources import shipped
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.ir import Program
from nen_kb.rules.load import load_program
from nen_kb.rules.plan import Row
from nen_kb.rules.protocol import protocol_rows
from nen_kb.sources.case_file import documents, read_case


@cache
def knowledge() -> tuple[Ontology, Program]:
    """What ships."""
    ontology = Ontology.load(None)
    return ontology, load_program(shipped("kb"), ontology)


@cache
def cohort() -> tuple[Prepared, ...]:
    """The patient of every case, each under a name of its own."""
    ontology, _ = knowledge()
    found = []
    for path in sorted((shipped("kb") / "trials").glob("*/cases/*.yaml")):
        for text in documents(path.read_text(encoding="utf-8")):
            patient = read_case(path, ontology, text=text)
            found.append(normalise(replace(patient, id=f"{len(found)} {patient.id}"), ontology))
    return tuple(found)


@cache
def expected() -> dict[str, frozenset[Row]]:
    """What the evaluator finds, patient by patient, each with a hierarchy of its own."""
    _, program = knowledge()
    evaluator, found = Evaluator(program), [dict[str, frozenset[Row]]() for _ in cohort()]
    for place, prepared in enumerate(cohort()):
        found[place] = evaluator.rows({**prepared.rows(program.asked), **protocol_rows(program)}, OUTCOMES)
    return {name: frozenset().union(*(rows[name] for rows in found)) for name in OUTCOMES}


def judged(compiled: Compiled, facts: Facts) -> dict[str, frozenset[Row]]:
    """What DuckDB finds, as the evaluator writes it."""
    _, program = knowledge()
    found = DuckDB(compiled, threads=2).run(facts, OUTCOMES)
    return {name: decoded(rows, program.predicates[name], compiled.names) for name, rows in found.items()}


@pytest.mark.parametrize("translate", [compile_program, fuse], ids=["literal", "fast"])
def test_every_case_in_one_cohort(translate: Callable[[Program], Compiled]) -> None:
    """Row for row, although index days differ and the hierarchy is closed over everybody's classes."""
    _, program = knowledge()
    compiled = translate(program)
    facts = facts_of(cohort(), program, compiled.names)
    assert facts["patient"].num_rows == len(cohort()) > 800
    assert judged(compiled, facts) == expected()


def test_the_matrix_is_that_of_the_rows() -> None:
    """The matrix of all cases, by arrays and by SQL alone, says what the literal translation's rows say."""
    _, program = knowledge()
    literal, fast = compile_program(program), fuse(program)
    facts = facts_of(cohort(), program, literal.names)
    rows = DuckDB(literal, threads=2).run(facts, OUTCOMES)
    wanted = matrix_of(rows, facts["patient"]["patient"].to_pylist(), program, literal.names)
    assert DuckDB(literal, threads=2).matrix(facts).equals(wanted)
    engine = DuckDB(fast, threads=2)
    assert engine.matrix(facts, literal.names).equals(wanted)
    by_sql = engine.run(facts, [MATRIX], literal.names)[MATRIX].sort_by("patient")
    assert by_sql.cast(wanted.schema).equals(wanted)


def test_some_clauses_alone() -> None:
    """A leaf, a composite and a part have the statuses they have among all, and cost few statements."""
    _, program = knowledge()
    whole = fuse(program)
    facts = facts_of(cohort(), program, whole.names)
    wanted = DuckDB(whole, threads=2).matrix(facts)
    for trial, clauses in (("START-NET", ["I10"]), ("START-NET", ["I11", "E1a"]), ("NCT05610826", ["E7", "I4"])):
        some = fuse(program, clauses=[(trial, clause) for clause in clauses])
        found = DuckDB(some, threads=2).matrix(facts, whole.names)
        assert set(found.schema.names) == {"patient", *(f"{trial} {clause}" for clause in clauses)}
        assert found.equals(wanted.select(found.schema.names))
        assert len(some.statements) < len(whole.statements) / 2
