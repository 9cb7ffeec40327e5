"""Prints how fast a cohort is judged: compiled SQL, SQL written by hand, pyDatalog and clingo, in one run.

    python tests/benchmarks/cohort/compare.py [--patients N ...] [--workers 1|2] [--cache FOLDER] …

Every figure is of the same facts on the same machine with two cores; each stage runs in a process of its own, so its
memory is its own.  Statuses are compared on the way: a benchmark of wrong answers says nothing.  See README.md.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path[:0] = [str(ROOT), str(HERE)]  # the checkout is measured, not what is installed

HAND, ALL = "hand-written", "compiled"
BARS = {"hand": 1.5, "pyDatalog": 1000, "clingo": 20}
CORES = 2
FLAT = 1.25
"""Memory at the largest cohort may be so many times that at a tenth of it, and time a patient likewise."""

Result = dict[str, Any]


def options() -> argparse.Namespace:
    """What is asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, nargs="+", default=[10_000, 100_000], help="sizes of the cohorts")
    parser.add_argument("--base", type=int, default=5_000, help="so many are generated, the others are copies of them")
    parser.add_argument("--pydatalog", type=int, default=200, help="patients judged by pyDatalog; 0: not measured")
    parser.add_argument("--clingo", type=int, default=1_000, help="patients judged by clingo; 0: not measured")
    parser.add_argument("--batch", type=int, default=500, help="patients in one call of clingo")
    parser.add_argument("--workers", type=int, choices=(1, 2), default=1, help="parts judged at once, on two threads")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "nen-kb-benchmark")
    parser.add_argument("--stage", help=argparse.SUPPRESS)
    return parser.parse_args()


def measured(asked: argparse.Namespace, stage: str, patients: int) -> Result:
    """One stage in a process of its own."""
    command = [sys.executable, __file__, "--stage", stage, "--patients", str(patients)]
    for name in ("base", "batch", "workers", "cache"):
        command += [f"--{name}", str(getattr(asked, name))]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def line(stage: str, result: Result) -> None:
    """One line of the table."""
    patients, wall, cpu = result["patients"], result["wall"], result["cpu"]
    rest = "" if "agrees" not in result else "   statuses agree" if result["agrees"] else "   STATUSES DIFFER"
    print(
        f"  {stage:<28}{patients:>10,}{wall:>9.2f}{cpu:>9.2f}{patients / wall:>12,.0f}"
        f"{CORES * patients / cpu:>14,.0f}{result['mib']:>8,}{rest}",
        flush=True,
    )


def bar(what: str, value: float, limit: float, most: bool) -> None:
    """One ratio beside what it should be."""
    held = value <= limit if most else value >= limit
    word = "at most" if most else "at least"
    print(f"  {what:<62}{value:>10,.2f}   {word} {limit:g}: {'held' if held else 'NOT HELD'}")


def different(one: Result, other: Result) -> list[str]:
    """The columns whose statuses are not the same, or that only one has."""
    mine, yours = one["sums"], other["sums"]
    return sorted(name for name in {*mine, *yours} if mine.get(name) != yours.get(name))


def speed(result: Result) -> float:
    """Patients a second of two cores, by processor time."""
    return float(CORES * result["patients"] / result["cpu"])


def main(asked: argparse.Namespace) -> None:
    """Print the table and the ratios."""
    import duckdb
    from cohorts import write_base, write_parts
    from hand import answered
    from stages import shipped_program

    from nen_kb.ontology import Ontology

    program = shipped_program()
    asked.cache /= program.sha256[:12]  # other rules ask for other facts
    base = asked.cache / f"base-{asked.base}"
    print(f"Python {sys.version.split()[0]}, DuckDB {duckdb.__version__}; {len(answered())} clauses and parts by hand")
    write_base(base, Ontology.load(None), program, asked.base)
    head = f"{'patients':>10}{'wall s':>9}{'cpu s':>9}{'a second':>12}{'a 2-core s':>14}{'MiB':>8}"
    print(f"  {'':<28}{head}")
    found: dict[tuple[str, int], Result] = {}
    for patients in asked.patients:
        write_parts(base, asked.cache / f"{asked.base}-{patients}", patients)
        for stage in (HAND, ALL):
            found[stage, patients] = measured(asked, stage, patients)
            line(stage, found[stage, patients])
            if wrong := different(found[HAND, patients], found[stage, patients]):
                print(f"  STATUSES DIFFER: {', '.join(wrong)}")
    single = {}
    for stage, patients in (("pyDatalog", asked.pydatalog), ("clingo", asked.clingo)):
        if patients and stage == "clingo" and find_spec("clingo") is None:
            print("  clingo is not installed (pip install clingo): not measured")
        elif patients:
            single[stage] = measured(asked, stage, patients)
            line(stage, single[stage])
    ratios(found, single, asked.patients)


def ratios(found: dict[tuple[str, int], Result], single: dict[str, Result], sizes: list[int]) -> None:
    """The bars; all by processor time, which a busy machine changes least."""
    from cohorts import PART

    most = max(sizes)
    print("\nratios, by processor time")
    bar(f"{ALL} / {HAND}, time", speed(found[HAND, most]) / speed(found[ALL, most]), BARS["hand"], most=True)
    for stage, result in single.items():
        # as they run: DuckDB on two cores, one process of the other, which keeps one core busy
        alone = result["patients"] / result["cpu"]
        bar(f"{ALL} / {stage}, patients a second", speed(found[ALL, most]) / alone, BARS[stage], most=False)
        twice = f"  the same, were there two processes of {stage}"
        print(f"{twice:<64}{speed(found[ALL, most]) / (CORES * alone):>10,.2f}")
    for stage in (HAND, ALL):
        for fewer in sizes:
            if fewer * 10 == most and fewer >= 2 * PART:  # below that a cohort is a part or two
                one, other = found[stage, fewer], found[stage, most]
                bar(f"{stage}: MiB at {most:,} / at {fewer:,}", other["mib"] / one["mib"], FLAT, most=True)
                bar(f"{stage}: time a patient, likewise", speed(one) / speed(other), FLAT, most=True)


if __name__ == "__main__":
    given = options()
    if given.stage:
        from stages import run, show

        size = given.patients[0]
        folder = given.cache / f"{given.base}-{size}"
        show(run(given.stage, given.cache / f"base-{given.base}", folder, size, given.workers, given.batch))
    else:
        main(given)
