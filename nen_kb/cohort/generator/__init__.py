"""Made-up cohorts of neuroendocrine tumours, of any size, that look as records in clinics do.

No open data set holds Ki-67, receptor scans and PRRT for each patient.  So patients are drawn: first what is true of
one (``story``), from the tables of ``marginals.toml``, each with its source; then what a record of it would hold
(``record``), with its gaps, units and contradictions.  Patient ``i`` of a seed depends on the two numbers only, so a
cohort may be made in parts, and the first thousand of ten thousand are the first thousand.

Nobody in such a cohort exists, and no figure counted in one is evidence of anything but the tables.
"""

from nen_kb.cohort.generator.documents import Generator, Mess
from nen_kb.cohort.generator.marginals import Marginals
from nen_kb.cohort.generator.story import Story

__all__ = ["Generator", "Marginals", "Mess", "Story"]
