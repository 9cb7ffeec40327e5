"""Whole populations judged at once, on the same rules, and read back patient by patient.

run = Run.open("DIR")
KnowledgeBase().screen(run.patient("anna"))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nen_kb.cohort.store import Run as Run

__all__ = ["Run"]


def __getattr__(name: str) -> Any:
    """``Run``, loaded when it is asked for: what needs no tables must not need their libraries."""
    if name == "Run":
        from nen_kb.cohort.store import Run

        return Run
    raise AttributeError(name)
