"""``nen-kb check``: everything that can be checked about rules, ontology and sources without a patient."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict

from nen_kb.cli.terminal import Terminal, write
from nen_kb.cli.terminal import report as report_problems
from nen_kb.errors import OntologyError, RulesError
from nen_kb.ontology import Ontology
from nen_kb.ontology.report import report as report_ontology
from nen_kb.resources import shipped
from nen_kb.rules import Report, check_program


def run(arguments: argparse.Namespace) -> int:
    """Run every check; problems go to standard error, the report to standard output."""
    ontology = Ontology.load(arguments.ontology)
    flaws = report_ontology(arguments.ontology)
    problems, report = check_program(arguments.rules or shipped("kb"), ontology)
    if arguments.format == "json":
        document = {
            "ontology": {"version": ontology.version, "sha256": ontology.sha256, "classes": len(ontology.names)},
            "rules": asdict(report),
            "problems": [asdict(problem) for problem in (*flaws, *problems)],
        }
        write(json.dumps(document, ensure_ascii=False, indent=2, default=str))
    else:
        terminal = Terminal.of(sys.stdout)
        for line in _lines(ontology, report, len(flaws) + len(problems)):
            write("\n".join(terminal.wrap(line, "", "  ")))
    report_problems([*flaws, *problems])
    return OntologyError.exit_code if flaws else RulesError.exit_code if problems else 0


def _lines(ontology: Ontology, report: Report, problems: int) -> Iterator[str]:
    yield f"ontology {ontology.version}: {len(ontology.names)} classes, {report.asked} of them asked about by rules"
    yield f"rules: {report.rules} in {report.files} files, {report.predicates.get('derived', 0)} predicates derived"
    for trial in report.trials:
        parts = f", {trial.parts} parts" if trial.parts else ""
        criteria = f"{trial.inclusion} inclusion and {trial.exclusion} exclusion criteria"
        yield f"{trial.trial}: {criteria}{parts}; {trial.covered:.0f} % of the text covered"
        if trial.manual:
            yield f"  only a person can settle {', '.join(trial.manual)}"
        if trial.damaged:
            yield f"  damaged or contradictory text: {', '.join(trial.damaged)}"
    yield f"polarity: proved for every met and unmet rule, {len(report.trusted)} groups of rules trusted on an argument"
    for trust in report.trusted:
        yield f"  {', '.join(trust.predicates)} ({' and '.join(trust.directions)}): {trust.argument}"
    yield f"{problems} {'problem' if problems == 1 else 'problems'}" if problems else "no problems found"
