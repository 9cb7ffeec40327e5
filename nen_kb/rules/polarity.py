"""Proves that less precise facts never make a clause met or unmet that was not before.

Facts get blurrier when a value or a date widens (Low and From fall, High and To rise), a Concept moves
to a superclass, or the sex, the age, the arm or a declaration of completeness is missing.  A predicate is

* *sure* if each of its rows on blurrier facts has a narrower or equal row on the facts before;
* *may* if each of its rows has a wider or equal row on blurrier facts.

``met`` and ``unmet`` must be sure in every rule.  A rule is sure (may) if every item of its body is:

* a positive atom is what its predicate is; a negated atom of a sure predicate is may, and of a may
  predicate sure;
* ``A > B`` is sure if A can only fall and B only rise, may if A can only rise and B only fall, both if
  neither moves.  ``Low == High`` of one fact is sure, ``Low != High`` may; else == and != need what stays;
* a variable that moves joins no two atoms, since each would move on its own.  It may be an argument of a
  *closed* column: isa(X, _) stays true for narrower X, overlaps(X, _) for wider X; a derived column is
  closed if its variable stands in closed columns only;
* a constant, or a variable that does not move, matches a moving column by accident, except '-inf' in a
  Low or From and '+inf' in a High or To, which can move no further, so that such an atom is may.

What the proof cannot see is said in a header, ``#: trusted sure|may|both <argument>``, and is listed in
the report.  A trust that the proof can do without is a problem.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from nen_kb.errors import Problem
from nen_kb.rules.ir import Atom, Comparison, Constant, Header, Mark, Place, Predicate, Program, Rule, Term, Variable
from nen_kb.rules.marks import mark_of, variable_marks
from nen_kb.rules.strata import outputs

Direction = Literal["sure", "may"]
DIRECTIONS: tuple[Direction, Direction] = ("sure", "may")
VANISHING = frozenset(("sex", "age", "arm", "complete"))
"""Base predicates whose rows blurrier facts may lack altogether."""
MOST_FAULTS = 5
"""Causes kept for each predicate; one is enough to correct and check again."""

_DOWN = {"isa": (0,), "disjoint": (0, 1), "overlaps": (), "in_domain": (0,)}
_UP = {"isa": (1,), "disjoint": (), "overlaps": (0, 1), "in_domain": ()}
"""Columns of the hierarchy's predicates that stay true when their class is narrowed, and when it is widened."""


@dataclass(frozen=True)
class Fault:
    """Why a rule is not sure, or not may."""

    place: Place
    literal: str
    reason: str
    chain: tuple[str, ...] = ()
    """The derived predicates on the way to it."""


@dataclass(frozen=True)
class Trust:
    """A claim of a header that replaces a proof."""

    predicates: tuple[str, ...]
    directions: tuple[Direction, ...]
    argument: str
    place: Place


@dataclass(frozen=True)
class Polarity:
    """What was found about every predicate of a program."""

    faults: Mapping[tuple[str, Direction], tuple[Fault, ...]]
    """Of each derived predicate and direction the causes against it; none means proved or trusted."""
    trusts: tuple[Trust, ...]
    problems: tuple[Problem, ...]

    def sure(self, predicate: str) -> bool:
        """Whether blurring adds no rows but wider ones."""
        return not self.faults.get((predicate, "sure"))

    def may(self, predicate: str) -> bool:
        """Whether blurring removes no rows but for wider ones."""
        return not self.faults.get((predicate, "may"))


def trusted(header: Header) -> tuple[Direction, ...]:
    """The directions a header vouches for."""
    words = {text.split()[0] for text in header.all("trusted") if text.split()}
    return tuple(d for d in DIRECTIONS if d in words or "both" in words)


def analyse(program: Program) -> Polarity:
    """The polarity of every derived predicate, the trusts used, and what is wrong."""
    analysis = _Analysis(program)
    for name in program.order:
        analysis.predicate(name)
    problems = [*analysis.clause_problems(), *analysis.needless()]
    return Polarity(analysis.faults, tuple(analysis.trusts()), tuple(problems))


class _Analysis:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.by_head: dict[str, list[Rule]] = {}
        for rule in program.rules:
            self.by_head.setdefault(rule.head.predicate, []).append(rule)
        self.faults: dict[tuple[str, Direction], tuple[Fault, ...]] = {}
        self.closed: dict[tuple[str, int], tuple[bool, bool]] = {}
        self.proved: dict[tuple[int, Direction], tuple[Fault, ...]] = {}
        """By rule (its identity) and direction, the faults found, trusted or not."""
        self.marks: dict[int, dict[str, Mark]] = {}

    def predicate(self, name: str) -> None:
        for rule in self.by_head[name]:
            self.marks[id(rule)] = variable_marks(rule, self.program)
        for direction in DIRECTIONS:
            found: dict[Fault, None] = {}
            for rule in self.by_head[name]:
                faults = self.proved[id(rule), direction] = tuple(self.rule(rule, direction))[:MOST_FAULTS]
                if direction not in trusted(rule.header):
                    found.update(dict.fromkeys(faults))
            self.faults[name, direction] = tuple(found)[:MOST_FAULTS]
        for position in range(self.program.predicates[name].arity):
            down = all(self.keeps(rule, position, down=True) for rule in self.by_head[name])
            up = all(self.keeps(rule, position, down=False) for rule in self.by_head[name])
            self.closed[name, position] = (down, up)

    def is_closed(self, name: str, position: int, *, down: bool) -> bool:
        if name in _DOWN:
            return position in (_DOWN if down else _UP)[name]
        return self.closed.get((name, position), (False, False))[0 if down else 1]

    def keeps(self, rule: Rule, position: int, *, down: bool) -> bool:
        """Whether the rule still holds when its head's class in that column is narrowed (or widened)."""
        term = rule.head.terms[position]
        if not isinstance(term, Variable) or rule.head.terms.count(term) > 1:
            return False
        found = False
        for item in rule.body:
            if isinstance(item, Comparison):
                if term in (item.left, item.right):
                    return False
                continue
            for place, other in enumerate(item.terms):
                if other == term:
                    found = True
                    if not self.is_closed(item.predicate, place, down=down != item.negated):
                        return False
        return found

    def rule(self, rule: Rule, direction: Direction) -> Iterator[Fault]:
        """The causes for which the rule is not sure, or not may."""
        marks = self.marks[id(rule)]
        bound: dict[str, Atom] = {}
        for item in rule.body:
            if isinstance(item, Comparison):
                reason = self.comparison(item, marks, rule, direction)
                if reason:
                    yield Fault(item.place, str(item), reason)
                continue
            predicate = self.program.predicates[item.predicate]
            yield from self.literal(item, predicate, direction)
            for position, term in enumerate(item.terms):
                reason = self.argument(item, predicate, position, term, marks, bound, direction)
                if reason:
                    yield Fault(item.place, str(item), reason)
        columns = self.program.predicates[rule.head.predicate].columns
        for term, column in zip(rule.head.terms, columns, strict=True):
            mark = mark_of(term, marks)
            if mark not in (Mark.EXACT, column.mark):
                yield Fault(
                    rule.head.place,
                    str(rule.head),
                    f"{_text(term)} {_moves(mark)}, which its column {column.word} does not",
                )

    def literal(self, atom: Atom, predicate: Predicate, direction: Direction) -> Iterator[Fault]:
        needed: Direction = direction if not atom.negated else ("may" if direction == "sure" else "sure")
        if predicate.role == "base" and needed == "may" and atom.predicate in VANISHING:
            reason = "its rows vanish where the fact is not on record"
            yield Fault(atom.place, str(atom), reason)
        elif predicate.role == "derived":
            faults = self.faults.get((atom.predicate, needed), ())
            if faults and atom.negated and not self.faults.get((atom.predicate, direction)):
                cause = f"{faults[0].literal} at {faults[0].place.file}:{faults[0].place.line}"
                reason = f"{atom.predicate} is {direction} and not {needed}, so it must not be negated here ({cause})"
                yield Fault(atom.place, str(atom), reason)
                return
            for fault in faults:
                yield Fault(fault.place, fault.literal, fault.reason, (atom.predicate, *fault.chain))

    def argument(
        self, atom: Atom, predicate: Predicate, position: int, term: Term, marks: Mapping[str, Mark],
        bound: dict[str, Atom], direction: Direction,
    ) -> str:  # fmt: skip
        """Why this argument is a fault, or an empty text."""
        column = predicate.columns[position]
        moving_column = column.mark is not Mark.EXACT and predicate.role in ("base", "derived")
        if isinstance(term, Constant):
            if not moving_column:
                return ""
            at_end = (term.text, column.mark) in (("'-inf'", Mark.LOW), ("'+inf'", Mark.HIGH))
            if at_end and (direction == "may") != atom.negated:
                return ""
            return f"the column {column.word} moves, so the constant {term.text} is met by accident"
        mark = mark_of(term, marks)
        if term.name.startswith("_"):
            return ""
        if mark is Mark.EXACT:
            return f"the column {column.word} moves and {_text(term)} does not" if moving_column else ""
        if predicate.role == "builtin":
            if position in outputs(predicate):
                first = bound.setdefault(term.name, atom)
                return "" if first is atom else f"{_text(term)} moves and joins two atoms"
            fits = column.word == "Day" or column.mark is mark
            return "" if fits else f"{_text(term)} {_moves(mark)}, which the input {column.word} may not"
        if moving_column and not atom.negated:
            first = bound.setdefault(term.name, atom)
            if first is atom and atom.terms.count(term) == 1:
                return ""
            return f"{_text(term)} moves and joins two atoms, each of which moves on its own"
        down = (direction == "sure") != atom.negated
        if mark is Mark.CONCEPT and self.is_closed(atom.predicate, position, down=down):
            return ""
        if mark is Mark.CONCEPT and self.is_closed(atom.predicate, position, down=not down):
            harder = "hold for a wider class only" if direction == "sure" else "fail for a wider class"
            return f"{_text(term)} moves to a superclass, so it can {harder}"
        return f"{_text(term)} {_moves(mark)} and has to match here"

    def comparison(self, item: Comparison, marks: Mapping[str, Mark], rule: Rule, direction: Direction) -> str:
        left, right = mark_of(item.left, marks), mark_of(item.right, marks)
        if left is right is Mark.EXACT:
            return ""
        if item.op in ("==", "!="):
            wanted: Direction = "sure" if item.op == "==" else "may"
            pair = self.is_interval(item, rule)
            return "" if pair and direction == wanted else f"a side of {item.op} moves"
        low, high = (left, right) if item.op in (">", ">=") else (right, left)
        if direction == "may":
            low, high = high, low
        if low in (Mark.LOW, Mark.EXACT) and high in (Mark.HIGH, Mark.EXACT):
            return ""
        word = "easier" if direction == "sure" else "harder"
        return f"it gets {word} to satisfy when the values widen"

    def is_interval(self, item: Comparison, rule: Rule) -> bool:
        """Whether both sides are the two ends of one interval among the facts, of which Low <= High is known."""
        wanted = {item.left, item.right}
        return any(
            wanted == {first, second} and {one.mark, other.mark} == {Mark.LOW, Mark.HIGH}
            for atom in rule.body
            if isinstance(atom, Atom) and not atom.negated and self.program.predicates[atom.predicate].role == "base"
            for (first, one), (second, other) in pairwise(
                zip(atom.terms, self.program.predicates[atom.predicate].columns, strict=True)
            )
        )

    def clause_problems(self) -> Iterator[Problem]:
        """One problem a cause, with the clauses it touches."""
        touched: dict[Fault, dict[str, None]] = {}
        for name in ("met", "unmet"):
            for rule in self.by_head.get(name, ()):
                if "sure" in trusted(rule.header):
                    continue
                for fault in self.proved[id(rule), "sure"]:
                    key = Fault(fault.place, fault.literal, fault.reason, (name, *fault.chain))
                    same = next(
                        (k for k in touched if (k.place, k.literal, k.reason) == (key.place, key.literal, key.reason)),
                        key,
                    )
                    touched.setdefault(same, {})[rule.place.clause or str(rule.head)] = None
        for fault, clauses in touched.items():
            names = list(clauses)
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            yield Problem(
                fault.place.file, str(fault.place.line),
                f"vaguer facts could decide {', '.join(names[:3])}{more}: in {' ← '.join(fault.chain)}, "
                f"{fault.literal}: {fault.reason}",
                "Compare the end that can only get harder, negate only what might hold, or argue with `#: trusted`.",
                "polarity",
            )  # fmt: skip

    def trusts(self) -> Iterator[Trust]:
        seen: dict[Header, dict[str, None]] = {}
        for rule in self.program.rules:
            if trusted(rule.header):
                seen.setdefault(rule.header, {})[rule.head.predicate] = None
        for header, names in seen.items():
            argument = " ".join(" ".join(text.split()[1:]) for text in header.all("trusted"))
            yield Trust(tuple(names), trusted(header), argument, header.place)

    def needless(self) -> Iterator[Problem]:
        for trust in self.trusts():
            rules = [
                rule for name in trust.predicates for rule in self.by_head[name] if rule.header.place == trust.place
            ]
            for direction in trust.directions:
                if any(self.proved[id(rule), direction] for rule in rules):
                    continue
                yield Problem(
                    trust.place.file, str(trust.place.line),
                    f"{' and '.join(trust.predicates)} is trusted to be {direction}, which the proof finds by itself",
                    "Trust no more than is needed.", "needless-trust",
                )  # fmt: skip


def _text(term: Term) -> str:
    return term.name if isinstance(term, Variable) else term.text


def _moves(mark: Mark) -> str:
    return {Mark.LOW: "can fall", Mark.HIGH: "can rise", Mark.CONCEPT: "can move to a superclass"}.get(mark, "stays")
