"""What the headers of the trials say, as rows that ``kb/outcomes.dl`` reads."""

from __future__ import annotations

from nen_kb.rules.ir import Program


def protocol_rows(program: Program) -> dict[str, frozenset[tuple[str | int, ...]]]:
    """single, all_of, any_of, part_of and criterion for every clause of every trial."""
    rows: dict[str, set[tuple[str | int, ...]]] = {
        name: set() for name in ("single", "all_of", "any_of", "part_of", "criterion")
    }
    predicate_of = {"single": "single", "all": "all_of", "any": "any_of"}
    for trial in program.trials:
        for clause in trial.clauses:
            rows[predicate_of[clause.mode]].add((trial.id, clause.id))
            if clause.parent:
                rows["part_of"].add((trial.id, clause.id, clause.parent))
            else:
                rows["criterion"].add((trial.id, clause.id, clause.kind))
    return {name: frozenset(found) for name, found in rows.items()}
