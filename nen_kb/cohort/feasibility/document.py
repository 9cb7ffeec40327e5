"""The feasibility document: everything that is told about a run, as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from nen_kb.cohort.feasibility import counts
from nen_kb.cohort.feasibility.gap import Gap
from nen_kb.cohort.feasibility.looking import Looking
from nen_kb.cohort.feasibility.near import Near
from nen_kb.cohort.feasibility.notes import unmapped
from nen_kb.cohort.feasibility.patterns import Patterns
from nen_kb.cohort.feasibility.sample import Chosen, Survey, survey
from nen_kb.cohort.feasibility.statuses import whole_clauses
from nen_kb.explain.wording.report import DISCLAIMER
from nen_kb.rules.ir import Clause, Trial

if TYPE_CHECKING:
    from nen_kb.cohort.feasibility.feasibility import Feasibility

FORMAT = "nen-kb feasibility 1"


Progress = Callable[[int, int], None]
"""Is told how many of how many patients have been looked at."""


def document(
    found: Feasibility, patterns: Mapping[str, Patterns], sample: int, progress: Progress | None = None
) -> dict[str, Any]:
    """The whole document; see ``Feasibility.document``."""
    manifest = found.run.manifest
    looked = _Looked(found, sample, progress)
    return {
        "format": FORMAT,
        "knowledge_base": manifest["knowledge_base"],
        "source": manifest.get("source"),
        "index_date": manifest.get("index_date"),
        "patients": found.run.patients,
        "changes": {
            "without": found.left_out.to_json(),
            "thresholds": found.tried.to_json() if found.thresholds else [],
        },
        "sample": sample if found.run.has_documents else 0,
        "trials": [_trial(found, trial, patterns[trial.id], looked) for trial in found.trials],
        "problems": manifest.get("problems", 0),
        "unmapped": unmapped(found.run),
        "disclaimer": DISCLAIMER,
    }


def _trial(found: Feasibility, trial: Trial, patterns: Patterns, looked: _Looked) -> dict[str, Any]:
    clauses = whole_clauses(trial)
    gap = looked.gaps[trial.id]
    return {
        "trial": trial.id,
        "title": trial.title,
        "registry": trial.header.get("registry"),
        "version": trial.version,
        "verdicts": counts.verdict_counts(patterns),
        "interval": counts.interval(patterns),
        "clauses": [
            {
                "clause": clause.id,
                "kind": clause.kind,
                "says": says_of(clause),
                "quote": clause.quote,
                "left_out": clause.id in patterns.left_out,
                "parts_left_out": [part for part in clause.parts if part in found.left_out.parts(trial)],
                **counts.clause_counts(patterns, place),
            }
            for place, clause in enumerate(clauses)
        ],
        "attrition": {
            "protocol": counts.attrition(patterns, patterns.counted),
            "best": counts.attrition(patterns, counts.best_order(patterns)),
        },
        "overlap": counts.overlap(patterns),
        "alike": counts.alike(patterns),
        "gap": {
            "patients": gap.patients,
            "sampled": len(gap.chosen),
            "clauses": counts.gap_clauses(patterns),
            **gap.to_json([clause.id for clause in clauses]),
        },
        "near": [each.to_json() for each in looked.near[trial.id]],
    }


def says_of(clause: Clause) -> str:
    """What a clause asks, in short words."""
    return clause.header.get("says") or clause.quote


class _Looked:
    """What the patients of the samples lack, each of them judged once for all questions and trials."""

    def __init__(self, found: Feasibility, sample: int, progress: Progress | None) -> None:
        size = sample if found.run.has_documents else 0
        surveys = survey(found.reader, size)
        empty = {trial.id: Survey(tuple(each.id for each in whole_clauses(trial)), size) for trial in found.trials}
        self.gaps: dict[str, Gap] = {}
        self.near: dict[str, list[Near]] = {}
        jobs: dict[int, list[tuple[Trial, Chosen, Gap | Near]]] = {}
        for trial in found.trials:
            mine = surveys.get(trial.id, empty[trial.id])
            gap = self.gaps[trial.id] = Gap(mine.gap.patients, mine.gap.chosen(size))
            near = self.near[trial.id] = [
                Near(clause, part, says_of(trial.clause(part)), group.patients, chosen)
                for clause, part, group, chosen in mine.nearest()
            ]
            groups: list[Gap | Near] = [gap, *near]
            for each in groups:
                for chosen in each.chosen:
                    jobs.setdefault(chosen.number, []).append((trial, chosen, each))
        self._look(found, jobs, progress)

    def _look(
        self,
        found: Feasibility,
        jobs: Mapping[int, list[tuple[Trial, Chosen, Gap | Near]]],
        progress: Progress | None,
    ) -> None:
        looking = Looking(found.run, found.kb, found.program)
        for done, (number, judgement) in enumerate(looking.judgements(jobs), start=1):
            for trial, chosen, each in jobs[number]:
                looking.check(judgement, trial.id, chosen)
                if isinstance(each, Gap):
                    each.look(judgement, trial, chosen.open)
                else:
                    each.look(judgement, trial.id)
            if progress is not None:
                progress(done, len(jobs))
