"""Addresses of databases on a server, and how they are shown: never with what might be a password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode

SERVERS: Final = ("postgresql://", "postgres://")
_ADDRESS: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*:/+)(.*)", re.DOTALL)
_SECRET: Final = re.compile(r"[?&][^=&]*pass[^=&]*=([^&]*)", re.IGNORECASE)
_QUOTED: Final = re.compile(r"\"([^\"]*)\"|'([^']*)'")


def is_address(source: str) -> bool:
    """Whether it names a database on a server."""
    return source.lower().startswith(SERVERS)


def shown(source: str) -> str:
    """A source as it may be shown.

    An address loses everything between its first colon and its last ``@``, for a password may hold signs that
    ought to have been encoded, and every option whose name speaks of a password.  Other sources stay as they are.
    """
    found = _ADDRESS.fullmatch(source)
    if found is None:
        return source
    start, rest = found.groups()
    who, at, where = rest.rpartition("@")
    place, mark, options = where.partition("?")
    kept = urlencode([(key, value) for key, value in parse_qsl(options) if "pass" not in key.lower()])
    return f"{start}{who.partition(':')[0]}{at}{place}{mark * bool(kept)}{kept}"


def without_secrets(message: str, source: str) -> str:
    """A server's or a driver's message without any quoted piece of what may be the address's password."""
    secrets = list(_secrets(source))

    def masked(found: re.Match[str]) -> str:
        piece = found[1] or found[2] or ""
        return '"…"' if any(piece and (piece in each or each in piece) for each in secrets) else found[0]

    for each in secrets:
        if len(each) > 3:
            message = message.replace(each, "…")
    return _QUOTED.sub(masked, message)


def _secrets(source: str) -> Iterator[str]:
    found = _ADDRESS.fullmatch(source)
    password = found[2].rpartition("@")[0].partition(":")[2] if found else ""
    for each in (password, *_SECRET.findall(source)):
        yield from (text for text in dict.fromkeys((each, unquote(each))) if text)
