"""A proof as an indented tree of plain text.

Never wider than asked, hanging indents, one thought a line.  A word stands beside every mark and every
colour, so that neither carries meaning alone: ✓ a clause the patient passes (or a premise that holds), ✗
one that keeps the patient out (or a premise that is false), ? open, ≠ sources disagree.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from nen_kb.explain import wording
from nen_kb.explain.build import one_line
from nen_kb.explain.describe import ASSUMED
from nen_kb.explain.proof import (
    Closure,
    Computation,
    Conclusion,
    Excluded,
    Fact,
    Latest,
    Missing,
    Node,
    Nothing,
    OntologyStep,
    Rule,
    Side,
    Way,
)

NARROWEST = 40
_MARKS = {"pass": "✓", "out": "✗", "unknown": "?", "conflicting": "≠", "holds": "✓", "open": "?", "fails": "✗"}
_COLOURS = {"pass": "32", "out": "31", "unknown": "33", "conflicting": "35", "holds": "32", "open": "33", "fails": "31"}
PLAIN = str.maketrans(
    dict(zip("├└│─“”·–−×µ✓✗≠²", '|`|-""---xu+x!2', strict=True))
    | {"≥": ">=", "≤": "<=", "¹": "^1", "⁹": "^9", "⁶": "^6", "³": "^3", "∞": "inf", "ö": "oe", "…": "..."}
)
_FIELD = 10
_MOST_OLDER = 3
_MOST_ALIKE = 8
_MOST_OPEN = 8


class Numbers:
    """What is already said of a clause: the numbered reasons at its head, the rules shown in full."""

    def __init__(self, reasons: Sequence[Missing] = ()) -> None:
        self.by_key = {
            (reason.code, reason.concept, reason.records): number for number, reason in enumerate(reasons, 1)
        }
        self.by_record = {reason.records: number for number, reason in enumerate(reasons, 1) if reason.records}
        self.by_concept = {reason.concept: number for number, reason in enumerate(reasons, 1)}
        self.shown: set[Node] = set()
        self.by_hand = next((n for n, reason in enumerate(reasons, 1) if reason.code == "person_must_judge"), None)

    def find(self, node: Missing) -> int | None:
        """The number of the reason that says the same, or more."""
        known = self.by_key.get((node.code, node.concept, node.records))
        if known is None and node.records:
            return self.by_record.get(node.records)
        if known is None and node.code == "not_recorded":
            return self.by_concept.get(node.concept, self.by_hand)
        return known


def _numbers_of(node: Missing, numbers: Numbers) -> list[int]:
    """The numbers that say all a node says; none if something would be lost."""
    if node.children:
        each = [
            number for child in node.children if isinstance(child, Missing) for number in _numbers_of(child, numbers)
        ]
        lost = [
            child
            for child in node.children
            if not isinstance(child, Missing) or (child.records and not _numbers_of(child, numbers))
        ]
        return [] if lost else sorted(set(each))
    number = numbers.find(node) if node.code else None
    return [number] if number else []


def render(
    proof: Conclusion, width: int = 80, colour: bool = False, depth: int | None = None, encoding: str | None = None
) -> str:
    """The proof as text of at most ``width`` columns (40 at least).

    ``depth`` limits the levels below the clause.  ``encoding`` is that of the place the text goes to, by default
    standard output; one that cannot show the drawing characters gets ASCII.
    """
    layout = _Layout(max(width, NARROWEST), colour, depth, plain=not _can_show(encoding))
    return "\n".join(line.rstrip() for line in layout.conclusion(proof, "", "", 0))


def _can_show(encoding: str | None) -> bool:
    name = encoding or getattr(sys.stdout, "encoding", None) or "utf-8"
    try:
        "├─│✓✗≠×µ”".encode(name)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _effect(proof: Conclusion) -> str:
    """How a clause bears on the patient: pass, out, unknown or conflicting."""
    if proof.status in ("unknown", "conflicting"):
        return proof.status
    return "pass" if (proof.status == "met") == (proof.criterion == "inclusion") else "out"


@dataclass(frozen=True)
class _Layout:
    width: int
    colour: bool
    depth: int | None
    plain: bool
    """Whether only ASCII can be shown."""

    def paint(self, line: str, part: str, code: str) -> str:
        """The line with its first ``part`` coloured, if colours are asked for."""
        part = part.translate(PLAIN) if self.plain else part
        return line.replace(part, f"\x1b[{code}m{part}\x1b[0m", 1) if self.colour and part else line

    def wrap(self, text: str, first: str, rest: str) -> list[str]:
        """The text within the width; ``first`` goes before its first line, ``rest`` before the others."""
        if self.plain:
            text, first, rest = (each.translate(PLAIN) for each in (text, first, rest))
        room = max(self.width - max(len(first), len(rest)), 16)
        lines = textwrap.wrap(text, room, break_on_hyphens=False) or [""]
        return [f"{first if number == 0 else rest}{line}" for number, line in enumerate(lines)]

    # ── a clause ────────────────────────────────────────────────────────────

    def conclusion(self, proof: Conclusion, first: str, rest: str, level: int) -> Iterator[str]:
        unknown = proof.status == "unknown" and proof.mode == "single"
        numbers = Numbers(proof.reasons[:_MOST_OPEN]) if unknown else Numbers()
        children: Sequence[Node] = _tidy(proof.children, proof.says)
        if len(children) == 1 and isinstance(children[0], Side):
            children = children[0].children
        if len(proof.reasons) == 1 and unknown and _adds_nothing(children, numbers):
            children = ()
        effect = _effect(proof)
        head = f"{_MARKS[effect]} {proof.clause}  "
        lines = self.wrap(proof.says, first + head, rest + " " * len(head))
        yield self.paint(lines[0], head, _COLOURS[effect])
        yield from lines[1:]
        inner = f"{rest}{'│' if children and (self.depth is None or level < self.depth) else ' '} "
        out = f", {wording.KEEPS_OUT}" if effect == "out" and not proof.part_of else ""
        where = "" if proof.part_of else f"{proof.trial} · "
        yield from self.field(
            "status", f"{wording.STATUS[proof.status]}{out} · {where}{proof.criterion} criterion", inner
        )
        yield from self.field("protocol", " … ".join(f"“{quote}”" for quote in proof.quotes), inner)
        yield from self.field("reading", proof.reading, inner)
        yield from self.field("defect", proof.damaged, inner)
        if _rests_on_lists(proof):
            yield from self.field("absence", proof.closed, inner)
        if not proof.part_of:
            yield from self.field("records", ", ".join(proof.files), inner)
        yield from self.field("rule", ", ".join(_places(proof)), inner)
        yield from self.field("partial", wording.partial() if proof.partial else "", inner)
        if proof.mode != "single":
            yield from self.field("parts", wording.whole(proof.mode, len(proof.children)), inner)
        elif unknown:
            for number, reason in enumerate(proof.reasons[:_MOST_OPEN], 1):
                label = "open" if number == 1 else ""
                sign = f"{number} " if len(proof.reasons) > 1 else ""
                head = f"{inner}{label:<{_FIELD}}{sign}"
                damaged = reason.code == "protocol_text_damaged" and reason.text == proof.damaged
                text = wording.damaged() if damaged else reason.text
                lines = self.wrap(text, head, f"{inner}{' ' * (_FIELD + len(sign))}")
                yield self.paint(lines[0], label, "33")
                yield from lines[1:]
            if len(proof.reasons) > _MOST_OPEN:
                yield from self.wrap(
                    wording.and_more(len(proof.reasons) - _MOST_OPEN), inner + " " * (_FIELD + 2), inner
                )
        yield from self.children(children, rest, level, numbers, proof)

    def field(self, name: str, text: str, indent: str) -> Iterator[str]:
        if text:
            lines = self.wrap(text, f"{indent}{name:<{_FIELD}}", indent + " " * _FIELD)
            yield self.paint(lines[0], name, "2")
            yield from lines[1:]

    def part(self, proof: Conclusion, first: str, rest: str) -> Iterator[str]:
        """A part that does not decide its clause, in short."""
        effect = _effect(proof)
        head = f"{_MARKS[effect]} {proof.clause}  "
        texts = one_line(proof, steps=False) if effect in ("pass", "out") else _reasons_in_short(proof)
        text = "; ".join((f"{proof.says}: {wording.STATUS[proof.status]}", *texts))
        lines = self.wrap(text, first + head, rest + " " * len(head))
        yield self.paint(lines[0], head, _COLOURS[effect])
        yield from lines[1:]

    # ── the tree ────────────────────────────────────────────────────────────

    def children(
        self, children: Sequence[Node], indent: str, level: int, numbers: Numbers, clause: Conclusion | None = None
    ) -> Iterator[str]:
        if self.depth is not None and level >= self.depth:
            return
        visible = [child for child in children if not child.minor]
        for number, child in enumerate(visible):
            first, rest = ("└─ ", "   ") if number == len(visible) - 1 else ("├─ ", "│  ")
            if isinstance(child, Conclusion):
                decides = clause is None or child.status == clause.status
                write = (
                    self.conclusion(child, indent + first, indent + rest, level + 1)
                    if decides
                    else self.part(child, indent + first, indent + rest)
                )
                yield from write
            else:
                yield from self.node(child, indent + first, indent + rest, level + 1, numbers)

    def node(self, node: Node, first: str, rest: str, level: int, numbers: Numbers) -> Iterator[str]:
        mark = f"{_MARKS[node.mark]} " if node.mark else ""
        children = [child for child in node.children if not child.minor]
        text = self.line(node)
        if isinstance(node, Way) and len(children) == 1 and isinstance(children[0], Missing):
            below = _numbers_of(children[0], numbers)
            if below:
                text, children = f"{text} – {wording.see(below, len(numbers.by_key) > 1)}", []
            elif not children[0].children:
                short = wording.not_so() if children[0].text == wording.surely_not(text) else children[0].text
                text, children = f"{text} – {short}", []
            else:
                children = _still_worth(children[0].children, numbers)
        elif isinstance(node, Missing) and (below := _numbers_of(node, numbers)):
            seen = wording.see(below, len(numbers.by_key) > 1)
            text, children = f"{text} – {seen}" if node.children else seen, []
        if isinstance(node, Latest) and len(children) == 1 and _says_the_same(node, children[0]):
            text, children = " · ".join(part for part in (text, *_behind(children[0])) if part), []
        if isinstance(node, Closure):
            children = []
        if isinstance(node, Rule) and children:
            if node in numbers.shown:
                text, children = wording.as_above(text), []
            elif self.depth is None or level < self.depth:
                numbers.shown.add(node)
        lines = self.wrap(text, first + mark, rest + " " * len(mark))
        yield self.paint(lines[0], mark, _COLOURS[node.mark]) if mark else lines[0]
        yield from lines[1:]
        inner = rest + " " * len(mark)
        if isinstance(node, Nothing):
            yield from self.none(node, inner, level)
            return
        if isinstance(node, Computation):
            yield from self.wrap(f"= {node.formula}", f"{inner}  ", f"{inner}    ")
            yield from self.wrap(wording.inputs(node.inputs), f"{inner}  ", f"{inner}    ")
            yield from self.wrap(node.source, f"{inner}  ", f"{inner}    ") if node.source else ()
        yield from self.children(children, inner, level, numbers)
        if isinstance(node, Latest) and node.older:
            older = [
                " · ".join(part for part in (fact.text, *_behind(fact)[:2]) if part)
                for fact in node.older[:_MOST_OLDER]
            ]
            if len(node.older) > len(older):
                older.append(wording.and_more(len(node.older) - len(older)))
            yield from self.wrap(wording.older(older), f"{inner}   ", f"{inner}     ")

    def line(self, node: Node) -> str:
        """The text of a node with what stands behind it."""
        if isinstance(node, Fact):
            return " · ".join(part for part in (node.text, *_behind(node)) if part)
        if isinstance(node, Closure) and node.children:
            return " · ".join(part for part in (node.text, *_behind(node.children[0])[1:]) if part)
        if isinstance(node, Rule) and node.others > 0:
            return f"{node.text} ({wording.other_ways(node.others)})"
        return node.text

    def none(self, node: Nothing, indent: str, level: int) -> Iterator[str]:
        """The records a "none" ranges over; those excluded for the same reason stand together."""
        if self.depth is not None and level >= self.depth:
            return
        groups: dict[tuple[str, bool], list[str]] = {}
        far: dict[str, int] = {}
        for child in node.children:
            if isinstance(child, Excluded) and child.far:
                far[child.why] = far.get(child.why, 0) + 1
                groups.setdefault((child.why, True), [])
            elif isinstance(child, Excluded):
                name = f"{child.name} {ASSUMED}" if child.assumed else child.name
                text = name if child.by_class else child.text
                groups.setdefault((child.why if child.record else "", child.by_class), []).append(text)
        entries = []
        for (why, _), texts in groups.items():
            distinct = list(dict.fromkeys(texts))
            shown = distinct[:_MOST_ALIKE]
            if len(distinct) > len(shown):
                shown.append(wording.and_more(len(distinct) - len(shown)))
            if why in far:
                shown.append(wording.of_other_kind(far[why], bool(shown)))
            entries.append(f"{'; '.join(shown)} – {why}" if why else "; ".join(shown))
        entries += [f"({day})" for day in node.days]
        for number, entry in enumerate(entries):
            first, rest = ("└─ ", "   ") if number == len(entries) - 1 else ("├─ ", "│  ")
            yield from self.wrap(entry, indent + first, indent + rest)


def _reasons_in_short(proof: Conclusion) -> list[str]:
    damaged = {reason.text for reason in proof.reasons if reason.code == "protocol_text_damaged"}
    return [wording.lower_first(reason.text) if reason.text in damaged else reason.text for reason in proof.reasons]


def _rests_on_lists(proof: Conclusion) -> bool:
    """Whether a declared list decides, or would if it were declared complete."""
    return any(reason.code == "not_declared_complete" for reason in proof.reasons) or any(
        _has_closure(side) for side in proof.children if isinstance(side, Side) and side.shown
    )


def _has_closure(node: Node) -> bool:
    return isinstance(node, Closure) or any(_has_closure(child) for child in node.children)


def _tidy(nodes: Sequence[Node], heading: str = "") -> list[Node]:
    """The nodes without those that only repeat the heading or their one fact; what is said of one class in one line."""
    found: list[Node] = []
    for node in nodes:
        if isinstance(node, Conclusion):
            found.append(node)  # tidied under its own heading
            continue
        inner = _tidy(node.children, heading if isinstance(node, Side) else "")
        telling = [child for child in inner if not child.minor]
        if isinstance(node, Rule) and not node.minor and telling and node.text == heading:
            found += telling
        elif isinstance(node, Rule) and len(telling) == 1 and _same_fact(node, telling[0]):
            found.append(replace(telling[0], mark=node.mark or telling[0].mark))
        else:
            found.append(replace(node, children=tuple(inner)))
    return [_joined(list(group)) for _, group in groupby(found, _class_spoken_of)]


def _same_fact(node: Rule, child: Node) -> bool:
    return isinstance(child, Fact) and child.text == node.text


def _class_spoken_of(node: Node) -> object:
    return (node.chain[0], node.mark) if isinstance(node, OntologyStep) and not node.minor else id(node)


def _joined(steps: Sequence[Node]) -> Node:
    """Steps about one class as one; a node by itself as it is."""
    return replace(steps[0], text=wording.kinds([step.text for step in steps])) if len(steps) > 1 else steps[0]


def _places(proof: Conclusion) -> Iterator[str]:
    """Where the rules stand that show the sides, and in how many other ways each side is shown."""
    sides = [side for side in proof.children if isinstance(side, Side) and side.place]
    for side in sides:
        told = sum(other.side == side.side and other.alternative for other in sides)
        if side.others and not side.alternative:
            yield f"{side.place} ({wording.others_shown(side.others, told)})"
        elif not side.alternative:
            yield side.place


def _still_worth(nodes: Sequence[Node], numbers: Numbers) -> list[Node]:
    """The reasons below a premise, without those that could settle the clause one way only, if others are numbered."""
    numbered = [node for node in nodes if isinstance(node, Missing) and _numbers_of(node, numbers)]
    return [n for n in nodes if n in numbered or not isinstance(n, Missing) or n.records] if numbered else list(nodes)


def _adds_nothing(sides: Sequence[Node], numbers: Numbers) -> bool:
    """Whether the sides only repeat the one reason above them."""
    ways = [way for side in sides for way in side.children]
    return not any(isinstance(way, Fact) for way in ways) and all(
        isinstance(part, Missing)
        and (_numbers_of(part, numbers) or (part.text == wording.surely_not(way.text) and not part.children))
        for way in ways
        for part in way.children
        if not part.minor
    )


def _behind(node: Node) -> tuple[str, ...]:
    """Date, place and free text of a fact; of one that is only assumed that it is."""
    if not isinstance(node, Fact):
        return ()
    return (node.dates, ASSUMED if node.assumed else node.path, node.source)


def _says_the_same(latest: Latest, node: Node) -> bool:
    """Whether the record behind a latest value adds nothing but its date and place."""
    return isinstance(node, Fact) and node.text.endswith(latest.value)
