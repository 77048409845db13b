"""Numbers as a person would say them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby


def percent(value: float | None, digits: int = 1) -> str:
    """0.8514 -> ``85.1%``; a dash where nothing is known."""
    return "–" if value is None or not math.isfinite(value) else f"{100 * value:.{digits}f}%"


def difference(first: float | None, second: float | None, digits: int = 1) -> float | None:
    """The difference a reader finds who subtracts what `percent` shows: 0.7696 - 0.7444 gives 0.026, not 0.025."""
    if first is None or second is None or not math.isfinite(first - second):
        return None
    shown = float(f"{100 * first:.{digits}f}") - float(f"{100 * second:.{digits}f}")
    return (round(shown, digits) + 0.0) / 100


def points(difference: float | None) -> str:
    """0.113 -> ``+11.3 points``; for two shares, give it their `difference`."""
    if difference is None:
        return "–"
    return f"{100 * difference:+.1f} points".replace("-", "−")


def count(value: float | None) -> str:
    """Parameters or operations: 272474 -> ``272k``, 41_200_000 -> ``41.2M``."""
    if value is None:
        return "–"
    for size, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            scaled = value / size
            return f"{scaled:.0f}{suffix}" if scaled >= 100 else f"{scaled:.3g}{suffix}"
    return f"{value:.0f}"


def megabytes(value: float | None) -> str:
    """Bytes: 1_090_000 -> ``1.09 MB``, 21_400 -> ``21.4 kB``."""
    if value is None:
        return "–"
    return f"{_three_digits(value / 1e6)} MB" if value >= 1e6 else f"{_three_digits(value / 1e3)} kB"


def milliseconds(value: float | None) -> str:
    """0.0831 -> ``0.083 ms``."""
    return "–" if value is None else f"{value:#.2g} ms" if value < 1 else f"{_three_digits(value)} ms"


def duration(seconds: float | None) -> str:
    """95.2 -> ``1 min 35 s``, 0.48 -> ``0.5 s``."""
    if seconds is None:
        return "–"
    if 0 < seconds < 0.95:
        return f"{max(seconds, 0.1):.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def about(seconds: float) -> str:
    """An estimate, rounded so that it does not flicker: 37.2 -> ``about 40 s``."""
    step = 5 if seconds < 60 else 15 if seconds < 600 else 60
    return f"about {duration(max(math.ceil(seconds / step) * step, step))}"


def at_most(value: float) -> str:
    """A tiny bound, rounded up to a power of ten and written out: 4e-6 -> ``0.00001``."""
    if not 0 < value < 1:
        return f"{value:g}"
    digits = -math.ceil(math.log10(value) - 1e-9)
    return f"{10.0**-digits:.{max(digits, 0)}f}"


def weight_by_phase(levels: Mapping[str, float | tuple[float, float]]) -> str:
    """A term's weight in every phase, 0 where it is off.

    The same throughout -> ``0.9 in all phases``; else ``100 in warm-up and distil``; a ramp is ``from 0.9 to 0.5``.
    """
    if len(set(levels.values())) == 1:
        return _level(next(iter(levels.values()))) + (" in all phases" if len(levels) > 1 else "")
    stretches = [(level, list(phases)) for level, phases in groupby(levels, levels.__getitem__)]
    return ", ".join(f"{_level(level)} in {listed(phases)}" for level, phases in stretches if level)


def _level(level: float | tuple[float, float]) -> str:
    return f"from {level[0]:g} to {level[1]:g}" if isinstance(level, tuple) else f"{level:g}"


def listed(names: Sequence[str]) -> str:
    """Names as in a sentence: ``warm-up, distil and fine-tune``."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def unbroken(text: str) -> str:
    """Words that stay in one line, such as a number and its unit."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def times_smaller(student: float | None, teacher: float | None) -> str:
    """5_100 of 647_000 -> ``1/127 of the teacher``."""
    if not student or not teacher:
        return ""
    ratio = teacher / student
    if ratio >= 1.5:
        return f"1/{ratio:.0f} of the teacher" if ratio >= 10 else f"1/{ratio:.2g} of the teacher"
    return f"{student / teacher:.2g} × the teacher"


def _three_digits(value: float) -> str:
    """Three digits that count, and never an exponent: 1234.5 -> ``1,234``."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
