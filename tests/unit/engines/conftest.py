"""Small programs for the tests of engines, written as objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pyDatalog import Logic

from nen_kb.rules.ir import (
    COLUMN_WORDS,
    Atom,
    BodyItem,
    Column,
    Comparison,
    Constant,
    Header,
    Kind,
    Mark,
    Place,
    Predicate,
    Program,
    Rule,
    Variable,
)

HERE = Place("test.dl", 1)
HEADER = Header((), HERE)


class Writer:
    """Writes IR: ``w("a", "X", 1)`` is an atom; an upper-case letter or ``_`` makes a variable, ``"=X"`` is 'X'."""

    def __call__(self, name: str, *terms: str | int) -> Atom:
        return Atom(name, tuple(map(self.term, terms)), False, HERE)

    @staticmethod
    def term(text: str | int) -> Variable | Constant:
        """One term."""
        if isinstance(text, str) and (text[0] == "_" or text[0].isupper()):
            return Variable(text)
        return Constant(text[1:] if isinstance(text, str) and text[0] == "=" else text, Kind.NAME)

    @staticmethod
    def no(positive: Atom) -> Atom:
        """``~atom``."""
        return replace(positive, negated=True)

    def compare(self, left: str | int, op: Any, right: str | int) -> Comparison:
        """``(left op right)``."""
        return Comparison(self.term(left), op, self.term(right), HERE)

    @staticmethod
    def rule(head: Atom, *body: BodyItem) -> Rule:
        """``head <= body``."""
        return Rule(head, body, HERE, HEADER)

    @staticmethod
    def program(*rules: Rule, **known: tuple[str, ...]) -> Program:
        """A program; ``known`` gives roles and columns: ``isa=("given", "Concept", "Asked")``.  The rest is base."""
        derived = dict.fromkeys(rule.head.predicate for rule in rules)
        predicates: dict[str, Predicate] = {}
        for atom in (item for rule in rules for item in (rule.head, *rule.body) if isinstance(item, Atom)):
            role: Any = "derived" if atom.predicate in derived else "base"
            columns = (Column("Word", Kind.NAME, Mark.EXACT),) * len(atom.terms)
            predicates[atom.predicate] = Predicate(atom.predicate, columns, role, HEADER)
        for name, (role, *words) in known.items():
            predicates[name] = Predicate(name, tuple(COLUMN_WORDS[word] for word in words), role, HEADER)
        return Program(predicates, rules, tuple(derived), (), {}, "")


@pytest.fixture
def w() -> Writer:
    """Writes rules."""
    return Writer()


@pytest.fixture
def raw() -> Iterator[Any]:
    """pyDatalog itself with an empty logic; what the thread had before is put back."""
    before = Logic.tl.logic
    Logic()
    from pyDatalog import pyDatalog

    yield pyDatalog
    Logic.tl.logic = before
