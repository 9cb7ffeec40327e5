"""Prints how long the usual things take: median, smallest and largest of several runs, in milliseconds.

    python tests/benchmarks/bench.py [RUNS]

Nothing is asserted; see README.md.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nen_kb import KnowledgeBase
    from nen_kb.facts.records import Patient

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # the checkout is measured, not what is installed

CASE = ROOT / "kb" / "examples" / "anna.yaml"
BUNDLE = ROOT / "tests" / "data" / "fhir" / "mcode" / "jenny-m-part.json"
COLD_RUNS = 5


def timed(work: Callable[[], object], runs: int, warm_up: int = 3) -> list[float]:
    """Seconds of each run, after a few that do not count."""
    for _ in range(warm_up):
        work()
    found = []
    for _ in range(runs):
        begin = time.perf_counter()
        work()
        found.append(time.perf_counter() - begin)
    return found


def show(name: str, seconds: list[float], bar: float | None = None) -> None:
    """One line of the table; ``bar`` is what the median should stay below, in milliseconds."""
    median, low, high = (1000 * each for each in (statistics.median(seconds), min(seconds), max(seconds)))
    aim = "" if bar is None else f"   (aim: {bar:.0f})"
    print(f"{name:<52}{median:>9.1f}{low:>9.1f}{high:>9.1f}{len(seconds):>6}{aim}", flush=True)


def process(*arguments: str) -> Callable[[], object]:
    """A Python process of its own, from its start to its end; with the bytecode cache that users have."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}

    def run() -> object:
        return subprocess.run([sys.executable, *arguments], cwd=ROOT, env=environment, check=True, capture_output=True)

    return run


def import_times(runs: int) -> list[float]:
    """Seconds of ``import nen_kb.knowledge_base`` in fresh processes, without the start of Python itself."""
    code = "import time; a = time.perf_counter(); import nen_kb.knowledge_base; print(time.perf_counter() - a)"
    command = process("-c", code)
    command()
    return [float(command().stdout) for _ in range(runs)]  # type: ignore[attr-defined]


def explanations(kb: KnowledgeBase, anna: Patient, runs: int) -> None:
    """The rows about explanations beyond the proofs, each for both trials of the worked patient and judged anew."""
    from nen_kb.knowledge_base.document import checker, proof_document
    from nen_kb.report import Sheet, page

    check = checker(kb.program, kb.ontology)
    documents = [proof_document(kb.identity, result) for result in kb.screen(anna)]
    rows: dict[str, Callable[[], object]] = {
        "why not, and how near": lambda: [result.obstacles() for result in kb.screen(anna)],
        "timelines over 24 months": lambda: [result.timeline() for result in kb.screen(anna)],
        "what if one value were another": lambda: kb.what_if(anna, "hemoglobin 85 g/L"),
        "what to find out next": lambda: kb.missing(anna),
        "proofs with their certificates": lambda: [proof_document(kb.identity, each) for each in kb.screen(anna)],
        "proofs checked": lambda: [check.check(document).refusals for document in documents],
        "the HTML report": lambda: page([Sheet("anna.yaml", kb.screen(anna), (), kb.missing(anna))], kb.identity),
    }
    print("\nexplanations of one patient, both trials, judged anew, warm")
    for name, work in rows.items():
        show(f"  {name}", timed(work, max(runs // 5, 3), 1))


def main(runs: int) -> None:
    """Print the table."""
    from nen_kb import KnowledgeBase
    from nen_kb.knowledge_base.judging import OUTCOMES
    from nen_kb.sources.case_file import read_case
    from nen_kb.sources.reading_all import read_sources

    begin = time.perf_counter()
    kb = KnowledgeBase()
    loaded = time.perf_counter() - begin
    begin = time.perf_counter()
    judge = kb.judge
    anna = read_case(CASE, kb.ontology)
    kb.screen(anna)
    first = time.perf_counter() - begin
    (jenny,) = read_sources([BUNDLE], kb.ontology).patients

    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores")
    print(f"{'milliseconds':<52}{'median':>9}{'min':>9}{'max':>9}{'runs':>6}")
    show("rules and ontology loaded (ontology cached)", [loaded])
    show("first patient: engines made ready, and judged", [first])
    for name, patient in (("case file", anna), ("FHIR", jenny)):
        base = judge.base_rows(kb.prepare(patient))

        def explained(patient: object = patient) -> object:
            return [result.explain() for result in kb.screen(patient)]  # type: ignore[arg-type]

        print(f"\none patient from {name}, both trials, warm")
        show("  screened by both engines", timed(lambda p=patient: kb.screen(p), runs), 50)  # type: ignore[misc]
        show("  screened, and every clause explained", timed(explained, runs), 150)
        evaluator = timed(lambda b=base: judge.evaluator.run(b, OUTCOMES), runs)  # type: ignore[misc]
        pydatalog = timed(lambda b=base: judge.engine.rows(b, OUTCOMES), runs)  # type: ignore[misc]
        show("  evaluator alone", evaluator)
        show("  pyDatalog alone", pydatalog)
        medians = statistics.median(pydatalog) / statistics.median(evaluator)
        fastest = min(pydatalog) / min(evaluator)
        print(f"  pyDatalog / evaluator: {medians:.2f} by the medians, {fastest:.2f} by the fastest runs")

    explanations(kb, anna, runs)
    print("\nsources")
    show("  a case file read", timed(lambda: read_case(CASE, kb.ontology), runs))
    show("  a FHIR bundle read", timed(lambda: read_sources([BUNDLE], kb.ontology), runs))

    print("\nprocesses")
    screen = process("-m", "nen_kb.cli", "screen", str(CASE))
    explain = process("-m", "nen_kb.cli", "explain", str(CASE), "START-NET")
    check = process("-m", "nen_kb.cli", "check")
    show("  nen-kb screen case.yaml, cold", timed(screen, COLD_RUNS, 1), 1500)
    show("  nen-kb explain case.yaml START-NET, cold", timed(explain, COLD_RUNS, 0))
    show("  nen-kb check, cold", timed(check, COLD_RUNS, 0))
    show("  import nen_kb.knowledge_base", import_times(COLD_RUNS))
    show("  Python itself", timed(process("-c", ""), COLD_RUNS, 0))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
