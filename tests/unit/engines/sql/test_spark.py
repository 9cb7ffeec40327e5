"""Small programs on Spark: built-ins, numbers too great, files in and out, and what is said where Spark is missing."""

from __future__ import annotations

import random
import shutil
import sys
from datetime import date
from importlib import import_module, util
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet
from pyspark.errors import ArithmeticException
from small import program
from test_builtins import VALUES, VOCABULARY

from nen_kb.engines.sql.builtins import SQL_FORMS
from nen_kb.engines.sql.compile import compile_program
from nen_kb.engines.sql.duckdb import DuckDB, decoded
from nen_kb.engines.sql.facts import facts_of, tables_of
from nen_kb.engines.sql.fuse import fuse
from nen_kb.engines.sql.matrix import PATIENT
from nen_kb.engines.sql.spark import Spark, session, write_facts
from nen_kb.engines.sql.spark_session import activate, chosen, configured, settled
from nen_kb.errors import EngineError
from nen_kb.knowledge_base import KnowledgeBase
from nen_kb.resources import shipped
from nen_kb.rules.builtins import BUILTINS
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.ir import Program
from nen_kb.rules.plan import Row
from nen_kb.sources.case_file import documents, read_case

Rows = dict[str, set[tuple[Any, ...]]]


def rows_of(found: Program, base: Rows, asked: list[str]) -> dict[str, frozenset[Row]]:
    """The rows Spark finds by the literal translation, as the evaluator writes them."""
    compiled = compile_program(found, asked=asked)
    tables = Spark(compiled, session()).run(tables_of(base, found, compiled.names), asked)
    return {name: decoded(each, found.predicates[name], compiled.names) for name, each in tables.items()}


def test_builtins_are_those_of_the_rules() -> None:
    """At the ends of the calendar, of months and of the number line, on every sign; and formulas come as tables."""
    lines, rows = [], Rows()
    names = [*SQL_FORMS, "capa", "cockcroft_gault"]
    for name in names:
        words = [word.strip() for word in VOCABULARY[name].split(",")]
        builtin, chance = BUILTINS[name], random.Random(name)
        inputs = [words[place] for place in builtin.inputs]
        rows[f"of_{name}"] = set()
        for number in range(200):
            row = [chance.choice(VALUES[word]) for word in inputs]
            for place, word in enumerate(inputs):
                if word in ("High", "To") and row[place - 1] > row[place]:  # type: ignore[operator]
                    row[place - 1 : place + 1] = row[place], row[place - 1]
            rows[f"of_{name}"].add((f"r{number}", *row))
        terms = [f"I{place}" if place in builtin.inputs else f"O{place}" for place in range(len(words))]
        lines += [
            f"base of_{name}(Record, {', '.join(inputs)})",
            f"builtin {name}({VOCABULARY[name]})",
            f"derived d_{name}(Record, {', '.join(words[place] for place in builtin.outputs)})",
            f"d_{name}(E, {', '.join(terms[place] for place in builtin.outputs)}) <= "
            f"of_{name}(E, {', '.join(terms[place] for place in builtin.inputs)}) & {name}({', '.join(terms)})",
        ]
    found, asked = program("\n".join(lines)), [f"d_{name}" for name in names]
    expected = Evaluator(found).rows(rows, asked)
    assert all(expected.values())
    assert rows_of(found, rows, asked) == expected


def test_a_number_too_great_is_an_error() -> None:
    """It does not come back as another number."""
    given = session()
    try:
        with pytest.raises(ArithmeticException):
            settled(given).sql("SELECT 9223372036854775807 + n FROM VALUES (1L) AS t(n)").collect()
    finally:
        activate(given)


def test_an_error_holds_no_values(capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    """What Spark says of the row it fails on stays inside, out of the logs of Java and Python too."""
    found = program("base of(Patient, Low)\nderived d(Patient)\nd(P) <= of(P, L) & (L >= 5)")
    compiled = compile_program(found)
    words = pa.table({"patient": pa.array([1], pa.int32()), "low": ["Ki-67 of 12"]})
    with pytest.raises(EngineError) as raised:
        Spark(compiled, session()).run({"of": words}, ["d"])
    assert raised.value.problems[0].code == "spark-failed"
    assert raised.value.exit_code == 13
    said = capfd.readouterr()
    assert "Ki-67" not in f"{raised.value} {said.out} {said.err} {caplog.text}"
    assert raised.value.__cause__ is None


def test_facts_may_come_in_pieces() -> None:
    """Pieces without rows lose nothing: Spark itself stops at the first of them."""
    found = program(
        "base p(Patient, Concept)\nderived d(Patient)\nderived e(Patient, Concept)\n"
        "d(P) <= p(P, 'a')\ne(P, X) <= p(P, X) & d(P)"
    )
    compiled = compile_program(found)
    rows = tables_of({"p": {("one", "a"), ("one", "b"), ("two", "b")}}, found, compiled.names)["p"]
    pieces = pa.concat_tables([rows.slice(0, 0), rows.slice(0, 1), rows.slice(0, 0), rows.slice(1)])
    got = Spark(compiled, session()).run({"p": pieces}, ["d", "e"])
    assert decoded(got["d"], found.predicates["d"], compiled.names) == {("one",)}
    assert decoded(got["e"], found.predicates["e"], compiled.names) == {("one", "a"), ("one", "b")}


def test_nothing_stays_behind() -> None:
    """Tables of a run are let go of, also after an error, and the session of the caller is as it was."""
    own = session()
    test_facts_may_come_in_pieces()
    assert own.sparkContext._jsc.getPersistentRDDs().isEmpty()
    assert own.catalog.listTables() == []
    assert own.conf.get("spark.sql.autoBroadcastJoinThreshold") != "-1"


def test_from_files_to_files(tmp_path: Path) -> None:
    """As on a cluster: facts are read from a folder, and the matrix written to another, as DuckDB has it."""
    kb = KnowledgeBase()
    path = next(iter(sorted((shipped("kb") / "trials").glob("*/cases/*.yaml"))))
    patients = [read_case(path, kb.ontology, text=text) for text in documents(path.read_text(encoding="utf-8"))]
    compiled = fuse(kb.program, clauses=[("START-NET", "I1"), ("NCT05610826", "E5")])
    facts = facts_of([kb.prepare(patient) for patient in patients], kb.program, compiled.names)
    expected = DuckDB(compiled, threads=1).matrix(facts)
    write_facts(facts, tmp_path / "facts")
    engine = Spark(compiled, session())
    engine.write(tmp_path / "facts", tmp_path / "matrix")
    assert (tmp_path / "matrix" / "_SUCCESS").exists()
    found = parquet.read_table(tmp_path / "matrix")
    assert found[PATIENT].to_pylist() == expected[PATIENT].to_pylist()
    assert found.cast(expected.schema).equals(expected)
    assert len(expected.column_names) == 3
    with pytest.raises(EngineError):
        engine.write(tmp_path / "facts", tmp_path / "matrix")


def test_what_is_configured_stays(tmp_path: Path) -> None:
    """Only what nobody set is chosen, and on a cluster nothing that is about one machine."""
    (tmp_path / "spark-defaults.conf").write_text("# ours\nspark.master  spark://there:7077\nspark.ui.enabled=true\n")
    arguments = "--master yarn --conf spark.driver.memory=9g pyspark-shell"
    given = configured({"SPARK_CONF_DIR": str(tmp_path), "PYSPARK_SUBMIT_ARGS": arguments})
    assert given == {"spark.master": "yarn", "spark.ui.enabled": "true", "spark.driver.memory": "9g"}
    there = chosen(given, None)
    assert not set(there) & {*given, "spark.driver.bindAddress", "spark.local.dir"}
    here = chosen({}, "local[2]")
    assert here["spark.master"] == "local[2]"
    assert here["spark.driver.bindAddress"] == "127.0.0.1"
    assert here["spark.ui.enabled"] == "false"
    assert chosen({"spark.master": "local[3]"}, "local[2]").get("spark.master") is None


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Java or pyspark there is an error of the engine, and what to install."""
    started = import_module("nen_kb.engines.sql.spark_session")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    monkeypatch.setattr(util, "find_spec", lambda _: None)
    with pytest.raises(EngineError, match="no-java") as raised:
        started.find_java()
    assert raised.value.exit_code == 13
    with pytest.raises(EngineError, match="nen-kb\\[spark\\]"):
        session()
    for name in ("pyspark", "nen_kb.engines.sql.spark"):
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyspark.errors", None)
    with pytest.raises(EngineError, match="nen-kb\\[spark\\]"):
        import_module("nen_kb.engines.sql.spark")


def test_days_are_those_of_the_calendar() -> None:
    """A month before the 31st is the last of February, leap year or not."""
    found = program(
        "base of(Record, Day)\nbuiltin months_before(Day, Count, Moved)\nderived d(Record, Moved)\n"
        "d(E, M) <= of(E, D) & months_before(D, 1, M)"
    )
    march = {year: date(year, 3, 31).toordinal() for year in (2023, 2024)}
    rows = rows_of(found, {"of": {(str(year), day) for year, day in march.items()}}, ["d"])["d"]
    assert rows == {("2023", date(2023, 2, 28).toordinal()), ("2024", date(2024, 2, 29).toordinal())}
