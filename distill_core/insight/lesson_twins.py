"""Two students that differ in their teacher alone: what each gets right that the other does not."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from distill_core.insight.words import at_most, percent

Classes = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Twins:
    """Counts of test inputs.

    Attributes:
        both: right by both.
        student: right by the distilled student alone.
        baseline: right by the one on labels alone.
        neither: right by none.
    """

    both: int
    student: int
    baseline: int
    neither: int

    @property
    def inputs(self) -> int:
        """All of them."""
        return self.both + self.student + self.baseline + self.neither

    @property
    def gain(self) -> float:
        """The difference of the two accuracies, as a share of 1."""
        return (self.student - self.baseline) / self.inputs

    @property
    def chance(self) -> float:
        """How likely so uneven a split is if both are equally good: McNemar's exact test, two-sided."""
        return exact_mcnemar(self.student, self.baseline)

    @property
    def sentence(self) -> str:
        """What the counts show, in words."""
        apart = self.student + self.baseline
        if not apart:
            return "Both give the right answer to the same images."
        lead = (
            f"On {apart:,} of {self.inputs:,} images just one of the two is right: {self.student:,} times the "
            f"distilled student ({percent(self.student / apart, 0)}), {self.baseline:,} times the other."
        )
        if self.chance >= 0.05:
            return f"{lead} Such a split can be chance (exact McNemar test, p = {self.chance:.2g})."
        return (
            f"{lead} If they were equally good, so uneven a split would come about with a probability of less than "
            f"{at_most(max(self.chance, 1e-6))} (exact McNemar test)."
        )


def twins(truth: Classes, student: Classes, baseline: Classes) -> Twins:
    """Counts from true classes and two models' answers, `[N]` each."""
    ours, theirs = student == truth, baseline == truth
    return Twins(
        both=int((ours & theirs).sum()),
        student=int((ours & ~theirs).sum()),
        baseline=int((~ours & theirs).sum()),
        neither=int((~ours & ~theirs).sum()),
    )


def exact_mcnemar(first: int, second: int) -> float:
    """Two-sided probability that `first + second` throws of a fair coin fall at least as unevenly (McNemar 1947)."""
    throws, fewer = first + second, min(first, second)
    tail = sum(math.comb(throws, heads) for heads in range(fewer + 1))
    return min(1.0, 2 * tail / (1 << throws))
