"""What cannot be read: one clear error with file, place and remedy, the right exit code, and nothing written."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nen_kb.engines.pydatalog import PyDatalogEngine
from nen_kb.errors import EngineError

ROOT = Path(__file__).resolve().parents[2]
BAD = ROOT / "tests" / "data" / "bad"
HANDMADE = ROOT / "tests" / "data" / "fhir" / "handmade"
ANNA = ROOT / "kb" / "examples" / "anna.yaml"
START_NET = "trials/start-net/rules.dl"

Cli = Callable[..., Any]
VERDICT = re.compile(r"\b(?:IN)?ELIGIBLE\b|\bUNDETERMINED\b")
ERROR = re.compile(r"nen-kb: (?P<where>.+?): (?P<message>.+?) \[(?P<code>[a-z0-9-]+)\](?: (?P<remedy>\S.*))?")


def errors(run: Any) -> list[dict[str, str]]:
    """The errors on standard error; every line is one, with a remedy, and none is a traceback."""
    found = []
    for line in run.errors:
        match = ERROR.fullmatch(line)
        assert match, line
        assert match["remedy"], line
        found.append(match.groupdict())
    assert "Traceback" not in run.err + run.out
    return found


def the_error(run: Any, code: int) -> dict[str, str]:
    """The one error of a run that gave no verdict."""
    assert run.code == code, run.err
    assert not VERDICT.search(run.out)
    (found,) = errors(run)
    return found


# ── patients ────────────────────────────────────────────────────────────────

PATIENTS = [
    ("unknown-concept.yaml", "findings[1].concept", "unknown-name", "'pancreatic neuroendocrin tumour'", "line 6",
     "'pancreatic neuroendocrine tumor'"),
    ("unknown-unit.yaml", "measurements[0].value", "unknown-unit", "'g/pint'", "line 5", "g/L"),
    ("impossible-date.yaml", "treatments[1].started", "bad-date", "2025-02-30", "line 6", "day"),
    ("ki67-130.yaml", "measurements[0].value", "implausible", "'130 %'", "line 5", "value"),
    ("duplicate-keys.yaml", "sex", "duplicate-key", "twice", "line ", "one"),
    ("duplicate-keys.json", "measurements[0].value", "duplicate-key", "twice", "", "one"),
    ("truncated.json", "line 6, column", "truncated-json", "too early", "", "again"),
    ("truncated-bundle.json", "line 5, column", "truncated-json", "too early", "", "again"),
    ("latin-1.yaml", "", "not-utf-8", "UTF-8", "", "UTF-8"),
    ("no-case.json", "", "unknown-file", "neither", "", "FHIR"),
    ("plain-text.yaml", "", "not-a-case", "no case", "", "case: 1"),
    ("README.md", "", "unknown-file", "not read", "", "YAML"),
    ("there-is-none.yaml", "", "unreadable", "cannot be read", "", "path"),
]  # fmt: skip


@pytest.mark.parametrize("command", ["screen", "explain"])
@pytest.mark.parametrize(
    ("file", "place", "code", "says", "line", "remedy"), PATIENTS, ids=[row[0] for row in PATIENTS]
)
def test_a_record_with_a_mistake_is_one_error_with_place_and_remedy(
    cli: Cli, nothing_written: Any, command: str, file: str, place: str, code: str, says: str, line: str, remedy: str
) -> None:
    with nothing_written():
        run = cli(command, BAD / file, *(["START-NET"] if command == "explain" else []))
    error = the_error(run, 12)
    assert error["where"].startswith(f"{BAD / file}:{place}" if place else str(BAD / file))
    assert error["code"] == code
    assert says in error["message"]
    assert line in error["message"]
    assert remedy in error["remedy"]
    assert run.out == ""


def test_every_mistake_of_a_file_is_reported_in_one_run(cli: Cli, nothing_written: Any) -> None:
    with nothing_written():
        run = cli("screen", BAD / "four-mistakes.yaml")
    assert run.code == 12
    assert [error["code"] for error in errors(run)] == ["unknown-name", "unknown-unit", "implausible", "bad-date"]
    assert run.out == ""


def test_an_alias_bomb_is_refused_and_never_unfolded(cli: Cli, nothing_written: Any) -> None:
    with nothing_written():
        run = cli("screen", BAD / "alias-bomb.yaml")
    assert run.code == 12
    found = errors(run)
    assert {error["code"] for error in found} >= {"alias"}
    assert found[0]["where"] == f"{BAD / 'alias-bomb.yaml'}:b[0]"
    assert "line 5" in found[0]["message"]
    assert run.out == ""


def test_errors_of_patients_stand_in_the_json_document_too(cli: Cli, nothing_written: Any) -> None:
    with nothing_written():
        run = cli("screen", BAD / "ki67-130.yaml", BAD / "truncated.json", "--format", "json")
    assert run.code == 12
    document = json.loads(run.out)
    assert document["results"] == []
    assert [(problem["file"], problem["code"]) for problem in document["problems"]] == [
        (str(BAD / "ki67-130.yaml"), "implausible"),
        (str(BAD / "truncated.json"), "truncated-json"),
    ]
    assert all(problem["message"] and problem["remedy"] and problem["place"] for problem in document["problems"])
    assert len(errors(run)) == 2


@pytest.mark.parametrize("file", ["byte-order-mark.yaml", "byte-order-mark.json"])
def test_a_byte_order_mark_is_no_mistake(cli: Cli, nothing_written: Any, tmp_path: Path, file: str) -> None:
    bare = tmp_path / file
    bare.write_bytes((BAD / file).read_bytes().removeprefix(b"\xef\xbb\xbf"))
    assert bare.stat().st_size == (BAD / file).stat().st_size - 3
    with nothing_written():
        marked = cli("screen", BAD / file, "--format", "json")
        unmarked = cli("screen", bare, "--format", "json")
    assert (marked.code, marked.err) == (0, "")
    results = json.loads(marked.out)["results"]
    assert {result["patient"] for result in results} == {"byte-order-mark"}
    assert results == json.loads(unmarked.out)["results"]


def test_a_byte_order_mark_before_a_bundle_is_no_mistake(cli: Cli) -> None:
    assert (HANDMADE / "bom.json").read_bytes().startswith(b"\xef\xbb\xbf")
    run = cli("screen", HANDMADE / "bom.json")
    assert (run.code, run.err) == (0, "")
    assert VERDICT.search(run.out)


def test_one_broken_file_of_a_folder_leaves_the_others_answered(
    cli: Cli, nothing_written: Any, case: Callable[..., Path]
) -> None:
    folder = case("aaa", "sex: male").parent
    case("zzz", "sex: female")
    shutil.copy(BAD / "truncated.json", folder / "mmm.json")
    with nothing_written():
        run = cli("screen", folder, "--format", "json")
        text = cli("screen", folder)
    assert run.code == text.code == 12
    document = json.loads(run.out)
    assert [result["patient"] for result in document["results"]] == ["aaa", "aaa", "zzz", "zzz"]
    for each in (run, text):
        (error,) = errors(each)
        assert error["where"].startswith(str(folder / "mmm.json"))
        assert error["code"] == "truncated-json"
    assert "aaa   judged on 2026-11-20" in text.out
    assert "zzz   judged on 2026-11-20" in text.out


def test_one_broken_document_of_a_file_leaves_the_others_answered(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "three.yaml"
    file.write_text(
        "case: 1\nid: one\n---\ncase: 1\nid: two\nsex: neither\n---\ncase: 1\nid: three\n", encoding="utf-8"
    )
    run = cli("screen", file, "--trial", "START-NET", "--format", "json")
    assert run.code == 12
    assert [result["patient"] for result in json.loads(run.out)["results"]] == ["one", "three"]
    (error,) = errors(run)
    assert error["where"] == f"{file}:sex"
    assert "line 6" in error["message"]


def test_a_bundle_of_two_patients_answers_both(cli: Cli, nothing_written: Any) -> None:
    with nothing_written():
        run = cli("screen", HANDMADE / "two-patients.json", "--format", "json")
    assert (run.code, run.err) == (0, "")
    results = json.loads(run.out)["results"]
    assert len({result["patient"] for result in results}) == 2
    assert len(results) == 4


def test_an_empty_folder_is_an_error(cli: Cli, nothing_written: Any, tmp_path: Path) -> None:
    (tmp_path / "empty" / "inner").mkdir(parents=True)
    with nothing_written():
        run = cli("screen", tmp_path / "empty")
    error = the_error(run, 12)
    assert (error["where"], error["code"]) == (str(tmp_path / "empty"), "empty-folder")


def test_a_folder_of_other_things_lists_them(cli: Cli, nothing_written: Any, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "scan.png").write_bytes(b"\x89PNG")
    (folder / "settings.yaml").write_text("colour: blue\n", encoding="utf-8")
    with nothing_written():
        run = cli("screen", folder, "--notes", "--format", "json")
    assert {Path(note["file"]).name for note in json.loads(run.out)["not_read"]} == {"scan.png", "settings.yaml"}
    assert not VERDICT.search(run.out)


def _forbid(monkeypatch: pytest.MonkeyPatch, forbidden: Path) -> None:
    """Makes a folder unreadable even for root."""
    list_folder = Path.iterdir

    def iterdir(self: Path) -> Any:
        if self == forbidden:
            raise PermissionError(13, "Permission denied", str(self))
        return list_folder(self)

    monkeypatch.setattr(Path, "iterdir", iterdir)


def test_an_unreadable_folder_is_an_error(
    cli: Cli, nothing_written: Any, case: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = case("somebody").parent
    with nothing_written(), monkeypatch.context() as patch:
        _forbid(patch, folder)
        run = cli("screen", folder)
    error = the_error(run, 12)
    assert (error["where"], error["code"]) == (str(folder), "unreadable")
    assert "Permission denied" in error["message"]


def test_an_unreadable_subfolder_leaves_the_rest_answered(
    cli: Cli, case: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = case("zoe").parent
    (folder / "closed").mkdir()
    with monkeypatch.context() as patch:
        _forbid(patch, folder / "closed")
        run = cli("screen", folder, "--trial", "START-NET")
    assert run.code == 12
    assert "zoe   judged on 2026-11-20" in run.out
    (error,) = errors(run)
    assert error["where"] == str(folder / "closed")


@pytest.mark.parametrize("path", ["x" * 300 + ".yaml", "closed/case.yaml"], ids=["too long", "folder without rights"])
def test_a_path_that_cannot_be_looked_at_is_an_error(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, path: str
) -> None:
    status = Path.stat

    def stat(self: Path, **options: Any) -> Any:
        if self.parent.name == "closed":
            raise PermissionError(13, "Permission denied", str(self))
        return status(self, **options)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "stat", stat)
        run = cli("screen", tmp_path / path)
    error = the_error(run, 12)
    assert error["where"] == str(tmp_path / path)


# ── the use of the command ──────────────────────────────────────────────────


@pytest.mark.parametrize("command", [("screen", ANNA, "--trial"), ("explain", ANNA)], ids=["screen", "explain"])
def test_an_unknown_trial_names_those_there_are(cli: Cli, nothing_written: Any, command: tuple[object, ...]) -> None:
    with nothing_written():
        run = cli(*command, "NETTER-1")
    error = the_error(run, 2)
    assert error["code"] == "unknown-trial"
    assert "'NETTER-1'" in error["message"]
    assert "START-NET" in error["remedy"]
    assert "NCT05610826" in error["remedy"]
    assert run.out == ""


def test_an_unknown_clause_names_those_there_are(cli: Cli, nothing_written: Any) -> None:
    with nothing_written():
        run = cli("explain", ANNA, "START-NET", "I99")
    error = the_error(run, 2)
    assert (error["where"], error["code"]) == ("START-NET", "unknown-clause")
    assert {"I1", "I11a", "E7"} <= set(re.findall(r"\w+", error["remedy"]))
    assert run.out == ""


@pytest.mark.parametrize(("options", "says"), [((), "2 patients"), (("--patient", "nobody"), "no patient")])
def test_explain_wants_exactly_one_patient(cli: Cli, nothing_written: Any, options: tuple[str, ...], says: str) -> None:
    with nothing_written():
        run = cli("explain", HANDMADE / "two-patients.json", "START-NET", *options)
    error = the_error(run, 2)
    assert error["code"] == "which-patient"
    assert says in error["message"]
    assert "--patient" in error["remedy"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "COMMAND"),
        (("diagnose", ANNA), "diagnose"),
        (("screen",), "FILE"),
        (("explain", ANNA), "TRIAL"),
        (("screen", ANNA, "--format", "pdf"), "pdf"),
        (("screen", ANNA, "--as-of", "2026-02-30"), "2026-11-20"),
        (("screen", ANNA, "--as-of", "tomorrow"), "2026-11-20"),
        (("screen", ANNA, "--colour"), "--colour"),
        (("screen", ANNA, "--rules"), "--rules"),
        (("check", "--limits", ANNA), "--limits"),
    ],
    ids=str,
)
def test_a_wrong_option_is_wrong_use(cli: Cli, nothing_written: Any, arguments: tuple[object, ...], says: str) -> None:
    with nothing_written():
        run = cli(*arguments)
    assert run.code == 2
    assert run.out == ""
    assert run.err.startswith("usage: nen-kb")
    assert says in run.errors[-1]
    assert "Traceback" not in run.err


@pytest.mark.parametrize("command", ["screen", "explain", "check"])
def test_help_is_no_error(cli: Cli, command: str) -> None:
    run = cli(command, "--help")
    assert (run.code, run.err) == (0, "")
    assert "--rules" in run.out
    assert "--ontology" in run.out


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "unreadable"),
        ("case: 1\nid: anna\n", "not-a-list"),
        ("- {observable: ASAT, limit: 35 miles}\n", "unknown-unit"),
        ("- {observable: ASTA, limit: 35 U/L}\n", "unknown-name"),
    ],
)
def test_a_table_of_limits_that_cannot_be_read_is_an_error(
    cli: Cli, nothing_written: Any, tmp_path: Path, content: str | None, code: str
) -> None:
    table = tmp_path / "limits.yaml"
    if content is not None:
        table.write_text(content, encoding="utf-8")
    with nothing_written():
        run = cli("screen", ANNA, "--limits", table)
    error = the_error(run, 12)
    assert error["where"].startswith(str(table))
    assert error["code"] == code
    assert run.out == ""


# ── rules ───────────────────────────────────────────────────────────────────

CODE = [
    "import os",
    "import os; open('{file}', 'w').close()",
    "__import__('os').system('touch {file}')",
    "met(P, 'START-NET', 'I1') <= age(P, Low, _) & __import__('pathlib').Path('{file}').touch()",
    "open('{file}', 'w').close()",
    "+ met(open('{file}', 'w'), 'START-NET', 'I1')",
    "exec(\"import os; os.mkdir('{file}')\")",
]


@pytest.mark.parametrize("text", CODE)
def test_a_rule_file_with_python_in_it_is_refused_and_nothing_is_executed(
    cli: Cli, nothing_written: Any, rules: Path, tmp_path: Path, text: str
) -> None:
    made = tmp_path / "cwd" / "made-by-a-rule"
    file = rules / START_NET
    before = file.read_text(encoding="utf-8")
    file.write_text(f"{before}{text.format(file=str(made))}\n", encoding="utf-8")
    with nothing_written():
        run = cli("screen", "--rules", rules, ANNA)
    error = the_error(run, 10)
    assert error["where"].endswith(f"{START_NET}:{before.count(chr(10)) + 1}")
    assert error["code"] in {"not-a-rule", "syntax"}
    assert run.out == ""
    assert not made.exists()


def test_the_file_that_a_rule_would_make_is_made_when_python_runs_it(tmp_path: Path) -> None:
    """The counterpart of the test above: its texts do something as soon as anything executes them."""
    made = tmp_path / "made-by-a-rule"
    for text in (CODE[1], CODE[2], CODE[4], CODE[6]):
        exec(text.format(file=str(made)), {})
        assert made.exists(), text
        made.rmdir() if made.is_dir() else made.unlink()


def test_a_rule_that_names_a_missing_concept_gets_a_suggestion(cli: Cli, nothing_written: Any, rules: Path) -> None:
    file = rules / START_NET
    text = file.read_text(encoding="utf-8")
    assert "'WrittenInformedConsent'" in text
    file.write_text(text.replace("'WrittenInformedConsent'", "'WritenInformedConsent'", 1), encoding="utf-8")
    line = text[: text.index("'WrittenInformedConsent'")].count("\n") + 1
    with nothing_written():
        run = cli("screen", "--rules", rules, ANNA)
        explained = cli("explain", "--rules", rules, ANNA, "START-NET")
        checked = cli("check", "--rules", rules)
    for each in (run, explained):
        error = the_error(each, 10)
        assert error["where"].endswith(f"{START_NET}:{line}")
        assert error["code"] == "unknown-name"
        assert "'WritenInformedConsent'" in error["message"]
        assert "'WrittenInformedConsent'" in error["remedy"]
        assert each.out == ""
    assert checked.code == 10
    assert ("unknown-name", f"{START_NET}:{line}") in {
        (error["code"], error["where"][-len(f"{START_NET}:{line}") :]) for error in errors(checked)
    }


def test_every_problem_of_the_rules_is_reported_in_one_run(cli: Cli, rules: Path) -> None:
    for name in (START_NET, "trials/nct05610826/rules.dl"):
        with (rules / name).open("a", encoding="utf-8") as file:
            file.write("import os\n")
    run = cli("screen", "--rules", rules, ANNA)
    assert run.code == 10
    assert {re.sub(r":\d+$", "", error["where"])[-len(START_NET) :] for error in errors(run)} >= {START_NET}
    assert len({error["where"] for error in errors(run)}) == 2


@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_a_folder_without_rules_is_an_error(cli: Cli, nothing_written: Any, tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    with nothing_written():
        run = cli("screen", "--rules", tmp_path / folder, ANNA)
    assert run.code == 10
    assert {error["code"] for error in errors(run)} == {"missing-file"}
    assert run.out == ""


def test_rules_without_a_trial_are_an_error(cli: Cli, nothing_written: Any, rules: Path) -> None:
    shutil.rmtree(rules / "trials")
    with nothing_written():
        run = cli("screen", "--rules", rules, ANNA)
    assert run.code == 10
    assert errors(run)
    assert run.out == ""


# ── the ontology ────────────────────────────────────────────────────────────

DOCTYPE = '<?xml version="1.0"?>\n<!DOCTYPE rdf:RDF [<!ENTITY {entity}>]>\n'


@pytest.mark.parametrize(
    "entity", ['a "aaaaaaaaaa"', 'a SYSTEM "file:///etc/hostname"', '% a SYSTEM "http://127.0.0.1/"']
)
@pytest.mark.parametrize("module", ["nen.owl", "grades.owl", "catalog-v001.xml"])
@pytest.mark.parametrize("command", ["screen", "check"])
def test_a_document_type_or_entity_is_refused(
    cli: Cli, nothing_written: Any, ontology: Path, module: str, entity: str, command: str
) -> None:
    file = ontology.with_name(module)
    text = re.sub(r"<\?xml.*?\?>\s*", "", file.read_text(encoding="utf-8"), count=1)
    file.write_text(DOCTYPE.format(entity=entity) + text, encoding="utf-8")
    with nothing_written():
        run = cli(command, "--ontology", ontology, *([ANNA] if command == "screen" else []))
    assert run.code == 11
    found = errors(run)
    assert (found[0]["where"], found[0]["code"]) == (f"{file}:2", "doctype")
    assert module == "catalog-v001.xml" or len(found) == 1
    assert run.out == ""


@pytest.mark.parametrize("module", ["nen.owl", "labs.owl"])
def test_malformed_xml_is_an_error_with_its_line(cli: Cli, nothing_written: Any, ontology: Path, module: str) -> None:
    file = ontology.with_name(module)
    cut = file.read_bytes()
    cut = cut[: cut.index(b"</owl:Ontology>")]
    file.write_bytes(cut)
    with nothing_written():
        run = cli("screen", "--ontology", ontology, ANNA)
    error = the_error(run, 11)
    assert error["where"].startswith(f"{file}:")
    assert abs(int(error["where"].rsplit(":", 1)[1]) - cut.count(b"\n")) <= 1
    assert error["code"] == "malformed-xml"
    assert run.out == ""


@pytest.mark.parametrize("command", ["screen", "check"])
def test_an_import_that_is_not_in_the_catalog_is_an_error_and_fetches_nothing(
    cli: Cli, nothing_written: Any, ontology: Path, command: str
) -> None:
    catalog = ontology.with_name("catalog-v001.xml")
    lines = catalog.read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if "labs.owl" not in line]
    assert len(kept) == len(lines) - 1
    catalog.write_text("".join(kept), encoding="utf-8")
    with nothing_written():
        run = cli(command, "--ontology", ontology, *([ANNA] if command == "screen" else []))
    error = the_error(run, 11)
    assert (error["where"], error["code"]) == (str(ontology), "missing-import")
    assert "labs" in error["message"]
    assert "catalog-v001.xml" in error["remedy"]
    assert run.out == ""


@pytest.mark.parametrize("name", ["nowhere.owl", "."])
def test_a_missing_ontology_is_an_error(cli: Cli, nothing_written: Any, tmp_path: Path, name: str) -> None:
    with nothing_written():
        run = cli("screen", "--ontology", tmp_path / name, ANNA)
    error = the_error(run, 11)
    assert error["code"] == "unreadable"


# ── the engines ─────────────────────────────────────────────────────────────


def _lie(monkeypatch: pytest.MonkeyPatch, about: Callable[[tuple[Any, ...]], bool], predicate: str = "status") -> None:
    """Lets pyDatalog leave out rows of an answer."""
    rows = PyDatalogEngine.rows

    def lying(self: PyDatalogEngine, base: Any, predicates: Any) -> Any:
        found = rows(self, base, predicates)
        return {**found, predicate: frozenset(row for row in found[predicate] if not about(row))}

    monkeypatch.setattr(PyDatalogEngine, "rows", lying)


@pytest.mark.parametrize(
    "arguments",
    [
        ("screen", ANNA),
        ("screen", ANNA, "--format", "json"),
        ("explain", ANNA, "START-NET"),
        ("explain", ANNA, "NCT05610826", "E1"),
    ],
    ids=lambda arguments: " ".join(Path(str(each)).name for each in arguments),
)
def test_engines_that_disagree_give_an_error_that_names_the_clause_and_no_verdict(
    cli: Cli, nothing_written: Any, monkeypatch: pytest.MonkeyPatch, arguments: tuple[object, ...]
) -> None:
    _lie(monkeypatch, lambda row: row[1:3] == ("START-NET", "I7"))
    with nothing_written():
        run = cli(*arguments)
    error = the_error(run, 13)
    assert error["where"] == "START-NET:I7"
    assert error["code"] == "engines-disagree"
    assert "clause I7" in error["message"]
    if "json" in arguments:
        document = json.loads(run.out)
        assert document["results"] == []
        assert [problem["code"] for problem in document["problems"]] == ["engines-disagree"]
    else:
        assert run.out == ""


def test_engines_that_disagree_about_a_verdict_alone_give_none(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    _lie(monkeypatch, lambda row: row[1] == "NCT05610826", "verdict")
    error = the_error(cli("screen", ANNA), 13)
    assert error["where"] == "NCT05610826"
    assert "verdict" in error["message"]


def test_engines_that_disagree_about_one_patient_answer_the_others(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, case: Callable[..., Path]
) -> None:
    folder = case("first").parent
    case("second")
    case("third")
    _lie(monkeypatch, lambda row: row[0] == "second" and row[2] == "I5")
    run = cli("screen", folder, "--format", "json")
    assert run.code == 13
    assert {result["patient"] for result in json.loads(run.out)["results"]} == {"first", "third"}
    assert {error["where"] for error in errors(run)} == {"START-NET:I5", "NCT05610826:I5"}


def test_the_facade_raises_where_engines_disagree(kb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    patient = kb.patient("disputed", index_date="2026-11-20")
    _lie(monkeypatch, lambda row: row[1:3] == ("START-NET", "E2"))
    with pytest.raises(EngineError, match="clause E2"):
        kb.eligibility(patient, "START-NET")


def test_the_watch_over_written_files_sees_them(nothing_written: Any, tmp_path: Path) -> None:
    """What the tests above rest on: a file that appears, or appears and goes again, does not stay unseen."""

    def make() -> None:
        with nothing_written():
            (tmp_path / "trace").write_text("x", encoding="utf-8")

    def make_and_remove() -> None:
        with nothing_written():
            (tmp_path / "passing").touch()
            (tmp_path / "passing").unlink()

    for deed in (make, make_and_remove):
        with pytest.raises(AssertionError):
            deed()
