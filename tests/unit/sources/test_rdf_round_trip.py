"""Facts written as RDF and read again are the same facts: nothing is lost, nothing is added."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from rdflib import OWL, RDF

from nen_kb.facts.dates import FAR_FUTURE, FAR_PAST, Days
from nen_kb.facts.records import (
    Declaration,
    Finding,
    Imaging,
    Limit,
    Measurement,
    Note,
    Origin,
    Patient,
    Presence,
    Sex,
    Treatment,
)
from nen_kb.facts.values import GRID, NEG_INF, POS_INF, Span, above, below, to_grid
from nen_kb.ontology import Ontology
from nen_kb.sources.case_file import read_case
from nen_kb.sources.rdf import PAT, patient_to_rdf, patients_to_rdf, read_rdf, validate
from nen_kb.sources.rdf.dates import days_text, read_days
from nen_kb.sources.reading_all import read_sources

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "generative"))
from strategies import patients

ROOT = Path(__file__).resolve().parents[3]
TODAY = date(2026, 11, 20).toordinal()
FIRST, LAST = date(1900, 1, 1).toordinal(), date(2200, 12, 31).toordinal()
QUICK = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)


@cache
def ontology() -> Ontology:
    return Ontology.load()


def again(patient: Patient, folder: Path, form: str = "turtle") -> Patient:
    """The patient after a round through a file."""
    path = folder / ("patient.ttl" if form == "turtle" else "patient.owl")
    patient_to_rdf(patient, ontology()).serialize(path, format=form, encoding="utf-8")
    result = read_rdf(path, ontology(), as_of=patient.index_date)
    assert result.problems == ()
    assert result.notes == ()
    return result.patients[0]


def assert_same(patient: Patient, folder: Path, form: str = "turtle") -> None:
    read = again(patient, folder, form)
    assert read == patient
    kept, told = ([(note.path, note.message, note.kind) for note in each.notes] for each in (read, patient))
    assert [note for note in kept if note in told] == told  # the parts of a code nobody knew stay in its message only


# ── patients as sources make them ───────────────────────────────────────────


def as_read(patient: Patient) -> Patient:
    """The random patient with only what a source could have read.

    A GFR refined by its unit, a value no patient has as one that cannot be used, Krenning scores on receptor scans.
    """
    onto = ontology()

    def refined(found: Measurement) -> Measurement:
        observable = onto.observable(found.observable)
        assert observable is not None
        least, most = observable.minimum, observable.maximum
        ends = [end for end in (found.value.low, found.value.high) if NEG_INF < end < POS_INF] if found.value else []
        if any((least is not None and end < least * GRID) or (most is not None and end > most * GRID) for end in ends):
            return replace(found, value=None, trouble="unit_unusable")
        name = observable.by_unit.get(observable.unit, found.observable)
        return replace(found, observable=name) if found.value is not None else found

    def scored(scan: Imaging) -> Imaging:
        fits = onto.isa(scan.procedure, "SSTRImaging") or onto.isa("SSTRImaging", scan.procedure)
        return scan if fits else replace(scan, krenning=None)

    return replace(
        patient,
        measurements=tuple(refined(each) for each in patient.measurements),
        imaging=tuple(scored(each) for each in patient.imaging),
    )


@QUICK
@given(patient=patients())
def test_random_patients(patient: Patient, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The patients that the engines are compared on."""
    assert_same(as_read(patient), tmp_path_factory.mktemp("rdf"))


# ── records with everything in them ─────────────────────────────────────────

XML_TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff", include_characters="\t\n"),
    max_size=30,
)
CONDITIONS = ("BrainMetastases", "BreastCarcinoma", "PancreaticNeuroendocrineTumorG2", "HistologicallyConfirmed")
TREATMENTS = ("Octreotide", "Lu177Dotatate", "TransarterialEmbolization", "OtherTreatment")
OBSERVABLES = ("Hemoglobin", "Ki67Index", "Creatinine", "INR", "GFRByIohexolClearanceIndexed", "LiverTumorBurden")


@st.composite
def days(draw: Any) -> Days:
    ends = sorted(draw(st.tuples(*[st.integers(FIRST, LAST)] * 2)))
    form = draw(st.integers(0, 5))
    if form == 0:
        return Days(FAR_PAST, ends[1])
    if form == 1:
        return Days(ends[0], FAR_FUTURE)
    if form == 2:
        month = date.fromordinal(ends[0]).replace(day=1)
        return read_days(f"{month:%Y-%m}")
    if form == 3:
        return read_days(f"{date.fromordinal(ends[0]):%Y}")
    return Days(ends[0], ends[0] if form == 4 else ends[1])


@st.composite
def spans(draw: Any, name: str) -> Span:
    """Plausible values: exact numbers, numbers without six places, open and closed ends."""
    observable = ontology().observable(name)
    assert observable is not None
    numbers = st.fractions(observable.minimum, observable.maximum, max_denominator=3000)
    low, high = sorted(draw(st.tuples(numbers, numbers)))
    form = draw(st.integers(0, 4))
    if form == 0:
        return Span(to_grid(low), to_grid(low))
    if form == 1:
        return Span(above(low), POS_INF)
    if form == 2:
        return Span(NEG_INF, below(high))
    return Span(to_grid(low), to_grid(high))


@st.composite
def full(draw: Any) -> Patient:
    texts, today = XML_TEXT, TODAY
    count = iter(range(1000))

    def origin() -> Origin:
        return Origin(draw(texts), draw(texts), draw(texts))

    def identity() -> str:
        return f"{draw(texts)}{next(count)}"

    def limit() -> Limit | None:
        number = to_grid(draw(st.fractions(min_value=Fraction(1, 10), max_value=900, max_denominator=70)))
        made = Limit(Span(number, number), draw(texts), draw(st.sampled_from(("result", "site"))))
        return draw(st.sampled_from((None, made)))

    def score(most: int) -> Span | None:
        low, high = sorted(draw(st.tuples(*[st.integers(0, most)] * 2)))
        return draw(st.sampled_from((None, Span(low * GRID, high * GRID), Span(high * GRID, high * GRID))))

    def finding() -> Finding:
        presence = draw(st.sampled_from(Presence))
        concept = draw(st.sampled_from(CONDITIONS if presence is Presence.PRESENT else CONDITIONS + TREATMENTS))
        about = draw(st.sampled_from((None, "Melanoma")))
        return Finding(identity(), concept, presence, draw(days()), origin(), about, draw(texts))

    def measurement() -> Measurement:
        name, when, written = draw(st.sampled_from(OBSERVABLES)), draw(days()), draw(texts)
        if draw(st.integers(0, 3)) == 0:
            why = draw(st.sampled_from(("unit_unusable", "wrong_method", "concept_too_general")))
            return Measurement(identity(), name, None, written, when, origin(), None, None, why, draw(texts))
        lower, upper = limit(), limit()
        if lower and upper and lower.value.low > upper.value.high:
            lower, upper = upper, lower
        return Measurement(identity(), name, draw(spans(name)), written, when, origin(), upper, lower)

    def treatment() -> Treatment:
        started, known = draw(days()), draw(st.booleans())
        ended = draw(st.one_of(days(), st.just(Days(FAR_FUTURE, FAR_FUTURE))))
        if ended.last < started.first:
            started, ended = ended, started
        return Treatment(
            identity(), draw(st.sampled_from(TREATMENTS)), started, ended, origin(), draw(texts), end_known=known
        )

    def scan() -> Imaging:
        return Imaging(identity(), "Ga68DotatatePETCT", draw(days()), origin(), score(4), score(3), draw(texts))

    def every(make: Any) -> Any:
        return tuple(make() for _ in range(draw(st.integers(0, 3))))

    return Patient(
        draw(st.from_regex(r"[^\W_]([ \w.|%/#-]{0,20}[^\W_])?", fullmatch=True)),
        today,
        draw(st.sampled_from((None, *Sex))),
        None,
        draw(st.sampled_from((None, today - 3, today + 11))),
        draw(st.sampled_from(((), (("NCT05610826", 2), ("START-NET", 1))))),
        every(lambda: Declaration(identity(), "imaging", draw(st.integers(FIRST, LAST)), origin())),
        every(finding),
        every(measurement),
        every(treatment),
        every(scan),
        every(lambda: Note(draw(texts), f"{draw(texts)}{next(count)}", draw(texts))),
    )


@QUICK
@given(patient=full(), form=st.sampled_from(("turtle", "xml", "pretty-xml")))
def test_every_field(patient: Patient, form: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Texts of any script and punctuation, ids, origins, limits, troubles, notes, and the order of records."""
    assert_same(patient, tmp_path_factory.mktemp("rdf"), form)


@given(when=days())
def test_days_as_text(when: Days) -> None:
    assert read_days(days_text(when)) == when


# ── patients from files ─────────────────────────────────────────────────────


def test_the_worked_example(tmp_path: Path) -> None:
    anna = read_case(ROOT / "kb" / "examples" / "anna.yaml", ontology())
    assert_same(anna, tmp_path)
    assert_same(anna, tmp_path, "pretty-xml")
    assert validate(tmp_path / "patient.ttl") == ()


@pytest.mark.parametrize(
    "name", ["mcode/jenny-m-part.json", "mcode/john-anyperson-part.json", "synthea/murray-hane-part.json"]
)
def test_a_patient_from_fhir(name: str, tmp_path: Path) -> None:
    """With everything FHIR brings along: originals that are no quantities, notes, records of the top concepts."""
    found = read_sources([ROOT / "tests" / "data" / "fhir" / name], ontology(), as_of=TODAY)
    assert found.patients
    for patient in found.patients:
        assert_same(patient, tmp_path)
    assert validate(tmp_path / "patient.ttl") == ()


def test_several_patients_in_one_graph(tmp_path: Path) -> None:
    people = [Patient(name, TODAY, born=Days(710000, 710000)) for name in ("b", "a")]
    patients_to_rdf(people, ontology()).serialize(tmp_path / "all.ttl")
    assert set(read_rdf(tmp_path / "all.ttl", ontology()).patients) == set(people)
    with pytest.raises(ValueError, match="same id"):
        patients_to_rdf([people[0], people[0]], ontology())


def test_what_no_source_reads_is_refused() -> None:
    """A score outside its scale, and a measurement with neither a value nor a reason."""
    here, origin = Days(TODAY, TODAY), Origin("", "")
    scan = Imaging("i", "Ga68DotatatePETCT", here, origin, Span(5 * GRID, 5 * GRID))
    with pytest.raises(ValueError, match="scale"):
        patient_to_rdf(Patient("p", TODAY, imaging=(scan,)), ontology())
    empty = Measurement("m", "Hemoglobin", None, "", here, origin)
    with pytest.raises(ValueError, match="reason"):
        patient_to_rdf(Patient("p", TODAY, measurements=(empty,)), ontology())


def test_absent_findings_are_no_individuals_of_their_class() -> None:
    """An individual of BrainMetastases would say that there are some."""
    here, origin = Days(TODAY, TODAY), Origin("", "")
    gone = Finding("f", "BrainMetastases", Presence.ABSENT, here, origin)
    graph = patient_to_rdf(Patient("p", TODAY, findings=(gone,)), ontology())
    node = next(graph.objects(None, PAT.finding))
    assert {str(each).rpartition("#")[2] for each in graph.objects(node, RDF.type)} == {"NamedIndividual", "Finding"}
    assert str(graph.value(node, PAT.concept)).endswith("#BrainMetastases")


def test_every_property_is_declared() -> None:
    """What is used of the vocabulary is declared in the file itself, so that OWL tools know each property's kind."""
    graph = patient_to_rdf(read_case(ROOT / "kb" / "examples" / "anna.yaml", ontology()), ontology())
    used = {each for each in graph.predicates() if str(each).startswith(PAT)}
    kinds = (OWL.ObjectProperty, OWL.DatatypeProperty, OWL.AnnotationProperty)
    assert len(used) > 20
    assert all(sum((each, RDF.type, kind) in graph for kind in kinds) == 1 for each in used)


@pytest.mark.parametrize("form", ["turtle", "xml"])
def test_a_text_that_looks_like_a_huge_number_is_a_text(tmp_path: Path, form: str) -> None:
    """A record id of 1e1005 was taken for a number out of reach."""
    finding = Finding("1e1005", "Pregnancy", Presence.ABSENT, Days(739000, 739000), Origin("a.yaml", "findings[0]"))
    assert_same(Patient(id="a", index_date=739940, findings=(finding,)), tmp_path, form)
