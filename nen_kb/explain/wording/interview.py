"""Every English phrase of the interview."""

from __future__ import annotations

from collections.abc import Sequence

from nen_kb.explain.wording import listed

ANSWER = "answer"
NOT_UNDERSTOOD = "the answer is not understood."
HOW_YES_NO = "Answer yes or no; add a day if it was not today: yes on 2026-05-03."
HOW_TREATMENT = "Answer no, since 2026-01, from 2024-06 to 2025-01, or on 2025-03-14; a drug may stand in front."
HOW_SCAN = "Answer with the score and the extent (all, majority, minority or none): 4 all."
HOW_ARM = "Answer with the number of the arm."
NOT_COMPLETE = "Answer yes if it is complete; otherwise skip the question."
NOT_IN_FILE = "This record cannot be changed here; correct it in the file."
DATE_HINT = "a day, month or year: 2026-05-03, 2026-05 or 2026"

HINTS = {
    "yes or no": "yes or no; add 'on 2026-05-03' if it was another day",
    "number": "a value with its unit, such as '12.1 g/dL'; add 'on 2026-05-03' if it was another day",
    "limited": "a value with its unit and, if known, its limits: '41 U/L, upper 35 U/L on 2026-05-03'",
    "limits": "'upper 35 U/L', or 'upper 35 U/L, lower 10 U/L'",
    "value": "a value with its unit",
    "score": "a score from 0 to 4",
    "there": "yes or no",
    "scan": "score and extent, such as '4 all' (all, majority, minority or none); add 'on 2026-05-03' for another day",
    "treatment": "no, 'since 2026-01', 'from 2024-06 to 2025-01' or 'on 2025-03-14'; a drug may stand in front",
    "date": DATE_HINT,
    "end": f"{DATE_HINT}; or ongoing",
    "declaration": "yes if it is",
    "sex": "female or male",
    "arm": "the number of the arm",
    "choice": "a number or a name",
}
COMMANDS = "why – what hangs on it;  skip – don't know;  back;  list;  quit – saves and stops"
HELP = "Commands: " + COMMANDS


def how_reconcile(count: int) -> str:
    return f"Answer {listed([str(number + 1) for number in range(count)], 'or')}: the record that is right."


def options(labels: Sequence[str]) -> list[str]:
    return [f"{number}  {label}" for number, label in enumerate(labels, start=1)]


def clause_hangs(trial: str, clause: str, says: str, reasons: Sequence[str]) -> str:
    return f"{trial} {clause}, {says}: {'; '.join(reasons) if reasons else 'open'}"


def goes_on(favourable: str) -> str:
    return f"It is settled in the patient's favour by: {favourable}."


def ends(trials: Sequence[str], adverse: str) -> str:
    return f"This would end {listed(trials)}: {adverse}."


def decided() -> str:
    return "Every trial is decided."


NOTHING_SAVED = "Stopped before the first question: nothing is saved."


def nothing_useful(open_trials: Sequence[str], skipped: int) -> str:
    if skipped:
        questions = "one question was" if skipped == 1 else f"{skipped} questions were"
        return f"Nothing else is left to ask; {questions} skipped. Still open: {listed(open_trials)}."
    return f"Nothing is left to ask that could help. Still open: {listed(open_trials)}."


def after_index_day(day: str) -> str:
    return f"it lies after the day judged ({day}), on which nobody knows of it."


BEFORE_IT = "Write a day on or before it, or skip the question."


def is_one(course: str, label: str) -> str:
    return f"{course} is on record, and is {label}."


FURTHER_ONE = "Name a further one with its dates, or skip the question."


def why_ask(effort: str, clauses: Sequence[str]) -> str:
    return f"({effort}; bears on {listed(clauses)})"


NEW_PATIENT = {
    "id": "Id of the patient (letters, digits, dots, dashes):",
    "index_date": "Day to judge on (today if left empty):",
    "sex": "Sex (female, male; empty if not known):",
    "born": "Birth date (day, month or year; empty if not known):",
}
NOTHING_BEFORE = "There is nothing to go back to."


def hint(form: str, key: str, unit: str) -> str:
    """How to answer a question of that form."""
    if key.endswith(":end"):
        return HINTS["end"]
    if key.endswith(":krenning"):
        return HINTS["score"]
    if key.endswith((":limits", ":value")):
        return HINTS["limits" if key.endswith(":limits") else "value"]
    if form == "yes or no" and key.startswith("sharpen:"):
        return HINTS["there"]
    if form == "number" and not unit:
        return HINTS["limited"]
    return HINTS[form]


def saved(file: str) -> str:
    return f"Saved as {file}"
