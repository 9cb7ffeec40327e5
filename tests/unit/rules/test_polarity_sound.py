"""What the polarity check proves holds: random rules, random facts, and the same facts made blurrier.

For a predicate said to be *sure*, each row on the blurrier facts has a narrower or equal one before; for
one said to be *may*, each row before has a wider or equal one after.
"""

from __future__ import annotations

import random
import re

import pytest

from nen_kb.rules.asked import asked_of
from nen_kb.rules.columns import resolve
from nen_kb.rules.evaluate import Evaluator
from nen_kb.rules.headers import read
from nen_kb.rules.ir import Mark, Predicate, Program
from nen_kb.rules.marks import infer_columns
from nen_kb.rules.polarity import Polarity, analyse
from nen_kb.rules.strata import order, unsafe

VOCABULARY = """
#: base  found(Patient, Record, Concept)
#: base  ruled_out(Patient, Record, Class)
#: base  measurement(Patient, Record, Concept, Low, High)
#: base  dated(Patient, Record, From, To)
#: base  sex(Patient, Word)
#: base  index_day(Patient, Day)
#: given isa(Concept, Asked)
#: given overlaps(Concept, Asked)
#: given disjoint(Concept, Asked)
#: builtin days_before(Day, Count, Moved)
#: builtin below(Low, High, Limit, Low, High)
#: builtin earlier(From, To, From, To, From, To)
#: builtin mean(Low, High, Low, High, Low, High)
"""
PARENTS = {"A": "T", "B": "T", "T": "D", "C": "D"}
CLASSES = ("A", "B", "T", "C", "D")
BASE = {
    "found": "prc", "ruled_out": "prc", "measurement": "prcqq", "dated": "prdd", "sex": "pw", "index_day": "pd",
    "isa": "cc", "overlaps": "cc", "disjoint": "cc",
}  # fmt: skip
POOL = {
    "p": ["P"],
    "r": ["E", "F"],
    "c": ["X", "Y", "K"],
    "q": ["Lo", "Hi", "L2", "H2"],
    "d": ["D1", "D2", "D3"],
    "w": ["W"],
}
CONSTANTS = {
    "c": ["'A'", "'T'", "'D'"],
    "q": ["0", "1", "2", "'-inf'", "'+inf'"],
    "d": ["'-inf'", "'+inf'"],
    "w": ["'x'"],
}


class SmallNames:
    """The classes of this test as an ontology."""

    names = frozenset(CLASSES)

    def observable(self, _: str) -> None:
        return None

    def undecided_pairs(self, _: object) -> list[tuple[str, str]]:
        return []


def ancestors(name: str) -> list[str]:
    found = [name]
    while found[-1] in PARENTS:
        found.append(PARENTS[found[-1]])
    return found


def given() -> dict[str, set[tuple[str, str]]]:
    isa = {(a, b) for a in CLASSES for b in ancestors(a)}
    overlaps = {(a, b) for a in CLASSES for b in CLASSES if (a, b) in isa or (b, a) in isa}
    disjoint = {(a, b) for a in CLASSES for b in CLASSES if (a, b) not in overlaps}
    return {"isa": isa, "overlaps": overlaps, "disjoint": disjoint}


def names_in(text: str) -> list[str]:
    """The variables of a piece of a rule, in order."""
    return re.findall(r"\b[A-Z]\w*", re.sub(r"'[^']*'", "", text))


class Writer:
    """Writes random rules over the vocabulary and the predicates written before."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.signatures = dict(BASE)

    def term(self, sort: str, anonymous: bool = True) -> str:
        draw = self.dice.random()
        if draw < 0.12 and sort in CONSTANTS:
            return self.dice.choice(CONSTANTS[sort])
        return "_" if anonymous and draw > 0.75 and sort != "p" else self.dice.choice(POOL[sort])

    def atom(self, name: str) -> str:
        return f"{name}({', '.join(map(self.term, self.signatures[name]))})"

    def rule(self, head: str, sorts: str) -> str:
        names = [*self.signatures, "found", "measurement", "dated", "isa"]
        items = [self.atom(self.dice.choice(names)) for _ in range(self.dice.choice((1, 1, 2, 2, 3)))]
        draw = self.dice.random()
        if draw < 0.15:
            items += ["dated(P, E, D1, D2)", f"days_before({self.dice.choice(('D1', 'D2'))}, 1, D3)"]
        elif draw < 0.25:
            items += ["measurement(P, E, _, Lo, Hi)", f"below({self.dice.choice(('Lo, Hi', 'Hi, Lo'))}, 1, L2, H2)"]
        elif draw < 0.32:
            items += ["measurement(P, E, _, Lo, Hi)", "mean(Lo, Hi, 0, 1, L2, H2)"]
        if self.dice.random() < 0.5:
            sort = self.dice.choice("qqdc")
            operators = ("==", "!=") if sort == "c" else ("<", "<=", ">", ">=", "==", "!=")
            right = self.term(sort, False) if sort != "d" else self.dice.choice(POOL["d"])
            items.append(f"({self.dice.choice(POOL[sort])} {self.dice.choice(operators)} {right})")
        if self.dice.random() < 0.4:
            items.append("~" + self.atom(self.dice.choice(names)))
        terms = ["P", *(self.term(sort, False) for sort in sorts[1:])]
        self.bind(items, terms)
        self.dice.shuffle(items)
        return f"{head}({', '.join(terms)}) <= {' & '.join(items)}"

    def bind(self, items: list[str], terms: list[str]) -> None:
        """Adds an atom for each variable that no positive atom binds."""
        bound = {v for i in items if i[0] not in "~(" and i.split("(")[0] in self.signatures for v in names_in(i)}
        bound |= {v for i in items if i.split("(")[0] in ("days_before", "below", "mean") for v in names_in(i)[-2:]}
        for name in sorted({v for text in (*items, f"({', '.join(terms)})") for v in names_in(text)} - bound):
            sort = next(sort for sort, pool in POOL.items() if name in pool)
            choices = {
                "p": ["found(P, _, _)"], "r": [f"found(P, {name}, _)", f"dated(P, {name}, _, _)"],
                "c": [f"found(P, E, {name})", f"isa({name}, _)", f"measurement(P, _, {name}, _, _)"],
                "q": [f"measurement(P, E, _, {name}, _)", f"measurement(P, _, _, _, {name})"],
                "d": [f"dated(P, E, {name}, _)", f"dated(P, _, _, {name})", f"index_day(P, {name})"],
                "w": ["sex(P, W)"],
            }  # fmt: skip
            items.append(self.dice.choice(choices[sort]))

    def program(self) -> list[str]:
        lines = []
        for number in range(4):
            name, sorts = (
                f"p{number}",
                "p" + "".join(self.dice.choice(("", "r", "c", "q", "qq", "d")) for _ in range(2)),
            )
            lines += [self.rule(name, sorts) for _ in range(self.dice.choice((1, 1, 2)))]
            self.signatures[name] = sorts
        return lines


def assemble(lines: list[str]) -> Program | None:
    """The program of the safe rules among those, or None if nothing remains."""
    declared: dict[str, Predicate] = {p.name: p for p in read(VOCABULARY, "vocabulary.dl", vocabulary=True).predicates}
    rules = [rule for rule in read("\n".join(lines), "x.dl").rules if not unsafe(rule, declared)]
    heads = {rule.head.predicate for rule in rules} | set(declared)
    while any(item.predicate not in heads for rule in rules for item in rule.body if hasattr(item, "predicate")):
        rules = [r for r in rules if all(i.predicate in heads for i in r.body if hasattr(i, "predicate"))]
        heads = {rule.head.predicate for rule in rules} | set(declared)
    rules, sorts, problems = resolve(rules, declared, SmallNames())
    if problems or not rules:
        return None
    names, _ = order(rules)
    predicates = infer_columns(rules, names, declared, sorts)
    return Program(predicates, tuple(rules), names, (), asked_of(rules, names), "")


Facts = dict[str, set[tuple[str | int, ...]]]


def facts(dice: random.Random) -> tuple[Facts, Facts]:
    """Random facts, and the same made blurrier."""
    sharp: Facts = {name: set() for name in BASE}
    blurry: Facts = {name: set() for name in BASE}
    one = 10**7
    for record in ("r1", "r2", "r3"):
        first = dice.randint(100, 104)
        last = first + dice.choice((0, 0, 1))
        sharp["dated"].add(("p", record, first, last))
        blurry["dated"].add(("p", record, first - dice.choice((0, 0, 1, 3)), last + dice.choice((0, 0, 1, 3))))
        name = dice.choice(CLASSES)
        wide = dice.choice(ancestors(name)) if dice.random() < 0.6 else name
        kind = dice.choice(("found", "found", "measurement", "ruled_out"))
        if kind == "measurement":
            low = dice.randint(-1, 3) * one
            high = low + dice.choice((0, 0, one))
            sharp[kind].add(("p", record, name, low, high))
            blurry[kind].add(("p", record, wide, low - dice.choice((0, 0, one)), high + dice.choice((0, 0, one))))
        else:
            sharp[kind].add(("p", record, name))
            blurry[kind].add(("p", record, name if kind == "ruled_out" else wide))
    for rows in (sharp, blurry):
        rows["index_day"].add(("p", 103))
        rows.update(given())
    if dice.random() < 0.7:
        sharp["sex"].add(("p", "x"))
        if dice.random() < 0.5:
            blurry["sex"].add(("p", "x"))
    return sharp, blurry


def narrower(row: tuple[str | int, ...], than: tuple[str | int, ...], predicate: Predicate) -> bool:
    for here, there, column in zip(row, than, predicate.columns, strict=True):
        if column.mark is Mark.EXACT or isinstance(here, str) != isinstance(there, str):
            fits = here == there
        elif column.mark is Mark.CONCEPT:
            fits = there in ancestors(str(here))
        else:
            fits = there <= here if column.mark is Mark.LOW else there >= here  # type: ignore[operator]
        if not fits:
            return False
    return True


def claims_hold(program: Program, polarity: Polarity, dice: random.Random) -> int:
    """Checks every claim on some facts; returns how many rows were compared."""
    compared = 0
    evaluator = Evaluator(program)
    for _ in range(12):
        sharp, blurry = facts(dice)
        before, after = evaluator.run(sharp), evaluator.run(blurry)
        for name in program.order:
            predicate = program.predicates[name]
            old, new = before.rows(name), after.rows(name)
            if polarity.sure(name):
                compared += len(new)
                for row in new:
                    assert any(narrower(other, row, predicate) for other in old), f"{name} is not sure: {row}"
            if polarity.may(name):
                compared += len(old)
                for row in old:
                    assert any(narrower(row, other, predicate) for other in new), f"{name} is not may: {row}"
    return compared


@pytest.mark.parametrize("seed", range(4))
def test_proved_polarity_holds(seed: int) -> None:
    """No claim about a random program is refuted by random facts, and enough was compared to mean something."""
    dice = random.Random(seed)
    compared = claims = 0
    for _ in range(100):
        program = assemble(Writer(dice).program())
        if program is None:
            continue
        polarity = analyse(program)
        claims += sum(polarity.sure(name) + polarity.may(name) for name in program.order)
        try:
            compared += claims_hold(program, polarity, dice)
        except AssertionError as error:
            raise AssertionError("\n".join(["", *map(str, program.rules), str(error)])) from None
    assert claims > 50
    assert compared > 300
