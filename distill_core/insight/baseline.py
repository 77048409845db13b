"""How a baseline is trained, and where that differs from its student: what a fair comparison has to say."""

from __future__ import annotations

from distill_core.config import DistillConfig


def compared(config: DistillConfig) -> str:
    """What student and baseline share and what they do not, in three short sentences."""
    draws = config.augmentation.draws
    if draws:
        kept = f"; the student repeats {draws} kept version{'s' if draws != 1 else ''} of each image"
    else:
        kept = ", as is the student's"
    batches = (
        "All labels are seen, so both draw from the same images."
        if config.label_budget is None and config.labels_file is None
        else "It draws every batch from the labelled images; only when all labels are seen are they the student's too."
    )
    return (
        "The baseline is the same student with the same start, steps, batch size and learning rates. "
        f"{batches} Its augmentation is fresh on every pass{kept}."
    )
