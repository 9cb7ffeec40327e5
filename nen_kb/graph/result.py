"""What a query answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from nen_kb.graph.terms import PREFIXES, XSD

Value = str | int | Decimal | bool | date | None

_INTEGERS = frozenset(f"{XSD}{name}" for name in ("integer", "int", "long", "nonNegativeInteger", "positiveInteger"))


@dataclass(frozen=True)
class Term:
    """An RDF term of an answer."""

    kind: str
    """``uri``, ``literal`` or ``bnode``."""
    value: str
    datatype: str = ""
    language: str = ""

    def to_python(self) -> Value:
        """Numbers as int or Decimal, days as dates, truths as bool, everything else as text."""
        try:
            if self.datatype in _INTEGERS:
                return int(self.value)
            if self.datatype == f"{XSD}decimal":
                return Decimal(self.value)
            if self.datatype == f"{XSD}date":
                return date.fromisoformat(self.value)
        except (ValueError, InvalidOperation):
            return self.value
        if self.datatype == f"{XSD}boolean":
            return self.value in ("true", "1")
        return self.value

    def short(self) -> str:
        """For a reader: IRIs with a prefix where one is known, numbers without superfluous zeros."""
        if self.kind == "bnode":
            return f"_:{self.value}"
        if self.kind == "uri":
            for prefix, start in PREFIXES.items():
                if self.value.startswith(start) and len(self.value) > len(start):
                    return f"{prefix}:{self.value[len(start) :]}"
        found = self.to_python()
        return plain(found) if isinstance(found, Decimal) else self.value

    def to_json(self) -> dict[str, str]:
        """As the SPARQL results format in JSON has it."""
        found = {"type": self.kind, "value": self.value}
        if self.datatype:
            found["datatype"] = self.datatype
        if self.language:
            found["xml:lang"] = self.language
        return found


def plain(number: Decimal) -> str:
    """A decimal without exponent or superfluous zeros."""
    written = f"{number:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


@dataclass(frozen=True)
class Result:
    """The rows of SELECT, the truth of ASK, or the triples of CONSTRUCT and DESCRIBE as rows of three columns."""

    columns: tuple[str, ...]
    terms: tuple[tuple[Term | None, ...], ...]
    """None where a variable is not bound."""
    truth: bool | None = None
    """Of ASK; None otherwise."""

    @property
    def rows(self) -> tuple[tuple[Value, ...], ...]:
        """The rows as Python values."""
        return tuple(tuple(term.to_python() if term else None for term in row) for row in self.terms)

    def __iter__(self) -> Iterator[tuple[Value, ...]]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.terms)

    def __bool__(self) -> bool:
        """The truth of ASK; of other queries whether there is any row."""
        return bool(self.terms) if self.truth is None else self.truth

    def to_json(self) -> dict[str, Any]:
        """The SPARQL 1.1 results format in JSON."""
        if self.truth is not None:
            return {"head": {}, "boolean": self.truth}
        bindings = [
            {name: term.to_json() for name, term in zip(self.columns, row, strict=True) if term is not None}
            for row in self.terms
        ]
        return {"head": {"vars": list(self.columns)}, "results": {"bindings": bindings}}


def from_worker(answer: dict[str, Any]) -> Result:
    """What the process that holds the graph has sent."""
    if "boolean" in answer:
        return Result((), (), bool(answer["boolean"]))
    return Result(tuple(answer["columns"]), tuple(tuple(_term(value) for value in row) for row in answer["rows"]))


def _term(found: dict[str, str] | None) -> Term | None:
    if found is None:
        return None
    term = Term(found["type"], found["value"], found.get("datatype", ""), found.get("xml:lang", ""))
    value = term.to_python()
    if isinstance(value, Decimal) and value.is_finite():
        return Term(term.kind, plain(value), term.datatype)
    return term
