"""The result of one patient and trial as a clinician reads it: verdict, what fails, what is open, the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from nen_kb.cli.terminal import Terminal
from nen_kb.explain import Obstacle, also_open, because
from nen_kb.explain.wording import timeline as wording
from nen_kb.explain.wording.nearness import also_open as also_open_words
from nen_kb.facts.dates import iso
from nen_kb.facts.records import Note
from nen_kb.knowledge_base import ClauseResult, Status, TrialResult, Verdict
from nen_kb.knowledge_base.timeline import Timeline

_STYLE = {Verdict.ELIGIBLE: "good", Verdict.INELIGIBLE: "bad", Verdict.UNDETERMINED: "open"}
_MARK = {Verdict.ELIGIBLE: "✓", Verdict.INELIGIBLE: "✗", Verdict.UNDETERMINED: "?"}
_BECAUSE = {"missing": "data are missing", "conflict": "sources disagree", "judgement": "a person must judge"}
_RECOVERABLE = "recoverable: a later record could lift it"
_PERMANENT = "permanent: no later record would lift it"
_NOTES_SHOWN = 6
STATE = {
    Status.MET: "yes",
    Status.UNMET: "no",
    Status.UNKNOWN: "unknown",
    Status.CONFLICTING: "sources disagree",
}
"""Whether the sentence of the protocol is true of the patient, in one word."""
_OBSTACLES_SHOWN = 5
"""Of one clause or part; the JSON holds them all."""


@dataclass(frozen=True)
class _View:
    """What the lines of one trial need beside its clauses."""

    terminal: Terminal
    before: TrialResult | None
    obstacles: Mapping[str, Sequence[Obstacle]]
    """By clause or part, what keeps the patient out."""
    settled: Mapping[str, str]
    """By open clause, from when on time alone settles it."""


def patient_lines(results: Sequence[TrialResult], file: str, terminal: Terminal) -> Iterator[str]:
    """The heading of one patient."""
    first = results[0]
    for line in terminal.wrap(f"{first.patient}   judged on {iso(first.index_date)}", "", ""):
        yield terminal.paint(line, "strong")
    yield from terminal.wrap(file, "", "")
    yield "─" * terminal.width


def trial_lines(result: TrialResult, terminal: Terminal, before: TrialResult | None = None) -> Iterator[str]:
    """One trial: the verdict first.  What differs from the result ``before`` is marked."""
    verdict = f"{_MARK[result.verdict]} {result.verdict.value.upper()}"
    title = f"{result.trial.id}   "
    was = f"   was: {before.verdict.value}" if before and before.verdict is not result.verdict else ""
    yield terminal.paint(title, "strong") + terminal.paint(verdict, _STYLE[result.verdict]) + was
    timeline = result.timeline()
    for addition in _additions(result, timeline):
        yield from terminal.wrap(addition, "  ")
    view = _View(terminal, before, _obstacles_of(result), _settled(result, timeline))
    yield from _section("fails", result.failing, view, "bad")
    yield from _section("open", result.undecided, view, "open")
    passed = [
        clause.id + (f" (was: {_was(clause, before)})" if _was(clause, before) else "")
        for clause in result.clauses
        if not clause.fails and not clause.open
    ]
    if passed:
        yield terminal.paint("  passes", "good")
        yield from terminal.wrap("  ".join(passed), "    ")


def _additions(result: TrialResult, timeline: Timeline) -> Iterator[str]:
    """What the verdict word alone does not say: why, whether it lasts, and when it changes by itself."""
    if result.verdict is Verdict.UNDETERMINED:
        yield ", ".join(_BECAUSE[word] for word in result.undetermined_because)
    elif result.verdict is Verdict.INELIGIBLE and result.eligible_from is not None:
        yield "only time is needed"
    elif result.verdict is Verdict.INELIGIBLE:
        yield (
            "recoverable: a later record could lift it"
            if result.recoverable
            else "permanent: only a corrected record would lift it"
        )
    if len(timeline.verdict_periods()) > 1:
        yield timeline.sentence()


def _obstacles_of(result: TrialResult) -> dict[str, list[Obstacle]]:
    found: dict[str, list[Obstacle]] = {}
    for obstacle in result.obstacles():
        found.setdefault(obstacle.part or obstacle.clause, []).append(obstacle)
    return found


def _settled(result: TrialResult, timeline: Timeline) -> dict[str, str]:
    """The first change that decides a clause open today, if nothing but time changes."""
    still_open = {clause.id for clause in result.undecided}
    changes = ((period.first, change) for period in timeline.periods for change in period.changes)
    found: dict[str, str] = {}
    for day, change in changes:
        after = Status(change.after)
        if change.clause in still_open and after in (Status.MET, Status.UNMET):
            found.setdefault(change.clause, wording.settles(day, change.short, STATE[after]))
    return found


def _section(title: str, clauses: Sequence[ClauseResult], view: _View, style: str) -> Iterator[str]:
    if clauses:
        yield view.terminal.paint(f"  {title}", style)
    for clause in clauses:
        yield from _clause_lines(clause, view)


def _clause_lines(clause: ClauseResult, view: _View) -> Iterator[str]:
    head = f"    {clause.id:<5}"
    yield from view.terminal.wrap(_statement(clause, view.before), head)
    for part in _decisive_parts(clause):
        yield from view.terminal.wrap(f"{part.id}: {_statement(part, view.before)}", " " * 9 + "· ", " " * 11)
        yield from _reason_lines(part, view, " " * 11)
    if not clause.parts:
        yield from _reason_lines(clause, view, " " * 9)
    others = also_open(clause.judgement, clause.clause.trial, clause.id) if clause.fails else ()
    if others:
        text = also_open_words([reason.text for reason in others])
        yield from view.terminal.wrap(text, f"{' ' * 9}– ", " " * 11)
    if clause.id in view.settled:
        yield from view.terminal.wrap(view.settled[clause.id], " " * 9 + "– ", " " * 11)


def _statement(clause: ClauseResult, before: TrialResult | None) -> str:
    words = clause.clause.header.get("says") or clause.clause.quote
    was = _was(clause, before)
    return f"{words}: {STATE[clause.status]}{f' (was: {was})' if was else ''}"


def _was(clause: ClauseResult, before: TrialResult | None) -> str:
    """What the clause was before, if it was something else."""
    status = before[clause.id].status if before else clause.status
    return "" if status is clause.status else STATE[status]


def _decisive_parts(clause: ClauseResult) -> list[ClauseResult]:
    """The parts that make the whole clause what it is."""
    same = [part for part in clause.parts if part.status is clause.status]
    return same or [part for part in clause.parts if part.open]


def _reason_lines(clause: ClauseResult, view: _View, indent: str) -> Iterator[str]:
    found = view.obstacles
    if clause.open:
        texts = [reason.text for reason in clause.reasons]
    elif clause.id in found:
        texts = [_with_places(obstacle, clause) for obstacle in found[clause.id][:_OBSTACLES_SHOWN]]
        left = len(found[clause.id]) - len(texts)
        texts += [f"and {left} more"] if left else []
    else:
        texts = because(clause.judgement, clause.clause.trial, clause.id)
    for text in dict.fromkeys(texts):
        yield from view.terminal.wrap(text, f"{indent}– ", f"{indent}  ")


def _with_places(obstacle: Obstacle, clause: ClauseResult) -> str:
    """The obstacle, and where in the file its records stand."""
    records = [clause.judgement.record(each) for each in obstacle.records]
    places = ", ".join("assumed" if each.origin.assumed else each.origin.path for each in records if each is not None)
    return f"{obstacle.text} ({places})" if places else obstacle.text


def note_lines(notes: Iterable[Note], terminal: Terminal, every: bool) -> Iterator[str]:
    """What was not understood or set aside: each kind with its count, or every item."""
    listed = sorted(notes, key=lambda note: (note.kind, note.message, note.path))
    if not listed:
        return
    items = "item was" if len(listed) == 1 else "items were"
    yield terminal.paint(f"  {len(listed)} {items} not understood, set aside or read with care", "faint")
    groups = [(key, list(found)) for key, found in groupby(listed, key=lambda note: (note.kind, note.message))]
    groups.sort(key=lambda group: (-len(group[1]), group[0]))
    for (kind, message), found in groups if every else groups[:_NOTES_SHOWN]:
        count = f"{len(found)} × " if len(found) > 1 else ""
        places = ", ".join(note.path for note in found) if every else found[0].path + (", …" if len(found) > 1 else "")
        yield from terminal.wrap(f"{count}{message} [{kind}] {places}", "    ", "      ")
    if not every and len(groups) > _NOTES_SHOWN:
        yield f"    … and {len(groups) - _NOTES_SHOWN} more kinds; --notes lists everything"
