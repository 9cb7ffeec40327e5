"""Reads the text of one rule with ``ast``.  Text is data and is never executed.

Whatever node is not on the white-list is a problem with its line and a remedy.

The rules that leave here are not resolved yet: each constant is of kind NAME and its ``text`` is what
the source says (``'Female'``, ``3.0``); ``nen_kb.rules.columns`` reads it by the column it stands in.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from typing import Literal

from nen_kb.errors import Problem
from nen_kb.rules.chunks import Statement
from nen_kb.rules.ir import Atom, BodyItem, Comparison, Constant, Header, Kind, Place, Rule, Term, Variable

LONGEST_RULE = 6_000
"""Characters of the longest rule that is parsed."""
DEEPEST = 30
"""Levels of brackets or prefix operators that a rule may nest."""

PREDICATE = re.compile(r"[a-z][a-z0-9_]{0,99}\Z")
VARIABLE = re.compile(r"[A-Z][A-Za-z0-9_]{0,99}\Z")
STRING = re.compile(r"'[^'\\\n\r]*'\Z")
NUMERAL = re.compile(r"-?\d{1,30}(\.\d{1,30})?\Z")

_OPERATORS: dict[type[ast.cmpop], Literal["<", "<=", ">", ">=", "==", "!="]] = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
}  # fmt: skip


def parse(statement: Statement, file: str, clause: str, header: Header) -> tuple[Rule | None, list[Problem]]:
    """The rule of a statement, or None and what is wrong with it; never raises, never executes."""
    reader = _Reader(statement, file, clause)
    try:
        rule = reader.rule(header)
    except (_Refused, RecursionError):
        return None, reader.problems or [reader.problem(statement.line, "the rule is nested too deeply", "Split it.")]
    return (None if reader.problems else rule), reader.problems


class _Refused(Exception):
    """Parsing a statement ended early; the problem is in the reader's list."""


class _Reader:
    """Turns one statement into a rule, and collects its problems."""

    def __init__(self, statement: Statement, file: str, clause: str) -> None:
        self.text, self.first = statement.text, statement.line
        self.file, self.clause = file, clause
        self.lines = statement.text.split("\n")
        self.problems: list[Problem] = []
        self.anonymous = 0

    def problem(self, line: int, message: str, remedy: str, code: str = "syntax") -> Problem:
        return Problem(self.file, str(line), message, remedy, code)

    def refuse(self, node: ast.AST, message: str, remedy: str, code: str = "syntax") -> _Refused:
        line = self.first + getattr(node, "lineno", 1) - 1
        self.problems.append(self.problem(line, message, remedy, code))
        return _Refused()

    def place(self, node: ast.AST) -> Place:
        return Place(self.file, self.first + getattr(node, "lineno", 1) - 1, self.clause)

    def source(self, node: ast.expr) -> str:
        """What the text says where this node stands."""
        if node.lineno != node.end_lineno or node.end_col_offset is None:
            return ""
        line = self.lines[node.lineno - 1].encode()
        return line[node.col_offset : node.end_col_offset].decode()

    def tree(self) -> ast.expr:
        """The one expression of the statement."""
        top = ast.Module([], [])
        if len(self.text) > LONGEST_RULE:
            raise self.refuse(top, "the rule is too long", f"Split it: at most {LONGEST_RULE} characters.")
        if _depth(self.text) > DEEPEST:
            raise self.refuse(top, "the rule is nested too deeply", "A rule is a flat list of atoms joined with `&`.")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                module = ast.parse(self.text, mode="exec")
        except SyntaxError as error:
            line = self.first + min(max(error.lineno or 1, 1), len(self.lines)) - 1
            self.problems.append(
                self.problem(
                    line, "this is not a rule", "Write `head(X) <= body(X) & ~other(X)` or `+ fact('a', 1)`; join with "
                    "`&`, indent further lines inside parentheses, close every bracket and quote.",
                )
            )  # fmt: skip
            raise _Refused from None
        except (ValueError, RecursionError, MemoryError, OverflowError):
            raise self.refuse(top, "the rule cannot be read", "Split it into short, flat rules.") from None
        if len(module.body) != 1 or not isinstance(module.body[0], ast.Expr):
            raise self.refuse(
                module.body[0] if module.body else top, "this is no rule and no fact",
                "Rule text is data: only rules and facts may stand here.", "not-a-rule",
            )  # fmt: skip
        return module.body[0].value

    def rule(self, header: Header) -> Rule | None:
        tree = self.tree()
        place = self.place(tree)
        if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.UAdd):
            head = self.atom(tree.operand, negated=False)
            return Rule(head, (), place, header)
        if isinstance(tree, ast.Compare) and isinstance(tree.ops[0], ast.LtE):
            if len(tree.ops) > 1:
                raise self.refuse(
                    tree, "a comparison stands without parentheses, or two are chained",
                    "Put each comparison in parentheses: `& (Low > 90)`.",
                )  # fmt: skip
            head = self.atom(tree.left, negated=False)
            items: list[BodyItem] = []
            for node in _conjuncts(tree.comparators[0]):
                try:
                    items.append(self.item(node))
                except _Refused:
                    continue
            return Rule(head, tuple(items), place, header)
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
            raise self.refuse(
                tree, "a fact needs a plus sign", f"Write `+ {tree.func.id}(…)`, or give it a body with `<=`."
            )
        if isinstance(tree, (ast.BoolOp, ast.BinOp, ast.IfExp)):
            raise self.refuse(tree, f"{_named(tree)} cannot join the parts of a rule", _remedy(tree))
        raise self.refuse(
            tree, "this is no rule and no fact", "Rule text is data: only rules and facts may stand here.", "not-a-rule"
        )

    def item(self, node: ast.expr) -> BodyItem:
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
            return self.atom(node.operand, negated=True)
        if isinstance(node, ast.Compare):
            if len(node.ops) != 1 or type(node.ops[0]) not in _OPERATORS:
                raise self.refuse(
                    node, "a comparison has exactly one of < <= > >= == !=", "Write two comparisons, joined with `&`."
                )
            left, right = self.term(node.left), self.term(node.comparators[0])
            return Comparison(left, _OPERATORS[type(node.ops[0])], right, self.place(node))
        return self.atom(node, negated=False)

    def atom(self, node: ast.expr, negated: bool) -> Atom:
        if not isinstance(node, ast.Call):
            raise self.refuse(node, f"{_named(node)} cannot stand where an atom is expected", _remedy(node))
        if not isinstance(node.func, ast.Name):
            raise self.refuse(node, "only a plain name can be a predicate", "No dots, subscripts or calls of calls.")
        name = node.func.id
        if not (PREDICATE.match(name) and name == self.source(node.func)):
            raise self.refuse(
                node, f"{name!r} cannot name a predicate", "Use lower-case ASCII letters, digits and underscores."
            )
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            raise self.refuse(node, "an atom has no keyword or starred arguments", "Give the arguments in order.")
        terms = []
        for argument in node.args:
            try:
                terms.append(self.term(argument))
            except _Refused:
                terms.append(Variable("_"))
        return Atom(name, tuple(terms), negated, self.place(node))

    def term(self, node: ast.expr) -> Term:
        text = self.source(node)
        if isinstance(node, ast.Name):
            if node.id == "_":
                self.anonymous += 1
                return Variable(f"_{self.anonymous}")
            if VARIABLE.match(node.id) and node.id == text:
                return Variable(node.id)
            raise self.refuse(
                node, f"{text!r} is neither a variable nor a constant",
                f"Begin a variable with an upper-case ASCII letter; quote a constant: '{node.id}'.",
            )  # fmt: skip
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if STRING.match(text):
                return Constant(text[1:-1], Kind.NAME, text)
            raise self.refuse(
                node,
                "a string here is not in plain single quotes",
                "Write '…', without prefix, backslash or joined pieces.",
            )
        negative = isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)
        if (isinstance(node, ast.Constant) or negative) and NUMERAL.match(text):
            return Constant(text, Kind.NAME, text)
        if isinstance(node, ast.Constant):
            raise self.refuse(
                node,
                f"{_named(node)} cannot be an argument",
                "Write a numeral in plain decimal digits, or a quoted name.",
            )
        raise self.refuse(node, f"{_named(node)} cannot be an argument", _remedy(node))


def _conjuncts(node: ast.expr) -> Iterator[ast.expr]:
    """The items joined with ``&``, in order, without recursion."""
    rest = [node]
    while rest:
        node = rest.pop()
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd):
            rest += (node.right, node.left)
        else:
            yield node


def _depth(text: str) -> int:
    """The deepest nesting of brackets, or the longest run of prefix operators, outside quotes."""
    bare = re.sub(r"'[^'\n]*'|\"[^\"\n]*\"|#.*", "", text)
    depth = deepest = 0
    for sign in bare:
        depth += (sign in "([{") - (sign in ")]}")
        deepest = max(deepest, depth)
    runs = re.findall(r"(?:[~+\-]\s*){2,}|(?:\b(?:not|lambda|await|else|yield)\b[^&]*?){2,}|(?:\*\*[^&]*?){2,}", bare)
    return max([deepest, *(len(run) // 2 for run in runs)])


_KINDS: tuple[tuple[type[ast.AST], str], ...] = (
    (ast.Attribute, "an attribute"), (ast.Subscript, "a subscript"), (ast.Lambda, "a lambda"),
    (ast.JoinedStr, "an f-string"), (ast.BoolOp, "`and` or `or`"), (ast.BinOp, "arithmetic"),
    (ast.Call, "a call"), (ast.Compare, "a comparison"), (ast.Constant, "a constant"), (ast.Name, "a name"),
    (ast.IfExp, "a conditional expression"), (ast.NamedExpr, "an assignment"), (ast.UnaryOp, "an operator"),
)  # fmt: skip


def _named(node: ast.AST) -> str:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return "`|`"
    return next((words for kind, words in _KINDS if isinstance(node, kind)), "this expression")


def _remedy(node: ast.AST) -> str:
    if isinstance(node, ast.BoolOp):
        return "Join with `&`; write a second rule for an alternative."
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return "Negate an atom with `~`."
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return "Write a second rule for an alternative."
    if isinstance(node, ast.BinOp):
        return "Use a built-in of the vocabulary for computations."
    return "Rule text is data: only atoms of variables and constants, comparisons, `&` and `~`."
