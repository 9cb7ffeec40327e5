"""Every record of a patient, with the clauses whose proofs use it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from nen_kb.explain import Judgement, describe
from nen_kb.explain.facts import fact
from nen_kb.explain.proof import Closure, Conclusion, Excluded, Fact, Missing
from nen_kb.explain.wording.report import LANE
from nen_kb.facts.dates import FAR_PAST, iso
from nen_kb.facts.normalise import Record
from nen_kb.facts.records import Declaration, Treatment
from nen_kb.report.labels import Labels
from nen_kb.report.tree import nodes


@dataclass(frozen=True)
class Use:
    """A clause whose proof speaks of a record."""

    trial: str
    clause: str
    target: str
    """The id of the clause's row in the page."""
    rests: bool
    """Whether the proof rests on the record; otherwise it was looked at and does not count."""


@dataclass(frozen=True)
class Line:
    """One record."""

    anchor: str
    id: str
    name: str
    text: str
    others: tuple[str, ...]
    dates: str
    path: str
    source: str
    file: str
    uses: tuple[Use, ...]
    set_aside: bool
    """Whether it lies after the day judged and was left out."""


@dataclass(frozen=True)
class Section:
    """The records of one kind, the newest first."""

    title: str
    lines: tuple[Line, ...]


def sections(
    judgement: Judgement, labels: Labels, uses: Mapping[str, Iterable[Use]], anchor: str
) -> tuple[Section, ...]:
    """Every record of the patient, by kind."""
    patient = judgement.prepared.patient
    kinds: tuple[tuple[str, tuple[Record, ...]], ...] = (
        ("treatments", patient.treatments),
        ("imaging", patient.imaging),
        ("findings", patient.findings),
        ("measurements", patient.measurements),
        ("declarations", patient.declarations),
    )
    found: list[Section] = []
    number = 0
    for kind, records in kinds:
        lines: list[Line] = []
        for record in sorted(records, key=newest_first):
            number += 1
            lines.append(_line(judgement, labels, record, tuple(uses.get(record.id, ())), f"{anchor}-r{number}"))
        if lines:
            found.append(Section(LANE[kind], tuple(lines)))
    return tuple(found)


def newest_first(record: Record) -> tuple[int, str]:
    """The order within a kind."""
    return -day_of(record), record.id


def day_of(record: Record) -> int:
    """The last day a record may begin on; the far past where it has no date."""
    if isinstance(record, Declaration):
        return record.as_of
    if isinstance(record, Treatment):
        return record.started.last if record.started.first > FAR_PAST else FAR_PAST
    return record.when.last if record.when.first > FAR_PAST else FAR_PAST


def class_of(record: Record) -> str:
    """The local name of a record's class; the domain of a declaration."""
    for field in ("concept", "observable", "procedure", "domain"):
        if hasattr(record, field):
            return str(getattr(record, field))
    return ""


def _line(judgement: Judgement, labels: Labels, record: Record, uses: tuple[Use, ...], anchor: str) -> Line:
    counts = judgement.record(record.id) is not None
    if isinstance(record, Declaration):
        text, dates = record.domain, f"as of {iso(record.as_of)}"
    elif counts:
        shown = fact(judgement, record.id)
        text, dates = shown.text, shown.dates
    else:
        text, dates = describe.thing(judgement, record), describe.dated(record)
    name = class_of(record)
    return Line(
        anchor=anchor,
        id=record.id,
        name=labels.english(name),
        text=text,
        others=labels.others([name]),
        dates=dates,
        path=record.origin.path,
        source=record.origin.text,
        file=record.origin.file,
        uses=uses,
        set_aside=not counts,
    )


def used(proof: Conclusion) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ids of the records a proof rests on, and of those it looked at and found not to count."""
    rests: dict[str, None] = {}
    looked: dict[str, None] = {}
    for node in nodes(proof):
        match node:
            case Fact() | Closure() if node.record:
                rests.setdefault(node.record)
            case Missing():
                rests.update(dict.fromkeys(node.records))
            case Conclusion():
                rests.update(dict.fromkeys(_of_reasons(node)))
            case Excluded() if node.record and not node.by_class:
                looked.setdefault(node.record)
            case _:
                pass
    return tuple(rests), tuple(each for each in looked if each not in rests)


def _of_reasons(proof: Conclusion) -> Iterator[str]:
    for reason in proof.reasons:
        yield from reason.records
