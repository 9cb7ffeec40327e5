"""Loading: the cache never changes an answer, and whatever is wrong with the files is said in one error."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nen_kb.errors import OntologyError
from nen_kb.ontology import Ontology
from nen_kb.resources import shipped


def entry(cache: Path) -> Path:
    (found,) = cache.glob("ontology-*.json")
    return found


def same(one: Ontology, other: Ontology) -> bool:
    return one.sha256 == other.sha256 and all(one.concept(name) == other.concept(name) for name in one.names)


# ── the cache ────────────────────────────────────────────────────────────────


def test_the_second_load_reads_the_cache_and_answers_alike(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Ontology.load()
    entry(cache)
    monkeypatch.setattr("nen_kb.ontology.files.collect", lambda _: pytest.fail("the modules were parsed again"))
    second = Ontology.load()
    assert same(first, second)
    assert first.names == second.names
    assert second.observable("Hemoglobin") == first.observable("Hemoglobin")
    assert second.disjoint("Pheochromocytoma", "NeuroendocrineTumor")


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda _: b"{}",
        lambda data: b"\xff\xfe" + data,
        lambda data: data.replace(b"hemoglobin", b"hemoglobon"),
        lambda data: data.partition(b"\n")[0] + b"\nnull",
    ],
    ids=["empty", "half", "last byte", "other json", "binary", "changed", "null"],
)
def test_a_damaged_cache_heals_itself(cache: Path, damage: Callable[[bytes], bytes]) -> None:
    first = Ontology.load()
    path = entry(cache)
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    assert same(first, Ontology.load())
    assert path.read_bytes() == whole


def test_an_edited_module_makes_the_cache_stale(copy: Path, cache: Path) -> None:
    before = Ontology.load(copy)
    module = copy.parent / "labs.owl"
    text = module.read_text(encoding="utf-8")
    module.write_text(text.replace(">hemoglobin<", ">red pigment<", 1), encoding="utf-8")
    after = Ontology.load(copy)
    assert after.sha256 != before.sha256
    assert after.find("red pigment") == "Hemoglobin"
    assert len(list(cache.glob("ontology-*.json"))) == 2


def test_a_cache_of_another_format_is_not_read(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Ontology.load()
    old = entry(cache).read_bytes()
    monkeypatch.setattr("nen_kb.ontology.cache.FORMAT", "another form")
    assert same(first, Ontology.load())
    assert entry(cache).read_bytes() != old


def test_a_cache_folder_that_cannot_be_made_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for the superuser: the folder's parent is a file."""
    blocker = tmp_path / "file"
    blocker.write_text("in the way")
    monkeypatch.setenv("NEN_KB_CACHE", str(blocker / "cache"))
    assert "Hemoglobin" in Ontology.load().names
    assert blocker.read_text() == "in the way"


def test_a_cache_entry_that_cannot_be_replaced_is_passed_over(cache: Path) -> None:
    Ontology.load()
    path = entry(cache)
    path.unlink()
    path.mkdir()
    assert "Hemoglobin" in Ontology.load().names
    assert list(cache.iterdir()) == [path]


def test_the_cache_goes_where_the_platform_keeps_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEN_KB_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    Ontology.load()
    entry(tmp_path / "nen-kb")


def test_a_start_from_the_cache_does_not_import_owlready2(cache: Path) -> None:
    code = "import sys; from nen_kb.ontology import Ontology; Ontology.load(); print('owlready2' in sys.modules)"
    environment = {**os.environ, "NEN_KB_CACHE": str(cache), "PYTHONPATH": os.pathsep.join(sys.path)}
    seen = [
        subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        ).stdout.strip()
        for _ in range(2)
    ]
    assert seen == ["True", "False"]


# ── another ontology ─────────────────────────────────────────────────────────


def test_a_copy_elsewhere_is_the_same_ontology(copy: Path, ontology: Ontology) -> None:
    assert same(Ontology.load(copy), ontology)
    assert same(Ontology.load(copy.parent), ontology)


def test_two_ontologies_in_one_process_do_not_see_each_other(copy: Path, ontology: Ontology) -> None:
    module = copy.parent / "therapies.owl"
    text = module.read_text(encoding="utf-8")
    module.write_text(text.replace('nen#Octreotide"', 'nen#Octreotid"'), encoding="utf-8")
    edited = Ontology.load(copy)
    assert edited.isa("Octreotid", "SomatostatinAnalogue")
    assert "Octreotid" not in ontology.names


def test_a_definition_in_words_of_owl_counts_for_its_named_parts(copy: Path) -> None:
    """An equivalence to an intersection puts the class under its parts; a complement makes it disjoint."""
    new = """
    <owl:Class rdf:about="https://w3id.org/nen-kb/nen#ColdScan">
        <owl:equivalentClass><owl:Class><owl:intersectionOf rdf:parseType="Collection">
            <rdf:Description rdf:about="https://w3id.org/nen-kb/nen#MRI"/>
            <owl:Class><owl:complementOf rdf:resource="https://w3id.org/nen-kb/nen#Ultrasound"/></owl:Class>
        </owl:intersectionOf></owl:Class></owl:equivalentClass>
        <rdfs:label xml:lang="en">cold scan</rdfs:label>
    </owl:Class>
    <owl:Class rdf:about="https://w3id.org/nen-kb/nen#WarmScan">
        <rdfs:subClassOf rdf:resource="https://w3id.org/nen-kb/nen#ImagingProcedure"/>
        <owl:disjointUnionOf rdf:parseType="Collection">
            <rdf:Description rdf:about="https://w3id.org/nen-kb/nen#HotScan"/>
            <rdf:Description rdf:about="https://w3id.org/nen-kb/nen#TepidScan"/>
        </owl:disjointUnionOf>
        <rdfs:label xml:lang="en">warm scan</rdfs:label>
    </owl:Class>
    <owl:Class rdf:about="https://w3id.org/nen-kb/nen#HotScan"><rdfs:label>hot scan</rdfs:label></owl:Class>
    <owl:Class rdf:about="https://w3id.org/nen-kb/nen#TepidScan"><rdfs:label>tepid scan</rdfs:label></owl:Class>
"""
    append(copy.parent / "imaging.owl", new)
    edited = Ontology.load(copy)
    assert edited.isa("ColdScan", "MRI")
    assert edited.isa("HotScan", "ImagingProcedure")
    assert edited.disjoint("HotScan", "TepidScan")
    assert edited.domain("HotScan") == "imaging"


def append(module: Path, text: str) -> None:
    whole = module.read_text(encoding="utf-8")
    module.write_text(whole.replace("</rdf:RDF>", text + "</rdf:RDF>"), encoding="utf-8")


def test_an_observable_without_a_unit_takes_that_of_the_class_above(copy: Path) -> None:
    append(
        copy.parent / "labs.owl",
        '<owl:Class rdf:about="https://w3id.org/nen-kb/nen#CapillaryHemoglobin">'
        '<rdfs:subClassOf rdf:resource="https://w3id.org/nen-kb/nen#Hemoglobin"/>'
        "<rdfs:label>capillary hemoglobin</rdfs:label></owl:Class>",
    )
    edited = Ontology.load(copy)
    found = edited.observable("CapillaryHemoglobin")
    above = edited.observable("Hemoglobin")
    assert found is not None
    assert above is not None
    assert (found.unit, found.equations, found.maximum) == (above.unit, above.equations, above.maximum)


# ── what is refused ──────────────────────────────────────────────────────────


def refused(root: Path) -> OntologyError:
    with pytest.raises(OntologyError) as caught:
        Ontology.load(root)
    for problem in caught.value.problems:
        assert problem.file
        assert problem.message
        assert problem.remedy
    return caught.value


def test_malformed_xml_is_one_error_with_file_and_line(copy: Path) -> None:
    module = copy.parent / "grades.owl"
    module.write_text(module.read_text(encoding="utf-8")[:5000], encoding="utf-8")
    (problem,) = refused(copy).problems
    assert (problem.code, problem.file) == ("malformed-xml", str(module))
    assert problem.place.isdigit()


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE rdf:RDF [<!ENTITY secret SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rdf:RDF [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE rdf:RDF SYSTEM "http://localhost/none.dtd">',
        "<!DOCTYPE rdf:RDF>",
    ],
    ids=["external entity", "expansion", "external subset", "bare"],
)
def test_a_doctype_is_refused(copy: Path, doctype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nen_kb.ontology.owl.read", lambda _: pytest.fail("owlready2 was given the file"))
    module = copy.parent / "labs.owl"
    text = module.read_text(encoding="utf-8")
    module.write_text(text.replace('<?xml version="1.0"?>', f'<?xml version="1.0"?>\n{doctype}', 1), encoding="utf-8")
    (problem,) = refused(copy).problems
    assert (problem.code, problem.file, problem.place) == ("doctype", str(module), "2")


def test_a_doctype_in_the_catalog_is_refused(copy: Path) -> None:
    catalog = copy.parent / "catalog-v001.xml"
    text = catalog.read_text(encoding="utf-8")
    catalog.write_text(text.replace("<catalog ", '<!DOCTYPE catalog [<!ENTITY a "b">]><catalog ', 1), encoding="utf-8")
    problems = refused(copy).problems
    assert ("doctype", str(catalog)) in {(problem.code, problem.file) for problem in problems}


def test_a_python_module_is_never_imported(copy: Path) -> None:
    """owlready2 would import what this annotation names."""
    module = copy.parent / "core.owl"
    annotation = (
        "<owl:versionInfo>x</owl:versionInfo>"
        '<python_module xmlns="http://www.lesfleursdunormal.fr/static/_downloads/owlready_ontology.owl#">'
        "antigravity</python_module></owl:Ontology>"
    )
    text = module.read_text(encoding="utf-8")
    module.write_text(text.replace("</owl:Ontology>", annotation, 1), encoding="utf-8")
    (problem,) = refused(copy).problems
    assert problem.code == "python-module"
    assert "antigravity" not in sys.modules


def test_an_import_that_the_catalog_lacks_is_one_error(copy: Path) -> None:
    catalog = copy.parent / "catalog-v001.xml"
    lines = catalog.read_text(encoding="utf-8").splitlines(keepends=True)
    catalog.write_text("".join(line for line in lines if "imaging" not in line), encoding="utf-8")
    (problem,) = refused(copy).problems
    assert (problem.code, problem.file) == ("missing-import", str(copy))
    assert "nen/imaging" in problem.message


def test_a_missing_catalog_names_every_import(copy: Path) -> None:
    (copy.parent / "catalog-v001.xml").unlink()
    assert [problem.code for problem in refused(copy).problems] == ["missing-import"] * 9


def test_a_module_that_is_not_there_is_one_error(copy: Path) -> None:
    (copy.parent / "imaging.owl").unlink()
    (problem,) = refused(copy).problems
    assert (problem.code, problem.file) == ("unreadable", str(copy.parent / "imaging.owl"))


def test_a_root_file_that_is_not_there_is_one_error(tmp_path: Path, cache: Path) -> None:
    (problem,) = refused(tmp_path / "none.owl").problems
    assert problem.code == "unreadable"
    assert not cache.exists()


def test_all_problems_come_together(copy: Path) -> None:
    (copy.parent / "imaging.owl").unlink()
    (copy.parent / "labs.owl").write_text("@prefix nen: <https://w3id.org/nen-kb/nen#> .", encoding="utf-8")
    assert [problem.code for problem in refused(copy).problems] == ["unreadable", "malformed-xml"]


def test_xml_that_is_no_ontology_is_refused(copy: Path) -> None:
    (copy.parent / "labs.owl").write_text("<html/>", encoding="utf-8")
    assert [problem.code for problem in refused(copy).problems] == ["not-rdf-xml"]


def test_a_file_under_the_wrong_name_is_refused(copy: Path) -> None:
    shutil.copy(copy.parent / "imaging.owl", copy.parent / "labs.owl")
    assert "wrong-iri" in {problem.code for problem in refused(copy).problems}


def test_imports_in_a_circle_are_refused(copy: Path) -> None:
    module = copy.parent / "core.owl"
    back = '<owl:imports rdf:resource="https://w3id.org/nen-kb/nen/tumours"/></owl:Ontology>'
    module.write_text(module.read_text(encoding="utf-8").replace("</owl:Ontology>", back, 1), encoding="utf-8")
    assert "import-circle" in {problem.code for problem in refused(copy).problems}


CLASS = '<owl:Class rdf:about="https://w3id.org/nen-kb/nen#{name}">{body}</owl:Class>'
ABOVE = '<rdfs:subClassOf rdf:resource="https://w3id.org/nen-kb/nen#{name}"/>'


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "no-label"),
        ("<rdfs:label>hemoglobin</rdfs:label>", "ambiguous-name"),
        ("<rdfs:label>a</rdfs:label><nen:code>LOINC:718-7</nen:code>", "ambiguous-code"),
        ("<rdfs:label>a</rdfs:label><nen:code>718-7</nen:code>", "malformed-code"),
        ("<rdfs:label>a</rdfs:label>" + ABOVE.format(name="ASAT") + ABOVE.format(name="ALAT"), "unsatisfiable"),
        ("<rdfs:label>a</rdfs:label><nen:closedWorldDomain>labs</nen:closedWorldDomain>", "unknown-domain"),
        ("<rdfs:label>a</rdfs:label><nen:canonicalUnit>g/L</nen:canonicalUnit>"
         "<nen:unitEquation>1 mol is 3 g/L</nen:unitEquation>", "unit-annotation"),
        ("<rdfs:label>a</rdfs:label><nen:canonicalUnit>g/L</nen:canonicalUnit>"
         "<nen:unitEquation>1 mmol/L = 2 mg/dL</nen:unitEquation>", "unit-annotation"),
        ("<rdfs:label>a</rdfs:label><nen:unitEquation>1 mmol/L = 2 g/L</nen:unitEquation>", "unit-annotation"),
        ("<rdfs:label>a</rdfs:label><nen:derivation>times-upper-limit</nen:derivation>", "derivation"),
        ('<rdfs:label>a</rdfs:label><nen:derivedFrom rdf:resource="https://w3id.org/nen-kb/nen#hasKi67Index"/>'
         "<nen:derivation>times-upper-limit</nen:derivation>", "no-class"),
        ('<rdfs:label>a</rdfs:label>'
         '<nen:mayCoincideWith rdf:resource="https://w3id.org/nen-kb/nen#code"/>', "no-class"),
    ],
)  # fmt: skip
def test_a_faulty_class_is_named_with_file_and_line(copy: Path, body: str, code: str) -> None:
    module = copy.parent / "labs.owl"
    append(module, "\n" + CLASS.format(name="Zfaulty", body=body))
    line = module.read_text(encoding="utf-8")[: module.read_text(encoding="utf-8").index("#Zfaulty")].count("\n") + 1
    (problem,) = [one for one in refused(copy).problems if one.message.startswith("Zfaulty")][:1]
    assert problem.code == code
    assert (problem.file, problem.place) == (str(module), str(line))


@pytest.mark.parametrize(
    "body",
    [
        ABOVE.format(name="Nix"),
        '<owl:disjointWith rdf:resource="https://w3id.org/nen-kb/nen#Nix"/>',
        '<nen:mayCoincideWith rdf:resource="https://w3id.org/nen-kb/nen#Nix"/>',
        '<nen:derivedFrom rdf:resource="https://w3id.org/nen-kb/nen#Nix"/>',
    ],
)
def test_a_name_that_is_declared_nowhere_is_refused(copy: Path, body: str) -> None:
    """A parent misspelt would otherwise be lost without a word."""
    module = copy.parent / "labs.owl"
    append(module, CLASS.format(name="Zfaulty", body=body + "<rdfs:label>a</rdfs:label>"))
    (problem,) = refused(copy).problems
    assert (problem.code, problem.file) == ("undeclared", str(module))
    assert problem.message.startswith("Nix")


def test_a_circle_of_classes_is_refused(copy: Path) -> None:
    module = copy.parent / "labs.owl"
    for one, other in (("RoundA", "RoundB"), ("RoundB", "RoundA")):
        append(module, CLASS.format(name=one, body=ABOVE.format(name=other) + f"<rdfs:label>{one}</rdfs:label>"))
    assert {problem.code for problem in refused(copy).problems} == {"circle"}


def test_numbers_of_an_inexact_type_are_refused(copy: Path) -> None:
    """A reasoner classifies wrongly when decimals and doubles are mixed."""
    module = copy.parent / "grades.owl"
    text = module.read_text(encoding="utf-8")
    spoiled = text.replace(
        'datatype="http://www.w3.org/2001/XMLSchema#decimal"', 'datatype="http://www.w3.org/2001/XMLSchema#double"', 1
    )
    assert spoiled != text
    module.write_text(spoiled, encoding="utf-8")
    assert [problem.code for problem in refused(copy).problems] == ["inexact-number"]


def test_what_was_refused_is_not_cached(copy: Path, cache: Path) -> None:
    append(copy.parent / "labs.owl", CLASS.format(name="Zfaulty", body=""))
    refused(copy)
    refused(copy)
    assert list(cache.glob("ontology-*.json")) == []


def test_the_shipped_files_are_in_their_canonical_place() -> None:
    folder = shipped("ontology")
    assert (folder / "nen.owl").is_file()
    assert (folder / "catalog-v001.xml").is_file()
    for module in folder.glob("*.owl"):
        text = module.read_text(encoding="utf-8")
        assert "<!DOCTYPE" not in text
        assert "XMLSchema#double" not in text
        assert "XMLSchema#float" not in text
