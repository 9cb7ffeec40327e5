"""Rule text is data: whatever it holds, reading it gives rules or problems, never a traceback, never an effect."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nen_kb.errors import RulesError
from nen_kb.rules import check_program, load_program
from nen_kb.rules.chunks import decode
from nen_kb.rules.headers import read

Build = Callable[[str | Mapping[str, str]], Path]

NASTY = {
    "import": "import os\n",
    "call": "__import__('os').system('touch /tmp/x')\n",
    "default": "example(P) <= patient(P) & print('x')\n",
    "open parenthesis": "example(P) <= patient(P" + "(" * 50_000,
    "brackets": "example(P) <= " + "(" * 5_000 + "patient(P)" + ")" * 5_000 + "\n",
    "few brackets": "example(P) <= " + "(" * 150 + "patient(P)" + ")" * 150 + "\n",
    "tildes": "example(P) <= " + "~" * 5_000 + "patient(P)\n",
    "minuses": "example(P) <= age(P, " + "-" * 5_000 + "1, _)\n",
    "not": "example(P) <= " + "not " * 1_400 + "patient(P)\n",
    "lambdas": "example(P) <= " + "lambda: " * 700 + "patient(P)\n",
    "powers": "example(P) <= age(P, " + "1**" * 1_900 + "1, _)\n",
    "conditionals": "example(P) <= " + "1 if 1 else " * 450 + "patient(P)\n",
    "attributes": "example(P) <= patient(P" + ".a" * 2_900 + ")\n",
    "calls": "example(P) <= patient" + "(P)" * 1_900 + "\n",
    "lists": "example(P) <= patient(" + "[" * 190 + "]" * 190 + ")\n",
    "comparisons": "example(P) <= " + "(1 < 2) & " * 590 + "patient(P)\n",
    "long rule": "example(P) <= " + "patient(P) & " * 100_000 + "patient(P)\n",
    "long numeral": "example(P) <= age(P, " + "9" * 5_900 + ", _)\n",
    "long name": "e" * 5_000 + "(P) <= patient(P)\n",
    "many quotes": "example(P) <= sex(P, " + "'" * 5_000 + ")\n",
    "triple quotes": "example(P) <= sex(P, '''\n  x''')\n",
    "unicode name": "example(Ｐ) <= patient(Ｐ)\n",
    "right to left": "example(P) <= sex(P, '\u202eelaM')\n",
    "coding cookie": "# -*- coding: utf-7 -*-\n+AGEAYg-(P) <= patient(P)\n",
    "backslash": "example(P) <= patient(P) \\",
    "walrus": "example(P) <= (X := patient(P))\n",
    "comprehension": "example(P) <= [patient(P) for P in P]\n",
    "await": "example(P) <= await patient(P)\n",
    "statements": "example(P) <= patient(P); import os\n",
    "tabs": "\texample(P) <= patient(P)\n",
    "only header": "#: columns  example(Patient)\n" * 2_000,
    "many headings": "# ── I1 ──\n" * 2_000,
    "surrogate": "example(P) <= sex(P, '\\ud800')\n",
}


@pytest.mark.parametrize("name", NASTY)
@pytest.mark.filterwarnings("error")
def test_nasty_text_is_a_problem(name: str, build: Build, ontology: object) -> None:
    """Each is refused with problems that have a place and a remedy."""
    for file in ("concepts/example.dl", "trials/demo/rules.dl", "vocabulary.dl"):
        problems, _ = check_program(build({file: NASTY[name]}), ontology)  # type: ignore[arg-type]
        assert problems
        assert all(problem.file and problem.message and problem.code for problem in problems)


@pytest.mark.parametrize(
    "data",
    [b"\xff\xfe", b"a\x00b", "a(P) <= b(P)\n".encode("utf-16"), b"\xed\xa0\x80", b"x" * 2_000_001, b"a\x1b[2Jb"],
    ids=["bytes", "null", "utf-16", "surrogate", "long", "escape"],
)  # fmt: skip
def test_unreadable_bytes(data: bytes, build: Build, ontology: object) -> None:
    """A file that is no text is one problem, and the rest is still checked."""
    folder = build("")
    (folder / "concepts/example.dl").write_bytes(data)
    problems, _ = check_program(folder, ontology)  # type: ignore[arg-type]
    assert [(p.file, p.code) for p in problems] == [("concepts/example.dl", "unreadable")]


def test_byte_order_mark_and_line_ends_are_accepted() -> None:
    text, problems = decode("\ufeffa\r\nb\rc\n".encode(), "x.dl")
    assert (text, problems) == ("a\nb\nc\n", [])


def test_nothing_is_executed(build: Build, ontology: object, tmp_path: Path) -> None:
    """A rule file that would write a file when run as Python writes none."""
    trace = tmp_path / "trace"
    text = f"open('{trace}', 'w')\nexample(P) <= patient(P) & open('{trace}', 'w')\n"
    with pytest.raises(RulesError):
        load_program(build({"concepts/example.dl": text}), ontology)  # type: ignore[arg-type]
    assert not trace.exists()


def test_folders_that_are_none(ontology: object, tmp_path: Path) -> None:
    """A missing folder, a file in its place, a folder in the place of a file."""
    (tmp_path / "file").write_text("x")
    (tmp_path / "odd/vocabulary.dl").mkdir(parents=True)
    for name in ("none", "file", "odd"):
        with pytest.raises(RulesError) as caught:
            load_program(tmp_path / name, ontology)  # type: ignore[arg-type]
        assert {problem.code for problem in caught.value.problems} & {"missing-file", "unreadable"}


def test_a_deep_chain_of_predicates_is_no_recursion_error(build: Build, ontology: object) -> None:
    """Order and polarity are computed without recursion."""
    lines = ["#: means  A link of a chain.", "link0(P) <= patient(P)"]
    lines += [f"link{n}(P) <= link{n - 1}(P)" for n in range(1, 1500)]
    lines += ["example(P) <= link1499(P)"]
    program = load_program(build("\n".join(reversed(lines[1:])).join(["#: means  A chain.\n", "\n"])), ontology)  # type: ignore[arg-type]
    assert program.order.index("link0") < program.order.index("link1499") < program.order.index("example")


_TEXT = (
    "example(P) <= patient(P)|    & sex(P, 'Male')|#: means  x|#: columns  example(Patient)|# ── I1 ──|#:|)|'|(|~|\\|"
    "+ a('b', 1)|a(X) <= (X > 3.0)|#: quote    x|#:          y|#: all  I1a I1a|#: section  exclusion|"
    "a(X) <= b(X, -1) &|#: no-criterion  x|#: trial  A B|#: base  a(Patient)|    |x <= y <= z|a(_) <= ~b(_)"
)
_LINES = st.sampled_from(_TEXT.split("|"))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(_LINES, st.text(max_size=30)), max_size=12), st.booleans(), st.booleans())
def test_any_text_gives_rules_or_problems(lines: list[str], trial: bool, vocabulary: bool) -> None:
    """Reading never raises, and every problem names the file."""
    document = read("\n".join(lines), "x.dl", vocabulary=vocabulary, trial_source="source" if trial else None)
    assert all(problem.file == "x.dl" and problem.message for problem in document.problems)
    assert all(rule.place.line >= 1 for rule in document.rules)
