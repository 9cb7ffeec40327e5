"""A graph in a process of its own: both stores, limits, and what happens when the process ends."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from nen_kb.errors import EngineError, UsageError
from nen_kb.graph import Graph, ask
from nen_kb.graph.store import Store
from nen_kb.graph.terms import Triple, data, day, decimal, g, text
from nen_kb.graph.worker import write_frame

P = g("p")
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
TRIPLES: list[Triple] = [(data("n", number), P, text(f"value {number}")) for number in range(300)]


@pytest.fixture(params=["oxigraph", "rdflib"])
def store(request: pytest.FixtureRequest) -> Store:
    """Each store that is installed."""
    if request.param == "oxigraph":
        pytest.importorskip("pyoxigraph")
    found: Store = request.param
    return found


@pytest.fixture
def graph(store: Store) -> Iterator[Graph]:
    """A small graph."""
    with Graph(TRIPLES, store) as made:
        yield made


def codes(error: pytest.ExceptionInfo[UsageError]) -> list[str]:
    return [problem.code for problem in error.value.problems]


def test_values_come_back_as_they_are(store: Store) -> None:
    odd = 'a "quote", a \\ backslash,\na line, a tab\t, å, 10⁹ and \x07'
    day_term = day(date(2026, 11, 20).toordinal())
    assert day_term is not None
    triples = [
        (data("a b/c", "å"), P, text(odd)),
        (data("1"), P, decimal(Decimal("60.0000005"))),
        (data("2"), P, day_term),
        (data("3"), P, text("tumör", "sv")),
    ]
    found = ask(Graph(triples, store), "SELECT ?s ?o { ?s g:p ?o } ORDER BY ?s")
    assert found.columns == ("s", "o")
    base = "https://w3id.org/nen-kb/data/"
    assert set(found) == {
        (f"{base}a%20b%2Fc/%C3%A5", odd),
        (f"{base}1", Decimal("60.0000005")),
        (f"{base}2", date(2026, 11, 20)),
        (f"{base}3", "tumör"),
    }


def test_the_four_forms(graph: Graph) -> None:
    assert graph.ask("SELECT ?s { ?s g:p 'value 7' }").rows == (("https://w3id.org/nen-kb/data/n/7",),)
    assert graph.ask("ASK { ?s g:p 'value 7' }").truth is True
    assert graph.ask("ASK { ?s g:p 'value 700' }").truth is False
    assert graph.ask("CONSTRUCT { ?s g:q ?o } { ?s g:p ?o FILTER(?o = 'value 7') }").rows == (
        ("https://w3id.org/nen-kb/data/n/7", "https://w3id.org/nen-kb/graph#q", "value 7"),
    )
    assert graph.ask("DESCRIBE <https://w3id.org/nen-kb/data/n/7>").rows == (
        ("https://w3id.org/nen-kb/data/n/7", "https://w3id.org/nen-kb/graph#p", "value 7"),
    )


def test_an_endless_query_is_stopped_and_the_next_one_answered(graph: Graph) -> None:
    graph.ask("ASK {}")
    start = time.monotonic()
    with pytest.raises(UsageError) as error:
        graph.ask(ENDLESS, timeout=0.5)
    assert codes(error) == ["query-timeout"]
    assert time.monotonic() - start < 3
    assert graph.ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").rows == ((300,),)


def test_a_query_cannot_outlive_its_asker(store: Store) -> None:
    """The process ends by itself if whoever asked is gone."""
    asker = (
        "import sys; from nen_kb.graph import Graph; from nen_kb.graph import store\n"
        "store._stop = lambda process: None\n"
        f"graph = Graph([('<a:s>', '<a:p>', str(n)) for n in ()] + {TRIPLES!r}, {store!r}); graph.ask('ASK {{}}')\n"
        "print(graph._process.pid, flush=True)\n"
        f"import os, threading; threading.Timer(0.5, os._exit, (0,)).start(); graph.ask({ENDLESS!r}, 1)"
    )
    found = subprocess.run([sys.executable, "-c", asker], capture_output=True, text=True, timeout=60, check=False)
    worker = int(found.stdout.split()[0])
    end = time.monotonic() + 15
    while time.monotonic() < end and _lives(worker):
        time.sleep(0.2)
    assert not _lives(worker)


def _lives(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat", encoding="ascii") as status:
            return status.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), 10**6])
def test_a_time_limit_must_be_one(graph: Graph, timeout: float) -> None:
    with pytest.raises(UsageError) as error:
        graph.ask("ASK {}", timeout)
    assert codes(error) == ["bad-timeout"]


def test_deep_nesting_is_one_clear_error(graph: Graph) -> None:
    with pytest.raises(UsageError) as error:
        graph.ask("SELECT * " + "{" * 5000 + "}" * 5000, 20)
    assert codes(error)[0] in ("query-syntax", "query-memory", "query-timeout")
    assert graph.ask("ASK {}").truth is True


def test_nothing_is_fetched(graph: Graph) -> None:
    """A named graph is one that is not there, not one to be loaded."""
    assert len(graph.ask("SELECT * { GRAPH <http://127.0.0.1:1/x> { ?s ?p ?o } }")) == 0


def test_an_interrupted_query_leaves_no_answer_behind(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(process: subprocess.Popen[bytes], asked: dict[str, object]) -> None:
        assert process.stdin is not None
        write_frame(process.stdin, json.dumps(asked).encode())
        raise KeyboardInterrupt

    graph.ask("ASK {}")
    with monkeypatch.context() as patched:
        patched.setattr("nen_kb.graph.store._exchange", interrupted)
        with pytest.raises(KeyboardInterrupt):
            graph.ask("SELECT ?s { ?s g:p 'value 7' }")
    assert graph.ask("ASK { ?s g:p 'value 700' }").truth is False


def test_a_store_that_cannot_start_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(EngineError) as error:
        Graph(TRIPLES).ask("ASK {}")
    assert [problem.code for problem in error.value.problems] == ["store-failed"]


def test_closing_ends_the_process(graph: Graph) -> None:
    graph.ask("ASK {}")
    process = graph._process
    assert process is not None
    graph.close()
    assert process.poll() is not None
    assert graph.ask("ASK {}").truth is True
