"""What is recorded about one patient: the records every source is read into.

Concepts are local names of the ontology.  Quantities are intervals of ten-millionths of the
observable's canonical unit, days are ordinals; both are defined in ``values`` and ``dates``.
A record keeps where it came from and what was written there, for the proofs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

from nen_kb.facts.dates import Days
from nen_kb.facts.values import Span


class Presence(Enum):
    """Whether a finding was recorded as there, as not there, or in a way nobody could read."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Sex(Enum):
    """Sex as recorded; an unknown sex is simply not recorded."""

    FEMALE = "Female"
    MALE = "Male"


@dataclass(frozen=True)
class Origin:
    """Where a record came from."""

    file: str
    path: str
    """Path inside the file: ``measurements[2]`` or ``$.entry[3].resource``."""
    text: str = ""
    """Free text of the source, shown in proofs: ``pathology report 24-117``."""
    assumed: bool = False
    """Whether nobody recorded it: it is only assumed, to see what would follow."""


@dataclass(frozen=True)
class Limit:
    """A reference limit that belongs to a result, in the canonical unit of its observable."""

    value: Span
    original: str
    """As written, with its unit: ``35 U/L``."""
    source: Literal["result", "site"] = "result"


@dataclass(frozen=True)
class Finding:
    """A diagnosis, metastasis, assessment, attestation or state, present or absent."""

    id: str
    concept: str
    presence: Presence
    when: Days
    origin: Origin
    about: str | None = None
    """For a finding about another one (a malignancy treated definitively): which."""
    original: str = ""
    """The name or code as written, with the display text if there is one."""


@dataclass(frozen=True)
class Measurement:
    """Anything with a number: laboratory results, scores, indices, diameters."""

    id: str
    observable: str
    value: Span | None
    """None where the value cannot be used; ``trouble`` says why.  It is never skipped."""
    original: str
    """As written, with its unit: ``12.1 g/dL``."""
    when: Days
    origin: Origin
    upper: Limit | None = None
    lower: Limit | None = None
    trouble: str = ""
    """Empty, or the reason code: ``unit_unusable``, ``not_recorded`` (no value), …"""
    trouble_text: str = ""


@dataclass(frozen=True)
class Treatment:
    """A drug, procedure or radiotherapy, from its first to its last dose or day."""

    id: str
    concept: str
    started: Days
    ended: Days
    """Of an ongoing treatment the far future; of an unknown end, from the start to the far future."""
    origin: Origin
    original: str = ""
    end_known: bool = True


@dataclass(frozen=True)
class Imaging:
    """A scan, with the Krenning score of its target lesions and the extent of uptake where known."""

    id: str
    procedure: str
    when: Days
    origin: Origin
    krenning: Span | None = None
    """0 to 4."""
    extent: Span | None = None
    """Share of lesions with uptake: 0 none, 1 a minority, 2 a majority, 3 all."""
    original: str = ""


@dataclass(frozen=True)
class Declaration:
    """A source's word that the record of a domain is complete up to a day."""

    id: str
    domain: str
    """``conditions``, ``treatments`` or ``imaging``."""
    as_of: int
    """An ordinal day."""
    origin: Origin


@dataclass(frozen=True)
class Note:
    """Something in the source that was not understood, set aside or corrected; never dropped in silence."""

    path: str
    message: str
    kind: str
    """``unknown-code``, ``unknown-unit``, ``unknown-status``, ``no-date``, ``set-aside``, ``not-read``, …"""


@dataclass(frozen=True)
class Unmapped(Note):
    """A note of a code that the ontology does not know, in parts, so that a cohort can count it."""

    vocabulary: str = ""
    """The code system as the source calls it; empty where there is only a text."""
    code: str = ""
    display: str = ""
    domain: str = ""
    """What the source says the code is about: ``Measurement``, ``Drug``, …"""
    times: int = 1
    """So many records of the patient have it."""


@dataclass(frozen=True)
class Patient:
    """One patient as the sources know her on the index date."""

    id: str
    index_date: int
    """The day eligibility is judged, an ordinal."""
    sex: Sex | None = None
    born: Days | None = None
    planned_start: int | None = None
    """Planned start of study treatment, where given; the index date otherwise."""
    arms: tuple[tuple[str, int], ...] = ()
    """Randomised arm by trial, where known."""
    declarations: tuple[Declaration, ...] = ()
    findings: tuple[Finding, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    treatments: tuple[Treatment, ...] = ()
    imaging: tuple[Imaging, ...] = ()
    notes: tuple[Note, ...] = field(default=(), compare=False)
    assumed: tuple[str, ...] = ()
    """Which of ``sex``, ``born``, ``planned_start`` and ``arms.TRIAL`` are only assumed."""
