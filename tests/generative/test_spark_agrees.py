"""Spark gives what DuckDB gives: every case file, random and made-up patients in one cohort, and random programs."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from importlib import util
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from pyarrow import parquet
from test_cohort_engines import cohort as random_cohort
from test_engines_agree import Case, cases
from test_sql_agrees import QUICK
from topics import ontology, program

from nen_kb.engines.sql.compile import compile_program
from nen_kb.engines.sql.duckdb import DuckDB, decoded
from nen_kb.engines.sql.facts import facts_of, tables_of
from nen_kb.engines.sql.fuse import fuse
from nen_kb.engines.sql.names import Names
from nen_kb.engines.sql.spark import Spark, write_facts
from nen_kb.engines.sql.spark_session import configured, session
from nen_kb.errors import EngineError
from nen_kb.facts.normalise import normalise
from nen_kb.rules.evaluate import Evaluator

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "kb"))

from test_cohort import cohort as case_cohort


@pytest.fixture(scope="module")
def started() -> Iterator[Any]:
    """One session for all tests: starting Spark takes longer than they do."""
    found = session("local[2]")
    yield found
    gc.collect()  # what Python still holds of Java is let go of while there is somebody to tell
    found.stop()


def test_every_case_and_random_patients(started: Any, tmp_path: Path) -> None:
    """Byte for byte the same matrix, in memory and written as Parquet."""
    compiled = fuse(program())
    prepared = [*case_cohort(), *(normalise(patient, ontology()) for patient in random_cohort())]
    facts = facts_of(prepared, program(), compiled.names)
    expected = DuckDB(compiled, threads=2).matrix(facts, compiled.names)
    assert expected.num_rows == len(prepared) > 1000
    write_facts(facts, tmp_path / "facts")
    Spark(compiled, started).write(tmp_path / "facts", tmp_path / "matrix", compiled.names)
    written = parquet.read_table(tmp_path / "matrix").cast(expected.schema)
    assert written.equals(expected)


def test_random_programs(started: Any) -> None:
    """Every predicate asked has the evaluator's rows."""
    tried = 0

    @settings(max_examples=4, phases=[Phase.generate], derandomize=True, **QUICK)  # type: ignore[arg-type]
    @given(cases())
    def compare(case: Case) -> None:
        nonlocal tried
        compiled, evaluator = compile_program(case.program, asked=case.asked), Evaluator(case.program)
        for base in case.bases[:1]:
            names = Names(compiled.names.all())
            rows = Spark(compiled, started).run(tables_of(base, case.program, names), case.asked, names)
            found = {name: decoded(each, case.program.predicates[name], names) for name, each in rows.items()}
            assert found == evaluator.rows(base, case.asked), str(case.program.rules)
            tried += 1

    compare()
    assert tried


def test_without_pyspark_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(util, "find_spec", lambda _: None)
    with pytest.raises(EngineError, match=r"nen-kb\[spark\]"):
        session()


def test_what_is_configured_is_left_alone(tmp_path: Path) -> None:
    """The defaults file, then the arguments of spark-submit."""
    (tmp_path / "spark-defaults.conf").write_text("spark.master  spark://here:7077\nspark.driver.memory=8g\n# x\n")
    arguments = "--master yarn --conf spark.ui.enabled=true pyspark-shell"
    found = configured({"SPARK_CONF_DIR": str(tmp_path), "PYSPARK_SUBMIT_ARGS": arguments})
    assert found == {"spark.master": "yarn", "spark.driver.memory": "8g", "spark.ui.enabled": "true"}
