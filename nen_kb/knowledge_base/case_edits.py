"""Answers written into a case: what a person types becomes an entry of the case file, in the words of that format.

The case is the plain mapping of a case file; it is copied, never changed.  Whether an entry makes sense is for
the reader of case files to say.
"""

from __future__ import annotations

import contextlib
import copy
import re
from collections.abc import Mapping, MutableMapping, Sequence
from datetime import date
from typing import Any

from ruamel.yaml.comments import CommentedMap

from nen_kb.errors import PatientError, Problem
from nen_kb.explain.missing import Question
from nen_kb.explain.wording import interview as wording
from nen_kb.ontology import Ontology

Case = MutableMapping[str, Any]

YES = frozenset(("yes", "y", "present", "true", "positive"))
NO = frozenset(("no", "n", "absent", "false", "never", "negative", "none"))
_ON = re.compile(r"(.*?)\s*\bon\s+(\d{4}(?:-\d{2}){0,2})\s*\Z", re.IGNORECASE | re.DOTALL)
_LIMIT = re.compile(r"[,;]?\s*\b(upper|lower)\b(?:\s+limit)?\s*(?:of\s+)?:?\s*", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_DATE = r"\d{4}(?:-\d{2}){0,2}"
_SINCE = re.compile(rf"(.*?)\s*\bsince\s+({_DATE})\s*\Z", re.IGNORECASE)
_FROM = re.compile(rf"(.*?)\s*\bfrom\s+({_DATE})\s+to\s+({_DATE})\s*\Z", re.IGNORECASE)
_EXTENT = re.compile(r"\b(all|majority|minority|none)\b", re.IGNORECASE)
_SCORE = re.compile(r"(?<![\d.])([0-4](?:\s*-\s*[0-4])?)(?![\d.])")
_PLACE = re.compile(r"([a-z_]+)\[(\d+)\]\Z")
_ASPECTS = {
    "date": "date", "start": "started", "value": "value", "krenning": "krenning", "extent": "extent",
    "about": "about", "presence": "presence",
}  # fmt: skip
_CLASS_FIELDS = {"findings": "concept", "measurements": "observable", "imaging": "procedure", "treatments": "agent"}


def answered_case(case: Case, question: Question, text: str, options: Sequence[str], ontology: Ontology) -> Case:
    """The case with that answer.  ``options`` are the labels a choice offers, which its number may stand for.

    Raises PatientError, saying what to write, for an answer that cannot be understood.
    """
    changed = copy.deepcopy(case)
    _Writer(changed, question, options, ontology).write(text.strip())
    return changed


class _Writer:
    def __init__(self, case: Case, question: Question, options: Sequence[str], ontology: Ontology) -> None:
        self.case = case
        self.question = question
        self.options = options
        self.ontology = ontology

    def write(self, text: str) -> None:
        kind = self.question.kind
        if kind == "record":
            self.record(text)
        elif kind == "declare":
            self.declare(text)
        elif kind == "person":
            self.person(text)
        elif kind == "sharpen":
            self.sharpen(text)
        else:
            self.reconcile(text)

    # ── a further record ────────────────────────────────────────────────────

    def record(self, text: str) -> None:
        form = self.question.form
        dated = _ON.match(text)
        said, day = (dated[1].strip(), dated[2]) if dated else (text, str(self.case["index_date"]))
        label = self.ontology.label(self.question.concept)
        if form == "number":
            value, limits = _limits(said)
            self.append("measurements", {"observable": label, "value": value, "date": day, **limits})
        elif form == "scan":
            self.append("imaging", {"procedure": label, "date": day, **self.scan(said)})
        elif form == "treatment":
            self.treatment(text, label)
        elif form == "choice":
            self.append("findings", {"concept": self.chosen(said), "date": day})
        else:
            presence = {} if self.truth(said) else {"presence": "absent"}
            about = self.question.key.partition(":about:")[2]
            speaks = {"about": self.ontology.label(about)} if about else {}
            self.append("findings", {"concept": label, **presence, "date": day, **speaks})

    def treatment(self, text: str, label: str) -> None:
        """``no``, ``since 2026-01``, ``everolimus from 2024-06 to 2025-01``, ``on 2025-03-14``."""
        if text.casefold() in NO:
            for given in self.case.get("treatments") or ():
                course = self.ontology.find(str(given["agent"]))
                if self.ontology.isa(course, self.question.concept):
                    text = wording.is_one(self.ontology.label(course), label)
                    raise PatientError(Problem(wording.ANSWER, "", text, wording.FURTHER_ONE, "contradiction"))
            day = str(self.case["index_date"])
            self.append("findings", {"concept": label, "presence": "absent", "date": day})
            return
        for pattern, fields in ((_FROM, ("started", "ended")), (_SINCE, ("started",)), (_ON, ("date",))):
            match = pattern.match(text)
            if match:
                agent = match[1].strip()
                named = label if not agent or agent.casefold() in YES else agent
                entry: dict[str, Any] = {"agent": named, **dict(zip(fields, match.groups()[1:], strict=True))}
                if pattern is _SINCE:
                    entry["ongoing"] = True
                self.append("treatments", entry)
                return
        if text.casefold() in YES:
            self.append("treatments", {"agent": label})
            return
        raise self.problem(wording.HOW_TREATMENT)

    def scan(self, text: str) -> dict[str, Any]:
        """Score and extent, each where it is said; ``krenning 4, all``."""
        score, extent = _SCORE.search(text), _EXTENT.search(text)
        if score is None and extent is None:
            raise self.problem(wording.HOW_SCAN)
        entry: dict[str, Any] = {}
        if score is not None:
            entry["krenning"] = score[1].replace(" ", "")
        if extent is not None:
            entry["extent"] = extent[1].casefold()
        return entry

    # ── declarations and the person ─────────────────────────────────────────

    def declare(self, text: str) -> None:
        if not self.truth(text):
            raise self.problem(wording.NOT_COMPLETE)
        self.append("complete", {"domain": self.question.concept, "as_of": str(self.case["index_date"])})

    def person(self, text: str) -> None:
        what = self.question.concept
        if what == "sex":
            self.case["sex"] = {"f": "female", "m": "male"}.get(text.casefold(), text.casefold())
        elif what == "birth date":
            self.case["born"] = text
        elif what == "planned start":
            self.case["planned_start"] = text
        else:
            trial = what.partition(":")[2]
            number = re.fullmatch(r"(?:arm\s*)?(\d{1,2})", text, re.IGNORECASE)
            if number is None:
                raise self.problem(wording.HOW_ARM)
            self.case["arms"] = {**(self.case.get("arms") or {}), trial: int(number[1])}

    # ── records there are ───────────────────────────────────────────────────

    def sharpen(self, text: str) -> None:
        record, _, aspect = self.question.key.removeprefix("sharpen:").rpartition(":")
        section, entry = self.entry(record)
        if aspect == "class":
            entry[_CLASS_FIELDS["findings" if "concept" in entry else section]] = self.chosen(text)
        elif aspect == "end":
            self.end(section, entry, text)
        elif aspect == "limits":
            value, limits = _limits(text)
            entry.update(limits or {"upper_limit": value})
        elif aspect == "presence":
            entry["presence"] = "present" if self.truth(text) else "absent"
        elif aspect == "start" and "date" in entry and section == "treatments":
            entry["started"] = text
            entry["ended"] = entry.pop("date")
        elif aspect in ("krenning", "extent"):
            found = self.scan(text if aspect == "krenning" else self.chosen(text)).get(aspect)
            if found is None:
                raise self.problem(wording.HOW_SCAN)
            entry[aspect] = found
        else:
            field = "date" if section == "findings" and aspect == "start" else _ASPECTS[aspect]
            entry[field] = self.chosen(text) if aspect == "about" else text

    def end(self, section: str, entry: Case, text: str) -> None:
        if section == "findings":  # a treatment told as a finding becomes one that can have an end
            self.case["findings"].remove(entry)
            entry = {"agent": entry["concept"], **({"started": entry["date"]} if "date" in entry else {})}
            self.append("treatments", entry)
        if "date" in entry:
            entry["started"] = entry.pop("date")
        entry.pop("ended", None)
        entry.pop("ongoing", None)
        if text.casefold() in ("ongoing", "going on", "still", "not ended"):
            entry["ongoing"] = True
        else:
            entry["ended"] = text

    def reconcile(self, text: str) -> None:
        """The records of the other side are taken out."""
        wrong = self.question.key.removeprefix("reconcile:").split("+")
        choice = {"1": 0, "first": 0, "a": 0, "2": 1, "second": 1, "b": 1}.get(text.casefold())
        if choice is None or choice >= len(self.options):
            raise self.problem(wording.how_reconcile(len(self.options)))
        kept = self.options[choice]
        for record in sorted(wrong, key=_number, reverse=True):
            if f"({record})" not in kept:
                section, entry = self.entry(record)
                del self.case[section][next(i for i, other in enumerate(self.case[section]) if other is entry)]

    # ── small helps ─────────────────────────────────────────────────────────

    def entry(self, record: str) -> tuple[str, Case]:
        """The section and the entry of a record, by its path in the file."""
        match = _PLACE.match(record)
        if match is None:
            raise self.problem(wording.NOT_IN_FILE)
        section = match[1]
        found = self.case[section][int(match[2])]
        if not isinstance(found, MutableMapping):
            raise self.problem(wording.NOT_IN_FILE)
        return section, found

    def append(self, section: str, entry: Mapping[str, Any]) -> None:
        written = CommentedMap({key: _day(value) for key, value in entry.items()})
        written.fa.set_flow_style()  # one line an entry, as people write them
        if self.case.get(section):
            self.case[section].append(written)
        else:
            self.case[section] = [written]

    def chosen(self, text: str) -> str:
        """What a choice names: by its number, or in words."""
        if text.isdigit() and 1 <= int(text) <= len(self.options) and self.question.form == "choice":
            return self.options[int(text) - 1]
        return text

    def truth(self, text: str) -> bool:
        if text.casefold() in YES:
            return True
        if text.casefold() in NO:
            return False
        raise self.problem(wording.HOW_YES_NO)

    def problem(self, remedy: str) -> PatientError:
        return PatientError(Problem(wording.ANSWER, "", wording.NOT_UNDERSTOOD, remedy, "bad-answer"))


def _limits(text: str) -> tuple[str, dict[str, str]]:
    """A value and the limits named behind it: ``41 U/L, upper 35 U/L``."""
    value, *rest = _LIMIT.split(text)
    pairs = zip(rest[::2], rest[1::2], strict=True)
    return value.strip(" ,;"), {f"{word.casefold()}_limit": limit.strip(" ,;") for word, limit in pairs}


def _day(value: Any) -> Any:
    """A whole day as a date, which a file shows without quotes; anything else as it is."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        with contextlib.suppress(ValueError):  # the reader of case files says what is wrong with it
            return date.fromisoformat(value)
    return value


def _number(record: str) -> tuple[str, int]:
    match = _PLACE.match(record)
    return (match[1], int(match[2])) if match else (record, 0)
