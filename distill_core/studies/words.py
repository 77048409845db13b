"""A study's figures as people write them, each with its interval."""

from __future__ import annotations

from dataclasses import replace

from distill_core.insight.seeds import MeanGain
from distill_core.insight.words import percent


def share(value: MeanGain) -> str:
    """An accuracy with its interval: ``85.1% ± 0.4``."""
    return percent(value.mean) + half(value)


def gained(value: MeanGain | None) -> str:
    """A difference with its interval, in points: ``+1.3 ± 0.4``."""
    if value is None:
        return "–"
    # Where one digit cannot show on which side of 0 the interval ends, there are two.
    digits = 2 if value.half_width and half(value) == half(replace(value, half_width=abs(value.mean))) else 1
    mean = round(100 * value.mean, digits) + 0.0
    return f"{mean:+.{digits}f}".replace("-", "−") + half(value, digits)


def half(value: MeanGain, digits: int = 1) -> str:
    """The half-width of an interval, in points; nothing with one seed."""
    return "" if value.half_width is None else f" ± {100 * value.half_width:.{digits}f}"
