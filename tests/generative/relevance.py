"""Which records may play a part in a clause, said without the rules: from dates and classes alone.

A record plays none if it could not be of a class the clause asks about, or if it could not have been

- the latest of its kind (a measurement or scan, or a finding that is stated again later),
- an instance (a treatment inside the window, a finding whose own date counts, a declaration in force),
- an override (an exception is a finding like any other), or
- a contrary statement (a denial of what is asked or of what is found, or something denied).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from blurs import Record
from topics import Leaf, Topic, ontology, program, topics

from nen_kb.facts.dates import Days, months_before
from nen_kb.facts.normalise import normalise
from nen_kb.facts.records import Declaration, Finding, Imaging, Measurement, Patient, Presence, Treatment
from nen_kb.rules.ir import Atom, Constant

LIBRARY = "concepts/records.dl"
Result = Measurement | Imaging


def may_matter(patient: Patient, record: Record | Declaration, leaf: Leaf) -> bool:
    """Whether the record may change what the rules derive of the clause."""
    topic = topics()[leaf]
    if isinstance(record, Declaration):
        return _in_force(patient, record, topic)
    if _begins(record) > patient.index_date:
        return False
    if isinstance(record, Finding):
        return _finding(patient, record, leaf, topic)
    if isinstance(record, Treatment):
        return _treatment(patient, record, leaf, topic)
    others: list[Result] = [each for each in (*patient.measurements, *patient.imaging) if each is not record]
    asked = _asked_of(record, topic)
    return any(not _superseded(patient, record, others, name) for name in asked)


def _begins(record: Record) -> int:
    return record.started.first if isinstance(record, Treatment) else record.when.first


def _cut(patient: Patient, when: Days) -> Days:
    return Days(when.first, min(when.last, patient.index_date))


def _classes(record: Result) -> tuple[str, ...]:
    """What a result or scan is, and what is computed from it."""
    if isinstance(record, Imaging):
        return (record.procedure,)
    return (record.observable, *ontology().derived(record.observable))


def _overlaps(classes: Iterable[str], name: str) -> bool:
    return any(ontology().overlaps(each, name) for each in classes)


# ── the latest ──────────────────────────────────────────────────────────────


def _asked_of(record: Result, topic: Topic) -> set[str]:
    """The classes under which the record takes part in a search for the latest."""
    asked = {name for name in topic.classes if _overlaps(_classes(record), name)}
    if ("creatinine_row", "") in topic.reads or ("size_row", "BodyWeight") in topic.reads:
        return asked
    searched = topic.of("graded") & asked
    return {name for name in asked if name in searched or searched.isdisjoint(ontology().ancestors(name))}


def _superseded(patient: Patient, record: Result, others: list[Result], name: str) -> bool:
    """Whether something that takes part under the same class is certainly later."""
    if name in ("Creatinine", "CystatinC"):
        return not _paired(patient) and _later(patient, record, others, name)
    return _later(patient, record, others, name)


def _later(patient: Patient, record: Result, others: list[Result], name: str) -> bool:
    last = _cut(patient, record.when).last
    return any(last < each.when.first <= patient.index_date and _overlaps(_classes(each), name) for each in others)


def _paired(patient: Patient) -> bool:
    """Whether a creatinine may be averaged with a cystatin C, for which an older one may be the right partner."""
    return any(each.observable == "CystatinC" for each in patient.measurements)


# ── instances ───────────────────────────────────────────────────────────────


def _treatment(patient: Patient, record: Treatment, leaf: Leaf, topic: Topic) -> bool:
    asked = {name for name in topic.classes if ontology().overlaps(record.concept, name)}
    if not asked:
        return False
    denied = any(
        each.presence is not Presence.PRESENT and any(ontology().overlaps(each.concept, name) for name in asked)
        for each in patient.findings
    )
    return denied or _ended(patient, record) > _window(patient).get(leaf, 0)


def _ended(patient: Patient, record: Treatment) -> int:
    """The last day on which it may have ended, as the rules read it."""
    rows = normalise(patient, ontology()).static["ended"]
    return next(int(row[3]) for row in rows if row[1] == record.id)


def _window(patient: Patient) -> dict[Leaf, int]:
    """The last day on which a treatment that ended then plays no part any more."""
    today = patient.index_date
    start = max(patient.planned_start or today, today)
    year = months_before(today, 12)
    return {
        ("START-NET", "I7"): start - 28,
        ("START-NET", "E3"): today - 1,
        ("NCT05610826", "I6"): start - 28,
        ("NCT05610826", "E2b"): year - 1,
        ("NCT05610826", "E3"): year - 1,
    }


@cache
def _dated_instances(leaf: Leaf) -> frozenset[str]:
    """Classes of findings whose own date is compared outside the library, other than to find the latest."""
    found: set[str] = set()
    reads = {name for name, _ in topics()[leaf].reads}
    for rule in program().rules:
        head = rule.head.predicate
        constants = tuple(term.value for term in rule.head.terms if isinstance(term, Constant))
        own = head in ("met", "unmet") and constants == leaf
        if not (own or head in reads) or rule.place.file == LIBRARY:
            continue
        atoms = [item for item in rule.body if isinstance(item, Atom)]
        row = any(column.word == "From" for column in program().predicates[head].columns)
        if not row and {"found", "dated"} <= {atom.predicate for atom in atoms}:
            found |= {str(t.value) for atom in atoms for t in atom.terms if isinstance(t, Constant)} & ontology().names
    return frozenset(found)


# ── findings: latest, override, contrary ────────────────────────────────────


def _finding(patient: Patient, record: Finding, leaf: Leaf, topic: Topic) -> bool:
    onto = ontology()
    if record.presence is Presence.ABSENT:
        asked = {name for name in topic.classes if onto.isa(name, record.concept)}
        contradicted = [e.concept for e in patient.findings if onto.isa(e.concept, record.concept)]
        asked |= {name for name in topic.classes if _overlaps(contradicted, name)}
    else:
        asked = {name for name in topic.classes if onto.overlaps(record.concept, name)}
    if not asked:
        return False
    if leaf[1] == "E16" or any(onto.overlaps(record.concept, name) for name in _dated_instances(leaf)):
        return True
    last = _cut(patient, record.when).last
    return not any(
        last < each.when.first <= patient.index_date
        for each in patient.findings
        if (each.concept, each.presence) == (record.concept, record.presence)
    )


def _in_force(patient: Patient, record: Declaration, topic: Topic) -> bool:
    if record.as_of < patient.index_date:
        return False
    domains = set(topic.of("closed"))
    if "" in domains:
        domains |= {ontology().domain(name) or "" for name in topic.classes}
    again = any(
        each is not record and each.domain == record.domain and each.as_of >= patient.index_date
        for each in patient.declarations
    )
    return record.domain in domains and not again
