"""The feasibility document as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nen_kb.cli.terminal import Terminal
from nen_kb.explain.wording import feasibility_text as wording
from nen_kb.explain.wording.feasibility import alike, count, patients

_ITEMS = 12
"""So many items, near misses and sets are shown; the JSON holds more."""
_STEPS = 25
_CODES = 5
_BAR, _SHORT_BAR = 20, 8
"""Columns of a bar, and of one where there is little room."""
_LEAST = 12
"""Columns that the words of a clause get at least; where there are fewer, they are left out."""

Trial = Mapping[str, Any]


def lines(document: Mapping[str, Any], terminal: Terminal, brief_of: str | None = None) -> Iterator[str]:
    """Everything a person needs at a glance; what was tried stands first, the disclaimer last.

    Of the run in the folder ``brief_of`` only who remains, and where the rest is.
    """
    changes = list(_changes(document))
    for trial in document["trials"]:
        if changes:
            yield terminal.paint(wording.WHAT_IF, "bad")
            for each in changes:
                yield from terminal.wrap(each, "  – ", "    ")
        yield from _trial(trial, document["patients"], terminal, brief=brief_of is not None)
        yield ""
    if brief_of is not None:
        yield from (*terminal.wrap(wording.more(brief_of), ""), "")
    yield from _source(document, terminal)
    yield from terminal.wrap(f"{document['disclaimer']} {wording.NOT_A_LIST}", "")


def _changes(document: Mapping[str, Any]) -> Iterator[str]:
    changes = document["changes"]
    if changes["without"]:
        yield wording.without(changes["without"])
    for each in changes["thresholds"]:
        yield wording.threshold(each["trial"], each["clause"], each["text"], each.get("affects", ()))


def _trial(trial: Trial, total: int, terminal: Terminal, *, brief: bool) -> Iterator[str]:
    for line in terminal.wrap(wording.heading(trial["trial"], trial["registry"], trial["title"]), "", "  "):
        yield terminal.paint(line, "strong")
    interval = trial["interval"]
    yield from terminal.wrap(wording.between(interval["certainly"], interval["possibly"], total), "  ")
    yield f"  {wording.verdicts(**trial['verdicts'])}"
    says = {clause["clause"]: clause["says"] for clause in trial["clauses"]}
    for order, title in wording.FUNNEL.items():
        yield from _head(title, terminal)
        yield from _funnel(trial["attrition"][order], says, total, terminal)
        yield terminal.paint(f"    {wording.BARS}", "faint")
        if brief:
            return
    yield from _clauses(trial["clauses"], terminal)
    for each in trial["alike"]:
        yield from terminal.wrap(alike(each["clauses"], each["fails"], each["fails_only"], each["fails_alone"]), "    ")
    yield from _overlap(trial["overlap"], terminal)
    yield from _gap(trial["gap"], terminal)
    yield from _near(trial["near"], terminal)


def _head(title: str, terminal: Terminal) -> Iterator[str]:
    yield ""
    yield from (terminal.paint(line, "strong") for line in terminal.wrap(title, "  "))


def _funnel(steps: Sequence[Trial], says: Mapping[str, str], total: int, terminal: Terminal) -> Iterator[str]:
    columns = _BAR if terminal.width >= 80 else _SHORT_BAR
    rows = [
        (
            step["clause"],
            bar(step["remaining_certain"], step["remaining_possible"], total, columns),
            count(step["remaining_possible"]),
            count(step["remaining_certain"]),
            count(step["failed_here"]),
            says[step["clause"]],
        )
        for step in steps
    ]
    yield from table([wording.FUNNEL_COLUMNS, *rows], terminal, left=(0, 1))


def bar(certain: int, possible: int, total: int, columns: int = _BAR) -> str:
    """The patients left as a bar; whoever is there is seen, and never more than are there."""
    if not total:
        return "·" * columns
    sure, may = (_cells(value, total, columns) for value in (certain, possible))
    if possible > certain:
        may = max(may, sure + 1)
    sure = min(sure, may - 1 if possible > certain else may)
    return "█" * sure + "▒" * (may - sure) + "·" * (columns - may)


def _cells(value: int, total: int, columns: int) -> int:
    """Rounded down, but not to nothing; all of the bar is for all of the patients."""
    return max(columns * value // total, 1) if value else 0


def _clauses(clauses: Sequence[Trial], terminal: Terminal) -> Iterator[str]:
    yield from _head(wording.CLAUSES, terminal)
    rows = [
        (
            clause["clause"],
            *(count(clause[name]) for name in ("fails", "open", "fails_only", "fails_alone", "open_alone")),
            wording.clause(clause["says"], clause["left_out"], clause["parts_left_out"]),
        )
        for clause in clauses
    ]
    yield from table([wording.CLAUSE_COLUMNS, *rows], terminal, left=(0,))
    yield from (terminal.paint(line, "faint") for line in terminal.wrap(wording.CLAUSE_LEGEND, "    "))


def _overlap(sets: Sequence[Trial], terminal: Terminal) -> Iterator[str]:
    several = [each for each in sets if each["clauses"] is None or len(each["clauses"]) > 1]
    if not several:
        return
    yield from _head(wording.OVERLAP, terminal)
    rest = sum(each["patients"] for each in several[_ITEMS:])
    for each in several[:_ITEMS]:
        names = wording.OTHER_SETS if each["clauses"] is None else " + ".join(each["clauses"])
        yield from terminal.wrap(f"{names}: {patients(each['patients'])}", "    ", "      ")
    if rest:
        yield f"    {wording.OTHER_SETS}: {patients(rest)}"


def _gap(gap: Trial, terminal: Terminal) -> Iterator[str]:
    yield from _head(wording.GAP, terminal)
    if not gap["patients"]:
        yield f"    {wording.NOTHING_MISSING}"
        return
    if not gap["sampled"]:
        yield f"    {wording.NOT_LOOKED}"
        return
    exact = gap["sampled"] == gap["patients"]
    said = wording.sampled(gap["sampled"], gap["patients"])
    yield from terminal.wrap(said if exact else f"{said}; {wording.ESTIMATED}", "    ")
    for item in gap["items"][:_ITEMS]:
        about = wording.about(item["patients"], exact)
        yield from terminal.wrap(wording.missing(item["text"], item["clauses"], about), "    – ", "      ")
    yield from _head(wording.ASK, terminal)
    steps = [
        (f"{place}", count(step["asked"]), count(step["cumulative"]), step["item"])
        for place, step in enumerate(gap["order"][:_STEPS], start=1)
    ]
    yield from table([wording.ASK_COLUMNS, *steps], terminal, left=())
    yield from (terminal.paint(line, "faint") for line in terminal.wrap(wording.AT_BEST, "    "))


def _near(near: Sequence[Trial], terminal: Terminal) -> Iterator[str]:
    yield from _head(wording.NEAR, terminal)
    if not near:
        yield f"    {wording.NOBODY_NEAR}"
    for each in near[:_ITEMS]:
        kept = patients(each["patients"])
        yield from terminal.wrap(wording.near(each["clause"], each["of"], each["says"], kept), "    ", "      ")
        if not each["sampled"]:
            continue
        said = [wording.sampled(each["sampled"], each["patients"]), wording.lifted(**each["kinds"])]
        found = each["distances"]
        if found:
            said.append(wording.distances(found["of"], found["unit"], found["quartiles"]))
            said += [
                wording.within(step["distance"], found["unit"], step["in_sample"], each["sampled"])
                for step in found["within"]
            ]
        if each["several"]:
            said.append(wording.several(each["several"]))
        yield from terminal.wrap("; ".join(said), "      ")


def _source(document: Mapping[str, Any], terminal: Terminal) -> Iterator[str]:
    if document["problems"]:
        yield from terminal.wrap(wording.unread(document["problems"]), "")
    codes = document["unmapped"][:_CODES]
    if codes:
        yield wording.NOT_MAPPED
        for each in codes:
            said = wording.code(each["vocabulary"], each["code"], each["display"] or "", each["count"])
            yield from terminal.wrap(said, "  – ", "    ")


def table(rows: Sequence[Sequence[str]], terminal: Terminal, left: Sequence[int]) -> Iterator[str]:
    """Rows in columns, the first as their heads; the last column gets the room that is left, cut with an ellipsis."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]) - 1)]
    room = terminal.width - 4 - sum(widths) - 2 * len(widths)
    for number, row in enumerate(rows):
        cells = [
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=False))
        ]
        last = row[-1] if len(row[-1]) <= room else f"{row[-1][: room - 1].rstrip()}…" if room >= _LEAST else ""
        line = "    " + "  ".join([*cells, last])
        yield line.rstrip() if number else terminal.paint(line.rstrip(), "faint")
