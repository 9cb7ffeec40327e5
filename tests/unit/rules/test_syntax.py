"""How the text of rules and headers is read."""

from __future__ import annotations

import pytest

from nen_kb.rules.chunks import Block, Heading, Statement, split
from nen_kb.rules.headers import read
from nen_kb.rules.ir import Atom, Comparison, Constant, Header, Place, Rule, Variable
from nen_kb.rules.syntax import parse


def one(text: str, line: int = 1) -> Rule:
    rule, problems = parse(Statement(text, line), "x.dl", "T I1", Header((), Place("x.dl", 1)))
    assert not problems
    assert rule
    return rule


def test_a_rule() -> None:
    """Head, positive and negated atoms, comparisons; anonymous variables are renamed apart."""
    rule = one("head(X, 'c') <= body(X, _, _) & ~other(X, _) & (X > 3.0) & (-1 != X)")
    assert str(rule) == "head(X, 'c') <= body(X, _, _) & ~other(X, _) & (X > 3.0) & (-1 != X)"
    first, second, third, fourth = rule.body
    assert isinstance(first, Atom)
    assert first.terms == (Variable("X"), Variable("_1"), Variable("_2"))
    assert isinstance(second, Atom)
    assert second.negated
    assert second.terms[1] == Variable("_3")
    assert isinstance(third, Comparison)
    assert isinstance(third.right, Constant)
    assert (third.op, third.right.text) == (">", "3.0")
    assert isinstance(fourth, Comparison)
    assert isinstance(fourth.left, Constant)
    assert fourth.left.text == "-1"


def test_a_fact() -> None:
    rule = one("+ days('treatments', 0)")
    assert rule.body == ()
    assert str(rule) == "+ days('treatments', 0)"


def test_numerals_come_from_the_source_text() -> None:
    """A binary float would lose the last digits."""
    rule = one("a(X) <= b(X, 0.1000000000000000055511151231)")
    assert isinstance(rule.body[0], Atom)
    assert rule.body[0].terms[1] == Constant("0.1000000000000000055511151231", rule.body[0].terms[1].kind)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "text",
    [
        "a(X) <= (b(X) &\n   c(X))",
        "a(X) <= b(X) \\\n    & c(X)",
        "(a(X) <= b(X)\n  & c(X)\n)",
        "a(X) <= b(X) & c(X)  # why",
    ],
)
def test_rules_over_several_lines(text: str) -> None:
    assert str(one(text)) == "a(X) <= b(X) & c(X)"


def test_places_are_lines_of_the_file() -> None:
    """Each atom knows its own line, file and clause."""
    rule = one("a(X) <= b(X) \\\n    & c(X) \\\n    & (X > 1)", line=10)
    assert [item.place for item in rule.body] == [Place("x.dl", line, "T I1") for line in (10, 11, 12)]


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        ("import os", "this is no rule and no fact", "Rule text is data: only rules and facts may stand here."),
        ("a(X) <= b(X) & X > 3", "a comparison stands without parentheses, or two are chained", "(Low > 90)"),
        ("a(X) <= b(x)", "'x' is neither a variable nor a constant", "'x'"),
        ('a(X) <= b("x")', "a string here is not in plain single quotes", "'…'"),
        ("a(X) <= b(X) | c(X)", "`|` cannot stand where an atom is expected", "second rule"),
        ("a(X) <= b(X, _Y)", "'_Y' is neither a variable nor a constant", "upper-case"),
        ("a(X) <= b(*X)", "an atom has no keyword or starred arguments", "in order"),
        ("a(X) <= (X in b(X))", "a comparison has exactly one of < <= > >= == !=", "two comparisons"),
        ("a(X) <= b(True)", "a constant cannot be an argument", "numeral"),
        ("a(X) <= b(1_000)", "a constant cannot be an argument", "plain decimal digits"),
    ],
)
def test_what_is_refused(text: str, message: str, remedy: str) -> None:
    rule, problems = parse(Statement(text, 7), "x.dl", "", Header((), Place("x.dl", 1)))
    assert rule is None
    assert [(problem.place, problem.message) for problem in problems] == [("7", message)]
    assert remedy in problems[0].remedy


def test_all_problems_of_a_rule_come_together() -> None:
    _, problems = parse(Statement("a(x) <= b(y) & c(z)", 1), "x.dl", "", Header((), Place("x.dl", 1)))
    assert [problem.message.split()[0] for problem in problems] == ["'x'", "'y'", "'z'"]


def test_a_broken_rule_does_not_hide_the_next() -> None:
    document = read("a(X) <= b(X\nc(X) <= d(X)\ne(X) <= (f(X)\n", "x.dl")
    assert [str(rule) for rule in document.rules] == ["c(X) <= d(X)"]
    assert [problem.place for problem in document.problems] == ["1", "3"]
    assert document.broken == {"a", "e"}


def test_chunks() -> None:
    """Headings, header blocks and rules, each with its line; plain comments are free."""
    text = (
        "# free\n# ── I3 ─────\n#: quote    one\n#:          two\n#: reading  three\n# free\n"
        "a(X) <= b(X)\n  & c(X)\n\n#: says x\n"
    )
    chunks, problems = split(text, "x.dl")
    assert not problems
    assert chunks == [
        Heading("I3", 2),
        Block((("quote", "one two", 3), ("reading", "three", 5)), 3),
        Statement("a(X) <= b(X)\n  & c(X)", 7),
        Block((("says", "x", 10),), 10),
    ]


def test_a_header_belongs_to_what_follows() -> None:
    """Up to the next header or heading."""
    document = read(
        "#: means one\na(X) <= b(X)\n\nc(X) <= b(X)\n#: means two\nd(X) <= b(X)\n# ── rest ──\ne(X) <= b(X)\n", "x.dl"
    )
    assert [(rule.head.predicate, rule.header.get("means")) for rule in document.rules] == [
        ("a", "one"), ("c", "one"), ("d", "two"), ("e", ""),
    ]  # fmt: skip


TRIAL = """#: trial    T-1
#: version  2026-01-31, made up
#: title    A trial
#: source   source.txt

#: no-criterion  Heading
#: because       a heading
#: section       inclusion

# ── I1 ──
#: quote    one
#: reading  two
#: any      I1a, I1b

# ── I1a ──
#: reading  three
met(P, 'T-1', 'I1a') <= a(P)

#: means    a helper
a(P) <= b(P)

#: section       exclusion
# ── E1 ──
#: quote    four
#: manual   five
# ── not a clause ──
c(P) <= b(P)
"""


def test_a_trial() -> None:
    """Clauses in order with kind, mode, parts and parent; what is no criterion stays with the trial."""
    document = read(TRIAL, "trials/t/rules.dl", trial_source="Heading one four")
    assert document.problems == []
    trial = document.trial
    assert trial
    assert (trial.id, trial.version, trial.title) == ("T-1", "2026-01-31, made up", "A trial")
    assert trial.header.all("no-criterion") == ("Heading",)
    assert trial.header.all("because") == ("a heading",)
    assert [(c.id, c.kind, c.mode, c.parts, c.parent) for c in trial.clauses] == [
        ("I1", "inclusion", "any", ("I1a", "I1b"), ""),
        ("I1a", "inclusion", "single", (), "I1"),
        ("E1", "exclusion", "single", (), ""),
    ]
    assert trial.clause("E1").quote == "four"
    assert [(str(rule.head), rule.place.clause, rule.header.get("means")) for rule in document.rules] == [
        ("met(P, 'T-1', 'I1a')", "T-1 I1a", ""),
        ("a(P)", "T-1 I1a", "a helper"),
        ("c(P)", "", ""),
    ]
