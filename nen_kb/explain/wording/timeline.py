"""Every English phrase about verdicts that change with time.

A cause says which day of which record passes which span, exactly; the short words are what a clinician
would call it: "everolimus washout".
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from nen_kb.explain.describe import days
from nen_kb.explain.wording import STATUS, listed
from nen_kb.facts.dates import iso

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_BEHIND = {
    "index_day": "the day judged",
    "planned_start": "the planned start",
    "complete": "the day up to which the record is declared complete",
}
_EVENTS = {"ended": "last day ", "started": "first day "}
_VERDICTS = {"eligible": "eligible", "ineligible": "not eligible", "undetermined": "undetermined"}
ASSUMED = (
    "If nothing but time changes: the same facts hold, declarations are carried along, and the planned start moves "
    "unless it was given and lies later."
)
PERHAPS, SURE = "perhaps", "surely"
_SHOWN = 3
"""So many short words are named in a sentence."""
_RUNS = 6
"""So many verdicts are named in a sentence."""


def long_day(day: int) -> str:
    """``5 December 2026``."""
    found = date.fromordinal(day)
    return f"{found.day} {_MONTHS[found.month - 1]} {found.year}"


# ── what changes ────────────────────────────────────────────────────────────


def marked(event: str, first: int, last: int, mark: int) -> str:
    """``last day 2025-09, at the latest 2025-09-30``: a date of a record and the end of it that counts."""
    text = f"{_EVENTS.get(event, '')}{days(first, last)}"
    if first == last:
        return text
    return f"{text}, at the {'latest' if mark == last else 'earliest'} {iso(mark)}"


def span(builtin: str, count: int, behind: str, passed: bool) -> str:
    """``at least 28 days before the planned start``."""
    when = _BEHIND[behind]
    if not count:
        return f"before {when}" if passed else f"on or before {when}"
    return f"{'more than' if passed else 'at least'} {_units(builtin, count)} before {when}"


def _units(builtin: str, count: int) -> str:
    return f"{count} {'day' if builtin == 'days_before' else 'month'}{'' if count == 1 else 's'}"


def crossed(label: str, mark: str, day: int, way: str) -> str:
    """``everolimus, last day 2026-11-07: from 2026-12-05 on at least 28 days before the planned start``."""
    return f"{label}, {mark}: from {iso(day)} on {way}"


def otherwise(label: str, mark: str, day: int) -> str:
    """Of a span that is counted in more than one step."""
    return f"{label}, {mark}: counts otherwise from {iso(day)} on"


def birthday(first: int, last: int, years: int, day: int) -> str:
    return f"born {days(first, last)}: {years} completed years{'' if first == last else ' at the latest'} on {iso(day)}"


def may_be_birthday(first: int, last: int, years: int, day: int) -> str:
    return f"born {days(first, last)}: perhaps {years} completed years from {iso(day)} on"


def no_single_record(day: int) -> str:
    """Of a change that no record alone brings about."""
    return f"spans of time that the rules count, as they stand on {iso(day)}"


def together(causes: Sequence[str]) -> str:
    return "; ".join(causes)


def change(clause: str, before: str, after: str, cause: str) -> str:
    """``I7 not met → met: everolimus, last day …``."""
    return f"{clause} {STATUS[before]} → {STATUS[after]}: {cause}"


def settles(day: int, short: str, state: str) -> str:
    """``time alone settles it from 2026-12-01 (radiological progression 1 month ago): yes``."""
    return f"time alone settles it from {iso(day)}{f' ({short})' if short else ''}: {state}"


def in_the_way(failing: Sequence[str], open_: Sequence[str]) -> str:
    """``fails: I7; open: I10 and E3``."""
    named = (f"{word}: {listed(clauses)}" for word, clauses in (("fails", failing), ("open", open_)) if clauses)
    return "; ".join(named) or "nothing in the way"


# ── a clinician's short words ───────────────────────────────────────────────


def sureness(first: int, last: int, mark: int) -> str:
    """Of a date known as an interval, whether the end of it that crosses makes it possible or certain.

    An empty text for one exact day, of which nothing need be said.
    """
    if first == last:
        return ""
    return SURE if mark == last else PERHAPS


def short_words(label: str, words: str, sure: str = "") -> str:
    """``everolimus washout``: the words stand in the header of the rule that counts the span."""
    return f"perhaps {label} {words}" if sure == PERHAPS else f"{label} {words}"


def short_span(label: str, builtin: str, count: int, passed: bool, sure: str = "") -> str:
    """``capecitabine more than 12 months ago``, where the rules have no words for the span."""
    how = {"": "", PERHAPS: "may be ", SURE: "surely "}[sure]
    if not count:
        return f"{label} {how}{'over' if passed else 'in the past'}"
    return f"{label} {how}{'more than ' if passed else ''}{_units(builtin, count)} ago"


def short_birthday(years: int, sure: str = "") -> str:
    """``turns 18``; of a partial date of birth ``may turn 18`` and ``is surely 18``."""
    return {"": f"turns {years}", PERHAPS: f"may turn {years}", SURE: f"is surely {years}"}[sure]


def short_computed(birthday: str, changed: Sequence[tuple[str, str, str]]) -> str:
    """``turns 78: creatinine clearance below 50 mL/min``, where the age is not what the clause is about.

    ``changed`` holds what a clause says, with its status before and after.
    """
    return f"{birthday}: {listed([_now(*each) for each in changed])}"


def _now(says: str, before: str, after: str) -> str:
    gone = "no longer " if before == "met" else "not "
    words = {"met": "", "unmet": gone, "unknown": "unknown whether ", "conflicting": "sources disagree whether "}
    return f"{words[after]}{says}"


def short_unnamed() -> str:
    return "time passing"


def short_list(shorts: Sequence[str]) -> str:
    """Of several causes, each once."""
    return listed(list(dict.fromkeys(shorts)))


# ── the sentence ────────────────────────────────────────────────────────────


def sentence(runs: Sequence[tuple[str, int, int | None]], ends: Sequence[Sequence[str]], horizon: int) -> str:
    """Every verdict with the days it holds and, in short words, what ends it.

    ``runs`` holds each verdict with its first day and its last, which the final one lacks; ``ends`` what ends
    each but the final one.
    """
    if len(runs) == 1:
        verdict = _VERDICTS[runs[0][0]].capitalize()
        return f"{verdict}; time alone does not change that up to {long_day(horizon)}."
    parts = [_run(*run, end) for run, end in zip(runs[: _RUNS - 1], ends, strict=False)]
    rest = len(runs) - len(parts) - 1
    parts.append(f"{_VERDICTS[runs[-1][0]]}" if not rest else f"{rest + 1} more changes up to {long_day(horizon)}")
    text = ", then ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def _run(verdict: str, _: int, last: int | None, end: Sequence[str]) -> str:
    assert last is not None  # only the final run has no last day
    # One waits "until" the first day of what comes next, and stays eligible up to the last day of it.
    until = f"{long_day(last)} inclusive" if verdict == "eligible" else long_day(last + 1)
    more = [] if len(end) <= _SHOWN else [f"{len(end) - _SHOWN} more"]
    return f"{_VERDICTS[verdict]} until {until} ({listed([*end[:_SHOWN], *more])})"
