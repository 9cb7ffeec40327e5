"""Holds the clauses of a trial against the protocol's own text.

Every quote must stand in the source, verbatim but for white space; clauses follow the order of the
source; and every character of the source is quoted by a clause or set aside as no criterion, except
white space, bullets, free-standing dashes and the numbering of lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from nen_kb.errors import Problem
from nen_kb.rules.ir import Clause, Trial

_EXCUSED = re.compile(r"(?m)(?:(?<=\s)|^)[-–—•*·](?=\s|\Z)|^[ \t]*\d{1,2}[.)](?=\s)")
_SHOWN = 70


@dataclass(frozen=True)
class Coverage:
    """How much of a trial's source is accounted for."""

    share: float
    """From 0 to 1, of the characters that count."""
    positions: dict[str, int]
    """Of each clause and part with a quote in the source: the offset at which the first begins."""
    problems: tuple[Problem, ...]

    @property
    def percent(self) -> float:
        """The share in per cent, rounded down to one decimal so that 100 means all."""
        return int(self.share * 1000) / 10


def fold(text: str) -> tuple[str, list[int]]:
    """The text with each run of white space as one space, and the offset in the text of each character left."""
    characters: list[str] = []
    offsets: list[int] = []
    for offset, character in enumerate(text):
        if not character.isspace():
            characters.append(character)
            offsets.append(offset)
        elif characters and characters[-1] != " ":
            characters.append(" ")
            offsets.append(offset)
    return "".join(characters), offsets


def folded(text: str) -> str:
    """The text with each run of white space as one space and none at its ends."""
    return " ".join(text.split())


def cover(trial: Trial, file: str) -> Coverage:
    """Compares a trial, whose rules stand in ``file``, with its source."""
    return _Cover(trial, file).result()


class _Cover:
    def __init__(self, trial: Trial, file: str) -> None:
        self.trial, self.file = trial, file
        self.source = file.rsplit("/", 1)[0] + "/source.txt" if "/" in file else "source.txt"
        self.text, self.offsets = fold(trial.source)
        self.used = bytearray(len(trial.source))
        self.problems: list[Problem] = []
        self.starts: dict[str, int] = {}

    def result(self) -> Coverage:
        latest, before = 0, ""
        for clause in self.trial.clauses:
            if clause.parent:
                self.part(clause)
                continue
            start = self.quotes(clause, latest, before)
            if start is not None:
                latest, before = start, clause.id
        self.set_aside()
        share = self.uncovered()
        positions = {name: self.offsets[start] for name, start in self.starts.items()}
        return Coverage(share, positions, tuple(self.problems))

    def quotes(self, clause: Clause, latest: int, before: str) -> int | None:
        """Finds the clause's quotes; returns where the first begins, if it stands in order."""
        first: int | None = None
        for number, quote in enumerate(clause.header.all("quote")):
            places = self.places(folded(quote))
            if not places:
                self.missing(clause, quote, self.source)
                continue
            start = next((place for place in places if place >= latest), None)
            if start is None:
                start = places[0]
                if number == 0:
                    self.problem(
                        clause, "order-of-protocol",
                        f"{clause.id} stands behind {before}, but its quote stands before that one's in {self.source}",
                        "Keep the order of the protocol.",
                    )  # fmt: skip
            elif number == 0:
                first = start
            self.take(start, len(folded(quote)))
            if number == 0:
                self.starts[clause.id] = start
        return first

    def part(self, clause: Clause) -> None:
        """A part quotes a piece of what its clause quotes."""
        try:
            parent = self.trial.clause(clause.parent)
        except KeyError:
            return
        whole = [folded(quote) for quote in parent.header.all("quote")]
        earlier = [self.starts[part] for part in parent.parts[: parent.parts.index(clause.id)] if part in self.starts]
        for number, quote in enumerate(clause.header.all("quote")):
            piece = folded(quote)
            if not any(piece in text for text in whole):
                self.missing(clause, quote, f"the quote of {parent.id}")
                continue
            begin = self.starts.get(parent.id, 0)
            places = [place for place in self.places(piece) if place >= begin]
            if number or not places:
                continue
            start = next((place for place in places if not earlier or place >= max(earlier)), None)
            if start is None:
                self.problem(
                    clause, "order-of-protocol",
                    f"{clause.id} stands behind a part whose words come later in the protocol",
                    "Keep the order of the protocol.",
                )  # fmt: skip
            self.starts[clause.id] = places[0] if start is None else start

    def set_aside(self) -> None:
        """Takes the texts marked as no criterion, each where no clause quotes it yet."""
        for text in self.trial.header.all("no-criterion"):
            wanted = folded(text)
            places = self.places(wanted)
            if not places:
                self.problems.append(
                    Problem(
                        self.file, str(self.trial.header.place.line),
                        f"no criterion, but also not in {self.source}: {_short(wanted)}",
                        "Quote the source letter by letter.", "quote-not-in-source",
                    )
                )  # fmt: skip
                continue
            free = [p for p in places if not any(self.used[o] for o in self.offsets[p : p + len(wanted)])]
            whole = [p for p in free if self.is_whole(p, len(wanted))]
            self.take((whole or free or places)[0], len(wanted))

    def places(self, text: str) -> list[int]:
        """Where the folded text stands in the folded source; at most a thousand places."""
        found: list[int] = []
        start = self.text.find(text) if text else -1
        while start >= 0 and len(found) < 1000:
            found.append(start)
            start = self.text.find(text, start + 1)
        whole = [place for place in found if self.is_whole(place, len(text))]
        return whole or found

    def is_whole(self, start: int, length: int) -> bool:
        """Whether the passage begins and ends where words do."""
        around = self.text[start - 1 : start] if start else "", self.text[start + length : start + length + 1]
        ends = self.text[start], self.text[start + length - 1]
        return not any(a.isalnum() and e.isalnum() for a, e in zip(around, ends, strict=True))

    def take(self, start: int, length: int) -> None:
        for offset in self.offsets[start : start + length]:
            self.used[offset] = 1

    def uncovered(self) -> float:
        """Reports each line with text that nothing accounts for; returns the share that is accounted for."""
        source = self.trial.source
        excused = bytearray(len(source))
        for match in _EXCUSED.finditer(source):
            excused[match.start() : match.end()] = b"\1" * (match.end() - match.start())
        total = missing = offset = 0
        for number, line in enumerate(source.split("\n"), 1):
            counted = [i for i in range(offset, offset + len(line)) if not source[i].isspace() and not excused[i]]
            loose = [i for i in counted if not self.used[i]]
            total += len(counted)
            missing += len(loose)
            if loose:
                text = folded(source[loose[0] : loose[-1] + 1])
                self.problems.append(
                    Problem(
                        self.source, str(number), f"no clause of {self.trial.id} accounts for: {_short(text)}",
                        "Quote it in a clause, or say `#: no-criterion` with its reason.", "uncovered-source",
                    )
                )  # fmt: skip
            offset += len(line) + 1
        return 1.0 if not total else (total - missing) / total

    def missing(self, clause: Clause, quote: str, where: str) -> None:
        self.problem(
            clause, "quote-not-in-source", f"{clause.id} quotes what does not stand in {where}: {_short(quote)}",
            "Quote letter by letter.",
        )  # fmt: skip

    def problem(self, clause: Clause, code: str, message: str, remedy: str) -> None:
        self.problems.append(Problem(self.file, str(clause.header.place.line), message, remedy, code))


def _short(text: str) -> str:
    return f"“{text}”" if len(text) <= _SHOWN else f"“{text[:_SHOWN]}…”"


_WORDS = dict(
    zip(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
        range(1, 13),
        strict=True,
    )
)


_NUMERAL = re.compile(r"(?<!\d)\d+(?:\.\d+)?(?!\d|[A-Z][a-z]?\b)")


def numbers(texts: Iterable[str]) -> set[str]:
    """The numbers in the texts, in a form that compares numerically: ``3.0`` and ``three`` are ``3``.

    The mass of an isotope, as in ``51Cr-EDTA``, is a name and no number.
    """
    found: set[str] = set()
    for text in texts:
        found |= {plain(number) for number in _NUMERAL.findall(text)}
        found |= {str(_WORDS[word]) for word in re.findall(r"[a-z]+", text.lower()) if word in _WORDS}
    return found


def plain(number: str) -> str:
    """A numeral without a sign and without zeros that say nothing."""
    number = number.lstrip("-")
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return number.lstrip("0") or "0" if not number.startswith("0.") else number
