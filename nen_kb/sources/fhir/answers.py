"""What observations have in common: their day, and the yes or no of their answers."""

from __future__ import annotations

import re
from typing import Any

from nen_kb.facts.dates import Days
from nen_kb.facts.records import Presence
from nen_kb.sources.fhir.bundles import Entry
from nen_kb.sources.fhir.chart import Chart, dicts, status
from nen_kb.sources.fhir.times import days, some_day, unknown_day

FINAL = frozenset({"final", "amended", "corrected", "appended"})
WITHDRAWN = frozenset({"entered-in-error", "cancelled"})
HAS_VALUE = re.compile(r"value[A-Z]")


def when_observed(chart: Chart, entry: Entry) -> Days:
    """The day of an observation: its own, that of its report or panel, that of its issue, or unknown."""
    found = some_day(entry.resource, "effective", chart.born, chart.as_of)
    waiting, seen = [entry], {id(entry)}
    while found is None and waiting:
        for parent in chart.parents.get(id(waiting.pop()), []):
            if id(parent) in seen or status(parent) in WITHDRAWN:
                continue
            seen.add(id(parent))
            waiting.append(parent)
            found = found or some_day(parent.resource, "effective", chart.born, chart.as_of)
            if found:
                chart.notes.add(
                    "date-inherited",
                    "Observation: it has no date of its own; that of its report or panel counts",
                    entry.path,
                )
    if found is None and (issued := days(entry.resource.get("issued"))):
        chart.notes.add(
            "date-recorded", "Observation: it has no date of its own; the day of its issue counts", entry.path
        )
        return issued
    if found is None:
        chart.notes.add("no-date", "Observation: it has no date that can be read; it may be of any day", entry.path)
    return found or unknown_day(chart.as_of)


def words_of(chart: Chart, value: Any) -> set[str]:
    """Codes and words of an answer, the words in lower case."""
    if isinstance(value, bool):
        return {"true" if value else "false"}
    if isinstance(value, str):
        return {value.strip().casefold()}
    meaning = chart.lexicon.meaning(value)
    return set(meaning.codes) | {name.casefold() for name in meaning.names}


def said(chart: Chart, holder: dict[str, Any]) -> set[str]:
    for name in ("valueBoolean", "valueCodeableConcept", "valueString"):
        if holder.get(name) is not None:
            return words_of(chart, holder[name])
    if any(HAS_VALUE.match(key) for key in holder):
        return set()
    return set().union(*(words_of(chart, element) for element in dicts(holder.get("interpretation"))))


def either(words: set[str], yes: frozenset[str], no: frozenset[str]) -> Presence:
    affirmed, denied = bool(words & yes), bool(words & no)
    if affirmed == denied:
        return Presence.UNKNOWN
    return Presence.PRESENT if affirmed else Presence.ABSENT
