"""How long each question of ``queries/`` takes over many patients with their proofs.

``python tests/benchmarks/sparql.py [PATIENTS] [STORE]``: 1000 patients and the fastest store by default.  The
patients are two invented ones, each with some records left out and some values moved, always the same.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nen_kb import KnowledgeBase
from nen_kb.errors import UsageError
from nen_kb.facts.records import Measurement, Patient
from nen_kb.facts.values import Span
from nen_kb.graph import Graph, best_store
from nen_kb.knowledge_base.graph import graph_triples
from nen_kb.resources import shipped
from nen_kb.sources.case_file import read_case

RUNS = 3
BAR_SECONDS = 1.0
BAR_QUESTIONS = 15


def moved(record: Measurement, chance: random.Random) -> Measurement:
    """The same result with a value between half and twice of it."""
    if record.value is None or abs(record.value.high) > 10**15 or abs(record.value.low) > 10**15:
        return record
    factor = chance.choice((50, 75, 100, 100, 150, 200))
    low, high = (end * factor // 100 // 10 * 10 for end in (record.value.low, record.value.high))
    return replace(record, value=Span(low, high))


def patients(kb: KnowledgeBase, count: int) -> Iterator[Patient]:
    """That many patients, made from two."""
    chance = random.Random(20261120)
    files = (shipped("kb") / "examples" / "anna.yaml", Path(__file__).parents[1] / "queries" / "berit.yaml")
    models = [read_case(path, kb.ontology) for path in files]
    for number in range(count):
        model = models[number % len(models)]
        yield replace(
            model,
            id=f"{model.id}-{number}",
            findings=tuple(r for r in model.findings if chance.random() < 0.9),
            measurements=tuple(moved(r, chance) for r in model.measurements if chance.random() < 0.9),
            treatments=tuple(r for r in model.treatments if chance.random() < 0.8),
            imaging=tuple(r for r in model.imaging if chance.random() < 0.9),
        )


def main() -> int:
    """Print the best of three runs of each question; 1 if fewer than fifteen take less than a second."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    store = "rdflib" if "rdflib" in sys.argv else best_store()
    kb = KnowledgeBase()
    start = time.perf_counter()
    graph = Graph(graph_triples(kb, list(patients(kb, count))), store)
    print(f"{count} patients judged and written in {time.perf_counter() - start:.0f} s")
    start = time.perf_counter()
    (size,) = graph.ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", 600).rows[0]
    print(f"{size} triples loaded into {store} in {time.perf_counter() - start:.0f} s")
    quick = 0
    for path in sorted(shipped("queries").glob("*.rq")):
        times, rows = [], 0
        for _ in range(RUNS):
            start = time.perf_counter()
            try:
                rows = len(graph.ask(path.read_text(encoding="utf-8"), 60))
            except UsageError as error:
                print(f"{path.stem:24} {error.problems[0].code}")
                break
            times.append(time.perf_counter() - start)
        if times:
            quick += min(times) < BAR_SECONDS
            print(f"{path.stem:24} {min(times):7.3f} s {rows:8} rows")
    print(f"{quick} questions in less than {BAR_SECONDS:g} s")
    graph.close()
    return 0 if quick >= BAR_QUESTIONS else 1


if __name__ == "__main__":
    sys.exit(main())
