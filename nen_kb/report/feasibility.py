"""``page``: the feasibility document of a cohort as one HTML file for the meeting that plans a trial.

Needs the extra ``[cohort]`` for its plots.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from nen_kb.explain.wording import feasibility as wording
from nen_kb.explain.wording.report import DISCLAIMER
from nen_kb.report.feasibility_tables import problems_table
from nen_kb.report.feasibility_views import trial_view
from nen_kb.report.page import environment, style
from nen_kb.report.plots import drawing

FORMAT = "nen-kb feasibility 1"


def page(document: Mapping[str, Any]) -> str:
    """The page of a feasibility document (``summary.json`` of a cohort): every number of it, drawn and as a table.

    Raises ValueError for a document of another format.
    """
    if document.get("format") != FORMAT:
        raise ValueError(f"no feasibility document: its format is {document.get('format')!r}, not {FORMAT!r}")
    with drawing():
        trials = [trial_view(trial, document, f"t{number}") for number, trial in enumerate(document["trials"], 1)]
    return (
        environment()
        .get_template("feasibility.html")
        .render(
            trials=trials,
            changes=_changes(document),
            facts=_facts(document),
            identity=document["knowledge_base"],
            disclaimer=document.get("disclaimer") or DISCLAIMER,
            problems=document["problems"],
            unmapped=problems_table(document.get("unmapped") or ()),
            words=wording,
            style=_both(),
        )
    )


@lru_cache(1)
def _both() -> Markup:
    return Markup(style(environment(), "page.css", "feasibility.css"))


def _changes(document: Mapping[str, Any]) -> list[str]:
    """What was tried: clauses left out and limits changed, each in a sentence."""
    changes = document.get("changes") or {}
    says = {
        f"{trial['trial']}:{clause['clause']}": clause["says"]
        for trial in document["trials"]
        for clause in trial["clauses"]
    }
    left_out = []
    for each in changes.get("without") or ():
        trial, _, clause = each.rpartition(":")
        left_out.append(wording.without(trial or "every trial", clause, says.get(each, "")))
    return left_out + [
        wording.threshold(each["trial"], each["clause"], each["text"], each.get("affects") or ())
        for each in changes.get("thresholds") or ()
    ]


def _facts(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was counted: the cohort, where it comes from and the day judged."""
    return [
        ("Patients", wording.count(document["patients"])),
        ("Source", _source(document.get("source"))),
        ("Judged on", document.get("index_date") or "each patient's own index date"),
        ("Could not be read", wording.count(document["problems"])),
    ]


def _source(source: object) -> str:
    """A source in a line: its parts one after the other, without the hashes, which the manifest holds."""
    if isinstance(source, Mapping):
        return ", ".join(
            f"size: {wording.size(part)}" if name == "bytes" and isinstance(part, int) else f"{name}: {_source(part)}"
            for name, part in source.items()
            if part not in (None, "", [], {}) and not str(name).endswith("_sha256")
        )
    if isinstance(source, (list, tuple)):
        return ", ".join(map(_source, source))
    if isinstance(source, int) and not isinstance(source, bool):
        return wording.count(source)
    return "not named" if source is None else str(source)
