"""Triples as Turtle, written as they come."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from nen_kb.graph.terms import PREFIXES, TYPE, XSD, Triple

_LOCAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def turtle(triples: Iterable[Triple]) -> Iterator[str]:
    """Lines of Turtle; neighbours of one subject are written together, and a triple that repeats is left out."""
    for prefix, start in PREFIXES.items():
        yield f"@prefix {prefix}: <{start}> ."
    yield ""
    known: dict[str, str] = {}
    subject = ""
    seen: set[tuple[str, str]] = set()
    for one, predicate, found in triples:
        if one != subject:
            if subject:
                yield "    ."
            yield _short(one, known)
            subject, seen, first = one, set(), True
        if (predicate, found) in seen:
            continue
        seen.add((predicate, found))
        verb = "a" if predicate == TYPE else _short(predicate, known)
        yield f"    {'' if first else '; '}{verb} {_short(found, known)}"
        first = False
    if subject:
        yield "    ."


def _short(term: str, known: dict[str, str]) -> str:
    """A term with a prefix in place of a known beginning."""
    if term.startswith("<"):
        if term not in known:
            known[term] = _curie(term[1:-1]) or term
        return known[term]
    value, mark, datatype = term.rpartition("^^<")
    if mark and datatype.startswith(XSD):
        return f"{value}^^xsd:{datatype[len(XSD) : -1]}"
    return term


def _curie(iri: str) -> str:
    for prefix, start in PREFIXES.items():
        if iri.startswith(start) and _LOCAL.fullmatch(iri[len(start) :]):
            return f"{prefix}:{iri[len(start) :]}"
    return ""
