"""Checks of the structure of trials: headers, parts, and which rules may stand where."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from nen_kb.errors import Problem
from nen_kb.rules.headers import Document
from nen_kb.rules.ir import Atom, Clause, Constant, Header, Rule, Trial
from nen_kb.rules.reading import Reading

OUTCOMES = "outcomes.dl"
"""The only file that reads met and unmet."""


def check(reading: Reading) -> Iterator[Problem]:
    """Problems of clauses, of their parts and of the rules for met and unmet."""
    for document in reading.documents:
        if document.trial:
            yield from _trial(document, document.trial, reading)
    yield from _outcomes(reading)
    yield from _predicates(reading)


def _trial(document: Document, trial: Trial, reading: Reading) -> Iterator[Problem]:
    ids = Counter(clause.id for clause in trial.clauses)
    parents = Counter(part for clause in trial.clauses for part in clause.parts)
    heads: dict[str, dict[str, Rule]] = {}
    for rule in reading.rules:
        terms = rule.head.terms
        ours = rule.head.predicate in ("met", "unmet") and rule.place.file == document.file and len(terms) == 3
        if ours and isinstance(terms[2], Constant):
            heads.setdefault(str(terms[2].value), {}).setdefault(rule.head.predicate, rule)
    seen: set[str] = set()
    for clause in trial.clauses:
        place = clause.header.place

        def problem(code: str, message: str, remedy: str, place: object = place) -> Problem:
            return Problem(document.file, str(place.line), message, remedy, code)  # type: ignore[attr-defined]

        if clause.id in seen:
            yield problem(
                "duplicate-clause", f"{clause.id} is already a clause of {trial.id}", "Give it an id of its own."
            )
            continue
        seen.add(clause.id)
        yield from _header(document, clause)
        for part in clause.parts:
            if part not in ids:
                yield problem(
                    "undefined-part", f"{clause.id} names the part {part}, which is not there", f"Add `# ── {part} ──`."
                )
        if clause.parts and (clause.parent or clause.id in clause.parts):
            yield problem(
                "part-without-parent", f"{clause.id} is a part and has parts", "Make them parts of the whole clause."
            )
        if parents[clause.id] > 1:
            yield problem(
                "part-without-parent", f"{clause.id} is named as a part {parents[clause.id]} times", "Name it once."
            )
        whole = re.match(r"([A-Z]+\d+)[a-z]\Z", clause.id)
        if whole and not clause.parent:
            yield problem(
                "part-without-parent",
                f"{clause.id} is a part of no clause",
                f"Name it in `all` or `any` of {whole[1]}.",
            )
        own = heads.get(clause.id, {})
        if clause.parts:
            for rule in own.values():
                yield problem(
                    "wrong-clause", f"{clause.id} has parts and also a rule for {rule.head.predicate}",
                    "Only its parts have rules; outcomes.dl combines them.", rule.place,
                )  # fmt: skip
        elif len(own) == 1 or (not own and not clause.header.get("manual")):
            lacking = " and ".join(name for name in ("met", "unmet") if name not in own)
            yield problem(
                "met-without-unmet", f"{clause.id} has no rule for {lacking}",
                "Say what shows it true and what shows it not true; or, with no rules at all, why it is `manual`.",
            )  # fmt: skip


def _header(document: Document, clause: Clause) -> Iterator[Problem]:
    for name in ("quote", "reading"):
        if not clause.header.get(name) and not (name == "quote" and clause.parent):
            yield Problem(
                document.file, str(clause.header.place.line), f"{clause.id} has no {name}",
                f"Add `#: {name} …` below its heading.", "missing-header",
            )  # fmt: skip
    if clause.header.get("all") and clause.header.get("any"):
        yield Problem(
            document.file, str(clause.header.place.line), f"{clause.id} needs all parts and any part",
            "Keep one of `all` and `any`.", "header-value",
        )  # fmt: skip


def _outcomes(reading: Reading) -> Iterator[Problem]:
    outcomes = {rule.head.predicate for rule in reading.rules if rule.place.file == OUTCOMES}
    for rule in reading.rules:
        place = (rule.place.file, str(rule.place.line))
        head = rule.head.predicate
        if head in ("met", "unmet"):
            names = [str(t.value) if isinstance(t, Constant) else "" for t in rule.head.terms[1:]]
            if " ".join(names) != rule.place.clause or not rule.place.clause:
                where = rule.place.clause or "no clause"
                yield Problem(
                    *place, f"{rule.head} stands under {where}",
                    "Put the rule under the heading of the clause it speaks of.", "wrong-clause",
                )  # fmt: skip
        if rule.place.file == OUTCOMES:
            continue
        if head in outcomes:
            yield Problem(
                *place, f"{head} is an outcome and has a rule here", f"Only {OUTCOMES} defines it.", "outcome-elsewhere"
            )
        for item in rule.body:
            if isinstance(item, Atom) and (item.predicate in ("met", "unmet") or item.predicate in outcomes):
                yield Problem(
                    item.place.file, str(item.place.line), f"{item.predicate} is read outside {OUTCOMES}",
                    "What two clauses share is a predicate in concepts/.", "clause-refers-to-clause",
                )  # fmt: skip


def _predicates(reading: Reading) -> Iterator[Problem]:
    """Every predicate says what it means, and a sentence about it speaks of its own columns."""
    seen: set[str] = set()
    for rule in reading.rules:
        name = rule.head.predicate
        if name in ("met", "unmet") or name in seen:
            continue
        seen.add(name)
        header = reading.declared[name].header if name in reading.declared else rule.header
        if not (header.get("means") or header.get("concept")):
            yield Problem(
                rule.place.file, str(rule.place.line), f"nothing says what {name} means", "Add `#: means …` above it.",
                "missing-header",
            )  # fmt: skip
    for predicate in reading.declared.values():
        if predicate.role == "derived":
            words = {column.word for column in predicate.columns}
            yield from _says(predicate.header, words, predicate.name)


def _says(header: Header, words: set[str], name: str) -> Iterator[Problem]:
    for text in header.all("says"):
        for word in re.findall(r"\{([^{}]*)\}", text):
            if word not in words:
                yield Problem(
                    header.place.file, str(header.place.line),
                    f"the sentence of {name} speaks of {{{word}}}, no column of it",
                    f"Its columns are {' '.join(sorted(words))}.", "header-value",
                )  # fmt: skip
