"""A large bulk export sorted by patient on the disk, so that each part of it can be read as a whole.

Every file is split into buckets by the patient its lines name (``spill``); what names nobody (a Medication) or names
the patient by an identifier only is left at the post office, under what it may be asked for by.  ``route`` then sends
it to the buckets that refer to it.  Reading a bucket (``bucket_documents``) finds each line with everything it needs,
so the patients are those of the whole export read at once.

A clinical resource without a subject goes to one bucket, that of the first report or panel that lists it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from zlib import crc32

from nen_kb.facts.records import Note
from nen_kb.sources.fhir import Document, looks_like_fhir
from nen_kb.sources.fhir.json_text import LONE_SURROGATE, parse_json, shallow
from nen_kb.sources.fhir.notes import NoteBook
from nen_kb.sources.fhir.subjects import NOT_OF_ONE_PATIENT

TRAYS = 16
"""The post office is worked through in so many steps, each holding that share of its addresses in memory."""
MOST_OPEN = 300
"""So many files are written at once."""
_NEVER_READ = frozenset({"Encounter", "Practitioner", "PractitionerRole", "Organization", "Location", "Patient"})
"""Kinds that no reader looks up, so that nothing refers to them in earnest."""


@dataclass
class _Sorter:
    """Splits one file."""

    out: Path
    buckets: int
    stack: ExitStack
    open: dict[str, IO[bytes]] = field(default_factory=dict)
    people: dict[int, int] = field(default_factory=dict)
    """How many Patient resources each bucket got."""
    others: int = 0

    def put(self, name: str, *fields: object, raw: bytes = b"") -> None:
        file = self.open.get(name)
        if file is None:
            if len(self.open) == MOST_OPEN:
                self.stack.close()
                self.open.clear()
            file = self.open[name] = self.stack.enter_context((self.out / name).open("ab"))
        file.write("\t".join(map(str, fields)).encode() + (b"\t" + raw if raw else b"") + b"\n")

    def line(self, number: int, raw: bytes) -> None:
        """One line of the file, or the whole of a file that is no NDJSON (number 0)."""
        value = _parsed(raw)
        resource = value if isinstance(value, dict) else {}
        if value is not None and not looks_like_fhir(value) and "case" not in resource:
            self.others += 1
            return
        kind = resource.get("resourceType")
        key = _patient_key(resource)
        if kind == "Patient" and key:
            bucket = bucket_of(key, self.buckets)
            self.people[bucket] = self.people.get(bucket, 0) + 1
            for own in _identifiers(resource):
                self._post(own, "is", bucket)
        elif key:
            bucket = bucket_of(key, self.buckets)
        elif (address := _asked_by_identifier(resource)) is not None:
            self._post(address, "pending", number, raw=raw)
            return
        elif value is None or kind in (None, "Bundle", "Patient") or _subject(resource) is not None:
            bucket = crc32(raw) % self.buckets
        else:
            self._post(_last(str(resource.get("id"))), "shared", number, _clean(str(kind)), raw=raw)
            return
        for wanted in sorted(set(_references(resource))):
            self._post(wanted, "wants", bucket)
        self.put(f"bucket-{bucket:04d}", number, raw=raw)

    def _post(self, address: str, what: str, *fields: object, raw: bytes = b"") -> None:
        self.put(f"post-{crc32(address.encode()) % TRAYS:02d}", _clean(address), what, *fields, raw=raw)


def spill(path: Path, out: Path, buckets: int) -> None:
    """Split one file into ``out``: ``bucket-0000``, …, the post office, and ``counts.json``."""
    with ExitStack() as stack:
        sorter = _Sorter(out, buckets, stack)
        for number, raw in raw_lines(path):
            sorter.line(number, raw)
    counts = {"people": {str(each): count for each, count in sorted(sorter.people.items())}, "others": sorter.others}
    (out / "counts.json").write_text(json.dumps(counts), encoding="utf-8")


def raw_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of an NDJSON file that hold something, numbered from 1; another file as one line, numbered 0."""
    with path.open("rb") as file:
        if path.suffix.lower() == ".json":
            yield 0, file.read().removeprefix(b"\xef\xbb\xbf").replace(b"\r", b" ").replace(b"\n", b" ")
            return
        for number, line in enumerate(file, 1):
            raw = (line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line).strip()
            if raw:
                yield number, raw


def bucket_of(key: str, buckets: int) -> int:
    """The bucket of the patient of that id."""
    return crc32(key.encode()) % buckets


def route(spills: list[Path], files: list[Path], out: Path, buckets: int) -> list[Note]:
    """Send what waits at the post office to the buckets that want it; returns what is noted of the rest."""
    notes = NoteBook()
    with ExitStack() as stack:
        sorter = _Sorter(out, buckets, stack)
        for tray in range(TRAYS):
            wants, persons = _addresses(spills, tray)
            for place, fields, raw in _waiting(spills, tray):
                address, what, number, *rest = fields
                path = f"{files[place]}#{place_of(int(number))}"
                chosen: set[int]
                if what == "pending":
                    found = persons.get(address, set())
                    chosen = found if len(found) == 1 else {bucket_of(address, buckets)}
                elif rest[0] in NOT_OF_ONE_PATIENT:
                    chosen = set(wants.get(address, ()))
                    if not chosen:
                        notes.add("not-read", f"{rest[0]}: not read, it says nothing of one patient", path)
                else:
                    chosen = set(list(wants.get(address, ()))[:1])
                    if not chosen:
                        text = f"{rest[0]}: it names no subject and could be of anyone; it is not used"
                        notes.add("no-patient", text, path)
                for bucket in sorted(chosen):
                    sorter.put(f"bucket-{bucket:04d}", place, number, raw=raw)
    return list(notes.notes())


def _addresses(spills: Iterable[Path], tray: int) -> tuple[dict[str, dict[int, None]], dict[str, set[int]]]:
    """The buckets that want each address, the first first, and those of the people of each identifier."""
    wants: dict[str, dict[int, None]] = {}
    persons: dict[str, set[int]] = {}
    for folder in spills:
        for line in _tray(folder, tray):
            address, what, rest = line.split(b"\t", 2)
            if what == b"wants":
                wants.setdefault(address.decode(), {})[int(rest)] = None
            elif what == b"is":
                persons.setdefault(address.decode(), set()).add(int(rest))
    return wants, persons


def _waiting(spills: Iterable[Path], tray: int) -> Iterator[tuple[int, list[str], bytes]]:
    for place, folder in enumerate(spills):
        for line in _tray(folder, tray):
            what = line.split(b"\t", 2)[1]
            if what in (b"pending", b"shared"):
                *fields, raw = line.rstrip(b"\n").split(b"\t", 3 if what == b"pending" else 4)
                yield place, [each.decode() for each in fields], raw


def _tray(folder: Path, tray: int) -> Iterator[bytes]:
    path = folder / f"post-{tray:02d}"
    if path.exists():
        with path.open("rb") as file:
            yield from file


def bucket_lines(spills: list[Path], routed: Path, bucket: int) -> list[tuple[int, int, bytes]]:
    """What a bucket holds, in the order of the source: place of the file, line, text."""
    name = f"bucket-{bucket:04d}"
    found: list[tuple[int, int, bytes]] = []
    for place, folder in enumerate(spills):
        found += [(place, int(number), raw) for number, raw in _fields(folder / name, 1)]
    found += [(int(place), int(number), raw) for place, number, raw in _fields(routed / name, 2)]
    return sorted(found, key=lambda each: each[:2])


def _fields(path: Path, count: int) -> Iterator[list[bytes]]:
    if path.exists():
        with path.open("rb") as file:
            for line in file:
                yield line.rstrip(b"\n").split(b"\t", count)


def place_of(number: int) -> str:
    """How a line is named in paths; the root of a file that is one document."""
    return f"line {number}" if number else "$"


def document(raw: bytes, file: Path, number: int) -> Any:
    """One line read: a document, a problem, or the text of a case file."""
    place = place_of(number)
    parsed = parse_json(raw, str(file), place=place if number else "", root=place)
    if parsed.problem:
        return parsed.problem
    if looks_like_fhir(parsed.value):
        return Document(parsed.value, str(file), place, parsed.notes)
    return raw.decode("utf-8", "replace")


def _parsed(raw: bytes) -> Any:
    """The JSON value, or None if there is none: then the line is kept, and the reader will say why."""
    try:
        value = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    if LONE_SURROGATE.search(raw) or not shallow(value):
        value = parse_json(raw, "").value  # as the reader will see it; slower
    return value if value is not None else 0


def _subject(resource: dict[str, Any]) -> dict[str, Any] | None:
    for name in ("subject", "patient"):
        value = resource.get(name)
        if isinstance(value, dict):
            return value
    return None


def _patient_key(resource: dict[str, Any]) -> str:
    """The id of the patient whose record a resource belongs to; empty where it names none by a plain reference."""
    if resource.get("resourceType") == "Patient":
        return _last(resource["id"]) if isinstance(resource.get("id"), str) else ""
    if resource.get("resourceType") == "Bundle":
        entries = resource.get("entry")
        for entry in entries if isinstance(entries, list) else ():
            inner = entry.get("resource") if isinstance(entry, dict) else None
            if isinstance(inner, dict) and inner.get("resourceType") == "Patient":
                return _patient_key(inner)
        return ""
    subject = _subject(resource) or {}
    text = subject.get("reference")
    if not isinstance(text, str) or not text.strip() or text.strip().startswith("#") or "?" in text:
        return ""
    return _last(text)


def _asked_by_identifier(resource: dict[str, Any]) -> str | None:
    """The identifier by which a resource names its patient, if it names her by nothing else."""
    subject = _subject(resource) or {}
    text = subject.get("reference")
    if isinstance(text, str) and text.strip():
        kind, mark, query = text.strip().partition("?identifier=")
        return query if mark and kind.endswith("Patient") else None
    identifier = subject.get("identifier")
    if isinstance(identifier, dict):
        return f"{identifier.get('system')}|{identifier.get('value')}"
    return None


def _identifiers(resource: dict[str, Any]) -> Iterator[str]:
    found = resource.get("identifier")
    for each in found if isinstance(found, list) else ():
        if isinstance(each, dict) and isinstance(each.get("system"), str) and isinstance(each.get("value"), str):
            yield f"{each['system']}|{each['value']}"


def _references(value: Any) -> Iterator[str]:
    """The ids of everything a resource refers to that some reader may look up."""
    if isinstance(value, dict):
        text = value.get("reference")
        if isinstance(text, str) and not text.startswith("#"):
            kind = text.strip().partition("/_history/")[0].rpartition("/")[0].rpartition("/")[2]
            if kind not in _NEVER_READ:
                yield _last(text)
        for each in value.values():
            if isinstance(each, (dict, list)):
                yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _last(text: str) -> str:
    """The id at the end of a reference: of ``Patient/7/_history/2`` and ``urn:uuid:7`` it is 7."""
    return text.strip().partition("/_history/")[0].rpartition("/")[2].rpartition(":")[2]


def _clean(text: str) -> str:
    return text.replace("\t", " ").replace("\n", " ").replace("\r", " ")
