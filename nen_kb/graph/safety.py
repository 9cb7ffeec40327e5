"""What a query may be: SELECT, ASK, CONSTRUCT or DESCRIBE over the one graph, and nothing that changes or fetches.

Two gates, independent of each other, must both open: the words of the query, and its syntax tree as rdflib reads it.
A store's own parser then reads it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

LONGEST = 100_000
"""Characters a query may have."""

_TOKENS = re.compile(
    r"""(?P<iri><[^<>"{}|^`\\\x00-\x20]*>)
    |(?P<comment>\#[^\r\n]*)
    |(?P<string>\"\"\"(?:\"{0,2}(?:[^"\\]|\\.))*\"\"\"|'''(?:'{0,2}(?:[^'\\]|\\.))*'''
        |"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*')
    |(?P<variable>[?$]\w+)
    |(?P<tag>@[A-Za-z]+(?:-[A-Za-z0-9]+)*)
    |(?P<name>[^\W\d_][\w.-]*:[\w:.%\\-]*|:[\w:.%\\-]+|_:[\w.-]+)
    |(?P<word>[A-Za-z]+)
    |(?P<rest>.)""",
    re.VERBOSE | re.DOTALL,
)
_FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
_UPDATES = ("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH")
_ANYWHERE = ("SERVICE", "FROM", "INSERT", "DELETE", "LOAD")


@dataclass(frozen=True)
class Refusal:
    """Why a query is not asked."""

    code: str
    message: str
    remedy: str
    line: int = 0
    """From 1; 0 for the whole query."""

    def to_json(self) -> dict[str, Any]:
        """For the way between two processes."""
        return {"code": self.code, "message": self.message, "remedy": self.remedy, "line": self.line}


def refused(query: str) -> Refusal | None:
    """Why the query is not asked, or None if it may be."""
    if len(query) > LONGEST:
        return Refusal("query-too-long", f"the query is longer than {LONGEST} characters", "Ask a shorter one.")
    escape = re.search(r"\\[uU][0-9A-Fa-f]{4}", query)
    if escape:
        message = "the query holds a character written as an escape"
        return Refusal("query-escape", message, "Write the character itself.", _line(query, escape.start()))
    return _by_words(query) or _by_tree(query)


def _line(query: str, place: int) -> int:
    return query.count("\n", 0, place) + 1


def _by_words(query: str) -> Refusal | None:
    first = ""
    for match in _TOKENS.finditer(query):
        if match.lastgroup != "word":
            continue
        word, line = match[0].upper(), _line(query, match.start())
        if not first and word not in ("PREFIX", "BASE"):
            first = word
            if word in _UPDATES:
                return _update(line)
        if word in _ANYWHERE:
            return _forbidden(word, line)
    if not first:
        return Refusal("query-syntax", "there is no query", "Write a SELECT, ASK, CONSTRUCT or DESCRIBE query.")
    return None


def _update(line: int) -> Refusal:
    return Refusal(
        "query-update",
        "the query would change the graph",
        "Only SELECT, ASK, CONSTRUCT and DESCRIBE are allowed.",
        line,
    )


def _forbidden(word: str, line: int) -> Refusal:
    if word == "SERVICE":
        return Refusal(
            "query-service", "SERVICE would ask another server", "Remove it; nothing leaves the machine.", line
        )
    if word == "FROM":
        return Refusal("query-from", "FROM would load another graph", "Remove it; there is one graph to ask.", line)
    return _update(line)


def _by_tree(query: str) -> Refusal | None:
    from pyparsing import ParseBaseException
    from rdflib.plugins.sparql.parser import parseQuery

    try:
        tree = parseQuery(query)
    except ParseBaseException as error:
        found = f"near {_near(query, error.loc)}" if error.loc < len(query) else "at its end"
        return Refusal("query-syntax", f"the query cannot be read {found}", "Correct the syntax.", error.lineno)
    except RecursionError:
        return Refusal("query-syntax", "the query is nested too deeply", "Ask a simpler one.")
    names = set(_names([tree]))
    if not names & {"SelectQuery", "AskQuery", "ConstructQuery", "DescribeQuery"}:
        return _update(0)
    if "ServiceGraphPattern" in names:
        return _forbidden("SERVICE", 0)
    if "DatasetClause" in names:
        return _forbidden("FROM", 0)
    return None


def _near(query: str, place: int) -> str:
    words = query[place:].split()
    return repr(words[0][:40]) if words else "the end"


def _names(nodes: Iterable[Any]) -> Iterator[str]:
    """The names of all nodes of rdflib's syntax tree."""
    from pyparsing import ParseResults
    from rdflib.plugins.sparql.parserutils import CompValue

    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, CompValue):
            yield node.name
            waiting.extend(node.values())
        elif isinstance(node, ParseResults | list | tuple):
            waiting.extend(node)
