"""Random programs over random facts, and a cohort of random patients: DuckDB gives the rows the evaluator gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, note, settings
from strategies import patients
from test_engines_agree import Case, cases
from topics import base_rows, evaluator, examples, ontology, program

from nen_kb.engines.pydatalog import PyDatalogEngine
from nen_kb.engines.sql.compile import Compiled, compile_program
from nen_kb.engines.sql.duckdb import DuckDB, DuckDBEngine, decoded
from nen_kb.engines.sql.facts import chunks, facts_of, tables_of
from nen_kb.engines.sql.fuse import OUTCOMES, fuse
from nen_kb.engines.sql.names import Names
from nen_kb.engines.sql.passes.demand import demand
from nen_kb.engines.sql.passes.factor import factor
from nen_kb.engines.sql.passes.unfold import unfold
from nen_kb.facts.normalise import normalise
from nen_kb.facts.records import Patient
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.ir import Program
from nen_kb.rules.plan import Row

QUICK = {"deadline": None, "database": None, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=40, **QUICK)  # type: ignore[arg-type]
@given(cases())
def test_random_programs(case: Case) -> None:
    """Every predicate asked of a random program has the evaluator's rows, whoever the patients are.

    Also in the fast translation, where the program is about one patient at a time, and by pyDatalog.
    """
    note("\n".join(map(str, case.program.rules)))
    evaluator, engine, datalog = Evaluator(case.program), DuckDBEngine(case.program), PyDatalogEngine(case.program)
    fast = fuse(case.program, case.asked)
    for base in case.bases:
        expected = evaluator.rows(base, case.asked)
        assert engine.rows(base, case.asked) == expected
        assert datalog.rows(base, case.asked) == expected
        names = Names(fast.names.all())
        found = DuckDB(fast, threads=1).run(tables_of(base, case.program, names), case.asked, names)
        rows = {name: decoded(each, case.program.predicates[name], names) for name, each in found.items()}
        assert rows == expected


@settings(max_examples=100, **QUICK)  # type: ignore[arg-type]
@given(cases())
def test_passes_keep_the_rows_of_random_programs(case: Case) -> None:
    """What is asked has the same rows after each pass, judged by the evaluator alone."""
    note("\n".join(map(str, case.program.rules)))
    expected = [Evaluator(case.program).rows(base, case.asked) for base in case.bases]
    narrowed = demand(case.program, case.asked)
    for passed in (narrowed, unfold(case.program), factor(case.program, often=1), factor(unfold(narrowed), often=1)):
        after = Evaluator(passed)
        assert [after.rows(base, case.asked) for base in case.bases] == expected, str(passed.rules)


def drawn(number: int) -> list[Patient]:
    """So many random patients, the same every time, each under a name of its own."""
    found: list[Patient] = []

    @examples(number)
    @given(patients())
    def draw(patient: Patient) -> None:
        found.append(replace(patient, id=f"p{len(found)}"))

    draw()
    return found


@pytest.mark.parametrize("translate", [compile_program, fuse], ids=["literal", "fast"])
def test_a_cohort_of_random_patients(translate: Callable[[Program], Compiled]) -> None:
    """Statuses and verdicts are those of the evaluator, for all at once and in parts."""
    cohort = drawn(100)
    expected: dict[str, set[Row]] = {name: set() for name in OUTCOMES}
    for patient in cohort:
        for name, rows in evaluator().rows(base_rows(patient), OUTCOMES).items():
            expected[name] |= rows
    compiled = translate(program())
    facts = facts_of([normalise(patient, ontology()) for patient in cohort], program(), compiled.names)
    assert len(list(chunks(facts, program(), 60))) == 2
    found: dict[str, set[Row]] = {name: set() for name in OUTCOMES}
    for part in DuckDB(compiled, threads=2).run_in_parts(facts, OUTCOMES, patients=60, workers=2):
        for name, rows in part.items():
            found[name] |= decoded(rows, program().predicates[name], compiled.names)
    assert found == expected
