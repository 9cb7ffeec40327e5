"""Records and what is known of the patient, as nodes of a proof."""

from __future__ import annotations

from nen_kb.explain import describe, wording
from nen_kb.explain.case import Judgement
from nen_kb.explain.proof import Fact
from nen_kb.explain.wording import assumed as wording_assumed
from nen_kb.facts.dates import iso
from nen_kb.facts.normalise import Row
from nen_kb.facts.records import Declaration, Finding, Imaging, Measurement, Treatment

PERSON = {"age": "born", "sex": "sex", "arm": "arms.{0}", "planned_start": "planned_start"}
"""What of a patient stands behind a predicate about her, by the names of ``Patient.assumed``."""


def fact(judgement: Judgement, record_id: str) -> Fact:
    """A record as a node."""
    key = ("fact", record_id)
    if key not in judgement.memo:
        judgement.memo[key] = _fact(judgement, record_id)
    found = judgement.memo[key]
    assert isinstance(found, Fact)
    return found


def _fact(judgement: Judgement, record_id: str) -> Fact:
    found = judgement.record(record_id)
    if found is None:
        return Fact(text=record_id, record=record_id)
    concept, written, converted = "", getattr(found, "original", ""), ""
    if isinstance(found, Measurement):
        concept = found.observable
        observable = judgement.ontology.observable(concept)
        converted = describe.converted(found.original, found.value, observable.unit if observable else "1")
    elif isinstance(found, Finding | Treatment):
        concept = found.concept
    elif isinstance(found, Imaging):
        concept = found.procedure
    elif isinstance(found, Declaration):
        concept = found.domain
    text = wording.declared_on(iso(found.as_of)) if isinstance(found, Declaration) else describe.thing(judgement, found)
    return Fact(
        text=text,
        record=record_id,
        concept=concept,
        written=written,
        converted=converted,
        dates=iso(found.as_of) if isinstance(found, Declaration) else describe.dated(found),
        file=found.origin.file,
        path=found.origin.path,
        source=found.origin.text,
        assumed=found.origin.assumed,
    )


def person(judgement: Judgement, predicate: str, row: Row) -> Fact:
    """Sex, age or arm as a node."""
    patient = judgement.prepared.patient
    assumed = PERSON.get(predicate, "").format(*row[1:]) in patient.assumed
    if predicate == "age":
        text = wording.age(int(row[1]), int(row[2]), patient.born, judgement.day)
        return Fact(text=text, concept="birth date", assumed=assumed)
    if predicate == "sex":
        words = wording_assumed.sex if assumed else wording.sex
        return Fact(text=words(str(row[1])), concept="sex", assumed=assumed)
    if predicate == "arm":
        return Fact(text=wording.arm(str(row[1]), int(row[2])), concept="arm", assumed=assumed)
    if predicate == "planned_start":
        return Fact(text=wording_assumed.planned_start(int(row[1])), concept="planned start", assumed=assumed)
    means = judgement.program.predicates[predicate].header.get("means")
    return Fact(text=wording.lower_first(means) or predicate, concept=predicate)


def closure_fact(judgement: Judgement, domain: str, day: int) -> Declaration | None:
    """The declaration that closes a domain up to a day; declarations move with the day judged."""
    moved = judgement.day - judgement.prepared.patient.index_date
    for declared in judgement.prepared.patient.declarations:
        if declared.domain == domain and declared.as_of + moved == day:
            return declared
    return None
