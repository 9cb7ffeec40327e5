"""``nen-kb verify``: what ``explain --format json`` writes is accepted; what was changed, or is no proof, is not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
ANNA = ROOT / "kb" / "examples" / "anna.yaml"
BUNDLE = ROOT / "tests" / "data" / "fhir" / "mcode" / "jenny-m-part.json"

Cli = Callable[..., Any]


@pytest.fixture
def proof(cli: Cli, tmp_path: Path) -> Path:
    run = cli("explain", ANNA, "START-NET", "--format", "json")
    path = tmp_path / "proof.json"
    path.write_text(run.out, encoding="utf-8")
    return path


def test_a_proof_is_accepted_with_what_was_checked(cli: Cli, nothing_written: Any, proof: Path) -> None:
    with nothing_written():
        run = cli("verify", proof)
    assert (run.code, run.err) == (0, "")
    lines = run.out.splitlines()
    clauses = len(json.loads(proof.read_text(encoding="utf-8"))["proofs"])
    assert lines[0] == f"accepted: {clauses} clauses of START-NET for anna, 2026-11-20: ineligible"
    assert lines[-1].startswith("Decision support")
    for word in ("rules", "facts", "derived", "derivations", "statuses", "records"):
        assert any(line.strip().startswith(word) for line in lines), word


@pytest.mark.parametrize(
    "arguments",
    [
        (ANNA, "NCT05610826", "I6", "--alternatives"),
        (BUNDLE, "START-NET"),
        (ANNA, "START-NET", "--as-of", "2027-01-15"),
        (ANNA, "START-NET", "--assume", "hemoglobin 85 g/L"),
        (ANNA, "START-NET", "--assume", "planned start 2026-12-20"),
    ],
    ids=["one clause in all its ways", "FHIR", "another day", "a number that is not whole", "another start"],
)
def test_proofs_of_every_kind_are_accepted(cli: Cli, tmp_path: Path, arguments: tuple[object, ...]) -> None:
    path = tmp_path / "proof.json"
    path.write_text(cli("explain", *arguments, "--format", "json").out, encoding="utf-8")
    run = cli("verify", path)
    assert run.code == 0, run.out + run.err


def test_limits_of_the_site_are_part_of_the_proof(cli: Cli, tmp_path: Path) -> None:
    """The table of the site is not needed to check what it led to."""
    case, table, path = (tmp_path / name for name in ("case.yaml", "limits.yaml", "proof.json"))
    case.write_text(
        "case: 1\nid: a\nindex_date: 2026-11-20\nsex: female\nmeasurements:\n"
        "  - {observable: ASAT, value: 41 U/L, date: 2026-11-10}\n",
        encoding="utf-8",
    )
    table.write_text("- {observable: ASAT, limit: 35 U/L}\n", encoding="utf-8")
    run = cli("explain", case, "START-NET", "--limits", table, "--format", "json")
    assert "table of the site" in run.out
    path.write_text(run.out, encoding="utf-8")
    assert cli("verify", path).code == 0


def test_one_changed_number_is_refused_and_named(cli: Cli, proof: Path) -> None:
    text = proof.read_text(encoding="utf-8")
    assert text.count("12.1 g/dL") > 1
    proof.write_text(text.replace("12.1 g/dL", "12.2 g/dL", 1), encoding="utf-8")
    run = cli("verify", proof)
    assert run.code == 1
    assert run.out.startswith("refused")
    assert "proofs[" in run.out or "certificate" in run.out


def test_another_knowledge_base_refuses(cli: Cli, tmp_path: Path, proof: Path) -> None:
    rules = tmp_path / "kb"
    shutil.copytree(ROOT / "kb", rules)
    policy = rules / "policy.dl"
    policy.write_text(policy.read_text(encoding="utf-8") + "\n# another version\n", encoding="utf-8")
    run = cli("verify", proof, "--rules", rules)
    assert run.code == 1
    assert "made with another knowledge base" in run.out


def test_a_name_that_steers_the_terminal_is_shown_harmlessly(cli: Cli, proof: Path) -> None:
    text = proof.read_text(encoding="utf-8")
    proof.write_text(text.replace('"anna"', '"\\u001b[2Janna"'), encoding="utf-8")
    run = cli("verify", proof)
    assert run.code == 1
    assert "\x1b" not in run.out + run.err


BAD = {
    "empty": ("", "not-json"),
    "cut off": ('{"result": {', "not-json"),
    "a list": ("[]", "no-proof"),
    "an object": ("{}", "no-proof"),
    "an older proof": ('{"result": {}, "proofs": [], "knowledge_base": {}, "disclaimer": ""}', "no-proof"),
    "not a number": ('{"result": NaN}', "odd-number"),
    "an infinite number": ('{"result": 1e999}', "odd-number"),
    "a huge number": ('{"result": ' + "9" * 5000 + "}", "odd-number"),
    "a key twice": ('{"result": 1, "result": 2}', "duplicate-key"),
    "very deep": ('{"result": ' + "[" * 100_000 + "]" * 100_000 + "}", "too-deep"),
    "deep": ('{"result": ' + "[" * 200 + "]" * 200 + "}", "too-deep"),
    "text": ("accepted", "not-json"),
}


@pytest.mark.parametrize("name", list(BAD))
def test_what_is_no_proof_is_one_clear_error(cli: Cli, nothing_written: Any, tmp_path: Path, name: str) -> None:
    text, code = BAD[name]
    path = tmp_path / "proof.json"
    path.write_text(text, encoding="utf-8")
    with nothing_written():
        run = cli("verify", path)
    assert run.code == 12
    assert run.out == ""
    (error,) = run.errors
    assert error.startswith(f"nen-kb: {path}")
    assert f"[{code}]" in error
    assert error.endswith("wrote it.")


def test_other_bytes_and_missing_files_are_clear_errors(cli: Cli, tmp_path: Path) -> None:
    latin = tmp_path / "latin.json"
    latin.write_bytes('{"result": "é"}'.encode("latin-1"))
    for path, code in ((latin, "not-utf-8"), (tmp_path / "none.json", "unreadable"), (tmp_path, "unreadable")):
        run = cli("verify", path)
        assert run.code == 12
        assert f"[{code}]" in run.err
        assert len(run.errors) == 1


def test_a_hollow_proof_is_refused(cli: Cli, proof: Path) -> None:
    """All parts are there, but hold something else."""
    for part in ("result", "proofs", "knowledge_base", "certificate", "disclaimer"):
        document = json.loads(proof.read_text(encoding="utf-8"))
        document[part] = [{"clause": [], "kind": None}]
        hollow = proof.with_name("hollow.json")
        hollow.write_text(json.dumps(document), encoding="utf-8")
        run = cli("verify", hollow)
        assert (run.code, run.err) == (1, ""), part
        assert run.out.startswith("refused"), part


def test_assumptions_are_said_with_the_verdict(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    run = cli("explain", ANNA, "START-NET", "--format", "json", "--assume", "everolimus ended 2026-10-01")
    path.write_text(run.out, encoding="utf-8")
    lines = cli("verify", path).out.splitlines()
    assert lines[0].endswith("eligible")
    assert lines[1].strip() == "assumed, not on record: everolimus, 2025-11-03 to 2026-10-01"


def test_one_clause_alone_says_nothing_of_the_verdict(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    path.write_text(cli("explain", ANNA, "START-NET", "I3", "--format", "json").out, encoding="utf-8")
    assert cli("verify", path).out.splitlines()[0] == "accepted: 1 clause of START-NET for anna, 2026-11-20: met"


def test_the_records_may_be_compared_with_a_file(cli: Cli, tmp_path: Path, proof: Path) -> None:
    here = cli("verify", proof, "--patient", ANNA)
    assert here.code == 0
    assert f"those of {ANNA}" in " ".join(here.out.split())
    moved = tmp_path / "elsewhere.yaml"
    moved.write_text(ANNA.read_text(encoding="utf-8").replace("12.1 g/dL", "12.2 g/dL"), encoding="utf-8")
    changed = cli("verify", proof, "--patient", moved)
    assert changed.code == 1
    assert "certificate.patient.measurements[2].value[0]: the file says otherwise" in " ".join(changed.out.split())
    assert cli("verify", proof, "--patient", BUNDLE).code == 1


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        (("measurements", 0, "original"), "4", "measurements[0].value: it is not what is written, '4'"),
        (("measurements", 3, "original"), "12 10*9/L", "measurements[3].value: it is not what is written"),
        (("measurements", 6, "upper", "original"), "95 U/L", "measurements[6].upper: it is not what is written"),
        (("treatments", 2, "concept"), "Octreotide", "treatments[2].original: 'everolimus' is not octreotide"),
        (("imaging", 0, "krenning"), [990_000_000, 990_000_000], "Krenning score is none of the scale"),
        (("declarations", 0, "domain"), "nonsense", "there is no such domain"),
        (("assumed",), ["sex", "sex"], "assumed: it names something twice"),
    ],
)
def test_a_record_that_contradicts_itself_is_refused(
    cli: Cli, proof: Path, place: tuple[Any, ...], value: object, says: str
) -> None:
    document = json.loads(proof.read_text(encoding="utf-8"))
    target = document["certificate"]["patient"]
    for step in place[:-1]:
        target = target[step]
    target[place[-1]] = value
    proof.write_text(json.dumps(document), encoding="utf-8")
    run = cli("verify", proof)
    assert run.code == 1
    assert says in " ".join(run.out.split())
