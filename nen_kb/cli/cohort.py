"""``nen-kb cohort``: a whole population judged; statuses to a folder, a summary printed."""

from __future__ import annotations

import argparse
import json
import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from nen_kb.cli.loading import knowledge_base
from nen_kb.cli.terminal import Terminal, complain, write
from nen_kb.errors import PatientError, Problem, UsageError
from nen_kb.explain.wording import cohort as wording

if TYPE_CHECKING:
    from nen_kb.cohort.run import Made
    from nen_kb.cohort.store import Run
    from nen_kb.knowledge_base import KnowledgeBase

NEEDED = ("duckdb", "pyarrow", "sqlglot", "numpy", "matplotlib")
SUMMARY = "summary.json"
SAME = ("knowledge_base", "source", "index_date", "patients", "problems")
"""What a summary says as the manifest does."""
SAMPLE = 100
"""So many patients are looked at one by one for a summary; ``nen-kb feasibility --sample`` looks at more."""
_SHOWN = 10


def run(arguments: argparse.Namespace) -> int:
    """Judge the source; what cannot be read never stops the others."""
    require_libraries("nen-kb cohort")
    from nen_kb.cohort.run import Request, make

    kb = knowledge_base(arguments)
    request = Request(
        source=str(arguments.source),
        output=arguments.output,
        rules=arguments.rules,
        ontology=arguments.ontology,
        limits=arguments.limits,
        as_of=arguments.as_of,
        engine=arguments.engine,
        form=arguments.format,
        part=arguments.part,
        workers=arguments.workers or os.cpu_count() or 1,
        memory=arguments.memory,
        restart=arguments.restart,
        complete=tuple(arguments.complete),
    )
    made = make(request, kb, summarise=lambda run: _summarise(run, kb))
    problems = made.run.manifest["problems"]
    if problems:  # told first: who reads only the head of the rest has seen them
        for line in wording.where(_first_problems(made), problems, str(made.run.path / "problems.csv")):
            complain(f"nen-kb: {line}")
    _print(made, Terminal.of(sys.stdout))
    return PatientError.exit_code if problems else 0


def _summarise(run: Run, kb: KnowledgeBase) -> None:
    """``summary.json`` and ``feasibility.html``, in the folder of the run."""
    from nen_kb.cohort.feasibility import Feasibility
    from nen_kb.cohort.files import whole_file, write_json
    from nen_kb.report.feasibility import page

    if _whole_summary(run) is not None:
        return
    found = Feasibility.of(run, kb).document(SAMPLE, progress=_progress)
    with whole_file(run.path / "feasibility.html") as made:
        made.write_text(page(found), encoding="utf-8")
    write_json(run.path / SUMMARY, found)


def _whole_summary(run: Run) -> dict[str, Any] | None:
    """The summary on disk, if it can be read and is of this run as it is."""
    try:
        found = json.loads((run.path / SUMMARY).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    same = isinstance(found, dict) and all(found.get(key) == run.manifest.get(key) for key in SAME)
    return found if same and (run.path / "feasibility.html").exists() else None


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == total else ""
        sys.stderr.write(f"\rnen-kb: looking at patients one by one, {done} of {total}{end}")
        sys.stderr.flush()


def _print(made: Made, terminal: Terminal) -> None:
    from nen_kb.cli.feasibility_text import lines

    write("\n".join(_lines(made, terminal)))
    document = _whole_summary(made.run)
    assert document is not None, "it was written before the run was called complete"
    write("\n".join(lines(document, terminal, brief_of=str(made.run.path))))


def require_libraries(command: str) -> None:
    """Raises UsageError where the libraries for cohorts are not installed."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        remedy = "Install them: pip install 'nen-kb[cohort]'."
        raise UsageError(Problem(command, "", f"it needs {', '.join(missing)}", remedy, "not-installed"))


def _lines(made: Made, terminal: Terminal) -> list[str]:
    manifest = made.run.manifest
    lines = [terminal.paint(wording.judged(manifest["patients"], str(made.run.path)), "strong")]
    if manifest["problems"]:
        lines += terminal.wrap(wording.problems(manifest["problems"]), "  ")
    if made.unmapped:
        lines += terminal.wrap(wording.unmapped(made.unmapped), "  ")
    return [*lines, ""]


def _first_problems(made: Made) -> list[Problem]:
    found: list[Problem] = []
    for part in made.run.parts:
        found += [Problem(**row) for row in part.problems().slice(0, _SHOWN).to_pylist()]
        if len(found) >= _SHOWN:
            break
    return found[:_SHOWN]
