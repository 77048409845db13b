"""What a teacher gave class by class: a mean may hide that one was won and another lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from distill_core.insight.words import points


@dataclass(frozen=True)
class ClassGains:
    """A row a class, the largest gain first: columns `name`, `student`, `baseline` and `gain`, shares of 1."""

    frame: pd.DataFrame

    @property
    def sentence(self) -> str:
        """Where the teacher helped most, and where it did harm, if it did."""
        best, worst = self.frame.iloc[0], self.frame.iloc[-1]
        if best["gain"] <= 0:
            return f"No class gains; {worst['name']} loses most ({points(worst['gain'])})."
        told = f"{best['name']} gains most ({points(best['gain'])})"
        return f"{told}; {worst['name']} loses most ({points(worst['gain'])})." if worst["gain"] < 0 else f"{told}."


def class_gains(
    names: Sequence[str], student: Sequence[float | None], baseline: Sequence[float | None]
) -> ClassGains | None:
    """The student against its baseline, class by class; None where one of them was not told.

    Args:
        names: of the classes, in the data's order.
        student: the share of right answers of each class, None for a class without any input.
        baseline: the same of the student trained on labels alone.
    """
    if not student or len({len(names), len(student), len(baseline)}) > 1:
        return None
    rows = [
        {"name": name, "student": ours, "baseline": theirs, "gain": ours - theirs}
        for name, ours, theirs in zip(names, student, baseline, strict=True)
        if ours is not None and theirs is not None
    ]
    if not rows:
        return None
    frame = pd.DataFrame(rows).sort_values(["gain", "name"], ascending=[False, True], kind="stable")
    return ClassGains(frame.reset_index(drop=True))
