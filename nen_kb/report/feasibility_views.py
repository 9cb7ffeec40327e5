"""One trial of a feasibility document as its page shows it: sentences, plots and the tables behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from nen_kb.explain.wording import feasibility as wording
from nen_kb.report import feasibility_tables as tables
from nen_kb.report import plots
from nen_kb.report.feasibility_tables import Table

_MOST_ITEMS = 30
_FEW, _MOST_OF = 3, 0.9
"""The fewest clauses that do most of the work are named if they are so few and do so much of it."""


@dataclass(frozen=True)
class Figure:
    """A plot and the same as a table; without a plot the table stands alone."""

    name: str
    plot: Markup
    table: Table
    tall: bool = False
    """Whether it fills a good part of a sheet."""


@dataclass(frozen=True)
class TrialView:
    """A trial's part of the page."""

    anchor: str
    id: str
    title: str
    registry: str
    version: str
    headline: str
    sentence: str
    verdicts: tuple[tuple[str, str, str], ...]
    """Name, number and share of each verdict."""
    interval: Figure
    changed: tuple[str, ...]
    """Clauses that are not the protocol's own in this count, with what was done to them."""
    attrition: tuple[tuple[str, str, Figure], ...]
    first: str
    """What the best order shows."""
    clauses: Figure
    gain: str
    quotes: Table
    overlap: Figure | None
    gap: str
    order: Figure | None
    order_says: str
    items: Table | None
    more_items: str
    open: Figure | None
    near: Figure | None
    empty: bool


def trial_view(trial: Mapping[str, Any], document: Mapping[str, Any], anchor: str) -> TrialView:
    """What the page shows of a trial; ``anchor`` begins its ids.  Call it within ``plots.drawing()``."""
    return _Trial(trial, document, anchor).view()


class _Trial:
    def __init__(self, trial: Mapping[str, Any], document: Mapping[str, Any], anchor: str) -> None:
        self.trial, self.anchor = trial, anchor
        self.whole: int = document["patients"]
        self.id: str = trial["trial"]
        self.clauses: Sequence[Mapping[str, Any]] = trial["clauses"]
        self.says = {clause["clause"]: clause["says"] for clause in self.clauses}
        self.says |= {each["clause"]: each["says"] for each in trial.get("near") or () if "says" in each}
        self.notes = {clause["clause"]: wording.LEFT_OUT for clause in self.clauses if clause.get("left_out")}
        for clause in self.clauses:
            if parts := clause.get("parts_left_out"):
                self.notes[clause["clause"]] = wording.parts_left_out(parts)
        for each in (document.get("changes") or {}).get("thresholds") or ():
            for name in each.get("affects") or [f"{each['trial']}:{each['clause']}"]:
                trial_id, _, clause_id = name.rpartition(":")
                whole = clause_id if clause_id in self.says else clause_id.rstrip("abcdefghijklmnopqrstuvwxyz")
                if trial_id == self.id:
                    self.notes[whole if whole in self.says else clause_id] = wording.CHANGED
        self.counted = [clause for clause in self.clauses if not clause.get("left_out")]

    def named(self, what: str) -> str:
        return f"{self.id}: {what}"

    def figure(self, name: str, plot: Markup, table: Table, rows: int = 0) -> Figure:
        return Figure(self.named(name), plot, table, rows > 12)

    def view(self) -> TrialView:
        interval, verdicts = self.trial["interval"], self.trial["verdicts"]
        ends = interval["certainly"], interval["possibly"], self.whole
        order, order_says, items = self.missing()
        return TrialView(
            anchor=self.anchor,
            id=self.id,
            title=(self.trial.get("title") or "").removeprefix(f"{self.id}: "),
            registry=self.trial.get("registry") or "",
            version=self.trial.get("version") or "",
            headline=wording.between(*ends),
            sentence=wording.eligible_as_read(*ends),
            verdicts=tuple(
                (name, wording.count(verdicts[name]), wording.share(verdicts[name], self.whole))
                for name in wording.VERDICT
            ),
            interval=self.figure(
                "the interval",
                plots.interval_plot(self.id, verdicts, f"{self.anchor}-interval") if self.whole else Markup(),
                tables.verdict_table(verdicts, self.whole),
            ),
            changed=tuple(f"{clause} {self.says.get(clause, '')}: {note}" for clause, note in self.notes.items()),
            attrition=tuple(self.attrition(name) for name in wording.ORDER),
            first=self.first(),
            clauses=self.figure(
                "each criterion",
                plots.clause_plot(
                    self.named("each criterion by itself"), self.clauses, self.notes, self.whole,
                    f"{self.anchor}-clauses",
                ) if self.whole else Markup(),
                tables.clause_table(self.clauses, self.notes),
                len(self.clauses),
            ),
            gain=self.gain(),
            quotes=tables.quotes(self.clauses),
            overlap=self.overlap(),
            gap=wording.gap(self.undetermined, self.sampled),
            order=order,
            order_says=order_says,
            items=items,
            more_items=wording.more_items(self.found.get("more_items", 0)),
            open=self.open(),
            near=self.near(),
            empty=not self.whole,
        )  # fmt: skip

    # ── attrition ───────────────────────────────────────────────────────────

    def attrition(self, name: str) -> tuple[str, str, Figure]:
        steps = self.trial["attrition"][name]
        plot = Markup()
        if self.whole and steps:
            title = self.named(f"who is left, {wording.ORDER[name][:1].lower()}{wording.ORDER[name][1:]}")
            plot = plots.funnel_plot(title, steps, self.says, self.notes, self.whole, f"{self.anchor}-{name}")
        table = tables.attrition_table(steps, self.says, self.whole)
        return wording.ORDER[name], wording.ORDER_SAYS[name], self.figure(wording.ORDER[name], plot, table, len(steps))

    def first(self) -> str:
        steps = self.trial["attrition"]["best"]
        removed = sum(step["failed_here"] for step in steps)
        if not removed:
            return wording.none_fail() if self.whole else ""
        first = steps[0]
        said = wording.removes_most(
            first["clause"], self.says.get(first["clause"], ""), first["failed_here"], self.whole
        )
        so_far = 0
        for number, step in enumerate(steps[:_FEW], 1):
            so_far += step["failed_here"]
            if so_far >= _MOST_OF * removed or number == _FEW:
                few = [each["clause"] for each in steps[:number]]
                return f"{said} {wording.few_clauses(few, so_far, removed)}"
        return said

    # ── clauses ─────────────────────────────────────────────────────────────

    def gain(self) -> str:
        best = max(self.counted, key=lambda clause: clause["fails_only"], default=None)
        if not self.whole:
            return ""
        told = wording.nobody_alone()
        if best is not None and best["fails_only"]:
            told = wording.most_to_gain(best["clause"], best["says"], best["fails_alone"], best["fails_only"])
        return " ".join(
            [
                told,
                *(
                    wording.alike(each["clauses"], each["fails"], each["fails_only"], each["fails_alone"])
                    for each in self.trial.get("alike") or ()
                ),
            ]
        )

    def overlap(self) -> Figure | None:
        """Sets of failing clauses; that of nobody's failing anything is no set."""
        sets = [each for each in self.trial.get("overlap") or () if each["clauses"] != [] and each["patients"]]
        if not sets:
            return None
        sets.sort(key=lambda each: each["clauses"] is None)
        whole = sum(each["patients"] for each in sets)
        used = {clause for each in sets for clause in each["clauses"] or ()}
        rows = [clause["clause"] for clause in self.clauses if clause["clause"] in used]
        plot = plots.overlap_plot(
            self.named("criteria that fail together"), sets, rows, self.says, whole, f"{self.anchor}-overlap"
        )
        return self.figure("sets", plot, tables.overlap_table(sets, whole), len(rows))

    # ── the gap ─────────────────────────────────────────────────────────────

    @property
    def found(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.trial.get("gap") or {}
        return found

    @property
    def undetermined(self) -> int:
        number: int = self.trial["verdicts"]["undetermined"]
        return number

    @property
    def sampled(self) -> int:
        number: int = self.found.get("sampled", 0)
        return number

    def missing(self) -> tuple[Figure | None, str, Table | None]:
        """What to find out first, in a plot and a sentence; all items as a table."""
        order, items = self.found.get("order") or (), self.found.get("items") or ()
        table = tables.item_table(items, self.sampled) if items else None
        if not order or not self.sampled:
            return None, "", table
        plot = plots.order_plot(
            self.named("what to find out first"), order[:_MOST_ITEMS], self.sampled, f"{self.anchor}-order"
        )
        figure = self.figure("what to find out first", plot, tables.order_table(order, self.sampled), len(order))
        return figure, self.settled(order), table

    def settled(self, order: Sequence[Mapping[str, Any]]) -> str:
        """By how many items half of those whom the items decide are decided."""
        most = order[-1]["cumulative"]
        if not most:
            return wording.open_whatever(self.sampled)
        number, step = next((n, step) for n, step in enumerate(order, 1) if 2 * step["cumulative"] >= most)
        return wording.settled(number, step["cumulative"], self.sampled, self.found.get("questions") or ())

    def open(self) -> Figure | None:
        found = self.found.get("clauses") or ()
        drawn = [each for each in found if each["open"]]
        if not drawn:
            return None
        plot = plots.open_plot(
            self.named("criteria that stay open"),
            drawn,
            self.says,
            self.notes,
            self.undetermined,
            f"{self.anchor}-open",
        )
        return self.figure("open criteria", plot, tables.open_table(found, self.says), len(drawn))

    def near(self) -> Figure | None:
        found = self.trial.get("near") or ()
        if not found:
            return None
        measured = [each for each in found if (each.get("distances") or {}).get("quartiles")]
        plot = Markup()
        if measured:
            plot = plots.near_plot(self.named("near misses"), measured, self.says, f"{self.anchor}-near")
        return replace(self.figure("near misses", plot, tables.near_table(found, self.says), 2 * len(measured)))
