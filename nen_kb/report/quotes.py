"""A clause's words where they stand in the protocol, with the words that decide marked."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from nen_kb.rules.coverage import cover, fold, folded, plain
from nen_kb.rules.ir import Clause, Trial

_STARTS = re.compile(r"^[ \t]*(?:[-–•*]|\d{1,2}[.)])(?:\s|$)")
_NUMERAL = re.compile(
    r"(?<![A-Za-z\d.,/])(?:[<>≥≤=]\s*)?(\d+(?:\.\d+)?)(?:\s*[-–]\s*(\d+(?:\.\d+)?))?"
    r"(?![\d/]|\.\d|\.\s+[A-Z]|(?!x\s?10)[A-Za-z])"
    r"(?:\s?(?:%|weeks?\b|months?\b|years?\b|days?\b|(?:x\s?)?ULN\b|x\s?upper limit of normal\b|x\s?10\d+/L))?"
)
"""A number of a protocol, or two of a range, with the sign before it and the plain word behind it."""
_MOST_AROUND = 160
"""Characters of surrounding text shown before and behind what is quoted."""


@dataclass(frozen=True)
class Piece:
    """A run of characters of the protocol."""

    text: str
    role: str
    """``around``: beside the clause; ``quote``: the clause's own words; ``mark``: of these the ones that decide."""


Excerpt = tuple[Piece, ...]


def excerpts(
    trial: Trial, clause: Clause, *, quotes: Collection[str] = (), names: Collection[str] = (),
    numbers: Collection[str] = (), fallback: bool = False,
) -> tuple[Excerpt, ...]:  # fmt: skip
    """The passages of the protocol that the clause quotes, in the order of the text.

    Marked are ``quotes`` (verbatim pieces, of deciding parts), ``names`` (of what the proof is about) and
    ``numbers`` (limits, plain); if there is nothing of these to mark, the whole quote where ``fallback`` is true.
    """
    source = trial.source
    spans = _spans(trial, clause)
    roles = bytearray(len(source))
    for start, end in spans:
        roles[start:end] = b"\1" * (end - start)
    marked = 0
    for start, end in _deciding(trial, spans, quotes, names, numbers):
        if all(roles[start:end]):
            roles[start:end] = b"\2" * (end - start)
            marked += 1
    if not marked and fallback:
        for start, end in spans:
            roles[start:end] = b"\2" * (end - start)
    return tuple(_trimmed(list(_pieces(source, roles, *passage))) for passage in _passages(source, spans))


def _trimmed(pieces: list[Piece]) -> Excerpt:
    """Without the bullet, and with no more of the surrounding text than tells where the words stand."""
    first, last = pieces[0], pieces[-1]
    if first.role == "around":
        text = _STARTS.sub("", first.text, count=1)
        if len(text) > _MOST_AROUND:
            text = "… " + text[-_MOST_AROUND:].partition(" ")[2]
        pieces = [Piece(text, "around"), *pieces[1:]] if text else pieces[1:]
    if len(pieces) > 1 and last.role == "around" and len(last.text) > _MOST_AROUND:
        pieces = [*pieces[:-1], Piece(f"{last.text[:_MOST_AROUND].rpartition(' ')[0]} …", "around")]
    return tuple(pieces)


@lru_cache(64)
def _folded_source(source: str) -> tuple[str, tuple[int, ...]]:
    text, offsets = fold(source)
    return text, (*offsets, len(source))


@lru_cache(16)
def _positions(trial: Trial) -> dict[str, int]:
    """Where each clause begins, in the source."""
    return cover(trial, trial.id).positions


def _spans(trial: Trial, clause: Clause) -> list[tuple[int, int]]:
    """Where the clause's quotes stand in the source."""
    begin = _positions(trial).get(clause.id, 0)
    found: list[tuple[int, int]] = []
    for quote in clause.header.all("quote"):
        span = _find(trial.source, quote, begin) or _find(trial.source, quote, 0)
        if span is not None:
            found.append(span)
    return found


def _find(source: str, quote: str, begin: int, last: int | None = None) -> tuple[int, int] | None:
    """The first place of a quote between two offsets of the source, white space apart."""
    text, offsets = _folded_source(source)
    wanted = folded(quote)
    place = text.find(wanted) if wanted else -1
    while place >= 0:
        around = text[place - 1 : place] + text[place + len(wanted) : place + len(wanted) + 1]
        end = offsets[place + len(wanted) - 1] + 1
        inside = offsets[place] >= begin and (last is None or end <= last)
        if inside and not (len(wanted) < 4 and any(letter.isalnum() for letter in around)):
            return offsets[place], end
        place = text.find(wanted, place + 1)
    return None


def _deciding(
    trial: Trial, spans: Iterable[tuple[int, int]], quotes: Collection[str], names: Collection[str],
    numbers: Collection[str],
) -> Iterator[tuple[int, int]]:  # fmt: skip
    for start, end in spans:
        for quote in quotes:
            span = _find(trial.source, quote, start, end)
            if span is not None:
                yield span
        text = trial.source[start:end]
        for found in _NUMERAL.finditer(text):
            if any(number and plain(number) in numbers for number in found.groups()):
                yield start + found.start(), start + found.end()
        for name in names:
            words = r"\s+".join(map(re.escape, name.split()))
            for found in re.finditer(rf"(?<!\w){words}s?(?!\w)", text, re.IGNORECASE) if len(name) > 2 else ():
                yield start + found.start(), start + found.end()


def _passages(source: str, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The list items or paragraphs around the quotes; those that touch are one."""
    bounds = _paragraphs(source)
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        own = [each for each in bounds if each[0] < end and each[1] > start]
        first, last = (own[0][0], own[-1][1]) if own else (start, end)
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


@lru_cache(64)
def _paragraphs(source: str) -> tuple[tuple[int, int], ...]:
    found: list[list[int]] = []
    offset, fresh = 0, True
    for line in source.split("\n"):
        end = offset + len(line)
        heading = line.rstrip().endswith(":") and len(line) < 60
        if not line.strip():
            fresh = True
        elif fresh or heading or _STARTS.match(line):
            found.append([offset, end])
            fresh = heading
        else:
            found[-1][1] = end
        offset = end + 1
    return tuple((start, end) for start, end in found)


def _pieces(source: str, roles: bytearray, start: int, end: int) -> Iterator[Piece]:
    """The passage in runs of one role, white space folded."""
    words = ("around", "quote", "mark")
    begin = start
    for place in range(start + 1, end + 1):
        if place == end or roles[place] != roles[begin]:
            text = re.sub(r"\s+", " ", source[begin:place])
            if text:
                yield Piece(text, words[roles[begin]])
            begin = place
