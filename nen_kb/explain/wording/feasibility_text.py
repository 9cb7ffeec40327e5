"""The English phrases of the feasibility of a trial in a cohort, as text and in its document."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nen_kb.explain.wording import listed
from nen_kb.explain.wording.feasibility import amount, count, patients, share

NOT_A_LIST = (
    "Counts of the records as read, for planning: whoever is counted here is still judged one by one, by a person."
)
WHAT_IF = "WHAT IF: the counts below are not those of the protocol."
AT_BEST = "Settled at best: where every first question is answered in a way that decides its clause."
_ITEM = {
    "not_recorded": "{} not on record",
    "not_declared_complete": "the record of {} not declared complete",
    "date_imprecise": "{}: the date on record is too vague",
    "straddles_limit": "{}: the value on record reaches across a limit",
    "unit_unusable": "{}: the unit on record cannot be used",
    "wrong_method": "{}: known only by a method that does not count",
    "concept_too_general": "{}: recorded in too general terms",
    "not_yet_applicable": "not yet applicable: {}",
    "sources_disagree": "{}: sources disagree",
    "person_must_judge": "{}: a person must judge",
    "protocol_text_damaged": "{}: the protocol's text is damaged",
}
_UNITS = {"d": "days", "a": "years", "1": ""}


def item(code: str, label: str) -> str:
    """What is missing, without anything of a patient."""
    return _ITEM[code].format(label)


def unit(shown: str) -> str:
    """The unit of a distance as a reader has it."""
    return _UNITS.get(shown, shown)


def things(names: Sequence[str]) -> str:
    """What distances are of, the most frequent first."""
    most = 3
    return listed([*names[:most], "others"] if len(names) > most else list(names))


def without(clauses: Sequence[str]) -> str:
    return f"without {listed(list(clauses))}"


def threshold(trial: str, clause: str, text: str, affects: Sequence[str]) -> str:
    """``START-NET I11: 90 g/L → 80 g/L``, with the other clauses that share the rule."""
    own = re.compile(rf"{re.escape(f'{trial}:{clause}')}[a-z]*")
    others = [each for each in affects if not own.fullmatch(each)]
    touched = f" (the same rule also serves {listed(others)})" if others else ""
    return f"{trial} {clause} with {text.replace(' = ', ' → ')}{touched}"


def between(certainly: int, possibly: int, total: int) -> str:
    """The interval in a sentence."""
    if certainly == possibly:
        return f"{count(certainly)} of {patients(total)} eligible on the record as read ({share(certainly, total)})"
    return (
        f"between {count(certainly)} and {count(possibly)} of {patients(total)} eligible "
        f"({share(certainly, total)} to {share(possibly, total)})"
    )


def sampled(looked_at: int, total: int) -> str:
    """How many were looked at one by one."""
    if looked_at == total:
        return f"all {count(total)} looked at one by one" if total != 1 else "the one patient looked at"
    return f"{count(looked_at)} of {count(total)} looked at one by one"


def about(value: int, exact: bool) -> str:
    return count(value) if exact else f"≈{count(value)}"


def distances(of: str, unit: str, quartiles: Sequence[float]) -> str:
    """How far from the limit: half of the patients, and the middle half of them."""
    low, middle, high = (amount(each) for each in quartiles)
    shown = f" {unit}" if unit else ""
    return f"{of}: half within {middle}{shown} of the limit (middle half {low} to {high}{shown})"


def within(distance: float, unit: str, inside: int, sampled: int) -> str:
    """Always of those looked at: a few are no ground for an estimate."""
    return f"{count(inside)} of {count(sampled)} within {amount(distance)}{f' {unit}' if unit else ''}"


def lifted(permanent: int, later_record: int, time: int) -> str:
    """What would lift the obstacle, for how many of the sampled patients."""
    said = [
        (permanent, "permanent"),
        (later_record, "could change with a later record"),
        (time, "need nothing but time"),
    ]
    return ", ".join(f"{count(value)} {words}" for value, words in said if value)


# ── headings and columns of the text ────────────────────────────────────────

FUNNEL = {"protocol": "Who remains, in the order of the protocol", "best": "Who remains, most decisive clause first"}
BARS = "█ surely passes so far   ▒ may pass   · kept out"
CLAUSES = "Clause by clause, of all patients"
OVERLAP = "Clauses that keep the same patients out"
GAP = "What is missing"
ASK = "What to find out, the most often needed first"
NEAR = "Kept out by one clause alone"
ESTIMATED = "numbers with ≈ are estimates from them"
ASK_COLUMNS = ("", "asked of", "settled so far", "")
FUNNEL_COLUMNS = ("", "", "possible", "certain", "kept out", "")
CLAUSE_COLUMNS = ("", "keeps out", "open", "only it", "to gain", "open alone", "")
CLAUSE_LEGEND = (
    "only it: no other clause surely fails.  to gain: every other clause surely passes.  "
    "open alone: undetermined because of this clause only."
)
NOTHING_MISSING = "Nobody is undetermined."
NOBODY_NEAR = "Nobody is kept out by one clause alone."
NOT_LOOKED = "Nobody was looked at one by one: no items and no distances."
OTHER_SETS = "other sets"
NOT_MAPPED = "Codes of the source without a class, the most frequent"
LISTED = {
    "eligible": "Every clause surely passes on the record as read; a person still judges each of them.",
    "gap": "No clause surely fails, and some are open.",
    "gain": "One clause surely fails, every other surely passes.",
    "near": "One clause surely fails, others may be open.",
}


def clause(says: str, left_out: bool, parts: Sequence[str]) -> str:
    """The words of a clause, marked where it or some of its parts do not count."""
    marks = "left out" if left_out else f"without {listed(list(parts))}" if parts else ""
    return f"({marks}) {says}" if marks else says


def heading(trial: str, registry: str, title: str) -> str:
    """The trial and its title, each name once."""
    title = title.removeprefix(f"{trial}: ")
    return f"{trial}   {registry}   {title}" if registry and registry != trial else f"{trial}   {title}"


def more(folder: str) -> str:
    """Where the rest of a short summary is."""
    return (
        f"Each clause by itself, what is missing, near misses: nen-kb feasibility {folder}, "
        f"or the pictures in {folder}/feasibility.html."
    )


def verdicts(eligible: int, undetermined: int, ineligible: int) -> str:
    return f"eligible {count(eligible)}   undetermined {count(undetermined)}   ineligible {count(ineligible)}"


def missing(text: str, clauses: Sequence[str], count: str) -> str:
    return f"{text} ({', '.join(clauses)}): {count}"


def near(clause: str, of: str, says: str, count: str) -> str:
    return f"{clause}{f' of {of}' if of else ''}, {says}: {count}"


def several(patients: int) -> str:
    return f"{count(patients)} for several things at once"


def unread(problems: int) -> str:
    return f"{count(problems)} {'problem' if problems == 1 else 'problems'} in the source (problems.csv of the run)"


def code(vocabulary: str, code: str, display: str, times: int) -> str:
    return f"{vocabulary or '?'} {code} {display}".rstrip() + f": {count(times)}"


def stands_in_the_way(failing: Sequence[str], undecided: Sequence[str]) -> str:
    """``fails I10; open I4, I6``."""
    said = [f"{word} {', '.join(ids)}" for word, ids in (("fails", failing), ("open", undecided)) if ids]
    return "; ".join(said)
