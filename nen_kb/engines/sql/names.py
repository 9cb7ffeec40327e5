"""Names as small whole numbers: tables hold codes, people read names.

All names share one dictionary, so that two columns may be compared whatever they are called.  The names that
rules use come first and in a fixed order: the same program gives the same statements for every cohort.
"""

from __future__ import annotations

from collections.abc import Iterable

from nen_kb.rules.ir import Comparison, Constant, Program


class Names:
    """A dictionary of names that only grows.  One cohort at a time; not for several threads."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._codes: dict[str, int] = {}
        self._names: list[str] = []
        for name in names:
            self.code(name)

    def __len__(self) -> int:
        return len(self._names)

    def code(self, name: str) -> int:
        """The code of a name, from 0 upwards; a new name gets the next one."""
        found = self._codes.get(name)
        if found is None:
            found = self._codes[name] = len(self._names)
            self._names.append(name)
        return found

    def name(self, code: int) -> str:
        """The name of a code; raises IndexError for one never given."""
        return self._names[code]

    def all(self) -> tuple[str, ...]:
        """Every name, each at the place of its code."""
        return tuple(self._names)


def names_of(program: Program) -> Names:
    """A dictionary that holds the names standing in the rules and in the headers of the trials."""
    found: set[str] = set()
    for rule in program.rules:
        for item in (rule.head, *rule.body):
            terms = (item.left, item.right) if isinstance(item, Comparison) else item.terms
            found |= {term.value for term in terms if isinstance(term, Constant) and isinstance(term.value, str)}
    for trial in program.trials:
        found.add(trial.id)
        found |= {clause.id for clause in trial.clauses}
    return Names(sorted(found))
