"""The loaded ontology: names, codes, hierarchy, disjointness and observables, all answered from memory."""

from __future__ import annotations

import contextlib
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, cast

from nen_kb.errors import OntologyError, Problem
from nen_kb.ontology import cache, files, observables
from nen_kb.ontology.hierarchy import Hierarchy
from nen_kb.ontology.model import Code, Concept, Confidence, Match, Observable, OntologyData, Range, UnknownName, key
from nen_kb.resources import shipped

Domain = Literal["conditions", "treatments", "imaging"]

_DECIDING = ("exact", "narrow")
"""Matches by which a record with the code surely is a record of the class."""
_SYSTEM_ALIASES = {
    "SNOMED": "SNOMEDCT",
    "SCT": "SNOMEDCT",
    "RXCUI": "RXNORM",
    "NCI": "NCIT",
    "HPO": "HP",
    "DO": "DOID",
}
_CODE = re.compile(r"\s*([A-Za-z][A-Za-z0-9_.-]*)\s*:\s*(\S+)\s*")
"""A code with its system before it."""
_NESTED = ("ICD10", "ICD10CM")
"""Systems in which a longer code always lies inside the code it begins with."""


class Ontology:
    """Answers from one ontology; immutable, so that several knowledge bases and threads may share it."""

    def __init__(self, data: OntologyData) -> None:
        self._data = data
        classes = data["classes"]
        self.version: str = data["version"]
        """The ISO date of the root module's version IRI."""
        self.sha256: str = data["sha256"]
        parents = {name: entry["parents"] for name, entry in classes.items()}
        self._hierarchy = Hierarchy(parents, data["disjoint"], data["coincide"])
        apart = [self._hierarchy.descendants(name) for name, entry in classes.items() if entry["unrecorded"]]
        self.parts: frozenset[str] = frozenset().union(*apart)
        """Classes that only definitions of others use, such as ligands and radionuclides; found by no name."""
        self.names: frozenset[str] = frozenset(classes) - self.parts
        """The classes that a record can be of and a rule can ask about."""
        self._observables = observables.build(classes)
        self._domains: dict[str, Domain | None] = {}
        self._texts: dict[str, str] = {}
        self._codes: dict[tuple[str, str], str] = {}
        self._systems: set[str] = set()
        self._derived: dict[str, list[str]] = defaultdict(list)
        for name, entry in classes.items():
            if name in self.parts:
                continue
            for text in (name, entry["label"], *entry["synonyms"]):
                self._texts[key(text)] = name
            for system, code, match, _ in entry["codes"]:
                self._systems.add(system)
                if match in _DECIDING:
                    self._codes[system, code.upper()] = name
            if entry["derived_from"]:
                self._derived[entry["derived_from"]].append(name)

    @classmethod
    def load(cls, path: Path | None = None) -> Ontology:
        """The ontology whose root file is given; the shipped one if none is.

        Raises OntologyError with every problem found, each with file, place and remedy.
        """
        root = Path(path) if path is not None else _shipped_root()
        if root.is_dir():
            root = root / "nen.owl"
        fingerprint = None
        with contextlib.suppress(OSError, OntologyError):  # collect says what is wrong, with everything else
            fingerprint = files.fingerprint(root)
        if fingerprint is not None:
            data = cache.get(fingerprint)
            if data is not None:
                return cls(data)
        modules = files.collect(root)
        from nen_kb.ontology import checks, owl

        data = owl.read(modules)
        problems = checks.check(data, modules)
        if problems:
            raise OntologyError(problems)
        if fingerprint is not None:
            cache.put(fingerprint, data)
        return cls(data)

    def concept(self, local: str) -> Concept:
        """The class of that local name, for people.  Raises UnknownName."""
        entry = self._data["classes"][self._known(local)]
        codes = tuple(
            Code(system, code, cast(Match, match), cast(Confidence, confidence))
            for system, code, match, confidence in entry["codes"]
        )
        return Concept(
            name=local,
            label=entry["label"],
            definition=entry["definition"],
            source=entry["source"],
            synonyms=tuple(entry["synonyms"]),
            codes=codes,
            parents=tuple(entry["parents"]),
        )

    def label(self, local: str) -> str:
        """The preferred English label of the class.  Raises UnknownName."""
        return self._data["classes"][self._known(local)]["label"]

    def label_in(self, local: str, language: str) -> str | None:
        """The label of the class in that language (``sv``), or None where it has none.  Raises UnknownName."""
        entry = self._data["classes"][self._known(local)]
        return entry["label"] if language == "en" else entry["translations"].get(language)

    def find(self, text: str) -> str:
        """The local name of the class that a label, synonym, local name or code (``SYSTEM:code``) names.

        Case, spaces, hyphens and other punctuation do not matter.  Raises UnknownName with the nearest names.
        """
        code = _CODE.fullmatch(text) if ":" in text else None
        if code and self._system(code[1]) in self._systems:
            name = self.by_code(code[1], code[2])
            if name is not None:
                return name
            raise UnknownName(text, self._near_code(self._system(code[1]), code[2]))
        wanted = key(text)
        found = self._texts.get(wanted)
        if found is None:
            near = _near(wanted, self._texts, 8) if wanted else []
            labels = dict.fromkeys(self.label(self._texts[one]) for one in near)
            raise UnknownName(text, tuple(labels)[:4])
        return found

    def by_code(self, system: str, code: str) -> str | None:
        """The class that a record with the code surely is, or None.

        Codes that are wider than a class, or only close to it, do not make a record that class: they lead to a
        class above it, or to none.  A longer ICD-10 code falls back on the code it begins with.
        """
        system = self._system(system)
        wanted = code.strip().upper()
        found = self._codes.get((system, wanted))
        while found is None and system in _NESTED and len(wanted) > 3:
            wanted = wanted[:-1].rstrip(".")
            found = self._codes.get((system, wanted))
        return found

    def _system(self, system: str) -> str:
        plain = re.sub(r"[^A-Z0-9]", "", system.upper())
        return _SYSTEM_ALIASES.get(plain, plain)

    def _near_code(self, system: str, code: str) -> tuple[str, ...]:
        """Labels of classes that the code touches without deciding for them."""
        wanted = [system, code.upper()]
        return tuple(
            entry["label"]
            for entry in self._data["classes"].values()
            if any([known[0], known[1].upper()] == wanted for known in entry["codes"])
        )

    def _known(self, local: str) -> str:
        if local not in self._data["classes"]:
            raise UnknownName(local, tuple(_near(local, sorted(self.names), 4)))
        return local

    def isa(self, lower: str, upper: str) -> bool:
        """Whether every record of the first class is one of the second; true of a class and itself."""
        return self._known(upper) in self._hierarchy.ancestors(self._known(lower))

    def ancestors(self, local: str) -> frozenset[str]:
        """The class and all classes above it."""
        return self._hierarchy.ancestors(self._known(local))

    def descendants(self, local: str) -> frozenset[str]:
        """The class and all classes below it."""
        return self._hierarchy.descendants(self._known(local))

    def disjoint(self, one: str, other: str) -> bool:
        """Whether no record can be of both classes."""
        return self._known(other) in self._hierarchy.excluded(self._known(one))

    def overlaps(self, one: str, other: str) -> bool:
        """Whether a record might be of both classes: they are not disjoint."""
        return not self.disjoint(one, other)

    def path(self, lower: str, upper: str) -> tuple[str, ...]:
        """A shortest chain of subclass steps from the one class up to the other, both included; empty if none."""
        return self._hierarchy.path(self._known(lower), self._known(upper))

    def domain(self, local: str) -> Domain | None:
        """The domain whose declared completeness covers the class, or None if only a record settles it."""
        if local not in self._domains:
            named = (self._data["classes"][above]["domain"] for above in self.ancestors(local))
            self._domains[local] = cast("Domain | None", next(filter(None, named), None))
        return self._domains[local]

    def top(self, domain: Domain) -> str:
        """The top concept of a domain, which a record that was not understood is kept as."""
        for name, entry in self._data["classes"].items():
            if entry["domain"] == domain:
                return name
        raise UnknownName(domain, ())

    def observable(self, local: str) -> Observable | None:
        """Units, conversions and range of a quantity; None of anything else, also of a name that is no class."""
        return self._observables.get(local)

    def ranges(self, local: str) -> tuple[Range, ...]:
        """The cut-offs in the definition of a class, one range an observable: for NET G2 a Ki-67 index of 3 to 20.

        Whether the definition joins them by "and" or by "or" is not told.  Raises UnknownName.
        """
        return observables.ranges(self._data["classes"][self._known(local)]["ranges"])

    def derived(self, local: str) -> tuple[str, ...]:
        """The observables that are computed from a result of this one."""
        return tuple(sorted(self._derived.get(self._known(local), ())))

    def undecided_pairs(self, asked: Iterable[str]) -> list[tuple[str, str]]:
        """Pairs of a class asked about and a class of its branch of which nothing says whether they can coincide.

        A pair is decided if the two are disjoint, share a class below them, or an annotation says that they, or
        classes above them, may coincide.
        """
        found = []
        for name in sorted(set(asked)):
            self._known(name)
            tops = self._hierarchy.tops(name)
            universe = {below for above in tops for below in self._hierarchy.descendants(above)}
            found += [(name, other) for other in self._hierarchy.undecided(name, universe)]
        return found


def _shipped_root() -> Path:
    try:
        return shipped("ontology") / "nen.owl"
    except FileNotFoundError as error:
        remedy = "Install the package again, or name an ontology file."
        raise OntologyError(Problem("ontology/nen.owl", "", str(error), remedy, "unreadable")) from None


def _near(text: str, known: Iterable[str], limit: int) -> list[str]:
    """The known texts most like the given one, the nearest first."""
    import difflib  # only needed for an error; costs time at start

    return difflib.get_close_matches(text, known, n=limit, cutoff=0.6)
