"""Every case file of every trial, judged by the knowledge base that ships, against what its author expects.

A file ``kb/trials/<trial>/cases/<clause>.yaml`` is a stream of case documents, one patient each.  Beside the
keys of the case file a document has a ``title`` (a sentence for clinicians) and ``expect``: by trial, the
status of clauses and parts, with the reason codes that must be among those given, and for whole patients
the verdict.  The expectations were written from the readings of the protocol, not from the rules.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from nen_kb import KnowledgeBase
from nen_kb.facts.dates import iso
from nen_kb.knowledge_base import TrialResult
from nen_kb.resources import shipped
from nen_kb.sources.case_file import read_case

STATUSES = frozenset({"met", "unmet", "unknown", "conflicting"})
OUTCOMES = ("verdict", "recoverable", "eligible_from", "undetermined_because")
"""What ``expect`` may hold beside clauses, each an attribute of the trial's result."""

REASONS = frozenset(
    {
        "not_recorded",
        "not_declared_complete",
        "date_imprecise",
        "straddles_limit",
        "unit_unusable",
        "wrong_method",
        "concept_too_general",
        "not_yet_applicable",
        "sources_disagree",
        "person_must_judge",
        "protocol_text_damaged",
    }
)


@dataclass(frozen=True)
class Case:
    """One document of a case file."""

    path: Path
    number: int
    text: str
    data: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The patient's id, or where the document stands if it has none."""
        return str(self.data.get("id") or f"{self.path.stem}-document-{self.number}")

    @property
    def expect(self) -> Mapping[str, Mapping[str, Any]]:
        """What is expected, by trial."""
        expected = self.data.get("expect")
        return expected if isinstance(expected, dict) else {}


def documents() -> Iterator[Case]:
    """Every document of every case file, in the order of folders, files and documents."""
    for path in sorted((shipped("kb") / "trials").glob("*/cases/*.yaml")):
        texts = re.split(r"^---\s*$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
        for number, text in enumerate(texts, start=1):
            data = YAML(typ="safe", pure=True).load(text)
            yield Case(path, number, text, data if isinstance(data, dict) else {})


CASES = tuple(documents())


@pytest.fixture(scope="module")
def kb() -> KnowledgeBase:
    """The knowledge base that ships, with both engines."""
    return KnowledgeBase()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case(kb: KnowledgeBase, case: Case) -> None:
    """The patient is judged as expected, on both engines (which must agree to give any answer)."""
    patient = read_case(case.path, kb.ontology, text=case.text)
    results = {trial: kb.eligibility(patient, trial) for trial in case.expect}
    differences = [
        f"{trial} {what}"
        for trial, expected in case.expect.items()
        for what in (*differing(results[trial], expected), *unexplained(results[trial]))
    ]
    assert not differences, "\n".join([f"{case.path.name}: {case.data.get('title')}", *differences])


def differing(result: TrialResult, expected: Mapping[str, Any]) -> Iterator[str]:
    """One line for each thing that is not as expected."""
    for key, wanted in expected.items():
        if key in OUTCOMES:
            got = outcome(result, key)
            wanted = wanted.isoformat() if isinstance(wanted, date) else wanted
            if got != wanted:
                yield f"{key}: expected {wanted}, got {got}"
            continue
        clause = result[key]
        status, reasons = expected_status(wanted)
        given = [reason.code for reason in clause.reasons]
        if clause.status.value != status:
            yield f"{key}: expected {status}, got {clause.status.value} {given}"
        elif not set(reasons) <= set(given):
            yield f"{key}: {status} as expected, but not for {reasons}: {given}"


def unexplained(result: TrialResult) -> Iterator[str]:
    """One line for each clause that keeps the patient out without a reason, or with one that speaks otherwise."""
    obstacles = result.obstacles()
    if {each.clause for each in obstacles} != {clause.id for clause in result.failing}:
        yield f"obstacles of {[each.clause for each in obstacles]}, but {[c.id for c in result.failing]} fail"
    if not all(each.text and each.datum and (each.near is None or each.near >= 0) for each in obstacles):
        yield f"an obstacle says nothing: {obstacles}"
    permanent = any(each.lifted_by == "permanent" for each in obstacles)
    if obstacles and permanent is result.recoverable:
        yield f"recoverable is {result.recoverable}, the obstacles say otherwise: {obstacles}"


def outcome(result: TrialResult, key: str) -> object:
    """Verdict, recoverable, the day as text, or the list of what keeps the verdict open."""
    if key == "verdict":
        return result.verdict.value
    if key == "recoverable":
        return result.recoverable
    if key == "eligible_from":
        return None if result.eligible_from is None else iso(result.eligible_from)
    return list(result.undetermined_because)


def expected_status(wanted: object) -> tuple[str, list[str]]:
    """The status of an entry of ``expect``, and the reason codes that must be given."""
    if isinstance(wanted, dict):
        return str(wanted.get("status")), [str(reason) for reason in wanted.get("reasons", [])]
    return str(wanted), []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_case_is_well_formed(kb: KnowledgeBase, case: Case) -> None:
    """A case has a title and an index date, and expects statuses and reasons that exist, of its own trial."""
    assert case.data.get("title"), "the case has no title"
    assert case.data.get("index_date"), "the case has no index date: it would change from day to day"
    own = kb.trial(case.path.parent.parent.name)
    assert list(case.expect) == [own.id]
    expected = case.expect[own.id]
    assert expected, "the case expects nothing"
    known = {clause.id for clause in own.clauses}
    assert set(expected) - known - set(OUTCOMES) == set()
    for key in set(expected) & known:
        status, reasons = expected_status(expected[key])
        assert status in STATUSES, f"{key}: {status}"
        assert set(reasons) <= REASONS, f"{key}: {reasons}"
        assert not reasons or status in ("unknown", "conflicting"), f"{key}: {status} needs no reason"


def test_ids_are_unique() -> None:
    """A patient's id says what the case shows; two cases never share one."""
    repeated = [name for name, times in Counter(case.id for case in CASES).items() if times > 1]
    assert repeated == []


def test_every_trial_has_cases(kb: KnowledgeBase) -> None:
    """No trial is without cases, and no folder of cases is without a trial."""
    assert {trial for case in CASES for trial in case.expect} == {trial.id for trial in kb.trials}


@pytest.mark.parametrize("status", ["met", "unmet", "unknown"])
def test_every_clause_and_part_is_met_unmet_and_unknown_somewhere(kb: KnowledgeBase, status: str) -> None:
    """Each clause and part has a case for each status, in a file that is about that clause or its whole."""
    shown = {
        (trial, key)
        for case in CASES
        for trial, expected in case.expect.items()
        for key, wanted in expected.items()
        if key not in OUTCOMES and expected_status(wanted)[0] == status
        if re.fullmatch(rf"{re.escape(case.path.stem)}[a-z]?", key)
    }
    wanted = {(trial.id, clause.id) for trial in kb.trials for clause in trial.clauses}
    assert sorted(wanted - shown) == []


@pytest.mark.parametrize("verdict", ["eligible", "ineligible", "undetermined"])
def test_every_trial_has_a_whole_patient_of_each_verdict(kb: KnowledgeBase, verdict: str) -> None:
    """Whole patients show each verdict, and ineligible ones both that last and that time alone lifts."""
    for trial in kb.trials:
        whole = [case.expect[trial.id] for case in CASES if trial.id in case.expect]
        found = [expected for expected in whole if expected.get("verdict") == verdict]
        assert found, f"{trial.id} has no {verdict} patient"
        if verdict == "ineligible":
            permanent = [expected for expected in found if expected.get("recoverable") is False]
            timely = [expected for expected in found if expected.get("eligible_from")]
            assert permanent, f"{trial.id} has none that is permanent"
            assert timely, f"{trial.id} has none that time alone lifts"
