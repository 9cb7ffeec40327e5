"""The tables behind the plots of a feasibility page: every number of the document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nen_kb.explain.wording import feasibility as wording


@dataclass(frozen=True)
class Table:
    """Rows under named columns; the first column heads its row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[int]
    """Columns of numbers, set flush right."""


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], numeric: Iterable[int]) -> Table:
    """A table of finished texts."""
    return Table(tuple(columns), tuple(map(tuple, rows)), frozenset(numeric))


def verdict_table(verdicts: Mapping[str, int], whole: int) -> Table:
    """How many patients got each verdict."""
    return table(
        ("Verdict", "Patients", "Share"),
        [(word.capitalize(), wording.count(verdicts[name]), wording.share(verdicts[name], whole))
         for name, word in wording.VERDICT.items()],
        (1, 2),
    )  # fmt: skip


def attrition_table(steps: Sequence[Mapping[str, Any]], says: Mapping[str, str], whole: int) -> Table:
    """Who leaves at each criterion, and who is left."""
    return table(
        ("Criterion", "In words", "Out here", "Possible", "Share", "Certain"),
        [
            (
                step["clause"], says.get(step["clause"], ""), wording.count(step["failed_here"]),
                wording.count(step["remaining_possible"]), wording.share(step["remaining_possible"], whole),
                wording.count(step["remaining_certain"]),
            )
            for step in steps
        ],
        (2, 3, 4, 5),
    )  # fmt: skip


def clause_table(clauses: Sequence[Mapping[str, Any]], notes: Mapping[str, str]) -> Table:
    """Every count of every clause."""
    return table(
        (
            "Criterion", "In words", "Met", "Not met", "Unknown", "Sources disagree", "Keeps out", "Open",
            "Only this fails", "and all others surely pass", "Only this is open",
        ),
        [
            (
                clause["clause"],
                f"{clause['says']} ({note})" if (note := notes.get(clause["clause"], "")) else clause["says"],
                *(wording.count(clause["statuses"][name]) for name in wording.STATUS),
                *(wording.count(clause[name]) for name in ("fails", "open", "fails_only", "fails_alone", "open_alone")),
            )
            for clause in clauses
        ],
        range(2, 11),
    )  # fmt: skip


def quotes(clauses: Sequence[Mapping[str, Any]]) -> Table:
    """The protocol's own words."""
    return table(
        ("Criterion", "In words", "The protocol"),
        [(f"{clause['clause']} {clause['kind']}", clause["says"], clause.get("quote") or "") for clause in clauses],
        (),
    )


def overlap_table(sets: Sequence[Mapping[str, Any]], whole: int) -> Table:
    """The sets of criteria that fail together."""
    return table(
        ("Fail together", "Patients", "Share of those who fail"),
        [
            (
                wording.OTHER_SETS if each["clauses"] is None else " + ".join(each["clauses"]),
                wording.count(each["patients"]), wording.share(each["patients"], whole),
            )
            for each in sets
        ],
        (1, 2),
    )  # fmt: skip


def item_table(items: Sequence[Mapping[str, Any]], sampled: int) -> Table:
    """What is missing, item by item."""
    return table(
        (
            "What is missing", "Why", "Criteria", "Patients, estimated", f"Of {wording.count(sampled)} looked at",
            "Decides alone",
        ),
        [
            (
                item["text"], wording.REASON.get(item["code"], item["code"]), ", ".join(item["clauses"]),
                wording.count(item["patients"]), wording.count(item["in_sample"]), wording.count(item["decides_alone"]),
            )
            for item in items
        ],
        (3, 4, 5),
    )  # fmt: skip


def order_table(order: Sequence[Mapping[str, Any]], sampled: int) -> Table:
    """What to find out first, second, …"""
    return table(
        ("Item", "Asked of", "Decides more", "Decided so far", "Share"),
        [
            (
                f"{number}. {step['item']}", wording.count(step["asked"]), wording.count(step["settles"]),
                wording.count(step["cumulative"]), wording.share(step["cumulative"], sampled),
            )
            for number, step in enumerate(order, 1)
        ],
        (1, 2, 3, 4),
    )  # fmt: skip


def open_table(clauses: Sequence[Mapping[str, Any]], says: Mapping[str, str]) -> Table:
    """Which criteria stay open for the undetermined."""
    return table(
        ("Criterion", "In words", "Open", "Only this is open"),
        [
            (
                each["clause"],
                says.get(each["clause"], ""),
                wording.count(each["open"]),
                wording.count(each["open_alone"]),
            )
            for each in clauses
        ],
        (2, 3),
    )


def near_table(near: Sequence[Mapping[str, Any]], says: Mapping[str, str]) -> Table:
    """Who fails one criterion only, by how much, and what would lift it."""
    rows = []
    for each in near:
        found = each.get("distances") or {}
        quartiles = found.get("quartiles")
        unit = found.get("unit") or ""
        rows.append((
            each["clause"], says.get(each["clause"], ""), wording.count(each["patients"]),
            wording.looked_at(
                each["sampled"], found.get("measured", 0), found.get("others", 0), each.get("several", 0),
                each.get("without_distance", 0),
            ),
            wording.quartiles(quartiles, unit) if quartiles else "no distance: not a matter of a number",
            ", ".join(wording.within(step["distance"], unit, step["patients"]) for step in found.get("within") or ()),
            wording.lifted(list((each.get("kinds") or {}).items())),
        ))  # fmt: skip
    return table(
        (
            "Criterion",
            "In words",
            "Only this fails",
            "Looked at",
            "Short of the limit by",
            "Within, of all (estimated from those looked at)",
            "Lifted",
        ),
        rows,
        (2,),
    )


def problems_table(unmapped: Sequence[Mapping[str, Any]]) -> Table:
    """Codes that the ontology does not know, the most frequent first."""
    return table(
        ("Code", "Said to be", "Vocabulary", "Records"),
        [
            (
                str(each["code"] or ""),
                str(each.get("display") or ""),
                str(each["vocabulary"] or ""),
                wording.count(each["count"]),
            )
            for each in unmapped
        ],
        (3,),
    )
