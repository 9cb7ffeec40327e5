"""The triples themselves: complete, well-formed, in the vocabulary, and the proofs down to records."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import rdflib

from nen_kb import KnowledgeBase
from nen_kb.graph import Triple, ontology_triples, turtle
from nen_kb.graph.terms import DATA, DERIVED_FROM, GRAPH, TYPE, g, nen
from nen_kb.graph.vocabulary import CLASSES, PROPERTIES
from nen_kb.knowledge_base.graph import graph_triples
from nen_kb.resources import shipped
from nen_kb.sources.case_file import read_case


@pytest.fixture(scope="module")
def kb() -> KnowledgeBase:
    """The knowledge base that ships."""
    return KnowledgeBase()


@pytest.fixture(scope="module")
def triples(kb: KnowledgeBase) -> list[Triple]:
    """The graph of the worked example."""
    return list(graph_triples(kb, [read_case(shipped("kb") / "examples" / "anna.yaml", kb.ontology)]))


def test_only_terms_of_the_vocabulary_are_used(triples: list[Triple]) -> None:
    used = {term[len(GRAPH) + 1 : -1] for triple in triples for term in triple[1:] if term.startswith(f"<{GRAPH}")}
    assert used - set(CLASSES) - set(PROPERTIES) == set()


def test_turtle_says_the_same_as_the_triples(triples: list[Triple]) -> None:
    lines = "".join(f"{s} {p} {o} .\n" for s, p, o in triples if "_:" not in s + o)
    plain = rdflib.Graph().parse(data=lines, format="nt11")
    written = rdflib.Graph().parse(data="\n".join(turtle(t for t in triples if "_:" not in t[0] + t[2])))
    assert len(plain) > 20_000
    assert set(plain) == set(written)


def test_every_clause_has_its_quotes_and_a_status(triples: list[Triple], kb: KnowledgeBase) -> None:
    statuses = {o for _, p, o in triples if p == g("ofClause")}
    clauses = {s for s, p, o in triples if p == TYPE and o == g("Clause")}
    assert statuses == clauses
    assert len(clauses) == sum(len(trial.clauses) for trial in kb.trials)


def test_every_derivation_leads_to_something_that_is_there(triples: list[Triple]) -> None:
    """PROV-O: no premise without a type, no statement without a rule, no circle."""
    typed = {s for s, p, _ in triples if p == TYPE}
    above: dict[str, set[str]] = {}
    for s, p, o in triples:
        if p == DERIVED_FROM:
            assert o in typed
            above.setdefault(s, set()).add(o)
    derived = {s for s, p, o in triples if p == TYPE and o == g("Derivation")}
    assert derived == {s for s, p, _ in triples if p == g("byRule")}
    rules = {s for s, p, o in triples if p == TYPE and o == g("Rule")}
    assert {o for _, p, o in triples if p == g("byRule")} <= rules

    def leaves(one: str, trail: tuple[str, ...]) -> set[str]:
        assert one not in trail
        return {one}.union(*(leaves(each, (*trail, one)) for each in above.get(one, ())))

    washout = f"<{DATA}patient/anna/status/START-NET/I7>"
    assert f"<{DATA}patient/anna/record/treatments%5B2%5D>" in leaves(washout, ())


def test_rests_on_is_what_the_derivations_reach(triples: list[Triple]) -> None:
    records = {s for s, p, o in triples if p == TYPE and o == g("Record")}
    above: dict[str, set[str]] = {}
    rests: dict[str, set[str]] = {}
    for s, p, o in triples:
        if p == DERIVED_FROM:
            above.setdefault(s, set()).add(o)
        elif p == g("restsOn"):
            rests.setdefault(s, set()).add(o)

    def reached(one: str) -> set[str]:
        return {one}.union(*(reached(each) for each in above.get(one, ())))

    for status in {s for s, p, o in triples if p == TYPE and o == g("Status")}:
        assert reached(status) & records == rests.get(status, set())


def test_kind_of_is_the_hierarchy_of_the_rules(triples: list[Triple], kb: KnowledgeBase) -> None:
    found = {(s, o) for s, p, o in triples if p == g("kindOf")}
    assert found == {(nen(n), nen(a)) for n in kb.ontology.names for a in kb.ontology.ancestors(n)}


def test_an_ontology_without_its_files_still_has_names_and_hierarchy(
    kb: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = set(ontology_triples(kb.ontology))
    monkeypatch.setattr(kb.ontology, "sha256", "another")
    known = set(ontology_triples(kb.ontology))
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    english = {(s, o) for s, p, o in full if p == label and o.endswith("@en") and s.startswith(nen("")[:-1])}
    classes = {s for s, p, o in full if p == g("kindOf")}
    assert {(s, o) for s, o in english if s in classes} == {(s, o) for s, p, o in known if p == label}
    assert {t for t in full if t[1] == g("kindOf")} == {t for t in known if t[1] == g("kindOf")}


def test_an_edited_ontology_file_is_what_is_shown(tmp_path: Path) -> None:
    for path in shipped("ontology").iterdir():
        if path.is_file():
            data = path.read_text(encoding="utf-8").replace(">anastrozole<", ">anastrozole, edited<")
            (tmp_path / path.name).write_text(data, encoding="utf-8")
    edited = KnowledgeBase(ontology=tmp_path / "nen.owl")
    found = list(ontology_triples(edited.ontology, tmp_path / "nen.owl"))
    assert any(o == '"anastrozole, edited"@en' for _, _, o in found)
    assert any(o == '"anastrozole, edited"@en' for _, _, o in ontology_triples(edited.ontology))


def test_no_path_of_this_machine_is_in_the_graph_of_the_shipped_knowledge_base(kb: KnowledgeBase) -> None:
    here = re.escape(str(Path.cwd()))
    assert not any(re.search(here, o) for triple in graph_triples(kb, []) for o in triple)
