"""The shipped knowledge base, loaded once, and what each of its clauses asks about.

The classes and predicates a clause reads are taken from the rules themselves, so that a new clause is tested
without a change here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from hypothesis import HealthCheck, settings

from nen_kb.facts.normalise import normalise
from nen_kb.facts.records import Patient
from nen_kb.ontology import Ontology
from nen_kb.resources import shipped
from nen_kb.rules.evaluate import Evaluator, Model
from nen_kb.rules.ir import Atom, Constant, Kind, Program, Rule, Variable
from nen_kb.rules.load import load_program
from nen_kb.rules.protocol import protocol_rows

Leaf = tuple[str, str]
"""Trial and clause (or part) with rules of its own."""


def examples(number: int) -> settings:
    """Settings for that many examples, the same in every run; ``NEN_KB_EXAMPLES`` sets another number, at random."""
    wanted = os.environ.get("NEN_KB_EXAMPLES")
    return settings(
        max_examples=int(wanted) if wanted else number,
        derandomize=wanted is None,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )


@cache
def ontology() -> Ontology:
    return Ontology.load(None)


@cache
def program() -> Program:
    return load_program(shipped("kb"), ontology())


@cache
def evaluator() -> Evaluator:
    return Evaluator(program())


def base_rows(patient: Patient, day: int | None = None) -> dict[str, frozenset[tuple[str | int, ...]]]:
    """Everything the rules read about a patient, judged on the index day or a later one."""
    return {**normalise(patient, ontology()).rows(program().asked, day), **protocol_rows(program())}


def model(patient: Patient) -> Model:
    """What the evaluator finds about a patient."""
    return evaluator().run(base_rows(patient), ("status", "verdict"))


@cache
def _alone(leaf: Leaf) -> Evaluator:
    """An evaluator that knows the rules of one clause only, which is faster."""
    rules = tuple(r for r in program().rules if r.head.predicate not in ("met", "unmet") or _names(r)[:2] == leaf)
    return Evaluator(replace(program(), rules=rules))


def evidence(patient: Patient, leaf: Leaf) -> frozenset[str]:
    """What the rules derive of a clause: met, unmet, both or neither."""
    found = _alone(leaf).run(base_rows(patient), ("met", "unmet"))
    return frozenset(name for name in ("met", "unmet") if found.rows(name))


def status(found: frozenset[str]) -> str:
    """The status that such evidence gives."""
    return "conflicting" if len(found) == 2 else next(iter(found), "unknown")


def statuses(found: Model) -> dict[Leaf, str]:
    """The status of every clause and part of every trial."""
    return {(str(row[1]), str(row[2])): str(row[3]) for row in found.rows("status")}


def verdicts(found: Model) -> dict[str, str]:
    """The verdict of every trial."""
    return {str(row[1]): str(row[2]) for row in found.rows("verdict")}


# ── what a clause asks ──────────────────────────────────────────────────────


@dataclass(frozen=True)
class Topic:
    """What the rules of one clause read."""

    classes: frozenset[str]
    """Every class that its rules name, or hand on to the library."""
    reads: frozenset[tuple[str, str]]
    """Predicates it reads, with the class (or other name) asked about; an empty text where there is none."""

    def of(self, *predicates: str) -> frozenset[str]:
        """The classes about which it asks one of the predicates."""
        return frozenset(asked for name, asked in self.reads if name in predicates)


@cache
def leaves() -> tuple[Leaf, ...]:
    """Every clause and part with rules of its own, in the order of the protocols."""
    return tuple((t.id, c.id) for t in program().trials for c in t.clauses if c.mode == "single")


@cache
def topics() -> Mapping[Leaf, Topic]:
    """What each clause reads."""
    by_head: dict[str, list[Rule]] = {}
    for rule in program().rules:
        by_head.setdefault(rule.head.predicate, []).append(rule)
    return {leaf: _topic(by_head, leaf) for leaf in leaves()}


def _topic(by_head: Mapping[str, list[Rule]], leaf: Leaf) -> Topic:
    rules = [rule for name in ("met", "unmet") for rule in by_head.get(name, ()) if _names(rule)[:2] == leaf]
    seen: set[tuple[str, str]] = set()
    classes: set[str] = set()
    queue: list[tuple[Rule, str]] = [(rule, "") for rule in rules]
    while queue:
        rule, topic = queue.pop()
        bound = {rule.head.terms[_asked(rule.head)]: topic} if topic and _asked(rule.head) >= 0 else {}
        for item in rule.body:
            if not isinstance(item, Atom):
                continue
            classes.update(_names_in(item))
            place = _asked(item)
            term = item.terms[place] if place >= 0 else None
            asked = str(term.value) if isinstance(term, Constant) else bound.get(term, "") if term else ""
            if (item.predicate, asked) in seen:
                continue
            seen.add((item.predicate, asked))
            queue += [(each, asked) for each in by_head.get(item.predicate, ()) if _heads(each, item.predicate, asked)]
    classes.update(asked for _, asked in seen if asked in ontology().names)
    return Topic(frozenset(classes), frozenset(seen))


def _heads(rule: Rule, predicate: str, asked: str) -> bool:
    """Whether the rule can answer the predicate when it is asked about that class."""
    place = _asked(rule.head)
    term = rule.head.terms[place] if place >= 0 else None
    return rule.head.predicate == predicate and (not asked or not isinstance(term, Constant) or term.value == asked)


def _asked(atom: Atom) -> int:
    """The column of the class asked about (or of the domain), or -1."""
    columns = program().predicates[atom.predicate].columns
    return next((i for i, column in enumerate(columns) if column.word in ("Asked", "Domain")), -1)


def _names(rule: Rule) -> tuple[str, ...]:
    return tuple(str(term.value) for term in rule.head.terms if isinstance(term, Constant))


def _names_in(atom: Atom) -> set[str]:
    names = {str(term.value) for term in atom.terms if isinstance(term, Constant) and term.kind is Kind.NAME}
    return names & ontology().names


@cache
def limits() -> Mapping[str, tuple[int, ...]]:
    """For each class, the numbers that stand in a rule beside it, in ten-millionths."""
    found: dict[str, set[int]] = {}
    for rule in program().rules:
        numbers = {
            int(term.value)
            for item in rule.body
            for term in (item.terms if isinstance(item, Atom) else (item.left, item.right))
            if not isinstance(term, Variable) and term.kind is Kind.VALUE and abs(int(term.value)) < 10**17
        }
        for item in rule.body:
            if isinstance(item, Atom):
                for name in _names_in(item):
                    found.setdefault(name, set()).update(numbers)
    return {name: tuple(sorted(numbers)) for name, numbers in found.items()}
