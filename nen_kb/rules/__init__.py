"""Rules: text to a checked Program, and the evaluator that is their semantics."""

from __future__ import annotations

from nen_kb.rules.checks import CATALOGUE
from nen_kb.rules.load import check_program, load_program
from nen_kb.rules.query import Query, read_query
from nen_kb.rules.report import Report

__all__ = ["CATALOGUE", "Query", "Report", "check_program", "load_program", "read_query"]
