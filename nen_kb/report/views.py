"""From results to the plain objects that the templates lay out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from nen_kb.explain import Obstacle, describe
from nen_kb.explain.missing import Missing
from nen_kb.explain.wording import report as wording
from nen_kb.explain.wording import timeline as timeline_wording
from nen_kb.facts.dates import iso
from nen_kb.facts.records import Note
from nen_kb.knowledge_base import Timeline, TrialResult
from nen_kb.report import svg
from nen_kb.report.clauses import ClauseView, clause_view
from nen_kb.report.labels import Labels
from nen_kb.report.records import Section, Use, sections, used
from nen_kb.report.timeline import Chart, Hanging, charts


@dataclass(frozen=True)
class Group:
    """The clauses of one effect, in the order of the protocol."""

    style: str
    title: str
    mark: str
    clauses: tuple[ClauseView, ...]


@dataclass(frozen=True)
class PeriodView:
    """A stretch of the coming months in which the verdict stays."""

    days: str
    verdict: str
    mark: str
    word: str
    in_the_way: str
    changes: tuple[str, ...]


@dataclass(frozen=True)
class ObstacleView:
    """Something that keeps the patient out."""

    clause: str
    target: str
    text: str
    needs: str
    distance: str
    lifted: str


@dataclass(frozen=True)
class TrialView:
    """One trial."""

    anchor: str
    id: str
    registry: str
    title: str
    version: str
    verdict: str
    mark: str
    word: str
    sentence: str
    later: str
    """How the verdict changes by itself; empty where it does not."""
    groups: tuple[Group, ...]
    obstacles: tuple[ObstacleView, ...]
    periods: tuple[PeriodView, ...]
    strip: Markup


@dataclass(frozen=True)
class PatientView:
    """One patient."""

    anchor: str
    id: str
    facts: tuple[tuple[str, str], ...]
    trials: tuple[TrialView, ...]
    charts: tuple[Markup, ...]
    records: tuple[Section, ...]
    anchors: Mapping[str, str]
    """Of each record by its id, the id of its row."""
    paths: Mapping[str, str]
    missing: Missing | None
    assumed: tuple[str, ...]
    notes: tuple[Note, ...]


def patient_view(
    file: str, results: Sequence[TrialResult], notes: Sequence[Note], anchor: str, labels: Labels,
    missing: Missing | None, opened: str = "",
) -> PatientView:  # fmt: skip
    """All of one patient."""
    judgement = results[0].judgement
    trials = tuple(
        trial_view(result, labels, f"{anchor}-t{number}", opened) for number, result in enumerate(results, 1)
    )
    uses: dict[str, list[Use]] = {}
    hanging: list[Hanging] = []
    timed: list[str] = []
    for trial in trials:
        for clause in (clause for group in trial.groups for clause in group.clauses):
            for rests, ids in zip((True, False), used(clause.proof), strict=True):
                for each in ids:
                    uses.setdefault(each, []).append(Use(trial.id, clause.id, clause.anchor, rests))
            if clause.windows:
                timed += used(clause.proof)[0]
            hanging += [Hanging(window, trial.id, clause.id, clause.style) for window in clause.windows]
    from_days = {r.trial.id: r.eligible_from for r in results if r.eligible_from is not None}
    drawn = charts(judgement, labels, timed, hanging, from_days)
    records = sections(judgement, labels, uses, anchor)
    return PatientView(
        anchor=anchor,
        id=results[0].patient,
        facts=tuple(_facts(results[0], file)),
        trials=trials,
        charts=tuple(_chart(chart, results[0].patient, f"{anchor}-c{n}") for n, chart in enumerate(drawn, 1)),
        records=records,
        anchors={line.id: line.anchor for section in records for line in section.lines},
        paths={line.id: line.path for section in records for line in section.lines},
        missing=missing,
        assumed=results[0].assumptions,
        notes=tuple(notes),
    )


def _chart(chart: Chart, patient: str, ident: str) -> Markup:
    names = [f"{lane.title}: {', '.join(row.label for row in lane.rows)}" for lane in chart.lanes]
    description = ". ".join([*(day.text for day in chart.days), *names, "The tables below hold the same."])
    return Markup(svg.draw(chart, wording.picture(patient, chart.first, chart.last), description, ident))


def _facts(result: TrialResult, file: str) -> Iterable[tuple[str, str]]:
    patient = result.judgement.prepared.patient
    yield "Judged on", iso(result.index_date)
    if patient.planned_start is not None:
        yield "Planned start", iso(patient.planned_start)
    if patient.sex is not None:
        yield "Sex", patient.sex.value.lower()
    if patient.born is not None:
        yield "Born", describe.days(patient.born.first, patient.born.last)
    for trial, arm in patient.arms:
        yield "Arm", f"{arm} of {trial}"
    yield "Read from", file


def trial_view(result: TrialResult, labels: Labels, anchor: str, opened: str) -> TrialView:
    """One trial of one patient."""
    timeline = result.timeline()
    clauses = tuple(
        clause_view(result, clause, labels, f"{anchor}-{_slug(clause.id)}", opened) for clause in result.clauses
    )
    targets = {clause.id: clause.anchor for clause in clauses}
    groups = tuple(
        Group(style, wording.GROUP[style], wording.EFFECT_MARK[style], own)
        for style in ("fails", "open", "passes")
        if (own := tuple(clause for clause in clauses if clause.style == style))
    )
    verdict = result.verdict.value
    title = result.trial.title.removeprefix(f"{result.trial.id}: ")
    return TrialView(
        anchor=anchor,
        id=result.trial.id,
        registry=result.trial.header.get("registry"),
        title=f"{title[:1].upper()}{title[1:]}",
        version=result.trial.version,
        verdict=verdict,
        mark=wording.VERDICT_MARK[verdict],
        word=wording.VERDICT[verdict],
        sentence=_sentence(result),
        later=timeline.sentence() if len(timeline.verdict_periods()) > 1 else "",
        groups=groups,
        obstacles=tuple(_obstacle(each, targets) for each in result.obstacles()),
        periods=tuple(_periods(timeline)),
        strip=_strip(timeline, f"{anchor}-s"),
    )


def _sentence(result: TrialResult) -> str:
    words: dict[str, list[str]] = {}
    for clause in result.failing or result.undecided:
        kind = clause.clause.kind if clause.fails else "open"
        words.setdefault(kind, []).append(clause.clause.header.get("says") or clause.clause.quote)
    return wording.verdict_sentence(
        result.verdict.value, words, result.undetermined_because, result.recoverable, result.eligible_from is not None
    )


def _obstacle(found: Obstacle, targets: Mapping[str, str]) -> ObstacleView:
    lifted = wording.LIFTED_BY[found.lifted_by]
    return ObstacleView(
        clause=found.part or found.clause,
        target=targets.get(found.clause, ""),
        text=found.datum if found.needs else found.text,
        needs=found.needs,
        distance=found.distance,
        lifted=lifted if found.clears is None else f"{lifted}, from {iso(found.clears)}{wording.THEN[found.then]}",
    )


def _periods(timeline: Timeline) -> Iterable[PeriodView]:
    for period in timeline.periods:
        verdict = period.verdict.value
        yield PeriodView(
            days=wording.period(period.first, period.last),
            verdict=verdict,
            mark=wording.VERDICT_MARK[verdict],
            word=wording.VERDICT[verdict],
            in_the_way=timeline_wording.in_the_way(period.failing, period.open) if period.in_the_way else "",
            changes=tuple(wording.change(c.clause, c.before, c.after, c.cause) for c in period.changes),
        )


def _strip(timeline: Timeline, ident: str) -> Markup:
    """Runs of one verdict, drawn to the horizon."""
    ends = [(run, timeline.horizon if run.last is None else run.last) for run in timeline.verdict_periods()]
    runs = [(run.first, end, run.verdict.value) for run, end in ends]
    words = "; ".join(f"{wording.VERDICT[verdict]}, {wording.period(first, end)}" for first, end, verdict in runs)
    return Markup(svg.draw_periods(runs, wording.strip_title(timeline.trial), words, ident))


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", text)
