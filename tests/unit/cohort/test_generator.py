"""Made-up cohorts: the same for a seed, readable, and with days in an order that a life can have."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from nen_kb.cli import main
from nen_kb.cohort.generator import Generator, Marginals, Mess
from nen_kb.cohort.generator.output import write_cohort
from nen_kb.cohort.generator.story import CARCINOMA
from nen_kb.cohort.generator.tumours import TUMOUR
from nen_kb.errors import PatientError
from nen_kb.ontology import Ontology, UnknownName
from nen_kb.sources.case_file import read_case

INDEX = "2026-11-20"


@pytest.fixture(scope="module")
def ontology() -> Ontology:
    """The ontology that ships with the package."""
    return Ontology.load(None)


def test_a_patient_depends_on_seed_and_number_only() -> None:
    """In any order, from any generator; another seed gives others."""
    forward = list(Generator(3).lines(0, 60))
    again = Generator(3)
    assert [again.line(number) for number in reversed(range(60))] == forward[::-1]
    assert not set(Generator(4).lines(0, 60)) & set(forward)


def test_the_truth_is_the_same_under_every_mess() -> None:
    """Only records differ."""
    assert Generator(3, Mess.NONE).story(7) == Generator(3, Mess.HOSTILE).story(7)
    assert Generator(3, Mess.NONE).line(7) != Generator(3).line(7)


def test_more_patients_begin_with_the_same_and_processes_change_nothing(tmp_path: Path) -> None:
    """The first of many are the few."""
    few, many, parallel = (tmp_path / name for name in ("few", "many", "parallel"))
    write_cohort(few, 5, 300)
    write_cohort(many, 5, 2_300)
    size = write_cohort(parallel, 5, 2_300, processes=2)
    assert many.read_bytes().startswith(few.read_bytes())
    assert parallel.read_bytes() == many.read_bytes()
    assert size == len(many.read_bytes())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["few", "many", "parallel"]


def test_a_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    """What stood there before stays if writing stops, and nothing else is left."""
    target = tmp_path / "cohort.ndjson"
    target.write_text("before")

    def stop(done: int) -> None:
        raise KeyboardInterrupt(done)

    with pytest.raises(KeyboardInterrupt):
        write_cohort(target, 1, 10, progress=stop)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["before"]


@pytest.mark.parametrize("mess", [Mess.NONE, Mess.REALISTIC])
def test_every_document_is_read_without_a_problem(mess: Mess, ontology: Ontology) -> None:
    """Units, dates, names and values are those of living persons, however messy."""
    problems = []
    for line in Generator(21, mess).lines(0, 250):
        try:
            patient = read_case(Path("made-up.json"), ontology, text=line)
        except PatientError as error:
            problems += [f"{json.loads(line)['id']} {problem}" for problem in error.problems]
            continue
        assert patient.id == json.loads(line)["id"]
    assert problems == []


def test_names_of_every_table_are_known(ontology: Ontology) -> None:
    """Drugs, scans, tumours and conditions that a small cohort may not have met."""
    tables = Marginals.shipped()
    names = [
        *tables.choice("tracer").names,
        *tables.choice("functioning").names,
        *tables.choice("second_cancer_kind").names,
    ]
    names += [name for name in tables.choice("carcinoma_kind").names if name != "site"]
    names += [name for name in tables.numbers("condition") if "_" not in name]
    names += [*tables.rows("attested"), *tables.choices("clearance")["method"].names, *tables.choice("response").names]
    for table in ("first_line", "later_line"):
        names += [name for choice in tables.choices(table).values() for name in choice.names if name != "none"]
    names += [part for name in tables.choice("carcinoma_line").names for part in name.split("+")]
    names += [f"{name} {grade}" for name in TUMOUR.values() for grade in ("G1", "G2", "G3")]
    names.remove("lung neuroendocrine tumor G3")
    assert [name for name in names if not _known(ontology, name)] == []


def _known(ontology: Ontology, name: str) -> bool:
    try:
        return bool(ontology.find(name))
    except UnknownName:
        return False


def test_hostile_documents_have_the_mistakes_meant_and_no_others(ontology: Ontology) -> None:
    """Each kind is met, and most documents can be read."""
    codes: Counter[str] = Counter()
    refused, lines = 0, list(Generator(2, Mess.HOSTILE).lines(0, 2500))
    marks = re.compile(r"131\"|x10 \(3\)|see letter|kg/L|1901-01-01|dictated|😀|\u202e")
    suspicious = [line for line in lines if marks.search(line) or not line.endswith("}")]
    for line in {*suspicious, *lines[:100]}:
        try:
            read_case(Path("made-up.json"), ontology, text=line)
        except PatientError as error:
            refused += 1
            codes.update(problem.code for problem in error.problems)
    assert set(codes) == {"no-unit", "unknown-unit", "unknown-name", "implausible", "before-birth", "not-json"}
    assert 30 < refused < 110
    found = Counter(json.loads(line)["id"] for line in lines if line.endswith("}"))
    assert max(found.values()) > 1


def test_a_life_is_in_order() -> None:
    """Birth, diagnosis, spread, treatment, progression; nothing true lies after the index day."""
    generator = Generator(13)
    for story in map(generator.story, range(4000)):
        assert story.born < story.diagnosed < story.index
        assert 6 <= story.age < 100
        assert story.spread is None or story.diagnosed <= story.spread <= story.index
        assert all(story.spread <= day <= story.index for day in story.metastases.values() if story.spread is not None)
        assert bool(story.metastases) == (story.spread is not None)
        assert all(story.diagnosed < day <= story.index for day in story.progressions)
        for course in story.courses:
            assert story.born < course.start <= story.index
            assert course.kind == "other" or course.start > story.diagnosed - 1
            assert course.end is None or course.start <= course.end <= story.index
        assert all(story.diagnosed <= scan.day <= story.index for scan in story.scans)
        assert all((scan.krenning == 0) == (scan.extent == "none") for scan in story.scans)
        assert story.sex == "female" or not (story.pregnant or story.breastfeeding or story.menopause)


def test_no_mess_calls_a_carcinoma_a_tumor_of_the_other_kind() -> None:
    """A vague record says less than the truth, never something else."""
    generator, seen = Generator(77), 0
    for number in range(1200):
        if generator.story(number).grade == CARCINOMA:
            seen += 1
            concepts = {finding["concept"] for finding in generator.document(number)["findings"]}
            assert not any(concept.startswith("neuroendocrine tumor") for concept in concepts)
    assert seen > 20


def test_plain_records_hold_exact_days_up_to_the_index_day() -> None:
    """Without mess no date is vague, late or before birth."""
    for document in map(Generator(13, Mess.NONE).document, range(500)):
        text = json.dumps([document[key] for key in ("findings", "measurements", "treatments", "imaging")])
        days = re.findall(r'"(?:date|started|ended)": "([^"]*)"', text)
        assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", day) for day in days)
        assert all(document["born"] <= day <= INDEX for day in days)
        counts = {(each["observable"], each["date"]): each["value"] for each in document["measurements"]}
        for (item, day), value in counts.items():
            if item == "neutrophils" and ("leukocytes", day) in counts:
                assert float(value.split()[0]) <= float(counts["leukocytes", day].split()[0])


def test_the_kinds_of_mess_are_there() -> None:
    """Imprecise days, spans, ranges, comparators, results lost, contradictions, later records."""
    text = "\n".join(Generator(8).lines(0, 1500))
    for form in (r'"date":"\d{4}-\d\d"', r'"date":"\d{4}"', r'"from":', r'"value":"\d+-\d+ %"', r'"value":"<\d',
                 r'"value":"> 90', r'"value":"unknown"', r'"source":"correction"', r'"date":"2026-12',
                 r'K/uL', r'µmol/L', r'mg/dL', r'ukat/L|µkat/L', r'"krenning":"\d-\d"'):  # fmt: skip
        assert re.search(form, text), form


def test_a_table_without_a_source_is_refused() -> None:
    """Every figure says where it comes from."""
    whole = '[x]\nwhat = "w"\nbasis = "assumed"\nsource = "s"\nnumber = 1\n'
    assert Marginals.read(whole).number("x") == 1
    for wrong in (
        whole.replace('source = "s"\n', ""),
        whole.replace("assumed", "guessed"),
        whole + "numbers = { a = 1 }\n",
        whole + "spare = 2\n",
        "y = 1\n" + whole,
    ):
        with pytest.raises(ValueError, match=r"x|y"):
            Marginals.read(wrong)


def test_the_command_writes_a_cohort(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As many lines as patients, and a word that nobody in it exists."""
    target = tmp_path / "cohort.ndjson"
    assert main(["generate", "--patients", "25", "--seed", "9", "-o", str(target)]) == 0
    assert target.read_text("utf-8").splitlines() == list(Generator(9).lines(0, 25))
    assert "nobody in this cohort exists" in capsys.readouterr().err
    assert main(["generate", "--patients", "3", "--mess", "none", "-o", str(target)]) == 0
    assert target.read_text("utf-8").splitlines() == list(Generator(1, Mess.NONE).lines(0, 3))


def test_the_command_names_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that is not there, a number below zero."""
    assert main(["generate", "-o", str(tmp_path / "nowhere" / "cohort.ndjson")]) == 2
    assert main(["generate", "--patients", "-1", "-o", str(tmp_path / "cohort.ndjson")]) == 2
    assert main(["generate", "--workers", "0", "-o", str(tmp_path / "cohort.ndjson")]) == 2
    assert list(tmp_path.iterdir()) == []
    assert len(re.findall(r"\[not-written\]|\[bad-number\]", capsys.readouterr().err)) == 3
