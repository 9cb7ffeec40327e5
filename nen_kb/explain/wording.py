"""Every English phrase of the explanations that is no number, day or record (for those see ``describe``).

Texts speak of the patient or the record.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from nen_kb.explain.describe import days, number
from nen_kb.facts.dates import FAR_FUTURE, Days, iso
from nen_kb.facts.values import GRID

STATUS = {"met": "met", "unmet": "not met", "unknown": "unknown", "conflicting": "sources disagree"}
KEEPS_OUT = "keeps the patient out"
OPERATORS = {"<": "below", "<=": "at most", ">": "above", ">=": "at least", "==": "equal to", "!=": "other than"}


# ── reasons ─────────────────────────────────────────────────────────────────


def listed(texts: Sequence[str], last: str = "and") -> str:
    """``a, b and c``."""
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} {last} {texts[-1]}" if texts else ""


def missing_measurement(label: str) -> str:
    return f"no {label} on record"


def missing_statement(label: str) -> str:
    return f"nothing on record about {label}"


def missing_person(concept: str) -> str:
    return f"the {concept} is not on record"


def missing_limit(text: str, result: str) -> str:
    return f"{text}: {result}"


def missing_score(scan: str) -> str:
    return f"no Krenning score with {scan}"


def missing_extent(scan: str) -> str:
    return f"the extent of uptake is not on record with {scan}"


def missing_about(text: str) -> str:
    return f"{text} does not name the finding it speaks of"


def unclear(text: str) -> str:
    return f"{text} leaves it open"


def unsettled(text: str, label: str) -> str:
    return f"{text} alone does not settle {label}"


def not_complete(domain: str) -> str:
    return f"the record of {domain} is not declared complete"


def complete_too_early(domain: str, declared: int, day: int) -> str:
    return f"the record of {domain} is declared complete only up to {iso(declared)}, not up to {iso(day)}"


def wrong_method(others: Sequence[str], label: str) -> str:
    return f"{listed(others)} {'does' if len(others) == 1 else 'do'} not count as {label}"


def too_general(text: str, asked: str) -> str:
    return f"{text} is too general to tell whether it is {asked}"


def date_unsure(text: str, bound: str) -> str:
    side = f"on which side of {bound} it lies" if bound else "the order of events"
    return f"the date of {text} leaves open {side}"


def latest_unsure(texts: Sequence[str]) -> str:
    return f"the dates leave open which is the latest: {listed(texts)}"


def age_unsure(born: Days | None, low: int, high: int) -> str:
    text = f"the age may be {low // GRID} or {high // GRID}"
    return f"{text}: birth date {days(born.first, born.last)}" if born else text


def astride(text: str, bound: str) -> str:
    return f"{text} lies on both sides of the limit{f' {bound}' if bound else ''}"


def computed_astride(label: str, value: str, bound: str) -> str:
    return f"the {label} is {value}, on both sides of the limit{f' {bound}' if bound else ''}"


def unusable(text: str, why: str) -> str:
    return f"{text} cannot be used: {why}" if why else f"{text} cannot be used"


def no_arm(trial: str) -> str:
    return f"not yet randomised: no arm of {trial} on record"


def disagree(pro: Sequence[str], contra: Sequence[str]) -> str:
    return f"for it speaks {listed(pro) or 'the record'}; against it {listed(contra) or 'the record'}"


def overtaken(text: str) -> str:
    return f"what is on record is overtaken or called into question by {text}"


def nothing_settles(lacking: Sequence[str]) -> str:
    return f"what is on record does not settle it{': ' if lacking else ''}{listed(lacking)}"


def person_must_judge(manual: str, missing: Sequence[str]) -> str:
    """``missing`` says what is not on record."""
    return f"{'; '.join(missing)}. {manual}" if missing else manual


# ── proofs ──────────────────────────────────────────────────────────────────


def lower_first(sentence: str) -> str:
    """A sentence as a part of another: without its full stop, the first letter small unless it is a name."""
    text = sentence.strip().rstrip(".")
    head = text.split(" ", 1)[0]
    return text[:1].lower() + text[1:] if head[1:].islower() or len(head) == 1 else text


def kind_of(narrow: str, wide: str) -> str:
    return f"{narrow} is a kind of {wide}"


def no_kind_of(one: str, other: str) -> str:
    return f"{one} is no kind of {other}"


def of_kind(wide: str) -> str:
    """Of a record just named."""
    return f"a kind of {wide}"


def not_of_kind(other: str) -> str:
    """Of a record just named."""
    return f"no kind of {other}"


def cannot_be(other: str) -> str:
    return f"cannot be {other}"


def without_article(text: str) -> str:
    """``GFR by …`` for ``a GFR by …``."""
    return re.sub(r"\A(?:an?|the) ", "", text)


def compared(left: str, op: str, right: str, holds: bool = True) -> str:
    """``121 g/L is above 90 g/L``."""
    return f"{left} is {'' if holds else 'not '}{OPERATORS[op]} {right}"


def may_be(left: str, op: str, right: str) -> str:
    return f"{left} may be {OPERATORS[op]} {right}"


_DAY_OPERATORS = {
    "<": "before",
    "<=": "on or before",
    ">": "after",
    ">=": "on or after",
    "==": "on",
    "!=": "other than",
}


def days_compared(left: str, op: str, right: str, holds: bool = True) -> str:
    """``ended 2025-09-30, before 2026-11-03``."""
    return f"{left}, {'' if holds else 'not '}{_DAY_OPERATORS[op]} {right}"


_EVENTS = {
    "ended": "last day",
    "started": "first day",
    "index_day": "the index day",
    "planned_start": "the planned start",
}


def event(predicate: str, first: int, last: int) -> str:
    """A day of a record or of the patient, perhaps known only as an interval."""
    if first >= FAR_FUTURE:
        return "ongoing"
    name = _EVENTS.get(predicate)
    return f"{name} {days(first, last)}" if name else days(first, last)


def counted_back(day: int, count: int, builtin: str, behind: str) -> str:
    """``2026-11-03 (28 days before the planned start 2026-12-01)``."""
    unit_word = ("day" if builtin == "days_before" else "month") + ("" if count == 1 else "s")
    return f"{iso(day)} ({count} {unit_word} before {behind})"


def named_day(day: int, concept: str) -> str:
    return f"{iso(day)} ({concept})" if concept else iso(day)


def day_is(day: int, concept: str) -> str:
    return f"{iso(day)}: {concept}"


def age(low: int, high: int, born: Days | None, day: int) -> str:
    years = number(low) if low == high else f"{number(low)} or {number(high)}"
    birth = f" (born {days(born.first, born.last)})" if born else ""
    return f"{years} completed years on {iso(day)}{birth}"


def sex(word: str) -> str:
    return f"recorded sex: {word.lower()}"


def arm(trial: str, number: int) -> str:
    return f"randomised to arm {number} of {trial}"


def closure(domain: str, as_of: str) -> str:
    return f"the record of {domain} is declared complete as of {as_of}"


def policy(means: str, value: str) -> str:
    return f"policy: {value} – {lower_first(means)}"


def latest(words: str, value: str) -> str:
    return f"the latest {words}: {value}"


def highest(words: str, value: str) -> str:
    return f"the highest {words} of the latest day: {value}"


def computed(name: str, result: str) -> str:
    return f"{name}: {result}"


def filled(says: str, asked: str) -> str:
    """A ``says`` of the rules, with the class asked about put in for ``{Asked}`` or ``{Domain}``."""
    return says.replace("{Asked}", asked).replace("{Domain}", asked)


def none_found(checked: str) -> str:
    return f"checked, and not so: {lower_first(checked)}"


def none_could_be(label: str) -> str:
    return f"nothing on record could be {label}"


def none_denies(label: str) -> str:
    return f"no later record denies {label}"


def none_asserts(label: str) -> str:
    return f"no later record could be {label}"


def side(status: str, shown: bool) -> str:
    """The heading over one side of a clause."""
    if shown:
        return "for it speaks" if status == "met" else "against it speaks"
    return "what would show it met" if status == "met" else "what would show it not met"


def see(numbers: Sequence[int], several: bool) -> str:
    """Points to the numbered reasons at the head of the clause."""
    return f"open, see {listed([str(number) for number in numbers])}" if several else "open, see above"


def other_ways(count: int) -> str:
    return f"also in {count} other {'way' if count == 1 else 'ways'}"


def whole(mode: str, count: int) -> str:
    return f"all of these {count} parts are needed" if mode == "all" else f"any one of these {count} parts is enough"


def needs(asked: Sequence[str]) -> str:
    """What a rule asks for."""
    return "; ".join(asked) or "what the record says"


def bounded(words: str, op: str, bound: str) -> str:
    """``the latest hemoglobin above 90 g/L``."""
    return f"the latest {words} {OPERATORS[op]} {bound}"


def score_of(scan: str) -> str:
    return f"{scan} with a Krenning score"


def asked_of_person(predicate: str) -> str:
    """What a rule asks about the patient beside the records."""
    return {"age": "the age", "sex": "the sex", "arm": "the arm of the trial"}[predicate]


def damaged() -> str:
    return "the defect of the text, see above"


def truth(words: str, is_there: bool) -> str:
    return f"{words} by the latest record" if is_there else f"no {words} by the latest record"


def not_shown(text: str) -> str:
    return f"not shown: {text}"


def nothing_to_compare() -> str:
    return "a value that can be compared"


def denies_else() -> str:
    return "denies something else"


def surely_not(text: str) -> str:
    return f"not so: {text}"


def not_so() -> str:
    return "not so"


def in_the_way(text: str) -> str:
    return f"in the way: {text}"


def of_other_kind(count: int, more: bool) -> str:
    records = "record" if count == 1 else "records"
    return f"{'and ' if more else ''}{count} {records} of another kind"


def and_more(count: int) -> str:
    return f"and {count} more"
