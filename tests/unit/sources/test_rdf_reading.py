"""Patients written by hand as RDF: what is read, what is a mistake, and what is refused before it is parsed."""

from __future__ import annotations

import logging
import time
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from nen_kb.errors import Problem
from nen_kb.facts.dates import FAR_FUTURE, Days, parse_days
from nen_kb.facts.records import Limit, Patient, Presence, Sex, Treatment
from nen_kb.facts.values import POS_INF, Span, above, below, to_grid
from nen_kb.ontology import Ontology
from nen_kb.sources.rdf import RdfResult, read_rdf
from nen_kb.sources.reading_all import read_sources

DATA = Path(__file__).resolve().parents[2] / "data" / "rdf"
TODAY = date(2026, 11, 20).toordinal()
HEAD = """@prefix : <https://example.org/x#> .
@prefix nen: <https://w3id.org/nen-kb/nen#> .
@prefix pat: <https://w3id.org/nen-kb/patient#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix foaf: <http://xmlns.com/foaf/0.1/> .
"""
EVA = HEAD + ':eva a pat:Patient ; pat:indexDate "2026-11-20" ; pat:born "1960" ; '


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    return Ontology.load()


def read(text: str | bytes, folder: Path, ontology: Ontology, name: str = "eva.ttl") -> RdfResult:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_rdf(path, ontology)


def one(text: str, folder: Path, ontology: Ontology) -> Patient:
    result = read(text, folder, ontology)
    assert result.problems == ()
    return result.patients[0]


# ── what is read ────────────────────────────────────────────────────────────


def test_a_patient_made_by_hand(ontology: Ontology) -> None:
    """Types, values as text and in numbers, partial dates, limits, nodes without names, inferred superclasses."""
    result = read_rdf(DATA / "anna.ttl", ontology)
    assert result.problems == ()
    assert result.notes == ()
    (anna,) = result.patients
    assert (anna.id, anna.sex, anna.index_date) == ("anna", Sex.FEMALE, TODAY)
    assert anna.born == parse_days("1961-04-02")
    assert anna.arms == (("NCT05610826", 2),)
    assert {each.domain: each.as_of for each in anna.declarations} == {"treatments": TODAY, "conditions": TODAY}
    found = {each.id: each for each in anna.findings}
    assert found["f1"].concept == "PancreaticNeuroendocrineTumor"
    assert found["f1"].origin.text == "pathology report 24-117"
    assert (found["f3"].presence, found["f3"].concept) == (Presence.ABSENT, "BrainMetastases")
    assert (found["f4"].concept, found["f4"].original) == ("PancreaticNeuroendocrineTumor", "NCIT:C27720")
    measured = {each.id: each for each in anna.measurements}
    assert measured["hb"].value == Span(to_grid(Fraction(121)), to_grid(Fraction(121)))
    assert measured["gfr"].observable == "GFRByIohexolClearanceIndexed"
    assert measured["gfr"].value == Span(above(Fraction(90)), POS_INF)
    assert measured["asat"].original == "41 U/L"
    assert measured["asat"].upper == Limit(Span(to_grid(Fraction(35)), to_grid(Fraction(35))), "35 U/L")
    factor = Fraction("88.4")
    assert measured["crea"].value == Span(to_grid(Fraction(4, 5) * factor), below(Fraction(9, 10) * factor))
    given = {each.id: each for each in anna.treatments}
    assert given["t1"].ended == Days(FAR_FUTURE, FAR_FUTURE)
    assert given["t2"].ended == Days(parse_days("2025-09-01").first, parse_days("2025-09-20").first)
    assert given["t3"].started == given["t3"].ended == parse_days("2025-03-14")
    assert [note.path for note in anna.notes] == [":f4"]


def test_the_same_order_in_every_run(tmp_path: Path, ontology: Ontology) -> None:
    """Nodes without names are ordered by what is said of them."""
    text = EVA + ", ".join(
        f'pat:measurement [ a nen:Hemoglobin ; pat:value "{n} g/L" ; pat:date "2026" ]' for n in range(120, 130)
    ).replace(", pat:measurement", ", ")
    people = [one(text + " .", tmp_path, ontology) for _ in range(3)]
    assert [each.original for each in people[0].measurements] == [f"{n} g/L" for n in range(120, 130)]
    assert people[0] == people[1] == people[2]


def test_a_present_treatment_among_findings(tmp_path: Path, ontology: Ontology) -> None:
    """As in a case file: a treatment begun on that date, its end unknown."""
    eva = one(EVA + 'pat:finding [ a nen:Lanreotide ; pat:date "2026-01-05" ] .', tmp_path, ontology)
    assert eva.findings == ()
    day = parse_days("2026-01-05").first
    (given,) = eva.treatments
    assert isinstance(given, Treatment)
    assert (given.started, given.ended, given.end_known) == (Days(day, day), Days(day, FAR_FUTURE), False)


def test_dates_with_xml_schema_types(tmp_path: Path, ontology: Ontology) -> None:
    """A year stays a year and a month a month, whatever type it has."""
    text = (
        EVA
        + """pat:finding
        [ a nen:BrainMetastases ; pat:date "2024"^^xsd:gYear ] ,
        [ a nen:LiverMetastases ; pat:date "2024-05"^^xsd:gYearMonth ] ,
        [ a nen:BoneMetastases ; pat:date "2024-05-20T23:30:00-05:00"^^xsd:dateTime ] ."""
    )
    when = {each.concept: each.when for each in one(text, tmp_path, ontology).findings}
    assert when["BrainMetastases"] == parse_days("2024")
    assert when["LiverMetastases"] == parse_days("2024-05")
    assert when["BoneMetastases"] == parse_days("2024-05-20")


def test_the_day_asked_for(tmp_path: Path, ontology: Ontology) -> None:
    path = tmp_path / "eva.ttl"
    path.write_text(EVA + 'pat:sex "Female" .')
    (eva,) = read_rdf(path, ontology, as_of=TODAY + 30).patients
    assert eva.index_date == TODAY + 30
    assert [note.kind for note in eva.notes] == ["index-date"]


def test_what_is_said_besides_is_noted(tmp_path: Path, ontology: Ontology) -> None:
    """Foreign properties and types are not read and say so; labels and comments say nothing."""
    text = EVA + 'foaf:name "Eva" ; pat:finding [ a nen:BrainMetastases , foaf:Thing ; pat:date "2026" ] .'
    eva = one(text, tmp_path, ontology)
    assert [(note.kind, "foaf:" in note.message) for note in eva.notes] == [("not-read", True)] * 2
    other = read(
        HEAD + "<urn:x> <http://www.w3.org/2002/07/owl#imports> <urn:y> . :e a pat:Patient .", tmp_path, ontology
    )
    assert [note.kind for note in other.notes] == ["not-read"]


def test_one_broken_patient_does_not_stop_the_others(tmp_path: Path, ontology: Ontology) -> None:
    result = read(HEAD + ':a a pat:Patient ; pat:sex "femal" . :b a pat:Patient .', tmp_path, ontology)
    assert [patient.id for patient in result.patients] == ["b"]
    assert [(problem.place, problem.code) for problem in result.problems] == [(":a.sex", "unknown-word")]


# ── mistakes ────────────────────────────────────────────────────────────────

MISTAKES = [
    ("pat:finding [ a nen:BrainMetastasis ] .", "finding 1 of eva", "unknown-name", "nen:BrainMetastases"),
    ("pat:finding :f . :f a nen:BrainMetastases ; pat:presence 'absent' .", ":f", "denied-instance", "pat:concept"),
    ("pat:finding :f . :f a nen:BrainMetastases, nen:BoneMetastases .", ":f", "two-classes", "record of each"),
    ("pat:finding :f . :f pat:date '2026' .", ":f", "no-class", "pat:concept"),
    ("pat:finding :f . :f a nen:BrainMetastases ; pat:dat '2026' .", ":f.dat", "unknown-property", "'date'"),
    ("pat:finding :f . :f a nen:BrainMetastases ; pat:date '2026-02-30' .", ":f.date", "bad-date", "day"),
    ("pat:finding :f . :f a nen:BrainMetastases ; pat:date '[2026..2025]' .", ":f.date", "bad-date", "earlier"),
    ("pat:finding :f . :f a nen:BrainMetastases ; pat:date '1950' .", ":f.date", "before-birth", "one of the two"),
    ("pat:finding :f . :f a nen:BrainMetastases ; pat:date '2025', '2026' .", ":f.date", "two-values", "one of them"),
    ("pat:finding :f . :f a nen:Hemoglobin .", ":f", "not-a-finding", "pat:measurement"),
    ("pat:finding :f . :f a nen:Ga68DotatatePETCT .", ":f", "not-a-finding", "pat:imaging"),
    ("pat:finding :f . :f a nen:BrainMetastases, pat:Measurement .", ":f", "wrong-kind", "property"),
    ("pat:finding 'brain metastases' .", ":eva.finding", "not-a-record", "individual"),
    ("pat:measurement :m . :m a nen:BrainMetastases ; pat:value '3' .", ":m", "not-an-observable", "pat:finding"),
    ("pat:measurement :m . :m a nen:Hemoglobin .", ":m", "missing-property", "pat:value"),
    ("pat:measurement :m . :m a nen:Hemoglobin ; pat:value '12.1' .", ":m.value", "no-unit", "g/L"),
    ("pat:measurement :m . :m a nen:Hemoglobin ; pat:value 1.21e1 ; pat:unit 'g/dL' .",
     ":m.value", "inexact-number", "xsd:decimal"),
    ("pat:measurement :m . :m a nen:Hemoglobin ; pat:atLeast 121.0 .", ":m", "missing-property", "pat:unit"),
    ("pat:measurement :m . :m a nen:Hemoglobin ; pat:atLeast 121.0 ; pat:unit 'furlong' .",
     ":m.unit", "other-unit", "g/L"),
    ("pat:measurement :m . :m a nen:Hemoglobin ; pat:atLeast 12.1 ; pat:atMost 11.0 ; pat:unit 'g/dL' .",
     ":m", "bad-period", "correct"),
    ("pat:measurement :m . :m a nen:Hemoglobin ; pat:atLeast 12100.0 ; pat:unit 'g/dL' .",
     ":m", "implausible", "number"),
    ("pat:measurement :m . :m a nen:Hemoglobin ; pat:atLeast 12.1 ; pat:above 12.0 ; pat:unit 'g/dL' .",
     ":m", "two-values", "one of"),
    ("pat:measurement :m . :m a nen:ECOGPerformanceStatus ; pat:atLeast 1.5 ; pat:atMost 1.5 ; pat:unit '1' .",
     ":m", "implausible", "number"),
    ("pat:measurement :m . :m a nen:Hemoglobin ; pat:value '12.1 g/dL' ; pat:trouble 'not_recorded' .",
     ":m.trouble", "contradiction", "pat:trouble"),
    ("pat:measurement :m . :m a nen:ASAT ; pat:value '41 U/L' ; pat:upperLimit '35 U/L' .",
     ":m.upperLimit", "not-a-record", "pat:value"),
    ("pat:measurement :m . :m a nen:ASAT ; pat:value '41 U/L' ; pat:upperLimit [] .",
     ":m.upperLimit", "missing-property", "35 U/L"),
    ("pat:treatment :t . :t a nen:BrainMetastases .", ":t", "not-a-treatment", "drug"),
    ("pat:treatment :t . :t a nen:Octreotide ; pat:started '2026' ; pat:ended '2025' .",
     ":t.ended", "bad-period", "dates"),
    ("pat:treatment :t . :t a nen:Octreotide ; pat:ended '2025' ; pat:ongoing true .",
     ":t", "contradiction", "one of the two"),
    ("pat:treatment :t . :t a nen:Octreotide ; pat:date '2025' ; pat:started '2025' .",
     ":t.date", "contradiction", "pat:date"),
    ("pat:imaging :i . :i a nen:CT ; pat:krenning 3 .", ":i.krenning", "krenning-elsewhere", "receptor"),
    ("pat:imaging :i . :i a nen:Ga68DotatatePETCT ; pat:krenning 5 .", ":i.krenning", "bad-number", "0 to 4"),
    ("pat:imaging :i . :i a nen:Ga68DotatatePETCT ; pat:extent 'most' .", ":i.extent", "unknown-word", "all"),
    ("pat:imaging :i . :i a nen:Octreotide .", ":i", "not-imaging", "scan"),
    ("pat:complete [ pat:domain 'drugs' ] .", "complete 1 of eva.domain", "unknown-word", "treatments"),
    ("pat:complete [] .", "complete 1 of eva", "missing-property", "pat:domain"),
    ("pat:randomisation [ pat:trial 'START-NET' ; pat:arm 'two' ] .",
     "randomisation 1 of eva.arm", "not-a-number", "12.1"),
    ("pat:sex 'femal' .", ":eva.sex", "unknown-word", "female"),
    ("pat:plannedStart '2026-12' .", ":eva.plannedStart", "inexact-day", "2026-11-20"),
    ("pat:id '' .", ":eva.id", "not-text", "leave it out"),
    ("pat:finding :f . :f a nen:BrainMetastases . :b a pat:Patient ; pat:finding :f .",
     ":f", "shared-record", "its own"),
    ("pat:sex 'female' . :f a pat:Finding, nen:BrainMetastases .", ":f", "stray-record", "pat:finding"),
    ("pat:sex 'female' . :b pat:finding [ a nen:BrainMetastases ] .", ":b", "not-a-patient", "pat:Patient"),
    ("pat:finding :f , :g . :f a nen:Melanoma ; pat:recordId 'x' . :g a nen:Melanoma ; pat:recordId 'x' .",
     ":eva", "same-id", "own"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "code", "remedy"), MISTAKES)
def test_mistakes(text: str, place: str, code: str, remedy: str, tmp_path: Path, ontology: Ontology) -> None:
    """Each gives a problem that names the individual and the property, and says what to do; no patient is given."""
    result = read(EVA + text, tmp_path, ontology)
    found = [(each.place, each.code) for each in result.problems]
    assert (place, code) in found
    assert any(remedy in each.remedy for each in result.problems if each.code == code)


def test_every_mistake_in_one_run(tmp_path: Path, ontology: Ontology) -> None:
    text = EVA + "pat:sex 'femal' ; pat:finding :f ; pat:measurement :m . :f a nen:Brain . :m a nen:Hemoglobin ."
    result = read(text, tmp_path, ontology)
    assert result.patients == ()
    assert {each.code for each in result.problems} == {"unknown-word", "unknown-name", "missing-property"}


def test_an_edited_value_beside_old_numbers(tmp_path: Path, ontology: Ontology) -> None:
    """Who changes the text of an exported value and forgets its numbers is told; neither wins in silence."""
    text = "pat:measurement :m . :m a nen:Hemoglobin ; pat:value '{} g/dL' ; "
    text += "pat:atLeast 121 ; pat:atMost 121 ; pat:unit 'g/L' ."
    assert read(EVA + text.format("12.1"), tmp_path, ontology).problems == ()
    assert [each.code for each in read(EVA + text.format("9.8"), tmp_path, ontology).problems] == ["contradiction"]


def test_too_general_a_clearance_is_kept_unusable(tmp_path: Path, ontology: Ontology) -> None:
    """As in a case file: a value in a unit the class is not divided by blocks, and is never compared."""
    text = "pat:measurement :m . :m a nen:EstimatedGFR ; pat:atLeast 60 ; pat:unit 'mL/min' ; pat:date '2026' ."
    (found,) = one(EVA + text, tmp_path, ontology).measurements
    assert (found.value, found.trouble) == (None, "unit_unusable")


# ── what is refused before it is parsed ─────────────────────────────────────

XML = '<?xml version="1.0"?>{}<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:pat="https://w3id.org/nen-kb/patient#">{}</rdf:RDF>'
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def refused(result: RdfResult) -> Problem:
    assert result.patients == ()
    (problem,) = result.problems
    assert problem.remedy
    return problem


def test_entities_are_refused(tmp_path: Path, ontology: Ontology) -> None:
    """Neither an inner entity is expanded nor an outer one read."""
    secret = tmp_path / "secret.txt"
    secret.write_text("hidden")
    outer = f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'
    for doctype in (BOMB, outer):
        text = XML.format(doctype, '<pat:Patient rdf:about="urn:x"><pat:id>&e;</pat:id></pat:Patient>')
        problem = refused(read(text, tmp_path, ontology, "x.owl"))
        assert (problem.code, "hidden" in str(problem)) == ("doctype", False)


def test_a_name_does_not_decide_the_format(tmp_path: Path, ontology: Ontology) -> None:
    """Protégé saves Turtle as .owl too."""
    turtle = read(EVA + 'pat:sex "female" .', tmp_path, ontology, "eva.owl")
    assert [patient.id for patient in turtle.patients] == ["eva"]
    xml = read(XML.format("", '<pat:Patient rdf:about="urn:x"/>'), tmp_path, ontology, "x.ttl")
    assert [patient.id for patient in xml.patients] == ["x"]
    wide = XML.format("", '<pat:Patient rdf:about="urn:x"/>').encode("utf-16")
    assert [patient.id for patient in read(wide, tmp_path, ontology, "x.rdf").patients] == ["x"]


@pytest.mark.parametrize(
    ("content", "code", "place"),
    [
        (b"", "empty", ""),
        (b"\xef\xbb\xbf  \n", "empty", ""),
        (b"@prefix : <urn:x#> .\n\n:a a :b", "not-rdf", "3"),
        (b"@prefix : <urn:x#> .\n:a nen:b :c .", "not-rdf", "2"),
        (b":a \xff\xfe :b .", "not-utf-8", "byte 4"),
        (b"<?xml version='1.0'?>\n<rdf:RDF>", "not-rdf", "2"),
        (b"<a> <b> " + b"[ <c> " * 5000, "too-deep", ""),
        (b"<a> <b> " + b"( " * 5000, "too-deep", ""),
        (b"<?xml version='1.0'?>" + b"<a>" * 200, "too-deep", "1"),
        (b"<a> <b> '1\\u0065999999999'^^<http://www.w3.org/2001/XMLSchema#decimal> .", "inexact-number", "1"),
        (b"<?xml version='1.0'?>\n<a><b datatype='d'>1<!-- -->e<![CDATA[9]]>9999999</b></a>", "inexact-number", "2"),
        (b"<urn:a> <urn:b> <urn:c> .", "no-patient", ""),
    ],
)  # fmt: skip
def test_bad_files(content: bytes, code: str, place: str, tmp_path: Path, ontology: Ontology) -> None:
    """One clear problem each, at once, with the line where it is known."""
    begin = time.monotonic()
    problem = refused(read(content, tmp_path, ontology))
    assert (problem.code, problem.place) == (code, place)
    assert time.monotonic() - begin < 20


def test_too_large_a_file(tmp_path: Path, ontology: Ontology, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nen_kb.sources.rdf.parsing.MAX_BYTES", 100)
    assert refused(read("#" * 101, tmp_path, ontology)).code == "too-large"


def test_a_missing_file(tmp_path: Path, ontology: Ontology) -> None:
    assert refused(read_rdf(tmp_path / "none.ttl", ontology)).code == "unreadable"


def test_nothing_is_logged(tmp_path: Path, ontology: Ontology, caplog: pytest.LogCaptureFixture) -> None:
    """rdflib would log the text of a literal it cannot convert, and every odd IRI."""
    with caplog.at_level(logging.DEBUG):
        result = read(EVA + 'pat:sex "Secret"^^xsd:integer ; pat:finding <x y> .', tmp_path, ontology)
        read(EVA + f'pat:sex "{"9" * 5000}"^^xsd:integer ; pat:born "x"^^xsd:date .', tmp_path, ontology)
    assert result.problems
    assert caplog.records == []


# ── among other files ───────────────────────────────────────────────────────


def test_files_and_folders(tmp_path: Path, ontology: Ontology) -> None:
    """RDF is read like every other source; what holds no patient is listed, and is a mistake only if asked for."""
    (tmp_path / "eva.ttl").write_text(EVA + 'pat:sex "female" .')
    (tmp_path / "words.ttl").write_text(HEAD + "pat:Finding a <http://www.w3.org/2002/07/owl#Class> .")
    (tmp_path / "ontology.owl").write_text(XML.format("", "").replace("patient#", "nen#"))
    found = read_sources([tmp_path], ontology)
    assert [patient.id for patient in found.patients] == ["eva"]
    assert found.files == (str(tmp_path / "eva.ttl"),)
    assert found.problems == ()
    assert {Path(note.path).name for note in found.notes} == {"words.ttl", "ontology.owl"}
    asked = read_sources([tmp_path / "words.ttl"], ontology)
    assert [problem.code for problem in asked.problems] == ["no-patient"]
