"""An assumption in a few words, read as an entry of the case file.

The text begins with a name of the ontology, the longest that fits, as a case file may write it; what follows
must be understood to its last word.  Quantities and dates are left as they are written for the case
file's own readers.  Nothing is guessed: a text that can be read in two ways is refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from nen_kb.ontology import Ontology, UnknownName
from nen_kb.sources.document import Value, shown

MAX_TEXT = 200
DOMAINS = ("conditions", "treatments", "imaging")

FORMS = (
    "hemoglobin 95 g/L", "no brain metastases", "everolimus ended 2026-10-01", "octreotide ongoing",
    "68Ga-DOTATATE PET/CT, Krenning 3, extent all", "sex female", "arm 2 of NCT05610826", "treatments complete",
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """One assumption in the words of the case file: the list it would stand in, and what would stand there."""

    section: str
    """``findings``, ``measurements``, …, or ``person`` for what a case file says at its head."""
    data: Mapping[str, Value]
    denied_with: str = ""
    """Of a denial in words, the first of them: ``no``, ``without`` or ``never``."""


class Unclear(ValueError):
    """A text that cannot be read, or not in one way only."""

    def __init__(self, message: str, remedy: str, code: str) -> None:
        super().__init__(message)
        self.message, self.remedy, self.code = message, remedy, code


def read_words(text: str, ontology: Ontology) -> Entry:
    """The entry of the case file that the text means; raises Unclear."""
    if len(text) > MAX_TEXT:
        raise Unclear(f"the text is longer than {MAX_TEXT} characters", "Assume one thing at a time", "too-large")
    if not text.isprintable():
        raise Unclear("the text holds control characters", "Remove them", "control-characters")
    plain = " ".join(re.sub(r"([<>=≤≥⩽⩾]+)", r" \1 ", text).split())
    if not plain:
        raise Unclear("there is nothing to assume", _examples(), "empty")
    return _of_person(plain) or _of_domain(plain) or _of_class(plain, ontology)


# ── the person, the domains ─────────────────────────────────────────────────

_SEX = re.compile(r"sex:? (\S+)", re.IGNORECASE)
_BORN = re.compile(r"born(?: (?:on|in))? (\S+)", re.IGNORECASE)
_START = re.compile(r"(?:the )?planned start(?: of (?:study )?treatment)?:?(?: on)? (\S+)", re.IGNORECASE)
_ARM = re.compile(r"arm (\S+)(?: (?:of|in) (\S+))?", re.IGNORECASE)
_INDEX = re.compile(r"(?:the )?(?:index (?:date|day)|as of)\b.*", re.IGNORECASE)


def _of_person(plain: str) -> Entry | None:
    if found := _SEX.fullmatch(plain):
        return Entry("person", {"sex": found[1]})
    if found := _BORN.fullmatch(plain):
        return Entry("person", {"born": found[1]})
    if found := _START.fullmatch(plain):
        return Entry("person", {"planned_start": found[1]})
    if _INDEX.fullmatch(plain):
        message = "the day judged is no fact about the patient"
        raise Unclear(message, "Judge on another day with --as-of DATE, or with another index_date", "index-date")
    if found := _ARM.fullmatch(plain):
        if found[2] is None:
            raise Unclear(f"arm {found[1]} of which trial", "Write it as 'arm 2 of NCT05610826'", "which-trial")
        return Entry("person", {"arms": {found[2]: found[1]}})
    return None


_COMPLETE = re.compile(
    rf"(?:the )?(?:record of )?({'|'.join(DOMAINS)}) complete(?: (?:on|as of|up to) (\S+))?", re.IGNORECASE
)


def _of_domain(plain: str) -> Entry | None:
    found = _COMPLETE.fullmatch(plain)
    if found is None:
        return None
    return Entry("complete", {"domain": found[1].lower()} | ({"as_of": found[2]} if found[2] else {}))


# ── a class of the ontology, and what is said of it ─────────────────────────

_DENIED = re.compile(r"(?:no|without|never) ", re.IGNORECASE)


@dataclass(frozen=True)
class _Named:
    """A text split behind the name it begins with."""

    name: str
    """As written."""
    local: str
    tail: str


def _of_class(plain: str, ontology: Ontology) -> Entry:
    named = _split(plain, ontology)
    denial = _DENIED.match(plain)
    denied = _split(plain[denial.end() :], ontology) if denial else None
    if named and denied:
        own, other = ontology.label(named.local), ontology.label(denied.local)
        message = f"{shown(named.name)} is a name of its own ({own}), and also the denial of {other}"
        raise Unclear(message, f"Write '{other} absent' or '{own}'", "ambiguous")
    if denial and denied:
        return replace(_denial(denied, ontology), denied_with=denial[0].strip().lower())
    if named is None:
        raise _unknown(plain[denial.end() :] if denial else plain, ontology)
    if ontology.observable(named.local) or ontology.isa(named.local, "Observable"):
        return _measurement(named)
    domain = ontology.domain(named.local)
    if domain == "treatments":
        return _treatment(named)
    return _scan(named) if domain == "imaging" else _finding(named)


_NAME = re.compile(r"[\w\s%(),./:'’‐‑–²³-]+")


def _split(plain: str, ontology: Ontology) -> _Named | None:
    """The longest name the text begins with, and the rest; None if it begins with none."""
    words = plain.split(" ")
    for count in range(len(words), 0, -1):
        head = " ".join(words[:count])
        if not _NAME.fullmatch(head) or not any(letter.isalnum() for letter in words[count - 1]):
            continue
        try:
            local = ontology.find(head)
        except UnknownName:
            continue
        return _Named(head.rstrip(",:"), local, " ".join(words[count:]))
    return None


def _unknown(plain: str, ontology: Ontology) -> Unclear:
    """The names nearest to the words before the first number or word that begins a statement."""
    words = plain.split(" ")
    ends = (n for n, word in enumerate(words) if n and (_ENDS_NAME.fullmatch(word) or word[0] in "<>=≤≥⩽⩾0123456789"))
    stem = " ".join(words[: next(ends, len(words))])
    try:
        ontology.find(stem)
        near: tuple[str, ...] = ()
    except UnknownName as unknown:
        near = unknown.suggestions
    remedy = f"Did you mean {' or '.join(shown(name) for name in near[:3])}?" if near else _examples()
    return Unclear(f"{shown(plain)} begins with no name of the ontology", remedy, "unknown-name")


_ENDS_NAME = re.compile(
    r"on|in|since|from|until|ended|stopped|started|begun|ongoing|present|absent|unknown|complete|above|below",
    re.IGNORECASE,
)
_DATED = re.compile(r"(?:(.*?)[,;]? )?(?:on|in|dated) ([0-9]{4}(?:-\S*)?)", re.IGNORECASE)


def _dated(tail: str) -> tuple[str, dict[str, Value]]:
    """What stands before the date at the end of a text, and the date."""
    found = _DATED.fullmatch(tail)
    return ((found[1] or "").strip(" ,;"), {"date": found[2]}) if found else (tail.strip(" ,;"), {})


def _left_over(named: _Named, tail: str, remedy: str) -> Unclear:
    return Unclear(f"{shown(tail)} is not understood behind {shown(named.name)}", remedy, "not-understood")


def _denial(named: _Named, ontology: Ontology) -> Entry:
    tail, date = _dated(named.tail)
    if ontology.observable(named.local) or ontology.isa(named.local, "Observable"):
        message = f"{shown(named.name)} is something with a number and cannot be denied"
        raise Unclear(message, f"Say which number it has, or write '{named.name} unknown'", "not-a-finding")
    if ontology.domain(named.local) == "imaging":
        message = f"that there was no {shown(named.name)} is not recorded"
        raise Unclear(message, "Assume 'imaging complete', or the scan with its score", "not-a-finding")
    if tail:
        raise _left_over(named, tail, f"Write 'no {named.name}', perhaps with 'on 2026-11-01'")
    return Entry("findings", {"concept": named.name, "presence": "absent", **date})


_STATED = re.compile(r"(?:is )?(present|absent|unknown)", re.IGNORECASE)
_ABOUT = re.compile(r"(?:(present|absent|unknown)[,;]? )?(?:of|about) (.+)", re.IGNORECASE)


def _finding(named: _Named) -> Entry:
    tail, date = _dated(named.tail)
    entry: dict[str, Value] = {"concept": named.name}
    if found := _STATED.fullmatch(tail):
        entry["presence"] = found[1].lower()
    elif found := _ABOUT.fullmatch(tail):
        entry |= {"presence": (found[1] or "present").lower(), "about": found[2]}
    elif tail:
        remedy = f"Write '{named.name}' or '{named.name} absent', perhaps with 'on 2026-11-01'"
        raise _left_over(named, tail, remedy)
    return Entry("findings", {**entry, **date})


_LIMIT = re.compile(r"(?:^|[,;]? )(upper|lower) limit(?: of normal)?:? |(?:^|[,;]? )(ULN|LLN) ", re.IGNORECASE)
_SIGNS = (
    (re.compile(r"(?:below|under|less than) ", re.IGNORECASE), "< "),
    (re.compile(r"(?:above|over|more than) ", re.IGNORECASE), "> "),
    (re.compile(r"at least ", re.IGNORECASE), ">= "),
    (re.compile(r"at most ", re.IGNORECASE), "<= "),
)


def _measurement(named: _Named) -> Entry:
    tail, date = _dated(named.tail)
    tail = re.sub(r"\A(?:is|of|:|=) (?=\S)", "", tail, flags=re.IGNORECASE)
    places = list(_LIMIT.finditer(tail))
    ends = [*(place.start() for place in places[1:]), len(tail)][: len(places)]
    value = tail[: places[0].start()] if places else tail
    limits: dict[str, Value] = {}
    for place, end in zip(places, ends, strict=True):
        key = "upper_limit" if (place[1] or place[2]).lower() in ("upper", "uln") else "lower_limit"
        if key in limits:
            raise Unclear(f"there are two {key.replace('_', ' ')}s", "Keep one of them", "duplicate-key")
        limits[key] = tail[place.end() : end]
    for words, sign in _SIGNS:
        value = words.sub(sign, value, count=1) if words.match(value) else value
    if not value:
        message = f"{shown(named.name)} is something with a number, and none is given"
        raise Unclear(message, "Write it with its value and unit, such as 'hemoglobin 95 g/L'", "no-value")
    return Entry("measurements", {"observable": named.name, "value": value, **limits, **date})


_DAY = r"(?:on |in )?([0-9]\S*)"
_ENDED = re.compile(rf"(?:was )?(?:ended|stopped|until) {_DAY}", re.IGNORECASE)
_SINCE = re.compile(rf"(?:ongoing )?since {_DAY}(?:[,;]? (?:and )?ongoing)?", re.IGNORECASE)
_STARTED = re.compile(rf"(?:was )?(?:started|begun) {_DAY}([,;]? (?:and )?ongoing)?", re.IGNORECASE)
_COURSE = re.compile(
    rf"(?:from |since |started |begun )?{_DAY}[,;]? (?:to|until|-|–|(?:and )?ended|(?:and )?stopped) {_DAY}",
    re.IGNORECASE,
)
_ONCE = re.compile(_DAY, re.IGNORECASE)


def _treatment(named: _Named) -> Entry:
    tail = named.tail.strip(" ,;")
    entry: dict[str, Value] = {"agent": named.name}
    if found := _COURSE.fullmatch(tail):
        entry |= {"started": found[1].rstrip(",;"), "ended": found[2]}
    elif found := _ENDED.fullmatch(tail):
        entry |= {"ended": found[1]}
    elif found := _SINCE.fullmatch(tail):
        entry |= {"started": found[1].rstrip(",;"), "ongoing": True}
    elif found := _STARTED.fullmatch(tail):
        entry |= {"started": found[1].rstrip(",;")} | ({"ongoing": True} if found[2] else {})
    elif tail.lower() in ("ongoing", "is ongoing"):
        entry["ongoing"] = True
    elif found := _ONCE.fullmatch(tail):
        entry["date"] = found[1]
    else:
        return _stated_treatment(named, tail)
    return Entry("treatments", entry)


def _stated_treatment(named: _Named, tail: str) -> Entry:
    rest, date = _dated(tail)
    if rest.lower() == "absent":
        return Entry("findings", {"concept": named.name, "presence": "absent", **date})
    name = named.name
    remedy = f"Write '{name} ongoing', '{name} since 2024-06', '{name} ended 2026-10-01' or '{name} on 2026-10-01'"
    if not tail:
        raise Unclear(f"it is not said when {shown(name)} was given", remedy, "ambiguous")
    raise _left_over(named, tail, remedy)


_PART = re.compile(
    r"(krenning(?: score)?|(?:extent(?: of uptake)?|uptake)(?: in)?):? ([^,;]+?)(?:[,;]? (?=[a-z])|[,;]?\Z)",
    re.IGNORECASE,
)


def _scan(named: _Named) -> Entry:
    tail, date = _dated(named.tail)
    entry: dict[str, Value] = {"procedure": named.name, **date}
    while tail:
        found = _PART.match(tail)
        key = "krenning" if found and found[1].lower().startswith("krenning") else "extent"
        if found is None or key in entry:
            remedy = f"Write '{named.name}, Krenning 3, extent all', perhaps with 'on 2026-11-01'"
            raise _left_over(named, tail, remedy)
        entry[key] = found[2]
        tail = tail[found.end() :]
    return Entry("imaging", entry)


def _examples() -> str:
    return "Write for example " + ", ".join(f"'{form}'" for form in FORMS[:4])
