"""The facade: everything a Python program needs to ask the knowledge base."""

from nen_kb.knowledge_base.facade import Identity, KnowledgeBase
from nen_kb.knowledge_base.patients import PatientRecord
from nen_kb.knowledge_base.query import Answer
from nen_kb.knowledge_base.results import ClauseResult, Status, TrialResult, Verdict
from nen_kb.knowledge_base.timeline import Period, Timeline
from nen_kb.knowledge_base.what_if import Change, WhatIf

__all__ = [
    "Answer",
    "Change",
    "ClauseResult",
    "Identity",
    "KnowledgeBase",
    "PatientRecord",
    "Period",
    "Status",
    "Timeline",
    "TrialResult",
    "Verdict",
    "WhatIf",
]
