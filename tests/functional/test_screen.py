"""What ``screen``, ``explain`` and ``check`` print: text for people, JSON for programs, on any terminal."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
ANNA = ROOT / "kb" / "examples" / "anna.yaml"
FHIR = ROOT / "tests" / "data" / "fhir"
NEN_PATIENT = FHIR / "handmade" / "nen-patient.json"
TWO = FHIR / "handmade" / "two-patients.json"
TRIALS = {"START-NET": (12, 7), "NCT05610826": (6, 18)}
STATUSES = {"met", "unmet", "unknown", "conflicting"}
VERDICTS = {"eligible", "ineligible", "undetermined"}
CODES = {
    "not_recorded": "missing",
    "not_declared_complete": "missing",
    "date_imprecise": "missing",
    "straddles_limit": "missing",
    "unit_unusable": "missing",
    "wrong_method": "missing",
    "concept_too_general": "missing",
    "not_yet_applicable": "missing",
    "sources_disagree": "conflict",
    "person_must_judge": "judgement",
    "protocol_text_damaged": "judgement",
}
SHA256 = re.compile(r"[0-9a-f]{64}")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
DISCLAIMER = "Decision support for professionals"

Cli = Callable[..., Any]


def squeezed(text: str) -> str:
    """The text without colour and white space: what was said, however it was laid out."""
    return re.sub(r"\s", "", COLOUR.sub("", text))


def answered(run: Any) -> str:
    """The output of a run without errors."""
    assert (run.code, run.err) == (0, "")
    return str(run.out)


def judged(cli: Cli, *arguments: object) -> dict[str, dict[str, Any]]:
    """The JSON results of a run on one patient, by trial."""
    document = json.loads(answered(cli("screen", *arguments, "--format", "json")))
    return {result["trial"]: result for result in document["results"]}


def statuses(result: dict[str, Any]) -> dict[str, str]:
    """The status of every clause and part."""
    found = {}
    for clause in result["clauses"]:
        found[clause["clause"]] = clause["status"]
        found.update({part["clause"]: part["status"] for part in clause.get("parts", ())})
    return found


# ── text ────────────────────────────────────────────────────────────────────


def test_the_verdict_of_each_trial_comes_first(cli: Cli) -> None:
    out = answered(cli("screen", ANNA))
    results = judged(cli, ANNA)
    lines = out.splitlines()
    assert lines[0].startswith("anna   judged on 2026-11-20")
    assert squeezed(str(ANNA)) in squeezed("".join(lines[1:6]))
    for trial, result in results.items():
        at = next(number for number, line in enumerate(lines) if line.startswith(f"{trial} "))
        assert lines[at].endswith(result["verdict"].upper())
        block = lines[at + 1 :]
        block = block[: block.index("")]
        heads = [line.strip() for line in block if re.fullmatch(r"  (fails|open|passes)", line)]
        assert heads == [head for head in ("fails", "open", "passes") if head in heads]
        shown = [match[1] for line in block if (match := re.match(r"    ([IE]\d+) {1,}\S", line))]
        bad = {"inclusion": "unmet", "exclusion": "met"}
        fails = [c["clause"] for c in result["clauses"] if c["status"] == bad[c["kind"]]]
        opened = [c["clause"] for c in result["clauses"] if c["status"] in ("unknown", "conflicting")]
        passes = [c["clause"] for c in result["clauses"] if c["clause"] not in {*fails, *opened}]
        assert shown[: len(fails) + len(opened)] == fails + opened
        if passes:
            at = block.index("  passes")
            assert " ".join(block[at + 1 :]).split() == passes
    assert DISCLAIMER in lines[-1]


WIDTHS = [
    (None, 80), ("60", 60), ("80", 80), ("100", 100), ("200", 100), ("nonsense", 80), ("0", 80),
]  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "width", "arguments"),
    [
        *((columns, width, ("screen", ANNA)) for columns, width in [*WIDTHS, ("20", 40), ("40", 40)]),
        *((columns, width, ("explain", ANNA, "START-NET")) for columns, width in [*WIDTHS, ("20", 40)]),
        *((columns, width, ("explain", NEN_PATIENT, "NCT05610826")) for columns, width in WIDTHS[:4]),
        *((columns, width, ("screen", "--notes", NEN_PATIENT, TWO)) for columns, width in WIDTHS[:4]),
        *((columns, width, ("screen", "--notes", FHIR / "mcode")) for columns, width in WIDTHS[:4]),
        *((columns, width, ("check",)) for columns, width in [*WIDTHS[:4], ("20", 40)]),
    ],
    ids=lambda value: " ".join(Path(str(each)).name for each in value) if isinstance(value, tuple) else str(value),
)
def test_no_line_is_wider_than_the_terminal(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, columns: str | None, width: int, arguments: tuple[object, ...]
) -> None:
    """80 columns by default, 100 at most, never less than 40; and they are used."""
    if columns is not None:
        monkeypatch.setenv("COLUMNS", columns)
    widest = max(len(line) for line in answered(cli(*arguments)).splitlines())
    assert width - 12 <= widest <= width


def test_a_long_id_is_no_wider_than_the_terminal(cli: Cli, case: Callable[..., Path]) -> None:
    out = answered(cli("screen", case("x" * 100)))
    assert max(len(line) for line in out.splitlines()) <= 80


@pytest.mark.parametrize(
    "arguments", [("screen", ANNA), ("explain", ANNA, "START-NET"), ("explain", ANNA, "START-NET", "I7")], ids=str
)
def test_colour_only_on_a_terminal_and_never_against_no_color(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, arguments: tuple[object, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    plain = answered(cli(*arguments))
    coloured = answered(cli(*arguments, terminal=True))
    assert "\x1b" not in plain
    assert COLOUR.search(coloured)
    assert COLOUR.sub("", coloured) == plain
    for name, value in (("NO_COLOR", "1"), ("NO_COLOR", ""), ("TERM", "dumb")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert answered(cli(*arguments, terminal=True)) == plain


@pytest.mark.parametrize(
    ("encoding", "arguments"),
    [
        *((encoding, ("screen", ANNA)) for encoding in ("ascii", "latin-1", "cp1252", "utf-8")),
        *((encoding, ("screen", ANNA, "--format", "json")) for encoding in ("ascii", "latin-1")),
        ("ascii", ("check",)),
    ],
    ids=lambda value: " ".join(Path(str(each)).name for each in value) if isinstance(value, tuple) else value,
)
def test_an_encoding_that_cannot_show_everything_is_no_error(
    cli: Cli, encoding: str, arguments: tuple[object, ...]
) -> None:
    plain = answered(cli(*arguments))
    shown = answered(cli(*arguments, encoding=encoding))
    assert max(map(len, shown.splitlines())) == max(map(len, plain.splitlines()))
    if "json" in arguments:
        assert json.loads(shown)["results"][0]["verdict"] == json.loads(plain)["results"][0]["verdict"]
    else:
        assert re.findall(r"[A-Za-z0-9]{4,}", shown) == re.findall(r"[A-Za-z0-9]{4,}", plain)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_explain_writes_signs_as_words_where_they_cannot_be_shown(cli: Cli, encoding: str) -> None:
    shown = answered(cli("explain", ANNA, "START-NET", encoding=encoding))
    assert ">=18 years" in shown
    assert "?18" not in shown
    assert max(map(len, shown.splitlines())) <= 80


# ── what is judged ──────────────────────────────────────────────────────────


def test_a_trial_may_be_named_by_either_name_and_more_than_once(cli: Cli) -> None:
    assert set(judged(cli, ANNA)) == set(TRIALS)
    assert set(judged(cli, ANNA, "--trial", "START-NET")) == {"START-NET"}
    assert set(judged(cli, ANNA, "--trial", "nct05387603")) == {"START-NET"}
    assert set(judged(cli, ANNA, "--trial", "START-NET", "--trial", "NCT05610826")) == set(TRIALS)


def test_as_of_judges_on_another_day_and_says_so(cli: Cli, case: Callable[..., Path]) -> None:
    file = case("minor", "born: 2008-12-01")
    assert statuses(judged(cli, file)["START-NET"])["I1"] == "unmet"
    for day, expected in (("2026-11-30", "unmet"), ("2026-12-01", "met")):
        result = judged(cli, file, "--as-of", day)["START-NET"]
        assert (result["index_date"], statuses(result)["I1"]) == (day, expected)
    out = answered(cli("screen", file, "--as-of", "2026-12-01"))
    assert "judged on 2026-12-01" in out.splitlines()[0]
    assert "[index-date]" in out


def test_eligible_from_is_the_first_day_on_which_the_same_record_gives_eligible(cli: Cli, tmp_path: Path) -> None:
    """The same facts, declarations carried along, on that day and on the day before."""
    text = ANNA.read_text(encoding="utf-8")
    first = date.fromisoformat(judged(cli, ANNA)["START-NET"]["eligible_from"])
    assert first.isoformat() > "2026-11-20"
    for day, eligible in ((first.toordinal() - 1, False), (first.toordinal(), True)):
        iso = date.fromordinal(day).isoformat()
        later = re.sub(r"^index_date: \S+", f"index_date: {iso}", text, flags=re.MULTILINE)
        later = re.sub(r"as_of: [\d-]+", f"as_of: {iso}", later)
        (tmp_path / "later.yaml").write_text(later, encoding="utf-8")
        result = judged(cli, tmp_path / "later.yaml")["START-NET"]
        assert result["index_date"] == iso
        assert (result["verdict"] == "eligible") is eligible


def test_a_table_of_limits_settles_what_the_result_leaves_open(
    cli: Cli, case: Callable[..., Path], tmp_path: Path
) -> None:
    file = case("lab", "sex: female", "measurements:", "  - {observable: ASAT, value: 120 U/L, date: 2026-11-10}")
    table = tmp_path / "limits.yaml"
    assert statuses(judged(cli, file)["START-NET"])["I11e"] == "unknown"
    table.write_text("- {observable: ASAT, limit: 35 U/L, valid_from: 2020-01-01}\n", encoding="utf-8")
    assert statuses(judged(cli, file, "--limits", table)["START-NET"])["I11e"] == "unmet"
    table.write_text("- {observable: ASAT, limit: 41 U/L}\n", encoding="utf-8")
    explained = json.loads(answered(cli("explain", file, "START-NET", "I11e", "--limits", table, "--format", "json")))
    assert statuses(explained["result"])["I11e"] == "met"
    assert "41 U/L" in json.dumps(explained["proofs"])


def test_notes_lists_every_item_and_the_summary_says_how_many(cli: Cli) -> None:
    document = json.loads(answered(cli("screen", NEN_PATIENT, "--format", "json")))
    (notes,) = document["notes"]
    assert notes["items"]
    short = answered(cli("screen", NEN_PATIENT))
    long = answered(cli("screen", NEN_PATIENT, "--notes"))
    assert f"{len(notes['items'])} items" in short
    assert f"{len(notes['items'])} items" in long
    for item in notes["items"]:
        assert squeezed(item["path"]) in squeezed(long)
        assert squeezed(item["message"]) in squeezed(long)
        assert f"[{item['kind']}]" in long
    assert len(long.splitlines()) > len(short.splitlines())
    assert "--notes lists everything" in short
    assert "--notes" not in long


def test_a_folder_is_every_file_in_it_in_order(cli: Cli, case: Callable[..., Path]) -> None:
    folder = case("b").parent
    case("a")
    (folder / "inner").mkdir()
    case("c").rename(folder / "inner" / "c.yaml")
    document = json.loads(answered(cli("screen", folder, "--format", "json", "--trial", "START-NET")))
    assert [result["patient"] for result in document["results"]] == ["a", "b", "c"]
    assert [Path(notes["file"]).name for notes in document["notes"]] == ["a.yaml", "b.yaml", "c.yaml"]
    out = answered(cli("screen", folder))
    assert re.findall(r"^(\w+)   judged on", out, re.MULTILINE) == ["a", "b", "c"]
    assert out.count(DISCLAIMER) == 1


def test_two_patients_of_one_id_stay_two(cli: Cli, case: Callable[..., Path]) -> None:
    file = case("twin", "sex: female")
    other = file.parent / "other"
    other.mkdir()
    (other / "twin.yaml").write_text(file.read_text(encoding="utf-8").replace("female", "male"), encoding="utf-8")
    document = json.loads(answered(cli("screen", file, other, "--format", "json", "--trial", "START-NET")))
    first, second = document["results"]
    assert first["patient"] == "twin"
    assert second["patient"] not in {"twin", ""}
    assert all("same-id" in {item["kind"] for item in notes["items"]} for notes in document["notes"])
    assert statuses(first) != statuses(second)


def test_a_folder_of_fhir_is_answered(cli: Cli) -> None:
    document = json.loads(answered(cli("screen", FHIR / "mcode", FHIR / "bulk", "--format", "json")))
    assert {result["trial"] for result in document["results"]} == set(TRIALS)
    assert len({result["patient"] for result in document["results"]}) >= 3
    assert document["problems"] == []
    assert {Path(note["file"].split(":")[0]).name for note in document["not_read"]} & {
        "log.ndjson",
        "Location.000.ndjson",
    }


# ── JSON ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("file", [ANNA, NEN_PATIENT, TWO, FHIR / "mcode"], ids=lambda file: file.name)
def test_the_json_document_has_the_structure_that_is_promised(cli: Cli, file: Path) -> None:
    document = json.loads(answered(cli("screen", file, "--format", "json")))
    assert {"results", "knowledge_base"} <= set(document)
    assert document["knowledge_base"]["version"]
    assert SHA256.fullmatch(document["knowledge_base"]["rules_sha256"])
    assert SHA256.fullmatch(document["knowledge_base"]["ontology_sha256"])
    assert document["results"]
    for result in document["results"]:
        check_result(result)


def check_result(result: dict[str, Any]) -> None:
    """One result against the public structure, and against itself."""
    wanted = {"patient", "index_date", "trial", "version", "verdict", "undetermined_because", "recoverable"}
    assert wanted | {"eligible_from", "clauses"} <= set(result)
    assert result["patient"]
    date.fromisoformat(result["index_date"])
    assert result["version"]
    assert result["verdict"] in VERDICTS
    kinds = [clause["kind"] for clause in result["clauses"]]
    assert (kinds.count("inclusion"), kinds.count("exclusion")) == TRIALS[result["trial"]]
    named = [clause["clause"] for clause in result["clauses"]]
    inclusion, exclusion = TRIALS[result["trial"]]
    assert named == [f"I{n}" for n in range(1, inclusion + 1)] + [f"E{n}" for n in range(1, exclusion + 1)]
    codes = set()
    for clause in result["clauses"]:
        assert clause["kind"] in ("inclusion", "exclusion")
        for each in (clause, *clause.get("parts", ())):
            assert each["status"] in STATUSES
            assert bool(each["reasons"]) is (each["status"] in ("unknown", "conflicting")), each
            for reason in each["reasons"]:
                assert reason["code"] in CODES
                assert reason["text"]
                assert "concept" in reason
        assert all(part["clause"].startswith(clause["clause"]) for part in clause.get("parts", ()))
        codes |= {reason["code"] for reason in clause["reasons"]}
    fails = [c for c in result["clauses"] if c["status"] == ("unmet" if c["kind"] == "inclusion" else "met")]
    is_open = [c for c in result["clauses"] if c["status"] in ("unknown", "conflicting")]
    assert result["verdict"] == ("ineligible" if fails else "undetermined" if is_open else "eligible")
    if result["verdict"] == "undetermined":
        assert set(result["undetermined_because"]) == {CODES[code] for code in codes}
    else:
        assert result["undetermined_because"] == []
    assert isinstance(result["recoverable"], bool) is (result["verdict"] == "ineligible")
    if result["eligible_from"] is not None:
        assert result["index_date"] < result["eligible_from"]
        assert result["verdict"] != "eligible"


def test_text_and_json_say_the_same(cli: Cli) -> None:
    out = answered(cli("screen", TWO))
    document = json.loads(answered(cli("screen", TWO, "--format", "json")))
    verdicts = re.findall(rf"^({'|'.join(TRIALS)}) +\S ([A-Z]+)$", out, re.MULTILINE)
    assert verdicts == [(result["trial"], result["verdict"].upper()) for result in document["results"]]
    for result in document["results"]:
        for clause in result["clauses"]:
            for reason in clause["reasons"] if not clause.get("parts") else ():
                assert squeezed(reason["text"]) in squeezed(out)


# ── explain ─────────────────────────────────────────────────────────────────


def test_explain_without_a_clause_explains_every_one_the_decisive_first(cli: Cli) -> None:
    out = answered(cli("explain", ANNA, "START-NET"))
    result = judged(cli, ANNA)["START-NET"]
    assert result["verdict"].upper() in out
    heads = re.findall(r"^\S ([IE]\d+)  \S", out, re.MULTILINE)
    assert sorted(heads) == sorted(clause["clause"] for clause in result["clauses"])
    fails = [c["clause"] for c in result["clauses"] if c["status"] == ("unmet" if c["kind"] == "inclusion" else "met")]
    assert fails
    assert heads[: len(fails)] == fails
    assert out.index(result["verdict"].upper()) < out.index(f" {heads[0]}  ")
    assert DISCLAIMER in out.splitlines()[-1]


@pytest.mark.parametrize("clause", ["I7", "i7", "I11a", "E2"])
def test_explain_goes_down_to_protocol_and_record(cli: Cli, clause: str) -> None:
    out = answered(cli("explain", ANNA, "START-NET", clause))
    lines = out.splitlines()
    assert re.match(rf"\S {clause.upper()}  |\S {clause}  ", lines[0])
    assert re.findall(r"^\S ([IE]\d+[a-z]?)  \S", out, re.MULTILINE) == [clause[0].upper() + clause[1:]]
    assert {"status", "protocol", "reading"} <= set(re.findall(r"^│ (\w+) ", out, re.MULTILINE))
    quote = re.search(r"“(.*?)”", out, re.DOTALL)
    assert quote
    source = squeezed((ROOT / "kb" / "trials" / "start-net" / "source.txt").read_text(encoding="utf-8"))
    assert squeezed(quote[1].replace("│", "")) in source
    assert re.search(r"(treatments|measurements|complete|findings)\[\d+\]|declared complete", out)


def test_explain_shows_what_an_open_clause_lacks(cli: Cli, case: Callable[..., Path]) -> None:
    out = answered(cli("explain", case("empty"), "START-NET", "I11a"))
    assert re.match(r"\? I11a  ", out)
    assert "unknown" in out
    assert "no hemoglobin on record" in " ".join(out.replace("│", " ").split())


def test_explain_takes_one_patient_of_several(cli: Cli) -> None:
    document = json.loads(answered(cli("screen", TWO, "--format", "json", "--trial", "START-NET")))
    ids = [result["patient"] for result in document["results"]]
    for wanted, result in zip(ids, document["results"], strict=True):
        explained = json.loads(answered(cli("explain", TWO, "START-NET", "--patient", wanted, "--format", "json")))
        assert explained["result"] == result
        out = answered(cli("explain", TWO, "START-NET", "--patient", wanted))
        assert out.splitlines()[0] == wanted


@pytest.mark.parametrize("clause", [None, "I4", "i11A"])
def test_explain_as_json_carries_result_and_proofs(cli: Cli, clause: str | None) -> None:
    document = json.loads(
        answered(cli("explain", ANNA, "START-NET", *([clause] if clause else []), "--format", "json"))
    )
    check_result(document["result"])
    result = judged(cli, ANNA)["START-NET"]
    assert document["result"] == result
    known = statuses(result)
    proofs = {proof["clause"]: proof for proof in document["proofs"]}
    if clause is None:
        assert list(proofs) == [each["clause"] for each in result["clauses"]]
    else:
        assert {name.casefold() for name in proofs} == {clause.casefold()}
    for name, proof in proofs.items():
        assert (proof["patient"], proof["trial"], proof["day"]) == ("anna", "START-NET", "2026-11-20")
        assert proof["status"] == known[name]
        assert proof["rules_sha256"] == document["knowledge_base"]["rules_sha256"]
        assert proof["proof"]["quotes"]
        facts = {(fact["predicate"], *map(str, fact["row"])) for fact in proof["facts"]}
        derived = {(step["predicate"], *map(str, step["row"])) for step in proof["derivation"]}
        assert facts
        for step in proof["derivation"]:
            assert re.fullmatch(r"\S+\.dl:\d+", step["rule"])
            for premise in step["steps"]:
                assert len({"atom", "none", "compare"} & set(premise)) == 1
        assert not facts & derived
        assert all(record["file"] == str(ANNA) and record["path"] for record in proof["records"])


# ── check ───────────────────────────────────────────────────────────────────


def test_check_reports_what_there_is_and_finds_nothing(cli: Cli) -> None:
    out = answered(cli("check"))
    for trial, (inclusion, exclusion) in TRIALS.items():
        found = re.search(rf"^{trial}: {inclusion} inclusion and {exclusion} exclusion criteria", out, re.MULTILINE)
        assert found
    assert out.replace("\n", " ").count("100 % of the text") == 2
    assert "polarity" in out
    assert "no problems found" in out.splitlines()[-1]


def test_check_as_json(cli: Cli) -> None:
    document = json.loads(answered(cli("check", "--format", "json")))
    assert document["problems"] == []
    assert SHA256.fullmatch(document["ontology"]["sha256"])
    assert document["ontology"]["classes"] > 100
    trials = {trial["trial"]: trial for trial in document["rules"]["trials"]}
    assert {name: (each["inclusion"], each["exclusion"]) for name, each in trials.items()} == TRIALS
    assert all(each["covered"] == 100 for each in trials.values())
    assert document["rules"]["rules"] > 100


def test_check_reports_problems_in_both_forms_and_exits_with_10(cli: Cli, rules: Path) -> None:
    file = rules / "trials" / "start-net" / "rules.dl"
    text = file.read_text(encoding="utf-8")
    file.write_text(text + "met(P, 'START-NET', 'I1') <= adge(P, Low, _) & (Low >= 18)\n", encoding="utf-8")
    line = text.count("\n") + 1
    run = cli("check", "--rules", rules)
    assert run.code == 10
    assert re.search(r"^\d+ problems?", run.out.splitlines()[-1])
    assert f"rules.dl:{line}: " in run.err
    assert "[unknown-predicate]" in run.err
    json_run = cli("check", "--rules", rules, "--format", "json")
    assert json_run.code == 10
    problems = json.loads(json_run.out)["problems"]
    assert len(problems) == len(json_run.errors) == len(run.errors)
    assert ("unknown-predicate", str(line)) in {(problem["code"], problem["place"]) for problem in problems}


# ── whole processes ─────────────────────────────────────────────────────────


def start(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    """The command line as a process of its own, writing as Python does by default."""
    environment = {**os.environ, **options.pop("env", {})}
    environment.pop("PYTHONUNBUFFERED", None)
    command = [sys.executable, "-m", "nen_kb.cli", *map(str, arguments)]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, **options)


def closed_pipe() -> int:
    """The writing end of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def test_a_reader_that_has_gone_is_no_error() -> None:
    writing = closed_pipe()
    process = start("screen", ANNA, stdout=writing)
    os.close(writing)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")


def test_a_reader_that_stops_early_is_no_error() -> None:
    process = start("explain", ANNA, "START-NET", "--format", "json", stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"{\n"
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()
    assert (process.wait(60), err) == (0, b"")


def test_an_ascii_locale_is_no_error() -> None:
    process = start(
        "explain", ANNA, "START-NET", "I7", stdout=subprocess.PIPE, env={"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    )
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert out.isascii()
    assert DISCLAIMER.encode() in out


def test_exit_codes_leave_the_process() -> None:
    process = start("screen", ROOT / "tests" / "data" / "bad" / "ki67-130.yaml", stdout=subprocess.PIPE)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 12
    assert out == b""
    assert b"[implausible]" in err
    assert b"Traceback" not in err
