"""How each kind of source becomes batches."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from nen_kb.cohort.batches import Plan, Rows
from nen_kb.cohort.facts_source import plan_facts
from nen_kb.cohort.planning import describe, kind_of, plan_files, share, walk
from nen_kb.errors import Problem, UsageError
from nen_kb.ontology import Ontology
from nen_kb.rules.ir import Program
from nen_kb.sources.addresses import is_address


def plan_source(
    source: str,
    part: int,
    output: Path,
    ontology: Ontology,
    program: Program,
    as_of: int | None,
    complete: Sequence[str] = (),
) -> Plan:
    """Tell what a source is and cut it into batches of at most ``part`` patients.

    ``complete`` names the domains of a CDM that the user declares complete.
    Raises UsageError for a source that is not there, PatientError for one that cannot be used at all.
    """
    kind = kind_of(source)
    if complete and kind in ("files", "facts"):
        message = "only of an OMOP CDM can a domain be declared complete here; other sources say so for each patient"
        raise UsageError(Problem("--complete", "", message, "Leave it out.", "not-a-cdm"))
    if kind == "files":
        return plan_files(Path(source), part, output)
    if kind == "facts":
        return plan_facts(Path(source), part, program, as_of)
    return plan_omop(source, part, output, ontology, complete)


def plan_omop(source: str, part: int, output: Path, ontology: Ontology, complete: Sequence[str] = ()) -> Plan:
    """An OMOP CDM; what its files are copied to lies in the folder of the run."""
    scratch = output / "tmp" / "omop"
    scratch.mkdir(parents=True, exist_ok=True)
    cdm: Any = import_module("nen_kb.sources.omop").Cdm.open(source, ontology, scratch=str(scratch), complete=complete)
    plan = Plan(
        "omop", {**_described(source, cdm, output), **({"complete": sorted(set(complete))} if complete else {})}
    )
    plan.batches += [Rows(cdm, batch) for batch in cdm.batches(share(cdm.persons, part))]
    plan.problems += cdm.problems
    plan.notes += cdm.notes
    return plan


def _described(source: str, cdm: Any, output: Path) -> dict[str, Any]:
    if is_address(source):
        return {"kind": "omop", "path": cdm.shown, "persons": cdm.persons}
    path = Path(source)
    unread: list[Problem] = []
    paths = [path] if path.is_file() else list(walk(path, output, unread))
    return {**describe(path, paths, "omop"), "persons": cdm.persons}
