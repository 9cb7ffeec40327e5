"""From a sample to all."""

from __future__ import annotations


def estimate(in_sample: int, sampled: int, patients: int) -> int:
    """So many of all the patients, if they are as those of the sample; exact where everybody was looked at."""
    return round(in_sample * patients / sampled) if sampled else 0
