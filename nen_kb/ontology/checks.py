"""What must hold of an ontology before rules may rely on it; every fault is reported, none is repaired."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nen_kb.errors import Problem
from nen_kb.ontology import observables
from nen_kb.ontology.files import Module
from nen_kb.ontology.hierarchy import Hierarchy
from nen_kb.ontology.model import DERIVATIONS, OntologyData, key

DOMAINS = ("conditions", "treatments", "imaging")


def check(data: OntologyData, modules: tuple[Module, ...]) -> list[Problem]:
    """All faults, each with the file and line of the class it is about."""
    found = []
    for name, message, remedy, code in (*_names(data), *_codes(data), *_structure(data), *_observables(data)):
        file, line = _place(name, modules)
        found.append(Problem(file, line, f"{name}: {message}", remedy, code))
    return found


_Fault = tuple[str, str, str, str]
"""Class, message, remedy, code."""


def _place(name: str, modules: tuple[Module, ...]) -> tuple[str, str]:
    for module in modules:
        line = module.line(name)
        if line:
            return str(module.path), line
    return str(modules[-1].path), ""


def _names(data: OntologyData) -> Iterator[_Fault]:
    owners: dict[str, str] = {}
    texts: list[tuple[str, str]] = [(name, name) for name in data["classes"]]
    for name, entry in data["classes"].items():
        if not entry["label"]:
            yield name, "it has no English label", "Add an rdfs:label.", "no-label"
        texts += [(text, name) for text in (entry["label"], *entry["synonyms"]) if text]
    for text, name in texts:
        owner = owners.setdefault(key(text), name)
        if owner != name:
            yield name, f"the name {text!r} also belongs to {owner}", "Remove it from one of the two.", "ambiguous-name"


def _codes(data: OntologyData) -> Iterator[_Fault]:
    owners: dict[tuple[str, str], str] = {}
    for name, entry in data["classes"].items():
        for system, code, match, _ in entry["codes"]:
            if not system or not code:
                yield name, f"{system + code!r} is no code", "Write it as SYSTEM:code.", "malformed-code"
            elif match in ("exact", "narrow"):
                owner = owners.setdefault((system, code), name)
                if owner != name:
                    message = f"the code {system}:{code} also belongs to {owner}"
                    remedy = "A code decides for one class; make it a broader code of the other."
                    yield name, message, remedy, "ambiguous-code"


def _structure(data: OntologyData) -> Iterator[_Fault]:
    classes = data["classes"]
    lost = False
    for name, entry in classes.items():
        for other in _missing((*entry["parents"], entry["derived_from"], entry["variant_of"]), classes):
            lost = True
            yield name, f"it refers to {other}, which is no class", "Declare the class or correct the name.", "no-class"
        if entry["domain"] and entry["domain"] not in DOMAINS:
            message = f"{entry['domain']!r} is no closed world domain"
            yield name, message, f"Use one of {', '.join(DOMAINS)}.", "unknown-domain"
    for one, other in data["coincide"]:
        if other not in classes:
            lost = True
            yield one, f"it refers to {other}, which is no class", "Declare the class or correct the name.", "no-class"
    if lost:
        return
    hierarchy = Hierarchy({n: e["parents"] for n, e in classes.items()}, data["disjoint"], data["coincide"])
    for name in hierarchy.circles():
        yield name, "it lies above itself", "Remove one of the subclass axioms of the circle.", "circle"
    for name, one, other in hierarchy.impossible():
        message = f"it lies under {one} and {other}, which are disjoint"
        yield name, message, "Remove a parent or the disjointness.", "unsatisfiable"


def _missing(names: Iterable[str], classes: Iterable[str]) -> list[str]:
    known = set(classes)
    return sorted({name for name in names if name and name not in known})


def _observables(data: OntologyData) -> Iterator[_Fault]:
    for name, entry in data["classes"].items():
        for fault in observables.faults(entry):
            yield name, fault, "Correct the annotation.", "unit-annotation"
        if bool(entry["derived_from"]) != bool(entry["derivation"]):
            yield name, "derivedFrom and derivation must come together", "Add the missing one.", "derivation"
        elif entry["derivation"] and entry["derivation"] not in DERIVATIONS:
            message = f"{entry['derivation']!r} is no derivation"
            yield name, message, f"Use one of {', '.join(DERIVATIONS)}.", "derivation"
