"""The SHACL shapes: they cover the vocabulary, accept good files, and report mistakes readably."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from rdflib import SH, URIRef

from nen_kb.errors import UsageError
from nen_kb.ontology import Ontology
from nen_kb.resources import shipped
from nen_kb.sources.rdf import PAT, read_rdf, validate
from nen_kb.sources.rdf.parsing import load
from nen_kb.sources.rdf.vocabulary import PROPERTIES, TERMS

DATA = Path(__file__).resolve().parents[2] / "data" / "rdf"
HEAD = """@prefix : <https://example.org/x#> .
@prefix nen: <https://w3id.org/nen-kb/nen#> .
@prefix pat: <https://w3id.org/nen-kb/patient#> .
:eva a pat:Patient ; """
SHAPE = "https://w3id.org/nen-kb/patient/shapes#"


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return Ontology.load()


def check(text: str, folder: Path) -> dict[str, str]:
    """Message and remedy by place."""
    pytest.importorskip("pyshacl")
    path = folder / "eva.ttl"
    path.write_text(HEAD + text)
    return {problem.place: f"{problem.message} {problem.remedy}" for problem in validate(path)}


@pytest.mark.parametrize("kind", sorted(PROPERTIES))
def test_the_shapes_hold_the_vocabulary(kind: str) -> None:
    """Each class has a shape with exactly the properties the reader knows there, each with a message and a remedy."""
    shapes = load(shipped("ontology") / "shapes.ttl")
    assert not hasattr(shapes, "remedy")
    parts = list(shapes.objects(URIRef(SHAPE + kind), SH.property))
    paths = {str(shapes.value(part, SH.path)) for part in parts} - {"http://www.w3.org/1999/02/22-rdf-syntax-ns#type"}
    assert paths == {str(PAT[term]) for term in PROPERTIES[kind]}
    assert all("; " in str(shapes.value(part, SH.message)) for part in parts)
    assert set(PROPERTIES) == {term.name for term in TERMS.values() if term.kind == "class"}


def test_a_good_file() -> None:
    pytest.importorskip("pyshacl")
    assert validate(DATA / "anna.ttl") == ()


MISTAKES = [
    ("pat:sex 'femal' .", ":eva.sex", "female, male or unknown"),
    ("pat:finding :f . :f a nen:BrainMetastases ; pat:dat '2026' .", ":f.dat", "Did you mean 'date'?"),
    ("pat:finding :f . :f a nen:BrainMetastases ; pat:date '2026-13' .", ":f.date", "'2026-13': this is no date"),
    ("pat:finding :f . :f a nen:BrainMetastases ; pat:presence 'absent' .", ":f", "Name the class with pat:concept"),
    ("pat:finding :f . :f pat:date '2026' .", ":f", "of no class of the ontology"),
    ("pat:finding 'metastases' .", ":eva.finding", "Let the property lead to an individual"),
    ("pat:measurement :m . :m a nen:Hemoglobin .", ":m", "it has no value"),
    ("pat:measurement :m . :m a nen:Hemoglobin ; pat:value 1.2e1 .", ":m.value", "one text or decimal"),
    ("pat:measurement :m . :m a nen:Hemoglobin ; pat:atLeast 121 .", ":m.unit", "without a unit"),
    ("pat:measurement :m . :m a nen:ASAT ; pat:value '4 U/L' ; pat:upperLimit '35' .", ":m.upperLimit", "35 U/L"),
    (
        "pat:measurement :m . :m a nen:ASAT ; pat:value '4 U/L' ; pat:upperLimit [] .",
        ":m.upperLimit",
        "it has no value",
    ),
    ("pat:treatment :t . :t a nen:Octreotide ; pat:ended '2025' ; pat:ongoing true .", ":t", "Remove one of the two"),
    ("pat:treatment :t . :t a nen:Octreotide ; pat:date '2025' ; pat:started '2025' .", ":t", "done in one day"),
    ("pat:imaging :i . :i a nen:Ga68DotatatePETCT ; pat:krenning 5 .", ":i.krenning", "from 0 to 4"),
    ("pat:complete :c . :c pat:domain 'drugs' .", ":c.domain", "conditions, treatments or imaging"),
    ("pat:randomisation :r . :r pat:trial 'START-NET' .", ":r.arm", "from 1 on"),
    ("pat:sex 'female' . :f a pat:Finding, nen:BrainMetastases .", ":f", "belongs to no patient"),
    ("pat:sex 'female' . :b pat:finding [ a nen:BrainMetastases ] .", ":b", "is no patient"),
    ("pat:finding :f . :f a nen:BrainMetastases . :b a pat:Patient ; pat:finding :f .", ":f", "Give each patient"),
]


@pytest.mark.parametrize(("text", "place", "words"), MISTAKES)
def test_mistakes(text: str, place: str, words: str, tmp_path: Path, ontology: Ontology) -> None:
    """Individual and property, what is wrong, what to do; and the reader, which needs no pySHACL, refuses it too."""
    found = check(text, tmp_path)
    assert set(found) == {place}
    assert words in found[place]
    assert read_rdf(tmp_path / "eva.ttl", ontology).problems


def test_what_is_only_not_read_is_no_mistake(tmp_path: Path) -> None:
    assert check("<http://xmlns.com/foaf/0.1/name> 'Eva' .", tmp_path) == {}


def test_broken_files(tmp_path: Path) -> None:
    path = tmp_path / "x.ttl"
    path.write_text(":a a :b .")
    assert [problem.code for problem in validate(path)] == ["not-rdf"]


def test_without_pyshacl(monkeypatch: pytest.MonkeyPatch) -> None:
    """pySHACL is an extra; its absence is one clear error."""
    monkeypatch.setitem(sys.modules, "pyshacl", None)
    with pytest.raises(UsageError, match="pip install"):
        validate(DATA / "anna.ttl")
