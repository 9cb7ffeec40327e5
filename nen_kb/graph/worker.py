"""The process that holds the graph and answers queries, so that a query can be stopped by ending the process.

Frames, each a length of eight bytes and that many bytes.  In: the store's name; parts of the graph as N-Triples, an
empty one at the end; then queries as JSON.  Out: a JSON object once the graph is read and one for each query.
"""

from __future__ import annotations

import faulthandler
import json
import struct
import sys
from collections.abc import Callable, Iterator
from typing import IO, Any

from nen_kb.graph.safety import Refusal, refused
from nen_kb.graph.terms import PREFIXES

LENGTH = struct.Struct(">Q")
MOST_ROWS = 1_000_000
GRACE_SECONDS = 5
"""How long after its time limit a query whose asker is gone ends by itself."""
MEMORY = 6 * 2**30
"""Bytes of address space a query may take beyond what the graph takes; not limited on Windows."""

Query = Callable[[str], dict[str, Any]]


def read_frame(stream: IO[bytes]) -> bytes | None:
    """The next frame, or None where the other side has gone."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (size,) = LENGTH.unpack(head)
    body = stream.read(size)
    return body if len(body) == size else None


def write_frame(stream: IO[bytes], body: bytes) -> None:
    """One frame."""
    stream.write(LENGTH.pack(len(body)))
    stream.write(body)
    stream.flush()


def serve() -> None:
    """Read the graph, then answer until the other side closes."""
    source, target = sys.stdin.buffer, sys.stdout.buffer
    name = read_frame(source)
    if name is None:
        return
    query = (_oxigraph if name == b"oxigraph" else _rdflib)(_parts(source))
    _limit_memory()
    write_frame(target, b'{"ready": true}')
    while True:
        frame = read_frame(source)
        if frame is None:
            return
        asked = json.loads(frame)
        # A thread of the C library, so that it also ends what never comes back to Python.
        with open_nothing() as nothing:
            faulthandler.dump_traceback_later(asked["timeout"] + GRACE_SECONDS, exit=True, file=nothing)
            answer = _answer(query, asked["query"])
            body = json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace")
            faulthandler.cancel_dump_traceback_later()
        write_frame(target, body)


def open_nothing() -> Any:
    """A file that swallows what is written to it."""
    import os

    return open(os.devnull, "w", encoding="utf-8")


def _parts(source: IO[bytes]) -> Iterator[bytes]:
    while True:
        part = read_frame(source)
        if not part:
            return
        yield part


def _answer(query: Query, text: str) -> dict[str, Any]:
    problem = refused(text)
    if problem is not None:
        return {"refused": problem.to_json()}
    try:
        return query(text)
    except MemoryError:
        return _refusal("query-memory", "the query needs too much memory", "Ask for less.")
    except RecursionError:
        return _refusal("query-syntax", "the query is nested too deeply", "Ask a simpler one.")
    except SyntaxError as error:
        return _refusal(
            "query-syntax", f"the query cannot be read: {error.msg}", "Correct the syntax.", error.lineno or 0
        )
    except Exception as error:  # a store has many ways to refuse a query; all are the query's fault
        return _refusal("query-failed", f"the query cannot be answered: {str(error)[:300]}", "Change the query.")


def _refusal(code: str, message: str, remedy: str, line: int = 0) -> dict[str, Any]:
    return {"refused": Refusal(code, message, remedy, line).to_json()}


def _too_many() -> dict[str, Any]:
    return _refusal("query-rows", f"the answer has more than {MOST_ROWS:,} rows", "Add a LIMIT or ask for less.")


def _oxigraph(parts: Iterator[bytes]) -> Query:
    import pyoxigraph as ox

    store = ox.Store()
    for part in parts:
        store.bulk_load(part, ox.RdfFormat.N_TRIPLES)

    def term(found: Any) -> dict[str, str] | None:
        if found is None:
            return None
        if isinstance(found, ox.NamedNode):
            return {"type": "uri", "value": found.value}
        if isinstance(found, ox.BlankNode):
            return {"type": "bnode", "value": found.value}
        return _literal(found.value, found.language, found.datatype.value)

    def query(text: str) -> dict[str, Any]:
        found = store.query(text, prefixes=PREFIXES)
        if isinstance(found, ox.QueryBoolean):
            return {"boolean": bool(found)}
        rows = []
        if isinstance(found, ox.QueryTriples):
            for triple in found:
                rows.append([term(triple.subject), term(triple.predicate), term(triple.object)])
                if len(rows) > MOST_ROWS:
                    return _too_many()
            return {"columns": ["subject", "predicate", "object"], "rows": sorted(rows, key=str), "triples": True}
        columns = [variable.value for variable in found.variables]
        for solution in found:
            rows.append([term(value) for value in solution])
            if len(rows) > MOST_ROWS:
                return _too_many()
        return {"columns": columns, "rows": rows}

    return query


def _literal(value: str, language: str | None, datatype: str | None) -> dict[str, str]:
    found = {"type": "literal", "value": value}
    if language:
        found["xml:lang"] = language.lower()
    elif datatype and not datatype.endswith("#string"):
        found["datatype"] = datatype
    return found


def _rdflib(parts: Iterator[bytes]) -> Query:
    import rdflib
    from rdflib.plugins import sparql

    sparql.SPARQL_LOAD_GRAPHS = False
    graph = rdflib.Dataset()
    target = graph.default_graph if hasattr(graph, "default_graph") else graph.default_context
    for part in parts:
        target.parse(data=part, format="nt11")

    def term(found: Any) -> dict[str, str] | None:
        if found is None:
            return None
        if isinstance(found, rdflib.URIRef):
            return {"type": "uri", "value": str(found)}
        if isinstance(found, rdflib.BNode):
            return {"type": "bnode", "value": str(found)}
        return _literal(str(found), found.language, str(found.datatype) if found.datatype else None)

    def query(text: str) -> dict[str, Any]:
        found: Any = graph.query(text, initNs=PREFIXES)
        if found.type == "ASK":
            return {"boolean": bool(found.askAnswer)}
        rows = []
        columns = ["subject", "predicate", "object"] if found.type != "SELECT" else [str(v) for v in found.vars or ()]
        for row in found:
            rows.append([term(value) for value in row])
            if len(rows) > MOST_ROWS:
                return _too_many()
        if found.type != "SELECT":
            return {"columns": columns, "rows": sorted(rows, key=str), "triples": True}
        return {"columns": columns, "rows": rows}

    return query


def _limit_memory() -> None:
    """Where the system allows it, bound what one query can take."""
    try:
        import resource

        with open("/proc/self/statm", encoding="ascii") as status:
            size = int(status.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, resource.RLIM_INFINITY))
    except (ImportError, OSError, ValueError):
        return


if __name__ == "__main__":
    serve()
