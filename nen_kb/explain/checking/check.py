"""Whether a proof is right: the definition, and nothing of the engines.

A document (see ``certificate``) is right if

1. it was made with the rules and the ontology at hand;
2. its facts are those that the patient's records give on that day: none invented, none left out; and the records
   agree with what is written in them (``written``);
3. its tables are what the rules give, applied in the plainest way (``applied``): every row has a rule instance, and no
   rule gives a row that is not there, so that "there is none" is true;
4. every instance of every derivation is one of a rule, and every step of it holds (``steps``);
5. every node of the tree that speaks of a record, a class, a declaration or a rule says what the patient's records,
   the ontology and the rules say, and a "none" lists what it ranges over (``tree``);
6. statuses, reasons, verdict and the tree are what the tables say: written anew from them, they are the same.

The version number of the program is no part of it.  A proof that was cut short is refused.  Whether the records
are the patient's, no proof can say; the words are those this program writes, compared and not judged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from nen_kb.explain.checking.anew import Anew, ResultOf
from nen_kb.explain.checking.applied import Applied
from nen_kb.explain.checking.same import differences, other_rows
from nen_kb.explain.checking.steps import Refused, Steps
from nen_kb.explain.checking.tree import Tree
from nen_kb.explain.checking.written import contradictions
from nen_kb.explain.wording.report import DISCLAIMER
from nen_kb.facts import patient_json
from nen_kb.facts.records import Patient
from nen_kb.ontology import Ontology
from nen_kb.rules.ir import Program, Trial

PARTS = ("result", "proofs", "knowledge_base", "certificate", "disclaimer")
"""What a document consists of."""
MOST_REFUSALS = 20
_MALFORMED = (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError, AssertionError)
_ROWS = {
    ("facts", "more"): "the patient's records, the ontology and the protocols give no such fact",
    ("facts", "less"): "left out, although the patient's records, the ontology or the protocols give it",
    ("tables", "more"): "no rule instance supports it",
    ("tables", "less"): "left out, although a rule gives it",
}


@dataclass(frozen=True)
class Checked:
    """What came of checking a document."""

    patient: str
    day: str
    trial: str
    sizes: Mapping[str, int]
    """How many facts, rows of tables, proofs and steps of derivations were checked, if all are right."""
    refusals: tuple[Refused, ...]
    """Place in the document and what is wrong there, at most ``MOST_REFUSALS``; none if it is accepted."""


class Checker:
    """Checks the proofs that one version of the rules and the ontology gave; for one thread."""

    def __init__(self, program: Program, ontology: Ontology, result_of: ResultOf) -> None:
        self.program = program
        self.ontology = ontology
        self._applied = Applied(program)
        self._result_of = result_of
        self._last: Anew | None = None

    def check(self, document: Any) -> Checked:
        """Everything that is wrong with a document that ``json`` has read."""
        refusals = tuple(islice(_guarded(self._refused(document), ""), MOST_REFUSALS))
        sizes = dict.fromkeys(("facts", "tables", "proofs", "steps"), 0)
        if not refusals:
            for name in ("facts", "tables"):
                sizes[name] = sum(map(len, document["certificate"][name].values()))
            sizes["proofs"] = len(document["proofs"])
            sizes["steps"] = sum(len(each["steps"]) for proof in document["proofs"] for each in proof["derivation"])
        patient, trial = (str(_at(document, "result", name)) for name in ("patient", "trial"))
        return Checked(patient, str(_at(document, "certificate", "day")), trial, sizes, refusals)

    def _refused(self, document: Any) -> Iterator[Refused]:
        if not isinstance(document, dict) or set(document) != set(PARTS):
            yield "", f"a proof has the parts {', '.join(PARTS)} and no others"
            return
        version = _at(document, "knowledge_base", "version")
        at_hand = {
            "version": version if isinstance(version, str) else "",
            "rules_sha256": self.program.sha256,
            "ontology_sha256": self.ontology.sha256,
        }
        others = list(differences(document["knowledge_base"], at_hand, "knowledge_base"))
        if others:
            yield from ((place, f"made with another knowledge base: {text}") for place, text in others)
            return
        if document["disclaimer"] != DISCLAIMER:
            yield "disclaimer", "it is not the sentence that stands below every verdict"
        data = _at(document, "certificate", "patient")
        patient, problems = patient_json.from_json(data, self.ontology, "", "certificate.patient")
        if patient is None:
            yield from ((problem.place, problem.message) for problem in problems)
            return
        yield from ((f"certificate.patient.{place}", text) for place, text in contradictions(patient, self.ontology))
        right = self._anew(patient)
        yield from _certificate_refused(document["certificate"], right)
        name = _at(document, "result", "trial")
        trial = next((each for each in self.program.trials if each.id == name), None)
        if trial is None:
            yield "result.trial", "there is no such trial"
            return
        yield from differences(document["result"], right.result(trial), "result")
        yield from self._proofs_refused(document["proofs"], right, trial)

    def _anew(self, patient: Patient) -> Anew:
        """What is right to say of the patient; kept for another proof of the same one."""
        if self._last is None or self._last.patient != patient:
            self._last = Anew(self.program, self._applied, self.ontology, patient, self._result_of)
        return self._last

    def _proofs_refused(self, proofs: Any, right: Anew, trial: Trial) -> Iterator[Refused]:
        named = [_at(proof, "clause") for proof in proofs] if isinstance(proofs, list) else []
        whole = [clause.id for clause in trial.clauses if not clause.parent]
        if named != whole and not (len(named) == 1 and named[0] in [clause.id for clause in trial.clauses]):
            yield "proofs", "there is one proof for each clause of the protocol, in its order, or one alone"
            return
        steps = Steps(self.program, right.tables)
        tree = Tree(self.program, self.ontology, right.patient, right.tables)
        for number, proof in enumerate(proofs):
            place = f"proofs[{number}]"
            yield from _guarded(steps.refused(proof, place), f"{place}.derivation")
            yield from _guarded(tree.refused(_at(proof, "proof"), f"{place}.proof"), f"{place}.proof")
            written, partial = right.proof(trial, named[number], _has_alternatives(_at(proof, "proof")))
            yield from islice(differences(proof, written, place), 1)
            if partial:
                yield place, f"{named[number]}: the search was cut short, so that it cannot be checked in full"


def _certificate_refused(found: Any, right: Anew) -> Iterator[Refused]:
    """Where the certificate is not what the patient's records and the rules give."""
    clean = True
    for name in ("facts", "tables"):
        for place, side, row in other_rows(_at(found, name), right.certificate[name], f"certificate.{name}"):
            clean = False
            yield place, f"{row}: {_ROWS[name, side]}"
    if clean:
        yield from differences(found, right.certificate, "certificate")


def _guarded(refused: Iterator[Refused], place: str) -> Iterator[Refused]:
    """The refusals of a check; one more if the document is not even built as the check expects."""
    try:
        yield from refused
    except _MALFORMED:
        yield place, "it is not built as a proof is"


def _has_alternatives(node: Any) -> bool:
    """Whether some side of the tree stands there in further ways."""
    if not isinstance(node, dict) or not isinstance(node.get("children"), list):
        return False
    return any(_at(child, "alternative") is True or _has_alternatives(child) for child in node["children"])


def _at(data: Any, *path: str) -> Any:
    """What stands at a path of keys; None if nothing does."""
    for key in path:
        data = data.get(key) if isinstance(data, dict) else None
    return data
