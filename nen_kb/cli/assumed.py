"""``--assume``: what is assumed and what was set aside for it, printed before any verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nen_kb.cli.terminal import Terminal
from nen_kb.facts.records import Patient
from nen_kb.knowledge_base import KnowledgeBase, TrialResult, WhatIf


def judged(
    kb: KnowledgeBase, patient: Patient, trials: Sequence[str] | None, assume: Sequence[str]
) -> tuple[tuple[TrialResult, ...], WhatIf | None]:
    """The results of a patient, under the assumptions if there are any.

    Raises UsageError with everything that is wrong with the assumptions.
    """
    if not assume:
        return kb.screen(patient, trials), None
    found = kb.what_if(patient, *assume, trials=trials)
    return found.results, found


def assumed_lines(found: WhatIf, terminal: Terminal) -> Iterator[str]:
    """What is assumed, what stands aside for it, and whether any of it matters."""
    yield terminal.paint("  assumed, not on record", "open")
    for text in found.assumed:
        yield from terminal.wrap(text, "    – ", "      ")
    if found.set_aside:
        yield terminal.paint("  set aside for it", "open")
        for text in found.set_aside:
            yield from terminal.wrap(text, "    – ", "      ")
    if not found.changes:
        yield "  no clause changes"
    yield ""
