"""What clauses depend on, followed through the rules."""

from __future__ import annotations

import pytest

from nen_kb.graph.reach import Reach, Reached
from nen_kb.ontology import Ontology
from nen_kb.resources import shipped
from nen_kb.rules.ir import Program
from nen_kb.rules.load import load_program


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    """The shipped ontology."""
    return Ontology.load()


@pytest.fixture(scope="module")
def program(ontology: Ontology) -> Program:
    """The shipped rules."""
    return load_program(shipped("kb"), ontology)


@pytest.fixture(scope="module")
def reach(program: Program, ontology: Ontology) -> Reach:
    """What they reach."""
    return Reach(program, ontology)


def limits(found: Reached, concept: str) -> set[tuple[str, int]]:
    return {(each.operator, int(each.limit.value)) for each in found.thresholds if each.concept == concept}


def test_a_class_is_followed_and_no_other_comes_with_it(reach: Reach) -> None:
    found = reach.of_clause("met", "START-NET", "I11a")
    assert found.concepts == {"Hemoglobin"}
    assert limits(found, "Hemoglobin") == {(">", 90 * 10**7)}


def test_a_unit_is_converted(reach: Reach) -> None:
    assert limits(reach.of_clause("met", "NCT05610826", "E8a"), "Hemoglobin") == {
        ("<", 80 * 10**7),
        ("<", 805700000),
    }


def test_a_topic_of_the_rules_leads_to_what_it_is_made_of(reach: Reach) -> None:
    found = reach.of_clause("met", "START-NET", "I10")
    assert {"Creatinine", "CystatinC", "GFRByIohexolClearance"} <= found.concepts
    assert {(each.unit, each.count, each.policy) for each in found.windows} == {("days", 7, "estimate_pair_window")}


def test_a_derived_observable_brings_the_one_it_is_computed_from(reach: Reach) -> None:
    assert {"ASAT", "ASATTimesULN"} <= reach.of_clause("met", "START-NET", "I11e").concepts


def test_a_domain_follows_from_the_class(reach: Reach) -> None:
    assert reach.of_clause("unmet", "NCT05610826", "E6d").domains == {"conditions"}
    assert reach.of_clause("unmet", "NCT05610826", "E2a").domains == {"treatments"}
    assert reach.of_clause("met", "NCT05610826", "E6d").domains == set()


def test_windows_are_counts_of_days_or_months(reach: Reach) -> None:
    found = reach.of_clause("unmet", "START-NET", "I7")
    assert {(each.unit, each.count) for each in found.windows} == {("days", 28)}


def test_a_comparison_that_becomes_a_truth_speaks_for_both_sides(reach: Reach) -> None:
    found = reach.of_clause("met", "START-NET", "E4")
    assert {each.as_truth for each in found.thresholds if each.concept == "Platelets"} == {True}


def test_every_numeral_of_a_clause_is_a_threshold(reach: Reach, program: Program) -> None:
    """Each clause with a comparison in its own rules has at least as many thresholds as limits."""
    for trial in program.trials:
        for clause in trial.clauses:
            for side in ("met", "unmet"):
                for rule in reach.rules_of_clause(side, trial.id, clause.id):
                    own = {each.limit.value for each in reach.of_rule(rule).thresholds}
                    all_reached = {each.limit.value for each in reach.of_clause(side, trial.id, clause.id).thresholds}
                    assert own <= all_reached
