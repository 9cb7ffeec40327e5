"""The knowledge base and the patients a command works on."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from nen_kb.knowledge_base import KnowledgeBase
from nen_kb.sources.reading_all import Sources, read_sources


def knowledge_base(arguments: argparse.Namespace) -> KnowledgeBase:
    """The knowledge base the options name, or the one that ships with the package."""
    return KnowledgeBase(rules=arguments.rules, ontology=arguments.ontology, limits=getattr(arguments, "limits", None))


def patients(kb: KnowledgeBase, files: Sequence[Path], as_of: int | None) -> Sources:
    """Every patient of the files, and what could not be read."""
    return read_sources(files, kb.ontology, as_of=as_of)


def today() -> int:
    """The day on which a record without an index date is judged."""
    return date.today().toordinal()
