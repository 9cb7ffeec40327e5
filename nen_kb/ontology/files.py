"""Finds the modules of an ontology through its catalog, and refuses what must not be parsed.

Nothing here leaves the disk: an import that the catalog beside the root file does not name is an error.
A document type declaration is refused before anything is expanded, and so is an annotation by which
owlready2 would import a Python module.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit
from xml.parsers import expat

from nen_kb.errors import OntologyError, Problem

CATALOG = "catalog-v001.xml"
_CATALOG_NS = "urn:oasis:names:tc:entity:xmlns:xml:catalog"
_OWL = "http://www.w3.org/2002/07/owl#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_BASE = "http://www.w3.org/XML/1998/namespace base"
_PYTHON_MODULE = "http://www.lesfleursdunormal.fr/static/_downloads/owlready_ontology.owl#python_module"
_INEXACT = (
    "http://www.w3.org/2001/XMLSchema#double",
    "http://www.w3.org/2001/XMLSchema#float",
    "http://www.w3.org/2002/07/owl#real",
)


@dataclass(frozen=True)
class Module:
    """One ontology document."""

    path: Path
    data: bytes
    iri: str
    version: str
    imports: tuple[str, ...]

    def line(self, name: str) -> str:
        """The line on which the class of that local name is described, or an empty text."""
        found = re.search(rb'rdf:(?:about|ID)="(?:[^"]*[#/])?' + re.escape(name.encode()) + rb'"', self.data)
        return str(self.data.count(b"\n", 0, found.start()) + 1) if found else ""


class _Refused(Exception):
    """Raised inside a parser handler to stop before anything is expanded."""


@dataclass
class _Head:
    """What a pass over the XML of one file brings up."""

    root: str = ""
    base: str = ""
    iri: str = ""
    version: str = ""
    imports: list[str] = field(default_factory=list)
    catalog: list[tuple[str, str]] = field(default_factory=list)
    inexact: list[int] = field(default_factory=list)


def _parse(path: Path, data: bytes) -> _Head:
    """One pass over a file; raises OntologyError with a single problem."""
    head = _Head()
    parser = expat.ParserCreate(namespace_separator=" ")
    depth = 0
    subject = ""

    def refuse_doctype(*_: object) -> None:
        message = "a document type declaration (DOCTYPE) is not allowed"
        raise _Refused(message, "Remove the DOCTYPE and its entities.", "doctype")

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, subject
        name = tag.replace(" ", "")
        if depth == 0:
            head.root = name
            head.base = attributes.get(_BASE, "")
        elif depth == 1:
            subject = attributes.get(f"{_RDF} about", "")
            if name == f"{_OWL}Ontology":
                head.iri = urljoin(head.base, subject) if subject else head.base
        target = attributes.get(f"{_RDF} resource", "")
        if name == f"{_RDF}type" and target == f"{_OWL}Ontology":
            head.iri = subject
        elif name == f"{_OWL}imports":
            head.imports.append(urljoin(head.base, target))
        elif name == f"{_OWL}versionIRI":
            head.version = target
        elif name == _PYTHON_MODULE:
            message = "the file asks for a Python module to be imported"
            raise _Refused(message, "Remove the python_module annotation.", "python-module")
        elif name == f"{_CATALOG_NS}uri":
            head.catalog.append((attributes.get("name", ""), attributes.get("uri", "")))
        if attributes.get(f"{_RDF} datatype") in _INEXACT:
            head.inexact.append(parser.CurrentLineNumber)
        depth += 1

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    try:
        parser.Parse(data, True)
    except _Refused as refused:
        message, remedy, code = refused.args
        raise OntologyError(Problem(str(path), str(parser.CurrentLineNumber), message, remedy, code)) from None
    except (expat.ExpatError, ValueError, LookupError) as error:
        line = str(getattr(error, "lineno", "") or "")
        remedy = "Save the file as RDF/XML in Protégé, or restore it from version control."
        raise OntologyError(
            Problem(str(path), line, f"the file is not well-formed XML ({error})", remedy, "malformed-xml")
        ) from None
    return head


def _read(path: Path, what: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        message = f"{what} cannot be read: {error.strerror or 'unknown reason'}"
        remedy = "Check the path and its permissions."
        raise OntologyError(Problem(str(path), "", message, remedy, "unreadable")) from None


def _catalog(root: Path) -> dict[str, Path]:
    """Ontology IRI -> file, as the catalog beside the root file says; empty if there is no catalog."""
    path = root.parent / CATALOG
    if not path.exists():
        return {}
    entries: dict[str, Path] = {}
    for name, uri in _parse(path, _read(path, "the catalog")).catalog:
        parts = urlsplit(uri)
        if parts.scheme not in ("", "file"):
            continue
        place = unquote(parts.path)
        if re.match(r"/[A-Za-z]:", place):  # file:///C:/folder/module.owl
            place = place[1:]
        entries[name] = path.parent / place
    return entries


def fingerprint(root: Path) -> str:
    """A key of the cache: changes when the root file, the catalog or any file the catalog names changes."""
    digest = hashlib.sha256()
    catalog = root.parent / CATALOG
    paths = {root, catalog, *_catalog(root).values()}
    for path in sorted(paths):
        data = path.read_bytes() if path.is_file() else b""
        digest.update(f"{path.name} {len(data)} {root == path}\n".encode())
        digest.update(data)
    return digest.hexdigest()


def collect(root: Path) -> tuple[Module, ...]:
    """The root file and all it imports, imported files first.

    Raises OntologyError with every problem found: unreadable or malformed files, a DOCTYPE, an import that the
    catalog lacks, a circle of imports, a number of an inexact type.
    """
    problems: list[Problem] = []
    done: dict[str, Module] = {}
    catalog: dict[str, Path] = {}
    try:
        catalog = _catalog(root)
    except OntologyError as error:
        problems.extend(error.problems)

    def visit(path: Path, expected: str, trail: tuple[str, ...]) -> None:
        try:
            module = _module(path, problems)
        except OntologyError as error:
            problems.extend(error.problems)
            if expected:
                done[expected] = Module(path, b"", expected, "", ())
            return
        if expected and module.iri != expected:
            problems.append(_wrong_iri(path, module.iri, expected))
        for target in module.imports:
            if target == module.iri or target in trail:
                problems.append(_circle(path, target))
            elif target in done:
                continue
            elif target in catalog:
                visit(catalog[target], target, (*trail, module.iri))
            elif not any(problem.code == "malformed-xml" and problem.file.endswith(CATALOG) for problem in problems):
                problems.append(_missing_import(path, target))
        done[expected or module.iri] = module

    visit(root, "", ())
    if problems:
        raise OntologyError(problems)
    return tuple(done.values())


def _module(path: Path, problems: list[Problem]) -> Module:
    data = _read(path, "the ontology file")
    head = _parse(path, data)
    if head.root != f"{_RDF}RDF" or not head.iri:
        message = "the file is XML but holds no RDF/XML ontology"
        remedy = "Save it as RDF/XML in Protégé; the ontology needs an IRI."
        raise OntologyError(Problem(str(path), "", message, remedy, "not-rdf-xml"))
    for line in head.inexact:
        message = "a number has the type double, float or real"
        problems.append(Problem(str(path), str(line), message, "Use xsd:decimal or xsd:integer.", "inexact-number"))
    return Module(path, data, head.iri, head.version, tuple(head.imports))


def _missing_import(path: Path, target: str) -> Problem:
    remedy = f"Add a line for it to {CATALOG} beside the root file; nothing is fetched from the network."
    return Problem(str(path), "", f"the import {target} is not in the catalog", remedy, "missing-import")


def _wrong_iri(path: Path, found: str, expected: str) -> Problem:
    message = f"the file holds the ontology {found}, but the catalog names it {expected}"
    return Problem(str(path), "", message, f"Correct {CATALOG} or the ontology's IRI.", "wrong-iri")


def _circle(path: Path, target: str) -> Problem:
    message = f"the import of {target} closes a circle"
    return Problem(str(path), "", message, "Remove one of the imports; modules import downwards only.", "import-circle")


def content_hash(modules: tuple[Module, ...]) -> str:
    """The SHA-256 over the bytes of all modules, in the order of their ontology IRIs."""
    digest = hashlib.sha256()
    for module in sorted(modules, key=lambda module: module.iri):
        digest.update(module.data)
    return digest.hexdigest()
