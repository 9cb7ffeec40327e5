"""Takes bundles apart: every resource with its path, its address and the file it stands in.

Bundles nest, histories repeat a resource in several versions, deleted entries have no resource.
What is not a resource of a patient's record any more (deleted, replaced by a later version, the
outcome of a search) is noted.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nen_kb.sources.fhir.json_text import json_path
from nen_kb.sources.fhir.notes import NoteBook

Resource = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Entry:
    """One resource of a source."""

    resource: Resource
    kind: str
    """Its resourceType."""
    path: str
    file: str
    full_url: str = ""
    """Its address in the bundle, without the version; empty if none is given."""
    scope: str = ""
    """What it may be referred to within: one bundle or file on its own, or the files read together."""
    container: Entry | None = None
    """The resource that contains it."""

    @property
    def id(self) -> str:
        value = self.resource.get("id")
        return value.strip() if isinstance(value, str) else ""

    @property
    def own_path(self) -> str:
        """Its place among all files read together, unique."""
        return self.path if not self.scope.startswith("folder:") else f"{self.file}#{self.path}"


def is_resource(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("resourceType"), str)


def unpack(value: Resource, file: str, notes: NoteBook, *, path: str = "$", scope: str = "") -> list[Entry]:
    """All resources of a resource or bundle, contained ones included; bundles themselves left out."""
    if value["resourceType"] != "Bundle":
        return list(_with_contained(value, file, path, "", scope or file))
    entries: list[Entry] = []
    _open(value, file, path, scope or file, notes, entries, 0)
    return entries


def _open(bundle: Resource, file: str, path: str, scope: str, notes: NoteBook, found: list[Entry], depth: int) -> None:
    kind = bundle.get("type")
    raw = bundle.get("entry", [])
    if not isinstance(raw, list):
        notes.add("odd-json", "the entries of a bundle are no list; they are not read", json_path(path, "entry"))
        return
    if depth > 20:
        notes.add("odd-json", "bundles are nested too deeply; what lies deeper is not read", path)
        return
    mine: list[Entry] = []
    deleted: list[tuple[str, int]] = []
    for index, entry in enumerate(raw):
        place = json_path(json_path(path, "entry"), index)
        if not isinstance(entry, dict):
            notes.add("odd-json", "an entry of the bundle is no object; it is not read", place)
            continue
        resource, url = entry.get("resource"), _address(entry.get("fullUrl"))
        method = _inside(entry, "request", "method")
        if resource is None:
            if method == "DELETE":
                target = _inside(entry, "request", "url") or url
                deleted.append((_address(target) or url, index))
                notes.add("deleted", "a deleted resource; what the file still holds of it is not used", place)
            elif entry.get("response") is None and method not in ("GET", "HEAD"):
                notes.add("odd-json", "an entry of the bundle has no resource", place)
            continue
        place = json_path(place, "resource")
        if not is_resource(resource):
            notes.add("odd-json", "an entry of the bundle holds no resource; it is not read", place)
        elif _inside(entry, "search", "mode") == "outcome" or resource["resourceType"] == "OperationOutcome":
            notes.add("not-read", "OperationOutcome: a server's message, no part of the record", place)
        elif method in ("DELETE", "PATCH"):
            notes.add("not-read", f"an entry that asks a server to {method.lower()} something", place)
        elif resource["resourceType"] == "Bundle":
            _open(resource, file, place, scope, notes, found, depth + 1)
        else:
            mine.extend(_with_contained(resource, file, place, url, scope))
    found.extend(_current(mine, deleted, history=kind == "history", notes=notes))


def _with_contained(resource: Resource, file: str, path: str, url: str, scope: str) -> Iterator[Entry]:
    outer = Entry(resource, resource["resourceType"], path, file, url, scope)
    yield outer
    contained = resource.get("contained", [])
    for index, inner in enumerate(contained if isinstance(contained, list) else []):
        if is_resource(inner):
            place = json_path(json_path(path, "contained"), index)
            yield Entry(inner, inner["resourceType"], place, file, "", scope, outer)


def _current(
    entries: list[Entry], deleted: list[tuple[str, int]], *, history: bool, notes: NoteBook
) -> Iterator[Entry]:
    """Leaves out deleted resources and older versions of the same one."""
    gone = {target for target, _ in deleted if target}
    latest: dict[str, Entry] = {}
    for entry in entries:
        if entry.container is None and (key := _identity(entry)):
            held = latest.get(key)
            if held is None or (held.resource != entry.resource and _version(entry) > _version(held)):
                latest[key] = entry
    for entry in entries:
        outer = entry.container or entry
        key = _identity(outer)
        if key and (key in gone or f"{outer.kind}/{outer.id}" in gone):
            notes.add("deleted", "a resource that was deleted later; it is not used", outer.path)
        elif key and (kept := latest[key]) is not outer:
            if kept.resource == outer.resource:
                notes.add("same-resource", "a resource that stands twice in the bundle; it is read once", outer.path)
            elif history or _version(kept) != _version(outer):
                notes.add("superseded", "an older version of a resource; the newest is used", outer.path)
            else:
                notes.add("same-resource", "two different resources share one id; both are used", outer.path)
                yield entry
        else:
            yield entry


def _identity(entry: Entry) -> str:
    return entry.full_url or (f"{entry.kind}/{entry.id}" if entry.id else "")


def _version(entry: Entry) -> tuple[str, int]:
    meta = entry.resource.get("meta")
    if not isinstance(meta, dict):
        return "", 0
    updated, version = meta.get("lastUpdated"), meta.get("versionId")
    number = int(version) if isinstance(version, str) and version.isdecimal() and len(version) < 12 else 0
    return updated if isinstance(updated, str) else "", number


def _inside(entry: dict[str, Any], *keys: str) -> str:
    value: Any = entry
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def _address(value: Any) -> str:
    return value.strip().partition("/_history/")[0] if isinstance(value, str) else ""
