"""The English phrases of trial feasibility: counts, shares, what a number says and what it does not."""

from __future__ import annotations

from collections.abc import Sequence

from nen_kb.explain.wording import listed

PLURAL = {"patient": "patients", "clause": "clauses", "record": "records", "code": "codes"}
VERDICT = {"eligible": "eligible", "undetermined": "undetermined", "ineligible": "ineligible"}
STATUS = {"met": "met", "unmet": "not met", "unknown": "unknown", "conflicting": "sources disagree"}
EFFECT = {"passes": "passes", "unknown": "unknown", "conflicting": "sources disagree", "fails": "keeps out"}
"""What a status does, told alike for inclusions and exclusions."""
LIFTED_BY = {"permanent": "only by a corrected record", "later_record": "by a later record", "time": "by time alone"}
REASON = {
    "not_recorded": "not recorded",
    "not_declared_complete": "not declared complete",
    "date_imprecise": "date imprecise",
    "straddles_limit": "value straddles the limit",
    "unit_unusable": "unit not usable",
    "wrong_method": "wrong method",
    "concept_too_general": "concept too general",
    "not_yet_applicable": "not yet applicable",
    "sources_disagree": "sources disagree",
    "person_must_judge": "a person must judge",
    "protocol_text_damaged": "protocol text damaged",
}
LEFT_OUT = "left out"
CHANGED = "limit changed"

COUNTS_ONLY = (
    "Counts of records as read, for planning. They are no list of eligible people, and no verdict about anyone."
)
INTERVAL = (
    "Data are missing, so the truth is an interval: certainly eligible are those whose every criterion passes on the "
    "record; possibly eligible are also those of whom no criterion surely fails. The interval allows for what is "
    "missing or vague, not for records that are wrong."
)
WHAT_IF = "What if: these are not the numbers of the protocol"
ORDER = {"protocol": "In the order of the protocol", "best": "In the order that removes most first"}
ORDER_SAYS = {
    "protocol": "Who is left after each criterion, from the first to the last.",
    "best": "Each next criterion is the one that removes most of those still possible: "
    "asked in this order, screening ends soonest.",
}


# ── numbers ─────────────────────────────────────────────────────────────────


def count(number: float) -> str:
    """``1,204``; an estimate is rounded to a whole number."""
    return f"{round(number):,}"


def size(number: int) -> str:
    """Bytes, rounded up: ``8.8 MB``, ``12 kB``."""
    return f"{number / 1e6:,.1f} MB" if number >= 1_000_000 else f"{-(-number // 1000):,} kB"


def amount(value: float) -> str:
    """A measured value: ``12``, ``0.35``, ``1,250.5``; four figures at most behind a decimal point."""
    if value == round(value):
        return f"{round(value):,}"
    return f"{value:,.1f}" if abs(value) >= 1000 else f"{value:.4g}"


def patients(number: int) -> str:
    """``1 patient``, ``1,204 patients``."""
    return counted(number, "patient")


def counted(number: int, noun: str) -> str:
    return f"{count(number)} {noun if number == 1 else PLURAL[noun]}"


def share(part: float, whole: float) -> str:
    """``12 %``, ``0.4 %``, ``under 0.1 %``; never rounded to all or to nothing.  Empty where there is no whole."""
    if not whole:
        return ""
    percent = 100 * part / whole
    if part == 0 or part == whole:
        return f"{percent:.0f} %"
    if percent < 0.1:
        return "under 0.1 %"
    if percent > 99.9:
        return "over 99.9 %"
    if percent < 10 or percent > 99:
        return f"{percent:.1f} %"
    return f"{percent:.0f} %"


# ── sentences ───────────────────────────────────────────────────────────────


def between(certainly: int, possibly: int, whole: int) -> str:
    """The headline of a trial: how many of all patients could take part."""
    if not whole:
        return "No patients"
    of = f"of {patients(whole)}"
    if possibly == 0:
        return f"None {of}"
    if certainly == possibly == whole:
        return "The only patient" if whole == 1 else f"All {patients(whole)}"
    return f"{count(certainly)} {of}" if certainly == possibly else (
        f"Between {count(certainly)} and {count(possibly)} {of}"
    )  # fmt: skip


def eligible_as_read(certainly: int, possibly: int, whole: int) -> str:
    """What the headline counts."""
    if not whole:
        return "were read: nothing can be said about this trial."
    if certainly == possibly:
        return f"could take part on the record as read ({share(certainly, whole)}); nobody is undetermined."
    return (
        f"could take part on the record as read: {share(certainly, whole)} certainly, "
        f"{share(possibly, whole)} possibly."
    )


def without(trial: str, clause: str, says: str = "") -> str:
    """One clause left out of the count."""
    return f"{trial}: {clause}{f' ({says})' if says else ''} is left out"


def parts_left_out(parts: Sequence[str]) -> str:
    """Beside a clause of which some parts do not count."""
    return f"{LEFT_OUT}: {listed(parts)}"


def threshold(trial: str, clause: str, text: str, affects: Sequence[str] = ()) -> str:
    """One number of a clause replaced; ``text`` is ``100 g/L = 90 g/L``, ``affects`` all clauses that read it."""
    before, equals, after = text.partition("=")
    said = f"{after.strip()} instead of {before.strip()}" if equals else text
    others = [each for each in affects if each != f"{trial}:{clause}"]
    return f"{trial}: {clause} with {said}{f', which changes {listed(others)} too' if others else ''}"


def removes_most(clause: str, says: str, failing: int, possible: int) -> str:
    """The first clause of the best order."""
    return f"{clause} ({says}) removes most: {patients(failing)}, {share(failing, possible)} of all."


def few_clauses(clauses: Sequence[str], removed: int, all_removed: int) -> str:
    """How few criteria do most of the work."""
    verb = "removes" if len(clauses) == 1 else "remove"
    return f"{listed(clauses)} {verb} {share(removed, all_removed)} of the {patients(all_removed)} who are surely out."


def most_to_gain(clause: str, says: str, alone: int, only: int) -> str:
    """The clause that alone keeps most patients out."""
    sure = "all" if alone == only else f"{count(alone)}"
    fail = "fails" if only == 1 else "fail"
    return (
        f"{clause} ({says}) alone keeps out most: {patients(only)} {fail} no other criterion, of whom {sure} surely "
        f"{'passes' if alone == 1 else 'pass'} every other."
    )


def nobody_alone() -> str:
    return "No patient is kept out by one criterion alone."


def none_fail() -> str:
    return "No patient fails a criterion."


def gap(number: int, sampled: int) -> str:
    """How many are undetermined, and how many of them were looked at one by one."""
    if not number:
        return "Nobody is undetermined: nothing that is missing would change a verdict."
    many = (
        "is undetermined: no criterion surely fails" if number == 1 else "are undetermined: no criterion surely fails"
    )
    return f"{patients(number)} {many}, but not every one passes. {sample(sampled, number)}"


def sample(sampled: int, whole: int) -> str:
    """How sure a number from a sample is."""
    if sampled >= whole:
        return "All of them were looked at one by one."
    if not sampled:
        return "None of them was looked at one by one."
    return (
        f"{count(sampled)} of them, spread over the cohort, were looked at one by one; "
        "numbers for the whole gap are estimates from these."
    )


def alike(clauses: Sequence[str], fails: int, only: int, alone: int) -> str:
    """Clauses of which none ever fails without the others, so that none of them counts as failing alone."""
    never = "neither" if len(clauses) == 2 else "none"
    return (
        f"{listed(list(clauses))} keep out the same {patients(fails)}, so that {never} ever fails alone. Together they "
        f"are all that fails for {count(only)}, of whom {count(alone)} surely pass every other criterion."
    )


def settled(items: int, decided: int, sampled: int, questions: Sequence[int]) -> str:
    """How many items it takes to decide that many, and how many answers a patient needs."""
    many = "item" if items == 1 else f"{count(items)} items"
    said = f"The first {many}, known for everyone, {'decides' if items == 1 else 'decide'} {count(decided)} of the "
    said += f"{count(sampled)} looked at."
    if questions:
        middle = questions[len(questions) // 2]
        said += f" Half of them need at most {count(middle)} {'answer' if middle == 1 else 'answers'} each."
    return said


def open_whatever(sampled: int) -> str:
    """Where no item that is listed decides anybody."""
    return f"None of the {count(sampled)} looked at is decided by the items listed alone: each needs more answers."


def more_items(number: int) -> str:
    """Items too rare to be listed."""
    return f"And {count(number)} more, each lacking in fewer." if number else ""


def looked_at(sampled: int, measured: int, others: int, several: int, without_distance: int) -> str:
    """How many of the sample have a distance, and why the others have none."""
    kinds = ((measured, "measured"), (others, "in another unit"), (several, "short in several ways"),
             (without_distance, "without a distance"))  # fmt: skip
    told = ", ".join(f"{count(each)} {words}" for each, words in kinds if each)
    return f"{count(sampled)}: {told}" if told else count(sampled)


def near(number: int, sampled: int) -> str:
    """Who fails one clause only, and how many of them were measured."""
    one = "fails" if number == 1 else "fail"
    every = sampled >= number
    return f"{patients(number)} {one} only this" + ("" if every else f"; {count(sampled)} looked at")


def quartiles(three: Sequence[float], unit: str) -> str:
    """``half of them within 4 g/L of the limit, the middle half from 2 to 9``."""
    low, middle, high = three
    return f"half within {amount(middle)}{spaced(unit)} of the limit; the middle half {amount(low)} to {amount(high)}"


def within(distance: float, unit: str, number: int) -> str:
    """``12 within 5 g/L``."""
    return f"{count(number)} within {amount(distance)}{spaced(unit)}"


def spaced(unit: str) -> str:
    """The unit behind a space, or nothing."""
    return f" {unit}" if unit and unit != "1" else ""


def lifted(kinds: Sequence[tuple[str, int]]) -> str:
    """``40 by a later record, 3 only by a corrected record``."""
    return ", ".join(f"{count(number)} {LIFTED_BY.get(kind, kind)}" for kind, number in kinds if number)


def failing(clauses: Sequence[str]) -> str:
    """A set of clauses that patients fail together; none is all the other sets."""
    return f"fail {listed(clauses)} and nothing else" if clauses else "fail nothing"


OTHER_SETS = "other sets"


def problems(number: int) -> str:
    """What could not be read, of a whole source."""
    if not number:
        return "Every record could be read."
    return f"{counted(number, 'record')} could not be read and {'is' if number == 1 else 'are'} not counted here."


def unmapped(number: int) -> str:
    """Codes that say nothing to the rules, as none of the ontology's classes bears them."""
    if not number:
        return "Every code was understood."
    return (
        f"The {counted(number, 'code')} below, the most frequent first, stand for nothing in the ontology: "
        "what they record could not be used, and part of what is missing above may be told by them."
    )
