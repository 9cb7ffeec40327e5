"""The command line: ``nen-kb screen``, ``nen-kb explain``, ``nen-kb check``."""

from nen_kb.cli.main import main

__all__ = ["main"]
