"""Every question of ``queries/`` against the rows expected, on both stores.

Two invented patients: the worked example, and one whose record leaves much open.  After a wanted change run
``pytest tests/queries --golden-update`` and read the difference of the files in ``expected``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from nen_kb import KnowledgeBase
from nen_kb.graph import Graph, Result
from nen_kb.graph.store import Store
from nen_kb.knowledge_base.graph import graph_triples
from nen_kb.resources import shipped
from nen_kb.sources.case_file import read_case

FOLDER = Path(__file__).parent
QUERIES = sorted(shipped("queries").glob("*.rq"))
STORES: tuple[Store, ...] = ("oxigraph", "rdflib")


@pytest.fixture(scope="module")
def kb() -> KnowledgeBase:
    """The knowledge base that ships."""
    return KnowledgeBase()


@pytest.fixture(scope="module", params=STORES)
def graph(request: pytest.FixtureRequest, kb: KnowledgeBase) -> Iterator[Graph]:
    """The graph of both patients, in each store."""
    if request.param == "oxigraph":
        pytest.importorskip("pyoxigraph")
    cases = {"anna.yaml": shipped("kb") / "examples" / "anna.yaml", "berit.yaml": FOLDER / "berit.yaml"}
    patients = [read_case(Path(n), kb.ontology, text=p.read_text(encoding="utf-8")) for n, p in cases.items()]
    with Graph(graph_triples(kb, patients), request.param) as made:
        yield made


def as_csv(result: Result) -> str:
    """The answer as it is kept: values of a reader, IRIs shortened."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(result.columns)
    writer.writerows([term.short() if term else "" for term in row] for row in result.terms)
    return target.getvalue()


def test_there_are_twenty() -> None:
    assert len(QUERIES) >= 20
    assert {path.stem for path in QUERIES} == {path.stem for path in (FOLDER / "expected").glob("*.csv")}


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_first_line_is_the_question(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# ")
    assert first.endswith("?")


@pytest.mark.parametrize("path", QUERIES, ids=lambda path: path.stem)
def test_expected_rows(path: Path, graph: Graph, request: pytest.FixtureRequest) -> None:
    found = as_csv(graph.ask(path.read_text(encoding="utf-8"), 120))
    kept = FOLDER / "expected" / f"{path.stem}.csv"
    if request.config.getoption("--golden-update"):
        kept.write_text(found, encoding="utf-8", newline="\n")
    expected = kept.read_text(encoding="utf-8")
    assert found == expected
    assert len(expected.splitlines()) > 1


def column(graph: Graph, name: str, *columns: str) -> list[tuple[object, ...]]:
    """Some columns of the answer to a question."""
    result = graph.ask((shipped("queries") / f"{name}.rq").read_text(encoding="utf-8"), 120)
    places = [result.columns.index(each) for each in columns]
    return [tuple(row[place] for place in places) for row in result]


def test_washout_is_antitumor_without_analogues(graph: Graph, kb: KnowledgeBase) -> None:
    """The same treatments as the ontology has them, worked out in another way."""
    onto = kb.ontology
    drugs = {
        name
        for name in onto.descendants("AntitumorTreatment")
        if onto.descendants(name) == {name} and onto.disjoint(name, "SomatostatinAnalogue")
    }
    assert {name for (name,) in column(graph, "washout-drugs", "treatment")} == {onto.label(n) for n in drugs}
    exempt = {onto.label(name) for name in onto.descendants("SomatostatinAnalogue")}
    assert {name for (name,) in column(graph, "washout-exempt", "treatment")} == exempt


def test_verdicts_are_those_of_screening(graph: Graph, kb: KnowledgeBase) -> None:
    patient = read_case(FOLDER / "berit.yaml", kb.ontology)
    said = {(result.trial.id, result.verdict.value) for result in kb.screen(patient)}
    found = column(graph, "verdicts", "patient", "trial", "verdict")
    assert {(trial, verdict) for name, trial, verdict in found if name == "berit"} == said


def test_open_clauses_are_those_of_screening(graph: Graph, kb: KnowledgeBase) -> None:
    patient = read_case(FOLDER / "berit.yaml", kb.ontology)
    said = {
        (clause.clause.trial, clause.id, clause.reasons[0].code)
        for result in kb.screen(patient)
        for clause in result
        if clause.status.value == "unknown"
    }
    found = column(graph, "unknown-clauses", "patient", "trial", "clause", "code")
    assert {tuple(rest) for name, *rest in found if name == "berit"} == said


def test_closed_world_clauses_are_those_with_the_header(graph: Graph, kb: KnowledgeBase) -> None:
    """Every clause whose header speaks of a closed world reads one."""
    marked = {
        (clause.trial, clause.id)
        for trial in kb.trials
        for clause in trial.clauses
        if clause.header.get("closed") and not clause.parts
    }
    found = set(column(graph, "closed-world-clauses", "trial", "clause"))
    assert marked <= found


def test_disagreements_name_every_shared_blood_count(graph: Graph) -> None:
    found = column(graph, "disagreements", "observable", "value", "other_value")
    assert ("platelets", 75, 100) in found
    assert ("leukocytes", 2, 3) in found
    assert ("albumin", 30, 25) in found
