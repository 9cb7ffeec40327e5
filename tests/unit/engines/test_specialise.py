"""Narrowing a program to a question: what vanishes, what is filled in, and what must not be touched."""

from __future__ import annotations

from typing import Any

from nen_kb.engines.leaves import Alive, Facts
from nen_kb.engines.patients import patient_columns
from nen_kb.engines.specialise import Specialised, specialise
from nen_kb.engines.stages import MANY, stages
from nen_kb.rules.ir import Comparison


def shown(narrowed: Specialised) -> list[str]:
    """The narrowed rules as text: predicate[position=constant](arguments)."""
    rules = [rule for found in narrowed.rules.values() for rule in found]
    return [f"{literal(rule.head)} <= {' & '.join(map(literal, rule.body))}" for rule in rules]


def literal(item: Any) -> str:
    """One literal as text."""
    if isinstance(item, Comparison):
        return str(item)
    fixed = [f"{position}={value}" for position, value in item.call.constants]
    fixed += [f"{'not ' * f.negated}{f.call.predicate}({f.position})" for f in item.call.filters]
    names = [getattr(term, "name", None) or repr(term.value) for term in item.terms]
    return f"{'~' * item.negated}{item.call.predicate}[{','.join(fixed)}]({','.join(names)})"


def test_constants_become_part_of_the_predicate(w: Any) -> None:
    """Rules whose head cannot match are gone, those that match lose the argument."""
    text = w.program(
        w.rule(w("graded", "E", "=Hemoglobin", "V"), w("value", "E", "V", "_1")),
        w.rule(w("graded", "E", "C", 0), w("none", "E", "C")),
        w.rule(w("h", "E"), w("graded", "E", "=Platelets", "V"), w.compare("V", "<", 9)),
    )
    assert shown(specialise(text, ["h"], {})) == [
        "graded[1=Platelets](E,0) <= none[1=Platelets](E)",
        "h[](E) <= graded[1=Platelets](E,V) & (V < 9)",
    ]


def test_static_rows_are_filled_in(w: Any) -> None:
    """A rule becomes one for each row of what never changes; a comparison of constants is decided."""
    text = w.program(
        w.rule(w("s", "C", "N"), w("clause", "C", "N"), w("met", "C"), w.compare("N", ">", 1), w.no(w("gone", "C"))),
    )
    static = {"clause": [("a", 1), ("b", 2), ("c", 3)], "gone": [("c",)]}
    assert shown(specialise(text, ["s"], static)) == ["s[]('b',2) <= met[0=b]()"]


def test_questions_to_the_hierarchy_become_filters(w: Any) -> None:
    """On the base atom that binds the class; the class itself is passed on only if somebody else reads it."""
    text = w.program(
        w.rule(w("h", "E"), w("found", "E", "X"), w("isa", "X", "=C"), w.no(w("isa", "X", "=D"))),
        w.rule(w("g", "E", "X"), w("found", "E", "X"), w("isa", "X", "=C"), w("isa", "=K", "=C")),
        isa=("given", "Concept", "Asked"),
    )
    assert shown(specialise(text, ["h", "g"], {})) == [
        "h[](E) <= found[isa(1),not isa(1)](E)",
        "g[](E,X) <= isa[0=K,1=C]() & found[isa(1)](E,X)",
    ]


def test_the_patient_goes_where_every_rule_speaks_of_one(w: Any) -> None:
    """Not where a rule joins two, compares them, moves them to another column or names one."""
    base = {"found": ("base", "Patient", "Concept"), "sex": ("base", "Patient", "Word")}
    fine = w.rule(w("h", "X", "P"), w("found", "P", "X"), w.no(w("sex", "P", "X")))
    assert patient_columns(w.program(fine, **base)) == {"found": 0, "sex": 0, "h": 1}
    for rule in (
        w.rule(w("g", "P"), w("found", "P", "X"), w("sex", "Q", "X")),
        w.rule(w("g", "P"), w("found", "P", "X"), w.compare("P", "==", "=anna")),
        w.rule(w("g", "P"), w("found", "P", "P")),
        w.rule(w("g", "X"), w("found", "=anna", "X")),
        w.rule(w("g", "X"), w("found", "P", "X")),
        w.rule(w("g", "P"), w("found", "P", "X"), w.no(w("sex", "_1", "X"))),
        w.rule(w("h", "X", "=anna"), w("other", "X")),
    ):
        assert patient_columns(w.program(fine, rule, **base)) is None


def test_dead_rules_and_decided_literals(w: Any) -> None:
    """By the facts a rule is alive or not, and a literal without arguments needs no answer."""
    text = w.program(
        w.rule(w("d", "X"), w("a", "X"), w("b", "X")),
        w.rule(w("h", "X"), w("a", "X"), w.no(w("d", "X"))),
        w.rule(w("h", "X"), w("a", "X"), w("switch", "=on")),
        w.rule(w("h", "X"), w("a", "X"), w.no(w("switch", "=on"))),
        w.rule(w("h", "X"), w("d", "X")),
    )
    alive = Alive(text, specialise(text, ["h"], {}))
    rules = [literal(rule.head) + " <= " + " & ".join(map(literal, rule.body)) for rule in alive.rules]

    def left(**facts: Any) -> list[tuple[str, list[str]]]:
        found = alive.prune(Facts(facts)).rules
        return [
            (rules[number], [literal(alive.rules[number].body[place]) for place in sorted(idle)])
            for number, idle in found
        ]

    assert left(a=[(1,)], switch=[("on",)]) == [
        ("h[](X) <= a[](X) & ~d[](X)", ["~d[](X)"]),
        ("h[](X) <= switch[0=on]() & a[](X)", ["switch[0=on]()"]),
    ]
    assert left(a=[(1,)], b=[(2,)]) == [
        ("d[](X) <= a[](X) & b[](X)", []),
        ("h[](X) <= a[](X) & ~d[](X)", []),
        ("h[](X) <= ~switch[0=on]() & a[](X)", ["~switch[0=on]()"]),
        ("h[](X) <= d[](X)", []),
    ]
    assert left(b=[(2,)]) == []


def test_stages(w: Any) -> None:
    """What collects many clauses comes before what reads it, and what is asked before what reads that."""
    rules = [w.rule(w("part", "X"), w("a", "X"))]
    rules += [w.rule(w("met", f"=C{number}"), w("part", number)) for number in range(MANY)]
    rules.append(w.rule(w("status", "C"), w("met", "C")))
    rules.append(w.rule(w("verdict", "=no"), w("status", "_1")))
    text = w.program(*rules)
    assert stages(text, ["verdict"]) == [["met"], ["verdict"]]
    assert stages(text, ["verdict", "status", "a"]) == [["met"], ["status"], ["verdict"]]
    assert stages(text, ["part", "met"]) == [["part"], ["met"]]
    assert stages(text, ["a"]) == []
