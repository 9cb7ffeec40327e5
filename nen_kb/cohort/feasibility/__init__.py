"""Feasibility of trials in a cohort: who could take part, who nearly could, and what is not known."""

from nen_kb.cohort.feasibility.feasibility import Feasibility
from nen_kb.cohort.feasibility.listing import Listed
from nen_kb.cohort.feasibility.patterns import Patterns

__all__ = ["Feasibility", "Listed", "Patterns"]
