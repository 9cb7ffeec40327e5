"""A small ontology and a builder of knowledge bases for the tests of the rules."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

FIXTURES = Path(__file__).resolve().parents[2] / "rules"
"""The fixtures of the checks: ``base`` is a whole knowledge base, ``good`` and ``bad`` change files of it."""

PARENTS = {
    "LiverTumor": "Tumor", "LungTumor": "Tumor", "Tumor": "Disease", "Cirrhosis": "Disease", "Disease": "Condition",
    "Hemoglobin": "Observable", "Bilirubin": "Observable", "Score": "Observable",
}  # fmt: skip


@dataclass(frozen=True)
class SmallObservable:
    """An observable with its canonical unit."""

    unit: str
    equations: tuple[tuple[str, Fraction], ...] = ()


class SmallOntology:
    """Eleven classes in a tree: two classes overlap if one is below the other."""

    names = frozenset(PARENTS) | frozenset(PARENTS.values())
    undecided: tuple[tuple[str, str], ...] = ()

    def observable(self, local: str) -> SmallObservable | None:
        return {
            "Hemoglobin": SmallObservable("g/L", (("mmol/L", Fraction("16.114")),)),
            "Bilirubin": SmallObservable("umol/L", (("mg/dL", Fraction("17.104")),)),
            "Score": SmallObservable("1"),
        }.get(local)

    def undecided_pairs(self, asked: Iterable[str]) -> Sequence[tuple[str, str]]:
        return [pair for pair in self.undecided if pair[0] in set(asked)]


@pytest.fixture
def ontology() -> SmallOntology:
    return SmallOntology()


@pytest.fixture
def build(tmp_path: Path) -> Callable[[str | Mapping[str, str]], Path]:
    """Makes a folder of rules: the base, with the changes of a fixture.

    A fixture's text stands for ``concepts/example.dl``, up to a line that says otherwise:
    ``#! file <path>`` begins a whole file, ``#! remove <path>`` takes one away, and behind
    ``#! change <path>`` a line ``- text`` takes a line out, ``@ text`` finds one, and ``+ text`` puts a
    line in at that place, or at the end if no place was found.
    """

    def make(text: str | Mapping[str, str]) -> Path:
        folder = tmp_path / "kb"
        shutil.copytree(FIXTURES / "base", folder, dirs_exist_ok=True)
        files: dict[str, list[str]] = {}
        if isinstance(text, Mapping):
            files = {name: content.split("\n") for name, content in text.items()}
        else:
            _apply(text, folder, files)
        for name, lines in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(lines), encoding="utf-8")
        return folder

    return make


def _apply(text: str, folder: Path, files: dict[str, list[str]]) -> None:
    """Reads the changes of a fixture into the lines of files."""
    current, changing, at = "concepts/example.dl", False, 0
    for line in text.split("\n"):
        if line.startswith("#! "):
            word, current = line[3:].split()
            changing = word == "change"
            if word == "remove":
                (folder / current).unlink()
            elif changing:
                files[current] = (folder / current).read_text(encoding="utf-8").split("\n")
                at = len(files[current])
        elif not changing:
            if line.strip() or current in files:
                files.setdefault(current, []).append(line)
        elif line.startswith("+ "):
            files[current].insert(at, line[2:])
            at += 1
        elif line.startswith(("- ", "@ ")):
            at = files[current].index(line[2:])
            if line.startswith("- "):
                del files[current][at]
            else:
                at += 1
