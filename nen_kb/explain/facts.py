"""Records and what is known of the patient, as nodes of a proof."""

from __future__ import annotations

from nen_kb.explain import describe, wording
from nen_kb.explain.case import Judgement
from nen_kb.explain.proof import Fact
from nen_kb.facts.dates import iso
from nen_kb.facts.normalise import Row
from nen_kb.facts.records import Declaration, Finding, Imaging, Measurement, Treatment


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
    text = f"declared on {iso(found.as_of)}" if isinstance(found, Declaration) else describe.thing(judgement, found)
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
    )


def person(judgement: Judgement, predicate: str, row: Row) -> Fact:
    """Sex, age or arm as a node."""
    patient = judgement.prepared.patient
    if predicate == "age":
        return Fact(text=wording.age(int(row[1]), int(row[2]), patient.born, judgement.day), concept="birth date")
    if predicate == "sex":
        return Fact(text=wording.sex(str(row[1])), concept="sex")
    if predicate == "arm":
        return Fact(text=wording.arm(str(row[1]), int(row[2])), concept="arm")
    means = judgement.program.predicates[predicate].header.get("means")
    return Fact(text=wording.lower_first(means) or predicate, concept=predicate)


def closure_fact(judgement: Judgement, domain: str, day: int) -> Declaration | None:
    """The declaration that closes a domain up to a day; declarations move with the day judged."""
    moved = judgement.day - judgement.prepared.patient.index_date
    for declared in judgement.prepared.patient.declarations:
        if declared.domain == domain and declared.as_of + moved == day:
            return declared
    return None
