"""The pictures of a feasibility page, drawn by matplotlib as SVG that takes its colours from the page's style.

Needs the extra ``[cohort]``; nothing that judges one patient imports this package.
"""

from nen_kb.report.plots.canvas import drawing
from nen_kb.report.plots.clauses import clause_plot
from nen_kb.report.plots.funnel import funnel_plot
from nen_kb.report.plots.gap import open_plot, order_plot
from nen_kb.report.plots.interval import interval_plot
from nen_kb.report.plots.near import near_plot
from nen_kb.report.plots.overlap import overlap_plot

__all__ = [
    "clause_plot",
    "drawing",
    "funnel_plot",
    "interval_plot",
    "near_plot",
    "open_plot",
    "order_plot",
    "overlap_plot",
]
