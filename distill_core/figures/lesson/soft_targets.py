"""One answer as bars: how a teacher shares out its certainty among the classes."""

from __future__ import annotations

import pandas as pd

from distill_core.figures.bars import share_bars
from distill_core.figures.layout import Figure
from distill_core.figures.naming import named


def soft_targets(frame: pd.DataFrame) -> Figure:
    """A bar for each class, the likeliest on top; the label's name is bold.

    Args:
        frame: one row a class, with columns `name`, `share` (0..1) and `is_label`.
    """
    rows = frame.sort_values("share", kind="stable", ascending=False)
    ticks = [
        f"<b>{named(name)}</b>" if label else named(name)
        for name, label in zip(rows["name"], rows["is_label"], strict=True)
    ]
    return share_bars(ticks, rows["share"], colours="@teacher", inside_from=None, gap=0.3)
