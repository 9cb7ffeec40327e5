"""Checks a file of patients against the SHACL shapes of ``ontology/shapes.ttl`` with pySHACL.

Reading a file does not need this: the reader finds the same mistakes, and more.  The shapes are for those who make
such files with other tools, and pySHACL is an extra dependency.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from rdflib import SH, Graph, Literal
from rdflib.term import Node

from nen_kb.errors import Problem, UsageError
from nen_kb.resources import shipped
from nen_kb.sources.document import shown
from nen_kb.sources.rdf.parsing import load, quiet
from nen_kb.sources.rdf.reader import called
from nen_kb.sources.rdf.vocabulary import PAT, PROPERTIES

SHAPES = "shapes.ttl"


def validate(path: Path, *, shapes: Path | None = None) -> tuple[Problem, ...]:
    """What the shapes find wrong with a file, by individual and property; empty if nothing is.

    ``shapes`` are others than those that ship.  Raises UsageError if pySHACL is not installed.  Foreign properties
    and foreign types are no mistakes, only not read.
    """
    file = str(path)
    graph = load(path)
    if isinstance(graph, Problem):
        return (graph,)
    rules = load(shapes or shipped("ontology") / SHAPES)
    if isinstance(rules, Problem):
        return (rules,)
    with quiet():
        found = [_problem(graph, rules, report, result, file) for report, result in _results(graph, rules)]
    return tuple(sorted({problem for problem in found if problem is not None}))


def _results(graph: Graph, rules: Graph) -> list[tuple[Graph, Node]]:
    try:
        from pyshacl import validate as run
    except ImportError:
        remedy = "Install it: pip install 'nen-kb[shacl]'."
        raise UsageError(Problem("pyshacl", "", "pySHACL is not installed", remedy, "missing-extra")) from None
    _, report, text = run(graph, shacl_graph=rules, inference="none", do_owl_imports=False, advanced=False, js=False)
    if not isinstance(report, Graph):
        raise UsageError(Problem(SHAPES, "", f"the shapes cannot be used: {text}", "Correct them.", "bad-shapes"))
    return [(report, result) for result in report.objects(None, SH.result)]


def _problem(graph: Graph, rules: Graph, report: Graph, result: Node, file: str) -> Problem | None:
    """One result of the report in our words; None for what is only not read."""
    focus, path, value = (report.value(result, term) for term in (SH.focusNode, SH.resultPath, SH.value))
    if isinstance(focus, Literal):
        return None  # where a record belongs; the property that leads to it is reported
    name = called(graph, focus) if focus is not None else ""
    term = str(path)[len(PAT) :] if path is not None and str(path).startswith(PAT) else ""
    place = f"{name or _nameless(graph, focus)}{'.' if term else ''}{term}"
    if report.value(result, SH.sourceConstraintComponent) == SH.ClosedConstraintComponent:
        return _unknown_property(rules, report, result, term, place, file) if term else None
    text = str(next(report.objects(result, SH.resultMessage), ""))
    message, _, remedy = text.partition("; ")
    if isinstance(value, Literal) and term:
        message = f"{shown(value)}: {message}"
    return Problem(file, place, f"{message}.", f"{remedy[:1].upper()}{remedy[1:]}." if remedy else "", "shape")


def _unknown_property(rules: Graph, report: Graph, result: Node, term: str, place: str, file: str) -> Problem:
    shape = report.value(result, SH.sourceShape)
    target = rules.value(shape, SH.targetClass)
    kind = str(target)[len(PAT) :] if target is not None else ""
    allowed = sorted(PROPERTIES.get(kind, ()))
    near = get_close_matches(term, allowed, n=1)
    remedy = f"Did you mean '{near[0]}'?" if near else f"The properties here are {', '.join(allowed)}."
    return Problem(file, place, f"pat:{term} says nothing of a pat:{kind}.", remedy, "unknown-property")


def _nameless(graph: Graph, focus: Node | None) -> str:
    """A node without a name, by what leads to it."""
    for owner, predicate in graph.subject_predicates(focus):
        name = called(graph, owner) or "an individual without a name"
        return f"{name}.{str(predicate).removeprefix(str(PAT))}"
    return "an individual without a name"
