"""What a query may be."""

from __future__ import annotations

import pytest

from nen_kb.graph.safety import LONGEST, refused

READING = [
    "SELECT * { ?s ?p ?o }",
    "ASK {}",
    "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "DESCRIBE <http://example.org/service>",
    "# SERVICE in a comment\nSELECT * { ?service ?from ?o }",
    'SELECT * { ?s ?p "SERVICE <http://x/> { } INSERT" }',
    "SELECT * { ?s ?p '''from\n\"here\" delete''' }",
    "PREFIX service: <http://x/> SELECT * { ?s service:load ?o FILTER(?a < ?b && ?c > ?d) }",
    "SELECT * { ?s <http://x/#from> ?o }",
]

REFUSED = [
    ("SELECT * { SERVICE <http://x/> { ?s ?p ?o } }", "query-service", 1),
    ("SELECT * {\n service silent ?where { ?s ?p ?o } }", "query-service", 2),
    ("SELECT * { { SELECT * { SERVICE <http://x/> {} } } }", "query-service", 1),
    ("SELECT * { FILTER EXISTS { SERVICE <http://x/> {} } }", "query-service", 1),
    ("SELECT * FROM <http://x/> { ?s ?p ?o }", "query-from", 1),
    ("SELECT * FROM NAMED <http://x/> { ?s ?p ?o }", "query-from", 1),
    ("DESCRIBE <http://x/> FROM <file:///etc/passwd>", "query-from", 1),
    ("INSERT DATA { <a:b> <a:c> 1 }", "query-update", 1),
    ("PREFIX a: <a:>\nDELETE WHERE { ?s ?p ?o }", "query-update", 2),
    ("LOAD <http://x/>", "query-update", 1),
    ("CLEAR ALL", "query-update", 1),
    ("DROP ALL", "query-update", 1),
    ("ASK {} ; INSERT DATA { <a:b> <a:c> 1 }", "query-update", 1),
    ("SELECT * { \\u0053ERVICE <http://x/> {} }", "query-escape", 1),
    ("SELECT *\n{ ?s ?p }", "query-syntax", 2),
    ("SELECT * { ?s ?p ?o", "query-syntax", 1),
    ("hello", "query-syntax", 1),
    ("  \n", "query-syntax", 0),
    ("# only a comment", "query-syntax", 0),
]


@pytest.mark.parametrize("query", READING)
def test_what_reads_is_asked(query: str) -> None:
    assert refused(query) is None


@pytest.mark.parametrize(("query", "code", "line"), REFUSED)
def test_everything_else_is_refused(query: str, code: str, line: int) -> None:
    problem = refused(query)
    assert problem is not None
    assert (problem.code, problem.line) == (code, line)
    assert problem.remedy


def test_a_long_query_is_refused() -> None:
    problem = refused("#" * (LONGEST + 1))
    assert problem is not None
    assert problem.code == "query-too-long"
