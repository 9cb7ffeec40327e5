"""``nen-kb verify``: re-checks a proof that ``explain --format json`` wrote, without the engines."""

from __future__ import annotations

import argparse
import sys

from nen_kb.cli.loading import knowledge_base
from nen_kb.cli.terminal import DISCLAIMER, Terminal, write
from nen_kb.explain.checking.check import MOST_REFUSALS, Checked
from nen_kb.explain.checking.proof_file import read_proof
from nen_kb.knowledge_base.document import checker

REFUSED = 1


def run(arguments: argparse.Namespace) -> int:
    """Accept the proof (0), or refuse it and say why (1)."""
    document = read_proof(arguments.proof)
    kb = knowledge_base(arguments)
    checked = checker(kb.program, kb.ontology).check(document)
    terminal = Terminal.of(sys.stdout)
    if checked.refusals:
        _refused(checked, terminal)
        return REFUSED
    count = checked.sizes["proofs"]
    head = f"accepted: {count} {'clause' if count == 1 else 'clauses'} of {checked.trial} for {_plain(checked.patient)}"
    write(terminal.paint(f"{head}, {checked.day}: {document['result']['verdict']}", "good"))
    identity, patient = kb.identity, document["certificate"]["patient_sha256"]
    for line in (
        f"rules {identity.rules_sha256[:12]}…, ontology {identity.ontology_sha256[:12]}…: those at hand",
        f"facts: {checked.sizes['facts']}, all that the patient's records give, and no others",
        f"derived: {checked.sizes['tables']} rows, all that the rules give, and no others",
        f"derivations: {checked.sizes['steps']} steps of rules, each of which holds",
        "statuses, reasons and words: as they follow from these",
        f"records of the patient {patient[:12]}…: taken as they stand; whether they are true, no proof says",
    ):
        write("\n".join(terminal.wrap(line, "  ", "    ")))
    write("\n".join(terminal.wrap(DISCLAIMER, "")))
    return 0


def _refused(checked: Checked, terminal: Terminal) -> None:
    write(terminal.paint("refused: this proof is not right", "bad"))
    for place, text in checked.refusals:
        write("\n".join(terminal.wrap(_plain(f"{place}: {text}" if place else text), "  ", "    ")))
    if len(checked.refusals) == MOST_REFUSALS:
        write("  and perhaps more: only the first are shown")


def _plain(text: str) -> str:
    """A text of the file without what could steer a terminal."""
    return "".join(sign if sign.isprintable() else "�" for sign in text)
