"""Whether a patient's records agree with themselves: with what is written, read once more.

A record carries what its source wrote beside what was made of it.  What can be read again must give the
same; what cannot (a coded answer, a unit nobody knows) is taken as it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from nen_kb.facts import patient_json
from nen_kb.facts.records import Declaration, Imaging, Measurement, Patient
from nen_kb.facts.values import Quantity, Span, parse_quantity, span
from nen_kb.ontology import Observable, Ontology, UnknownName

PERSON = ("sex", "born", "planned_start")


def contradictions(patient: Patient, ontology: Ontology) -> Iterator[tuple[str, str]]:
    """Each place in the patient's JSON where a record, or the patient, contradicts itself, and how."""
    for place, record in patient_json.records(patient):
        if isinstance(record, Measurement):
            yield from ((f"{place}.{name}", text) for name, text in _measured(record, ontology))
        elif not isinstance(record, Declaration):
            concept = record.procedure if isinstance(record, Imaging) else record.concept
            if _names_another(record.original, concept, ontology):
                yield f"{place}.original", f"{record.original!r} is not {ontology.label(concept)}"
    known = {name for name in PERSON if getattr(patient, name) is not None} | {f"arms.{t}" for t, _ in patient.arms}
    strange = [name for name in patient.assumed if name not in known]
    if strange or len(set(patient.assumed)) < len(patient.assumed):
        yield "assumed", "it names something twice, or something that is not known of the patient"


def _measured(record: Measurement, ontology: Ontology) -> Iterator[tuple[str, str]]:
    observable = ontology.observable(record.observable)
    if observable is None:
        yield "observable", "it is nothing that has a number"
        return
    if record.value is not None and not _agrees(record.original, record.value, observable):
        yield "value", f"it is not what is written, {record.original!r}"
    for name, limit in (("upper", record.upper), ("lower", record.lower)):
        if limit is not None and not _agrees(limit.original, limit.value, observable):
            yield name, f"it is not what is written, {limit.original!r}"


def _agrees(original: str, value: Span, observable: Observable) -> bool:
    """Whether the value is what is written, if that can be read; of a scale of whole numbers, the whole ones in it."""
    try:
        quantity = parse_quantity(original)
    except ValueError:
        return True
    read = span(quantity, observable.unit, observable.equations)
    if read is None or read == value:
        return True
    if not observable.integer:
        return False
    whole = span(_whole(quantity), observable.unit, observable.equations)
    return whole == value


def _whole(quantity: Quantity) -> Quantity:
    """The quantity of whole numbers within: ``> 1`` is from 2 on."""
    low, high = quantity.low, quantity.high
    if low is not None and quantity.low_open:
        low = Fraction(low.__floor__() + 1)
    if high is not None and quantity.high_open:
        high = Fraction(high.__ceil__() - 1)
    return Quantity(low, high, False, False, quantity.unit)


def _names_another(original: str, concept: str, ontology: Ontology) -> bool:
    """Whether what is written is a name of a class that nothing of this class can be."""
    try:
        named = ontology.find(original)
    except UnknownName:
        return False
    return ontology.disjoint(named, concept)
