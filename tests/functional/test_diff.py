"""Two versions of the knowledge base: who is answered differently, on which clause, and why."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nen_kb import KnowledgeBase
from nen_kb.errors import RulesError
from nen_kb.knowledge_base import difference
from nen_kb.knowledge_base.difference import Version, compare, load_version, load_versions
from nen_kb.rules.load import load_program
from nen_kb.sources.case_file import read_cases

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "kb" / "trials" / "start-net" / "cases"
START_NET = Path("trials") / "start-net" / "rules.dl"
Cli = Callable[..., Any]


def edit(file: Path, *pairs: tuple[str, str]) -> None:
    text = file.read_text(encoding="utf-8")
    for before, after in pairs:
        assert before in text
        text = text.replace(before, after)
    file.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def lowered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rules with the least platelets of START-NET I11b at 80 instead of 100."""
    rules = Path(shutil.copytree(ROOT / "kb", tmp_path_factory.mktemp("lowered") / "rules"))
    edit(
        rules / START_NET,
        ("(Low > '100 10*9/L')", "(Low > '80 10*9/L')"),
        ("(High <= '100 10*9/L')", "(High <= '80 10*9/L')"),
    )
    return rules


@pytest.fixture(scope="module")
def loaded(lowered: Path) -> dict[Path, Version]:
    """The versions most tests compare, loaded once."""
    return {path: load_version(path) for path in (ROOT, lowered)}


@pytest.fixture(autouse=True)
def _load_once(loaded: dict[Path, Version], monkeypatch: pytest.MonkeyPatch) -> None:
    def load(path: Path, limits: Path | None = None) -> Version:
        return loaded[path] if path in loaded and limits is None else load_version(path, limits)

    monkeypatch.setattr(difference, "load_version", load)


@pytest.fixture
def cases(case: Callable[..., Path]) -> Path:
    """A folder of three patients, one of whom has platelets between the two limits."""
    for name, value in (("few", 70), ("between", 100), ("many", 120)):
        file = case(name, f"measurements: [{{observable: platelets, value: {value} 10*9/L, date: 2026-11-10}}]")
    return file.parent


def test_a_moved_limit_names_the_cases_that_meet_it(cli: Cli, lowered: Path, loaded: dict[Path, Version]) -> None:
    run = cli("diff", ROOT, lowered, CASES / "I11.yaml", "--format", "json")
    assert (run.code, run.err) == (0, "")
    found = json.loads(run.out)
    changed = {
        change["patient"]: {clause["clause"]: clause for trial in change["trials"] for clause in trial["clauses"]}
        for change in found["changes"]
    }
    assert changed
    assert all(set(clauses) <= {"I11", "I11b"} and "I11b" in clauses for clauses in changed.values())
    assert found["changed"] == len(changed) < found["patients"]
    between = set()
    patients, _ = read_cases(CASES / "I11.yaml", loaded[ROOT].ontology)
    for patient in patients:
        values = [found.value for found in patient.measurements if found.observable == "Platelets"]
        if len(values) == 1 and values[0] and values[0].low > 80 * 10**7 and values[0].high <= 100 * 10**7:
            between.add(patient.id)
    assert between
    assert between <= set(changed)
    for name in between:
        sides = changed[name]["I11b"]
        assert (sides["old"]["status"], sides["new"]["status"]) == ("unmet", "met")
        assert any("at most 100" in line for line in sides["old"]["because"])
        assert any("above 80" in line for line in sides["new"]["because"])


def test_the_text_counts_first_and_then_explains(cli: Cli, lowered: Path, cases: Path) -> None:
    run = cli("diff", ROOT, lowered, cases)
    assert (run.code, run.err) == (0, "")
    text = run.out[run.out.index("1 of") : run.out.index("Decision")].rstrip()
    assert text.splitlines() == [
        "1 of 3 patients change: verdicts 1, statuses of clauses and parts 2",
        "  START-NET: ineligible → undetermined, 1 patient",
        "  START-NET I11: no → unknown, 1 patient",
        "  START-NET I11b: no → yes, 1 patient",
        "",
        f"between   {cases / 'between.yaml'}",
        "  START-NET   ineligible → undetermined",
        "    I11   no → unknown",
        "      old – the latest platelets: 100 × 10⁹/L, 2026-11-10 (measurements[0])",
        "      old – 100 × 10⁹/L is at most 100 × 10⁹/L",
        "      new – no hemoglobin on record",
        "      new – no count of leukocytes on record",
        "      new – no count of neutrophils on record",
        "      new – no ASAT on record",
        "      new – and 3 more",
        "      I11b  no → yes",
        "        old – the latest platelets: 100 × 10⁹/L, 2026-11-10 (measurements[0])",
        "        old – 100 × 10⁹/L is at most 100 × 10⁹/L",
        "        new – the latest platelets: 100 × 10⁹/L, 2026-11-10 (measurements[0])",
        "        new – 100 × 10⁹/L is above 80 × 10⁹/L",
    ]
    assert "Only the evaluator judged" in " ".join(run.out.split())


def test_the_same_rules_change_nobody(cli: Cli, rules: Path) -> None:
    for new in (rules, ROOT, ROOT / "ontology" / "nen.owl", ROOT / "ontology"):
        run = cli("diff", rules, new, CASES / "I11.yaml")
        assert run.code == 0
        assert "the two are the same; 0 of " in run.out
    edit(rules / "policy.dl", ("#", "#"))
    (rules / "policy.dl").write_text(
        (rules / "policy.dl").read_text(encoding="utf-8") + "\n# a remark\n", encoding="utf-8"
    )
    run = cli("diff", ROOT, rules, CASES / "I11.yaml")
    assert "the two are the same" not in run.out
    assert "\n0 of " in run.out


def test_a_clause_of_one_side_only_is_listed(cli: Cli, rules: Path) -> None:
    edit(rules / START_NET, ("'E2')", "'E22')"), ("── E2 ──", "── E22 ──"))
    run = cli("diff", ROOT, rules, ROOT / "kb" / "examples")
    assert (run.code, run.err) == (0, "")
    assert "only in old: START-NET E2" in run.out
    assert "only in new: START-NET E22" in run.out
    assert "\n0 of 1 patient change\n" in run.out


def test_a_trial_of_one_side_only_is_listed(cli: Cli, rules: Path) -> None:
    shutil.rmtree(rules / "trials" / "start-net")
    found = json.loads(cli("diff", ROOT, rules, ROOT / "kb" / "examples", "--format", "json").out)
    assert found["only_old"] == [{"trial": "START-NET", "clause": ""}]
    assert (found["only_new"], found["changes"]) == ([], [])


def test_patients_that_only_one_side_can_read_are_listed(cli: Cli, ontology: Path, case: Callable[..., Path]) -> None:
    for module in ontology.parent.glob("*.owl"):
        text = module.read_text(encoding="utf-8")
        module.write_text(text.replace(">no change<", ">nothing new zzz<"), encoding="utf-8")
    gone = case("gone", "findings: [{concept: no change, date: 2026-11}]")
    case("kept", "findings: [{concept: ascites, date: 2026-11}]")
    run = cli("diff", ROOT, ontology, gone.parent)
    assert (run.code, run.err) == (0, "")
    assert "1 patient only old can read" in run.out
    assert f"  gone   {gone}" in run.out.splitlines()
    assert "unknown-name" in run.out
    assert "only new can read" not in run.out
    assert "\n0 of 1 patient change\n" in run.out


def test_what_neither_side_can_read_is_an_error(cli: Cli, case: Callable[..., Path]) -> None:
    run = cli("diff", ROOT, ROOT, case("broken", "findings: [{concept: zzz}]"))
    assert run.code == 12
    assert [line for line in run.errors if "unknown-name" in line]


def test_a_side_that_cannot_be_loaded_says_where(cli: Cli, rules: Path, ontology: Path, tmp_path: Path) -> None:
    edit(rules / START_NET, ("latest(P, 'Platelets', Low, _)", "latezt(P, 'Platelets', Low, _)"))
    run = cli("diff", rules, ROOT, ROOT / "kb" / "examples")
    assert run.code == 10
    assert all(str(rules / START_NET) in line for line in run.errors)
    assert "unknown-predicate" in run.err
    ontology.write_text("<rdf:RDF", encoding="utf-8")
    run = cli("diff", ROOT, ontology, ROOT / "kb" / "examples")
    assert run.code == 11
    assert str(ontology) in run.err
    run = cli("diff", tmp_path / "nothing", ROOT / "tests", ROOT / "kb" / "examples")
    assert run.code == 2
    assert len(run.errors) == 2


def test_rules_with_faults_of_wording_only_can_be_compared(kb: KnowledgeBase, lowered: Path) -> None:
    """A limit that the quote does not hold is refused by check, but a draft can be compared all the same."""
    with pytest.raises(RulesError):
        load_program(lowered, kb.ontology)
    old, new = load_versions(ROOT, lowered)
    found = compare(old, new, [ROOT / "kb" / "examples"])
    assert (found.patients, found.changes, found.same) == (1, (), False)


def test_patients_of_one_id_are_told_apart_by_their_files(
    cases: Path, tmp_path: Path, loaded: dict[Path, Version], lowered: Path
) -> None:
    shutil.copytree(cases, tmp_path / "more")
    told: list[tuple[int, int]] = []
    found = compare(loaded[ROOT], loaded[lowered], [cases, tmp_path / "more"], lambda *step: told.append(step))
    assert (found.patients, len(found.changes)) == (6, 2)
    assert {Path(change.file).parent.name for change in found.changes} == {"cases", "more"}
    assert told == [(number, 6) for number in range(1, 7)]


@pytest.mark.parametrize("terminal", [False, True])
def test_colour_is_for_terminals(cli: Cli, cases: Path, lowered: Path, terminal: bool) -> None:
    run = cli("diff", ROOT, lowered, cases, terminal=terminal)
    assert run.err == ""
    assert ("\x1b[" in run.out) is terminal


def test_rules_without_verdicts_are_an_error_of_the_rules(cli: Cli, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "kb", tmp_path / "kb")
    (tmp_path / "kb" / "outcomes.dl").write_text("", encoding="utf-8")
    run = cli("diff", tmp_path / "kb", ROOT / "kb", ROOT / "kb" / "examples" / "anna.yaml")
    assert run.code == 10
    assert "no rule gives status or verdict" in run.err
