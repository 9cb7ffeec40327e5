"""Whether a derivation is one: every instance belongs to a rule, and every step of it holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nen_kb.explain.checking.applied import COMPARES, Bound, Tables, agreed, computed, values
from nen_kb.rules.instances import Row
from nen_kb.rules.ir import Atom, BodyItem, Comparison, Program, Rule

Refused = tuple[str, str]
"""A place in the document, and what is wrong there."""


class Steps:
    """Checks derivations of one patient against the tables of what holds."""

    def __init__(self, program: Program, tables: Tables) -> None:
        self.program = program
        self.tables = tables
        self.rules = {f"{rule.place.file}:{rule.place.line}": rule for rule in program.rules}

    def refused(self, proof: Any, place: str) -> Iterator[Refused]:
        """What is wrong with the derivation and the facts of one proof."""
        leaves = {(leaf["predicate"], tuple(leaf["row"])) for leaf in proof["facts"]}
        for number, (name, row) in enumerate((leaf["predicate"], tuple(leaf["row"])) for leaf in proof["facts"]):
            if self._role(name) not in ("base", "given") or row not in self.tables.of.get(name, ()):
                yield f"{place}.facts[{number}]", f"{name} is no fact of the patient with that row"
        shown: set[tuple[str, Row]] = set()
        used: set[tuple[str, Row]] = set()
        for number, entry in enumerate(proof["derivation"]):
            where = f"{place}.derivation[{number}]"
            rule = self.rules.get(entry["rule"])
            if rule is None or entry["predicate"] != rule.head.predicate:
                yield where, f"there is no rule for {entry['predicate']} at {entry['rule']}"
                continue
            yield from self._instance(rule, tuple(entry["row"]), entry["steps"], where)
            for step in entry["steps"]:
                atom = (step.get("atom"), tuple(step.get("row", ())))
                role = self._role(atom[0])
                if role == "derived" and atom not in shown:
                    yield where, f"{atom[0]} is used before it is derived"
                if role in ("base", "given"):
                    used.add(atom)
                    if atom not in leaves:
                        yield where, f"{atom[0]} rests on a row that is not among the facts of the proof"
            shown.add((entry["predicate"], tuple(entry["row"])))
        if leaves - used:
            yield f"{place}.facts", f"{len(leaves - used)} facts are used by no step"

    def _role(self, name: Any) -> str:
        return self.program.predicates[name].role if name in self.program.predicates else ""

    def _instance(self, rule: Rule, row: Row, steps: list[Any], place: str) -> Iterator[Refused]:
        if len(steps) != len(rule.body):
            yield place, f"the rule has {len(rule.body)} premises, not {len(steps)}"
            return
        bound = agreed(rule.head, row, {})
        for item, step in zip(rule.body, steps, strict=True):
            if isinstance(item, Atom) and not item.negated and bound is not None:
                bound = agreed(item, tuple(step["row"]), bound)
        if bound is None:
            yield place, "the steps do not fit together by the rule"
            return
        for number, (item, step) in enumerate(zip(rule.body, steps, strict=True)):
            wrong = self._step(item, step, bound)
            if wrong:
                yield f"{place}.steps[{number}]", wrong

    def _step(self, item: BodyItem, step: Any, bound: Bound) -> str:
        expected = values(item, bound)
        if isinstance(item, Comparison):
            if step != {"compare": item.op, "values": list(expected)}:
                return "the step is not the comparison of the rule"
            return (
                "" if COMPARES[item.op](*expected) else f"it does not hold that {expected[0]} {item.op} {expected[1]}"
            )
        if step != {"none" if item.negated else "atom": item.predicate, "row": list(expected)}:
            return f"the step is not the rule's premise {item}"
        if item.negated:
            return f"there is a row of {item.predicate} that fits" if self.tables.fits(item.predicate, expected) else ""
        if self._role(item.predicate) == "builtin":
            return "" if computed(item, expected) == expected else f"{item.predicate} gives another result"
        return "" if expected in self.tables.of.get(item.predicate, ()) else f"there is no such row of {item.predicate}"
