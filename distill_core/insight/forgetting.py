"""What a fine-tuning on some kinds of input did to each skill: one may be won at the price of another."""

from __future__ import annotations

from distill_core.insight.history import Track
from distill_core.insight.measures import ACCURACY, MEASURES
from distill_core.insight.words import percent


def forgetting(track: Track) -> str:
    """Each skill before and after the last phase, in a sentence; empty unless that trained on chosen kinds alone.

    Before is the last validation before the phase, after the latest one. The weights that validation chose may be
    older than the phase, which is then said too.
    """
    if not track.phases or track.phases[-1].pool != "classes":
        return ""
    phase = track.phases[-1]
    before = [row for row in track.evaluated if row["step"] <= phase.start]
    after = [row for row in track.evaluated if row["step"] > phase.start]
    if not before or not after:
        return ""
    skills = (name for name, each in MEASURES.items() if each.is_share and not each.of_student and name != ACCURACY)
    names = [name for name in skills if name in after[-1]]
    changes = [
        f"{MEASURES[name].title.lower()} {percent(before[-1].get(name))} → {percent(after[-1][name])}" for name in names
    ]
    changes = changes or [f"accuracy {percent(before[-1]['validation'])} → {percent(after[-1]['validation'])}"]
    span = f"from epoch {before[-1]['epoch']:.0f} to {after[-1]['epoch']:.0f}"
    best, kept = track.best, ""
    if best is not None and best["step"] <= phase.start:
        kept = f" The weights that are kept are of epoch {best['epoch']:.0f}, before it."
    return f"What {phase.name} changed on validation, {span}: {', '.join(changes)}.{kept}"
