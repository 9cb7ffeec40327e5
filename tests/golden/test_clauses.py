"""The text of every status of every clause, word for word, on cases of the case files.

``clauses/manifest.yaml`` names for each status of each clause and part the case that shows it, or says why
the status cannot happen; ``clauses/<trial>/<clause>.txt`` holds the proofs as a clinician reads them.  After
a wanted change run ``pytest tests/golden --golden-update`` and read the difference of the files.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from nen_kb.explain import Judgement, explain_clause, render
from nen_kb.facts.normalise import normalise
from nen_kb.facts.records import Patient
from nen_kb.ontology import Ontology
from nen_kb.resources import shipped
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.load import load_program
from nen_kb.rules.protocol import protocol_rows
from nen_kb.sources.case_file import documents, read_case

FOLDER = Path(__file__).parent / "clauses"
STATUSES = ("met", "unmet", "unknown", "conflicting")
UNREACHABLE = "unreachable: "
WIDTH = 100
MANIFEST: Mapping[str, Mapping[str, Mapping[str, str]]] = YAML(typ="safe", pure=True).load(
    (FOLDER / "manifest.yaml").read_text(encoding="utf-8")
)
SHOWN = [(trial, clause) for trial, clauses in MANIFEST.items() for clause in clauses]


class Bench:
    """The shipped rules, and the cases of the case files by id."""

    def __init__(self) -> None:
        self.ontology = Ontology.load()
        self.program = load_program(shipped("kb"), self.ontology, strict=False)
        self.evaluator = Evaluator(self.program)
        self.protocol = protocol_rows(self.program)
        self.cases: dict[str, tuple[Path, str]] = {}
        self.known: dict[str, Judgement] = {}
        for path in sorted((shipped("kb") / "trials").glob("*/cases/*.yaml")):
            for text in documents(path.read_text(encoding="utf-8")):
                found = re.search(r"^id: (\S+)$", text, flags=re.MULTILINE)
                assert found, f"{path.name}: a case without id"
                assert found[1] not in self.cases, f"{path.name}: {found[1]} is not the only case of that id"
                self.cases[found[1]] = path, text

    def case(self, case_id: str) -> Judgement:
        """A case, judged."""
        if case_id not in self.known:
            path, text = self.cases[case_id]
            self.known[case_id] = self.judged(read_case(Path(path.name), self.ontology, text=text))
        return self.known[case_id]

    def judged(self, patient: Patient) -> Judgement:
        """A patient, judged."""
        prepared = normalise(patient, self.ontology)
        base = {**prepared.rows(self.program.asked), **self.protocol}
        return Judgement(self.program, self.evaluator, prepared, self.evaluator.run(base, ("status",)), base)

    def title(self, case_id: str) -> str:
        """The sentence above a case."""
        found = re.search(r"^title: (.+)$", self.cases[case_id][1], flags=re.MULTILINE)
        return found[1] if found else ""


@pytest.fixture(scope="module")
def bench() -> Bench:
    """Read once."""
    return Bench()


def section(bench: Bench, trial: str, clause: str, status: str, case: str) -> str:
    """The proof of one status under its heading; line numbers of rule files do not count."""
    judgement = bench.case(case)
    got = judgement.status(trial, clause)
    assert got == status, f"{case} shows {trial} {clause} as {got}, not as {status}"
    text = render(explain_clause(judgement, trial, clause), width=WIDTH, encoding="utf-8")
    return f"── {status} ── {bench.title(case)} ({case})\n\n{re.sub(r'(?<=[.]dl):[0-9]+', '', text)}\n"


@pytest.mark.parametrize(("trial", "clause"), SHOWN)
def test_clause(bench: Bench, request: pytest.FixtureRequest, trial: str, clause: str) -> None:
    """Every status of the clause reads as it did when somebody last read it."""
    cases = MANIFEST[trial][clause]
    text = "\n".join(
        f"── {status} ── {case}\n" if case.startswith(UNREACHABLE) else section(bench, trial, clause, status, case)
        for status, case in cases.items()
    )
    path = FOLDER / trial.lower() / f"{clause}.txt"
    if request.config.getoption("--golden-update"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_every_status_of_every_clause_is_shown(bench: Bench) -> None:
    """The manifest names all clauses and parts of all trials, in their order, and four statuses of each."""
    clauses = [(trial.id, clause.id) for trial in bench.program.trials for clause in trial.clauses]
    assert clauses == SHOWN
    for trial, clause in SHOWN:
        assert tuple(MANIFEST[trial][clause]) == STATUSES, f"{trial} {clause}"


def test_no_file_is_left_over() -> None:
    """Every golden file belongs to a clause of the manifest."""
    assert {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.txt")} == {
        f"{trial.lower()}/{clause}.txt" for trial, clause in SHOWN
    }


def test_an_age_is_never_on_both_sides(bench: Bench) -> None:
    """The only statuses called unreachable are conflicting ages: no birth date, however imprecise, gives one."""
    unreachable = {
        (trial, clause, status)
        for trial, clause in SHOWN
        for status, case in MANIFEST[trial][clause].items()
        if case.startswith(UNREACHABLE)
    }
    assert unreachable == {("NCT05610826", "I5", "conflicting"), ("START-NET", "I1", "conflicting")}
    eighteen = date(2008, 11, 20)
    days = [(eighteen + timedelta(days=offset)).isoformat() for offset in range(-2, 3)]
    seen = set()
    for born in (*days, "2008-10", "2008-11", "2008-12", "2007", "2008", "2009"):
        text = f"case: 1\nid: age\nindex_date: 2026-11-20\nborn: {born}\n"
        judgement = bench.judged(read_case(Path("age.yaml"), bench.ontology, text=text))
        seen |= {judgement.status(trial, clause) for trial, clause, _ in unreachable}
    assert seen == {"met", "unmet", "unknown"}


FLAWS = re.compile(
    r"\bNone\b|\bisa\b|\brow\b|\bpredicate\b|[{}]|\b[a-z]+_[a-z]+\b|\b[A-Z][a-z]+[A-Z][a-z]+\w*|_"
    r"|\b(\w+) \1\b|\ba [aeio]\w|\ban [^aeiouhMNRSXLFEI0-9“\W]|\d u(?:mol|g|L)\b|10\*9|tumour|haemo"
)
"""Names of the program, doubled words, wrong articles, raw units, British beside American spelling."""
NO_PHRASES = re.compile(r"── .*|.*\b(?:records|rule|protocol) {2,}.*|\bDu ?Bois\b")
"""Headings, names of files and quotations."""


def test_no_line_reads_like_a_program() -> None:
    """What is meant for clinicians has no flaw that a pattern finds."""
    flaws = [
        f"{trial} {clause}: {found[0]!r} in {line.strip()}"
        for trial, clause in SHOWN
        for line in (FOLDER / trial.lower() / f"{clause}.txt").read_text(encoding="utf-8").splitlines()
        for found in FLAWS.finditer(NO_PHRASES.sub("", line))
    ]
    assert not flaws, "\n".join(flaws)
