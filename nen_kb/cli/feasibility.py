"""``nen-kb feasibility``: who could take part, counted from a cohort run, also under what somebody wants to try."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from nen_kb.cli.cohort import require_libraries
from nen_kb.cli.loading import knowledge_base
from nen_kb.cli.terminal import DISCLAIMER, Terminal, complain, write
from nen_kb.errors import Problem, UsageError
from nen_kb.explain.wording import feasibility_text as wording

if TYPE_CHECKING:
    from nen_kb.cohort.feasibility import Feasibility, Listed


def run(arguments: argparse.Namespace) -> int:
    """Print the counts, or the patients asked for."""
    require_libraries("nen-kb feasibility")
    found = _found(arguments)
    if arguments.patients is not None:
        _list(found, arguments.patients, arguments.format)
    else:
        _print(found, arguments.sample, arguments.format)
    return 0


def _found(arguments: argparse.Namespace) -> Feasibility:
    from nen_kb.cohort.feasibility import Feasibility
    from nen_kb.cohort.store import Run

    kb = knowledge_base(arguments)
    found = Feasibility.of(Run.open(arguments.run, ontology=kb.ontology), kb, arguments.trial)
    problems: list[Problem] = []
    for change, texts in ((Feasibility.with_threshold, arguments.threshold), (Feasibility.without, arguments.without)):
        try:
            found = change(found, *texts)
        except UsageError as error:
            problems += error.problems
    if problems:
        raise UsageError(problems)
    return found


def _print(found: Feasibility, sample: int, form: str) -> None:
    document = found.document(sample, progress=_progress)
    if form == "json":
        write(json.dumps(document, ensure_ascii=False, indent=2))
    elif form == "html":
        from nen_kb.report.feasibility import page

        write(page(document))
    else:
        from nen_kb.cli.feasibility_text import lines

        terminal = Terminal.of(sys.stdout)
        write("\n".join(lines(document, terminal)))


def _list(found: Feasibility, which: str, form: str) -> None:
    """One patient a line, with the clauses in the way; the words for people go to standard error."""
    if form == "html":
        message, remedy = "a list of patients is no page", "Take --format text or json."
        raise UsageError(Problem("--format", "html", message, remedy, "no-page"))
    patients = found.patients(which)
    if form == "json":
        _list_json(found, which, patients)
        return
    said = (wording.WHAT_IF if found.changed else "", wording.LISTED[which.partition(":")[0].strip()], DISCLAIMER)
    complain("nen-kb: " + " ".join(each for each in said if each))
    for each in patients:
        said_of = wording.stands_in_the_way(each.failing, each.open)
        write("\t".join(part for part in (each.patient, each.trial, said_of) if part))


def _list_json(found: Feasibility, which: str, patients: Iterator[Listed]) -> None:
    """One document, written as the patients come."""
    head: dict[str, Any] = {
        "which": which,
        "what_if": found.changed,
        "disclaimer": DISCLAIMER,
        "knowledge_base": found.kb.identity.to_json(),
    }
    write(json.dumps(head, ensure_ascii=False, indent=2)[:-2] + ',\n  "patients": [')
    before = ""
    for each in patients:
        if before:
            write(f"{before},")
        before = f"    {json.dumps(each.to_json(), ensure_ascii=False)}"
    write(f"{before}\n  ]\n}}" if before else "  ]\n}")


def _progress(done: int, total: int) -> None:
    if total > 20 and sys.stderr.isatty():
        sys.stderr.write(f"\rnen-kb: patient {done} of {total} looked at" + ("\n" if done == total else ""))
        sys.stderr.flush()
