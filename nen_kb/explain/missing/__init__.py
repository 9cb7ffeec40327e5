"""What to find out next: the smallest sets of missing facts that decide, and what to ask first."""

from __future__ import annotations

from nen_kb.explain.missing.finder import Finder
from nen_kb.explain.missing.model import Missing, MissingSet, Question, answered

__all__ = ["Finder", "Missing", "MissingSet", "Question", "answered"]
