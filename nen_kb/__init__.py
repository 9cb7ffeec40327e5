"""nen-kb: eligibility for trials of peptide receptor radionuclide therapy, clause by clause, with reasons.

Decision support for professionals, never the decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nen_kb.knowledge_base import KnowledgeBase, Status, TrialResult, Verdict

__all__ = ["KnowledgeBase", "Status", "TrialResult", "Verdict"]


def __getattr__(name: str) -> object:
    """Load the facade when it is first asked for, so that ``import nen_kb.units`` stays light."""
    if name in __all__:
        import nen_kb.knowledge_base as facade

        return getattr(facade, name)
    raise AttributeError(f"module 'nen_kb' has no attribute {name!r}")
