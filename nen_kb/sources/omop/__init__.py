"""The OMOP Common Data Model 5.3 and 5.4 read into patients.

Rows are read by the same readers as FHIR resources, so that a result, a diagnosis or a treatment means
the same wherever it was recorded: what was not understood stays, as the top concept of its domain.
Needs the libraries of ``nen-kb[cohort]``, and for a PostgreSQL server those of ``nen-kb[postgres]``.
"""

from nen_kb.sources.omop.cdm import Batch, Cdm, Read
from nen_kb.sources.omop.opening import is_cdm

__all__ = ["Batch", "Cdm", "Read", "is_cdm"]
