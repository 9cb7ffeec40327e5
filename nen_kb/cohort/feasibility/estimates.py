"""From a sample to all."""

from __future__ import annotations

from math import floor, log10


def estimate(in_sample: int, sampled: int, patients: int) -> int:
    """So many of all the patients, if they are as those of the sample; exact where everybody was looked at.

    A sample of some hundreds says no more than two digits: the rest are zeros.  Never fewer than were seen.
    """
    if not sampled:
        return 0
    found = in_sample * patients / sampled
    if sampled < patients and found >= 100:
        step = 10 ** (floor(log10(found)) - 1)
        found = step * round(found / step)
    return min(max(round(found), in_sample), patients)
