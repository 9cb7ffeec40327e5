"""``page``: one self-contained HTML file, without scripts or anything from outside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from nen_kb.explain.missing import Missing
from nen_kb.explain.wording.report import DISCLAIMER
from nen_kb.facts.records import Note
from nen_kb.knowledge_base import Identity, TrialResult
from nen_kb.report.labels import Labels
from nen_kb.report.views import patient_view

_DAY = re.compile(r"\b\d{4}-\d\d-\d\d\b")


@dataclass(frozen=True)
class Sheet:
    """What the page shows of one patient."""

    file: str
    results: Sequence[TrialResult]
    notes: Sequence[Note] = ()
    """What was not understood."""
    missing: Missing | None = None
    """What to find out next."""


def page(
    sheets: Iterable[Sheet],
    identity: Identity,
    *,
    labels: str = "en",
    opened: str = "",
    unread: Sequence[Note] = (),
) -> str:
    """Every patient with her verdicts, clauses, reasons, records and what was not understood.

    ``labels`` is the language of a second label beside names (``sv``).  ``opened`` names a clause whose proof
    alone is open at first; by default those that keep the patient out are.  ``unread`` are notes about files.
    """
    patients = [
        patient_view(
            sheet.file, sheet.results, sheet.notes, f"p{number}",
            Labels(sheet.results[0].judgement.ontology, labels), sheet.missing, opened,
        )
        for number, sheet in enumerate(sheets, 1)
        if sheet.results
    ]  # fmt: skip
    return (
        environment()
        .get_template("page.html")
        .render(patients=patients, identity=identity, disclaimer=DISCLAIMER, language=labels, unread=unread)
    )


@lru_cache(1)
def environment() -> Environment:
    """Templates of reports: every text escaped, and visible."""
    made = Environment(
        loader=PackageLoader("nen_kb.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    made.globals["style"] = Markup(style(made, "page.css"))
    made.filters["words"] = words
    return made


def style(templates: Environment, *names: str) -> str:
    """Style sheets one after the other, as small as they go without a tool."""
    assert templates.loader is not None
    text = "\n".join(templates.loader.get_source(templates, name)[0] for name in names)
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)).strip()


def _shown(value: object) -> object:
    """What a template prints: made markup as it is, any other text visible."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def visible(text: str) -> str:
    """Text of a record without control characters, those that turn the direction of writing included."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def words(text: str) -> Markup:
    """Visible text in which no day is broken over two lines."""
    return Markup(_DAY.sub(r'<span class="nw">\g<0></span>', str(escape(visible(text)))))
