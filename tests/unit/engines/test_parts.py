"""Rules cut apart where only a comparison ties their records together: what is cut, and that no row changes."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from nen_kb.engines.leaves import Alive, Facts
from nen_kb.engines.parts import Divided, Part, divide
from nen_kb.engines.pydatalog import PyDatalogEngine
from nen_kb.engines.specialise import Call, Literal, specialise
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.ir import Comparison

KNOWN = {
    "dated": ("base", "Record", "From", "To"),
    "found": ("base", "Record", "Concept"),
    "today": ("base", "Day"),
}


def cut(w: Any, *rules: Any) -> Divided:
    """The rules for ``h``, cut."""
    text = w.program(*rules, **KNOWN)
    return divide(text, specialise(text, ["h"], {}))


def shown(divided: Divided) -> list[str]:
    """The rules as text."""
    rules = [rule for found in divided.rules.values() for rule in found]
    return [f"{literal(rule.head)} <= {' & '.join(map(literal, rule.body))}" for rule in rules]


def literal(item: Literal | Comparison) -> str:
    """One literal as text."""
    if isinstance(item, Comparison):
        return str(item)
    names = [getattr(term, "name", None) or repr(term.value) for term in item.terms]  # type: ignore[union-attr]
    return f"{'~' * item.negated}{item.call.predicate}({','.join(names)})"


def test_of_what_is_only_compared_the_greatest_or_the_least_matters(w: Any) -> None:
    """The other record becomes a part, shared by rules that differ in names only."""
    later = [w("dated", "E", "From", "_1"), w("dated", "B", "_2", "To"), w("found", "B", "=x")]
    divided = cut(
        w,
        w.rule(w("h", "E"), *later, w.compare("To", ">", "From")),
        w.rule(w("h", "From"), *later, w.compare("From", "<=", "To")),
        w.rule(w("h", "E"), *later, w.compare("From", ">=", "To")),
    )
    part = "found(V0) & dated(V0,V1)"
    assert shown(divided) == [
        f"part? 0(V1) <= {part}",
        f"part? 1(V1) <= {part}",
        "h(E) <= kept? 0(To) & dated(E,From) & (To > From)",
        "h(From) <= kept? 0(To) & dated(From) & (From <= To)",
        "h(E) <= kept? 1(To) & dated(E,From) & (From >= To)",
    ]
    assert [each.keep for each in divided.parts] == ["greatest", "least"]


def test_what_belongs_to_a_part_goes_with_it(w: Any) -> None:
    """Its comparisons and negated calls; one that is negated for each record is computed once."""
    divided = cut(
        w,
        w.rule(w("gone", "E"), w("found", "E", "=x")),
        w.rule(
            w("h", "E"),
            w("found", "E", "=y"),
            w("found", "B", "=z"),
            w.no(w("gone", "B")),
            w("dated", "B", "From", "To"),
            w.compare("From", "<", "To"),
            w.compare("B", "!=", "E"),
        ),
    )
    assert shown(divided)[1:] == [
        "part? 0(V0) <= found(V0) & ~once? 0(V0) & dated(V0,V1,V2) & (V1 < V2)",
        "h(E) <= kept? 0(B) & found(E) & (B != E)",
    ]
    assert [(each.whole.predicate, each.keep) for each in divided.parts] == [("gone", "all"), ("part? 0", "two")]


def test_what_is_not_cut(w: Any) -> None:
    """Records that share a variable, are compared twice or by ``==``, or bind the head; what is no record."""
    for body in (
        [w("dated", "E", "From", "_1"), w("dated", "E", "_2", "To"), w.compare("From", "<", "To")],
        [w("dated", "E", "From", "_1"), w("dated", "B", "_2", "To"), w.compare("From", "==", "To")],
        [
            w("dated", "E", "F", "T"),
            w("dated", "B", "F2", "T2"),
            w.compare("F", ">=", "T2"),
            w.compare("F2", ">=", "T"),
        ],
        [w("dated", "E", "From", "_1"), w("today", "Day"), w.compare("From", "<", "Day")],
        [w("dated", "E", "From", "_1"), w("dated", "B", "_2", "_3")],
    ):
        assert cut(w, w.rule(w("h", "E"), *body)).parts == ()
    both = [w("dated", "E", "From", "_1"), w("dated", "B", "_2", "To"), w.compare("From", "<", "To")]
    assert cut(w, w.rule(w("h", "E", "B"), *both)).parts == ()


def test_rows_that_matter() -> None:
    """None, one or two."""
    call = Call("p", (), (0,))
    rows = [(2,), (5,), (1,)]
    for keep, wanted in (("all", rows), ("greatest", [(5,)]), ("least", [(1,)]), ("two", rows[:2])):
        assert Part(call, call, keep).matter(rows) == wanted  # type: ignore[arg-type]
        assert Part(call, call, keep).matter([]) == []  # type: ignore[arg-type]


def test_what_nothing_asked_reads_is_left_out(w: Any) -> None:
    """A rule of a dead rule, and a part of one."""
    text = w.program(
        w.rule(w("g", "E"), w("found", "E", "=x")),
        w.rule(w("h", "E"), w("found", "E", "=dead"), w("g", "B"), w.compare("B", "!=", "E")),
        w.rule(w("h", "E"), w("found", "E", "=y")),
        g=("derived", "Record"),
        **KNOWN,
    )
    alive = Alive(text, specialise(text, ["h"], {}), apart=True)
    pruned = alive.prune(Facts({"found": [("e", "x"), ("f", "y")]}))
    assert [literal(alive.rules[number].head) for number, _ in pruned.rules] == ["h(E)"]
    assert pruned.parts == []
    pruned = alive.prune(Facts({"found": [("e", "x"), ("f", "dead")]}))
    assert [literal(alive.rules[number].head) for number, _ in pruned.rules] == ["g(E)", "part? 0(V0)", "h(E)"]
    assert [alive.parts[number].whole.predicate for number in pruned.parts] == ["g", "part? 0"]


@pytest.mark.parametrize("op", ["<", "<=", ">", ">=", "==", "!="])
def test_the_rows_stay(w: Any, op: str) -> None:
    """Whatever the comparison, and however few records there are, and also below a negation."""
    both = [w("dated", "E", "From", "_1"), w("dated", "B", "_2", "To"), w("found", "B", "=x")]
    text = w.program(
        w.rule(w("beside", "E"), *both, w.compare("From", op, "To")),
        w.rule(w("alone", "E"), w("dated", "E", "_1", "_2"), w.no(w("beside", "E"))),
        w.rule(w("several", "=yes"), w("alone", "E"), w("alone", "B"), w.compare("E", "!=", "B")),
        alone=("derived", "Record"),
        **KNOWN,
    )
    plain, apart, evaluator = PyDatalogEngine(text), PyDatalogEngine(text, many=0), Evaluator(text)
    for days in product((1, 2), (1, 3), (2, 3)):
        dated = [(f"e{number}", day, day + number % 2) for number, day in enumerate(days)]
        for named in ([], ["e0"], ["e0", "e1"], ["e0", "e1", "e2"]):
            base = {"dated": dated, "found": [(name, "x") for name in named]}
            asked = ("beside", "alone", "several")
            expected = evaluator.rows(base, asked)
            assert plain.rows(base, asked) == expected
            assert apart.rows(base, asked) == expected
