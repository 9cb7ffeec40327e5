"""Phrases about what is assumed and not on record."""

from __future__ import annotations

from nen_kb.explain.describe import days
from nen_kb.facts.dates import FAR_FUTURE, Days, iso


def sex(word: str) -> str:
    return f"sex: {word.lower()}"


def born(when: Days | None) -> str:
    return f"born {days(when.first, when.last)}" if when else "birth date unknown"


def planned_start(day: int) -> str:
    return f"planned start of study treatment {iso(day)}"


def arm(trial: str, number: int) -> str:
    return f"arm {number} of {trial}"


def declared(domain: str, day: int) -> str:
    return f"the record of {domain} is complete as of {iso(day)}"


def own_course(label: str, ended: Days) -> str:
    """A course of treatment of which only the end is assumed, beside whatever is on record."""
    end = "ongoing" if ended.first >= FAR_FUTURE else f"ended {days(ended.first, ended.last)}"
    return f"{label}, a course of its own of unknown start, {end}"


def on_record(text: str) -> str:
    """What is known of the person and gives way to an assumption."""
    return f"{text} (on record)"
