"""``nen-kb verify``: re-checks a proof that ``explain --format json`` wrote, without the engines."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from itertools import islice
from typing import Any

from nen_kb.cli.loading import knowledge_base, patients
from nen_kb.cli.terminal import DISCLAIMER, Terminal, write
from nen_kb.errors import PatientError
from nen_kb.explain.checking.check import MOST_REFUSALS
from nen_kb.explain.checking.proof_file import read_proof
from nen_kb.explain.checking.same import differences
from nen_kb.explain.checking.steps import Refused
from nen_kb.facts import patient_json
from nen_kb.knowledge_base import KnowledgeBase
from nen_kb.knowledge_base.document import checker

REFUSED = 1


def run(arguments: argparse.Namespace) -> int:
    """Accept the proof (0), or refuse it and say why (1)."""
    document = read_proof(arguments.proof)
    kb = knowledge_base(arguments)
    checked = checker(kb.program, kb.ontology).check(document)
    refusals = [*checked.refusals, *(_of_another(kb, arguments, document) if not checked.refusals else ())]
    terminal = Terminal.of(sys.stdout)
    if refusals:
        _refused(refusals, terminal)
        return REFUSED
    count, whole = checked.sizes["proofs"], len(document["proofs"]) == len(document["result"]["clauses"])
    head = f"accepted: {count} {'clause' if count == 1 else 'clauses'} of {checked.trial} for {_plain(checked.patient)}"
    said = document["result"]["verdict"] if whole else document["proofs"][0]["status"]
    write(terminal.paint(f"{head}, {checked.day}: {said}", "good"))
    for text in document["result"].get("assumptions", ()):
        write("\n".join(terminal.wrap(f"assumed, not on record: {_plain(text)}", "  ", "    ")))
    identity, patient = kb.identity, document["certificate"]["patient_sha256"]
    taken = "taken as they stand; whether they are true, no proof says"
    if arguments.patient:
        taken = f"those of {arguments.patient}"
    for line in (
        f"rules {identity.rules_sha256[:12]}…, ontology {identity.ontology_sha256[:12]}…: those at hand",
        f"facts: {checked.sizes['facts']}, all that the patient's records give, and no others",
        f"derived: {checked.sizes['tables']} rows, all that the rules give, and no others",
        f"derivations: {checked.sizes['steps']} steps of rules, each of which holds",
        "statuses follow from these; reasons and words: as this program writes them again",
        f"records of the patient {patient[:12]}…: {taken}",
    ):
        write("\n".join(terminal.wrap(line, "  ", "    ")))
    write("\n".join(terminal.wrap(DISCLAIMER, "")))
    return 0


def _of_another(kb: KnowledgeBase, arguments: argparse.Namespace, document: dict[str, Any]) -> list[Refused]:
    """Where the proof's records are not those of the file that ``--patient`` names; wherever that file lies now."""
    if arguments.patient is None:
        return []
    shown = document["certificate"]["patient"]
    sources = patients(kb, [arguments.patient], date.fromisoformat(shown["index_date"]).toordinal())
    for patient in sources.patients:
        if patient.id == shown["id"]:
            recorded = patient_json.to_json(kb.prepare(patient).patient)
            found = differences(_anywhere(shown), _anywhere(recorded), "certificate.patient")
            return [(place, f"the file says otherwise: {text}") for place, text in islice(found, MOST_REFUSALS)]
    if sources.problems:
        raise PatientError(sources.problems)
    return [("certificate.patient", f"{arguments.patient} holds no patient {_plain(str(shown['id']))}")]


def _anywhere(patient: dict[str, Any]) -> dict[str, Any]:
    """The patient without the path of the file each record was read from."""
    return {
        name: [{**each, "origin": {**each["origin"], "file": ""}} for each in found]
        if isinstance(found, list) and found and isinstance(found[0], dict)
        else found
        for name, found in patient.items()
    }


def _refused(refusals: Sequence[Refused], terminal: Terminal) -> None:
    write(terminal.paint("refused: this proof is not right", "bad"))
    for place, text in refusals:
        write("\n".join(terminal.wrap(_plain(f"{place}: {text}" if place else text), "  ", "    ")))
    if len(refusals) == MOST_REFUSALS:
        write("  and perhaps more: only the first are shown")


def _plain(text: str) -> str:
    """A text of the file without what could steer a terminal."""
    return "".join(sign if sign.isprintable() else "�" for sign in text)
