"""Finds the folders that ship with the package: ``kb``, ``ontology`` and ``queries``.

In a checkout they lie beside the package, in an installed wheel inside it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: Literal["kb", "ontology", "queries"]) -> Path:
    """The folder of that name, from a checkout or from an installed wheel.

    Raises FileNotFoundError if the installation is broken.
    """
    for place in (_PACKAGE.parent / name, _PACKAGE / "shipped" / name):
        if place.is_dir() and (place.parent != _PACKAGE.parent or (_PACKAGE.parent / "pyproject.toml").exists()):
            return place
    raise FileNotFoundError(f"the folder {name!r} is missing from this installation; install the package again")
