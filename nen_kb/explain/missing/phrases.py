"""The answers of a question that pass, in words: ``at least 90 g/L``, ``absent``, ``before 2026-10-23``."""

from __future__ import annotations

from collections.abc import Sequence

from nen_kb.explain import describe
from nen_kb.explain.missing.asks import Answer, Ask
from nen_kb.explain.wording import listed
from nen_kb.explain.wording import missing as wording
from nen_kb.facts.values import GRID
from nen_kb.ontology import Ontology

_MOST_LISTED = 3


def phrase(ask: Ask, good: Sequence[Answer], example: Answer, ontology: Ontology) -> str:
    """What the good answers have in common; ``example`` is one of them."""
    if ask.unit and all(answer.amount is not None for answer in ask.answers if answer in good):
        text = _range(ask, good, ontology)
        return text or wording.such_as(example.phrase)
    phrases = list(dict.fromkeys(answer.phrase for answer in good)) or [example.phrase]
    days_differ = ask.form == "yes or no" and len(phrases) > 1
    if ask.form in ("number", "date", "scan") or days_differ:
        return wording.such_as(example.phrase)
    return listed(phrases, "or") if len(phrases) <= _MOST_LISTED else wording.such_as(example.phrase)


def _range(ask: Ask, good: Sequence[Answer], ontology: Ontology) -> str:
    """A bound on either side, where the answers tried lie close enough together to tell it."""
    every = sorted(answer.amount for answer in ask.answers if answer.amount is not None)
    passing = {answer.amount for answer in good}
    inside = [place for place, amount in enumerate(every) if amount in passing]
    if not inside or inside != list(range(inside[0], inside[-1] + 1)):
        return ""
    observable = ontology.observable(ask.concept)
    whole = observable.integer if observable is not None else ask.unit == "1"
    step = 1 if ask.unit == "days" else GRID if whole else 10
    parts: list[str] = []
    if inside[0] > 0:
        parts.append(_lower(every[inside[0] - 1], every[inside[0]], step, ask.unit))
    if inside[-1] < len(every) - 1:
        parts.append(_upper(every[inside[-1]], every[inside[-1] + 1], step, ask.unit))
    return "" if not parts or not all(parts) else wording.between(*parts) if len(parts) > 1 else parts[0]


def _lower(outside: int, inside: int, step: int, unit: str) -> str:
    if inside - outside > step:
        return ""
    if step > 10 or step == 1 or _plainer(inside, outside):
        return wording.at_least(inside, unit)
    return wording.above(outside, unit)


def _upper(inside: int, outside: int, step: int, unit: str) -> str:
    if outside - inside > step:
        return ""
    if step > 10 or step == 1 or _plainer(inside, outside):
        return wording.at_most(inside, unit)
    return wording.below(outside, unit)


def _plainer(one: int, other: int) -> bool:
    """Whether the first number is the limit itself and the second the one beside it."""
    return len(describe.number(one)) <= len(describe.number(other))
