"""``nen-kb sparql``, ``nen-kb export`` and ``KnowledgeBase.sparql`` from the outside."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
import rdflib

from nen_kb import KnowledgeBase
from nen_kb.cli import main
from nen_kb.errors import UsageError
from nen_kb.resources import shipped

VERDICTS = "SELECT ?patient ?trial ?word { ?v a g:Verdict ; g:ofPatient/g:patientId ?patient ; "
VERDICTS += "g:ofTrial/g:trialId ?trial ; g:value ?word } ORDER BY ?patient ?trial"
CASE = "case: 1\nid: carin\nsex: female\nborn: 1970-01-01\nindex_date: 2026-11-20\n"


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_the_worked_examples_are_asked_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "sparql", VERDICTS)
    assert (code, err) == (0, "")
    assert [line.split() for line in out.splitlines()[2:-1]] == [
        ["anna", "NCT05610826", "undetermined"],
        ["anna", "START-NET", "ineligible"],
    ]


def test_csv_and_json_of_given_patients(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    case = tmp_path / "carin.yaml"
    case.write_text(CASE, encoding="utf-8")
    code, out, _ = run(capsys, "sparql", VERDICTS, "--patients", str(case), "--format", "csv")
    assert code == 0
    rows = list(csv.reader(io.StringIO(out)))
    assert rows[0] == ["patient", "trial", "word"]
    assert rows[1:] == [["carin", "NCT05610826", "undetermined"], ["carin", "START-NET", "undetermined"]]
    code, out, _ = run(capsys, "sparql", VERDICTS, "--patients", str(case), "--format", "json")
    document = json.loads(out)
    assert document["head"]["vars"] == ["patient", "trial", "word"]
    assert [row["word"]["value"] for row in document["results"]["bindings"]] == ["undetermined"] * 2


def test_a_query_from_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "sparql", str(shipped("queries") / "manual-clauses.rq"), "--format", "csv")
    assert code == 0
    assert "I4d" in out


def test_ask_says_yes_or_no(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "sparql", "ASK { nen:Everolimus g:kindOf nen:AntitumorTreatment }")[:2] == (0, "yes\n")
    assert run(capsys, "sparql", "ASK { nen:Octreotide g:kindOf nen:PRRT }")[:2] == (0, "no\n")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT ?s { ?s ?p }", "query-syntax"),
        ("INSERT DATA { nen:A nen:b 1 }", "query-update"),
        ("SELECT * { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }", "query-service"),
        ("SELECT * FROM <http://127.0.0.1:1/> { ?s ?p ?o }", "query-from"),
        ("no-such-file.rq", "unreadable"),
        ("", "query-syntax"),
    ],
)
def test_one_clear_error(capsys: pytest.CaptureFixture[str], query: str, code: str) -> None:
    exit_code, out, err = run(capsys, "sparql", query)
    assert (exit_code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert f"[{code}]" in err


def test_a_syntax_error_names_file_and_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "wrong.rq"
    path.write_text("# A question?\nSELECT ?s\n{ ?s ?p }\n", encoding="utf-8")
    code, _, err = run(capsys, "sparql", str(path))
    assert code == 2
    assert "wrong.rq:3:" in err


def test_a_query_that_never_ends_is_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    query = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
    code, _, err = run(capsys, "sparql", query, "--timeout", "1")
    assert code == 2
    assert "[query-timeout]" in err


def test_a_file_that_cannot_be_read_leaves_the_others(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    good, bad = tmp_path / "carin.yaml", tmp_path / "bad.yaml"
    good.write_text(CASE, encoding="utf-8")
    bad.write_text("case: 1\nid: dora\nsex: woman?\n", encoding="utf-8")
    code, out, err = run(capsys, "sparql", VERDICTS, "--patients", str(good), str(bad), "--format", "csv")
    assert code == 12
    assert "carin" in out
    assert "bad.yaml" in err


def test_export_is_turtle_with_everything(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "graph.ttl"
    assert run(capsys, "export", "--rdf", "-o", str(target)) == (0, "", "")
    graph = rdflib.Graph().parse(target, format="turtle")
    vocabulary = rdflib.Namespace("https://w3id.org/nen-kb/graph#")
    kinds = {
        kind: len(set(graph.subjects(rdflib.RDF.type, vocabulary[kind]))) for kind in ("Trial", "Verdict", "Patient")
    }
    assert kinds == {"Trial": 2, "Verdict": 2, "Patient": 1}
    assert len(set(graph.subjects(rdflib.RDF.type, rdflib.OWL.Class))) > 300
    assert (None, rdflib.PROV.wasDerivedFrom, None) in graph


def test_export_says_where_it_cannot_write(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(capsys, "export", "--rdf", "-o", str(tmp_path / "nowhere" / "graph.ttl"))
    assert code == 2
    assert "[not-written]" in err


def test_the_facade_asks_about_its_own_patients() -> None:
    kb, other = KnowledgeBase(), KnowledgeBase()
    erna = kb.patient("erna", sex="female", born="1961-04-02", index_date="2026-11-20")
    assert kb.sparql(VERDICTS).rows == (("erna", "NCT05610826", "undetermined"), ("erna", "START-NET", "undetermined"))
    assert len(other.sparql(VERDICTS)) == 0
    erna.finding("brain metastases", date="2026-10-01")
    found = kb.sparql("SELECT ?class { ?r a g:Finding ; g:concept ?class }")
    assert found.rows == (("https://w3id.org/nen-kb/nen#BrainMetastases",),)
    with pytest.raises(UsageError, match="SERVICE"):
        kb.sparql("ASK { SERVICE <http://127.0.0.1:1/> { ?s ?p ?o } }")
