"""Whether a program may be run one patient at a time, without the patient's column."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from nen_kb.rules.ir import Atom, Comparison, Program, Rule, Variable
from nen_kb.rules.plan import Row


def patient_columns(program: Program) -> dict[str, int] | None:
    """Where each predicate has its patient, if every rule speaks of one patient only; None otherwise.

    If so, the rows of several patients are those of each of them alone, taken together.
    """
    columns: dict[str, int] = {}
    for name, predicate in program.predicates.items():
        places = [position for position, column in enumerate(predicate.columns) if column.word == "Patient"]
        if predicate.role != "derived" and len(places) == 1:
            columns[name] = places[0]
        elif predicate.role != "derived" and places:
            return None
    for name in program.order:
        rules = program.rules_of(name)
        column = next((found for rule in rules if (found := _head_column(rule, columns)) is not None), None)
        if column is not None:
            columns[name] = column
        if not all(_speaks_of_one(rule, columns) for rule in rules):
            return None
    return columns


def by_patient(
    base: Mapping[str, Collection[Row]], columns: Mapping[str, int]
) -> Iterator[tuple[str | None, Mapping[str, Collection[Row]]]]:
    """The facts of each patient, in the order of their names.

    All together, without a patient, where there are no patients' columns or nobody in them.
    """
    places = [(name, columns[name]) for name in base if name in columns]
    patients = sorted({row[place] for name, place in places for row in base[name]})
    if len(patients) <= 1:
        yield (patients[0] if patients else None), base
        return
    for patient in patients:
        own = {name: [row for row in base[name] if row[place] == patient] for name, place in places}
        yield patient, {**base, **own}


def _head_column(rule: Rule, columns: Mapping[str, int]) -> int | None:
    """The head's column that holds the patient of the first atom that has one."""
    for item in rule.body:
        if isinstance(item, Atom) and item.predicate in columns:
            patient = item.terms[columns[item.predicate]]
            return rule.head.terms.index(patient) if patient in rule.head.terms else None
    return None


def _speaks_of_one(rule: Rule, columns: Mapping[str, int]) -> bool:
    """Whether all patients of the rule are one variable that a positive atom binds, and that stands nowhere else."""
    bound, patients, others = False, set(), set()
    for item in (rule.head, *rule.body):
        if isinstance(item, Comparison):
            others |= {item.left, item.right}
            continue
        column = columns.get(item.predicate)
        others |= {term for position, term in enumerate(item.terms) if position != column}
        if column is not None:
            patients.add(item.terms[column])
            bound = bound or (item is not rule.head and not item.negated)
    if not patients:
        return True
    patient = patients.pop()
    return (
        not patients
        and isinstance(patient, Variable)
        and patient not in others
        and bound
        and (rule.head.predicate in columns)
    )
