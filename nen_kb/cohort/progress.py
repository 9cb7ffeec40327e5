"""How far a run is, on standard error, where that is a terminal."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TextIO

_EVERY = 0.5
"""Seconds between two lines at least."""


@dataclass
class Progress:
    """Batches and patients done, the rate, and the time that remains."""

    stream: TextIO = field(default_factory=lambda: sys.stderr)
    what: str = ""
    batches: int = 0
    done: int = 0
    kept: int = 0
    """Batches that an earlier start had done."""
    patients: int = 0
    begun: float = field(default_factory=time.monotonic)
    _last: float = 0.0
    _width: int = 0

    def begin(self, what: str, batches: int, kept: int) -> None:
        """A new stage of the run."""
        self.end()
        self.what, self.batches, self.done, self.kept = what, batches, kept, kept
        self.patients, self.begun, self._last = 0, time.monotonic(), 0.0

    def show(self, done: int, patients: int) -> None:
        """So many batches are done, and so many patients in this stage and start."""
        self.done, self.patients = done, patients
        now = time.monotonic()
        if self.stream.isatty() and now - self._last >= _EVERY:
            self._last = now
            text = self.line(now)
            self.stream.write("\r" + text.ljust(self._width))
            self.stream.flush()
            self._width = len(text)

    def line(self, now: float) -> str:
        """``nen-kb: reading, part 3 of 50, 61,000 patients, 1,400 a second, about 11 min left``."""
        passed = max(now - self.begun, 1e-9)
        text = f"nen-kb: {self.what}, part {min(self.done + 1, self.batches)} of {self.batches}"
        if self.patients:
            text += f", {self.patients:,} patients, {self.patients / passed:,.0f} a second"
        fresh = self.done - self.kept
        if fresh:
            text += f", about {duration(passed / fresh * (self.batches - self.done))} left"
        return text

    def end(self) -> None:
        """Leave the line."""
        if self._width:
            self.stream.write("\r" + " " * self._width + "\r")
            self.stream.flush()
            self._width = 0


def duration(seconds: float) -> str:
    """``40 s``, ``11 min`` or ``3 h 5 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
