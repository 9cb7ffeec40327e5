"""The tables the generator draws by, read from ``marginals.toml``; each says what it is and where it comes from."""

from __future__ import annotations

import tomllib
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from itertools import accumulate

BASES = ("verified", "mixed", "recalled", "assumed")
"""How well a table is founded: read in its source, some of it so, known from it, or nobody's figure."""

_FORMS = ("number", "numbers", "weights", "rows")
_Content = float | Mapping[str, float] | Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Table:
    """One table of the file."""

    name: str
    what: str
    basis: str
    source: str
    form: str
    """``number``, ``numbers``, ``weights`` or ``rows``."""
    content: _Content


class Choice:
    """Alternatives with shares; ``draw`` takes a number from 0 to 1 and gives one of them."""

    __slots__ = ("ends", "names", "shares")

    def __init__(self, weights: Mapping[str, float]) -> None:
        total = sum(weights.values())
        if not weights or total <= 0 or min(weights.values()) < 0:
            raise ValueError(f"no weights: {dict(weights)}")
        self.names = tuple(weights)
        self.shares = {name: weight / total for name, weight in weights.items()}
        self.ends = [*list(accumulate(self.shares.values()))[:-1], 2.0]

    def draw(self, uniform: float) -> str:
        """The alternative at that point of the scale from 0 to 1."""
        return self.names[bisect_right(self.ends, uniform)]


class Marginals:
    """Every table by name.  Raises ValueError for one without a source, or of none of the four forms."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.tables = dict(tables)

    @classmethod
    def shipped(cls) -> Marginals:
        """The tables that come with the package."""
        return cls(_shipped())

    @classmethod
    def read(cls, text: str) -> Marginals:
        """The tables of a TOML text."""
        return cls({table.name: table for table in _tables("", tomllib.loads(text))})

    def with_content(self, name: str, content: _Content) -> Marginals:
        """The same tables with other figures in one of them."""
        return Marginals({**self.tables, name: replace(self.tables[name], content=content)})

    def number(self, name: str) -> float:
        """The one figure of a table."""
        content = self._content(name, "number")
        assert isinstance(content, int | float)
        return float(content)

    def numbers(self, name: str) -> dict[str, float]:
        """The figures of a table by name."""
        content = self._content(name, "numbers")
        assert isinstance(content, Mapping)
        return {key: float(value) for key, value in content.items() if not isinstance(value, Mapping)}

    def choice(self, name: str) -> Choice:
        """The alternatives of a table of weights."""
        content = self._content(name, "weights")
        assert isinstance(content, Mapping)
        return Choice({key: float(value) for key, value in content.items() if not isinstance(value, Mapping)})

    def rows(self, name: str) -> dict[str, dict[str, float]]:
        """The figures of each row."""
        content = self._content(name, "rows")
        assert isinstance(content, Mapping)
        return {row: dict(found) for row, found in content.items() if isinstance(found, Mapping)}

    def choices(self, name: str) -> dict[str, Choice]:
        """The alternatives of each row of weights."""
        return {row: Choice(found) for row, found in self.rows(name).items()}

    def _content(self, name: str, form: str) -> _Content:
        table = self.tables[name]
        if table.form != form:
            raise ValueError(f"{name} holds {table.form}, not {form}")
        return table.content


@cache
def _shipped() -> dict[str, Table]:
    text = resources.files("nen_kb.cohort.generator").joinpath("marginals.toml").read_text("utf-8")
    return Marginals.read(text).tables


def _tables(prefix: str, data: Mapping[str, object]) -> Iterator[Table]:
    """The tables of a parsed file: those with a source, and what stands below names without one."""
    for key, value in data.items():
        name = f"{prefix}{key}"
        if not isinstance(value, Mapping):
            raise ValueError(f"{name}: a figure outside a table")
        if not {"what", "source", "basis", *_FORMS} & set(value):
            yield from _tables(f"{name}.", value)
            continue
        forms = [form for form in _FORMS if form in value]
        what, source, basis = value.get("what"), value.get("source"), value.get("basis")
        if not what or not source or basis not in BASES or len(forms) != 1:
            raise ValueError(f"{name}: needs what, source, basis ({', '.join(BASES)}) and one of {', '.join(_FORMS)}")
        if extra := set(value) - {"what", "source", "basis", *_FORMS}:
            raise ValueError(f"{name}: unknown {', '.join(sorted(extra))}")
        yield Table(name, str(what), str(basis), str(source), forms[0], value[forms[0]])
