"""Small programs written as text, for the tests of the SQL engine.

    base     found(Patient, Record, Concept)
    given    isa(Concept, Asked)
    derived  ever(Patient, Asked)
    ever(P, C) <= found(P, _, X) & isa(X, C)

A capital letter begins a variable, ``_`` is a variable of its own, everything else is a constant.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import Any

from nen_kb.rules.ir import (
    COLUMN_WORDS,
    Atom,
    BodyItem,
    Comparison,
    Constant,
    Header,
    Kind,
    Place,
    Predicate,
    Program,
    Rule,
    Term,
    Variable,
)

HERE = Place("small.dl", 1)
HEADER = Header((), HERE)
DECLARED = re.compile(r"(base|given|builtin|derived)\s+(\w+)\(([\w, ]*)\)")
OPS: dict[type[ast.cmpop], Any] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip


def program(text: str) -> Program:
    """The program of a text; derived predicates are computed in the order in which they are declared."""
    predicates: dict[str, Predicate] = {}
    rules: list[Rule] = []
    for number, line in enumerate(text.strip().splitlines(), start=1):
        declared = DECLARED.fullmatch(line.strip())
        if declared:
            role, name, words = declared.groups()
            columns = tuple(COLUMN_WORDS[word.strip()] for word in words.split(",") if word.strip())
            predicates[name] = Predicate(name, columns, role, HEADER)  # type: ignore[arg-type]
        elif line.strip():
            rules.append(rule(line.strip(), replace(HERE, line=number)))
    order = tuple(name for name, each in predicates.items() if each.role == "derived")
    return Program(predicates, tuple(rules), order, (), {}, "")


def rule(line: str, place: Place = HERE) -> Rule:
    """The rule of a line, or the fact of a line that begins with ``+``."""
    reader = _Reader(place)
    if line.startswith("+"):
        return Rule(reader.atom(ast.parse(line[1:].strip(), mode="eval").body), (), place, HEADER)
    head, _, body = line.partition(" <= ")
    items = [reader.item(ast.parse(part.strip(), mode="eval").body) for part in body.split(" & ")]
    return Rule(reader.atom(ast.parse(head, mode="eval").body), tuple(items), place, HEADER)


class _Reader:
    def __init__(self, place: Place) -> None:
        self.place = place
        self.anonymous = 0

    def item(self, node: ast.expr) -> BodyItem:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
            return replace(self.atom(node.operand), negated=True)
        if isinstance(node, ast.Compare):
            left, right = self.term(node.left), self.term(node.comparators[0])
            return Comparison(left, OPS[type(node.ops[0])], right, self.place)
        return self.atom(node)

    def atom(self, node: ast.expr) -> Atom:
        assert isinstance(node, ast.Call)
        assert isinstance(node.func, ast.Name)
        return Atom(node.func.id, tuple(map(self.term, node.args)), False, self.place)

    def term(self, node: ast.expr) -> Term:
        if isinstance(node, ast.Name):
            if node.id != "_":
                return Variable(node.id)
            self.anonymous += 1
            return Variable(f"_{self.anonymous}")
        value = ast.literal_eval(node)
        return Constant(value, Kind.NAME if isinstance(value, str) else Kind.VALUE)


def text_of(found: Program) -> str:
    """The rules, one a line, in the order in which predicates are computed."""
    lines = [str(each) for name in found.order for each in found.rules_of(name)]
    return "\n".join(lines)
