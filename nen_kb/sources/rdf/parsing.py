"""Parses Turtle and RDF/XML that nobody promised to be good: from disk only, bounded, without entities, in silence.

rdflib logs the text of literals it cannot convert; a patient's data must not reach a log, so it is kept quiet here.
"""

from __future__ import annotations

import io
import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from xml.parsers import expat
from xml.sax import SAXParseException

from rdflib import Graph

from nen_kb.errors import Problem
from nen_kb.sources.fhir.json_text import read_bytes
from nen_kb.sources.rdf.vocabulary import BASE

MAX_BYTES = 20 * 1024 * 1024
"""A hundred thousand triples or so; a patient has a few hundred."""

MAX_DEPTH = 100
"""Nested elements of RDF/XML."""

TURTLE, XML = "turtle", "xml"

_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_HUGE = r"\s*[+-]?[\d._]*[eE][+-]?[\d_]{4,}\s*"
_HUGE_QUOTED = re.compile(rf"[\"']{_HUGE}[\"']+(?:\s|#[^\n]*\n)*\^\^")
_HUGE_ALONE = re.compile(_HUGE)
"""A decimal with such an exponent would be written out in full, digit by digit."""


class _Refused(Exception):
    """Raised inside a parser handler to stop at once; message, remedy and code."""


def load(path: Path) -> Graph | Problem:
    """The triples of a file, or the one problem that keeps them from being read."""
    content = read_bytes(path, limit=MAX_BYTES)
    if isinstance(content, Problem):
        remedy = "Write one file for each patient." if content.code == "too-large" else content.remedy
        return replace(content, remedy=remedy)
    return parse(content, str(path))


def parse(content: bytes, file: str) -> Graph | Problem:
    """The triples of a text; Turtle or RDF/XML, told apart by how it begins, not by the name of the file."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    if not content.strip():
        return Problem(file, "", "the file is empty", "Export it again.", "empty")
    form = _form(content)
    try:
        if form == XML:
            _check_xml(content)
        else:
            _check_turtle(content)
        return _parse(content, form)
    except _Refused as refused:
        message, remedy, code, line = refused.args
        return Problem(file, str(line or ""), message, remedy, code)
    except expat.ExpatError as error:
        return _broken(file, form, error.lineno, expat.ErrorString(error.code))
    except SAXParseException as error:
        return _broken(file, form, error.getLineNumber() or 0, "")
    except UnicodeDecodeError as error:
        return Problem(file, f"byte {error.start + 1}", "the text is not UTF-8", "Save the file as UTF-8.", "not-utf-8")
    except IndexError:  # rdflib looks beyond the end of a statement that is cut off
        return _broken(file, form, content.count(b"\n") + 1, "it ends too early")
    except RecursionError:
        return Problem(file, "", "it is nested too deeply", "Give the inner nodes names of their own.", "too-deep")
    except Exception as error:  # rdflib raises whatever its parsers raise
        line = getattr(error, "lines", None)
        return _broken(file, form, line + 1 if isinstance(line, int) else 0, "")


def _form(content: bytes) -> str:
    """XML if the text begins as XML does; UTF-16 can only be XML."""
    head = content[:400].lstrip()
    begins = re.match(rb"<\?xml|<!--|<!DOCTYPE|<(?:\w+:)?RDF[\s>]", head)
    return XML if begins or head[:2] in (b"\xff\xfe", b"\xfe\xff") else TURTLE


def _broken(file: str, form: str, line: int, why: str) -> Problem:
    name = "RDF/XML" if form == XML else "Turtle"
    message = f"this is no {name}" + (f": {why}" if why else "")
    remedy = "Correct it there, or save it again from Protégé as Turtle or RDF/XML."
    return Problem(file, str(line or ""), message, remedy, "not-rdf")


def _check_turtle(content: bytes) -> None:
    text = _ESCAPE.sub(_unescaped, content.decode("utf-8"))
    found = _HUGE_QUOTED.search(text)
    if found:
        raise _Refused(*_HUGE_PROBLEM, text.count("\n", 0, found.start()) + 1)


_HUGE_PROBLEM = ("a number has an exponent that is out of reach", "Write the number in full.", "inexact-number")


def _unescaped(found: re.Match[str]) -> str:
    code = int(found[1] or found[2], 16)
    return chr(code) if code < 0x110000 else found[0]


def _check_xml(content: bytes) -> None:
    """One pass that expands nothing: a DOCTYPE, absurd depth and absurd numbers are refused."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = 0
    typed = False
    texts: list[str] = []

    def refuse_doctype(*_: object) -> None:
        remedy = "Remove the DOCTYPE; in Protégé switch off 'use XML entities' for RDF/XML and save again."
        raise _Refused("a document type declaration (DOCTYPE) is not read", remedy, "doctype", parser.CurrentLineNumber)

    def start(_: str, attributes: dict[str, str]) -> None:
        nonlocal depth, typed
        depth += 1
        typed = any(name.endswith("datatype") for name in attributes)
        texts.clear()
        if depth > MAX_DEPTH:
            remedy = "Give the inner nodes names of their own."
            raise _Refused("elements are nested too deeply", remedy, "too-deep", parser.CurrentLineNumber)

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1
        if typed and _HUGE_ALONE.fullmatch("".join(texts)):
            raise _Refused(*_HUGE_PROBLEM, parser.CurrentLineNumber)
        texts.clear()

    parser.StartDoctypeDeclHandler = refuse_doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = texts.append
    parser.Parse(content, True)


def _parse(content: bytes, form: str) -> Graph:
    graph = Graph()
    with quiet():
        graph.parse(source=io.BytesIO(content), format=form, publicID=BASE)
    return graph


@contextmanager
def quiet() -> Iterator[None]:
    """Drop what rdflib would log in this thread, odd IRIs and literals in their own words."""
    own = threading.get_ident()

    def elsewhere(record: logging.LogRecord) -> bool:
        return record.thread != own

    loggers = [logging.getLogger(name) for name in ("rdflib.term", "rdflib.util", "rdflib.graph", "rdflib")]
    for logger in loggers:
        logger.addFilter(elsewhere)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(elsewhere)
