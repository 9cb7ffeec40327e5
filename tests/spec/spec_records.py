"""Records in the words of the case file, short enough to stand in a table."""

from __future__ import annotations

from collections.abc import Collection, Mapping

TODAY = "2026-11-20"
"""The index day of the book, unless a row gives another."""

Entry = tuple[str, object]
"""A list of the case file, and an entry for it."""


def found(concept: str, when: str = "2026-10-01") -> Entry:
    """A finding recorded as present."""
    return "findings", {"concept": concept, "date": when}


def absent(concept: str, when: str = "2026-10-01") -> Entry:
    """A finding recorded as absent."""
    return "findings", {"concept": concept, "presence": "absent", "date": when}


def doubtful(concept: str, when: str = "2026-10-01") -> Entry:
    """A finding of which nobody can say whether it is present."""
    return "findings", {"concept": concept, "presence": "unknown", "date": when}


def measured(
    observable: str, value: str, when: str = "2026-10-01", *, upper: str | None = None, lower: str | None = None
) -> Entry:
    """A measurement, perhaps with the limits of normal of its result."""
    entry = {"observable": observable, "value": value, "date": when, "upper_limit": upper, "lower_limit": lower}
    return "measurements", {key: each for key, each in entry.items() if each is not None}


def scanned(procedure: str, krenning: str | None = None, when: str = "2026-10-01") -> Entry:
    """A scan, perhaps with its Krenning score."""
    entry = {"procedure": procedure, "date": when, "krenning": krenning}
    return "imaging", {key: each for key, each in entry.items() if each is not None}


def treated(agent: str, **course: str | bool) -> Entry:
    """A treatment: ``date`` for one day, or ``started``, ``ended`` and ``ongoing``."""
    return "treatments", {"agent": agent, **course}


def complete(domain: str, as_of: str = TODAY) -> Entry:
    """A source's word that its record of the domain is complete up to a day."""
    return "complete", {"domain": domain, "as_of": as_of}


def written(entries: Collection[Entry], person: Mapping[str, str]) -> dict[str, object]:
    """The patient as a case file holds her."""
    case: dict[str, object] = {"case": 1, "id": "p", "index_date": TODAY, **person}
    for section, entry in entries:
        case[section] = [*case.get(section, []), entry]  # type: ignore[misc]  # a list if it is there
    return case
