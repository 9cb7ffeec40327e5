"""Random single changes of a proof's document, each of which changes what it says."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

HARMLESS = {("knowledge_base", "version")}
"""What no premise and no conclusion rests on."""

Path = tuple[str | int, ...]


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place below a value."""
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield (*path, key)
        yield from places(child, (*path, key))


class Mutator:
    """Changes one thing of a document; the document itself stays as it is."""

    def __init__(self, document: Any, seed: int) -> None:
        self.document = document
        self.random = random.Random(seed)
        self.places = [path for path in places(document) if path not in HARMLESS]
        self.by_part: dict[str, list[Path]] = {}
        self.texts: dict[str, list[str]] = {}
        for path in self.places:
            part = ".".join(str(key) for key in path[:2] if isinstance(key, str))
            self.by_part.setdefault(part, []).append(path)
            found = at(document, path)
            if isinstance(found, str):
                self.texts.setdefault(kind(path), []).append(found)

    def mutated(self) -> tuple[str, Any]:
        """What was changed, and the changed document: every part of it as often as any other."""
        while True:
            path = self.random.choice(self.by_part[self.random.choice(list(self.by_part))])
            changed, way = self._changed(path)
            if changed is not None:
                return f"{way} {'.'.join(map(str, path))}", changed

    def _changed(self, path: Path) -> tuple[Any, str]:
        """The document with a change at the path, or None if there would be none."""
        found = at(self.document, path)
        ways = ["drop"]
        if isinstance(path[-1], int):
            ways += ["twice", "swap"]
        if not isinstance(found, dict | list):
            ways += ["value"] * 3
        way = self.random.choice(ways)
        value = self._other(found, path) if way == "value" else None
        if way == "value" and (type(value), value) == (type(found), found):
            return None, way
        document = spine(self.document, path)
        holder = at(document, path[:-1])
        if way == "drop":
            del holder[path[-1]]
        elif way == "twice":
            holder.insert(path[-1], copy.deepcopy(found))
        elif way == "value":
            holder[path[-1]] = value
        else:
            other = self.random.randrange(len(holder))
            if holder[other] == found:
                return None, way
            holder[path[-1]], holder[other] = holder[other], found
        return document, way

    def _other(self, found: Any, path: Path) -> Any:
        """Another value of the same kind."""
        if found is None:
            return self.random.choice([0, "", False, "2026-11-20"])
        if isinstance(found, bool):
            return not found
        if isinstance(found, int):
            return found + self.random.choice([-1, 1, 10_000_000, -found])
        if isinstance(found, float):
            return found * 2 + 0.001
        ways = [self.random.choice(self.texts[kind(path)]), found + "x", found[:-1], ""]
        digits = [n for n, sign in enumerate(found) if sign in "0123456789"]
        if digits:
            place = self.random.choice(digits)
            ways += [found[:place] + str((int(found[place]) + 1) % 10) + found[place + 1 :]] * 2
        return self.random.choice(ways)


def at(document: Any, path: Path) -> Any:
    """What stands at a path."""
    for key in path:
        document = document[key]
    return document


def kind(path: Path) -> str:
    """What kind of text stands at a path: its last name."""
    return next((key for key in reversed(path) if isinstance(key, str)), "")


def spine(document: Any, path: Path) -> Any:
    """A copy of the document that shares everything that is not on the way along the path."""
    made = copy.copy(document)
    here = made
    for key in path[:-1]:
        here[key] = copy.copy(here[key])
        here = here[key]
    return made
