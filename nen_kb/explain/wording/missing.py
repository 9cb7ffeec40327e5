"""Every English phrase about what to find out next."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nen_kb.explain.describe import span
from nen_kb.explain.wording import listed
from nen_kb.facts.dates import iso

YES, NO = "yes", "no"
PRESENT, ABSENT = "present", "absent"
COMPLETE = "complete"
EXTENTS = ("none of the lesions", "a minority of the lesions", "a majority of the lesions", "all lesions")
NEVER, LONG_AGO, ONGOING = "never given", "given, and over long ago", "going on"
_PLURAL = re.compile(r"[^su]s\Z")
_PERSON = {
    "sex": "What is the recorded sex?",
    "birth date": "What is the birth date?",
    "planned start": "On what day is study treatment planned to start?",
}


def _first(text: str) -> str:
    """With a capital, unless the word is written in a way of its own."""
    return text[:1].upper() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


# ── questions ───────────────────────────────────────────────────────────────


def what_number(label: str, again: bool, with_limit: bool) -> str:
    verb = "are" if _PLURAL.search(label) and not label.endswith("is") else "is"
    limits = ", with the limits of normal" if with_limit else ""
    return f"What {verb} the {label}{' now' if again else ''}{limits}?"


def what_scan(label: str, again: bool) -> str:
    return f"What does a {'new ' if again else ''}{label} show: Krenning score, and how many lesions take up tracer?"


def is_it_so(label: str, again: bool) -> str:
    return f"{_first(label)}{', as of now' if again else ''}: yes or no?"


def is_it_so_when(label: str, again: bool) -> str:
    return f"{_first(label)}{', as of now' if again else ''}: yes or no, and on what day?"


def is_it_there(label: str, again: bool) -> str:
    return f"{_first(label)}{', as of now' if again else ''}: present or absent?"


def which(label: str, again: bool) -> str:
    return f"What is the {label}{' now' if again else ''}?"


def which_of(labels: Sequence[str]) -> str:
    return f"Which is it: {listed(labels, 'or')}?"


def ever_given(label: str) -> str:
    return f"{_first(label)}: was it ever given?"


_ONE_OF = {"conditions": "diagnosis or metastasis", "treatments": "treatment", "imaging": "scan"}
_MOST_LISTED = 8


def is_complete(domain: str, day: int, on_record: Sequence[str]) -> str:
    """Names what is on record, so that nobody calls an empty list complete without meaning it."""
    if not on_record:
        return f"No {_ONE_OF[domain]} is on record up to {iso(day)}. Was there none at all?"
    more = len(on_record) - _MOST_LISTED
    named = [*on_record[:_MOST_LISTED], f"{more} more"] if more > 0 else list(on_record)
    return f"On record up to {iso(day)}: {listed(named)}. Are these all {domain} there were?"


def person(what: str) -> str:
    return _PERSON[what]


def which_arm(trial: str) -> str:
    return f"To which arm of {trial} was the patient randomized?"


def when_ended(record: str) -> str:
    return f"When did this end: {record}?"


def when_began(record: str) -> str:
    return f"When did this begin: {record}?"


def on_what_day(record: str) -> str:
    return f"On what day exactly: {record}?"


def exact_value(record: str) -> str:
    return f"What exactly is the value of {record}?"


def limits_of(record: str) -> str:
    return f"What are the limits of normal of {record}?"


def what_precisely(record: str) -> str:
    return f"What is this more precisely: {record}?"


def there_or_not(record: str) -> str:
    return f"Is it there or not: {record}?"


def score_of(record: str) -> str:
    return f"What is the Krenning score of {record}?"


def extent_of(record: str) -> str:
    return f"How many lesions take up tracer on {record}?"


def speaks_of(record: str) -> str:
    return f"Which finding does this speak of: {record}?"


def which_is_right(records: Sequence[str]) -> str:
    return f"Which of these is right: {'; or '.join(records)}?"


# ── answers ─────────────────────────────────────────────────────────────────


def amount(value: int, unit: str) -> str:
    """A number in its canonical unit, or a day."""
    return iso(value) if unit == "days" else span(value, value, unit)


def with_limit(value: int, upper: int, unit: str) -> str:
    return f"{amount(value, unit)} with an upper limit of {amount(upper, unit)}"


def upper_limit(value: int, unit: str) -> str:
    return f"an upper limit of {amount(value, unit)}"


def at_least(value: int, unit: str) -> str:
    return f"{amount(value, unit)} or later" if unit == "days" else f"at least {amount(value, unit)}"


def at_most(value: int, unit: str) -> str:
    return f"{amount(value, unit)} or earlier" if unit == "days" else f"at most {amount(value, unit)}"


def above(value: int, unit: str) -> str:
    return f"above {amount(value, unit)}"


def below(value: int, unit: str) -> str:
    return f"below {amount(value, unit)}"


def between(low: str, high: str) -> str:
    return f"{low} and {high}"


def such_as(text: str) -> str:
    return f"such as {text}"


def score(krenning: int) -> str:
    return f"Krenning score {krenning}"


def scan(krenning: int, extent: int) -> str:
    return f"{score(krenning)}, uptake in {EXTENTS[extent]}"


def on_day(text: str, day: int) -> str:
    return f"{text}, on {iso(day)}"


def arm(number: int) -> str:
    return f"arm {number}"


# ── the report ──────────────────────────────────────────────────────────────


def bears_on(trial: str, clauses: Sequence[str]) -> str:
    return f"{trial} {', '.join(clauses)}"


def goes_on(favourable: str) -> str:
    return f"goes on with: {favourable}"


def ends(trials: Sequence[str], adverse: str) -> str:
    return f"ends {listed(trials)}: {adverse}"


def any_set_decides(count: int) -> str:
    return "this set decides it" if count == 1 else "any one of these sets decides it"


def no_set(complete: bool) -> str:
    if complete:
        return "no new fact that was tried decides it; what can be settled stands above"
    return "no set was found in the time allowed; there may be one"


def cut_short() -> str:
    return "The search was cut short: there may be other sets."


def nothing_missing() -> str:
    return "every trial is decided: nothing is asked"


def decided(trial: str, verdict: str, clauses: Sequence[str]) -> str:
    """``START-NET: ineligible (E2); nothing is asked``."""
    return f"{trial}: {verdict}{f' ({listed(clauses)})' if clauses else ''}; nothing is asked"


OTHER_SETS = "Other sets may decide as well, and one of them may be cheaper."
WHAT_TO_ASK = "what to find out, the most decisive for the least work first"
UNSETTLED = "what no new fact settles"
JOINTLY = "all of these trials together"


def asked_on(patient: str, day: int) -> str:
    return f"{patient}   judged on {iso(day)}"


def set_of(numbers: Sequence[int], cost: int) -> str:
    return f"{listed([str(number) for number in sorted(numbers)])} (cost {cost})"
