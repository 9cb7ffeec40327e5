"""Every English phrase of the explanations that is no number, day or record (for those see ``describe``).

Texts speak of the patient or the record.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from nen_kb.explain.describe import days, number, some_day
from nen_kb.facts.dates import FAR_FUTURE, Days, iso
from nen_kb.facts.values import GRID

STATUS = {"met": "met", "unmet": "not met", "unknown": "unknown", "conflicting": "sources disagree"}
KEEPS_OUT = "keeps the patient out"
OPERATORS = {"<": "below", "<=": "at most", ">": "above", ">=": "at least", "==": "equal to", "!=": "other than"}


INVERSE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
EXTENT_OPERATORS = {"<": "less than", ">": "more than"}
NORMAL = {True: "inside its normal range", False: "outside its normal range"}
YES, NO, YES_OR_NO = "yes", "no", "unclear"
GOALS = {
    "present": "{0} on record",
    "absent": "{0}{1}",
    "ever": "{0} on record",
    "never": "never any {0}",
    "none": "no {0}",
    "closed": "the record of {0} declared complete",
}
"""Goals of the library, as noun phrases; ``{1}`` says how a record denies such a thing."""


# ── reasons ─────────────────────────────────────────────────────────────────


def listed(texts: Sequence[str], last: str = "and") -> str:
    """``a, b and c``."""
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} {last} {texts[-1]}" if texts else ""


def missing_measurement(label: str, ucum: str = "") -> str:
    """``ucum`` is the unit of a measured quantity; "no platelets" and "no irradiated bone marrow" would be findings."""
    if ucum == "10*9/L":
        return f"no count of {label} on record"
    return f"no value on record for {label}" if ucum == "%" else f"no {label} on record"


def missing_statement(label: str) -> str:
    return f"not on record: {label}"


def missing_person(concept: str) -> str:
    return f"the {concept} is not on record"


def missing_limit(text: str, result: str) -> str:
    return f"{text}: {result}"


def missing_score(scan: str) -> str:
    return f"no Krenning score on record for {scan}"


def missing_extent(scan: str) -> str:
    return f"the extent of uptake is not on record for {scan}"


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
    may = f"may lie on either side of {bound}" if bound else "leaves the order of events open"
    return f"the date is too imprecise: {text} {may}"


def latest_unsure(texts: Sequence[str]) -> str:
    return f"the dates leave open which is the latest: {listed(texts)}"


def age_unsure(born: Days | None, low: int, high: int) -> str:
    text = f"the age may be {low // GRID} or {high // GRID}"
    return f"{text}: birth date {days(born.first, born.last)}" if born else text


def astride(text: str, bound: str) -> str:
    return f"{text} lies on both sides of the limit{f' {bound}' if bound else ''}"


def astride_range(text: str) -> str:
    return f"{text} lies on both sides of a limit of its normal range"


def leaves_astride(text: str, bound: str) -> str:
    """Of a value that a result was computed from."""
    return f"{text} leaves the result on both sides of the limit{f' {bound}' if bound else ''}"


def computed_astride(label: str, value: str, bound: str) -> str:
    return f"the {label} is {value}, on both sides of the limit{f' {bound}' if bound else ''}"


def unusable(text: str, why: str) -> str:
    return f"{text} cannot be used: {why}" if why else f"{text} cannot be used"


def no_arm(trial: str) -> str:
    return f"not yet randomized: no arm of {trial} on record"


def disagree(pro: Sequence[str], contra: Sequence[str]) -> str:
    return f"met by {listed(pro) or 'the record'}; not met by {listed(contra) or 'the record'}"


def overtaken(text: str) -> str:
    return f"what is on record is overtaken or called into question by {text}"


def nothing_settles(lacking: Sequence[str]) -> str:
    return f"what is on record does not settle it{'; not shown: ' if lacking else ''}{listed(lacking)}"


def person_must_judge(manual: str, missing: Sequence[str]) -> str:
    """``missing`` says what is not on record."""
    return f"{'; '.join(missing)}. {manual}" if missing else manual


# ── proofs ──────────────────────────────────────────────────────────────────


def lower_first(sentence: str) -> str:
    """A sentence as a part of another: without its full stop, the first letter small unless it is a name."""
    text = sentence.strip().rstrip(".")
    head = text.split(" ", 1)[0]
    return text[:1].lower() + text[1:] if head[1:].islower() or len(head) == 1 else text


_OF = ": "
_KIND, _NO_KIND = "a kind of ", "not a kind of "


def kind_of(narrow: str, wide: str) -> str:
    return f"{narrow}{_OF}{of_kind(wide)}"


def no_kind_of(one: str, other: str) -> str:
    return f"{one}{_OF}{not_of_kind(other)}"


def kinds(texts: Sequence[str]) -> str:
    """Several of the two sentences above about one and the same thing, as one sentence."""
    head, _, _ = texts[0].partition(_OF)
    said = [text.removeprefix(f"{head}{_OF}") for text in texts]
    of, no = ([text.removeprefix(start) for text in said if text.startswith(start)] for start in (_KIND, _NO_KIND))
    parts = (_KIND + listed(of) if of else "", _NO_KIND + listed(no, "or") if no else "")
    return f"{head}{_OF}{'; '.join(part for part in parts if part)}"


def of_kind(wide: str) -> str:
    """Of a record just named."""
    return f"{_KIND}{wide}"


def not_of_kind(other: str) -> str:
    """Of a record just named."""
    return f"{_NO_KIND}{other}"


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
    """``ended 2025-09-30, before 2026-11-03``; of what is still going on, how long it surely does."""
    if left == ONGOING and (op in (">", ">=")) == holds:
        return f"still ongoing {'after' if op in ('>', '<=') else 'on'} {right}"
    if left == right and _ONE_DAY.fullmatch(left) and op in ("<", ">", "<=", ">="):
        return f"{left}, the same day"
    return f"{left}, {'' if holds else 'not '}{_DAY_OPERATORS[op]} {right}"


ONGOING = "ongoing"
_ONE_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_EVENTS = {
    "ended": "last day",
    "started": "first day",
    "index_day": "the index day",
    "planned_start": "the planned start",
}


def event(predicate: str, first: int, last: int) -> str:
    """A day of a record or of the patient, perhaps known only as an interval."""
    if first >= FAR_FUTURE:
        return ONGOING
    name = _EVENTS.get(predicate)
    return f"{name} {days(first, last)}" if name else days(first, last)


def counted_back(day: int, count: int, builtin: str, behind: str) -> str:
    """``2026-11-03 (28 days before the planned start 2026-12-01)``."""
    unit_word = ("day" if builtin == "days_before" else "month") + ("" if count == 1 else "s")
    return f"{iso(day)} ({count} {unit_word} before {some_day(behind)})"


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
    return f"randomized to arm {number} of {trial}"


def closure(domain: str, as_of: str) -> str:
    return f"the record of {domain} is declared complete as of {as_of}"


def policy(means: str, value: str) -> str:
    return f"policy: {lower_first(means)}: {value}"


def latest(words: str, value: str) -> str:
    return f"the latest {words}: {value}"


def with_truth(text: str, low: int, high: int) -> str:
    """A finding that is there, 1, or not, 0."""
    answer = {(1, 1): YES, (0, 0): NO}.get((low // GRID, high // GRID), YES_OR_NO)
    return f"{text} – {answer}"


def latest_truth(words: str, value: str) -> str:
    """Of a finding that is there or not; ``value`` is yes or no."""
    return f"{words}, by the latest record: {value}"


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


def none_denies_it() -> str:
    return "no later record denies it"


def none_denies(label: str) -> str:
    return f"no later record denies {label}"


def none_asserts(label: str) -> str:
    return f"no later record could be {label}"


def side(status: str, shown: bool) -> str:
    """The heading over one side of a clause."""
    if shown:
        return "evidence that it is met" if status == "met" else "evidence that it is not met"
    return "what would show it met" if status == "met" else "what would show it not met"


def see(numbers: Sequence[int], several: bool) -> str:
    """Points to the numbered reasons at the head of the clause."""
    return f"open, see {listed([str(number) for number in numbers])}" if several else "open, see above"


def other_ways(count: int) -> str:
    return f"also in {count} other {'way' if count == 1 else 'ways'}"


def others_shown(count: int, told: int) -> str:
    """``told`` of the other ways stand below."""
    return f"{other_ways(count)}, {told if told < count else 'as'} shown below" if told else other_ways(count)


def another_way(status: str) -> str:
    """The heading over one more way to show a side."""
    return f"another way to show it {STATUS[status]}"


def more_ways(count: int) -> str:
    return f"and in {count} more {'way' if count == 1 else 'ways'} of the same kind"


def partial() -> str:
    return "the record is so large that the search was cut short: something may be left out"


def whole(mode: str, count: int) -> str:
    return f"all of these {count} parts are needed" if mode == "all" else f"any one of these {count} parts is enough"


def needs(asked: Sequence[str]) -> str:
    """What a rule asks for."""
    return "; ".join(asked) or "what the record says"


def some_value(words: str) -> str:
    return f"any value of {words}"


def bounded(words: str, op: str, bound: str, latest: bool = True) -> str:
    """``the latest hemoglobin above 90 g/L``."""
    return f"{'the latest' if latest else 'any value of'} {words} {OPERATORS[op]} {bound}"


def score_of(scan: str) -> str:
    return f"{scan} with a Krenning score"


def asked_of_person(predicate: str) -> str:
    """What a rule asks about the patient beside the records."""
    return {"age": "the age", "sex": "the sex", "arm": "the arm of the trial"}[predicate]


def damaged() -> str:
    return "the defect of the text, see above"


def in_range(words: str, inside: bool) -> str:
    return f"the latest {words} {NORMAL[inside]}"


def truth(words: str, is_there: bool) -> str:
    return f"{words} by the latest record" if is_there else f"no {words} by the latest record"


def not_shown(text: str) -> str:
    return f"not shown: {text}"


def nothing_to_compare() -> str:
    return "a value that can be compared"


def beside_itself() -> str:
    """Of a record that was only compared with itself."""
    return "no such difference within this record"


def denies_else() -> str:
    return "denies something else"


def surely_not(text: str) -> str:
    return f"not so: {text}"


def not_so() -> str:
    return "not so"


def recorded_as(label: str) -> str:
    """Of a record just named."""
    return f"recorded as {label}"


def older(texts: Sequence[str]) -> str:
    """Of a latest value, the records it sets aside."""
    return f"older: {'; '.join(texts)}"


def inputs(texts: Sequence[str]) -> str:
    """What a formula was computed with."""
    return f"with {listed(texts)}"


def as_above(text: str) -> str:
    """Of something that was shown in full before."""
    return f"{text} – as above"


def extent_compared(left: str, op: str, right: str, holds: bool = True) -> str:
    """Of the share of lesions with uptake: ``uptake in all lesions: at least a majority of the lesions``."""
    if left == right and holds:
        return f"uptake in {left}"
    return f"uptake in {left}: {'' if holds else 'not '}{EXTENT_OPERATORS.get(op, OPERATORS[op])} {right}"


def truth_known(value: str) -> str:
    """``value`` is yes or no."""
    return f"by the latest record: {value}"


def no_value() -> str:
    return "there is no usable value to compare"


def same_arm(arm: str) -> str:
    return f"the arm is {arm}"


def an_age(years: str) -> str:
    return f"an age of {years}"


def an_arm(number: int) -> str:
    return f"arm {number}"


def krenning(score: str) -> str:
    return f"Krenning score {score}"


def declared_on(day: str) -> str:
    return f"declared on {day}"


def in_the_way(text: str) -> str:
    return f"in the way: {text}"


def of_other_kind(count: int, more: bool) -> str:
    records = "record" if count == 1 else "records"
    return f"{'and ' if more else ''}{count} {records} of another kind"


def and_more(count: int) -> str:
    return f"and {count} more"
