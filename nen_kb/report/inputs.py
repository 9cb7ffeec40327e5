"""What a report may be given beside the results: what to find out next.

Only shapes; whatever has these attributes can be shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class QuestionLike(Protocol):
    """One thing to find out."""

    @property
    def text(self) -> str: ...
    @property
    def effort(self) -> str: ...
    @property
    def clauses(self) -> Sequence[tuple[str, str]]: ...
    @property
    def settles(self) -> int: ...
    @property
    def knocks_out(self) -> Sequence[str]: ...
    @property
    def favourable(self) -> str: ...
    @property
    def adverse(self) -> str: ...


class SetLike(Protocol):
    """Questions that decide a trial together; ``trial`` is empty for all trials jointly."""

    @property
    def trial(self) -> str: ...
    @property
    def questions(self) -> Sequence[QuestionLike]: ...


class ReasonLike(Protocol):
    """Why a clause stays open."""

    @property
    def text(self) -> str: ...


class MissingLike(Protocol):
    """What to find out next about one patient, the most decisive first."""

    @property
    def questions(self) -> Sequence[QuestionLike]: ...
    @property
    def sets(self) -> Sequence[SetLike]: ...
    @property
    def unsettled(self) -> Sequence[tuple[str, str, ReasonLike]]: ...
