"""The report to look at: verdicts, clauses beside the protocol, proofs, timeline and records as one HTML file."""

from nen_kb.report.page import Sheet, page

__all__ = ["Sheet", "page"]
