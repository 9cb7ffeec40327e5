"""Checks of the ontology as a piece of writing: labels, definitions, headers, units, codes.

Each is a SPARQL query under ``ontology/checks``, which finds what is wrong.  Its first line says what that is, with
``{subject}`` and ``{value}`` for the columns of a row, its second what to do.  Loading does not run them: an
ontology that fails one still answers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nen_kb.errors import Problem
from nen_kb.ontology.files import Module, collect
from nen_kb.resources import shipped

if TYPE_CHECKING:
    from rdflib import Graph

FOLDER = "checks"


@dataclass(frozen=True)
class Check:
    """One query and its words."""

    name: str
    message: str
    remedy: str
    query: str


def checks(folder: Path | None = None) -> tuple[Check, ...]:
    """The shipped checks, or those of another folder, in the order of their names."""
    found = []
    for path in sorted((folder or shipped("ontology") / FOLDER).glob("*.rq")):
        text = path.read_text(encoding="utf-8")
        message, remedy, query = text.split("\n", 2)
        found.append(Check(path.stem, message.lstrip("# "), remedy.lstrip("# "), query))
    return tuple(found)


def report(path: Path | None = None, only: str = "") -> list[Problem]:
    """Everything the checks find in the ontology (the shipped one by default), in the order of files and lines.

    ``only`` names a single check to run.

    Raises OntologyError if the ontology cannot be read at all.
    """
    root = Path(path) if path is not None else shipped("ontology") / "nen.owl"
    modules = collect(root / "nen.owl" if root.is_dir() else root)
    graph = _graph(modules)
    found = [problem for check in checks() if only in ("", check.name) for problem in _found(check, graph, modules)]
    return sorted(found, key=lambda each: (each.file, int(each.place or 0), each.message))


def _graph(modules: tuple[Module, ...]) -> Graph:
    from rdflib import Graph  # takes long to import, and only this needs it

    graph = Graph()
    for module in modules:
        graph.parse(data=module.data, format="xml")
    return graph


def _found(check: Check, graph: Graph, modules: tuple[Module, ...]) -> Iterator[Problem]:
    for row in graph.query(check.query):
        values = {str(name): str(value) for name, value in row.asdict().items()}  # type: ignore[union-attr]
        subject = values["subject"]
        local = subject.rpartition("#")[2].rpartition("/")[2]
        shown = {"subject": local, "value": repr(values.get("value", ""))}
        file, line = _place(subject, local, modules)
        yield Problem(file, line, check.message.format(**shown), check.remedy, check.name)


def _place(subject: str, local: str, modules: tuple[Module, ...]) -> tuple[str, str]:
    for module in modules:
        if module.iri == subject:
            return str(module.path), module.line(local)
    for module in modules:
        line = module.line(local)
        if line:
            return str(module.path), line
    return str(modules[-1].path), ""
