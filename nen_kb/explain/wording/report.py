"""The English phrases of the report that are no headings: verdicts, windows, places in the timeline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nen_kb.explain.wording import STATUS, listed
from nen_kb.facts.dates import iso

DISCLAIMER = "Decision support for professionals: the record as read, not the decision."

VERDICT = {"eligible": "Eligible", "ineligible": "Ineligible", "undetermined": "Undetermined"}
VERDICT_MARK = {"eligible": "✓", "ineligible": "✗", "undetermined": "?"}
EFFECT = {"fails": "keeps the patient out", "open": "open", "passes": "passes"}
EFFECT_MARK = {"fails": "✗", "open": "?", "passes": "✓"}
GROUP = {"fails": "Keeps the patient out", "open": "Open", "passes": "Passes"}
PREMISE = {"holds": "holds", "open": "open", "fails": "does not hold", "": ""}
PREMISE_MARK = {"holds": "✓", "open": "?", "fails": "✗", "": ""}
LIFTED_BY = {"permanent": "only a corrected record", "record": "a later record", "time": "time alone"}
THEN = {"passed": "", "open": " (the clause is then open)", "failing": ""}
BECAUSE = {"missing": "data are missing", "conflict": "sources disagree", "judgement": "a person must judge"}
LANE = {
    "treatments": "Treatments",
    "imaging": "Imaging",
    "findings": "Findings",
    "measurements": "Laboratory and scores",
    "windows": "Windows that rules count back",
    "conditions": "Conditions",
    "declarations": "Declared complete",
}


_MOST_NAMED = 3


def verdict_sentence(
    verdict: str,
    words: Mapping[str, Sequence[str]],
    because: Sequence[str],
    recoverable: bool | None,
    only_time: bool,
) -> str:
    """The verdict in a sentence or two.

    ``words`` are those of the clauses in the way: ``inclusion`` and ``exclusion`` of the failing ones, else ``open``.
    """
    if verdict == "eligible":
        return "Every criterion passes on the record as read."
    said = [
        f"{name}: {listed(found)}." if len(found) <= _MOST_NAMED else f"{name}: {len(found)} criteria."
        for key, name in (("inclusion", "Not met"), ("exclusion", "Excluded by"), ("open", "Open"))
        if (found := words.get(key, ()))
    ]
    if verdict == "undetermined":
        why = listed([BECAUSE[word] for word in because])
        said.append(f"{why[:1].upper()}{why[1:]}.")
    elif only_time:
        said.append("Only time is needed.")
    else:
        said.append(
            "A later record could lift it." if recoverable else "Permanent: only a corrected record would lift it."
        )
    return " ".join(said)


def counted(count: int, unit: str) -> str:
    """``28 days``."""
    return f"{count} {unit if count != 1 else unit[:-1]}"


def window(counts: Sequence[tuple[int, str]], anchor: str) -> str:
    """``28 days before planned start``, ``24 to 1 months before index day``."""
    *first, last = counts
    same = all(unit == last[1] for _, unit in counts)
    said = [str(count) if same else counted(count, unit) for count, unit in first]
    words = f"{last[0]} {last[1]}" if first else counted(*last)
    return f"{' to '.join([*said, words])} before {ANCHOR[anchor]}"


ANCHOR = {"index_day": "index day", "planned_start": "planned start"}


def period(first: int, last: int | None) -> str:
    """A stretch of days of a timeline."""
    return f"from {iso(first)}" if last is None else f"{iso(first)} to {iso(last)}"


def results_of_day(names: Sequence[str]) -> str:
    """What was measured on one day."""
    return listed(names) if len(names) <= 6 else f"{', '.join(names[:5])} and {len(names) - 5} more"


def earlier(count: int) -> str:
    """Records before the picture begins."""
    return f"◂ {count} earlier {'record' if count == 1 else 'records'}, see the table"


def of_trials(clauses: Mapping[str, Sequence[str]]) -> str:
    """``NCT05610826 E3, E12 · START-NET I12``."""
    return " · ".join(f"{trial} {', '.join(ids)}" for trial, ids in clauses.items())


def more_rows(count: int) -> str:
    return f"and {count} more, see the table"


def picture(patient: str, first: int, last: int) -> str:
    """The title of a timeline."""
    return f"Timeline of {patient}, {iso(first)} to {iso(last)}"


def strip_title(trial: str) -> str:
    return f"{trial}: the verdict if nothing but time changes"


def change(clause: str, before: str, after: str, cause: str) -> str:
    """What begins a new period."""
    told = f"{STATUS.get(before, before)} → {STATUS.get(after, after)}"
    return f"{clause}: {told}{f' ({cause})' if cause else ''}"
