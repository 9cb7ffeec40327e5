"""What rules ask about exists, and a record can come to be of it: by a name or by a code."""

from __future__ import annotations

import pytest

from nen_kb.ontology import Ontology
from nen_kb.resources import shipped
from nen_kb.rules import check_program, load_program
from nen_kb.rules.ir import Atom, Constant, Program
from nen_kb.sources.fhir.codes import Lexicon


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return Ontology.load()


@pytest.fixture(scope="module")
def program(ontology: Ontology) -> Program:
    return load_program(shipped("kb"), ontology)


@pytest.fixture(scope="module")
def asked(program: Program, ontology: Ontology) -> frozenset[str]:
    """Every class that a rule names, in whatever column."""
    constants = (
        term.value
        for rule in program.rules
        for item in (rule.head, *rule.body)
        if isinstance(item, Atom)
        for term in item.terms
        if isinstance(term, Constant) and isinstance(term.value, str)
    )
    return frozenset(constants) & ontology.names


def test_every_name_in_the_rules_exists_and_every_pair_is_decided(ontology: Ontology) -> None:
    problems, report = check_program(shipped("kb"), ontology)
    assert problems == []
    assert report.undecided == ()


def test_rules_ask_about_much_of_the_ontology(asked: frozenset[str], ontology: Ontology) -> None:
    reached = {below for name in asked for below in ontology.descendants(name)}
    assert len(asked) > 100
    assert len(reached) > 250


def test_every_class_asked_about_is_found_by_each_of_its_names(asked: frozenset[str], ontology: Ontology) -> None:
    """The way of case files."""
    for name in sorted({below for each in asked for below in ontology.descendants(each)}):
        concept = ontology.concept(name)
        assert all(ontology.find(text) == name for text in (name, concept.label, *concept.synonyms)), name


def test_every_class_asked_about_is_found_in_fhir(asked: frozenset[str], ontology: Ontology) -> None:
    """By its label, and by every code that decides for it."""
    lexicon = Lexicon(ontology)
    for name in sorted({below for each in asked for below in ontology.descendants(each)}):
        concept = ontology.concept(name)
        assert lexicon.by_name(concept.label) == name
        for code in concept.codes:
            if code.match in ("exact", "narrow"):
                assert lexicon.by_code(code.system, code.code) == name, code


def test_no_rule_names_a_class_that_serves_definitions_only(asked: frozenset[str], ontology: Ontology) -> None:
    assert ontology.parts
    assert asked.isdisjoint(ontology.parts)


def test_the_parts_of_definitions_are_found_by_no_name(ontology: Ontology) -> None:
    """A record "lutetium-177" would say nothing of what was given."""
    for name in ontology.parts:
        with pytest.raises(LookupError):
            ontology.find(ontology.label(name))
    assert {ontology.domain(name) for name in ontology.parts} == {None}


def test_the_parts_of_definitions_exclude_whatever_is_recorded(ontology: Ontology) -> None:
    tops = ("Condition", "Treatment", "ImagingProcedure", "Observable", "Assessment", "Attestation")
    assert all(ontology.disjoint(part, top) for part in ontology.parts for top in tops)


def test_the_grades_are_defined_by_their_cut_offs(ontology: Ontology) -> None:
    """WHO 2019: G1 below 3 % and below 2 mitoses, G2 up to 20 of each, G3 above."""
    shown = {
        grade: [
            (each.observable, each.low, each.low_open, each.high, each.high_open) for each in ontology.ranges(grade)
        ]
        for grade in ("NeuroendocrineTumorG1", "NeuroendocrineTumorG2", "NeuroendocrineTumorG3")
    }
    assert shown == {
        "NeuroendocrineTumorG1": [("Ki67Index", None, False, 3, True), ("MitoticCount", None, False, 2, True)],
        "NeuroendocrineTumorG2": [("Ki67Index", 3, False, 20, False), ("MitoticCount", 2, False, 20, False)],
        "NeuroendocrineTumorG3": [("Ki67Index", 20, True, None, False), ("MitoticCount", 20, True, None, False)],
    }
