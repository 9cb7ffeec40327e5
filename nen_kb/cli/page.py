"""``--format html``: one self-contained page, without scripts or anything from outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from nen_kb.cli.terminal import DISCLAIMER
from nen_kb.explain import because
from nen_kb.facts.dates import iso
from nen_kb.facts.records import Note
from nen_kb.knowledge_base import ClauseResult, Identity, TrialResult, Verdict

_STYLE = """
:root { color-scheme: light dark; --good: #1a7f37; --bad: #b3261e; --open: #8a5a00; --line: #8886; }
body { font: 16px/1.45 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1rem; }
h1, h2, h3 { line-height: 1.2; margin: 1.2em 0 .4em; }
.eligible, .passes { color: var(--good); } .ineligible, .fails { color: var(--bad); }
.undetermined, .open { color: var(--open); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-top: 1px solid var(--line); }
td ul { margin: .2rem 0 0; padding-left: 1.1rem; }
blockquote { margin: .2rem 0; padding-left: .6rem; border-left: 3px solid var(--line); }
details pre { white-space: pre-wrap; font-size: .85rem; }
.note { border: 1px solid var(--line); padding: .5rem .8rem; }
@media (max-width: 40rem) { td, th { display: block; border: 0; padding: 0 0 .2rem; }
  tr { display: block; border-top: 1px solid var(--line); padding: .4rem 0; } thead { display: none; } }
@media print { body { max-width: none; font-size: 10pt; } tr { break-inside: avoid; } }
"""
_EFFECT = {"fails": "keeps the patient out", "open": "open", "passes": "passes"}
_VERDICT = {
    Verdict.ELIGIBLE: "eligible",
    Verdict.INELIGIBLE: "ineligible",
    Verdict.UNDETERMINED: "undetermined",
}


def page(judged: Iterable[tuple[str, Sequence[TrialResult], Sequence[Note]]], identity: Identity) -> str:
    """Every patient with her verdicts, clauses, reasons and what was not understood."""
    lines = [
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>Eligibility</title><style>{_STYLE}</style></head><body>",
        f'<p class="note"><strong>{escape(DISCLAIMER)}</strong></p>',
    ]
    for file, results, notes in judged:
        lines += _patient(file, results, notes)
    rules, ontology = identity.rules_sha256[:12], identity.ontology_sha256[:12]
    lines.append(f"<footer><p>nen-kb {escape(identity.version)}, rules {rules}, ontology {ontology}</p></footer>")
    lines.append("</body></html>")
    return "\n".join(lines)


def _patient(file: str, results: Sequence[TrialResult], notes: Sequence[Note]) -> Iterator[str]:
    first = results[0]
    yield f"<section><h1>{escape(first.patient)}</h1>"
    yield f"<p>Judged on {iso(first.index_date)}, from {escape(file)}</p>"
    if first.assumptions:
        yield '<div class="note"><p><strong>Assumed, not on record</strong></p><ul>'
        yield from (f"<li>{escape(text)}</li>" for text in first.assumptions)
        yield "</ul></div>"
    for result in results:
        yield from _trial(result)
    if notes:
        yield f"<details><summary>{len(notes)} items not understood, set aside or read with care</summary><ul>"
        yield from (f"<li><code>{escape(n.path)}</code> {escape(n.message)}</li>" for n in notes)
        yield "</ul></details>"
    yield "</section>"


def _trial(result: TrialResult) -> Iterator[str]:
    word = _VERDICT[result.verdict]
    yield f'<h2>{escape(result.trial.title)}</h2><h3 class="{word}">{word.upper()}</h3>'
    if result.eligible_from is not None:
        yield f"<p>With the same record eligible from <strong>{iso(result.eligible_from)}</strong>.</p>"
    elif result.recoverable is not None:
        yield f"<p>{'A later record could lift it.' if result.recoverable else 'No later record would lift it.'}</p>"
    yield "<table><thead><tr><th>clause</th><th>the protocol</th><th>status</th></tr></thead><tbody>"
    ranked = [*result.failing, *result.undecided]
    for clause in (*ranked, *(clause for clause in result.clauses if clause not in ranked)):
        yield from _clause(clause)
    yield "</tbody></table>"


def _clause(clause: ClauseResult) -> Iterator[str]:
    effect = "fails" if clause.fails else "open" if clause.open else "passes"
    reasons = (
        [reason.text for reason in clause.reasons]
        if clause.open
        else because(clause.judgement, clause.clause.trial, clause.id)
    )
    words = escape(clause.clause.header.get("says") or clause.clause.quote)
    yield f"<tr><td><strong>{escape(clause.id)}</strong><br>{clause.clause.kind}</td>"
    yield f"<td>{words}<blockquote>{escape(clause.clause.quote)}</blockquote>"
    yield f"<details><summary>why</summary><pre>{escape(clause.explain(width=76))}</pre></details></td>"
    yield f'<td><span class="{effect}">{clause.status.value}: {_EFFECT[effect]}</span>'
    if reasons and effect != "passes":
        yield "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in dict.fromkeys(reasons)) + "</ul>"
    yield "</td></tr>"
