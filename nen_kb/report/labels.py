"""Names of classes in a second language, shown beside the English."""

from __future__ import annotations

from collections.abc import Iterable

from nen_kb.ontology import Ontology


class Labels:
    """The ontology's labels; with another language than English also those that it has in it."""

    def __init__(self, ontology: Ontology, language: str = "en") -> None:
        self.ontology = ontology
        self.language = language

    def english(self, name: str) -> str:
        """The English label; the name itself for what is no class."""
        return self.ontology.label(name) if name in self.ontology.names else name

    def other(self, name: str) -> str:
        """The label in the language asked for, or an empty text: for English, or where there is none."""
        if self.language == "en" or name not in self.ontology.names:
            return ""
        return self.ontology.label_in(name, self.language) or ""

    def others(self, names: Iterable[str]) -> tuple[str, ...]:
        """The labels of several classes in that language, each once."""
        return tuple(dict.fromkeys(label for name in names if (label := self.other(name))))

    def known_as(self, name: str) -> tuple[str, ...]:
        """Label and synonyms, as a protocol may write them."""
        if name not in self.ontology.names:
            return ()
        concept = self.ontology.concept(name)
        return concept.label, *concept.synonyms
