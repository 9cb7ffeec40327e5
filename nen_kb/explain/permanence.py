"""Whether a failing clause stays failed: histology stays, a laboratory value may change."""

from __future__ import annotations

from nen_kb.explain.case import Judgement
from nen_kb.facts.normalise import Row
from nen_kb.rules.ir import Atom, Clause


def is_permanent(judgement: Judgement, trial: str, clause: str) -> bool:
    """Whether no later record and no passing of time would lift a failing clause.

    The clause's header ``changes`` decides, if it has one.  Otherwise the clause is permanent if some
    derivation of what fails it uses a predicate whose header says ``changes permanent``.  A clause with
    parts fails permanently if no part that could turn it can still change.  False for a clause that does not fail.
    """
    found = judgement.clause(trial, clause)
    fails = "unmet" if found.kind == "inclusion" else "met"
    return judgement.status(trial, clause) == fails and _lasts(judgement, found, fails)


def step_lasts(judgement: Judgement, predicate: str, row: Row | None) -> bool:
    """Whether a premise of a derivation lasts: by its own header, or by some derivation of the row."""
    return _is_lasting(judgement, predicate) or (row is not None and _derived_from_lasting(judgement, predicate, row))


def _lasts(judgement: Judgement, clause: Clause, status: str) -> bool:
    said = clause.header.get("changes")
    if said:
        return said == "permanent"
    if clause.mode == "single":
        rows = judgement.matches(status, (judgement.patient, clause.trial, clause.id))
        return any(_derived_from_lasting(judgement, status, row) for row in rows)
    parts = [judgement.clause(clause.trial, part) for part in clause.parts]
    lasting = [_lasts(judgement, part, status) for part in parts if judgement.status(clause.trial, part.id) == status]
    one_is_enough = (clause.mode, status) in (("all", "unmet"), ("any", "met"))
    return any(lasting) if one_is_enough else bool(lasting) and all(lasting)


def _derived_from_lasting(judgement: Judgement, predicate: str, row: Row) -> bool:
    """Whether some derivation of the row uses a lasting predicate, directly or further down."""
    key = ("lasting", predicate, row)
    if key not in judgement.memo:
        judgement.memo[key] = any(
            _is_lasting(judgement, step.item.predicate)
            or _derived_from_lasting(judgement, step.item.predicate, step.values)
            for instance in judgement.instances(predicate, row)
            for step in instance.steps
            if isinstance(step.item, Atom)
            and not step.item.negated
            and judgement.program.predicates[step.item.predicate].role == "derived"
        )
    return bool(judgement.memo[key])


def _is_lasting(judgement: Judgement, predicate: str) -> bool:
    return judgement.program.predicates[predicate].header.get("changes") == "permanent"
