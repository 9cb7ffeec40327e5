"""``nen-kb sparql``: a query over ontology, rules, patients, verdicts and proofs."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

from nen_kb.cli.export import Wanted
from nen_kb.cli.terminal import report, write
from nen_kb.errors import Problem, UsageError
from nen_kb.graph import Graph, Result
from nen_kb.graph.safety import LONGEST

_NAMES = (".rq", ".sparql")


def run(arguments: argparse.Namespace) -> int:
    """Ask one query and print its answer."""
    query, name = _query(arguments.query)
    wanted = Wanted(arguments)
    with Graph(wanted.triples()) as graph:
        result = graph.ask(query, arguments.timeout, name)
    if arguments.format == "json":
        write(json.dumps(result.to_json(), ensure_ascii=False, indent=2))
    elif arguments.format == "csv":
        write(_csv(result).rstrip("\n"))
    else:
        for line in _table(result):
            write(line)
    report(wanted.problems)
    return wanted.code


def _query(given: str) -> tuple[str, str]:
    """The text of the query and what it is called in messages."""
    is_text = "{" in given or "\n" in given
    if is_text or not given.lower().endswith(_NAMES):
        return given, "query"
    path = Path(given)
    try:
        data = path.read_bytes()[: LONGEST * 4 + 1]
        return data.decode("utf-8-sig"), given
    except OSError as error:
        message = f"the file cannot be read ({error.strerror})"
        raise UsageError(Problem(given, "", message, "Name a file that holds a query.", "unreadable")) from None
    except UnicodeDecodeError:
        raise UsageError(Problem(given, "", "the file is no UTF-8 text", "Save it as UTF-8.", "unreadable")) from None


def _csv(result: Result) -> str:
    """Plain values, IRIs in full."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    if result.truth is not None:
        writer.writerow([str(result.truth).lower()])
    else:
        writer.writerow(result.columns)
        writer.writerows([term.value if term else "" for term in row] for row in result.terms)
    return target.getvalue()


def _table(result: Result) -> Iterator[str]:
    """Columns side by side, IRIs shortened."""
    if result.truth is not None:
        yield "yes" if result.truth else "no"
        return
    rows = [[" ".join(term.short().split()) if term else "" for term in row] for row in result.terms]
    widths = [max(map(len, column)) for column in zip(result.columns, *rows, strict=True)]
    yield _line(result.columns, widths)
    yield "  ".join("─" * width for width in widths)
    for row in rows:
        yield _line(row, widths)
    yield f"{len(rows)} {'row' if len(rows) == 1 else 'rows'}"


def _line(cells: list[str] | tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
